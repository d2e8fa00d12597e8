/* The budget: its levels change exactly where they should, and what it tells is true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/budget.h"
#include "bridge/calendar.h"

#include <stdio.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)
#define MIB     (UINT64_C(1) << 20)

struct bench {
    struct sched *sched;
    struct meter *meter;
    struct budget *budget;
    unsigned changes;
    enum budget_level level;
    char why[BUDGET_WHY_MAX];
    char shown[2048];
};

static void on_level(void *arg, enum budget_level level, const char *why)
{
    struct bench *bench = arg;

    bench->changes++;
    bench->level = level;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
}

static void set_clock(struct bench *bench, const char *date, int hour)
{
    int32_t day = calendar_parse(date, strlen(date));

    assert_true(day >= 0);
    sched_shift_wall(bench->sched,
                     day * CALENDAR_DAY_MS + hour * (int64_t)HOUR_MS - sched_wall_ms(bench->sched));
}

static void run_days(struct bench *bench, unsigned days)
{
    for (unsigned i = 0; i < days * 24; i++) {
        sched_advance(bench->sched, HOUR_MS);
        budget_update(bench->budget);
    }
}

/* The month is known from its first day on, so that forecasts have their days. */
static void setup_bench(struct bench *bench, const char *date, uint64_t bytes, uint64_t messages,
                        uint32_t reset_day)
{
    static const struct budget_events events = {.on_level = on_level};
    struct budget_config config = {.bytes = bytes, .messages = messages, .reset_day = reset_day};

    memset(bench, 0, sizeof(*bench));
    bench->sched = sched_create_virtual(3);
    set_clock(bench, date, 0);
    bench->meter = meter_create(bench->sched, reset_day, NULL, NULL);
    bench->budget = budget_create(bench->meter, &config, &events, bench);
    assert_non_null(bench->budget);
    assert_int_equal(bench->changes, 0);
    meter_loaded(bench->meter);
}

static void teardown_bench(struct bench *bench)
{
    budget_destroy(bench->budget);
    meter_destroy(bench->meter);
    sched_close(bench->sched);
}

/* So many on the air: the headers both ways are a part of them. */
static void spend_bytes(struct bench *bench, uint64_t bytes)
{
    while (bytes > 3000) {
        meter_sent(bench->meter, 1400, 0);
        bytes -= 1480;
    }
    while (bytes > 1480) {
        meter_sent(bench->meter, 1000, 0);
        bytes -= 1080;
    }
    assert_in_range(bytes, 81, 1480);
    meter_sent(bench->meter, bytes - 80, 0);
}

static void spend_messages(struct bench *bench, uint64_t messages)
{
    meter_sent(bench->meter, 0, messages);
}

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    struct bench *bench = arg;
    size_t len = strlen(bench->shown);

    assert_true(!number || (*value && strspn(value, "0123456789") == strlen(value)));
    snprintf(bench->shown + len, sizeof(bench->shown) - len, "%s=%s\n", key, value);
}

/* ---- levels ---- */

static void levels_change_exactly_at_their_thresholds(void **state)
{
    static const struct {
        uint64_t limit, at;
        enum budget_level below, from;
    } cases[] = {
        {1000, 500, BUDGET_FREE, BUDGET_NOTE},     {1000, 750, BUDGET_NOTE, BUDGET_SAVE},
        {1000, 900, BUDGET_SAVE, BUDGET_LATEST},   {1000, 1000, BUDGET_LATEST, BUDGET_EVENTS},
        {999, 500, BUDGET_FREE, BUDGET_NOTE},      {999, 750, BUDGET_NOTE, BUDGET_SAVE},
        {999, 900, BUDGET_SAVE, BUDGET_LATEST},    {999, 999, BUDGET_LATEST, BUDGET_EVENTS},
        {100000, 50000, BUDGET_FREE, BUDGET_NOTE}, {1, 1, BUDGET_FREE, BUDGET_EVENTS},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        setup_bench(&bench, "2026-11-21", 0, cases[i].limit, 1);
        spend_messages(&bench, cases[i].at - 1);
        assert_int_equal(budget_update(bench.budget), cases[i].below);
        spend_messages(&bench, 1);
        assert_int_equal(budget_update(bench.budget), cases[i].from);
        assert_int_equal(budget_level(bench.budget), cases[i].from);
        assert_int_equal(bench.level, cases[i].from);
        teardown_bench(&bench);
    }
}

static void thresholds_of_bytes_are_exact(void **state)
{
    static const uint64_t parts[] = {50, 75, 90, 100};
    struct bench bench;
    uint64_t spent = 0;

    (void)state;
    setup_bench(&bench, "2026-11-21", 20000, 0, 1);
    for (unsigned i = 0; i < 4; i++) {
        uint64_t at = 200 * parts[i];
        spend_bytes(&bench, at - 1 - spent - 81);
        assert_int_equal(budget_update(bench.budget), BUDGET_FREE + i);
        spend_bytes(&bench, 81);
        assert_int_equal(budget_update(bench.budget), BUDGET_FREE + i);
        assert_int_equal(budget_bytes(bench.budget).spent, at - 1);
        spend_bytes(&bench, 81);
        assert_int_equal(budget_update(bench.budget), BUDGET_NOTE + i);
        spent = at + 80;
        assert_int_equal(bench.changes, i + 1);
    }
    teardown_bench(&bench);
}

static void huge_numbers_are_no_trouble(void **state)
{
    struct bench bench;
    char text[BUDGET_WHY_MAX];

    (void)state;
    setup_bench(&bench, "2026-11-21", UINT64_MAX, UINT64_MAX, 1);
    spend_messages(&bench, UINT64_MAX / 2);
    assert_int_equal(budget_update(bench.budget), BUDGET_FREE);
    spend_messages(&bench, 1);
    assert_int_equal(budget_update(bench.budget), BUDGET_NOTE);
    spend_messages(&bench, UINT64_MAX);
    meter_received(bench.meter, UINT64_MAX, UINT64_MAX);
    assert_int_equal(budget_update(bench.budget), BUDGET_EVENTS);
    struct budget_share share = budget_bytes(bench.budget);
    assert_true(share.spent == UINT64_MAX && share.left == 0 && share.forecast == UINT64_MAX);
    assert_in_range(share.percent, 99, 100);
    budget_forecast(bench.budget, text, sizeof(text));
    assert_true(strlen(text) > 0);
    budget_configure(bench.budget, &(struct budget_config){.bytes = 1, .messages = 1, .reset_day = 1});
    assert_int_equal(budget_bytes(bench.budget).percent, 9999);
    teardown_bench(&bench);
}

static void the_worse_of_the_two_counts(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", MIB, 1000, 1);
    spend_messages(&bench, 760);
    assert_int_equal(budget_update(bench.budget), BUDGET_SAVE);
    assert_string_equal(budget_why(bench.budget),
                        "76 % of this month's 1000 messages are used: saving: fewer pings, and writes are "
                        "gathered until 1 December");
    spend_bytes(&bench, MIB * 95 / 100);
    assert_int_equal(budget_update(bench.budget), BUDGET_LATEST);
    assert_string_equal(bench.why,
                        "94 % of this month's 1 MB are used: saving: only the latest value of each pin is "
                        "sent until 1 December");
    spend_messages(&bench, 240);
    assert_int_equal(budget_update(bench.budget), BUDGET_EVENTS);
    assert_string_equal(
        bench.why, "100 % of this month's 1000 messages are used: only events are sent until 1 December");
    assert_int_equal(bench.changes, 3);
    assert_string_equal(budget_level_name(BUDGET_LATEST), "latest");
    teardown_bench(&bench);
}

static void no_budget_no_level(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 0, 0, 1);
    spend_messages(&bench, 100000000);
    spend_bytes(&bench, MIB);
    assert_int_equal(budget_update(bench.budget), BUDGET_FREE);
    assert_string_equal(budget_why(bench.budget), "no budget is set");
    assert_int_equal(bench.changes, 0);
    assert_int_equal(budget_bytes(bench.budget).percent, 0);
    teardown_bench(&bench);
}

static void a_raised_budget_lowers_the_level_at_once(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 0, 100, 1);
    spend_messages(&bench, 80);
    assert_int_equal(budget_update(bench.budget), BUDGET_SAVE);
    budget_configure(bench.budget, &(struct budget_config){.messages = 1000, .reset_day = 1});
    assert_int_equal(bench.level, BUDGET_FREE);
    assert_int_equal(bench.changes, 2);
    budget_configure(bench.budget, &(struct budget_config){.messages = 80, .reset_day = 1});
    assert_int_equal(bench.level, BUDGET_EVENTS);
    budget_configure(bench.budget, &(struct budget_config){.reset_day = 1});
    assert_int_equal(bench.level, BUDGET_FREE);
    assert_int_equal(bench.changes, 4);
    teardown_bench(&bench);
}

static void a_new_month_resets_the_level(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-26", 0, 100, 28);
    spend_messages(&bench, 100);
    assert_int_equal(budget_update(bench.budget), BUDGET_EVENTS);
    assert_int_equal(budget_days_left(bench.budget), 2);
    run_days(&bench, 1);
    assert_int_equal(budget_level(bench.budget), BUDGET_EVENTS);
    assert_int_equal(budget_days_left(bench.budget), 1);
    run_days(&bench, 1);
    assert_int_equal(budget_level(bench.budget), BUDGET_FREE);
    assert_int_equal(bench.changes, 2);
    assert_string_equal(bench.why, "0 % of this month's 100 messages are used: nothing is held back");
    assert_int_equal(budget_days_left(bench.budget), 30);
    teardown_bench(&bench);
}

static void another_reset_day_counts_at_once(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-19", 0, 100, 1);
    spend_messages(&bench, 80);
    run_days(&bench, 2);
    assert_int_equal(budget_level(bench.budget), BUDGET_SAVE);
    budget_configure(bench.budget, &(struct budget_config){.messages = 100, .reset_day = 20});
    assert_int_equal(budget_level(bench.budget), BUDGET_FREE);
    assert_int_equal(budget_days_left(bench.budget), 29);
    teardown_bench(&bench);
}

static void a_wrong_clock_gives_no_new_budget(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 0, 100, 1);
    spend_messages(&bench, 95);
    assert_int_equal(budget_update(bench.budget), BUDGET_LATEST);
    set_clock(&bench, "2026-10-05", 0);
    assert_int_equal(budget_update(bench.budget), BUDGET_LATEST);
    assert_int_equal(budget_days_left(bench.budget), -1);
    assert_false(budget_messages(bench.budget).has_forecast);
    spend_messages(&bench, 5);
    assert_int_equal(budget_update(bench.budget), BUDGET_EVENTS);
    set_clock(&bench, "2027-11-21", 0);
    budget_update(bench.budget);
    set_clock(&bench, "2026-11-22", 0);
    assert_int_equal(budget_update(bench.budget), BUDGET_EVENTS);
    assert_int_equal(budget_days_left(bench.budget), 9);
    teardown_bench(&bench);
}

/* ---- forecasts ---- */

static void the_forecast_is_linear(void **state)
{
    struct bench bench;
    char text[BUDGET_WHY_MAX];

    (void)state;
    setup_bench(&bench, "2026-11-01", 0, 100, 1);
    budget_update(bench.budget);
    run_days(&bench, 10);
    spend_messages(&bench, 40);
    budget_update(bench.budget);
    assert_int_equal(budget_messages(bench.budget).forecast, 120);
    budget_forecast(bench.budget, text, sizeof(text));
    assert_string_equal(text,
                        "at this rate 120 messages by 1 December, more than the budget of 100 messages");
    run_days(&bench, 10);
    assert_int_equal(budget_messages(bench.budget).forecast, 60);
    budget_forecast(bench.budget, text, sizeof(text));
    assert_string_equal(text, "at this rate 60 messages by 1 December");
    teardown_bench(&bench);
}

/* A device that was put into service on the 21st has not saved for twenty days. */
static void days_before_counting_began_do_not_count(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 0, 100, 1);
    budget_update(bench.budget);
    run_days(&bench, 5);
    spend_messages(&bench, 50);
    budget_update(bench.budget);
    assert_int_equal(budget_messages(bench.budget).forecast, 100);
    teardown_bench(&bench);
}

static void the_first_day_counts_as_a_whole(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-01", 0, 0, 1);
    spend_messages(&bench, 10); /* in the first millisecond */
    budget_update(bench.budget);
    assert_int_equal(budget_messages(bench.budget).forecast, 310);
    assert_int_equal(budget_days_left(bench.budget), 30);
    teardown_bench(&bench);
}

static void amounts_are_readable(void **state)
{
    static const struct {
        uint64_t limit;
        const char *text;
    } cases[] = {
        {1, "1 bytes"},
        {1023, "1023 bytes"},
        {1024, "1 kB"},
        {1536, "1.5 kB"},
        {MIB - 1, "1023.9 kB"},
        {MIB, "1 MB"},
        {5 * MIB, "5 MB"},
        {MIB * 1024, "1 GB"},
        {MIB * 1024 * 2500, "2500 GB"},
        {12 * MIB + MIB / 4, "12.2 MB"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bench bench;
        char text[BUDGET_WHY_MAX];
        setup_bench(&bench, "2026-11-21", cases[i].limit, 0, 1);
        budget_update(bench.budget);
        snprintf(text, sizeof(text), "0 %% of this month's %s are used: nothing is held back", cases[i].text);
        assert_string_equal(budget_why(bench.budget), text);
        teardown_bench(&bench);
    }
}

static void shows_all_there_is(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 10240, 0, 1);
    meter_sent(bench.meter, 100, 7);
    budget_update(bench.budget);
    budget_show(bench.budget, on_show, &bench);
    assert_string_equal(bench.shown, "level=free\n"
                                     "why=1 % of this month's 10 kB are used: nothing is held back\n"
                                     "bytes_spent=180\nbytes_limit=10240\nbytes_left=10060\nbytes_percent=1\n"
                                     "bytes_forecast=1980\n"
                                     "messages_spent=7\nmessages_limit=0\nmessages_left=\nmessages_percent=\n"
                                     "messages_forecast=77\n"
                                     "forecast=at this rate 1.9 kB by 1 December\n"
                                     "resets=2026-12-01\ndays_left=10\n");
    teardown_bench(&bench);
}

static void tells_what_it_does_not_know(void **state)
{
    struct bench bench;

    (void)state;
    setup_bench(&bench, "2026-11-21", 10240, 100, 1);
    sched_shift_wall(bench.sched, -sched_wall_ms(bench.sched));
    meter_destroy(bench.meter);
    budget_destroy(bench.budget);
    bench.meter = meter_create(bench.sched, 1, NULL, NULL);
    bench.budget = budget_create(
        bench.meter, &(struct budget_config){.bytes = 10240, .messages = 100, .reset_day = 1}, NULL, NULL);
    meter_loaded(bench.meter);
    spend_messages(&bench, 90);
    assert_int_equal(budget_update(bench.budget), BUDGET_LATEST); /* counts are counts, on whatever day */
    budget_show(bench.budget, on_show, &bench);
    assert_non_null(strstr(bench.shown, "messages_left=10\n"));
    assert_non_null(strstr(bench.shown, "messages_forecast=\n"));
    assert_non_null(strstr(bench.shown, "forecast=\nresets=\ndays_left=\n"));
    teardown_bench(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_change_exactly_at_their_thresholds),
        cmocka_unit_test(thresholds_of_bytes_are_exact),
        cmocka_unit_test(huge_numbers_are_no_trouble),
        cmocka_unit_test(the_worse_of_the_two_counts),
        cmocka_unit_test(no_budget_no_level),
        cmocka_unit_test(a_raised_budget_lowers_the_level_at_once),
        cmocka_unit_test(a_new_month_resets_the_level),
        cmocka_unit_test(another_reset_day_counts_at_once),
        cmocka_unit_test(a_wrong_clock_gives_no_new_budget),
        cmocka_unit_test(the_forecast_is_linear),
        cmocka_unit_test(days_before_counting_began_do_not_count),
        cmocka_unit_test(the_first_day_counts_as_a_whole),
        cmocka_unit_test(amounts_are_readable),
        cmocka_unit_test(shows_all_there_is),
        cmocka_unit_test(tells_what_it_does_not_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
