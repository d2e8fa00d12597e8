/* Sending and receiving of Quectel's GSM modules (A7, A8). */
#include "at_result.h"
#include "modem.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

/* ---- send ---- */

/* AT+QIPROMPT: 0 no prompt, 2 no SEND OK either, 3 the number before SEND OK. */
const char *quectel_gsm_prompt(const struct modem *modem)
{
    if (modem->quectel.prompt == 0 || modem->quectel.prompt == 2)
        return "";
    return VARIANT_ON(modem, PROMPT_SPACE) ? "\r\n> " : "\r\n>";
}

static int payload_complete(struct modem *modem)
{
    bool sent = quectel_sent(modem);

    if (!sent)
        out_line(modem, OUT_ANSWER, "SEND FAIL");
    else if (modem->quectel.prompt == 3 && modem->quectel.mux == 1)
        out_line(modem, OUT_ANSWER, "%d, SEND OK", modem->quectel.sending);
    else if (modem->quectel.prompt != 2)
        out_line(modem, OUT_ANSWER, "SEND OK");
    return AT_DONE;
}

/* Without a length the payload ends with 0x1A. */
static int run_qisend(struct modem *modem, const struct at_call *call)
{
    int next;
    const struct link *link = quectel_gsm_link(modem, call, &next);
    long count = 0;

    if (link == NULL || link->state != LINK_OPEN || call->argc > next + 1)
        return AT_ERROR;
    if (call->argc > next && !at_number(call, next, 1, QUECTEL_SEND_MAX, &count))
        return AT_ERROR;
    modem->quectel.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_qisack(struct modem *modem, const struct at_call *call)
{
    int next;
    const struct link *link = quectel_gsm_link(modem, call, &next);
    size_t unacked;

    if (link == NULL || call->argc != next || link->state == LINK_INITIAL)
        return AT_ERROR;
    unacked = link_unacked(link);
    out_line(modem, OUT_ANSWER, "+QISACK: %zu, %zu, %zu", (size_t)link->sent, (size_t)link->sent - unacked,
             unacked);
    return AT_OK;
}

/* ---- packets ---- */

/* More than the table holds are joined to the last one. */
static void put_packet(struct quectel_packets *packets, size_t count)
{
    if (packets->count < QUECTEL_PACKETS)
        packets->size[packets->count++] = (uint16_t)count;
    else
        packets->size[QUECTEL_PACKETS - 1] = (uint16_t)(packets->size[QUECTEL_PACKETS - 1] + count);
}

static void drop_bytes(struct quectel_packets *packets, size_t count)
{
    int whole = 0;

    while (whole < packets->count && packets->size[whole] <= count)
        count -= packets->size[whole++];
    packets->count -= whole;
    memmove(packets->size, packets->size + whole, (size_t)packets->count * sizeof packets->size[0]);
    if (packets->count > 0)
        packets->size[0] = (uint16_t)(packets->size[0] - count);
}

/* ---- receive ---- */

/* QINDI=0 (M26, MC20). */
static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    char head[48];

    out_storm(modem, false);
    if (modem->quectel.mux == 1)
        out_bytes(modem, OUT_DATA, head,
                  (size_t)snprintf(head, sizeof head, "\r\n+RECEIVE: %d, %zu\r\n", link->id, count));
    out_bytes(modem, OUT_DATA, bytes, count);
}

/* QINDI=1 tells once until the host has found the link empty, 2 tells of every packet. */
static void keep(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    struct quectel_packets *packets = &modem->quectel.packets[link->id];
    bool told = link->notified;

    if (link->rx_length == 0)
        packets->count = 0;
    link_keep(link, bytes, count);
    put_packet(packets, count);
    link->notified = true;
    if (modem->quectel.indi == 2)
        out_line(modem, OUT_URC, "+QIRDI: 0,1,%d,%d,%zu,%zu", link->id, packets->count, count,
                 link->rx_length);
    else if (!told)
        out_line(modem, OUT_URC, "+QIRDI: 0,1,%d", link->id);
}

void quectel_gsm_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    while (count > 0) {
        size_t part = count < QUECTEL_PACKET_MAX ? count : QUECTEL_PACKET_MAX;

        if (modem->quectel.indi == 0)
            push(modem, link, bytes, part);
        else
            keep(modem, link, bytes, part);
        bytes += part;
        count -= part;
    }
}

/* A link that the peer has closed is gone once it has been found empty. */
static int found_empty(struct link *link)
{
    link->notified = false;
    if (link->state == LINK_REMOTE_CLOSING)
        link->state = LINK_INITIAL;
    return AT_OK;
}

static int give(struct modem *modem, struct link *link, size_t count)
{
    uint8_t text[QUECTEL_READ_MAX + 80];
    size_t used = (size_t)snprintf((char *)text, 80, "\r\n+QIRD: %s:%u,TCP,%zu\r\n", link->ip,
                                   (unsigned)link->port, count);

    memcpy(text + used, link->rx, count);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used + count);
    drop_bytes(&modem->quectel.packets[link->id], count);
    link_taken(link, count);
    return AT_OK;
}

static int run_qird(struct modem *modem, const struct at_call *call)
{
    const struct quectel_packets *packets;
    struct link *link;
    long context, role, id, wanted;
    size_t count;

    if (!at_number(call, 0, 0, 1, &context) || !at_number(call, 1, 1, 2, &role) ||
        !at_number(call, 2, 0, QUECTEL_GSM_SOCKETS - 1, &id) ||
        !at_number(call, 3, 1, QUECTEL_READ_MAX, &wanted))
        return AT_ERROR;
    link = &modem->links[id];
    if (context != 0 || role != 1 || (link->state != LINK_OPEN && link->state != LINK_REMOTE_CLOSING))
        return AT_ERROR;
    if (link->rx_length == 0)
        return found_empty(link);
    packets = &modem->quectel.packets[id];
    count = VARIANT_IS(modem, QIRD_GIVES, "packet") ? packets->size[0] : link->rx_length;
    return give(modem, link, (size_t)wanted < count ? (size_t)wanted : count);
}

const struct at_command quectel_gsm_data_commands[] = {
    {"+QISEND", run_qisend, AT_SET | AT_EXEC, AT_NEEDS_SIM},
    {"+QISACK", run_qisack, AT_SET | AT_EXEC, 0},
    {"+QIRD", run_qird, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
