/* The order of what waits: lanes, the backlog with its part on disk, what was sent, what is through. */
#include "outbox_queue.h"

#include <assert.h>
#include <stdlib.h>

#define HEAD_MAX   2000 /* entries of the backlog in memory before the rest stays on disk only, ... */
#define HEAD_PART  4    /* ... but not more than one in so many of all that memory may hold */
#define HEAD_LEAST 8    /* so many go on whatever memory holds besides */
#define WINDOW_MAX 512  /* entries sent and not confirmed */

void outbox_lanes_init(struct outbox *outbox)
{
    for (int lane = 0; lane < LANES; lane++) {
        list_init(&outbox->lanes[lane]);
    }
    list_init(&outbox->tail);
    list_init(&outbox->sent);
    list_init(&outbox->found);
    outbox->window = WINDOW_MAX;
}

static void free_all(struct list *entries)
{
    struct list *node, *following;

    list_each(node, entries, following)
    {
        outbox_share_drop(outbox_entry_at(node));
        free(outbox_entry_at(node));
    }
    list_init(entries);
}

void outbox_lanes_free(struct outbox *outbox)
{
    for (int lane = 0; lane < LANES; lane++) {
        free_all(&outbox->lanes[lane]);
    }
    free_all(&outbox->tail);
    free_all(&outbox->sent);
    free_all(&outbox->found);
}

/* ---- the writes of a pin stay in their order ---- */

static uint32_t *outstanding_of(struct outbox *outbox, const struct outbox_entry *entry)
{
    bool counts = entry->command == BLYNK_HARDWARE && entry->lane >= LANE_FRESH;

    return counts ? &outbox->outstanding[entry->lane - LANE_FRESH][entry->pin] : NULL;
}

static void count_in(struct outbox *outbox, const struct outbox_entry *entry)
{
    uint32_t *outstanding = outstanding_of(outbox, entry);

    if (outstanding) {
        ++*outstanding;
    }
}

static void count_out(struct outbox *outbox, const struct outbox_entry *entry)
{
    uint32_t *outstanding = outstanding_of(outbox, entry);

    if (outstanding && *outstanding) {
        --*outstanding;
    }
}

void outbox_lanes_change(struct outbox *outbox, struct outbox_entry *entry, enum outbox_lane lane)
{
    outbox_share_drop(entry);
    count_out(outbox, entry);
    entry->lane = (uint8_t)lane;
    count_in(outbox, entry);
    outbox_share_add(outbox, entry);
}

enum outbox_lane outbox_lane_for(const struct outbox *outbox, pin_id pin, enum outbox_lane wished)
{
    for (int lane = LANE_BACKLOG; lane >= LANE_FRESH && lane > (int)wished; lane--) {
        if (outbox->outstanding[lane - LANE_FRESH][pin]) {
            return (enum outbox_lane)lane;
        }
    }
    return wished;
}

/* ---- putting in ---- */

bool outbox_lanes_head_is_full(const struct outbox *outbox)
{
    size_t count = outbox->in_lane[LANE_BACKLOG];
    size_t most = outbox->config.max_entries / HEAD_PART + 1;

    if (count < HEAD_LEAST && count < most) {
        return false;
    }
    return count >= HEAD_MAX || count >= most || outbox->info.bytes >= outbox->config.max_bytes / 2;
}

/* True if the head ends within the group that the entry is of. */
static bool goes_on(const struct outbox *outbox, const struct outbox_entry *entry)
{
    const struct list *head = &outbox->lanes[LANE_BACKLOG];

    return entry->group && head->prev != head &&
           list_owner(head->prev, const struct outbox_entry, node)->group == entry->group;
}

static bool belongs_to_tail(const struct outbox *outbox, const struct outbox_entry *entry)
{
    if (entry->lane != LANE_BACKLOG || !outbox->has_spool) {
        return false;
    }
    if (outbox->gap_rows || outbox->in_tail) {
        return true;
    }
    return outbox_lanes_head_is_full(outbox) && !goes_on(outbox, entry);
}

static void remember_latest(struct outbox *outbox, struct outbox_entry *entry)
{
    if (entry->command == BLYNK_HARDWARE && outbox->last_of_pin[entry->pin] <= entry->sequence) {
        outbox->last_of_pin[entry->pin] = entry->sequence;
        outbox->latest[entry->pin] = outbox_entry_is_replaceable(outbox, entry) ? entry : NULL;
    }
}

void outbox_lanes_append(struct outbox *outbox, struct outbox_entry *entry)
{
    entry->sequence = ++outbox->info.last_sequence;
    if (belongs_to_tail(outbox, entry)) {
        list_append(&outbox->tail, &entry->node);
        outbox->in_tail++;
    } else {
        list_append(&outbox->lanes[entry->lane], &entry->node);
        outbox->in_lane[entry->lane]++;
    }
    outbox_share_add(outbox, entry);
    count_in(outbox, entry);
    outbox->info.waiting++;
    outbox->info.entries++;
    outbox->info.bytes += entry->len;
    outbox->info.accepted++;
    remember_latest(outbox, entry);
    outbox_store_added(outbox, entry);
}

void outbox_lanes_tail_to_head(struct outbox *outbox)
{
    struct list *node = outbox->tail.next;

    list_remove(node);
    list_append(&outbox->lanes[LANE_BACKLOG], node);
    outbox->in_tail--;
    outbox->in_lane[LANE_BACKLOG]++;
}

/* Without a gap a group is never parted: it would be sent as two. */
void outbox_lanes_join(struct outbox *outbox)
{
    while (!outbox->gap_rows && outbox->in_tail) {
        if (outbox_lanes_head_is_full(outbox) && !goes_on(outbox, outbox_entry_at(outbox->tail.next))) {
            return;
        }
        outbox_lanes_tail_to_head(outbox);
    }
}

bool outbox_lanes_head_is_cut(const struct outbox *outbox)
{
    const struct list *head = &outbox->lanes[LANE_BACKLOG];

    if (!outbox->gap_rows || head->next == head) {
        return false;
    }
    uint32_t group = list_owner(head->next, const struct outbox_entry, node)->group;
    return group && list_owner(head->prev, const struct outbox_entry, node)->group == group;
}

/* ---- taking out ---- */

static void free_entry(struct outbox *outbox, struct outbox_entry *entry)
{
    list_remove(&entry->node);
    outbox_share_drop(entry);
    count_out(outbox, entry);
    if (entry->command == BLYNK_HARDWARE && outbox->latest[entry->pin] == entry) {
        outbox->latest[entry->pin] = NULL;
    }
    outbox->info.entries--;
    outbox->info.bytes -= entry->len;
    outbox_store_forgotten(outbox, entry);
    free(entry);
}

void outbox_lanes_sent(struct outbox *outbox, struct outbox_entry *entry)
{
    list_remove(&entry->node);
    outbox_share_drop(entry);
    outbox->in_lane[entry->lane]--;
    list_append(&outbox->sent, &entry->node);
    outbox->info.waiting--;
    outbox->info.unconfirmed++;
    outbox->sent_bytes += entry->len;
    if (entry->command == BLYNK_HARDWARE && outbox->latest[entry->pin] == entry) {
        outbox->latest[entry->pin] = NULL;
    }
}

void outbox_lanes_forget(struct outbox *outbox, struct outbox_entry *entry)
{
    outbox->in_lane[entry->lane]--;
    outbox->info.waiting--;
    free_entry(outbox, entry);
    outbox_lanes_join(outbox);
}

void outbox_lanes_forget_tail(struct outbox *outbox)
{
    outbox->dropped_last = outbox_entry_at(outbox->tail.next)->sequence;
    outbox->in_tail--;
    outbox->info.waiting--;
    free_entry(outbox, outbox_entry_at(outbox->tail.next));
}

/* Something is through, or will never be. */
void outbox_lanes_tell_added(struct outbox *outbox)
{
    if (outbox->events.on_added) {
        outbox->events.on_added(outbox->arg);
    }
}

void outbox_lanes_tell_confirmed(struct outbox *outbox)
{
    uint64_t before = outbox->info.confirmed_sequence;

    outbox->info.confirmed_sequence = outbox_lanes_confirmed_sequence(outbox);
    if (outbox->events.on_confirmed && outbox->info.confirmed_sequence > before) {
        outbox->events.on_confirmed(outbox->arg, outbox->info.confirmed_sequence);
    }
}

static uint64_t smaller(uint64_t a, const struct list *list)
{
    if (list->next == list) {
        return a;
    }
    uint64_t b = list_owner(list->next, const struct outbox_entry, node)->sequence;
    return b < a ? b : a;
}

uint64_t outbox_lanes_confirmed_sequence(const struct outbox *outbox)
{
    uint64_t first = outbox->info.last_sequence + 1;

    for (int lane = 0; lane < LANES; lane++) {
        first = smaller(first, &outbox->lanes[lane]);
    }
    first = smaller(first, &outbox->tail);
    if (outbox->gap_rows && outbox->gap_first < first) {
        first = outbox->gap_first;
    }
    for (const struct list *node = outbox->sent.next; node != &outbox->sent; node = node->next) {
        uint64_t sequence = list_owner(node, const struct outbox_entry, node)->sequence;
        first = sequence < first ? sequence : first;
    }
    return first - 1;
}

void outbox_lanes_confirmed(struct outbox *outbox, uint64_t mark)
{
    struct list *node, *following;
    bool any = false;

    list_each(node, &outbox->sent, following)
    {
        struct outbox_entry *entry = outbox_entry_at(node);
        if (entry->mark > mark) {
            break;
        }
        outbox->info.confirmed++;
        outbox->info.unconfirmed--;
        outbox->sent_bytes -= entry->len;
        free_entry(outbox, entry);
        any = true;
    }
    if (!any) {
        return;
    }
    outbox->confirmed_any = true;
    outbox->window = outbox->window * 2 < WINDOW_MAX ? outbox->window * 2 : WINDOW_MAX;
    outbox_store_wake(outbox);
    outbox_lanes_tell_confirmed(outbox);
    if (outbox_can_send(outbox)) {
        outbox_lanes_tell_added(outbox); /* the window is open again */
    }
}

static uint64_t count_up_to(const struct list *entries, uint64_t sequence)
{
    uint64_t count = 0;

    for (const struct list *node = entries->next; node != entries; node = node->next) {
        count += list_owner(node, const struct outbox_entry, node)->sequence <= sequence;
    }
    return count;
}

/* What was given out before the spool was open has another number since. */
static uint64_t number_now(const struct outbox *outbox, uint64_t sequence)
{
    return sequence && sequence <= outbox->renumbered ? sequence + outbox->number_shift : sequence;
}

uint64_t outbox_outstanding(const struct outbox *outbox, uint64_t sequence)
{
    uint64_t count = 0;

    sequence = number_now(outbox, sequence);
    if (outbox->info.confirmed_sequence >= sequence) {
        return 0;
    }
    for (int lane = 0; lane < LANES; lane++) {
        count += count_up_to(&outbox->lanes[lane], sequence);
    }
    count += count_up_to(&outbox->tail, sequence) + count_up_to(&outbox->sent, sequence);
    if (outbox->gap_rows && sequence >= outbox->gap_first) {
        uint64_t most = sequence - outbox->gap_first + 1;
        count += most < outbox->gap_rows ? most : outbox->gap_rows;
    }
    return count;
}

void outbox_want_confirmed(struct outbox *outbox, uint64_t sequence)
{
    sequence = number_now(outbox, sequence);
    outbox->wanted = sequence > outbox->wanted ? sequence : outbox->wanted;
    if (outbox->wanted > outbox->info.confirmed_sequence) {
        outbox_open_gate(outbox);
    }
}
