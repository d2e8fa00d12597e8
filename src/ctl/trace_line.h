/*
 * One line of the daemon's trace taken apart: when, which way, and the bytes as they were (secrets stay masked).
 * Pure; it owns nothing but what the caller's struct holds, and a line that makes no sense is a note.
 */
#ifndef BLYNKD_CTL_TRACE_LINE_H
#define BLYNKD_CTL_TRACE_LINE_H

#include <stddef.h>
#include <stdint.h>

#define TRACE_LINE_BYTES 2048 /* the daemon keeps 1,024 bytes of a run; a mask can only shorten */

enum trace_way {
    TRACE_WAY_NOTE,
    TRACE_WAY_TO_MODEM,
    TRACE_WAY_FROM_MODEM,
    TRACE_WAY_TO_SERVER,
    TRACE_WAY_FROM_SERVER
};

struct trace_line {
    char time[13];      /* "12:34:56.789"; "" if the line has none */
    uint32_t ms_of_day; /* the same */
    enum trace_way way;
    size_t len;
    size_t left_out; /* bytes of the run that the daemon has not kept */
    uint8_t bytes[TRACE_LINE_BYTES];
};

void trace_line_parse(const char *text, struct trace_line *line);

/* For people: "AT+CSQ", "[37 bytes of data]", "+CIPRCV:0,5,[5 bytes of data]". Zero-terminated, cut to size. */
void trace_line_text(const struct trace_line *line, char *out, size_t size);

#endif
