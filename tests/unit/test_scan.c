/* Numbers, durations, sizes, host:port from outside. */
#include "blynkd/base/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

static void test_int(void **state)
{
    long value = 77;

    (void)state;
    assert_int_equal(scan_int("-12", -12, 5, &value), 0);
    assert_int_equal(value, -12);
    assert_int_equal(scan_int("+5", -12, 5, &value), 0);
    assert_int_equal(value, 5);
    assert_int_equal(scan_int("6", -12, 5, &value), -ERANGE);
    assert_int_equal(scan_int("-13", -12, 5, &value), -ERANGE);
    assert_int_equal(scan_int("99999999999999999999999", LONG_MIN, LONG_MAX, &value), -ERANGE);
    const char *const wrong[] = {"", "-", "+", " 1", "1 ", "1x", "0x10", "--1", "1.5"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(scan_int(wrong[i], -100, 100, &value), -EINVAL);
    }
    assert_int_equal(value, 5);
}

/* Also where long has 32 bits. */
static void test_int64(void **state)
{
    int64_t value = 0;

    (void)state;
    assert_int_equal(scan_int64("-9223372036854775807", INT64_MIN, INT64_MAX, &value), 0);
    assert_true(value == -INT64_MAX);
    assert_int_equal(scan_int64("4294967296", 0, INT64_MAX, &value), 0);
    assert_true(value == INT64_C(4294967296));
    assert_int_equal(scan_int64("9223372036854775808", 0, INT64_MAX, &value), -ERANGE);
    assert_int_equal(scan_int64("1x", 0, INT64_MAX, &value), -EINVAL);
    assert_true(value == INT64_C(4294967296));
}

static void test_uint64(void **state)
{
    uint64_t value = 77;

    (void)state;
    assert_int_equal(scan_uint64("18446744073709551615", UINT64_MAX, &value), 0);
    assert_true(value == UINT64_MAX);
    assert_int_equal(scan_uint64("0", 0, &value), 0);
    assert_true(value == 0);
    assert_int_equal(scan_uint64("18446744073709551616", UINT64_MAX - 1, &value), -ERANGE);
    assert_int_equal(scan_uint64("11", 10, &value), -ERANGE);
    assert_int_equal(scan_uint64("-1", 10, &value), -EINVAL);
    assert_int_equal(scan_uint64("", 10, &value), -EINVAL);
    assert_true(value == 0);
}

static void assert_double(const char *text, double expected)
{
    double value = -77;

    assert_int_equal(scan_double(text, strlen(text), &value), 0);
    if (memcmp(&value, &expected, sizeof(value)) != 0) {
        fail_msg("%s became %.17g", text, value);
    }
}

static void test_double(void **state)
{
    static const char *const wrong[] = {"",    "-",    "+",     ".",    "-.",    " 1", "1 ",
                                        "1,5", "0x10", "nan",   "inf",  "-inf",  "1e", "1e-",
                                        "e5",  "--1",  "1.2.3", "1e5x", "1e5.0", "NaN"};
    double value = 77;

    (void)state;
    assert_double("0", 0.0);
    assert_double("-0", -0.0);
    assert_double("21.5", 21.5);
    assert_double("+.5", 0.5);
    assert_double("-3.", -3.0);
    assert_double("0.1", 0.1);
    assert_double("1013.25", 1013.25);
    assert_double("-1.25e-3", -0.00125);
    assert_double("1E22", 1e22);
    assert_double("123456789012345", 123456789012345.0);
    assert_double("100000000000000000000000000000", 1e29);
    assert_double("0.00000000000000000000000000000000000000000000000000", 0.0);
    assert_double("1e-99999999999", 0.0);
    assert_double("0e99999999999", 0.0);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(scan_double(wrong[i], strlen(wrong[i]), &value), -EINVAL);
    }
    assert_int_equal(scan_double("1e999", 5, &value), -ERANGE);
    assert_int_equal(scan_double("-1e999", 6, &value), -ERANGE);
    assert_true(value > 76 && value < 78);
    assert_int_equal(scan_double("12x", 2, &value), 0); /* reads no further than told */
    assert_true(value > 11 && value < 13);
    assert_int_equal(scan_double("1\00025", 4, &value), -EINVAL);

    char longest[SCAN_DOUBLE_MAX + 1];
    memset(longest, '1', sizeof(longest));
    assert_int_equal(scan_double(longest, SCAN_DOUBLE_MAX, &value), 0);
    assert_true(value > 1.1e63 && value < 1.2e63);
    assert_int_equal(scan_double(longest, SCAN_DOUBLE_MAX + 1, &value), -EINVAL);
}

static void test_bool(void **state)
{
    bool value = false;

    (void)state;
    const char *const yes[] = {"yes", "ON", "True", "1"};
    const char *const no[] = {"no", "Off", "FALSE", "0"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(scan_bool(yes[i], &value), 0);
        assert_true(value);
        assert_int_equal(scan_bool(no[i], &value), 0);
        assert_false(value);
    }
    assert_int_equal(scan_bool("maybe", &value), -EINVAL);
    assert_int_equal(scan_bool("", &value), -EINVAL);
    assert_int_equal(scan_bool("yes ", &value), -EINVAL);
}

static void assert_duration(const char *text, uint64_t expected_ms)
{
    uint64_t ms = 1;

    assert_int_equal(scan_duration_ms(text, UINT64_MAX, &ms), 0);
    assert_true(ms == expected_ms);
}

static void test_duration(void **state)
{
    uint64_t ms = 1;

    (void)state;
    assert_duration("500ms", 500);
    assert_duration("10s", 10000);
    assert_duration("10", 10000);
    assert_duration("5m", 300000);
    assert_duration("2h", 7200000);
    assert_duration("1d", 86400000);
    assert_duration("0", 0);
    assert_int_equal(scan_duration_ms("61s", 60000, &ms), -ERANGE);
    assert_int_equal(scan_duration_ms("99999999999999999d", UINT64_MAX, &ms), -ERANGE);
    const char *const wrong[] = {"", "s", "10 s", "10S", "10sec", "-1s", "1h30m", "1.5s"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(scan_duration_ms(wrong[i], 60000, &ms), -EINVAL);
    }
    assert_true(ms == 1);
}

static void test_size(void **state)
{
    uint64_t bytes = 1;

    (void)state;
    assert_int_equal(scan_size("4096", 1 << 20, &bytes), 0);
    assert_true(bytes == 4096);
    assert_int_equal(scan_size("64k", 1 << 20, &bytes), 0);
    assert_true(bytes == 65536);
    assert_int_equal(scan_size("1M", 1 << 20, &bytes), 0);
    assert_true(bytes == 1 << 20);
    assert_int_equal(scan_size("2G", UINT64_MAX, &bytes), 0);
    assert_true(bytes == UINT64_C(2) << 30);
    assert_int_equal(scan_size("2M", 1 << 20, &bytes), -ERANGE);
    assert_int_equal(scan_size("1kB", 1 << 20, &bytes), -EINVAL);
    assert_int_equal(scan_size("k", 1 << 20, &bytes), -EINVAL);
    assert_true(bytes == UINT64_C(2) << 30);
}

static void assert_host(const char *text, const char *expected, unsigned expected_port)
{
    char host[64];
    uint16_t port = 80;

    assert_int_equal(scan_host_port(text, host, sizeof(host), &port), 0);
    assert_string_equal(host, expected);
    assert_int_equal(port, expected_port);
}

static void test_host_port(void **state)
{
    (void)state;
    assert_host("blynk.cloud:8080", "blynk.cloud", 8080);
    assert_host("blynk-cloud.com", "blynk-cloud.com", 80);
    assert_host("10.0.0.1:1", "10.0.0.1", 1);
    assert_host("[2001:db8::1]:443", "2001:db8::1", 443);
    assert_host("[::1]", "::1", 80);
    assert_host("::1", "::1", 80);
    assert_host("my_host:65535", "my_host", 65535);
}

static void test_host_port_refuses(void **state)
{
    char host[12] = "as it was";
    uint16_t port = 80;

    (void)state;
    const char *const wrong[] = {"",       ":80",   "a:",     "a:b",   "a:80x",   "a b",    "a\"b:80", "[::1",
                                 "[::1]x", "[]:80", "[a]:80", "a:1:2", "a\r\n:8", "h;x:80", "a:-1",    "a/b"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(scan_host_port(wrong[i], host, sizeof(host), &port), -EINVAL);
    }
    assert_int_equal(scan_host_port("a:65536", host, sizeof(host), &port), -ERANGE);
    assert_int_equal(scan_host_port("a:0", host, sizeof(host), &port), -ERANGE);
    assert_int_equal(scan_host_port("twelve-bytes:8080", host, sizeof(host), &port), -ERANGE);
    assert_string_equal(host, "as it was");
    assert_int_equal(port, 80);
    assert_int_equal(scan_host_port("eleven-byte:81", host, sizeof(host), &port), 0);
    assert_string_equal(host, "eleven-byte");
}

static void test_ipv4(void **state)
{
    (void)state;
    assert_true(scan_is_ipv4("0.0.0.0"));
    assert_true(scan_is_ipv4("255.255.255.255"));
    const char *const wrong[] = {"",         "1.2.3",    "1.2.3.4.5", "256.1.1.1", "1.2.3.1000",
                                 "1..2.3",   ".1.2.3.4", "1.2.3.",    "1.2.3.4 ",  "a.b.c.d",
                                 "1.2.3.-4", "1,2,3,4",  "0001.2.3.4"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(scan_is_ipv4(wrong[i]));
    }
    assert_int_equal(scan_ipv4_prefix("10.1.2.3:80", 11), 8);
    assert_int_equal(scan_ipv4_prefix("10.1.2.34", 8), 8);
    assert_int_equal(scan_ipv4_prefix("10.1.2.", 7), 0);
    assert_int_equal(scan_ipv4_prefix("", 0), 0);
}

static void test_distance(void **state)
{
    char long_text[66];

    (void)state;
    memset(long_text, 'a', 65);
    long_text[65] = '\0';
    assert_int_equal(scan_distance("", ""), 0);
    assert_int_equal(scan_distance("token", "token"), 0);
    assert_int_equal(scan_distance("tokn", "token"), 1);
    assert_int_equal(scan_distance("kitten", "sitting"), 3);
    assert_int_equal(scan_distance("", "abc"), 3);
    assert_int_equal(scan_distance("abc", ""), 3);
    assert_int_equal(scan_distance(long_text, "a"), UINT_MAX);
    assert_int_equal(scan_distance("a", long_text), UINT_MAX);
    assert_int_equal(scan_distance(long_text + 1, ""), 64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_int),      cmocka_unit_test(test_int64),
        cmocka_unit_test(test_uint64),   cmocka_unit_test(test_double),
        cmocka_unit_test(test_bool),     cmocka_unit_test(test_duration),
        cmocka_unit_test(test_size),     cmocka_unit_test(test_host_port),
        cmocka_unit_test(test_ipv4),     cmocka_unit_test(test_host_port_refuses),
        cmocka_unit_test(test_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
