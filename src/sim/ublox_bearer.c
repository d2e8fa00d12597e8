/*
 * The context (part 2C): AT+CGACT=1,1, and on the R5 a profile over it:
 *   AT+UPSD=0,100,1    AT+UPSD=0,0,2    AT+UPSDA=0,3    OK, then +UUPSDA: 0,"10.170.1.2"
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "ublox.h"

static void bring_up(struct modem *modem)
{
    print_event("--", "the context is up, access point '%s'", modem->network.apn);
    modem->network.bearer_up = true;
}

void ublox_registered(struct modem *modem)
{
    if (VARIANT_ON(modem, ATTACH_CONTEXT) && !modem->network.bearer_up && at_bearer_possible(modem))
        bring_up(modem);
}

static void take_down(struct modem *modem)
{
    modem->network.bearer_up = modem->ublox.profile_up = false;
    ublox_drop_sockets(modem);
}

static int attached(struct modem *modem)
{
    if (!network_is_registered(modem))
        return AT_ERROR;
    modem->network.attached = true;
    ublox_registered(modem);
    return AT_OK;
}

/* Context 1 goes and comes with the attach; another access point counts from then on (1.9). */
static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1)
        return at_later(modem, modem->network.attached ? 0 : VARIANT_NUMBER(modem, ATTACH_MS), attached);
    modem->network.attached = false;
    take_down(modem);
    return AT_OK;
}

static int activated(struct modem *modem)
{
    if (!at_bearer_possible(modem))
        return VARIANT_IS(modem, CGACT_FAILURE, "error") ? AT_ERROR : 148;
    bring_up(modem);
    return AT_OK;
}

/* What is up already stays up, with an OK. */
static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CGACT: 1,%d", modem->network.bearer_up);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    if (on == 1 && modem->network.bearer_up)
        return AT_OK;
    if (on == 1)
        return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
    take_down(modem);
    return AT_OK;
}

static int run_cgpaddr(struct modem *modem, const struct at_call *call)
{
    const char *quote = VARIANT_IS(modem, CGPADDR_FORM, "quoted") ? "\"" : "";

    (void)call;
    if (modem->network.bearer_up)
        out_line(modem, OUT_ANSWER, "+CGPADDR: 1,%s%s%s", quote, VARIANT_TEXT(modem, LOCAL_IP), quote);
    else if (VARIANT_IS(modem, CGPADDR_IDLE, "zero"))
        out_line(modem, OUT_ANSWER, "+CGPADDR: 1,%s0.0.0.0%s", quote, quote);
    else if (VARIANT_IS(modem, CGPADDR_IDLE, "empty"))
        out_line(modem, OUT_ANSWER, "+CGPADDR: 1,\"\"");
    else if (VARIANT_IS(modem, CGPADDR_IDLE, "absent"))
        out_line(modem, OUT_ANSWER, "+CGPADDR: 1");
    return AT_OK;
}

static int run_cgerep(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (!at_number(call, 0, 0, 2, &mode))
        return AT_ERROR;
    modem->ublox.cgerep = mode == 2;
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

/* ---- the R5's profile ---- */

static int run_upsd(struct modem *modem, const struct at_call *call)
{
    long what, context;

    if (!ublox_is_r5(modem) || !at_number(call, 1, 0, 100, &what))
        return AT_ERROR;
    if (what == 100 && !at_number(call, 2, 1, 8, &context))
        return AT_ERROR;
    if (what == 100)
        modem->ublox.mapped = context == 1;
    return AT_OK;
}

static bool can_activate(const struct modem *modem)
{
    return modem->ublox.mapped && modem->network.bearer_up;
}

static void profile_due(struct modem *modem)
{
    modem->ublox.profile_up = can_activate(modem);
    if (modem->ublox.profile_up)
        out_line(modem, OUT_LATE, "+UUPSDA: 0,\"%s\"", VARIANT_TEXT(modem, LOCAL_IP));
    else
        out_line(modem, OUT_LATE, "+UUPSDA: 1");
}

static int activate_profile(struct modem *modem)
{
    if (!can_activate(modem) && VARIANT_IS(modem, UPSDA_FAILURE, "error"))
        return AT_ERROR;
    at_result(modem, AT_OK);
    network_bearer_later(modem, VARIANT_NUMBER(modem, BEARER_MS), profile_due);
    return AT_DONE;
}

static int run_upsda(struct modem *modem, const struct at_call *call)
{
    long action;

    if (!ublox_is_r5(modem) || !at_number(call, 1, 0, 4, &action))
        return AT_ERROR;
    if (action == 3)
        return activate_profile(modem);
    if (action < 3)
        return AT_OK; /* its settings: forgotten, stored, loaded */
    if (!modem->ublox.profile_up)
        return AT_ERROR;
    modem->ublox.profile_up = false;
    ublox_drop_sockets(modem);
    return AT_OK;
}

static int run_upsnd(struct modem *modem, const struct at_call *call)
{
    long what;

    if (!ublox_is_r5(modem) || !at_number(call, 1, 0, 8, &what))
        return AT_ERROR;
    if (what == 8) {
        out_line(modem, OUT_ANSWER, "+UPSND: 0,8,%d", modem->ublox.profile_up);
        return AT_OK;
    }
    if (what != 0 || !modem->ublox.profile_up)
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+UPSND: 0,0,\"%s\"", VARIANT_TEXT(modem, LOCAL_IP));
    return AT_OK;
}

/* ---- names ---- */

static int run_udnsrn(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up || call->argc < 2 || !names_answer(modem) ||
        !route_resolve(&modem->routes, call->arg[1].text, ip))
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+UDNSRN: \"%s\"", ip);
    return AT_OK;
}

const struct at_command ublox_bearer_commands[] = {
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGPADDR", run_cgpaddr, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+CGEREP", run_cgerep, AT_SET, 0},
    {"+CGAUTH", run_accept, AT_SET, 0},
    {"+UAUTHREQ", run_accept, AT_SET, 0},
    {"+UPSD", run_upsd, AT_SET, 0},
    {"+UPSDA", run_upsda, AT_SET, AT_NEEDS_SIM},
    {"+UPSND", run_upsnd, AT_SET, 0},
    {"+UDNSRN", run_udnsrn, AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};

/* ---- by itself ---- */

/* An R5 tells of its profile, an R4 of its context, and only if it was asked to. */
void ublox_bearer_lost(struct modem *modem)
{
    bool had_profile = modem->ublox.profile_up;

    modem->ublox.profile_up = false;
    ublox_drop_sockets(modem);
    if (ublox_is_r5(modem) && had_profile)
        out_line(modem, OUT_URC, "+UUPSDD: 0");
    else if (!ublox_is_r5(modem) && modem->ublox.cgerep)
        out_line(modem, OUT_URC, "+CGEV: NW PDN DEACT 1");
}
