/* The spool: what was stored is given back, after any order of work; a start that fails says so and is tried again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"
#include "bridge/spool_crc.h"
#include "loop_turn.h"
#include "spool_rig.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEEDS      20
#define ROUNDS     40
#define MANY_ROWS  20000
#define MODEL_PINS 8
#define NOBODY     65534

static int setup(void **state)
{
    struct spool_rig *rig = malloc(sizeof(*rig));

    assert_non_null(rig);
    spool_rig_begin(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    spool_rig_end(*state);
    free(*state);
    return 0;
}

static struct spool_batch *batch_of_one(uint64_t sequence, enum spool_lane lane, pin_id pin,
                                        const char *value)
{
    struct spool_batch *batch = spool_batch_create();

    assert_non_null(batch);
    spool_rig_put(batch, sequence, lane, pin, value);
    return batch;
}

/* By hand, beside the daemon. */
static void run_sql(struct spool_rig *rig, const char *text)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(rig->config.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static int64_t ask_sql(struct spool_rig *rig, const char *text)
{
    sqlite3 *db;
    sqlite3_stmt *ready;

    assert_int_equal(sqlite3_open(rig->config.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, text, -1, &ready, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(ready), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(ready, 0);
    sqlite3_finalize(ready);
    sqlite3_close(db);
    return number;
}

static void test_crc_is_the_usual_one(void **state)
{
    (void)state;
    assert_int_equal(spool_crc(0, "123456789", 9), 0xCBF43926);
    assert_int_equal(spool_crc(spool_crc(0, "1234", 4), "56789", 5), 0xCBF43926);
    assert_int_equal(spool_crc_number(0, 0x0807060504030201), spool_crc(0, "\1\2\3\4\5\6\7\10", 8));
}

static void test_an_empty_spool(void **state)
{
    struct spool_rig *rig = *state;
    struct stat about;

    spool_rig_open(rig);
    assert_int_equal(rig->open_error, 0);
    assert_string_equal(rig->why, "");
    assert_int_equal(rig->state.rows, 0);
    assert_int_equal(rig->state.last_sequence, 0);
    assert_int_equal(rig->state.lost, 0);
    assert_true(rig->state.file_bytes > 0);
    assert_int_equal(stat(rig->config.path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0600);
    spool_rig_load_all(rig);
    assert_int_equal(rig->rows, 0);
    spool_rig_close(rig);
}

static void test_batches_are_bounded(void **state)
{
    struct spool_batch *batch = spool_batch_create();
    struct spool_row row = spool_rig_row(1, SPOOL_LANE_BACKLOG, 1, "x");
    static const uint8_t large[5000];

    (void)state;
    row.sequence = 0;
    assert_int_equal(spool_batch_put(batch, &row), -EINVAL);
    row.sequence = 1;
    row.pin = PIN_COUNT;
    assert_int_equal(spool_batch_put(batch, &row), -EINVAL);
    row.pin = 1;
    row.bytes = large;
    row.len = SPOOL_VALUE_MAX + 1;
    assert_int_equal(spool_batch_put(batch, &row), -EMSGSIZE);
    row.len = SPOOL_VALUE_MAX;
    assert_int_equal(spool_batch_size(batch), 0);
    for (unsigned i = 1; i <= SPOOL_BATCH_ROWS; i++) {
        row.sequence = i;
        assert_int_equal(spool_batch_put(batch, &row), 0);
    }
    assert_int_equal(spool_batch_put(batch, &row), -ENOSPC);
    assert_int_equal(spool_batch_delete(batch, 7), 0);
    assert_int_equal(spool_batch_delete(batch, 0), -EINVAL);
    assert_int_equal(spool_batch_pin(batch, PIN_COUNT, "", 0, 0, false), -EINVAL);
    assert_int_equal(spool_batch_pin(batch, 1, large, sizeof(large), 0, false), -EMSGSIZE);
    assert_int_equal(spool_batch_meter(batch, "", 1), -EINVAL);
    assert_int_equal(spool_batch_meter(batch, "a name that is longer than a name may be, by far", 1),
                     -EINVAL);
    assert_int_equal(spool_batch_size(batch), SPOOL_BATCH_ROWS + 1);
    spool_batch_destroy(batch);
}

static void test_everything_comes_back(void **state)
{
    struct spool_rig *rig = *state;
    struct spool_batch *batch = spool_batch_create();
    struct spool_row row = spool_rig_row(9, SPOOL_LANE_EVENT, 3, "hot");

    row.command = 64;
    row.group = 77;
    row.wall_ms = -5;
    assert_int_equal(spool_batch_put(batch, &row), 0);
    spool_rig_put(batch, 4, SPOOL_LANE_LATEST, 5, "");
    spool_rig_put(batch, 5, SPOOL_LANE_FRESH, 6, "fresh");
    spool_rig_put(batch, 6, SPOOL_LANE_BACKLOG, 6, "old");
    assert_int_equal(spool_batch_pin(batch, 700, "a\0b", 3, 123, true), 0);
    assert_int_equal(spool_batch_pin(batch, 0, "", 0, 0, false), 0);
    assert_int_equal(spool_batch_meter(batch, "sent.day", UINT64_MAX), 0);
    assert_int_equal(spool_batch_meter(batch, "sent.month", 4), 0);
    assert_int_equal(spool_batch_clock(batch, 1000000), 0);
    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);

    spool_rig_open(rig);
    const struct rig_content *given = rig->given;
    assert_int_equal(rig->open_error, 0);
    assert_int_equal(rig->state.rows, 4);
    assert_int_equal(rig->state.bytes, 11);
    assert_int_equal(rig->state.backlog_rows, 2);
    assert_int_equal(rig->state.first_backlog, 5);
    assert_int_equal(rig->state.last_sequence, 9);
    assert_int_equal(rig->state.last_group, 77);
    assert_int_equal(rig->state.backlog_of_pin[6], 2);
    assert_int_equal(rig->rows, 2);
    const struct spool_row *back = &given->rows[9].row;
    assert_true(given->rows[9].there && back->this_boot);
    assert_int_equal(back->command, 64);
    assert_int_equal(back->group, 77);
    assert_int_equal(back->wall_ms, -5);
    assert_int_equal(back->made_ms, 1009);
    assert_int_equal(back->made_wall_ms, 1001009);
    assert_int_equal(back->len, 3);
    assert_memory_equal(given->rows[9].bytes, "hot", 3);
    assert_true(given->rows[4].there && given->rows[4].row.len == 0);
    assert_true(given->pins[700].there && given->pins[700].from_blynk && given->pins[700].wall_ms == 123);
    assert_int_equal(given->pins[700].len, 3);
    assert_memory_equal(given->pins[700].bytes, "a\0b", 3);
    assert_true(given->pins[0].there && given->pins[0].len == 0);
    assert_int_equal(given->meter_count, 2);
    assert_string_equal(given->meters[0].name, "sent.day");
    assert_true(given->meters[0].value == UINT64_MAX);
    spool_rig_load_all(rig);
    assert_int_equal(given->rows[5].row.lane, SPOOL_LANE_BACKLOG);
    assert_memory_equal(given->rows[5].bytes, "fresh", 5);

    batch = spool_batch_create();
    assert_int_equal(spool_batch_meter_forget(batch, "sent.d"), 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    spool_rig_open(rig);
    assert_int_equal(given->meter_count, 1);
    assert_string_equal(given->meters[0].name, "sent.month");
    spool_rig_close(rig);
}

static void test_clocks_of_boots(void **state)
{
    struct spool_rig *rig = *state;
    struct spool_batch *batch = batch_of_one(1, SPOOL_LANE_EVENT, 1, "one");

    assert_int_equal(spool_batch_clock(batch, 50), 0);
    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);

    snprintf(rig->config.boot_id, sizeof(rig->config.boot_id), "boot-2");
    spool_rig_open(rig);
    assert_false(rig->given->rows[1].row.this_boot);
    assert_int_equal(rig->given->rows[1].row.made_wall_ms, 1051);
    assert_int_equal(spool_rig_store(rig, batch_of_one(2, SPOOL_LANE_EVENT, 1, "two")), 0);
    spool_rig_close(rig);

    snprintf(rig->config.boot_id, sizeof(rig->config.boot_id), "boot-3");
    spool_rig_open(rig);
    assert_int_equal(rig->given->rows[2].row.made_wall_ms, 0);
    batch = spool_batch_create();
    assert_int_equal(spool_batch_delete(batch, 1), 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    assert_int_equal(ask_sql(rig, "SELECT count(*) FROM boots"), 3);
    spool_rig_open(rig);
    spool_rig_close(rig);
    assert_int_equal(ask_sql(rig, "SELECT count(*) FROM boots"), 2);
    assert_int_equal(ask_sql(rig, "SELECT count(*) FROM boots WHERE boot_id = 'boot-1'"), 0);
}

static void test_one_work_at_a_time(void **state)
{
    struct spool_rig *rig = *state;
    struct spool_batch *batch = batch_of_one(1, SPOOL_LANE_EVENT, 1, "one");

    spool_rig_open(rig);
    assert_int_equal(spool_load(rig->spool, 0, 10), 0);
    assert_int_equal(spool_store(rig->spool, batch), -EBUSY);
    assert_int_equal(spool_load(rig->spool, 0, 10), -EBUSY);
    spool_close(rig->spool); /* the load is finished, and not told */
    assert_int_equal(spool_store(rig->spool, batch), -ENOTCONN);
    sched_settle(rig->sched);
    assert_int_equal(rig->loads, 0);
    assert_int_equal(rig->closes, 1);
    spool_destroy(rig->spool);

    spool_rig_open(rig);
    assert_int_equal(spool_store(rig->spool, batch), 0);
    spool_close(rig->spool); /* the batch is finished, and told */
    sched_settle(rig->sched);
    assert_int_equal(rig->stores, 1);
    assert_int_equal(rig->store_error, 0);
    spool_destroy(rig->spool);
    spool_rig_open(rig);
    assert_int_equal(rig->state.rows, 1);
    spool_rig_close(rig);
}

static void test_a_missing_directory(void **state)
{
    struct spool_rig *rig = *state;
    char path[300], dir[200];

    snprintf(path, sizeof(path), "%s", rig->config.path);
    snprintf(dir, sizeof(dir), "%s/later", rig->dir);
    snprintf(rig->config.path, sizeof(rig->config.path), "%s/spool.db", dir);
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, -ENOENT);
    assert_non_null(strstr(rig->why, "create it"));
    struct spool_batch *batch = batch_of_one(1, SPOOL_LANE_EVENT, 1, "one");
    assert_int_equal(spool_store(rig->spool, batch), -ENOTCONN);
    sched_advance(rig->sched, 10000);
    assert_int_equal(rig->opens, 2);
    assert_int_equal(mkdir(dir, 0700), 0);
    sched_advance(rig->sched, 2000);
    assert_int_equal(rig->opens, 2);
    assert_int_equal(spool_store(rig->spool, batch), -ENOTCONN); /* that is the next try */
    sched_settle(rig->sched);
    assert_int_equal(rig->opens, 3);
    assert_int_equal(rig->open_error, 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    unlink(rig->config.path);
    assert_int_equal(rmdir(dir), 0);
}

/* Root may write anywhere: the test is somebody else for a while. */
static void test_a_directory_that_cannot_be_written(void **state)
{
    struct spool_rig *rig = *state;
    bool root = geteuid() == 0;

    assert_int_equal(chmod(rig->dir, 0500), 0);
    if (root) {
        assert_int_equal(chown(rig->dir, NOBODY, NOBODY), 0);
        assert_int_equal(seteuid(NOBODY), 0);
    }
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, -EACCES);
    assert_non_null(strstr(rig->why, "permission"));
    assert_int_equal(chmod(rig->dir, 0700), 0);
    sched_advance(rig->sched, 10000);
    assert_int_equal(rig->open_error, 0);
    spool_rig_close(rig);
    assert_int_equal(root ? seteuid(0) : 0, 0);
}

static void test_a_newer_file_is_kept(void **state)
{
    struct spool_rig *rig = *state;

    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch_of_one(1, SPOOL_LANE_EVENT, 1, "one")), 0);
    spool_rig_close(rig);
    run_sql(rig, "UPDATE meta SET value = x'02'; PRAGMA user_version = 3");
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, -ENOTSUP);
    assert_non_null(strstr(rig->why, "newer"));
    spool_rig_close(rig);
    assert_int_equal(ask_sql(rig, "SELECT count(*) FROM outbox"), 1);
    assert_int_equal(ask_sql(rig, "PRAGMA user_version"), 3);
}

static void test_secrets(void **state)
{
    struct spool_rig *rig = *state;
    struct spool_batch *batch = spool_batch_create();
    static char large[SPOOL_SECRET_MAX + 1];

    assert_int_equal(spool_batch_secret(batch, "a.example", "one", 3), 0);
    assert_int_equal(spool_batch_secret(batch, "b.example", "two", 3), 0);
    assert_int_equal(spool_batch_secret(batch, "a.example", "three", 5), 0);
    assert_int_equal(spool_batch_secret(batch, "", "x", 1), -EINVAL);
    assert_int_equal(spool_batch_secret(batch, "c", large, sizeof(large)), -EINVAL);
    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    spool_rig_open(rig);
    assert_string_equal(rig->secrets, "a.example=three b.example=two ");
    batch = spool_batch_create();
    assert_int_equal(spool_batch_secret(batch, "a.example", NULL, 0), 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    rig->secrets[0] = '\0';
    spool_rig_open(rig);
    assert_string_equal(rig->secrets, "b.example=two ");
    spool_rig_close(rig);
}

/* The first version knew no secrets. */
static void test_a_file_of_the_first_version(void **state)
{
    struct spool_rig *rig = *state;
    struct spool_batch *batch = spool_batch_create();

    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch_of_one(1, SPOOL_LANE_EVENT, 1, "one")), 0);
    spool_rig_close(rig);
    run_sql(rig, "DROP TABLE secrets; PRAGMA user_version = 1");
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, 0);
    assert_int_equal(rig->state.rows, 1);
    assert_string_equal(rig->state.set_aside, "");
    assert_int_equal(spool_batch_secret(batch, "a.example", "one", 3), 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    assert_int_equal(ask_sql(rig, "PRAGMA user_version"), 2);
    assert_int_equal(ask_sql(rig, "SELECT count(*) FROM secrets"), 1);
}

static void test_another_owner_of_the_file(void **state)
{
    struct spool_rig *rig = *state;
    sqlite3 *db;

    spool_rig_open(rig);
    spool_rig_close(rig);
    assert_int_equal(sqlite3_open(rig->config.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, -EBUSY);
    sqlite3_close(db);
    sched_advance(rig->sched, 10000);
    assert_int_equal(rig->open_error, 0);
    spool_rig_close(rig);
}

static void test_room_is_left_on_the_disk(void **state)
{
    struct spool_rig *rig = *state;

    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch_of_one(1, SPOOL_LANE_EVENT, 1, "one")), 0);
    spool_rig_close(rig);
    rig->config.min_free_bytes = UINT64_MAX / 2;
    spool_rig_open(rig);
    assert_int_equal(spool_rig_store(rig, batch_of_one(2, SPOOL_LANE_EVENT, 1, "two")), -ENOSPC);
    assert_non_null(strstr(rig->store_why, "full"));
    struct spool_batch *batch = spool_batch_create();
    assert_int_equal(spool_batch_delete(batch, 1), 0);
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);
    spool_rig_open(rig);
    assert_int_equal(rig->state.rows, 0);
    spool_rig_close(rig);
}

static void test_the_file_gets_smaller_again(void **state)
{
    struct spool_rig *rig = *state;
    char value[1001];

    memset(value, 'v', sizeof(value));
    value[1000] = '\0';
    spool_rig_open(rig);
    for (unsigned i = 0; i < MANY_ROWS; i += 1000) {
        struct spool_batch *batch = spool_batch_create();
        for (unsigned k = 1; k <= 1000; k++) {
            spool_rig_put(batch, i + k, SPOOL_LANE_BACKLOG, 1, value);
        }
        assert_int_equal(spool_rig_store(rig, batch), 0);
        assert_true(spool_file_bytes(rig->spool) < (i + 1000) * UINT64_C(1400) + 8 * 1024 * 1024);
    }
    uint64_t large = spool_file_bytes(rig->spool);
    assert_true(large > MANY_ROWS * UINT64_C(1000));
    for (unsigned i = 0; i < MANY_ROWS + 20000; i += 1000) {
        struct spool_batch *batch = spool_batch_create();
        for (unsigned k = 1; k <= 1000; k++) {
            assert_int_equal(spool_batch_delete(batch, i + k), 0);
        }
        assert_int_equal(spool_rig_store(rig, batch), 0);
    }
    assert_true(spool_file_bytes(rig->spool) < large / 2);
    spool_rig_close(rig);
    spool_rig_open(rig);
    assert_int_equal(rig->state.rows, 0);
    assert_int_equal(rig->state.last_sequence, MANY_ROWS);
    spool_rig_close(rig);
}

/* ---- against a model ---- */

struct model {
    struct rig_content content;
    uint64_t last_sequence;
    uint32_t last_group;
};

static void random_put(struct spool_rig *rig, struct model *model, struct spool_batch *batch)
{
    char value[64];
    uint64_t sequence = 1 + sched_random(rig->sched) % 60;
    int len = snprintf(value, sizeof(value), "%u", sched_random(rig->sched));
    struct spool_row row = spool_rig_row(sequence, sched_random(rig->sched) % 4,
                                         (pin_id)(sched_random(rig->sched) % MODEL_PINS), value);

    row.len = (uint16_t)(sched_random(rig->sched) % (unsigned)(len + 1));
    row.command = sched_random(rig->sched) % 4 ? BLYNK_HARDWARE : 64;
    row.group = sched_random(rig->sched) % 5;
    assert_int_equal(spool_batch_put(batch, &row), 0);
    rig_content_put(&model->content, &row);
    model->last_sequence = sequence > model->last_sequence ? sequence : model->last_sequence;
    model->last_group = row.group > model->last_group ? row.group : model->last_group;
}

static void random_step(struct spool_rig *rig, struct model *model, struct spool_batch *batch)
{
    uint64_t sequence = 1 + sched_random(rig->sched) % 60;

    switch (sched_random(rig->sched) % 4) {
    case 0:
    case 1:
        random_put(rig, model, batch);
        return;
    case 2:
        assert_int_equal(spool_batch_delete(batch, sequence), 0);
        model->content.rows[sequence].there = false;
        return;
    default:
        assert_int_equal(spool_batch_park(batch, sequence), 0);
        model->content.rows[sequence].row.lane = SPOOL_LANE_BACKLOG;
        return;
    }
}

/* As it is after a start: FRESH has become BACKLOG. */
static void start_model(struct model *model, struct spool_state *expected)
{
    *expected = (struct spool_state){.last_sequence = model->last_sequence, .last_group = model->last_group};
    for (unsigned i = 1; i < RIG_SEQUENCES; i++) {
        struct rig_row *row = &model->content.rows[i];
        if (!row->there) {
            continue;
        }
        if (row->row.lane == SPOOL_LANE_FRESH) {
            row->row.lane = SPOOL_LANE_BACKLOG;
        }
        expected->rows++;
        expected->bytes += row->row.len;
        if (row->row.lane == SPOOL_LANE_BACKLOG) {
            expected->first_backlog = expected->backlog_rows++ ? expected->first_backlog : i;
            expected->backlog_of_pin[row->row.pin] += row->row.command == BLYNK_HARDWARE ? 1 : 0;
        }
    }
}

static void compare_rows(const struct rig_content *model, const struct rig_content *given)
{
    for (unsigned i = 1; i < RIG_SEQUENCES; i++) {
        const struct rig_row *want = &model->rows[i], *got = &given->rows[i];
        assert_int_equal(want->there, got->there);
        if (want->there) {
            assert_int_equal(want->row.lane, got->row.lane);
            assert_int_equal(want->row.command, got->row.command);
            assert_int_equal(want->row.pin, got->row.pin);
            assert_int_equal(want->row.group, got->row.group);
            assert_int_equal(want->row.len, got->row.len);
            assert_memory_equal(want->bytes, got->bytes, want->row.len);
        }
    }
}

static void check_start(struct spool_rig *rig, struct model *model)
{
    struct spool_state expected;

    spool_rig_open(rig);
    start_model(model, &expected);
    assert_int_equal(rig->open_error, 0);
    assert_int_equal(rig->state.lost, 0);
    assert_int_equal(rig->state.rows, expected.rows);
    assert_int_equal(rig->state.bytes, expected.bytes);
    assert_int_equal(rig->state.backlog_rows, expected.backlog_rows);
    assert_int_equal(rig->state.first_backlog, expected.first_backlog);
    assert_int_equal(rig->state.last_sequence, expected.last_sequence);
    assert_int_equal(rig->state.last_group, expected.last_group);
    assert_memory_equal(rig->state.backlog_of_pin, expected.backlog_of_pin, sizeof(expected.backlog_of_pin));
    spool_rig_load_all(rig);
    compare_rows(&model->content, rig->given);
}

static void test_random_work_agrees_with_a_model(void **state)
{
    struct spool_rig *rig = *state;
    struct model *model = malloc(sizeof(*model));

    for (unsigned seed = 0; seed < SEEDS; seed++) {
        sched_close(rig->sched);
        rig->sched = sched_create_virtual(seed);
        memset(model, 0, sizeof(*model));
        spool_rig_empty(rig);
        spool_rig_open(rig);
        for (unsigned round = 0; round < ROUNDS; round++) {
            struct spool_batch *batch = spool_batch_create();
            for (unsigned i = sched_random(rig->sched) % 20; i > 0; i--) {
                random_step(rig, model, batch);
            }
            assert_int_equal(spool_rig_store(rig, batch), 0);
            if (sched_random(rig->sched) % 8 == 0) {
                spool_rig_close(rig);
                check_start(rig, model);
            }
        }
        spool_rig_close(rig);
    }
    free(model);
}

/* ---- on libuv's threads ---- */

static void test_on_other_threads(void **state)
{
    struct spool_rig *rig = *state;
    uv_loop_t loop;
    uv_timer_t tick;

    loop_turn_begin(&loop, &tick);
    struct sched *threads = sched_create_uv(&loop);
    spool_rig_open_on(rig, threads);
    loop_turn_until(&loop, rig->opens == 1);
    assert_int_equal(spool_store(rig->spool, batch_of_one(1, SPOOL_LANE_BACKLOG, 1, "one")), 0);
    loop_turn_until(&loop, rig->stores == 1);
    assert_int_equal(rig->store_error, 0);
    assert_int_equal(spool_load(rig->spool, 0, 5), 0);
    loop_turn_until(&loop, rig->loads == 1);
    assert_int_equal(rig->loaded, 1);
    spool_close(rig->spool);
    loop_turn_until(&loop, rig->closes == 1);
    spool_destroy(rig->spool);
    sched_close(threads);
    loop_turn_end(&loop, &tick);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc_is_the_usual_one),
        cmocka_unit_test(test_batches_are_bounded),
        TEST(test_an_empty_spool),
        TEST(test_everything_comes_back),
        TEST(test_clocks_of_boots),
        TEST(test_one_work_at_a_time),
        TEST(test_a_missing_directory),
        TEST(test_a_directory_that_cannot_be_written),
        TEST(test_a_newer_file_is_kept),
        TEST(test_secrets),
        TEST(test_a_file_of_the_first_version),
        TEST(test_another_owner_of_the_file),
        TEST(test_room_is_left_on_the_disk),
        TEST(test_the_file_gets_smaller_again),
        TEST(test_random_work_agrees_with_a_model),
        TEST(test_on_other_threads),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
