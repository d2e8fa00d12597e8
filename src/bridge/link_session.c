/* What the session tells: some of it is the link's own affair, the rest is handed on. */
#include "link_parts.h"

#include <stdio.h>

#define TROUBLE_MS 60000 /* the server speaks of it once a minute (protocol sheet, 8) */

static void on_login(void *arg, enum blynk_login result, const char *why, const char *host, uint16_t port)
{
    struct link_event event = {.kind = LINK_ON_LOGIN, .login = result, .port = port};

    snprintf(event.why, sizeof(event.why), "%s", why);
    snprintf(event.host, sizeof(event.host), "%s", host ? host : "");
    link_post(arg, &event);
}

static void on_dead(void *arg, const char *why)
{
    link_post_why(arg, LINK_ON_DEAD, why);
}

/* ---- events of the session that are the user's ---- */

static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    struct link *link = arg;
    link->session_events.on_write(link->arg, kind, pin, value, len);
}

static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    struct link *link = arg;
    link->session_events.on_read(link->arg, kind, pin, id);
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    struct link *link = arg;
    link->session_events.on_mode(link->arg, pin, mode, len);
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    struct link *link = arg;
    link->session_events.on_internal(link->arg, frame);
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    struct link *link = arg;
    link->session_events.on_response(link->arg, id, status);
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    struct link *link = arg;
    link->session_events.on_debug_print(link->arg, text, len);
}

static void on_round_trip(void *arg, uint32_t ms)
{
    struct link *link = arg;

    link_pace_survived(link);
    if (link->trouble_ms && sched_now_ms(link->sched) - link->trouble_ms > TROUBLE_MS) {
        link->trouble_ms = 0;
        link_note(link, "the server takes all messages again");
    }
    link->session_events.on_round_trip(link->arg, ms);
}

static void on_trouble(void *arg, const char *why)
{
    struct link *link = arg;

    if (!link->trouble_ms) {
        link_note(link, why);
    }
    link->trouble_ms = sched_now_ms(link->sched);
    snprintf(link->trouble, sizeof(link->trouble), "%s", why);
}

static void on_frame(void *arg, bool sent, const struct blynk_frame *frame)
{
    struct link *link = arg;

    if (link->session_events.on_frame) {
        link->session_events.on_frame(link->arg, sent, frame);
    }
}

static void on_sent(void *arg, size_t bytes, size_t messages)
{
    struct link *link = arg;

    if (link->session_events.on_sent) {
        /* With TLS what counts is what the carrier takes. */
        link->session_events.on_sent(link->arg, link->is_encrypted ? 0 : bytes, messages);
    }
}

static void on_received(void *arg, size_t bytes, size_t messages)
{
    struct link *link = arg;

    if (link->session_events.on_received) {
        link->session_events.on_received(link->arg, link->is_encrypted ? 0 : bytes, messages);
    }
}

const struct blynk_session_events link_session_events = {.on_login = on_login,
                                                         .on_write = on_write,
                                                         .on_read = on_read,
                                                         .on_mode = on_mode,
                                                         .on_internal = on_internal,
                                                         .on_response = on_response,
                                                         .on_debug_print = on_debug_print,
                                                         .on_round_trip = on_round_trip,
                                                         .on_trouble = on_trouble,
                                                         .on_frame = on_frame,
                                                         .on_sent = on_sent,
                                                         .on_received = on_received,
                                                         .on_dead = on_dead};
