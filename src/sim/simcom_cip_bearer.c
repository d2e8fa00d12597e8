/*
 * The bearer (A1 to A3). Each step is allowed in one state only:
 *   IP INITIAL -CSTT-> IP START -CIICR-> IP GPRSACT -CIFSR-> IP STATUS; CIPSHUT leads back from everywhere.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_cip.h"

#include <stdio.h>
#include <string.h>

int simcom_cip_wrong_state(struct modem *modem)
{
    return VARIANT_IS(modem, WRONG_STATE, "cme3") ? 3 : AT_ERROR;
}

/* ---- attach ---- */

static int attached(struct modem *modem)
{
    if (!network_is_registered(modem))
        return 30;
    modem->network.attached = true;
    return AT_OK;
}

static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1)
        return at_later(modem, VARIANT_NUMBER(modem, ATTACH_MS), attached);
    simcom_sapbr_lost(modem);
    network_drop_bearer(modem);
    modem->network.attached = false;
    return AT_OK;
}

/* ---- the steps ---- */

static int run_cstt(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CSTT: \"%s\",\"\",\"\"", modem->network.apn);
        return AT_OK;
    }
    if (modem->cip.state != IP_INITIAL)
        return simcom_cip_wrong_state(modem);
    if (call->kind == AT_SET)
        at_take_apn(modem, call->arg[0].text);
    modem->cip.state = IP_START;
    return AT_OK;
}

static int bearer_up(struct modem *modem)
{
    if (at_bearer_possible(modem)) {
        print_event("--", "the bearer is up, access point '%s'", modem->network.apn);
        modem->network.bearer_up = true;
        modem->cip.state = IP_GPRSACT;
        return AT_OK;
    }
    modem->cip.state = IP_START;
    if (VARIANT_IS(modem, CIICR_FAILURE, "hang"))
        return AT_SILENT;
    return VARIANT_IS(modem, CIICR_FAILURE, "cme148") ? 148 : AT_ERROR;
}

static int run_ciicr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->cip.state != IP_START)
        return simcom_cip_wrong_state(modem);
    modem->cip.state = IP_CONFIG;
    if (VARIANT_IS(modem, SAPBR, "lost"))
        simcom_sapbr_lost(modem);
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), bearer_up);
}

/* The address alone, without OK (A2). */
static int run_cifsr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->network.bearer_up)
        return simcom_cip_wrong_state(modem);
    modem->cip.state = IP_STATUS;
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_DONE;
}

static int shut(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->network.bearer_up = false;
    modem->cip.state = IP_INITIAL;
    out_line(modem, OUT_ANSWER, "SHUT OK");
    return AT_DONE;
}

static int run_cipshut(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return at_later(modem, VARIANT_NUMBER(modem, CIPSHUT_MS), shut);
}

/* No "n, CLOSED" follows (A8): the one line stands for all links. */
void simcom_cip_bearer_lost(struct modem *modem)
{
    simcom_sapbr_lost(modem);
    modem->cip.state = IP_DEACT;
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
    }
    out_line(modem, OUT_URC, "+PDP: DEACT");
}

/* ---- name service ---- */

static bool resolve(struct modem *modem, const char *host, char ip[ROUTE_IP_MAX])
{
    if (!names_answer(modem))
        return false;
    if (VARIANT_IS(modem, DNS, "wrong")) {
        snprintf(ip, ROUTE_IP_MAX, "203.0.113.1");
        return true;
    }
    return route_resolve(&modem->routes, host, ip);
}

static int run_cdnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up)
        return simcom_cip_wrong_state(modem);
    at_result(modem, AT_OK);
    if (VARIANT_IS(modem, DNS, "timeout"))
        return AT_DONE;
    if (resolve(modem, call->arg[0].text, ip))
        out_line(modem, OUT_LATE, "+CDNSGIP: 1,\"%s\",\"%s\"", call->arg[0].text, ip);
    else
        out_line(modem, OUT_LATE, "+CDNSGIP: 0,%ld", VARIANT_NUMBER(modem, CDNSGIP_ERROR));
    return AT_DONE;
}

static int run_cdnscfg(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY)
        out_line(modem, OUT_ANSWER, "PrimaryDns: %s\r\nSecondaryDns: %s", modem->names.server[0],
                 modem->names.server[1]);
    return call->kind == AT_SET ? at_set_names(modem, call) : AT_OK;
}

const struct at_command simcom_cip_bearer_commands[] = {
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CSTT", run_cstt, AT_QUERY | AT_SET | AT_EXEC, AT_NEEDS_SIM},
    {"+CIICR", run_ciicr, AT_EXEC, AT_NEEDS_SIM},
    {"+CIFSR", run_cifsr, AT_EXEC, AT_NEEDS_SIM},
    {"+CIPSHUT", run_cipshut, AT_EXEC, 0},
    {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CDNSCFG", run_cdnscfg, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
