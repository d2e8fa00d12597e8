/* The table of usual access points, and how a card's number is looked up in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modem/apns.h"

#include <stdio.h>
#include <string.h>

static void a_known_network_is_found(void **state)
{
    struct apn_usual usual;

    (void)state;
    assert_true(apn_find("262021234567890", &usual));
    assert_string_equal(usual.network, "26202");
    assert_string_equal(usual.operator_name, "Vodafone DE");
    assert_string_equal(usual.apn, "web.vodafone.de");
    assert_string_equal(usual.user, "");
    assert_true(apn_find("234151234567890", &usual));
    assert_string_equal(usual.apn, "internet");
    assert_string_equal(usual.user, "web");
    assert_string_equal(usual.password, "web");
}

/* 310 26 is no network, 310 260 is one. */
static void a_network_may_have_three_digits(void **state)
{
    struct apn_usual usual;

    (void)state;
    assert_true(apn_find("310260123456789", &usual));
    assert_string_equal(usual.network, "310260");
    assert_string_equal(usual.operator_name, "T-Mobile US");
    assert_string_equal(usual.apn, "fast.t-mobile.com");
}

static void an_unknown_one_shows_five_digits_only(void **state)
{
    struct apn_usual usual;

    (void)state;
    assert_false(apn_find("999991234567890", &usual));
    assert_string_equal(usual.network, "99999");
    assert_string_equal(usual.apn, "");
    assert_false(apn_find("9999", &usual));
    assert_string_equal(usual.network, "");
    assert_false(apn_find("", &usual));
    assert_false(apn_find("2620", &usual));
}

/* Each row as the look-up reads it: its first network leads to just this row. */
static void every_row_is_sound(void **state)
{
    size_t rows = 0;

    (void)state;
    for (; apn_rows[rows]; rows++) {
        const char *row = apn_rows[rows];
        struct apn_usual usual;
        char imsi[20], tail[300];
        unsigned bars = 0;

        for (const char *at = row; *at; at++) {
            bars += *at == '|';
            assert_true(*at >= ' ' && *at <= '~' && *at != '"' && *at != '\\');
        }
        assert_int_equal(bars, 4);
        snprintf(imsi, sizeof(imsi), "%.*s", (int)strcspn(row, ",|"), row);
        assert_true(apn_find(imsi, &usual));
        assert_true(strlen(usual.apn) > 0);
        snprintf(tail, sizeof(tail), "|%s|%s|%s|%s", usual.operator_name, usual.apn, usual.user,
                 usual.password);
        assert_string_equal(strchr(row, '|'), tail); /* nothing was cut off */
    }
    assert_true(rows > 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_known_network_is_found),
        cmocka_unit_test(a_network_may_have_three_digits),
        cmocka_unit_test(an_unknown_one_shows_five_digits_only),
        cmocka_unit_test(every_row_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
