/*
 * The row OFF: everything below is taken down in order, then it rests there until somebody starts the link.
 */
#include "link_parts.h"

#define STOP_MARGIN_MS 1000 /* beyond the grace: the uplink has not kept its word */

static void stop_uplink(struct link *link, uint32_t grace_ms)
{
    link->uplink_told = true;
    link->uplink_is = LINK_BELOW_STOPPING;
    link_arm(link, (uint64_t)grace_ms + STOP_MARGIN_MS);
    link->uplink->ops->stop(link->uplink, grace_ms);
}

static void finish_stop(struct link *link)
{
    timer_stop(&link->timer);
    link->due_ms = UINT64_MAX;
    link->going_down = false;
    task_post(link->sched, &link->stopped);
    if (link->start_wanted) {
        link->start_wanted = false;
        link_try(link, "started");
    }
}

/* Whoever is told may destroy the link: nothing of it is touched after the last call. */
void link_on_stopped(void *arg)
{
    struct link *link = arg;
    void (*on_stopped)(void *) = link->events.on_stopped;
    void *user = link->arg;
    unsigned calls = link->stop_calls;

    link->stop_calls = 0;
    while (calls--) {
        on_stopped(user);
    }
}

static uint32_t grace_left_ms(const struct link *link)
{
    uint64_t gone_ms = link_in_state_ms(link);

    return gone_ms < link->stop_grace_ms ? link->stop_grace_ms - (uint32_t)gone_ms : 0;
}

/* The stream first, within half of the time; then the uplink. */
void link_enter_off(struct link *link)
{
    link->going_down = true;
    link->uplink_told = false;
    if (link->stream_is != LINK_BELOW_DOWN) {
        link_arm(link, link->stop_grace_ms / 2);
        return;
    }
    stop_uplink(link, link->stop_grace_ms);
}

static void go_on_down(struct link *link)
{
    if (!link->going_down || link->stream_is != LINK_BELOW_DOWN) {
        return;
    }
    if (!link->uplink_told) {
        stop_uplink(link, grace_left_ms(link));
    } else if (link->uplink_is == LINK_BELOW_DOWN) {
        finish_stop(link);
    }
}

void link_in_off(struct link *link, const struct link_event *event)
{
    switch (event->kind) {
    case LINK_ON_START:
    case LINK_ON_RESTART:
        if (link->going_down) {
            link->start_wanted = true;
            return;
        }
        link_try(link, event->why);
        return;
    case LINK_ON_STOP:
        link->start_wanted = false;
        if (!link->going_down) {
            finish_stop(link);
        }
        return;
    case LINK_ON_STREAM_CLOSED:
    case LINK_ON_UPLINK_STOPPED:
        go_on_down(link);
        return;
    case LINK_ON_TIMEOUT:
        if (!link->uplink_told) {
            stop_uplink(link, grace_left_ms(link));
            return;
        }
        link->uplink_is = LINK_BELOW_DOWN;
        link->stream_is = LINK_BELOW_DOWN;
        finish_stop(link);
        return;
    case LINK_ON_UPLINK_READY:
    case LINK_ON_UPLINK_FAILED:
    case LINK_ON_STREAM_OPEN:
    case LINK_ON_LOGIN:
    case LINK_ON_DEAD:
    case LINK_ON_HANDSHAKE:
    case LINK_EVENT_KINDS:
        return;
    }
}
