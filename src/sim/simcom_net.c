/*
 * The NETOPEN stack (family C): AT+NETOPEN / OK / +NETOPEN: 0, AT+CIPOPEN=0,"TCP",... / OK / +CIPOPEN: 0,0.
 * After NETWORK CLOSED UNEXPECTEDLY it still says that it is open, until NETCLOSE.
 */
#include "simcom_net.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define SOCKETS 10

static struct link *link_of(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

static int ip_error(struct modem *modem, const char *text)
{
    out_line(modem, OUT_ANSWER, "+IP ERROR: %s", text);
    return AT_ERROR;
}

/* ---- the data connection ---- */

static int opened(struct modem *modem)
{
    bool possible = at_bearer_possible(modem);

    at_result(modem, AT_OK);
    if (possible) {
        print_event("--", "the network is open, access point '%s'", modem->network.apn);
        modem->network.bearer_up = true;
        modem->simcom_net.opened = true;
        modem->simcom_net.lost = false;
    }
    out_line(modem, OUT_LATE, "+NETOPEN: %d", !possible);
    return AT_DONE;
}

static int run_netopen(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, modem->profile->netopen_two ? "+NETOPEN: %d,0" : "+NETOPEN: %d",
                 modem->simcom_net.opened);
        return AT_OK;
    }
    if (modem->simcom_net.opened)
        return ip_error(modem, "Network is already opened");
    if (!network_is_registered(modem))
        return AT_ERROR;
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), opened);
}

static int run_netclose(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->simcom_net.opened) {
        out_line(modem, OUT_ANSWER, "+NETCLOSE: 2");
        return AT_ERROR;
    }
    for (int id = 0; id < SOCKETS; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->simcom_net.opened = false;
    modem->network.bearer_up = false;
    at_result(modem, AT_OK);
    out_line(modem, OUT_LATE, "+NETCLOSE: 0");
    return AT_DONE;
}

static int run_ipaddr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->network.bearer_up)
        return ip_error(modem, "Network not opened");
    out_line(modem, OUT_ANSWER, "+IPADDR: %s", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_OK;
}

static int run_cdnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up || fault_use(modem, FAULT_NO_DNS) ||
        !route_resolve(&modem->routes, call->arg[0].text, ip)) {
        out_line(modem, OUT_ANSWER, "+CDNSGIP: 0,10");
        return AT_ERROR;
    }
    out_line(modem, OUT_ANSWER, "+CDNSGIP: 1,\"%s\",\"%s\"", call->arg[0].text, ip);
    return AT_OK;
}

static void bearer_lost(struct modem *modem)
{
    modem->simcom_net.lost = true;
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, LINK_INITIAL);
    }
    if (modem->simcom_net.opened)
        out_line(modem, OUT_URC, "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
}

/* ---- open and close ---- */

static void link_opened(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_LATE, "+CIPOPEN: %d,0", link->id);
}

static void link_failed(struct modem *modem, struct link *link)
{
    int error = modem->simcom_net.error;

    modem->simcom_net.error = 0;
    link_close(link, LINK_INITIAL);
    out_line(modem, OUT_LATE, "+CIPOPEN: %d,%d", link->id, error ? error : 1);
}

static int refuse_open(struct modem *modem, const struct link *link, int error)
{
    out_line(modem, OUT_ANSWER, "+CIPOPEN: %d,%d", link->id, error);
    return AT_ERROR;
}

static int run_cipopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    long port;

    if (link == NULL || call->argc < 4 || strcmp(call->arg[1].text, "TCP") != 0 ||
        strlen(call->arg[2].text) >= ROUTE_HOST_MAX || !at_number(call, 3, 1, 65535, &port))
        return ip_error(modem, "Invalid parameter");
    if (!modem->network.bearer_up)
        return refuse_open(modem, link, 2);
    if (link->state != LINK_INITIAL && link->state != LINK_CLOSED)
        return refuse_open(modem, link, 4);
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    if (link_open(link, call->arg[2].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[2].text);
        modem->simcom_net.error = 11;
        link_fail_later(link);
    }
    return AT_DONE;
}

static int ask_close(struct modem *modem)
{
    char text[64];
    int used = 0;

    for (int id = 0; id < SOCKETS; id++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%d", id ? "," : "",
                         modem->links[id].state == LINK_OPEN);
    out_line(modem, OUT_ANSWER, "+CIPCLOSE: %s", text);
    return AT_OK;
}

static int run_cipclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);

    if (call->kind == AT_QUERY)
        return ask_close(modem);
    if (link == NULL)
        return ip_error(modem, "Invalid parameter");
    if (link->state != LINK_OPEN && link->state != LINK_CONNECTING) {
        out_line(modem, OUT_ANSWER, "+CIPCLOSE: %d,4", link->id);
        return AT_ERROR;
    }
    link_close(link, LINK_INITIAL);
    at_result(modem, AT_OK);
    out_line(modem, OUT_LATE, "+CIPCLOSE: %d,0", link->id);
    return AT_DONE;
}

static void link_closed(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_URC, "+IPCLOSE: %d,1", link->id);
}

/* ---- bytes ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->simcom_net.sending];
    size_t count = modem->line.payload_length;
    bool sent = link->state == LINK_OPEN && !fault_use(modem, FAULT_SEND_FAIL) &&
                link_send(link, modem->line.payload, count);

    if (modem->simcom_net.echo)
        out_bytes(modem, OUT_ANSWER, modem->line.payload, count);
    at_result(modem, AT_OK);
    if (sent)
        out_line(modem, OUT_LATE, "+CIPSEND: %d,%zu,%zu", link->id, count, count);
    else
        out_line(modem, OUT_LATE, "+CIPSEND: %d,%zu,-1", link->id, count);
    return AT_DONE;
}

static int run_cipsend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long count;

    if (link == NULL || !at_number(call, 1, 1, SIMCOM_NET_SEND_MAX, &count))
        return ip_error(modem, "Invalid parameter");
    if (link->state != LINK_OPEN) {
        out_line(modem, OUT_ANSWER, "+CIPERROR: %d", modem->network.bearer_up ? 4 : 2);
        return AT_ERROR;
    }
    modem->simcom_net.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

/* Told only when the buffer was empty. */
static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool was_empty = link->rx_length == 0;

    simcom_net_keep(link, bytes, count);
    if (was_empty)
        out_line(modem, OUT_URC, "+CIPRXGET: 1,%d", link->id);
}

static int give(struct modem *modem, struct link *link, size_t wanted)
{
    uint8_t text[SIMCOM_NET_SEND_MAX + 64];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 60, "\r\n+CIPRXGET: 2,%d,%zu,%zu\r\n", link->id, count,
                                   link->rx_length - count);

    memcpy(text + used, link->rx, count);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used + count);
    simcom_net_given(link, count);
    return AT_OK;
}

static int run_ciprxget(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 1);
    long mode, wanted = SIMCOM_NET_SEND_MAX;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPRXGET: %d", modem->simcom_net.rxget);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 4, &mode))
        return AT_ERROR;
    if (mode <= 1) {
        modem->simcom_net.rxget = mode == 1;
        return AT_OK;
    }
    if (link == NULL || !modem->simcom_net.rxget ||
        (call->argc > 2 && !at_number(call, 2, 1, SIMCOM_NET_SEND_MAX, &wanted)))
        return AT_ERROR;
    if (mode == 4) {
        out_line(modem, OUT_ANSWER, "+CIPRXGET: 4,%d,%zu", link->id, link->rx_length);
        return AT_OK;
    }
    if (link->rx_length == 0)
        return ip_error(modem, link->state == LINK_OPEN ? "No data" : "No active client");
    return give(modem, link, (size_t)wanted);
}

static int run_cipack(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);

    if (link == NULL || link->state != LINK_OPEN)
        return ip_error(modem, "Connection is not created");
    out_line(modem, OUT_ANSWER, "+CIPACK: %zu,%zu,%zu", (size_t)link->sent,
             (size_t)link->sent - link_unacked(link), (size_t)link->taken);
    return AT_OK;
}

static int run_cipcfg(struct modem *modem, const struct at_call *call)
{
    if (strncmp(modem->profile->name, "a7", 2) != 0 || call->argc < 2)
        return AT_ERROR;
    modem->simcom_net.echo = strcmp(call->arg[1].text, "ON") == 0;
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

static int run_5360(struct modem *modem, const struct at_call *call)
{
    if (!modem->profile->netopen_two)
        return AT_ERROR;
    if (call->argc == 3)
        at_take_apn(modem, call->arg[2].text);
    return AT_OK;
}

const struct at_command simcom_net_commands[] = {
    {"+NETOPEN", run_netopen, AT_EXEC | AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+NETCLOSE", run_netclose, AT_EXEC, 0},
    {"+IPADDR", run_ipaddr, AT_EXEC, 0},
    {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CIPOPEN", run_cipopen, AT_SET, AT_NEEDS_SIM},
    {"+CIPCLOSE", run_cipclose, AT_SET | AT_QUERY, 0},
    {"+CIPSEND", run_cipsend, AT_SET, AT_NEEDS_SIM},
    {"+CIPRXGET", run_ciprxget, AT_SET | AT_QUERY, 0},
    {"+CIPACK", run_cipack, AT_SET, 0},
    {"+CIPCFG", run_cipcfg, AT_SET, 0},
    {"+CIPMODE", run_accept, AT_SET, 0},
    {"+CIPSENDMODE", run_accept, AT_SET, 0},
    {"+CIPCCFG", run_accept, AT_SET, 0},
    {"+CIPTIMEOUT", run_accept, AT_SET, 0},
    {"+CGAUTH", run_accept, AT_SET, 0},
    {"+CGSOCKCONT", run_5360, AT_SET, 0},
    {"+CSOCKSETPN", run_5360, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

const struct family simcom_net_family = {
    .reset = simcom_net_reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = simcom_net_sim_changed,
};
