#include "notify.h"

#include "blynkd/base/scan.h"
#include "blynkd/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LISTEN_FD_FIRST 3 /* SD_LISTEN_FDS_START, sd_listen_fds(3) */
#define LISTEN_FDS_MAX  64
#define MESSAGE_MAX     1024

/* A variable as a number; 0 if it is not there or no number. */
static uint64_t number_from_env(const char *name)
{
    const char *text = getenv(name);
    uint64_t number;

    return text && scan_uint64(text, UINT64_MAX, &number) == 0 ? number : 0;
}

/* Half of what systemd waits for, as sd_watchdog_enabled(3) asks; 0 if another process is meant. */
static uint32_t watchdog_from_env(void)
{
    uint64_t usec = number_from_env("WATCHDOG_USEC");

    if (usec == 0 || (getenv("WATCHDOG_PID") && number_from_env("WATCHDOG_PID") != (uint64_t)getpid())) {
        return 0;
    }
    uint64_t half_ms = usec / 2000;
    return half_ms == 0 ? 1 : half_ms > UINT32_MAX ? UINT32_MAX : (uint32_t)half_ms;
}

/* A path, or an abstract name written with '@' for the zero byte. */
static bool address_from_env(struct notify *notify)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;

    if (len < 2 || len >= sizeof(notify->address.sun_path) || (*path != '/' && *path != '@')) {
        return false;
    }
    notify->address.sun_family = AF_UNIX;
    memcpy(notify->address.sun_path, path, len + 1);
    notify->address_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    if (*path == '@') {
        notify->address.sun_path[0] = '\0';
        notify->address_len--; /* an abstract name has no zero at its end */
    }
    return true;
}

void notify_open(struct notify *notify)
{
    *notify = (struct notify){.fd = -1};
    if (address_from_env(notify)) {
        notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    }
    if (notify->fd >= 0) {
        notify->watchdog_ms = watchdog_from_env();
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    unsetenv("WATCHDOG_PID");
}

void notify_close(struct notify *notify)
{
    if (notify->fd >= 0) {
        close(notify->fd);
    }
    notify->fd = -1;
    notify->watchdog_ms = 0;
}

static void send_text(struct notify *notify, const char *text)
{
    if (notify->fd >= 0) {
        (void)sendto(notify->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL,
                     (const struct sockaddr *)&notify->address, notify->address_len);
    }
}

/* `state` is "" or a line with its end. A line end in the status would begin an assignment of its own. */
static void send_status(struct notify *notify, const char *state, const char *status)
{
    char text[MESSAGE_MAX];
    char line[MESSAGE_MAX - 64];

    snprintf(line, sizeof(line), "%s", status);
    secret_mask(line);
    for (char *at = line; *at; at++) {
        if ((unsigned char)*at < ' ') {
            *at = ' ';
        }
    }
    snprintf(text, sizeof(text), "%sSTATUS=%s", state, line);
    send_text(notify, text);
}

void notify_ready(struct notify *notify, const char *status)
{
    send_status(notify, "READY=1\n", status);
}

void notify_status(struct notify *notify, const char *status)
{
    send_status(notify, "", status);
}

void notify_reloading(struct notify *notify)
{
    char text[96];
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(text, sizeof(text), "RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
             (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000);
    send_text(notify, text);
}

void notify_stopping(struct notify *notify, const char *status)
{
    send_status(notify, "STOPPING=1\n", status);
}

void notify_watchdog(struct notify *notify)
{
    send_text(notify, "WATCHDOG=1");
}

/* How many descriptors were handed to this very process. */
static int count_listen_fds(void)
{
    uint64_t count = number_from_env("LISTEN_FDS");
    bool ours = number_from_env("LISTEN_PID") == (uint64_t)getpid();

    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDNAMES");
    return ours && count <= LISTEN_FDS_MAX ? (int)count : 0;
}

static int socket_option(int fd, int option)
{
    int value = -1;
    socklen_t len = sizeof(value);

    return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 ? value : -1;
}

static bool is_listening_unix_stream(int fd)
{
    return socket_option(fd, SO_DOMAIN) == AF_UNIX && socket_option(fd, SO_TYPE) == SOCK_STREAM &&
           socket_option(fd, SO_ACCEPTCONN) == 1;
}

int notify_listen_fd(char *why, size_t why_bytes)
{
    int count = count_listen_fds();

    for (int i = 1; i < count; i++) {
        close(LISTEN_FD_FIRST + i);
    }
    if (count == 0) {
        return -1;
    }
    if (!is_listening_unix_stream(LISTEN_FD_FIRST)) {
        snprintf(why, why_bytes,
                 "what systemd handed over is not a listening Unix stream socket (ListenStream=/a/path)");
        return -EINVAL;
    }
    fcntl(LISTEN_FD_FIRST, F_SETFD, FD_CLOEXEC);
    fcntl(LISTEN_FD_FIRST, F_SETFL, fcntl(LISTEN_FD_FIRST, F_GETFL) | O_NONBLOCK);
    return LISTEN_FD_FIRST;
}
