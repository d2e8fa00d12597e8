#include "store_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "blynkd/base/wall.h"
#include "blynkd/bridge/meter.h"
#include "blynkd/bridge/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AGAIN_MS  1000   /* after a batch for which there was no memory */
#define PINS_MS   60000  /* the values of pins are kept at most so often for themselves */
#define METERS_MS 300000 /* the same of the meters: SD cards wear */

/* ---- what goes into a batch besides the outbox ---- */

static bool pins_differ(const struct store *store)
{
    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        const struct pin_value *value = pins_get(store->parts.pins, pin);
        if (value && value->changes != store->kept[pin]) {
            return true;
        }
    }
    return false;
}

static void collect_pins(struct store *store, struct spool_batch *batch)
{
    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        const struct pin_value *value = pins_get(store->parts.pins, pin);
        store->flying[pin] = store->kept[pin];
        if (value && value->changes != store->kept[pin] &&
            spool_batch_pin(batch, pin, value->bytes, value->len, value->wall_ms,
                            value->origin == PIN_FROM_BLYNK) == 0) {
            store->flying[pin] = value->changes;
        }
    }
}

static int64_t clock_offset(const struct store *store)
{
    return sched_wall_ms(store->sched) - (int64_t)sched_now_ms(store->sched);
}

static bool clock_differs(const struct store *store)
{
    return sched_wall_ms(store->sched) > WALL_PLAUSIBLE_MS &&
           llabs(clock_offset(store) - store->clock_offset_ms) >= WALL_SET_MS;
}

static void collect_clock(struct store *store, struct spool_batch *batch)
{
    int64_t offset_ms = clock_offset(store);

    store->clock_flying_ms = store->clock_offset_ms;
    if (clock_differs(store) && spool_batch_clock(batch, offset_ms) == 0) {
        store->clock_flying_ms = offset_ms;
    }
}

static void put_meter(void *arg, const char *name, uint64_t value)
{
    struct store *store = arg;

    if (spool_batch_meter(store->filling, name, value)) {
        log_warning("spool", "no memory to keep the meters");
    }
}

void store_forget_meters(struct store *store, const char *prefix)
{
    if (spool_batch_meter_forget(store->filling, prefix)) {
        log_warning("spool", "no memory to keep the meters");
    }
}

static void collect_meters(struct store *store, struct spool_batch *batch)
{
    store->filling = batch;
    store->meters_flying = meter_changed(store->parts.meter);
    meter_save(store->parts.meter, put_meter, store);
    store->filling = NULL;
    store->meters_ms = sched_now_ms(store->sched);
}

/* ---- the next piece of work ---- */

void store_arm(struct store *store, uint64_t due_ms)
{
    uint64_t now_ms = sched_now_ms(store->sched);

    if (due_ms != UINT64_MAX) {
        timer_start(store->sched, &store->timer, due_ms > now_ms ? due_ms - now_ms : 0);
    }
}

/* True: a batch is on its way. */
static bool store_batch(struct store *store, bool everything)
{
    struct spool_batch *batch = spool_batch_create();

    if (!batch) {
        return false;
    }
    store->has_more = !outbox_spool_collect(store->parts.outbox, batch, everything);
    collect_clock(store, batch);
    collect_pins(store, batch);
    collect_meters(store, batch);
    store_collect_secrets(store, batch);
    store->pins_ms = sched_now_ms(store->sched);
    int error = spool_batch_size(batch) ? spool_store(store->spool, batch) : -ENODATA;
    if (error) {
        bool failed = error != -ENODATA || store->has_more;
        spool_batch_destroy(batch);
        store_meters_stored(store, error);
        outbox_spool_stored(store->parts.outbox, failed ? error : 0);
        store->not_before_ms = failed ? sched_now_ms(store->sched) + AGAIN_MS : store->not_before_ms;
        return false;
    }
    return true;
}

/* Times of rows are told by the clock of their boot, which may be set after the last of them was written. */
static bool clock_matters(const struct store *store)
{
    return clock_differs(store) && outbox_info(store->parts.outbox).rows;
}

static uint64_t next_batch_ms(const struct store *store)
{
    uint64_t due_ms = outbox_spool_due_ms(store->parts.outbox);

    if (due_ms == 0 && !store->trouble[0]) {
        return 0;
    }
    if (store->config.durability != OUTBOX_MEMORY && store->pins_ms + PINS_MS < due_ms &&
        (pins_differ(store) || clock_matters(store))) {
        due_ms = store->pins_ms + PINS_MS;
    }
    due_ms = store->secrets_due_ms < due_ms ? store->secrets_due_ms : due_ms;
    if (store->meters_loaded && meter_changed(store->parts.meter) && store->meters_ms + METERS_MS < due_ms) {
        due_ms = store->meters_ms + METERS_MS;
    }
    return due_ms == UINT64_MAX || due_ms > store->not_before_ms ? due_ms : store->not_before_ms;
}

void store_close_file(struct store *store)
{
    store->phase = STORE_CLOSED;
    if (store->spool) {
        spool_close(store->spool);
    } else {
        store->events.on_closed(store->arg);
    }
}

static void close_at_last(struct store *store)
{
    if (store->config.durability == OUTBOX_MEMORY) {
        store_give_up(store, "durability = memory");
    } else {
        store_close_file(store);
    }
}

static void pump(struct store *store)
{
    uint64_t from;
    size_t max;

    if (!store->is_open || spool_is_busy(store->spool)) {
        return;
    }
    if (store->config.durability == OUTBOX_ALWAYS &&
        outbox_stored_ticket(store->parts.outbox) > store->told_ticket) {
        store_tell_stored(store, false); /* confirmed before it was stored */
    }
    if (store->phase == STORE_CLOSING) {
        if (!store_batch(store, true)) {
            close_at_last(store);
        }
        return;
    }
    if (store->phase != STORE_RUNS) {
        return;
    }
    uint64_t due_ms = next_batch_ms(store);
    if (due_ms <= sched_now_ms(store->sched) && store_batch(store, false)) {
        return;
    }
    if (outbox_spool_wants(store->parts.outbox, &from, &max) && spool_load(store->spool, from, max) == 0) {
        return;
    }
    due_ms = next_batch_ms(store);
    if (due_ms == UINT64_MAX && outbox_info(store->parts.outbox).rows) {
        due_ms = sched_now_ms(store->sched) + PINS_MS; /* the clock is looked at */
    }
    store_arm(store, due_ms);
}

static void on_wake(void *arg)
{
    pump(arg);
}

void store_wake(struct store *store)
{
    if (store->is_open) {
        task_post(store->sched, &store->wake);
    }
}

/* ---- life ---- */

/* A boot without a name is like no other, not even itself after a restart of the daemon. */
static void read_boot_id(struct sched *sched, char out[SPOOL_BOOT_MAX])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!file || !fgets(out, SPOOL_BOOT_MAX, file)) {
        snprintf(out, SPOOL_BOOT_MAX, "unknown-%08x%08x", sched_random(sched), sched_random(sched));
    }
    out[strcspn(out, "\n")] = '\0';
    if (file) {
        fclose(file);
    }
}

static struct spool *make_spool(struct store *store, const char *state_dir)
{
    struct spool_config config = {.min_free_bytes = store->config.min_free_bytes};

    read_boot_id(store->sched, config.boot_id);
    int len = snprintf(config.path, sizeof(config.path), "%s/spool.db", state_dir);
    if (len < 0 || (size_t)len >= sizeof(config.path)) {
        return NULL;
    }
    return spool_create(store->sched, &config, &store_spool_events, store);
}

struct store *store_create(struct sched *sched, const struct store_parts *parts,
                           const struct outbox_config *config, const char *state_dir,
                           const struct store_events *events, void *arg)
{
    struct store *store = calloc(1, sizeof(*store));

    if (!store) {
        return NULL;
    }
    store->sched = sched;
    store->parts = *parts;
    store->config = *config;
    store->events = *events;
    store->arg = arg;
    store->secrets_due_ms = UINT64_MAX;
    task_init(&store->wake, on_wake, store);
    timer_init(&store->timer, on_wake, store);
    if (state_dir[0]) {
        store->spool = make_spool(store, state_dir);
        if (!store->spool) {
            free(store);
            return NULL;
        }
    }
    return store;
}

void store_destroy(struct store *store)
{
    if (!store) {
        return;
    }
    timer_stop(&store->timer);
    task_cancel(&store->wake);
    store_forget_secrets(store);
    spool_destroy(store->spool);
    free(store);
}

void store_open(struct store *store)
{
    store->meters_ms = sched_now_ms(store->sched);
    if (!store->spool) {
        store->phase = STORE_RUNS;
        meter_loaded(store->parts.meter);
        store_tell_ready(store);
        return;
    }
    store->phase = STORE_OPENING;
    spool_open(store->spool);
}

void store_close(struct store *store)
{
    timer_stop(&store->timer);
    if (!store->is_open) {
        store_give_up(store, store->spool ? store->trouble : "durability = memory");
        return;
    }
    store->phase = STORE_CLOSING;
    store_wake(store);
}

unsigned store_configure(struct store *store, const struct outbox_config *config)
{
    store->config = *config;
    if (!store->spool) {
        store->config.durability = OUTBOX_MEMORY; /* whether there is a file is decided at the start */
    }
    store_wake(store);
    return store->config.durability;
}

const char *store_trouble(const struct store *store)
{
    return store->trouble;
}

void store_show(const struct store *store, bridge_show_fn *show, void *arg)
{
    static const char *const words[] = {"memory", "offline", "always"};
    char number[24];

    show(arg, "durability", words[store->config.durability % 3], false);
    show(arg, "disk", store->trouble[0] ? store->trouble : store->spool ? "ok" : "not used", false);
    snprintf(number, sizeof(number), "%llu",
             store->is_open ? (unsigned long long)spool_file_bytes(store->spool) : 0ULL);
    show(arg, "file_bytes", number, true);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)store->batches);
    show(arg, "commits", number, true);
    snprintf(number, sizeof(number), "%llu", (unsigned long long)store->failures);
    show(arg, "failed_commits", number, true);
    if (store->set_aside[0]) {
        show(arg, "damaged_file", store->set_aside, false);
    }
}
