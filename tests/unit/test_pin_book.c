/* A PIN whose outcome is bad or unknown is never sent again; the book survives the file. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem/pin_book.h"

#include <stdio.h>
#include <string.h>

static const uint8_t salt[PIN_BOOK_SALT_SIZE] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

static void start(struct pin_book *book)
{
    pin_book_clear(book, salt);
}

/* As after a crash: only what is in the file is left. */
static void reload(struct pin_book *book)
{
    char text[PIN_BOOK_FILE_MAX];
    int len = pin_book_format(book, text, sizeof(text));

    assert_true(len > 0);
    memset(book, 0xAA, sizeof(*book));
    assert_int_equal(pin_book_parse(book, text, (size_t)len), 0);
}

static void a_refused_pin_is_never_sent_again(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "0000"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "8949", "0000", false);
    reload(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "0000"), PIN_WAS_REFUSED);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    assert_int_equal(pin_book_begin(&book, "8950", "0000"), PIN_MAY_BE_SENT);
}

static void an_unknown_outcome_forbids_too(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    reload(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_OUTCOME_UNKNOWN);
    reload(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_OUTCOME_UNKNOWN);
}

static void a_good_pin_is_sent_at_every_start(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
        pin_book_end(&book, "8949", "1234", true);
        reload(&book);
    }
    assert_int_equal(book.count, 1);
}

static void a_crash_does_not_lock_a_good_pin_out(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "8949", "1234", true);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    reload(&book); /* crashed before the answer */
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    reload(&book); /* and again: no third time */
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_OUTCOME_UNKNOWN);
}

static void a_success_after_a_crash_heals(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
        pin_book_end(&book, "8949", "1234", true);
        assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
        reload(&book);
    }
}

static void a_good_pin_that_is_refused_is_not_good_any_more(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "8949", "1234", true);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "8949", "1234", false);
    assert_int_equal(pin_book_begin(&book, "8949", "1234"), PIN_WAS_REFUSED);
}

static void a_card_without_a_number_may_be_any_card(void **state)
{
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "", "0000"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "", "0000", false);
    assert_int_equal(pin_book_begin(&book, "8949", "0000"), PIN_WAS_REFUSED);
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949", "0000"), PIN_MAY_BE_SENT);
    pin_book_end(&book, "8949", "0000", false);
    assert_int_equal(pin_book_begin(&book, "", "0000"), PIN_WAS_REFUSED);
}

static void the_file_shows_neither_pin_nor_card(void **state)
{
    char text[PIN_BOOK_FILE_MAX];
    struct pin_book book;

    (void)state;
    start(&book);
    assert_int_equal(pin_book_begin(&book, "8949000000000000001", "73519"), PIN_MAY_BE_SENT);
    assert_true(pin_book_format(&book, text, sizeof(text)) > 0);
    assert_null(strstr(text, "73519"));
    assert_null(strstr(text, "8949000000000000001"));
    assert_non_null(strstr(text, " pending 0 0\n"));
}

static void a_full_book_forgets_only_what_forbids_nothing(void **state)
{
    struct pin_book book;
    char pin[16];

    (void)state;
    start(&book);
    for (int i = 0; i < PIN_BOOK_MAX; i++) {
        snprintf(pin, sizeof(pin), "%04d", i);
        assert_int_equal(pin_book_begin(&book, "8949", pin), PIN_MAY_BE_SENT);
        pin_book_end(&book, "8949", pin, i == 5);
    }
    assert_int_equal(pin_book_begin(&book, "8949", "9998"), PIN_MAY_BE_SENT);
    assert_int_equal(pin_book_begin(&book, "8949", "9999"), PIN_NOT_WRITTEN);
    assert_int_equal(pin_book_begin(&book, "8949", "0000"), PIN_WAS_REFUSED);
    reload(&book);
    assert_int_equal(book.count, PIN_BOOK_MAX);
}

static void a_damaged_file_is_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "\n",
        "blynkd-pin-attempts 1\n",
        "blynkd-pin-attempts 2\nsalt 0102030405060708090a0b0c0d0e0f10\n",
        "blynkd-pin-attempts 1\nsalt 01020304\n",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0fxx\n",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10\nrubbish\n",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10\n"
        "0000000000000001 0000000000000001 maybe 0 0\n",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10\n"
        "0000000000000001 0000000000000001 failed 0\n",
        "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10\n"
        "0000000000000001 0000000000000001 failed 0 0 \n",
    };
    struct pin_book book;

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (pin_book_parse(&book, bad[i], strlen(bad[i])) == 0) {
            fail_msg("taken: %s", bad[i]);
        }
    }
    assert_int_equal(
        pin_book_parse(&book, "blynkd-pin-attempts 1\nsalt 0102030405060708090a0b0c0d0e0f10\n", 60), 0);
    assert_int_equal(book.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_pin_is_never_sent_again),
        cmocka_unit_test(an_unknown_outcome_forbids_too),
        cmocka_unit_test(a_good_pin_is_sent_at_every_start),
        cmocka_unit_test(a_crash_does_not_lock_a_good_pin_out),
        cmocka_unit_test(a_success_after_a_crash_heals),
        cmocka_unit_test(a_good_pin_that_is_refused_is_not_good_any_more),
        cmocka_unit_test(a_card_without_a_number_may_be_any_card),
        cmocka_unit_test(the_file_shows_neither_pin_nor_card),
        cmocka_unit_test(a_full_book_forgets_only_what_forbids_nothing),
        cmocka_unit_test(a_damaged_file_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
