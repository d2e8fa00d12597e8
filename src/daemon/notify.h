/*
 * What systemd is told, and what it hands over: readiness, a status line in words, reloads, the watchdog, and a
 * listening socket. Speaks the notification protocol itself (sd_notify(3), sd_listen_fds(3)); without systemd all
 * of it does nothing. Owned by the daemon; never blocks, never fails the daemon.
 */
#ifndef BLYNKD_DAEMON_NOTIFY_H
#define BLYNKD_DAEMON_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

struct notify {
    int fd; /* -1: nobody listens */
    struct sockaddr_un address;
    socklen_t address_len;
    uint32_t watchdog_ms; /* how often notify_watchdog() is due; 0: never */
};

/* Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID and removes them, so that no child believes to be meant. */
void notify_open(struct notify *notify);
void notify_close(struct notify *notify);

/* Each `status` is one line for people; secrets in it are masked. */
void notify_ready(struct notify *notify, const char *status);
void notify_status(struct notify *notify, const char *status);
/* The answer to it is notify_ready(). */
void notify_reloading(struct notify *notify);
void notify_stopping(struct notify *notify, const char *status);
void notify_watchdog(struct notify *notify);

/*
 * The listening Unix stream socket that was handed over by socket activation; -1 if there is none; -EINVAL with
 * the reason in `why` if what was handed over is something else. Descriptors past the first are closed. The
 * variables LISTEN_* are removed.
 */
int notify_listen_fd(char *why, size_t why_bytes);

#endif
