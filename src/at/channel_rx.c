#include "channel_private.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"

#include <string.h>

#define BOOT_LINES_MS 30000 /* the lines of one start come within this time (Ai-Thinker sheet, 2.2) */

/* ---- a modem that has restarted ---- */

static void on_reboot(struct at_channel *channel, const struct at_line *line)
{
    unsigned epoch = channel->epoch;
    uint64_t now_ms = sched_now_ms(channel->sched);

    if (channel->boot_seen_ms == 0 || now_ms - channel->boot_seen_ms > BOOT_LINES_MS) {
        channel->counters.reboots++;
        trace_note(channel->trace, "the modem has restarted");
    }
    channel->boot_seen_ms = now_ms;
    channel->echo_expected = true;
    if (channel->current) {
        at_channel_finish(
            channel,
            (struct at_reply){.result = AT_RESULT_REBOOT, .code = -1, .pattern = -1, .text = line->text});
    }
    if (channel->epoch == epoch && channel->events.on_reboot) {
        channel->events.on_reboot(channel->events_arg, line->text);
    }
}

/* True if the line is the echo of what was sent last, and has been dealt with. */
static bool take_echo(struct at_channel *channel, const struct at_line *line)
{
    if (channel->phase == AT_PHASE_IDLE || strlen(channel->sent) != line->len ||
        memcmp(channel->sent, line->text, line->len) != 0) {
        return false;
    }
    if (!channel->echo_expected) {
        on_reboot(channel, line);
    }
    return true;
}

/* ---- lines that are no answer ---- */

static bool take_unsolicited(struct at_channel *channel, const struct at_line *line)
{
    struct pattern_match match;

    for (size_t i = 0; i < channel->table_count; i++) {
        const struct at_urc_table *table = &channel->tables[i];
        for (const struct at_urc *urc = table->urcs; urc->pattern; urc++) {
            if (pattern_matches(urc->pattern, line->text, line->len, &match)) {
                urc->on_urc(table->arg, line->text, line->len, &match);
                return true;
            }
        }
    }
    return false;
}

static bool take_late(struct at_channel *channel, const struct at_line *line)
{
    const struct at_expect *late = channel->late;

    if (!late || sched_now_ms(channel->sched) > channel->late_until_ms) {
        return false;
    }
    if (pattern_find(late->done, line->text, line->len, NULL) < 0 &&
        pattern_find(late->fail, line->text, line->len, NULL) < 0 &&
        pattern_find(late->lines, line->text, line->len, NULL) < 0) {
        return false;
    }
    trace_note(channel->trace, "too late");
    if (channel->events.on_late) {
        channel->events.on_late(channel->events_arg, line->text, line->len);
    }
    return true;
}

/* Lines that differ only after their first ':', ',' or digit are of one kind (FNV-1a over what is before). */
static uint32_t kind_of(const struct at_line *line)
{
    size_t len = strcspn(line->text, ":,0123456789");
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)line->text[i]) * 16777619U;
    }
    return hash ? hash : 1;
}

static void on_stray(struct at_channel *channel, const struct at_line *line)
{
    uint32_t kind = kind_of(line);

    channel->counters.stray_lines++;
    for (unsigned i = 0; i < AT_STRAY_KINDS; i++) {
        if (channel->stray_kinds[i] == kind) {
            return;
        }
    }
    channel->stray_kinds[channel->stray_next++ % AT_STRAY_KINDS] = kind;
    log_debug("at", "a line that nobody knows: %s", line->text);
}

/* ---- tokens ---- */

static bool is_blank(const struct at_line *line)
{
    return strspn(line->text, " \t") == line->len;
}

/* A line that asks for the payload as '>' does elsewhere. */
static bool take_prompt(struct at_channel *channel, const struct at_line *line)
{
    if (channel->phase != AT_PHASE_PROMPT || !channel->expect->prompt_line ||
        !pattern_matches(channel->expect->prompt_line, line->text, line->len, NULL)) {
        return false;
    }
    at_channel_write_payload(channel);
    return true;
}

/* An answer that belongs to a person, and no longer the moment that it was asked for in. */
static bool is_private(const struct at_channel *channel, const struct at_line *line)
{
    bool is_asked = at_channel_is_answering(channel) && channel->expect->is_private;
    bool is_late =
        channel->late && channel->late->is_private && sched_now_ms(channel->sched) <= channel->late_until_ms;

    return (is_asked || is_late) && strpbrk(line->text, "0123456789");
}

static void on_line(struct at_channel *channel, const struct at_line *line)
{
    bool hidden = is_private(channel, line);

    if (hidden) {
        trace_note(channel->trace, "a line that is not shown");
    } else {
        trace_bytes(channel->trace, TRACE_FROM_MODEM, line->text, line->len, true);
    }
    if (is_blank(line)) {
        return;
    }
    if (pattern_find(channel->manner->boot_lines, line->text, line->len, NULL) >= 0) {
        on_reboot(channel, line);
        return;
    }
    if (at_channel_syncing(channel) && pattern_matches("0", line->text, line->len, NULL)) {
        at_channel_sync_on_numeric_ok(channel);
        return;
    }
    if (take_echo(channel, line) || take_prompt(channel, line) || at_channel_take_final(channel, line) ||
        at_channel_take_answer(channel, line) || take_unsolicited(channel, line)) {
        return;
    }
    if (at_channel_is_answering(channel) && channel->expect->any_line) {
        at_channel_give_information(channel, line);
        return;
    }
    if (!take_late(channel, line) && !hidden) {
        on_stray(channel, line);
    }
}

static void on_prompt(struct at_channel *channel)
{
    trace_bytes(channel->trace, TRACE_FROM_MODEM, ">", 1, true);
    if (channel->phase == AT_PHASE_PROMPT) {
        at_channel_write_payload(channel);
    } else if (at_channel_syncing(channel)) {
        at_channel_sync_on_prompt(channel);
    }
}

static void on_payload(struct at_channel *channel, const struct at_token *token)
{
    if (token->offset == 0) {
        trace_bytes(channel->trace, TRACE_FROM_MODEM, token->text, strlen(token->text), token->total == 0);
    }
    if (token->len > 0) {
        bool last = token->offset + token->len == token->total;
        trace_bytes(channel->trace, TRACE_FROM_MODEM, token->data, token->len, last);
    }
    if (channel->events.on_payload) {
        channel->events.on_payload(channel->events_arg, token);
    }
}

static void on_token(struct at_channel *channel, const struct at_token *token)
{
    switch (token->type) {
    case AT_TOKEN_LINE:
        on_line(channel, &(struct at_line){token->text, token->len});
        break;
    case AT_TOKEN_PROMPT:
        on_prompt(channel);
        break;
    case AT_TOKEN_PAYLOAD:
        on_payload(channel, token);
        break;
    }
}

/* ---- from the port ---- */

static void watch_payload(struct at_channel *channel)
{
    if (at_lexer_in_payload(&channel->lexer)) {
        timer_start(channel->sched, &channel->stall, AT_STALL_MS);
    } else {
        timer_stop(&channel->stall);
    }
}

void at_channel_on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct at_channel *channel = arg;
    unsigned epoch = channel->epoch;
    struct at_token token;

    channel->depth++;
    channel->counters.bytes_in += len;
    at_channel_sync_on_bytes(channel);
    while (channel->epoch == epoch && at_lexer_next(&channel->lexer, &data, &len, &token)) {
        on_token(channel, &token);
    }
    if (channel->epoch == epoch) {
        watch_payload(channel);
    }
    channel->depth--;
}

/* The stream of that link is torn; a command in flight cannot be told from its remains either. */
void at_channel_on_stall(void *arg)
{
    struct at_channel *channel = arg;
    unsigned epoch = channel->epoch;
    long link = channel->lexer.link;

    channel->depth++;
    trace_note(channel->trace, "announced data did not come: %zu bytes are missing", channel->lexer.left);
    at_lexer_reset(&channel->lexer);
    if (channel->events.on_payload_lost) {
        channel->events.on_payload_lost(channel->events_arg, link);
    }
    if (channel->epoch == epoch && channel->current) {
        at_channel_finish(
            channel, (struct at_reply){.result = AT_RESULT_TIMEOUT, .code = -1, .pattern = -1, .text = ""});
    } else if (channel->epoch == epoch && !at_channel_syncing(channel)) {
        at_channel_sync_begin(channel, 0, false);
    }
    channel->depth--;
}
