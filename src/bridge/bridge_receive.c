/*
 * What comes from Blynk: writes become values and messages to subscribers, reads are answered from the last known
 * value, everything else is told on the channel `internal`.
 */
#include "bridge_parts.h"

#include "blynkd/at/trace.h"
#include "blynkd/base/log.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define INTERNAL_LINE_MAX (BLYNK_BODY_MAX + 8)

static void publish_text(struct bridge *bridge, const char *text)
{
    bridge_publish(bridge, BRIDGE_CHANNEL_INTERNAL, text, strlen(text));
}

/* ---- writes ---- */

static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    struct bridge *bridge = arg;
    char name[PIN_NAME_MAX];
    pin_id id;

    if (pin_make(kind, pin, &id)) {
        bridge->other_pins++;
        log_info("bridge", "a value for %c%u was dropped: pins above %d are not kept", kind - 'a' + 'A', pin,
                 PIN_NUMBERS - 1);
        return;
    }
    int error = pins_set(bridge->pins, id, value, len, sched_wall_ms(bridge->sched), PIN_FROM_BLYNK);
    if (error) {
        log_warning("bridge", "the value of %s was not kept: %s", pin_name(id, name), strerror(-error));
    }
    store_wake(bridge->store); /* it is kept even if nothing else is to be stored */
    hold_heard(bridge, id, value, len);
    bridge_history_pin(bridge, id, value, len, 0);
    bridge->writes_from_blynk++;
    bridge_publish(bridge, pin_name(id, name), value, len);
}

/* ---- reads ---- */

static void answer_with(struct bridge *bridge, pin_id pin, const struct pin_value *value, uint16_t id)
{
    const char operation[] = {(char)(pin_kind(pin) - 'A' + 'a'), 'w', '\0'};
    struct blynk_body body;

    blynk_body_init(&body);
    blynk_body_add_text(&body, operation);
    blynk_body_add_number(&body, pin_number(pin));
    blynk_body_add(&body, value->bytes, value->len);
    if (body.too_long ||
        blynk_session_request(link_session(bridge->link), BLYNK_HARDWARE, id, body.bytes, body.len, NULL)) {
        log_info("bridge", "a read of %c%u was not answered", pin_kind(pin), pin_number(pin));
    }
}

/*
 * `dr` and `ar` want the answer under their own id, and status 2 if there is none; the poll of a display (`vr`)
 * wants an ordinary write, or nothing (protocol sheet, 4 and 6.1). Programs hear of it too: they may have a newer
 * value.
 */
static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    struct bridge *bridge = arg;
    struct blynk_session *session = link_session(bridge->link);
    const struct pin_value *value = NULL;
    char text[24];
    pin_id number;

    if (pin_make(kind, pin, &number) == 0) {
        value = pins_get(bridge->pins, number);
    }
    if (value && value->len) {
        answer_with(bridge, number, value, kind == 'v' ? 0 : id);
    } else if (kind != 'v') {
        blynk_session_respond(session, id, BLYNK_STATUS_ILLEGAL_COMMAND);
    }
    snprintf(text, sizeof(text), "%cr %c%u", kind, kind - 'a' + 'A', pin);
    publish_text(bridge, text);
}

/* ---- the rest ---- */

/* Fields of a body as one line; bytes that no line may hold become question marks. */
static size_t line_of(const void *body, size_t len, char *line, size_t size)
{
    const char *bytes = body;
    size_t end = len && bytes[len - 1] == '\0' ? len - 1 : len;
    size_t at = 0;

    for (; at < end && at < size - 1; at++) {
        line[at] = bytes[at];
        if (iscntrl((unsigned char)bytes[at])) {
            line[at] = "? "[bytes[at] == '\0'];
        }
    }
    line[at] = '\0';
    return at;
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    char words[16];
    char text[40];

    line_of(mode, len, words, sizeof(words));
    snprintf(text, sizeof(text), "pm D%u %s", pin, words);
    publish_text(arg, text);
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    struct bridge *bridge = arg;
    char line[INTERNAL_LINE_MAX];

    if (bridge_requests_answer(bridge, frame)) {
        return;
    }
    if (line_of(frame->body, frame->body_len, line, sizeof(line))) {
        publish_text(bridge, line);
    }
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    char line[INTERNAL_LINE_MAX] = "dbg ";

    line_of(text, len, line + 4, sizeof(line) - 4);
    log_info("blynk", "the server says: %s", line + 4);
    publish_text(arg, line);
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    bridge_requests_on_response(arg, id, status);
}

static void on_round_trip(void *arg, uint32_t ms)
{
    bridge_history_round_trip(arg, ms);
    log_debug("blynk", "round trip %u ms", ms);
}

/* The header again as it was on the wire; a body that was too long to be kept counts with what is left of it. */
static void on_frame(void *arg, bool sent, const struct blynk_frame *frame)
{
    struct bridge *bridge = arg;
    enum trace_direction direction = sent ? TRACE_TO_SERVER : TRACE_FROM_SERVER;
    size_t last = frame->command == BLYNK_RESPONSE ? frame->status : frame->body_len;
    uint8_t header[BLYNK_HEADER_BYTES] = {frame->command, (uint8_t)(frame->id >> 8), (uint8_t)frame->id,
                                          (uint8_t)(last >> 8), (uint8_t)last};

    trace_bytes(bridge->trace, direction, header, sizeof(header), !frame->body_len);
    if (frame->body_len) {
        trace_bytes(bridge->trace, direction, frame->body, frame->body_len, true);
    }
}

const struct blynk_session_events bridge_session_events = {
    .on_write = on_write,
    .on_read = on_read,
    .on_mode = on_mode,
    .on_internal = on_internal,
    .on_response = on_response,
    .on_debug_print = on_debug_print,
    .on_round_trip = on_round_trip,
    .on_frame = on_frame,
    .on_sent = bridge_costs_sent,
    .on_received = bridge_costs_received,
};
