/* Identity, SIM, power of Quectel's modules (A2, A3, B1), and what both stacks share. */
#include "quectel.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

#include <string.h>

static bool is_lte(const struct modem *modem)
{
    return modem->profile->lte;
}

static int run_ati(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "%s\r\n%s\r\nRevision: %s", modem->profile->vendor, modem->profile->model,
             modem_firmware(modem));
    return AT_OK;
}

static int run_cgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, is_lte(modem) ? "%s" : "Revision: %s", modem_firmware(modem));
    return AT_OK;
}

/* The GSM modules print bare digits (A3). */
static int run_qccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "%s%s", is_lte(modem) ? "+QCCID: " : "", VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_qpinc(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!is_lte(modem))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+QPINC: \"SC\",%d,%d\r\n+QPINC: \"P2\",3,10", modem->sim.pin_tries,
             modem->sim.puk_tries);
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

static int lte_only(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return is_lte(modem) ? AT_OK : AT_ERROR;
}

/* ---- power ---- */

static void switch_radio(struct modem *modem, long level)
{
    if (level != 1 && modem->settings.cfun == 1)
        network_lose(modem, REG_IDLE);
    if (level == 1 && modem->settings.cfun != 1) {
        modem->settings.cfun = 1;
        sim_card_restart(&modem->sim);
        network_search(modem, true);
    }
    modem->settings.cfun = (int)level;
}

static int set_cfun(struct modem *modem, const struct at_call *call)
{
    long level, reset = 0;

    if (!at_number(call, 0, 0, 4, &level) || (call->argc > 1 && !at_number(call, 1, 0, 1, &reset)))
        return AT_ERROR;
    if (reset == 1) {
        at_result(modem, AT_OK);
        if (is_lte(modem))
            out_line(modem, OUT_LATE, "POWERED DOWN");
        modem_reboot(modem, "AT+CFUN=1,1", false);
        return AT_SILENT;
    }
    switch_radio(modem, level);
    return AT_OK;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return set_cfun(modem, call);
    out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
    return AT_OK;
}

static int run_qpowd(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (is_lte(modem)) {
        at_result(modem, AT_OK);
        out_line(modem, OUT_LATE, "POWERED DOWN");
    } else {
        out_line(modem, OUT_ANSWER, "NORMAL POWER DOWN");
    }
    modem_power_off(modem);
    return AT_SILENT;
}

const struct at_command quectel_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+QCCID", run_qccid, AT_EXEC, 0},
    {"+QPINC", run_qpinc, AT_QUERY, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+QPOWD", run_qpowd, AT_EXEC | AT_SET, 0},
    {"+QSCLK", run_accept, AT_SET, 0},
    {"+QURCCFG", lte_only, AT_SET, 0},
    {"+CPSMS", lte_only, AT_SET, 0},
    {"+QCFG", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

void quectel_sim_changed(struct modem *modem)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);

    out_line(modem, OUT_URC, "+CPIN: %s", lock == SIM_ABSENT ? "NOT READY" : sim_lock_name(lock));
}

/* ---- bytes that came ---- */

void quectel_take(struct link *link, const uint8_t *bytes, size_t count)
{
    size_t room = sizeof link->rx - link->rx_length;

    if (count > room)
        count = room;
    memcpy(link->rx + link->rx_length, bytes, count);
    link->rx_length += count;
}

void quectel_given(struct link *link, size_t count)
{
    memmove(link->rx, link->rx + count, link->rx_length - count);
    link->rx_length -= count;
    link->taken += count;
    links_resume(link->modem);
}
