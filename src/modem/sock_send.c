/* Sending: one command for what the user wrote, resent in part if the module took less. */
#include "sock_private.h"

#include "blynkd/base/pattern.h"

#include "cme.h"

#include <string.h>

#define RESEND_MS    200 /* the module's buffer is full (facts/modems-simcom.md A5) */
#define REFUSALS_MAX 25

size_t sock_room(const struct stream *stream)
{
    const struct sock *sock = (const struct sock *)(const void *)stream;

    return sock->state == SOCK_UP && sock->out_len == 0 && !sock->sending.queued ? sock->send_max_bytes : 0;
}

static void send_rest(struct sock *sock)
{
    sock->sent_ms = sched_now_ms(sock->sched);
    sock->sending.payload = sock->out + sock->out_at;
    sock->sending.payload_len = sock->out_len - sock->out_at;
    sock_command(sock, &sock->sending, &sock->dialect->send);
}

size_t sock_write(struct stream *stream, const uint8_t *data, size_t len)
{
    struct sock *sock = (struct sock *)(void *)stream;
    size_t room = sock_room(stream);
    size_t taken = len < room ? len : room;

    if (taken == 0) {
        return 0;
    }
    memcpy(sock->out, data, taken);
    sock->out_len = taken;
    sock->out_at = 0;
    sock->refusals = 0;
    send_rest(sock);
    return taken;
}

void sock_on_resend(void *arg)
{
    struct sock *sock = arg;

    if (sock->state == SOCK_UP && !sock->sending.queued && sock->out_len > 0) {
        send_rest(sock);
    }
}

/* How many of the bytes the module says it took. */
static size_t taken_of(const struct sock *sock, const struct at_reply *reply)
{
    size_t asked = sock->out_len - sock->out_at;
    const struct dialect *dialect = sock->dialect;
    struct pattern_match match;

    if (!dialect->send_taken ||
        !pattern_matches(dialect->send_taken, reply->text, strlen(reply->text), &match)) {
        return asked;
    }
    long taken = match.captures[dialect->send_taken_capture].number;
    if (taken < 0) {
        return 0;
    }
    return (size_t)taken < asked ? (size_t)taken : asked;
}

static void on_part_taken(struct sock *sock, size_t taken)
{
    sock->refusals = taken ? 0 : sock->refusals + 1;
    if (sock->refusals >= REFUSALS_MAX) {
        sock_blame(sock, STREAM_FAULT_SEND, "the modem takes no more data");
        sock_end(sock);
    } else if (taken) {
        send_rest(sock);
    } else {
        timer_start(sock->sched, &sock->resend, RESEND_MS);
    }
}

static void on_all_taken(struct sock *sock)
{
    sock->out_len = 0;
    sock_look_soon(sock);
    if (sock->stream.events.on_room) {
        sock->stream.events.on_room(sock->stream.arg);
    }
}

void sock_on_sent(void *arg, const struct at_reply *reply)
{
    struct sock *sock = arg;
    char text[160];

    if (sock_is_lost(reply)) {
        return;
    }
    if (sock->state == SOCK_REPORT || sock->state == SOCK_WAIT) {
        sock_go(sock, sock->state);
        return;
    }
    if (sock->state != SOCK_UP) {
        return;
    }
    if (reply->result != AT_RESULT_OK) {
        sock_blame(sock, STREAM_FAULT_SEND, "the modem did not take the data: %s",
                   cme_describe(reply, text, sizeof(text)));
        sock_end(sock);
        return;
    }
    size_t taken = taken_of(sock, reply);
    sock->out_at += taken;
    if (sock->dialect->short_send_is_fatal && sock->out_at < sock->out_len) {
        sock_blame(sock, STREAM_FAULT_SEND, "the modem took only a part of the data");
        sock_end(sock);
        return;
    }
    if (sock->out_at < sock->out_len) {
        on_part_taken(sock, taken);
    } else {
        on_all_taken(sock);
    }
}
