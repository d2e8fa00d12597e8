/* Dates become times, also those that a time_t of 32 bits cannot say. */
#include "blynkd/base/wall.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <time.h>

static int64_t seconds_of(int year, int month, int day, int hour, int minute, int second)
{
    const struct wall_date date = {year, month, day, hour, minute, second};
    int64_t wall_ms;

    return wall_from_date(&date, &wall_ms) ? wall_ms / 1000 : -1;
}

static void known_moments(void **state)
{
    (void)state;
    assert_int_equal(seconds_of(1970, 1, 1, 0, 0, 0), 0);
    assert_int_equal(seconds_of(2000, 2, 29, 23, 59, 59), 951868799);
    assert_int_equal(seconds_of(2038, 1, 19, 3, 14, 7), INT32_MAX);
    assert_int_equal(seconds_of(2038, 1, 19, 3, 14, 8), INT64_C(2147483648));
    assert_int_equal(seconds_of(2046, 10, 6, 8, 39, 56),
                     INT64_C(2422427996)); /* when an authority of today ends */
    assert_int_equal(seconds_of(9999, 12, 31, 23, 59, 59), INT64_C(253402300799));
    assert_int_equal(seconds_of(2026, 6, 30, 23, 59, 60), seconds_of(2026, 6, 30, 23, 59, 59));
}

static void what_is_no_moment(void **state)
{
    (void)state;
    assert_int_equal(seconds_of(1969, 12, 31, 23, 59, 59), -1);
    assert_int_equal(seconds_of(10000, 1, 1, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 0, 1, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 13, 1, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 11, 31, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 2, 29, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2100, 2, 29, 0, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 1, 1, 24, 0, 0), -1);
    assert_int_equal(seconds_of(2026, 1, 1, 0, 60, 0), -1);
    assert_int_equal(seconds_of(2026, 1, 1, 0, 0, 61), -1);
}

static void agrees_with_the_c_library(void **state)
{
    const int64_t last = sizeof(time_t) > 4 ? INT64_C(86400) * 150000 : INT32_MAX;

    (void)state;
    for (int64_t wanted = 0; wanted < last; wanted += 86400 + 3607) {
        time_t seconds = (time_t)wanted;
        struct tm tm;
        gmtime_r(&seconds, &tm);
        assert_int_equal(
            seconds_of(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec),
            wanted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_moments),
        cmocka_unit_test(what_is_no_moment),
        cmocka_unit_test(agrees_with_the_c_library),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
