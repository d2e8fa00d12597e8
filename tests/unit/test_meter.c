/* The meter counts what the link costs, and loses nothing, whatever the host's clock says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/meter.h"
#include "bridge/calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define DAY_MS  ((uint64_t)CALENDAR_DAY_MS)
#define HOUR_MS UINT64_C(3600000)

/* ---- a store in memory ---- */

#define ROWS_MAX 1024

struct row {
    char name[METER_NAME_MAX];
    uint64_t value;
};

struct bench {
    struct sched *sched;
    struct meter *meter;
    struct row rows[ROWS_MAX];
    size_t row_count;
    unsigned forgets;
    unsigned puts;
    char shown[16384];
};

static void on_put(void *arg, const char *name, uint64_t value)
{
    struct bench *bench = arg;

    bench->puts++;
    assert_true(strlen(name) < METER_NAME_MAX);
    for (size_t i = 0; i < bench->row_count; i++) {
        if (strcmp(bench->rows[i].name, name) == 0) {
            bench->rows[i].value = value;
            return;
        }
    }
    assert_true(bench->row_count < ROWS_MAX);
    struct row *row = &bench->rows[bench->row_count++];
    snprintf(row->name, sizeof(row->name), "%s", name);
    row->value = value;
}

static void on_forget(void *arg, const char *prefix)
{
    struct bench *bench = arg;

    bench->forgets++;
    for (size_t i = bench->row_count; i-- > 0;) {
        if (strncmp(bench->rows[i].name, prefix, strlen(prefix)) == 0) {
            bench->rows[i] = bench->rows[--bench->row_count];
        }
    }
}

static bool stored(const struct bench *bench, const char *name, uint64_t *value)
{
    for (size_t i = 0; i < bench->row_count; i++) {
        if (strcmp(bench->rows[i].name, name) == 0) {
            *value = bench->rows[i].value;
            return true;
        }
    }
    return false;
}

static size_t rows_like(const struct bench *bench, const char *prefix)
{
    size_t count = 0;

    for (size_t i = 0; i < bench->row_count; i++) {
        count += strncmp(bench->rows[i].name, prefix, strlen(prefix)) == 0;
    }
    return count;
}

static void shuffle(struct bench *bench)
{
    for (size_t i = bench->row_count; i > 1; i--) {
        size_t other = sched_random(bench->sched) % i;
        struct row row = bench->rows[i - 1];
        bench->rows[i - 1] = bench->rows[other];
        bench->rows[other] = row;
    }
}

/* ---- the bench ---- */

static const struct meter_events events = {.on_forget = on_forget};

static void setup_bench(struct bench *bench, unsigned reset_day)
{
    memset(bench, 0, sizeof(*bench));
    bench->sched = sched_create_virtual(7);
    bench->meter = meter_create(bench->sched, reset_day, &events, bench);
    assert_non_null(bench->meter);
}

static void teardown_bench(struct bench *bench)
{
    meter_destroy(bench->meter);
    sched_close(bench->sched);
}

static int64_t ms_at(const char *date, int hour)
{
    int32_t day = calendar_parse(date, strlen(date));

    assert_true(day >= 0);
    return day * CALENDAR_DAY_MS + hour * (int64_t)HOUR_MS;
}

static void set_wall_ms(struct bench *bench, int64_t ms)
{
    sched_shift_wall(bench->sched, ms - sched_wall_ms(bench->sched));
}

static void set_clock(struct bench *bench, const char *date, int hour)
{
    set_wall_ms(bench, ms_at(date, hour));
}

/* The clock runs; the daemon looks at it every hour. */
static void run_hours(struct bench *bench, unsigned hours)
{
    while (hours--) {
        sched_advance(bench->sched, HOUR_MS);
        meter_update(bench->meter);
    }
}

static void begin(struct bench *bench, const char *date, unsigned reset_day)
{
    setup_bench(bench, reset_day);
    set_clock(bench, date, 12);
    meter_loaded(bench->meter);
}

static void save(struct bench *bench)
{
    meter_save(bench->meter, on_put, bench);
    assert_false(meter_changed(bench->meter));
}

/* A new process, to which the store tells its numbers in any order. */
static void restart(struct bench *bench, unsigned reset_day)
{
    save(bench);
    meter_destroy(bench->meter);
    bench->meter = meter_create(bench->sched, reset_day, &events, bench);
    assert_non_null(bench->meter);
    shuffle(bench);
    for (size_t i = 0; i < bench->row_count; i++) {
        meter_load(bench->meter, bench->rows[i].name, bench->rows[i].value);
    }
    meter_loaded(bench->meter);
}

static void expect_month(const struct bench *bench, const char *date, uint64_t messages)
{
    struct meter_month month = meter_month(bench->meter);

    assert_true(month.known);
    assert_int_equal(month.begin_ms, ms_at(date, 0));
    assert_int_equal(month.counts.messages, messages);
}

static void expect_day(const struct bench *bench, const char *date, uint64_t messages)
{
    struct meter_counts counts;

    assert_true(meter_day(bench->meter, ms_at(date, 5), &counts));
    assert_int_equal(counts.messages, messages);
}

/* All that is in the days and waits: what was ever sent. */
static uint64_t all_messages(const struct bench *bench)
{
    uint64_t all = 0;
    struct meter_counts counts;

    for (int64_t ms = ms_at("2020-01-01", 0); ms < ms_at("2099-12-31", 1); ms += CALENDAR_DAY_MS) {
        all += meter_day(bench->meter, ms, &counts) ? counts.messages : 0;
    }
    return all;
}

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    struct bench *bench = arg;
    size_t len = strlen(bench->shown);

    assert_true(!number || strspn(value, "0123456789") == strlen(value));
    assert_true(len + strlen(key) + strlen(value) + 3 < sizeof(bench->shown));
    snprintf(bench->shown + len, sizeof(bench->shown) - len, "%s=%s\n", key, value);
}

static const char *show(struct bench *bench)
{
    bench->shown[0] = '\0';
    meter_show(bench->meter, on_show, bench);
    return bench->shown;
}

/* ---- the calendar ---- */

static void calendar_agrees_with_the_c_library(void **state)
{
    const int32_t last = sizeof(time_t) > 4 ? 60000 : INT32_MAX / 86400; /* what the C library can say */

    (void)state;
    for (int32_t day = 0; day < last; day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm utc;
        gmtime_r(&seconds, &utc);
        struct calendar_date date = calendar_date_of(day);
        assert_int_equal(date.year, utc.tm_year + 1900);
        assert_int_equal(date.month, utc.tm_mon + 1);
        assert_int_equal(date.day, utc.tm_mday);
        assert_int_equal(calendar_day_of_date(&date), day);
        bool is_plausible = date.year >= 2020 && date.year <= 2099;
        assert_int_equal(calendar_day_of(day * CALENDAR_DAY_MS), is_plausible ? day : -1);
        assert_int_equal(calendar_day_of((day + 1) * CALENDAR_DAY_MS - 1), is_plausible ? day : -1);
    }
    assert_int_equal(calendar_day_of(INT64_MIN), -1);
    assert_int_equal(calendar_day_of(INT64_MAX), -1);
}

static void months_tile_the_calendar(void **state)
{
    (void)state;
    for (unsigned reset_day = 1; reset_day <= 28; reset_day++) {
        int32_t first = calendar_parse("2023-12-31", 10);
        int32_t month = calendar_month_begin(first, reset_day);
        for (int32_t day = first; day < first + 800; day++) {
            if (calendar_date_of(day).day == (int32_t)reset_day && day != month) {
                assert_int_equal(calendar_month_next(month), day);
                month = day;
            }
            assert_int_equal(calendar_month_begin(day, reset_day), month);
        }
    }
}

static void dates_are_read_strictly(void **state)
{
    static const char *const wrong[] = {"2026-02-29", "2026-13-01",  "2026-00-10", "2026-11-00", "2026-11-31",
                                        "2019-12-31", "2100-01-01",  "2026-11-2",  "2026/11/21", "2026-11-2x",
                                        "",           "2026-11-211", "2026-11-99", "-026-11-21"};
    char text[CALENDAR_DATE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(calendar_parse(wrong[i], strlen(wrong[i])), -1);
    }
    calendar_format(calendar_parse("2028-02-29", 10), text);
    assert_string_equal(text, "2028-02-29");
}

/* ---- costs ---- */

static void costs_are_those_of_the_operator(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_connect(bench.meter, true);
    struct meter_counts counts = meter_month(bench.meter).counts;
    assert_int_equal(counts.bytes_up, 60 + 4 * 40);
    assert_int_equal(counts.bytes_down, 100 + 3 * 40);
    assert_int_equal(counts.connects, 1);
    meter_connect(bench.meter, false);
    counts = meter_month(bench.meter).counts;
    assert_int_equal(counts.bytes_up, 220 + 60 + 3 * 40);
    assert_int_equal(counts.bytes_down, 220 + 100);
    assert_int_equal(counts.connects, 1);
    assert_int_equal(counts.connects_failed, 1);
    teardown_bench(&bench);
}

static void each_segment_costs_its_headers_both_ways(void **state)
{
    static const struct {
        uint64_t payload, headers;
    } cases[] = {{0, 0}, {1, 40}, {1400, 40}, {1401, 80}, {2800, 80}, {2801, 120}};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        begin(&bench, "2026-11-21", 1);
        meter_sent(bench.meter, cases[i].payload, 2);
        struct meter_counts counts = meter_month(bench.meter).counts;
        assert_int_equal(counts.bytes_up, cases[i].payload + cases[i].headers);
        assert_int_equal(counts.bytes_down, cases[i].headers);
        assert_int_equal(counts.messages, 2);
        meter_received(bench.meter, cases[i].payload, 3);
        counts = meter_month(bench.meter).counts;
        assert_int_equal(counts.bytes_up, cases[i].payload + 2 * cases[i].headers);
        assert_int_equal(counts.bytes_down, cases[i].payload + 2 * cases[i].headers);
        assert_int_equal(counts.messages, 2);
        assert_int_equal(counts.messages_down, 3);
        teardown_bench(&bench);
    }
}

static void numbers_do_not_wrap(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    for (int i = 0; i < 3; i++) {
        meter_sent(bench.meter, UINT64_MAX, UINT64_MAX);
        meter_received(bench.meter, UINT64_MAX - 1, UINT64_MAX);
        meter_client(bench.meter, "logger", UINT64_MAX, UINT64_MAX);
    }
    struct meter_counts counts = meter_month(bench.meter).counts;
    assert_true(counts.bytes_up == UINT64_MAX && counts.bytes_down == UINT64_MAX);
    assert_true(counts.messages == UINT64_MAX && counts.messages_down == UINT64_MAX);
    restart(&bench, 1);
    meter_sent(bench.meter, 10, 1);
    assert_true(meter_month(bench.meter).counts.bytes_up == UINT64_MAX);
    assert_non_null(strstr(show(&bench), "month_messages=18446744073709551615\n"));
    teardown_bench(&bench);
}

/* ---- days and months that run ---- */

static void a_month_ends_at_midnight(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-30", 1);
    meter_sent(bench.meter, 10, 5);
    sched_advance(bench.sched, 12 * HOUR_MS - 1);
    meter_sent(bench.meter, 10, 1);
    expect_month(&bench, "2026-11-01", 6);
    sched_advance(bench.sched, 1);
    meter_sent(bench.meter, 10, 2);
    expect_month(&bench, "2026-12-01", 2);
    expect_day(&bench, "2026-11-30", 6);
    expect_day(&bench, "2026-12-01", 2);
    struct meter_month month = meter_month(bench.meter);
    assert_int_equal(month.since_ms, month.begin_ms);
    assert_int_equal(month.end_ms, ms_at("2027-01-01", 0));
    assert_true(month.is_now);
    assert_int_equal(month.now_ms, ms_at("2026-12-01", 0));
    save(&bench);
    assert_int_equal(rows_like(&bench, "month."), 2 * 8);
    run_hours(&bench, 24 * 7);
    save(&bench);
    assert_int_equal(rows_like(&bench, "month."), 8); /* now it is over for certain */
    teardown_bench(&bench);
}

static void a_month_ends_while_nothing_is_counted(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-29", 1);
    meter_sent(bench.meter, 10, 5);
    sched_advance(bench.sched, 3 * DAY_MS); /* not even an update */
    meter_update(bench.meter);
    expect_month(&bench, "2026-12-01", 0);
    teardown_bench(&bench);
}

static void leap_days_and_late_reset_days(void **state)
{
    static const struct {
        const char *date;
        unsigned reset_day;
        const char *begins, *ends;
    } cases[] = {
        {"2028-02-29", 1, "2028-02-01", "2028-03-01"},  {"2028-02-29", 28, "2028-02-28", "2028-03-28"},
        {"2028-02-27", 28, "2028-01-28", "2028-02-28"}, {"2027-02-28", 28, "2027-02-28", "2027-03-28"},
        {"2027-03-01", 28, "2027-02-28", "2027-03-28"}, {"2027-01-01", 28, "2026-12-28", "2027-01-28"},
        {"2026-12-31", 15, "2026-12-15", "2027-01-15"}, {"2026-11-14", 15, "2026-10-15", "2026-11-15"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        begin(&bench, cases[i].date, cases[i].reset_day);
        meter_sent(bench.meter, 1, 1);
        expect_month(&bench, cases[i].begins, 1);
        assert_int_equal(meter_month(bench.meter).end_ms, ms_at(cases[i].ends, 0));
        expect_day(&bench, cases[i].date, 1);
        teardown_bench(&bench);
    }
}

static void forty_days_are_kept(void **state)
{
    struct bench bench;
    struct meter_counts counts;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    for (unsigned day = 0; day < 100; day++) {
        meter_sent(bench.meter, 100, 1);
        save(&bench);
        run_hours(&bench, 24);
    }
    assert_false(meter_day(bench.meter, ms_at("2026-11-21", 0) + 59 * CALENDAR_DAY_MS, &counts));
    assert_true(meter_day(bench.meter, ms_at("2026-11-21", 0) + 60 * CALENDAR_DAY_MS, &counts));
    assert_true(meter_day(bench.meter, ms_at("2026-11-21", 0) + 99 * CALENDAR_DAY_MS, &counts));
    assert_int_equal(rows_like(&bench, "day."), METER_DAYS * 6);
    assert_true(bench.forgets >= 60);
    bench.shown[0] = '\0';
    meter_show_days(bench.meter, on_show, &bench);
    assert_ptr_equal(strstr(bench.shown, "2027-01-20=140 bytes up, 40 down, 1 messages, 0 connects\n"),
                     bench.shown);
    teardown_bench(&bench);
}

/* ---- the clock is not known ---- */

static void counts_wait_for_a_day(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, 1);
    set_wall_ms(&bench, 1000); /* 1970 */
    meter_loaded(bench.meter);
    meter_sent(bench.meter, 100, 3);
    run_hours(&bench, 5);
    meter_received(bench.meter, 10, 1);
    struct meter_month month = meter_month(bench.meter);
    assert_false(month.known);
    assert_false(month.is_now);
    assert_int_equal(month.counts.messages, 3);
    assert_non_null(strstr(show(&bench), "day=\n"));
    assert_non_null(strstr(show(&bench), "no_day_yet_messages=3\n"));

    restart(&bench, 1); /* and nobody knows the time still */
    assert_int_equal(meter_month(bench.meter).counts.messages, 3);
    set_clock(&bench, "2026-11-21", 3);
    meter_update(bench.meter);
    expect_month(&bench, "2026-11-01", 3);
    expect_day(&bench, "2026-11-21", 3);
    assert_int_equal(meter_month(bench.meter).since_ms, ms_at("2026-11-21", 0));
    assert_non_null(strstr(show(&bench), "no_day_yet_messages=0\n"));

    restart(&bench, 1); /* what waited is not added again */
    expect_month(&bench, "2026-11-01", 3);
    teardown_bench(&bench);
}

static void a_lost_clock_does_not_lose_the_month(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 100, 10);
    save(&bench);
    set_wall_ms(&bench, 0); /* the battery was empty */
    restart(&bench, 1);
    meter_sent(bench.meter, 100, 2);
    expect_month(&bench, "2026-11-01", 12);
    assert_false(meter_month(bench.meter).is_now);
    set_wall_ms(&bench, INT64_C(4200000000000)); /* 2103 is as bad */
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-11-01", 13);
    set_clock(&bench, "2026-11-22", 0);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-11-01", 14);
    expect_day(&bench, "2026-11-21", 10);
    expect_day(&bench, "2026-11-22", 4);
    teardown_bench(&bench);
}

static void nothing_has_a_day_before_the_store_is_read(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, 1);
    set_clock(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 100, 2);
    meter_client(bench.meter, "logger", 2, 9);
    assert_false(meter_month(bench.meter).known);
    meter_save(bench.meter, on_put, &bench);
    assert_int_equal(bench.puts, 0);
    meter_load(bench.meter, "month.2026-11-01.messages", 40);
    meter_load(bench.meter, "client.logger.messages", 30);
    meter_load(bench.meter, "day.2026-11-21.messages", 5);
    meter_loaded(bench.meter);
    expect_month(&bench, "2026-11-01", 42);
    expect_day(&bench, "2026-11-21", 7);
    meter_load(bench.meter, "month.2026-11-01.messages", 40); /* too late */
    expect_month(&bench, "2026-11-01", 42);
    save(&bench);
    uint64_t value;
    assert_true(stored(&bench, "client.logger.messages", &value) && value == 32);
    teardown_bench(&bench);
}

/* ---- the clock is wrong ---- */

static void a_jump_back_never_resets_the_month(void **state)
{
    static const char *const wrong[] = {"2026-10-21", "2026-01-02", "2023-06-15", "2020-01-01"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct bench bench;
        begin(&bench, "2026-11-21", 1);
        meter_sent(bench.meter, 100, 10);
        set_clock(&bench, wrong[i], 12);
        meter_sent(bench.meter, 100, 1);
        expect_month(&bench, "2026-11-01", 11);
        restart(&bench, 1); /* boots with it, as hosts without a battery do */
        meter_sent(bench.meter, 100, 1);
        expect_month(&bench, "2026-11-01", 12);
        run_hours(&bench, 24 * 6);
        meter_sent(bench.meter, 100, 1);
        expect_month(&bench, "2026-11-01", 13);
        set_clock(&bench, "2026-11-28", 1);
        meter_update(bench.meter);
        expect_month(&bench, "2026-11-01", 13);
        expect_day(&bench, "2026-11-21", 10);
        expect_day(&bench, "2026-11-28", 3);
        assert_int_equal(all_messages(&bench), 13);
        teardown_bench(&bench);
    }
}

static void a_jump_forward_is_taken_back(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 100, 10);
    meter_client(bench.meter, "logger", 10, 30);
    set_clock(&bench, "2027-11-21", 12);
    meter_sent(bench.meter, 100, 2);
    meter_client(bench.meter, "logger", 1, 3);
    expect_month(&bench, "2027-11-01", 2);
    run_hours(&bench, 24 * 5);
    meter_sent(bench.meter, 100, 1);
    set_clock(&bench, "2026-11-26", 12);
    meter_sent(bench.meter, 100, 4);
    expect_month(&bench, "2026-11-01", 17);
    assert_int_equal(all_messages(&bench), 17);
    assert_int_equal(meter_month(bench.meter).since_ms, ms_at("2026-11-21", 0));
    bench.shown[0] = '\0';
    meter_show_clients(bench.meter, on_show, &bench);
    assert_string_equal(bench.shown, "logger=11 messages, 33 bytes\n");
    teardown_bench(&bench);
}

static void a_jump_forward_is_taken_back_after_a_restart(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 100, 10);
    set_clock(&bench, "2038-01-19", 3);
    restart(&bench, 1);
    meter_sent(bench.meter, 100, 2);
    expect_month(&bench, "2038-01-01", 2);
    restart(&bench, 1);
    set_clock(&bench, "2026-11-22", 12);
    meter_sent(bench.meter, 100, 4);
    expect_month(&bench, "2026-11-01", 16);
    /* Back and forth as often as it likes: no month is ever begun anew. */
    for (unsigned i = 0; i < 10; i++) {
        set_clock(&bench, "2038-01-20", 3);
        meter_sent(bench.meter, 100, 1);
        restart(&bench, 1);
        set_clock(&bench, "2026-11-23", 12);
        meter_sent(bench.meter, 100, 1);
        expect_month(&bench, "2026-11-01", 16 + 2 * (i + 1));
    }
    assert_int_equal(all_messages(&bench), 36);
    teardown_bench(&bench);
}

static void a_jump_is_taken_back_into_the_next_month(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-30", 1);
    meter_sent(bench.meter, 100, 10);
    set_clock(&bench, "2027-11-30", 12);
    meter_sent(bench.meter, 100, 2);
    run_hours(&bench, 24 * 2); /* runs into a month there, too */
    meter_sent(bench.meter, 100, 3);
    expect_month(&bench, "2027-12-01", 3);
    set_clock(&bench, "2026-12-02", 12);
    meter_sent(bench.meter, 100, 4);
    expect_month(&bench, "2026-12-01", 7);
    assert_int_equal(all_messages(&bench), 19);
    set_clock(&bench, "2026-11-30", 23); /* and even that was wrong */
    meter_update(bench.meter);
    expect_month(&bench, "2026-11-01", 19);
    teardown_bench(&bench);
}

static void the_host_was_off_over_the_end_of_the_month(void **state)
{
    struct bench bench;
    uint64_t value;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 100, 10);
    set_clock(&bench, "2026-12-09", 12);
    restart(&bench, 1);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-12-01", 1);
    assert_int_equal(meter_month(bench.meter).since_ms, ms_at("2026-12-09", 0));
    save(&bench);
    assert_true(stored(&bench, "month.2026-11-01.role", &value));
    run_hours(&bench, 24 * 4);
    restart(&bench, 1); /* the week goes on */
    run_hours(&bench, 24 * 3 + 1);
    save(&bench);
    assert_false(stored(&bench, "month.2026-11-01.role", &value));
    set_clock(&bench, "2026-11-30", 12);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-12-01", 2); /* it cannot be November any more */
    teardown_bench(&bench);
}

/* Months of messages, day by day, on a host whose clock goes wrong again and again, reboots included. */
static void no_glitch_makes_a_month_cheaper(void **state)
{
    struct bench bench;
    uint64_t all = 0, of_month = 0;

    (void)state;
    begin(&bench, "2026-11-01", 1);
    int64_t real_ms = sched_wall_ms(bench.sched);
    int32_t month = calendar_parse("2026-11-01", 10);
    for (unsigned i = 0; i < 3000; i++) {
        uint32_t dice = sched_random(bench.sched);
        unsigned hours = 1 + dice / 16 % 5;
        bool is_wrong = dice % 8 == 0;
        if (is_wrong) {
            set_wall_ms(&bench, (int64_t)(sched_random(bench.sched) % 2500) * CALENDAR_DAY_MS * 10);
        }
        if (dice / 128 % 32 == 0) {
            restart(&bench, 1);
        }
        meter_sent(bench.meter, 10, 1);
        all++;
        of_month++;
        run_hours(&bench, hours);
        real_ms += (int64_t)(hours * HOUR_MS);
        set_wall_ms(&bench, real_ms);
        int32_t today = (int32_t)(real_ms / CALENDAR_DAY_MS);
        if (calendar_month_begin(today, 1) != month) {
            month = calendar_month_begin(today, 1);
            of_month = 0;
        }
        meter_update(bench.meter);
        struct meter_month shown = meter_month(bench.meter);
        assert_true(shown.is_now);
        assert_int_equal(shown.begin_ms, month * CALENDAR_DAY_MS);
        assert_in_range(shown.counts.messages, of_month, all);
    }
    assert_true(all == 3000);
    teardown_bench(&bench);
}

static void a_clock_that_stays_is_believed(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2031-05-05", 1); /* wrong from the first start on */
    meter_sent(bench.meter, 100, 10);
    run_hours(&bench, 24 * 8);
    set_clock(&bench, "2026-11-02", 12);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2031-05-01", 11);
    run_hours(&bench, 24 * 7 - 1);
    expect_month(&bench, "2031-05-01", 11);
    run_hours(&bench, 2);
    expect_month(&bench, "2026-11-01", 11); /* conservative: what was spent stays spent */
    expect_day(&bench, "2026-11-09", 1);
    set_clock(&bench, "2031-05-20", 12);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2031-05-01", 12);
    teardown_bench(&bench);
}

static void small_corrections_at_the_edge_cost_nothing(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-30", 1);
    meter_sent(bench.meter, 100, 10);
    sched_advance(bench.sched, 12 * HOUR_MS + 5000);
    meter_sent(bench.meter, 100, 1);
    sched_shift_wall(bench.sched, -10000);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-12-01", 2);
    sched_advance(bench.sched, 10000);
    meter_sent(bench.meter, 100, 1);
    expect_month(&bench, "2026-12-01", 3);
    assert_int_equal(all_messages(&bench), 13);
    teardown_bench(&bench);
}

static int64_t own_wall_ms(void *arg)
{
    (void)arg;
    return ms_at("2028-02-29", 23);
}

static void the_bridge_may_know_the_time_better(void **state)
{
    static const struct meter_events own = {.wall_ms = own_wall_ms};
    struct bench bench;

    (void)state;
    setup_bench(&bench, 1);
    set_wall_ms(&bench, 0);
    meter_destroy(bench.meter);
    bench.meter = meter_create(bench.sched, 28, &own, NULL);
    meter_loaded(bench.meter);
    meter_sent(bench.meter, 1, 1);
    expect_month(&bench, "2028-02-28", 1);
    meter_save(bench.meter, on_put, &bench);
    assert_true(bench.puts > 0);
    teardown_bench(&bench);
}

/* ---- another reset day ---- */

static void another_reset_day_sums_up_the_days(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-05", 1);
    for (unsigned day = 5; day < 21; day++) {
        meter_sent(bench.meter, 100, day);
        run_hours(&bench, 24);
    }
    expect_month(&bench, "2026-11-01", 200);
    meter_configure(bench.meter, 15);
    expect_month(&bench, "2026-11-15", 15 + 16 + 17 + 18 + 19 + 20);
    meter_configure(bench.meter, 28);
    expect_month(&bench, "2026-10-28", 200);
    restart(&bench, 20); /* changed while the daemon was off */
    expect_month(&bench, "2026-11-20", 20);
    restart(&bench, 20);
    expect_month(&bench, "2026-11-20", 20);
    assert_int_equal(rows_like(&bench, "month."), 8);
    teardown_bench(&bench);
}

/* ---- clients ---- */

static void the_65th_client_is_among_the_others(void **state)
{
    struct bench bench;
    char name[40];
    uint64_t value;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    for (unsigned i = 0; i < METER_CLIENTS + 5; i++) {
        snprintf(name, sizeof(name), "uid %u", 1000 + i);
        meter_client(bench.meter, name, 1, 10);
    }
    meter_client(bench.meter, "uid 1003", 1, 10);
    meter_client(bench.meter, NULL, 1, 1);
    meter_client(bench.meter, "", 1, 1);
    meter_client(bench.meter, "others", 1, 1);
    bench.shown[0] = '\0';
    meter_show_clients(bench.meter, on_show, &bench);
    assert_int_equal(strncmp(bench.shown, "uid 1003=2 messages, 20 bytes\n", 30), 0);
    assert_non_null(strstr(bench.shown, "others=8 messages, 53 bytes\n"));
    assert_null(strstr(bench.shown, "uid 1064"));
    restart(&bench, 1);
    meter_client(bench.meter, "uid 1064", 1, 0);
    save(&bench);
    assert_int_equal(rows_like(&bench, "client."), 2 * (METER_CLIENTS + 1));
    assert_true(stored(&bench, "client.others.messages", &value) && value == 9);
    teardown_bench(&bench);
}

static void clients_have_any_name(void **state)
{
    struct bench bench;
    uint64_t value;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_client(bench.meter, "a.messages", 1, 2);
    meter_client(bench.meter, ".", 3, 4);
    meter_client(bench.meter, "line\r\nend\xff", 5, 6);
    meter_client(bench.meter, "a name that is much longer than there is place for", 7, 8);
    restart(&bench, 1);
    meter_save_failed(bench.meter);
    bench.row_count = 0;
    save(&bench);
    assert_true(stored(&bench, "client.a.messages.bytes", &value) && value == 2);
    assert_true(stored(&bench, "client...messages", &value) && value == 3);
    assert_true(stored(&bench, "client.line__end_.bytes", &value) && value == 6);
    assert_true(stored(&bench, "client.a name that is much longer than.messages", &value) && value == 7);
    teardown_bench(&bench);
}

static void clients_begin_anew_with_the_month(void **state)
{
    struct bench bench;
    uint64_t value;

    (void)state;
    begin(&bench, "2026-11-30", 1);
    meter_client(bench.meter, "logger", 5, 50);
    meter_client(bench.meter, "old", 5, 50);
    save(&bench);
    run_hours(&bench, 24);
    meter_client(bench.meter, "logger", 1, 10);
    save(&bench);
    assert_int_equal(rows_like(&bench, "client."), 2);
    assert_true(stored(&bench, "client.logger.messages", &value) && value == 1);
    teardown_bench(&bench);
}

/* ---- storing ---- */

static void survives_restarts_in_any_order(void **state)
{
    struct bench bench;
    static char before[16384];

    (void)state;
    begin(&bench, "2026-11-15", 10);
    for (unsigned round = 0; round < 50; round++) {
        meter_connect(bench.meter, round % 3 != 0);
        meter_sent(bench.meter, round * 100, round);
        meter_received(bench.meter, round * 50, 1);
        meter_client(bench.meter, round % 2 ? "uid 1000" : "logger", round, round * 7);
        run_hours(&bench, 17);
        memcpy(before, show(&bench), sizeof(before));
        restart(&bench, 10);
        assert_string_equal(show(&bench), before);
        assert_false(meter_changed(bench.meter));
    }
    teardown_bench(&bench);
}

static void only_what_changed_is_saved(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-21", 1);
    meter_sent(bench.meter, 1, 1);
    meter_client(bench.meter, "logger", 1, 1);
    assert_true(meter_changed(bench.meter));
    save(&bench);
    bench.puts = 0;
    save(&bench);
    assert_int_equal(bench.puts, 0);
    meter_client(bench.meter, "logger", 1, 1);
    save(&bench);
    assert_int_equal(bench.puts, 2);
    bench.puts = 0;
    meter_save_failed(bench.meter);
    assert_true(meter_changed(bench.meter));
    save(&bench);
    assert_true(bench.puts >= 16);
    teardown_bench(&bench);
}

static void what_was_to_be_forgotten_is_not_forgotten_by_a_failure(void **state)
{
    struct bench bench;

    (void)state;
    begin(&bench, "2026-11-30", 1);
    meter_sent(bench.meter, 1, 1);
    save(&bench);
    run_hours(&bench, 24);
    save(&bench);
    unsigned once = bench.forgets;
    assert_true(once >= 1);
    meter_save_failed(bench.meter);
    save(&bench);
    assert_int_equal(bench.forgets, 2 * once);
    meter_sent(bench.meter, 1, 1);
    save(&bench);
    assert_int_equal(bench.forgets, 2 * once);
    teardown_bench(&bench);
}

static void nonsense_is_left_out(void **state)
{
    static const char *const names[] = {"",
                                        ".",
                                        "day.",
                                        "day.2026-11-21",
                                        "day.2026-11-21.",
                                        "day.2026-99-21.messages",
                                        "day.1999-11-21.messages",
                                        "month.2026-11-31.messages",
                                        "month.2026-10-30.messages",
                                        "month.2026-11-01.cows",
                                        "month..role",
                                        "client.",
                                        "client..messages",
                                        "client.x",
                                        "client.x.cows",
                                        "client.this name is longer than any that was stored.messages",
                                        "waiting.cows",
                                        "waiting.",
                                        "clock.",
                                        "fish"};
    struct bench bench;

    (void)state;
    setup_bench(&bench, 1);
    set_clock(&bench, "2026-11-21", 12);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        meter_load(bench.meter, names[i], UINT64_MAX);
    }
    meter_load(bench.meter, "month.2026-11-01.role", 77);
    meter_load(bench.meter, "month.2026-11-01.since", UINT64_MAX);
    meter_load(bench.meter, "month.2026-11-01.messages", 3);
    meter_loaded(bench.meter);
    expect_month(&bench, "2026-11-01", 3);
    assert_int_equal(meter_month(bench.meter).since_ms, ms_at("2026-11-01", 0));
    bench.shown[0] = '\0';
    meter_show_clients(bench.meter, on_show, &bench);
    assert_string_equal(bench.shown, "");
    teardown_bench(&bench);
}

static void too_much_is_left_out(void **state)
{
    struct bench bench;
    char name[METER_NAME_MAX];

    (void)state;
    setup_bench(&bench, 1);
    set_clock(&bench, "2026-11-21", 12);
    for (int32_t i = 0; i < 400; i++) {
        char date[CALENDAR_DATE_MAX];
        calendar_format(calendar_parse("2026-11-21", 10) - i, date);
        snprintf(name, sizeof(name), "day.%s.messages", date);
        meter_load(bench.meter, name, 1);
        if (strcmp(date + 8, "01") == 0) {
            snprintf(name, sizeof(name), "month.%s.messages", date);
            meter_load(bench.meter, name, (uint64_t)(i + 1));
        }
    }
    meter_loaded(bench.meter);
    expect_month(&bench, "2026-11-01", 21);
    assert_int_equal(all_messages(&bench), METER_DAYS);
    save(&bench);
    assert_true(bench.forgets > 0);
    teardown_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calendar_agrees_with_the_c_library),
        cmocka_unit_test(months_tile_the_calendar),
        cmocka_unit_test(dates_are_read_strictly),
        cmocka_unit_test(costs_are_those_of_the_operator),
        cmocka_unit_test(each_segment_costs_its_headers_both_ways),
        cmocka_unit_test(numbers_do_not_wrap),
        cmocka_unit_test(a_month_ends_at_midnight),
        cmocka_unit_test(a_month_ends_while_nothing_is_counted),
        cmocka_unit_test(leap_days_and_late_reset_days),
        cmocka_unit_test(forty_days_are_kept),
        cmocka_unit_test(counts_wait_for_a_day),
        cmocka_unit_test(a_lost_clock_does_not_lose_the_month),
        cmocka_unit_test(nothing_has_a_day_before_the_store_is_read),
        cmocka_unit_test(a_jump_back_never_resets_the_month),
        cmocka_unit_test(a_jump_forward_is_taken_back),
        cmocka_unit_test(a_jump_forward_is_taken_back_after_a_restart),
        cmocka_unit_test(a_jump_is_taken_back_into_the_next_month),
        cmocka_unit_test(the_host_was_off_over_the_end_of_the_month),
        cmocka_unit_test(no_glitch_makes_a_month_cheaper),
        cmocka_unit_test(a_clock_that_stays_is_believed),
        cmocka_unit_test(small_corrections_at_the_edge_cost_nothing),
        cmocka_unit_test(the_bridge_may_know_the_time_better),
        cmocka_unit_test(another_reset_day_sums_up_the_days),
        cmocka_unit_test(the_65th_client_is_among_the_others),
        cmocka_unit_test(clients_have_any_name),
        cmocka_unit_test(clients_begin_anew_with_the_month),
        cmocka_unit_test(survives_restarts_in_any_order),
        cmocka_unit_test(only_what_changed_is_saved),
        cmocka_unit_test(what_was_to_be_forgotten_is_not_forgotten_by_a_failure),
        cmocka_unit_test(nonsense_is_left_out),
        cmocka_unit_test(too_much_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
