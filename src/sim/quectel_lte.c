/*
 * The contexts of Quectel's LTE modules (B3): AT+QICSGP, AT+QIACT=1, AT+QIACT? ..., and names.
 * QIACT of a context that is up is an ERROR. One context at a time is simulated, under any number.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <string.h>
#include <strings.h>

#define CONTEXTS 16

static int run_qicsgp(struct modem *modem, const struct at_call *call)
{
    long context;

    if (!at_number(call, 0, 1, CONTEXTS, &context))
        return AT_ERROR;
    if (call->argc == 1) {
        out_line(modem, OUT_ANSWER, "+QICSGP: 1,\"%s\",\"\",\"\",0", modem->network.apn);
        return AT_OK;
    }
    if (call->argc < 3)
        return AT_ERROR;
    at_take_apn(modem, call->arg[2].text);
    return AT_OK;
}

static int activated(struct modem *modem)
{
    if (!at_bearer_possible(modem)) {
        modem->quectel.last_error = 561;
        return AT_ERROR;
    }
    print_event("--", "context %d is up, access point '%s'", modem->quectel.context, modem->network.apn);
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
            out_line(modem, OUT_ANSWER, "+QIACT: %d,1,1,\"%s\"", modem->quectel.context,
                     VARIANT_TEXT(modem, LOCAL_IP));
        return AT_OK;
    }
    if (!at_number(call, 0, 1, CONTEXTS, &context) || modem->quectel.state != QUECTEL_INITIAL ||
        (context == 1 && VARIANT_ON(modem, CONTEXT_TAKEN)))
        return AT_ERROR;
    modem->quectel.context = (int)context;
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
}

/* OK also when nothing is up. All links of the context are closed. */
static int run_qideact(struct modem *modem, const struct at_call *call)
{
    long context;

    if (!at_number(call, 0, 1, CONTEXTS, &context))
        return AT_ERROR;
    if (context != modem->quectel.context)
        return AT_OK;
    for (int id = 0; id < LINKS_MAX; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->quectel.used = modem->quectel.push = modem->quectel.nameless = 0;
    modem->quectel.state = QUECTEL_INITIAL;
    modem->network.bearer_up = false;
    return AT_OK;
}

/* ---- names ---- */

/* Refused before the context is up (B8). */
static int run_qidnscfg(struct modem *modem, const struct at_call *call)
{
    if (!modem->network.bearer_up)
        return AT_ERROR;
    if (call->argc > 1)
        return names_set(modem, call, 1);
    out_line(modem, OUT_ANSWER, "+QIDNSCFG: %d,\"%s\",\"%s\"", modem->quectel.context, modem->names.server[0],
             modem->names.server[1]);
    return AT_OK;
}

static int run_qidnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up || call->argc < 2)
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (!names_answer(modem) || !route_resolve(&modem->routes, call->arg[1].text, ip)) {
        modem->quectel.last_error = 565;
        out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",565");
        return AT_DONE;
    }
    out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",0,1,300");
    out_line(modem, OUT_LATE, "+QIURC: \"dnsgip\",\"%s\"", ip);
    return AT_DONE;
}

/* ---- errors and settings ---- */

static const char *error_text(int error)
{
    switch (error) {
    case 0:
        return "operate successfully";
    case 552:
        return "invalid parameters";
    case 561:
        return "open PDP context failed";
    case 563:
        return "socket identity has been used";
    case 565:
        return "DNS parse failed";
    case 566:
        return "socket connect failed";
    default:
        return "unknown error";
    }
}

static int run_qigeterror(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+QIGETERROR: %d,%s", modem->quectel.last_error,
             error_text(modem->quectel.last_error));
    return AT_OK;
}

static bool is_accepted(const char *name)
{
    static const char *const names[] = {"transpktsize",   "transwaittm",   "dataformat",     "passiveclosed",
                                        "tcp/retranscfg", "tcp/keepalive", "qisend/timeout", NULL};

    for (int i = 0; names[i] != NULL; i++)
        if (strcasecmp(names[i], name) == 0)
            return true;
    return false;
}

/* Three of them change what is said (B6, B7); the others are taken. */
static int run_qicfg(struct modem *modem, const struct at_call *call)
{
    struct quectel *quectel = &modem->quectel;
    const char *name = call->arg[0].text;
    bool *value = strcasecmp(name, "recvind") == 0      ? &quectel->recvind
                  : strcasecmp(name, "viewmode") == 0   ? &quectel->viewmode
                  : strcasecmp(name, "close/mode") == 0 ? &quectel->close_told
                                                        : NULL;
    long wanted;

    if (value == NULL)
        return call->argc > 1 && is_accepted(name) ? AT_OK : AT_ERROR;
    if (call->argc == 1) {
        out_line(modem, OUT_ANSWER, "+QICFG: \"%s\",%d", name, *value);
        return AT_OK;
    }
    if (!at_number(call, 1, 0, 1, &wanted))
        return AT_ERROR;
    *value = wanted == 1;
    return AT_OK;
}

/* This port is the UART: any other name sends the lines elsewhere. The modem remembers it (B1). */
static int run_qurccfg(struct modem *modem, const struct at_call *call)
{
    if (call->argc != 2 || strcasecmp(call->arg[0].text, "urcport") != 0)
        return AT_ERROR;
    modem->quectel.urcs_here =
        strcasecmp(call->arg[1].text, "uart1") == 0 || strcasecmp(call->arg[1].text, "all") == 0;
    return AT_OK;
}

bool quectel_lte_urcs_come(const struct modem *modem)
{
    if (VARIANT_IS(modem, URC_PORT, "here") || modem->quectel.urcs_here)
        return true;
    print_event("--", "unsolicited line on another port");
    return false;
}

const struct at_command quectel_lte_commands[] = {
    {"+QICSGP", run_qicsgp, AT_SET, 0},
    {"+QIACT", run_qiact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+QIDEACT", run_qideact, AT_SET, 0},
    {"+QIDNSCFG", run_qidnscfg, AT_SET, 0},
    {"+QIDNSGIP", run_qidnsgip, AT_SET, AT_NEEDS_SIM},
    {"+QIGETERROR", run_qigeterror, AT_EXEC, 0},
    {"+QICFG", run_qicfg, AT_SET, 0},
    {"+QURCCFG", run_qurccfg, AT_SET, 0},
    {"+QISDE", quectel_run_qisde, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};
