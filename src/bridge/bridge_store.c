/* The bridge and its store: what is kept beyond the process, and who is told when the disk fails. */
#include "bridge_parts.h"

#include "blynkd/blynk/session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void on_ready(void *arg)
{
    struct bridge *bridge = arg;

    bridge->is_ready = true;
    bridge_costs_begin(bridge);
    if (bridge->start_wanted) {
        bridge->start_wanted = false;
        link_start(bridge->link, "started");
    }
}

static void on_stored(void *arg, bool failed)
{
    struct bridge *bridge = arg;

    for (size_t i = 0; i < bridge->listener_count; i++) {
        const struct bridge_listener *listener = &bridge->listeners[i];
        if (listener->events.on_stored) {
            listener->events.on_stored(listener->arg, failed);
        }
    }
}

static void on_trouble(void *arg, const char *why)
{
    struct bridge *bridge = arg;
    char line[256];

    for (size_t i = 0; i < bridge->listener_count; i++) {
        const struct bridge_listener *listener = &bridge->listeners[i];
        if (listener->events.on_disk) {
            listener->events.on_disk(listener->arg, why);
        }
    }
    int len = snprintf(line, sizeof(line), "DISK: %s", why[0] ? why : "it can be written again");
    bridge_publish(bridge, BRIDGE_CHANNEL_LINK, line, (size_t)len);
}

static void on_closed(void *arg)
{
    bridge_tell_stopped(arg);
}

static void on_secret(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct bridge *bridge = arg;

    link_recall(bridge->link, name, bytes, len);
}

void bridge_keep_secret(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct bridge *bridge = arg;

    store_keep_secret(bridge->store, name, bytes, len);
}

bool bridge_store_make(struct bridge *bridge)
{
    static const struct store_events events = {
        .on_ready = on_ready, .on_stored = on_stored, .on_trouble = on_trouble, .on_closed = on_closed};
    struct store_parts parts = {.outbox = bridge->outbox,
                                .pins = bridge->pins,
                                .meter = bridge->costs.meter,
                                .on_secret = on_secret,
                                .arg = bridge};

    bridge->store = store_create(bridge->sched, &parts, &bridge->config.outbox, bridge->config.link.state_dir,
                                 &events, bridge);
    return bridge->store != NULL;
}

void bridge_open(struct bridge *bridge)
{
    if (!bridge->was_opened) {
        bridge->was_opened = true;
        store_open(bridge->store);
    }
}

bool bridge_is_ready(const struct bridge *bridge)
{
    return bridge->is_ready;
}

uint64_t bridge_ticket(const struct bridge *bridge)
{
    bool waits = bridge->config.outbox.durability == OUTBOX_ALWAYS;

    return waits ? outbox_info(bridge->outbox).last_ticket : 0;
}

uint64_t bridge_stored_ticket(const struct bridge *bridge)
{
    return outbox_stored_ticket(bridge->outbox);
}

int bridge_may_accept(const struct bridge *bridge)
{
    bool must_store = bridge->config.outbox.durability == OUTBOX_ALWAYS;

    return must_store && store_trouble(bridge->store)[0] ? -EROFS : 0;
}

const char *bridge_disk_trouble(const struct bridge *bridge)
{
    return store_trouble(bridge->store);
}

const char *bridge_full_why(const struct bridge *bridge)
{
    return outbox_full_why(bridge->outbox);
}

void bridge_set_writer(struct bridge *bridge, uint64_t writer, const char *name)
{
    bridge->writer_name = name;
    outbox_set_writer(bridge->outbox, writer);
}
