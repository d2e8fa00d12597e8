#include "line.h"

#include "modem.h"
#include "print.h"

#include <string.h>

#define ESC            0x1B
#define CTRL_Z         0x1A
#define BACKSPACE      0x08
#define LONE_ESCAPE_MS 100

static void on_lone_escape(uv_timer_t *timer)
{
    struct modem *modem = timer->data;
    struct line *line = &modem->line;

    if (line->mode != LINE_COUNTED || line->payload_length != 1)
        return;
    print_event(">>", "ESC");
    line_reset(modem);
    at_cancelled(modem);
}

void line_init(struct modem *modem)
{
    uv_timer_init(modem->loop, &modem->line.lone_escape);
    modem->line.lone_escape.data = modem;
}

void line_close(struct modem *modem)
{
    uv_close((uv_handle_t *)&modem->line.lone_escape, NULL);
}

void line_reset(struct modem *modem)
{
    struct line *line = &modem->line;

    line->mode = LINE_COMMAND;
    line->length = 0;
    line->overlong = false;
    line->payload_length = 0;
    uv_timer_stop(&line->lone_escape);
}

void line_expect_payload(struct modem *modem, size_t count)
{
    struct line *line = &modem->line;

    line_reset(modem);
    line->mode = count > 0 ? LINE_COUNTED : LINE_TEXT;
    line->payload_wanted = count;
    line->deaf_until_ms = uv_now(modem->loop) + (uint64_t)VARIANT_NUMBER(modem, PROMPT_WAIT_MS);
}

/* Between prompt and payload u-blox wants some silence (2C). */
static bool comes_too_soon(struct modem *modem)
{
    if (uv_now(modem->loop) >= modem->line.deaf_until_ms)
        return false;
    print_event("--", "a byte of the payload came too soon and is lost");
    return true;
}

static void echo(struct modem *modem, const void *bytes, size_t count)
{
    if (modem->settings.echo && !fault_is_mute(modem))
        uart_write(&modem->uart, bytes, count);
}

/* ---- payload ---- */

static void payload_complete(struct modem *modem)
{
    struct line *line = &modem->line;

    print_bytes(">>", line->payload, line->payload_length);
    line->mode = LINE_COMMAND;
    line->length = 0;
    at_payload(modem);
}

static void payload_cancelled(struct modem *modem)
{
    print_event(">>", "ESC");
    line_reset(modem);
    at_cancelled(modem);
}

static bool text_ends(struct modem *modem, uint8_t byte)
{
    if (byte == ESC)
        payload_cancelled(modem);
    else if (byte == CTRL_Z)
        payload_complete(modem);
    else
        return false;
    return true;
}

static void escape_first(struct modem *modem)
{
    if (VARIANT_IS(modem, ESC_CANCELS, "lone"))
        uv_timer_start(&modem->line.lone_escape, on_lone_escape, LONE_ESCAPE_MS, 0);
    else if (VARIANT_IS(modem, ESC_CANCELS, "first"))
        payload_cancelled(modem);
}

/*
 * Hosts that end their lines with CRLF (1.1: tolerated) may write it byte by byte. The line feed belongs to the
 * command line, not to the payload, even if the prompt has been faster than it; a real prompt never is.
 */
static bool ends_command_line(struct line *line, uint8_t byte)
{
    bool after_return = line->after_return;

    line->after_return = false;
    return after_return && line->feeds && byte == '\n';
}

/* An M590 without its 0x0D never answers: whatever comes is swallowed up to the next one. */
static bool lacks_its_end(struct modem *modem, uint8_t byte)
{
    if ((modem->profile->families & FAMILY_NEOWAY) == 0 || !VARIANT_ON(modem, NEED_CR) ||
        modem->line.payload_length < modem->line.payload_wanted || byte == '\r')
        return false;
    print_event("--", "0x0D is missing behind the payload");
    modem->line.payload_length--;
    return true;
}

static void feed_payload(struct modem *modem, uint8_t byte)
{
    struct line *line = &modem->line;

    if (ends_command_line(line, byte) || comes_too_soon(modem))
        return;
    if (VARIANT_ON(modem, PAYLOAD_ECHO) || fault_active(modem, FAULT_ECHO_OF_PAYLOAD))
        echo(modem, &byte, 1);
    if (modem->quectel.echo && !fault_is_mute(modem))
        uart_write(&modem->uart, &byte, 1); /* AT+QISDE=1, whatever ATE says */
    if (line->mode == LINE_TEXT && text_ends(modem, byte))
        return;
    uv_timer_stop(&line->lone_escape);
    if (line->payload_length < sizeof line->payload)
        line->payload[line->payload_length++] = byte;
    if (line->mode == LINE_TEXT)
        return;
    if (line->payload_length == (line->payload_wanted + 1) / 2 &&
        fault_point_reached(modem, FAULT_AT_PAYLOAD))
        return;
    if (lacks_its_end(modem, byte))
        return;
    if (line->payload_length == line->payload_wanted)
        payload_complete(modem);
    else if (line->payload_length == 1 && byte == ESC)
        escape_first(modem);
}

/* ---- commands ---- */

static void line_complete(struct modem *modem)
{
    struct line *line = &modem->line;
    char text[LINE_BYTES_MAX];
    bool overlong = line->overlong;

    line->text[line->length] = '\0';
    memcpy(text, line->text, line->length + 1);
    line->length = 0;
    line->overlong = false;
    if (overlong)
        at_overlong(modem);
    else if (text[0] != '\0')
        at_submit(modem, text);
}

static void feed_command(struct modem *modem, uint8_t byte)
{
    struct line *line = &modem->line;
    size_t most = modem->profile->line_max;
    bool after_return = line->after_return;
    bool ends;

    if (line->after_return)
        line->feeds = byte == '\n';
    ends =
        byte == (modem->profile->needs_feed ? '\n' : '\r') && (after_return || !modem->profile->needs_feed);
    line->after_return = byte == '\r';
    if (byte == '\n' && !ends)
        return;
    if (byte == '\n')
        echo(modem, "\r\n", 2);
    else
        echo(modem, &byte, 1);
    if (ends)
        line_complete(modem);
    else if (byte == '\r')
        return;
    else if (byte == BACKSPACE && line->length > 0)
        line->length--;
    else if (line->length >= most || line->length + 1 >= sizeof line->text)
        line->overlong = true;
    else if (byte != '\0' && byte != BACKSPACE)
        line->text[line->length++] = (char)byte;
    if (modem->profile->repeats && line->length == 2 && memcmp(line->text, "A/", 2) == 0) {
        line->length = 0;
        at_repeat(modem);
    }
}

/* The byte count of `reboot:at=N-bytes`; true when this byte was the last before the reboot. */
static bool counts_down(struct modem *modem)
{
    struct fault *fault = &modem->faults.all[FAULT_REBOOT];

    if (!fault->active || fault->point != FAULT_AT_BYTES || --fault->number > 0)
        return false;
    return fault_point_reached(modem, FAULT_AT_BYTES);
}

/* Noise goes both ways. Lost bytes are never those of a send: what a send without one of them does to the
 * connection nobody could notice but TLS. */
static bool is_lost(struct modem *modem)
{
    static const uint8_t noise[] = {0xf8};

    if (fault_active(modem, FAULT_BAUD_MISMATCH)) {
        uart_write(&modem->uart, noise, sizeof noise);
        return true;
    }
    if (!fault_active(modem, FAULT_LOST_BYTES) || modem->line.mode != LINE_COMMAND ||
        strstr(modem->line.text, "SEND") || strstr(modem->line.text, "USOWR"))
        return false;
    return ++modem->fed % (unsigned)fault_number(modem, FAULT_LOST_BYTES) == 0;
}

void line_feed(struct modem *modem, const uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (modem_is_deaf(modem) || counts_down(modem))
            return;
        if (is_lost(modem))
            continue;
        if (modem->line.mode == LINE_COMMAND)
            feed_command(modem, bytes[i]);
        else
            feed_payload(modem, bytes[i]);
    }
}
