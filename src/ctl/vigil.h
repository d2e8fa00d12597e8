/*
 * Staying at the daemon's side: waits for the next message of a subscription, a key, a resized terminal, a signal that
 * ends the program, or the time of the next look, whichever is first. It owns a second connection, for the
 * subscription, and the handling of signals from vigil_begin() to vigil_end(). It never ends because the daemon does:
 * then there are no messages until it listens again.
 */
#ifndef BLYNKD_CTL_VIGIL_H
#define BLYNKD_CTL_VIGIL_H

#include "ctl.h"

#include <hiredis/hiredis.h>
#include <signal.h>

#define VIGIL_TROUBLE_MAX 256

enum vigil_event {
    VIGIL_TIME,    /* nothing happened for so long */
    VIGIL_MESSAGE, /* at least one; each was given to on_message */
    VIGIL_KEY,     /* standard input can be read */
    VIGIL_RESIZED,
    VIGIL_ENDED /* SIGINT, SIGTERM, SIGHUP */
};

struct vigil {
    struct ctl ears;          /* private: the second connection */
    const char *subscription; /* words of a PSUBSCRIBE */
    bool wants_keys;
    void (*on_message)(void *arg, const char *channel, const char *bytes, size_t len);
    void *arg;
    sigset_t before; /* private */
};

/* Signals are held back except while vigil_wait() waits. */
void vigil_begin(struct vigil *vigil, const struct ctl *ctl, const char *subscription);
void vigil_end(struct vigil *vigil);

/* Connects the ears if they are not. Without a daemon: nothing, and nobody is told. */
void vigil_listen(struct vigil *vigil);
enum vigil_event vigil_wait(struct vigil *vigil, uint32_t timeout_ms);

/* Of the terminal on standard output; 0: it is none. */
void vigil_screen_size(int *rows, int *columns);
int64_t vigil_wall_ms(void);
int64_t vigil_now_ms(void); /* of a clock that never jumps */

#endif
