/*
 * An uplink for tests, in virtual time: becomes ready or fails as told, takes rungs and remembers them. The test
 * owns it and the stream. It fails the test when it is used against its contract.
 */
#ifndef FAKE_UPLINK_H
#define FAKE_UPLINK_H

#include "blynkd/base/timer.h"
#include "blynkd/net/uplink.h"

#include "fake_stream.h"

enum fake_uplink_state {
    FAKE_UPLINK_DOWN,
    FAKE_UPLINK_STARTING,
    FAKE_UPLINK_READY,
    FAKE_UPLINK_STOPPING,
};

struct fake_uplink {
    struct uplink uplink; /* give &fake->uplink to the code under test */
    struct sched *sched;
    struct fake_stream *stream;
    enum fake_uplink_state state;
    bool has[UPLINK_RUNG_COUNT];
    bool takes_while_ready; /* start() with a rung is taken without a stop */
    unsigned starts;
    unsigned stops;
    unsigned rungs[UPLINK_RUNG_COUNT];
    char log[512]; /* a letter for each start's rung: d b r R o k p */

    /* How the next starts go. */
    enum uplink_layer fault; /* UPLINK_LAYER_NONE: ready */
    enum uplink_hope hope;
    const char *why;
    uint32_t start_ms; /* UINT32_MAX: never */
    uint32_t stop_ms;

    struct timer timer; /* private */
};

struct fake_uplink *fake_uplink_create(struct sched *sched, struct fake_stream *stream);
void fake_uplink_destroy(struct fake_uplink *fake);

/* While ready or starting; an open stream ends with it. */
void fake_uplink_fail(struct fake_uplink *fake, enum uplink_layer layer, enum uplink_hope hope,
                      const char *why);

#endif
