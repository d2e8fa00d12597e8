/* The rings of recent numbers: order, bounds, which one gives way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/history.h"

#include <errno.h>
#include <string.h>

static int setup(void **state)
{
    *state = history_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    history_destroy(*state);
    return 0;
}

static void values_come_back_in_the_order_of_their_times(void **state)
{
    static const int64_t times[] = {100, 300, 200, -50, 300, 150};
    static const int64_t sorted[] = {-50, 100, 150, 200, 300, 300};
    struct history *history = *state;

    assert_int_equal(history_count(history, 5), 0);
    for (size_t i = 0; i < 6; i++) {
        history_add(history, 5, times[i], (double)i);
    }
    assert_int_equal(history_count(history, 5), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(history_at(history, 5, i).at_ms, sorted[i]);
    }
    /* Of the same time: as they came. */
    assert_true(history_at(history, 5, 4).value == 1 && history_at(history, 5, 5).value == 4);
    assert_int_equal(history_count(history, 6), 0);
}

static void a_full_ring_keeps_the_newest(void **state)
{
    struct history *history = *state;

    for (int i = 0; i < HISTORY_POINTS_MAX + 100; i++) {
        history_add(history, HISTORY_SIGNAL, i * 10, i);
    }
    assert_int_equal(history_count(history, HISTORY_SIGNAL), HISTORY_POINTS_MAX);
    assert_int_equal(history_at(history, HISTORY_SIGNAL, 0).at_ms, 1000);
    assert_int_equal(history_at(history, HISTORY_SIGNAL, HISTORY_POINTS_MAX - 1).value, 819);
    history_add(history, HISTORY_SIGNAL, 999, 1); /* older than all */
    assert_int_equal(history_at(history, HISTORY_SIGNAL, 0).at_ms, 1000);
    history_add(history, HISTORY_SIGNAL, 1015, 7); /* late, across the ring's seam */
    assert_int_equal(history_count(history, HISTORY_SIGNAL), HISTORY_POINTS_MAX);
    assert_int_equal(history_at(history, HISTORY_SIGNAL, 0).at_ms, 1010);
    assert_int_equal(history_at(history, HISTORY_SIGNAL, 1).at_ms, 1015);
    for (size_t i = 1; i < HISTORY_POINTS_MAX; i++) {
        assert_true(history_at(history, HISTORY_SIGNAL, i - 1).at_ms <=
                    history_at(history, HISTORY_SIGNAL, i).at_ms);
    }
}

static void the_pin_that_was_silent_for_longest_gives_way(void **state)
{
    struct history *history = *state;

    history_add(history, HISTORY_ROUND_TRIP, 0, 80);
    for (unsigned i = 0; i < HISTORY_RINGS_MAX - 1; i++) {
        history_add(history, i, i, i);
    }
    history_add(history, 0, 1000, 1); /* now pin 1 is the silent one */
    history_add(history, 700, 1001, 2);
    assert_int_equal(history_count(history, 0), 2);
    assert_int_equal(history_count(history, 1), 0);
    assert_int_equal(history_count(history, 2), 1);
    assert_int_equal(history_count(history, 700), 1);
    assert_int_equal(history_count(history, HISTORY_ROUND_TRIP), 1);
    for (unsigned i = 0; i < PIN_COUNT; i++) {
        history_add(history, i, 2000, i);
    }
    assert_int_equal(history_count(history, HISTORY_ROUND_TRIP), 1); /* whatever pins do */
    size_t kept = 0;
    for (unsigned i = 0; i < HISTORY_SERIES_COUNT; i++) {
        kept += history_count(history, i) > 0;
    }
    assert_int_equal(kept, HISTORY_RINGS_MAX);
}

static void series_have_names(void **state)
{
    static const char *const wrong[] = {"", "V256", "V05", "signals", "sig", "round-trip", "X1", "V5 "};
    char name[HISTORY_NAME_MAX];
    unsigned series = 0;

    (void)state;
    for (unsigned i = 0; i < HISTORY_SERIES_COUNT; i++) {
        history_series_name(i, name);
        assert_int_equal(history_series_find(name, strlen(name), &series), 0);
        assert_int_equal(series, i);
    }
    assert_int_equal(history_series_find("SIGNAL", 6, &series), 0);
    assert_int_equal(series, HISTORY_SIGNAL);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(history_series_find(wrong[i], strlen(wrong[i]), &series), -EINVAL);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(values_come_back_in_the_order_of_their_times, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_ring_keeps_the_newest, setup, teardown),
        cmocka_unit_test_setup_teardown(the_pin_that_was_silent_for_longest_gives_way, setup, teardown),
        cmocka_unit_test(series_have_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
