/*
 * The contexts of Quectel's GSM modules (A4, A5): a strict order of states, answers without OK and behind it.
 *   AT+QIREGAPP / OK   AT+QIACT / OK   AT+QILOCIP / 10.64.12.7 (no OK)   AT+QIDEACT / DEACT OK
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <string.h>

static int deactivated(struct modem *modem)
{
    for (int id = 0; id < LINKS_MAX; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->quectel.state = QUECTEL_INITIAL;
    modem->quectel.failed = 0;
    modem->quectel.was_closed = false;
    modem->network.bearer_up = false;
    out_line(modem, OUT_ANSWER, "DEACT OK");
    return AT_DONE;
}

static int run_qideact(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->quectel.state == QUECTEL_INITIAL && VARIANT_IS(modem, DEACT_INITIAL, "error"))
        return AT_ERROR;
    return deactivated(modem);
}

static int run_qicsgp(struct modem *modem, const struct at_call *call)
{
    if (call->argc < 2)
        return AT_ERROR;
    at_take_apn(modem, call->arg[1].text);
    return AT_OK;
}

/* Query and setting of a number. */
static int setting(struct modem *modem, const struct at_call *call, const char *name, long most, int *value)
{
    long wanted;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "%s: %d", name, *value);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, most, &wanted))
        return AT_ERROR;
    *value = (int)wanted;
    return AT_OK;
}

/* Transparent mode is not simulated. */
static int run_qimode(struct modem *modem, const struct at_call *call)
{
    int mode = 0;

    return setting(modem, call, "+QIMODE", 0, &mode);
}

/* Only with nothing up, even to the value that it has. */
static int run_qimux(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET && modem->quectel.state != QUECTEL_INITIAL)
        return AT_ERROR;
    return setting(modem, call, "+QIMUX", 1, &modem->quectel.mux);
}

/* 0 pushes what comes, 1 and 2 keep it until it is read. */
static int run_qindi(struct modem *modem, const struct at_call *call)
{
    bool more = VARIANT_ON(modem, QIRDI_MORE);
    int status;

    if (call->kind == AT_TEST) {
        out_line(modem, OUT_ANSWER, more ? "+QINDI: (0-2)" : "+QINDI: (0,1)");
        return AT_OK;
    }
    status = setting(modem, call, "+QINDI", more ? 2 : 1, &modem->quectel.indi);
    modem->settings.rxget = modem->quectel.indi;
    links_resume(modem);
    return status;
}

static int run_qidnsip(struct modem *modem, const struct at_call *call)
{
    return setting(modem, call, "+QIDNSIP", 1, &modem->quectel.name_mode);
}

static int run_qiprompt(struct modem *modem, const struct at_call *call)
{
    return setting(modem, call, "+QIPROMPT", 3, &modem->quectel.prompt);
}

static int run_qiregapp(struct modem *modem, const struct at_call *call)
{
    if (modem->quectel.state != QUECTEL_INITIAL)
        return AT_ERROR;
    if (call->kind == AT_SET)
        at_take_apn(modem, call->arg[0].text);
    modem->quectel.state = QUECTEL_START;
    return AT_OK;
}

static int activated(struct modem *modem)
{
    if (!at_bearer_possible(modem))
        return AT_ERROR;
    print_event("--", "the context is up, access point '%s'", modem->network.apn);
    names_reset(modem);
    modem->network.bearer_up = true;
    modem->quectel.state = QUECTEL_GPRSACT;
    return AT_OK;
}

/* It fails while CGACT holds the context (A13). */
static int run_qiact(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->quectel.state != QUECTEL_START || modem->quectel.context_up)
        return AT_ERROR;
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
}

static int run_qilocip(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->network.bearer_up)
        return AT_ERROR;
    modem->quectel.state = QUECTEL_STATUS;
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_DONE;
}

/* ---- names ---- */

static int run_qidnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up)
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (!names_answer(modem) || !route_resolve(&modem->routes, call->arg[0].text, ip))
        out_line(modem, OUT_LATE, "ERROR: 8\r\nSTATE: %s", quectel_gsm_state(modem));
    else
        out_line(modem, OUT_LATE, "%s", ip);
    return AT_DONE;
}

/*
 * A number of a context in front, which other modules want, is wrong here. What is set before the context is up is
 * overwritten by it (A5).
 */
static int run_qidnscfg(struct modem *modem, const struct at_call *call)
{
    bool up = modem->network.bearer_up;

    if (call->kind == AT_SET)
        return names_set(modem, call, 0);
    out_line(modem, OUT_ANSWER, "PrimaryDns: %s\r\nSecondaryDns: %s", up ? modem->names.server[0] : "0.0.0.0",
             up ? modem->names.server[1] : "0.0.0.0");
    return AT_OK;
}

/* 0 switches it on (A10). */
static int run_qikalive(struct modem *modem, const struct at_call *call)
{
    long off, idle_s = 60, pause_s = 10;

    (void)modem;
    if (!at_number(call, 0, 0, 1, &off) || (call->argc > 1 && !at_number(call, 1, 10, 1800, &idle_s)) ||
        (call->argc > 2 && !at_number(call, 2, 10, 20, &pause_s)))
        return AT_ERROR;
    return AT_OK;
}

const struct at_command quectel_gsm_commands[] = {
    {"+QIDEACT", run_qideact, AT_EXEC, 0},
    {"+QIFGCNT", quectel_accept, AT_SET, 0},
    {"+QICSGP", run_qicsgp, AT_SET, 0},
    {"+QIMODE", run_qimode, AT_QUERY | AT_SET, 0},
    {"+QIMUX", run_qimux, AT_QUERY | AT_SET, 0},
    {"+QISRVC", quectel_accept, AT_SET, 0},
    {"+QINDI", run_qindi, AT_QUERY | AT_SET | AT_TEST, 0},
    {"+QIPROMPT", run_qiprompt, AT_QUERY | AT_SET, 0},
    {"+QIDNSIP", run_qidnsip, AT_QUERY | AT_SET, 0},
    {"+QIREGAPP", run_qiregapp, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+QIACT", run_qiact, AT_EXEC, AT_NEEDS_SIM},
    {"+QILOCIP", run_qilocip, AT_EXEC, AT_NEEDS_SIM},
    {"+QIDNSGIP", run_qidnsgip, AT_SET, AT_NEEDS_SIM},
    {"+QIDNSCFG", run_qidnscfg, AT_QUERY | AT_SET, 0},
    {"+QIKALIVE", run_qikalive, AT_SET, 0},
    {"+QISDE", quectel_run_qisde, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
