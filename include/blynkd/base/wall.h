/*
 * What a time of day can be at all: not before this program was built, not after the year 2099. For whoever is told
 * a time by something that may have none (a modem without a network, a machine without a battery). Owns nothing;
 * it never says what time it is.
 */
#ifndef BLYNKD_BASE_WALL_H
#define BLYNKD_BASE_WALL_H

#include <stdbool.h>
#include <stdint.h>

/* When the program was built, in ms since 1970 UTC. */
int64_t wall_build_ms(void);

/* False: whoever says this does not know the time. A day before the build is allowed: it may have had a bad clock. */
bool wall_is_sane(int64_t wall_ms);

/* 2020-01-01: a clock that says less was never set since it began at 1970 or at some maker's date. */
#define WALL_PLAUSIBLE_MS INT64_C(1577836800000)
/* A clock that moved so much against the monotonic one was set: more than the two can differ by because they are read
 * one after the other. */
#define WALL_SET_MS 200

/* True: somebody keeps this machine's clock right (NTP, chrony). */
bool wall_is_kept(void);

/* UTC, month and day from 1; false if there is no such moment. A leap second counts as the one before it. */
struct wall_date {
    int year, month, day, hour, minute, second;
};
bool wall_from_date(const struct wall_date *date, int64_t *wall_ms);

#endif
