/*
 * The rows of the link machine: what is done on entering a state, and what an event means in it.
 */
#include "link_parts.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOGIN_MARGIN_MS  5000             /* the session keeps login_ms itself */
#define RESTART_GRACE_MS 3000             /* for an uplink that must come down to take a rung */
#define CLOSE_MS         UINT64_C(180000) /* longer than any command that the close may have to wait for */

/* ---- MODEM ---- */

void link_enter_modem(struct link *link)
{
    int error = link->uplink->ops->start(link->uplink, link->rung);

    if (error == -EALREADY) { /* it runs: down first, so that it can take the rung on its way up */
        link->uplink_is = LINK_BELOW_STOPPING;
        link->uplink->ops->stop(link->uplink, RESTART_GRACE_MS);
        return;
    }
    if (error) {
        char why[LINK_WHY_MAX];
        snprintf(why, sizeof(why), "the modem cannot be started (%s)", strerror(-error));
        link_fail(link, UPLINK_LAYER_MODEM, why);
        return;
    }
    link->uplink_is = LINK_BELOW_STARTING;
}

static void connect_now(struct link *link)
{
    link->rung = UPLINK_RUNG_REDIAL;
    link_go(link, LINK_CONNECT, "connecting to %s:%u", link_target_host(&link->target),
            link_target_port(&link->target));
}

void link_in_modem(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_UPLINK_READY:
        connect_now(link);
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_UPLINK_STOPPED:
        link_enter_modem(link);
        return;
    case LINK_ON_RESTART:
        link_try(link, event->why);
        return;
    case LINK_ON_TIMEOUT:
        link_fail(link, UPLINK_LAYER_MODEM, "the modem was not ready in time");
        return;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_STREAM_OPEN:
    case LINK_ON_STREAM_CLOSED:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_EVENT_KINDS:
        return;
    }
}

/* ---- CONNECT ---- */

static void on_stream_open(void *arg)
{
    struct link_event event = {.kind = LINK_ON_STREAM_OPEN};

    link_post(arg, &event);
}

static void on_stream_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct link_event event = {.kind = LINK_ON_STREAM_CLOSED, .fault = fault};

    snprintf(event.why, sizeof(event.why), "%s", why ? why : stream_fault_name(fault));
    link_post(arg, &event);
}

static void on_stream_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct link *link = arg;

    blynk_session_bytes(link->session, data, len);
}

static void on_stream_room(void *arg)
{
    struct link *link = arg;

    blynk_session_room(link->session);
}

static void dial(struct link *link)
{
    static const struct stream_events events = {on_stream_open, on_stream_bytes, on_stream_room,
                                                on_stream_closed};
    struct stream *stream = link->uplink->stream;

    link->dial_pending = link->stream_is != LINK_BELOW_DOWN;
    if (link->dial_pending) { /* the time of the try has not begun */
        link_arm(link, CLOSE_MS);
        return;
    }
    link->limit_ms = link_quick_limit_ms(link);
    link_arm(link, link->limit_ms);
    stream->events = events;
    stream->arg = link;
    link->dialed_ms = sched_now_ms(link->sched);
    int error = stream_open(stream, link_target_host(&link->target), link_target_port(&link->target));
    if (!error) {
        link->stream_is = LINK_BELOW_STARTING;
        link->dialing = true;
    } else if (error == -EALREADY) { /* it did not close in time when the link was stopped; it will */
        link->stream_is = LINK_BELOW_STOPPING;
        link->dial_pending = true;
        link_arm(link, CLOSE_MS);
    } else if (error == -EINVAL) {
        link_fail_answered(link, "the server's name or port cannot be used");
    } else {
        link_fail(link, UPLINK_LAYER_BEARER, "there is no data connection to the server");
    }
}

void link_enter_connect(struct link *link)
{
    if (!link_target_begin(&link->target, link->uplink->resolves_names)) {
        link_fail_connect(link, STREAM_FAULT_NAME,
                          "this modem cannot look up names: give the server's address as fallback_addresses");
        return;
    }
    dial(link);
}

/* One address failed; the round goes on with the next one. `unknown_name`: maybe only the name is at fault. */
static void dial_next(struct link *link, enum stream_fault fault, bool unknown_name, const char *why)
{
    bool below = fault == STREAM_FAULT_BEARER || fault == STREAM_FAULT_MODEM;
    char line[LINK_WHY_MAX];

    link_dial_ended(link, false);
    if (below || !link_target_next(&link->target, unknown_name, link->uplink->resolves_names)) {
        link_fail_dial(link, fault, why);
        return;
    }
    snprintf(line, sizeof(line), "%.100s; trying %.64s%s", why, link_target_host(&link->target),
             link->stream_is == LINK_BELOW_DOWN ? "" : " as soon as this try has ended");
    link_note(link, line);
    dial(link);
}

/* A modem that is stopped in mid-search cannot say whether it has found the server's address. */
static void on_connect_timeout(struct link *link)
{
    const char *host = link_target_host(&link->target);
    bool is_name = !scan_is_ipv4(host);
    char why[LINK_WHY_MAX];

    if (link->dial_pending) {
        link_fail(link, UPLINK_LAYER_MODEM, "the connection before could not be closed in time");
        return;
    }
    snprintf(why, sizeof(why), "no connection to %.100s within %u s", host,
             (unsigned)(link->limit_ms / 1000));
    if (link->limit_ms < link->config.connect_ms) {
        link_fail_dial(link, STREAM_FAULT_CONNECT, why);
        return;
    }
    link_hang_up(link);
    dial_next(link, STREAM_FAULT_CONNECT, is_name, why);
}

static void dial_at_last(struct link *link)
{
    char line[LINK_WHY_MAX];

    snprintf(line, sizeof(line), "connecting to %.100s:%u", link_target_host(&link->target),
             link_target_port(&link->target));
    link_note(link, line);
    dial(link);
}

void link_in_connect(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_STREAM_OPEN:
        if (link->stream_is == LINK_BELOW_UP) {
            link_quick_opened(link);
            link_dial_ended(link, true);
            link_go(link, LINK_LOGIN, "connected to %s:%u, sending the token",
                    link_target_host(&link->target), link_target_port(&link->target));
        }
        return;
    case LINK_ON_STREAM_CLOSED:
        if (link->dial_pending) {
            dial_at_last(link);
        } else {
            dial_next(link, event->fault, event->fault == STREAM_FAULT_NAME, event->why);
        }
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_RESTART:
        link_try(link, event->why);
        return;
    case LINK_ON_TIMEOUT:
        on_connect_timeout(link);
        return;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_STOPPED:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_EVENT_KINDS:
        return;
    }
}

/* ---- LOGIN, ONLINE ---- */

void link_enter_login(struct link *link)
{
    link_arm(link, (uint64_t)link->config.session.login_ms + LOGIN_MARGIN_MS);
    blynk_session_begin(link->session, link->uplink->stream);
}

static void on_logged_in(struct link *link)
{
    struct outbox_info outbox = outbox_info(link->outbox);
    size_t held = outbox.waiting + outbox.unconfirmed; /* the session may have begun to send them */
    const char *host = link_target_host(&link->target);
    unsigned port = link_target_port(&link->target);

    link_target_worked(&link->target);
    link->slow_tries = 0;
    outbox_session_began(link->outbox);
    if (held) {
        link_go(link, LINK_ONLINE, "logged in to %s:%u; %zu message%s way", host, port, held,
                held == 1 ? " is on its" : "s are on their");
    } else {
        link_go(link, LINK_ONLINE, "logged in to %s:%u", host, port);
    }
}

void link_in_login(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_LOGIN:
        if (event->login == BLYNK_LOGIN_OK) {
            on_logged_in(link);
        } else {
            link_fail_login(link, event);
        }
        return;
    case LINK_ON_STREAM_CLOSED:
        if (event->fault == STREAM_FAULT_PEER) {
            link_fail_peer(link, 0, "the server closed the connection without answering the login");
        } else {
            link_fail_connect(link, event->fault, event->why);
        }
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_RESTART:
        link_try(link, event->why);
        return;
    case LINK_ON_DEAD:
        link_fail(link, UPLINK_LAYER_SESSION, event->why);
        return;
    case LINK_ON_TIMEOUT:
        link_fail(link, UPLINK_LAYER_SESSION, "the server did not answer the login");
        return;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_STOPPED:
    case LINK_ON_STREAM_OPEN:
    case LINK_EVENT_KINDS:
        return;
    }
}

void link_enter_online(struct link *link)
{
    link->sessions++;
    link->settled = false;
    link->refused_fast = false;
    blynk_session_wake(link->session);
}

void link_in_online(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_LOGIN:
        link_fail_login(link, event);
        return;
    case LINK_ON_STREAM_CLOSED:
        if (event->fault == STREAM_FAULT_PEER) {
            link_pace_broke(link);
            link_fail_peer(link, link_in_state_ms(link), "the server closed the connection");
        } else {
            link_fail_connect(link, event->fault, event->why);
        }
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_RESTART:
        link_try(link, event->why);
        return;
    case LINK_ON_DEAD:
        link_pace_broke(link);
        link_fail(link, UPLINK_LAYER_SESSION, event->why);
        return;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_STOPPED:
    case LINK_ON_STREAM_OPEN:
    case LINK_ON_TIMEOUT:
    case LINK_EVENT_KINDS:
        return;
    }
}

/* ---- WAIT, REFUSED ---- */

void link_enter_wait(struct link *link)
{
    link_arm(link, link->delay_ms);
}

void link_try(struct link *link, const char *why)
{
    link_hang_up(link);
    if (link->uplink_is == LINK_BELOW_UP && link->rung == UPLINK_RUNG_REDIAL) {
        link_go(link, LINK_CONNECT, "%s; connecting to %s:%u", why, link_target_host(&link->target),
                link_target_port(&link->target));
        return;
    }
    if (link->rung == UPLINK_RUNG_REDIAL) {
        link_go(link, LINK_MODEM, "%s; bringing the data connection up", why);
        return;
    }
    link_go(link, LINK_MODEM, "%s; taking this step first: %s", why, uplink_rung_name(link->rung));
}

/* Somebody asks for it, most likely because he has mended something: if it fails again, the pauses are short. */
static void try_as_asked(struct link *link, const char *why)
{
    link->slow_tries = 0;
    backoff_reset(&link->backoff);
    link_try(link, why);
}

void link_in_wait(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_START:
    case LINK_ON_RESTART:
        try_as_asked(link, event->why);
        return;
    case LINK_ON_TIMEOUT:
        link_try(link, "trying again");
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_STOP:
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_STOPPED:
    case LINK_ON_STREAM_OPEN:
    case LINK_ON_STREAM_CLOSED:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_EVENT_KINDS:
        return;
    }
}
