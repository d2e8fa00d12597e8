#include "trace_line.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *sign;
    enum trace_way way;
} signs[] = {
    {">> ", TRACE_WAY_TO_SERVER}, {"<< ", TRACE_WAY_FROM_SERVER}, {"-- ", TRACE_WAY_NOTE},
    {"> ", TRACE_WAY_TO_MODEM},   {"< ", TRACE_WAY_FROM_MODEM},
};

/* ---- taking apart ---- */

static const char *take_time(const char *text, struct trace_line *line)
{
    unsigned hour, minute, second, ms;
    int used = 0;

    if (sscanf(text, "%2u:%2u:%2u.%3u %n", &hour, &minute, &second, &ms, &used) != 4 || used != 13 ||
        hour > 23 || minute > 59 || second > 60) {
        return text;
    }
    memcpy(line->time, text, 12);
    line->ms_of_day = ((hour * 60 + minute) * 60 + second) * 1000 + ms;
    return text + used;
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
    int used = 0;

    for (const char *at = strstr(text, " (and "); at; at = strstr(at + 1, " (and ")) {
        begin = at;
    }
    if (!begin || sscanf(begin, " (and %lu bytes)%n", &count, &used) != 1 || !used || begin[used]) {
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
