/* What SIMCom's LTE-M modules have beside both of their stacks: radio, sleep, reset (sections 3, 6, 9). */
#include "at_result.h"
#include "modem.h"
#include "simcom_cip.h"

#include <string.h>

static int ask(struct modem *modem, const char *name, int value, int normal)
{
    out_line(modem, OUT_ANSWER, "%s: %d", name, value != 0 ? value : normal);
    return AT_OK;
}

/* Kept over a reboot, and at once: the network is left and searched again. */
static int choose(struct modem *modem, int *setting, long value, int normal)
{
    int before = *setting != 0 ? *setting : normal;

    *setting = (int)value;
    if (before == value)
        return AT_OK;
    at_result(modem, AT_OK);
    network_lose(modem, REG_IDLE);
    network_search(modem, true);
    return AT_DONE;
}

static int run_cnmp(struct modem *modem, const struct at_call *call)
{
    long value;

    if (call->kind == AT_QUERY)
        return ask(modem, "+CNMP", modem->radio.mode, 2);
    if (!at_number(call, 0, 2, 51, &value) || (value != 2 && value != 13 && value != 38 && value != 51))
        return AT_ERROR;
    return choose(modem, &modem->radio.mode, value, 2);
}

static int run_cmnb(struct modem *modem, const struct at_call *call)
{
    long value;

    if (call->kind == AT_QUERY)
        return ask(modem, "+CMNB", modem->radio.narrow, 3);
    if (!at_number(call, 0, 1, 3, &value))
        return AT_ERROR;
    return choose(modem, &modem->radio.narrow, value, 3);
}

static int run_cpsi(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (network_is_registered(modem))
        out_line(modem, OUT_ANSWER, "+CPSI: LTE,Online,262-01,0x25EF,115B");
    else
        out_line(modem, OUT_ANSWER, "+CPSI: NO SERVICE,Online");
    return AT_OK;
}

/* A manual prints another name than firmware does (6). */
static int run_cnsmod(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+%s: 0,%d", VARIANT_TEXT(modem, CNSMOD_NAME),
             network_is_registered(modem) ? 7 : 0);
    return AT_OK;
}

/* The SIM7000 has AT+CFUN=1,1 and =6 in its place (0). */
static int run_creboot(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->profile->first_lte)
        return AT_ERROR;
    at_result(modem, AT_OK);
    modem_reboot(modem, "AT+CREBOOT", false);
    return AT_SILENT;
}

static int run_first_lte(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return modem->profile->first_lte ? AT_OK : AT_ERROR;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

const struct at_command simcom_lte_commands[] = {
    {"+CNMP", run_cnmp, AT_SET | AT_QUERY, 0},
    {"+CMNB", run_cmnb, AT_SET | AT_QUERY, 0},
    {"+CPSI", run_cpsi, AT_QUERY, 0},
    {"+CNSMOD", run_cnsmod, AT_QUERY, 0},
    {"+CREBOOT", run_creboot, AT_EXEC, 0},
    {"+CPSMS", run_accept, AT_SET, 0},
    {"+CPSMSTATUS", run_accept, AT_SET, 0},
    {"+CEDRXS", run_accept, AT_SET, 0},
    {"+CAPNMODE", run_first_lte, AT_SET, 0},
    {"+CIPOPTION", run_first_lte, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
