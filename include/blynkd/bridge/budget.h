/*
 * The budget: how much of the month's bytes and messages are spent, how long the rest lasts, and what therefore must
 * be saved. The bridge owns it and does what its level asks for. It counts nothing itself (meter.h does), sends
 * nothing and holds nothing back.
 */
#ifndef BLYNKD_BRIDGE_BUDGET_H
#define BLYNKD_BRIDGE_BUDGET_H

#include "blynkd/bridge/meter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BUDGET_WHY_MAX 160

/* Name, word, from which percentage on, what it means for people. */
#define BUDGET_LEVELS(X)                                                                                     \
    X(BUDGET_FREE, "free", 0, "nothing is held back")                                                        \
    X(BUDGET_NOTE, "note", 50, "nothing is held back yet")                                                   \
    X(BUDGET_SAVE, "save", 75, "saving: fewer pings, and writes are gathered")                               \
    X(BUDGET_LATEST, "latest", 90, "saving: only the latest value of each pin is sent")                      \
    X(BUDGET_EVENTS, "events", 100, "only events are sent")

enum budget_level {
#define BUDGET_ENUM(name, word, percent, meaning) name,
    BUDGET_LEVELS(BUDGET_ENUM)
#undef BUDGET_ENUM
};

struct budget_config {
    uint64_t bytes;     /* a month, both ways; 0: no budget */
    uint64_t messages;  /* a month, sent by the device; 0: no budget */
    uint32_t reset_day; /* 1 to 28, 0 is 1: the day of the month on which counting begins anew */
};

struct budget;

/* What is left of one of the two. */
struct budget_share {
    uint64_t spent;
    uint64_t limit; /* 0: none; then `left` and `percent` are 0 */
    uint64_t left;
    unsigned percent;  /* rounded down; bounded by 9999 */
    bool has_forecast; /* false: the date is not known */
    uint64_t forecast; /* for the whole month, if it goes on as since counting began */
};

struct budget_events {
    /* The level has changed; `why` as budget_why(). Called from budget_update() and budget_configure() only. */
    void (*on_level)(void *arg, enum budget_level level, const char *why);
};

/* Sets the meter's reset day too. NULL: no memory. No event before the first update. */
struct budget *budget_create(struct meter *meter, const struct budget_config *config,
                             const struct budget_events *events, void *arg);
void budget_destroy(struct budget *budget);

/* Counts at once: a raised budget lowers the level, a new reset day moves the month. */
void budget_configure(struct budget *budget, const struct budget_config *config);

/* After what was counted, and every few minutes: a new month must be noticed by a link that says nothing. */
enum budget_level budget_update(struct budget *budget);

/* As of the last update. */
enum budget_level budget_level(const struct budget *budget);
const char *budget_level_name(enum budget_level level);
/* "78 % of this month's 5 MB are used: saving: ..."; valid until the next update. */
const char *budget_why(const struct budget *budget);

struct budget_share budget_bytes(const struct budget *budget);
struct budget_share budget_messages(const struct budget *budget);
/* Whole days until counting begins anew, today included; -1: the date is not known. */
int budget_days_left(const struct budget *budget);
/* "at this rate 12 MB by 1 December", "" if nothing can be said. The worse of the two budgets. */
void budget_forecast(const struct budget *budget, char *out, size_t size);

/* Key by key: the lines of BLYNK.BUDGET and INFO budget. */
void budget_show(const struct budget *budget,
                 void (*show)(void *arg, const char *key, const char *value, bool number), void *arg);

#endif
