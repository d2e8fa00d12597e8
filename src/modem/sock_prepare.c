/* What some dialects need before the open: an address instead of a name, a link to open, a mode. */
#include "sock_private.h"

#include "blynkd/base/pattern.h"
#include "blynkd/base/scan.h"

#include "cme.h"

#include <stdio.h>
#include <string.h>

static void begin(struct sock *sock)
{
    sock->link = sock->dialect->numbering == DIALECT_NUMBERED_BY_HOST ? sock->dialect->link : -1;
    if (sock->dialect->numbering == DIALECT_NOT_NUMBERED) {
        sock->link = 0;
    }
    sock->prepared_again = false;
    sock->open_unsure = false;
    sock->connected_seen = false;
    sock->name_failed = false;
    sock->torn = false;
    sock->rest = 0;
    sock->out_len = 0;
    sock->address[0] = '\0';
}

void sock_enter_prepare(struct sock *sock)
{
    const struct dialect *dialect = sock->dialect;
    bool numeric = scan_is_ipv4(sock->host);

    begin(sock);
    if (numeric) {
        snprintf(sock->address, sizeof(sock->address), "%.15s", sock->host);
    }
    if (!dialect->prepare.send || (numeric && dialect->prepare_address)) {
        sock_go(sock, SOCK_OPEN);
    } else {
        sock_command(sock, &sock->control, &dialect->prepare);
    }
}

void sock_prepare_on_line(struct sock *sock, const char *line, size_t len)
{
    const struct dialect *dialect = sock->dialect;
    struct pattern_match match;

    if (dialect->prepare_link && pattern_matches(dialect->prepare_link, line, len, &match)) {
        sock->link = match.captures[0].number;
    }
    if (dialect->prepare_address && !sock->address[0] &&
        pattern_matches(dialect->prepare_address, line, len, &match)) {
        pattern_copy(&match, 0, sock->address, sizeof(sock->address));
    }
}

static void fail(struct sock *sock, const struct at_reply *reply)
{
    char text[160];

    if (sock->dialect->prepare_address && reply->result != AT_RESULT_TIMEOUT) {
        sock_blame(sock, STREAM_FAULT_NAME, "the modem cannot find the address of %.100s", sock->host);
    } else if (sock->dialect->prepare_refused && reply->result == AT_RESULT_ERROR) {
        sock_blame(sock, STREAM_FAULT_TLS, "%.64s:%u was not reached: %s", sock->host, (unsigned)sock->port,
                   sock->dialect->prepare_refused);
    } else {
        sock_blame(sock, STREAM_FAULT_CONNECT, "%.64s:%u was not reached: %s", sock->host,
                   (unsigned)sock->port, cme_describe(reply, text, sizeof(text)));
    }
    sock_after_failure(sock);
}

void sock_on_prepare_done(struct sock *sock, const struct at_reply *reply)
{
    const struct dialect *dialect = sock->dialect;
    bool told =
        (!dialect->prepare_link || sock->link >= 0) && (!dialect->prepare_address || sock->address[0]);

    if (!sock->unwanted && reply->result == AT_RESULT_ERROR && dialect->prepare_again.send &&
        !sock->prepared_again) {
        sock->prepared_again = true;
        sock_command(sock, &sock->control, &dialect->prepare_again);
        return;
    }
    if (sock->unwanted || reply->result != AT_RESULT_OK || !told) {
        fail(sock, reply);
    } else {
        sock_go(sock, SOCK_OPEN);
    }
}
