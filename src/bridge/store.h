/*
 * When the spool is written and read: gathers what outbox, pins and meters want kept into batches, one at a time, and
 * reads the backlog back as it is sent. Owned by the bridge; owns the spool. A disk that fails is told and tried
 * again; meanwhile everything goes on in memory. It decides nothing about what is sent.
 */
#ifndef BRIDGE_STORE_H
#define BRIDGE_STORE_H

#include "blynkd/bridge/bridge.h"

struct store;

struct store_events {
    void (*on_ready)(void *arg);               /* once: what is on disk is known, or that nothing can be */
    void (*on_stored)(void *arg, bool failed); /* outbox_stored_ticket() has moved, or will not */
    void (*on_trouble)(void *arg, const char *why); /* for people; "": it is over */
    void (*on_closed)(void *arg);
};

struct store_parts {
    struct outbox *outbox;
    struct pins *pins;
    struct meter *meter;
    /* A secret that was kept; may be NULL. */
    void (*on_secret)(void *arg, const char *name, const uint8_t *bytes, size_t len);
    void *arg; /* of on_secret */
};

/* NULL: no memory. `state_dir` is copied. */
struct store *store_create(struct sched *sched, const struct store_parts *parts,
                           const struct outbox_config *config, const char *state_dir,
                           const struct store_events *events, void *arg);
void store_destroy(struct store *store); /* before store_open() or after on_closed */

void store_open(struct store *store);
/* Puts all that waits on the disk, then on_closed. */
void store_close(struct store *store);
/* The durability that is kept from now on: without a file there is none. */
unsigned store_configure(struct store *store, const struct outbox_config *config);

/* Something may be due. Cheap. */
void store_wake(struct store *store);

/* For meter_events.on_forget, from within a batch that is being filled. */
void store_forget_meters(struct store *store, const char *prefix);

/* To be kept with the next batch; a secret that is not there yet when the process ends is lost, which costs some
 * bytes. `len` 0: forgotten. */
void store_keep_secret(struct store *store, const char *name, const uint8_t *bytes, size_t len);

/* "" while the disk can be written. */
const char *store_trouble(const struct store *store);
void store_show(const struct store *store, bridge_show_fn *show, void *arg);

#endif
