#include "outbox_queue.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct outbox *outbox_create(struct sched *sched, struct pins *pins, const struct outbox_config *config)
{
    struct outbox *outbox = calloc(1, sizeof(*outbox));

    if (!outbox) {
        return NULL;
    }
    outbox->sched = sched;
    outbox->pins = pins;
    outbox->config = *config;
    list_init(&outbox->entries);
    outbox->next = &outbox->entries;
    return outbox;
}

static void free_entries(struct list *entries)
{
    struct list *node, *following;

    list_each(node, entries, following)
    {
        list_remove(node);
        free(outbox_entry_at(node));
    }
}

void outbox_destroy(struct outbox *outbox)
{
    if (!outbox) {
        return;
    }
    free_entries(&outbox->entries);
    free(outbox);
}

void outbox_configure(struct outbox *outbox, const struct outbox_config *config)
{
    outbox->config = *config;
}

void outbox_set_events(struct outbox *outbox, const struct outbox_events *events, void *arg)
{
    outbox->events = *events;
    outbox->arg = arg;
}

struct outbox_info outbox_info(const struct outbox *outbox)
{
    return outbox->info;
}

/* ---- entries ---- */

static struct outbox_entry *new_entry(struct outbox *outbox, enum blynk_command command, const void *bytes,
                                      size_t len)
{
    struct outbox_entry *entry = malloc(sizeof(*entry) + len);

    if (!entry) {
        return NULL;
    }
    *entry = (struct outbox_entry){
        .added_ms = sched_now_ms(outbox->sched),
        .command = (uint8_t)command,
        .len = (uint16_t)len,
    };
    list_init(&entry->node);
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

static bool has_room(const struct outbox *outbox, size_t entries, size_t bytes)
{
    size_t count = outbox->info.waiting + outbox->info.unconfirmed;

    return count + entries <= outbox->config.max_entries &&
           outbox->info.bytes + bytes <= outbox->config.max_bytes;
}

static int refuse(struct outbox *outbox)
{
    outbox->info.refused++;
    return -ENOSPC;
}

/* Takes the entry over. */
static void append(struct outbox *outbox, struct outbox_entry *entry)
{
    entry->sequence = ++outbox->info.last_sequence;
    list_append(&outbox->entries, &entry->node);
    if (outbox->info.waiting == 0) {
        outbox->next = &entry->node;
    }
    outbox->info.waiting++;
    outbox->info.bytes += entry->len;
    outbox->info.accepted++;
    if (entry->command == BLYNK_HARDWARE) {
        outbox->last_of_pin[entry->pin] = entry->sequence;
        outbox->latest[entry->pin] = outbox_entry_is_replaceable(outbox, entry) ? entry : NULL;
    }
}

static void tell_added(struct outbox *outbox, uint64_t *sequence)
{
    if (sequence) {
        *sequence = outbox->info.last_sequence;
    }
    if (outbox->events.on_added) {
        outbox->events.on_added(outbox->arg);
    }
}

/*
 * The new entry takes the old one's place in the queue, not the last one: a pin that is written faster than the
 * link drains would otherwise never come to its turn.
 */
static void replace(struct outbox *outbox, struct outbox_entry *old, struct outbox_entry *entry)
{
    entry->sequence = old->sequence;
    list_insert_before(&old->node, &entry->node);
    list_remove(&old->node);
    if (outbox->next == &old->node) {
        outbox->next = &entry->node;
    }
    outbox->info.bytes = outbox->info.bytes - old->len + entry->len;
    outbox->info.accepted++;
    outbox->info.replaced++;
    outbox->latest[entry->pin] = entry;
    free(old);
}

/* ---- accepting ---- */

int outbox_write(struct outbox *outbox, const struct outbox_write *write, int64_t wall_ms, uint64_t *sequence)
{
    struct outbox_entry *old = outbox->latest[write->pin];

    if (write->len > PIN_VALUE_MAX) {
        return -EMSGSIZE;
    }
    struct outbox_entry *entry = new_entry(outbox, BLYNK_HARDWARE, write->value, write->len);
    if (!entry) {
        return -ENOMEM;
    }
    entry->pin = write->pin;
    entry->wall_ms = wall_ms;
    if (!old || !outbox_entry_is_replaceable(outbox, entry)) {
        old = NULL;
    }
    if (old ? !has_room(outbox, 0, entry->len > old->len ? (size_t)(entry->len - old->len) : 0)
            : !has_room(outbox, 1, entry->len)) {
        free(entry);
        return refuse(outbox);
    }
    if (old) {
        replace(outbox, old, entry);
    } else {
        append(outbox, entry);
    }
    tell_added(outbox, sequence);
    return 0;
}

/* The entries of a group, not yet in the queue. -ENOMEM: none was made. */
static int make_group(struct outbox *outbox, const struct outbox_write *writes, size_t count, int64_t wall_ms,
                      struct list *made)
{
    uint32_t group = outbox->last_group == UINT32_MAX ? 1 : outbox->last_group + 1;

    for (size_t i = 0; i < count; i++) {
        struct outbox_entry *entry = new_entry(outbox, BLYNK_HARDWARE, writes[i].value, writes[i].len);
        if (!entry) {
            free_entries(made);
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

int outbox_write_group(struct outbox *outbox, const struct outbox_write *writes, size_t count,
                       int64_t wall_ms, uint64_t *sequence)
{
    struct list made;
    struct list *node;
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
    if (!has_room(outbox, count, bytes)) {
        return refuse(outbox);
    }
    list_init(&made);
    if (make_group(outbox, writes, count, wall_ms, &made)) {
        return -ENOMEM;
    }
    while ((node = list_first(&made))) {
        list_remove(node);
        append(outbox, outbox_entry_at(node));
    }
    tell_added(outbox, sequence);
    return 0;
}

int outbox_message(struct outbox *outbox, enum blynk_command command, const void *body, size_t len,
                   uint64_t *sequence)
{
    assert(command != BLYNK_HARDWARE && command != BLYNK_RESPONSE);
    if (len > BLYNK_SEND_BODY_MAX) {
        return -EMSGSIZE;
    }
    if (!has_room(outbox, 1, len)) {
        return refuse(outbox);
    }
    struct outbox_entry *entry = new_entry(outbox, command, body, len);
    if (!entry) {
        return -ENOMEM;
    }
    append(outbox, entry);
    tell_added(outbox, sequence);
    return 0;
}

/* ---- confirming ---- */

static bool outbox_waiting(void *arg)
{
    const struct outbox *outbox = arg;

    return outbox->info.waiting > 0 || outbox->is_open;
}

static void outbox_confirmed(void *arg, uint64_t mark)
{
    struct outbox *outbox = arg;
    struct list *node, *following;
    bool any = false;

    list_each(node, &outbox->entries, following)
    {
        struct outbox_entry *entry = outbox_entry_at(node);
        if (!entry->sent || entry->mark > mark) {
            break;
        }
        outbox->info.confirmed_sequence = entry->sequence;
        outbox->info.confirmed++;
        outbox->info.unconfirmed--;
        outbox->info.bytes -= entry->len;
        list_remove(node);
        free(entry);
        any = true;
    }
    if (any && outbox->events.on_confirmed) {
        outbox->events.on_confirmed(outbox->arg, outbox->info.confirmed_sequence);
    }
}

void outbox_rewind(struct outbox *outbox)
{
    for (struct list *node = outbox->entries.next; node != outbox->next; node = node->next) {
        struct outbox_entry *entry = outbox_entry_at(node);
        entry->sent = false;
        outbox->info.unconfirmed--;
        outbox->info.waiting++;
        outbox->info.resent++;
        if (outbox_entry_is_replaceable(outbox, entry) &&
            outbox->last_of_pin[entry->pin] == entry->sequence) {
            outbox->latest[entry->pin] = entry;
        }
    }
    assert(outbox->info.unconfirmed == 0);
    outbox->next = outbox->entries.next;
    outbox->is_open = false;
    outbox->open_left = 0;
}

/* As after a lost session, but the session goes on: a group that was opened in it is closed first. */
static void outbox_lost(void *arg)
{
    struct outbox *outbox = arg;
    bool was_open = outbox->is_open;

    outbox_rewind(outbox);
    outbox->is_open = was_open;
}

struct blynk_source outbox_source(struct outbox *outbox)
{
    return (struct blynk_source){
        .fill = outbox_fill,
        .waiting = outbox_waiting,
        .confirmed = outbox_confirmed,
        .lost = outbox_lost,
        .arg = outbox,
    };
}
