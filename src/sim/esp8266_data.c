/*
 * Sending and receiving (4.4).
 *   AT+CIPSEND=0,32   OK and "> " (ESP-AT: an empty line and ">"), 32 bytes, Recv 32 bytes, SEND OK
 *   +IPD,0,5:data                 pushed
 *   +IPD,0,5                      waiting (CIPRECVMODE=1); AT+CIPRECVDATA=0,64 reads:
 *   +CIPRECVDATA,5:data           Non-OS AT 1.7, against its own manual
 *   +CIPRECVDATA:5,data           ESP-AT
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

#define PIECE_MAX 2920

/* ---- sending ---- */

static int acknowledge(struct modem *modem)
{
    out_line(modem, OUT_ANSWER, "SEND OK");
    return AT_DONE;
}

void esp8266_link_sent(struct modem *modem, struct link *link)
{
    if (!modem->cip.ack_due || modem->esp8266.ack_timed || modem->cip.sending != link->id)
        return;
    modem->cip.ack_due = false;
    at_finish(modem, acknowledge(modem));
}

static int acknowledge_late(struct modem *modem)
{
    modem->cip.ack_due = modem->esp8266.ack_timed = false;
    return acknowledge(modem);
}

/* Received data and other lines may come in between (4.4); a close makes it SEND FAIL. */
static int acknowledge_in(struct modem *modem, long ms)
{
    modem->cip.ack_due = modem->esp8266.ack_timed = true;
    return at_later(modem, ms, acknowledge_late);
}

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->cip.sending];
    size_t count = modem->line.payload_length;

    out_line(modem, OUT_ANSWER, "Recv %zu bytes", count);
    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL)) {
        out_line(modem, OUT_ANSWER, "SEND FAIL");
        return AT_DONE;
    }
    link_send(link, modem->line.payload, count);
    if (link_send_room(link) > 0)
        return acknowledge_in(modem, VARIANT_NUMBER(modem, SEND_OK_MS));
    print_event("--", "the stack is full: no acknowledgement yet");
    modem->cip.ack_due = true;
    return AT_PENDING;
}

static int not_connected(struct modem *modem)
{
    if (!esp8266_is_at2(modem) && VARIANT_ON(modem, NO_LINK))
        esp8266_say(modem, OUT_ANSWER, "link is not valid");
    return AT_ERROR;
}

static int run_cipsend(struct modem *modem, const struct at_call *call)
{
    int index = 0;
    struct link *link = esp8266_take_link(modem, call, &index);
    long count;

    if (link == NULL || call->argc != index + 1 ||
        !at_number(call, index, 1, (long)modem->profile->send_max, &count))
        return AT_ERROR;
    if (link->state != LINK_OPEN)
        return not_connected(modem);
    modem->cip.sending = link->id;
    modem->cip.ack_due = modem->esp8266.ack_timed = false;
    at_result(modem, AT_OK);
    return at_prompt(modem, (size_t)count, payload_complete);
}

/* ---- receiving: pushed ---- */

static size_t header(const struct modem *modem, const struct link *link, size_t count, char out[96])
{
    char prefix[8];
    int used = snprintf(out, 96, "\r\n+IPD,%s%zu", esp8266_prefix(modem, link, prefix), count);

    if (modem->esp8266.info == 1)
        used += snprintf(out + used, 96 - (size_t)used, ",%s%s%s,%u", esp8266_is_at2(modem) ? "\"" : "",
                         link->ip, esp8266_is_at2(modem) ? "\"" : "", (unsigned)link->port);
    return (size_t)used;
}

static void push(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    uint8_t text[PIECE_MAX + 97];
    size_t used;

    out_storm(modem, false);
    used = header(modem, link, count, (char *)text);
    text[used++] = ':';
    memcpy(text + used, bytes, count);
    out_bytes(modem, OUT_DATA, text, used + count);
    out_storm(modem, true);
}

static void push_all(struct modem *modem, const struct link *link, const uint8_t *bytes, size_t count)
{
    size_t most = (size_t)VARIANT_NUMBER(modem, CHUNK_MAX);

    if (most == 0 || most > PIECE_MAX)
        most = PIECE_MAX;
    while (count > 0) {
        size_t piece = count < most ? count : most;

        push(modem, link, bytes, piece);
        bytes += piece;
        count -= piece;
    }
}

/* ---- receiving: waiting ---- */

/* No second +IPD before the first has been read. */
static void say_waiting(struct modem *modem, struct link *link)
{
    char text[96];
    size_t used = header(modem, link, link->rx_length, text);

    if (link->notified)
        return;
    link->notified = true;
    snprintf(text + used, sizeof text - used, "\r\n");
    out_storm(modem, false);
    out_bytes(modem, OUT_URC, text, strlen(text));
}

void esp8266_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    if (modem->settings.rxget == 0) {
        push_all(modem, link, bytes, count);
        return;
    }
    link_keep(link, bytes, count);
    say_waiting(modem, link);
}

static void taken(struct link *link, size_t count)
{
    link->notified = false;
    link_taken(link, count);
}

static bool colon_first(const struct modem *modem)
{
    if (VARIANT_IS(modem, RECVDATA_FORM, "auto"))
        return esp8266_is_at2(modem);
    return VARIANT_IS(modem, RECVDATA_FORM, "colon");
}

/* ESP-AT tells of the peer's close only when all has been read. */
static int give(struct modem *modem, struct link *link, size_t count)
{
    uint8_t text[LINK_RX_BYTES + 48];
    size_t used = (size_t)snprintf((char *)text, 48,
                                   colon_first(modem) ? "+CIPRECVDATA:%zu," : "+CIPRECVDATA,%zu:", count);

    out_storm(modem, false);
    memcpy(text + used, link->rx, count);
    out_bytes(modem, OUT_ANSWER, text, used + count);
    taken(link, count);
    if (link->state != LINK_REMOTE_CLOSING || link->rx_length > 0)
        return AT_OK;
    link->state = LINK_CLOSED;
    if (!esp8266_is_at2(modem))
        return AT_OK;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    esp8266_say_closed(modem, link);
    return AT_DONE;
}

static bool knows_recv_mode(const struct modem *modem)
{
    return VARIANT_IS(modem, RECV_MODE, "present");
}

static int run_ciprecvdata(struct modem *modem, const struct at_call *call)
{
    int index = 0;
    struct link *link = esp8266_take_link(modem, call, &index);
    long wanted;

    if (!knows_recv_mode(modem))
        return at_unknown(modem);
    if (link == NULL || modem->settings.rxget == 0 || call->argc != index + 1 ||
        !at_number(call, index, 1, 1 << 20, &wanted))
        return AT_ERROR;
    if (link->rx_length == 0 && (link->state != LINK_OPEN || VARIANT_IS(modem, EMPTY_READ, "error")))
        return AT_ERROR;
    return give(modem, link, (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length);
}

static int run_ciprecvmode(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (!knows_recv_mode(modem))
        return at_unknown(modem);
    if (call->kind == AT_QUERY) {
        esp8266_say(modem, OUT_ANSWER, "+CIPRECVMODE:%d", modem->settings.rxget);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &mode))
        return AT_ERROR;
    modem->settings.rxget = (int)mode;
    links_resume(modem);
    return AT_OK;
}

static const char *not_open_text(const struct modem *modem)
{
    if (VARIANT_IS(modem, RECVLEN_FORM, "auto"))
        return esp8266_is_at2(modem) ? "-1" : "0";
    if (VARIANT_IS(modem, RECVLEN_FORM, "minus"))
        return "-1";
    return VARIANT_IS(modem, RECVLEN_FORM, "zero") ? "0" : "";
}

/* Where nothing stands for a closed link, a comma follows each field, the last one too: 100,,,,, (4.4). */
static int run_ciprecvlen(struct modem *modem, const struct at_call *call)
{
    const char *after = VARIANT_IS(modem, RECVLEN_FORM, "empty") ? "," : "";
    int links = modem->settings.mux == 1 ? modem->profile->links : 1;
    char text[96];
    int used = 0;

    (void)call;
    if (!knows_recv_mode(modem))
        return at_unknown(modem);
    for (int id = 0; id < links; id++) {
        const struct link *link = &modem->links[id];
        const char *comma = id > 0 ? "," : "";
        bool alive = link->state == LINK_OPEN || link->rx_length > 0;

        if (alive)
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%zu", comma, link->rx_length);
        else
            used += snprintf(text + used, sizeof text - (size_t)used, "%s%s", comma, not_open_text(modem));
    }
    esp8266_say(modem, OUT_ANSWER, "+CIPRECVLEN:%s%s", text, after);
    return AT_OK;
}

/* The transparent mode is not there; whoever makes sure that it is off gets its OK. */
static int run_cipmode(struct modem *modem, const struct at_call *call)
{
    long mode;

    if (call->kind == AT_QUERY)
        esp8266_say(modem, OUT_ANSWER, "+CIPMODE:0");
    else if (!at_number(call, 0, 0, 0, &mode))
        return AT_ERROR;
    return AT_OK;
}

static int run_cipdinfo(struct modem *modem, const struct at_call *call)
{
    long on;

    if (!at_number(call, 0, 0, 1, &on))
        return AT_ERROR;
    modem->esp8266.info = (int)on;
    return AT_OK;
}

const struct at_command esp8266_data_commands[] = {
    {"+CIPSEND", run_cipsend, AT_SET, 0},
    {"+CIPMODE", run_cipmode, AT_QUERY | AT_SET, 0},
    {"+CIPDINFO", run_cipdinfo, AT_SET, 0},
    {"+CIPRECVMODE", run_ciprecvmode, AT_QUERY | AT_SET, 0},
    {"+CIPRECVDATA", run_ciprecvdata, AT_SET, 0},
    {"+CIPRECVLEN", run_ciprecvlen, AT_QUERY, 0},
    {NULL, NULL, 0, 0},
};
