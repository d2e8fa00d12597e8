/* Frames: header and body bytes, resumption at every split, skipping, fields, bodies under construction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void test_encodes_header_and_body(void **state)
{
    static const uint8_t expected[] = {20, 0x12, 0x34, 0, 8, 'v', 'w', 0, '1', 0, '1', '2', '3'};
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    assert_int_equal(blynk_frame_encode(&out, BLYNK_HARDWARE, 0x1234, "vw\0001\000123", 8), 0);
    assert_int_equal(buf_len(&out), sizeof(expected));
    assert_memory_equal(buf_bytes(&out), expected, sizeof(expected));
    buf_free(&out);
}

static void test_refuses_what_may_not_be_sent(void **state)
{
    static uint8_t body[BLYNK_SEND_BODY_MAX + 1];
    struct buf out;

    (void)state;
    buf_init(&out, 2000);
    assert_int_equal(blynk_frame_encode(&out, BLYNK_PING, 0, NULL, 0), -EINVAL);
    assert_int_equal(blynk_frame_encode_response(&out, 0, BLYNK_STATUS_OK), -EINVAL);
    assert_int_equal(blynk_frame_encode(&out, BLYNK_HARDWARE, 1, body, sizeof(body)), -EMSGSIZE);
    assert_int_equal(buf_len(&out), 0);
    assert_int_equal(blynk_frame_encode(&out, BLYNK_HARDWARE, 1, body, sizeof(body) - 1), 0);
    assert_int_equal(blynk_frame_encode(&out, BLYNK_HARDWARE, 2, body, sizeof(body) - 1), -ENOSPC);
    assert_int_equal(buf_len(&out), BLYNK_HEADER_BYTES + BLYNK_SEND_BODY_MAX);
    buf_free(&out);
}

/* PING, vw on V1, RESPONSE, an empty HARDWARE: every kind of boundary. */
static const uint8_t stream[] = {6, 0,   9,   0, 0, 20, 0, 10,  0,  7, 'v', 'w', 0, '1',
                                 0, '4', '2', 0, 0, 9,  0, 200, 20, 0, 11,  0,   0};

static void check_stream_frame(const struct blynk_frame *frame, size_t index)
{
    static const uint8_t commands[] = {6, 20, 0, 20};
    static const uint16_t ids[] = {9, 10, 9, 11};
    static const size_t lens[] = {0, 7, 0, 0};

    assert_true(index < 4);
    assert_int_equal(frame->command, commands[index]);
    assert_int_equal(frame->id, ids[index]);
    assert_int_equal(frame->body_len, lens[index]);
    assert_int_equal(frame->status, index == 2 ? 200 : 0);
    assert_int_equal(frame->body[frame->body_len], 0);
    assert_false(frame->cut);
    if (lens[index]) {
        assert_memory_equal(frame->body, "vw\0001\00042", 7);
    }
}

static size_t feed(struct blynk_parser *parser, const uint8_t *data, size_t len, size_t index)
{
    struct blynk_frame frame;

    while (blynk_parser_next(parser, &data, &len, &frame)) {
        check_stream_frame(&frame, index++);
    }
    assert_int_equal(len, 0);
    return index;
}

static void test_resumes_at_every_pair_of_splits(void **state)
{
    struct blynk_parser parser;

    (void)state;
    for (size_t first = 0; first <= sizeof(stream); first++) {
        for (size_t second = first; second <= sizeof(stream); second++) {
            blynk_parser_init(&parser);
            size_t count = feed(&parser, stream, first, 0);
            count = feed(&parser, stream + first, second - first, count);
            count = feed(&parser, stream + second, sizeof(stream) - second, count);
            assert_int_equal(count, 4);
        }
    }
}

static void test_takes_single_bytes(void **state)
{
    struct blynk_parser parser;
    size_t count = 0;

    (void)state;
    blynk_parser_init(&parser);
    for (size_t i = 0; i < sizeof(stream); i++) {
        count = feed(&parser, stream + i, 1, count);
    }
    assert_int_equal(count, 4);
}

/* One body of `len` bytes in pieces of `piece`, and a PING behind it. */
static void check_large_body(size_t len, size_t piece)
{
    uint8_t *bytes = malloc(len + 10);
    struct blynk_parser parser;
    struct blynk_frame frame;
    unsigned frames = 0;

    assert_non_null(bytes);
    memset(bytes, 'x', len + 10);
    memcpy(bytes, (uint8_t[]){20, 0, 1, (uint8_t)(len >> 8), (uint8_t)len}, 5);
    memcpy(bytes + 5 + len, (uint8_t[]){6, 0, 2, 0, 0}, 5);
    blynk_parser_init(&parser);
    for (size_t at = 0; at < len + 10;) {
        size_t left = len + 10 - at < piece ? len + 10 - at : piece;
        const uint8_t *data = bytes + at;
        at += left;
        while (blynk_parser_next(&parser, &data, &left, &frame)) {
            assert_int_equal(frame.id, ++frames);
            size_t kept = len < BLYNK_BODY_MAX ? len : BLYNK_BODY_MAX;
            assert_int_equal(frame.body_len, frames == 1 ? kept : 0);
            assert_int_equal(frame.cut, frames == 1 && len > BLYNK_BODY_MAX);
            assert_int_equal(frame.body[frame.body_len], 0);
        }
        assert_int_equal(left, 0);
    }
    assert_int_equal(frames, 2);
    free(bytes);
}

static void test_skips_what_is_too_large(void **state)
{
    (void)state;
    check_large_body(65535, 1460);
    check_large_body(65535, 65545);
    check_large_body(65535, 7);
    check_large_body(BLYNK_BODY_MAX, 1000);
    check_large_body(BLYNK_BODY_MAX + 1, 1000);
    check_large_body(BLYNK_BODY_MAX + 1, 1);
}

static void check_fields(const char *body, size_t len, size_t count, const char *const *expected)
{
    struct blynk_fields fields;
    const char *field;
    size_t field_len;

    blynk_fields_init(&fields, body, len);
    for (size_t i = 0; i < count; i++) {
        assert_true(blynk_fields_next(&fields, &field, &field_len));
        assert_int_equal(field_len, strlen(expected[i]));
        assert_memory_equal(field, expected[i], field_len);
    }
    assert_false(blynk_fields_next(&fields, &field, &field_len));
    assert_false(blynk_fields_next(&fields, &field, &field_len));
}

static void test_reads_fields(void **state)
{
    (void)state;
    check_fields("", 0, 0, NULL);
    check_fields("a", 1, 1, (const char *[]){"a"});
    check_fields("vw\0001\00042", 7, 3, (const char *[]){"vw", "1", "42"});
    check_fields("vw\0001\00042\0", 8, 3, (const char *[]){"vw", "1", "42"});
    check_fields("vw\0001\0", 5, 2, (const char *[]){"vw", "1"});
    check_fields("a\0\0b", 4, 3, (const char *[]){"a", "", "b"});
    check_fields("\0", 1, 1, (const char *[]){""});
    check_fields("\0\0", 2, 2, (const char *[]){"", ""});
}

static void test_builds_bodies(void **state)
{
    struct blynk_body body;

    (void)state;
    blynk_body_init(&body);
    blynk_body_add_text(&body, "vw");
    blynk_body_add_number(&body, -7);
    blynk_body_add(&body, "", 0);
    assert_false(body.too_long);
    assert_int_equal(body.len, 6);
    assert_memory_equal(body.bytes, "vw\000-7\0", 6);

    blynk_body_init(&body);
    blynk_body_add_text(&body, ""); /* an empty first field is a field */
    blynk_body_add_text(&body, "x");
    assert_int_equal(body.len, 2);
    assert_memory_equal(body.bytes, "\0x", 2);
}

static void test_body_over_the_limit_is_marked(void **state)
{
    static char text[BLYNK_SEND_BODY_MAX + 1];
    struct blynk_body body;

    (void)state;
    blynk_body_init(&body);
    blynk_body_add(&body, text, BLYNK_SEND_BODY_MAX);
    assert_false(body.too_long);
    blynk_body_add(&body, "", 0); /* needs its separator */
    assert_true(body.too_long);

    blynk_body_init(&body);
    blynk_body_add(&body, text, sizeof(text));
    assert_true(body.too_long);
    blynk_body_add_text(&body, "a"); /* stays marked */
    assert_true(body.too_long);
    blynk_body_init(&body);
    blynk_body_add(&body, text, SIZE_MAX);
    assert_true(body.too_long);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(blynk_command_name(BLYNK_HARDWARE), "HARDWARE");
    assert_string_equal(blynk_command_name(99), "command 99");
    assert_string_equal(blynk_status_name(BLYNK_STATUS_INVALID_TOKEN), "invalid token");
    assert_string_equal(blynk_status_name(65535), "status 65535");
    assert_true(blynk_command_known(41));
    assert_false(blynk_command_known(118));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encodes_header_and_body),
        cmocka_unit_test(test_refuses_what_may_not_be_sent),
        cmocka_unit_test(test_resumes_at_every_pair_of_splits),
        cmocka_unit_test(test_takes_single_bytes),
        cmocka_unit_test(test_skips_what_is_too_large),
        cmocka_unit_test(test_reads_fields),
        cmocka_unit_test(test_builds_bodies),
        cmocka_unit_test(test_body_over_the_limit_is_marked),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
