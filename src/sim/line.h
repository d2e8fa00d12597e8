/*
 * From the host's bytes to command lines and payloads: echo, line ends, counted bytes behind a prompt.
 * Owned by the modem; gives complete lines to at_submit() and complete payloads to at_payload().
 * It never interprets a command.
 */
#ifndef SIM_LINE_H
#define SIM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define LINE_BYTES_MAX   600
#define LINE_PAYLOAD_MAX 10240 /* of a file */

struct modem;

enum line_mode {
    LINE_COMMAND,
    LINE_COUNTED, /* so many bytes, whatever they are */
    LINE_TEXT     /* until 0x1A; ESC gives up */
};

struct line {
    enum line_mode mode;
    char text[LINE_BYTES_MAX];
    size_t length;
    bool overlong;
    bool after_return; /* the last byte was the end of a command line */
    bool feeds;        /* this host sends a line feed behind it */
    uint8_t payload[LINE_PAYLOAD_MAX];
    size_t payload_length, payload_wanted;
    uint64_t deaf_until_ms; /* see the variant prompt_wait_ms */
    uv_timer_t lone_escape;
};

void line_init(struct modem *modem);
void line_close(struct modem *modem);

/* Forgets what has been collected and waits for commands again. */
void line_reset(struct modem *modem);

void line_feed(struct modem *modem, const uint8_t *bytes, size_t count);

/* Counted bytes follow, or (count 0) text up to 0x1A. */
void line_expect_payload(struct modem *modem, size_t count);

#endif
