/*
 * The bridge: one face for everything that local programs can ask. It joins pins, outbox, link and modem and
 * hands on what comes from Blynk. The API floor knows only this header; the bridge knows nothing of sockets.
 * Online and offline are the same here: a write always goes into the outbox.
 */
#ifndef BLYNKD_BRIDGE_BRIDGE_H
#define BLYNKD_BRIDGE_BRIDGE_H

#include "blynkd/base/list.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/budget.h"
#include "blynkd/bridge/link.h"
#include "blynkd/bridge/outbox.h"
#include "blynkd/bridge/pins.h"
#include "blynkd/io/refclock.h"

struct bridge;
struct modem;
struct trace;

struct bridge_config {
    struct link_config link;
    struct outbox_config outbox;
    struct budget_config budget;
    char chrony_socket[REFCLOCK_PATH_MAX]; /* where a learned time is offered; "": nowhere */
    uint32_t request_ms;                   /* how long a question to the server may stay unanswered: 15 s */
};

/* Channels beside pins. */
#define BRIDGE_CHANNEL_LINK     "link"
#define BRIDGE_CHANNEL_TRACE    "trace" /* admin only */
#define BRIDGE_CHANNEL_INTERNAL "internal"

struct bridge_events {
    /* Something for the subscribers of `channel` (a pin's name or one of the above). Called from the loop. */
    void (*on_publish)(void *arg, const char *channel, const void *message, size_t len);
    void (*on_link)(void *arg, const struct link_change *change);
    void (*on_stopped)(void *arg);
    /* bridge_stored_ticket() has moved; `failed`: what was on its way to the disk is not there. May be NULL. */
    void (*on_stored)(void *arg, bool failed);
    /* The disk cannot be written, and why; "": it can again. May be NULL. */
    void (*on_disk)(void *arg, const char *why);
};

/* `modem` may be NULL (uplink = host). NULL: no memory. The bridge makes pins, outbox and link itself. */
struct bridge *bridge_create(struct sched *sched, struct uplink *uplink, struct modem *modem,
                             const struct bridge_config *config);
void bridge_destroy(struct bridge *bridge); /* only after on_stopped or before start */
/* Up to BRIDGE_LISTENERS listeners (the API server, the daemon). */
#define BRIDGE_LISTENERS 4
int bridge_listen(struct bridge *bridge, const struct bridge_events *events, void *arg);

/* Reads what an earlier process has left; writes should be taken only once bridge_is_ready(). */
void bridge_open(struct bridge *bridge);
bool bridge_is_ready(const struct bridge *bridge);
/* Brings the link up, after bridge_open() if nobody has called that yet. */
void bridge_start(struct bridge *bridge);
void bridge_stop(struct bridge *bridge, uint32_t grace_ms);
/* True: the link is re-made for it. */
bool bridge_configure(struct bridge *bridge, const struct bridge_config *config);

/*
 * What time it is, in ms since 1970 UTC: CLOCK_KNOWN by the host, if somebody keeps its clock right, else by Blynk, else
 * by the modem's network. Or it is CLOCK_FLOOR: certainly not earlier than this, the newest time that was ever known
 * or the day when the program was built. What a certificate says of its end counts from either; what it says of its
 * beginning only when the time is known.
 */
enum bridge_time { CLOCK_KNOWN, CLOCK_FLOOR };
enum bridge_time bridge_clock_now(const struct bridge *bridge, int64_t *wall_ms);

struct pins *bridge_pins(struct bridge *bridge);
struct link *bridge_link(struct bridge *bridge);

/* How often a pin's values go, and by how much they must differ from the last one that went (>= 0); 0: any. */
void bridge_set_pin_rules(struct bridge *bridge, pin_id pin, uint32_t min_interval_ms, double deadband);

/*
 * Writes towards Blynk: remembers the value and puts it into the outbox. `sequence` (may be NULL) is what
 * bridge_flush() waits for. The pin's rules are for a write alone and without a time of its own: one that they
 * skip is only remembered, one that they hold goes later, as the newest; for both `sequence` stays as it is.
 * -ENOSPC (outbox full), -EMSGSIZE, -ENOMEM; -EINVAL for an empty value, which the server refuses (protocol
 * sheet, rule 18); -EROFS with durability = always and a disk that cannot be written.
 */
int bridge_write(struct bridge *bridge, const struct outbox_write *writes, size_t count, int64_t wall_ms,
                 uint64_t *sequence);
/* Who writes from now on (outbox_set_writer()), and under which name it is metered; `name` is not copied. 0, NULL:
 * nobody in particular. */
void bridge_set_writer(struct bridge *bridge, uint64_t writer, const char *name);
/* With durability = always: what was accepted last may be acknowledged once bridge_stored_ticket() has reached this.
 * 0: at once. */
uint64_t bridge_ticket(const struct bridge *bridge);
uint64_t bridge_stored_ticket(const struct bridge *bridge);
/* Why the last write was refused with -ENOSPC; why the disk cannot be written ("": it can). For people. */
const char *bridge_full_why(const struct bridge *bridge);
const char *bridge_disk_trouble(const struct bridge *bridge);
int bridge_property(struct bridge *bridge, pin_id pin, const struct blynk_body *name_and_values,
                    uint64_t *sequence);
/* EVENT_LOG, EVENT_CLEAR, INTERNAL meta set: the body as it goes out. */
int bridge_message(struct bridge *bridge, enum blynk_command command, const struct blynk_body *body,
                   uint64_t *sequence);

/* Asks Blynk to resend stored values; none named: all. -ENOTCONN when offline. */
int bridge_sync(struct bridge *bridge, const pin_id *pins, size_t count);

/* How many entries up to `sequence` are not confirmed yet; 0 = all through. */
uint64_t bridge_unconfirmed(const struct bridge *bridge, uint64_t sequence);
/* Of what was written last, by whomever; 0: nothing was. */
uint64_t bridge_last_sequence(const struct bridge *bridge);

/* A question whose answer comes later. Owned by the asker (embedded); on_done exactly once unless cancelled. */
struct bridge_request {
    struct list node;   /* private */
    struct timer timer; /* private */
    void *bridge;       /* private; NULL when not running */
    int kind;           /* private */
    uint16_t id;        /* private */
    uint64_t sequence;  /* private */
    char key[72];       /* private */
    /* error: 0, -ETIMEDOUT, -ENOTCONN, -EINVAL (server refused), -EBUSY, -EIO. `lines`: the answer's fields. */
    void (*on_done)(void *arg, int error, const char *const *lines, size_t count);
    void *arg;
    void *modem_request; /* private */
};

/*
 * The server's clock: lines { seconds, zone }. The zone is in minutes east of UTC ("" if not told), or the word
 * "local": then it is a legacy server, whose seconds are its local time as if that were UTC, not Unix time.
 */
int bridge_ask_time(struct bridge *bridge, struct bridge_request *request);
int bridge_ask_meta(struct bridge *bridge, struct bridge_request *request, const char *field);
/* One AT command between the daemon's own; lines as the modem gave them, the final result last. */
int bridge_ask_modem(struct bridge *bridge, struct bridge_request *request, const char *command,
                     uint32_t timeout_ms);
/* Waits until bridge_unconfirmed(sequence) is 0; -ETIMEDOUT otherwise (timeout 0 = no limit). */
int bridge_flush(struct bridge *bridge, struct bridge_request *request, uint64_t sequence,
                 uint32_t timeout_ms);
/* No on_done after it. Idempotent. */
void bridge_request_cancel(struct bridge_request *request);

void bridge_link_up(struct bridge *bridge);
void bridge_link_down(struct bridge *bridge);
void bridge_link_restart(struct bridge *bridge);

/* Key by key what LINK, MODEM and INFO show; values are text, numbers in decimal. `number` tells which. */
typedef void bridge_show_fn(void *arg, const char *key, const char *value, bool number);
void bridge_show_link(const struct bridge *bridge, bridge_show_fn *show, void *arg);
void bridge_show_modem(const struct bridge *bridge, bridge_show_fn *show, void *arg);
void bridge_show_blynk(const struct bridge *bridge, bridge_show_fn *show, void *arg);
void bridge_show_spool(const struct bridge *bridge, bridge_show_fn *show, void *arg);
void bridge_show_budget(const struct bridge *bridge, bridge_show_fn *show, void *arg);
void bridge_show_outbox(const struct bridge *bridge, bridge_show_fn *show, void *arg);

/* The last 32 changes, one readable line each, oldest first. */
void bridge_show_history(const struct bridge *bridge, bridge_show_fn *show, void *arg);

/*
 * The recent numbers of a series: a pin's name, "signal" (dBm) or "round_trip" (ms); -EINVAL: there is no such. The
 * last `most` of them, oldest first. They are kept in memory only: 720 of a series, 64 series.
 */
typedef void bridge_point_fn(void *arg, int64_t wall_ms, double value);
int bridge_series_count(const struct bridge *bridge, const char *name, size_t len, size_t *count);
void bridge_show_series(const struct bridge *bridge, const char *name, size_t len, size_t most,
                        bridge_point_fn *show, void *arg);
/* The names of those that have any. */
void bridge_show_series_names(const struct bridge *bridge, bridge_show_fn *show, void *arg);

/* The ring of the last AT exchanges, masked. */
void bridge_show_trace(const struct bridge *bridge, bridge_show_fn *show, void *arg);
/* Publishes on BRIDGE_CHANNEL_TRACE from the first `true` to the `false` that answers the last one: the API while
 * somebody subscribes, the daemon while the configuration wants it in the log. */
void bridge_publish_trace(struct bridge *bridge, bool on);

#endif
