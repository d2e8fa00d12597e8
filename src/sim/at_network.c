/* SIM card, registration, signal, operator, attach, access point. */
#include "at_generic.h"

#include "at_result.h"
#include "modem.h"

#include <stdio.h>
#include <string.h>

/* Plain searching and the busy card belong to the boot; the answer of a busy card is the family's. */
int at_ask_pin(struct modem *modem, const struct at_call *call)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);

    (void)call;
    if (lock == SIM_ABSENT || lock == SIM_BLOCKED)
        return sim_card_cme(&modem->sim);
    if (modem->sim.busy_left > 0 && modem->sim.busy_left-- > 0)
        return 14;
    if (modem->sim.busy)
        return 14;
    out_line(modem, OUT_ANSWER, "+CPIN:%s%s", VARIANT_ON(modem, CPIN_SPACE) ? " " : "", sim_lock_name(lock));
    return AT_OK;
}

int at_set_pin(struct modem *modem, const struct at_call *call)
{
    int result;

    if (modem->sim.busy)
        return 14;
    modem->stats.pins_used++;
    if (call->argc >= 2)
        result = sim_card_enter_puk(&modem->sim, call->arg[0].text, call->arg[1].text);
    else
        result = sim_card_enter_pin(&modem->sim, call->arg[0].text, VARIANT_ON(modem, PIN_BURN));
    modem->stats.pins_wrong += result == 16;
    if (result != 0)
        return result;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (modem->profile->family->sim_changed != NULL)
        modem->profile->family->sim_changed(modem);
    network_search(modem, true);
    return AT_DONE;
}

static int run_cpin(struct modem *modem, const struct at_call *call)
{
    return call->kind == AT_QUERY ? at_ask_pin(modem, call) : at_set_pin(modem, call);
}

static int registration(struct modem *modem, const struct at_call *call, const char *name, int *mode)
{
    char text[48];
    long wanted;

    if (call->kind == AT_SET) {
        if (!at_number(call, 0, 0, 2, &wanted))
            return AT_ERROR;
        *mode = (int)wanted;
        return AT_OK;
    }
    network_print_registration(modem, *mode, text, sizeof text);
    out_line(modem, OUT_ANSWER, "%s: %s", name, text);
    return AT_OK;
}

/* Where only LTE is there, the switched network may never be found (1.7). */
static int run_creg(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY && VARIANT_IS(modem, CREG_ON_LTE, "searching")) {
        out_line(modem, OUT_ANSWER, "+CREG: %d,%d", modem->settings.creg, REG_SEARCHING);
        return AT_OK;
    }
    return registration(modem, call, "+CREG", &modem->settings.creg);
}

static int run_cgreg(struct modem *modem, const struct at_call *call)
{
    return registration(modem, call, "+CGREG", &modem->settings.cgreg);
}

/* Modules without LTE do not know it. */
static int run_cereg(struct modem *modem, const struct at_call *call)
{
    if (!modem->profile->lte)
        return AT_ERROR;
    return registration(modem, call, "+CEREG", &modem->settings.cereg);
}

static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long wanted;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &wanted) || (wanted == 1 && !network_is_registered(modem)))
        return AT_ERROR;
    modem->network.attached = wanted == 1;
    return AT_OK;
}

static int run_csq(struct modem *modem, const struct at_call *call)
{
    long csq = sim_card_lock(&modem->sim) == SIM_ABSENT ? 99 : modem->network.csq;

    (void)call;
    out_line(modem, OUT_ANSWER, "+CSQ: %ld,%s", csq, VARIANT_TEXT(modem, CSQ_BER));
    return AT_OK;
}

static int run_cops(struct modem *modem, const struct at_call *call)
{
    const char *name = modem->options->operator_name;

    if (call->kind == AT_SET) {
        if (call->raw[0] == '0')
            network_search(modem, true);
        return AT_OK;
    }
    if (call->kind == AT_TEST && VARIANT_IS(modem, COPS_LIST, "silent"))
        return AT_SILENT;
    if (call->kind == AT_TEST)
        out_line(modem, OUT_ANSWER, "+COPS: (2,\"%s\",\"%s\",\"26201\")", name, name);
    else if (network_is_registered(modem))
        out_line(modem, OUT_ANSWER, "+COPS: 0,0,\"%s\"", name);
    else
        out_line(modem, OUT_ANSWER, "+COPS: 0");
    return AT_OK;
}

int at_ask_attach(struct modem *modem)
{
    out_line(modem, OUT_ANSWER, "+CGATT: %d", modem->network.attached);
    return AT_OK;
}

int at_set_names(struct modem *modem, const struct at_call *call)
{
    const char *form = VARIANT_TEXT(modem, CDNSCFG);

    for (int i = 0; i < call->argc; i++)
        if (strcmp(form, "any") != 0 && call->arg[i].quoted != (strcmp(form, "quoted") == 0))
            return AT_ERROR;
    return names_set(modem, call, 0);
}

bool at_bearer_possible(const struct modem *modem)
{
    return network_is_registered(modem) && modem->network.attached && network_knows_apn(modem);
}

void at_take_apn(struct modem *modem, const char *apn)
{
    snprintf(modem->network.apn, sizeof modem->network.apn, "%.*s", APN_MAX - 1, apn);
}

/* Context 1 is the one that counts; others are taken and forgotten. */
static int run_cgdcont(struct modem *modem, const struct at_call *call)
{
    long context;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGDCONT: 1,\"IP\",\"%s\",\"\",0,0", modem->network.apn);
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 16, &context) || call->argc < 2)
        return AT_ERROR;
    if (context == 1)
        at_take_apn(modem, call->argc > 2 ? call->arg[2].text : "");
    return AT_OK;
}

static int run_cgpaddr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CGPADDR: 1,\"%s\"",
             modem->network.bearer_up ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0");
    return AT_OK;
}

const struct at_command at_network_commands[] = {
    {"+CPIN", run_cpin, AT_QUERY | AT_SET, 0},
    {"+CREG", run_creg, AT_QUERY | AT_SET, 0},
    {"+CGREG", run_cgreg, AT_QUERY | AT_SET, 0},
    {"+CEREG", run_cereg, AT_QUERY | AT_SET, 0},
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CSQ", run_csq, AT_EXEC, 0},
    {"+COPS", run_cops, AT_QUERY | AT_SET | AT_TEST, AT_NEEDS_SIM},
    {"+CGDCONT", run_cgdcont, AT_QUERY | AT_SET, 0},
    {"+CGPADDR", run_cgpaddr, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
