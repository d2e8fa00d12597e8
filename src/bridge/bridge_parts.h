/*
 * What the files of the bridge share: its struct, and the calls between its life and writes (bridge.c), values
 * that wait for their pin's interval (hold.c), what comes from Blynk (bridge_receive.c) and questions whose answer
 * comes later (bridge_requests.c). Never seen outside.
 */
#ifndef BRIDGE_PARTS_H
#define BRIDGE_PARTS_H

#include "blynkd/base/timer.h"
#include "blynkd/bridge/bridge.h"
#include "blynkd/bridge/pin_rules.h"

#include "clock_book.h"
#include "clock_offer.h"
#include "history.h"
#include "store.h"

struct bridge_listener {
    struct bridge_events events;
    void *arg;
};

/* Values that wait for their pin's interval: which; the value is the one that `pins` has. */
struct bridge_hold {
    bool pins[PIN_COUNT];
    size_t count;
    struct timer timer; /* for the earliest */
};

struct bridge_costs {
    struct meter *meter;
    struct budget *budget;
    struct timer timer;
    bool is_soon; /* the timer is for what was counted */
};

/* Where the time comes from while nobody keeps the machine's clock right, from weak to strong. */
enum clock_source { CLOCK_FROM_NOBODY, CLOCK_FROM_MODEM, CLOCK_FROM_BLYNK };

struct bridge_clock {
    struct clock_book book;
    struct bridge_request request;
    struct timer look;
    struct timer patience; /* with a server that does not answer */
    struct clock_offer offer;
    uint64_t asked_ms;
    uint64_t learned_ms;
    bool is_asking;
    enum clock_source source; /* of what was learned */
};

struct bridge {
    struct sched *sched;
    struct uplink *uplink;
    struct modem *modem; /* NULL: the host's network */
    struct bridge_config config;
    struct pins *pins;
    struct pin_rules *rules;
    struct bridge_hold hold;
    struct outbox *outbox;
    struct store *store;
    struct bridge_costs costs;
    struct bridge_clock clock;
    struct history *history;
    struct timer signal_timer; /* for the history */
    const char *writer_name;   /* NULL: nobody in particular */
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
    struct trace *trace;                  /* the modem's, or the bridge's own if there is none */
    unsigned trace_users;                 /* who wants the trace to be published */
    uint64_t writes_from_blynk;
    uint64_t other_pins; /* writes to pins that are not kept, above 255 */
};

void bridge_publish(struct bridge *bridge, const char *channel, const void *message, size_t len);

/* Every listener is told that all is closed. One of them may destroy the bridge. */
void bridge_tell_stopped(struct bridge *bridge);

/* bridge_store.c */
void bridge_keep_secret(void *bridge, const char *name, const uint8_t *bytes, size_t len);
bool bridge_store_make(struct bridge *bridge);
/* 0, or -EROFS: nothing can be promised now. */
int bridge_may_accept(const struct bridge *bridge);

/* bridge_clock.c */
void bridge_clock_init(struct bridge *bridge);
void bridge_clock_stop(struct bridge *bridge);
enum tls_clock bridge_clock_for_tls(void *bridge, int64_t *wall_ms);
void bridge_clock_on_login(struct bridge *bridge);
void bridge_clock_on_online(struct bridge *bridge);
/* As link_events. */
void bridge_clock_on_time(void *bridge, int64_t earliest_ms, uint32_t slack_ms);

/* bridge_costs.c */
bool bridge_costs_make(struct bridge *bridge);
void bridge_costs_free(struct bridge *bridge);
/* The numbers of earlier runs are known. */
void bridge_costs_begin(struct bridge *bridge);
void bridge_costs_configure(struct bridge *bridge);
void bridge_costs_sent(void *bridge, size_t bytes, size_t messages);
void bridge_costs_received(void *bridge, size_t bytes, size_t messages);
void bridge_costs_dialed(void *bridge, bool ok);
/* The writer has given so much to send. */
void bridge_costs_written(struct bridge *bridge, size_t messages, size_t bytes);

/* bridge_history.c */
bool bridge_history_make(struct bridge *bridge);
void bridge_history_free(struct bridge *bridge);
/* A value of either side; `wall_ms`: the sample's own time, 0: now. What is no number is left out. */
void bridge_history_pin(struct bridge *bridge, pin_id pin, const void *value, size_t len, int64_t wall_ms);
void bridge_history_round_trip(struct bridge *bridge, uint32_t ms);
void bridge_history_on_link(struct bridge *bridge, enum link_state state);

/* bridge_receive.c */
extern const struct blynk_session_events bridge_session_events;

/* hold.c */
void hold_init(struct bridge *bridge);
/* What the pin's rules say of a write; a value that is held is given up if this one need not go. */
enum pin_verdict hold_judge(struct bridge *bridge, const struct outbox_write *write);
/* The pin's last value, which is known, goes when the interval is over. */
void hold_keep(struct bridge *bridge, pin_id pin);
/* The value was written to the outbox, or came from Blynk: nothing older may follow it. */
void hold_passed(struct bridge *bridge, pin_id pin, const void *value, size_t len);
void hold_heard(struct bridge *bridge, pin_id pin, const void *value, size_t len);
/* What is held goes now: of one pin, of all. */
void hold_release(struct bridge *bridge, pin_id pin);
void hold_release_all(struct bridge *bridge);

/* bridge_requests.c */
/* The time alone, of a server that knows it. Lines as bridge_ask_time(). */
int bridge_ask_clock(struct bridge *bridge, struct bridge_request *request);
/* True if the frame was the answer to a question. */
bool bridge_requests_answer(struct bridge *bridge, const struct blynk_frame *frame);
void bridge_requests_on_response(struct bridge *bridge, uint16_t id, unsigned status);
void bridge_requests_on_confirmed(struct bridge *bridge);
void bridge_requests_on_online(struct bridge *bridge);
void bridge_requests_on_offline(struct bridge *bridge);

#endif
