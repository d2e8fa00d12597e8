/*
 * What the two halves of the outbox share: its entries and the queue of them. outbox.c accepts and confirms,
 * outbox_send.c makes frames of what waits. Never seen outside.
 */
#ifndef BRIDGE_OUTBOX_QUEUE_H
#define BRIDGE_OUTBOX_QUEUE_H

#include "blynkd/base/list.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"

struct outbox_entry {
    struct list node;
    uint64_t sequence;
    uint64_t mark;     /* of the fill that sent it */
    uint64_t added_ms; /* the host's wall clock may jump until it is set; the age of a sample does not */
    int64_t wall_ms;   /* given by the writer; 0 = when it was added */
    uint32_t group;    /* entries that were written together; 0 = alone */
    uint8_t command;   /* BLYNK_HARDWARE: a write of `pin`; else `bytes` is the whole body */
    bool sent;
    pin_id pin;
    uint16_t len;
    uint8_t bytes[];
};

struct outbox {
    struct sched *sched;
    struct pins *pins;
    struct outbox_config config;
    struct outbox_events events;
    void *arg;

    struct list entries; /* oldest first: those sent and not confirmed, then those that wait */
    struct list *next;   /* the first that waits; the list's head if none does */
    struct outbox_info info;
    uint64_t mark;          /* of the last fill */
    int64_t wall_offset_ms; /* from the loop's time to the host's clock */
    uint32_t last_group;
    struct outbox_entry *latest[PIN_COUNT]; /* the waiting write that a newer one may replace */
    uint64_t last_of_pin[PIN_COUNT];        /* sequence of the newest write */

    /* A group too large for one fill is under way: */
    bool is_open;
    size_t open_left; /* entries that still belong into it */
};

static inline struct outbox_entry *outbox_entry_at(struct list *node)
{
    return list_owner(node, struct outbox_entry, node);
}

/* True for a write that a newer one of the same pin may replace. */
bool outbox_entry_is_replaceable(const struct outbox *outbox, const struct outbox_entry *entry);

/* outbox_send.c */
size_t outbox_fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark);

#endif
