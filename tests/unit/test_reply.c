#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/reply.h"

#include <limits.h>
#include <string.h>

struct fixture {
    struct buf buf;
    struct reply reply;
};

static void begin(struct fixture *fixture, unsigned protocol, size_t max)
{
    buf_init(&fixture->buf, max);
    fixture->reply = (struct reply){.buf = &fixture->buf, .protocol = protocol};
}

static void assert_text(struct fixture *fixture, const char *text)
{
    assert_int_equal(buf_len(&fixture->buf), strlen(text));
    assert_memory_equal(buf_bytes(&fixture->buf), text, strlen(text));
    assert_false(fixture->reply.full);
    buf_free(&fixture->buf);
}

static void test_simple_types(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 2, 4096);
    reply_ok(&f.reply);
    reply_status(&f.reply, "PONG");
    reply_integer(&f.reply, 0);
    reply_integer(&f.reply, 1234567890123456789LL);
    reply_integer(&f.reply, -7);
    reply_integer(&f.reply, LLONG_MIN);
    assert_text(&f, "+OK\r\n+PONG\r\n:0\r\n:1234567890123456789\r\n:-7\r\n:-9223372036854775808\r\n");
}

static void test_bulk_holds_any_byte(void **state)
{
    struct fixture f;
    static const char expected[] = "$5\r\na\0\r\nb\r\n$0\r\n\r\n";

    (void)state;
    begin(&f, 2, 4096);
    reply_bulk(&f.reply, "a\0\r\nb", 5);
    reply_bulk(&f.reply, NULL, 0);
    assert_int_equal(buf_len(&f.buf), sizeof(expected) - 1);
    assert_memory_equal(buf_bytes(&f.buf), expected, sizeof(expected) - 1);
    buf_free(&f.buf);
}

static void put_one_of_each(struct reply *reply)
{
    reply_null(reply);
    reply_map(reply, 1);
    reply_text(reply, "k");
    reply_double(reply, "1.5");
    reply_set(reply, 1);
    reply_status(reply, "fast");
    reply_push(reply, 2);
    reply_array(reply, 0);
    reply_verbatim(reply, "ab", 2);
}

static void test_both_protocols(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 2, 4096);
    put_one_of_each(&f.reply);
    assert_text(&f, "$-1\r\n*2\r\n$1\r\nk\r\n$3\r\n1.5\r\n*1\r\n+fast\r\n*2\r\n*0\r\n$2\r\nab\r\n");
    begin(&f, 3, 4096);
    put_one_of_each(&f.reply);
    assert_text(&f, "_\r\n%1\r\n$1\r\nk\r\n,1.5\r\n~1\r\n+fast\r\n>2\r\n*0\r\n=6\r\ntxt:ab\r\n");
}

static void test_error_stays_one_line(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 2, 4096);
    reply_error(&f.reply, "WRONGPIN '%s' is no pin", "x\r\n+OK\t\x7f");
    assert_text(&f, "-WRONGPIN 'x  +OK  ' is no pin\r\n");
}

static void test_long_error_is_cut(void **state)
{
    struct fixture f;
    char text[2000];

    (void)state;
    memset(text, 'e', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    begin(&f, 2, 4096);
    reply_error(&f.reply, "ERR %s", text);
    assert_int_equal(buf_len(&f.buf), 1 + REPLY_ERROR_MAX - 1 + 2);
    assert_memory_equal(buf_bytes(&f.buf) + buf_len(&f.buf) - 3, "e\r\n", 3);
    buf_free(&f.buf);
}

static void test_full_is_remembered_and_stops(void **state)
{
    struct fixture f;

    (void)state;
    begin(&f, 2, 40);
    reply_text(&f.reply, "1234567890");
    assert_false(f.reply.full);
    size_t before = buf_len(&f.buf);
    reply_text(&f.reply, "1234567890");
    assert_true(f.reply.full);
    reply_ok(&f.reply); /* would fit, but the reply before it is missing */
    assert_int_equal(buf_len(&f.buf), before);
    buf_free(&f.buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simple_types),      cmocka_unit_test(test_bulk_holds_any_byte),
        cmocka_unit_test(test_both_protocols),    cmocka_unit_test(test_error_stays_one_line),
        cmocka_unit_test(test_long_error_is_cut), cmocka_unit_test(test_full_is_remembered_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
