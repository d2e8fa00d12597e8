#include "bridge_parts.h"

#include "blynkd/at/trace.h"
#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"
#include "blynkd/modem/modem.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINK_DOWN_GRACE_MS 5000

/* ---- listeners ---- */

int bridge_listen(struct bridge *bridge, const struct bridge_events *events, void *arg)
{
    if (bridge->listener_count == BRIDGE_LISTENERS) {
        return -ENOSPC;
    }
    bridge->listeners[bridge->listener_count++] = (struct bridge_listener){*events, arg};
    return 0;
}

void bridge_publish(struct bridge *bridge, const char *channel, const void *message, size_t len)
{
    for (size_t i = 0; i < bridge->listener_count; i++) {
        const struct bridge_listener *listener = &bridge->listeners[i];
        if (listener->events.on_publish) {
            listener->events.on_publish(listener->arg, channel, message, len);
        }
    }
}

static void on_change(void *arg, const struct link_change *change)
{
    struct bridge *bridge = arg;
    bool was_online = bridge->online;
    char line[LINK_WHY_MAX + 16];

    bridge->online = change->state == LINK_ONLINE;
    bridge_history_on_link(bridge, change->state);
    for (size_t i = 0; i < bridge->listener_count; i++) {
        const struct bridge_listener *listener = &bridge->listeners[i];
        if (listener->events.on_link) {
            listener->events.on_link(listener->arg, change);
        }
    }
    int len = snprintf(line, sizeof(line), "%s: %s", link_state_name(change->state), change->why);
    bridge_publish(bridge, BRIDGE_CHANNEL_LINK, line, (size_t)len);
    if (change->state == LINK_LOGIN) {
        bridge_clock_on_login(bridge);
    }
    if (bridge->online && !was_online) {
        bridge_clock_on_online(bridge);
        bridge_requests_on_online(bridge);
    } else if (!bridge->online) {
        bridge_requests_on_offline(bridge);
    }
}

/* What is needed after the first call is copied before. */
void bridge_tell_stopped(struct bridge *bridge)
{
    struct bridge_listener listeners[BRIDGE_LISTENERS];
    size_t count = bridge->listener_count;

    bridge->stopping = false;
    memcpy(listeners, bridge->listeners, sizeof(listeners));
    for (size_t i = 0; i < count; i++) {
        if (listeners[i].events.on_stopped) {
            listeners[i].events.on_stopped(listeners[i].arg);
        }
    }
}

static void on_stopped(void *arg)
{
    struct bridge *bridge = arg;

    if (bridge->stopping) { /* not LINK DOWN */
        store_close(bridge->store);
    }
}

/* ---- life ---- */

static void on_added(void *arg)
{
    struct bridge *bridge = arg;

    blynk_session_wake(link_session(bridge->link));
}

static void on_store(void *arg)
{
    struct bridge *bridge = arg;

    store_wake(bridge->store);
}

static void on_confirmed(void *arg, uint64_t up_to_sequence)
{
    (void)up_to_sequence;
    bridge_requests_on_confirmed(arg);
}

/* "con" of the info message: what the server's device page shows. */
static struct bridge_config complete(const struct bridge *bridge, const struct bridge_config *config)
{
    struct bridge_config full = *config;
    struct blynk_session_config *session = &full.link.session;

    if (!session->connection[0]) {
        snprintf(session->connection, sizeof(session->connection), "%s", bridge->modem ? "GSM" : "Ethernet");
    }
    /* Half of the rate is for what is fresh. */
    full.outbox.backlog_per_s = session->rate_per_s > 1 ? session->rate_per_s / 2 : session->rate_per_s;
    return full;
}

static bool make_parts(struct bridge *bridge)
{
    static const struct link_events link_events = {.on_change = on_change,
                                                   .on_stopped = on_stopped,
                                                   .on_dialed = bridge_costs_dialed,
                                                   .on_keep = bridge_keep_secret,
                                                   .clock = bridge_clock_for_tls,
                                                   .on_time = bridge_clock_on_time};
    static const struct outbox_events outbox_events = {
        .on_added = on_added, .on_confirmed = on_confirmed, .on_store = on_store};

    bridge->pins = pins_create(PIN_DELIVER_ALL);
    if (!bridge->pins || !bridge_history_make(bridge)) {
        return false;
    }
    bridge->rules = pin_rules_create();
    if (!bridge->rules) {
        return false;
    }
    bridge->outbox = outbox_create(bridge->sched, bridge->pins, &bridge->config.outbox);
    if (!bridge->outbox) {
        return false;
    }
    bridge->link = link_create(bridge->sched, bridge->uplink, bridge->outbox, &bridge->config.link,
                               &bridge_session_events, &link_events, bridge);
    if (!bridge->link) {
        return false;
    }
    if (!bridge_costs_make(bridge) || !bridge_store_make(bridge)) {
        return false;
    }
    outbox_set_events(bridge->outbox, &outbox_events, bridge);
    return true;
}

struct bridge *bridge_create(struct sched *sched, struct uplink *uplink, struct modem *modem,
                             const struct bridge_config *config)
{
    struct bridge *bridge = calloc(1, sizeof(*bridge));

    if (!bridge) {
        return NULL;
    }
    bridge->sched = sched;
    bridge->uplink = uplink;
    bridge->modem = modem;
    bridge->trace = modem ? modem_trace(modem) : trace_create(sched, TRACE_RING_BYTES);
    bridge->config = complete(bridge, config);
    list_init(&bridge->requests);
    hold_init(bridge);
    bridge_clock_init(bridge);
    if (!make_parts(bridge)) {
        bridge_destroy(bridge);
        return NULL;
    }
    return bridge;
}

void bridge_destroy(struct bridge *bridge)
{
    struct list *node;

    if (!bridge) {
        return;
    }
    while ((node = list_first(&bridge->requests))) {
        bridge_request_cancel(list_owner(node, struct bridge_request, node));
    }
    if (bridge->trace_users) {
        trace_set_output(bridge->trace, NULL, NULL);
    }
    if (!bridge->modem) {
        trace_destroy(bridge->trace);
    }
    timer_stop(&bridge->hold.timer);
    bridge_clock_stop(bridge);
    link_destroy(bridge->link);
    store_destroy(bridge->store);
    bridge_costs_free(bridge);
    bridge_history_free(bridge);
    outbox_destroy(bridge->outbox);
    pin_rules_destroy(bridge->rules);
    pins_destroy(bridge->pins);
    secret_wipe(&bridge->config, sizeof(bridge->config));
    free(bridge);
}

void bridge_start(struct bridge *bridge)
{
    bridge_open(bridge);
    bridge->start_wanted = !bridge->is_ready;
    if (bridge->is_ready) {
        link_start(bridge->link, "started");
    }
}

void bridge_stop(struct bridge *bridge, uint32_t grace_ms)
{
    bridge->stopping = true;
    hold_release_all(bridge);
    link_stop(bridge->link, grace_ms, "the daemon is stopping");
}

bool bridge_configure(struct bridge *bridge, const struct bridge_config *config)
{
    bridge->config = complete(bridge, config);
    bridge->config.outbox.durability = store_configure(bridge->store, &bridge->config.outbox);
    outbox_configure(bridge->outbox, &bridge->config.outbox);
    bridge_costs_configure(bridge);
    return link_configure(bridge->link, &bridge->config.link);
}

struct pins *bridge_pins(struct bridge *bridge)
{
    return bridge->pins;
}

struct link *bridge_link(struct bridge *bridge)
{
    return bridge->link;
}

void bridge_link_up(struct bridge *bridge)
{
    link_start(bridge->link, "switched on");
}

void bridge_link_down(struct bridge *bridge)
{
    link_stop(bridge->link, LINK_DOWN_GRACE_MS, "switched off");
}

void bridge_link_restart(struct bridge *bridge)
{
    link_restart(bridge->link, "a restart was asked for");
}

/* ---- the trace ---- */

static void on_trace_line(void *arg, const char *line)
{
    bridge_publish(arg, BRIDGE_CHANNEL_TRACE, line, strlen(line));
}

void bridge_publish_trace(struct bridge *bridge, bool on)
{
    assert(on || bridge->trace_users);
    bridge->trace_users = on ? bridge->trace_users + 1 : bridge->trace_users - 1;
    trace_set_output(bridge->trace, bridge->trace_users ? on_trace_line : NULL, bridge);
}
