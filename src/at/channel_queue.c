#include "channel_private.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

static const struct at_expect plain_expect = {.end = AT_END_OK};

/* ---- waiting ---- */

static struct at_request *first_waiting(struct at_channel *channel)
{
    for (size_t i = 0; i < AT_PRIORITIES; i++) {
        struct list *node = list_first(&channel->queues[i]);
        if (node) {
            return list_owner(node, struct at_request, node);
        }
    }
    return NULL;
}

static void start_request(struct at_channel *channel, struct at_request *request)
{
    list_remove(&request->node);
    channel->current = request;
    channel->expect = request->expect ? request->expect : &plain_expect;
    channel->ok_seen = false;
    channel->done_seen = -1;
    channel->fail_seen = -1;
    if (channel->expect->no_payload) {
        at_lexer_set_announces(&channel->lexer, NULL);
    }
    channel->counters.commands++;
    memcpy(channel->sent, request->text, sizeof(channel->sent));
    at_channel_write_command(channel);
}

void at_channel_pump(struct at_channel *channel)
{
    if (!channel->running || channel->phase != AT_PHASE_IDLE) {
        return;
    }
    struct at_request *request = first_waiting(channel);
    uint64_t now_ms = sched_now_ms(channel->sched);
    if (!request) {
        timer_stop(&channel->clock);
    } else if (now_ms < channel->free_at_ms) {
        at_channel_go(channel, AT_PHASE_IDLE, channel->free_at_ms - now_ms);
    } else {
        start_request(channel, request);
    }
}

static bool is_sendable(const struct at_request *request)
{
    size_t len = strnlen(request->text, sizeof(request->text));

    if (len == 0 || len == sizeof(request->text)) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)request->text[i];
        if (c < ' ' || c == 0x7F) {
            return false;
        }
    }
    return (request->payload != NULL) == (request->payload_len > 0);
}

int at_channel_send(struct at_channel *channel, struct at_request *request)
{
    if (request->queued) {
        return -EALREADY;
    }
    if (!channel->running) {
        return -ENOTCONN;
    }
    if (!is_sendable(request) || (unsigned)request->priority >= AT_PRIORITIES) {
        return -EINVAL;
    }
    request->queued = true;
    request->given_up = false;
    request->sent_payload = false;
    list_append(&channel->queues[request->priority], &request->node);
    at_channel_pump(channel);
    return 0;
}

/* ---- the end of a request ---- */

void at_channel_remember_late(struct at_channel *channel)
{
    channel->late = channel->expect;
    channel->late_until_ms = sched_now_ms(channel->sched) + AT_LATE_MS;
}

/* Nothing is in flight any more. */
static void clear_current(struct at_channel *channel)
{
    channel->current = NULL;
    channel->expect = NULL;
    at_lexer_set_announces(&channel->lexer, channel->announces);
}

/* The command in flight leaves the channel; returns it. The modem may go on with it, unless `clean`. */
static struct at_request *release_current(struct at_channel *channel, bool clean)
{
    struct at_request *request = channel->current;
    bool prompt = channel->phase == AT_PHASE_PROMPT;

    assert(request);
    if (!clean) {
        at_channel_remember_late(channel);
    }
    clear_current(channel);
    channel->free_at_ms = sched_now_ms(channel->sched) + channel->manner->command_gap_ms;
    if (clean) {
        at_channel_go(channel, AT_PHASE_IDLE, UINT64_MAX);
    } else {
        at_channel_sync_begin(channel, request->payload_len, prompt);
    }
    return request;
}

static bool ends_cleanly(const struct at_channel *channel, enum at_result result)
{
    switch (result) {
    case AT_RESULT_OK:
        return true;
    case AT_RESULT_ERROR:
    case AT_RESULT_FAIL: /* with half of the payload written nobody knows what the modem makes of the rest */
        return channel->phase != AT_PHASE_PAYLOAD;
    case AT_RESULT_TIMEOUT:
    case AT_RESULT_REBOOT:
    case AT_RESULT_CANCELLED:
        return false;
    }
    return false;
}

void at_channel_finish(struct at_channel *channel, struct at_reply reply)
{
    assert(channel->depth > 0);
    struct at_request *request = release_current(channel, ends_cleanly(channel, reply.result));
    reply.sent_payload = request->sent_payload;
    channel->counters.timeouts += reply.result == AT_RESULT_TIMEOUT;
    request->queued = false;
    if (request->on_done) {
        request->on_done(request->arg, &reply);
    }
    at_channel_pump(channel);
}

/* on_done will come from the loop. */
static void give_up(struct at_channel *channel, struct at_request *request)
{
    request->given_up = true;
    list_append(&channel->ended, &request->node);
    task_post(channel->sched, &channel->deliver);
}

static void on_deliver(void *arg)
{
    struct at_channel *channel = arg;
    struct list turn;
    struct list *node;

    list_init(&turn); /* what is given up meanwhile waits for the next turn */
    while ((node = list_first(&channel->ended))) {
        list_remove(node);
        list_append(&turn, node);
    }
    channel->depth++;
    while ((node = list_first(&turn))) {
        struct at_request *request = list_owner(node, struct at_request, node);
        struct at_reply reply = {AT_RESULT_CANCELLED, -1, -1, "", request->sent_payload};
        list_remove(node);
        request->queued = false;
        if (request->on_done) {
            request->on_done(request->arg, &reply);
        }
    }
    channel->depth--;
}

/* Takes the request from wherever it is. False: it was nowhere, or has been given up before. */
static bool withdraw(struct at_channel *channel, struct at_request *request)
{
    if (!request->queued || request->given_up) {
        return false;
    }
    if (request == channel->current) {
        trace_note(channel->trace, "given up");
        release_current(channel, false);
    } else {
        list_remove(&request->node);
    }
    return true;
}

void at_request_cancel(struct at_channel *channel, struct at_request *request)
{
    bool is_running = request == channel->current && channel->phase == AT_PHASE_ANSWER;
    uint64_t deadline_ms = is_running ? channel->clock.due_ms : 0;

    if (withdraw(channel, request)) {
        channel->patient_until_ms = deadline_ms;
        give_up(channel, request);
    }
}

void at_request_forget(struct at_channel *channel, struct at_request *request)
{
    if (!request->queued) {
        return;
    }
    if (!withdraw(channel, request)) {
        list_remove(&request->node);
    }
    request->queued = false;
}

void at_channel_give_up_all(struct at_channel *channel)
{
    struct at_request *request = channel->current;

    clear_current(channel);
    for (request = request ? request : first_waiting(channel); request; request = first_waiting(channel)) {
        list_remove(&request->node);
        give_up(channel, request);
    }
}

bool at_request_is_running(const struct at_channel *channel, const struct at_request *request)
{
    return request == channel->current;
}

/* ---- the queue as a whole ---- */

bool at_channel_idle(const struct at_channel *channel)
{
    bool empty = true;

    for (size_t i = 0; i < AT_PRIORITIES; i++) {
        empty = empty && list_empty(&channel->queues[i]);
    }
    return empty && channel->phase == AT_PHASE_IDLE;
}

void at_channel_queue_init(struct at_channel *channel)
{
    for (size_t i = 0; i < AT_PRIORITIES; i++) {
        list_init(&channel->queues[i]);
    }
    list_init(&channel->ended);
    task_init(&channel->deliver, on_deliver, channel);
}

void at_channel_queue_forget(struct at_channel *channel)
{
    struct list *node;

    task_cancel(&channel->deliver);
    while ((node = list_first(&channel->ended))) {
        at_request_forget(channel, list_owner(node, struct at_request, node));
    }
}
