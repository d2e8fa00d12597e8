#include "out.h"

#include "modem.h"
#include "print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 2048

void out_print_answer(struct modem *modem)
{
    struct out *out = &modem->out;

    if (out->answer_length > 0)
        print_event("<<", "%s", out->answer);
    out->answer_length = 0;
}

static void trace(struct modem *modem, enum out_kind kind, const void *bytes, size_t count)
{
    struct out *out = &modem->out;
    size_t room = sizeof out->answer - out->answer_length;
    size_t shown;

    if (kind != OUT_ANSWER) {
        out_print_answer(modem);
        print_bytes("<<", bytes, count);
        return;
    }
    shown = print_escape(out->answer + out->answer_length, room, bytes, count);
    out->answer_length += strlen(out->answer + out->answer_length);
    if (shown < count) {
        out_print_answer(modem);
        print_bytes("<<", (const char *)bytes + shown, count - shown);
    }
}

void out_bytes(struct modem *modem, enum out_kind kind, const void *bytes, size_t count)
{
    if (kind == OUT_URC && fault_use(modem, FAULT_DROP_URC)) {
        print_event("--", "unsolicited line swallowed");
        return;
    }
    if (fault_is_mute(modem)) {
        print_event("--", "mute: %zu bytes not said", count);
        return;
    }
    trace(modem, kind, bytes, count);
    uart_write(&modem->uart, bytes, count);
}

void out_storm(struct modem *modem, bool glued)
{
    const char *const *lines = modem->profile->storm;
    struct out *out = &modem->out;
    char text[256];
    int length;

    if (out->storming ||
        !(fault_active(modem, FAULT_URC_STORM) || fault_active(modem, FAULT_URC_IN_ANSWER)) ||
        modem->power != POWER_ON)
        return;
    out->storming = true;
    if (lines[out->storm_next] == NULL)
        out->storm_next = 0;
    length = snprintf(text, sizeof text, "%s%s\r\n", glued ? "" : "\r\n", lines[out->storm_next++]);
    out_bytes(modem, OUT_URC, text, (size_t)length);
    out->storming = false;
}

void out_line(struct modem *modem, enum out_kind kind, const char *format, ...)
{
    char text[LINE_BYTES];
    va_list args;
    int length;
    size_t end;

    out_storm(modem, false);
    va_start(args, format);
    text[0] = '\r';
    text[1] = '\n';
    length = vsnprintf(text + 2, sizeof text - 8, format, args);
    va_end(args);
    end = 2 + (length < (int)sizeof text - 8 ? (size_t)length : sizeof text - 9);
    for (int lines = VARIANT_ON(modem, DOUBLE_CRLF) ? 2 : 1; lines > 0; lines--) {
        text[end++] = '\r';
        text[end++] = '\n';
    }
    out_bytes(modem, kind, text, end);
}

static const char *prompt_text(const struct modem *modem)
{
    if (modem->profile->family->prompt != NULL)
        return modem->profile->family->prompt(modem);
    return VARIANT_ON(modem, PROMPT_SPACE) ? "\r\n> " : "\r\n>";
}

void out_prompt(struct modem *modem)
{
    const char *text = prompt_text(modem);
    size_t end = strcspn(text, ">@") + 1;

    out_storm(modem, false);
    if (text[0] == '\0') {
        uart_mark(&modem->uart);
        return;
    }
    out_bytes(modem, OUT_ANSWER, text, end);
    uart_mark(&modem->uart); /* a host need not wait for the blank */
    if (text[end] != '\0')
        out_bytes(modem, OUT_ANSWER, text + end, strlen(text + end));
    out_print_answer(modem);
}
