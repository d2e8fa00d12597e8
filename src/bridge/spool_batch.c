#include "spool_batch.h"

#include "blynkd/base/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct spool_batch *spool_batch_create(void)
{
    return calloc(1, sizeof(struct spool_batch));
}

void spool_batch_destroy(struct spool_batch *batch)
{
    if (!batch) {
        return;
    }
    assert(!batch->given);
    spool_items_free(&batch->items);
    free(batch);
}

size_t spool_batch_size(const struct spool_batch *batch)
{
    return batch->items.count;
}

static bool is_sequence(uint64_t sequence)
{
    return sequence > 0 && sequence <= INT64_MAX;
}

int spool_batch_put(struct spool_batch *batch, const struct spool_row *row)
{
    struct spool_item item = {.kind = SPOOL_ITEM_ROW, .row = *row};

    assert(!batch->given);
    assert(row->lane <= SPOOL_LANE_BACKLOG);
    if (!is_sequence(row->sequence) || row->made_ms > INT64_MAX || row->pin >= PIN_COUNT) {
        return -EINVAL;
    }
    if (row->len > SPOOL_VALUE_MAX) {
        return -EMSGSIZE;
    }
    if (batch->puts >= SPOOL_BATCH_ROWS) {
        return -ENOSPC;
    }
    int error = spool_items_add(&batch->items, &item);
    batch->puts += error ? 0 : 1;
    return error;
}

static int add_order(struct spool_batch *batch, enum spool_item_kind kind, uint64_t sequence)
{
    struct spool_item item = {.kind = kind, .row.sequence = sequence};

    assert(!batch->given);
    return is_sequence(sequence) ? spool_items_add(&batch->items, &item) : -EINVAL;
}

int spool_batch_delete(struct spool_batch *batch, uint64_t sequence)
{
    return add_order(batch, SPOOL_ITEM_DELETE, sequence);
}

int spool_batch_park(struct spool_batch *batch, uint64_t sequence)
{
    return add_order(batch, SPOOL_ITEM_PARK, sequence);
}

int spool_batch_pin(struct spool_batch *batch, pin_id pin, const void *value, size_t len, int64_t wall_ms,
                    bool from_blynk)
{
    assert(!batch->given);
    if (pin >= PIN_COUNT) {
        return -EINVAL;
    }
    if (len > SPOOL_PIN_BYTES_MAX) {
        return -EMSGSIZE;
    }
    struct spool_item item = {
        .kind = SPOOL_ITEM_PIN,
        .from_blynk = from_blynk,
        .row = {.pin = pin, .wall_ms = wall_ms, .len = (uint16_t)len, .bytes = value},
    };
    return spool_items_add(&batch->items, &item);
}

static int add_named(struct spool_batch *batch, enum spool_item_kind kind, const char *name, uint64_t number)
{
    size_t size = strlen(name) + 1;

    assert(!batch->given);
    if (size > SPOOL_NAME_MAX) {
        return -EINVAL;
    }
    struct spool_item item = {
        .kind = kind,
        .number = number,
        .row = {.len = (uint16_t)size, .bytes = (const uint8_t *)name},
    };
    return spool_items_add(&batch->items, &item);
}

int spool_batch_meter(struct spool_batch *batch, const char *name, uint64_t value)
{
    return *name ? add_named(batch, SPOOL_ITEM_METER, name, value) : -EINVAL;
}

int spool_batch_meter_forget(struct spool_batch *batch, const char *prefix)
{
    return add_named(batch, SPOOL_ITEM_FORGET, prefix, 0);
}

int spool_batch_secret(struct spool_batch *batch, const char *name, const void *bytes, size_t len)
{
    uint8_t both[SPOOL_SECRET_NAME_MAX + SPOOL_SECRET_MAX];
    size_t size = strlen(name) + 1;

    assert(!batch->given);
    if (size > SPOOL_SECRET_NAME_MAX || len > SPOOL_SECRET_MAX || size == 1) {
        return -EINVAL;
    }
    memcpy(both, name, size);
    if (len) {
        memcpy(both + size, bytes, len);
    }
    struct spool_item item = {
        .kind = SPOOL_ITEM_SECRET, .number = size, .row = {.len = (uint16_t)(size + len), .bytes = both}};
    int error = spool_items_add(&batch->items, &item);
    secret_wipe(both, sizeof(both));
    return error;
}

int spool_batch_clock(struct spool_batch *batch, int64_t offset_ms)
{
    struct spool_item item = {.kind = SPOOL_ITEM_CLOCK, .number = (uint64_t)offset_ms};

    assert(!batch->given);
    return spool_items_add(&batch->items, &item);
}
