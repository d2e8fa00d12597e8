#include "session_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/net/stream.h"

#include <stdio.h>
#include <string.h>

#define STRANGE_MAX 8     /* so many senseless frames in a row mean that the framing is lost */
#define PIN_MAX     65535 /* sheet, 6.1: enterprise servers allow more than 255 */

void session_receive_reset(struct blynk_session *session)
{
    blynk_parser_init(&session->parser);
    blynk_parser_init(&session->sent_parser);
    session->strange = 0;
}

/* ---- fields ---- */

static bool field_is(const char *field, size_t len, const char *text)
{
    return len == strlen(text) && memcmp(field, text, len) == 0;
}

/* False: not a plain decimal number up to `max`. */
static bool field_number(const char *field, size_t len, unsigned max, unsigned *number)
{
    unsigned value = 0;

    if (len == 0 || len > 5) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (field[i] < '0' || field[i] > '9') {
            return false;
        }
        value = value * 10 + (unsigned)(field[i] - '0');
    }
    *number = value;
    return value <= max;
}

static void skip(struct blynk_session *session, const struct blynk_frame *frame, const char *why)
{
    session->info.skipped++;
    log_info("blynk", "skipped %s (id %u, %zu bytes): %s", blynk_command_name(frame->command), frame->id,
             frame->body_len, why);
}

/* ---- login ---- */

static void end_login(struct blynk_session *session, enum blynk_login result, const char *why)
{
    session->phase = SESSION_OVER;
    timer_stop(&session->timer);
    session->events.on_login(session->arg, result, why, NULL, 0);
}

static void on_login_answer(struct blynk_session *session, unsigned status)
{
    char why[120];

    if (status == BLYNK_STATUS_OK || status == BLYNK_STATUS_ALREADY_REGISTERED) {
        session->phase = SESSION_ONLINE;
        timer_stop(&session->timer);
        session_send_info(session);
        session->events.on_login(session->arg, BLYNK_LOGIN_OK, "logged in", NULL, 0);
        return;
    }
    session->info.errors++;
    if (status == BLYNK_STATUS_INVALID_TOKEN) {
        end_login(session, BLYNK_LOGIN_REFUSED, "the server does not know this token");
        return;
    }
    snprintf(why, sizeof(why), "the server answered the login with \"%s\"", blynk_status_name(status));
    end_login(session, BLYNK_LOGIN_FAILED, why);
}

/* Body: host, and maybe a port (sheet, 7.2). It may come at any time and with any id. */
static void on_redirect(struct blynk_session *session, const struct blynk_frame *frame)
{
    struct blynk_fields fields;
    char host[256];
    const char *field;
    size_t len;
    unsigned port = 0;

    blynk_fields_init(&fields, frame->body, frame->body_len);
    if (frame->cut || !blynk_fields_next(&fields, &field, &len) || len == 0 || len >= sizeof(host)) {
        end_login(session, BLYNK_LOGIN_FAILED, "the server sent us elsewhere without saying where");
        return;
    }
    memcpy(host, field, len);
    host[len] = '\0';
    if (blynk_fields_next(&fields, &field, &len) && !field_number(field, len, UINT16_MAX, &port)) {
        end_login(session, BLYNK_LOGIN_FAILED, "the server sent us to a port that is none");
        return;
    }
    session->phase = SESSION_OVER;
    timer_stop(&session->timer);
    session->events.on_login(session->arg, BLYNK_LOGIN_REDIRECT, "the server sends us to another one", host,
                             (uint16_t)port);
}

/* ---- what a logged-in session receives ---- */

static void on_response(struct blynk_session *session, const struct blynk_frame *frame)
{
    if (frame->status == BLYNK_STATUS_NOT_AUTHENTICATED) {
        session->info.errors++;
        session_die(session, "the server says that we are not logged in");
        return;
    }
    if (frame->status == BLYNK_STATUS_QUOTA) {
        session->info.errors++;
        session_slow_down(session, frame->id);
    } else if (session_ping_answered(session, frame->id)) {
        return;
    } else if (frame->status != BLYNK_STATUS_OK) {
        session->info.errors++;
        log_info("blynk", "the server answered message %u with \"%s\"", frame->id,
                 blynk_status_name(frame->status));
    }
    session_request_answered(session, frame->id);
    session->events.on_response(session->arg, frame->id, frame->status);
}

/* The values are what is left of the body, without one zero byte at its end. */
static void on_value(struct blynk_session *session, char kind, unsigned pin, struct blynk_fields *rest)
{
    const uint8_t *value = rest->next ? rest->next : (const uint8_t *)"";
    size_t len = rest->next ? (size_t)(rest->end - rest->next) : 0;

    if (len && value[len - 1] == 0) {
        len--;
    }
    session->events.on_write(session->arg, kind, pin, value, len);
}

static void on_modes(struct blynk_session *session, struct blynk_fields *fields)
{
    unsigned life = session->life;
    const char *pin, *mode;
    size_t pin_len, mode_len;
    unsigned number;

    while (life == session->life && blynk_fields_next(fields, &pin, &pin_len) &&
           blynk_fields_next(fields, &mode, &mode_len)) {
        if (field_number(pin, pin_len, PIN_MAX, &number)) {
            session->events.on_mode(session->arg, number, mode, mode_len);
        }
    }
}

static bool is_operation(const char *op, size_t len, char what)
{
    return len == 2 && op[1] == what && (op[0] == 'v' || op[0] == 'd' || op[0] == 'a');
}

static void on_hardware(struct blynk_session *session, const struct blynk_frame *frame)
{
    struct blynk_fields fields;
    const char *op, *pin;
    size_t op_len, pin_len;
    unsigned number;

    if (frame->cut) {
        skip(session, frame, "larger than we take");
        return;
    }
    blynk_fields_init(&fields, frame->body, frame->body_len);
    if (!blynk_fields_next(&fields, &op, &op_len)) {
        skip(session, frame, "empty");
        return;
    }
    if (field_is(op, op_len, "pm")) {
        on_modes(session, &fields);
        return;
    }
    bool is_write = is_operation(op, op_len, 'w');
    if (!is_write && !is_operation(op, op_len, 'r')) {
        skip(session, frame, "operation not known");
        blynk_session_respond(session, frame->id, BLYNK_STATUS_ILLEGAL_COMMAND); /* as the library does */
        return;
    }
    if (!blynk_fields_next(&fields, &pin, &pin_len) || !field_number(pin, pin_len, PIN_MAX, &number)) {
        skip(session, frame, "no usable pin");
        return;
    }
    if (is_write) {
        on_value(session, op[0], number, &fields);
        return;
    }
    session->events.on_read(session->arg, op[0], number, frame->id);
}

/* Also without room: five bytes that do not count against the rate limit (sheet, rule 9). */
static void answer_ping(struct blynk_session *session, uint16_t id)
{
    if (blynk_frame_encode_response(&session->out, id, BLYNK_STATUS_OK)) {
        log_info("blynk", "a PING of the server is not answered: too much is waiting");
        return;
    }
    session->info.messages_sent++;
}

static void on_strange(struct blynk_session *session, const struct blynk_frame *frame, const char *why)
{
    skip(session, frame, why);
    if (++session->strange >= STRANGE_MAX) {
        session_die(session, "what the server sends makes no sense any more");
    }
}

/* Answers with data carry the id of the request (sheet, 4). */
static void tell_requester(struct blynk_session *session, unsigned life, uint16_t id)
{
    if (life == session->life && session->phase == SESSION_ONLINE && session_request_answered(session, id)) {
        session->events.on_response(session->arg, id, BLYNK_STATUS_OK);
    }
}

static void on_online_frame(struct blynk_session *session, const struct blynk_frame *frame)
{
    unsigned life = session->life;

    switch ((enum blynk_command)frame->command) {
    case BLYNK_RESPONSE:
        on_response(session, frame);
        return;
    case BLYNK_PING:
        answer_ping(session, frame->id);
        return;
    case BLYNK_HARDWARE:
    case BLYNK_BRIDGE: /* as the library does (sheet, 5) */
        on_hardware(session, frame);
        tell_requester(session, life, frame->id);
        return;
    case BLYNK_INTERNAL:
        session->events.on_internal(session->arg, frame);
        tell_requester(session, life, frame->id);
        return;
    case BLYNK_REDIRECT:
        on_redirect(session, frame);
        return;
    case BLYNK_DEBUG_PRINT:
        session->events.on_debug_print(session->arg, (const char *)frame->body, frame->body_len);
        return;
    case BLYNK_LOGIN_OLD:
    case BLYNK_HW_LOGIN:
    case BLYNK_HARDWARE_SYNC:
    case BLYNK_PROPERTY:
    case BLYNK_GROUP:
    case BLYNK_EVENT_LOG:
    case BLYNK_EVENT_CLEAR:
        skip(session, frame, "only a device sends that");
        return;
    }
}

static void on_frame(struct blynk_session *session, const struct blynk_frame *frame)
{
    session->info.messages_received++;
    if (frame->id == 0) {
        on_strange(session, frame, "message id 0");
        return;
    }
    if (!blynk_command_known(frame->command)) {
        on_strange(session, frame, "command not known");
        return;
    }
    session->strange = 0;
    if (session->phase == SESSION_ONLINE) {
        on_online_frame(session, frame);
    } else if (frame->command == BLYNK_REDIRECT) {
        on_redirect(session, frame);
    } else if (frame->command == BLYNK_RESPONSE && frame->id == 1) {
        on_login_answer(session, frame->status);
    } else {
        skip(session, frame, "not logged in yet");
    }
}

static bool is_alive(const struct blynk_session *session, unsigned life)
{
    return life == session->life && (session->phase == SESSION_LOGIN || session->phase == SESSION_ONLINE);
}

void blynk_session_bytes(struct blynk_session *session, const uint8_t *data, size_t len)
{
    unsigned life = session->life;
    uint64_t messages = session->info.messages_received;
    size_t bytes = len;
    struct blynk_frame frame;

    if (!is_alive(session, life)) {
        return;
    }
    session->info.bytes_received += len;
    session->received_ms = sched_now_ms(session->sched);
    while (is_alive(session, life) && blynk_parser_next(&session->parser, &data, &len, &frame)) {
        if (session->events.on_frame) {
            session->events.on_frame(session->arg, false, &frame);
        }
        on_frame(session, &frame);
    }
    if (session->events.on_received) {
        session->events.on_received(session->arg, bytes,
                                    (size_t)(session->info.messages_received - messages));
    }
    if (is_alive(session, life)) {
        session_pump(session);
    }
}
