/* Delays between attempts. */
#include "blynkd/base/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_window(uint32_t tries, uint32_t low_ms, uint32_t high_ms)
{
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;

    for (uint32_t random = 0; random < 200003; random++) {
        struct backoff backoff = {.first_ms = 1000, .max_ms = 300000, .tries = tries};
        uint32_t delay_ms = backoff_next_ms(&backoff, random);
        least = delay_ms < least ? delay_ms : least;
        most = delay_ms > most ? delay_ms : most;
    }
    assert_int_equal(least, low_ms);
    assert_int_equal(most, high_ms);
}

static void test_doubles_with_jitter(void **state)
{
    (void)state;
    assert_window(0, 700, 1300);
    assert_window(1, 1400, 2600);
    assert_window(7, 89600, 166400);
}

static void test_ends_at_max(void **state)
{
    (void)state;
    assert_window(8, 179200, 300000);
    assert_window(9, 210000, 300000);
    assert_window(40, 210000, 300000);
    assert_window(UINT32_MAX, 210000, 300000);
}

/* At the ceiling the delays must still be spread: no single value may be the rule. */
static void test_no_crowd_at_max(void **state)
{
    unsigned at_max = 0;

    (void)state;
    for (uint32_t i = 0; i < 10000; i++) {
        struct backoff backoff = {.first_ms = 1000, .max_ms = 300000, .tries = 20};
        at_max += backoff_next_ms(&backoff, i * 2654435761u) == 300000;
    }
    assert_true(at_max < 10);
}

static void test_counts_and_resets(void **state)
{
    struct backoff backoff = {.first_ms = 1000, .max_ms = 300000};

    (void)state;
    for (uint32_t i = 0; i < 5; i++) {
        backoff_next_ms(&backoff, i);
    }
    assert_int_equal(backoff.tries, 5);
    backoff_reset(&backoff);
    assert_true(backoff_next_ms(&backoff, 12345) <= 1300);
}

static void test_never_zero(void **state)
{
    struct backoff nothing = {.first_ms = 0, .max_ms = 0};
    struct backoff one = {.first_ms = 1, .max_ms = 1};
    struct backoff widest = {.first_ms = UINT32_MAX, .max_ms = UINT32_MAX};

    (void)state;
    assert_int_equal(backoff_next_ms(&nothing, 7), 1);
    assert_int_equal(backoff_next_ms(&one, 7), 1);
    assert_true(backoff_next_ms(&widest, UINT32_MAX) > UINT32_MAX / 10 * 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubles_with_jitter), cmocka_unit_test(test_ends_at_max),
        cmocka_unit_test(test_no_crowd_at_max),     cmocka_unit_test(test_counts_and_resets),
        cmocka_unit_test(test_never_zero),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
