/*
 * Sending and receiving (2.10, 2.11). The prompt is "\r\n> " or "\r\n>", the acknowledgement a plain OK, and
 * what arrives is pushed to the host at once:
 *   +CIPRCV:0,5,data  (A6, A7)      +CIPRCV,0,5:data  (A9, A9G)
 */
#include "ai_thinker.h"

#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

/* A burst: sends that follow each other within a second. */
#define BURST_MS    1000
#define SMALL_BYTES 13

/* ---- sending ---- */

static struct link *sending_link(struct modem *modem)
{
    return &modem->links[modem->cip.sending];
}

static bool burst_kills(struct modem *modem, size_t count)
{
    struct cip_stack *cip = &modem->cip;
    long limit = VARIANT_NUMBER(modem, SMALL_SENDS);
    uint64_t now = uv_now(modem->loop);
    bool follows = cip->small_send_at_ms != 0 && now - cip->small_send_at_ms < BURST_MS;

    cip->small_sends = count <= SMALL_BYTES ? (follows ? cip->small_sends + 1 : 1) : 0;
    cip->small_send_at_ms = now;
    return limit > 0 && cip->small_sends > limit;
}

static int acknowledge(struct modem *modem)
{
    if (VARIANT_IS(modem, SEND_ACK, "ok"))
        return AT_OK;
    out_line(modem, OUT_ANSWER, "SEND OK");
    return AT_DONE;
}

static int send_given_up(struct modem *modem)
{
    modem->cip.ack_due = false;
    return AT_NO_RESPONSE;
}

static int payload_complete(struct modem *modem)
{
    struct link *link = sending_link(modem);
    size_t count = modem->line.payload_length;

    if (link->state != LINK_OPEN)
        return 53;
    if (fault_use(modem, FAULT_SEND_FAIL)) {
        out_line(modem, OUT_ANSWER, VARIANT_IS(modem, SEND_ACK, "ok") ? "FAIL" : "SEND FAIL");
        return AT_DONE;
    }
    if (burst_kills(modem, count)) {
        link_remote_close(link);
        return AT_SILENT;
    }
    if (VARIANT_ON(modem, CSTT_POISON) && modem->cip.cstt_used) {
        print_event("--", "accepted and not sent (cstt_poison)");
        return acknowledge(modem);
    }
    link_send(link, modem->line.payload, count);
    if (link_send_room(link) > 0)
        return acknowledge(modem);
    print_event("--", "the stack is full: no acknowledgement yet");
    modem->cip.ack_due = true;
    at_watch(modem, ai_thinker_patience_ms(modem), send_given_up);
    return AT_PENDING;
}

void ai_thinker_link_sent(struct modem *modem, struct link *link)
{
    if (!modem->cip.ack_due || modem->cip.sending != link->id)
        return;
    modem->cip.ack_due = false;
    at_finish(modem, acknowledge(modem));
}

/* AT+CIPSEND=0,5,qwert: printable text in the command itself. */
static int send_inline(struct modem *modem, const struct at_call *call, int index, long count)
{
    const char *text = call->raw;

    for (int commas = 0; commas < index; text++)
        commas += *text == ',';
    if ((long)strlen(text) != count)
        return 53;
    memcpy(modem->line.payload, text, (size_t)count);
    modem->line.payload_length = (size_t)count;
    return payload_complete(modem);
}

static int run_cipsend(struct modem *modem, const struct at_call *call)
{
    bool multiplexed = modem->settings.mux == 1;
    struct link *link = ai_thinker_link(modem, call, 0);
    int index = multiplexed ? 1 : 0;
    long count = 0;

    if (link == NULL || link->state != LINK_OPEN)
        return 53;
    modem->cip.sending = link->id;
    modem->cip.ack_due = false;
    if (call->argc > index && !at_number(call, index, 1, (long)modem->profile->send_max, &count))
        return 53;
    if (call->argc > index + 1)
        return send_inline(modem, call, index + 1, count);
    return at_prompt(modem, (size_t)count, payload_complete);
}

/* AT+CIPSPRT=0: the payload is awaited without a prompt. */
static int run_cipsprt(struct modem *modem, const struct at_call *call)
{
    long on;

    if (call->kind == AT_QUERY) {
        out_line(modem, OUT_ANSWER, "+CIPSPRT: %d", !modem->cip.no_prompt);
        return AT_OK;
    }
    if (!at_number(call, 0, 0, 1, &on))
        return 53;
    modem->cip.no_prompt = on == 0;
    return AT_OK;
}

const char *ai_thinker_prompt(const struct modem *modem)
{
    if (modem->cip.no_prompt)
        return "";
    return VARIANT_ON(modem, PROMPT_SPACE) ? "\r\n> " : "\r\n>";
}

const struct at_command ai_thinker_send_commands[] = {
    {"+CIPSEND", run_cipsend, AT_EXEC | AT_SET, AT_NEEDS_SIM},
    {"+CIPSPRT", run_cipsprt, AT_QUERY | AT_SET, 0},
    {NULL, NULL, 0, 0},
};

/* ---- receiving ---- */

static int header(const struct modem *modem, const struct link *link, size_t count, char *out, size_t room)
{
    const char *before = VARIANT_ON(modem, GLUE_URCS) ? "" : "\r\n";
    bool same = modem->settings.mux == 1 || VARIANT_IS(modem, CIPRCV_SINGLE, "same");
    bool colon = same ? VARIANT_IS(modem, CIPRCV_FORM, "colon") : VARIANT_IS(modem, CIPRCV_SINGLE, "colon");

    if (modem->settings.mux == 1)
        return snprintf(out, room, colon ? "%s+CIPRCV:%d,%zu," : "%s+CIPRCV,%d,%zu:", before, link->id,
                        count);
    return snprintf(out, room, colon ? "%s+CIPRCV:%zu," : "%s+CIPRCV,%zu:", before, count);
}

static void push(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    bool crlf = VARIANT_ON(modem, CIPRCV_CRLF);
    uint8_t text[4096 + 64];
    size_t used;

    out_storm(modem, false);
    used = (size_t)header(modem, link, count, (char *)text, 64);
    memcpy(text + used, bytes, count);
    used += count;
    if (crlf) {
        text[used++] = '\r';
        text[used++] = '\n';
    }
    out_bytes(modem, OUT_DATA, text, used);
    out_storm(modem, !crlf);
}

/* chunk_max may have been lowered while bytes were on their way, so it is kept here too. */
void ai_thinker_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count)
{
    size_t most = (size_t)VARIANT_NUMBER(modem, CHUNK_MAX);

    if (most == 0 || most > 4096)
        most = 4096;
    while (count > 0) {
        size_t piece = count < most ? count : most;

        push(modem, link, bytes, piece);
        bytes += piece;
        count -= piece;
    }
}

void ai_thinker_link_closed(struct modem *modem, struct link *link)
{
    link->state = LINK_CLOSED;
    if (modem->cip.ack_due && modem->cip.sending == link->id) {
        modem->cip.ack_due = false;
        at_finish(modem, 53);
    }
    if (VARIANT_IS(modem, CLOSE_URC, "tcpclosed"))
        out_line(modem, OUT_URC, "+TCPCLOSED:%d", link->id);
    else if (VARIANT_IS(modem, CLOSE_URC, "closed"))
        out_line(modem, OUT_URC, "CLOSED:%d", link->id);
    else if (VARIANT_IS(modem, CLOSE_URC, "number_first"))
        out_line(modem, OUT_URC, "%d,CLOSED", link->id);
    else
        out_line(modem, OUT_URC, "CLOSED");
    if (VARIANT_ON(modem, CLOSE_EXTRA_OK))
        out_line(modem, OUT_URC, "OK");
}
