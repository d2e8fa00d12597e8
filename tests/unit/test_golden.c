/*
 * Every golden frame (tests/unit/data/golden.tsv) is read by the parser and must show its fields, and is written
 * again from its fields and must show its bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH        TEST_SOURCE_DIR "/tests/unit/data/golden.tsv"
#define GOLDEN_LINE 16384
#define ENTRIES     289
#define FROM_DEVICE 135

struct golden {
    struct blynk_parser parser;
    unsigned entries;
    unsigned from_device;
    unsigned frames;
};

static size_t unhex(const char *hex, size_t digits, uint8_t *out)
{
    assert_int_equal(digits % 2, 0);
    for (size_t i = 0; i < digits / 2; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], 0};
        char *end;
        out[i] = (uint8_t)strtoul(pair, &end, 16);
        assert_ptr_equal(end, pair + 2);
    }
    return digits / 2;
}

/* The fields of one frame in text form: each through the reader of fields, and into a body under construction. */
static void check_fields(const struct blynk_frame *frame, const char *hex, struct blynk_body *body)
{
    static uint8_t expected[GOLDEN_LINE];
    struct blynk_fields fields;
    const char *field;
    size_t len;

    blynk_body_init(body);
    blynk_fields_init(&fields, frame->body, frame->body_len);
    while (*hex) {
        size_t digits = strcspn(hex, ",");
        size_t expected_len = unhex(hex, digits, expected);
        blynk_body_add(body, expected, expected_len);
        hex += digits;
        bool last = *hex == '\0';
        hex += last ? 0 : 1;
        if (!last || expected_len) {
            assert_true(blynk_fields_next(&fields, &field, &len));
            assert_int_equal(len, expected_len);
            assert_memory_equal(field, expected, len);
        }
        if (!last && *hex == '\0') { /* the comma was the last sign: an empty last field */
            blynk_body_add(body, "", 0);
        }
    }
    assert_false(blynk_fields_next(&fields, &field, &len));
}

/* Writes the frame from what the table says of it and compares with the bytes on the wire. */
static void check_encoding(unsigned command, uint16_t id, unsigned status, const struct blynk_body *body,
                           const uint8_t *wire, size_t wire_len)
{
    struct buf out;
    int result;

    buf_init(&out, BLYNK_HEADER_BYTES + BLYNK_SEND_BODY_MAX);
    if (command == BLYNK_RESPONSE) {
        result = blynk_frame_encode_response(&out, id, (uint16_t)status);
    } else {
        assert_false(body->too_long);
        result = blynk_frame_encode(&out, (enum blynk_command)command, id, body->bytes, body->len);
    }
    assert_int_equal(result, id ? 0 : -EINVAL); /* 0 is in the file as something the server might send */
    if (id) {
        assert_int_equal(buf_len(&out), wire_len);
        assert_memory_equal(buf_bytes(&out), wire, wire_len);
    }
    buf_free(&out);
}

static void check_frame(struct golden *golden, const struct blynk_frame *frame, const char *text,
                        const uint8_t *wire)
{
    static struct blynk_body body;
    unsigned command, id, third;
    int used = 0;

    assert_int_equal(sscanf(text, "%u:%u:%u%n", &command, &id, &third, &used), 3);
    assert_int_equal(frame->command, command);
    assert_int_equal(frame->id, id);
    assert_false(frame->cut);
    blynk_body_init(&body);
    if (command == BLYNK_RESPONSE) {
        assert_int_equal(frame->status, third);
    } else {
        assert_int_equal(frame->body_len, third);
        check_fields(frame, text[used] ? text + used + 1 : "", &body);
    }
    size_t wire_len = BLYNK_HEADER_BYTES + frame->body_len;
    check_encoding(command, (uint16_t)id, third, &body, wire, wire_len);
    golden->frames++;
}

/* `wire` holds all bytes since the last frame ended; the parser gets only those of this line. */
static void check_line(struct golden *golden, char *line)
{
    static uint8_t wire[GOLDEN_LINE];
    static size_t kept;
    struct blynk_frame frame;
    char *rest = NULL;

    assert_non_null(strtok_r(line, "\t", &rest));
    const char *direction = strtok_r(NULL, "\t", &rest);
    const char *hex = strtok_r(NULL, "\t", &rest);
    char *frames = strtok_r(NULL, "\t\n", &rest);
    assert_non_null(frames);

    golden->entries++;
    golden->from_device += *direction == 'd';
    size_t len = unhex(hex, strlen(hex), wire + kept);
    const uint8_t *data = wire + kept;
    const uint8_t *start = wire;
    kept += len;
    char *each = NULL;
    for (char *text = strtok_r(frames, " ", &each); text; text = strtok_r(NULL, " ", &each)) {
        bool found = blynk_parser_next(&golden->parser, &data, &len, &frame);
        if (strcmp(text, "-") == 0) {
            assert_false(found);
            return;
        }
        assert_true(found);
        check_frame(golden, &frame, text, start);
        start = data;
    }
    assert_int_equal(len, 0);
    kept = 0;
}

static void test_every_golden_frame(void **state)
{
    static struct golden golden;
    static char line[GOLDEN_LINE];
    FILE *file = fopen(PATH, "r");

    (void)state;
    assert_non_null(file);
    blynk_parser_init(&golden.parser);
    while (fgets(line, sizeof(line), file)) {
        if (line[0] != '#') {
            check_line(&golden, line);
        }
    }
    fclose(file);
    assert_int_equal(golden.entries, ENTRIES);
    assert_int_equal(golden.from_device, FROM_DEVICE);
    assert_int_equal(golden.frames, ENTRIES - 2 + 4); /* two pieces end no frame, one piece holds five */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_golden_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
