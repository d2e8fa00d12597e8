/* What a nearly spent budget asks of the link: fewer pings, and fewer tries to connect. */
#include "link_parts.h"

#define STRETCH 2 /* a silence twice as long is tried */

uint32_t link_thrift_longest_ms(const struct link *link)
{
    uint32_t longest_ms = link->config.heartbeat_max_ms;

    return link->is_thrifty ? STRETCH * longest_ms : longest_ms;
}

/* One that is given is stretched up to what would be learned at most. */
uint32_t link_thrift_heartbeat_ms(const struct link *link, uint32_t heartbeat_ms)
{
    uint32_t longest_ms = link->config.heartbeat_max_ms;

    if (!link->is_thrifty || heartbeat_ms >= longest_ms) {
        return heartbeat_ms;
    }
    return heartbeat_ms < longest_ms / STRETCH ? STRETCH * heartbeat_ms : longest_ms;
}

uint64_t link_thrift_delay_ms(struct link *link, uint64_t delay_ms)
{
    uint64_t since_ms = sched_now_ms(link->sched) - link->dialed_ms;

    link->waits_thrift = link->dialed_ms && since_ms + delay_ms < link->gap_ms;
    return link->waits_thrift ? link->gap_ms - since_ms : delay_ms;
}

void link_set_thrift(struct link *link, bool stretch, uint32_t gap_ms)
{
    link->gap_ms = gap_ms;
    if (!gap_ms) {
        link_hurry(link, "there is data to spend again");
    }
    if (stretch == link->is_thrifty) {
        return;
    }
    link->is_thrifty = stretch;
    link_pace_stretch(link);
}

void link_hurry(struct link *link, const char *why)
{
    if (link->state == LINK_WAIT && link->waits_thrift) {
        link_restart(link, why);
    }
}

void link_dial_ended(struct link *link, bool ok)
{
    if (!link->dialing) {
        return;
    }
    link->dialing = false;
    if (link->events.on_dialed) {
        link->events.on_dialed(link->arg, ok);
    }
}
