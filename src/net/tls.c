#include "tls_private.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_MAX_BYTES 20480 /* one record, and answers to the peer's own requests */

/* ---- the end ---- */

void tls_let_go(struct tls_stream *tls)
{
    timer_stop(&tls->plain);
    task_cancel(&tls->room_grew);
    tls_fresh_drop(&tls->behind.fresh);
    SSL_SESSION_free(tls->offered);
    tls->offered = NULL;
    SSL_free(tls->ssl);
    tls->ssl = NULL;
    buf_free(&tls->unsent);
}

void tls_give_up(struct tls_stream *tls, enum stream_fault fault, const char *why)
{
    if (tls->state == TLS_CLOSED || tls->state == TLS_CLOSING) {
        return;
    }
    timer_stop(&tls->plain);
    task_cancel(&tls->room_grew);
    tls->state = TLS_CLOSING;
    tls->fault = fault;
    snprintf(tls->why, sizeof(tls->why), "%s", why);
    stream_close(tls->carrier);
}

void tls_give_up_found(struct tls_stream *tls)
{
    char why[TLS_WHY_MAX];

    SSL_SESSION_free(tls->offered); /* maybe it is what the server did not like */
    tls->offered = NULL;
    if (*tls->behind.check.why) {
        ERR_clear_error();
        snprintf(why, sizeof(why), "%s", tls->behind.check.why);
    } else {
        tls_why_write(why, tls->server, tls->name, tls->state != TLS_OPEN);
    }
    tls_give_up(tls, STREAM_FAULT_TLS, why);
}

/* ---- the carrier begins and ends ---- */

static void on_carrier_open(void *arg)
{
    struct tls_stream *tls = arg;

    if (tls->state != TLS_OPENING) {
        return;
    }
    tls->state = TLS_HANDSHAKE;
    tls->events.on_handshake(tls->arg);
    if (tls->state != TLS_HANDSHAKE) {
        return;
    }
    tls_handshake_begin(tls);
}

static void judge_end(struct tls_stream *tls, enum stream_fault fault, const char *why)
{
    tls->fault = fault;
    snprintf(tls->why, sizeof(tls->why), "%s", why ? why : stream_fault_name(fault));
    if (fault != STREAM_FAULT_PEER) {
        return;
    }
    if (tls->state == TLS_PLAIN) {
        tls->fault = STREAM_FAULT_TLS;
        tls_why_write_plain(tls->why, tls->server, tls->first, tls->first_len);
    } else if (tls->state == TLS_HANDSHAKE) {
        tls->fault = STREAM_FAULT_TLS;
        tls_why_write_cut(tls->why, tls->server, tls->first_len > 0);
    }
}

static void on_carrier_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct tls_stream *tls = arg;

    if (tls->state == TLS_CLOSED) {
        return;
    }
    if (tls->state != TLS_CLOSING) {
        judge_end(tls, fault, why);
    }
    if (tls->offered && tls_session_is_lasting(tls->offered)) {
        tls_tell_session(tls, tls->offered); /* the handshake was cut off; the session is as good as before */
    }
    tls_let_go(tls);
    tls->state = TLS_CLOSED;
    tls->stream.events.on_closed(tls->stream.arg, tls->fault, tls->why);
}

/* ---- the user's side ---- */

static void set_name(struct tls_stream *tls, const char *host)
{
    const char *name = *tls->wanted_name ? tls->wanted_name : host;
    size_t len = strlen(name);

    if (len && name[len - 1] == '.') { /* absolute for a resolver, not in a certificate (RFC 6066, 3) */
        len--;
    }
    snprintf(tls->name, sizeof(tls->name), "%.*s", (int)len, name);
}

/* Meanwhile the carrier may have served somebody else, without encryption. */
static int tls_open(struct stream *stream, const char *host, uint16_t port)
{
    static const struct stream_events carrier_events = {on_carrier_open, tls_on_carrier_bytes,
                                                        tls_on_carrier_room, on_carrier_closed};
    struct tls_stream *tls = tls_of(stream);

    if (tls->state != TLS_CLOSED) {
        return -EALREADY;
    }
    if (!tls->context || strlen(host) > TLS_HOST_MAX) {
        return -EINVAL;
    }
    set_name(tls, host);
    snprintf(tls->server, sizeof(tls->server), "%.70s:%u", host, port);
    memset(&tls->info, 0, sizeof(tls->info));
    tls->first_len = 0;
    tls->carrier->events = carrier_events;
    tls->carrier->arg = tls;
    int error = stream_open(tls->carrier, host, port);
    if (!error) {
        tls->state = TLS_OPENING;
    }
    return error;
}

static void tls_close(struct stream *stream)
{
    struct tls_stream *tls = tls_of(stream);

    if (tls->state == TLS_OPEN) {
        tls_say_goodbye(tls);
    }
    tls_give_up(tls, STREAM_FAULT_NONE, stream_fault_name(STREAM_FAULT_NONE));
}

static const char *tls_peer(const struct stream *stream)
{
    return stream_peer(tls_of(stream)->carrier);
}

static const struct stream_ops tls_ops = {
    .open = tls_open,
    .write = tls_write,
    .room = tls_room,
    .close = tls_close,
    .peer = tls_peer,
};

struct tls_stream *tls_stream_create(struct sched *sched, struct stream *carrier,
                                     const struct tls_events *events, void *arg)
{
    struct tls_stream *tls = calloc(1, sizeof(*tls));

    if (!tls) {
        return NULL;
    }
    tls->stream.ops = &tls_ops;
    tls->sched = sched;
    tls->carrier = carrier;
    tls->events = *events;
    tls->arg = arg;
    buf_init(&tls->unsent, OUT_MAX_BYTES);
    timer_init(&tls->plain, tls_end_plain, tls);
    task_init(&tls->room_grew, tls_tell_room, tls);
    return tls;
}

void tls_stream_destroy(struct tls_stream *tls)
{
    tls_let_go(tls);
    tls_context_destroy(tls->context);
    free(tls);
}

struct stream *tls_stream_stream(struct tls_stream *tls)
{
    return &tls->stream;
}

void tls_stream_use(struct tls_stream *tls, struct tls_context *context, const char *name)
{
    tls_context_keep(context);
    tls_context_destroy(tls->context);
    tls->context = context;
    snprintf(tls->wanted_name, sizeof(tls->wanted_name), "%s", name);
}

const struct tls_info *tls_stream_info(const struct tls_stream *tls)
{
    return &tls->info;
}
