/* CONNECT and TLS: a stream to the server, from dialling until what is said on it can be the login. */
#include "link_parts.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CLOSE_MS UINT64_C(180000) /* longer than any command that the close may have to wait for */

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
    struct stream *stream;

    link->dial_pending = link->stream_is != LINK_BELOW_DOWN;
    if (link->dial_pending) { /* the time of the try has not begun */
        link_arm(link, CLOSE_MS);
        return;
    }
    const char *problem = link_tls_use(link);
    if (problem) {
        link_fail_connect(link, STREAM_FAULT_TLS, problem);
        return;
    }
    stream = link->stream;
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

static void note_try(struct link *link, const char *why)
{
    const char *later = link->stream_is == LINK_BELOW_DOWN ? "" : " as soon as this try has ended";
    int days = link_target_days(&link->target);
    char where[48] = "";
    char line[LINK_WHY_MAX];

    if (days > 0) {
        snprintf(where, sizeof(where), ", where the server was %d day%s ago", days, days == 1 ? "" : "s");
    } else if (days == 0) {
        snprintf(where, sizeof(where), ", where the server was last");
    }
    snprintf(line, sizeof(line), "%.100s; trying %.64s%s%s", why, link_target_host(&link->target), where,
             later);
    link_note(link, line);
}

void link_enter_connect(struct link *link)
{
    if (!link_target_begin(&link->target, link->uplink->resolves_names)) {
        link_fail_connect(link, STREAM_FAULT_NAME,
                          "this modem cannot look up names: give the server's address as fallback_addresses");
        return;
    }
    if (link->target.stage == LINK_TARGET_REMEMBERED) {
        note_try(link, "the name was of no use last time");
    } else if (link->target.stage == LINK_TARGET_ADDRESS) {
        note_try(link, "this modem cannot look up names");
    }
    dial(link);
}

/* One address failed; the round goes on with the next one. `unknown_name`: maybe only the name is at fault. */
static void dial_next(struct link *link, enum stream_fault fault, bool unknown_name, const char *why)
{
    bool below = fault == STREAM_FAULT_BEARER || fault == STREAM_FAULT_MODEM;

    link_dial_ended(link, false);
    if (below || !link_target_next(&link->target, unknown_name, link->uplink->resolves_names)) {
        link_fail_dial(link, fault, why);
        return;
    }
    note_try(link, why);
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

static void on_connected(struct link *link)
{
    link_quick_opened(link);
    link_dial_ended(link, true);
}

void link_in_connect(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_STREAM_OPEN:
        if (link->stream_is == LINK_BELOW_UP) {
            on_connected(link);
            link_go(link, LINK_LOGIN, "connected to %s:%u, sending the token",
                    link_target_host(&link->target), link_target_port(&link->target));
        }
        return;
    case LINK_ON_HANDSHAKE:
        on_connected(link);
        link_go(link, LINK_TLS, "connected to %s:%u, agreeing on the encryption",
                link_target_host(&link->target), link_target_port(&link->target));
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

/* ---- TLS ---- */

void link_enter_tls(struct link *link)
{
    (void)link; /* the stream is at it */
}

static void on_encrypted(struct link *link)
{
    const struct tls_info *info = link_tls_info(link);

    if (info->clock_was_doubtful) {
        link_note(
            link,
            "the server's certificate is not yet valid by this machine's clock, which is not known to be "
            "right: accepted for now");
    }
    link_go(link, LINK_LOGIN, "encrypted with %s%s, sending the token", info->version,
            info->resumed ? " as before" : "");
}

void link_in_tls(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_STREAM_OPEN:
        on_encrypted(link);
        return;
    case LINK_ON_STREAM_CLOSED:
        link_fail_connect(link, event->fault, event->why);
        return;
    case LINK_ON_UPLINK_FAILED:
        link_fail_uplink(link, event);
        return;
    case LINK_ON_RESTART:
        link_try(link, event->why);
        return;
    case LINK_ON_TIMEOUT:
        link_fail_connect(link, STREAM_FAULT_TLS, "the encryption was not agreed on within 60 s");
        return;
    case LINK_ON_START:
    case LINK_ON_STOP:
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_STOPPED:
    case LINK_ON_HANDSHAKE:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_EVENT_KINDS:
        return;
    }
}
