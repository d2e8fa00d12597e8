#include "channel_private.h"

#include <assert.h>
#include <string.h>

#define PROMPT_DEFAULT_MS 5000
#define WRITE_STUCK_MS    30000 /* a port that takes no byte for so long never will */

const char *at_channel_line_end(const struct at_channel *channel)
{
    return channel->manner->line_end ? channel->manner->line_end : "\r";
}

static uint32_t or_default(uint32_t value, uint32_t fallback)
{
    return value ? value : fallback;
}

uint32_t at_channel_deadline_ms(const struct at_channel *channel)
{
    return or_default(channel->expect->deadline_ms, AT_DEADLINE_DEFAULT_MS);
}

static void on_all_written(struct at_channel *channel)
{
    if (channel->phase == AT_PHASE_COMMAND && channel->current->payload) {
        at_channel_go(channel, AT_PHASE_PROMPT, or_default(channel->expect->prompt_ms, PROMPT_DEFAULT_MS));
    } else {
        at_channel_go(channel, AT_PHASE_ANSWER, at_channel_deadline_ms(channel));
    }
}

static void trace_written(struct at_channel *channel, const struct at_out *out, size_t len)
{
    bool is_payload = channel->phase == AT_PHASE_PAYLOAD && out == &channel->out[0];

    if (is_payload && len > 0) {
        channel->current->sent_payload = true;
        trace_bytes(channel->trace, TRACE_TO_MODEM, out->data, len, len == out->len);
    }
}

/* While the port is full, the clock starts anew with every byte that it takes. */
void at_channel_write_more(struct at_channel *channel)
{
    bool progress = !timer_active(&channel->clock);

    while (channel->out_at < 2) {
        struct at_out *out = &channel->out[channel->out_at];
        size_t len = out->len ? port_write(channel->port, out->data, out->len) : 0;
        assert(len <= out->len);
        trace_written(channel, out, len);
        channel->counters.bytes_out += len;
        progress |= len > 0;
        if (len < out->len) {
            *out = (struct at_out){out->data + len, out->len - len};
            break;
        }
        channel->out_at++;
    }
    if (channel->out_at == 2) {
        on_all_written(channel);
    } else if (progress) {
        at_channel_go(channel, channel->phase, WRITE_STUCK_MS);
    }
}

static void start_writing(struct at_channel *channel, enum at_phase phase)
{
    channel->out_at = 0;
    at_channel_go(channel, phase, UINT64_MAX);
    at_channel_write_more(channel);
}

static struct at_out out_text(const char *text)
{
    return (struct at_out){(const uint8_t *)text, text ? strlen(text) : 0};
}

void at_channel_write_command(struct at_channel *channel)
{
    trace_bytes(channel->trace, TRACE_TO_MODEM, channel->sent, strlen(channel->sent), true);
    channel->out[0] = out_text(channel->sent);
    channel->out[1] = out_text(at_channel_line_end(channel));
    start_writing(channel, AT_PHASE_COMMAND);
}

void at_channel_write_payload(struct at_channel *channel)
{
    channel->out[0] = (struct at_out){channel->current->payload, channel->current->payload_len};
    channel->out[1] = out_text(channel->manner->payload_end);
    start_writing(channel, AT_PHASE_PAYLOAD);
}

bool at_channel_write_now(struct at_channel *channel, const char *text, size_t len)
{
    if (port_room(channel->port) < len) {
        return false;
    }
    size_t written = port_write(channel->port, (const uint8_t *)text, len);
    channel->counters.bytes_out += written;
    return written == len;
}
