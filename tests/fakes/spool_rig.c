#include "spool_rig.h"

#include "blynkd/blynk/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void rig_content_put(struct rig_content *content, const struct spool_row *row)
{
    assert_true(row->sequence > 0 && row->sequence < RIG_SEQUENCES);
    struct rig_row *copy = &content->rows[row->sequence];
    copy->there = true;
    copy->row = *row;
    copy->row.bytes = NULL;
    if (row->len) {
        memcpy(copy->bytes, row->bytes, row->len);
    }
}

static void on_open(void *arg, int error, const char *why, const struct spool_state *state)
{
    struct spool_rig *rig = arg;

    rig->opens++;
    rig->open_error = error;
    rig->state = *state;
    snprintf(rig->why, sizeof(rig->why), "%s", why);
    assert_true(!error || why[0]);
}

static void on_row(void *arg, const struct spool_row *row)
{
    struct spool_rig *rig = arg;

    rig->rows++;
    rig->last_loaded = row->sequence;
    if (rig->keep) {
        assert_false(rig->given->rows[row->sequence].there); /* never twice */
        rig_content_put(rig->given, row);
    }
}

static void on_pin(void *arg, pin_id pin, const void *value, size_t len, int64_t wall_ms, bool from_blynk)
{
    struct rig_pin *copy = &((struct spool_rig *)arg)->given->pins[pin];

    assert_true(len <= sizeof(copy->bytes));
    *copy = (struct rig_pin){.there = true, .from_blynk = from_blynk, .wall_ms = wall_ms, .len = len};
    memcpy(copy->bytes, value, len);
}

static void on_secret(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct spool_rig *rig = arg;
    size_t used = strlen(rig->secrets);

    snprintf(rig->secrets + used, sizeof(rig->secrets) - used, "%s=%.*s ", name, (int)len,
             (const char *)bytes);
}

static void on_meter(void *arg, const char *name, uint64_t value)
{
    struct rig_content *given = ((struct spool_rig *)arg)->given;

    assert_true(given->meter_count < RIG_METERS);
    struct rig_meter *meter = &given->meters[given->meter_count++];
    snprintf(meter->name, sizeof(meter->name), "%s", name);
    meter->value = value;
}

static void on_stored(void *arg, struct spool_batch *batch, int error, const char *why)
{
    struct spool_rig *rig = arg;

    rig->stores++;
    rig->store_error = error;
    snprintf(rig->store_why, sizeof(rig->store_why), "%s", why);
    assert_true(!error == !why[0]);
    spool_batch_destroy(batch);
}

static void on_loaded(void *arg, int error, size_t count)
{
    struct spool_rig *rig = arg;

    rig->loads++;
    rig->load_error = error;
    rig->loaded = count;
}

static void on_closed(void *arg)
{
    ((struct spool_rig *)arg)->closes++;
}

void spool_rig_begin(struct spool_rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    snprintf(rig->dir, sizeof(rig->dir), "/tmp/blynkd-spool-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->config.path, sizeof(rig->config.path), "%s/spool.db", rig->dir);
    snprintf(rig->config.boot_id, sizeof(rig->config.boot_id), "boot-1");
    rig->sched = sched_create_virtual(1);
    rig->given = calloc(1, sizeof(*rig->given));
    rig->keep = true;
    assert_non_null(rig->given);
}

void spool_rig_empty(struct spool_rig *rig)
{
    DIR *dir = opendir(rig->dir);
    const struct dirent *entry;
    char path[400];

    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "%s/%s", rig->dir, entry->d_name);
        unlink(path);
    }
    closedir(dir);
}

void spool_rig_end(struct spool_rig *rig)
{
    spool_rig_empty(rig);
    assert_int_equal(rmdir(rig->dir), 0);
    free(rig->given);
    sched_close(rig->sched);
}

void spool_rig_open_on(struct spool_rig *rig, struct sched *sched)
{
    static const struct spool_events events = {
        .on_open = on_open,
        .on_row = on_row,
        .on_pin = on_pin,
        .on_meter = on_meter,
        .on_secret = on_secret,
        .on_stored = on_stored,
        .on_loaded = on_loaded,
        .on_closed = on_closed,
    };

    memset(rig->given, 0, sizeof(*rig->given));
    rig->rows = 0;
    rig->spool = spool_create(sched, &rig->config, &events, rig);
    assert_non_null(rig->spool);
    spool_open(rig->spool);
    assert_true(spool_is_busy(rig->spool));
}

void spool_rig_open(struct spool_rig *rig)
{
    unsigned opens = rig->opens;

    spool_rig_open_on(rig, rig->sched);
    sched_settle(rig->sched);
    assert_int_equal(rig->opens, opens + 1);
}

void spool_rig_close(struct spool_rig *rig)
{
    unsigned closes = rig->closes;

    spool_close(rig->spool);
    sched_settle(rig->sched);
    assert_int_equal(rig->closes, closes + 1);
    spool_destroy(rig->spool);
    rig->spool = NULL;
}

int spool_rig_store(struct spool_rig *rig, struct spool_batch *batch)
{
    unsigned stores = rig->stores;
    int error = spool_store(rig->spool, batch);

    if (error) {
        spool_batch_destroy(batch);
        return error;
    }
    assert_true(spool_is_busy(rig->spool));
    sched_settle(rig->sched);
    assert_int_equal(rig->stores, stores + 1);
    return rig->store_error;
}

void spool_rig_load_all(struct spool_rig *rig)
{
    uint64_t from = 0;

    do {
        unsigned opens = rig->opens;
        assert_int_equal(spool_load(rig->spool, from, 37), 0);
        sched_settle(rig->sched);
        if (rig->load_error && rig->opens > opens && !rig->open_error) {
            rig->loaded = 37; /* it was found damaged, and is a new file now: go on */
            continue;
        }
        assert_int_equal(rig->load_error, 0);
        from = rig->last_loaded + 1;
    } while (rig->loaded == 37);
}

struct spool_row spool_rig_row(uint64_t sequence, enum spool_lane lane, pin_id pin, const char *value)
{
    return (struct spool_row){
        .sequence = sequence,
        .lane = lane,
        .command = BLYNK_HARDWARE,
        .pin = pin,
        .made_ms = 1000 + sequence,
        .len = (uint16_t)strlen(value),
        .bytes = (const uint8_t *)value,
    };
}

void spool_rig_put(struct spool_batch *batch, uint64_t sequence, enum spool_lane lane, pin_id pin,
                   const char *value)
{
    struct spool_row row = spool_rig_row(sequence, lane, pin, value);

    assert_int_equal(spool_batch_put(batch, &row), 0);
}
