/* Whether there is room for more, and what happens when there is none. */
#include "outbox_queue.h"

#define RESERVE                                                                                              \
    8 /* one part in so many of each bound on top, for what may not be refused as long as possible */

static uint64_t bound(uint64_t limit, bool is_dear)
{
    return is_dear ? limit + limit / RESERVE : limit;
}

static const char *no_room(const struct outbox *outbox, size_t entries, size_t bytes, bool is_dear)
{
    const struct outbox_info *info = &outbox->info;
    const struct outbox_config *config = &outbox->config;
    uint64_t outstanding = info->entries + outbox->gap_rows;

    if (info->entries + entries > bound(config->max_entries, is_dear) ||
        info->bytes + bytes > bound(config->max_bytes, is_dear)) {
        return outbox->is_failing ? "memory is full and the disk cannot be written" : "memory is full";
    }
    if (!outbox->has_spool) {
        return NULL;
    }
    if (config->max_rows && outstanding + entries > bound(config->max_rows, is_dear)) {
        return "the spool has as many rows as max_rows allows";
    }
    if (config->max_spool_bytes && info->row_bytes + bytes > bound(config->max_spool_bytes, is_dear)) {
        return "the spool is as large as max_size allows";
    }
    return NULL;
}

/* The oldest `all` write that nobody has begun to send. */
static struct outbox_entry *oldest_sample(struct outbox *outbox)
{
    static const enum outbox_lane order[] = {LANE_BACKLOG, LANE_BULK, LANE_FRESH};

    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        struct list *node = list_first(&outbox->lanes[order[i]]);
        bool begun = outbox->is_open && outbox->open_lane == order[i];
        begun = begun || (order[i] == LANE_BACKLOG && outbox_lanes_head_is_cut(outbox));
        if (node && !begun && outbox_entry_at(node)->command == BLYNK_HARDWARE) {
            return outbox_entry_at(node);
        }
    }
    return NULL;
}

/* When nothing older is in memory: what the disk alone has cannot be dropped without reading it. */
static bool drop_from_tail(struct outbox *outbox)
{
    struct list *node = list_first(&outbox->tail);
    uint32_t group = node ? outbox_entry_at(node)->group : 0;

    if (!node || outbox_entry_at(node)->command != BLYNK_HARDWARE) {
        return false;
    }
    do {
        outbox->info.dropped++;
        outbox_lanes_forget_tail(outbox);
        node = list_first(&outbox->tail);
    } while (group && node && outbox_entry_at(node)->group == group);
    return true;
}

/* A group goes as a whole. */
static void drop_run(struct outbox *outbox, struct outbox_entry *first)
{
    struct list *lane = &outbox->lanes[first->lane];
    uint32_t group = first->group;
    struct list *node;

    do {
        outbox->info.dropped++;
        outbox_lanes_forget(outbox, first);
        node = list_first(lane);
        first = node ? outbox_entry_at(node) : NULL;
    } while (group && first && first->group == group);
}

static bool drop_oldest(struct outbox *outbox)
{
    if (outbox->config.policy != OUTBOX_DROP_OLDEST) {
        return false;
    }
    if (list_empty(&outbox->lanes[LANE_BACKLOG]) && drop_from_tail(outbox)) {
        return true;
    }
    struct outbox_entry *oldest = oldest_sample(outbox);
    if (oldest) {
        drop_run(outbox, oldest);
    }
    return oldest != NULL;
}

bool outbox_make_room(struct outbox *outbox, size_t entries, size_t bytes, bool is_dear)
{
    const char *why;

    while ((why = no_room(outbox, entries, bytes, is_dear))) {
        bool dropped = drop_oldest(outbox);
        outbox_losses_note(outbox);
        if (!dropped) {
            outbox->full_why = why;
            outbox->info.refused++;
            return false;
        }
    }
    return true;
}
