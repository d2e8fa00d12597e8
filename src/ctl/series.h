/*
 * A series of numbers with their times, as the daemon's HISTORY gives it, and what an axis needs of it. The caller owns
 * the struct and its memory is fixed: the newest SERIES_POINTS_MAX points. What is not finite or has no time is left
 * out.
 */
#ifndef BLYNKD_CTL_SERIES_H
#define BLYNKD_CTL_SERIES_H

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIES_POINTS_MAX 1024
#define SERIES_TICKS_MAX  16
#define SERIES_TEXT_MAX   32

struct series_point {
    int64_t at_ms;
    double value;
};

struct series {
    struct series_point points[SERIES_POINTS_MAX]; /* oldest first */
    size_t count;
};

/* Later than all that are in it; the oldest gives way. */
void series_add(struct series *series, int64_t at_ms, double value);
/* Replaces what is in it; false: this is no array. */
bool series_read(struct series *series, const redisReply *history);
/* Only what is not older than that. */
void series_cut(struct series *series, int64_t from_ms);

/* What a plot shows: from here to there, in both directions; never empty. */
struct series_frame {
    int64_t from_ms, to_ms;
    double low, high;
    double step;  /* of the values on the axis, which are multiples of it */
    int decimals; /* to show one */
    size_t ticks; /* from low to high */
    int64_t step_ms;
};
/* The values' range widened to round numbers, at most so many ticks (at least 2). */
struct series_frame series_frame(const struct series *series, size_t value_ticks, size_t time_ticks);
double series_tick(const struct series_frame *frame, size_t index);
char *series_value_text(const struct series_frame *frame, double value, char out[SERIES_TEXT_MAX]);
/* The first time on the axis that is a multiple of step_ms in local time; the next is step_ms later. */
int64_t series_first_time(const struct series_frame *frame);
/* "14:05", with seconds or the day where the step wants them. */
char *series_time_text(const struct series_frame *frame, int64_t at_ms, char out[SERIES_TEXT_MAX]);
/* From 0 (low, from) to 1; also of values so large that their difference is none. */
double series_height(const struct series_frame *frame, double value);
double series_along(const struct series_frame *frame, int64_t at_ms);

#endif
