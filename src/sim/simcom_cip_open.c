/*
 * Opening and closing (A4, A8). The host chooses the link; OK comes at once and the result later:
 *   AT+CIPSTART=0,"TCP","blynk.cloud",80 / OK ... 0, CONNECT OK   or 0, CONNECT FAIL
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "simcom_cip.h"

#include <stdio.h>
#include <string.h>

const char *simcom_cip_prefix(const struct modem *modem, const struct link *link)
{
    static const char *const spaced[] = {"0, ", "1, ", "2, ", "3, ", "4, ", "5, ", "6, ", "7, "};
    static const char *const plain[] = {"0,", "1,", "2,", "3,", "4,", "5,", "6,", "7,"};

    if (modem->settings.mux == 0)
        return "";
    return VARIANT_ON(modem, CONNECT_SPACE) ? spaced[link->id] : plain[link->id];
}

struct link *simcom_cip_link(struct modem *modem, const struct at_call *call, int index, int *next)
{
    long id = 0;

    *next = index;
    if (modem->settings.mux == 0)
        return &modem->links[0];
    *next = index + 1;
    if (!at_number(call, index, 0, modem->profile->links - 1, &id))
        return NULL;
    return &modem->links[id];
}

/* ---- results ---- */

/* Only TLS 1.0 (A9): the handshake fails with every server of today, and the modem says CLOSE OK. */
void simcom_cip_link_opened(struct modem *modem, struct link *link)
{
    if (modem->settings.ssl == 1) {
        link_close(link, LINK_CLOSED);
        out_line(modem, OUT_LATE, "%sCLOSE OK", simcom_cip_prefix(modem, link));
        return;
    }
    out_line(modem, OUT_LATE, "%sCONNECT OK", simcom_cip_prefix(modem, link));
}

void simcom_cip_link_failed(struct modem *modem, struct link *link)
{
    link_close(link, LINK_CLOSED);
    if (modem->settings.mux == 0)
        out_line(modem, OUT_LATE, "STATE: TCP CLOSED");
    out_line(modem, OUT_LATE, "%sCONNECT FAIL", simcom_cip_prefix(modem, link));
}

void simcom_cip_link_closed(struct modem *modem, struct link *link)
{
    if (VARIANT_IS(modem, UNREAD_AFTER_CLOSE, "lose")) {
        link->rx_length = 0;
        link->state = LINK_CLOSED;
    }
    if (modem->cip.ack_due && modem->cip.sending == link->id) {
        modem->cip.ack_due = false;
        out_line(modem, OUT_ANSWER, "%sSEND FAIL", simcom_cip_prefix(modem, link));
        at_finish(modem, AT_DONE);
    }
    out_line(modem, OUT_URC, "%sCLOSED", simcom_cip_prefix(modem, link));
}

/* ---- CIPSTART ---- */

static bool arguments_fit(const struct at_call *call, int first, long *port)
{
    return call->argc == first + 3 && strcmp(call->arg[first].text, "TCP") == 0 &&
           call->arg[first + 1].text[0] != '\0' && strlen(call->arg[first + 1].text) < ROUTE_HOST_MAX &&
           at_number(call, first + 2, 1, 65535, port);
}

static int run_cipstart(struct modem *modem, const struct at_call *call)
{
    int first;
    struct link *link = simcom_cip_link(modem, call, 0, &first);
    long port;

    if (link == NULL || !arguments_fit(call, first, &port) || modem->cip.state != IP_STATUS)
        return simcom_cip_wrong_state(modem);
    if (link->state != LINK_INITIAL && link->state != LINK_CLOSED) {
        out_line(modem, OUT_ANSWER, "%sALREADY CONNECT", simcom_cip_prefix(modem, link));
        return AT_DONE;
    }
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    if (link_open(link, call->arg[first + 1].text, (uint16_t)port) == LINK_NO_NAME) {
        print_event("--", "'%s' does not resolve", call->arg[first + 1].text);
        link_fail_later(link);
    }
    return AT_DONE;
}

static int run_cipclose(struct modem *modem, const struct at_call *call)
{
    int next;
    struct link *link = simcom_cip_link(modem, call, 0, &next);

    if (link == NULL || link->state == LINK_INITIAL || link->state == LINK_CLOSED)
        return simcom_cip_wrong_state(modem);
    link_close(link, LINK_CLOSED);
    out_line(modem, OUT_ANSWER, "%sCLOSE OK", simcom_cip_prefix(modem, link));
    return AT_DONE;
}

/* ---- settings ---- */

static bool has_links(const struct modem *modem)
{
    return links_count(modem, LINK_OPEN) + links_count(modem, LINK_CONNECTING) > 0;
}

static int setting(struct modem *modem, const struct at_call *call, const char *name, int *value,
                   bool allowed)
{
    long number;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "%s: %d", name, *value);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &number))
        return AT_ERROR;
    if (!allowed)
        return simcom_cip_wrong_state(modem);
    *value = (int)number;
    return AT_OK;
}

static int run_cipmux(struct modem *modem, const struct at_call *call)
{
    return setting(modem, call, "+CIPMUX", &modem->settings.mux, modem->cip.state == IP_INITIAL);
}

static int run_cipqsend(struct modem *modem, const struct at_call *call)
{
    return setting(modem, call, "+CIPQSEND", &modem->settings.quick_send, true);
}

static int run_ciphead(struct modem *modem, const struct at_call *call)
{
    return setting(modem, call, "+CIPHEAD", &modem->settings.head, true);
}

static int run_cipssl(struct modem *modem, const struct at_call *call)
{
    if (VARIANT_IS(modem, CIPSSL, "absent"))
        return AT_ERROR;
    if (call->kind == AT_TEST) {
        out_line(modem, OUT_ANSWER, "+CIPSSL: (0,1)");
        return AT_OK;
    }
    return setting(modem, call, "+CIPSSL", &modem->settings.ssl, !has_links(modem));
}

/* Transparent mode is not simulated: the firmware "refuses" it. */
static int run_cipmode(struct modem *modem, const struct at_call *call)
{
    if (call->kind == AT_QUERY)
        out_line(modem, OUT_ANSWER, "+CIPMODE: 0");
    else if (strcmp(call->raw, "0") != 0)
        return AT_ERROR;
    return AT_OK;
}

static int run_accept(struct modem *modem, const struct at_call *call)
{
    (void)modem;
    (void)call;
    return AT_OK;
}

const struct at_command simcom_cip_open_commands[] = {
    {"+CIPSTART", run_cipstart, AT_SET, AT_NEEDS_SIM},
    {"+CIPCLOSE", run_cipclose, AT_SET | AT_EXEC, 0},
    {"+CIPMUX", run_cipmux, AT_QUERY | AT_SET, 0},
    {"+CIPQSEND", run_cipqsend, AT_QUERY | AT_SET, 0},
    {"+CIPHEAD", run_ciphead, AT_QUERY | AT_SET, 0},
    {"+CIPSSL", run_cipssl, AT_QUERY | AT_SET | AT_TEST, 0},
    {"+CIPMODE", run_cipmode, AT_QUERY | AT_SET, 0},
    {"+CIPTKA", run_accept, AT_SET, 0},
    {"+CIPDPDP", run_accept, AT_SET, 0},
    {"+CDNSORIP", run_accept, AT_SET, 0},
    {"+SSLOPT", run_accept, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
