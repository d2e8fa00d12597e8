/*
 * TCP (3.4): two links, chosen by the host.
 *   AT+TCPSETUP=0,46.101.217.214,80   OK, later +TCPSETUP:0,OK or +TCPSETUP:0,FAIL
 *   AT+TCPSEND=0,32   "\r\n>", 32 bytes and one 0x0D that does not count, OK, +TCPSEND:0,32
 *   +TCPRECV:0,5,data\r\n
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* Free bytes that IPSTATUS tells of an idle link. */
#define BUFFER_BYTES 2047
#define PORT_MAX     65535
#define PIECE_MAX    4096

static struct link *link_of(struct modem *modem, const struct at_call *call)
{
    long id;

    return at_number(call, 0, 0, modem->profile->links - 1, &id) ? &modem->links[id] : NULL;
}

static size_t free_bytes(const struct link *link)
{
    size_t waiting = LINK_TX_WAITING - link_send_room(link);

    return waiting < BUFFER_BYTES ? BUFFER_BYTES - waiting : 0;
}

/* ---- opening ---- */

void neoway_link_opened(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_LATE, "+TCPSETUP:%d,OK", link->id);
}

void neoway_link_failed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    out_line(modem, OUT_LATE, "+TCPSETUP:%d,FAIL", VARIANT_IS(modem, FAIL_NUMBER, "zero") ? 0 : link->id);
}

static bool is_dotted(const struct at_arg *arg)
{
    return !arg->quoted && strspn(arg->text, "0123456789.") == strlen(arg->text) &&
           route_is_numeric(arg->text);
}

static int start(struct modem *modem, struct link *link, const char *ip, uint16_t port)
{
    bool bearer = modem->network.bearer_up;

    if (!bearer && VARIANT_IS(modem, NO_BEARER_SETUP, "error"))
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (!bearer || link_open(link, ip, port) != LINK_STARTED)
        link_fail_later(link);
    return AT_DONE;
}

static int run_tcpsetup(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call);
    long port;

    if (link == NULL || call->argc != 3 || !is_dotted(&call->arg[1]) || call->arg[2].quoted ||
        !at_number(call, 2, 1, PORT_MAX, &port) || link->state == LINK_OPEN ||
        link->state == LINK_CONNECTING) {
        out_line(modem, OUT_ANSWER, "+TCPSETUP:Error 2");
        return AT_DONE;
    }
    return start(modem, link, call->arg[1].text, (uint16_t)port);
}

/* ---- sending ---- */

static int send_error(struct modem *modem, const char *text)
{
    out_line(modem, OUT_ANSWER, "+TCPSEND:%s", text);
    return AT_DONE;
}

static int acknowledge(struct modem *modem)
{
    at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "+TCPSEND:%d,%zu", modem->cip.sending, modem->neoway.wanted);
    return AT_DONE;
}

void neoway_link_sent(struct modem *modem, struct link *link)
{
    if (!modem->cip.ack_due || modem->cip.sending != link->id)
        return;
    modem->cip.ack_due = false;
    at_finish(modem, acknowledge(modem));
}

static int send_payload(struct modem *modem)
{
    struct link *link = &modem->links[modem->cip.sending];

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL))
        return send_error(modem, "Error");
    link_send(link, modem->line.payload, modem->neoway.wanted);
    if (link_send_room(link) > 0)
        return acknowledge(modem);
    print_event("--", "the stack is full: no acknowledgement yet");
    modem->cip.ack_due = true;
    return AT_PENDING;
}

static int run_tcpsend(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call);
    char text[48];
    long count;

    if (link == NULL || link->state != LINK_OPEN)
        return send_error(modem, "Error");
    if (!at_number(call, 1, 1, NEOWAY_SEND_MAX, &count))
        return send_error(modem, "Data length error");
    if ((size_t)count > free_bytes(link)) {
        snprintf(text, sizeof text, "Buffer not enough,%zu", free_bytes(link));
        send_error(modem, text);
        return AT_ERROR;
    }
    modem->cip.sending = link->id;
    modem->cip.ack_due = false;
    modem->neoway.wanted = (size_t)count;
    return at_prompt(modem, (size_t)count + (VARIANT_ON(modem, NEED_CR) ? 1 : 0), send_payload);
}

/* ---- receiving ---- */

static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    const char *server = VARIANT_IS(modem, RECV_FORM, "server") ? "(S)" : "";
    uint8_t text[PIECE_MAX + 64];
    size_t used;

    out_storm(modem, false);
    used = (size_t)snprintf((char *)text, 60, "\r\n+TCPRECV%s:%d,%zu,", server, link->id, count);
    memcpy(text + used, bytes, count);
    used += count;
    text[used++] = '\r';
    text[used++] = '\n';
    out_bytes(modem, OUT_DATA, text, used);
    out_storm(modem, false);
}

void neoway_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    size_t most = (size_t)VARIANT_NUMBER(modem, CHUNK_MAX);

    if (most == 0 || most > PIECE_MAX)
        most = PIECE_MAX;
    while (count > 0) {
        size_t piece = count < most ? count : most;

        push(modem, link, bytes, piece);
        bytes += piece;
        count -= piece;
    }
}

/* ---- closing, status ---- */

void neoway_link_closed(struct modem *modem, struct link *link)
{
    bool sending = modem->cip.ack_due && modem->cip.sending == link->id;

    link->state = LINK_CLOSED;
    for (long i = VARIANT_NUMBER(modem, CLOSE_STORM); i > 0; i--)
        out_line(modem, OUT_URC, "+TCPCLOSE:%d,Link Closed", link->id);
    if (!sending)
        return;
    modem->cip.ack_due = false;
    at_finish(modem, send_error(modem, "Error"));
}

static int run_tcpclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call);
    bool open = link != NULL && (link->state == LINK_OPEN || link->state == LINK_CONNECTING);

    if (link == NULL || (!open && VARIANT_IS(modem, CLOSE_IDLE, "error"))) {
        out_line(modem, OUT_ANSWER, "+TCPCLOSE:Error");
        return AT_DONE;
    }
    link_close(link, LINK_CLOSED);
    out_line(modem, OUT_ANSWER, "+TCPCLOSE:%d,OK", link->id);
    return VARIANT_ON(modem, CLOSE_OK) ? AT_OK : AT_DONE;
}

/* The line is the last word: no OK follows in the manual's session. */
static int run_ipstatus(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call);

    if (link == NULL)
        return AT_ERROR;
    if (link->state == LINK_OPEN)
        out_line(modem, OUT_ANSWER, "+IPSTATUS:%d,CONNECT,TCP,%zu", link->id, free_bytes(link));
    else
        out_line(modem, OUT_ANSWER, "+IPSTATUS:%d,DISCONNECT", link->id);
    return VARIANT_ON(modem, STATUS_OK) ? AT_OK : AT_DONE;
}

const struct at_command neoway_tcp_commands[] = {
    {"+TCPSETUP", run_tcpsetup, AT_SET, AT_NEEDS_SIM},
    {"+TCPSEND", run_tcpsend, AT_SET, AT_NEEDS_SIM},
    {"+TCPCLOSE", run_tcpclose, AT_SET, AT_NEEDS_SIM},
    {"+IPSTATUS", run_ipstatus, AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
