/*
 * What waits becomes frames. A run is what goes out together: one frame; or a group (`b` ... `e`) of writes that
 * were made together; or a group with a time (`t`) around writes that carry the same time of their own.
 */
#include "outbox_queue.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* 2020-01-01. A host without a battery clock believes in less until it has been told the time. */
#define WALL_PLAUSIBLE_MS INT64_C(1577836800000)

/* More than the two clocks can differ by because they are read one after the other. */
#define CLOCK_SET_MS 200

struct budget {
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

/* ---- sizes and frames ---- */

static const char *write_operation(char kind)
{
    return kind == 'V' ? "vw" : kind == 'D' ? "dw" : "aw";
}

static size_t digits_of(unsigned number)
{
    return number >= 100 ? 3 : number >= 10 ? 2 : 1;
}

static size_t frame_bytes(const struct outbox_entry *entry)
{
    if (entry->command != BLYNK_HARDWARE) {
        return BLYNK_HEADER_BYTES + (size_t)entry->len;
    }
    return BLYNK_HEADER_BYTES + sizeof("vw") + digits_of(pin_number(entry->pin)) + 1 + (size_t)entry->len;
}

static bool put_body(struct budget *budget, enum blynk_command command, const void *body, size_t len)
{
    size_t before = buf_len(budget->out);

    if (blynk_frame_encode(budget->out, command, blynk_session_next_id(budget->session), body, len)) {
        return false; /* no memory */
    }
    size_t added = buf_len(budget->out) - before;
    budget->room -= added < budget->room ? added : budget->room;
    budget->messages--;
    budget->given++;
    return true;
}

static bool put_entry(struct budget *budget, const struct outbox_entry *entry)
{
    struct blynk_body body;

    if (entry->command != BLYNK_HARDWARE) {
        return put_body(budget, (enum blynk_command)entry->command, entry->bytes, entry->len);
    }
    blynk_body_init(&body);
    blynk_body_add_text(&body, write_operation(pin_kind(entry->pin)));
    blynk_body_add_number(&body, pin_number(entry->pin));
    blynk_body_add(&body, entry->bytes, entry->len);
    assert(!body.too_long);
    return put_body(budget, BLYNK_HARDWARE, body.bytes, body.len);
}

static size_t begin_body(const struct run *run, char *text, size_t size)
{
    if (!run->time_ms) {
        return (size_t)snprintf(text, size, "b");
    }
    return (size_t)snprintf(text, size, "t%c%lld", '\0', (long long)run->time_ms);
}

static bool put_begin(struct budget *budget, const struct run *run)
{
    char text[32];
    size_t len = begin_body(run, text, sizeof(text));

    return put_body(budget, BLYNK_GROUP, text, len);
}

static bool put_end(struct budget *budget)
{
    return put_body(budget, BLYNK_GROUP, "e", 1);
}

static size_t wrapping_bytes(const struct run *run)
{
    char text[32];

    return run->wrapped ? (size_t)2 * BLYNK_HEADER_BYTES + begin_body(run, text, sizeof(text)) + 1 : 0;
}

/* ---- runs ---- */

/*
 * The time of a write is told in the host's clock of the moment of sending, because a host without a battery clock
 * learns the time late. It must not waver by a millisecond from send to send: writes would change places.
 */
static void follow_clock(struct outbox *outbox)
{
    int64_t offset_ms = sched_wall_ms(outbox->sched) - (int64_t)sched_now_ms(outbox->sched);

    if (llabs(offset_ms - outbox->wall_offset_ms) >= CLOCK_SET_MS) {
        outbox->wall_offset_ms = offset_ms;
    }
}

/* The time that must go out with a write, 0 if none: its own, or when it was made if that is long ago. */
static int64_t time_of(const struct outbox *outbox, const struct outbox_entry *entry)
{
    uint64_t age_ms = sched_now_ms(outbox->sched) - entry->added_ms;
    int64_t wall_ms = (int64_t)entry->added_ms + outbox->wall_offset_ms;

    if (entry->command != BLYNK_HARDWARE) {
        return 0;
    }
    if (entry->wall_ms) {
        return entry->wall_ms;
    }
    if (!outbox->config.stamp_after_ms || age_ms <= outbox->config.stamp_after_ms ||
        pins_delivery(outbox->pins, entry->pin) != PIN_DELIVER_ALL || wall_ms < WALL_PLAUSIBLE_MS) {
        return 0;
    }
    return wall_ms;
}

static struct outbox_entry *following(const struct outbox *outbox, const struct outbox_entry *entry)
{
    struct list *node = entry->node.next;

    return node == &outbox->entries ? NULL : outbox_entry_at(node);
}

static void measure_group(const struct outbox *outbox, const struct outbox_entry *first, struct run *run)
{
    for (const struct outbox_entry *entry = first; entry && entry->group == first->group;
         entry = following(outbox, entry)) {
        run->count++;
        run->bytes += frame_bytes(entry);
        if (!run->time_ms) {
            run->time_ms = time_of(outbox, entry);
        }
    }
    run->together = true;
    run->wrapped = run->count > 1 || run->time_ms;
}

/* As many as fit; at least one. */
static void measure_same_time(const struct outbox *outbox, const struct outbox_entry *first,
                              const struct budget *budget, struct run *run)
{
    run->wrapped = true;
    for (const struct outbox_entry *entry = first; entry; entry = following(outbox, entry)) {
        size_t bytes = run->bytes + frame_bytes(entry);
        if (entry->group || time_of(outbox, entry) != run->time_ms) {
            return;
        }
        if (run->count && (run->count + 3 > budget->messages || bytes + wrapping_bytes(run) > budget->room)) {
            return;
        }
        run->count++;
        run->bytes = bytes;
    }
}

static struct run next_run(const struct outbox *outbox, const struct outbox_entry *first,
                           const struct budget *budget)
{
    struct run run = {0};

    if (first->group) {
        measure_group(outbox, first, &run);
        return run;
    }
    run.time_ms = time_of(outbox, first);
    if (run.time_ms) {
        measure_same_time(outbox, first, budget, &run);
        return run;
    }
    run.count = 1;
    run.bytes = frame_bytes(first);
    return run;
}

/* ---- sending ---- */

/* `mark` is that of the fill under way. */
static void mark_sent(struct outbox *outbox)
{
    struct outbox_entry *entry = outbox_entry_at(outbox->next);

    outbox->next = outbox->next->next;
    entry->sent = true;
    entry->mark = outbox->mark + 1;
    outbox->info.waiting--;
    outbox->info.unconfirmed++;
    if (entry->command == BLYNK_HARDWARE && outbox->latest[entry->pin] == entry) {
        outbox->latest[entry->pin] = NULL;
    }
}

/* All of it or, without memory, nothing. */
static bool send_whole(struct outbox *outbox, struct budget *budget, const struct run *run)
{
    size_t before = buf_len(budget->out);
    size_t given = budget->given;
    struct outbox_entry *entry = outbox_entry_at(outbox->next);
    bool sent = !run->wrapped || put_begin(budget, run);

    for (size_t i = 0; sent && i < run->count; i++) {
        sent = put_entry(budget, entry);
        entry = following(outbox, entry);
    }
    sent = sent && (!run->wrapped || put_end(budget));
    if (!sent) {
        buf_truncate(budget->out, before);
        budget->given = given;
        return false;
    }
    for (size_t i = 0; i < run->count; i++) {
        mark_sent(outbox);
    }
    return true;
}

/* Goes on with an open group as far as the budget reaches. True when it is closed. */
static bool send_open(struct outbox *outbox, struct budget *budget, bool most)
{
    while (outbox->open_left) {
        const struct outbox_entry *entry = outbox_entry_at(outbox->next);
        bool fits = frame_bytes(entry) <= budget->room || (most && !budget->given);
        if (!budget->messages || !fits || !put_entry(budget, entry)) {
            return false;
        }
        mark_sent(outbox);
        outbox->open_left--;
    }
    if (!budget->messages || budget->room < BLYNK_HEADER_BYTES + 1 || !put_end(budget)) {
        return false;
    }
    outbox->is_open = false;
    return true;
}

/* What will never fit as a whole goes in parts that follow each other. */
static bool send_parts(struct outbox *outbox, struct budget *budget, const struct run *run)
{
    if (!run->wrapped) {
        return send_whole(outbox, budget, run); /* a frame larger than the room: the stream cuts it */
    }
    if (!put_begin(budget, run)) {
        return false;
    }
    outbox->is_open = true;
    outbox->open_left = run->count;
    return send_open(outbox, budget, false);
}

static bool send_next(struct outbox *outbox, struct budget *budget, bool most)
{
    struct run run = next_run(outbox, outbox_entry_at(outbox->next), budget);
    size_t messages = run.count + (run.wrapped ? 2 : 0);

    if (messages <= budget->messages && run.bytes + wrapping_bytes(&run) <= budget->room) {
        return send_whole(outbox, budget, &run);
    }
    if (!most || budget->given) {
        return false;
    }
    return send_parts(outbox, budget, &run);
}

size_t outbox_fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark)
{
    struct outbox *outbox = arg;
    struct budget budget = {.session = session, .out = out, .room = room, .messages = max_messages};
    bool more = max_messages > 0;

    follow_clock(outbox);
    if (more && outbox->is_open) {
        more = send_open(outbox, &budget, most);
    }
    while (more && budget.messages && outbox->info.waiting) {
        more = send_next(outbox, &budget, most);
    }
    if (budget.given) {
        *mark = ++outbox->mark;
    }
    return budget.given;
}
