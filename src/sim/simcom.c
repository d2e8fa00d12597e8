/* Identity, SIM, power of the SIM800 (sections 3, 4, 5), and what happens by itself. */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "simcom_cip.h"

#include <string.h>

/* ---- identity ---- */

static int run_ati(struct modem *modem, const struct at_call *call)
{
    const char *revision = strchr(modem->profile->ati, ' ');

    (void)call;
    if (VARIANT_ON(modem, ATI_SHORT) && revision != NULL)
        out_line(modem, OUT_ANSWER, "%s", revision + 1);
    else
        out_line(modem, OUT_ANSWER, "%s", modem->profile->ati);
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "Revision:%s", modem_firmware(modem));
    return AT_OK;
}

static int run_gsv(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s\r\n%s\r\nRevision:%s", modem->profile->vendor, modem->profile->model,
             modem_firmware(modem));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_cbc(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CBC: 0,85,4013");
    return AT_OK;
}

static int run_ccalr(struct modem *modem, const struct at_call *call)
{
    bool ready = modem->power == POWER_ON && sim_card_lock(&modem->sim) == SIM_READY;

    (void)call;
    out_line(modem, OUT_ANSWER, "+CCALR: %d", ready);
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* Two on the SIM800; one less on the SIM808 (10). */
static int run_csclk(struct modem *modem, const struct at_call *call)
{
    long mode;

    return at_number(call, 0, 0, modem->profile->no_auto_sleep ? 1 : 2, &mode) ? AT_OK : AT_ERROR;
}

/* Order pin1, pin2, puk1, puk2 on this model; the LTE-M modules do not have it (5). */
static int run_spic(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->profile->lte)
        return AT_ERROR;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "+SPIC: %d,3,%d,10", modem->sim.pin_tries, modem->sim.puk_tries);
    return AT_OK;
}

/* ---- power ---- */

static void radio_off(struct modem *modem)
{
    simcom_sapbr_lost(modem);
    network_lose(modem, REG_IDLE);
    if (modem->cip.state != IP_DEACT)
        modem->cip.state = IP_INITIAL;
    out_line(modem, OUT_URC, "+CPIN: NOT READY");
}

/* The LTE-M modules say OK first (B1). */
static int radio_on(struct modem *modem)
{
    modem->settings.cfun = 1;
    sim_card_restart(&modem->sim);
    if (modem->profile->lte)
        at_result(modem, AT_OK);
    out_line(modem, OUT_URC, "+CPIN: %s", sim_lock_name(sim_card_lock(&modem->sim)));
    network_search(modem, true);
    return modem->profile->lte ? AT_DONE : AT_OK;
}

static int set_cfun(struct modem *modem, const struct at_call *call)
{
    bool seven = modem->profile->first_lte;
    int before = modem->settings.cfun;
    long level, reset = 0;

    if (!at_number(call, 0, 0, seven ? 6 : 4, &level) || level == 5 ||
        (call->argc > 1 && !at_number(call, 1, 0, 1, &reset)))
        return AT_ERROR;
    if (reset == 1 || level == 6) {
        at_result(modem, AT_OK);
        modem_reboot(modem, "AT+CFUN=1,1", false);
        return AT_SILENT;
    }
    if (seven && level != 0)
        modem->stored.cfun = (int)level; /* written to flash (1) */
    if (level == 1 && before != 1)
        return radio_on(modem);
    if (level != 1 && before == 1)
        radio_off(modem);
    modem->settings.cfun = (int)level;
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return set_cfun(modem, call);
    out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
    return AT_OK;
}

static int run_cpowd(struct modem *modem, const struct at_call *call)
{
    long how;

    if (!at_number(call, 0, 0, 1, &how))
        return AT_ERROR;
    if (how == 1)
        out_line(modem, OUT_ANSWER, "NORMAL POWER DOWN");
    modem_power_off(modem);
    return AT_SILENT;
}

const struct at_command simcom_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+GSV", run_gsv, AT_EXEC, 0},
    {"+CCID", run_ccid, AT_EXEC, 0},
    {"+CBC", run_cbc, AT_EXEC, 0},
    {"+CCALR", run_ccalr, AT_QUERY, 0},
    {"+SPIC", run_spic, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+CPOWD", run_cpowd, AT_SET, 0},
    {"+CIURC", run_accept, AT_SET, 0},
    {"+CSCLK", run_csclk, AT_SET, 0},
    {"+CBATCHK", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

void simcom_sim_changed(struct modem *modem)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);

    if (lock == SIM_ABSENT) {
        out_line(modem, OUT_URC, "+CPIN: NOT READY");
        return;
    }
    out_line(modem, OUT_URC, "+CPIN: %s", sim_lock_name(lock));
    if (lock != SIM_READY)
        return;
    if (modem->profile->unlocked_line != NULL)
        out_line(modem, OUT_URC, "%s", modem->profile->unlocked_line);
    if (VARIANT_ON(modem, CALL_READY))
        out_line(modem, OUT_URC, "Call Ready");
    if (VARIANT_ON(modem, SMS_READY))
        out_line(modem, OUT_URC, "SMS Ready");
}

const struct family simcom_cip_family = {
    .link_opened = simcom_cip_link_opened,
    .link_failed = simcom_cip_link_failed,
    .link_data = simcom_cip_link_data,
    .link_closed = simcom_cip_link_closed,
    .link_sent = simcom_cip_link_sent,
    .bearer_lost = simcom_cip_bearer_lost,
    .sim_changed = simcom_sim_changed,
};
