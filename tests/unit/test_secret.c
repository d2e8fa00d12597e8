/* Secrets: hidden in texts and in streams, however these are cut. */
#include "blynkd/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define TOKEN "AbCdEf0123456789AbCdEf0123456789"

static int forget(void **state)
{
    (void)state;
    secret_forget_all();
    return 0;
}

static void assert_masked(const char *text, const char *expected)
{
    char copy[512];

    snprintf(copy, sizeof(copy), "%s", text);
    secret_mask(copy);
    assert_string_equal(copy, expected);
}

struct shown {
    char text[512];
    size_t len;
};

static void on_shown(void *arg, const uint8_t *data, size_t len)
{
    struct shown *shown = arg;

    assert_true(len > 0);
    assert_true(shown->len + len < sizeof(shown->text));
    memcpy(shown->text + shown->len, data, len);
    shown->len += len;
}

/* Feeds `text` in pieces of `piece` bytes. */
static void stream_in_pieces(struct shown *shown, const char *text, size_t piece)
{
    struct secret_stream stream = {0};
    size_t len = strlen(text);

    memset(shown, 0, sizeof(*shown));
    for (size_t at = 0; at < len; at += piece) {
        size_t now = len - at < piece ? len - at : piece;
        secret_stream_feed(&stream, (const uint8_t *)text + at, now, on_shown, shown);
    }
    secret_stream_flush(&stream, on_shown, shown);
    assert_int_equal(stream.held_len, 0);
}

static void assert_streamed(const char *text, const char *expected)
{
    struct shown shown;

    for (size_t piece = 1; piece <= strlen(text); piece++) {
        stream_in_pieces(&shown, text, piece);
        assert_string_equal(shown.text, expected);
    }
}

static void test_add_refuses(void **state)
{
    char long_value[SECRET_MAX_BYTES + 2];

    (void)state;
    memset(long_value, 'x', sizeof(long_value));
    long_value[SECRET_MAX_BYTES + 1] = '\0';
    assert_int_equal(secret_add(NULL), -EINVAL);
    assert_int_equal(secret_add(""), -EINVAL);
    assert_int_equal(secret_add("abc"), -EINVAL);
    assert_int_equal(secret_add(long_value), -EINVAL);
    long_value[SECRET_MAX_BYTES] = '\0';
    assert_int_equal(secret_add(long_value), 0);
    assert_int_equal(secret_add(long_value), 0);
}

static void test_list_is_bounded(void **state)
{
    char value[32];

    (void)state;
    for (int i = 0; i < SECRET_MAX_COUNT; i++) {
        snprintf(value, sizeof(value), "secret-%02d", i);
        assert_int_equal(secret_add(value), 0);
    }
    assert_int_equal(secret_add("one more"), -ENOSPC);
    assert_int_equal(secret_add("secret-07"), 0);
    assert_masked("a secret-31 b", "a **** b");
    secret_forget_all();
    assert_masked("a secret-31 b", "a secret-31 b");
}

static void test_text(void **state)
{
    (void)state;
    secret_add(TOKEN);
    secret_add("s3cr");
    assert_masked("", "");
    assert_masked("nothing here", "nothing here");
    assert_masked(TOKEN, "****");
    assert_masked("login " TOKEN "!", "login ****!");
    assert_masked(TOKEN TOKEN, "********");
    assert_masked("ss3crs3cr", "s********");
    assert_masked("s3c", "s3c");
    assert_masked("AbCdEf0123456789AbCdEf012345678", "AbCdEf0123456789AbCdEf012345678");
}

static void test_longest_wins(void **state)
{
    (void)state;
    secret_add("pass");
    secret_add("password");
    assert_masked("a password, a pass, a passwor", "a ****, a ****, a ****wor");
    assert_streamed("a password, a pass.", "a ****, a ****.");
    assert_streamed("passwortpassword.", "****wort****.");
}

static void test_pin_not_inside_numbers(void **state)
{
    (void)state;
    secret_add("1234");
    assert_masked("AT+CPIN=\"1234\"", "AT+CPIN=\"****\"");
    assert_masked("1234", "****");
    assert_masked("861234056789012 12345 01234 a1234b", "861234056789012 12345 01234 a****b");
    assert_streamed("AT+CPIN=\"1234\"\r", "AT+CPIN=\"****\"\r");
    assert_streamed("861234056789012 12345 01234 a1234b", "861234056789012 12345 01234 a****b");
    assert_streamed("12341234 1234", "12341234 ****");
    assert_streamed("1234", "****");
}

static void test_pin_between_other_secrets(void **state)
{
    (void)state;
    secret_add("1234");
    secret_add("key9");
    assert_masked("key91234", "****1234");
    assert_streamed("key91234 ", "****1234 ");
}

static void test_stream(void **state)
{
    (void)state;
    secret_add(TOKEN);
    assert_streamed("plain", "plain");
    assert_streamed("a " TOKEN " b", "a **** b");
    assert_streamed("AbCdEf0123AbCdEf0123456789AbCdEf0123456789", "AbCdEf0123****");
    assert_streamed(TOKEN TOKEN "x", "********x");
}

static void test_stream_repeating_secret(void **state)
{
    (void)state;
    secret_add("aaaab");
    assert_streamed("aaaaaaab!", "aaa****!");
}

static void test_stream_holds_only_what_may_be_secret(void **state)
{
    struct secret_stream stream = {0};
    struct shown shown = {0};

    (void)state;
    secret_add(TOKEN);
    secret_stream_feed(&stream, (const uint8_t *)"OK AbC", 6, on_shown, &shown);
    assert_string_equal(shown.text, "OK ");
    secret_stream_feed(&stream, (const uint8_t *)"x", 1, on_shown, &shown);
    assert_string_equal(shown.text, "OK AbCx");
}

static void test_flush_hides_beginnings(void **state)
{
    struct shown shown;

    (void)state;
    secret_add(TOKEN);
    secret_add("12345678");
    stream_in_pieces(&shown, "x AbCd", 2);
    assert_string_equal(shown.text, "x ****");
    stream_in_pieces(&shown, "x AbC", 2);
    assert_string_equal(shown.text, "x AbC");
    stream_in_pieces(&shown, "PIN 123456", 3);
    assert_string_equal(shown.text, "PIN ****");
}

static void test_stream_with_any_bytes(void **state)
{
    struct secret_stream stream = {0};
    struct shown shown = {0};
    uint8_t all[256];

    (void)state;
    secret_add("\x10\x11\x12\x13");
    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)i;
    }
    secret_stream_feed(&stream, all, sizeof(all), on_shown, &shown);
    secret_stream_flush(&stream, on_shown, &shown);
    assert_int_equal(shown.len, 256);
    assert_memory_equal(shown.text, all, 16);
    assert_memory_equal(shown.text + 16, "****", 4);
    assert_memory_equal(shown.text + 20, all + 20, 236);
}

static void test_longest_secret_of_digits(void **state)
{
    char text[SECRET_MAX_BYTES + 2];

    (void)state;
    memset(text, '7', SECRET_MAX_BYTES);
    text[SECRET_MAX_BYTES] = '\0';
    assert_int_equal(secret_add(text), 0);
    assert_streamed(text, "****");
    text[SECRET_MAX_BYTES] = '7';
    text[SECRET_MAX_BYTES + 1] = '\0';
    assert_streamed(text, text);
    text[SECRET_MAX_BYTES] = '.';
    assert_streamed(text, "****.");
}

static void test_wipe(void **state)
{
    char memory[8] = "secret";
    const char zeros[8] = {0};

    (void)state;
    secret_wipe(memory, sizeof(memory));
    assert_memory_equal(memory, zeros, sizeof(memory));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_add_refuses, forget),
        cmocka_unit_test_teardown(test_list_is_bounded, forget),
        cmocka_unit_test_teardown(test_text, forget),
        cmocka_unit_test_teardown(test_longest_wins, forget),
        cmocka_unit_test_teardown(test_pin_not_inside_numbers, forget),
        cmocka_unit_test_teardown(test_pin_between_other_secrets, forget),
        cmocka_unit_test_teardown(test_stream, forget),
        cmocka_unit_test_teardown(test_stream_repeating_secret, forget),
        cmocka_unit_test_teardown(test_stream_holds_only_what_may_be_secret, forget),
        cmocka_unit_test_teardown(test_flush_hides_beginnings, forget),
        cmocka_unit_test_teardown(test_stream_with_any_bytes, forget),
        cmocka_unit_test_teardown(test_longest_secret_of_digits, forget),
        cmocka_unit_test_teardown(test_wipe, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
