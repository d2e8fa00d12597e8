/*
 * Connections of the NETOPEN stack (C3, C5, C7): AT+CIPOPEN=0,"TCP",... / OK / +CIPOPEN: 0,0, sending, closing.
 */
#include "simcom_netopen.h"

#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* The numbers of CIPOPEN, CIPCLOSE and CIPERROR (C4). */
enum { WRONG_NETWORK = 2, WRONG_PARAMETER = 3, WRONG_STATE = 4, NO_NAME = 11 };

/* ---- open ---- */

/* Some builds say the OK behind the result (C3, C8): see the variant result_first. */
void netopen_say_result(struct modem *modem, const struct link *link, const char *text)
{
    bool waits = modem->netopen.opening == link->id;

    out_line(modem, waits ? OUT_ANSWER : OUT_LATE, "%s", text);
    if (!waits)
        return;
    modem->netopen.opening = -1;
    at_finish(modem, AT_OK);
}

static void say_open_result(struct modem *modem, const struct link *link, long error)
{
    char text[48];

    snprintf(text, sizeof text, "+CIPOPEN: %d,%ld", link->id, error);
    netopen_say_result(modem, link, text);
}

void netopen_link_opened(struct modem *modem, struct link *link)
{
    say_open_result(modem, link, 0);
}

bool netopen_had_no_name(struct modem *modem, const struct link *link)
{
    bool result = (modem->netopen.no_name & 1U << link->id) != 0;

    modem->netopen.no_name &= ~(1U << link->id);
    return result;
}

void netopen_link_failed(struct modem *modem, struct link *link)
{
    long error =
        link->timed_out ? VARIANT_NUMBER(modem, TIMEOUT_ERROR) : VARIANT_NUMBER(modem, REFUSED_ERROR);

    if (netopen_had_no_name(modem, link))
        error = NO_NAME;
    link_close(link, LINK_INITIAL);
    say_open_result(modem, link, error);
}

static int refuse_open(struct modem *modem, const struct link *link, int error)
{
    out_line(modem, OUT_ANSWER, "+CIPOPEN: %d,%d", link->id, error);
    return AT_ERROR;
}

static int ask_open(struct modem *modem)
{
    char text[NETOPEN_SOCKETS * (ROUTE_IP_MAX + 48)];
    size_t used = 0;

    for (int id = 0; id < NETOPEN_SOCKETS; id++) {
        const struct link *link = &modem->links[id];

        used += (size_t)snprintf(text + used, sizeof text - used, "%s+CIPOPEN: %d", id ? "\r\n" : "", id);
        if (link->state == LINK_OPEN)
            used += (size_t)snprintf(text + used, sizeof text - used, ",\"TCP\",\"%s\",%u,-1", link->ip,
                                     link->port);
    }
    out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

/* A host that does not wait for its OK gets the result by itself. */
static int open_aborted(struct modem *modem)
{
    modem->netopen.opening = -1;
    return AT_DONE;
}

int netopen_open(struct modem *modem, struct link *link, const char *host, uint16_t port)
{
    bool result_first = VARIANT_ON(modem, RESULT_FIRST);

    modem->netopen.no_name &= ~(1U << link->id);
    if (!result_first)
        at_result(modem, AT_OK);
    if (link_open(link, host, port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", host);
        modem->netopen.no_name |= 1U << link->id;
        link_fail_later(link);
    }
    if (!result_first)
        return AT_DONE;
    modem->netopen.opening = link->id;
    at_on_abort(modem, open_aborted);
    return AT_PENDING;
}

static int start_open(struct modem *modem, struct link *link, const char *host, uint16_t port)
{
    long most_ms = VARIANT_NUMBER(modem, CONNECT_TIMEOUT_S) * 1000;

    link->timeout_ms = modem->netopen.open_ms < most_ms ? modem->netopen.open_ms : most_ms;
    link->nowhere = modem->netopen.ims && VARIANT_IS(modem, IMS, "steals");
    return netopen_open(modem, link, host, port);
}

static int run_cipopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = netopen_link(modem, call, 0);
    long port;

    if (call->kind == AT_QUERY)
        return ask_open(modem);
    if (link == NULL)
        return netopen_error(modem, NETOPEN_BAD_PARAMETER);
    if (call->argc < 4 || strcmp(call->arg[1].text, "TCP") != 0 ||
        strlen(call->arg[2].text) >= ROUTE_HOST_MAX || !at_number(call, 3, 1, 65535, &port))
        return refuse_open(modem, link, WRONG_PARAMETER);
    if (VARIANT_ON(modem, OLD_STACK) && !route_is_numeric(call->arg[2].text))
        return netopen_error(modem, NETOPEN_BAD_PARAMETER);
    if (!netopen_is_up(modem))
        return refuse_open(modem, link, WRONG_NETWORK);
    if (link->state == LINK_OPEN || link->state == LINK_CONNECTING)
        return refuse_open(modem, link, WRONG_STATE);
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    return start_open(modem, link, call->arg[2].text, (uint16_t)port);
}

/* ---- close ---- */

static int ask_close(struct modem *modem)
{
    char text[64];
    int used = 0;

    for (int id = 0; id < NETOPEN_SOCKETS; id++)
        used += snprintf(text + used, sizeof text - (size_t)used, "%s%d", id ? "," : "",
                         modem->links[id].state == LINK_OPEN);
    out_line(modem, OUT_ANSWER, "+CIPCLOSE: %s", text);
    return AT_OK;
}

static int run_cipclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = netopen_link(modem, call, 0);

    if (call->kind == AT_QUERY)
        return ask_close(modem);
    if (link == NULL)
        return netopen_error(modem, NETOPEN_BAD_PARAMETER);
    if (!modem->netopen.opened && !modem->netopen.error_texts)
        return netopen_error(modem, NETOPEN_NOT_OPENED);
    /* What died with the bearer can be closed (C7: the vendor's procedure begins with it). */
    if (link->state != LINK_OPEN && link->state != LINK_CONNECTING &&
        !(modem->netopen.lost && link->state == LINK_CLOSED)) {
        out_line(modem, OUT_ANSWER, "+CIPCLOSE: %d,%d", link->id, WRONG_STATE);
        return AT_ERROR;
    }
    link_close(link, LINK_INITIAL);
    at_result(modem, AT_OK);
    out_line(modem, OUT_LATE, "+CIPCLOSE: %d,0", link->id);
    return AT_DONE;
}

void netopen_link_closed(struct modem *modem, struct link *link)
{
    if (VARIANT_IS(modem, UNREAD_AFTER_CLOSE, "lose")) {
        link->rx_length = 0;
        link->state = LINK_CLOSED;
    }
    out_line(modem, OUT_URC, "+IPCLOSE%s %d,1", VARIANT_ON(modem, IPCLOSE_COLON) ? ":" : "", link->id);
}

/* ---- send ---- */

/* How many of them the stack confirms, -1: the connection is gone (C5). */
static long confirmed(struct modem *modem, struct link *link, size_t count)
{
    if (link->state != LINK_OPEN)
        return -1;
    if (!fault_use(modem, FAULT_SEND_FAIL))
        return link_send(link, modem->line.payload, count) ? (long)count : -1;
    if (VARIANT_IS(modem, SEND_FAILURE, "gone"))
        return -1;
    if (VARIANT_IS(modem, SEND_FAILURE, "zero"))
        return 0;
    return link_send(link, modem->line.payload, count / 2) ? (long)(count / 2) : -1;
}

static bool echoes_payload(const struct modem *modem)
{
    return modem->netopen.echo && (modem->settings.echo || !VARIANT_ON(modem, DATAECHO_ATE0));
}

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->netopen.sending];
    size_t count = modem->line.payload_length;
    long taken = confirmed(modem, link, count);

    if (echoes_payload(modem))
        out_bytes(modem, OUT_ANSWER, modem->line.payload, count);
    at_result(modem, AT_OK);
    if (modem->netopen.send_waits && taken == (long)count)
        modem->netopen.awaited = count;
    else
        out_line(modem, OUT_LATE, "+CIPSEND: %d,%zu,%ld", link->id, count, taken);
    return AT_DONE;
}

void netopen_link_sent(struct modem *modem, struct link *link)
{
    size_t count = modem->netopen.awaited;

    if (count == 0 || link->id != modem->netopen.sending)
        return;
    modem->netopen.awaited = 0;
    out_line(modem, OUT_LATE, "+CIPSEND: %d,%zu,%zu", link->id, count, count);
}

static int run_cipsend(struct modem *modem, const struct at_call *call)
{
    const struct link *link = netopen_link(modem, call, 0);
    long count;

    if (link == NULL || !at_number(call, 1, 1, NETOPEN_SEND_MAX, &count))
        return netopen_error(modem, NETOPEN_BAD_PARAMETER);
    if (link->state != LINK_OPEN) {
        out_line(modem, OUT_ANSWER, "+CIPERROR: %d", modem->netopen.opened ? WRONG_STATE : WRONG_NETWORK);
        return AT_ERROR;
    }
    modem->netopen.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

static int run_cipsendmode(struct modem *modem, const struct at_call *call)
{
    long waits;

    if (VARIANT_ON(modem, OLD_STACK) || !at_number(call, 0, 0, 1, &waits))
        return AT_ERROR;
    modem->netopen.send_waits = waits == 1;
    return AT_OK;
}

static int run_cipack(struct modem *modem, const struct at_call *call)
{
    const struct link *link = netopen_link(modem, call, 0);

    if (link == NULL || link->state != LINK_OPEN)
        return netopen_error(modem, NETOPEN_NOT_CREATED);
    out_line(modem, OUT_ANSWER, "+CIPACK: %zu,%zu,%zu", (size_t)link->sent,
             (size_t)link->sent - link_unacked(link), (size_t)link->taken);
    return AT_OK;
}

/* Only in the newer firmware of the A76xx (C5). */
static int run_cipcfg(struct modem *modem, const struct at_call *call)
{
    if (VARIANT_IS(modem, DATAECHO, "absent"))
        return AT_ERROR;
    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPCFG: \"DATAECHO\",%s", modem->netopen.echo ? "ON" : "OFF");
        return AT_OK;
    }
    if (call->argc != 2 || strcmp(call->arg[0].text, "DATAECHO") != 0 ||
        (strcmp(call->arg[1].text, "ON") != 0 && strcmp(call->arg[1].text, "OFF") != 0))
        return AT_ERROR;
    modem->netopen.echo = strcmp(call->arg[1].text, "ON") == 0;
    return AT_OK;
}

const struct at_command simcom_netopen_link_commands[] = {
    {"+CIPOPEN", run_cipopen, AT_SET | AT_QUERY, AT_NEEDS_SIM},
    {"+CIPCLOSE", run_cipclose, AT_SET | AT_QUERY, 0},
    {"+CIPSEND", run_cipsend, AT_SET, AT_NEEDS_SIM},
    {"+CIPSENDMODE", run_cipsendmode, AT_SET, 0},
    {"+CIPACK", run_cipack, AT_SET, 0},
    {"+CIPCFG", run_cipcfg, AT_SET | AT_QUERY, 0},
    {NULL, NULL, 0, 0},
};
