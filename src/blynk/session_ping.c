/*
 * PING: the heartbeat, the confirmation of what was sent before it, and the test whether the server still
 * understands us after it said "too many messages per second".
 */
#include "session_parts.h"

#include "blynkd/base/log.h"

#include <string.h>

#define QUOTA_PAUSE_MS 2000 /* sheet, 8: stop for 1 to 2 s, PING, */
#define QUOTA_GRACE_MS 6000 /* no answer in 6 s: reconnect */

static uint32_t silence_now_ms(const struct blynk_session *session)
{
    uint64_t last_ms = session->sent_ms > session->received_ms ? session->sent_ms : session->received_ms;
    uint64_t ms = sched_now_ms(session->sched) - last_ms;

    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

uint32_t blynk_session_silence_ms(const struct blynk_session *session)
{
    if (session->phase != SESSION_ONLINE && session->phase != SESSION_OVER) {
        return 0;
    }
    return session->ping_count ? session->pings[0].silence_ms : silence_now_ms(session);
}

void session_ping_put(struct blynk_session *session)
{
    uint32_t grace_ms = session->over_quota ? QUOTA_GRACE_MS : session->config.grace_ms;
    uint16_t id;

    if (session->ping_count == SESSION_PINGS || !session_rate_allowed(session)) {
        return;
    }
    id = blynk_session_next_id(session);
    if (blynk_frame_encode(&session->out, BLYNK_PING, id, NULL, 0)) {
        return;
    }
    session_rate_charge(session, 1);
    session->pings[session->ping_count++] = (struct session_ping){
        .id = id,
        .mark = session->mark,
        .sent_ms = sched_now_ms(session->sched),
        .grace_ms = grace_ms,
        .silence_ms = silence_now_ms(session),
    };
    session->ping_due = false;
    session->confirm_due = false;
    session->unpinged = 0;
}

static unsigned find_ping(const struct blynk_session *session, uint16_t id)
{
    unsigned i = 0;

    while (i < session->ping_count && session->pings[i].id != id) {
        i++;
    }
    return i;
}

/* What was given back is sent now; a PING behind it tells soon whether it was read this time. */
static void end_pause(struct blynk_session *session)
{
    if (session->over_quota) {
        session->over_quota = false;
        session->confirm_due = true;
    }
}

bool session_ping_answered(struct blynk_session *session, uint16_t id)
{
    unsigned i = find_ping(session, id);

    if (i == session->ping_count) {
        return false;
    }
    struct session_ping ping = session->pings[i];
    session->ping_count -= i + 1; /* the server answers in order: an older one is answered with it */
    memmove(session->pings, session->pings + i + 1, session->ping_count * sizeof(session->pings[0]));
    end_pause(session);
    session->info.round_trip_ms = (uint32_t)(sched_now_ms(session->sched) - ping.sent_ms);
    session->info.ping_silence_ms = ping.silence_ms;
    unsigned life = session->life;
    if (ping.mark > session->lost_mark) {
        session->source.confirmed(session->source.arg, ping.mark);
    }
    if (life == session->life) {
        session->events.on_round_trip(session->arg, session->info.round_trip_ms);
    }
    return true;
}

void blynk_session_confirm_soon(struct blynk_session *session)
{
    if (session->phase != SESSION_ONLINE) {
        return;
    }
    session->confirm_due = true;
    task_post(session->sched, &session->pump);
}

/*
 * The server drops what is too much without a word, but for this one in a minute, and reads on in between
 * (sheet, 8). So the PINGs on their way prove nothing, answered or not, and all that they were to confirm has to
 * go again. If it dropped even the PING of the pause, it needs a longer one.
 */
void session_slow_down(struct blynk_session *session, uint16_t id)
{
    if (session->over_quota && find_ping(session, id) == session->ping_count) {
        return;
    }
    static const char why[] =
        "the server says that it gets too many messages per second: lower [limits] rate; "
        "pausing for 2 s, then sending again what may be lost";
    log_warning("blynk", "%s", why);
    if (session->events.on_trouble) {
        session->events.on_trouble(session->arg, why);
    }
    session->over_quota = true;
    session->pause_ms = sched_now_ms(session->sched) + QUOTA_PAUSE_MS;
    session->ping_due = true;
    session->ping_count = 0;
    session->unpinged = 0;
    session->lost_mark = session->mark;
    session->source.lost(session->source.arg);
}
