#include "resp.h"

#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NUMBER_LINE_MAX 24 /* '*' or '$', sign, 19 digits, CR LF: no valid count is longer */
#define ARG_BYTES_MIN   6  /* "$0\r\n\r\n" */

static enum resp_status broken(struct resp_parser *parser, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static enum resp_status broken(struct resp_parser *parser, const char *format, ...)
{
    static const char start[] = "Protocol error: ";
    va_list args;

    memcpy(parser->error, start, sizeof(start));
    va_start(args, format);
    vsnprintf(parser->error + sizeof(start) - 1, sizeof(parser->error) - sizeof(start) + 1, format, args);
    va_end(args);
    return RESP_BROKEN;
}

static enum resp_status more(struct resp_parser *parser, size_t need)
{
    parser->need = need;
    return RESP_MORE;
}

static enum resp_status complete(struct resp_parser *parser, struct resp_command *command, size_t bytes)
{
    parser->need = 0;
    parser->scanned = 0;
    command->bytes = bytes;
    return RESP_COMMAND;
}

/* ---- arrays of bulk strings ---- */

/* Reads "123\r\n" at `text`. The bytes used; 0: not all there; -1: not a number; -2: longer than any number. */
static int read_number(const uint8_t *text, size_t len, long *number)
{
    bool negative = len > 0 && text[0] == '-';
    size_t at = negative ? 1 : 0;
    size_t first = at;
    long value = 0;

    while (at < len && text[at] != '\r') {
        unsigned digit = text[at] - (unsigned)'0';
        if (at >= NUMBER_LINE_MAX - 3) {
            return -2;
        }
        if (digit > 9) {
            return -1;
        }
        value = value > 100000000L ? value : value * 10 + (long)digit; /* beyond every limit it may stay */
        at++;
    }
    if (at + 1 >= len) {
        return 0;
    }
    if (at == first || text[at + 1] != '\n') {
        return -1;
    }
    *number = negative ? -value : value;
    return (int)(at + 2);
}

static enum resp_status broken_number(struct resp_parser *parser, int why, const char *what,
                                      const char *string)
{
    return why == -2 ? broken(parser, "too big %s count string", string)
                     : broken(parser, "invalid %s length", what);
}

static enum resp_status parse_bulk(struct resp_parser *parser, uint8_t *data, size_t len, size_t *at,
                                   struct resp_arg *arg)
{
    long bytes = 0;

    if (*at >= len) {
        return more(parser, *at + ARG_BYTES_MIN);
    }
    if (data[*at] != '$') {
        unsigned char got = data[*at];
        return got > ' ' && got < 0x7F ? broken(parser, "expected '$', got '%c'", got)
                                       : broken(parser, "expected '$', got '\\x%02x'", got);
    }
    int used = read_number(data + *at + 1, len - *at - 1, &bytes);
    if (used < 0) {
        return broken_number(parser, used, "bulk", "bulk");
    }
    if (used == 0) {
        return more(parser, len + 1);
    }
    if (bytes < 0 || bytes > RESP_BULK_MAX) {
        return broken(parser, "invalid bulk length (0 to %d bytes)", RESP_BULK_MAX);
    }
    size_t start = *at + 1 + (size_t)used;
    size_t end = start + (size_t)bytes;
    if (end + 2 > RESP_COMMAND_MAX) {
        return broken(parser, "command over %d bytes", RESP_COMMAND_MAX);
    }
    if (end + 2 > len) {
        return more(parser, end + 2);
    }
    if (data[end] != '\r' || data[end + 1] != '\n') {
        return broken(parser, "bulk string is not followed by CR LF");
    }
    *arg = (struct resp_arg){.text = (char *)data + start, .len = (size_t)bytes};
    *at = end + 2;
    return RESP_COMMAND;
}

static enum resp_status parse_array(struct resp_parser *parser, uint8_t *data, size_t len,
                                    struct resp_command *command)
{
    long count = 0;
    int used = read_number(data + 1, len - 1, &count);

    if (used < 0) {
        return broken_number(parser, used, "multibulk", "mbulk");
    }
    if (used == 0) {
        return more(parser, len + 1);
    }
    if (count > RESP_ARGS_MAX) {
        return broken(parser, "invalid multibulk length (at most %d arguments)", RESP_ARGS_MAX);
    }
    size_t at = 1 + (size_t)used;
    size_t total = count < 0 ? 0 : (size_t)count;
    for (size_t i = 0; i < total; i++) {
        enum resp_status status = parse_bulk(parser, data, len, &at, &command->args[i]);
        if (status == RESP_MORE) {
            /* What must follow at least: keeps many tiny reads from parsing the same front again and again. */
            parser->need += ARG_BYTES_MIN * (total - i - 1);
        }
        if (status != RESP_COMMAND) {
            return status;
        }
    }
    command->count = total;
    return complete(parser, command, at);
}

/* ---- inline commands: a line of words, quoted as redis-cli does (sds.c, sdssplitargs) ---- */

struct line {
    const uint8_t *next;
    const uint8_t *end;
    uint8_t *out; /* where the next unescaped byte goes: never ahead of `next` */
};

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

static int hex_value(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

static uint8_t escaped_byte(uint8_t byte)
{
    switch (byte) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return byte;
    }
}

/* Behind a backslash in double quotes. */
static void take_escape(struct line *line)
{
    if (line->end - line->next >= 3 && line->next[0] == 'x' && hex_value(line->next[1]) >= 0 &&
        hex_value(line->next[2]) >= 0) {
        *line->out++ = (uint8_t)(hex_value(line->next[1]) * 16 + hex_value(line->next[2]));
        line->next += 3;
        return;
    }
    *line->out++ = escaped_byte(*line->next++);
}

/* Behind the opening quote, to behind the closing one. False: it is not closed, or something sticks to it. */
static bool take_quoted(struct line *line, uint8_t quote)
{
    while (line->next < line->end && *line->next != quote) {
        uint8_t byte = *line->next++;
        bool more_follows = line->next < line->end;
        if (byte == '\\' && more_follows && quote == '"') {
            take_escape(line);
        } else if (byte == '\\' && more_follows && *line->next == '\'') {
            *line->out++ = *line->next++;
        } else {
            *line->out++ = byte;
        }
    }
    if (line->next >= line->end) {
        return false;
    }
    line->next++;
    return line->next == line->end || is_blank(*line->next);
}

static bool take_word(struct line *line)
{
    while (line->next < line->end && !is_blank(*line->next)) {
        uint8_t byte = *line->next++;
        if (byte == '"' || byte == '\'') {
            return take_quoted(line, byte);
        }
        *line->out++ = byte;
    }
    return true;
}

static enum resp_status split_line(struct resp_parser *parser, uint8_t *data, size_t len,
                                   struct resp_command *command)
{
    struct line line = {.next = data, .end = data + len, .out = data};

    command->count = 0;
    for (;;) {
        while (line.next < line.end && is_blank(*line.next)) {
            line.next++;
        }
        if (line.next == line.end) {
            return RESP_COMMAND;
        }
        if (command->count == RESP_ARGS_MAX) {
            return broken(parser, "more than %d arguments", RESP_ARGS_MAX);
        }
        uint8_t *start = line.out;
        if (!take_word(&line)) {
            return broken(parser, "unbalanced quotes in request");
        }
        command->args[command->count++] =
            (struct resp_arg){.text = (char *)start, .len = (size_t)(line.out - start)};
    }
}

static enum resp_status parse_inline(struct resp_parser *parser, uint8_t *data, size_t len,
                                     struct resp_command *command)
{
    const uint8_t *end = memchr(data + parser->scanned, '\n', len - parser->scanned);
    size_t line_len = end ? (size_t)(end - data) : len;

    if (line_len > RESP_INLINE_MAX) {
        return broken(parser, "too big inline request");
    }
    if (!end) {
        parser->scanned = len;
        return more(parser, len + 1);
    }
    size_t bytes = line_len + 1;
    if (line_len > 0 && data[line_len - 1] == '\r') {
        line_len--;
    }
    enum resp_status status = split_line(parser, data, line_len, command);
    return status == RESP_COMMAND ? complete(parser, command, bytes) : status;
}

enum resp_status resp_parse(struct resp_parser *parser, uint8_t *data, size_t len,
                            struct resp_command *command)
{
    if (len == 0 || len < parser->need) {
        return RESP_MORE;
    }
    assert(parser->scanned <= len);
    return data[0] == '*' ? parse_array(parser, data, len, command)
                          : parse_inline(parser, data, len, command);
}
