/* What was sent and not confirmed waits again; without a session everything ordered is backlog. */
#include "outbox_queue.h"

#include <assert.h>

#define WINDOW_LOW                                                                                           \
    8 /* after a session in which nothing was confirmed: small steps, so that some get through */

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

void outbox_lanes_insert(struct list *into, struct list *node)
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
    outbox->sent_bytes -= entry->len;
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
        outbox_share_add(outbox, entry);
        outbox_lanes_insert(&back[entry->lane], node);
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
        outbox_lanes_change(outbox, entry, LANE_BACKLOG);
        outbox->in_lane[lane]--;
        outbox->in_lane[LANE_BACKLOG]++;
    }
    while ((node = list_first(&outbox->lanes[lane]))) {
        list_remove(node);
        outbox_lanes_insert(back, node);
    }
}

/* The first number whose place is behind the head. */
static uint64_t end_of_head(const struct outbox *outbox)
{
    uint64_t end = outbox->gap_rows ? outbox->gap_first : UINT64_MAX;

    if (outbox->in_tail) {
        uint64_t first = list_owner(outbox->tail.next, const struct outbox_entry, node)->sequence;
        end = first < end ? first : end;
    }
    return end;
}

static void head_to_tail(struct outbox *outbox)
{
    struct list *node = outbox->lanes[LANE_BACKLOG].prev;

    list_remove(node);
    list_insert_before(outbox->tail.next, node);
    outbox->in_lane[LANE_BACKLOG]--;
    outbox->in_tail++;
}

/* All of a session may come back at once: the disk holds it as well as memory. */
static void shorten_head(struct outbox *outbox)
{
    const struct list *head = &outbox->lanes[LANE_BACKLOG];

    while (outbox->has_spool && outbox_lanes_head_is_full(outbox) && head->next != head->prev) {
        head_to_tail(outbox);
    }
}

/* What is younger than the first row that is on disk only has its place behind the gap. */
static void split_backlog(struct outbox *outbox, struct list *back)
{
    uint64_t end = end_of_head(outbox);
    struct list tail;
    struct list *node, *before;

    list_init(&tail);
    for (node = back->prev; node != back && outbox_entry_at(node)->sequence >= end; node = before) {
        before = node->prev;
        list_remove(node);
        list_insert_before(tail.next, node);
        outbox->in_lane[LANE_BACKLOG]--;
        outbox->in_tail++;
    }
    merge(&outbox->lanes[LANE_BACKLOG], back);
    merge(&outbox->tail, &tail);
    shorten_head(outbox);
    for (node = outbox->tail.next; node != &outbox->tail; node = before) {
        before = node->next;
        outbox_store_evict(outbox, outbox_entry_at(node));
    }
    outbox_lanes_join(outbox);
}

static void narrow_window(struct outbox *outbox)
{
    if (!outbox->confirmed_any && outbox->info.unconfirmed) {
        size_t window = outbox->window <= WINDOW_LOW ? outbox->window : (size_t)2 * WINDOW_LOW;
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
