/* The order of what waits: lanes, the backlog with its part on disk, what was sent, what is through. */
#include "outbox_queue.h"

#include <assert.h>
#include <stdlib.h>

#define HEAD_MAX   2000 /* entries of the backlog in memory before the rest stays on disk only */
#define WINDOW_MAX 256  /* entries sent and not confirmed */
#define WINDOW_LOW                                                                                           \
    8 /* after a session in which nothing was confirmed: small steps, so that some get through */

void outbox_lanes_init(struct outbox *outbox)
{
    for (int lane = 0; lane < LANES; lane++) {
        list_init(&outbox->lanes[lane]);
    }
    list_init(&outbox->tail);
    list_init(&outbox->sent);
    outbox->window = WINDOW_MAX;
}

static void free_all(struct list *entries)
{
    struct list *node, *following;

    list_each(node, entries, following)
    {
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

static bool belongs_to_tail(const struct outbox *outbox, const struct outbox_entry *entry)
{
    if (entry->lane != LANE_BACKLOG || !outbox->has_spool) {
        return false;
    }
    return outbox->gap_rows || outbox->in_tail || outbox->in_lane[LANE_BACKLOG] >= HEAD_MAX;
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
    count_in(outbox, entry);
    outbox->info.waiting++;
    outbox->info.entries++;
    outbox->info.bytes += entry->len;
    outbox->info.accepted++;
    remember_latest(outbox, entry);
    outbox_store_added(outbox, entry);
}

void outbox_lanes_join(struct outbox *outbox)
{
    struct list *node;

    if (outbox->gap_rows) {
        return;
    }
    while ((node = list_first(&outbox->tail)) && outbox->in_lane[LANE_BACKLOG] < HEAD_MAX) {
        list_remove(node);
        list_append(&outbox->lanes[LANE_BACKLOG], node);
        outbox->in_tail--;
        outbox->in_lane[LANE_BACKLOG]++;
    }
}

/* ---- taking out ---- */

static void free_entry(struct outbox *outbox, struct outbox_entry *entry)
{
    list_remove(&entry->node);
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
    outbox->in_lane[entry->lane]--;
    list_append(&outbox->sent, &entry->node);
    outbox->info.waiting--;
    outbox->info.unconfirmed++;
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
        free_entry(outbox, entry);
        any = true;
    }
    if (!any) {
        return;
    }
    outbox->confirmed_any = true;
    outbox->window = outbox->window * 2 < WINDOW_MAX ? outbox->window * 2 : WINDOW_MAX;
    uint64_t before = outbox->info.confirmed_sequence;
    outbox->info.confirmed_sequence = outbox_lanes_confirmed_sequence(outbox);
    outbox_store_wake(outbox);
    if (outbox->events.on_confirmed && outbox->info.confirmed_sequence > before) {
        outbox->events.on_confirmed(outbox->arg, outbox->info.confirmed_sequence);
    }
    if (outbox->events.on_added && outbox_can_send(outbox)) {
        outbox->events.on_added(outbox->arg); /* the window is open again */
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

uint64_t outbox_outstanding(const struct outbox *outbox, uint64_t sequence)
{
    uint64_t count = 0;

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
    outbox->wanted = sequence > outbox->wanted ? sequence : outbox->wanted;
}

/* ---- taking back ---- */

/* `from` into `into`, both ascending. */
static void merge(struct list *into, struct list *from)
{
    struct list *where = into->next;
    struct list *node;

    while ((node = list_first(from))) {
        while (where != into && outbox_entry_at(where)->sequence < outbox_entry_at(node)->sequence) {
            where = where->next;
        }
        list_remove(node);
        list_insert_before(where, node);
    }
}

/* Nearly sorted as it comes: the place is looked for from the end. */
static void insert_sorted(struct list *into, struct list *node)
{
    struct list *where = into->prev;

    while (where != into && outbox_entry_at(where)->sequence > outbox_entry_at(node)->sequence) {
        where = where->prev;
    }
    list_insert_before(where->next, node);
}

static void wait_again(struct outbox *outbox, struct outbox_entry *entry)
{
    outbox->info.unconfirmed--;
    outbox->info.waiting++;
    outbox->info.resent++;
    if (outbox_entry_is_replaceable(outbox, entry) && outbox->last_of_pin[entry->pin] == entry->sequence) {
        outbox->latest[entry->pin] = entry;
    }
}

static void take_back_sent(struct outbox *outbox, struct list back[LANES])
{
    struct list *node;

    while ((node = list_first(&outbox->sent))) {
        struct outbox_entry *entry = outbox_entry_at(node);
        list_remove(node);
        wait_again(outbox, entry);
        insert_sorted(&back[entry->lane], node);
        outbox->in_lane[entry->lane]++;
    }
}

/* Once there is no session everything ordered is backlog. */
static void move_to_backlog(struct outbox *outbox, enum outbox_lane lane, struct list *back)
{
    struct list *node, *following;

    list_each(node, &outbox->lanes[lane], following)
    {
        struct outbox_entry *entry = outbox_entry_at(node);
        count_out(outbox, entry);
        entry->lane = LANE_BACKLOG;
        count_in(outbox, entry);
        outbox->in_lane[lane]--;
        outbox->in_lane[LANE_BACKLOG]++;
    }
    while ((node = list_first(&outbox->lanes[lane]))) {
        list_remove(node);
        insert_sorted(back, node);
    }
}

/* What is younger than the first row that is on disk only has its place behind the gap. */
static void split_backlog(struct outbox *outbox, struct list *back)
{
    struct list tail;
    struct list *node, *before;

    list_init(&tail);
    if (outbox->gap_rows) {
        for (node = back->prev; node != back && outbox_entry_at(node)->sequence >= outbox->gap_first;
             node = before) {
            before = node->prev;
            list_remove(node);
            list_insert_before(tail.next, node);
            outbox->in_lane[LANE_BACKLOG]--;
            outbox->in_tail++;
        }
    }
    merge(&outbox->lanes[LANE_BACKLOG], back);
    merge(&outbox->tail, &tail);
    for (node = outbox->tail.next; node != &outbox->tail; node = before) {
        before = node->next;
        outbox_store_evict(outbox, outbox_entry_at(node));
    }
}

static void narrow_window(struct outbox *outbox)
{
    if (!outbox->confirmed_any && outbox->info.unconfirmed) {
        size_t window = outbox->window <= WINDOW_LOW ? outbox->window : 2 * WINDOW_LOW;
        outbox->window = window > 1 ? window / 2 : 1;
    }
    outbox->confirmed_any = false;
}

void outbox_lanes_rewind(struct outbox *outbox, bool session_is_over)
{
    struct list back[LANES];

    if (session_is_over) {
        narrow_window(outbox);
        outbox->online = false;
    }
    for (int lane = 0; lane < LANES; lane++) {
        list_init(&back[lane]);
    }
    take_back_sent(outbox, back);
    for (int lane = 0; lane < LANE_BACKLOG; lane++) {
        merge(&outbox->lanes[lane], &back[lane]);
    }
    if (session_is_over) {
        move_to_backlog(outbox, LANE_FRESH, &back[LANE_BACKLOG]);
        move_to_backlog(outbox, LANE_BULK, &back[LANE_BACKLOG]);
    }
    split_backlog(outbox, &back[LANE_BACKLOG]);
    assert(outbox->info.unconfirmed == 0);
    outbox->is_open = false;
    outbox->open_left = 0;
    outbox_store_wake(outbox);
}
