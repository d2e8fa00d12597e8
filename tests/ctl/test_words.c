/* Durations, times, sizes, bars, and what becomes of text that would harm a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/words.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char out[256];

static void durations(void **state)
{
    (void)state;
    assert_string_equal(words_duration(0, out), "0 s");
    assert_string_equal(words_duration(-5000, out), "0 s"); /* a clock that was set back */
    assert_string_equal(words_duration(59999, out), "59 s");
    assert_string_equal(words_duration(60000, out), "1 min");
    assert_string_equal(words_duration(3600000, out), "1 h");
    assert_string_equal(words_duration(86400000 + 7200000, out), "1 day 2 h");
    assert_string_equal(words_duration(864000000, out), "10 days");
    assert_true(strlen(words_duration(INT64_MAX, out)) < WORDS_MAX_BYTES);
}

static void times(void **state)
{
    int64_t noon = INT64_C(1795262400000); /* 2026-11-21 12:00 UTC */

    (void)state;
    assert_string_equal(words_time(noon + 3000, noon + 60000, out), "12:00:03");
    assert_string_equal(words_time(noon - 86400000, noon, out), "20 Nov 12:00");
    assert_string_equal(words_time(0, noon, out), "01 Jan 1970 00:00");
    assert_non_null(words_time(INT64_MAX, noon, out));
    assert_non_null(words_time(INT64_MIN, noon, out));
}

static void sizes(void **state)
{
    (void)state;
    assert_string_equal(words_bytes(0, out), "0 bytes");
    assert_string_equal(words_bytes(1023, out), "1023 bytes");
    assert_string_equal(words_bytes(10342, out), "10.1 kB");
    assert_string_equal(words_bytes(1023 * 1024, out), "1.0 MB");
    assert_string_equal(words_bytes(UINT64_MAX, out), "16.0 EB");
}

static void signals(void **state)
{
    (void)state;
    assert_int_equal(words_signal_bars(-51), 5);
    assert_int_equal(words_signal_bars(-73), 5);
    assert_int_equal(words_signal_bars(-74), 4);
    assert_int_equal(words_signal_bars(-93), 3);
    assert_int_equal(words_signal_bars(-110), 1);
    assert_int_equal(words_signal_bars(-113), 0);
    assert_int_equal(words_signal_bars(0), 0);
    assert_int_equal(words_signal_bars(INT64_MAX), 0);
    assert_string_equal(words_signal(0), "not known");
    assert_string_equal(words_signal(-71), "excellent");
    assert_string_equal(words_signal(-120), "almost nothing");
    assert_string_equal(words_bars(3, false, out), "|||..");
    assert_string_equal(words_bars(2, true, out), "▁▂···");
    assert_string_equal(words_bars(9, true, out), "▁▂▄▆█");
}

static void meanings(void **state)
{
    (void)state;
    assert_string_equal(words_access("edge", out), "EDGE (2G)");
    assert_string_equal(words_access("6G", out), "6G");
    assert_string_equal(words_link("ONLINE"), "connected to Blynk");
    assert_string_equal(words_link("DREAMING"), "DREAMING"); /* a newer daemon */
    assert_string_equal(words_link(""), "not known");
    assert_non_null(strstr(words_level("recorded"), "recordings"));
}

#define CLEAN(text, utf8) words_clean(text, sizeof(text) - 1, utf8, out, sizeof(out))

static void hostile_text_is_made_harmless(void **state)
{
    (void)state;
    assert_string_equal(CLEAN("Telekom", true), "Telekom");
    assert_string_equal(CLEAN("\033[2J\007", true), "?[2J?");
    assert_string_equal(CLEAN("a\xc2\x9b"
                              "2J",
                              true),
                        "a?2J"); /* CSI as one character */
    assert_string_equal(CLEAN("a\x9b"
                              "2J",
                              true),
                        "a?2J");                               /* and as one byte */
    assert_string_equal(CLEAN("x\xe2\x80\xaey", true), "x?y"); /* writes from right to left */
    assert_string_equal(CLEAN("Orange \xc3\xa9t\xc3\xa9", true), "Orange \xc3\xa9t\xc3\xa9");
    assert_string_equal(CLEAN("Orange \xc3\xa9t\xc3\xa9", false), "Orange ?t?");
    assert_string_equal(CLEAN("\xc3", true), "?"); /* cut in the middle */
    assert_string_equal(CLEAN("\xc0\xaf\xed\xa0\x80\xf8", true), "??????");
    assert_string_equal(CLEAN("a\0b\r\nc", true), "a?b??c");
    assert_string_equal(words_clean("\xc3\xa9\xc3\xa9", 4, true, out, 4), "\xc3\xa9"); /* no half character */
    assert_string_equal(words_clean("abc", 3, true, out, 1), "");
}

static void columns_are_counted_as_a_terminal_shows_them(void **state)
{
    (void)state;
    assert_int_equal(words_columns("abc"), 3);
    assert_int_equal(words_clip("abcdef", 4), 4);
    assert_int_equal(words_clip("abc", 9), 3);
    if (!setlocale(LC_CTYPE, "C.UTF-8")) {
        fail_msg("the locale C.UTF-8 is missing");
    }
    assert_int_equal(words_columns("中国移动"), 8);
    assert_int_equal(words_clip("中国移动", 5), 6);
    assert_int_equal(words_columns("été"), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations),
        cmocka_unit_test(times),
        cmocka_unit_test(sizes),
        cmocka_unit_test(signals),
        cmocka_unit_test(meanings),
        cmocka_unit_test(hostile_text_is_made_harmless),
        cmocka_unit_test(columns_are_counted_as_a_terminal_shows_them),
    };

    setenv("TZ", "UTC", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
