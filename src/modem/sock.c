#include "sock_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/scan.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct sock *sock_of(struct stream *stream)
{
    return (struct sock *)(void *)stream; /* its first member */
}

bool sock_is_ours(const struct sock *sock, long link)
{
    return link < 0 || sock->link < 0 || link == sock->link;
}

/* ---- the way down ---- */

void sock_blame(struct sock *sock, enum stream_fault fault, const char *format, ...)
{
    va_list args;

    if (sock->fault != STREAM_FAULT_NONE || sock->unwanted) {
        return;
    }
    sock->fault = fault;
    va_start(args, format);
    vsnprintf(sock->why, sizeof(sock->why), format, args);
    va_end(args);
}

/* Whether the module still holds the link and must be told. */
static bool must_close(const struct sock *sock)
{
    if (sock->link < 0 && sock->dialect->numbering != DIALECT_NOT_NUMBERED) {
        return false;
    }
    return sock->fault != STREAM_FAULT_PEER || sock->dialect->close_after_peer;
}

void sock_end(struct sock *sock)
{
    sock_read_withdraw(sock);
    sock_go(sock, must_close(sock) ? SOCK_CLOSING : SOCK_REPORT);
}

static void enter_closing(struct sock *sock)
{
    if (!sock->control.queued) {
        sock_command(sock, &sock->control, &sock->dialect->close);
    } /* else: what is in flight ends first, then on_control_done() comes back here */
}

static bool is_busy(const struct sock *sock)
{
    return sock->control.queued || sock->sending.queued || sock->reading.queued;
}

/* Not before the commands of this link have ended, so that the next one begins with a clean sheet. */
static void enter_report(struct sock *sock)
{
    timer_stop(&sock->resend);
    timer_stop(&sock->look);
    if (!sock->in_use) {
        sock_go(sock, SOCK_CLOSED);
    } else if (!is_busy(sock)) {
        task_post(sock->sched, &sock->report);
    }
}

static void on_report(void *arg)
{
    struct sock *sock = arg;
    char why[sizeof(sock->why)];
    enum stream_fault fault = sock->unwanted ? STREAM_FAULT_NONE : sock->fault;

    snprintf(why, sizeof(why), "%s", fault == STREAM_FAULT_NONE ? "closed as asked" : sock->why);
    sock_go(sock, SOCK_CLOSED);
    sock->in_use = false;
    sock->out_len = 0;
    if (sock->stream.events.on_closed) {
        sock->stream.events.on_closed(sock->stream.arg, fault, why);
    }
    if (sock->sweep_wanted && sock->ready && !sock->in_use && sock->rows_to_close) {
        sock_go(sock, SOCK_SWEEP); /* a link that came up after all */
    }
}

static void enter_wait(struct sock *sock)
{
    if (sock->unwanted) {
        sock_go(sock, SOCK_REPORT);
    } else if (!is_busy(sock)) {
        sock_go(sock, sock->sweep_wanted ? SOCK_SWEEP : SOCK_PREPARE);
    }
}

static void enter_up(struct sock *sock)
{
    sock->data_waiting = false;
    sock->read_errors = 0;
    sock->looks = 0;
    log_debug("modem", "connected to %s:%u (link %ld)", sock->host, (unsigned)sock->port, sock->link);
    if (sock->unwanted) {
        sock_end(sock);
    } else if (sock->stream.events.on_open) {
        sock->stream.events.on_open(sock->stream.arg);
    }
}

/* ---- the machine ---- */

static void enter_nothing(struct sock *sock)
{
    (void)sock;
}

static const struct {
    const char *name;
    void (*enter)(struct sock *sock);
} sock_rows[] = {
#define SOCK_ROW(state, action) [state] = {#state, action}
    SOCK_ROW(SOCK_CLOSED, enter_nothing),   SOCK_ROW(SOCK_WAIT, enter_wait),
    SOCK_ROW(SOCK_SWEEP, sock_enter_sweep), SOCK_ROW(SOCK_PREPARE, sock_enter_prepare),
    SOCK_ROW(SOCK_OPEN, sock_enter_open),   SOCK_ROW(SOCK_GRACE, sock_enter_grace),
    SOCK_ROW(SOCK_FIND, sock_enter_find),   SOCK_ROW(SOCK_BEARER, sock_enter_bearer),
    SOCK_ROW(SOCK_NAME, sock_enter_name),   SOCK_ROW(SOCK_UP, enter_up),
    SOCK_ROW(SOCK_DRAIN, sock_enter_drain), SOCK_ROW(SOCK_CLOSING, enter_closing),
    SOCK_ROW(SOCK_REPORT, enter_report),
#undef SOCK_ROW
};

void sock_go(struct sock *sock, enum sock_state state)
{
    timer_stop(&sock->timer);
    sock->state = state;
    sock_rows[state].enter(sock);
}

static void on_close_done(struct sock *sock)
{
    sock_go(sock, SOCK_REPORT);
}

bool sock_is_lost(const struct at_reply *reply)
{
    return reply->result == AT_RESULT_REBOOT || reply->result == AT_RESULT_CANCELLED;
}

static void on_control_done(void *arg, const struct at_reply *reply)
{
    struct sock *sock = arg;
    bool doubting = sock->doubting;
    bool given_up = sock->given_up;

    sock->doubting = false;
    sock->given_up = false;
    if (sock_is_lost(reply) && !given_up) {
        return;
    }
    switch (sock->state) {
    case SOCK_SWEEP:
        sock_on_sweep_done(sock, reply);
        break;
    case SOCK_PREPARE:
        sock_on_prepare_done(sock, reply);
        break;
    case SOCK_OPEN:
        sock_on_open_done(sock, reply);
        break;
    case SOCK_FIND:
        sock_on_find_done(sock, reply);
        break;
    case SOCK_BEARER:
        sock_on_bearer_done(sock, reply);
        break;
    case SOCK_NAME:
        sock_on_name_done(sock, reply);
        break;
    case SOCK_CLOSING:
        if (doubting) {
            enter_closing(sock);
        } else {
            on_close_done(sock);
        }
        break;
    case SOCK_UP:
    case SOCK_DRAIN:
        if (doubting) {
            sock_on_doubt_done(sock, reply);
        }
        break;
    case SOCK_WAIT:
        enter_wait(sock);
        break;
    case SOCK_REPORT:
        enter_report(sock);
        break;
    case SOCK_CLOSED:
    case SOCK_GRACE:
        break;
    }
}

/* ---- the stream's face ---- */

static int stream_op_open(struct stream *stream, const char *host, uint16_t port)
{
    struct sock *sock = sock_of(stream);

    if (sock->in_use) {
        return -EALREADY;
    }
    if (!sock->ready) {
        return -ENOTCONN;
    }
    uint16_t ignored = port;
    if (port == 0 || scan_host_port(host, sock->host, sizeof(sock->host), &ignored) < 0) {
        return -EINVAL;
    }
    sock->port = port;
    sock->in_use = true;
    sock->unwanted = false;
    sock->open_retried = false;
    sock->fault = STREAM_FAULT_NONE;
    sock->why[0] = '\0';
    if (sock->state == SOCK_CLOSED) { /* else: sweeping already, opening comes after it */
        timer_start(sock->sched, &sock->timer, 0);
    }
    return 0;
}

static void stream_op_close(struct stream *stream)
{
    struct sock *sock = sock_of(stream);

    if (!sock->in_use || sock->unwanted) {
        return;
    }
    sock->unwanted = true;
    if (sock->state == SOCK_UP || sock->state == SOCK_DRAIN) {
        sock_end(sock);
    } else if (sock->state == SOCK_CLOSED || sock->state == SOCK_GRACE) {
        sock_go(sock, sock->state == SOCK_GRACE ? SOCK_FIND : SOCK_REPORT);
    } else if (sock->state == SOCK_PREPARE || sock->state == SOCK_OPEN || sock->state == SOCK_NAME) {
        /* It may last minutes. What it has opened by then is found, and closed. */
        sock->given_up = true;
        at_request_cancel(sock->channel, &sock->control);
    } /* else: the command in flight ends first */
}

/* An open begins from the loop; a grace has passed; a torn stream ends. */
static void on_timer(void *arg)
{
    struct sock *sock = arg;

    if (sock->state == SOCK_UP || sock->state == SOCK_DRAIN) {
        sock_end(sock);
    } else {
        sock_go(sock, sock->state == SOCK_GRACE ? SOCK_FIND : SOCK_WAIT);
    }
}

/* Known where the address is asked for before the open. Most modules take the name in the open itself and do not say
 * where that led. */
static const char *stream_op_peer(const struct stream *stream)
{
    const struct sock *sock = (const struct sock *)(const void *)stream;

    return sock->state == SOCK_UP || sock->state == SOCK_DRAIN ? sock->address : "";
}

static const struct stream_ops sock_ops = {stream_op_open, sock_write, sock_room, stream_op_close,
                                           stream_op_peer};

static void init_request(struct at_request *request, struct sock *sock, enum at_priority priority,
                         void (*on_line)(void *arg, const char *line, size_t len),
                         void (*on_done)(void *arg, const struct at_reply *reply))
{
    request->priority = priority;
    request->on_line = on_line;
    request->on_done = on_done;
    request->arg = sock;
}

void sock_init(struct sock *sock, struct sched *sched, struct at_channel *channel,
               const struct sock_user *user)
{
    memset(sock, 0, sizeof(*sock));
    sock->stream.ops = &sock_ops;
    sock->sched = sched;
    sock->channel = channel;
    sock->user = *user;
    sock->link = -1;
    sock->closing_row = -1;
    init_request(&sock->control, sock, AT_PRIORITY_HIGH, sock_on_control_line, on_control_done);
    init_request(&sock->sending, sock, AT_PRIORITY_NORMAL, NULL, sock_on_sent);
    init_request(&sock->reading, sock, AT_PRIORITY_NORMAL, sock_read_on_line, sock_on_read);
    timer_init(&sock->timer, on_timer, sock);
    timer_init(&sock->resend, sock_on_resend, sock);
    timer_init(&sock->look, sock_on_look, sock);
    task_init(&sock->report, on_report, sock);
}

void sock_enable(struct sock *sock, const struct dialect *dialect, size_t send_max_bytes)
{
    sock->dialect = dialect;
    sock->send_max_bytes = dialect->send_max_bytes;
    if (send_max_bytes && send_max_bytes < sock->send_max_bytes) {
        sock->send_max_bytes = send_max_bytes;
    }
    sock->sweep_wanted = dialect->sweep_before_open;
    sock->rows_to_close = 0;
    sock->status_unknown = false;
    sock->ready = true;
}

static void forget_requests(struct sock *sock)
{
    at_request_forget(sock->channel, &sock->control);
    at_request_forget(sock->channel, &sock->sending);
    at_request_forget(sock->channel, &sock->reading);
}

void sock_destroy(struct sock *sock)
{
    forget_requests(sock);
    timer_stop(&sock->timer);
    timer_stop(&sock->resend);
    timer_stop(&sock->look);
    task_cancel(&sock->report);
}

void sock_disable(struct sock *sock, enum stream_fault fault, const char *why)
{
    sock->ready = false;
    forget_requests(sock);
    sock->doubting = false;
    sock->given_up = false;
    sock->rows_to_close = 0;
    sock_blame(sock, fault, "%s", why);
    sock_go(sock, sock->in_use ? SOCK_REPORT : SOCK_CLOSED);
}
