/* The pure parts of the simulated cloud: frames, text, faults, quota. */
#include "cloud_client.h"

#include "sim/cloud_bytes.h"
#include "sim/cloud_fault.h"
#include "sim/cloud_frame.h"
#include "sim/cloud_quota.h"

static void test_frame_parse(void **state)
{
    static const uint8_t bytes[] = {20, 0x12, 0x34, 0, 3, 'a', 0, 'b'};
    static const uint8_t response[] = {0, 0, 1, 0, 200};
    struct cloud_frame frame;

    (void)state;
    for (size_t len = 0; len < sizeof bytes; len++)
        assert_int_equal(cloud_frame_parse(bytes, len, &frame), 0);
    assert_int_equal(cloud_frame_parse(bytes, sizeof bytes, &frame), sizeof bytes);
    assert_int_equal(frame.id, 0x1234);
    assert_int_equal(frame.length, 3);
    assert_int_equal(cloud_frame_parse(response, sizeof response, &frame), 5);
    assert_int_equal(frame.length, 200);
}

static void test_fields(void **state)
{
    struct cloud_field fields[4];

    (void)state;
    assert_int_equal(cloud_fields_split("", 0, fields, 4), 0);
    assert_int_equal(cloud_fields_split("a", 1, fields, 4), 1);
    assert_int_equal(cloud_fields_split("a\0", 2, fields, 4), 2);
    assert_int_equal(fields[1].len, 0);
    assert_int_equal(cloud_fields_split("\0\0", 2, fields, 4), 3);
    assert_int_equal(cloud_fields_split("vw\0"
                                        "1\0"
                                        "2\0"
                                        "3",
                                        8, fields, 3),
                     3);
    assert_int_equal(fields[2].len, 3);
    assert_memory_equal(fields[2].data,
                        "2\0"
                        "3",
                        3);
}

static void expect_utf8(const char *in, size_t len, const char *out)
{
    struct cloud_bytes bytes = {0};

    cloud_bytes_append_utf8(&bytes, in, len);
    assert_int_equal(bytes.len, strlen(out));
    assert_memory_equal(bytes.data, out, bytes.len);
    cloud_bytes_free(&bytes);
}

static void test_utf8(void **state)
{
    (void)state;
    expect_utf8("t\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", 10, "t\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80");
    expect_utf8("a\x80"
                "b",
                3,
                "a\xef\xbf\xbd"
                "b");
    expect_utf8("\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd");
    expect_utf8("\xe2\x82", 2, "\xef\xbf\xbd"); /* a cut character is one error */
    expect_utf8("\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    assert_int_equal(cloud_utf8_count("t\xc3\xa4\xe2\x82\xac", 6), 3);
}

static void test_json(void **state)
{
    struct cloud_bytes bytes = {0};

    (void)state;
    cloud_bytes_append_json(&bytes, "a\"\\\n\0", 5);
    cloud_bytes_append_byte(&bytes, 0);
    assert_string_equal((char *)bytes.data, "\"a\\\"\\\\\\u000a\\u0000\"");
    cloud_bytes_free(&bytes);
}

static void test_fault_limits(void **state)
{
    struct cloud_faults faults = {0};
    char error[100];

    (void)state;
    assert_int_equal(cloud_fault_set(&faults, "split:3;count=2", 100, error, sizeof error), 0);
    assert_non_null(cloud_fault_find(&faults, CLOUD_FAULT_SPLIT, 100));
    assert_int_equal((int)cloud_fault_take(&faults, CLOUD_FAULT_SPLIT, 100)->number, 3);
    assert_non_null(cloud_fault_take(&faults, CLOUD_FAULT_SPLIT, 100));
    assert_null(cloud_fault_take(&faults, CLOUD_FAULT_SPLIT, 100));
    assert_int_equal(cloud_fault_set(&faults, "slow:5;for=1.5", 100, error, sizeof error), 0);
    assert_non_null(cloud_fault_find(&faults, CLOUD_FAULT_SLOW, 1599));
    assert_null(cloud_fault_find(&faults, CLOUD_FAULT_SLOW, 1600));
    assert_int_equal(cloud_fault_set(&faults, "no-ping-answer", 0, error, sizeof error), 0);
    for (int i = 0; i < 1000; i++)
        assert_non_null(cloud_fault_take(&faults, CLOUD_FAULT_NO_PING_ANSWER, 0));
    assert_int_equal(cloud_fault_clear(&faults, "all"), 0);
    assert_null(cloud_fault_find(&faults, CLOUD_FAULT_NO_PING_ANSWER, 0));
    assert_int_equal(cloud_fault_set(&faults, "", 0, error, sizeof error), -EINVAL);
    assert_int_equal(cloud_fault_set(&faults, ";count=1", 0, error, sizeof error), -EINVAL);
    assert_int_equal(cloud_fault_set(&faults, "split:3;count=0", 0, error, sizeof error), -EINVAL);
}

static uint64_t mark_for(struct cloud_quota *quota, uint64_t now_ms, unsigned seconds, unsigned per_second)
{
    for (unsigned i = 0; i < seconds * per_second; i++)
        cloud_quota_mark(quota, now_ms + i * 1000 / per_second);
    return now_ms + seconds * 1000;
}

/* The average is taken over a minute: a burst of 5 s at 300/s is too much, an hour at 99/s is not. */
static void test_quota(void **state)
{
    struct cloud_quota quota;
    uint64_t now_ms;

    (void)state;
    cloud_quota_init(&quota, 1000);
    now_ms = mark_for(&quota, 1000, 3600, 99);
    assert_false(cloud_quota_exceeded(&quota, 100, now_ms));
    now_ms = mark_for(&quota, now_ms, 11, 300);
    assert_true(cloud_quota_exceeded(&quota, 100, now_ms));
    assert_false(cloud_quota_exceeded(&quota, 0, now_ms));
    assert_true(cloud_quota_may_warn(&quota, now_ms));
    assert_false(cloud_quota_may_warn(&quota, now_ms + 59999));
    assert_true(cloud_quota_may_warn(&quota, now_ms + 60000));
    assert_false(cloud_quota_exceeded(&quota, 100, now_ms + 30000)); /* it fades when nothing comes */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frame_parse), cmocka_unit_test(test_fields),       cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_json),        cmocka_unit_test(test_fault_limits), cmocka_unit_test(test_quota),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
