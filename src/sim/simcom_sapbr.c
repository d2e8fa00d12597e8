/*
 * Bearers that TCP does not use but drivers open all the same (A2): AT+SAPBR, for HTTP and location, and the plain
 * context of AT+CGACT. They have the access point of the modem, and no data.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_cip.h"

#include <strings.h>

enum { SAPBR_CLOSE, SAPBR_OPEN, SAPBR_STATUS, SAPBR_SET, SAPBR_SHOW, SAPBR_STORE };

/* As the network sees it: the attach is made by the way if it is missing. */
static bool possible(struct modem *modem)
{
    if (network_is_registered(modem))
        modem->network.attached = true;
    return at_bearer_possible(modem);
}

static int opened(struct modem *modem)
{
    if (VARIANT_IS(modem, SAPBR, "fails") || !possible(modem))
        return AT_ERROR;
    print_event("--", "the bearer of AT+SAPBR is up");
    modem->cip.sapbr_open = true;
    return AT_OK;
}

static int set_parameter(struct modem *modem, const struct at_call *call)
{
    if (call->argc != 4)
        return simcom_cip_wrong_state(modem);
    if (strcasecmp(call->arg[2].text, "APN") == 0)
        at_take_apn(modem, call->arg[3].text);
    return AT_OK;
}

static int show(struct modem *modem, long action)
{
    bool open = modem->cip.sapbr_open;

    if (action == SAPBR_STATUS)
        out_line(modem, OUT_ANSWER, "+SAPBR: 1,%d,\"%s\"", open ? 1 : 3,
                 open ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0");
    if (action == SAPBR_SHOW)
        out_line(modem, OUT_ANSWER,
                 "+SAPBR:\r\nCONTYPE: GPRS\r\nAPN: %s\r\nPHONENUM: \r\nUSER: \r\nPWD: \r\nRATE: 2",
                 modem->network.apn);
    return AT_OK;
}

static int run_sapbr(struct modem *modem, const struct at_call *call)
{
    bool open = modem->cip.sapbr_open;
    long action, profile;

    if (!at_number(call, 0, SAPBR_CLOSE, SAPBR_STORE, &action) || !at_number(call, 1, 1, 1, &profile))
        return simcom_cip_wrong_state(modem);
    if (action == SAPBR_SET)
        return set_parameter(modem, call);
    if (action == SAPBR_STATUS || action == SAPBR_SHOW || action == SAPBR_STORE)
        return show(modem, action);
    if (open == (action == SAPBR_OPEN))
        return simcom_cip_wrong_state(modem);
    if (action == SAPBR_OPEN)
        return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), opened);
    modem->cip.sapbr_open = false;
    return AT_OK;
}

void simcom_sapbr_lost(struct modem *modem)
{
    modem->cip.context_up = false;
    if (!modem->cip.sapbr_open)
        return;
    modem->cip.sapbr_open = false;
    out_line(modem, OUT_URC, "+SAPBR 1: DEACT");
}

static int activated(struct modem *modem)
{
    modem->cip.context_up = possible(modem);
    return modem->cip.context_up ? AT_OK : 148;
}

static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGACT: 1,%d", modem->cip.context_up);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1)
        return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
    modem->cip.context_up = false;
    return AT_OK;
}

const struct at_command simcom_sapbr_commands[] = {
    {"+SAPBR", run_sapbr, AT_SET, AT_NEEDS_SIM},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
