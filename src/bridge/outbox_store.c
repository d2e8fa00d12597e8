/* The outbox and the spool: what is put on the disk and when, what memory may then let go, what is read back. */
#include "outbox_queue.h"

#include "blynkd/bridge/spool.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define DELETES_STEP 256

void outbox_store_init(struct outbox *outbox)
{
    list_init(&outbox->unstored);
    list_init(&outbox->flying);
}

void outbox_store_free(struct outbox *outbox)
{
    free(outbox->deletes);
}

void outbox_store_wake(struct outbox *outbox)
{
    if (outbox->events.on_store) {
        outbox->events.on_store(outbox->arg);
    }
}

/* ---- what is to be stored ---- */

static void put_before(struct outbox *outbox, struct outbox_entry *entry, struct list *node)
{
    list_insert_before(node, &entry->store_node);
    outbox->unstored_count++;
    outbox->unstored_bytes += entry->len;
}

static void take_out(struct outbox *outbox, struct outbox_entry *entry)
{
    if (!list_empty(&entry->store_node) && !entry->is_flying) {
        outbox->unstored_count--;
        outbox->unstored_bytes -= entry->len;
    }
    list_remove(&entry->store_node);
}

void outbox_store_added(struct outbox *outbox, struct outbox_entry *entry)
{
    entry->ticket = ++outbox->info.last_ticket;
    entry->queued_ms = entry->added_ms;
    put_before(outbox, entry, &outbox->unstored);
}

void outbox_store_replaced(struct outbox *outbox, struct outbox_entry *old, struct outbox_entry *entry)
{
    bool waits = !list_empty(&old->store_node) && !old->is_flying;

    entry->has_row = old->has_row;
    entry->row_lane = old->row_lane;
    if (old->has_row) {
        outbox->info.row_bytes = outbox->info.row_bytes - old->len + entry->len;
    }
    if (waits) { /* who wrote the old one waits for the new one, and so does what is behind it */
        entry->ticket = old->ticket;
        entry->queued_ms =
            old->queued_ms; /* a pin that is written all the time must not put it off for ever */
        put_before(outbox, entry, &old->store_node);
    } else {
        outbox_store_added(outbox, entry);
    }
    take_out(outbox, old);
}

/* Without memory for it the row stays: after a restart it is sent once more. */
static void delete_row(struct outbox *outbox, uint64_t sequence)
{
    if (outbox->delete_count == outbox->delete_room) {
        size_t room = outbox->delete_room + DELETES_STEP;
        uint64_t *deletes = realloc(outbox->deletes, room * sizeof(*deletes));
        if (!deletes) {
            return;
        }
        outbox->deletes = deletes;
        outbox->delete_room = room;
    }
    if (outbox->delete_count == outbox->deletes_flying) {
        outbox->deletes_ms = sched_now_ms(outbox->sched);
    }
    outbox->deletes[outbox->delete_count++] = sequence;
}

static void row_is_gone(struct outbox *outbox, size_t len)
{
    outbox->info.rows -= outbox->info.rows ? 1 : 0;
    outbox->info.row_bytes -= len < outbox->info.row_bytes ? len : outbox->info.row_bytes;
}

void outbox_store_forgotten(struct outbox *outbox, struct outbox_entry *entry)
{
    take_out(outbox, entry);
    if (entry->has_row) {
        delete_row(outbox, entry->sequence);
        row_is_gone(outbox, entry->len);
    }
}

void outbox_store_delete(struct outbox *outbox, uint64_t sequence, size_t len)
{
    delete_row(outbox, sequence);
    row_is_gone(outbox, len);
}

bool outbox_spool_is_failing(const struct outbox *outbox)
{
    return outbox->is_failing;
}

bool outbox_store_is_deleting(const struct outbox *outbox, uint64_t sequence)
{
    if (sequence > outbox->dropped_last) {
        return false; /* only what is dropped goes before it was read back */
    }
    for (size_t i = 0; i < outbox->delete_count; i++) {
        if (outbox->deletes[i] == sequence) {
            return true;
        }
    }
    return false;
}

/* Without a link nobody knows how long it will wait. */
static uint64_t due_ms(const struct outbox *outbox, const struct outbox_entry *entry)
{
    switch ((enum outbox_durability)outbox->config.durability) {
    case OUTBOX_MEMORY:
        return UINT64_MAX;
    case OUTBOX_ALWAYS:
        return 0;
    case OUTBOX_OFFLINE:
        break;
    }
    uint32_t wait_ms = outbox->online ? outbox->config.spill_after_ms : outbox->config.commit_interval_ms;
    return entry->queued_ms + wait_ms;
}

/* What comes faster than it is sent goes to disk before it fills memory: it is not to wait for the interval. */
static bool is_pressing(const struct outbox *outbox)
{
    const struct outbox_config *config = &outbox->config;

    if (config->durability != OUTBOX_OFFLINE) {
        return false;
    }
    return outbox->unstored_count >= SPOOL_BATCH_ROWS || outbox->unstored_count >= config->max_entries / 4 ||
           outbox->unstored_bytes >= config->max_bytes / 4;
}

uint64_t outbox_spool_due_ms(const struct outbox *outbox)
{
    uint64_t due = UINT64_MAX;

    if (!outbox->has_spool) {
        return UINT64_MAX;
    }
    if (is_pressing(outbox) || outbox->delete_count - outbox->deletes_flying >= SPOOL_BATCH_ROWS) {
        return 0;
    }
    if (outbox->unstored.next != &outbox->unstored) {
        due = due_ms(outbox, list_owner(outbox->unstored.next, const struct outbox_entry, store_node));
    }
    if (outbox->delete_count > outbox->deletes_flying) {
        uint64_t soon_ms = outbox->deletes_ms + outbox->config.commit_interval_ms;
        due = soon_ms < due ? soon_ms : due;
    }
    return due;
}

static enum spool_lane row_lane_of(const struct outbox_entry *entry)
{
    static const enum spool_lane lanes[LANES] = {SPOOL_LANE_EVENT, SPOOL_LANE_LATEST, SPOOL_LANE_FRESH,
                                                 SPOOL_LANE_FRESH, SPOOL_LANE_BACKLOG};

    return lanes[entry->lane];
}

static int put_row(struct spool_batch *batch, const struct outbox_entry *entry)
{
    struct spool_row row = {
        .sequence = entry->sequence,
        .lane = row_lane_of(entry),
        .command = entry->command,
        .pin = entry->pin,
        .group = entry->group,
        .wall_ms = entry->wall_ms,
        .made_ms = entry->timeless ? 0 : entry->added_ms,
        .len = entry->len,
        .bytes = entry->bytes,
    };

    return spool_batch_put(batch, &row);
}

static bool collect_deletes(struct outbox *outbox, struct spool_batch *batch)
{
    assert(outbox->deletes_flying == 0);
    while (outbox->deletes_flying < outbox->delete_count && outbox->deletes_flying < SPOOL_BATCH_ROWS) {
        if (spool_batch_delete(batch, outbox->deletes[outbox->deletes_flying])) {
            return false;
        }
        outbox->deletes_flying++;
    }
    return true;
}

/*
 * Deletes before puts: a row that is replaced has no delete, and sequences are not given out twice. What comes due
 * before the next batch may be made goes along: it would be late.
 */
bool outbox_spool_collect(struct outbox *outbox, struct spool_batch *batch, bool everything)
{
    uint64_t next_ms = sched_now_ms(outbox->sched) + outbox->config.commit_interval_ms;
    bool all_due = everything || is_pressing(outbox);
    struct list *node, *following;

    if (!collect_deletes(outbox, batch)) {
        return false;
    }
    if (outbox->is_failing && !outbox->was_relieved && outbox->deletes_flying) {
        outbox->is_relieving = true;
        return true;
    }
    list_each(node, &outbox->unstored, following)
    {
        struct outbox_entry *entry = outbox_store_entry_at(node);
        bool due = all_due || due_ms(outbox, entry) <= next_ms;
        if (outbox->config.durability == OUTBOX_MEMORY || !due) {
            return true;
        }
        if (put_row(batch, entry)) {
            return false;
        }
        if (!entry->has_row) {
            outbox->info.rows++;
            outbox->info.row_bytes += entry->len;
        }
        entry->has_row = true;
        entry->row_lane = (uint8_t)row_lane_of(entry);
        outbox->flying_ticket = outbox->flying_ticket ? outbox->flying_ticket : entry->ticket;
        take_out(outbox, entry);
        entry->is_flying = true;
        list_append(&outbox->flying, node);
    }
    return true;
}

/* ---- what became of it ---- */

bool outbox_store_evict(struct outbox *outbox, struct outbox_entry *entry)
{
    bool stored = entry->has_row && list_empty(&entry->store_node);

    if (!stored || !outbox->in_tail) {
        return false;
    }
    if (entry->row_lane != SPOOL_LANE_BACKLOG) { /* it would not be found again: written once more */
        entry->queued_ms = entry->added_ms;
        put_before(outbox, entry, &outbox->unstored);
        return false;
    }
    if (outbox->latest[entry->pin] == entry) {
        outbox->latest[entry->pin] = NULL;
    }
    if (!outbox->gap_rows || entry->sequence < outbox->gap_first) {
        outbox->gap_first = entry->sequence;
    }
    outbox->gap_rows++;
    outbox->in_tail--;
    outbox->info.entries--;
    outbox->info.bytes -= entry->len;
    list_remove(&entry->node);
    free(entry);
    return true;
}

/* From the tail's beginning, without a hole: what is behind an entry that memory keeps has to be kept, too. */
static void let_go(struct outbox *outbox)
{
    struct list *node, *following;

    list_each(node, &outbox->tail, following)
    {
        if (!outbox_store_evict(outbox, outbox_entry_at(node))) {
            return;
        }
    }
}

static void landed(struct outbox *outbox)
{
    struct list *node;

    while ((node = list_first(&outbox->flying))) {
        outbox_store_entry_at(node)->is_flying = false;
        list_remove(node);
    }
    outbox->delete_count -= outbox->deletes_flying;
    if (outbox->delete_count) {
        memmove(outbox->deletes, outbox->deletes + outbox->deletes_flying,
                outbox->delete_count * sizeof(*outbox->deletes));
    }
    let_go(outbox);
}

/* Whether they have a row is not known now; deleting one that is not there does no harm. */
static void back_again(struct outbox *outbox)
{
    while (!list_empty(&outbox->flying)) {
        struct outbox_entry *last = outbox_store_entry_at(outbox->flying.prev);
        list_remove(&last->store_node);
        last->is_flying = false;
        put_before(outbox, last, outbox->unstored.next);
    }
}

void outbox_spool_stored(struct outbox *outbox, int error)
{
    outbox->was_relieved = outbox->is_relieving && !error;
    outbox->is_failing = error != 0 || (outbox->is_relieving && !list_empty(&outbox->unstored));
    outbox->is_relieving = false;
    if (error) {
        back_again(outbox);
    } else {
        landed(outbox);
    }
    outbox->deletes_flying = 0;
    outbox->flying_ticket = 0;
}

static void again(struct outbox *outbox, struct list *entries)
{
    for (struct list *node = entries->next; node != entries; node = node->next) {
        struct outbox_entry *entry = outbox_entry_at(node);
        if (entry->has_row && list_empty(&entry->store_node)) {
            entry->queued_ms = sched_now_ms(outbox->sched);
            put_before(outbox, entry, &outbox->unstored);
        }
    }
}

void outbox_store_again(struct outbox *outbox)
{
    for (int lane = 0; lane < LANES; lane++) {
        again(outbox, &outbox->lanes[lane]);
    }
    again(outbox, &outbox->tail);
    again(outbox, &outbox->sent);
}

uint64_t outbox_stored_ticket(const struct outbox *outbox)
{
    const struct list *first = outbox->unstored.next;

    if (outbox->flying_ticket) {
        return outbox->flying_ticket - 1;
    }
    if (first == &outbox->unstored) {
        return outbox->info.last_ticket;
    }
    return list_owner(first, const struct outbox_entry, store_node)->ticket - 1;
}
