/* What is special in how Quectel's modules speak of the SIM card and the network (1.6 to 1.9). */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "quectel.h"

#include <string.h>

/* ---- SIM card ---- */

/* The GSM modules say the new state first and OK behind it (1.6). */
static int set_pin_gsm(struct modem *modem, const struct at_call *call)
{
    int result;

    modem->stats.pins_used++;
    if (call->argc >= 2)
        result = sim_card_enter_puk(&modem->sim, call->arg[0].text, call->arg[1].text);
    else
        result = sim_card_enter_pin(&modem->sim, call->arg[0].text, VARIANT_ON(modem, PIN_BURN));
    modem->stats.pins_wrong += result == 16;
    if (result != 0)
        return result;
    out_line(modem, OUT_ANSWER, "+CPIN: READY");
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (VARIANT_ON(modem, CALL_READY))
        out_line(modem, OUT_URC, "Call Ready");
    network_search(modem, true);
    return AT_DONE;
}

/* With AT+CFUN=0 the card is off. */
static int run_cpin(struct modem *modem, const struct at_call *call)
{
    if (modem->settings.cfun == 0)
        return 13;
    if (call->kind == AT_QUERY)
        return at_ask_pin(modem, call);
    if (modem->sim.busy)
        return 14;
    return modem->profile->lte ? at_set_pin(modem, call) : set_pin_gsm(modem, call);
}

/* ---- registration ---- */

/* 4 adds the timers of power saving. Modules without LTE do not know it at all. */
static int run_cereg(struct modem *modem, const struct at_call *call)
{
    char text[96];
    long mode;

    if (!modem->profile->lte)
        return AT_ERROR;
    if (call->kind == AT_SET) {
        if (!at_number(call, 0, 0, 4, &mode) || mode == 3)
            return AT_ERROR;
        modem->settings.cereg = (int)mode;
        return AT_OK;
    }
    network_print_registration(modem, modem->settings.cereg, text, sizeof text);
    out_line(modem, OUT_ANSWER, "+CEREG: %s", text);
    return AT_OK;
}

static int set_cops(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (!at_number(call, 0, 0, 4, &mode))
        return AT_ERROR;
    if (mode == 2)
        network_lose(modem, REG_IDLE);
    else if (mode != 3)
        network_search(modem, true);
    return AT_OK;
}

/* The LTE modules say 2 when they do not even search, and the access technology when they are in. */
static int run_cops(struct modem *modem, const struct at_call *call)
{
    const char *name = modem->options->operator_name;
    bool lte = modem->profile->lte;

    if (call->kind == AT_SET)
        return set_cops(modem, call);
    if (call->kind == AT_TEST && VARIANT_IS(modem, COPS_LIST, "silent"))
        return AT_SILENT;
    if (call->kind == AT_TEST)
        out_line(modem, OUT_ANSWER, "+COPS: (2,\"%s\",\"%s\",\"26201\")", name, name);
    else if (network_is_registered(modem))
        out_line(modem, OUT_ANSWER, "+COPS: 0,0,\"%s\"%s%s", name, lte ? "," : "",
                 lte ? VARIANT_TEXT(modem, ACT) : "");
    else
        out_line(modem, OUT_ANSWER, "+COPS: %d", lte && modem->network.registration == REG_IDLE ? 2 : 0);
    return AT_OK;
}

/* ---- packet service ---- */

static int detached(struct modem *modem)
{
    if (!VARIANT_IS(modem, DETACH_ANSWER, "no_carrier"))
        return AT_OK;
    out_line(modem, OUT_ANSWER, "NO CARRIER");
    return AT_DONE;
}

static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long wanted;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &wanted))
        return AT_ERROR;
    if (wanted == 1 && !network_is_registered(modem))
        return VARIANT_IS(modem, CGATT_REFUSED, "error") ? AT_ERROR
                                                         : (int)VARIANT_NUMBER(modem, CGATT_REFUSED);
    modem->network.attached = wanted == 1;
    if (wanted == 1)
        return AT_OK;
    network_drop_bearer(modem);
    modem->quectel.context_up = false;
    return detached(modem);
}

static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGACT: 1,%d", modem->quectel.context_up);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1 && VARIANT_IS(modem, CGACT, "hang"))
        return AT_SILENT;
    if (on == 1 && !at_bearer_possible(modem))
        return 148;
    modem->quectel.context_up = on == 1;
    return on == 1 ? AT_OK : detached(modem);
}

static int run_cgdcont(struct modem *modem, const struct at_call *call)
{
    long context;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGDCONT: 1,\"IP\",\"%s\",\"0.0.0.0\",0,0", modem->network.apn);
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 16, &context) || call->argc < 2)
        return AT_ERROR;
    if (context == 1)
        at_take_apn(modem, call->argc > 2 ? call->arg[2].text : "");
    return AT_OK;
}

/* ---- signal of the LTE modules (1.8) ---- */

static const char *system_name(const struct modem *modem)
{
    switch (VARIANT_NUMBER(modem, ACT)) {
    case 0:
        return "GSM";
    case 8:
        return "CAT-M1";
    case 9:
        return "CAT-NB1";
    default:
        return "LTE";
    }
}

static int run_qcsq(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->profile->lte)
        return AT_ERROR;
    if (!network_is_registered(modem) || modem->network.csq == 99)
        out_line(modem, OUT_ANSWER, "+QCSQ: \"NOSERVICE\"");
    else
        out_line(modem, OUT_ANSWER, "+QCSQ: \"%s\",%ld,-81,195,-10", system_name(modem),
                 -113 + 2 * modem->network.csq);
    return AT_OK;
}

const struct at_command quectel_network_commands[] = {
    {"+CPIN", run_cpin, AT_QUERY | AT_SET, 0},
    {"+CEREG", run_cereg, AT_QUERY | AT_SET, 0},
    {"+COPS", run_cops, AT_QUERY | AT_SET | AT_TEST, AT_NEEDS_SIM},
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGDCONT", run_cgdcont, AT_QUERY | AT_SET, 0},
    {"+QCSQ", run_qcsq, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};
