/*
 * The contexts of the CA stack (B1, B2): AT+CNACT=0,1 / OK / +APP PDP: 0,ACTIVE. The SIM7000 has one, without a
 * number: AT+CNACT=1,"apn" / OK / +APP PDP: ACTIVE.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_ca.h"

#include <stdio.h>
#include <string.h>

#define RETURN_MS 200 /* from a loss to the next try of action 2 */

static void say_contexts(struct modem *modem, enum out_kind kind, unsigned which, const char *word)
{
    for (int context = 0; context < SIMCOM_CA_CONTEXTS; context++) {
        if ((which & 1U << context) == 0)
            continue;
        if (VARIANT_ON(modem, APP_PDP_INDEX))
            out_line(modem, kind, "+APP PDP: %d,%s", context, word);
        else
            out_line(modem, kind, "+APP PDP: %s", word);
    }
}

/* ---- up ---- */

static void up(struct modem *modem)
{
    unsigned which = modem->simcom_ca.activating;

    print_event("--", "the context is up, access point '%s'", modem->network.apn);
    modem->simcom_ca.activating = 0;
    modem->simcom_ca.active |= which;
    modem->network.bearer_up = true;
    say_contexts(modem, OUT_LATE, which, "ACTIVE");
}

static void activated(struct modem *modem)
{
    unsigned which = modem->simcom_ca.activating;

    if (at_bearer_possible(modem)) {
        up(modem);
        return;
    }
    modem->simcom_ca.activating = 0;
    say_contexts(modem, OUT_LATE, which, "DEACTIVE");
}

static void activated_again(struct modem *modem)
{
    if (at_bearer_possible(modem))
        up(modem);
    else
        modem->simcom_ca.activating = 0;
}

void simcom_ca_bearer_returns(struct modem *modem)
{
    struct simcom_ca *ca = &modem->simcom_ca;

    ca->activating = ca->automatic & ~ca->active;
    if (ca->activating != 0)
        network_bearer_later(modem, RETURN_MS + VARIANT_NUMBER(modem, BEARER_MS), activated_again);
}

static int activate(struct modem *modem, unsigned which, bool automatic)
{
    struct simcom_ca *ca = &modem->simcom_ca;

    if (((ca->active | ca->activating) & which) != 0 || ca->activating != 0)
        return simcom_ca_wrong_state(modem);
    if (!at_bearer_possible(modem) && !VARIANT_IS(modem, CNACT_FAILURE, "deactive"))
        return VARIANT_IS(modem, CNACT_FAILURE, "cme3") ? 3 : AT_ERROR;
    ca->activating = which;
    ca->automatic = automatic ? ca->automatic | which : ca->automatic & ~which;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    network_bearer_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
    return AT_DONE;
}

/* ---- down ---- */

static int deactivate(struct modem *modem, unsigned which)
{
    struct simcom_ca *ca = &modem->simcom_ca;

    if (((ca->active | ca->activating) & which) == 0)
        return simcom_ca_wrong_state(modem);
    simcom_ca_end_sockets(modem, which, false);
    ca->active &= ~which;
    ca->activating &= ~which;
    ca->automatic &= ~which;
    modem->network.bearer_up = ca->active != 0;
    at_result(modem, AT_OK);
    say_contexts(modem, OUT_LATE, which, "DEACTIVE");
    return AT_DONE;
}

/* The order of the two kinds of lines is uncertain (15.5). */
void simcom_ca_bearer_lost(struct modem *modem)
{
    unsigned which = modem->simcom_ca.active;
    bool sockets_first = VARIANT_IS(modem, LOSS_ORDER, "castate_first");

    modem->simcom_ca.active = 0;
    if (sockets_first)
        simcom_ca_end_sockets(modem, which, true);
    say_contexts(modem, OUT_URC, which, "DEACTIVE");
    if (!sockets_first)
        simcom_ca_end_sockets(modem, which, true);
    simcom_ca_bearer_returns(modem);
}

/* ---- CNACT and CNCFG ---- */

static int state_of(const struct modem *modem, int context)
{
    if (modem->simcom_ca.active & 1U << context)
        return 1;
    return modem->simcom_ca.activating & 1U << context ? 2 : 0;
}

static int ask_contexts(struct modem *modem)
{
    char text[256];
    int count = modem->profile->first_lte ? 1 : SIMCOM_CA_CONTEXTS;
    int used = 0;

    for (int context = 0; context < count; context++) {
        int state = state_of(modem, context);
        const char *ip = state == 1 ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0";

        used += snprintf(text + used, sizeof text - (size_t)used, "%s+CNACT: ", context > 0 ? "\r\n" : "");
        if (VARIANT_IS(modem, CNACT_FORM, "indexed"))
            used += snprintf(text + used, sizeof text - (size_t)used, "%d,", context);
        used += snprintf(text + used, sizeof text - (size_t)used, "%d,\"%.45s\"", state, ip);
    }
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

static int run_cnact(struct modem *modem, const struct at_call *call)
{
    bool one = modem->profile->first_lte;
    long context = 0, action;

    if (call->kind == AT_QUERY)
        return ask_contexts(modem);
    if ((!one && !at_number(call, 0, 0, SIMCOM_CA_CONTEXTS - 1, &context)) ||
        !at_number(call, one ? 0 : 1, 0, 2, &action))
        return AT_ERROR;
    if (action == 0)
        return deactivate(modem, 1U << context);
    if (one && call->argc > 1)
        at_take_apn(modem, call->arg[1].text);
    return activate(modem, 1U << context, action == 2);
}

/* =0,1,"apn"[,"user","password",authentication]; the SIM7000 without the first. */
static int run_cncfg(struct modem *modem, const struct at_call *call)
{
    int type = modem->profile->first_lte ? 0 : 1;
    long number;

    if (call->argc < type + 2 || !at_number(call, type, 0, 4, &number) ||
        (type == 1 && !at_number(call, 0, 0, SIMCOM_CA_CONTEXTS - 1, &number)))
        return AT_ERROR;
    for (int i = type + 1; i < call->argc && i < type + 4; i++)
        if (strlen(call->arg[i].text) > (i == type + 1 ? 150U : 127U))
            return AT_ERROR;
    if (call->argc > type + 4 && !at_number(call, type + 4, 0, 3, &number))
        return AT_ERROR;
    at_take_apn(modem, call->arg[type + 1].text);
    return AT_OK;
}

/* The access point that the network names. */
static int run_cgnapn(struct modem *modem, const struct at_call *call)
{
    const char *apn = modem->options->apn;

    (void)call;
    if (!network_is_registered(modem))
        apn = NULL;
    out_line(modem, OUT_ANSWER, "+CGNAPN: %d,\"%s\"", apn != NULL, apn != NULL ? apn : "");
    return AT_OK;
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
    long number;

    if ((call->argc > 1 && !at_number(call, 1, 0, 10, &number)) ||
        (call->argc > 2 && !at_number(call, 2, 0, 60000, &number)) || !modem->network.bearer_up)
        return AT_ERROR;
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
    if (call->kind == AT_SET)
        return at_set_names(modem, call);
    out_line(modem, OUT_ANSWER, "PrimaryDns: %s\r\nSecondaryDns: %s", modem->names.server[0],
             modem->names.server[1]);
    return AT_OK;
}

const struct at_command simcom_ca_bearer_commands[] = {
    {"+CNACT", run_cnact, AT_SET | AT_QUERY, AT_NEEDS_SIM}, {"+CNCFG", run_cncfg, AT_SET, 0},
    {"+CGNAPN", run_cgnapn, AT_EXEC, AT_NEEDS_SIM},         {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CDNSCFG", run_cdnscfg, AT_SET | AT_QUERY, 0},        {NULL, NULL, 0, 0},
};
