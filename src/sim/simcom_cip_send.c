/*
 * Sending (A5):  AT+CIPSEND=0,32 / "\r\n> " / 32 bytes / DATA ACCEPT:0,32 (quick) or 0, SEND OK (after the
 * peer's acknowledgement).
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_cip.h"

#include <stdio.h>

static size_t free_bytes(const struct modem *modem, const struct link *link)
{
    size_t room = link_send_room(link);

    return room < modem->profile->send_max ? room : modem->profile->send_max;
}

static int refused(struct modem *modem, const struct link *link)
{
    out_line(modem, OUT_ANSWER, "%sSEND FAIL", simcom_cip_prefix(modem, link));
    return AT_DONE;
}

static int accepted(struct modem *modem, struct link *link, size_t count)
{
    const char *blank = VARIANT_ON(modem, DATA_ACCEPT_SPACE) ? " " : "";

    if (modem->settings.mux == 1)
        out_line(modem, OUT_ANSWER, "DATA ACCEPT:%s%d,%zu", blank, link->id, count);
    else
        out_line(modem, OUT_ANSWER, "DATA ACCEPT:%s%zu", blank, count);
    return AT_DONE;
}

/* A peer that never acknowledges is given up after about ten minutes. */
static int send_timed_out(struct modem *modem)
{
    struct link *link = &modem->links[modem->cip.sending];

    modem->cip.ack_due = false;
    link_close(link, LINK_CLOSED);
    out_line(modem, OUT_ANSWER, "%sCLOSED", simcom_cip_prefix(modem, link));
    return AT_DONE;
}

static int wait_for_peer(struct modem *modem)
{
    modem->cip.ack_due = true;
    at_watch(modem, VARIANT_NUMBER(modem, SEND_TIMEOUT_S) * 1000, send_timed_out);
    return AT_PENDING;
}

void simcom_cip_link_sent(struct modem *modem, struct link *link)
{
    if (!modem->cip.ack_due || modem->cip.sending != link->id)
        return;
    modem->cip.ack_due = false;
    out_line(modem, OUT_ANSWER, "%sSEND OK", simcom_cip_prefix(modem, link));
    at_finish(modem, AT_DONE);
}

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->cip.sending];
    size_t count = modem->line.payload_length;
    size_t most = (size_t)VARIANT_NUMBER(modem, ACCEPT_PARTIAL);

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL))
        return refused(modem, link);
    if (most > 0 && most < count && modem->settings.quick_send == 1)
        count = most;
    if (!link_send(link, modem->line.payload, count))
        return refused(modem, link);
    return modem->settings.quick_send == 1 ? accepted(modem, link, count) : wait_for_peer(modem);
}

static int ask_room(struct modem *modem)
{
    char text[256];
    int used = 0;

    if (modem->settings.mux == 0) {
        out_line(modem, OUT_ANSWER, "+CIPSEND: %zu", free_bytes(modem, &modem->links[0]));
        return AT_OK;
    }
    for (int id = 0; id < modem->profile->links; id++) {
        const struct link *link = &modem->links[id];

        used += snprintf(text + used, sizeof text - (size_t)used, "%s+CIPSEND: %d,%zu", id > 0 ? "\r\n" : "",
                         id, link->state == LINK_OPEN ? free_bytes(modem, link) : 0);
    }
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

static int run_cipsend(struct modem *modem, const struct at_call *call)
{
    int index;
    struct link *link = simcom_cip_link(modem, call, 0, &index);
    long count = 0;

    if (call->kind == AT_QUERY)
        return ask_room(modem);
    if (link == NULL || link->state != LINK_OPEN)
        return simcom_cip_wrong_state(modem);
    if (call->argc > index && !at_number(call, index, 1, (long)free_bytes(modem, link), &count))
        return AT_ERROR;
    modem->cip.sending = link->id;
    modem->cip.ack_due = false;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_cipack(struct modem *modem, const struct at_call *call)
{
    int next;
    const struct link *link = simcom_cip_link(modem, call, 0, &next);
    size_t unacked;

    if (link == NULL || link->state == LINK_INITIAL)
        return simcom_cip_wrong_state(modem);
    unacked = link_unacked(link);
    out_line(modem, OUT_ANSWER, "+CIPACK: %zu, %zu, %zu", (size_t)link->sent, (size_t)link->sent - unacked,
             unacked);
    return AT_OK;
}

const struct at_command simcom_cip_send_commands[] = {
    {"+CIPSEND", run_cipsend, AT_QUERY | AT_SET | AT_EXEC, AT_NEEDS_SIM},
    {"+CIPACK", run_cipack, AT_SET | AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};
