/*
 * Who else is on a serial port: a login prompt, ModemManager, another program. Looks through /proc, so it blocks a
 * little: from libuv's pool, or in a program that may wait. Pure but for reading; never touches the port.
 */
#ifndef BLYNKD_BASE_RIVAL_H
#define BLYNKD_BASE_RIVAL_H

#include <stdbool.h>
#include <stddef.h>

#define RIVALS_MAX 16

/* From what may not matter to what certainly does. */
enum rival_kind {
    RIVAL_NONE,
    RIVAL_MAY_PROBE, /* ModemManager runs; whether it is on this port cannot be seen */
    RIVAL_LOGIN,
    RIVAL_MODEM_MANAGER,
    RIVAL_OTHER,
};

struct rival {
    enum rival_kind kind;
    long pid;
    char name[32];
};

/* Everybody who has the device open (`path` is resolved), or waits on it, up to `max`; but not this process. `proc`
 * is "/proc" but in tests. Without rights other users' descriptors cannot be seen. */
size_t rival_list(const char *proc, const char *path, struct rival *rivals, size_t max);

/* A sentence for people that says what to do; "" for RIVAL_NONE. */
void rival_describe(const struct rival *rival, const char *path, char *words, size_t size);

/* The worst of them, in that sentence. False: nobody that could be seen. */
bool rival_find(const char *proc, const char *path, char *words, size_t size);

#endif
