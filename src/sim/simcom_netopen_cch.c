/*
 * TLS of the SIM7600 and the A76xx (C8): the CCH channel, with its own start, its own two sessions.
 *   AT+CCHSTART / OK / +CCHSTART: 0      AT+CCHOPEN=0,"host",443,2 / OK / +CCHOPEN: 0,0
 * A real handshake is made with a session of type 2, as the settings of its context say (simcom_netopen_ssl.c).
 * The sessions are the two rows behind those of CIPOPEN.
 */
#include "simcom_netopen.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

#include <stdio.h>
#include <string.h>

#define SESSIONS   NETOPEN_CCH_SESSIONS
#define SEND_MAX   2048
#define READ_BLOCK 1024

static struct link *session_link(struct modem *modem, const struct at_call *call)
{
    long id;

    return at_number(call, 0, 0, SESSIONS - 1, &id) ? &modem->links[NETOPEN_SOCKETS + id] : NULL;
}

static int session_of(const struct link *link)
{
    return link->id - NETOPEN_SOCKETS;
}

/* A result that comes behind its OK, or before it (the variant result_first). */
static int say_both(struct modem *modem, const char *text)
{
    bool first = VARIANT_ON(modem, RESULT_FIRST);

    if (!first)
        at_result(modem, AT_OK);
    out_line(modem, first ? OUT_ANSWER : OUT_LATE, "%s", text);
    return first ? AT_OK : AT_DONE;
}

/* ---- start and stop ---- */

static int run_cchset(struct modem *modem, const struct at_call *call)
{
    long report, manual = 0;

    if (modem->netopen.cch.started || !at_number(call, 0, 0, 1, &report) ||
        (call->argc > 1 && !at_number(call, 1, 0, 1, &manual)))
        return AT_ERROR;
    modem->netopen.cch.report = report == 1;
    modem->netopen.cch.manual = manual == 1;
    return AT_OK;
}

static int run_cchstart(struct modem *modem, const struct at_call *call)
{
    bool possible = at_bearer_possible(modem);
    char text[32];

    (void)call;
    if (modem->netopen.cch.started || !network_is_registered(modem))
        return AT_ERROR;
    modem->netopen.cch.started = possible;
    modem->network.bearer_up |= possible;
    snprintf(text, sizeof text, "+CCHSTART: %d", possible ? 0 : CCH_NETWORK);
    return say_both(modem, text);
}

static void close_sessions(struct modem *modem)
{
    for (int id = 0; id < SESSIONS; id++)
        link_close(&modem->links[NETOPEN_SOCKETS + id], LINK_INITIAL);
    modem->netopen.cch.bound = 0;
}

static int run_cchstop(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->netopen.cch.started)
        return AT_ERROR;
    close_sessions(modem);
    modem->netopen.cch.started = false;
    modem->network.bearer_up = modem->netopen.opened && !modem->netopen.lost;
    return say_both(modem, "+CCHSTOP: 0");
}

void netopen_cch_lost(struct modem *modem)
{
    for (int id = 0; id < SESSIONS; id++) {
        struct link *link = &modem->links[NETOPEN_SOCKETS + id];

        if (link->state != LINK_OPEN)
            continue;
        link->dead = VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        out_line(modem, OUT_URC, "+CCH_RECV_CLOSED: %d,%d", id, CCH_NETWORK);
    }
    close_sessions(modem);
    modem->netopen.cch.started = false;
}

/* ---- settings ---- */

static int run_cchsslcfg(struct modem *modem, const struct at_call *call)
{
    const struct link *link = session_link(modem, call);
    long context;

    if (link == NULL || !at_number(call, 1, 0, NETOPEN_SSL_CONTEXTS - 1, &context))
        return AT_ERROR;
    modem->netopen.cch.context[session_of(link)] = (int)context;
    modem->netopen.cch.bound |= 1U << session_of(link);
    return AT_OK;
}

/* ---- open and close ---- */

static void say_open_result(struct modem *modem, const struct link *link, int error)
{
    char text[32];

    if (error != 0)
        modem->netopen.cch.bound &= ~(1U << session_of(link));
    snprintf(text, sizeof text, "+CCHOPEN: %d,%d", session_of(link), error);
    netopen_say_result(modem, link, text);
}

/*
 * Why a session of type 2 cannot encrypt: without a context of its own (CCHSSLCFG is forgotten at each close) or with a
 * broken TLS there is no handshake.
 */
static int obstacle(const struct modem *modem, const struct link *link)
{
    if ((modem->netopen.cch.bound & 1U << session_of(link)) == 0 || VARIANT_IS(modem, CCH_TLS, "fails"))
        return CCH_HANDSHAKE;
    return netopen_ssl_obstacle(modem, session_of(link));
}

void netopen_cch_opened(struct modem *modem, struct link *link)
{
    bool wanted = (modem->netopen.cch.tls & 1U << session_of(link)) != 0;
    int error = 0;

    if (wanted && link->tls == NULL)
        error = obstacle(modem, link) != 0 ? obstacle(modem, link) : CCH_HANDSHAKE;
    if (error != 0)
        link_close(link, LINK_INITIAL);
    say_open_result(modem, link, error);
}

static int failure(struct modem *modem, const struct link *link)
{
    if (netopen_had_no_name(modem, link))
        return CCH_NO_NAME;
    if (link->timed_out)
        return CCH_TIMEOUT;
    return link->tls != NULL ? CCH_HANDSHAKE : CCH_CONNECT;
}

void netopen_cch_failed(struct modem *modem, struct link *link)
{
    int error = failure(modem, link);

    link_close(link, LINK_INITIAL);
    say_open_result(modem, link, error);
}

/* Not in the sheet; as drivers of the A76xx read it: +CCHOPEN: 0,"host",443,2,own port / +CCHOPEN: 1,"",,, */
static int ask_open(struct modem *modem)
{
    char text[SESSIONS * (ROUTE_HOST_MAX + 48)];
    size_t used = 0;

    for (int id = 0; id < SESSIONS; id++) {
        const struct link *link = &modem->links[NETOPEN_SOCKETS + id];

        used += (size_t)snprintf(text + used, sizeof text - used, "%s+CCHOPEN: %d", id ? "\r\n" : "", id);
        if (link->state == LINK_OPEN)
            used += (size_t)snprintf(text + used, sizeof text - used, ",\"%s\",%u,%d,54021", link->host,
                                     (unsigned)link->port, (modem->netopen.cch.tls & 1U << id) != 0 ? 2 : 1);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, ",\"\",,,");
    }
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

static int run_cchopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = session_link(modem, call);
    long port, type = 2;

    if (call->kind == AT_QUERY)
        return ask_open(modem);
    if (link == NULL || strlen(call->arg[1].text) >= ROUTE_HOST_MAX || !at_number(call, 2, 1, 65535, &port) ||
        (call->argc > 3 && !at_number(call, 3, 1, 2, &type)))
        return AT_ERROR;
    if (!modem->netopen.cch.started || link->state == LINK_OPEN || link->state == LINK_CONNECTING)
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    modem->netopen.cch.tls &= ~(1U << session_of(link));
    modem->netopen.cch.tls |= (type == 2 ? 1U : 0U) << session_of(link);
    link->secure = type == 2 && obstacle(modem, link) == 0;
    if (link->secure)
        netopen_ssl_wish(modem, session_of(link), call->arg[1].text, &link->wish);
    link->timeout_ms = 0;
    link->nowhere = false;
    link->buffered = modem->netopen.cch.manual;
    return netopen_open(modem, link, call->arg[1].text, (uint16_t)port);
}

static int run_cchclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = session_link(modem, call);
    char text[32];

    if (link == NULL || (link->state != LINK_OPEN && link->state != LINK_CONNECTING))
        return AT_ERROR;
    link_close(link, LINK_INITIAL);
    modem->netopen.cch.bound &= ~(1U << session_of(link));
    snprintf(text, sizeof text, "+CCHCLOSE: %d,0", session_of(link));
    return say_both(modem, text);
}

void netopen_cch_closed(struct modem *modem, struct link *link)
{
    modem->netopen.cch.bound &= ~(1U << session_of(link));
    out_line(modem, OUT_URC, "+CCH_PEER_CLOSED: %d", session_of(link));
}

/* ---- bytes ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->netopen.sending];
    bool sent = link->state == LINK_OPEN && !fault_use(modem, FAULT_SEND_FAIL) &&
                link_send(link, modem->line.payload, modem->line.payload_length);

    at_result(modem, AT_OK);
    if (modem->netopen.cch.report)
        out_line(modem, OUT_LATE, "+CCHSEND: %d,%d", session_of(link), sent ? 0 : CCH_TRANSFER_FAILED);
    return AT_DONE;
}

static int run_cchsend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = session_link(modem, call);
    long count;

    if (link == NULL || link->state != LINK_OPEN || !at_number(call, 1, 1, SEND_MAX, &count))
        return AT_ERROR;
    modem->netopen.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static void say_block(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    char header[48];

    snprintf(header, sizeof header, "\r\n+CCHRECV: DATA,%d,%zu\r\n", session_of(link), count);
    out_bytes(modem, OUT_DATA, header, strlen(header));
    out_bytes(modem, OUT_DATA, bytes, count);
}

void netopen_cch_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool was_empty = link->rx_length == 0;

    if (!link->buffered) {
        say_block(modem, link, bytes, count);
        return;
    }
    link_keep(link, bytes, count);
    if (was_empty)
        out_line(modem, OUT_URC, "+CCHEVENT: %d,RECV EVENT", session_of(link));
}

static int run_cchrecv(struct modem *modem, const struct at_call *call)
{
    struct link *link = session_link(modem, call);
    long wanted = SEND_MAX;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CCHRECV: LEN,%zu,%zu", modem->links[NETOPEN_SOCKETS].rx_length,
                 modem->links[NETOPEN_SOCKETS + 1].rx_length);
        return AT_OK;
    }
    if (link == NULL || (call->argc > 1 && !at_number(call, 1, 1, SEND_MAX, &wanted)) || link->rx_length == 0)
        return AT_ERROR;
    at_result(modem, AT_OK);
    while (wanted > 0 && link->rx_length > 0) {
        size_t count = link->rx_length < (size_t)wanted ? link->rx_length : (size_t)wanted;

        count = count < READ_BLOCK ? count : READ_BLOCK;
        say_block(modem, link, link->rx, count);
        netopen_taken(link, count);
        wanted -= (long)count;
    }
    out_line(modem, OUT_LATE, "+CCHRECV: %d,0", session_of(link));
    return AT_DONE;
}

const struct at_command simcom_netopen_cch_commands[] = {
    {"+CCHSET", run_cchset, AT_SET, 0},
    {"+CCHSTART", run_cchstart, AT_EXEC, AT_NEEDS_SIM},
    {"+CCHSTOP", run_cchstop, AT_EXEC, 0},
    {"+CCHSSLCFG", run_cchsslcfg, AT_SET, 0},
    {"+CCHOPEN", run_cchopen, AT_SET | AT_QUERY, AT_NEEDS_SIM},
    {"+CCHCLOSE", run_cchclose, AT_SET, 0},
    {"+CCHSEND", run_cchsend, AT_SET, AT_NEEDS_SIM},
    {"+CCHRECV", run_cchrecv, AT_SET | AT_QUERY, 0},
    {NULL, NULL, 0, 0},
};
