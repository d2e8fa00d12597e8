/*
 * The CA stack (family B): AT+CNACT=0,1 / OK / +APP PDP: 0,ACTIVE, AT+CAOPEN=0,0,"TCP",... / +CAOPEN: 0,0 / OK.
 * The result of an open comes before its OK, which follows a failure too; a link stays taken until the host closes
 * it. The SIM7000 leaves arguments out.
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_net.h"

#include <stdio.h>
#include <string.h>

#define SOCKETS LINKS_MAX

static bool is_7000(const struct modem *modem)
{
    return strstr(modem->profile->name, "7000") != NULL;
}

static struct link *link_of(struct modem *modem, const struct at_call *call, int index)
{
    long id;

    return at_number(call, index, 0, SOCKETS - 1, &id) ? &modem->links[id] : NULL;
}

static bool is_used(const struct modem *modem, const struct link *link)
{
    return modem->simcom_net.used & 1U << link->id;
}

/* ---- the data connection ---- */

static void say_context(struct modem *modem, enum out_kind kind, bool active)
{
    out_line(modem, kind, is_7000(modem) ? "+APP PDP: %s" : "+APP PDP: 0,%s", active ? "ACTIVE" : "DEACTIVE");
}

static int activated(struct modem *modem)
{
    bool possible = at_bearer_possible(modem);

    at_result(modem, AT_OK);
    if (possible)
        print_event("--", "the context is up, access point '%s'", modem->network.apn);
    modem->network.bearer_up = possible;
    say_context(modem, OUT_LATE, possible);
    return AT_DONE;
}

static int deactivate(struct modem *modem)
{
    bool was_up = modem->network.bearer_up;

    for (int id = 0; id < SOCKETS; id++)
        link_close(&modem->links[id], LINK_INITIAL);
    modem->simcom_net.used = 0;
    modem->network.bearer_up = false;
    if (!was_up)
        return AT_ERROR;
    at_result(modem, AT_OK);
    say_context(modem, OUT_LATE, false);
    return AT_DONE;
}

static int ask_context(struct modem *modem)
{
    const char *ip = modem->network.bearer_up ? VARIANT_TEXT(modem, LOCAL_IP) : "0.0.0.0";
    int on = modem->network.bearer_up;

    if (is_7000(modem))
        out_line(modem, OUT_ANSWER, "+CNACT: %d,\"%s\"", on, ip);
    else
        out_line(modem, OUT_ANSWER,
                 "+CNACT: 0,%d,\"%s\"\r\n+CNACT: 1,0,\"0.0.0.0\"\r\n+CNACT: 2,0,\"0.0.0.0\"\r\n+CNACT: "
                 "3,0,\"0.0.0.0\"",
                 on, ip);
    return AT_OK;
}

static int run_cnact(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY)
        return ask_context(modem);
    if (!at_number(call, is_7000(modem) ? 0 : 1, 0, 2, &on))
        return AT_ERROR;
    if (on == 0)
        return deactivate(modem);
    if (modem->network.bearer_up)
        return AT_ERROR;
    if (is_7000(modem) && call->argc > 1)
        at_take_apn(modem, call->arg[1].text);
    return at_later(modem, VARIANT_NUMBER(modem, BEARER_MS), activated);
}

static int run_cncfg(struct modem *modem, const struct at_call *call)
{
    int index = is_7000(modem) ? 1 : 2;

    if (call->argc <= index)
        return AT_ERROR;
    at_take_apn(modem, call->arg[index].text);
    return AT_OK;
}

static int run_cdnsgip(struct modem *modem, const struct at_call *call)
{
    char ip[ROUTE_IP_MAX];

    if (!modem->network.bearer_up)
        return AT_ERROR;
    at_result(modem, AT_OK);
    if (!names_answer(modem) || !route_resolve(&modem->routes, call->arg[0].text, ip))
        out_line(modem, OUT_LATE, "+CDNSGIP: 0,8");
    else
        out_line(modem, OUT_LATE, "+CDNSGIP: 1,\"%s\",\"%s\"", call->arg[0].text, ip);
    return AT_DONE;
}

static void bearer_lost(struct modem *modem)
{
    for (int id = 0; id < SOCKETS; id++) {
        struct link *link = &modem->links[id];

        link->dead = link->state == LINK_OPEN && VARIANT_IS(modem, TCP_ON_POWER_LOSS, "silent");
        if (link->state == LINK_OPEN)
            out_line(modem, OUT_URC, "+CASTATE: %d,0", id);
        link_close(link, LINK_INITIAL);
    }
    modem->simcom_net.used = 0;
    say_context(modem, OUT_URC, false);
}

/* ---- open and close ---- */

static int open_ended(struct modem *modem, int error)
{
    struct link *link = &modem->links[modem->simcom_net.opening];

    if (error)
        link_close(link, LINK_CLOSED);
    out_line(modem, OUT_ANSWER, "+CAOPEN: %d,%d", link->id, error);
    return AT_OK;
}

static void link_opened(struct modem *modem, struct link *link)
{
    (void)link;
    at_finish(modem, open_ended(modem, 0));
}

static void link_failed(struct modem *modem, struct link *link)
{
    int error = modem->simcom_net.error;

    (void)link;
    modem->simcom_net.error = 0;
    at_finish(modem, open_ended(modem, error ? error : 27));
}

static int open_timed_out(struct modem *modem)
{
    return open_ended(modem, 2);
}

static int run_caopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    int host = is_7000(modem) ? 1 : 3;
    long port;

    if (link == NULL || call->argc != host + 2 || !at_number(call, host + 1, 1, 65535, &port))
        return AT_ERROR;
    modem->simcom_net.opening = link->id;
    if (is_used(modem, link)) {
        out_line(modem, OUT_ANSWER, "+CAOPEN: %d,4", link->id);
        return AT_OK;
    }
    modem->simcom_net.used |= 1U << link->id;
    if (!modem->network.bearer_up)
        return open_ended(modem, 21);
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    modem->simcom_net.error = 0;
    if (link_open(link, call->arg[host].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[host].text);
        modem->simcom_net.error = 20;
        link_fail_later(link);
    }
    at_watch(modem, 75000, open_timed_out);
    return AT_PENDING;
}

static int run_caclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);

    if (link == NULL || !is_used(modem, link))
        return AT_ERROR;
    link_close(link, LINK_INITIAL);
    modem->simcom_net.used &= ~(1U << link->id);
    return AT_OK;
}

static void link_closed(struct modem *modem, struct link *link)
{
    out_line(modem, OUT_URC, "+CASTATE: %d,0", link->id);
}

static int run_castate(struct modem *modem, const struct at_call *call)
{
    (void)call;
    for (int id = 0; id < SOCKETS; id++)
        if (is_used(modem, &modem->links[id]))
            out_line(modem, OUT_ANSWER, "+CASTATE: %d,%d", id, modem->links[id].state == LINK_OPEN);
    return AT_OK;
}

/* ---- bytes ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->simcom_net.sending];

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL) ||
        !link_send(link, modem->line.payload, modem->line.payload_length))
        return AT_ERROR;
    return AT_OK;
}

static int run_casend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);
    long count;

    if (link == NULL || link->state != LINK_OPEN)
        return AT_ERROR;
    if (call->argc == 1) {
        out_line(modem, OUT_ANSWER, "+CASEND: %zu", link_send_room(link));
        return AT_OK;
    }
    if (!at_number(call, 1, 1, SIMCOM_CA_SEND_MAX, &count))
        return AT_ERROR;
    modem->simcom_net.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_caack(struct modem *modem, const struct at_call *call)
{
    const struct link *link = link_of(modem, call, 0);

    if (link == NULL || link->state != LINK_OPEN)
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+CAACK: %zu,%zu", (size_t)link->sent, link_unacked(link));
    return AT_OK;
}

static void link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool told = link->notified;

    simcom_net_keep(link, bytes, count);
    link->notified = true;
    if (!told)
        out_line(modem, OUT_URC, "+CADATAIND: %d", link->id);
}

static int ask_waiting(struct modem *modem)
{
    for (int id = 0; id < SOCKETS; id++)
        if (is_used(modem, &modem->links[id]))
            out_line(modem, OUT_ANSWER, "+CARECV: %d,%zu", id, modem->links[id].rx_length);
    return AT_OK;
}

static int run_carecv(struct modem *modem, const struct at_call *call)
{
    struct link *link = link_of(modem, call, 0);
    uint8_t text[SIMCOM_CA_SEND_MAX + 40];
    long wanted;

    if (call->kind == AT_QUERY)
        return ask_waiting(modem);
    if (link == NULL || !is_used(modem, link) || !at_number(call, 1, 1, SIMCOM_CA_SEND_MAX, &wanted))
        return AT_ERROR;
    link->notified = false;
    if (link->rx_length == 0) {
        out_line(modem, OUT_ANSWER, "+CARECV: 0");
        return AT_OK;
    }
    size_t count = (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 32, "\r\n+CARECV: %zu,", count);
    memcpy(text + used, link->rx, count);
    used += count;
    text[used++] = '\r';
    text[used++] = '\n';
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    simcom_net_given(link, count);
    if (link->rx_length > 0) {
        link->notified = true;
        out_line(modem, OUT_URC, "+CADATAIND: %d", link->id);
    }
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

const struct at_command simcom_ca_commands[] = {
    {"+CNACT", run_cnact, AT_SET | AT_QUERY, AT_NEEDS_SIM},
    {"+CNCFG", run_cncfg, AT_SET, 0},
    {"+CDNSGIP", run_cdnsgip, AT_SET, AT_NEEDS_SIM},
    {"+CDNSCFG", at_set_names, AT_SET, 0},
    {"+CAOPEN", run_caopen, AT_SET, AT_NEEDS_SIM},
    {"+CACLOSE", run_caclose, AT_SET, 0},
    {"+CASTATE", run_castate, AT_QUERY, 0},
    {"+CASEND", run_casend, AT_SET, AT_NEEDS_SIM},
    {"+CAACK", run_caack, AT_SET, 0},
    {"+CARECV", run_carecv, AT_SET | AT_QUERY, 0},
    {"+CACID", run_accept, AT_SET, 0},
    {"+CASSLCFG", run_accept, AT_SET, 0},
    {"+CACFG", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};

const struct family simcom_ca_family = {
    .reset = simcom_net_reset,
    .link_opened = link_opened,
    .link_failed = link_failed,
    .link_data = link_data,
    .link_closed = link_closed,
    .bearer_lost = bearer_lost,
    .sim_changed = simcom_net_sim_changed,
};
