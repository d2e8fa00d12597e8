/*
 * A run is what goes out together: one frame; or a group (`b` ... `e`) of writes that were made together; or a group
 * with a time (`t`) around writes that carry the same time of their own. Private to the outbox: outbox_run.c measures
 * and writes runs, outbox_send.c decides which.
 */
#ifndef BRIDGE_OUTBOX_RUN_H
#define BRIDGE_OUTBOX_RUN_H

#include "outbox_queue.h"

struct allowance {
    struct blynk_session *session;
    struct buf *out;
    size_t room;
    size_t messages;
    size_t given;
};

struct run {
    size_t count;    /* entries */
    size_t bytes;    /* of their frames */
    int64_t time_ms; /* 0: none */
    bool wrapped;
    bool together; /* all or none */
};

/* The host's clock as it is now. */
void outbox_follow_clock(struct outbox *outbox);
/* The time that must go out with a write, 0 if none: its own, or when it was made if that is long ago. */
int64_t outbox_time_of(const struct outbox *outbox, const struct outbox_entry *entry);
/* The entry behind this one in its lane; NULL: none. */
struct outbox_entry *outbox_following(const struct outbox *outbox, const struct outbox_entry *entry);
struct run outbox_run_measure(const struct outbox *outbox, const struct outbox_entry *first,
                              const struct allowance *allowance);
size_t outbox_frame_bytes(const struct outbox_entry *entry);
size_t outbox_wrapping_bytes(const struct run *run);

/* False: no memory. */
bool outbox_put_entry(struct allowance *allowance, const struct outbox_entry *entry);
bool outbox_put_begin(struct allowance *allowance, const struct run *run);
bool outbox_put_end(struct allowance *allowance);

#endif
