#include "session_parts.h"

#include "blynkd/base/secret.h"
#include "blynkd/net/stream.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

void session_die(struct blynk_session *session, const char *why)
{
    if (session->phase == SESSION_OVER || session->phase == SESSION_DOWN) {
        return;
    }
    session->phase = SESSION_OVER;
    timer_stop(&session->timer);
    task_cancel(&session->pump);
    session->events.on_dead(session->arg, why);
}

/* The oldest PING decides; they are answered in order. One sent later may have less patience. */
static uint64_t ping_deadline_ms(const struct blynk_session *session)
{
    uint64_t deadline_ms = UINT64_MAX;

    for (unsigned i = 0; i < session->ping_count; i++) {
        deadline_ms = earlier(deadline_ms, session->pings[i].sent_ms + session->pings[i].grace_ms);
    }
    return deadline_ms;
}

/*
 * Only what the device sends keeps it online at the server (sheet, rule 14), and only what it receives proves
 * the way back. While a PING is on its way it watches both.
 */
static uint64_t heartbeat_due_ms(const struct blynk_session *session)
{
    if (session->ping_count || session->ping_due) {
        return UINT64_MAX;
    }
    return earlier(session->sent_ms, session->received_ms) + session->config.heartbeat_ms;
}

static uint64_t next_due_ms(const struct blynk_session *session)
{
    if (session->phase == SESSION_LOGIN) {
        return session->begun_ms + session->config.login_ms;
    }
    uint64_t due_ms = earlier(ping_deadline_ms(session), heartbeat_due_ms(session));
    return earlier(due_ms, session_pump_due_ms(session));
}

/* A timer that fires too early finds nothing to do and is armed anew; that is cheaper than to move it with every
 * message. */
void session_arm(struct blynk_session *session)
{
    if (session->phase != SESSION_LOGIN && session->phase != SESSION_ONLINE) {
        return;
    }
    uint64_t due_ms = next_due_ms(session);
    if (due_ms == UINT64_MAX || (timer_active(&session->timer) && session->timer.due_ms <= due_ms)) {
        return;
    }
    uint64_t now_ms = sched_now_ms(session->sched);
    timer_start(session->sched, &session->timer, due_ms > now_ms ? due_ms - now_ms : 0);
}

static void die_unanswered(struct blynk_session *session)
{
    char why[120];

    if (session->over_quota) {
        session_die(session,
                    "the server says that it gets too many messages per second, and answers no more: lower "
                    "[limits] rate");
        return;
    }
    snprintf(why, sizeof(why), "the server has not answered for %u s: the connection is dead",
             (unsigned)((sched_now_ms(session->sched) - session->pings[0].sent_ms) / 1000));
    session_die(session, why);
}

static void on_timer(void *arg)
{
    struct blynk_session *session = arg;
    uint64_t now_ms = sched_now_ms(session->sched);

    if (session->phase == SESSION_LOGIN) {
        if (now_ms >= session->begun_ms + session->config.login_ms) {
            session->phase = SESSION_OVER;
            session->events.on_login(session->arg, BLYNK_LOGIN_SILENT, "the server did not answer the login",
                                     NULL, 0);
            return;
        }
        session_arm(session);
        return;
    }
    if (now_ms >= ping_deadline_ms(session)) {
        die_unanswered(session);
        return;
    }
    if (now_ms >= heartbeat_due_ms(session)) {
        session->ping_due = true;
    }
    session_pump(session);
}

static void on_pump(void *arg)
{
    session_pump(arg);
}

struct blynk_session *blynk_session_create(struct sched *sched, const struct blynk_session_config *config,
                                           const struct blynk_source *source,
                                           const struct blynk_session_events *events, void *arg)
{
    struct blynk_session *session = calloc(1, sizeof(*session));

    if (!session) {
        return NULL;
    }
    session->sched = sched;
    session->config = *config;
    session->source = *source;
    session->events = *events;
    session->arg = arg;
    timer_init(&session->timer, on_timer, session);
    task_init(&session->pump, on_pump, session);
    session_send_init(session);
    session_receive_reset(session);
    return session;
}

void blynk_session_destroy(struct blynk_session *session)
{
    if (!session) {
        return;
    }
    blynk_session_end(session);
    buf_free(&session->own);
    buf_free(&session->out);
    secret_wipe(session->config.token, sizeof(session->config.token));
    free(session);
}

void blynk_session_configure(struct blynk_session *session, const struct blynk_session_config *config)
{
    bool tell = session->phase == SESSION_ONLINE && config->heartbeat_ms != session->config.heartbeat_ms;

    session->config = *config;
    if (tell) { /* the server may be told a new heartbeat at any time (sheet, 6.4) */
        session_send_info(session);
        task_post(session->sched, &session->pump);
    }
}

void blynk_session_begin(struct blynk_session *session, struct stream *stream)
{
    blynk_session_end(session);
    session->life++;
    session->stream = stream;
    session->phase = SESSION_LOGIN;
    session->begun_ms = sched_now_ms(session->sched);
    session->sent_ms = session->begun_ms;
    session->received_ms = session->begun_ms;
    session_send_login(session);
    session_arm(session);
}

void blynk_session_end(struct blynk_session *session)
{
    if (session->phase == SESSION_DOWN) {
        return;
    }
    session->life++;
    session->phase = SESSION_DOWN;
    session->stream = NULL;
    timer_stop(&session->timer);
    task_cancel(&session->pump);
    session_send_reset(session);
    session_receive_reset(session);
}

void blynk_session_wake(struct blynk_session *session)
{
    if (session->phase == SESSION_ONLINE) {
        task_post(session->sched, &session->pump);
    }
}

void blynk_session_room(struct blynk_session *session)
{
    session_pump(session);
}

bool blynk_session_online(const struct blynk_session *session)
{
    return session->phase == SESSION_ONLINE;
}

const struct blynk_session_info *blynk_session_info(const struct blynk_session *session)
{
    return &session->info;
}
