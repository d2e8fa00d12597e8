#include "outbox_run.h"

#include "blynkd/base/wall.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#define CLOCK_JUMP_MS INT64_C(3600000) /* more than corrections of a clock that runs badly */

/* ---- sizes and frames ---- */

static const char *write_operation(char kind)
{
    return kind == 'V' ? "vw" : kind == 'D' ? "dw" : "aw";
}

static size_t digits_of(unsigned number)
{
    return number >= 100 ? 3 : number >= 10 ? 2 : 1;
}

size_t outbox_frame_bytes(const struct outbox_entry *entry)
{
    if (entry->command != BLYNK_HARDWARE) {
        return BLYNK_HEADER_BYTES + (size_t)entry->len;
    }
    return BLYNK_HEADER_BYTES + sizeof("vw") + digits_of(pin_number(entry->pin)) + 1 + (size_t)entry->len;
}

static bool put_body(struct allowance *allowance, enum blynk_command command, const void *body, size_t len)
{
    size_t before = buf_len(allowance->out);

    if (blynk_frame_encode(allowance->out, command, blynk_session_next_id(allowance->session), body, len)) {
        return false; /* no memory */
    }
    size_t added = buf_len(allowance->out) - before;
    allowance->room -= added < allowance->room ? added : allowance->room;
    allowance->messages--;
    allowance->given++;
    return true;
}

bool outbox_put_entry(struct allowance *allowance, const struct outbox_entry *entry)
{
    struct blynk_body body;

    if (entry->command != BLYNK_HARDWARE) {
        return put_body(allowance, (enum blynk_command)entry->command, entry->bytes, entry->len);
    }
    blynk_body_init(&body);
    blynk_body_add_text(&body, write_operation(pin_kind(entry->pin)));
    blynk_body_add_number(&body, pin_number(entry->pin));
    blynk_body_add(&body, entry->bytes, entry->len);
    assert(!body.too_long);
    return put_body(allowance, BLYNK_HARDWARE, body.bytes, body.len);
}

static size_t begin_body(const struct run *run, char *text, size_t size)
{
    if (!run->time_ms) {
        return (size_t)snprintf(text, size, "b");
    }
    return (size_t)snprintf(text, size, "t%c%lld", '\0', (long long)run->time_ms);
}

bool outbox_put_begin(struct allowance *allowance, const struct run *run)
{
    char text[32];
    size_t len = begin_body(run, text, sizeof(text));

    return put_body(allowance, BLYNK_GROUP, text, len);
}

bool outbox_put_end(struct allowance *allowance)
{
    return put_body(allowance, BLYNK_GROUP, "e", 1);
}

size_t outbox_wrapping_bytes(const struct run *run)
{
    char text[32];

    return run->wrapped ? (size_t)2 * BLYNK_HEADER_BYTES + begin_body(run, text, sizeof(text)) + 1 : 0;
}

/* ---- runs ---- */

/*
 * The time of a write is told in the host's clock of the moment of sending, because a host without a battery clock
 * learns the time late. It must not waver by a millisecond from send to send: writes would change places.
 */
void outbox_follow_clock(struct outbox *outbox)
{
    int64_t offset_ms = sched_wall_ms(outbox->sched) - (int64_t)sched_now_ms(outbox->sched);

    if (llabs(offset_ms - outbox->wall_offset_ms) >= CLOCK_JUMP_MS) {
        outbox->clock_set_ms = sched_now_ms(outbox->sched);
    }
    if (llabs(offset_ms - outbox->wall_offset_ms) >= WALL_SET_MS) {
        outbox->wall_offset_ms = offset_ms;
    }
}

int64_t outbox_time_of(const struct outbox *outbox, const struct outbox_entry *entry)
{
    uint64_t age_ms = sched_now_ms(outbox->sched) - entry->added_ms;
    int64_t wall_ms = (int64_t)entry->added_ms + outbox->wall_offset_ms;

    if (entry->command != BLYNK_HARDWARE || entry->timeless) {
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

struct outbox_entry *outbox_following(const struct outbox *outbox, const struct outbox_entry *entry)
{
    struct list *node = entry->node.next;

    return node == &outbox->lanes[entry->lane] ? NULL : outbox_entry_at(node);
}

static void measure_group(const struct outbox *outbox, const struct outbox_entry *first, struct run *run)
{
    for (const struct outbox_entry *entry = first; entry && entry->group == first->group;
         entry = outbox_following(outbox, entry)) {
        run->count++;
        run->bytes += outbox_frame_bytes(entry);
        if (!run->time_ms) {
            run->time_ms = outbox_time_of(outbox, entry);
        }
    }
    run->together = true;
    run->wrapped = run->count > 1 || run->time_ms;
}

/* As many as fit; at least one. */
static void measure_same_time(const struct outbox *outbox, const struct outbox_entry *first,
                              const struct allowance *allowance, struct run *run)
{
    run->wrapped = true;
    for (const struct outbox_entry *entry = first; entry; entry = outbox_following(outbox, entry)) {
        size_t bytes = run->bytes + outbox_frame_bytes(entry);
        if (entry->group || outbox_time_of(outbox, entry) != run->time_ms) {
            return;
        }
        if (run->count &&
            (run->count + 3 > allowance->messages || bytes + outbox_wrapping_bytes(run) > allowance->room)) {
            return;
        }
        run->count++;
        run->bytes = bytes;
    }
}

struct run outbox_run_measure(const struct outbox *outbox, const struct outbox_entry *first,
                              const struct allowance *allowance)
{
    struct run run = {0};

    if (first->group) {
        measure_group(outbox, first, &run);
        return run;
    }
    run.time_ms = outbox_time_of(outbox, first);
    if (run.time_ms) {
        measure_same_time(outbox, first, allowance, &run);
        return run;
    }
    run.count = 1;
    run.bytes = outbox_frame_bytes(first);
    return run;
}
