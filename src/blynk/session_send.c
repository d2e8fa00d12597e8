#include "session_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/net/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#define OWN_MAX_BYTES   8192
#define OUT_MAX_BYTES   65536
#define OUT_SPARE_BYTES 4096 /* of it for our own frames and for one frame larger than the room */
#define ANNOUNCED_BUFFER                                                                                     \
    4096 /* "buff-in": the largest frame the server may send, header included (sheet, 9) */

void session_send_init(struct blynk_session *session)
{
    buf_init(&session->own, OWN_MAX_BYTES);
    buf_init(&session->out, OUT_MAX_BYTES);
    session_rate_init(session);
}

/* The rate limit is not reset: it belongs to the device, not to a connection. */
void session_send_reset(struct blynk_session *session)
{
    buf_clear(&session->own);
    buf_clear(&session->out);
    memset(session->requests, 0, sizeof(session->requests));
    session->last_id = 0;
    session->ping_count = 0;
    session->ping_due = false;
    session->confirm_due = false;
    session->over_quota = false;
    session->unpinged = 0;
    session->room_max = 0;
    session->source_ms = 0;
    session->pause_ms = 0;
}

/* ---- ids ---- */

static bool id_in_use(const struct blynk_session *session, uint16_t id)
{
    for (unsigned i = 0; i < session->ping_count; i++) {
        if (session->pings[i].id == id) {
            return true;
        }
    }
    for (unsigned i = 0; i < SESSION_REQUESTS; i++) {
        if (session->requests[i] == id) {
            return true;
        }
    }
    return false;
}

uint16_t blynk_session_next_id(struct blynk_session *session)
{
    do {
        session->last_id = session->last_id == UINT16_MAX ? 1 : (uint16_t)(session->last_id + 1);
    } while (id_in_use(session, session->last_id));
    return session->last_id;
}

bool session_request_answered(struct blynk_session *session, uint16_t id)
{
    for (unsigned i = 0; i < SESSION_REQUESTS; i++) {
        if (id && session->requests[i] == id) {
            session->requests[i] = 0;
            return true;
        }
    }
    return false;
}

/* ---- frames of the session's own ---- */

void session_send_login(struct blynk_session *session)
{
    uint16_t id = blynk_session_next_id(session);

    assert(id == 1); /* the server knows hardware by it (sheet, rule 2) */
    int error = blynk_frame_encode(&session->out, BLYNK_HW_LOGIN, id, session->config.token,
                                   strlen(session->config.token));
    if (error) {
        log_error("blynk", "no memory for the login");
        return;
    }
    session_rate_charge(session, 1);
    session_pump(session);
}

/* Begins with `ver`: the legacy server looks at the first key only (sheet, 6.4). `con`, not `conn`. */
void session_send_info(struct blynk_session *session)
{
    const struct blynk_session_config *config = &session->config;
    struct blynk_body body;

    blynk_body_init(&body);
    blynk_body_add_text(&body, "ver");
    blynk_body_add_text(&body, BLYNKD_VERSION);
    blynk_body_add_text(&body, "h-beat");
    blynk_body_add_number(&body, (config->heartbeat_ms + 999) / 1000);
    blynk_body_add_text(&body, "buff-in");
    blynk_body_add_number(&body, ANNOUNCED_BUFFER);
    blynk_body_add_text(&body, "dev");
    blynk_body_add_text(&body, "Linux");
    if (config->template_id[0]) {
        blynk_body_add_text(&body, "tmpl");
        blynk_body_add_text(&body, config->template_id);
        blynk_body_add_text(&body, "fw-type");
        blynk_body_add_text(&body, config->template_id);
    }
    blynk_body_add_text(&body, "fw");
    blynk_body_add_text(&body, config->firmware_version[0] ? config->firmware_version : BLYNKD_VERSION);
    blynk_body_add_text(&body, "build");
    blynk_body_add_text(&body, __DATE__ " " __TIME__);
    if (config->connection[0]) {
        blynk_body_add_text(&body, "con");
        blynk_body_add_text(&body, config->connection);
    }
    assert(!body.too_long);
    if (blynk_frame_encode(&session->own, BLYNK_INTERNAL, blynk_session_next_id(session), body.bytes,
                           body.len)) {
        log_warning("blynk", "the info message was not sent: too much is waiting");
    }
}

int blynk_session_request(struct blynk_session *session, enum blynk_command command, uint16_t id,
                          const void *body, size_t len, uint16_t *used_id)
{
    if (session->phase != SESSION_ONLINE) {
        return -ENOTCONN;
    }
    uint16_t number = id ? id : blynk_session_next_id(session);
    int error = blynk_frame_encode(&session->own, command, number, body, len);
    if (error) {
        return error == -ENOSPC ? -ENOBUFS : error;
    }
    if (!id) {
        session->requests[session->next_request++ % SESSION_REQUESTS] = number;
    }
    if (used_id) {
        *used_id = number;
    }
    task_post(session->sched, &session->pump);
    return 0;
}

int blynk_session_respond(struct blynk_session *session, uint16_t id, enum blynk_status status)
{
    if (session->phase != SESSION_ONLINE) {
        return -ENOTCONN;
    }
    int error = blynk_frame_encode_response(&session->own, id, (uint16_t)status);
    if (error) {
        return error == -ENOSPC ? -ENOBUFS : error;
    }
    task_post(session->sched, &session->pump);
    return 0;
}

static size_t frame_size(const uint8_t *bytes)
{
    return BLYNK_HEADER_BYTES + (bytes[0] == BLYNK_RESPONSE ? 0 : (size_t)(bytes[3] << 8 | bytes[4]));
}

static void move_own(struct blynk_session *session)
{
    while (buf_len(&session->own) && buf_room(&session->out) > OUT_SPARE_BYTES / 2 &&
           session_rate_allowed(session)) {
        size_t size = frame_size(buf_bytes(&session->own));
        if (buf_append(&session->out, buf_bytes(&session->own), size)) {
            return;
        }
        buf_consume(&session->own, size);
        session_rate_charge(session, 1);
    }
}

/* ---- what the source has ---- */

static size_t source_room(struct blynk_session *session)
{
    size_t room = stream_room(session->stream);
    size_t used = buf_len(&session->out);

    if (room > OUT_MAX_BYTES - OUT_SPARE_BYTES) {
        room = OUT_MAX_BYTES - OUT_SPARE_BYTES;
    }
    if (room > session->room_max) {
        session->room_max = room;
    }
    return room > used ? room - used : 0;
}

/* A room that is smaller than usual must not hold back what does not fit: the stream takes a part of it and says
 * when it has room for the rest. */
static size_t fill(struct blynk_session *session, size_t room, size_t allowed)
{
    const struct blynk_source *source = &session->source;
    bool full = session_rate_is_full(session);
    bool most = full && buf_len(&session->out) == 0 && room == session->room_max;
    size_t sent = source->fill(source->arg, session, &session->out, room, allowed, most, &session->mark);

    if (!sent && buf_len(&session->out) == 0 && room < session->room_max) {
        room = session->room_max < OUT_SPARE_BYTES ? session->room_max : OUT_SPARE_BYTES;
        sent = source->fill(source->arg, session, &session->out, room, allowed, full, &session->mark);
    }
    return sent;
}

/* One message of the rate is kept for the PING that is to confirm, which must not starve; but not for one that
 * cannot be sent, and not the only one. */
static size_t place_for_ping(const struct blynk_session *session, size_t allowed)
{
    bool late = session->config.confirm_messages && session->unpinged >= session->config.confirm_messages;

    return session->confirm_due && session->ping_count < SESSION_PINGS && (allowed > 1 || (late && allowed));
}

/*
 * Once the rate limit is reached, half a burst is gathered before the next send: a send through a modem costs a
 * command and a TCP header, and what waits in the outbox waits anyway.
 */
static void take_from_source(struct blynk_session *session)
{
    uint64_t now_ms = sched_now_ms(session->sched);
    size_t room = source_room(session);
    size_t allowed = session_rate_allowed(session);
    size_t sent = 0;

    size_t kept = place_for_ping(session, allowed);
    allowed -= kept;
    if (!room || now_ms < session->source_ms || !session->source.waiting(session->source.arg)) {
        return;
    }
    if (allowed) {
        sent = fill(session, room, allowed);
        session_rate_charge(session, sent);
        session->unpinged += (uint32_t)sent;
    }
    if (!session->config.rate_per_s) {
        return;
    }
    if (sent == allowed) {
        session->source_ms =
            session_rate_due_ms(session, session->config.burst > 1 ? session->config.burst / 2 : 1);
    } else if (sent == 0 && !session_rate_is_full(session)) {
        session->source_ms =
            session_rate_due_ms(session, (uint32_t)(allowed + kept) + 1); /* a group wants more at once */
    }
}

static bool wants_confirmation(const struct blynk_session *session)
{
    if (!session->unpinged) {
        return false;
    }
    if (session->config.confirm_messages && session->unpinged >= session->config.confirm_messages) {
        return true;
    }
    return session->confirm_due && !session->source.waiting(session->source.arg);
}

static bool is_pausing(const struct blynk_session *session)
{
    return sched_now_ms(session->sched) < session->pause_ms;
}

static void gather(struct blynk_session *session)
{
    if (session->phase != SESSION_ONLINE) {
        return;
    }
    if (session->ping_due) {
        session_ping_put(session);
    }
    if (session->over_quota) {
        return; /* until the PING is answered */
    }
    move_own(session);
    take_from_source(session);
    if (wants_confirmation(session)) {
        session->confirm_due = true; /* keeps a place under the rate limit if there is none now */
        session_ping_put(session);
    } else if (!session->unpinged && !session->source.waiting(session->source.arg)) {
        session->confirm_due = false;
    }
}

static void tell_frames(struct blynk_session *session, const uint8_t *data, size_t len)
{
    struct blynk_frame frame;

    while (session->events.on_frame && blynk_parser_next(&session->sent_parser, &data, &len, &frame)) {
        session->events.on_frame(session->arg, true, &frame);
    }
}

static void write_out(struct blynk_session *session)
{
    if (!buf_len(&session->out) || !stream_room(session->stream)) {
        return;
    }
    size_t written = stream_write(session->stream, buf_bytes(&session->out), buf_len(&session->out));
    if (!written) {
        return;
    }
    tell_frames(session, buf_bytes(&session->out), written);
    buf_consume(&session->out, written);
    session->sent_ms = sched_now_ms(session->sched);
    session->info.bytes_sent += written;
    if (session->events.on_sent) {
        session->events.on_sent(session->arg, written,
                                (size_t)(session->info.messages_sent - session->told_sent));
    }
    session->told_sent = session->info.messages_sent;
    if (session->phase == SESSION_ONLINE && session->source_ms <= session->sent_ms &&
        session->source.waiting(session->source.arg) && stream_room(session->stream)) {
        task_post(session->sched, &session->pump);
    }
}

void session_pump(struct blynk_session *session)
{
    if (session->phase != SESSION_LOGIN && session->phase != SESSION_ONLINE) {
        return;
    }
    if (!is_pausing(session)) {
        gather(session);
        write_out(session);
    }
    session_arm(session);
}

/* While bytes wait for room, only room helps; but the heartbeat's PING has to stand in the queue to be missed. */
uint64_t session_pump_due_ms(const struct blynk_session *session)
{
    bool source_waits = session->source.waiting(session->source.arg);
    bool ping_waits = session->ping_due;
    bool own_waits = false;
    uint64_t due_ms = UINT64_MAX;

    if (!session->over_quota && !buf_len(&session->out)) {
        own_waits = buf_len(&session->own) > 0;
        ping_waits = ping_waits || (session->confirm_due && session->unpinged && !source_waits);
        if (source_waits && session->source_ms > session->sent_ms && stream_room(session->stream)) {
            due_ms = session->source_ms;
        }
    }
    if (own_waits || (ping_waits && session->ping_count < SESSION_PINGS)) {
        uint64_t own_ms = session_rate_due_ms(session, 1);
        due_ms = own_ms < due_ms ? own_ms : due_ms;
    }
    return due_ms < session->pause_ms ? session->pause_ms : due_ms;
}
