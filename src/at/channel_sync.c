#include "channel_private.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

#define ESCAPE             "\x1b" /* leaves a prompt without sending anything (SIMCom sheet, A5) */
#define SILENCE_MS         200
#define SILENCE_AT_MOST_MS 1000
#define PROBE_MS           500
#define PROBES_DEFAULT     10
#define PROBES_MAX         60 /* 30 s: then only a reset helps (Ai-Thinker sheet, 2.10) */
#define BYTES_PER_PROBE    3  /* what "AT\r" feeds to a modem that still counts payload */
#define CLEAR_MS           250

static uint64_t silence_left_ms(const struct at_channel *channel, uint64_t wanted_ms)
{
    uint64_t now_ms = sched_now_ms(channel->sched);
    uint64_t left_ms = channel->quiet_until_ms > now_ms ? channel->quiet_until_ms - now_ms : 0;

    return left_ms < wanted_ms ? left_ms : wanted_ms;
}

static void await_silence(struct at_channel *channel, enum at_phase phase, uint64_t ms)
{
    channel->quiet_until_ms = sched_now_ms(channel->sched) + SILENCE_AT_MOST_MS;
    at_channel_go(channel, phase, ms);
}

static unsigned probes_for(const struct at_channel *channel, size_t payload_len)
{
    size_t probes = channel->manner->resync_probes ? channel->manner->resync_probes : PROBES_DEFAULT;
    size_t to_fill = payload_len / BYTES_PER_PROBE + (payload_len > 0);

    if (to_fill > PROBES_MAX) {
        to_fill = PROBES_MAX;
    }
    return (unsigned)(probes > to_fill ? probes : to_fill);
}

static void send_escape(struct at_channel *channel)
{
    if (at_channel_write_now(channel, ESCAPE, strlen(ESCAPE))) {
        trace_bytes(channel->trace, TRACE_TO_MODEM, ESCAPE, strlen(ESCAPE), true);
    }
}

void at_channel_sync_begin(struct at_channel *channel, size_t payload_len, bool prompt_awaited)
{
    channel->probes_left = probes_for(channel, payload_len);
    channel->patient_until_ms = 0;
    channel->numeric = false;
    channel->awaits_stray_prompt = prompt_awaited;
    if (prompt_awaited) {
        send_escape(channel);
    }
    await_silence(channel, AT_PHASE_QUIET, SILENCE_MS);
}

void at_channel_sync_on_bytes(struct at_channel *channel)
{
    if (channel->phase == AT_PHASE_QUIET) {
        at_channel_go(channel, AT_PHASE_QUIET, silence_left_ms(channel, SILENCE_MS));
    } else if (channel->phase == AT_PHASE_CLEAR) {
        at_channel_go(channel, AT_PHASE_CLEAR, silence_left_ms(channel, CLEAR_MS));
    }
}

/* A full port counts as a modem that does not answer: in both cases only the user can help. */
static void write_probe(struct at_channel *channel, const char *command)
{
    char line[16];
    int len = snprintf(line, sizeof(line), "%s%s", command, at_channel_line_end(channel));

    if (at_channel_write_now(channel, line, (size_t)len)) {
        snprintf(channel->sent, sizeof(channel->sent), "%s", command);
        trace_bytes(channel->trace, TRACE_TO_MODEM, command, strlen(command), true);
    }
    at_channel_go(channel, AT_PHASE_PROBE, PROBE_MS);
}

static void go_mute(struct at_channel *channel)
{
    log_debug("at", "the modem does not answer");
    trace_note(channel->trace, "the modem does not answer");
    at_channel_go(channel, AT_PHASE_MUTE, UINT64_MAX);
    if (channel->events.on_mute) {
        channel->events.on_mute(channel->events_arg);
    }
}

static void probe(struct at_channel *channel)
{
    if (channel->probes_left == 0 && sched_now_ms(channel->sched) >= channel->patient_until_ms) {
        go_mute(channel);
        return;
    }
    channel->probes_left -= channel->probes_left > 0;
    write_probe(channel, channel->numeric ? "ATV1" : "AT");
}

void at_channel_sync_on_ok(struct at_channel *channel)
{
    if (channel->phase == AT_PHASE_PROBE) {
        await_silence(channel, AT_PHASE_CLEAR, CLEAR_MS);
    }
}

void at_channel_sync_on_numeric_ok(struct at_channel *channel)
{
    if (channel->phase == AT_PHASE_PROBE && channel->probes_left > 0 && !channel->numeric) {
        channel->numeric = true;
        probe(channel);
    }
}

/* The prompt came after all: it must not take the next probe for payload. */
void at_channel_sync_on_prompt(struct at_channel *channel)
{
    send_escape(channel);
    at_lexer_await_prompt(&channel->lexer, true);
}

void at_channel_sync_on_clock(struct at_channel *channel)
{
    if (channel->phase != AT_PHASE_CLEAR) {
        probe(channel);
        return;
    }
    channel->awaits_stray_prompt = false;
    at_channel_go(channel, AT_PHASE_IDLE, UINT64_MAX);
    at_channel_pump(channel);
}

void at_channel_resync(struct at_channel *channel)
{
    if (!channel->running) {
        return;
    }
    trace_note(channel->trace, "looking for the modem");
    if (channel->current) {
        at_request_cancel(channel, channel->current);
        channel->patient_until_ms = 0; /* whoever begins a conversation wants to know soon */
    } else {
        at_channel_sync_begin(channel, 0, false);
    }
}
