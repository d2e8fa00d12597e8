#include "store_rig.h"

#include "blynkd/base/log.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DRAIN_ROUNDS 100000

/* ---- what is told ---- */

static void on_ready(void *arg)
{
    ((struct store_rig *)arg)->ready++;
}

static void on_stored(void *arg, bool failed)
{
    struct store_rig *rig = arg;

    rig->stored += !failed;
    rig->failed += failed;
}

static void on_trouble(void *arg, const char *why)
{
    struct store_rig *rig = arg;

    rig->troubles++;
    snprintf(rig->trouble, sizeof(rig->trouble), "%s", why);
}

static void on_closed(void *arg)
{
    ((struct store_rig *)arg)->closed++;
}

static void on_store(void *arg)
{
    store_wake(((struct store_rig *)arg)->store);
}

static void on_confirmed(void *arg, uint64_t up_to)
{
    ((struct store_rig *)arg)->confirmed_up_to = up_to;
}

static void on_log(void *arg, enum log_level level, const char *part, const char *line)
{
    struct store_rig *rig = arg;
    size_t used = strlen(rig->log);

    if (used + strlen(line) + 40 < sizeof(rig->log)) {
        snprintf(rig->log + used, sizeof(rig->log) - used, "%s %s: %s\n", log_level_name(level), part, line);
    }
}

/* ---- life ---- */

void store_rig_begin(struct store_rig *rig)
{
    memset(rig, 0, sizeof(*rig));
    snprintf(rig->dir, sizeof(rig->dir), "/tmp/blynkd-store-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    rig->sched = sched_create_virtual(1);
    rig->config = (struct outbox_config){
        .max_entries = 10000,
        .max_bytes = 1024 * 1024,
        .stamp_after_ms = 10000,
        .durability = OUTBOX_OFFLINE,
        .spill_after_ms = 10000,
        .commit_interval_ms = 2000,
        .max_rows = 1000000,
        .max_spool_bytes = 256 * 1024 * 1024,
        .max_age_ms = UINT64_C(30) * 86400 * 1000,
    };
    buf_init(&rig->out, 1024 * 1024);
    log_set_sink(on_log, rig);
}

static void empty_dir(const char *dir)
{
    DIR *listing = opendir(dir);
    const struct dirent *entry;
    char path[400];

    while (listing && (entry = readdir(listing))) {
        snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
        unlink(path);
    }
    closedir(listing);
}

void store_rig_end(struct store_rig *rig)
{
    empty_dir(rig->dir);
    assert_int_equal(rmdir(rig->dir), 0);
    buf_free(&rig->out);
    free(rig->got);
    log_set_sink(NULL, NULL);
    sched_close(rig->sched);
}

static void on_forget(void *arg, const char *prefix)
{
    struct store_rig *rig = arg;

    store_forget_meters(rig->store, prefix);
}

void store_rig_create(struct store_rig *rig)
{
    static const struct outbox_events outbox_events = {.on_confirmed = on_confirmed, .on_store = on_store};
    static const struct store_events events = {
        .on_ready = on_ready, .on_stored = on_stored, .on_trouble = on_trouble, .on_closed = on_closed};
    static const struct meter_events meter_events = {.on_forget = on_forget};
    static const struct blynk_session_events no_events;
    static const struct blynk_session_config session_config = {.burst = 10};

    rig->ready = rig->stored = rig->failed = rig->troubles = rig->closed = 0;
    rig->confirmed_up_to = rig->mark = 0;
    rig->pins = pins_create(PIN_DELIVER_ALL);
    rig->outbox = outbox_create(rig->sched, rig->pins, &rig->config);
    rig->meter = meter_create(rig->sched, 1, &meter_events, rig);
    struct store_parts parts = {.outbox = rig->outbox, .pins = rig->pins, .meter = rig->meter};
    rig->store = store_create(rig->sched, &parts, &rig->config, rig->dir, &events, rig);
    assert_non_null(rig->store);
    outbox_set_events(rig->outbox, &outbox_events, rig);
    rig->source = outbox_source(rig->outbox);
    rig->session = blynk_session_create(rig->sched, &session_config, &rig->source, &no_events, NULL);
}

void store_rig_start(struct store_rig *rig)
{
    store_rig_create(rig);
    store_open(rig->store);
    sched_settle(rig->sched);
    assert_int_equal(rig->ready, 1);
}

void store_rig_stop(struct store_rig *rig)
{
    outbox_rewind(rig->outbox); /* as the link does when it stops */
    store_close(rig->store);
    sched_settle(rig->sched);
    assert_int_equal(rig->closed, 1);
    blynk_session_destroy(rig->session);
    store_destroy(rig->store);
    meter_destroy(rig->meter);
    outbox_destroy(rig->outbox);
    pins_destroy(rig->pins);
}

static void copy_file(const char *from, const char *to)
{
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    char bytes[65536];
    size_t len;

    assert_true(in && out);
    while ((len = fread(bytes, 1, sizeof(bytes), in)) > 0) {
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    }
    fclose(in);
    assert_int_equal(fclose(out), 0);
}

static void copy_dir(const char *from, const char *to)
{
    DIR *listing = opendir(from);
    const struct dirent *entry;
    char a[400], b[400];

    while (listing && (entry = readdir(listing))) {
        if (entry->d_name[0] != '.') {
            snprintf(a, sizeof(a), "%s/%s", from, entry->d_name);
            snprintf(b, sizeof(b), "%s/%s", to, entry->d_name);
            copy_file(a, b);
        }
    }
    closedir(listing);
}

void store_rig_kill(struct store_rig *rig)
{
    char copy[] = "/tmp/blynkd-store-XXXXXX";

    assert_non_null(mkdtemp(copy));
    copy_dir(rig->dir, copy);
    store_rig_stop(rig);
    empty_dir(rig->dir);
    copy_dir(copy, rig->dir);
    empty_dir(copy);
    rmdir(copy);
}

/* ---- writing ---- */

int store_rig_put_at(struct store_rig *rig, unsigned pin, const char *value, int64_t wall_ms)
{
    struct outbox_write write = {.value = value, .len = strlen(value)};

    assert_int_equal(pin_make('V', pin, &write.pin), 0);
    int error = outbox_write(rig->outbox, &write, wall_ms, NULL);
    if (!error) {
        pins_set(rig->pins, write.pin, value, write.len, sched_wall_ms(rig->sched), PIN_FROM_LOCAL);
    }
    return error;
}

int store_rig_put(struct store_rig *rig, unsigned pin, const char *value)
{
    return store_rig_put_at(rig, pin, value, 0);
}

void store_rig_event(struct store_rig *rig, const char *code)
{
    assert_int_equal(outbox_message(rig->outbox, BLYNK_EVENT_LOG, code, strlen(code), NULL), 0);
}

/* ---- the server ---- */

static struct store_got *new_got(struct store_rig *rig)
{
    if (rig->got_count == rig->got_room) {
        rig->got_room = rig->got_room ? 2 * rig->got_room : 256;
        rig->got = realloc(rig->got, rig->got_room * sizeof(*rig->got));
        assert_non_null(rig->got);
    }
    return &rig->got[rig->got_count++];
}

static void take_frame(struct store_rig *rig, const struct blynk_frame *frame, unsigned *group,
                       int64_t *time_ms)
{
    const char *body = (const char *)frame->body;

    if (frame->command == BLYNK_GROUP) {
        *group = body[0] == 'e' ? 0 : ++rig->groups;
        *time_ms = body[0] == 't' ? strtoll(body + 2, NULL, 10) : 0;
        return;
    }
    struct store_got *got = new_got(rig);
    *got = (struct store_got){.command = (uint8_t)frame->command, .time_ms = *time_ms, .group = *group};
    size_t skip = 0;
    if (frame->command == BLYNK_HARDWARE) {
        char *end;
        got->pin = (unsigned)strtoul(body + 3, &end, 10);
        skip = (size_t)(end + 1 - body);
    }
    size_t len = frame->body_len - skip;
    len = len < sizeof(got->text) ? len : sizeof(got->text) - 1;
    memcpy(got->text, body + skip, len);
    got->text[len] = '\0';
}

size_t store_rig_send(struct store_rig *rig, size_t messages)
{
    struct blynk_parser parser;
    struct blynk_frame frame;
    size_t before = rig->got_count;
    unsigned group = 0;
    int64_t time_ms = 0;

    outbox_session_began(rig->outbox);
    outbox_session_began(rig->outbox);
    rig->source.fill(rig->outbox, rig->session, &rig->out, 200000, messages, false, &rig->mark);
    const uint8_t *data = buf_bytes(&rig->out);
    size_t len = buf_len(&rig->out);
    blynk_parser_init(&parser);
    while (blynk_parser_next(&parser, &data, &len, &frame)) {
        take_frame(rig, &frame, &group, &time_ms);
    }
    assert_int_equal(group, 0); /* closed */
    buf_clear(&rig->out);
    return rig->got_count - before;
}

void store_rig_confirm(struct store_rig *rig)
{
    rig->source.confirmed(rig->outbox, rig->mark);
}

void store_rig_drain(struct store_rig *rig)
{
    unsigned idle = 0;

    for (unsigned i = 0; i < DRAIN_ROUNDS && idle < 4; i++) {
        idle = store_rig_send(rig, 300) ? 0 : idle + 1;
        store_rig_confirm(rig);
        if (idle) {
            sched_advance(rig->sched, 5000);
        } else {
            sched_settle(rig->sched);
        }
    }
    assert_int_equal(idle, 4);
}

const char *store_rig_text(struct store_rig *rig)
{
    static char text[4096];
    size_t at = 0;
    unsigned group = 0;

    text[0] = '\0';
    for (size_t i = 0; i < rig->got_count; i++) {
        const struct store_got *got = &rig->got[i];
        bool opens = got->group && got->group != group;
        bool closes = got->group && (i + 1 == rig->got_count || rig->got[i + 1].group != got->group);
        group = got->group;
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", at ? "|" : "", opens ? "[" : "");
        if (got->command == BLYNK_HARDWARE) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%u ", got->pin);
        }
        at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s", got->text, closes ? "]" : "");
        assert_true(at < sizeof(text));
    }
    rig->got_count = 0;
    return text;
}

/* ---- the file ---- */

void store_rig_path(const struct store_rig *rig, char path[128])
{
    snprintf(path, 128, "%s/spool.db", rig->dir);
}

/* The daemon has it locked: a copy is looked at. */
long store_rig_rows(struct store_rig *rig)
{
    char copy[] = "/tmp/blynkd-store-XXXXXX", path[128];
    sqlite3_stmt *statement;
    struct stat about;
    sqlite3 *db;

    store_rig_path(rig, path);
    if (stat(path, &about)) {
        return -1;
    }
    assert_non_null(mkdtemp(copy));
    copy_dir(rig->dir, copy);
    snprintf(path, sizeof(path), "%s/spool.db", copy);
    assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, "unix"), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM outbox", -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    long rows = (long)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    empty_dir(copy);
    rmdir(copy);
    return rows;
}
