/* Identity, SIM, power (2.4, 2.5, 2.18), and what happens by itself. */
#include "ai_thinker.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

#include <string.h>

/* ---- identity ---- */

static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "Ai Thinker Co.LTD\r\n%s\r\n%s", modem->profile->model,
             modem_firmware(modem));
    return AT_OK;
}

static int run_cgmi(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "Ai Thinker Co.LTD");
    return AT_OK;
}

static int run_cgmm(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem->profile->model);
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem_firmware(modem));
    return AT_OK;
}

static int run_egmr(struct modem *modem, const struct at_call *call)
{
    if (strcmp(call->raw, "2,7") != 0)
        return 53;
    out_line(modem, OUT_ANSWER, "+EGMR:%s", VARIANT_TEXT(modem, IMEI));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    const char *name = VARIANT_IS(modem, CCID_FORM, "scid")   ? "+SCID: SIM Card ID: "
                       : VARIANT_IS(modem, CCID_FORM, "ccid") ? "+CCID: "
                                                              : "+CCID:";

    (void)call;
    if (sim_card_lock(&modem->sim) == SIM_ABSENT)
        return 10;
    out_line(modem, OUT_ANSWER, "%s%s", name, VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_cbc(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CBC: 0,100");
    return AT_OK;
}

/* ---- SIM ---- */

/* A card that has not started yet is a plain ERROR here (2.2). */
static int run_cpin(struct modem *modem, const struct at_call *call)
{
    int status;

    if (!VARIANT_ON(modem, CPIN_SUPPORTED))
        return at_unknown(modem);
    status = call->kind == AT_QUERY ? at_ask_pin(modem, call) : at_set_pin(modem, call);
    if (status == 16)
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, WRONG_PIN));
    return status == 14 ? AT_ERROR : status;
}

static int run_cpinc(struct modem *modem, const struct at_call *call)
{
    const struct sim_card *sim = &modem->sim;

    (void)call;
    if (sim->absent)
        return 10;
    out_line(modem, OUT_ANSWER, "^CPINC:%d,%d,3,10", sim->pin_tries, sim->puk_tries);
    return AT_OK;
}

/* ---- power ---- */

static void switch_off(struct modem *modem)
{
    if (VARIANT_ON(modem, PWR_TIED))
        modem_reboot(modem, "the power key is tied", false);
    else
        modem_power_off(modem);
}

static int run_rst(struct modem *modem, const struct at_call *call)
{
    long how;

    if (!at_number(call, 0, 1, 2, &how))
        return 53;
    if (VARIANT_ON(modem, RST_OK))
        at_result(modem, AT_OK);
    if (how == 2)
        switch_off(modem);
    else
        modem_reboot(modem, "AT+RST=1", false);
    return AT_SILENT;
}

static int run_cpof(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CPOF: MS OFF");
    at_result(modem, AT_OK);
    switch_off(modem);
    return AT_SILENT;
}

static int set_cfun(struct modem *modem, const struct at_call *call)
{
    long level;

    if (!at_number(call, 0, 0, 1, &level) || call->argc > 1)
        return 53;
    if (level == 1 && VARIANT_ON(modem, CFUN1_REBOOTS)) {
        modem_reboot(modem, "AT+CFUN=1", false);
        return AT_SILENT;
    }
    modem->settings.cfun = (int)level;
    if (level == 0)
        network_lose(modem, REG_IDLE);
    else
        network_search(modem, true);
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return set_cfun(modem, call);
    out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
    return AT_OK;
}

/* 2.20: without an index it is the end of this run. */
static int run_cpbw(struct modem *modem, const struct at_call *call)
{
    if (call->arg[0].text[0] != '\0' || !VARIANT_ON(modem, CPBW_REBOOTS))
        return AT_OK;
    modem_reboot(modem, "AT+CPBW=", true);
    return AT_SILENT;
}

static int run_sleep(struct modem *modem, const struct at_call *call)
{
    long mode;

    (void)modem;
    return at_number(call, 0, 0, 2, &mode) ? AT_OK : 53;
}

const struct at_command ai_thinker_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMI", run_cgmi, AT_EXEC, 0},
    {"+CGMM", run_cgmm, AT_EXEC, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+EGMR", run_egmr, AT_SET, 0},
    {"+CCID", run_ccid, AT_EXEC | AT_QUERY, 0},
    {"+CBC", run_cbc, AT_QUERY, 0},
    {"+CPIN", run_cpin, AT_QUERY | AT_SET, 0},
    {"^CPINC", run_cpinc, AT_EXEC | AT_QUERY, 0},
    {"+RST", run_rst, AT_SET, 0},
    {"+CPOF", run_cpof, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+SLEEP", run_sleep, AT_SET, 0},
    {"+CPBW", run_cpbw, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

static void registered(struct modem *modem)
{
    char clock[32];

    if (!clock_is_told(modem))
        return;
    clock_utc(modem, clock);
    out_line(modem, OUT_URC, "+CTZV:%s,%s", clock, VARIANT_TEXT(modem, ZONE));
}

static void sim_changed(struct modem *modem)
{
    if (modem->sim.absent)
        out_line(modem, OUT_URC, "SIM not inserted");
}

const struct family ai_thinker_family = {
    .link_opened = ai_thinker_link_opened,
    .link_failed = ai_thinker_link_failed,
    .link_data = ai_thinker_link_data,
    .link_closed = ai_thinker_link_closed,
    .link_sent = ai_thinker_link_sent,
    .bearer_lost = ai_thinker_bearer_lost,
    .sim_changed = sim_changed,
    .registered = registered,
    .prompt = ai_thinker_prompt,
};
