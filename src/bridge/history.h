/*
 * The recent past as numbers: for each series (a pin, the signal, the round trip) a ring of its last values. It owns
 * the rings, which are allocated when a series has its first value; together they are at most HISTORY_RINGS_MAX times
 * HISTORY_POINTS_MAX points of 16 bytes, 720 KiB. It asks nobody for the time and keeps nothing on a disk.
 */
#ifndef BRIDGE_HISTORY_H
#define BRIDGE_HISTORY_H

#include "blynkd/bridge/pins.h"

#include <stddef.h>
#include <stdint.h>

#define HISTORY_POINTS_MAX 720 /* of one series: 12 hours of one value a minute */
#define HISTORY_RINGS_MAX  64  /* beyond: the series that was silent for longest is forgotten */

/* A series is a pin's index, or one of these. */
enum history_series {
    HISTORY_SIGNAL = PIN_COUNT, /* dBm */
    HISTORY_ROUND_TRIP,         /* ms */
    HISTORY_SERIES_COUNT
};

struct history_point {
    int64_t at_ms; /* of a clock that never jumps; may be before it began to count */
    double value;
};

struct history;

/* NULL: no memory. */
struct history *history_create(void);
void history_destroy(struct history *history);

/* Goes where its time belongs; one that is older than a full ring is left out, as is one without memory for it. */
void history_add(struct history *history, unsigned series, int64_t at_ms, double value);

size_t history_count(const struct history *history, unsigned series);
/* 0 is the oldest; `index` is less than history_count(). */
struct history_point history_at(const struct history *history, unsigned series, size_t index);

/* "V5", "signal", "round_trip", in any case: the series; -EINVAL if there is no such. And its name. */
int history_series_find(const char *name, size_t len, unsigned *series);
#define HISTORY_NAME_MAX 16
const char *history_series_name(unsigned series, char name[HISTORY_NAME_MAX]);

#endif
