/*
 * What carries a stream: the modem, or the host's own network. The link machine brings it up, is told when it is
 * ready or has failed and which layer failed, and tells it which rung of the recovery ladder to take. Made and
 * owned by its maker; one user. It never decides to recover by itself: it reports, and does what it is told.
 */
#ifndef BLYNKD_NET_UPLINK_H
#define BLYNKD_NET_UPLINK_H

#include "blynkd/net/stream.h"

#include <stdbool.h>
#include <stdint.h>

struct uplink;

/* Layers, from the server down to the supply; the words are shown to people. */
#define UPLINK_LAYERS(X)                                                                                     \
    X(UPLINK_LAYER_NONE, "none")                                                                             \
    X(UPLINK_LAYER_SESSION, "Blynk session")                                                                 \
    X(UPLINK_LAYER_TCP, "TCP connection")                                                                    \
    X(UPLINK_LAYER_NAME, "name look-up")                                                                     \
    X(UPLINK_LAYER_BEARER, "data connection")                                                                \
    X(UPLINK_LAYER_NETWORK, "network registration")                                                          \
    X(UPLINK_LAYER_SIM, "SIM card")                                                                          \
    X(UPLINK_LAYER_MODEM, "modem")                                                                           \
    X(UPLINK_LAYER_PORT, "serial port")

enum uplink_layer {
#define UPLINK_ENUM(name, words) name,
    UPLINK_LAYERS(UPLINK_ENUM)
#undef UPLINK_ENUM
};

/* Rungs of the recovery ladder, from cheap to costly. */
#define UPLINK_RUNGS(X)                                                                                      \
    X(UPLINK_RUNG_REDIAL, "redial")                                                                          \
    X(UPLINK_RUNG_BEARER, "data connection down and up")                                                     \
    X(UPLINK_RUNG_RADIO, "radio off and on")                                                                 \
    X(UPLINK_RUNG_RESET, "modem restart")                                                                    \
    X(UPLINK_RUNG_REOPEN, "serial port closed and opened")                                                   \
    X(UPLINK_RUNG_POWER_KEY, "power key")                                                                    \
    X(UPLINK_RUNG_POWER_RAIL, "power off and on")

enum uplink_rung {
#define UPLINK_ENUM(name, words) name,
    UPLINK_RUNGS(UPLINK_ENUM)
#undef UPLINK_ENUM
        UPLINK_RUNG_COUNT
};

enum uplink_hope {
    UPLINK_RETRY,      /* trying again makes sense */
    UPLINK_RESTARTED,  /* it has just started anew by itself: bringing it up is all that is needed */
    UPLINK_WEAK,       /* it starts anew whenever it sends: to hammer on makes it worse, it has to rest */
    UPLINK_UNFINISHED, /* something is missing in the configuration: no try makes sense before it is there */
    UPLINK_HOPELESS, /* only a person can mend it (SIM wants a PUK, PIN refused to be repeated): retry slowly */
};

struct uplink_ops {
    /* Brings it up, taking `rung` first (REDIAL: nothing first). 0, or -EALREADY. on_ready or on_failed follows. */
    int (*start)(struct uplink *uplink, enum uplink_rung rung);
    /* Down, in order: data connection closed cleanly if it can be within `grace_ms`, then the port.
     * on_stopped follows exactly once. Idempotent. */
    void (*stop)(struct uplink *uplink, uint32_t grace_ms);
    /* Whether this rung can be taken at all (no power line configured: no). */
    bool (*has_rung)(const struct uplink *uplink, enum uplink_rung rung);
};

struct uplink_events {
    void (*on_ready)(void *arg);
    /* Each state change with its reason; for the history. */
    void (*on_progress)(void *arg, const char *state, const char *why);
    /* While starting or ready. The uplink rests (not started) until start() is called again. */
    void (*on_failed)(void *arg, enum uplink_layer layer, enum uplink_hope hope, const char *why);
    void (*on_stopped)(void *arg);
    /* What the network says that the time is: between `earliest_ms` since 1970 UTC and that plus `slack_ms`. Sane,
     * but only as right as the network is. Whenever it is told, in any state. May be NULL. */
    void (*on_time)(void *arg, int64_t earliest_ms, uint32_t slack_ms);
};

struct uplink {
    const struct uplink_ops *ops;
    struct uplink_events events; /* set by the user before start() */
    void *arg;
    struct stream *stream; /* the stream it carries; usable between on_ready and on_failed/stop */
    char network[96];      /* operator and access point, set before on_ready; "": not told */
    bool resolves_names;   /* false: the user must open the stream by address */
};

const char *uplink_layer_name(enum uplink_layer layer);
const char *uplink_rung_name(enum uplink_rung rung);

/* The host's own network: ready at once. NULL: no memory. */
struct sched;
struct uplink *host_uplink_create(struct sched *sched, struct stream *stream);
void host_uplink_destroy(struct uplink *uplink);

#endif
