/* The bounded byte queue. */
#include "blynkd/base/buf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static void assert_holds(const struct buf *buf, const char *text)
{
    assert_int_equal(buf_len(buf), strlen(text));
    assert_memory_equal(buf_bytes(buf), text, strlen(text));
}

static void test_empty(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    assert_holds(&buf, "");
    assert_non_null(buf_bytes(&buf));
    assert_int_equal(buf_room(&buf), 10);
    assert_int_equal(buf_append(&buf, NULL, 0), 0);
    buf_consume(&buf, 0);
    buf_free(&buf);
    buf_free(&buf);
    assert_int_equal(buf_room(&buf), 10);
}

static void test_all_or_nothing(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 10);
    assert_int_equal(buf_append_text(&buf, "0123456"), 0);
    assert_int_equal(buf_append_text(&buf, "7890"), -ENOSPC);
    assert_holds(&buf, "0123456");
    assert_int_equal(buf_append_text(&buf, "789"), 0);
    assert_int_equal(buf_room(&buf), 0);
    assert_int_equal(buf_append_text(&buf, "x"), -ENOSPC);
    assert_int_equal(buf_append_text(&buf, ""), 0);
    assert_holds(&buf, "0123456789");
    buf_free(&buf);
}

/* The consumed part is used again; the bytes stay in order through every move. */
static void test_order_through_moves(void **state)
{
    struct buf buf;
    uint8_t in = 0;
    uint8_t out = 0;

    (void)state;
    buf_init(&buf, 1000);
    for (size_t turn = 0; turn < 2000; turn++) {
        for (size_t i = 0; i < 1 + turn % 37 && buf_room(&buf); i++, in++) {
            assert_int_equal(buf_append(&buf, &in, 1), 0);
        }
        for (size_t i = 0; i < 1 + turn % 31 && buf_len(&buf); i++, out++) {
            assert_int_equal(*buf_bytes(&buf), out);
            buf_consume(&buf, 1);
        }
    }
    assert_true(buf_len(&buf) <= 1000);
    assert_true(buf.cap <= 1000);
    buf_free(&buf);
}

static void test_large_memory_is_given_back(void **state)
{
    static const uint8_t zeros[20000];
    struct buf buf;

    (void)state;
    buf_init(&buf, sizeof(zeros));
    assert_int_equal(buf_append(&buf, zeros, sizeof(zeros)), 0);
    buf_consume(&buf, sizeof(zeros) - 1);
    assert_non_null(buf.data);
    buf_consume(&buf, 1);
    assert_null(buf.data);
    assert_int_equal(buf_append(&buf, zeros, 10), 0);
    buf_clear(&buf);
    assert_non_null(buf.data);
    assert_int_equal(buf_len(&buf), 0);
    buf_free(&buf);
}

static void test_printf(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 12);
    assert_int_equal(buf_printf(&buf, "%s=%d", "AT+X", 1234567), 0);
    assert_holds(&buf, "AT+X=1234567");
    assert_int_equal(buf_printf(&buf, "%d", 8), -ENOSPC);
    buf_consume(&buf, 5);
    assert_int_equal(buf_printf(&buf, "%s", ""), 0);
    assert_int_equal(buf_printf(&buf, "%05d", 89), 0);
    assert_holds(&buf, "123456700089");
    buf_free(&buf);
}

static void test_reserve_and_commit(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 600);
    assert_int_equal(buf_append_text(&buf, "ab"), 0);
    assert_null(buf_reserve(&buf, 599));
    uint8_t *to = buf_reserve(&buf, 598);
    assert_non_null(to);
    memset(to, 'z', 598);
    to[0] = 'c';
    buf_commit(&buf, 1);
    assert_holds(&buf, "abc");
    assert_non_null(buf_reserve(&buf, 0));
    buf_commit(&buf, 0);
    assert_holds(&buf, "abc");
    buf_free(&buf);
}

static void test_truncate(void **state)
{
    struct buf buf;

    (void)state;
    buf_init(&buf, 100);
    buf_append_text(&buf, "keep this");
    buf_consume(&buf, 5);
    size_t before = buf_len(&buf);
    buf_append_text(&buf, " but not that");
    buf_truncate(&buf, before);
    assert_holds(&buf, "this");
    buf_truncate(&buf, 0);
    assert_holds(&buf, "");
    buf_append_text(&buf, "again");
    assert_holds(&buf, "again");
    buf_free(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_all_or_nothing),
        cmocka_unit_test(test_order_through_moves),
        cmocka_unit_test(test_large_memory_is_given_back),
        cmocka_unit_test(test_printf),
        cmocka_unit_test(test_reserve_and_commit),
        cmocka_unit_test(test_truncate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
