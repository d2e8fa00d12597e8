/* Who it is, power, signal (3.1, 3.2, 3.5). */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

/* ---- identity ---- */

static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "NEOWAY\r\nM590\r\nREVISION %s", modem_firmware(modem));
    return AT_OK;
}

static int run_cgmi(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "NEOWAY");
    return AT_OK;
}

static int run_cgmm(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "M590");
    return AT_OK;
}

static int run_version(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "REVISION %s", modem_firmware(modem));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (sim_card_lock(&modem->sim) == SIM_ABSENT)
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+CCID: %s", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

/* ---- signal, operator ---- */

static int run_csq(struct modem *modem, const struct at_call *call)
{
    long csq = sim_card_lock(&modem->sim) == SIM_ABSENT ? 99 : modem->network.csq;

    (void)call;
    out_line(modem, OUT_ANSWER, VARIANT_ON(modem, CSQ_PLUS) ? "+CSQ: %ld,%s" : "CSQ:%ld,%s", csq,
             VARIANT_TEXT(modem, CSQ_BER));
    return AT_OK;
}

static int run_xbandsel(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY)
        out_line(modem, OUT_ANSWER, "+XBANDSEL: 900,1800");
    return AT_OK;
}

/* ---- power ---- */

static int set_cfun(struct modem *modem, const struct at_call *call)
{
    long level;

    if (!at_number(call, 0, 0, 15, &level))
        return AT_ERROR;
    if (level == 15) {
        at_result(modem, AT_OK);
        modem_reboot(modem, "AT+CFUN=15", false);
        return AT_SILENT;
    }
    modem->settings.cfun = (int)level;
    if (level == 1)
        network_search(modem, true);
    else
        network_lose(modem, REG_IDLE);
    if (level == 4 && VARIANT_ON(modem, CFUN4_TWICE))
        at_result(modem, AT_OK);
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return set_cfun(modem, call);
    out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
    return AT_OK;
}

static int run_cpwroff(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_power_off(modem);
    return AT_SILENT;
}

static int run_enpwrsave(struct modem *modem, const struct at_call *call)
{
    long on;

    (void)modem;
    return at_number(call, 0, 0, 1, &on) ? AT_OK : AT_ERROR;
}

const struct at_command neoway_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMI", run_cgmi, AT_EXEC, 0},
    {"+CGMM", run_cgmm, AT_EXEC, 0},
    {"+CGMR", run_version, AT_EXEC, 0},
    {"+GETVERS", run_version, AT_EXEC, 0},
    {"+CCID", run_ccid, AT_EXEC | AT_QUERY, 0},
    {"+CSQ", run_csq, AT_EXEC, 0},
    {"+XBANDSEL", run_xbandsel, AT_QUERY | AT_SET, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+CPWROFF", run_cpwroff, AT_EXEC, 0},
    {"+ENPWRSAVE", run_enpwrsave, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

static void reset(struct modem *modem)
{
    struct neoway *neoway = &modem->neoway;

    neoway->xisp = (int)VARIANT_NUMBER(modem, XISP);
    neoway->apn_defined = false;
    neoway->wanted = 0;
}

const struct family neoway_family = {
    .reset = reset,
    .link_opened = neoway_link_opened,
    .link_failed = neoway_link_failed,
    .link_data = neoway_link_data,
    .link_closed = neoway_link_closed,
    .link_sent = neoway_link_sent,
    .bearer_lost = neoway_bearer_lost,
};
