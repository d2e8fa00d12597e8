/* Contexts, and what the NETOPEN modules say about themselves and the network (C1, 6, 9). */
#include "simcom_netopen.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"

#include <stdio.h>

#define NO_ADDRESS_6 "0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"

/* ---- contexts ---- */

static int ask_contexts(struct modem *modem)
{
    out_line(modem, OUT_ANSWER, "+CGDCONT: 1,\"IP\",\"%s\",\"0.0.0.0\",0,0,0,0%s", modem->network.apn,
             modem->netopen.ims ? "\r\n+CGDCONT: 2,\"IPV4V6\",\"ims\",\"" NO_ADDRESS_6 "\",0,0,0,0" : "");
    return AT_OK;
}

/* The SIM5360 takes the access point of its stack from CGSOCKCONT (C9). Without a type a context is deleted. */
static int run_cgdcont(struct modem *modem, const struct at_call *call)
{
    long context;

    if (call->kind == AT_QUERY)
        return ask_contexts(modem);
    if (!at_number(call, 0, 1, 16, &context))
        return AT_ERROR;
    if (context == 2)
        modem->netopen.ims = call->argc > 1;
    if (context == 1 && !modem->profile->netopen_two)
        at_take_apn(modem, call->argc > 2 ? call->arg[2].text : "");
    return AT_OK;
}

static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on, context;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGACT: 1,%d", modem->netopen.context_up);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on) || !at_number(call, 1, 1, 16, &context) ||
        (on == 1 && !at_bearer_possible(modem)))
        return AT_ERROR;
    if (context == 1)
        modem->netopen.context_up = on == 1;
    return AT_OK;
}

static int run_cgpaddr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CGPADDR: 1,%s",
             modem->network.bearer_up ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0");
    return AT_OK;
}

static void say_auth(struct modem *modem)
{
    const struct netopen_auth *auth = &modem->netopen.auth;

    if (auth->type == 0)
        out_line(modem, OUT_ANSWER, "+CGAUTH: 1,0");
    else
        out_line(modem, OUT_ANSWER, "+CGAUTH: 1,%ld,\"%s\",\"%s\"", auth->type, auth->user, auth->password);
}

static void keep_auth(struct modem *modem, const struct at_call *call, long type, bool user_first)
{
    struct netopen_auth *auth = &modem->netopen.auth;
    const char *first = call->argc > 2 ? call->arg[2].text : "";
    const char *second = call->argc > 3 ? call->arg[3].text : "";

    auth->type = type;
    snprintf(auth->user, sizeof auth->user, "%s", user_first ? first : second);
    snprintf(auth->password, sizeof auth->password, "%s", user_first ? second : first);
}

/* Firmwares differ in the order in which they take user and password (C1). The SIM5360 refuses type 0. */
static int take_auth(struct modem *modem, const struct at_call *call, bool user_first)
{
    long context, type = 0;

    if (call->kind == AT_QUERY) {
        say_auth(modem);
        return AT_OK;
    }
    if (!at_number(call, 0, 1, 16, &context))
        return AT_ERROR;
    if (call->argc > 1 && !at_number(call, 1, modem->profile->netopen_two ? 1 : 0, 3, &type))
        return AT_ERROR;
    if (context == 1)
        keep_auth(modem, call, type, user_first);
    return AT_OK;
}

static int run_cgauth(struct modem *modem, const struct at_call *call)
{
    return take_auth(modem, call, VARIANT_IS(modem, CGAUTH_ORDER, "user_first"));
}

static int run_5360(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return modem->profile->netopen_two ? AT_OK : AT_ERROR;
}

static int run_cgsockcont(struct modem *modem, const struct at_call *call)
{
    if (modem->profile->netopen_two && call->argc > 2)
        at_take_apn(modem, call->arg[2].text);
    return run_5360(modem, call);
}

/* The user comes first here (C1). */
static int run_csockauth(struct modem *modem, const struct at_call *call)
{
    return modem->profile->netopen_two ? take_auth(modem, call, true) : AT_ERROR;
}

/* ---- what it says ---- */

static int run_cpsi(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!network_is_registered(modem))
        out_line(modem, OUT_ANSWER, "+CPSI: NO SERVICE,Online");
    else if (modem->profile->lte)
        out_line(modem, OUT_ANSWER,
                 "+CPSI: LTE,Online,262-01,0x25EF,4443,257,EUTRAN-BAND3,1300,5,5,-94,-850,-545,15");
    else
        out_line(modem, OUT_ANSWER,
                 "+CPSI: WCDMA,Online,262-01,0x25EF,4443,WCDMA IMT 2000,221,10713,0,6,83,33,35,500");
    return AT_OK;
}

static int run_cnsmod(struct modem *modem, const struct at_call *call)
{
    int mode = modem->profile->lte ? 8 : 4;

    (void)call;
    out_line(modem, OUT_ANSWER, "+CNSMOD: 0,%d", network_is_registered(modem) ? mode : 0);
    return AT_OK;
}

static int run_cbc(struct modem *modem, const struct at_call *call)
{
    (void)call;
    out_line(modem, OUT_ANSWER, "+CBC: 3.591V");
    return AT_OK;
}

/* 0 is success here, 4 no network (9). */
static int run_cntp(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return AT_OK;
    at_result(modem, AT_OK);
    out_line(modem, OUT_LATE, "+CNTP: %d", network_is_registered(modem) ? 0 : 4);
    return AT_DONE;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

static int run_reboot(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->profile->netopen_two)
        return AT_ERROR;
    at_result(modem, AT_OK);
    modem_reboot(modem, "AT+REBOOT", false);
    return AT_SILENT;
}

const struct at_command simcom_netopen_info_commands[] = {
    {"+CGDCONT", run_cgdcont, AT_QUERY | AT_SET, 0},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGPADDR", run_cgpaddr, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+CGAUTH", run_cgauth, AT_QUERY | AT_SET, 0},
    {"+CGSOCKCONT", run_cgsockcont, AT_SET, 0},
    {"+CSOCKSETPN", run_5360, AT_SET, 0},
    {"+CSOCKAUTH", run_csockauth, AT_SET, 0},
    {"+STK", run_5360, AT_SET, 0},
    {"+REBOOT", run_reboot, AT_EXEC, 0},
    {"+CPSI", run_cpsi, AT_QUERY, 0},
    {"+CNSMOD", run_cnsmod, AT_QUERY, 0},
    {"+CBC", run_cbc, AT_EXEC, 0},
    {"+CNTP", run_cntp, AT_EXEC | AT_SET, 0},
    {"+CATR", run_accept, AT_SET, 0},
    {"+CSCLK", run_accept, AT_SET, 0},
    {"+CNMP", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
