/*
 * Any bytes as a stream of frames: in one piece and cut into pieces the parser must find the same frames, and a
 * frame that we could have sent must come out of the encoder as it went in.
 */
#include "blynkd/blynk/frame.h"

#include <stdlib.h>
#include <string.h>

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static uint64_t digest_frame(uint64_t digest, const struct blynk_frame *frame)
{
    struct blynk_fields fields;
    const char *field;
    size_t len;

    require(frame->body[frame->body_len] == 0);
    require(frame->body_len <= BLYNK_BODY_MAX);
    digest = digest * 31 + frame->command;
    digest = digest * 31 + frame->id;
    digest = digest * 31 + frame->status;
    blynk_fields_init(&fields, frame->body, frame->body_len);
    while (blynk_fields_next(&fields, &field, &len)) {
        for (size_t i = 0; i < len; i++) {
            digest = digest * 31 + (uint8_t)field[i];
        }
        digest = digest * 31 + len;
    }
    return digest;
}

static void encode_again(const struct blynk_frame *frame, const uint8_t *wire)
{
    struct buf out;

    if (frame->id == 0 || frame->cut || frame->body_len > BLYNK_SEND_BODY_MAX) {
        return;
    }
    buf_init(&out, BLYNK_HEADER_BYTES + BLYNK_SEND_BODY_MAX);
    if (frame->command == BLYNK_RESPONSE) {
        require(blynk_frame_encode_response(&out, frame->id, frame->status) == 0);
    } else {
        enum blynk_command command = (enum blynk_command)frame->command;
        require(blynk_frame_encode(&out, command, frame->id, frame->body, frame->body_len) == 0);
    }
    require(memcmp(buf_bytes(&out), wire, buf_len(&out)) == 0);
    buf_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct blynk_parser parser;
    struct blynk_frame frame;
    const uint8_t *at = data;
    size_t left = size;
    uint64_t whole = 0, pieces = 0;

    blynk_parser_init(&parser);
    for (const uint8_t *start = at; blynk_parser_next(&parser, &at, &left, &frame); start = at) {
        whole = digest_frame(whole, &frame);
        encode_again(&frame, start);
    }
    require(left == 0);

    blynk_parser_init(&parser);
    at = data;
    while (at < data + size) {
        size_t piece = 1 + (size_t)(at - data) % 7;
        left = piece < (size_t)(data + size - at) ? piece : (size_t)(data + size - at);
        while (blynk_parser_next(&parser, &at, &left, &frame)) {
            pieces = digest_frame(pieces, &frame);
        }
        require(left == 0);
    }
    require(whole == pieces);
    return 0;
}
