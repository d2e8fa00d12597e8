#include "outbox_run.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WRITER_SHARE 64 /* fresh entries of one local program before others go first */

struct outbox *outbox_create(struct sched *sched, struct pins *pins, const struct outbox_config *config)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));

    if (!outbox) {
        return NULL;
    }
    outbox->sched = sched;
    outbox->pins = pins;
    outbox->config = *config;
    outbox_lanes_init(outbox);
    outbox_shares_init(outbox);
    outbox_send_init(outbox);
    outbox_store_init(outbox);
    outbox_losses_init(outbox);
    return outbox;
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox) {
        return;
    }
    outbox_losses_free(outbox);
    outbox_send_free(outbox);
    outbox_lanes_free(outbox);
    outbox_store_free(outbox);
    free(outbox);
}

void outbox_configure(struct outbox *outbox, const struct outbox_config *config)
{
    outbox->config = *config;
}

void outbox_set_diet(struct outbox *outbox, enum outbox_diet diet)
{
    outbox->diet = diet;
    outbox_lanes_tell_added(outbox);
}

void outbox_set_gather(struct outbox *outbox, uint32_t gather_ms)
{
    outbox->gather_ms = gather_ms;
    outbox->gate_open = !gather_ms;
    outbox_lanes_tell_added(outbox);
}

void outbox_set_writer(struct outbox *outbox, uint64_t writer)
{
    outbox->writer = writer;
}

void outbox_set_events(struct outbox *outbox, const struct outbox_events *events, void *arg)
{
    outbox->events = *events;
    outbox->arg = arg;
}

struct outbox_info outbox_info(const struct outbox *outbox)
{
    struct outbox_info info = outbox->info;

    info.on_disk_only = outbox->gap_rows;
    return info;
}

const char *outbox_full_why(const struct outbox *outbox)
{
    return outbox->full_why ? outbox->full_why : "";
}

/* ---- entries ---- */

struct outbox_entry *outbox_entry_new(struct outbox *outbox, enum blynk_command command, const void *bytes,
                                      size_t len)
{
    struct outbox_entry *entry = malloc(sizeof(*entry) + len);

    if (!entry) {
        return NULL;
    }
    *entry = (struct outbox_entry){
        .added_ms = sched_now_ms(outbox->sched),
        .writer = outbox->writer,
        .command = (uint8_t)command,
        .len = (uint16_t)len,
    };
    list_init(&entry->node);
    list_init(&entry->store_node);
    if (len) {
        memcpy(entry->bytes, bytes, len);
    }
    return entry;
}

bool outbox_entry_is_replaceable(const struct outbox *outbox, const struct outbox_entry *entry)
{
    return entry->command == BLYNK_HARDWARE && entry->group == 0 && entry->wall_ms == 0 &&
           pins_delivery(outbox->pins, entry->pin) == PIN_DELIVER_LATEST;
}

/* ---- accepting ---- */

static void tell_added(struct outbox *outbox, uint64_t *sequence)
{
    outbox_follow_clock(outbox);
    if (sequence) {
        *sequence = outbox->info.last_sequence;
    }
    outbox_lanes_tell_added(outbox);
    outbox_store_wake(outbox);
}

/* Half of memory waits: what comes now may wait on the disk only. */
static bool is_crowded(const struct outbox *outbox)
{
    const struct outbox_config *config = &outbox->config;

    return outbox->has_spool && config->durability != OUTBOX_MEMORY &&
           (outbox->info.entries > config->max_entries / 2 || outbox->info.bytes > config->max_bytes / 2);
}

static enum outbox_lane wished_lane(const struct outbox *outbox, const struct outbox_entry *entry)
{
    if (outbox_entry_is_replaceable(outbox, entry)) {
        return LANE_LATEST;
    }
    if (!outbox->online || outbox_diet_lane(outbox) < LANE_FRESH || is_crowded(outbox)) {
        return LANE_BACKLOG; /* memory may forget it */
    }
    bool greedy = entry->writer && outbox_share_of(outbox, entry->writer) >= WRITER_SHARE;
    return greedy ? LANE_BULK : LANE_FRESH;
}

/*
 * The new entry takes the old one's place in the queue, not the last one: a pin that is written faster than the
 * link drains would otherwise never come to its turn.
 */
static void replace(struct outbox *outbox, struct outbox_entry *old, struct outbox_entry *entry)
{
    entry->sequence = old->sequence;
    entry->lane = old->lane;
    list_insert_before(&old->node, &entry->node);
    list_remove(&old->node);
    outbox_share_drop(old);
    outbox_share_add(outbox, entry);
    outbox->info.bytes = outbox->info.bytes - old->len + entry->len;
    outbox->info.accepted++;
    outbox->info.replaced++;
    outbox->latest[entry->pin] = entry;
    outbox_store_replaced(outbox, old, entry);
    free(old);
}

int outbox_write(struct outbox *outbox, const struct outbox_write *write, int64_t wall_ms, uint64_t *sequence)
{
    struct outbox_entry *old = outbox->latest[write->pin];

    if (write->len > PIN_VALUE_MAX) {
        return -EMSGSIZE;
    }
    struct outbox_entry *entry = outbox_entry_new(outbox, BLYNK_HARDWARE, write->value, write->len);
    if (!entry) {
        return -ENOMEM;
    }
    entry->pin = write->pin;
    entry->wall_ms = wall_ms;
    bool is_replaceable = outbox_entry_is_replaceable(outbox, entry);
    old = is_replaceable ? old : NULL;
    size_t more = !old ? entry->len : entry->len > old->len ? (size_t)(entry->len - old->len) : 0;
    if (!outbox_make_room(outbox, old ? 0 : 1, more, is_replaceable)) {
        free(entry);
        return -ENOSPC;
    }
    if (outbox->latest[write->pin] && old) {
        replace(outbox, old, entry);
    } else {
        entry->lane = (uint8_t)outbox_lane_for(outbox, entry->pin, wished_lane(outbox, entry));
        outbox_lanes_append(outbox, entry);
    }
    tell_added(outbox, sequence);
    return 0;
}

/* The entries of a group, not yet in the queue. -ENOMEM: none was made. */
static int make_group(struct outbox *outbox, const struct outbox_write *writes, size_t count, int64_t wall_ms,
                      struct list *made)
{
    uint32_t group = outbox->last_group == UINT32_MAX ? 1 : outbox->last_group + 1;
    struct list *node, *following;

    for (size_t i = 0; i < count; i++) {
        struct outbox_entry *entry = outbox_entry_new(outbox, BLYNK_HARDWARE, writes[i].value, writes[i].len);
        if (!entry) {
            list_each(node, made, following)
            {
                free(outbox_entry_at(node));
            }
            return -ENOMEM;
        }
        entry->pin = writes[i].pin;
        entry->wall_ms = wall_ms;
        entry->group = group;
        list_append(made, &entry->node);
    }
    outbox->last_group = group;
    return 0;
}

/* All of a group waits in one lane: behind what is outstanding of any of its pins. */
static void append_group(struct outbox *outbox, struct list *made)
{
    enum outbox_lane lane = wished_lane(outbox, outbox_entry_at(made->next));
    struct list *node;

    for (node = made->next; node != made; node = node->next) {
        lane = outbox_lane_for(outbox, outbox_entry_at(node)->pin, lane);
    }
    while ((node = list_first(made))) {
        list_remove(node);
        outbox_entry_at(node)->lane = (uint8_t)lane;
        outbox_lanes_append(outbox, outbox_entry_at(node));
    }
}

int outbox_write_group(struct outbox *outbox, const struct outbox_write *writes, size_t count,
                       int64_t wall_ms, uint64_t *sequence)
{
    struct list made;
    size_t bytes = 0;

    if (count == 1) {
        return outbox_write(outbox, writes, wall_ms, sequence);
    }
    if (count == 0 || count > OUTBOX_GROUP_MAX) {
        return count ? -EMSGSIZE : -EINVAL;
    }
    for (size_t i = 0; i < count; i++) {
        if (writes[i].len > PIN_VALUE_MAX) {
            return -EMSGSIZE;
        }
        bytes += writes[i].len;
    }
    if (!outbox_make_room(outbox, count, bytes, false)) {
        return -ENOSPC;
    }
    list_init(&made);
    if (make_group(outbox, writes, count, wall_ms, &made)) {
        return -ENOMEM;
    }
    append_group(outbox, &made);
    tell_added(outbox, sequence);
    return 0;
}

/* A SYNC before writes that wait would have the server resend, as the newest, values that they replace. */
static enum outbox_lane lane_of_sync(const struct outbox *outbox)
{
    for (int lane = LANE_BACKLOG; lane > LANE_FRESH; lane--) {
        if (outbox->in_lane[lane]) {
            return (enum outbox_lane)lane;
        }
    }
    return LANE_FRESH;
}

/* The body begins with the pin's number. */
static enum outbox_lane lane_of_property(const struct outbox *outbox, const char *body, size_t len)
{
    unsigned number = 0;
    size_t i = 0;
    pin_id pin;

    for (; i < len && i < 3 && body[i] >= '0' && body[i] <= '9'; i++) {
        number = number * 10 + (unsigned)(body[i] - '0');
    }
    return i && !pin_make('V', number, &pin) ? outbox_lane_for(outbox, pin, LANE_FRESH) : LANE_FRESH;
}

static enum outbox_lane lane_of_message(const struct outbox *outbox, enum blynk_command command,
                                        const void *body, size_t len)
{
    if (command == BLYNK_EVENT_LOG || command == BLYNK_EVENT_CLEAR) {
        return LANE_EVENT;
    }
    if (!outbox->online) {
        return LANE_BACKLOG;
    }
    if (command == BLYNK_HARDWARE_SYNC) {
        return lane_of_sync(outbox);
    }
    return command == BLYNK_PROPERTY ? lane_of_property(outbox, body, len) : LANE_FRESH;
}

int outbox_message(struct outbox *outbox, enum blynk_command command, const void *body, size_t len,
                   uint64_t *sequence)
{
    assert(command != BLYNK_HARDWARE && command != BLYNK_RESPONSE);
    if (len > BLYNK_SEND_BODY_MAX) {
        return -EMSGSIZE;
    }
    bool is_event = command == BLYNK_EVENT_LOG || command == BLYNK_EVENT_CLEAR;
    if (!outbox_make_room(outbox, 1, len, is_event)) {
        return -ENOSPC;
    }
    struct outbox_entry *entry = outbox_entry_new(outbox, command, body, len);
    if (!entry) {
        return -ENOMEM;
    }
    entry->lane = (uint8_t)lane_of_message(outbox, command, body, len);
    outbox_lanes_append(outbox, entry);
    tell_added(outbox, sequence);
    return 0;
}

/* ---- the session's view ---- */

static bool source_waiting(void *arg)
{
    return outbox_can_send(arg);
}

static void source_confirmed(void *arg, uint64_t mark)
{
    outbox_lanes_confirmed(arg, mark);
}

/* As after a lost session, but the session goes on: a group that was opened in it is closed first. */
static void source_lost(void *arg)
{
    struct outbox *outbox = arg;
    bool was_open = outbox->is_open;
    enum outbox_lane lane = outbox->open_lane;

    outbox_lanes_rewind(outbox, false);
    outbox->is_open = was_open;
    outbox->open_lane = lane;
}

void outbox_session_began(struct outbox *outbox)
{
    outbox->online = true;
}

void outbox_rewind(struct outbox *outbox)
{
    outbox_lanes_rewind(outbox, true);
}

struct blynk_source outbox_source(struct outbox *outbox)
{
    return (struct blynk_source){
        .fill = outbox_fill,
        .waiting = source_waiting,
        .confirmed = source_confirmed,
        .lost = source_lost,
        .arg = outbox,
    };
}
