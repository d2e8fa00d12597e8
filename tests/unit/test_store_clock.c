/* The host's clock is set late, jumps, and is wrong by years while writes wait: their order and their times. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define YEAR_MS (INT64_C(365) * 86400 * 1000)

static int setup(void **state)
{
    struct store_rig *rig = malloc(sizeof(*rig));

    store_rig_begin(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    store_rig_end(*state);
    free(*state);
    return 0;
}

static struct outbox_info info_of(const struct store_rig *rig)
{
    return outbox_info(rig->outbox);
}

static void test_a_clock_that_is_set_late(void **state)
{
    struct store_rig *rig = *state;

    sched_shift_wall(rig->sched, -INT64_C(1799999990000)); /* 1970 */
    store_rig_start(rig);
    store_rig_put(rig, 1, "a");
    sched_advance(rig->sched, 30000);
    sched_shift_wall(rig->sched, INT64_C(1799999990000));
    int64_t made_ms = sched_wall_ms(rig->sched) - 30000;
    sched_advance(rig->sched, 125000); /* nothing is written any more, but the clock is kept */
    store_rig_drain(rig);
    assert_true(rig->got[0].time_ms == made_ms);
    store_rig_stop(rig);
}

static void test_clocks_that_jump_change_no_order(void **state)
{
    struct store_rig *rig = *state;
    static const int64_t jumps[] = {YEAR_MS, -3 * YEAR_MS, 2 * YEAR_MS, -20 * YEAR_MS, 20 * YEAR_MS};
    char value[16];

    store_rig_start(rig);
    for (unsigned i = 0; i < 50; i++) {
        snprintf(value, sizeof(value), "%u", i);
        store_rig_put(rig, 1, value);
        sched_advance(rig->sched, 20000);
        sched_shift_wall(rig->sched, jumps[i % 5]);
        store_rig_send(rig, 0);
        if (i == 25) {
            store_rig_stop(rig);
            store_rig_start(rig);
        } else if (i % 3 == 0) {
            outbox_rewind(rig->outbox);
        }
    }
    int64_t first_ms = sched_wall_ms(rig->sched) - 50 * 20000;
    store_rig_drain(rig);
    assert_int_equal(rig->got_count, 50);
    for (size_t i = 0; i < 50; i++) {
        assert_int_equal(atoi(rig->got[i].text), i);
        assert_true(rig->got[i].time_ms == first_ms + (int64_t)i * 20000);
    }
    assert_int_equal(info_of(rig).expired, 0);
    store_rig_stop(rig);
}

/* A clock that is a year ahead for a while must not throw the backlog away; one that stays is believed. */
static void test_a_clock_a_year_ahead_expires_nothing_at_once(void **state)
{
    struct store_rig *rig = *state;
    int64_t now_ms = sched_wall_ms(rig->sched);

    store_rig_start(rig);
    store_rig_put(rig, 1, "of this boot");
    store_rig_put_at(rig, 2, "given", now_ms);
    store_rig_put_at(rig, 3, "given and held", now_ms + 1);
    sched_advance(rig->sched, UINT64_C(7) * 3600 * 1000);
    sched_shift_wall(rig->sched, YEAR_MS);
    store_rig_send(rig, 6);
    assert_string_equal(store_rig_text(rig), "[1 of this boot]|[2 given]");
    assert_int_equal(info_of(rig).expired, 0);
    outbox_rewind(rig->outbox);
    sched_advance(rig->sched, UINT64_C(7) * 3600 * 1000);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "[1 of this boot]");
    assert_int_equal(info_of(rig).expired, 2);
    assert_non_null(strstr(rig->log, "2 waiting writes were thrown away"));
    store_rig_stop(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_clock_that_is_set_late),
        TEST(test_clocks_that_jump_change_no_order),
        TEST(test_a_clock_a_year_ahead_expires_nothing_at_once),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
