/*
 * What must reach Blynk: pin writes, groups of writes, properties, events. A write belongs to the outbox until the
 * server has confirmed it; after a lost session what was not confirmed goes again, oldest first. What may not be lost
 * with the process is handed to the spool and, when there is much of it, read back in pieces. Bounded in messages and
 * bytes; a full outbox refuses and never drops silently. Being offline only means that nobody drains it.
 *
 * In which order things leave: events; the newest values of `latest` pins; fresh writes; what one local program wrote
 * in excess of its share; the backlog of the time without a link, at a part of the rate. Never out of order for one
 * pin: a write goes behind everything of its pin that is outstanding.
 */
#ifndef BLYNKD_BRIDGE_OUTBOX_H
#define BLYNKD_BRIDGE_OUTBOX_H

#include "blynkd/blynk/session.h"
#include "blynkd/bridge/pins.h"

struct outbox;
struct sched;
struct spool_batch;
struct spool_row;
struct spool_state;

/* What is written to the spool besides memory (design/local-api.md, Delivery). */
enum outbox_durability {
    OUTBOX_MEMORY,  /* nothing: a stop of the daemon loses what waits */
    OUTBOX_OFFLINE, /* what waits without a link, or has not been confirmed for spill_after_ms */
    OUTBOX_ALWAYS,  /* every write, before it is acknowledged */
};

/* What happens to a new write when the spool is at one of its bounds. */
enum outbox_policy {
    OUTBOX_REFUSE,
    OUTBOX_DROP_OLDEST, /* it is taken; the oldest `all` writes are dropped and counted */
};

/* What may leave while money is short (bridge/budget.h). */
enum outbox_diet { OUTBOX_ALL, OUTBOX_LATEST_ONLY, OUTBOX_EVENTS_ONLY };

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
    uint32_t backlog_per_s;  /* messages a second that the backlog may take; 0 = no limit */
};

/* NULL: no memory. `pins` gives the delivery rules. */
struct outbox *outbox_create(struct sched *sched, struct pins *pins, const struct outbox_config *config);
void outbox_destroy(struct outbox *outbox);
void outbox_configure(struct outbox *outbox, const struct outbox_config *config);
void outbox_set_diet(struct outbox *outbox, enum outbox_diet diet);
/* What waits is not sent before it is known which time it has. */
void outbox_hold_backlog(struct outbox *outbox, bool hold);
/* Once nothing waits any more, what comes next is gathered for so long; but for events, and when somebody waits for
 * confirmation. 0: it leaves at once. */
void outbox_set_gather(struct outbox *outbox, uint32_t gather_ms);

struct outbox_write {
    pin_id pin;
    const void *value;
    size_t len;
};

#define OUTBOX_GROUP_MAX 256 /* writes in one MSET */

/* Who writes from now on: any number that stands for a local program; 0: nobody in particular. */
void outbox_set_writer(struct outbox *outbox, uint64_t writer);

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
/* Why the last one was refused with -ENOSPC, for people. */
const char *outbox_full_why(const struct outbox *outbox);

/* The session's view: give this to blynk_session_create(). */
struct blynk_source outbox_source(struct outbox *outbox);

/* The session is logged in: what is written from now on is fresh, not backlog. */
void outbox_session_began(struct outbox *outbox);
/* The session is gone: what was sent and not confirmed waits again, in its old order. */
void outbox_rewind(struct outbox *outbox);

/* How many entries up to `sequence` are not confirmed. More than there are if some of them are on disk only. */
uint64_t outbox_outstanding(const struct outbox *outbox, uint64_t sequence);
/* Somebody waits until all up to `sequence` is confirmed: the server is asked as soon as it was sent. */
void outbox_want_confirmed(struct outbox *outbox, uint64_t sequence);

struct outbox_events {
    void (*on_added)(void *arg);                              /* something can be sent: wake the session */
    void (*on_confirmed)(void *arg, uint64_t up_to_sequence); /* from the loop */
    void (*on_store)(void *arg); /* something is to be stored or read back, or when it is has changed */
};
void outbox_set_events(struct outbox *outbox, const struct outbox_events *events, void *arg);

struct outbox_info {
    uint64_t waiting;   /* entries not sent yet, those on disk included */
    size_t unconfirmed; /* entries sent, not confirmed */
    size_t entries;     /* in memory */
    size_t bytes;       /* of their values */
    uint64_t on_disk_only;
    uint64_t rows; /* in the spool */
    uint64_t row_bytes;
    uint64_t accepted;
    uint64_t confirmed;
    uint64_t replaced; /* `latest` writes replaced by a newer one before they were sent */
    uint64_t refused;
    uint64_t resent;
    uint64_t dropped;            /* by policy = oldest */
    uint64_t expired;            /* older than max_age_ms */
    uint64_t damaged;            /* rows that could not be read back */
    uint64_t timeless;           /* read back, and when they were made cannot be known */
    uint64_t last_sequence;      /* given out last */
    uint64_t confirmed_sequence; /* all entries up to this one are through */
    uint64_t last_ticket;        /* of the write accepted last: see outbox_stored_ticket() */
};
struct outbox_info outbox_info(const struct outbox *outbox);

/* ---- the side towards the spool; bridge/store.c is its only user ---- */

/* The spool is open: from now on there are rows. The entries that waited in memory stay. */
void outbox_spool_opened(struct outbox *outbox, const struct spool_state *state);
/* A row that was read: of the lanes EVENT and LATEST before outbox_spool_opened(), else as asked for. */
void outbox_spool_row(struct outbox *outbox, const struct spool_row *row);
/* When the next batch is due; 0: at once, whatever the interval; UINT64_MAX: nothing is to be stored. */
uint64_t outbox_spool_due_ms(const struct outbox *outbox);
/* Puts what is due into the batch (`everything`: the daemon stops). False if something was left for the next one. */
bool outbox_spool_collect(struct outbox *outbox, struct spool_batch *batch, bool everything);
/* What became of the batch collected last. */
void outbox_spool_stored(struct outbox *outbox, int error);
/* True also after a batch that was stored because it only deleted. */
bool outbox_spool_is_failing(const struct outbox *outbox);
/* True: rows from `from` on, at most `max`, are wanted. */
bool outbox_spool_wants(const struct outbox *outbox, uint64_t *from, size_t *max);
void outbox_spool_loaded(struct outbox *outbox, int error);
/* All writes accepted with a ticket up to this one are on the disk, or confirmed. */
uint64_t outbox_stored_ticket(const struct outbox *outbox);

#endif
