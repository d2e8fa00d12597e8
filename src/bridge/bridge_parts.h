/*
 * What the files of the bridge share: its struct, and the calls between its life and writes (bridge.c), what comes
 * from Blynk (bridge_receive.c) and questions whose answer comes later (bridge_requests.c). Never seen outside.
 */
#ifndef BRIDGE_PARTS_H
#define BRIDGE_PARTS_H

#include "blynkd/base/timer.h"
#include "blynkd/bridge/bridge.h"

#include "store.h"

struct bridge_listener {
    struct bridge_events events;
    void *arg;
};

struct bridge {
    struct sched *sched;
    struct uplink *uplink;
    struct modem *modem; /* NULL: the host's network */
    struct bridge_config config;
    struct pins *pins;
    struct outbox *outbox;
    struct store *store;
    struct link *link;
    struct bridge_listener listeners[BRIDGE_LISTENERS];
    size_t listener_count;
    bool stopping;
    bool was_opened;
    bool is_ready;
    bool start_wanted;
    bool online;
    struct list requests;
    struct bridge_request *modem_request; /* the modem takes one at a time */
    unsigned trace_users;                 /* who wants the trace to be published */
    uint64_t writes_from_blynk;
    uint64_t other_pins; /* writes to pins that are not kept, above 255 */
};

void bridge_publish(struct bridge *bridge, const char *channel, const void *message, size_t len);

/* Every listener is told that all is closed. One of them may destroy the bridge. */
void bridge_tell_stopped(struct bridge *bridge);

/* bridge_store.c */
bool bridge_store_make(struct bridge *bridge);
/* 0, or -EROFS: nothing can be promised now. */
int bridge_may_accept(const struct bridge *bridge);

/* bridge_receive.c */
extern const struct blynk_session_events bridge_session_events;

/* bridge_requests.c */
/* True if the frame was the answer to a question. */
bool bridge_requests_answer(struct bridge *bridge, const struct blynk_frame *frame);
void bridge_requests_on_response(struct bridge *bridge, uint16_t id, unsigned status);
void bridge_requests_on_confirmed(struct bridge *bridge);
void bridge_requests_on_online(struct bridge *bridge);
void bridge_requests_on_offline(struct bridge *bridge);

#endif
