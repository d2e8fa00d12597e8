/* Sending and receiving of Quectel's LTE modules (B5, B6): waiting bytes are told of once. */
#include "at_result.h"
#include "modem.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

/* ---- send ---- */

const char *quectel_lte_prompt(const struct modem *modem)
{
    if (VARIANT_ON(modem, PROMPT_LINE))
        return "\r\n>\r\n";
    return VARIANT_ON(modem, PROMPT_SPACE) ? "\r\n> " : "\r\n>";
}

static int payload_complete(struct modem *modem)
{
    out_line(modem, OUT_ANSWER, quectel_sent(modem) ? "SEND OK" : "SEND FAIL");
    return AT_DONE;
}

static int say_counters(struct modem *modem, const struct link *link)
{
    size_t unacked = link_unacked(link);

    out_line(modem, OUT_ANSWER, "+QISEND: %zu,%zu,%zu", (size_t)link->sent, (size_t)link->sent - unacked,
             unacked);
    return AT_OK;
}

/* Without a length the payload ends with 0x1A; the length 0 asks for the counters. */
static int send_on(struct modem *modem, const struct at_call *call, bool ssl)
{
    const struct link *link = quectel_lte_link(modem, call, 0);
    long count = 0;

    if (link == NULL || quectel_lte_is_ssl(modem, link) != ssl || link->state != LINK_OPEN ||
        call->argc > 2 || (call->argc == 2 && !at_number(call, 1, 0, QUECTEL_SEND_MAX, &count)))
        return AT_ERROR;
    if (call->argc == 2 && count == 0)
        return say_counters(modem, link);
    modem->quectel.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_qisend(struct modem *modem, const struct at_call *call)
{
    return send_on(modem, call, false);
}

static int run_qsslsend(struct modem *modem, const struct at_call *call)
{
    return send_on(modem, call, true);
}

/* ---- receive ---- */

static const char *urc(const struct modem *modem, const struct link *link)
{
    return quectel_lte_is_ssl(modem, link) ? "QSSLURC" : "QIURC";
}

/* Access mode 1. */
static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    char head[64];
    int length = snprintf(head, sizeof head, "\r\n+%s: \"recv\",%d,%zu%s", urc(modem, link), link->id, count,
                          modem->quectel.viewmode ? "," : "\r\n");

    if (!quectel_lte_urcs_come(modem))
        return;
    out_storm(modem, false);
    out_bytes(modem, OUT_DATA, head, (size_t)length);
    out_bytes(modem, OUT_DATA, bytes, count);
}

void quectel_lte_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool told = link->notified;

    if (modem->quectel.push & 1U << link->id) {
        push(modem, link, bytes, count);
        return;
    }
    link_keep(link, bytes, count);
    link->notified = true;
    if (told || !quectel_lte_urcs_come(modem))
        return;
    if (modem->quectel.recvind)
        out_line(modem, OUT_URC, "+%s: \"recv\",%d,%zu", urc(modem, link), link->id, link->rx_length);
    else
        out_line(modem, OUT_URC, "+%s: \"recv\",%d", urc(modem, link), link->id);
}

static int give(struct modem *modem, struct link *link, size_t wanted)
{
    uint8_t text[QUECTEL_READ_MAX + 40];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 32, "\r\n+%s: %zu\r\n",
                                   quectel_lte_is_ssl(modem, link) ? "QSSLRECV" : "QIRD", count);

    memcpy(text + used, link->rx, count);
    used += count;
    if (count > 0) {
        text[used++] = '\r';
        text[used++] = '\n';
    }
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    link_taken(link, count);
    link->notified = link->rx_length > 0; /* not again before all has been read */
    return AT_OK;
}

static int read_from(struct modem *modem, const struct at_call *call, bool ssl)
{
    struct link *link = quectel_lte_link(modem, call, 0);
    long wanted = QUECTEL_READ_MAX;

    if (link == NULL || quectel_lte_is_ssl(modem, link) != ssl ||
        (modem->quectel.used & 1U << link->id) == 0 ||
        (call->argc > 1 && !at_number(call, 1, 0, QUECTEL_READ_MAX, &wanted)))
        return AT_ERROR;
    if (wanted == 0 && !ssl) {
        out_line(modem, OUT_ANSWER, "+QIRD: %zu,%zu,%zu", (size_t)link->taken + link->rx_length,
                 (size_t)link->taken, link->rx_length);
        return AT_OK;
    }
    return give(modem, link, (size_t)wanted);
}

static int run_qird(struct modem *modem, const struct at_call *call)
{
    return read_from(modem, call, false);
}

static int run_qsslrecv(struct modem *modem, const struct at_call *call)
{
    return read_from(modem, call, true);
}

const struct at_command quectel_lte_data_commands[] = {
    {"+QISEND", run_qisend, AT_SET, AT_NEEDS_SIM},
    {"+QIRD", run_qird, AT_SET, 0},
    {"+QSSLSEND", run_qsslsend, AT_SET, AT_NEEDS_SIM},
    {"+QSSLRECV", run_qsslrecv, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
