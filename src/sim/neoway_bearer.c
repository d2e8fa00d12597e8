/*
 * The own stack and its name service (3.3, 3.4). The order is XISP, CGDCONT, XGAUTH, XIIC:
 *   AT+XIIC=1   OK          and nothing more; AT+XIIC? tells when the address is there
 *   AT+DNS="h"  OK / +DNS:46.101.217.214 / +DNS:OK      or OK / +DNS:Error
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* ---- bearer ---- */

static int run_xisp(struct modem *modem, const struct at_call *call)
{
    long stack;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+XISP:%d", modem->neoway.xisp);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &stack))
        return AT_ERROR;
    modem->neoway.xisp = (int)stack;
    modem->neoway.apn_defined = false;
    return AT_OK;
}

static int run_cgdcont(struct modem *modem, const struct at_call *call)
{
    long context;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGDCONT: 1,\"IP\",\"%s\"", modem->network.apn);
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 16, &context) || call->argc < 3)
        return AT_ERROR;
    if (context == 1) {
        at_take_apn(modem, call->arg[2].text);
        modem->neoway.apn_defined = true;
    }
    return AT_OK;
}

/* Behind CGDCONT, and the manual wants neither field empty. */
static int run_xgauth(struct modem *modem, const struct at_call *call)
{
    long context, kind;
    bool empty;

    if (call->argc != 4 || !at_number(call, 0, 1, 1, &context) || !at_number(call, 1, 0, 2, &kind))
        return AT_ERROR;
    empty = call->arg[2].text[0] == '\0' || call->arg[3].text[0] == '\0';
    if (!modem->neoway.apn_defined || (empty && VARIANT_IS(modem, XGAUTH_EMPTY, "error")))
        return AT_ERROR;
    return AT_OK;
}

static void bearer_due(struct modem *modem)
{
    if (!at_bearer_possible(modem) || !modem->neoway.apn_defined) {
        print_event("--", "no bearer: not registered, or the access point '%s' is unknown",
                    modem->network.apn);
        return;
    }
    modem->network.bearer_up = true;
    print_event("--", "the bearer is up, access point '%s'", modem->network.apn);
}

static int ask_xiic(struct modem *modem)
{
    bool up = modem->network.bearer_up;
    const char *ip = up ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0";

    if (VARIANT_IS(modem, XIIC_FORM, "bare"))
        out_line(modem, OUT_ANSWER, "+XIIC: %s", ip);
    else
        out_line(modem, OUT_ANSWER, "+XIIC:    %d, %s", up, ip);
    return AT_OK;
}

/* XIIC=0 does nothing: there is no way to detach. */
static int run_xiic(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return ask_xiic(modem);
    if (!at_number(call, 0, 0, 1, &on) || modem->neoway.xisp != 0)
        return AT_ERROR;
    if (on == 1 && !modem->network.bearer_up)
        network_bearer_later(modem, VARIANT_NUMBER(modem, BEARER_MS), bearer_due);
    return AT_OK;
}

static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &on) || !network_is_registered(modem))
        return AT_ERROR;
    if (on == 0)
        network_drop_bearer(modem);
    modem->network.attached = on == 1;
    return AT_OK;
}

void neoway_bearer_lost(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];
        bool was_open = link->state == LINK_OPEN;

        link->dead = was_open && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
        if (was_open && VARIANT_ON(modem, PDP_DROP_URC))
            neoway_link_closed(modem, link);
    }
}

/* ---- name service ---- */

static bool resolve(struct modem *modem, const char *host, char ip[ROUTE_IP_MAX])
{
    if (!modem->network.bearer_up || !names_answer(modem))
        return false;
    if (VARIANT_IS(modem, DNS, "wrong")) {
        snprintf(ip, ROUTE_IP_MAX, "203.0.113.1");
        return true;
    }
    return route_resolve(&modem->routes, host, ip);
}

/* What follows the OK is no part of the command any more. */
static int run_dns(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!call->arg[0].quoted || call->arg[0].text[0] == '\0')
        return AT_ERROR;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (VARIANT_IS(modem, DNS, "timeout"))
        return AT_DONE;
    if (!resolve(modem, call->arg[0].text, ip)) {
        out_line(modem, OUT_LATE, "+DNS:Error");
        return AT_DONE;
    }
    out_line(modem, OUT_LATE, "+DNS:%s", ip);
    out_line(modem, OUT_LATE, "+DNS:OK");
    return AT_DONE;
}

static int run_dnsserver(struct modem *modem, const struct at_call *call)
{
    long which;

    if (call->kind == AT_QUERY)
        out_line(modem, OUT_ANSWER, "+DNSSERVER:dns1:%s;dns2:%s", modem->names.server[0],
                 modem->names.server[1]);
    else if (!at_number(call, 0, 1, 2, &which) || call->argc != 2 ||
             names_set_one(modem, (int)which - 1, call->arg[1].text) != AT_OK)
        return AT_ERROR;
    else
        out_line(modem, OUT_ANSWER, "+DNSSERVER:OK");
    return AT_OK;
}

const struct at_command neoway_bearer_commands[] = {
    {"+XISP", run_xisp, AT_QUERY | AT_SET, 0},
    {"+CGDCONT", run_cgdcont, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+XGAUTH", run_xgauth, AT_SET, AT_NEEDS_SIM},
    {"+XIIC", run_xiic, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+DNS", run_dns, AT_SET, AT_NEEDS_SIM},
    {"+DNSSERVER", run_dnsserver, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
