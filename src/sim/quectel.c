/* Identity and power of Quectel's modules (A2, A3, B1), and what both stacks share. */
#include "quectel.h"

#include "at_result.h"
#include "modem.h"

#include <string.h>

static bool is_lte(const struct modem *modem)
{
    return modem->profile->lte;
}

int quectel_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* ---- identity ---- */

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

static int run_qgmr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!is_lte(modem))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "%s_01.019.01.019", modem_firmware(modem));
    return AT_OK;
}

/* The GSM modules print bare digits (A3). */
static int run_qccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "%s%s", VARIANT_ON(modem, QCCID_PREFIX) ? "+QCCID: " : "",
             VARIANT_TEXT(modem, ICCID));
    return AT_OK;
}

static int run_ccid(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (is_lte(modem))
        return AT_ERROR;
    if (modem->sim.absent)
        return 10;
    out_line(modem, OUT_ANSWER, "+CCID: \"%s\"", VARIANT_TEXT(modem, ICCID));
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

static int run_qtrpin(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (is_lte(modem))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+QTRPIN: %d,3,%d,10", modem->sim.pin_tries, modem->sim.puk_tries);
    return AT_OK;
}

/* 3: SIM card, phone book and messages are ready. */
static int run_qinistat(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (is_lte(modem))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+QINISTAT: %d", sim_card_cme(&modem->sim) == 0 ? 3 : 0);
    return AT_OK;
}

static int lte_only(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return is_lte(modem) ? AT_OK : AT_ERROR;
}

/* ---- power ---- */

/* What a reset on command still says (B1). */
static void say_farewell(struct modem *modem)
{
    out_line(modem, OUT_LATE, "POWERED DOWN");
    if (modem->network.bearer_up)
        out_line(modem, OUT_LATE, "+QIURC: \"pdpdeact\",%d", modem->quectel.context);
}

/* Only 0 switches the SIM card off; MC60 says so before its OK (1.6). */
static int switch_radio(struct modem *modem, int level)
{
    int before = modem->settings.cfun;

    if (before == 1 && level != 1)
        network_lose(modem, REG_IDLE);
    modem->settings.cfun = level;
    if (before != 0 && level == 0 && !is_lte(modem))
        out_line(modem, OUT_URC, "+CPIN: NOT READY");
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (before == 0 && level != 0) {
        sim_card_restart(&modem->sim);
        quectel_sim_changed(modem);
    }
    network_search(modem, true);
    return AT_DONE;
}

static int set_cfun(struct modem *modem, const struct at_call *call)
{
    long level, reset = 0;

    if (!at_number(call, 0, 0, 4, &level) || level == 2 || level == 3)
        return AT_ERROR;
    if (call->argc > 1 && !at_number(call, 1, 0, 1, &reset))
        return AT_ERROR;
    if (reset == 0)
        return switch_radio(modem, (int)level);
    if (level != 1)
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (is_lte(modem))
        say_farewell(modem);
    modem_reboot(modem, "AT+CFUN=1,1", false);
    return AT_SILENT;
}

static int run_cfun(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return set_cfun(modem, call);
    out_line(modem, OUT_ANSWER, "+CFUN: %d", modem->settings.cfun);
    return AT_OK;
}

/* The GSM modules say OK only to a switching off at once (A2). */
static int run_qpowd(struct modem *modem, const struct at_call *call)
{
    long mode = 1;

    if (call->argc > 0 && !at_number(call, 0, 0, 1, &mode))
        return AT_ERROR;
    if (is_lte(modem) || mode == 0)
        at_result(modem, AT_OK);
    if (is_lte(modem))
        out_line(modem, OUT_LATE, "POWERED DOWN");
    else if (mode == 1)
        out_line(modem, OUT_ANSWER, "NORMAL POWER DOWN");
    modem_power_off(modem);
    return AT_SILENT;
}

const struct at_command quectel_module_commands[] = {
    {"I", run_ati, AT_EXEC | AT_SET, 0},
    {"+CGMR", run_cgmr, AT_EXEC, 0},
    {"+GMR", run_cgmr, AT_EXEC, 0},
    {"+QGMR", run_qgmr, AT_EXEC, 0},
    {"+QCCID", run_qccid, AT_EXEC, 0},
    {"+CCID", run_ccid, AT_EXEC, 0},
    {"+QPINC", run_qpinc, AT_QUERY, 0},
    {"+QTRPIN", run_qtrpin, AT_EXEC, 0},
    {"+QINISTAT", run_qinistat, AT_EXEC, 0},
    {"+CFUN", run_cfun, AT_QUERY | AT_SET, 0},
    {"+QPOWD", run_qpowd, AT_EXEC | AT_SET, 0},
    {"+QSCLK", quectel_accept, AT_SET, 0},
    {"+CPSMS", lte_only, AT_SET, 0},
    {"+CEDRXS", lte_only, AT_SET, 0},
    {"+QCFG", quectel_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* A usable card has more to say: T-A7, T-B7. */
void quectel_sim_changed(struct modem *modem)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);

    out_line(modem, OUT_URC, "+CPIN: %s", lock == SIM_ABSENT ? "NOT READY" : sim_lock_name(lock));
    if (lock != SIM_READY)
        return;
    if (is_lte(modem)) {
        out_line(modem, OUT_URC, "+QUSIM: 1");
        out_line(modem, OUT_URC, "+QIND: SMS DONE");
    } else if (VARIANT_ON(modem, CALL_READY)) {
        out_line(modem, OUT_URC, "Call Ready");
    }
}

/* ---- bytes that go and come ---- */

int quectel_run_qisde(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+QISDE: %d", modem->quectel.echo);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->quectel.echo = on == 1;
    return AT_OK;
}

/* A send that finds no room, because the peer takes nothing, fails (B5). */
bool quectel_sent(struct modem *modem)
{
    struct link *link = &modem->links[modem->quectel.sending];
    size_t count = modem->line.payload_length;

    return link->state == LINK_OPEN && !fault_use(modem, FAULT_SEND_FAIL) && link_send_room(link) >= count &&
           link_send(link, modem->line.payload, count);
}

void quectel_keep_unread(struct modem *modem, struct link *link)
{
    if (VARIANT_IS(modem, UNREAD_AFTER_CLOSE, "keep"))
        return;
    link->rx_length = 0;
    link->state = LINK_CLOSED;
}
