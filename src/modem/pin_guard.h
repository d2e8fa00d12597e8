/*
 * Stands between the configured PIN and the SIM card: what pin_book.h decides is read from and written to the
 * file <state_dir>/pin_attempts (mode 0600), synced to the disk, and only then is the PIN allowed out. The work
 * is done away from the loop. Owned by the modem. Never sends anything itself, never keeps the PIN longer than
 * the question.
 */
#ifndef MODEM_PIN_GUARD_H
#define MODEM_PIN_GUARD_H

#include "pin_book.h"

struct pin_guard_job;
struct sched;

typedef void pin_guard_fn(void *arg, enum pin_verdict verdict, const char *why);

struct pin_guard {
    struct sched *sched;
    pin_guard_fn *on_done;
    void *arg;
    struct pin_guard_job *job; /* NULL: nobody waits */
};

void pin_guard_init(struct pin_guard *guard, struct sched *sched, pin_guard_fn *on_done, void *arg);

/* Asks whether the PIN may be sent, and writes it down. on_done follows, unless pin_guard_forget(). 0, -EALREADY,
 * -ENOMEM, -ENAMETOOLONG. */
int pin_guard_begin(struct pin_guard *guard, const char *state_dir, const char *iccid, const char *pin);

/* Writes the card's answer down. Nobody waits for it: without it the PIN counts as pending. */
void pin_guard_end(struct pin_guard *guard, const char *state_dir, const char *iccid, const char *pin,
                   bool accepted);

/* on_done will not come. What is being written is still written. */
void pin_guard_forget(struct pin_guard *guard);

#endif
