#include "series.h"

#include "blynkd/base/scan.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define VALUE_MAX 1e300  /* what is larger is drawn there: sums of such stay finite */
#define VALUE_MIN 1e-280 /* what is smaller is nothing: parts of such stay numbers */
#define TIME_MAX  INT64_C(100000000000000)

void series_add(struct series *series, int64_t at_ms, double value)
{
    if (!isfinite(value)) {
        return;
    }
    if (series->count == SERIES_POINTS_MAX) {
        series->count--;
        memmove(series->points, series->points + 1, series->count * sizeof(series->points[0]));
    }
    value = fabs(value) < VALUE_MIN ? 0 : value;
    value = value > VALUE_MAX ? VALUE_MAX : value < -VALUE_MAX ? -VALUE_MAX : value;
    series->points[series->count++] = (struct series_point){at_ms, value};
}

static void take(struct series *series, const redisReply *pair)
{
    int64_t newest_ms = series->count ? series->points[series->count - 1].at_ms : 0;
    const redisReply *at, *text;
    double value;

    if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2) {
        return;
    }
    at = pair->element[0];
    text = pair->element[1];
    if (at->type == REDIS_REPLY_INTEGER && at->integer >= newest_ms && at->integer < TIME_MAX && text->str &&
        scan_double(text->str, (size_t)text->len, &value) == 0) {
        series_add(series, at->integer, value);
    }
}

bool series_read(struct series *series, const redisReply *history)
{
    series->count = 0;
    if (!history || history->type != REDIS_REPLY_ARRAY) {
        return false;
    }
    for (size_t i = 0; i < history->elements; i++) {
        take(series, history->element[i]);
    }
    return true;
}

void series_cut(struct series *series, int64_t from_ms)
{
    size_t old = 0;

    while (old < series->count && series->points[old].at_ms < from_ms) {
        old++;
    }
    series->count -= old;
    memmove(series->points, series->points + old, series->count * sizeof(series->points[0]));
}

/* ---- values --------------------------------------------------------------------------------------------- */

static void find_range(const struct series *series, struct series_frame *frame)
{
    frame->low = frame->high = series->count ? series->points[0].value : 0;
    for (size_t i = 1; i < series->count; i++) {
        frame->low = fmin(frame->low, series->points[i].value);
        frame->high = fmax(frame->high, series->points[i].value);
    }
}

/* 1, 2 or 5 times a power of ten, so that the range has at most so many steps. */
static double round_step(double range, size_t steps)
{
    double raw = range / (double)steps;
    double power = pow(10, floor(log10(raw)));
    double lead = raw / power;

    return (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10) * power;
}

static void choose_values(struct series_frame *frame, size_t ticks)
{
    size_t steps = ticks > 2 ? (ticks > SERIES_TICKS_MAX ? SERIES_TICKS_MAX : ticks) - 1 : 1;
    double size = fmax(fabs(frame->low), fabs(frame->high));
    double range = frame->high - frame->low;

    if (range <= size * 1e-9) { /* a line, or what no axis can tell apart */
        double half = size > 0 ? size * 0.05 : 1;
        frame->low -= half;
        frame->high += half;
        range = 2 * half;
    }
    frame->step = round_step(range, steps);
    /* Rounding to both sides may need one or two steps more than there is room for. */
    for (;;) {
        double first = floor(frame->low / frame->step), last = ceil(frame->high / frame->step);
        if (last - first <= (double)steps || last - first <= 1) {
            frame->low = first * frame->step;
            frame->high = last * frame->step;
            frame->ticks = (size_t)(last - first) + 1;
            break;
        }
        frame->step = round_step(frame->step * 1.5, 1);
        if (steps == 1 && frame->step > 4 * range) { /* both sides of zero: no round number will do */
            frame->step = frame->high - frame->low;
            frame->ticks = 2;
            break;
        }
    }
    frame->decimals = frame->step < 1 ? (int)ceil(-log10(frame->step) - 1e-9) : 0;
    frame->decimals = frame->decimals > 9 ? 9 : frame->decimals;
}

double series_tick(const struct series_frame *frame, size_t index)
{
    return frame->low + frame->step * (double)index;
}

char *series_value_text(const struct series_frame *frame, double value, char out[SERIES_TEXT_MAX])
{
    double size = fmax(fabs(frame->low), fabs(frame->high));

    if (fabs(value) < frame->step * 1e-6) {
        value = 0; /* no "-0" */
    }
    if (size >= 1e7 || size < 1e-4) {
        snprintf(out, SERIES_TEXT_MAX, "%.3g", value);
    } else {
        snprintf(out, SERIES_TEXT_MAX, "%.*f", frame->decimals, value);
    }
    return out;
}

double series_height(const struct series_frame *frame, double value)
{
    double height = (value - frame->low) / (frame->high - frame->low);

    return height < 0 ? 0 : height > 1 ? 1 : height;
}

/* ---- times ---------------------------------------------------------------------------------------------- */

static const int64_t time_steps_s[] = {1,     2,     5,      10,     15,      30,      60,      120,
                                       300,   600,   900,    1800,   3600,    7200,    10800,   21600,
                                       43200, 86400, 172800, 604800, 1209600, 2592000, 7776000, 31536000};

static void choose_times(struct series_frame *frame, size_t ticks)
{
    size_t count = sizeof(time_steps_s) / sizeof(time_steps_s[0]);
    int64_t range_ms = frame->to_ms - frame->from_ms;

    frame->step_ms = range_ms; /* for what is longer than any step */
    for (size_t i = count; i-- > 0;) {
        if (range_ms / (time_steps_s[i] * 1000) + 1 <= (int64_t)ticks) {
            frame->step_ms = time_steps_s[i] * 1000;
        }
    }
}

struct series_frame series_frame(const struct series *series, size_t value_ticks, size_t time_ticks)
{
    struct series_frame frame = {0};

    find_range(series, &frame);
    choose_values(&frame, value_ticks);
    if (series->count) {
        frame.from_ms = series->points[0].at_ms;
        frame.to_ms = series->points[series->count - 1].at_ms;
    }
    if (frame.to_ms - frame.from_ms < 1000) {
        frame.from_ms -= 500;
        frame.to_ms += 500;
    }
    choose_times(&frame, time_ticks > 2 ? time_ticks : 2);
    return frame;
}

int64_t series_first_time(const struct series_frame *frame)
{
    time_t seconds = (time_t)(frame->from_ms / 1000);
    int64_t east_ms = 0;
    struct tm local;

    if (localtime_r(&seconds, &local)) {
        east_ms = (int64_t)local.tm_gmtoff * 1000;
    }
    int64_t beyond_ms = (frame->from_ms + east_ms) % frame->step_ms;
    beyond_ms += beyond_ms < 0 ? frame->step_ms : 0;
    return beyond_ms ? frame->from_ms + frame->step_ms - beyond_ms : frame->from_ms;
}

char *series_time_text(const struct series_frame *frame, int64_t at_ms, char out[SERIES_TEXT_MAX])
{
    const char *format = frame->step_ms >= 86400000 ? "%d %b"
                         : frame->step_ms >= 60000  ? "%H:%M"
                                                    : "%H:%M:%S";
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm local;

    if (!localtime_r(&seconds, &local) || strftime(out, SERIES_TEXT_MAX, format, &local) == 0) {
        snprintf(out, SERIES_TEXT_MAX, "?");
    }
    return out;
}

double series_along(const struct series_frame *frame, int64_t at_ms)
{
    return (double)(at_ms - frame->from_ms) / (double)(frame->to_ms - frame->from_ms);
}
