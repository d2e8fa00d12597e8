/* Why a link did not come up: whom the line that ended the open blames, and the words for it. */
#include "sock_private.h"

#include "blynkd/base/pattern.h"

#include "cme.h"

#include <stdio.h>
#include <string.h>

enum stream_fault sock_open_blame(const struct sock *sock, const struct at_reply *reply,
                                  enum stream_fault otherwise)
{
    const struct dialect_blame *blame = sock->dialect->open_blame;

    for (; blame && blame->pattern; blame++) {
        if (pattern_matches(blame->pattern, reply->text, strlen(reply->text), NULL)) {
            return blame->fault;
        }
    }
    return otherwise;
}

static const char *reason_of(const struct sock *sock, const struct at_reply *reply)
{
    const struct dialect_reason *reason = sock->dialect->open_reasons;

    for (; reason && reason->pattern; reason++) {
        if (pattern_matches(reason->pattern, reply->text, strlen(reply->text), NULL)) {
            return reason->words;
        }
    }
    return NULL;
}

/* What came too late to be the server's answer says nothing of its certificate. */
static enum stream_fault open_fault(const struct sock *sock, const struct at_reply *reply)
{
    enum stream_fault fault = sock_open_blame(sock, reply, STREAM_FAULT_CONNECT);
    bool late = sched_now_ms(sock->sched) - sock->open_ms > sock->dialect->answer_ms;

    return fault == STREAM_FAULT_TLS && sock->dialect->answer_ms && late ? STREAM_FAULT_CONNECT : fault;
}

void sock_blame_open(struct sock *sock, const struct at_reply *reply)
{
    enum stream_fault fault = open_fault(sock, reply);
    const char *reason = reason_of(sock, reply);
    char text[160];

    cme_describe(reply, text, sizeof(text));
    if (reason) {
        snprintf(text, sizeof(text), "%s", reason);
    }
    if (fault == STREAM_FAULT_NAME) {
        sock_blame(sock, fault, "the modem cannot find the address of %.100s", sock->host);
    } else if (fault == STREAM_FAULT_BEARER) {
        sock_blame(sock, fault, "there is no data connection: %s", text);
    } else {
        sock_blame(sock, fault, "%.64s:%u was not reached: %s", sock->host, (unsigned)sock->port, text);
    }
}
