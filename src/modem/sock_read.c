/* Receiving: payload by count, the reading loop of buffered dialects, doubt, and the end that the server makes. */
#include "sock_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"

#include <string.h>

#define READ_ERRORS_MAX 3 /* in a row, although the status says the link is up */

/* After a send the line that tells of the answer may have been lost (facts/modems-simcom.md A6). */
static const uint32_t look_after_ms[] = {2000, 3000}; /* 2 s and 5 s after the send */

#define LOOKS (sizeof(look_after_ms) / sizeof(look_after_ms[0]))

static bool is_buffered(const struct sock *sock)
{
    return sock->dialect->reading == DIALECT_BUFFERED;
}

static void ask_waiting(struct sock *sock)
{
    sock->waiting_asked = true;
    sock->rereading = false;
    sock->waiting_bytes = 0;
    sock->rest = 0;
    sock_command(sock, &sock->reading, &sock->dialect->waiting);
}

void sock_look_soon(struct sock *sock)
{
    if (is_buffered(sock) && sock->dialect->waiting.send) {
        sock->looks = 0;
        timer_start(sock->sched, &sock->look, look_after_ms[0]);
    }
}

void sock_on_look(void *arg)
{
    struct sock *sock = arg;

    if (sock->state != SOCK_UP) {
        return;
    }
    if (++sock->looks < LOOKS) {
        timer_start(sock->sched, &sock->look, look_after_ms[sock->looks]);
    }
    if (!sock->reading.queued) {
        ask_waiting(sock);
    }
}

void sock_read_on_line(void *arg, const char *line, size_t len)
{
    struct sock *sock = arg;
    struct pattern_match match;

    if (sock->waiting_asked && pattern_matches(sock->dialect->waiting_line, line, len, &match)) {
        sock->waiting_bytes = match.captures[sock->dialect->waiting_capture].number;
        sock->data_waiting |= sock->waiting_bytes > 0;
    }
}

static void read_now(struct sock *sock)
{
    sock->data_waiting = false;
    sock->waiting_asked = false;
    sock->rereading = false;
    sock->rest = 0;
    sock_command(sock, &sock->reading, &sock->dialect->receive);
}

void sock_read_start(struct sock *sock)
{
    bool open = sock->state == SOCK_UP || sock->state == SOCK_DRAIN;

    if (!open || !is_buffered(sock) || sock->reading.queued) {
        return;
    }
    if (!sock->dialect->reads_counted) {
        read_now(sock);
    } else if (sock->state == SOCK_UP) {
        sock->data_waiting = false;
        ask_waiting(sock);
    } else {
        sock_end(sock); /* nobody can tell any more what is left */
    }
}

void sock_on_data(struct sock *sock, long link)
{
    if (!sock_is_ours(sock, link)) {
        return;
    }
    timer_stop(&sock->look);
    sock->data_waiting = true;
    sock_read_start(sock);
}

static void ask_doubt(struct sock *sock)
{
    if (sock->control.queued) {
        return;
    }
    sock->doubting = true;
    sock_ask_status(sock);
}

static void on_read_failed(struct sock *sock)
{
    sock->read_errors++;
    if (sock->read_errors >= READ_ERRORS_MAX) {
        sock_blame(sock, STREAM_FAULT_MODEM, "the modem says that there is data but does not hand it out");
        sock_end(sock);
    } else {
        ask_doubt(sock);
    }
}

static void on_read_ok(struct sock *sock)
{
    bool more = sock->rest > 0 || sock->data_waiting;
    bool told = sock->dialect->reads_counted && sock->waiting_asked && sock->waiting_bytes > 0;

    sock->read_errors = 0;
    if (told) {
        read_now(sock);
    } else if (more) {
        sock_read_start(sock);
        sock->rereading = true;
    } else if (sock->state == SOCK_DRAIN) {
        sock_end(sock); /* nothing is left */
    }
}

/* The read before it had worked, and had taken all there was, even what was told of meanwhile. */
static bool found_nothing_more(const struct sock *sock, const struct at_reply *reply)
{
    return sock->state == SOCK_UP && sock->rereading && sock->dialect->empty_read_fails &&
           reply->result == AT_RESULT_ERROR;
}

void sock_on_read(void *arg, const struct at_reply *reply)
{
    struct sock *sock = arg;

    if (sock_is_lost(reply)) {
        return;
    }
    if (sock->state == SOCK_REPORT || sock->state == SOCK_WAIT) {
        sock_go(sock, sock->state);
        return;
    }
    if (sock->state != SOCK_UP && sock->state != SOCK_DRAIN) {
        return;
    }
    if (reply->result == AT_RESULT_OK || found_nothing_more(sock, reply)) {
        on_read_ok(sock);
    } else if (sock->state == SOCK_DRAIN) {
        sock_end(sock); /* nothing is left */
    } else if (!sock->waiting_asked || sock->dialect->reads_counted) {
        on_read_failed(sock);
    }
}

/* An explicit word about our link is the only thing that counts. */
void sock_on_doubt_done(struct sock *sock, const struct at_reply *reply)
{
    if (sock->state != SOCK_UP) {
        return;
    }
    if (sock_ask_status_again(sock, reply)) {
        sock->doubting = true;
        return;
    }
    if (sock->rows.no_bearer) {
        sock->user.on_bearer_lost(sock->user.arg, "the data connection is gone");
        return;
    }
    switch (rows_state(&sock->rows, sock->link)) {
    case ROW_FREE:
    case ROW_CLOSED:
    case ROW_ENDING: /* and the read has just failed: nothing is left */
        sock_blame(sock, STREAM_FAULT_PEER,
                   "the server closed the connection (the modem says so when asked)");
        sock_end(sock);
        break;
    case ROW_UNKNOWN:
    case ROW_CONNECTING:
    case ROW_UP:
    case ROW_NO_BEARER:
        break;
    }
}

void sock_read_withdraw(struct sock *sock)
{
    if (!at_request_is_running(sock->channel, &sock->reading)) {
        at_request_forget(sock->channel, &sock->reading);
    }
}

void sock_enter_drain(struct sock *sock)
{
    if (sock->dialect->reads_counted) {
        sock_read_withdraw(sock);
    }
    if (!sock->reading.queued) {
        sock_read_start(sock);
    } else {
        sock->data_waiting = true; /* once more after the read in flight */
    }
}

void sock_on_closed(struct sock *sock, long link)
{
    if (sock->state != SOCK_UP || !sock_is_ours(sock, link)) {
        return;
    }
    sock_blame(sock, STREAM_FAULT_PEER, "the server closed the connection");
    if (is_buffered(sock)) {
        sock_go(sock, SOCK_DRAIN);
    } else {
        sock_end(sock);
    }
}

/* A form that does not tell what is left is read until nothing comes. */
static long rest_of(const struct sock *sock, const struct at_token *piece)
{
    if (strstr(sock->dialect->announces[piece->form].form, "%r")) {
        return piece->rest;
    }
    return piece->total > 0;
}

void sock_on_payload(struct sock *sock, const struct at_token *piece)
{
    bool numbered = sock->dialect && sock->dialect->numbering != DIALECT_NOT_NUMBERED;

    if (sock->state == SOCK_OPEN && sock->connected_seen && sock->link >= 0) {
        sock_go(sock, SOCK_UP); /* its last OK is still to come */
    }
    if ((sock->state != SOCK_UP && sock->state != SOCK_DRAIN) ||
        (numbered && piece->link >= 0 && piece->link != sock->link)) {
        return;
    }
    timer_stop(&sock->look);
    sock->rest = rest_of(sock, piece);
    if (piece->len > 0 && !sock->unwanted && !sock->torn && sock->stream.events.on_bytes) {
        sock->stream.events.on_bytes(sock->stream.arg, piece->data, piece->len);
    }
}

void sock_on_payload_lost(struct sock *sock, long link)
{
    bool open = sock->state == SOCK_UP || sock->state == SOCK_DRAIN;

    if (!open || (sock->dialect->numbering != DIALECT_NOT_NUMBERED && link >= 0 && link != sock->link)) {
        return;
    }
    sock_blame(sock, STREAM_FAULT_MODEM, "data that the modem announced did not arrive");
    sock->torn = true;
    timer_start(sock->sched, &sock->timer, 0); /* after the channel has found back into step */
}
