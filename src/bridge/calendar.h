/*
 * The calendar: days since 1970 and billing months that begin on a given day of the month, all in UTC. Pure numbers,
 * owned by nobody. It never asks what time it is.
 */
#ifndef BRIDGE_CALENDAR_H
#define BRIDGE_CALENDAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CALENDAR_DAY_MS   INT64_C(86400000)
#define CALENDAR_DATE_MAX 16 /* bytes of "2026-11-21" with its end, and some */

struct calendar_date {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;
};

/* Of a time from 2020 to 2099; -1 for any other: a clock that says so was never set. */
int32_t calendar_day_of(int64_t wall_ms);

struct calendar_date calendar_date_of(int32_t day);
int32_t calendar_day_of_date(const struct calendar_date *date);

/* The first day of the billing month in which `day` is. */
int32_t calendar_month_begin(int32_t day, unsigned reset_day);
/* The first day of the next, given that of one. */
int32_t calendar_month_next(int32_t begin);

/* "2026-11-21". */
void calendar_format(int32_t day, char out[CALENDAR_DATE_MAX]);
/* -1 unless the `len` bytes are such a date from 2020 to 2099. */
int32_t calendar_parse(const char *text, size_t len);
/* "1 December" */
void calendar_words(int32_t day, char *out, size_t size);

#endif
