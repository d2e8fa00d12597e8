#include "link_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct link_row {
    const char *name;
    void (*enter)(struct link *link); /* also arms the deadline, where it depends on the configuration */
    void (*handle)(struct link *link, const struct link_event *event);
    uint32_t deadline_ms; /* 0: armed by `enter`, or none */
};

/*
 * OFF and ONLINE have no deadline: the one rests, the other is watched by the session's heartbeat. The modem
 * tells its own failures; the deadline of MODEM is for a modem machine that has lost its way (looking for a
 * network may take minutes).
 */
static const struct link_row rows[] = {
    [LINK_OFF] = {"OFF", link_enter_off, link_in_off, 0},
    [LINK_MODEM] = {"MODEM", link_enter_modem, link_in_modem, 15 * 60 * 1000},
    [LINK_CONNECT] = {"CONNECT", link_enter_connect, link_in_connect, 0 /* connect_ms for each address */},
    [LINK_TLS] = {"TLS", link_enter_tls, link_in_tls, 60 * 1000},
    [LINK_LOGIN] = {"LOGIN", link_enter_login, link_in_login, 0 /* login_ms, kept by the session */},
    [LINK_ONLINE] = {"ONLINE", link_enter_online, link_in_online, 0},
    [LINK_WAIT] = {"WAIT", link_enter_wait, link_in_wait, 0 /* delay_ms */},
    [LINK_REFUSED] = {"REFUSED", link_enter_wait, link_in_wait, 0 /* delay_ms */},
};

const char *link_state_name(enum link_state state)
{
    return rows[state].name;
}

/* ---- state ---- */

static const struct link_change *remember(struct link *link, const char *why)
{
    struct link_change *change = &link->history[link->changes++ % LINK_HISTORY];

    change->wall_ms = sched_wall_ms(link->sched);
    change->at_ms = sched_now_ms(link->sched);
    change->state = link->state;
    snprintf(change->why, sizeof(change->why), "%s", why);
    return change;
}

static void tell(struct link *link, const char *why)
{
    struct link_change change = *remember(link, why);

    if (link->events.on_change) {
        link->events.on_change(link->arg, &change);
    }
}

void link_arm(struct link *link, uint64_t ms)
{
    link->due_ms = sched_now_ms(link->sched) + ms;
    timer_start(link->sched, &link->timer, ms);
}

uint64_t link_in_state_ms(const struct link *link)
{
    return sched_now_ms(link->sched) - link->since_ms;
}

void link_note(struct link *link, const char *why)
{
    if (link->state == LINK_MODEM || link->state == LINK_ONLINE) {
        snprintf(link->why, sizeof(link->why), "%s", why);
    }
    log_debug("link", "%s: %s", rows[link->state].name, why);
    tell(link, why);
}

void link_go(struct link *link, enum link_state next, const char *format, ...)
{
    char why[LINK_WHY_MAX];
    va_list list;

    va_start(list, format);
    vsnprintf(why, sizeof(why), format, list);
    va_end(list);
    timer_stop(&link->timer);
    link->due_ms = UINT64_MAX;
    link->state = next;
    link->since_ms = sched_now_ms(link->sched);
    snprintf(link->why, sizeof(link->why), "%s", why);
    log_notice("link", "%s: %s", rows[next].name, why);
    tell(link, why);
    if (rows[next].deadline_ms) {
        link_arm(link, rows[next].deadline_ms);
    }
    rows[next].enter(link);
}

void link_hang_up(struct link *link)
{
    link_settle(link);
    link_dial_ended(link, false);
    blynk_session_end(link->session);
    outbox_rewind(link->outbox);
    link->dial_pending = false;
    if (link->stream_is == LINK_BELOW_STARTING || link->stream_is == LINK_BELOW_UP) {
        link->stream_is = LINK_BELOW_STOPPING;
        stream_close(link->stream);
    }
}

/* ---- events ---- */

/* What is below changes first, whatever the state makes of it. */
static void note_below(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_UPLINK_READY:
        link->uplink_is = LINK_BELOW_UP;
        link_pace_network(link);
        break;
    case LINK_ON_UPLINK_FAILED:
    case LINK_ON_UPLINK_STOPPED:
        link->uplink_is = LINK_BELOW_DOWN;
        break;
    case LINK_ON_STREAM_OPEN:
        if (link->stream_is == LINK_BELOW_STARTING) {
            link->stream_is = LINK_BELOW_UP;
        }
        break;
    case LINK_ON_STREAM_CLOSED:
        link->stream_is = LINK_BELOW_DOWN;
        break;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_RESTART:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_ON_TIMEOUT:
    case LINK_ON_HANDSHAKE:
    case LINK_EVENT_KINDS:
        break;
    }
}

static void handle(struct link *link, const struct link_event *event)
{
    note_below(link, event);
    if (event->kind == LINK_ON_STOP && link->state != LINK_OFF) {
        link->stop_grace_ms = event->grace_ms;
        link_hang_up(link);
        link_go(link, LINK_OFF, "%s", event->why);
        return;
    }
    rows[link->state].handle(link, event);
}

static void on_handle(void *arg)
{
    struct link *link = arg;
    struct link_event event;

    while (link->queued) {
        event = link->queue[0];
        link->queued--;
        memmove(link->queue, link->queue + 1, link->queued * sizeof(link->queue[0]));
        handle(link, &event);
    }
}

void link_post(struct link *link, const struct link_event *event)
{
    size_t kept = 0;

    for (size_t i = 0; i < link->queued; i++) { /* a newer one of the same kind stands for the older one */
        if (link->queue[i].kind != event->kind) {
            if (kept != i) {
                link->queue[kept] = link->queue[i];
            }
            kept++;
        }
    }
    assert(kept < LINK_EVENT_KINDS);
    link->queue[kept] = *event;
    link->queued = kept + 1;
    task_post(link->sched, &link->handle);
}

void link_post_why(struct link *link, enum link_event_kind kind, const char *why)
{
    struct link_event event = {.kind = kind};

    snprintf(event.why, sizeof(event.why), "%s", why ? why : "");
    link_post(link, &event);
}

static void on_timer(void *arg)
{
    struct link_event event = {.kind = LINK_ON_TIMEOUT};

    handle(arg, &event);
}

static void on_uplink_ready(void *arg)
{
    link_post_why(arg, LINK_ON_UPLINK_READY, NULL);
}

static void on_uplink_progress(void *arg, const char *state, const char *why)
{
    char line[LINK_WHY_MAX];

    snprintf(line, sizeof(line), "modem %s: %s", state, why);
    link_note(arg, line);
}

static void on_uplink_failed(void *arg, enum uplink_layer layer, enum uplink_hope hope, const char *why)
{
    struct link_event event = {.kind = LINK_ON_UPLINK_FAILED, .layer = layer, .hope = hope};

    snprintf(event.why, sizeof(event.why), "%s", why);
    link_post(arg, &event);
}

static void on_uplink_stopped(void *arg)
{
    link_post_why(arg, LINK_ON_UPLINK_STOPPED, NULL);
}

static void on_uplink_time(void *arg, int64_t earliest_ms, uint32_t slack_ms)
{
    struct link *link = arg;

    if (link->events.on_time) {
        link->events.on_time(link->arg, earliest_ms, slack_ms);
    }
}

/* ---- life ---- */

struct link *link_create(struct sched *sched, struct uplink *uplink, struct outbox *outbox,
                         const struct link_config *config, const struct blynk_session_events *session_events,
                         const struct link_events *events, void *arg)
{
    struct blynk_source source = outbox_source(outbox);
    struct link *link = calloc(1, sizeof(*link));

    if (!link) {
        return NULL;
    }
    link->session = blynk_session_create(sched, &config->session, &source, &link_session_events, link);
    if (!link->session) {
        free(link);
        return NULL;
    }
    link->sched = sched;
    link->uplink = uplink;
    link->outbox = outbox;
    link->config = *config;
    if (!link_tls_init(link)) {
        link_tls_free(link);
        blynk_session_destroy(link->session);
        free(link);
        return NULL;
    }
    link_tls_trust(link);
    link->session_events = *session_events;
    link->events = *events;
    link->arg = arg;
    link->since_ms = sched_now_ms(sched);
    link->due_ms = UINT64_MAX;
    link->backoff = (struct backoff){.first_ms = config->retry_first_ms, .max_ms = config->retry_max_ms};
    snprintf(link->why, sizeof(link->why), "not started");
    link_target_init(&link->target, sched, &link->config);
    ladder_init(&link->ladder, uplink);
    timer_init(&link->timer, on_timer, link);
    task_init(&link->handle, on_handle, link);
    task_init(&link->stopped, link_on_stopped, link);
    pace_book_init(&link->pace_book, sched, link_pace_on_loaded, link);
    link_pace_begin(link);
    pace_book_open(&link->pace_book, config->state_dir);
    uplink->events = (struct uplink_events){on_uplink_ready, on_uplink_progress, on_uplink_failed,
                                            on_uplink_stopped, on_uplink_time};
    uplink->arg = link;
    return link;
}

void link_destroy(struct link *link)
{
    if (!link) {
        return;
    }
    assert(link->state == LINK_OFF);
    timer_stop(&link->timer);
    task_cancel(&link->handle);
    task_cancel(&link->stopped);
    pace_book_close(&link->pace_book);
    blynk_session_destroy(link->session);
    link_tls_free(link);
    secret_wipe(link->config.session.token, sizeof(link->config.session.token));
    free(link);
}

void link_start(struct link *link, const char *why)
{
    link_post_why(link, LINK_ON_START, why);
}

void link_stop(struct link *link, uint32_t grace_ms, const char *why)
{
    struct link_event event = {.kind = LINK_ON_STOP, .grace_ms = grace_ms};

    snprintf(event.why, sizeof(event.why), "%s", why);
    link->stop_calls++;
    link_post(link, &event);
}

void link_restart(struct link *link, const char *why)
{
    link_post_why(link, LINK_ON_RESTART, why);
}

struct blynk_session *link_session(struct link *link)
{
    return link->session;
}
