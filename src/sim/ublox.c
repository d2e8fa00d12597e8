/*
 * u-blox SARA-R4 and R5 (part 2C): who it is, restarting, switching off. It never tells that it has started.
 */
#include "ublox.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

#include <string.h>

bool ublox_is_r5(const struct modem *modem)
{
    return strstr(modem->profile->name, "r5") != NULL;
}

/* The type number, of which +CGMM gives only the first part. */
static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s-00", modem->profile->model);
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s", modem_firmware(modem));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "+CCID: %s", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* 15 restarts an R4, 16 an R5. */
static int run_cfun(struct modem *modem, const struct at_call *call)
{
    int restart = ublox_is_r5(modem) ? 16 : 15;
    long level;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 16, &level) || (level > 1 && level != 4 && level != restart))
        return AT_ERROR;
    if (level == restart) {
        at_result(modem, AT_OK);
        modem_reboot(modem, "AT+CFUN", false);
        return AT_SILENT;
    }
    if (level != 1 && modem->settings.cfun == 1)
        network_lose(modem, REG_IDLE);
    if (level == 1 && modem->settings.cfun != 1) {
        modem->settings.cfun = 1;
        network_search(modem, true);
    }
    modem->settings.cfun = (int)level;
    return AT_OK;
}

static int run_cpwroff(struct modem *modem, const struct at_call *call)
{
    (void)call;
    at_result(modem, AT_OK);
    modem_power_off(modem);
    return AT_SILENT;
}

const struct at_command ublox_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+CCID", run_ccid, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+CPWROFF", run_cpwroff, AT_EXEC, 0},
    {"+CPSMS", run_accept, AT_SET, 0},
    {"+URAT", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->ublox = (struct ublox){.made = 0};
}

static const char *prompt(const struct modem *modem)
{
    (void)modem;
    return "\r\n@";
}

const struct family ublox_family = {
    .reset = reset,
    .link_opened = ublox_link_opened,
    .link_failed = ublox_link_failed,
    .link_data = ublox_link_data,
    .link_closed = ublox_link_closed,
    .bearer_lost = ublox_bearer_lost,
    .registered = ublox_registered,
    .settled = ublox_registered,
    .prompt = prompt,
};
