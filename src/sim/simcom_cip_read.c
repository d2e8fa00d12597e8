/*
 * Receiving (A6). With CIPRXGET=1 data wait in the modem:  +CIPRXGET: 1,0
 *   AT+CIPRXGET=4,0       +CIPRXGET: 4,0,5          waiting
 *   AT+CIPRXGET=2,0,1024  +CIPRXGET: 2,0,5,0 + data  given now, left
 * With CIPRXGET=0 they are pushed:  +RECEIVE,0,5: + data
 */
#include "at_result.h"
#include "modem.h"
#include "simcom_cip.h"

#include <stdio.h>
#include <string.h>

#define READ_MAX     1460
#define READ_HEX_MAX 730
/* Data that follow each other this closely are one burst, and one line. */
#define BURST_MS 100

/* ---- arrival ---- */

static void say_arrival(struct modem *modem, const struct link *link)
{
    if (modem->settings.mux == 1)
        out_line(modem, OUT_URC, "+CIPRXGET: 1,%d", link->id);
    else
        out_line(modem, OUT_URC, "+CIPRXGET: 1");
}

static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    char header[48] = "";

    if (modem->settings.mux == 1)
        snprintf(header, sizeof header, "\r\n+RECEIVE,%d,%zu:\r\n", link->id, count);
    else if (modem->settings.head == 1)
        snprintf(header, sizeof header, "\r\n+IPD,%zu:", count);
    out_bytes(modem, OUT_DATA, header, strlen(header));
    out_bytes(modem, OUT_DATA, bytes, count);
}

void simcom_cip_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    uint64_t now = uv_now(modem->loop);
    bool new_burst = now - link->data_at_ms >= BURST_MS;

    if (modem->settings.rxget == 0) {
        push(modem, link, bytes, count);
        return;
    }
    link_keep(link, bytes, count);
    link->data_at_ms = now;
    if (link->notified && !new_burst)
        return;
    link->notified = true;
    say_arrival(modem, link);
}

/* ---- reading ---- */

static void taken(struct link *link, size_t count)
{
    link->notified = false;
    link_taken(link, count);
    if (link->rx_length == 0 && link->state == LINK_REMOTE_CLOSING)
        link->state = LINK_CLOSED;
}

void simcom_cip_say_extra(struct modem *modem, const struct link *link)
{
    for (long i = VARIANT_NUMBER(modem, EXTRA_RXGET_URC); i > 0; i--)
        say_arrival(modem, link);
}

/* "2,0,5,0" or, in single mode, "2,5,0". */
static int header(const struct modem *modem, const struct link *link, int mode, char *out, size_t room)
{
    const char *blank = VARIANT_ON(modem, RXGET_SPACE) ? " " : "";

    if (modem->settings.mux == 1)
        return snprintf(out, room, "+CIPRXGET: %d,%s%d,", mode, blank, link->id);
    return snprintf(out, room, "+CIPRXGET: %d,%s", mode, blank);
}

static size_t put_bytes(uint8_t *out, const uint8_t *bytes, size_t count, bool hex)
{
    static const char digits[] = "0123456789ABCDEF";

    if (!hex) {
        memcpy(out, bytes, count);
        return count;
    }
    for (size_t i = 0; i < count; i++) {
        out[2 * i] = (uint8_t)digits[bytes[i] >> 4];
        out[2 * i + 1] = (uint8_t)digits[bytes[i] & 15];
    }
    return 2 * count;
}

/* Header and data leave as one piece: nothing may come between them. */
static int give(struct modem *modem, struct link *link, int mode, size_t count)
{
    uint8_t text[2 * READ_MAX + 64] = "\r\n";
    size_t used = 2;

    used += (size_t)header(modem, link, mode, (char *)text + used, 40);
    used += (size_t)snprintf((char *)text + used, 20, "%zu,%zu\r\n", count, link->rx_length - count);
    used += put_bytes(text + used, link->rx, count, mode == 3);
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used);
    taken(link, count);
    return AT_OK;
}

static int read_data(struct modem *modem, const struct at_call *call, int mode)
{
    int index;
    struct link *link = simcom_cip_link(modem, call, 1, &index);
    long wanted;

    if (link == NULL || !at_number(call, index, 1, mode == 3 ? READ_HEX_MAX : READ_MAX, &wanted))
        return AT_ERROR;
    if (link->rx_length == 0 && (link->state != LINK_OPEN || VARIANT_IS(modem, EMPTY_READ, "error")))
        return simcom_cip_wrong_state(modem);
    simcom_cip_say_extra(modem, link);
    return give(modem, link, mode, (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length);
}

static int count_data(struct modem *modem, const struct at_call *call)
{
    char text[40];
    int index;
    struct link *link = simcom_cip_link(modem, call, 1, &index);

    if (link == NULL)
        return AT_ERROR;
    if (link->state == LINK_INITIAL)
        return simcom_cip_wrong_state(modem);
    simcom_cip_say_extra(modem, link);
    header(modem, link, 4, text, sizeof text);
    out_line(modem, OUT_ANSWER, "%s%zu", text, link->rx_length);
    return AT_OK;
}

static int choose_mode(struct modem *modem, long mode)
{
    if (links_count(modem, LINK_OPEN) + links_count(modem, LINK_CONNECTING) > 0)
        return simcom_cip_wrong_state(modem);
    modem->settings.rxget = (int)mode;
    return AT_OK;
}

static int run_ciprxget(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPRXGET: %d", modem->settings.rxget);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 4, &mode))
        return AT_ERROR;
    if (mode <= 1)
        return choose_mode(modem, mode);
    if (modem->settings.rxget == 0)
        return simcom_cip_wrong_state(modem);
    return mode == 4 ? count_data(modem, call) : read_data(modem, call, (int)mode);
}

const struct at_command simcom_cip_read_commands[] = {
    {"+CIPRXGET", run_ciprxget, AT_QUERY | AT_SET, AT_NEEDS_SIM},
    {NULL, NULL, 0, 0},
};
