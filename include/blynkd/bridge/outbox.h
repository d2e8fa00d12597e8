/*
 * What must reach Blynk, in order: pin writes, groups of writes, properties, events. A write belongs to the
 * outbox until the server has confirmed it; after a lost session what was not confirmed goes again, oldest
 * first. Bounded in messages and bytes; a full outbox refuses and never drops silently. Being offline only means
 * that nobody drains it.
 */
#ifndef BLYNKD_BRIDGE_OUTBOX_H
#define BLYNKD_BRIDGE_OUTBOX_H

#include "blynkd/blynk/session.h"
#include "blynkd/bridge/pins.h"

struct outbox;
struct sched;

/* What is written to the spool besides memory. */
enum outbox_durability {
    OUTBOX_MEMORY,  /* nothing: a stop of the daemon loses what waits */
    OUTBOX_OFFLINE, /* what has waited for spill_after_ms */
    OUTBOX_ALWAYS,  /* every write, before it is acknowledged */
};

/* What happens to a new write when the spool is at one of its bounds. */
enum outbox_policy {
    OUTBOX_REFUSE,
    OUTBOX_DROP_OLDEST, /* it is taken; the oldest `all` writes are dropped and counted */
};

struct outbox_config {
    size_t max_entries; /* in memory; default 10000 */
    size_t max_bytes;   /* in memory; default 1 MiB */
    uint32_t
        stamp_after_ms;  /* an `all` write older than this goes out in a group with its own time; 0 = never */
    unsigned durability; /* enum outbox_durability */
    unsigned policy;     /* enum outbox_policy */
    uint32_t spill_after_ms;     /* default 10 s */
    uint32_t commit_interval_ms; /* the spool is written at most so often; default 2 s */
    uint64_t max_rows;           /* in the spool; default 1000000 */
    uint64_t max_spool_bytes;    /* default 256 MiB */
    uint64_t max_age_ms; /* Blynk takes no sample older than a month; default 30 days; 0 = never too old */
    uint64_t min_free_bytes; /* left on the disk for others; default 64 MiB */
};

/* NULL: no memory. `pins` gives the delivery rules. */
struct outbox *outbox_create(struct sched *sched, struct pins *pins, const struct outbox_config *config);
void outbox_destroy(struct outbox *outbox);
void outbox_configure(struct outbox *outbox, const struct outbox_config *config);

struct outbox_write {
    pin_id pin;
    const void *value;
    size_t len;
};

#define OUTBOX_GROUP_MAX 256 /* writes in one MSET */

/* Each returns 0 and a sequence number that never falls (once it is confirmed the entry is; `sequence` may be
 * NULL), or -ENOSPC (full), -EMSGSIZE (over Blynk's limit), -ENOMEM. `wall_ms` is the sample's own time, 0 = now; given explicitly it is
 * sent along. A group is accepted as a whole or not at all. */
int outbox_write(struct outbox *outbox, const struct outbox_write *write, int64_t wall_ms,
                 uint64_t *sequence);
int outbox_write_group(struct outbox *outbox, const struct outbox_write *writes, size_t count,
                       int64_t wall_ms, uint64_t *sequence);
/* PROPERTY, EVENT_LOG, EVENT_CLEAR, INTERNAL (meta set): a frame as it is. */
int outbox_message(struct outbox *outbox, enum blynk_command command, const void *body, size_t len,
                   uint64_t *sequence);

/* The session's view: give this to blynk_session_create(). */
struct blynk_source outbox_source(struct outbox *outbox);

/* The session is gone: what was sent and not confirmed waits again, in its old order. */
void outbox_rewind(struct outbox *outbox);

/* Called when something was added (from inside the call that added it) or confirmed (from the loop). */
struct outbox_events {
    void (*on_added)(void *arg);
    void (*on_confirmed)(void *arg, uint64_t up_to_sequence);
};
void outbox_set_events(struct outbox *outbox, const struct outbox_events *events, void *arg);

struct outbox_info {
    size_t waiting;     /* entries not sent yet */
    size_t unconfirmed; /* entries sent, not confirmed */
    size_t bytes;
    uint64_t accepted;
    uint64_t confirmed;
    uint64_t replaced; /* `latest` writes replaced by a newer one before they were sent */
    uint64_t refused;
    uint64_t resent;
    uint64_t last_sequence;      /* given out last; numbers have no gaps */
    uint64_t confirmed_sequence; /* all entries up to this one are through */
};
struct outbox_info outbox_info(const struct outbox *outbox);

#endif
