/* Identity, SIM, power of the modules with SIMCom's NETOPEN stack (3, 4, 5). */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "simcom_netopen.h"

/* A list (4). */
static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "Manufacturer: %s\r\nModel: %s\r\nRevision: %s\r\nIMEI: %s\r\n+GCAP: +CGSM",
             modem->profile->vendor, modem->profile->model, modem_firmware(modem), VARIANT_TEXT(modem, IMEI));
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CGMR: %s", modem_firmware(modem));
    return AT_OK;
}

static int run_iccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "+ICCID: %s", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

/* Order PIN 1, PUK 1, PIN 2, PUK 2 here (5). */
static int run_spic(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+SPIC: %d,%d,0,10", modem->sim.pin_tries, modem->sim.puk_tries);
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    long level, again = 0;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 7, &level) || (call->argc > 1 && !at_number(call, 1, 0, 1, &again)))
        return AT_ERROR;
    if (again == 1) {
        at_result(modem, AT_OK);
        modem_reboot(modem, "AT+CFUN=1,1", false);
        return AT_SILENT;
    }
    if (level != 1 && modem->settings.cfun == 1)
        network_lose(modem, REG_IDLE);
    if (level == 1 && modem->settings.cfun != 1) {
        modem->settings.cfun = 1;
        sim_card_restart(&modem->sim);
        network_search(modem, true);
    }
    modem->settings.cfun = (int)level;
    return AT_OK;
}

static int run_reset(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_reboot(modem, "AT+CRESET", false);
    return AT_SILENT;
}

static int run_cpof(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_power_off(modem);
    return AT_SILENT;
}

const struct at_command simcom_netopen_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+SIMCOMATI", run_ati, AT_EXEC, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+CICCID", run_iccid, AT_EXEC, 0},
    {"+SPIC", run_spic, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+CRESET", run_reset, AT_EXEC, 0},
    {"+CPOF", run_cpof, AT_EXEC, 0},
    {"+CPSMS", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
