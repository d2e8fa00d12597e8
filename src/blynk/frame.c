#include "blynkd/blynk/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

const char *blynk_command_name(unsigned command)
{
    static char unknown[sizeof("command ") + 10];

    switch ((enum blynk_command)command) {
#define BLYNK_CASE(name, code, words)                                                                        \
    case name:                                                                                               \
        return words;
        BLYNK_COMMANDS(BLYNK_CASE)
#undef BLYNK_CASE
    }
    snprintf(unknown, sizeof(unknown), "command %u", command);
    return unknown;
}

const char *blynk_status_name(unsigned status)
{
    static char unknown[sizeof("status ") + 10];

    switch ((enum blynk_status)status) {
#define BLYNK_CASE(name, code, words)                                                                        \
    case name:                                                                                               \
        return words;
        BLYNK_STATUSES(BLYNK_CASE)
#undef BLYNK_CASE
    }
    snprintf(unknown, sizeof(unknown), "status %u", status);
    return unknown;
}

bool blynk_command_known(unsigned command)
{
    switch ((enum blynk_command)command) {
#define BLYNK_CASE(name, code, words) case name:
        BLYNK_COMMANDS(BLYNK_CASE)
#undef BLYNK_CASE
        return true;
    }
    return false;
}

static void put_header(uint8_t *header, unsigned command, unsigned id, size_t length_or_status)
{
    header[0] = (uint8_t)command;
    header[1] = (uint8_t)(id >> 8);
    header[2] = (uint8_t)id;
    header[3] = (uint8_t)(length_or_status >> 8);
    header[4] = (uint8_t)length_or_status;
}

static uint16_t get_be16(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

int blynk_frame_encode(struct buf *out, enum blynk_command command, uint16_t id, const void *body, size_t len)
{
    assert(command != BLYNK_RESPONSE);
    if (id == 0) {
        return -EINVAL;
    }
    if (len > BLYNK_SEND_BODY_MAX) {
        return -EMSGSIZE;
    }
    uint8_t *bytes = buf_reserve(out, BLYNK_HEADER_BYTES + len);
    if (!bytes) {
        return -ENOSPC;
    }
    put_header(bytes, command, id, len);
    if (len) {
        memcpy(bytes + BLYNK_HEADER_BYTES, body, len);
    }
    buf_commit(out, BLYNK_HEADER_BYTES + len);
    return 0;
}

int blynk_frame_encode_response(struct buf *out, uint16_t id, uint16_t status)
{
    uint8_t header[BLYNK_HEADER_BYTES];

    if (id == 0) {
        return -EINVAL;
    }
    put_header(header, BLYNK_RESPONSE, id, status);
    return buf_append(out, header, sizeof(header)) ? -ENOSPC : 0;
}

void blynk_parser_init(struct blynk_parser *parser)
{
    parser->header_len = 0;
    parser->body_len = 0;
    parser->body_total = 0;
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* True when the header is complete. */
static bool take_header(struct blynk_parser *parser, const uint8_t **data, size_t *len)
{
    size_t take = smaller(BLYNK_HEADER_BYTES - parser->header_len, *len);

    if (parser->header_len == BLYNK_HEADER_BYTES) {
        return true;
    }
    if (take) {
        memcpy(parser->header + parser->header_len, *data, take);
        parser->header_len += take;
        *data += take;
        *len -= take;
    }
    if (parser->header_len < BLYNK_HEADER_BYTES) {
        return false;
    }
    parser->body_len = 0;
    parser->body_total = parser->header[0] == BLYNK_RESPONSE ? 0 : get_be16(parser->header + 3);
    return true;
}

/* True when the body is complete; what is beyond BLYNK_BODY_MAX is only counted. */
static bool take_body(struct blynk_parser *parser, const uint8_t **data, size_t *len)
{
    size_t take = smaller(parser->body_total - parser->body_len, *len);

    if (take && parser->body_len < BLYNK_BODY_MAX) {
        memcpy(parser->body + parser->body_len, *data, smaller(take, BLYNK_BODY_MAX - parser->body_len));
    }
    parser->body_len += take;
    *data += take;
    *len -= take;
    return parser->body_len == parser->body_total;
}

bool blynk_parser_next(struct blynk_parser *parser, const uint8_t **data, size_t *len,
                       struct blynk_frame *frame)
{
    if (!take_header(parser, data, len) || !take_body(parser, data, len)) {
        return false;
    }
    size_t kept = smaller(parser->body_total, BLYNK_BODY_MAX);
    parser->body[kept] = 0;
    *frame = (struct blynk_frame){
        .command = parser->header[0],
        .id = get_be16(parser->header + 1),
        .status = parser->header[0] == BLYNK_RESPONSE ? get_be16(parser->header + 3) : 0,
        .body = parser->body,
        .body_len = kept,
        .cut = parser->body_total > kept,
    };
    blynk_parser_init(parser); /* the body's bytes stay where they are until the next call */
    return true;
}

void blynk_fields_init(struct blynk_fields *fields, const void *body, size_t len)
{
    fields->next = len ? body : NULL;
    fields->end = len ? fields->next + len : NULL;
}

bool blynk_fields_next(struct blynk_fields *fields, const char **field, size_t *len)
{
    if (!fields->next) {
        return false;
    }
    size_t left = (size_t)(fields->end - fields->next);
    const uint8_t *zero = memchr(fields->next, 0, left);
    *field = (const char *)fields->next;
    *len = zero ? (size_t)(zero - fields->next) : left;
    fields->next = zero && zero + 1 < fields->end ? zero + 1 : NULL;
    return true;
}

void blynk_body_init(struct blynk_body *body)
{
    body->len = 0;
    body->any = false;
    body->too_long = false;
}

void blynk_body_add(struct blynk_body *body, const void *field, size_t len)
{
    size_t separator = body->any ? 1 : 0;

    if (body->too_long || len > sizeof(body->bytes) - body->len ||
        separator > sizeof(body->bytes) - body->len - len) {
        body->too_long = true;
        return;
    }
    if (separator) {
        body->bytes[body->len++] = 0;
    }
    if (len) {
        memcpy(body->bytes + body->len, field, len);
        body->len += len;
    }
    body->any = true;
}

void blynk_body_add_text(struct blynk_body *body, const char *text)
{
    blynk_body_add(body, text, strlen(text));
}

void blynk_body_add_number(struct blynk_body *body, long long number)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", number);
    blynk_body_add_text(body, text);
}
