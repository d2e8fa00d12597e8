#include "channel_private.h"

#include "blynkd/base/pattern.h"

#include <limits.h>
#include <string.h>

#define SETTLE_DEFAULT_MS 2000

/* ---- final results ---- */

enum final_type {
    FINAL_NONE,
    FINAL_OK,
    FINAL_ERROR,
    FINAL_WORD, /* one of the dialect's own */
};

struct final {
    enum final_type type;
    int code;
};

static int code_of(const struct pattern_match *match)
{
    long number = match->captures[0].number;

    return number >= 0 && number < INT_MAX ? (int)number : -1; /* INT_MAX may stand for more */
}

static struct final read_final(const struct at_channel *channel, const struct at_line *line)
{
    static const char *const numbered[] = {"+CME ERROR:%d", "+CMS ERROR:%d", NULL};
    static const char *const worded[] = {"ERROR", "+CME ERROR:*", "+CMS ERROR:*", NULL};
    struct pattern_match match;

    if (pattern_matches("OK", line->text, line->len, NULL)) {
        return (struct final){FINAL_OK, -1};
    }
    if (pattern_find(numbered, line->text, line->len, &match) >= 0) {
        return (struct final){FINAL_ERROR, code_of(&match)};
    }
    if (pattern_find(worded, line->text, line->len, NULL) >= 0) {
        return (struct final){FINAL_ERROR, -1};
    }
    if (pattern_find(channel->manner->final_fail, line->text, line->len, NULL) >= 0) {
        return (struct final){FINAL_WORD, -1};
    }
    return (struct final){FINAL_NONE, -1};
}

bool at_channel_is_answering(const struct at_channel *channel)
{
    return channel->phase == AT_PHASE_PROMPT || channel->phase == AT_PHASE_PAYLOAD ||
           channel->phase == AT_PHASE_ANSWER;
}

static void end_by(struct at_channel *channel, enum at_result result, int pattern, const char *text)
{
    at_channel_finish(channel,
                      (struct at_reply){.result = result, .code = -1, .pattern = pattern, .text = text});
}

static void succeed(struct at_channel *channel, int pattern, const char *text)
{
    end_by(channel, AT_RESULT_OK, pattern, text);
}

bool at_channel_settle(struct at_channel *channel)
{
    if (channel->fail_seen >= 0) {
        end_by(channel, AT_RESULT_FAIL, channel->fail_seen, channel->end_line);
        return true;
    }
    if (channel->expect->end == AT_END_BOTH && channel->done_seen >= 0) {
        succeed(channel, channel->done_seen, channel->end_line);
        return true;
    }
    return false;
}

/* An OK that comes before all is written (ESP8266: "OK", then the prompt) says nothing. */
static void on_ok(struct at_channel *channel, const struct at_line *line)
{
    if (channel->phase != AT_PHASE_ANSWER) {
        return;
    }
    channel->ok_seen = true;
    if (at_channel_settle(channel)) {
        return;
    }
    switch (channel->expect->end) {
    case AT_END_OK:
    case AT_END_EITHER:
        succeed(channel, -1, line->text);
        break;
    case AT_END_BOTH:
    case AT_END_DONE:
        break;
    }
}

static void on_error(struct at_channel *channel, struct final final, const struct at_line *line)
{
    if (!at_channel_is_answering(channel)) {
        return;
    }
    if (channel->fail_seen >= 0) {
        at_channel_settle(channel);
        return;
    }
    if (final.type == FINAL_WORD) {
        at_channel_remember_late(channel);
    }
    at_channel_finish(
        channel,
        (struct at_reply){.result = AT_RESULT_ERROR, .code = final.code, .pattern = -1, .text = line->text});
}

bool at_channel_take_final(struct at_channel *channel, const struct at_line *line)
{
    struct final final = read_final(channel, line);

    switch (final.type) {
    case FINAL_NONE:
        return false;
    case FINAL_OK:
        if (at_channel_syncing(channel)) {
            at_channel_sync_on_ok(channel);
        } else {
            on_ok(channel, line);
        }
        return true;
    case FINAL_ERROR:
    case FINAL_WORD:
        on_error(channel, final, line);
        return true;
    }
    return false;
}

/* ---- other lines of the answer ---- */

void at_channel_give_information(struct at_channel *channel, const struct at_line *line)
{
    struct at_request *request = channel->current;

    if (request->on_line) {
        request->on_line(request->arg, line->text, line->len);
    }
}

static void keep_end_line(struct at_channel *channel, const struct at_line *line, uint32_t settle_ms)
{
    memcpy(channel->end_line, line->text, line->len + 1);
    at_channel_go(channel, AT_PHASE_ANSWER, settle_ms);
}

static void on_fail_line(struct at_channel *channel, int pattern, const struct at_line *line)
{
    uint32_t settle_ms = channel->expect->fail_settle_ms;

    if (settle_ms == 0 || channel->ok_seen || channel->phase != AT_PHASE_ANSWER) {
        end_by(channel, AT_RESULT_FAIL, pattern, line->text);
    } else if (channel->fail_seen < 0) {
        channel->fail_seen = pattern;
        keep_end_line(channel, line, settle_ms);
    }
}

static void on_done_line(struct at_channel *channel, int pattern, const struct at_line *line)
{
    const struct at_request *request = channel->current;
    uint32_t settle_ms = channel->expect->settle_ms ? channel->expect->settle_ms : SETTLE_DEFAULT_MS;

    at_channel_give_information(channel, line);
    if (channel->current != request) {
        return; /* given up by on_line */
    }
    switch (channel->expect->end) {
    case AT_END_OK:
        break;
    case AT_END_DONE:
    case AT_END_EITHER:
        succeed(channel, pattern, line->text);
        break;
    case AT_END_BOTH:
        if (channel->ok_seen) {
            succeed(channel, pattern, line->text);
        } else if (channel->done_seen < 0) {
            channel->done_seen = pattern;
            keep_end_line(channel, line, settle_ms);
        }
        break;
    }
}

bool at_channel_take_answer(struct at_channel *channel, const struct at_line *line)
{
    if (!at_channel_is_answering(channel)) {
        return false;
    }
    const struct at_expect *expect = channel->expect;
    int fail = pattern_find(expect->fail, line->text, line->len, NULL);
    if (fail >= 0) {
        on_fail_line(channel, fail, line);
        return true;
    }
    int done =
        channel->phase == AT_PHASE_ANSWER ? pattern_find(expect->done, line->text, line->len, NULL) : -1;
    if (done >= 0) {
        on_done_line(channel, done, line);
        return true;
    }
    if (pattern_find(expect->lines, line->text, line->len, NULL) >= 0) {
        at_channel_give_information(channel, line);
        return true;
    }
    return false;
}
