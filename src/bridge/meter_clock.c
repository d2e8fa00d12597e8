/* Which day and which month is it, if the clock may be wrong? The rules stand in meter.h. */
#include "meter_parts.h"

#include "blynkd/base/timer.h"

#include <string.h>

#define STEP_MS                                                                                              \
    (3600 * INT64_C(1000)) /* the clock was set if it differs by so much from the one that never jumps */
#define TRUST_MS (7 * (uint64_t)CALENDAR_DAY_MS)
#define NOTE_MS  (6 * UINT64_C(3600000)) /* so often the doubt is stored on a link that counts nothing */

static int64_t read_wall_ms(const struct meter *meter)
{
    return meter->events.wall_ms ? meter->events.wall_ms(meter->arg) : sched_wall_ms(meter->sched);
}

/* True if the clock did not run to this time but was set to it; after a start that cannot be told. */
static bool is_step(const struct meter *meter, int64_t wall_ms)
{
    int64_t by_wall = wall_ms - meter->wall_ms;
    int64_t ran = (int64_t)(meter->seen_at_ms - meter->wall_at_ms);

    return !meter->has_wall || by_wall - ran > STEP_MS || ran - by_wall > STEP_MS;
}

/* -1: not among those that were left. */
static int left_index(const struct meter *meter, int32_t begin)
{
    for (size_t i = 0; i < meter->left_count; i++) {
        if (meter->left[i].begin == begin) {
            return (int)i;
        }
    }
    return -1;
}

static bool is_after_a_left_one(const struct meter *meter, int32_t begin)
{
    for (size_t i = 0; i < meter->left_count; i++) {
        if (meter->left[i].begin < begin) {
            return true;
        }
    }
    return false;
}

static void drop_left(struct meter *meter)
{
    for (size_t i = 0; i < meter->left_count; i++) {
        meter_forget_date(meter, "month", meter->left[i].begin);
    }
    meter->left_count = 0;
    meter->doubt_ms = 0;
    meter_clients_forget_left(meter);
}

/* If there are too many the second gives way: the first may be the true one, the last was true most lately. */
static void leave_month(struct meter *meter)
{
    struct meter_month_entry *left = meter->left;

    if (meter->left_count == METER_LEFT_MONTHS) {
        meter_forget_date(meter, "month", left[1].begin);
        memmove(&left[1], &left[2], (METER_LEFT_MONTHS - 2) * sizeof(left[0]));
        meter->left_count--;
    }
    left[meter->left_count] = meter->now;
    left[meter->left_count++].unsaved = true;
    meter->doubt_ms = 0;
}

static void begin_month(struct meter *meter, int32_t begin, int32_t since)
{
    meter->now = (struct meter_month_entry){.begin = begin, .since = since, .unsaved = true};
}

static void rename_month(struct meter *meter, int32_t begin)
{
    meter->now.begin = begin;
    meter->now.since = begin;
    meter->now.unsaved = true;
}

/* A month that was left goes on; the other is kept in its place. */
static void swap_months(struct meter *meter, int index)
{
    struct meter_month_entry now = meter->now;

    meter->now = meter->left[index];
    meter->left[index] = now;
    meter->now.unsaved = true;
    meter->left[index].unsaved = true;
    meter->doubt_ms = 0;
    meter_clients_taken_back(meter);
}

static void go_forward(struct meter *meter, int32_t begin, int32_t day, bool stepped)
{
    int index = left_index(meter, begin);

    if (index >= 0) {
        swap_months(meter, index);
        return;
    }
    leave_month(meter);
    meter_clients_new_month(meter);
    begin_month(meter, begin, stepped ? day : begin);
}

/* False: the clock is not believed. */
static bool go_back(struct meter *meter, int32_t begin, uint64_t elapsed_ms)
{
    int index = left_index(meter, begin);

    if (index >= 0) {
        swap_months(meter, index);
        return true;
    }
    if (is_after_a_left_one(meter, begin)) {
        meter_forget_date(meter, "month", meter->now.begin);
        rename_month(meter, begin);
        return true;
    }
    meter->back_ms = meter->is_back ? meter->back_ms + elapsed_ms : 0;
    meter->is_back = true;
    if (meter->back_ms < TRUST_MS) {
        return false;
    }
    leave_month(meter); /* by its name, in case the clock goes there after all */
    rename_month(meter, begin);
    return true;
}

/* The reset day is another than when this month began: the days tell what was spent since it should have. */
static void sum_up_anew(struct meter *meter, int32_t begin, int32_t day)
{
    int32_t since = meter->now.since;

    drop_left(meter);
    meter_forget_date(meter, "month", meter->now.begin);
    begin_month(meter, begin, day);
    for (size_t i = 0; i < meter->days.count; i++) {
        const struct meter_day_entry *entry = &meter->days.entries[i];
        if (entry->day >= begin && entry->day <= day) {
            meter_counts_add(&meter->now.counts, &entry->counts);
            meter->now.since = entry->day < meter->now.since ? entry->day : meter->now.since;
        }
    }
    if (since <= begin) {
        meter->now.since = begin;
    }
}

static bool find_month(struct meter *meter, int32_t day, bool stepped, uint64_t elapsed_ms)
{
    int32_t begin = calendar_month_begin(day, meter->reset_day);

    if (meter->now.begin < 0) {
        begin_month(meter, begin, day);
        return true;
    }
    if (day < meter->now.begin) {
        /* By less than a step it is a correction at the edge: the month comes again soon. */
        return stepped && go_back(meter, begin, elapsed_ms);
    }
    if (calendar_date_of(meter->now.begin).day != (int32_t)meter->reset_day) {
        sum_up_anew(meter, begin, day);
    } else if (begin != meter->now.begin) {
        go_forward(meter, begin, day, stepped);
    }
    return true;
}

static void end_doubt(struct meter *meter, uint64_t elapsed_ms)
{
    if (!meter->left_count) {
        return;
    }
    if ((meter->doubt_ms + elapsed_ms) / NOTE_MS != meter->doubt_ms / NOTE_MS) {
        meter->left[0].unsaved = true;
    }
    meter->doubt_ms += elapsed_ms;
    if (meter->doubt_ms >= TRUST_MS) {
        drop_left(meter);
    }
}

void meter_follow_clock(struct meter *meter)
{
    uint64_t now_ms = sched_now_ms(meter->sched);
    uint64_t elapsed_ms = now_ms - meter->seen_at_ms;
    int64_t wall_ms = read_wall_ms(meter);
    int32_t day = calendar_day_of(wall_ms);

    meter->seen_at_ms = now_ms;
    meter->day = -1;
    if (!meter->is_loaded || day < 0) {
        meter->is_back = false;
        return;
    }
    bool stepped = is_step(meter, wall_ms);
    if (!stepped) {
        end_doubt(meter, elapsed_ms);
    }
    if (!find_month(meter, day, stepped, elapsed_ms)) {
        return;
    }
    meter->day = day;
    meter->is_back = false;
    meter->has_wall = true;
    meter->wall_ms = wall_ms;
    meter->wall_at_ms = now_ms;
}
