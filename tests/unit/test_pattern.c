/* Patterns for modem lines. */
#include "blynkd/base/pattern.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* The captures of a match joined by '|', or "no". */
static const char *captures(const char *pattern, const char *line)
{
    static char text[512];
    struct pattern_match match;
    size_t len = 0;

    if (!pattern_matches(pattern, line, strlen(line), &match)) {
        assert_int_equal(match.count, 0);
        return "no";
    }
    text[0] = '\0';
    for (size_t i = 0; i < match.count; i++) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%.*s", i ? "|" : "",
                                (int)match.captures[i].len, match.captures[i].text);
    }
    return text;
}

static bool fits(const char *pattern, const char *line)
{
    return pattern_matches(pattern, line, strlen(line), NULL);
}

static void test_plain_text(void **state)
{
    (void)state;
    assert_true(fits("OK", "OK"));
    assert_true(fits("OK", "  OK\t"));
    assert_true(fits(" OK ", "OK"));
    assert_false(fits("OK", "ok"));
    assert_false(fits("OK", "OKAY"));
    assert_false(fits("OK", "O"));
    assert_false(fits("OK", ""));
    assert_false(fits("OK", "O K"));
    assert_true(fits("SEND OK", "SEND   OK"));
    assert_false(fits("SEND OK", "SENDOK"));
    assert_false(fits("SEND OK", "SEND"));
}

static void test_blanks_around_signs(void **state)
{
    const char *const patterns[] = {"+X:%d,%d", "+X: %d, %d", "+X : %d ,%d", " +X :\t%d , %d "};
    const char *const lines[] = {"+X:1,2",   "+X: 1,2",       "+X: 1, 2",
                                 "+X :1 ,2", "  +X : 1 , 2 ", "+X:\t1\t,\t2"};

    (void)state;
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        for (size_t j = 0; j < sizeof(lines) / sizeof(lines[0]); j++) {
            assert_string_equal(captures(patterns[i], lines[j]), "1|2");
        }
    }
    assert_true(fits("%d, CONNECT OK", "0,CONNECT OK"));
    assert_true(fits("%d,CONNECT OK", "0, CONNECT OK"));
    assert_true(fits("A:", "A : "));
    assert_true(fits(": A", "  :A"));
}

static void test_decimal(void **state)
{
    struct pattern_match match;

    (void)state;
    assert_true(pattern_matches("%d,%d,%d", "-7,+8,0012", 10, &match));
    assert_int_equal(match.captures[0].number, -7);
    assert_int_equal(match.captures[1].number, 8);
    assert_int_equal(match.captures[2].number, 12);
    assert_false(fits("%d", "-"));
    assert_false(fits("%d", "x"));
    assert_false(fits("%d", ""));
    assert_false(fits("%d", "1.5"));
    assert_string_equal(captures("%d.%d", "3.14"), "3|14");
    assert_true(pattern_matches("%d", "99999999999999999999", 20, &match));
    assert_true(match.captures[0].number == LONG_MAX);
    assert_int_equal(match.captures[0].len, 20);
    assert_true(pattern_matches("%d", "-99999999999999999999", 21, &match));
    assert_true(match.captures[0].number == LONG_MIN);
}

static void test_extreme_decimals(void **state)
{
    struct pattern_match match;
    char line[32];

    (void)state;
    snprintf(line, sizeof(line), "%ld", LONG_MAX);
    assert_true(pattern_matches("%d", line, strlen(line), &match));
    assert_true(match.captures[0].number == LONG_MAX);
    snprintf(line, sizeof(line), "%ld", LONG_MIN);
    assert_true(pattern_matches("%d", line, strlen(line), &match));
    assert_true(match.captures[0].number == LONG_MIN);
}

static void test_text(void **state)
{
    (void)state;
    assert_string_equal(captures("+COPS: %d,%d,%q,%d", "+COPS: 0,0,\"A, B: C\",7"), "0|0|A, B: C|7");
    assert_string_equal(captures("+COPS: %d,%d,%q", "+COPS: 0,0, T-Mobile D "), "0|0|T-Mobile D");
    assert_string_equal(captures("%q,%q,%q", "a ,, c"), "a||c");
    assert_string_equal(captures("%q", "\"\""), "");
    assert_string_equal(captures("%q", ""), "");
    assert_false(fits("%q", "\"open"));
    assert_false(fits("%q", "\"a\"b"));
    assert_false(fits("%q", "a,b"));
    assert_string_equal(captures("%q %d", "\"a\" 4"), "a|4");
}

static void test_address(void **state)
{
    (void)state;
    assert_string_equal(captures("%i", "10.177.109.126"), "10.177.109.126");
    assert_string_equal(captures("+A: 1,%i", "+A: 1, \"1.2.3.4\""), "1.2.3.4");
    assert_string_equal(captures("FROM:%i:%d", "FROM: 1.2.3.4 : 80"), "1.2.3.4|80");
    assert_string_equal(captures("got %i.", "got 1.2.3.4."), "1.2.3.4");
    const char *const wrong[] = {"1.2.3", "1.2.3.256", "1.2.3.4.5", "\"1.2.3.4", "1.2.3.4\"", "ERROR", ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(fits("%i", wrong[i]));
    }
}

static void test_rest(void **state)
{
    (void)state;
    assert_string_equal(captures("*", ""), "");
    assert_string_equal(captures("*", " all of it, too: "), "all of it, too:");
    assert_string_equal(captures("+CREG: %d,%d*", "+CREG: 2,1,\"00C3\",\"1\""), "2|1|,\"00C3\",\"1\"");
    assert_string_equal(captures("+CREG: %d*", "+CREG: 2"), "2|");
    assert_string_equal(captures("Revision: *", "Revision:1951B17SIM7080"), "1951B17SIM7080");
    assert_false(fits("A*", "B"));
}

static void test_escapes(void **state)
{
    (void)state;
    assert_true(fits("100%%", "100%"));
    assert_true(fits("%*PSUTTZ: %d", "*PSUTTZ: 8"));
    assert_false(fits("%*PSUTTZ: %d", "PSUTTZ: 8"));
    assert_string_equal(captures("%**", "*rest"), "rest");
}

/* The line is a window into other bytes, without a terminating zero, and may hold any of them. */
static void test_window(void **state)
{
    struct pattern_match match;
    const char bytes[] = "xx+CSQ: 12,99yy";

    (void)state;
    assert_true(pattern_matches("+CSQ: %d,%d", bytes + 2, 11, &match));
    assert_int_equal(match.captures[1].number, 99);
    assert_ptr_equal(match.captures[1].text, bytes + 11);
    assert_false(pattern_matches("+CSQ: %d,%d", bytes + 2, 9, NULL));
    assert_true(pattern_matches("*", "\0\xff\n", 3, &match));
    assert_int_equal(match.captures[0].len, 3);
    assert_false(pattern_matches("A", "A\0", 2, NULL));
    assert_true(pattern_matches("A %d", "A\t5", 3, NULL));
}

static void test_find(void **state)
{
    const char *const list[] = {"OK", "%d, CLOSE OK", "+CME ERROR: %d", NULL};
    const char *const none[] = {NULL};
    struct pattern_match match;

    (void)state;
    assert_int_equal(pattern_find(list, "+CME ERROR:10", 13, &match), 2);
    assert_int_equal(match.captures[0].number, 10);
    assert_int_equal(pattern_find(list, "0,CLOSE OK", 10, NULL), 1);
    assert_int_equal(pattern_find(list, "BUSY", 4, &match), -1);
    assert_int_equal(match.count, 0);
    assert_int_equal(pattern_find(none, "OK", 2, NULL), -1);
    assert_int_equal(pattern_find(NULL, "OK", 2, NULL), -1);
}

static void test_copy(void **state)
{
    struct pattern_match match;
    char out[6] = "#####";

    (void)state;
    assert_true(pattern_matches("%q,%q", "\"a\x01\xc3z\",\"longer than that\"", 25, &match));
    pattern_copy(&match, 0, out, sizeof(out));
    assert_string_equal(out, "a\?\?z");
    pattern_copy(&match, 1, out, sizeof(out));
    assert_string_equal(out, "longe");
    pattern_copy(&match, 2, out, sizeof(out));
    assert_string_equal(out, "");
    out[0] = 'x';
    pattern_copy(&match, 1, out, 0);
    assert_int_equal(out[0], 'x');
}

static void test_check(void **state)
{
    (void)state;
    const char *const good[] = {"OK", "+X: %d,%q,%i*", "%**", "a * ", "%%%d", "%d%d%d%d%d%d%d%d"};
    const char *const bad[] = {
        "", "  ", "a%", "%x", "a*b", "**", "a\r", "%d%d%d%d%d%d%d%d%d", "%d%d%d%d%d%d%d%d*"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_null(pattern_check(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_non_null(pattern_check(bad[i]));
    }
    assert_non_null(pattern_check(NULL));
}

/* A pattern that is wrong matches nothing and reads nothing behind its end. */
static void test_malformed_matches_nothing(void **state)
{
    (void)state;
    assert_false(fits("a%", "a"));
    assert_false(fits("%x", "x"));
    assert_false(fits("a*b", "axb"));
    assert_false(fits("%d,%d,%d,%d,%d,%d,%d,%d,%d", "1,2,3,4,5,6,7,8,9"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_text),
        cmocka_unit_test(test_blanks_around_signs),
        cmocka_unit_test(test_decimal),
        cmocka_unit_test(test_extreme_decimals),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_address),
        cmocka_unit_test(test_rest),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_check),
        cmocka_unit_test(test_malformed_matches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
