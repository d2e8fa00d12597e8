#include "reply.h"

#include <stdio.h>
#include <string.h>

#define DIGITS_MAX 20 /* of a 64-bit number, with the sign */

/* The digits of `number` up to `end`, at most DIGITS_MAX; returns the first. Hot: GET and PUBLISH come through. */
static char *format_number(char *end, unsigned long long number)
{
    char *at = end;

    do {
        *--at = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    return at;
}

static size_t put_head(uint8_t *to, char kind, unsigned long long number)
{
    char digits[DIGITS_MAX];
    char *end = digits + DIGITS_MAX;
    char *first = format_number(end, number);
    size_t len = (size_t)(end - first);

    to[0] = (uint8_t)kind;
    memcpy(to + 1, first, len);
    to[1 + len] = '\r';
    to[2 + len] = '\n';
    return len + 3;
}

static uint8_t *reserve(struct reply *reply, size_t len)
{
    uint8_t *to = reply->full ? NULL : buf_reserve(reply->buf, len);

    if (!to) {
        reply->full = true;
    }
    return to;
}

static void head(struct reply *reply, char kind, unsigned long long number)
{
    uint8_t *to = reserve(reply, DIGITS_MAX + 3);

    if (to) {
        buf_commit(reply->buf, put_head(to, kind, number));
    }
}

void reply_bytes(struct reply *reply, const void *bytes, size_t len)
{
    uint8_t *to = reserve(reply, len);

    if (to && len > 0) {
        memcpy(to, bytes, len);
        buf_commit(reply->buf, len);
    }
}

void reply_ok(struct reply *reply)
{
    reply_bytes(reply, "+OK\r\n", 5);
}

static void line(struct reply *reply, char kind, const char *text, size_t len)
{
    uint8_t *to = reserve(reply, len + 3);

    if (!to) {
        return;
    }
    to[0] = (uint8_t)kind;
    memcpy(to + 1, text, len);
    to[1 + len] = '\r';
    to[2 + len] = '\n';
    buf_commit(reply->buf, len + 3);
}

void reply_status(struct reply *reply, const char *word)
{
    line(reply, '+', word, strlen(word));
}

void reply_error_list(struct reply *reply, const char *format, va_list args)
{
    char text[REPLY_ERROR_MAX];
    int wanted = vsnprintf(text, sizeof(text), format, args);
    size_t len = wanted < 0 ? 0 : (size_t)wanted;

    if (len >= sizeof(text)) {
        len = sizeof(text) - 1;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte < ' ' || byte == 0x7F) {
            text[i] = ' ';
        }
    }
    line(reply, '-', text, len);
}

void reply_error(struct reply *reply, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    reply_error_list(reply, format, args);
    va_end(args);
}

void reply_integer(struct reply *reply, long long number)
{
    if (number >= 0) {
        head(reply, ':', (unsigned long long)number);
        return;
    }
    reply_bytes(reply, ":", 1);
    head(reply, '-', 0ULL - (unsigned long long)number);
}

static void blob(struct reply *reply, char kind, const char *prefix, size_t prefix_len, const void *bytes,
                 size_t len)
{
    uint8_t *to = reserve(reply, DIGITS_MAX + 5 + prefix_len + len);

    if (!to) {
        return;
    }
    size_t at = put_head(to, kind, prefix_len + len);
    memcpy(to + at, prefix, prefix_len);
    at += prefix_len;
    if (len > 0) {
        memcpy(to + at, bytes, len);
        at += len;
    }
    to[at] = '\r';
    to[at + 1] = '\n';
    buf_commit(reply->buf, at + 2);
}

void reply_bulk(struct reply *reply, const void *bytes, size_t len)
{
    blob(reply, '$', "", 0, bytes, len);
}

void reply_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, text, strlen(text));
}

void reply_null(struct reply *reply)
{
    reply_bytes(reply, reply->protocol == 3 ? "_\r\n" : "$-1\r\n", reply->protocol == 3 ? 3 : 5);
}

void reply_null_array(struct reply *reply)
{
    if (reply->protocol == 3) {
        reply_null(reply);
    } else {
        reply_bytes(reply, "*-1\r\n", 5);
    }
}

void reply_double(struct reply *reply, const char *decimal)
{
    if (reply->protocol == 3) {
        line(reply, ',', decimal, strlen(decimal));
    } else {
        reply_text(reply, decimal);
    }
}

void reply_verbatim(struct reply *reply, const void *text, size_t len)
{
    if (reply->protocol == 3) {
        blob(reply, '=', "txt:", 4, text, len);
    } else {
        reply_bulk(reply, text, len);
    }
}

void reply_array(struct reply *reply, size_t count)
{
    head(reply, '*', count);
}

void reply_map(struct reply *reply, size_t pairs)
{
    head(reply, reply->protocol == 3 ? '%' : '*', reply->protocol == 3 ? pairs : pairs * 2);
}

void reply_set(struct reply *reply, size_t count)
{
    head(reply, reply->protocol == 3 ? '~' : '*', count);
}

void reply_push(struct reply *reply, size_t count)
{
    head(reply, reply->protocol == 3 ? '>' : '*', count);
}
