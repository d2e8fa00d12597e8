/*
 * The meter's books: days, the current month and those that were left lately, clients, and what waits for a
 * day. Private to the meter*.c files; the meter owns all of it. Nothing in here asks for more memory.
 */
#ifndef BRIDGE_METER_PARTS_H
#define BRIDGE_METER_PARTS_H

#include "blynkd/bridge/meter.h"

#include "calendar.h"

#define METER_FORGETS       48 /* prefixes that wait for the next save; the store's leftovers go at a later start */
#define METER_LEFT_MONTHS   4
#define METER_LOADED_MONTHS (1 + METER_LEFT_MONTHS)

struct meter_day_book {
    struct meter_day_entry {
        int32_t day;
        bool unsaved;
        struct meter_counts counts;
    } entries[METER_DAYS];
    size_t count;
};

enum meter_role { METER_ROLE_NONE, METER_ROLE_NOW, METER_ROLE_LEFT };

struct meter_month_entry {
    int32_t begin; /* a day; -1: none */
    int32_t since;
    bool unsaved;
    enum meter_role role; /* while loading */
    struct meter_counts counts;
};

struct meter_client_entry {
    char name[METER_CLIENT_MAX];
    bool unsaved;
    uint64_t messages;
    uint64_t bytes;
};

struct meter_client_book {
    struct meter_client_entry entries[METER_CLIENTS];
    size_t count;
    struct meter_client_entry others;
};

struct meter {
    struct sched *sched;
    struct meter_events events;
    void *arg;
    unsigned reset_day;
    bool is_loaded;

    int32_t day; /* today; -1: not known */
    bool has_wall;
    int64_t wall_ms;     /* when the day was last known */
    uint64_t wall_at_ms; /* the same moment on the clock that never jumps */
    uint64_t seen_at_ms; /* when the clock was last looked at */
    bool is_back;        /* it was before the current month then */
    uint64_t back_ms;    /* for how long */
    uint64_t doubt_ms;   /* how long the clock has run since a month was left */

    struct meter_counts waiting; /* no day yet */
    bool waiting_unsaved;
    struct meter_day_book days;
    struct meter_month_entry now;
    struct meter_month_entry left[METER_LEFT_MONTHS]; /* first left first */
    size_t left_count;
    struct meter_client_book clients;
    struct meter_client_book left_clients; /* of the months that were left; not stored */

    struct meter_month_entry loaded[METER_LOADED_MONTHS];
    size_t loaded_count;
    char forgets[METER_FORGETS][METER_NAME_MAX];
    size_t forget_count;
    size_t forgets_given; /* of them by the last save */
};

uint64_t meter_sum(uint64_t a, uint64_t b);
void meter_counts_add(struct meter_counts *to, const struct meter_counts *counts);

/* That day's entry, made if need be: then the day farthest from `today` gives way when the book is full. NULL: `day`
 * itself is the farthest. */
struct meter_day_entry *meter_day_entry(struct meter *meter, int32_t day, int32_t today);
/* What waits goes to today and to the months. Only while today is known. */
void meter_book(struct meter *meter, const struct meter_counts *counts);
/* Looks at the clock: finds the day and the month. */
void meter_follow_clock(struct meter *meter);

/* "day.2026-11-21." and the like: what the store is to forget. */
void meter_forget(struct meter *meter, const char *prefix);
void meter_forget_date(struct meter *meter, const char *kind, int32_t day);

struct meter_client_entry *meter_client_entry(struct meter_client_book *book, const char *name);
void meter_clients_new_month(struct meter *meter);
void meter_clients_taken_back(struct meter *meter);
void meter_clients_forget_left(struct meter *meter);

#endif
