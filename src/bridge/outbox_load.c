/* What the spool gives back: at the start, and of a backlog longer than memory as it is sent. */
#include "outbox_queue.h"

#include "blynkd/base/log.h"
#include "blynkd/bridge/spool.h"

#include <string.h>

#define LOAD_ROWS  500  /* read back at once ... */
#define LOAD_BELOW 1000 /* ... when fewer of the backlog are in memory */

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
    if (row->this_boot) {
        entry->added_ms = row->made_ms;
    } else if (!entry->wall_ms && row->made_wall_ms) {
        entry->wall_ms = row->made_wall_ms;
    } else if (!entry->wall_ms) {
        entry->timeless = true;
        outbox->info.timeless++;
    }
    return entry;
}

static void take_in(struct outbox *outbox, struct outbox_entry *entry, enum outbox_lane lane)
{
    entry->lane = (uint8_t)lane;
    list_append(&outbox->lanes[lane], &entry->node);
    outbox->in_lane[lane]++;
    outbox->info.entries++;
    outbox->info.bytes += entry->len;
}

/* A row that memory has not let go yet. */
static bool is_in_tail(const struct outbox *outbox, uint64_t sequence)
{
    const struct list *node = outbox->tail.next;

    while (node != &outbox->tail && list_owner(node, const struct outbox_entry, node)->sequence < sequence) {
        node = node->next;
    }
    return node != &outbox->tail && list_owner(node, const struct outbox_entry, node)->sequence == sequence;
}

static void row_of_backlog(struct outbox *outbox, const struct spool_row *row)
{
    if (!outbox->gap_rows || is_in_tail(outbox, row->sequence)) {
        return;
    }
    struct outbox_entry *entry = entry_of_row(outbox, row);
    if (!entry) {
        return; /* it stays on the disk; the next start finds it */
    }
    take_in(outbox, entry, LANE_BACKLOG);
    outbox->accepted_rows++;
    outbox->gap_rows--;
    outbox->gap_first = row->sequence + 1;
}

void outbox_spool_row(struct outbox *outbox, const struct spool_row *row)
{
    if (row->lane == SPOOL_LANE_BACKLOG) {
        row_of_backlog(outbox, row);
        return;
    }
    struct outbox_entry *entry = entry_of_row(outbox, row);
    if (!entry) {
        return;
    }
    take_in(outbox, entry, row->lane == SPOOL_LANE_EVENT ? LANE_EVENT : LANE_LATEST);
    outbox->info.waiting++;
    if (entry->command == BLYNK_HARDWARE && entry->pin < PIN_COUNT) {
        outbox->last_of_pin[entry->pin] = entry->sequence;
        outbox->latest[entry->pin] = outbox_entry_is_replaceable(outbox, entry) ? entry : NULL;
    }
}

/* What was accepted before the file could be opened is younger than all that is in it. */
static void move_head_behind(struct outbox *outbox)
{
    struct list *node;

    while ((node = outbox->lanes[LANE_BACKLOG].prev) != &outbox->lanes[LANE_BACKLOG]) {
        list_remove(node);
        list_insert_before(outbox->tail.next, node);
        outbox->in_lane[LANE_BACKLOG]--;
        outbox->in_tail++;
    }
}

void outbox_spool_opened(struct outbox *outbox, const struct spool_state *state)
{
    if (outbox->has_spool) {
        return; /* it was only closed for a while, and memory knows what is in it */
    }
    outbox->has_spool = true;
    outbox->info.rows = state->rows;
    outbox->info.row_bytes = state->bytes;
    if (state->last_sequence > outbox->info.last_sequence) {
        outbox->info.last_sequence = state->last_sequence;
    }
    outbox->last_group = state->last_group > outbox->last_group ? state->last_group : outbox->last_group;
    if (state->backlog_rows) {
        move_head_behind(outbox);
        outbox->gap_rows = state->backlog_rows;
        outbox->gap_first = state->first_backlog;
        outbox->gap_last = state->last_sequence;
        outbox->info.waiting += state->backlog_rows;
    }
    for (unsigned pin = 0; pin < PIN_COUNT; pin++) {
        outbox->outstanding[LANE_BACKLOG - LANE_FRESH][pin] += state->backlog_of_pin[pin];
    }
    outbox->info.confirmed_sequence = outbox_lanes_confirmed_sequence(outbox);
    outbox_store_wake(outbox);
}

bool outbox_spool_wants(const struct outbox *outbox, uint64_t *from, size_t *max)
{
    size_t room = outbox->config.max_entries > outbox->info.entries
                      ? outbox->config.max_entries - outbox->info.entries
                      : 0;

    *from = outbox->gap_first;
    *max = room / 2 < LOAD_ROWS ? room / 2 : LOAD_ROWS;
    return outbox->gap_rows && outbox->in_lane[LANE_BACKLOG] < LOAD_BELOW && *max &&
           outbox->info.bytes < outbox->config.max_bytes / 2;
}

static void recount(struct outbox *outbox)
{
    uint32_t *counts = outbox->outstanding[LANE_BACKLOG - LANE_FRESH];
    const struct list *const lists[] = {&outbox->lanes[LANE_BACKLOG], &outbox->tail, &outbox->sent};

    memset(counts, 0, sizeof(outbox->outstanding[0]));
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (const struct list *node = lists[i]->next; node != lists[i]; node = node->next) {
            const struct outbox_entry *entry = list_owner(node, const struct outbox_entry, node);
            counts[entry->pin] += entry->command == BLYNK_HARDWARE && entry->lane == LANE_BACKLOG;
        }
    }
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
    size_t accepted = outbox->accepted_rows;

    outbox->accepted_rows = 0;
    if (error) {
        return;
    }
    if (accepted == 0 && outbox->gap_rows) {
        give_up_gap(outbox);
    }
    outbox_lanes_join(outbox);
    outbox->info.confirmed_sequence = outbox_lanes_confirmed_sequence(outbox);
    if (outbox->events.on_added) {
        outbox->events.on_added(outbox->arg);
    }
}
