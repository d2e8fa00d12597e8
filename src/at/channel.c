#include "channel_private.h"

#include "blynkd/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct at_manner plain_manner;

static const char *const result_names[] = {
#define AT_NAME(name, words) [name] = (words),
    AT_RESULTS(AT_NAME)
#undef AT_NAME
};

const char *at_result_name(enum at_result result)
{
    return result_names[result];
}

void at_channel_go(struct at_channel *channel, enum at_phase phase, uint64_t ms)
{
    bool prompt = phase == AT_PHASE_PROMPT || (phase >= AT_PHASE_QUIET && channel->awaits_stray_prompt);

    channel->phase = phase;
    at_lexer_await_prompt(&channel->lexer, prompt);
    if (ms == UINT64_MAX) {
        timer_stop(&channel->clock);
    } else {
        timer_start(channel->sched, &channel->clock, ms);
    }
}

/* ---- the port ---- */

/* All that a closed port leaves behind; on_done of what was waiting comes from the loop. */
static void end_conversation(struct at_channel *channel)
{
    channel->running = false;
    channel->epoch++;
    channel->late = NULL;
    channel->free_at_ms = 0;
    channel->awaits_stray_prompt = false;
    timer_stop(&channel->stall);
    at_lexer_reset(&channel->lexer);
    at_channel_go(channel, AT_PHASE_IDLE, UINT64_MAX);
    at_channel_give_up_all(channel);
    trace_flush(channel->trace);
}

static void on_port_down(void *arg, int error, const char *why)
{
    struct at_channel *channel = arg;

    if (!channel->running) {
        return;
    }
    end_conversation(channel);
    trace_note(channel->trace, "the port is gone: %s", why ? why : "");
    channel->depth++;
    if (channel->events.on_down) {
        channel->events.on_down(channel->events_arg, error, why);
    }
    channel->depth--;
}

static void on_port_room(void *arg)
{
    struct at_channel *channel = arg;

    if (channel->phase == AT_PHASE_COMMAND || channel->phase == AT_PHASE_PAYLOAD) {
        at_channel_write_more(channel);
    }
}

int at_channel_start(struct at_channel *channel)
{
    if (channel->running) {
        return 0;
    }
    channel->port->events = (struct port_events){at_channel_on_bytes, on_port_room, on_port_down};
    channel->port->arg = channel;
    int error = port_open(channel->port);
    if (error < 0) {
        return error;
    }
    channel->running = true;
    channel->epoch++;
    return 0;
}

void at_channel_stop(struct at_channel *channel)
{
    if (!channel->running) {
        return;
    }
    port_close(channel->port);
    end_conversation(channel);
}

bool at_channel_running(const struct at_channel *channel)
{
    return channel->running;
}

/* ---- what did not come in time ---- */

static void no_answer(struct at_channel *channel, const char *what)
{
    log_debug("at", "%s: %s", channel->sent, what);
    trace_note(channel->trace, "%s", what);
    at_channel_finish(channel,
                      (struct at_reply){.result = AT_RESULT_TIMEOUT, .code = -1, .pattern = -1, .text = ""});
}

static void on_deadline(struct at_channel *channel)
{
    char what[64];

    if (at_channel_settle(channel)) {
        return;
    }
    snprintf(what, sizeof(what), "no answer in %u ms", (unsigned)at_channel_deadline_ms(channel));
    no_answer(channel, what);
}

static void on_clock(void *arg)
{
    struct at_channel *channel = arg;

    channel->depth++;
    switch (channel->phase) {
    case AT_PHASE_IDLE:
        at_channel_pump(channel);
        break;
    case AT_PHASE_COMMAND:
    case AT_PHASE_PAYLOAD:
        no_answer(channel, "the port takes no bytes");
        break;
    case AT_PHASE_PROMPT:
        no_answer(channel, "the modem does not ask for the data");
        break;
    case AT_PHASE_ANSWER:
        on_deadline(channel);
        break;
    case AT_PHASE_QUIET:
    case AT_PHASE_PROBE:
    case AT_PHASE_CLEAR:
        at_channel_sync_on_clock(channel);
        break;
    case AT_PHASE_MUTE:
        break;
    }
    channel->depth--;
}

/* ---- what the user tells ---- */

void at_channel_set_events(struct at_channel *channel, const struct at_channel_events *events, void *arg)
{
    channel->events = *events;
    channel->events_arg = arg;
}

void at_channel_set_manner(struct at_channel *channel, const struct at_manner *manner)
{
    channel->manner = manner ? manner : &plain_manner;
}

void at_channel_set_announces(struct at_channel *channel, const struct at_announce *announces)
{
    channel->announces = announces;
    if (!channel->expect || !channel->expect->no_payload) {
        at_lexer_set_announces(&channel->lexer, announces);
    }
}

int at_channel_add_urcs(struct at_channel *channel, const struct at_urc *urcs, void *arg)
{
    if (channel->table_count == AT_URC_TABLES) {
        return -ENOSPC;
    }
    channel->tables[channel->table_count++] = (struct at_urc_table){urcs, arg};
    return 0;
}

void at_channel_clear_urcs(struct at_channel *channel)
{
    channel->table_count = 0;
}

void at_channel_set_echo(struct at_channel *channel, bool echo_expected)
{
    channel->echo_expected = echo_expected;
}

const struct at_counters *at_channel_counters(const struct at_channel *channel)
{
    return &channel->counters;
}

/* ---- birth and death ---- */

struct at_channel *at_channel_create(struct sched *sched, struct port *port, struct trace *trace)
{
    struct at_channel *channel = calloc(1, sizeof(*channel));

    if (!channel) {
        return NULL;
    }
    channel->sched = sched;
    channel->port = port;
    channel->trace = trace;
    channel->manner = &plain_manner;
    channel->echo_expected = true;
    at_lexer_init(&channel->lexer);
    at_channel_queue_init(channel);
    timer_init(&channel->clock, on_clock, channel);
    timer_init(&channel->stall, at_channel_on_stall, channel);
    return channel;
}

void at_channel_destroy(struct at_channel *channel)
{
    if (!channel) {
        return;
    }
    assert(channel->depth == 0);
    at_channel_stop(channel);
    at_channel_queue_forget(channel);
    free(channel);
}
