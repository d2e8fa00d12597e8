/*
 * Offers a time that was learned to chrony, for as long as nobody keeps the machine's clock right. The bridge's clock
 * owns it and tells what it has learned. Never asks anybody for the time and never sets a clock.
 */
#ifndef CLOCK_OFFER_H
#define CLOCK_OFFER_H

#include "blynkd/base/timer.h"

#include <stdint.h>

struct clock_offer {
    struct sched *sched;
    struct timer timer;
    const char *path;   /* of chrony's socket; "": nothing is offered. Read each time, so it may change. */
    int64_t learned_ms; /* since 1970; 0: nothing yet */
    uint64_t at_ms;     /* when that was so, by sched_now_ms() */
    uint64_t last_ms;   /* the last offer */
    bool was_offered;
    int error; /* of the last offer */
};

void clock_offer_init(struct clock_offer *offer, struct sched *sched, const char *path);
void clock_offer_stop(struct clock_offer *offer);
/* From now on the time is known: it is offered at once, but never more than once a minute. */
void clock_offer_learned(struct clock_offer *offer, int64_t wall_ms);

#endif
