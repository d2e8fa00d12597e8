/*
 * The rows of the link machine: what is done on entering a state, and what an event means in it.
 */
#include "link_parts.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LOGIN_MARGIN_MS  5000 /* the session keeps login_ms itself */
#define RESTART_GRACE_MS 3000 /* for an uplink that must come down to take a rung */

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

/* Everything below is up and ready, so that a person can look at it meanwhile. */
static bool waits_for_token(struct link *link)
{
    if (link->config.session.token[0]) {
        return false;
    }
    link_wait_for_config(
        link, "waiting for the token: set [blynk] token = (Device Info in the Blynk console shows it)");
    return true;
}

static void connect_now(struct link *link)
{
    if (waits_for_token(link)) {
        return;
    }
    link->rung = UPLINK_RUNG_REDIAL;
    link_target_review(&link->target);
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
    case LINK_ON_HANDSHAKE:
    case LINK_EVENT_KINDS:
        return;
    }
}

/* ---- LOGIN, ONLINE ---- */

void link_enter_login(struct link *link)
{
    link_arm(link, (uint64_t)link->config.session.login_ms + LOGIN_MARGIN_MS);
    blynk_session_begin(link->session, link->stream);
}

static void on_logged_in(struct link *link)
{
    struct outbox_info outbox = outbox_info(link->outbox);
    uint64_t held = outbox.waiting + outbox.unconfirmed; /* the session may have begun to send them */
    const char *host = link_target_host(&link->target);
    unsigned port = link_target_port(&link->target);

    link_target_worked(&link->target, stream_peer(link->stream));
    link_keep_servers(link);
    link->slow_tries = 0;
    outbox_session_began(link->outbox);
    if (held) {
        link_go(link, LINK_ONLINE, "logged in to %s:%u; %" PRIu64 " message%s way", host, port, held,
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
    case LINK_ON_HANDSHAKE:
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
    case LINK_ON_HANDSHAKE:
    case LINK_EVENT_KINDS:
        return;
    }
}

/* ---- WAIT, REFUSED ---- */

void link_enter_wait(struct link *link)
{
    if (!link->for_config) {
        link_arm(link, link->delay_ms);
    }
}

void link_try(struct link *link, const char *why)
{
    link_hang_up(link);
    link->for_config = false;
    if (link->uplink_is == LINK_BELOW_UP && link->rung == UPLINK_RUNG_REDIAL) {
        if (waits_for_token(link)) {
            return;
        }
        link_target_review(&link->target);
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
    case LINK_ON_HANDSHAKE:
    case LINK_EVENT_KINDS:
        return;
    }
}
