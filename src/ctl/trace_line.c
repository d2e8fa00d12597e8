#include "trace_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEFT_OUT_MAX 1000000000u

static const struct {
    const char *sign;
    enum trace_way way;
} signs[] = {
    {">> ", TRACE_WAY_TO_SERVER}, {"<< ", TRACE_WAY_FROM_SERVER}, {"-- ", TRACE_WAY_NOTE},
    {"> ", TRACE_WAY_TO_MODEM},   {"< ", TRACE_WAY_FROM_MODEM},
};

/* ---- taking apart ---- */

/* "12:34:56.789 ", as numbers of two, two, two and three digits. */
static const char *take_time(const char *text, struct trace_line *line)
{
    static const char shape[] = "00:00:00.000 ";
    unsigned digits[sizeof(shape)];
    size_t count = 0;

    for (size_t i = 0; shape[i]; i++) {
        bool is_digit = text[i] >= '0' && text[i] <= '9';
        if (shape[i] == '0' ? !is_digit : text[i] != shape[i]) {
            return text;
        }
        if (is_digit) {
            digits[count++] = (unsigned)(text[i] - '0');
        }
    }
    unsigned minutes = (digits[0] * 10 + digits[1]) * 60 + digits[2] * 10 + digits[3];
    unsigned ms = (digits[6] * 10 + digits[7]) * 10 + digits[8];
    line->ms_of_day = (minutes * 60 + digits[4] * 10 + digits[5]) * 1000 + ms;
    memcpy(line->time, text, sizeof(line->time) - 1);
    return text + sizeof(shape) - 1;
}

static const char *take_way(const char *text, struct trace_line *line)
{
    for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
        size_t len = strlen(signs[i].sign);
        if (strncmp(text, signs[i].sign, len) == 0) {
            line->way = signs[i].way;
            return text + len;
        }
    }
    return text;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte behind a backslash; how many characters it takes, the backslash included. */
static size_t unescape(const char *text, uint8_t *byte)
{
    int high = text[1] == 'x' ? hex_digit(text[2]) : -1;
    int low = high >= 0 ? hex_digit(text[3]) : -1;

    if (low >= 0) {
        *byte = (uint8_t)(high << 4 | low);
        return 4;
    }
    *byte = (uint8_t)(text[1] == 'r' ? '\r' : text[1] == 'n' ? '\n' : '\\');
    return text[1] ? 2 : 1;
}

/* " (and 300 bytes)" at the end of a line: what the daemon has not kept. */
static size_t take_left_out(const char *text, size_t *len)
{
    const char *begin = NULL;
    unsigned long count;
    char *end;

    for (const char *at = strstr(text, " (and "); at; at = strstr(at + 1, " (and ")) {
        begin = at;
    }
    if (!begin || begin[strlen(" (and ")] < '0' || begin[strlen(" (and ")] > '9') {
        return 0;
    }
    count = strtoul(begin + strlen(" (and "), &end, 10);
    if (strcmp(end, " bytes)") != 0 || count > LEFT_OUT_MAX) {
        return 0;
    }
    *len = (size_t)(begin - text);
    return count;
}

void trace_line_parse(const char *text, struct trace_line *line)
{
    line->time[0] = '\0';
    line->time[12] = '\0';
    line->ms_of_day = 0;
    line->way = TRACE_WAY_NOTE;
    line->len = 0;
    text = take_way(take_time(text, line), line);
    size_t len = strlen(text);
    line->left_out = line->way == TRACE_WAY_NOTE ? 0 : take_left_out(text, &len);
    for (size_t at = 0; at < len && line->len < sizeof(line->bytes); line->len++) {
        if (text[at] == '\\') {
            at += unescape(text + at, &line->bytes[line->len]);
        } else {
            line->bytes[line->len] = (uint8_t)text[at++];
        }
    }
}

/* ---- for people ---- */

static bool is_data(uint8_t byte)
{
    return byte < ' ' || byte >= 0x7f;
}

void trace_line_text(const struct trace_line *line, char *out, size_t size)
{
    size_t shown = 0;

    while (shown < line->len && shown + 1 < size && !is_data(line->bytes[shown])) {
        out[shown] = (char)line->bytes[shown];
        shown++;
    }
    out[shown] = '\0';
    if (line->len + line->left_out > shown) {
        snprintf(out + shown, size - shown, "[%zu bytes of data]", line->len + line->left_out - shown);
    }
}
