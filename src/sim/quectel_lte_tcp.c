/*
 * TCP of Quectel's LTE modules (B4 to B7): OK first and the result later, a number stays taken until the host
 * closes it, waiting bytes are told of once.
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

#define SOCKETS 12

static struct link *link_of(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

static bool is_used(const struct modem *modem, const struct link *link)
{
    return modem->quectel.used & 1U << link->id;
}

/* ---- open ---- */

static void say_result(struct modem *modem, const struct link *link, int error)
{
    modem->quectel.last_error = error;
    out_line(modem, OUT_LATE, "+QIOPEN: %d,%d", link->id, error);
}

static void link_opened(struct modem *modem, struct link *link)
{
    say_result(modem, link, 0);
}

static void link_failed(struct modem *modem, struct link *link)
{
    int error =
        modem->quectel.owed_error && modem->quectel.opening == link->id ? modem->quectel.owed_error : 566;

    modem->quectel.owed_error = 0;
    link_close(link, LINK_CLOSED);
    say_result(modem, link, error);
}

static bool arguments_fit(const struct at_call *call, long *context, long *port)
{
    return call->argc >= 5 && call->argc <= 7 && at_number(call, 0, 1, 16, context) &&
           strcmp(call->arg[2].text, "TCP") == 0 && call->arg[3].text[0] != '\0' &&
           strlen(call->arg[3].text) < ROUTE_HOST_MAX && at_number(call, 4, 1, 65535, port);
}

static int run_qiopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 1);
    long context, port;

    if (link == NULL)
        return AT_ERROR;
    if (!arguments_fit(call, &context, &port)) {
        modem->quectel.last_error = 552;
        return AT_ERROR;
    }
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    if (is_used(modem, link)) {
        say_result(modem, link, 563);
        return AT_DONE;
    }
    modem->quectel.used |= 1U << link->id;
    if (!modem->network.bearer_up) {
        link->state = LINK_CLOSED;
        say_result(modem, link, 561);
        return AT_DONE;
    }
    modem->quectel.opening = link->id;
    modem->quectel.owed_error = 0;
    if (link_open(link, call->arg[3].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[3].text);
        modem->quectel.owed_error = 565;
        link_fail_later(link);
    }
    return AT_DONE;
}

static int run_qiclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);

    if (link == NULL)
        return AT_ERROR;
    link_close(link, LINK_INITIAL);
    modem->quectel.used &= ~(1U << link->id);
    return AT_OK;
}

static void link_closed(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_URC, "+QIURC: \"closed\",%d", link->id);
}

static void bearer_lost(struct modem *modem)
{
    modem->quectel.state = QUECTEL_DEACT; /* QIDEACT comes first (T-B6) */
    out_line(modem, OUT_URC, "+QIURC: \"pdpdeact\",1");
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
    }
}

/* ---- status ---- */

/* 0 initial, 1 opening, 2 connected (3 on real firmware), 4 closing. */
static int state_number(const struct modem *modem, const struct link *link)
{
    switch (link->state) {
    case LINK_INITIAL:
        return 0;
    case LINK_CONNECTING:
        return 1;
    case LINK_OPEN:
        return VARIANT_ON(modem, QISTATE_THREE) ? 3 : 2;
    case LINK_REMOTE_CLOSING:
    case LINK_CLOSED:
        break;
    }
    return 4;
}

static void say_state(struct modem *modem, const struct link *link)
{
    out_line(modem, OUT_ANSWER, "+QISTATE: %d,\"TCP\",\"%s\",%u,65514,%d,1,0,0,\"uart1\"", link->id,
             link->ip[0] ? link->ip : "0.0.0.0", (unsigned)link->port, state_number(modem, link));
}

static int run_qistate(struct modem *modem, const struct at_call *call)
{
    const struct link *one = call->argc == 2 ? link_of(modem, call, 1) : NULL;

    for (int id = 0; id < SOCKETS; id++) {
        const struct link *link = &modem->links[id];

        if (is_used(modem, link) && (one == NULL || one == link))
            say_state(modem, link);
    }
    return AT_OK;
}

/* ---- send ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->quectel.sending];

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL) ||
        !link_send(link, modem->line.payload, modem->line.payload_length)) {
        out_line(modem, OUT_ANSWER, "SEND FAIL");
        return AT_DONE;
    }
    out_line(modem, OUT_ANSWER, "SEND OK");
    return AT_DONE;
}

static int run_qisend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long count;

    if (link == NULL || link->state != LINK_OPEN || call->argc < 2 ||
        !at_number(call, 1, 0, QUECTEL_SEND_MAX, &count))
        return AT_ERROR;
    if (count == 0) {
        size_t unacked = link_unacked(link);

        out_line(modem, OUT_ANSWER, "+QISEND: %zu,%zu,%zu", (size_t)link->sent, (size_t)link->sent - unacked,
                 unacked);
        return AT_OK;
    }
    modem->quectel.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

/* ---- receive ---- */

static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool told = link->notified;

    quectel_take(link, bytes, count);
    link->notified = true;
    if (!told)
        out_line(modem, OUT_URC, "+QIURC: \"recv\",%d", link->id);
}

static int give(struct modem *modem, struct link *link, size_t wanted)
{
    uint8_t text[QUECTEL_READ_MAX + 40];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 32, "\r\n+QIRD: %zu\r\n", count);

    memcpy(text + used, link->rx, count);
    used += count;
    if (count > 0) {
        text[used++] = '\r';
        text[used++] = '\n';
    }
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    quectel_given(link, count);
    link->notified = link->rx_length > 0; /* not again before all has been read */
    return AT_OK;
}

static int run_qird(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    long wanted = QUECTEL_READ_MAX;

    if (link == NULL || !is_used(modem, link) ||
        (call->argc > 1 && !at_number(call, 1, 0, QUECTEL_READ_MAX, &wanted)))
        return AT_ERROR;
    if (wanted == 0) {
        out_line(modem, OUT_ANSWER, "+QIRD: %zu,%zu,%zu", (size_t)link->taken + link->rx_length,
                 (size_t)link->taken, link->rx_length);
        return AT_OK;
    }
    return give(modem, link, (size_t)wanted);
}

const struct at_command quectel_lte_tcp_commands[] = {
    {"+QIOPEN", run_qiopen, AT_SET, AT_NEEDS_SIM},
    {"+QICLOSE", run_qiclose, AT_SET, 0},
    {"+QISTATE", run_qistate, AT_QUERY | AT_SET | AT_EXEC, 0},
    {"+QISEND", run_qisend, AT_SET, AT_NEEDS_SIM},
    {"+QIRD", run_qird, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->quectel = (struct quectel){.echo = true};
}

const struct family quectel_lte_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = quectel_sim_changed,
};
