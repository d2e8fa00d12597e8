/* Attach, bearer, name service (2.6 to 2.8). */
#include "ai_thinker.h"

#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

long ai_thinker_patience_ms(const struct modem *modem)
{
    return VARIANT_NUMBER(modem, NO_RESPONSE_S) * 1000;
}

static int say_no_response(struct modem *modem)
{
    (void)modem;
    return AT_NO_RESPONSE;
}

/*
 * A command that takes longer than the modem's patience ends in COMMAND NO RESPONSE!, and what it had begun may
 * still be completed (2.20): `late` does that without a word.
 */
static int wait_for(struct modem *modem, long ms, at_then *then, void (*late)(struct modem *modem))
{
    if (ms <= ai_thinker_patience_ms(modem))
        return at_later(modem, ms, then);
    network_bearer_later(modem, ms, late);
    return at_later(modem, ai_thinker_patience_ms(modem), say_no_response);
}

int ai_thinker_failure(struct modem *modem, const char *word)
{
    if (strcmp(word, "no_response") == 0)
        return at_later(modem, ai_thinker_patience_ms(modem), say_no_response);
    if (strncmp(word, "cme", 3) == 0) {
        int code = 0;

        for (const char *digit = word + 3; *digit != '\0'; digit++)
            code = code * 10 + (*digit - '0');
        return code;
    }
    return AT_ERROR;
}

/* ---- attach ---- */

static int attached(struct modem *modem)
{
    char clock[32];

    if (!network_is_registered(modem))
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, ATTACH_DENIED));
    modem->network.attached = true;
    if (VARIANT_IS(modem, CGATT_LINE, "cgatt"))
        out_line(modem, OUT_ANSWER, "+CGATT:1");
    if (VARIANT_IS(modem, CGATT_LINE, "ctzv") && clock_is_told(modem)) {
        clock_utc(modem, clock);
        out_line(modem, OUT_URC, "+CTZV:%s,%s", clock, VARIANT_TEXT(modem, ZONE));
    }
    return AT_OK;
}

static void attached_late(struct modem *modem)
{
    modem->network.attached = network_is_registered(modem);
}

static int run_cgatt(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return at_ask_attach(modem);
    if (!at_number(call, 0, 0, 1, &on))
        return 53;
    if (on == 1)
        return wait_for(modem, VARIANT_NUMBER(modem, ATTACH_MS), attached, attached_late);
    network_drop_bearer(modem);
    modem->network.attached = false;
    if (VARIANT_IS(modem, CGATT_LINE, "cgatt"))
        out_line(modem, OUT_ANSWER, "+CGATT:0");
    return AT_OK;
}

/* ---- bearer ---- */

static void bearer_up_late(struct modem *modem)
{
    if (!at_bearer_possible(modem))
        return;
    if (!modem->network.bearer_up)
        print_event("--", "the bearer is up, access point '%s'", modem->network.apn);
    modem->network.bearer_up = true;
    modem->cip.state = IP_GPRSACT;
}

static int bearer_up(struct modem *modem)
{
    if (VARIANT_ON(modem, CGACT_FIRST_FAIL) && !modem->cip.first_refused) {
        modem->cip.first_refused = true;
        return 148;
    }
    if (!at_bearer_possible(modem))
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, APN_FAILURE));
    bearer_up_late(modem);
    return AT_OK;
}

static void bearer_down(struct modem *modem)
{
    uv_timer_stop(&modem->network.bearer);
    for (int id = 0; id < LINKS_MAX; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    if (modem->network.bearer_up)
        print_event("--", "the bearer is down");
    modem->network.bearer_up = false;
    modem->cip.state = IP_INITIAL;
}

static int run_cgact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, modem->network.bearer_up ? "+CGACT: 1,1" : "+CGACT: 0,0");
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return 53;
    if (on == 1)
        return wait_for(modem, VARIANT_NUMBER(modem, BEARER_MS), bearer_up, bearer_up_late);
    bearer_down(modem);
    return AT_OK;
}

/* Another access point behind the back of a bearer that is up (2.7). */
static void take_apn(struct modem *modem, const char *apn)
{
    bool changes = strcmp(apn, modem->network.apn) != 0;

    if (changes && modem->network.bearer_up && VARIANT_ON(modem, APN_WEDGES))
        modem->cip.wedged = true;
    at_take_apn(modem, apn);
}

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
        take_apn(modem, call->argc > 2 ? call->arg[2].text : "");
    return AT_OK;
}

static int run_cstt(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CSTT:\"%s\",\"\",\"\"", modem->network.apn);
        return AT_OK;
    }
    take_apn(modem, call->arg[0].text);
    modem->cip.cstt_used = true;
    if (modem->cip.state == IP_INITIAL)
        modem->cip.state = IP_START;
    return AT_OK;
}

static int run_ciicr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    return wait_for(modem, VARIANT_NUMBER(modem, BEARER_MS), bearer_up, bearer_up_late);
}

static int run_cifsr(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->network.bearer_up)
        return 53;
    out_line(modem, OUT_ANSWER, "%s%s", VARIANT_IS(modem, CIFSR_FORM, "prefix") ? "+CIFSR:" : "",
             VARIANT_TEXT(modem, LOCAL_IP));
    return AT_OK;
}

static bool shut_fits(const struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_SET)
        return modem->settings.mux == 1 && !VARIANT_IS(modem, CIPSHUT_ARGUMENT, "refused");
    return modem->settings.mux == 0 || !VARIANT_IS(modem, CIPSHUT_ARGUMENT, "required");
}

static int run_cipshut(struct modem *modem, const struct at_call *call)
{
    if (!shut_fits(modem, call))
        return 53;
    if (!modem->network.bearer_up && modem->cip.state == IP_INITIAL)
        return VARIANT_IS(modem, CIPSHUT_IDLE, "ok")
                   ? AT_OK
                   : ai_thinker_failure(modem, VARIANT_TEXT(modem, CIPSHUT_IDLE));
    bearer_down(modem);
    if (!VARIANT_IS(modem, CIPSHUT_REPLY, "shut_ok"))
        return AT_OK;
    out_line(modem, OUT_ANSWER, "SHUT OK");
    return AT_DONE;
}

/* No line says that the bearer is gone; what can be seen are the links that die of it (2.7). */
void ai_thinker_bearer_lost(struct modem *modem)
{
    modem->cip.state = IP_INITIAL;
    for (int id = 0; id < LINKS_MAX; id++) {
        struct link *link = &modem->links[id];
        bool was_open = link->state == LINK_OPEN;

        link->dead = was_open && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
        if (was_open && VARIANT_ON(modem, PDP_DROP_URC))
            ai_thinker_link_closed(modem, link);
    }
}

/* ---- name service ---- */

static bool resolve(struct modem *modem, const char *host, char ip[ROUTE_IP_MAX])
{
    if (!modem->network.bearer_up || !names_answer(modem))
        return false;
    if (VARIANT_IS(modem, DNS, "wrong")) {
        snprintf(ip, ROUTE_IP_MAX, "203.0.113.1");
        return true;
    }
    return route_resolve(&modem->routes, host, ip);
}

static int run_cdnsgip(struct modem *modem, const struct at_call *call)
{
    bool plain = VARIANT_IS(modem, DNS_ERROR, "error");
    char ip[ROUTE_IP_MAX];

    if (strlen(call->arg[0].text) > 100)
        return 53;
    if (VARIANT_IS(modem, DNS, "timeout"))
        return ai_thinker_failure(modem, "no_response");
    if (!resolve(modem, call->arg[0].text, ip)) {
        if (plain)
            return AT_ERROR;
        out_line(modem, OUT_ANSWER, "+CDNSGIP: 0,%ld",
                 modem->network.bearer_up ? VARIANT_NUMBER(modem, CDNSGIP_ERROR) : 3);
        return AT_OK;
    }
    if (plain)
        out_line(modem, OUT_ANSWER, "%s", ip);
    else
        out_line(modem, OUT_ANSWER, "+CDNSGIP: 1,\"%s\",\"%s\"", call->arg[0].text, ip);
    return AT_OK;
}

static int run_cdnscfg(struct modem *modem, const struct at_call *call)
{
    if (VARIANT_IS(modem, CDNSCFG, "absent"))
        return at_unknown(modem);
    if (call->kind == AT_SET)
        return at_set_names(modem, call);
    out_line(modem, OUT_ANSWER, "PrimaryDns:%s\r\nSecondaryDns:%s", modem->names.server[0],
             modem->names.server[1]);
    return AT_OK;
}

const struct at_command ai_thinker_bearer_commands[] = {
    {"+CGATT", run_cgatt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGACT", run_cgact, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CGDCONT", run_cgdcont, AT_QUERY | AT_SET, 0},
    {"+CSTT", run_cstt, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {"+CIICR", run_ciicr, AT_EXEC, AT_NEEDS_SIM},
    {"+CIFSR", run_cifsr, AT_EXEC | AT_QUERY, AT_NEEDS_SIM},
    {"+CIPSHUT", run_cipshut, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CDNSCFG", run_cdnscfg, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
