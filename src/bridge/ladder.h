/*
 * The recovery ladder: which rung to take before the next try, from cheap to costly, by the layer that failed and
 * by what was tried since the last session that lasted. Owned by the link machine. It takes no rung itself and
 * knows no time but what it is told.
 */
#ifndef BRIDGE_LADDER_H
#define BRIDGE_LADDER_H

#include "blynkd/net/uplink.h"

#include <stdbool.h>
#include <stdint.h>

#define LADDER_DAY_MS UINT64_C(86400000)

/* Why the link failed, as far as it matters for the choice. */
struct ladder_failure {
    enum uplink_layer layer;
    bool restarted; /* the modem started anew by itself: a first restart needs no rung at all */
    bool hopeless;  /* only a person can mend it */
    bool answered;  /* the server itself said no (login, token, redirect): nothing below is at fault */
};

struct ladder {
    const struct uplink *uplink;        /* asked each time: what it can do is known only once the modem is */
    enum uplink_rung start;             /* where this climb began */
    enum uplink_rung rung;              /* where it is */
    unsigned tries;                     /* taken on this rung, fruitlessly so far */
    unsigned rounds;                    /* how often the top was reached */
    enum uplink_layer layer;            /* of the last failure */
    uint32_t counts[UPLINK_RUNG_COUNT]; /* since the start of the process */
    uint32_t today[UPLINK_RUNG_COUNT];
    uint64_t day_ms; /* when `today` began */
};

void ladder_init(struct ladder *ladder, const struct uplink *uplink);

/* The rung for the next try; counts it. */
enum uplink_rung ladder_climb(struct ladder *ladder, const struct ladder_failure *failure, uint64_t now_ms);

/* A session lasted: the next failure begins at the bottom. */
void ladder_reset(struct ladder *ladder);

#endif
