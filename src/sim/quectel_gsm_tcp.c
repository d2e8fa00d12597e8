/* Open, close and status of TCP of Quectel's GSM modules (A6, A9, A10). */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define SOCKETS QUECTEL_GSM_SOCKETS

struct link *quectel_gsm_link(struct modem *modem, const struct at_call *call, int *next)
{
    long id;

    *next = modem->quectel.mux;
    if (modem->quectel.mux == 0)
        return &modem->links[0];
    return at_number(call, 0, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

/* "0, CLOSED", and without QIMUX "CLOSED". */
static void say(struct modem *modem, enum out_kind kind, const struct link *link, const char *text)
{
    if (modem->quectel.mux == 1)
        out_line(modem, kind, "%d, %s", link->id, text);
    else
        out_line(modem, kind, "%s", text);
}

static bool is_busy(const struct link *link)
{
    return link->state == LINK_OPEN || link->state == LINK_CONNECTING;
}

static unsigned bit_of(const struct link *link)
{
    return 1U << link->id;
}

/* ---- open ---- */

static void link_opened(struct modem *modem, struct link *link)
{
    say(modem, OUT_LATE, link, "CONNECT OK");
}

static void link_failed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    modem->quectel.failed |= bit_of(link);
    say(modem, OUT_LATE, link, "CONNECT FAIL");
}

static bool is_address(const char *text)
{
    for (; *text; text++)
        if (!isdigit((unsigned char)*text) && *text != '.')
            return false;
    return true;
}

/* The wrong AT+QIDNSIP for what follows is an ERROR (A5). */
static bool arguments_fit(const struct modem *modem, const struct at_call *call, int at, long *port)
{
    return call->argc == at + 3 && strcmp(call->arg[at].text, "TCP") == 0 &&
           call->arg[at + 1].text[0] != '\0' && strlen(call->arg[at + 1].text) < ROUTE_HOST_MAX &&
           at_number(call, at + 2, 1, 65535, port) &&
           is_address(call->arg[at + 1].text) == (modem->quectel.name_mode == 0);
}

/* With nothing up it brings up the context of AT+QICSGP by itself (A4). */
static bool bring_up(struct modem *modem)
{
    if (modem->quectel.state == QUECTEL_STATUS)
        return true;
    if (!at_bearer_possible(modem))
        return false;
    modem->network.bearer_up = true;
    modem->quectel.state = QUECTEL_STATUS;
    return true;
}

static void start(struct modem *modem, struct link *link, const char *host, uint16_t port)
{
    bool kept = (modem->quectel.failed & bit_of(link)) != 0 && VARIANT_ON(modem, FAIL_KEEPS_LINK);

    if (is_busy(link)) {
        say(modem, OUT_LATE, link,
            VARIANT_IS(modem, ALREADY_OPEN, "fail") ? "CONNECT FAIL" : "ALREADY CONNECT");
        return;
    }
    if (kept || !bring_up(modem)) {
        link_fail_later(link);
        return;
    }
    modem->quectel.failed &= ~bit_of(link);
    modem->quectel.was_closed = false;
    if (link_open(link, host, port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", host);
        link_fail_later(link);
    }
}

static int run_qiopen(struct modem *modem, const struct at_call *call)
{
    enum quectel_state state = modem->quectel.state;
    int next;
    struct link *link = quectel_gsm_link(modem, call, &next);
    long port;

    if (link == NULL || (state != QUECTEL_STATUS && state != QUECTEL_INITIAL) ||
        !arguments_fit(modem, call, next, &port))
        return AT_ERROR;
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    start(modem, link, call->arg[next + 1].text, (uint16_t)port);
    return AT_DONE;
}

/* ---- close ---- */

/* What QICLOSE finds: something to close, or not, in the ways in which the modules differ. */
static bool can_close(const struct modem *modem, const struct link *link)
{
    if (link->state == LINK_INITIAL)
        return false;
    if (is_busy(link))
        return true;
    if (modem->quectel.failed & bit_of(link))
        return VARIANT_IS(modem, QICLOSE_FAILED, "ok");
    return VARIANT_IS(modem, QICLOSE_FREED, "ok");
}

static int run_qiclose(struct modem *modem, const struct at_call *call)
{
    int next;
    struct link *link = quectel_gsm_link(modem, call, &next);
    bool closes;

    if (link == NULL || call->argc != next)
        return AT_ERROR;
    closes = can_close(modem, link);
    modem->quectel.failed &= ~bit_of(link);
    if (!closes)
        return AT_ERROR;
    link_close(link, LINK_INITIAL);
    modem->quectel.was_closed = true;
    say(modem, OUT_ANSWER, link, "CLOSE OK");
    return AT_DONE;
}

/* The number is free; what waits can still be read. */
static void link_closed(struct modem *modem, struct link *link)
{
    quectel_keep_unread(modem, link);
    modem->quectel.was_closed = true;
    say(modem, OUT_URC, link, "CLOSED");
}

static void close_all(struct modem *modem, bool told)
{
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];
        bool open = link->state == LINK_OPEN;

        link->dead = open && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        link_close(link, LINK_INITIAL);
        if (open && told)
            say(modem, OUT_URC, link, "CLOSED");
    }
}

static void bearer_lost(struct modem *modem)
{
    modem->quectel.state = QUECTEL_DEACT;
    modem->quectel.failed = 0;
    if (VARIANT_IS(modem, PDP_CLOSES, "before"))
        close_all(modem, true);
    out_line(modem, OUT_URC, VARIANT_IS(modem, PDP_TEXT, "colon") ? "+PDP: DEACT" : "+PDP DEACT");
    close_all(modem, VARIANT_IS(modem, PDP_CLOSES, "after"));
}

/* ---- status ---- */

const char *quectel_gsm_state(const struct modem *modem)
{
    static const char *const texts[] = {"IP INITIAL", "IP START", "IP GPRSACT", "IP STATUS", "PDP DEACT"};
    const struct link *link = &modem->links[0];

    if (modem->quectel.state != QUECTEL_STATUS)
        return texts[modem->quectel.state];
    if (modem->quectel.mux == 1)
        return links_count(modem, LINK_OPEN) + links_count(modem, LINK_CONNECTING) > 0 ? "IP PROCESSING"
                                                                                       : "IP STATUS";
    if (is_busy(link))
        return link->state == LINK_OPEN ? "CONNECT OK" : "TCP CONNECTING";
    return modem->quectel.was_closed ? "IP CLOSE" : "IP STATUS";
}

static const char *link_text(const struct link *link)
{
    switch (link->state) {
    case LINK_CONNECTING:
        return "CONNECTING";
    case LINK_OPEN:
        return "CONNECTED";
    case LINK_INITIAL:
    case LINK_REMOTE_CLOSING:
    case LINK_CLOSED:
        break;
    }
    return "INITIAL";
}

/* Six lines without empty ones between them; QISTATE adds the state of each link. */
static void say_links(struct modem *modem, const char *name, bool states)
{
    char text[1024];
    size_t used = 0;

    for (int id = 0; id < SOCKETS; id++) {
        const struct link *link = &modem->links[id];
        const char *end = id + 1 < SOCKETS ? "\r\n" : "";

        if (is_busy(link))
            used += (size_t)snprintf(text + used, sizeof text - used, "%s: %d,\"TCP\",\"%s\",\"%u\"", name,
                                     id, link->ip, (unsigned)link->port);
        else
            used += (size_t)snprintf(text + used, sizeof text - used, "%s: %d,\"\",\"\",\"\"", name, id);
        if (states)
            used += (size_t)snprintf(text + used, sizeof text - used, ",\"%s\"", link_text(link));
        used += (size_t)snprintf(text + used, sizeof text - used, "%s", end);
    }
    out_line(modem, OUT_ANSWER, "%s", text);
}

static int say_state(struct modem *modem)
{
    at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "STATE: %s", quectel_gsm_state(modem));
    return AT_DONE;
}

static int run_qistat(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->quectel.mux == 0)
        return say_state(modem);
    say_links(modem, "+QISTAT", false);
    return AT_OK;
}

/* Two OKs (A9). */
static int run_qistate(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (VARIANT_IS(modem, QISTATE_IDLE, "ok") && links_count(modem, LINK_OPEN) == 0)
        return AT_OK;
    if (modem->quectel.mux == 0)
        return say_state(modem);
    say_state(modem);
    say_links(modem, "+QISTATE", true);
    return AT_OK;
}

const struct at_command quectel_gsm_tcp_commands[] = {
    {"+QIOPEN", run_qiopen, AT_SET, AT_NEEDS_SIM},
    {"+QICLOSE", run_qiclose, AT_SET | AT_EXEC, 0},
    {"+QISTAT", run_qistat, AT_EXEC, 0},
    {"+QISTATE", run_qistate, AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->quectel =
        (struct quectel){.echo = true, .prompt = 1, .name_mode = (int)VARIANT_NUMBER(modem, NAME_MODE)};
}

const struct family quectel_gsm_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = quectel_gsm_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = quectel_sim_changed,
    .prompt = quectel_gsm_prompt,
};
