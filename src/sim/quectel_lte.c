/*
 * The contexts of Quectel's LTE modules (B3): AT+QICSGP, AT+QIACT=1, AT+QIACT? ..., and names.
 * QIACT of a context that is up is an ERROR.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <string.h>

static int run_qicsgp(struct modem *modem, const struct at_call *call)
{
    long context;

    if (!at_number(call, 0, 1, 16, &context))
        return AT_ERROR;
    if (call->argc == 1) {
        out_line(modem, OUT_ANSWER, "+QICSGP: 1,\"%s\",\"\",\"\",0", modem->network.apn);
        return AT_OK;
    }
    if (call->argc < 3)
        return AT_ERROR;
    if (context == 1)
        at_take_apn(modem, call->arg[2].text);
    return AT_OK;
}

static int activated(struct modem *modem)
{
    if (!at_bearer_possible(modem)) {
        modem->quectel.last_error = 561;
        return AT_ERROR;
    }
    print_event("--", "the context is up, access point '%s'", modem->network.apn);
    names_reset(modem);
    modem->network.bearer_up = true;
    modem->quectel.state = QUECTEL_GPRSACT;
    return AT_OK;
}

static int run_qiact(struct modem *modem, const struct at_call *call)
{
    long context;

    if (call->kind == AT_QUERY) {
        if (modem->network.bearer_up)
            out_line(modem, OUT_ANSWER, "+QIACT: 1,1,1,\"%s\"", VARIANT_TEXT(modem, LOCAL_IP));
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 16, &context) || modem->quectel.state != QUECTEL_INITIAL)
        return AT_ERROR;
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
}

/* OK also when nothing is up. All links of the context are closed. */
static int run_qideact(struct modem *modem, const struct at_call *call)
{
    (void)call;
    for (int id = 0; id < LINKS_MAX; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->quectel.used = 0;
    modem->quectel.state = QUECTEL_INITIAL;
    modem->network.bearer_up = false;
    return AT_OK;
}

/* Refused before the context is up (B8). */
static int run_qidnscfg(struct modem *modem, const struct at_call *call)
{
    if (!modem->network.bearer_up)
        return AT_ERROR;
    if (call->argc > 1)
        return names_set(modem, call, 1);
    out_line(modem, OUT_ANSWER, "+QIDNSCFG: 1,\"%s\",\"%s\"", modem->names.server[0], modem->names.server[1]);
    return AT_OK;
}

static int run_qidnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up || call->argc < 2)
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (!names_answer(modem) || !route_resolve(&modem->routes, call->arg[1].text, ip)) {
        out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",565");
        return AT_DONE;
    }
    out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",0,1,300");
    out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",\"%s\"", ip);
    return AT_DONE;
}

static int run_qigeterror(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+QIGETERROR: %d,%s", modem->quectel.last_error,
             modem->quectel.last_error ? "operation failed" : "operate successfully");
    return AT_OK;
}

static int run_qisde(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->quectel.echo = on == 1;
    return AT_OK;
}

const struct at_command quectel_lte_commands[] = {
    {"+QICSGP", run_qicsgp, AT_SET, 0},
    {"+QIACT", run_qiact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+QIDEACT", run_qideact, AT_SET, 0},
    {"+QIDNSCFG", run_qidnscfg, AT_SET, 0},
    {"+QIDNSGIP", run_qidnsgip, AT_SET, AT_NEEDS_SIM},
    {"+QIGETERROR", run_qigeterror, AT_EXEC, 0},
    {"+QISDE", run_qisde, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
