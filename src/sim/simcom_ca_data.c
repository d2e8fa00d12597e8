/*
 * Bytes of the CA stack (B4, B5). Sending: AT+CASEND=0,32 / "\r\n>" / 32 bytes / OK. Receiving: +CADATAIND: 0 once,
 * then AT+CARECV=0,5 / +CARECV: 5,data / OK.
 */
#include "at_result.h"
#include "modem.h"
#include "simcom_ca.h"

#include <stdio.h>
#include <string.h>

#define INPUT_MS        5000
#define FRAGILE_SEND    1360 /* more than this at once is too much for a fragile firmware */
#define RECV_HEADER_MAX 100

/* ---- sending ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->simcom_ca.sending];
    size_t count = modem->line.payload_length;

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL) ||
        !link_send(link, modem->line.payload, count))
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (VARIANT_ON(modem, CASEND_LINE))
        out_line(modem, OUT_LATE, "+CASEND: %d,0,%zu", link->id, count);
    return AT_DONE;
}

/* The input time is over: what has come so far is dropped. */
static int input_late(struct modem *modem)
{
    if (modem->at.state != AT_PROMPTING && modem->at.state != AT_PAYLOAD)
        return AT_PENDING;
    line_reset(modem);
    return AT_ERROR;
}

static int run_casend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = simcom_ca_link(modem, call, 0);
    long count, ms = INPUT_MS;
    int status;

    if (link == NULL)
        return AT_ERROR;
    if (link->state != LINK_OPEN)
        return simcom_ca_wrong_state(modem);
    if (call->argc == 1) {
        out_line(modem, OUT_ANSWER, "+CASEND: %zu", link_send_room(link));
        return AT_OK;
    }
    if (!at_number(call, 1, 1, SIMCOM_CA_SEND_MAX, &count) ||
        (call->argc > 2 && !at_number(call, 2, 100, 10000, &ms)))
        return AT_ERROR;
    if (VARIANT_ON(modem, FRAGILE) && !modem->profile->first_lte && count > FRAGILE_SEND)
        return simcom_ca_crash(modem, "too much in one AT+CASEND");
    modem->simcom_ca.sending = link->id;
    status = at_prompt(modem, (size_t)count, payload_complete);
    at_watch(modem, ms, input_late);
    return status;
}

static int run_caack(struct modem *modem, const struct at_call *call)
{
    const struct link *link = simcom_ca_link(modem, call, 0);

    if (link == NULL || link->state != LINK_OPEN)
        return simcom_ca_wrong_state(modem);
    out_line(modem, OUT_ANSWER, "+CAACK: %zu,%zu", (size_t)link->sent, link_unacked(link));
    return AT_OK;
}

/* ---- arrival ---- */

void simcom_ca_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool told = link->notified;

    link_keep(link, bytes, count);
    link->notified = true;
    if (!told)
        out_line(modem, OUT_URC, "+CADATAIND: %d", link->id);
    if (!modem->profile->first_lte && link->rx_length >= (size_t)VARIANT_NUMBER(modem, RX_BUFFER))
        out_line(modem, OUT_URC, "+CAURC: \"buffer full\"");
}

/* ---- reading ---- */

static int ask_waiting(struct modem *modem)
{
    char text[320] = "";
    int used = 0;

    if (VARIANT_ON(modem, FRAGILE) && links_count(modem, LINK_OPEN) == 0)
        return simcom_ca_crash(modem, "AT+CARECV? with nothing open");
    for (int id = 0; id < modem->profile->links; id++)
        if (simcom_ca_is_used(modem, &modem->links[id]))
            used += snprintf(text + used, sizeof text - (size_t)used, "%s+CARECV: %d,%zu",
                             used > 0 ? "\r\n" : "", id, modem->links[id].rx_length);
    if (used > 0)
        out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

/* What the manual, the application note and real firmware print differs (15.6). */
static size_t header(const struct modem *modem, const struct link *link, size_t count, char *out)
{
    char address[ROUTE_IP_MAX + 8] = "";
    int used;

    if (modem->simcom_ca.says_address)
        snprintf(address, sizeof address, "%s,%u,", link->ip, link->port);
    if (VARIANT_IS(modem, CARECV_FORM, "manual"))
        used = snprintf(out, RECV_HEADER_MAX, "\r\n+CARECV: %d,%zu\r\n", link->id, count);
    else if (VARIANT_IS(modem, CARECV_FORM, "note"))
        used = snprintf(out, RECV_HEADER_MAX, "\r\n+CARECV: %d,", link->id);
    else
        used = snprintf(out, RECV_HEADER_MAX, "\r\n+CARECV: %s%zu,", address, count);
    return (size_t)used;
}

/* Of what is unread when the peer has closed, one piece can still be had (B5). */
static void taken(struct modem *modem, struct link *link, size_t count)
{
    bool last = link->state != LINK_OPEN && VARIANT_IS(modem, CA_UNREAD, "fragment");

    if (last)
        count = link->rx_length;
    link->notified = false;
    link_taken(link, count);
    if (link->rx_length == 0 && link->state == LINK_REMOTE_CLOSING)
        link->state = LINK_CLOSED;
    if (link->rx_length > 0 && VARIANT_IS(modem, CADATAIND, "rest")) {
        link->notified = true;
        out_line(modem, OUT_URC, "+CADATAIND: %d", link->id);
    }
}

/* Header and data leave as one piece: nothing may come between them. */
static int give(struct modem *modem, struct link *link, size_t wanted)
{
    uint8_t text[RECV_HEADER_MAX + SIMCOM_CA_SEND_MAX + 2];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = header(modem, link, count, (char *)text);

    memcpy(text + used, link->rx, count);
    used += count;
    text[used++] = '\r';
    text[used++] = '\n';
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    taken(modem, link, count);
    return AT_OK;
}

static int run_carecv(struct modem *modem, const struct at_call *call)
{
    struct link *link;
    long wanted;

    if (call->kind == AT_QUERY)
        return ask_waiting(modem);
    link = simcom_ca_link(modem, call, 0);
    if (link == NULL || !simcom_ca_is_used(modem, link) ||
        !at_number(call, 1, 1, SIMCOM_CA_SEND_MAX, &wanted))
        return AT_ERROR;
    if (VARIANT_ON(modem, FRAGILE) && modem->profile->first_lte && (size_t)wanted > link->rx_length)
        return simcom_ca_crash(modem, "AT+CARECV of more than there is");
    if (link->rx_length > 0)
        return give(modem, link, (size_t)wanted);
    link->notified = false;
    if (VARIANT_IS(modem, EMPTY_READ, "error"))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+CARECV: 0");
    return AT_OK;
}

static int run_casrip(struct modem *modem, const struct at_call *call)
{
    long on;

    if (modem->profile->first_lte || !at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->simcom_ca.says_address = on == 1;
    return AT_OK;
}

const struct at_command simcom_ca_data_commands[] = {
    {"+CASEND", run_casend, AT_SET, AT_NEEDS_SIM},
    {"+CAACK", run_caack, AT_SET, 0},
    {"+CARECV", run_carecv, AT_SET | AT_QUERY, 0},
    {"+CASRIP", run_casrip, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
