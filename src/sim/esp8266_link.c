/*
 * Opening, status, closing (4.4). The host chooses the link:
 *   AT+CIPSTART=0,"TCP","blynk.cloud",80    0,CONNECT / OK      or DNS Fail / ERROR / 0,CLOSED
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define PORT_MAX   65535
#define LOCAL_PORT 53963 /* of link 0, as in the sheet's example */
#define ALL_LINKS  5     /* AT+CIPCLOSE=5 */

const char *esp8266_prefix(const struct modem *modem, const struct link *link, char out[8])
{
    if (modem->settings.mux == 1)
        snprintf(out, 8, "%d,", link->id % 10);
    else
        out[0] = '\0';
    return out;
}

struct link *esp8266_take_link(struct modem *modem, const struct at_call *call, int *index)
{
    long id = 0;

    if (modem->settings.mux == 1 && !at_number(call, (*index)++, 0, modem->profile->links - 1, &id))
        return NULL;
    return &modem->links[id];
}

static bool is_busy(const struct link *link)
{
    return link->state == LINK_OPEN || link->state == LINK_CONNECTING;
}

/* ---- how an opening ends ---- */

static void say_state(struct modem *modem, const struct link *link, int kind, const char *word)
{
    char prefix[8];

    esp8266_say(modem, kind, "%s%s", esp8266_prefix(modem, link, prefix), word);
}

void esp8266_say_closed(struct modem *modem, const struct link *link)
{
    say_state(modem, link, OUT_URC, "CLOSED");
}

void esp8266_link_opened(struct modem *modem, struct link *link)
{
    modem->cip.opening = -1;
    modem->esp8266.had_link = true;
    say_state(modem, link, OUT_ANSWER, "CONNECT");
    at_finish(modem, AT_OK);
}

/* CLOSED of a connection that never was comes behind the final result (4.4, 4.6). */
static int failed_with_closed(struct modem *modem, const struct link *link)
{
    at_result(modem, AT_ERROR);
    say_state(modem, link, OUT_LATE, "CLOSED");
    return AT_DONE;
}

void esp8266_link_failed(struct modem *modem, struct link *link)
{
    int status = AT_ERROR;

    link_close(link, LINK_CLOSED);
    modem->cip.opening = -1;
    if (VARIANT_IS(modem, ESP_OPEN_FAILURE, "error_closed"))
        status = failed_with_closed(modem, link);
    else if (!VARIANT_IS(modem, ESP_OPEN_FAILURE, "error"))
        say_state(modem, link, OUT_ANSWER, "CONNECT FAIL");
    if (VARIANT_IS(modem, ESP_OPEN_FAILURE, "connect_fail"))
        status = AT_DONE;
    at_finish(modem, status);
}

static int name_failed(struct modem *modem, const struct link *link, const char *host)
{
    modem->cip.opening = -1;
    print_event("--", "'%s' does not resolve", host);
    esp8266_say(modem, OUT_ANSWER, "DNS Fail");
    return VARIANT_ON(modem, DNS_FAIL_CLOSED) ? failed_with_closed(modem, link) : AT_ERROR;
}

/* ---- CIPSTART ---- */

static int wrong_link_type(struct modem *modem)
{
    if (VARIANT_IS(modem, LINK_TYPE, "error"))
        return AT_ERROR;
    esp8266_say(modem, OUT_ANSWER, "Link type ERROR");
    return VARIANT_IS(modem, LINK_TYPE, "both") ? AT_ERROR : AT_DONE;
}

static int start(struct modem *modem, struct link *link, const char *host, uint16_t port)
{
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    modem->cip.opening = link->id;
    return link_open(link, host, port) == LINK_STARTED ? AT_PENDING : name_failed(modem, link, host);
}

static int no_address(struct modem *modem)
{
    if (!esp8266_is_at2(modem))
        esp8266_say(modem, OUT_ANSWER, "no ip");
    return AT_ERROR;
}

static int run_cipstart(struct modem *modem, const struct at_call *call)
{
    bool multiplexed = modem->settings.mux == 1;
    int index = 0;
    struct link *link;
    long port, keepalive;

    if (call->arg[0].quoted == multiplexed)
        return wrong_link_type(modem);
    link = esp8266_take_link(modem, call, &index);
    if (link == NULL || call->argc < index + 3 || call->argc > index + 4 ||
        strcmp(call->arg[index].text, "TCP") != 0 || !call->arg[index + 1].quoted ||
        call->arg[index + 1].text[0] == '\0' || call->arg[index + 2].quoted ||
        !at_number(call, index + 2, 1, PORT_MAX, &port) ||
        (call->argc == index + 4 && !at_number(call, index + 3, 0, 7200, &keepalive)))
        return AT_ERROR;
    if (!modem->network.bearer_up)
        return no_address(modem);
    if (is_busy(link)) {
        esp8266_say(modem, OUT_ANSWER, "ALREADY CONNECTED");
        return AT_ERROR;
    }
    return start(modem, link, call->arg[index + 1].text, (uint16_t)port);
}

static int run_cipmux(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+CIPMUX:%d", modem->settings.mux);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &mode))
        return AT_ERROR;
    if (links_count(modem, LINK_OPEN) + links_count(modem, LINK_CONNECTING) > 0)
        return AT_ERROR;
    modem->settings.mux = (int)mode;
    return AT_OK;
}

/* ---- closing ---- */

void esp8266_link_closed(struct modem *modem, struct link *link)
{
    bool sending = modem->cip.ack_due && modem->cip.sending == link->id;

    if (!esp8266_is_at2(modem) || link->state != LINK_REMOTE_CLOSING)
        esp8266_say_closed(modem, link);
    if (!sending)
        return;
    modem->cip.ack_due = modem->esp8266.ack_timed = false;
    out_line(modem, OUT_ANSWER, "SEND FAIL");
    at_finish(modem, AT_DONE);
}

static int nothing_to_close(struct modem *modem)
{
    if (VARIANT_IS(modem, CLOSE_NONE, "unlink")) {
        esp8266_say(modem, OUT_ANSWER, "UNLINK");
        return AT_DONE;
    }
    if (VARIANT_IS(modem, CLOSE_NONE, "link_is_not")) {
        esp8266_say(modem, OUT_ANSWER, "link is not");
        return AT_DONE;
    }
    return AT_ERROR;
}

static void close_one(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    say_state(modem, link, OUT_ANSWER, "CLOSED");
}

static int run_cipclose(struct modem *modem, const struct at_call *call)
{
    bool multiplexed = modem->settings.mux == 1;
    long id = 0;
    int closed = 0;

    if ((call->kind == AT_SET) != multiplexed || (multiplexed && !at_number(call, 0, 0, ALL_LINKS, &id)))
        return AT_ERROR;
    for (int i = 0; i < modem->profile->links; i++) {
        if ((id != ALL_LINKS && i != id) || !is_busy(&modem->links[i]))
            continue;
        close_one(modem, &modem->links[i]);
        closed++;
    }
    return closed > 0 ? AT_OK : nothing_to_close(modem);
}

/* ---- status ---- */

static void say_rows(struct modem *modem, const char *name)
{
    for (int id = 0; id < modem->profile->links; id++) {
        const struct link *link = &modem->links[id];

        if (link->state == LINK_OPEN)
            esp8266_say(modem, OUT_ANSWER, "%s:%d,\"TCP\",\"%s\",%u,%d,0", name, id, link->ip,
                        (unsigned)link->port, LOCAL_PORT + id);
    }
}

/* ESP-AT tells whether it has been sent to an access point at all. */
static int status_number(const struct modem *modem)
{
    if (!modem->network.bearer_up)
        return esp8266_is_at2(modem) && modem->esp8266.wanted.ssid[0] == '\0' ? 1 : 5;
    if (links_count(modem, LINK_OPEN) > 0)
        return 3;
    return modem->esp8266.had_link ? 4 : 2;
}

static int run_cipstatus(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (esp8266_is_at2(modem) && VARIANT_IS(modem, ESP_STATUS, "cipstate"))
        return at_unknown(modem);
    esp8266_say(modem, OUT_ANSWER, "STATUS:%d", status_number(modem));
    say_rows(modem, "+CIPSTATUS");
    return AT_OK;
}

static int run_cipstate(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!esp8266_is_at2(modem) || VARIANT_IS(modem, ESP_STATUS, "cipstatus"))
        return at_unknown(modem);
    say_rows(modem, "+CIPSTATE");
    return AT_OK;
}

const struct at_command esp8266_link_commands[] = {
    {"+CIPMUX", run_cipmux, AT_QUERY | AT_SET, 0},    {"+CIPSTART", run_cipstart, AT_SET, 0},
    {"+CIPCLOSE", run_cipclose, AT_EXEC | AT_SET, 0}, {"+CIPSTATUS", run_cipstatus, AT_EXEC, 0},
    {"+CIPSTATE", run_cipstate, AT_QUERY, 0},         {NULL, NULL, 0, 0},
};
