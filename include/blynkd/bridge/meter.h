/*
 * The meter: what the link costs, counted in days, billing months and local clients. The bridge owns it, tells it what
 * was sent and received, and stores its numbers by name. It never touches the disk or the network, never holds
 * anything back, and never loses a count because the host's clock is wrong.
 *
 * Bytes are those the operator counts, estimated from what the socket carried (TLS records included):
 *   - a segment of TCP carries up to 1400 bytes and costs 40 more for the headers of IPv4 and TCP (20 each, without
 *     options); each is acknowledged by 40 bytes the other way;
 *   - a connection made and closed costs 7 segments of 40 bytes: three to open it, four to close it (4 up, 3 down);
 *     one that failed is taken for three unanswered attempts of 40 bytes;
 *   - each attempt looks the server's name up: 160 bytes, 60 up and 100 down.
 * Retransmissions and the operator's own rounding are not known here: a bill can be higher.
 *
 * The clock may be wrong. The rules:
 *   1. A time before 2020 or after 2099 is not known, and no time is known before meter_loaded(). What is counted
 *      then waits under "no day yet"; it is part of what the current month shows, and goes to the first day that is
 *      known.
 *   2. A later month begins with nothing spent. The months left lately (up to 4) are kept until the clock has run for
 *      7 days more, and all that is counted counts in them too. If the clock is set into one of them, that month goes
 *      on with all its counts; if it is set back to a month after one of them, the current month takes that month's
 *      name and keeps its counts.
 *   3. Otherwise a clock set back before the current month is not known (rule 1): the month goes on. If it runs
 *      there for 7 days it is believed: the current month takes that month's name and keeps its counts.
 * So once a clock that was wrong for less than a week is right again, the month can look dearer than it was, never
 * cheaper. While the clock is ahead by a month the budget of that month is spent.
 */
#ifndef BLYNKD_BRIDGE_METER_H
#define BLYNKD_BRIDGE_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define METER_DAYS       40
#define METER_CLIENTS    64
#define METER_CLIENT_MAX 32 /* bytes of a name with its end; longer ones are cut */
#define METER_NAME_MAX   48 /* bytes of the name of a number with its end */

/* What is counted; the name in the store, and what is shown. */
#define METER_COUNTS(X)                                                                                      \
    X(bytes_up)                                                                                              \
    X(bytes_down)                                                                                            \
    X(messages) /* sent by the device: those the Blynk plan counts */                                        \
    X(messages_down)                                                                                         \
    X(connects)                                                                                              \
    X(connects_failed)

/* Numbers stop at UINT64_MAX, they do not wrap. */
struct meter_counts {
#define METER_MEMBER(name) uint64_t name;
    METER_COUNTS(METER_MEMBER)
#undef METER_MEMBER
};

struct sched;
struct meter;

struct meter_month {
    bool known;       /* false: no date was ever known; all of it is "no day yet" */
    bool is_now;      /* the clock is known and in this month */
    int64_t begin_ms; /* since 1970, midnight UTC */
    int64_t end_ms;   /* when the next one begins */
    int64_t since_ms; /* when counting began: begin_ms, or the day of the first count known of it */
    int64_t now_ms;   /* the time, if is_now */
    struct meter_counts counts;
};

struct meter_events {
    /*
     * What the store knows of names that begin so is to be forgotten. Called from meter_save() only, before the first
     * `put`. May be NULL.
     */
    void (*on_forget)(void *arg, const char *prefix);
    /* Milliseconds since 1970 if the bridge knows better than the host; 0: not known. NULL: sched_wall_ms(). */
    int64_t (*wall_ms)(void *arg);
};

typedef void meter_put_fn(void *arg, const char *name, uint64_t value);
typedef void meter_show_fn(void *arg, const char *key, const char *value, bool number);

/* `reset_day` 1 to 28, 0 is 1. `events` may be NULL. NULL: no memory. */
struct meter *meter_create(struct sched *sched, unsigned reset_day, const struct meter_events *events,
                           void *arg);
void meter_destroy(struct meter *meter);

/* Another reset day: the current month is summed up anew from the days that are kept. */
void meter_configure(struct meter *meter, unsigned reset_day);

/*
 * One number of an earlier run, in any order, each name once; added to what was counted since the start. Names that
 * make no sense and numbers past the bounds are left out. meter_loaded() ends it (at once if nothing is stored); both
 * only once, calls of meter_load() after it change nothing.
 */
void meter_load(struct meter *meter, const char *name, uint64_t value);
void meter_loaded(struct meter *meter);

/* Calls `put` with what has changed since the last save. Nothing before meter_loaded(). */
void meter_save(struct meter *meter, meter_put_fn *put, void *arg);
bool meter_changed(const struct meter *meter);
/* The last save did not reach the disk: the next one gives everything again. */
void meter_save_failed(struct meter *meter);

/* What the socket took and gave. `payload_bytes` 0 costs nothing. */
void meter_sent(struct meter *meter, uint64_t payload_bytes, uint64_t messages);
void meter_received(struct meter *meter, uint64_t payload_bytes, uint64_t messages);
/* An attempt to connect has ended so. */
void meter_connect(struct meter *meter, bool ok);
/* What a local program wrote; its bytes are those of the values, not those on the air. NULL or "": "others". */
void meter_client(struct meter *meter, const char *name, uint64_t messages, uint64_t bytes);

/* Looks at the clock: a month ends even if nothing is counted. */
void meter_update(struct meter *meter);

/* The current month, with what waits for a day. As of the last count or update, but for `is_now` and `now_ms`. */
struct meter_month meter_month(const struct meter *meter);
/* False: nothing is known of that day. `day_ms`: any time of it. */
bool meter_day(const struct meter *meter, int64_t day_ms, struct meter_counts *counts);

/* Key by key: today, the month, what waits for a day; then the clients of this month, those who wrote most first. */
void meter_show(const struct meter *meter, meter_show_fn *show, void *arg);
/* A line for each day that is kept, the oldest first. */
void meter_show_days(const struct meter *meter, meter_show_fn *show, void *arg);
void meter_show_clients(const struct meter *meter, meter_show_fn *show, void *arg);

#endif
