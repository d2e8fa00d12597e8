/*
 * Sending and receiving (part 2C).
 *   AT+USOWR=0,32      @, 32 bytes, +USOWR: 0,32
 *   +UUSORD: 0,5       AT+USORD=0,1024    +USORD: 0,5,"data"
 */
#include "at_generic.h"
#include "at_result.h"
#include "modem.h"
#include "ublox.h"

#include <stdio.h>
#include <string.h>

#define ERROR_QUEUE_FULL 11
#define ERROR_NO_PEER    107

/* ---- sending ---- */

static int payload_complete(struct modem *modem)
{
    struct link *link = &modem->links[modem->ublox.sending];
    size_t count = modem->line.payload_length;
    size_t most = (size_t)VARIANT_NUMBER(modem, ACCEPT_PARTIAL);

    if (link->state != LINK_OPEN || fault_use(modem, FAULT_SEND_FAIL))
        return ublox_failure(modem, ERROR_NO_PEER);
    if (link_send_room(link) < count)
        return ublox_failure(modem, ERROR_QUEUE_FULL);
    if (most > 0 && most < count)
        count = most;
    if (!link_send(link, modem->line.payload, count))
        return ublox_failure(modem, ERROR_NO_PEER);
    out_line(modem, OUT_ANSWER, "+USOWR: %d,%zu", link->id, count);
    return AT_OK;
}

static int run_usowr(struct modem *modem, const struct at_call *call)
{
    const struct link *link = ublox_socket(modem, call, 0);
    long count;

    if (link == NULL || link->state != LINK_OPEN || call->argc != 2 ||
        !at_number(call, 1, 1, UBLOX_SEND_MAX, &count))
        return 3;
    modem->ublox.sending = link->id;
    return at_prompt(modem, (size_t)count, payload_complete);
}

/* ---- receiving ---- */

static void say_waiting(struct modem *modem, const struct link *link)
{
    out_line(modem, OUT_URC, "+UUSORD: %d,%zu", link->id, link->rx_length);
}

void ublox_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool was_empty = link->rx_length == 0;

    link_keep(link, bytes, count);
    if (was_empty || VARIANT_IS(modem, UUSORD, "each"))
        say_waiting(modem, link);
}

static int nothing_there(struct modem *modem, const struct link *link)
{
    if (VARIANT_IS(modem, USORD_EMPTY, "zero"))
        out_line(modem, OUT_ANSWER, "+USORD: %d,0", link->id);
    else if (VARIANT_IS(modem, USORD_EMPTY, "quotes"))
        out_line(modem, OUT_ANSWER, "+USORD: %d,0,\"\"", link->id);
    else
        out_line(modem, OUT_ANSWER, "+USORD: %d,\"\"", link->id);
    return AT_OK;
}

/* What is left is told of once more; a close that had to wait for the reading, too. */
static int was_read(struct modem *modem, struct link *link)
{
    bool closed = link->state == LINK_REMOTE_CLOSING && link->rx_length == 0;
    bool rest = link->rx_length > 0 && VARIANT_IS(modem, UUSORD, "rest");

    if (!closed && !rest)
        return AT_OK;
    at_result(modem, AT_OK);
    out_print_answer(modem);
    if (rest)
        say_waiting(modem, link);
    else
        ublox_release(modem, link);
    return AT_DONE;
}

static int run_usord(struct modem *modem, const struct at_call *call)
{
    struct link *link = ublox_socket(modem, call, 0);
    uint8_t text[UBLOX_READ_MAX + 48];
    long wanted;

    if (link == NULL || !at_number(call, 1, 0, UBLOX_READ_MAX, &wanted))
        return 3;
    if (wanted == 0) {
        out_line(modem, OUT_ANSWER, "+USORD: %d,%zu", link->id, link->rx_length);
        return AT_OK;
    }
    if (link->rx_length == 0)
        return nothing_there(modem, link);
    size_t count = (size_t)wanted < link->rx_length ? (size_t)wanted : link->rx_length;
    size_t used = (size_t)snprintf((char *)text, 40, "\r\n+USORD: %d,%zu,\"", link->id, count);
    memcpy(text + used, link->rx, count);
    used += count;
    static const uint8_t end[] = {'"', '\r', '\n'};
    memcpy(text + used, end, sizeof(end));
    out_storm(modem, false);
    out_bytes(modem, OUT_ANSWER, text, used + 3);
    link_taken(link, count);
    return was_read(modem, link);
}

const struct at_command ublox_data_commands[] = {
    {"+USOWR", run_usowr, AT_SET, AT_NEEDS_SIM},
    {"+USORD", run_usord, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
