#include "store.h"

#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RETRY_MS          5000  /* after a batch that could not be stored */
#define PINS_MS           60000 /* the values of pins are kept at most so often for themselves */
#define CLOCK_SET_MS      200
#define WALL_PLAUSIBLE_MS INT64_C(1577836800000) /* 2020-01-01 */

enum store_phase { STORE_NEW, STORE_OPENING, STORE_RUNS, STORE_CLOSING, STORE_CLOSED };

struct store {
    struct sched *sched;
    struct store_parts parts;
    struct outbox_config config;
    struct store_events events;
    void *arg;
    struct spool *spool;
    enum store_phase phase;
    bool is_open; /* the file */
    bool told_ready;
    struct task wake;
    struct timer timer;
    uint64_t not_before_ms;   /* the next batch */
    uint64_t pins_ms;         /* when the values of pins were last kept */
    uint32_t kept[PIN_COUNT]; /* changes of a pin that are on the disk */
    uint32_t flying[PIN_COUNT];
    int64_t clock_offset_ms; /* as kept */
    int64_t clock_flying_ms;
    unsigned close_tries;
    uint64_t batches;
    uint64_t failures;
    char trouble[SPOOL_WHY_MAX];
    char set_aside[300];
};

/* ---- trouble ---- */

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

static void collect_clock(struct store *store, struct spool_batch *batch)
{
    int64_t offset_ms = sched_wall_ms(store->sched) - (int64_t)sched_now_ms(store->sched);

    store->clock_flying_ms = store->clock_offset_ms;
    if (sched_wall_ms(store->sched) > WALL_PLAUSIBLE_MS &&
        llabs(offset_ms - store->clock_offset_ms) >= CLOCK_SET_MS &&
        spool_batch_clock(batch, offset_ms) == 0) {
        store->clock_flying_ms = offset_ms;
    }
}

/* ---- the next piece of work ---- */

static void arm(struct store *store, uint64_t due_ms)
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
    outbox_spool_collect(store->parts.outbox, batch, everything);
    collect_clock(store, batch);
    collect_pins(store, batch);
    store->pins_ms = sched_now_ms(store->sched);
    int error = spool_batch_size(batch) ? spool_store(store->spool, batch) : -ENODATA;
    if (error) {
        spool_batch_destroy(batch);
        outbox_spool_stored(store->parts.outbox, error == -ENODATA ? 0 : error);
        return false;
    }
    return true;
}

static uint64_t next_batch_ms(const struct store *store)
{
    uint64_t due_ms = outbox_spool_due_ms(store->parts.outbox);

    if (store->config.durability != OUTBOX_MEMORY && pins_differ(store) &&
        store->pins_ms + PINS_MS < due_ms) {
        due_ms = store->pins_ms + PINS_MS;
    }
    return due_ms == UINT64_MAX || due_ms > store->not_before_ms ? due_ms : store->not_before_ms;
}

static void close_file(struct store *store)
{
    store->phase = STORE_CLOSED;
    if (store->spool) {
        spool_close(store->spool);
    } else {
        store->events.on_closed(store->arg);
    }
}

static void pump(struct store *store)
{
    uint64_t from;
    size_t max;

    if (!store->is_open || spool_is_busy(store->spool)) {
        return;
    }
    if (store->phase == STORE_CLOSING) {
        if (!store_batch(store, true)) {
            close_file(store);
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
    arm(store, next_batch_ms(store));
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

/* ---- the spool's answers ---- */

static void tell_ready(struct store *store)
{
    if (!store->told_ready) {
        store->told_ready = true;
        store->events.on_ready(store->arg);
    }
}

static void on_open(void *arg, int error, const char *why, const struct spool_state *state)
{
    struct store *store = arg;

    store->is_open = error == 0;
    if (error) {
        say_trouble(store, why);
    } else {
        if (state->set_aside[0]) {
            snprintf(store->set_aside, sizeof(store->set_aside), "%s", state->set_aside);
            log_error("spool", "%s", why);
        }
        outbox_spool_opened(store->parts.outbox, state);
        say_trouble(store, "");
    }
    if (store->phase == STORE_OPENING) {
        store->phase = STORE_RUNS;
    }
    tell_ready(store);
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
    (void)arg;
    (void)name;
    (void)value;
}

static void after_failure(struct store *store, int error, const char *why)
{
    store->failures++;
    store->not_before_ms = sched_now_ms(store->sched) + RETRY_MS;
    if (store->phase == STORE_CLOSING && store->close_tries++ > 0) {
        log_error("spool", "what waits is lost with this stop: %s", why);
        close_file(store);
        return;
    }
    say_trouble(store, why[0] ? why : strerror(-error));
}

static void after_success(struct store *store)
{
    bool at_once = store->config.durability == OUTBOX_ALWAYS;

    store->batches++;
    store->not_before_ms = at_once ? 0 : sched_now_ms(store->sched) + store->config.commit_interval_ms;
    memcpy(store->kept, store->flying, sizeof(store->kept));
    store->clock_offset_ms = store->clock_flying_ms;
    say_trouble(store, "");
}

static void on_stored(void *arg, struct spool_batch *batch, int error, const char *why)
{
    struct store *store = arg;

    (void)batch;
    outbox_spool_stored(store->parts.outbox, error);
    if (error) {
        after_failure(store, error, why);
    } else {
        after_success(store);
    }
    store->events.on_stored(store->arg, error != 0);
    if (store->phase != STORE_CLOSED) {
        store_wake(store);
    }
}

static void on_loaded(void *arg, int error, size_t count)
{
    struct store *store = arg;

    (void)count;
    outbox_spool_loaded(store->parts.outbox, error);
    if (error) {
        arm(store, sched_now_ms(store->sched) + RETRY_MS);
    } else {
        store_wake(store);
    }
}

static void on_closed(void *arg)
{
    struct store *store = arg;

    store->events.on_closed(store->arg);
}

/* ---- life ---- */

static void read_boot_id(char out[SPOOL_BOOT_MAX])
{
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

    if (!file || !fgets(out, SPOOL_BOOT_MAX, file)) {
        snprintf(out, SPOOL_BOOT_MAX, "unknown");
    }
    out[strcspn(out, "\n")] = '\0';
    if (file) {
        fclose(file);
    }
}

static struct spool *make_spool(struct store *store, const char *state_dir)
{
    static const struct spool_events events = {.on_open = on_open,
                                               .on_row = on_row,
                                               .on_pin = on_pin,
                                               .on_meter = on_meter,
                                               .on_stored = on_stored,
                                               .on_loaded = on_loaded,
                                               .on_closed = on_closed};
    struct spool_config config = {.min_free_bytes = store->config.min_free_bytes};

    read_boot_id(config.boot_id);
    int len = snprintf(config.path, sizeof(config.path), "%s/spool.db", state_dir);
    if (len < 0 || (size_t)len >= sizeof(config.path)) {
        return NULL;
    }
    return spool_create(store->sched, &config, &events, store);
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
    store->wake.on_run = on_wake;
    store->wake.arg = store;
    timer_init(&store->timer, on_wake, store);
    if (config->durability != OUTBOX_MEMORY && state_dir[0]) {
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
    spool_destroy(store->spool);
    free(store);
}

void store_open(struct store *store)
{
    if (!store->spool) {
        store->phase = STORE_RUNS;
        tell_ready(store);
        return;
    }
    store->phase = STORE_OPENING;
    spool_open(store->spool);
}

void store_close(struct store *store)
{
    timer_stop(&store->timer);
    if (!store->is_open) {
        close_file(store);
        return;
    }
    store->phase = STORE_CLOSING;
    store_wake(store);
}

void store_configure(struct store *store, const struct outbox_config *config)
{
    unsigned durability = store->config.durability; /* whether there is a file is decided at the start */

    store->config = *config;
    if (!store->spool) {
        store->config.durability = durability;
    }
    store_wake(store);
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
