/* What the spool gives back: at the start, and of a backlog longer than memory as it is sent. */
#include "outbox_queue.h"

#include "blynkd/base/log.h"
#include "blynkd/bridge/spool.h"

#include <stdlib.h>
#include <string.h>

#define LOAD_ROWS  500  /* read back at once ... */
#define LOAD_BELOW 1000 /* ... when fewer of the backlog are in memory, ... */
#define LOAD_PART  8    /* ... and fewer than one in so many of all that memory may hold */
#define LOAD_LEAST 32 /* though memory is full: what fills it waits behind the gap, and nothing would move */

static struct outbox_entry *entry_of_row(struct outbox *outbox, const struct spool_row *row)
{
    struct outbox_entry *entry =
        outbox_entry_new(outbox, (enum blynk_command)row->command, row->bytes, row->len);

    if (!entry) {
        return NULL;
    }
    entry->sequence = row->sequence;
    entry->pin = row->pin;
    entry->group = row->group;
    entry->wall_ms = row->wall_ms;
    entry->writer = 0;
    entry->has_row = true;
    entry->row_lane = (uint8_t)row->lane;
    if (row->this_boot && row->made_ms) {
        entry->added_ms = row->made_ms;
    } else if (!entry->wall_ms && row->made_wall_ms) {
        entry->wall_ms = row->made_wall_ms;
    } else if (!entry->wall_ms) {
        entry->timeless = true;
        outbox->info.timeless++;
        outbox_losses_note(outbox);
    }
    return entry;
}

static void take_in(struct outbox *outbox, struct outbox_entry *entry, enum outbox_lane lane)
{
    entry->lane = (uint8_t)lane;
    outbox->in_lane[lane]++;
    outbox->info.entries++;
    outbox->info.bytes += entry->len;
}

/* What memory has not let go yet stands between the rows. True: the row of that number was among it. */
static bool take_from_tail(struct outbox *outbox, uint64_t sequence)
{
    uint64_t first = 0;

    while (outbox->in_tail && first < sequence) {
        first = outbox_entry_at(outbox->tail.next)->sequence;
        if (first <= sequence) {
            outbox_lanes_tail_to_head(outbox);
        }
    }
    return first == sequence;
}

static void row_of_backlog(struct outbox *outbox, const struct spool_row *row)
{
    outbox->rows_seen++;
    if (!outbox->gap_rows || outbox->load_is_short || row->sequence < outbox->gap_first) {
        return;
    }
    if (take_from_tail(outbox, row->sequence) || outbox_store_is_deleting(outbox, row->sequence)) {
        outbox->gap_first = row->sequence + 1;
        return;
    }
    struct outbox_entry *entry = entry_of_row(outbox, row);
    if (!entry) {
        outbox->load_is_short = true; /* later, and all behind it */
        return;
    }
    take_in(outbox, entry, LANE_BACKLOG);
    list_append(&outbox->lanes[LANE_BACKLOG], &entry->node);
    outbox->gap_rows--;
    outbox->gap_first = row->sequence + 1;
}

void outbox_spool_row(struct outbox *outbox, const struct spool_row *row)
{
    struct outbox_entry *entry;

    if (row->lane == SPOOL_LANE_BACKLOG) {
        row_of_backlog(outbox, row);
    } else if ((entry = entry_of_row(outbox, row))) {
        list_append(&outbox->found, &entry->node);
    }
}

/* ---- the spool is open ---- */

static uint32_t sum_of_groups(uint32_t a, uint32_t b)
{
    uint32_t sum = a + b;

    return sum < a ? sum + 1 : sum; /* 0 is no group */
}

static void renumber_list(struct list *entries, uint64_t shift, uint32_t groups)
{
    for (struct list *node = entries->next; node != entries; node = node->next) {
        struct outbox_entry *entry = outbox_entry_at(node);
        entry->sequence += shift;
        entry->group = entry->group ? sum_of_groups(entry->group, groups) : 0;
    }
}

/* What was accepted before the file could be read is younger than all that is in it. */
static void renumber(struct outbox *outbox, const struct spool_state *state)
{
    outbox->renumbered = outbox->info.last_sequence;
    outbox->number_shift = state->last_sequence;
    for (int lane = 0; lane < LANES; lane++) {
        renumber_list(&outbox->lanes[lane], state->last_sequence, state->last_group);
    }
    renumber_list(&outbox->tail, state->last_sequence, state->last_group);
    renumber_list(&outbox->sent, state->last_sequence, state->last_group);
    for (unsigned pin = 0; pin < PIN_COUNT; pin++) {
        outbox->last_of_pin[pin] += outbox->last_of_pin[pin] ? state->last_sequence : 0;
    }
    outbox->wanted += outbox->wanted ? state->last_sequence : 0;
    outbox->info.last_sequence += state->last_sequence;
    outbox->last_group = sum_of_groups(outbox->last_group, state->last_group);
}

/* Before what memory has; a value that memory has a newer one for is not sent any more. */
static void take_found(struct outbox *outbox)
{
    struct list *node;

    while (!list_empty(&outbox->found)) {
        node = outbox->found.prev;
        struct outbox_entry *entry = outbox_entry_at(node);
        list_remove(node);
        bool is_write = entry->command == BLYNK_HARDWARE;
        if (is_write && outbox->last_of_pin[entry->pin] > entry->sequence) {
            outbox->info.replaced++;
            outbox_store_delete(outbox, entry->sequence, entry->len);
            free(entry);
            continue;
        }
        enum outbox_lane lane = entry->row_lane == SPOOL_LANE_EVENT ? LANE_EVENT : LANE_LATEST;
        take_in(outbox, entry, lane);
        list_insert_before(outbox->lanes[lane].next, node);
        outbox->info.waiting++;
        if (is_write) {
            outbox->last_of_pin[entry->pin] = entry->sequence;
            outbox->latest[entry->pin] = outbox_entry_is_replaceable(outbox, entry) ? entry : NULL;
        }
    }
}

/* An open group goes on; so do newest values of pins of which nothing is in the file. */
static void move_behind(struct outbox *outbox, enum outbox_lane lane, const struct spool_state *state)
{
    size_t begun = outbox->is_open && outbox->open_lane == lane ? outbox->open_left : 0;
    struct list *node, *following;

    list_each(node, &outbox->lanes[lane], following)
    {
        struct outbox_entry *entry = outbox_entry_at(node);
        if (begun) {
            begun--;
            continue;
        }
        if (lane == LANE_LATEST && (entry->command != BLYNK_HARDWARE || !state->backlog_of_pin[entry->pin])) {
            continue;
        }
        list_remove(node);
        outbox->in_lane[lane]--;
        outbox->in_tail++;
        outbox_lanes_change(outbox, entry, LANE_BACKLOG);
        outbox_lanes_insert(&outbox->tail, node);
    }
}

static void open_gap(struct outbox *outbox, const struct spool_state *state)
{
    for (int lane = LANE_LATEST; lane <= LANE_BACKLOG; lane++) {
        move_behind(outbox, (enum outbox_lane)lane, state);
    }
    outbox->gap_rows = state->backlog_rows;
    outbox->gap_first = state->first_backlog;
    outbox->info.waiting += state->backlog_rows;
    for (unsigned pin = 0; pin < PIN_COUNT; pin++) {
        outbox->outstanding[LANE_BACKLOG - LANE_FRESH][pin] += state->backlog_of_pin[pin];
    }
}

void outbox_spool_opened(struct outbox *outbox, const struct spool_state *state)
{
    if (outbox->has_spool) { /* it was only closed for a while, and memory knows what is in it */
        if (state->lost) {
            outbox_store_again(outbox);
            outbox_store_wake(outbox);
        }
        return;
    }
    outbox->has_spool = true;
    outbox->info.rows = state->rows;
    outbox->info.row_bytes = state->bytes;
    renumber(outbox, state);
    take_found(outbox);
    if (state->backlog_rows) {
        open_gap(outbox, state);
    }
    outbox->info.confirmed_sequence = outbox_lanes_confirmed_sequence(outbox);
    outbox_store_wake(outbox);
}

/* ---- a backlog longer than memory ---- */

static size_t load_room(const struct outbox *outbox)
{
    size_t room = outbox->config.max_entries > outbox->info.entries
                      ? (outbox->config.max_entries - outbox->info.entries) / 2
                      : 0;
    size_t least = outbox_lanes_head_is_cut(outbox)                 ? OUTBOX_GROUP_MAX
                   : outbox->in_lane[LANE_BACKLOG] < LOAD_LEAST / 2 ? LOAD_LEAST
                                                                    : 0;

    if (room < least || outbox->info.bytes >= outbox->config.max_bytes / 2) {
        return least;
    }
    return room < LOAD_ROWS ? room : LOAD_ROWS;
}

bool outbox_spool_wants(const struct outbox *outbox, uint64_t *from, size_t *max)
{
    size_t in_head = outbox->in_lane[LANE_BACKLOG];
    bool is_short = in_head < LOAD_BELOW && in_head < outbox->config.max_entries / LOAD_PART + 1;

    *from = outbox->gap_first;
    *max = load_room(outbox);
    return outbox->gap_rows && *max && (is_short || outbox_lanes_head_is_cut(outbox));
}

static void recount_list(struct outbox *outbox, const struct list *entries)
{
    uint32_t *counts = outbox->outstanding[LANE_BACKLOG - LANE_FRESH];

    for (const struct list *node = entries->next; node != entries; node = node->next) {
        const struct outbox_entry *entry = list_owner(node, const struct outbox_entry, node);
        counts[entry->pin] += entry->command == BLYNK_HARDWARE && entry->lane == LANE_BACKLOG;
        outbox->info.rows += entry->has_row;
        outbox->info.row_bytes += entry->has_row ? entry->len : 0;
    }
}

/* Without a gap memory knows of all that is in the file. */
static void recount(struct outbox *outbox)
{
    memset(outbox->outstanding[LANE_BACKLOG - LANE_FRESH], 0, sizeof(outbox->outstanding[0]));
    outbox->info.rows = 0;
    outbox->info.row_bytes = 0;
    for (int lane = 0; lane < LANES; lane++) {
        recount_list(outbox, &outbox->lanes[lane]);
    }
    recount_list(outbox, &outbox->tail);
    recount_list(outbox, &outbox->sent);
}

/* The rest cannot be read. What is missing is counted and told, and life goes on with what came later. */
static void give_up_gap(struct outbox *outbox)
{
    log_error("spool", "%llu waiting writes cannot be read back from the disk: they are lost",
              (unsigned long long)outbox->gap_rows);
    outbox->info.damaged += outbox->gap_rows;
    outbox->info.waiting -= outbox->gap_rows < outbox->info.waiting ? outbox->gap_rows : outbox->info.waiting;
    outbox->gap_rows = 0;
    recount(outbox);
}

void outbox_spool_loaded(struct outbox *outbox, int error)
{
    size_t seen = outbox->rows_seen;

    outbox->rows_seen = 0;
    outbox->load_is_short = false;
    if (error) {
        return;
    }
    if (seen == 0 && outbox->gap_rows) {
        give_up_gap(outbox);
    }
    outbox_lanes_join(outbox);
    outbox_lanes_tell_confirmed(outbox);
    outbox_lanes_tell_added(outbox);
}
