/* Answers to the question for the state of the links, in every form of the sheets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "blynkd/modem/modem.h"
#include "modem/profile.h"
#include "modem/rows.h"

#include <string.h>

static void take(struct rows *rows, const char *profile, const char *const *lines)
{
    rows_clear(rows);
    for (size_t i = 0; lines[i]; i++) {
        rows_take(rows, modem_profile_find(profile)->dialect, lines[i], strlen(lines[i]));
    }
}

static void prefix_shares_the_first_row(void **state)
{
    static const char *const lines[] = {"+CIPSTATUS:0,CONNECT OK", "1,IP INITIAL", "2,TCP/UDP CONNECTING",
                                        "3,IP CLOSE", NULL};
    struct rows rows;

    (void)state;
    take(&rows, "a7", lines);
    assert_int_equal(rows_state(&rows, 0), ROW_UP);
    assert_int_equal(rows_state(&rows, 1), ROW_FREE);
    assert_int_equal(rows_state(&rows, 2), ROW_CONNECTING);
    assert_int_equal(rows_state(&rows, 3), ROW_CLOSED);
    assert_int_equal(rows_state(&rows, 4), ROW_UNKNOWN);
    assert_int_equal(rows_find(&rows, ROW_CONNECTING), 2);
    assert_string_equal(rows.strange, "");
}

static void prefix_stands_alone(void **state)
{
    static const char *const lines[] = {"+CIPSTATUS:", "0,IP INITIAL", "1,CONNECT OK", NULL};
    struct rows rows;

    (void)state;
    take(&rows, "a9", lines);
    assert_int_equal(rows_state(&rows, 0), ROW_FREE);
    assert_int_equal(rows_state(&rows, 1), ROW_UP);
    assert_string_equal(rows.strange, "");
}

static void old_firmware_has_one_row(void **state)
{
    static const char *const up[] = {"+IPSTATUS: CONNECT OK", NULL};
    static const char *const closed[] = {"STATE:IP CLOSE", NULL};
    struct rows rows;

    (void)state;
    take(&rows, "a6", up);
    assert_int_equal(rows_state(&rows, 0), ROW_UP);
    take(&rows, "a6", closed);
    assert_int_equal(rows_state(&rows, 0), ROW_CLOSED);
}

static void words_of_other_drivers(void **state)
{
    static const char *const lines[] = {"+CIPSTATUS:0,CONNECTED", "1,CLOSED", "2,INITIAL", NULL};
    struct rows rows;

    (void)state;
    take(&rows, "a6", lines);
    assert_int_equal(rows_state(&rows, 0), ROW_UP);
    assert_int_equal(rows_state(&rows, 1), ROW_CLOSED);
    assert_int_equal(rows_state(&rows, 2), ROW_FREE);
}

static void one_link_is_asked(void **state)
{
    static const char *const up[] = {"+CIPSTATUS: 0,0,\"TCP\",\"139.59.206.133\",\"80\",\"CONNECTED\"", NULL};
    static const char *const unused[] = {"+CIPSTATUS: 0,,\"\",\"\",\"\",\"INITIAL\"", NULL};
    static const char *const ending[] = {"+CIPSTATUS: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"REMOTE CLOSING\"",
                                         NULL};
    struct rows rows;

    (void)state;
    take(&rows, "sim800", up);
    assert_int_equal(rows_state(&rows, 0), ROW_UP);
    take(&rows, "sim800", unused);
    assert_int_equal(rows_state(&rows, 0), ROW_FREE);
    take(&rows, "sim800", ending);
    assert_int_equal(rows_state(&rows, 0), ROW_ENDING);
}

static void all_links_are_asked(void **state)
{
    static const char *const lines[] = {"STATE: IP PROCESSING",
                                        "C: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"CONNECTED\"",
                                        "C: 1,,\"\",\"\",\"\",\"INITIAL\"", NULL};
    static const char *const lost[] = {"STATE: PDP DEACT", "C: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"CLOSED\"",
                                       NULL};
    struct rows rows;

    (void)state;
    take(&rows, "sim800", lines);
    assert_int_equal(rows_state(&rows, 0), ROW_UP);
    assert_int_equal(rows_state(&rows, 1), ROW_FREE);
    assert_false(rows.no_bearer);
    take(&rows, "sim800", lost);
    assert_true(rows.no_bearer);
}

/* "Cmd skipped:29": a driver that takes what it does not know for "not connected" never logs in. */
static void what_is_not_understood_says_nothing(void **state)
{
    static const char *const lines[] = {"0,SOMETHING NEW", "+CIPSTATUS:",   "nonsense",
                                        "99,CONNECT OK",   "-1,CONNECT OK", NULL};
    struct rows rows;

    (void)state;
    take(&rows, "a7", lines);
    for (long row = 0; row < DIALECT_ROWS; row++) {
        assert_int_equal(rows_state(&rows, row), ROW_UNKNOWN);
    }
    assert_string_equal(rows.strange, "0,SOMETHING NEW");
    assert_int_equal(rows_state(&rows, -1), ROW_UNKNOWN);
    assert_int_equal(rows_state(&rows, 1000), ROW_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(prefix_shares_the_first_row),
        cmocka_unit_test(prefix_stands_alone),
        cmocka_unit_test(old_firmware_has_one_row),
        cmocka_unit_test(words_of_other_drivers),
        cmocka_unit_test(one_link_is_asked),
        cmocka_unit_test(all_links_are_asked),
        cmocka_unit_test(what_is_not_understood_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
