/*
 * Open, close and status of TCP of Quectel's LTE modules (B4, B7): OK first and the result later, a number stays
 * taken until the host closes it.
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

#define SOCKETS QUECTEL_LTE_SOCKETS

struct link *quectel_lte_link(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

static unsigned bit_of(const struct link *link)
{
    return 1U << link->id;
}

bool quectel_lte_is_ssl(const struct modem *modem, const struct link *link)
{
    return (modem->quectel.ssl & bit_of(link)) != 0;
}

static bool is_used(const struct modem *modem, const struct link *link)
{
    return (modem->quectel.used & bit_of(link)) != 0;
}

/* ---- open ---- */

static void say_result(struct modem *modem, const struct link *link, int error)
{
    modem->quectel.last_error = error;
    out_line(modem, OUT_LATE, "+%s: %d,%d", quectel_lte_is_ssl(modem, link) ? "QSSLOPEN" : "QIOPEN", link->id,
             error);
}

static void link_opened(struct modem *modem, struct link *link)
{
    say_result(modem, link, 0);
}

static void link_failed(struct modem *modem, struct link *link)
{
    bool nameless = (modem->quectel.nameless & bit_of(link)) != 0;

    link_close(link, LINK_CLOSED);
    say_result(modem, link, nameless ? 565 : 566);
}

/* Transparent mode, 2, is not simulated. */
static bool arguments_fit(const struct at_call *call, struct quectel_opening *opening)
{
    opening->local = opening->mode = 0;
    opening->host = call->arg[3].text;
    return call->argc >= 5 && call->argc <= 8 && at_number(call, 0, 1, 16, &opening->context) &&
           strcmp(call->arg[2].text, "TCP") == 0 && opening->host[0] != '\0' &&
           strlen(opening->host) < ROUTE_HOST_MAX && at_number(call, 4, 1, 65535, &opening->port) &&
           (call->argc < 6 || at_number(call, 5, 0, 65535, &opening->local)) &&
           (call->argc < 7 || at_number(call, 6, 0, 1, &opening->mode));
}

void quectel_lte_open(struct modem *modem, struct link *link, const struct quectel_opening *opening)
{
    struct quectel *quectel = &modem->quectel;

    if (is_used(modem, link)) {
        say_result(modem, link, 563);
        return;
    }
    quectel->used |= bit_of(link);
    quectel->nameless &= ~bit_of(link);
    quectel->push = opening->mode == 1 ? quectel->push | bit_of(link) : quectel->push & ~bit_of(link);
    if (!modem->network.bearer_up || quectel->context != opening->context) {
        link->state = LINK_CLOSED;
        say_result(modem, link, 561);
        return;
    }
    if (link_open(link, opening->host, (uint16_t)opening->port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", opening->host);
        quectel->nameless |= bit_of(link);
        link_fail_later(link);
    }
}

static int run_qiopen(struct modem *modem, const struct at_call *call)
{
    struct quectel_opening opening;
    long id;

    if (!at_number(call, 1, 0, SOCKETS - 1, &id) || call->argc < 4 || !arguments_fit(call, &opening)) {
        modem->quectel.last_error = 552;
        return AT_ERROR;
    }
    struct link *link = &modem->links[id];
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    if (!is_used(modem, link))
        modem->quectel.ssl &= ~bit_of(link);
    at_result(modem, AT_OK);
    quectel_lte_open(modem, link, &opening);
    return AT_DONE;
}

/* ---- close ---- */

static void say_closed(struct modem *modem, const struct link *link)
{
    if (quectel_lte_urcs_come(modem))
        out_line(modem, OUT_URC, "+%s: \"closed\",%d", quectel_lte_is_ssl(modem, link) ? "QSSLURC" : "QIURC",
                 link->id);
}

/* Some tell of the host's own close, too (B7). */
int quectel_lte_close(struct modem *modem, struct link *link)
{
    bool told = VARIANT_ON(modem, QICLOSE_URC) || modem->quectel.close_told;

    if (link == NULL || (!is_used(modem, link) && VARIANT_IS(modem, QICLOSE_IDLE, "error")))
        return AT_ERROR;
    told = told && is_used(modem, link);
    link_close(link, LINK_INITIAL);
    modem->quectel.used &= ~bit_of(link);
    at_result(modem, AT_OK);
    if (told)
        say_closed(modem, link);
    return AT_DONE;
}

static int run_qiclose(struct modem *modem, const struct at_call *call)
{
    return quectel_lte_close(modem, quectel_lte_link(modem, call, 0));
}

/* The number stays taken; what waits can still be read. */
static void link_closed(struct modem *modem, struct link *link)
{
    quectel_keep_unread(modem, link);
    say_closed(modem, link);
}

static void close_all(struct modem *modem, bool told)
{
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];
        bool open = link->state == LINK_OPEN;

        link->dead = open && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state != LINK_INITIAL)
            link_close(link, LINK_CLOSED);
        if (open && told)
            say_closed(modem, link);
    }
}

static void bearer_lost(struct modem *modem)
{
    modem->quectel.state = QUECTEL_DEACT; /* QIDEACT comes first (T-B6) */
    if (VARIANT_IS(modem, PDP_CLOSES, "before"))
        close_all(modem, true);
    if (quectel_lte_urcs_come(modem))
        out_line(modem, OUT_URC, "+QIURC: \"pdpdeact\",%d", modem->quectel.context);
    close_all(modem, VARIANT_IS(modem, PDP_CLOSES, "after"));
}

/* ---- status ---- */

/* 0 initial, 1 opening, 2 connected (3 on real firmware), 4 closing. */
int quectel_lte_state_number(const struct modem *modem, const struct link *link)
{
    switch (link->state) {
    case LINK_INITIAL:
        return 0;
    case LINK_CONNECTING:
        return 1;
    case LINK_OPEN:
        return VARIANT_ON(modem, QISTATE_THREE) ? 3 : 2;
    case LINK_REMOTE_CLOSING:
    case LINK_CLOSED:
        break;
    }
    return 4;
}

static size_t print_state(const struct modem *modem, const struct link *link, char *out, size_t room)
{
    int length = snprintf(out, room, "+QISTATE: %d,\"TCP\",\"%s\",%u,65514,%d,%d,0,%d,\"uart1\"\r\n",
                          link->id, link->ip[0] ? link->ip : "0.0.0.0", (unsigned)link->port,
                          quectel_lte_state_number(modem, link), modem->quectel.context,
                          (modem->quectel.push & bit_of(link)) != 0);

    return length > 0 && (size_t)length < room ? (size_t)length : 0;
}

/* No empty lines between the rows (1.1). */
static void say_states(struct modem *modem, const struct link *one)
{
    char text[SOCKETS * 96];
    size_t used = 0;

    for (int id = 0; id < SOCKETS; id++) {
        const struct link *link = &modem->links[id];

        if (is_used(modem, link) && !quectel_lte_is_ssl(modem, link) && (one == NULL || one == link))
            used += print_state(modem, link, text + used, sizeof text - used);
    }
    if (used > 0)
        out_line(modem, OUT_ANSWER, "%.*s", (int)used - 2, text);
}

/* Of one number (=1,id), of one context (=0,context), or of all. */
static int run_qistate(struct modem *modem, const struct at_call *call)
{
    const struct link *one = NULL;
    long by_id = 0, context = 0;

    if (call->kind != AT_SET) {
        say_states(modem, NULL);
        return AT_OK;
    }
    if (call->argc != 2 || !at_number(call, 0, 0, 1, &by_id))
        return AT_ERROR;
    if (by_id == 1)
        one = quectel_lte_link(modem, call, 1);
    if ((by_id == 1 && one == NULL) || (by_id == 0 && !at_number(call, 1, 1, 16, &context)))
        return AT_ERROR;
    if (by_id == 1 || context == modem->quectel.context)
        say_states(modem, one);
    return AT_OK;
}

const struct at_command quectel_lte_tcp_commands[] = {
    {"+QIOPEN", run_qiopen, AT_SET, AT_NEEDS_SIM},
    {"+QICLOSE", run_qiclose, AT_SET, 0},
    {"+QISTATE", run_qistate, AT_QUERY | AT_SET | AT_EXEC, 0},
    {NULL, NULL, 0, 0},
};

static void reset(struct modem *modem)
{
    modem->quectel = (struct quectel){.echo = true, .context = 1, .urcs_here = modem->quectel.urcs_here};
    for (int i = 0; i < QUECTEL_SSL_CONTEXTS; i++)
        modem->quectel.contexts[i] = (struct quectel_ssl){.version = 4, .no_dates = true};
}

const struct family quectel_lte_family = {
    .reset = reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = quectel_lte_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = quectel_sim_changed,
    .prompt = quectel_lte_prompt,
};
