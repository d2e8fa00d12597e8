/*
 * Receiving (C6). With CIPRXGET=1 data wait in the modem, told only when the buffer was empty:  +CIPRXGET: 1,0
 *   AT+CIPRXGET=4,0       +CIPRXGET: 4,0,5          waiting
 *   AT+CIPRXGET=2,0,1500  +CIPRXGET: 2,0,5,0 + data  given now, left
 * With CIPRXGET=0 they are pushed:  RECV FROM:1.2.3.4:80, +IPD5 + data, or +RECEIVE,0,5: + data
 */
#include "simcom_netopen.h"

#include "at_result.h"
#include "modem.h"

#include <stdio.h>
#include <string.h>

#define READ_HEX_MAX 750

/* ---- arrival ---- */

static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    char header[128] = "";
    size_t used = 0;

    if (modem->netopen.receive_header) {
        snprintf(header, sizeof header, "\r\n+RECEIVE,%d,%zu:\r\n", link->id, count);
    } else {
        if (modem->netopen.sender)
            used = (size_t)snprintf(header, sizeof header, "\r\nRECV FROM:%s:%u", link->ip, link->port);
        if (modem->netopen.head)
            used += (size_t)snprintf(header + used, sizeof header - used, "\r\n+IPD%zu", count);
        snprintf(header + used, sizeof header - used, "\r\n");
    }
    out_bytes(modem, OUT_DATA, header, strlen(header));
    out_bytes(modem, OUT_DATA, bytes, count);
}

void netopen_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool was_empty = link->rx_length == 0;

    if (modem->settings.rxget == 0) {
        push(modem, link, bytes, count);
        return;
    }
    link_keep(link, bytes, count);
    if (was_empty)
        out_line(modem, OUT_URC, "+CIPRXGET: 1,%d", link->id);
}

/* ---- reading ---- */

void netopen_taken(struct link *link, size_t count)
{
    link_taken(link, count);
    if (link->rx_length == 0 && link->state == LINK_REMOTE_CLOSING)
        link->state = LINK_CLOSED;
}

static int give(struct modem *modem, struct link *link, size_t wanted)
{
    uint8_t text[NETOPEN_SEND_MAX + 64];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 60, "\r\n+CIPRXGET: 2,%d,%zu,%zu\r\n", link->id, count,
                                   link->rx_length - count);

    memcpy(text + used, link->rx, count);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used + count);
    netopen_taken(link, count);
    return AT_OK;
}

static int give_digits(struct modem *modem, struct link *link, size_t wanted)
{
    char text[2 * READ_HEX_MAX + 64];
    size_t count = wanted < link->rx_length ? wanted : link->rx_length;
    size_t used = (size_t)snprintf(text, 60, "\r\n+CIPRXGET: 3,%d,%zu,%zu\r\n", link->id, count,
                                   link->rx_length - count);

    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%02X", link->rx[i]);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    netopen_taken(link, count);
    return AT_OK;
}

/* What waits when the host turns buffering off comes out as it is. */
static int set_mode(struct modem *modem, bool buffered)
{
    at_result(modem, AT_OK);
    modem->settings.rxget = buffered;
    for (int id = 0; id < NETOPEN_SOCKETS && !buffered; id++) {
        struct link *link = &modem->links[id];

        if (link->rx_length == 0)
            continue;
        out_bytes(modem, OUT_DATA, link->rx, link->rx_length);
        netopen_taken(link, link->rx_length);
    }
    links_resume(modem);
    return AT_DONE;
}

static int run_ciprxget(struct modem *modem, const struct at_call *call)
{
    struct link *link = netopen_link(modem, call, 1);
    long mode, most, wanted;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPRXGET: %d", modem->settings.rxget);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 4, &mode))
        return AT_ERROR;
    if (mode <= 1)
        return set_mode(modem, mode == 1);
    most = wanted = mode == 3 ? READ_HEX_MAX : NETOPEN_SEND_MAX;
    if (link == NULL || modem->settings.rxget == 0 ||
        (call->argc > 2 && !at_number(call, 2, 1, most, &wanted)))
        return AT_ERROR;
    if (mode == 4) {
        out_line(modem, OUT_ANSWER, "+CIPRXGET: 4,%d,%zu", link->id, link->rx_length);
        return AT_OK;
    }
    if (link->rx_length == 0)
        return netopen_error(modem, link->state == LINK_OPEN ? NETOPEN_NO_DATA : NETOPEN_NO_CLIENT);
    return mode == 3 ? give_digits(modem, link, (size_t)wanted) : give(modem, link, (size_t)wanted);
}

static int set_flag(const struct at_call *call, bool *flag)
{
    long value;

    if (!at_number(call, 0, 0, 1, &value))
        return AT_ERROR;
    *flag = value == 1;
    return AT_OK;
}

static int run_ciphead(struct modem *modem, const struct at_call *call)
{
    return set_flag(call, &modem->netopen.head);
}

static int run_cipsrip(struct modem *modem, const struct at_call *call)
{
    return set_flag(call, &modem->netopen.sender);
}

const struct at_command simcom_netopen_read_commands[] = {
    {"+CIPRXGET", run_ciprxget, AT_SET | AT_QUERY, 0},
    {"+CIPHEAD", run_ciphead, AT_SET, 0},
    {"+CIPSRIP", run_cipsrip, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
