/*
 * Opening, status, closing (2.9, 2.12, 2.13). The modem chooses the link and tells its number:
 *   AT+CIPSTART="TCP","blynk.cloud",80
 *   +CIPNUM:0 / CONNECT OK / OK            or COMMAND NO RESPONSE!, and the row stays TCP/UDP CONNECTING
 */
#include "ai_thinker.h"

#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define PORT_MAX 65535

struct link *ai_thinker_link(struct modem *modem, const struct at_call *call, int index)
{
    long id = 0;

    if (modem->settings.mux == 0)
        return &modem->links[0];
    if (!at_number(call, index, 0, modem->profile->links - 1, &id))
        return NULL;
    return &modem->links[id];
}

/* ---- how it ends ---- */

static bool is_waiting_for(const struct modem *modem, const struct link *link)
{
    return modem->cip.opening == link->id;
}

static void say_number(struct modem *modem, const struct link *link, enum out_kind kind)
{
    if (modem->settings.mux == 1)
        out_line(modem, kind, "+CIPNUM:%d", link->id);
}

/* A connection that comes up after COMMAND NO RESPONSE! still says so (2.9). */
void ai_thinker_link_opened(struct modem *modem, struct link *link)
{
    if (!is_waiting_for(modem, link)) {
        out_line(modem, OUT_LATE, "CONNECT OK");
        return;
    }
    modem->cip.opening = -1;
    say_number(modem, link, OUT_ANSWER);
    if (VARIANT_ON(modem, CONNECT_OK_FIRST)) {
        out_line(modem, OUT_ANSWER, "CONNECT OK");
        at_finish(modem, AT_OK);
        return;
    }
    at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "CONNECT OK");
    at_finish(modem, AT_DONE);
}

static int end_of_patience(struct modem *modem)
{
    struct link *link = &modem->links[modem->cip.opening];

    if (VARIANT_ON(modem, CIPNUM_ON_FAILURE))
        say_number(modem, link, OUT_ANSWER);
    modem->cip.opening = -1;
    return AT_NO_RESPONSE;
}

/* CIPSHUT and CGACT bring it back (2.9). */
static void stick(struct modem *modem)
{
    print_event("--", "the stack sticks in IP START");
    network_drop_bearer(modem);
    link_close(&modem->links[0], LINK_INITIAL);
    modem->cip.state = IP_START;
}

/* The status for `word`; the waiting for no_response and hang has begun when the command did. */
static int say_failure(struct modem *modem, struct link *link, const char *word)
{
    if (strcmp(word, "no_response") == 0 || strcmp(word, "hang") == 0)
        return AT_PENDING;
    link_close(link, LINK_CLOSED);
    if (strcmp(word, "cme53") == 0 && VARIANT_ON(modem, CME53_STICKS))
        stick(modem);
    if (VARIANT_ON(modem, CIPNUM_ON_FAILURE))
        say_number(modem, link, OUT_ANSWER);
    if (strcmp(word, "state_connect_fail") == 0)
        out_line(modem, OUT_ANSWER, "STATE:IP CLOSE");
    if (strstr(word, "connect_fail") == NULL)
        return ai_thinker_failure(modem, word);
    out_line(modem, OUT_ANSWER, "CONNECT FAIL");
    return AT_DONE;
}

void ai_thinker_link_failed(struct modem *modem, struct link *link)
{
    int status;

    if (!is_waiting_for(modem, link))
        return;
    status = say_failure(modem, link, VARIANT_TEXT(modem, OPEN_FAILURE));
    if (status == AT_PENDING)
        return;
    modem->cip.opening = -1;
    at_finish(modem, status);
}

/* ---- CIPSTART ---- */

static int open_aborted(struct modem *modem)
{
    if (modem->cip.opening >= 0)
        link_close(&modem->links[modem->cip.opening], LINK_CLOSED);
    modem->cip.opening = -1;
    return AT_DONE;
}

static struct link *free_row(struct modem *modem)
{
    int limit = modem->settings.mux == 1 ? modem->profile->links : 1;

    for (int id = 0; id < limit; id++)
        if (modem->links[id].state == LINK_INITIAL || modem->links[id].state == LINK_CLOSED)
            return &modem->links[id];
    return NULL;
}

static int no_row(struct modem *modem)
{
    if (modem->settings.mux == 1)
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, TOO_MANY_LINKS));
    out_line(modem, OUT_ANSWER, "%s", VARIANT_TEXT(modem, ALREADY));
    return AT_DONE;
}

/* With late_connect_ok_ms the connection comes up so long after the modem has given up. */
static long late_ms(const struct modem *modem)
{
    long late = VARIANT_NUMBER(modem, LATE_CONNECT_MS);

    return late > 0 ? ai_thinker_patience_ms(modem) + late : 0;
}

static int name_failed(struct modem *modem, struct link *link, const char *host)
{
    int status = say_failure(modem, link, VARIANT_TEXT(modem, DNS_FAILURE));

    print_event("--", "'%s' does not resolve", host);
    if (status == AT_PENDING)
        link->state = LINK_CONNECTING;
    else
        modem->cip.opening = -1;
    return status;
}

static int start(struct modem *modem, struct link *link, const char *host, uint16_t port)
{
    bool poisoned = VARIANT_ON(modem, CSTT_POISON) && modem->cip.cstt_used;
    bool nameless = !route_is_numeric(host) && (poisoned || !VARIANT_ON(modem, DNS_IN_CIPSTART));

    link->extra_ms = late_ms(modem);
    if (!VARIANT_IS(modem, OPEN_FAILURE, "hang"))
        at_watch(modem, ai_thinker_patience_ms(modem), end_of_patience);
    at_on_abort(modem, open_aborted);
    modem->cip.opening = link->id;
    if (!nameless && link_open(link, host, port) == LINK_STARTED)
        return AT_PENDING;
    return name_failed(modem, link, host);
}

static bool arguments_fit(const struct at_call *call, long *port)
{
    return call->argc == 3 && strcmp(call->arg[0].text, "TCP") == 0 && call->arg[0].quoted &&
           call->arg[1].quoted && call->arg[1].text[0] != '\0' && strlen(call->arg[1].text) <= 100 &&
           !call->arg[2].quoted && at_number(call, 2, 1, PORT_MAX, port);
}

static int run_cipstart(struct modem *modem, const struct at_call *call)
{
    int busy = links_count(modem, LINK_OPEN) + links_count(modem, LINK_CONNECTING);
    struct link *link = free_row(modem);
    long port;

    if (!arguments_fit(call, &port))
        return 53;
    if (!modem->network.bearer_up)
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, NO_BEARER));
    if (modem->cip.wedged)
        return ai_thinker_failure(modem, "no_response");
    if (link == NULL || (modem->settings.mux == 1 && busy >= VARIANT_NUMBER(modem, MAX_LINKS)))
        return no_row(modem);
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    return start(modem, link, call->arg[1].text, (uint16_t)port);
}

/* ---- CIPMUX, CIPCLOSE ---- */

static int run_cipmux(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (!VARIANT_IS(modem, MUX_SUPPORTED, "on"))
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, MUX_SUPPORTED));
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPMUX:%d", modem->settings.mux);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &mode))
        return 53;
    modem->settings.mux = (int)mode;
    return AT_OK;
}

/* The bare form frees what AT+CIPCLOSE=n does not. */
static void close_connecting(struct modem *modem)
{
    for (int id = 0; id < modem->profile->links; id++)
        if (modem->links[id].state == LINK_CONNECTING)
            link_close(&modem->links[id], LINK_CLOSED);
}

static int run_cipclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = ai_thinker_link(modem, call, 0);

    if (modem->settings.mux == 1 && call->kind == AT_EXEC)
        link = &modem->links[0];
    if (link == NULL)
        return 53;
    if (call->kind == AT_EXEC && links_count(modem, LINK_CONNECTING) > 0) {
        close_connecting(modem);
        return AT_OK;
    }
    if (link->state == LINK_CONNECTING && VARIANT_IS(modem, CLOSE_CONNECTING, "error"))
        return AT_ERROR;
    if (link->state != LINK_OPEN && link->state != LINK_CONNECTING)
        return ai_thinker_failure(modem, VARIANT_TEXT(modem, CIPCLOSE_IDLE));
    link_close(link, LINK_CLOSED);
    if (VARIANT_IS(modem, CIPCLOSE_REPLY, "ok"))
        return AT_OK;
    out_line(modem, OUT_ANSWER, VARIANT_IS(modem, CIPCLOSE_REPLY, "closed") ? "CLOSED" : "CLOSE OK");
    return VARIANT_IS(modem, CIPCLOSE_REPLY, "closed") ? AT_OK : AT_DONE;
}

/* ---- CIPSTATUS ---- */

static const char *row_word(const struct modem *modem, const struct link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
        return "TCP/UDP CONNECTING";
    case LINK_OPEN:
        return "CONNECT OK";
    case LINK_REMOTE_CLOSING:
    case LINK_CLOSED:
        return "IP CLOSE";
    case LINK_INITIAL:
        break;
    }
    if (link->id > 0)
        return "IP INITIAL";
    if (modem->network.bearer_up)
        return "IP GPRSACT";
    return modem->cip.state == IP_START ? "IP START" : "IP INITIAL";
}

static int run_cipstatus(struct modem *modem, const struct at_call *call)
{
    const char *between = VARIANT_IS(modem, STATUS_STYLE, "a9rows") ? "\r\n" : "";
    char rows[512];
    size_t used = 0;

    if (call->kind == AT_TEST) {
        out_line(modem, OUT_ANSWER, "+CIPSTATUS:(0-7)");
        return AT_OK;
    }
    if (VARIANT_IS(modem, STATUS_STYLE, "ipstatus_old") || VARIANT_IS(modem, STATUS_STYLE, "state")) {
        out_line(modem, OUT_ANSWER, "%s%s",
                 VARIANT_IS(modem, STATUS_STYLE, "state") ? "STATE:" : "+IPSTATUS: ",
                 row_word(modem, &modem->links[0]));
        return AT_OK;
    }
    for (int id = 0; id < modem->profile->links; id++)
        used += (size_t)snprintf(rows + used, sizeof rows - used, "%s%d,%s", id > 0 ? "\r\n" : "", id,
                                 row_word(modem, &modem->links[id]));
    if (VARIANT_ON(modem, STATUS_BLANK))
        out_line(modem, OUT_ANSWER, "\r\n+CIPSTATUS:%s%s\r\n", between, rows);
    else
        out_line(modem, OUT_ANSWER, "+CIPSTATUS:%s%s", between, rows);
    return AT_OK;
}

const struct at_command ai_thinker_open_commands[] = {
    {"+CIPMUX", run_cipmux, AT_QUERY | AT_SET, 0},
    {"+CIPSTART", run_cipstart, AT_SET, AT_NEEDS_SIM},
    {"+CIPCLOSE", run_cipclose, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+CIPSTATUS", run_cipstatus, AT_EXEC | AT_QUERY | AT_TEST, 0},
    {NULL, NULL, 0, 0},
};
