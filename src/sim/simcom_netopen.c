/*
 * The data connection of the NETOPEN stack (C1, C2): AT+NETOPEN / OK / +NETOPEN: 0, its loss, its settings.
 */
#include "simcom_netopen.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

bool netopen_is_up(const struct modem *modem)
{
    return modem->netopen.opened && !modem->netopen.lost;
}

bool netopen_is_a76(const struct modem *modem)
{
    return strncmp(modem->profile->name, "a7", 2) == 0;
}

struct link *netopen_link(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, NETOPEN_SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

static const char *error_text(enum netopen_error error)
{
    switch (error) {
    case NETOPEN_ALREADY_OPENED:
        return "Network is already opened";
    case NETOPEN_ALREADY_CLOSED:
        return "Network is already closed";
    case NETOPEN_NO_CLIENT:
        return "No active client";
    case NETOPEN_NOT_OPENED:
        return "Network not opened";
    case NETOPEN_NOT_CREATED:
        return "Connection is not created";
    case NETOPEN_BAD_PARAMETER:
        return "Invalid parameter";
    case NETOPEN_SOCKET_OPENED:
        return "Netclose failed for socket opened";
    case NETOPEN_NO_DATA:
        return "No data";
    }
    return "";
}

int netopen_error(struct modem *modem, enum netopen_error error)
{
    if (modem->netopen.error_texts)
        out_line(modem, OUT_ANSWER, "+IP ERROR: %s", error_text(error));
    else
        out_line(modem, OUT_ANSWER, "+IP ERROR: %d", (int)error);
    return AT_ERROR;
}

/* ---- up ---- */

static void opened(struct modem *modem)
{
    bool possible = at_bearer_possible(modem);

    modem->netopen.coming = false;
    if (possible) {
        print_event("--", "the network is open, access point '%s'", modem->network.apn);
        modem->network.bearer_up = true;
        modem->netopen.opened = true;
        modem->netopen.lost = false;
    }
    out_line(modem, OUT_LATE, "+NETOPEN: %d", !possible);
}

/* Bare ERROR (C1, bug 24): not registered, old firmware that wants NETOPEN=,,1, or broken firmware. */
static bool is_refused(const struct modem *modem, const struct at_call *call)
{
    if (!network_is_registered(modem) || VARIANT_IS(modem, NETOPEN, "error"))
        return true;
    if (VARIANT_ON(modem, OLD_STACK) && call->kind == AT_EXEC)
        return true;
    if (VARIANT_IS(modem, NETOPEN, "needs_cgact") && !modem->netopen.context_up)
        return true;
    return VARIANT_IS(modem, NETOPEN_FAILURE, "error") && !at_bearer_possible(modem);
}

static int run_netopen(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, modem->profile->netopen_two ? "+NETOPEN: %d,0" : "+NETOPEN: %d",
                 modem->netopen.opened);
        return AT_OK;
    }
    if (modem->netopen.opened)
        return netopen_error(modem, NETOPEN_ALREADY_OPENED);
    if (modem->netopen.coming || is_refused(modem, call))
        return AT_ERROR;
    modem->netopen.coming = true;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    network_bearer_later(modem, VARIANT_NUMBER(modem, BEARER_MS), opened);
    return AT_DONE;
}

/* ---- down ---- */

/* Sockets that died with the bearer still have to be closed. */
static bool is_in_use(const struct modem *modem, const struct link *link)
{
    return link->state == LINK_OPEN || link->state == LINK_CONNECTING ||
           (modem->netopen.lost && link->state == LINK_CLOSED);
}

static int sockets_in_use(const struct modem *modem)
{
    int count = 0;

    for (int id = 0; id < NETOPEN_SOCKETS; id++)
        count += is_in_use(modem, &modem->links[id]);
    return count;
}

/* The A76xx says a word for each socket that it closes, the SIM5360 wants them closed before (C1). */
static int run_netclose(struct modem *modem, const struct at_call *call)
{
    bool old = VARIANT_ON(modem, OLD_STACK);

    (void)call;
    if (!modem->netopen.opened && old)
        return netopen_error(modem, NETOPEN_ALREADY_CLOSED);
    if (modem->profile->netopen_two && old && sockets_in_use(modem) > 0)
        return netopen_error(modem, NETOPEN_SOCKET_OPENED);
    if (!modem->netopen.opened || (modem->profile->netopen_two && sockets_in_use(modem) > 0)) {
        out_line(modem, OUT_ANSWER, "+NETCLOSE: %d", modem->netopen.opened ? 9 : 2);
        return AT_ERROR;
    }
    at_result(modem, AT_OK);
    for (int id = 0; id < NETOPEN_SOCKETS; id++) {
        if (netopen_is_a76(modem) && is_in_use(modem, &modem->links[id]))
            out_line(modem, OUT_LATE, "+CIPCLOSE: %d,0", id);
        link_close(&modem->links[id], LINK_INITIAL);
    }
    modem->netopen.opened = false;
    modem->netopen.lost = false;
    modem->network.bearer_up = modem->netopen.cch.started;
    out_line(modem, OUT_LATE, "+NETCLOSE: 0");
    return AT_DONE;
}

/* Seen on A76xx: much later it is there again by itself (C7). */
static void reopened(struct modem *modem)
{
    if (!modem->netopen.opened || !modem->netopen.lost || !at_bearer_possible(modem))
        return;
    modem->network.bearer_up = true;
    modem->netopen.lost = false;
    out_line(modem, OUT_URC, "+NETOPEN: 0");
}

static void bearer_lost(struct modem *modem)
{
    long reopens_ms = VARIANT_NUMBER(modem, REOPENS_MS);

    modem->netopen.lost = modem->netopen.opened;
    modem->netopen.context_up = false;
    netopen_cch_lost(modem);
    for (int id = 0; id < NETOPEN_SOCKETS; id++) {
        struct link *link = &modem->links[id];
        bool used = link->state == LINK_OPEN || link->state == LINK_CONNECTING;

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, used ? LINK_CLOSED : LINK_INITIAL);
    }
    if (!modem->netopen.opened)
        return;
    if (netopen_is_a76(modem)) {
        out_line(modem, OUT_URC, "+CGEV: NW PDN DEACT 1");
        out_line(modem, OUT_URC, "+CGEV: ME DETACH");
    }
    out_line(modem, OUT_URC, "+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY");
    if (reopens_ms > 0)
        network_bearer_later(modem, reopens_ms, reopened);
}

/* ---- questions ---- */

static int run_ipaddr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!netopen_is_up(modem))
        return netopen_error(modem, NETOPEN_NOT_OPENED);
    out_line(modem, OUT_ANSWER, "+IPADDR: %s", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_OK;
}

static bool resolve(struct modem *modem, const char *host, char ip[ROUTE_IP_MAX])
{
    if (!netopen_is_up(modem) || !names_answer(modem))
        return false;
    if (!route_resolve(&modem->routes, host, ip))
        return false;
    if (VARIANT_IS(modem, DNS, "wrong"))
        snprintf(ip, ROUTE_IP_MAX, "203.0.113.1");
    return true;
}

static int run_cdnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (VARIANT_IS(modem, DNS, "timeout"))
        return AT_SILENT;
    if (!resolve(modem, call->arg[0].text, ip)) {
        out_line(modem, OUT_ANSWER, "+CDNSGIP: 0,%ld", VARIANT_NUMBER(modem, CDNSGIP_ERROR));
        return AT_ERROR;
    }
    out_line(modem, OUT_ANSWER, "+CDNSGIP: 1,\"%s\",\"%s\"%s", call->arg[0].text, ip,
             VARIANT_ON(modem, CDNSGIP_TWO) ? ",\"203.0.113.2\"" : "");
    return AT_OK;
}

/* ---- settings ---- */

static int run_cipccfg(struct modem *modem, const struct at_call *call)
{
    long texts = modem->netopen.error_texts, header = modem->netopen.receive_header, rto;

    if (call->argc > (netopen_is_a76(modem) ? 8 : 7) ||
        (call->argc > 3 && !at_number(call, 3, 0, 1, &texts)) ||
        (call->argc > 4 && !at_number(call, 4, 0, 1, &header)) ||
        (call->argc > 6 && !at_number(call, 6, 500, 120000, &rto)))
        return AT_ERROR;
    modem->netopen.error_texts = texts == 1;
    modem->netopen.receive_header = header == 1;
    return AT_OK;
}

static int run_ciptimeout(struct modem *modem, const struct at_call *call)
{
    long ms[3];

    for (int i = 0; i < 3; i++)
        if (VARIANT_ON(modem, OLD_STACK) || !at_number(call, i, 3000, 120000, &ms[i]))
            return AT_ERROR;
    modem->netopen.open_ms = ms[1];
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* Keep-alive, only of the A76xx and only once the network is open (C7). */
static int run_ctcpka(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return netopen_is_a76(modem) && modem->netopen.opened ? AT_OK : AT_ERROR;
}

const struct at_command simcom_netopen_commands[] = {
    {"+NETOPEN", run_netopen, AT_EXEC | AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+NETCLOSE", run_netclose, AT_EXEC, 0},
    {"+IPADDR", run_ipaddr, AT_EXEC, 0},
    {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CIPCCFG", run_cipccfg, AT_SET, 0},
    {"+CIPTIMEOUT", run_ciptimeout, AT_SET, 0},
    {"+CTCPKA", run_ctcpka, AT_SET, 0},
    {"+CIPMODE", run_accept, AT_SET, 0},
    {"+CDNSCFG", at_set_names, AT_SET, 0},
    {"+CIPDNSSET", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

static void reset(struct modem *modem)
{
    modem->netopen = (struct simcom_netopen){
        .ims = !VARIANT_IS(modem, IMS, "absent"),
        .echo = VARIANT_IS(modem, DATAECHO, "on"),
        .error_texts = !VARIANT_ON(modem, OLD_STACK),
        .head = true,
        .sender = true,
        .open_ms = 120000,
        .opening = -1,
    };
    netopen_ssl_reset(modem);
}

/* In the boot its own steps go on from here. */
static void sim_changed(struct modem *modem)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);

    if (lock == SIM_ABSENT)
        out_line(modem, OUT_URC, "+CPIN: %s", netopen_is_a76(modem) ? "SIM REMOVED" : "NOT READY");
    else
        out_line(modem, OUT_URC, "+CPIN: %s", sim_lock_name(lock));
    if (lock != SIM_READY || modem->power != POWER_ON)
        return;
    if (VARIANT_ON(modem, SMS_DONE))
        out_line(modem, OUT_URC, "SMS DONE");
    out_line(modem, OUT_URC, "PB DONE");
}

/* ---- the links: ten of CIPOPEN, behind them those of the CCH channel ---- */

static bool is_cch(const struct link *link)
{
    return link->id >= NETOPEN_SOCKETS;
}

static void link_opened(struct modem *modem, struct link *link)
{
    (is_cch(link) ? netopen_cch_opened : netopen_link_opened)(modem, link);
}

static void link_failed(struct modem *modem, struct link *link)
{
    (is_cch(link) ? netopen_cch_failed : netopen_link_failed)(modem, link);
}

static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    (is_cch(link) ? netopen_cch_data : netopen_link_data)(modem, link, bytes, count);
}

static void link_closed(struct modem *modem, struct link *link)
{
    (is_cch(link) ? netopen_cch_closed : netopen_link_closed)(modem, link);
}

const struct family simcom_netopen_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .link_sent = netopen_link_sent,
    .bearer_lost = bearer_lost,
    .sim_changed = sim_changed,
};
