/* What the spool answers, and what becomes of it. */
#include "store_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/bridge/meter.h"

#include <stdio.h>
#include <string.h>

#define RETRY_MS 5000 /* after a batch that could not be stored */

static void say_trouble(struct store *store, const char *why)
{
    if (strcmp(store->trouble, why) == 0) {
        return;
    }
    snprintf(store->trouble, sizeof(store->trouble), "%s", why);
    if (why[0]) {
        log_error("spool", "%s; what waits is kept in memory only", why);
    } else {
        log_notice("spool", "the disk can be written again");
    }
    store->events.on_trouble(store->arg, why);
}

void store_tell_ready(struct store *store)
{
    if (!store->told_ready) {
        store->told_ready = true;
        store->events.on_ready(store->arg);
    }
}

/* Also if the file could be opened only late: what was counted meanwhile is added to what it has. */
static void load_meters(struct store *store)
{
    if (!store->meters_loaded) {
        store->meters_loaded = true;
        meter_loaded(store->parts.meter);
    }
}

void store_meters_stored(struct store *store, int error)
{
    if (error && store->meters_flying) {
        meter_save_failed(store->parts.meter);
    }
    store->meters_flying = false;
}

void store_tell_stored(struct store *store, bool failed)
{
    store->told_ticket = outbox_stored_ticket(store->parts.outbox);
    store->events.on_stored(store->arg, failed);
}

void store_give_up(struct store *store, const char *why)
{
    struct outbox_info info = outbox_info(store->parts.outbox);
    uint64_t in_memory = info.entries;

    if (in_memory) {
        log_error(
            "spool",
            "%llu writes that wait in memory are lost with this stop as far as the file has them not: %s",
            (unsigned long long)in_memory, why);
    }
    store_close_file(store);
}

static void on_open(void *arg, int error, const char *why, const struct spool_state *state)
{
    struct store *store = arg;

    store->is_open = error == 0;
    if (error && store->phase == STORE_CLOSING) {
        store_give_up(store, why);
        return;
    }
    if (error) {
        say_trouble(store, why);
    } else {
        if (state->lost) {
            snprintf(store->set_aside, sizeof(store->set_aside), "%s", state->set_aside);
            memset(store->kept, 0, sizeof(store->kept));
            store->clock_offset_ms = 0;
        }
        outbox_spool_opened(store->parts.outbox, state);
        load_meters(store);
        say_trouble(store, "");
    }
    if (store->phase == STORE_OPENING) {
        store->phase = STORE_RUNS;
    }
    store_tell_ready(store);
    store_wake(store);
}

static void on_row(void *arg, const struct spool_row *row)
{
    struct store *store = arg;

    outbox_spool_row(store->parts.outbox, row);
}

/* What a local program or Blynk has said since the start is newer. */
static void on_pin(void *arg, pin_id pin, const void *value, size_t len, int64_t wall_ms, bool from_blynk)
{
    struct store *store = arg;

    if (pins_get(store->parts.pins, pin)) {
        return;
    }
    if (pins_set(store->parts.pins, pin, value, len, wall_ms, from_blynk ? PIN_FROM_BLYNK : PIN_FROM_LOCAL) ==
        0) {
        store->kept[pin] = pins_get(store->parts.pins, pin)->changes;
    }
}

static void on_meter(void *arg, const char *name, uint64_t value)
{
    struct store *store = arg;

    meter_load(store->parts.meter, name, value);
}

static void on_secret(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct store *store = arg;

    if (store->parts.on_secret) {
        store->parts.on_secret(store->parts.arg, name, bytes, len);
    }
}

static void after_failure(struct store *store, int error, const char *why)
{
    store->failures++;
    store->not_before_ms = sched_now_ms(store->sched) + RETRY_MS;
    if (store->phase == STORE_CLOSING && store->close_tries++ > 0) {
        store_give_up(store, why);
        return;
    }
    say_trouble(store, why[0] ? why : strerror(-error));
}

static void after_success(struct store *store)
{
    bool at_once = store->config.durability == OUTBOX_ALWAYS;

    store->batches++;
    at_once = at_once || store->has_more;
    store->not_before_ms = at_once ? 0 : sched_now_ms(store->sched) + store->config.commit_interval_ms;
    memcpy(store->kept, store->flying, sizeof(store->kept));
    store->clock_offset_ms = store->clock_flying_ms;
    if (outbox_spool_is_failing(store->parts.outbox)) {
        store->not_before_ms = sched_now_ms(store->sched) + RETRY_MS;
        return;
    }
    say_trouble(store, "");
}

static void on_stored(void *arg, struct spool_batch *batch, int error, const char *why)
{
    struct store *store = arg;

    spool_batch_destroy(batch);
    outbox_spool_stored(store->parts.outbox, error);
    store_meters_stored(store, error);
    if (error) {
        after_failure(store, error, why);
    } else {
        after_success(store);
    }
    store_tell_stored(store, error != 0);
    if (store->phase != STORE_CLOSED) {
        store_wake(store);
    }
}

static void on_loaded(void *arg, int error, size_t count)
{
    struct store *store = arg;

    (void)count;
    if (error && !store->cannot_read) {
        log_error("spool", "what waits on the disk cannot be read back now (%s): it is tried again",
                  strerror(-error));
    }
    store->cannot_read = error != 0;
    outbox_spool_loaded(store->parts.outbox, error);
    if (error) {
        store_arm(store, sched_now_ms(store->sched) + RETRY_MS);
    } else {
        store_wake(store);
    }
}

static void on_closed(void *arg)
{
    struct store *store = arg;

    store->events.on_closed(store->arg);
}

const struct spool_events store_spool_events = {.on_open = on_open,
                                                .on_row = on_row,
                                                .on_pin = on_pin,
                                                .on_meter = on_meter,
                                                .on_secret = on_secret,
                                                .on_stored = on_stored,
                                                .on_loaded = on_loaded,
                                                .on_closed = on_closed};
