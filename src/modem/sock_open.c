/* From stream_open() to a link that is up: the sweep, the open, the grace, the search, the name. */
#include "sock_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"
#include "blynkd/base/scan.h"

#include <stdio.h>
#include <string.h>

static void ask_rows(struct sock *sock)
{
    sock->closing_row = -1;
    sock_ask_status(sock);
}

/* Logged once, not at every question (a link is never judged by it). */
static void log_strange(struct sock *sock)
{
    if (sock->rows.strange[0] && strcmp(sock->rows.strange, sock->strange_logged) != 0) {
        snprintf(sock->strange_logged, sizeof(sock->strange_logged), "%s", sock->rows.strange);
        log_notice("modem", "a line of the connection status is not understood: %s", sock->rows.strange);
    }
}

static void mark_rows(struct sock *sock, enum row_state state)
{
    for (long row = 0; row < DIALECT_ROWS; row++) {
        if (rows_state(&sock->rows, row) == state) {
            sock->rows_to_close |= 1U << row;
        }
    }
}

/* Closes the next marked row; false: none is left. */
static bool close_next_row(struct sock *sock)
{
    for (long row = 0; row < DIALECT_ROWS; row++) {
        if (!(sock->rows_to_close & 1U << row)) {
            continue;
        }
        sock->rows_to_close &= ~(1U << row);
        if (sock_close_row(sock, row)) {
            log_debug("modem", "closing link %ld, which was left open in the modem", row);
            return true;
        }
    }
    sock->closing_row = -1;
    return false;
}

/* ---- sweep ---- */

void sock_enter_sweep(struct sock *sock)
{
    sock->sweep_wanted = false;
    if (sock->rows_to_close) {
        if (!close_next_row(sock)) {
            sock_go(sock, sock->in_use ? SOCK_PREPARE : SOCK_CLOSED);
        }
        return;
    }
    ask_rows(sock);
}

static void after_sweep(struct sock *sock)
{
    if (!sock->in_use) {
        sock_go(sock, SOCK_CLOSED);
    } else {
        sock_go(sock, sock->unwanted ? SOCK_REPORT : SOCK_PREPARE);
    }
}

void sock_on_sweep_done(struct sock *sock, const struct at_reply *reply)
{
    if (sock->closing_row < 0) {
        if (sock_ask_status_again(sock, reply)) {
            return;
        }
        log_strange(sock);
        mark_rows(sock, ROW_UP);
        mark_rows(sock, ROW_CONNECTING);
    }
    if (!close_next_row(
            sock)) { /* one that cannot be closed, or a status that fails, must not hinder the open */
        after_sweep(sock);
    }
}

/* ---- open ---- */

void sock_enter_open(struct sock *sock)
{
    sock->open_ms = sched_now_ms(sock->sched);
    sock_command(sock, &sock->control, &sock->dialect->open);
}

static bool ends_with(const char *const *patterns, const struct at_reply *reply)
{
    return pattern_find(patterns, reply->text, strlen(reply->text), NULL) >= 0;
}

static void on_connected(struct sock *sock)
{
    if (sock->link < 0) {
        sock->open_unsure = true;
        sock_go(sock, SOCK_FIND); /* up, but under which number? */
    } else {
        sock_go(sock, SOCK_UP);
    }
}

/* Our link is open already: a daemon before us opened it. Once closed, the open may work. */
static void on_busy(struct sock *sock)
{
    sock->open_retried = true;
    if (sock->link >= 0) {
        sock->rows_to_close |= 1U << sock->link;
    }
    sock_go(sock, SOCK_SWEEP);
}

/* The data connection is not to blame: is it the name, or the server? */
static void ask_further(struct sock *sock)
{
    bool ask_name = sock->dialect->resolve.send && sock->fault == STREAM_FAULT_CONNECT && !sock->unwanted &&
                    !scan_is_ipv4(sock->host);

    sock_go(sock, ask_name ? SOCK_NAME : SOCK_REPORT);
}

/* The open has failed, and what it may have left behind is closed. */
void sock_after_failure(struct sock *sock)
{
    sock->link = -1;
    if (sock->dialect->bearer.send && !sock->unwanted) {
        sock_go(sock, SOCK_BEARER);
    } else {
        ask_further(sock);
    }
}

static void on_failed(struct sock *sock, const struct at_reply *reply)
{
    sock->open_unsure = reply->result == AT_RESULT_TIMEOUT || ends_with(sock->dialect->open_unsure, reply);
    sock_blame_open(sock, reply);
    if (sock->dialect->open_unsure_ms && ends_with(sock->dialect->open_unsure, reply) && !sock->unwanted) {
        sock_go(sock, SOCK_GRACE);
    } else if (sock->dialect->close_after_failure && sock->link >= 0) {
        sock->rows_to_close |= 1U << sock->link;
        sock_go(sock, SOCK_FIND);
    } else if (sock->dialect->find_after_open || reply->result == AT_RESULT_TIMEOUT ||
               reply->result == AT_RESULT_CANCELLED) {
        sock_go(sock, SOCK_FIND);
    } else {
        sock_after_failure(sock);
    }
}

void sock_on_open_done(struct sock *sock, const struct at_reply *reply)
{
    bool ok =
        reply->result == AT_RESULT_OK && sock_open_blame(sock, reply, STREAM_FAULT_NONE) == STREAM_FAULT_NONE;

    if (ok) {
        on_connected(sock);
    } else if (!sock->open_retried && !sock->unwanted && ends_with(sock->dialect->open_busy, reply)) {
        on_busy(sock);
    } else {
        on_failed(sock, reply);
    }
}

void sock_enter_grace(struct sock *sock)
{
    timer_start(sock->sched, &sock->timer, sock->dialect->open_unsure_ms);
}

/* ---- find ---- */

void sock_enter_find(struct sock *sock)
{
    if (sock->dialect->close_after_failure && close_next_row(sock)) {
        return;
    }
    ask_rows(sock);
}

/* The link that came up after all: the sweep before has closed all others. */
static long find_ours(const struct sock *sock)
{
    if (!sock->open_unsure || sock->unwanted) {
        return -1;
    }
    if (sock->link >= 0) {
        return rows_state(&sock->rows, sock->link) == ROW_UP ? sock->link : -1;
    }
    return rows_find(&sock->rows, ROW_UP);
}

void sock_on_find_done(struct sock *sock, const struct at_reply *reply)
{
    if (sock->closing_row < 0) {
        if (sock_ask_status_again(sock, reply)) {
            return;
        }
        log_strange(sock);
        long ours = find_ours(sock);
        if (ours >= 0) {
            sock->link = ours;
            sock->fault = STREAM_FAULT_NONE;
            sock_go(sock, SOCK_UP);
            return;
        }
        if (sock->rows.no_bearer) {
            sock->fault = STREAM_FAULT_NONE; /* the server is not to blame */
            sock->user.on_bearer_lost(sock->user.arg, "the data connection is gone");
            return;
        }
        mark_rows(sock, ROW_UP);
        mark_rows(sock, ROW_CONNECTING);
    }
    if (close_next_row(sock)) {
        return;
    }
    sock_blame(sock, STREAM_FAULT_CONNECT, "the modem does not tell which connection it opened");
    sock_after_failure(sock);
}

/* ---- bearer and name ---- */

void sock_enter_bearer(struct sock *sock)
{
    sock->bearer_gone = false;
    sock->bearer_there = false;
    sock_command(sock, &sock->control, &sock->dialect->bearer);
}

void sock_on_bearer_done(struct sock *sock, const struct at_reply *reply)
{
    (void)reply; /* an answer that fails says nothing */
    if (sock->bearer_gone && !sock->bearer_there) {
        sock->fault = STREAM_FAULT_NONE; /* the server is not to blame */
        sock->user.on_bearer_lost(sock->user.arg,
                                  "the data connection is gone (the modem says so when asked)");
    } else {
        ask_further(sock);
    }
}

void sock_enter_name(struct sock *sock)
{
    sock->name_failed = false;
    sock_command(sock, &sock->control, &sock->dialect->resolve);
}

void sock_on_name_done(struct sock *sock, const struct at_reply *reply)
{
    if (sock->name_failed || reply->result == AT_RESULT_ERROR || reply->result == AT_RESULT_FAIL) {
        sock->fault = STREAM_FAULT_NAME;
        snprintf(sock->why, sizeof(sock->why), "the modem cannot find the address of %.100s", sock->host);
    }
    sock_go(sock, SOCK_REPORT);
}

void sock_on_control_line(void *arg, const char *line, size_t len)
{
    struct sock *sock = arg;
    struct pattern_match match;
    const struct dialect *dialect = sock->dialect;

    switch (sock->state) {
    case SOCK_PREPARE:
        sock_prepare_on_line(sock, line, len);
        break;
    case SOCK_OPEN:
        if (dialect->open_link && pattern_matches(dialect->open_link, line, len, &match) && match.count > 0) {
            sock->link = match.captures[0].number;
        }
        sock->connected_seen |= pattern_find(dialect->connected_lines, line, len, NULL) >= 0;
        break;
    case SOCK_SWEEP:
    case SOCK_FIND:
        if (sock->closing_row < 0) {
            rows_take(&sock->rows, dialect, line, len);
        }
        break;
    case SOCK_BEARER:
        sock->bearer_gone |= pattern_find(dialect->bearer_gone, line, len, NULL) >= 0;
        sock->bearer_there |= pattern_find(dialect->bearer_there, line, len, NULL) >= 0;
        break;
    case SOCK_NAME:
        sock->name_failed |= pattern_find(dialect->resolve_failed, line, len, NULL) >= 0;
        break;
    case SOCK_UP:
    case SOCK_DRAIN:
    case SOCK_CLOSING:
        if (sock->doubting) {
            rows_take(&sock->rows, dialect, line, len);
        }
        break;
    case SOCK_CLOSED:
    case SOCK_WAIT:
    case SOCK_GRACE:
    case SOCK_REPORT:
        break;
    }
}

/* ---- unsolicited ---- */

void sock_on_connected(struct sock *sock, long link)
{
    switch (sock->state) {
    case SOCK_GRACE:
        sock->link = link >= 0 ? link : sock->link;
        sock->fault = STREAM_FAULT_NONE;
        on_connected(sock);
        break;
    case SOCK_CLOSED:
        sock->sweep_wanted = true;
        sock->rows_to_close |= link >= 0 && link < DIALECT_ROWS ? 1U << link : 0;
        log_info("modem", "a connection came up after it had been given up; it is closed");
        if (sock->ready) {
            sock_go(sock, SOCK_SWEEP);
        }
        break;
    case SOCK_BEARER:
    case SOCK_NAME:
    case SOCK_REPORT:
    case SOCK_WAIT:
        sock->sweep_wanted = true;
        sock->rows_to_close |= link >= 0 && link < DIALECT_ROWS ? 1U << link : 0;
        break;
    case SOCK_SWEEP:
    case SOCK_PREPARE:
    case SOCK_OPEN:
    case SOCK_FIND:
    case SOCK_UP:
    case SOCK_DRAIN:
    case SOCK_CLOSING:
        break;
    }
}

void sock_on_not_connected(struct sock *sock, long link)
{
    if (sock->state == SOCK_GRACE && sock_is_ours(sock, link)) {
        sock_go(sock, SOCK_FIND);
    }
}
