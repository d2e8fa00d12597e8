/*
 * What every command of blynkctl is given: how to reach the daemon, and how to speak to the person. main.c owns the
 * one struct ctl and fills it from the options before a command runs. It knows nothing of the modem or the daemon's
 * insides: all that blynkctl learns comes through the socket.
 */
#ifndef BLYNKD_CTL_CTL_H
#define BLYNKD_CTL_CTL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct redisContext;

#define CTL_SOCKET_PATH "/run/blynkd/blynkd.sock" /* [socket] path, its default */
#define CTL_CONFIG_PATH "/etc/blynkd/blynkd.conf"
#define CTL_TIMEOUT_MS  10000u /* for an answer of the daemon, unless the command says how long it may take */

/* How blynkctl ends. The manual page says the same; scripts depend on it. */
enum ctl_exit {
    CTL_DONE = -1, /* within the program: all is done already (--help) */
    CTL_OK = 0,
    CTL_REFUSED = 1, /* the daemon said no, or the answer is no (doctor found faults, not all is confirmed) */
    CTL_UNREACHABLE = 2,   /* no daemon at the socket, or it broke the connection */
    CTL_OFFLINE = 3,       /* -OFFLINE: this needs the link up now */
    CTL_NOT_ALLOWED = 4,   /* -NOPERM, or the socket may not be opened */
    CTL_TIMED_OUT = 5,     /* -TIMEOUT, or no answer in time */
    CTL_USAGE = 64,        /* EX_USAGE of sysexits.h: a wrong option, command or argument */
    CTL_OUT_OF_MEMORY = 71 /* EX_OSERR */
};

struct ctl {
    const char *socket_path;
    const char *config_path;
    uint32_t timeout_ms;
    bool json;                  /* answers as JSON on standard output; errors stay words on standard error */
    bool color;                 /* escape sequences are welcome on standard output */
    struct redisContext *redis; /* private to talk.c, with what follows */
    uint32_t answer_timeout_ms;
};

#endif
