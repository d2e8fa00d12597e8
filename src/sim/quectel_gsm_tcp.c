/* TCP of Quectel's GSM modules (A6 to A10). */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SOCKETS 6

static struct link *link_of(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    if (modem->quectel.mux == 0)
        return NULL; /* one link without a number is not simulated */
    return at_number(call, index, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

/* ---- open and close ---- */

static void link_opened(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_LATE, "%d, CONNECT OK", link->id);
}

static void link_failed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    out_line(modem, OUT_LATE, "%d, CONNECT FAIL", link->id);
}

static bool is_address(const char *text)
{
    for (; *text; text++)
        if (!isdigit((unsigned char)*text) && *text != '.')
            return false;
    return true;
}

/* The wrong AT+QIDNSIP for what follows is an ERROR (A5). */
static bool arguments_fit(const struct modem *modem, const struct at_call *call, long *port)
{
    return call->argc == 4 && strcmp(call->arg[1].text, "TCP") == 0 && call->arg[2].text[0] != '\0' &&
           strlen(call->arg[2].text) < ROUTE_HOST_MAX && at_number(call, 3, 1, 65535, port) &&
           is_address(call->arg[2].text) == (modem->quectel.name_mode == 0);
}

static int run_qiopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    long port;

    if (link == NULL || modem->quectel.state != QUECTEL_STATUS || !arguments_fit(modem, call, &port))
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    if (link->state == LINK_OPEN || link->state == LINK_CONNECTING) {
        out_line(modem, OUT_LATE, "%d, ALREADY CONNECT", link->id);
        return AT_DONE;
    }
    if (link_open(link, call->arg[2].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[2].text);
        link_fail_later(link);
    }
    return AT_DONE;
}

static int run_qiclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);

    if (link == NULL || link->state == LINK_INITIAL)
        return AT_ERROR;
    link_close(link, LINK_INITIAL);
    out_line(modem, OUT_ANSWER, "%d, CLOSE OK", link->id);
    return AT_DONE;
}

/* The number is free; what waits can still be read. */
static void link_closed(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_URC, "%d, CLOSED", link->id);
}

static void bearer_lost(struct modem *modem)
{
    modem->quectel.state = QUECTEL_DEACT;
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, LINK_INITIAL);
    }
    out_line(modem, OUT_URC, VARIANT_IS(modem, PDP_TEXT, "colon") ? "+PDP: DEACT" : "+PDP DEACT");
}

/* ---- status ---- */

static const char *state_text(const struct modem *modem)
{
    static const char *const texts[] = {"IP INITIAL", "IP START", "IP GPRSACT", "IP STATUS", "PDP DEACT"};

    if (modem->quectel.state == QUECTEL_STATUS && links_count(modem, LINK_OPEN) > 0)
        return "IP PROCESSING";
    return texts[modem->quectel.state];
}

static const char *link_text(const struct link *link)
{
    switch (link->state) {
    case LINK_INITIAL:
    case LINK_CLOSED:
        break;
    case LINK_CONNECTING:
        return "CONNECTING";
    case LINK_OPEN:
        return "CONNECTED";
    case LINK_REMOTE_CLOSING:
        return "REMOTE CLOSING";
    }
    return "INITIAL";
}

/* Two OKs (A9). */
static int run_qistate(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "STATE: %s", state_text(modem));
    for (int id = 0; id < SOCKETS; id++) {
        const struct link *link = &modem->links[id];

        if (link->state == LINK_OPEN || link->state == LINK_CONNECTING)
            out_line(modem, OUT_ANSWER, "+QISTATE: %d,\"TCP\",\"%s\",\"%u\",\"%s\"", id, link->ip,
                     (unsigned)link->port, link_text(link));
        else
            out_line(modem, OUT_ANSWER, "+QISTATE: %d,\"\",\"\",\"\",\"%s\"", id, link_text(link));
    }
    return AT_OK;
}

/* ---- send ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->quectel.sending];
    bool sent = link->state == LINK_OPEN && !fault_use(modem, FAULT_SEND_FAIL) &&
                link_send(link, modem->line.payload, modem->line.payload_length);

    out_line(modem, OUT_ANSWER, sent ? "SEND OK" : "SEND FAIL");
    return AT_DONE;
}

static int run_qisend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long count;

    if (link == NULL || link->state != LINK_OPEN || !at_number(call, 1, 1, QUECTEL_SEND_MAX, &count))
        return AT_ERROR;
    modem->quectel.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_qisack(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    size_t unacked;

    if (link == NULL || link->state == LINK_INITIAL)
        return AT_ERROR;
    unacked = link_unacked(link);
    out_line(modem, OUT_ANSWER, "+QISACK: %zu, %zu, %zu", (size_t)link->sent, (size_t)link->sent - unacked,
             unacked);
    return AT_OK;
}

/* ---- receive ---- */

static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool told = link->notified;

    quectel_take(link, bytes, count);
    link->notified = true;
    if (modem->quectel.indi == 2)
        out_line(modem, OUT_URC, "+QIRDI: 0,1,%d,1,%zu,%zu", link->id, count, link->rx_length);
    else if (!told)
        out_line(modem, OUT_URC, "+QIRDI: 0,1,%d", link->id);
}

static int run_qird(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 2);
    uint8_t text[QUECTEL_READ_MAX + 80];
    long wanted;

    if (link == NULL || link->state == LINK_INITIAL || !at_number(call, 3, 1, QUECTEL_READ_MAX, &wanted))
        return AT_ERROR;
    if (link->rx_length == 0) {
        link->notified = false;
        return AT_OK;
    }
    size_t count = (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 80, "\r\n+QIRD: %s:%u,TCP,%zu\r\n", link->ip,
                                   (unsigned)link->port, count);
    memcpy(text + used, link->rx, count);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used + count);
    quectel_given(link, count);
    return AT_OK;
}

const struct at_command quectel_gsm_tcp_commands[] = {
    {"+QIOPEN", run_qiopen, AT_SET, AT_NEEDS_SIM},
    {"+QICLOSE", run_qiclose, AT_SET | AT_EXEC, 0},
    {"+QISTATE", run_qistate, AT_EXEC, 0},
    {"+QISEND", run_qisend, AT_SET, AT_NEEDS_SIM},
    {"+QISACK", run_qisack, AT_SET, 0},
    {"+QIRD", run_qird, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->quectel = (struct quectel){.echo = true, .indi = 0, .name_mode = 0};
}

const struct family quectel_gsm_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = quectel_sim_changed,
};
