/*
 * The spool on bad disks: damaged files give back what is whole and count what is lost; whatever fails at whatever
 * moment, what was reported as stored is there, and what was not is not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool_disk.h"
#include "spool_rig.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MAX_BYTES (1024 * 1024)
#define ROWS           200
#define FLIPS          300
#define VALUE_MAX      400

struct bench {
    struct spool_rig rig;
    struct rig_content model; /* what is certainly stored */
    struct rig_content next;  /* what is, if the batch under way is */
    uint8_t sound[FILE_MAX_BYTES];
    size_t sound_len;
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    spool_rig_begin(&bench->rig);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    spool_rig_end(&bench->rig);
    free(bench);
    return 0;
}

static void value_of(unsigned sequence, char value[VALUE_MAX])
{
    int len = snprintf(value, VALUE_MAX, "value %u ", sequence);

    memset(value + len, 'a' + (int)(sequence % 26), sequence % 100);
    value[(size_t)len + sequence % 100] = '\0';
}

static void put_both(struct rig_content *model, struct spool_batch *batch, unsigned sequence,
                     enum spool_lane lane)
{
    char value[VALUE_MAX];

    value_of(sequence, value);
    struct spool_row row = spool_rig_row(sequence, lane, (pin_id)(sequence % 7), value);
    assert_int_equal(spool_batch_put(batch, &row), 0);
    rig_content_put(model, &row);
}

/* A file with rows in three lanes and some that were deleted, closed in order; its bytes in bench->sound. */
static void make_sound(struct bench *bench)
{
    struct spool_rig *rig = &bench->rig;
    static const enum spool_lane lanes[] = {SPOOL_LANE_EVENT, SPOOL_LANE_LATEST, SPOOL_LANE_BACKLOG,
                                            SPOOL_LANE_BACKLOG};

    spool_rig_open(rig);
    for (unsigned i = 1; i <= ROWS + 20; i += 20) {
        struct spool_batch *batch = spool_batch_create();
        for (unsigned k = i; k < i + 20; k++) {
            put_both(&bench->model, batch, k, lanes[k % 4]);
        }
        assert_int_equal(spool_batch_pin(batch, (pin_id)i, &i, sizeof(i), i, false), 0);
        assert_int_equal(spool_batch_meter(batch, "sent", i), 0);
        assert_int_equal(spool_rig_store(rig, batch), 0);
    }
    struct spool_batch *batch = spool_batch_create();
    for (unsigned i = 50; i < 70; i++) {
        assert_int_equal(spool_batch_delete(batch, i), 0);
        bench->model.rows[i].there = false;
    }
    assert_int_equal(spool_rig_store(rig, batch), 0);
    spool_rig_close(rig);

    int fd = open(rig->config.path, O_RDONLY);
    ssize_t len = read(fd, bench->sound, sizeof(bench->sound));
    close(fd);
    assert_true(len > 4096 && len < FILE_MAX_BYTES);
    bench->sound_len = (size_t)len;
}

static void write_file(struct bench *bench, size_t len)
{
    spool_rig_empty(&bench->rig);
    int fd = open(bench->rig.config.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bench->sound, len), (ssize_t)len);
    close(fd);
}

/* Nothing given is anything but what was stored. The number of rows that are missing. */
static unsigned compare(const struct rig_content *model, const struct rig_content *given)
{
    unsigned missing = 0;

    for (unsigned i = 1; i < RIG_SEQUENCES; i++) {
        const struct rig_row *want = &model->rows[i], *got = &given->rows[i];
        assert_true(want->there || !got->there);
        missing += want->there && !got->there ? 1 : 0;
        if (got->there) {
            assert_int_equal(got->row.lane, want->row.lane);
            assert_int_equal(got->row.pin, want->row.pin);
            assert_int_equal(got->row.made_ms, want->row.made_ms);
            assert_int_equal(got->row.len, want->row.len);
            assert_memory_equal(got->bytes, want->bytes, want->row.len);
        }
    }
    return missing;
}

static void check_pins(const struct rig_content *given)
{
    for (unsigned i = 0; i < PIN_COUNT; i++) {
        const struct rig_pin *pin = &given->pins[i];
        if (pin->there) {
            assert_int_equal(pin->len, sizeof(i));
            assert_memory_equal(pin->bytes, &i, sizeof(i));
            assert_int_equal(pin->wall_ms, i);
        }
    }
}

/* Opens what is there: the rows that are missing, all of them accounted for. */
static unsigned check_damaged(struct bench *bench)
{
    struct spool_rig *rig = &bench->rig;
    unsigned missing = 0;

    spool_rig_open(rig);
    if (rig->open_error == 0) {
        spool_rig_load_all(rig);
        missing = compare(&bench->model, rig->given);
        check_pins(rig->given);
        assert_true(missing == 0 || rig->state.lost > 0);
        assert_true(!rig->state.lost == !rig->state.set_aside[0]);
        assert_true(!rig->state.lost || access(rig->state.set_aside, R_OK) == 0);
        assert_true(!rig->state.lost || strstr(rig->why, "damaged"));
        assert_int_equal(rig->state.rows, ROWS - missing);
    } else {
        assert_true(rig->why[0]);
        assert_int_equal(access(rig->config.path, R_OK), 0); /* refused, and kept */
    }
    spool_rig_close(rig);
    return missing;
}

static void test_not_a_database(void **state)
{
    struct bench *bench = *state;

    memset(bench->sound, 'x', 8192);
    write_file(bench, 8192);
    spool_rig_open(&bench->rig);
    assert_int_equal(bench->rig.open_error, 0);
    assert_int_equal(bench->rig.state.lost, 1);
    assert_int_equal(bench->rig.state.salvaged, 0);
    assert_int_equal(access(bench->rig.state.set_aside, R_OK), 0);
    spool_rig_close(&bench->rig);
    spool_rig_open(&bench->rig);
    assert_int_equal(bench->rig.state.lost, 0);
    spool_rig_close(&bench->rig);
}

static unsigned count_files(const struct bench *bench, const char *part)
{
    DIR *dir = opendir(bench->rig.dir);
    unsigned count = 0;
    const struct dirent *entry;

    while ((entry = readdir(dir))) {
        count += strstr(entry->d_name, part) ? 1 : 0;
    }
    closedir(dir);
    return count;
}

static void test_three_damaged_files_are_kept(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 5; i++) {
        int fd = open(bench->rig.config.path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        assert_int_equal(write(fd, "rubbish", 7), 7);
        close(fd);
        spool_rig_open(&bench->rig);
        assert_int_equal(bench->rig.open_error, 0);
        assert_int_equal(access(bench->rig.state.set_aside, R_OK), 0);
        spool_rig_close(&bench->rig);
    }
    assert_int_equal(count_files(bench, ".damaged-"), 3);
}

static void test_truncated_anywhere(void **state)
{
    struct bench *bench = *state;

    make_sound(bench);
    for (size_t len = 0; len < bench->sound_len; len += 512) {
        write_file(bench, len);
        check_damaged(bench);
        assert_true(bench->rig.open_error == 0 && bench->rig.state.lost > 0);
    }
    write_file(bench, bench->sound_len);
    assert_int_equal(check_damaged(bench), 0);
    assert_int_equal(bench->rig.state.lost, 0);
}

static void test_bits_that_flip(void **state)
{
    struct bench *bench = *state;
    unsigned found = 0, carried = 0, missing = 0;

    make_sound(bench);
    for (unsigned i = 0; i < FLIPS; i++) {
        uint32_t bit = sched_random(bench->rig.sched) % (uint32_t)(bench->sound_len * 8);
        bench->sound[bit / 8] ^= (uint8_t)(1 << (bit % 8));
        write_file(bench, bench->sound_len);
        missing += check_damaged(bench);
        found += bench->rig.state.lost ? 1 : 0;
        carried += bench->rig.state.lost && bench->rig.state.salvaged >= ROWS - 10 ? 1 : 0;
        bench->sound[bit / 8] ^= (uint8_t)(1 << (bit % 8));
    }
    print_message("%u of %u flips were found, %u of them cost less than ten rows; %u rows were lost in all\n",
                  found, FLIPS, carried, missing);
    assert_true(found > FLIPS / 4 && carried > found / 2);
}

/* A bad row in the midst of work: the batch or the load is answered, then the file is mended and told anew. */
static void test_damage_that_is_met_later(void **state)
{
    struct bench *bench = *state;
    struct spool_rig *rig = &bench->rig;
    char value[VALUE_MAX];

    spool_rig_open(rig);
    for (unsigned i = 0; i < 30; i++) {
        struct spool_batch *batch = spool_batch_create();
        for (unsigned k = 1; k <= 1000; k++) {
            struct spool_row row = spool_rig_row(i * 1000 + k, SPOOL_LANE_BACKLOG, 1,
                                                 "a value of forty bytes "
                                                 "or so, to fill pages");
            assert_int_equal(spool_batch_put(batch, &row), 0);
        }
        assert_int_equal(spool_rig_store(rig, batch), 0);
    }
    spool_rig_close(rig);
    int fd = open(rig->config.path, O_RDWR);
    off_t middle = lseek(fd, 0, SEEK_END) / 2;
    ssize_t got = pread(fd, value, sizeof(value), middle);
    assert_int_equal(got, sizeof(value));
    char *at = memmem(value, sizeof(value), "forty", 5);
    assert_non_null(at);
    assert_int_equal(pwrite(fd, "fifty", 5, middle + (at - value)), 5);
    close(fd);

    rig->keep = false;
    spool_rig_open(rig); /* a large file that was closed in order is believed */
    assert_int_equal(rig->state.lost, 0);
    assert_int_equal(rig->state.rows, 30000);
    spool_rig_load_all(rig);
    assert_int_equal(rig->opens, 3);
    assert_int_equal(rig->state.lost, 1);
    assert_int_equal(rig->state.salvaged, 29999);
    assert_int_equal(rig->state.rows, 29999);
    assert_int_equal(rig->rows, 29999);
    spool_rig_close(rig);
}

/* ---- faults of the disk ---- */

static void delete_both(struct rig_content *model, struct spool_batch *batch, unsigned sequence)
{
    assert_int_equal(spool_batch_delete(batch, sequence), 0);
    model->rows[sequence].there = false;
}

/* The rounds' batch: new rows, some replaced, some gone. */
static struct spool_batch *next_batch(struct bench *bench, unsigned round)
{
    struct spool_batch *batch = spool_batch_create();

    memcpy(&bench->next, &bench->model, sizeof(bench->next));
    for (unsigned i = 0; i < 15; i++) {
        put_both(&bench->next, batch, 1 + round * 12 + i, i % 3 ? SPOOL_LANE_BACKLOG : SPOOL_LANE_EVENT);
    }
    for (unsigned i = 0; i < 4 && round > 0; i++) {
        delete_both(&bench->next, batch, (round - 1) * 12 + 1 + i * 2);
    }
    return batch;
}

static bool is_same(const struct rig_content *a, const struct rig_content *b)
{
    for (unsigned i = 1; i < RIG_SEQUENCES; i++) {
        const struct rig_row *left = &a->rows[i], *right = &b->rows[i];
        if (left->there != right->there ||
            (left->there && (left->row.lane != right->row.lane || left->row.len != right->row.len ||
                             memcmp(left->bytes, right->bytes, left->row.len) != 0))) {
            return false;
        }
    }
    return true;
}

#define FAULT_ROUNDS 8

/* Open, eight batches, close, on a disk that fails at the Nth change. False: it did not come to that. */
static bool run_with_fault(struct bench *bench, enum spool_disk_fault fault, unsigned nth)
{
    struct spool_rig *rig = &bench->rig;

    spool_rig_empty(rig);
    memset(&bench->model, 0, sizeof(bench->model));
    memset(&bench->next, 0, sizeof(bench->next));
    spool_disk_set(fault, nth);
    spool_rig_open(rig);
    for (unsigned round = 0; round < FAULT_ROUNDS; round++) {
        bool struck = spool_disk_struck();
        if (struck && fault == SPOOL_DISK_KILLED) {
            break; /* nobody is there any more to store or to be told */
        }
        struct spool_batch *batch = next_batch(bench, round);
        int error = spool_rig_store(rig, batch);
        if (error == 0) {
            memcpy(&bench->model, &bench->next, sizeof(bench->model));
        } else {
            assert_true(error == -ENOTCONN || error == -EIO || error == -ENOSPC);
            sched_advance(rig->sched, 10000);
        }
    }
    bool struck = spool_disk_struck();
    spool_rig_close(rig);
    struck = struck || spool_disk_struck();
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    return struck;
}

static void check_after_fault(struct bench *bench, enum spool_disk_fault fault, unsigned nth)
{
    struct spool_rig *rig = &bench->rig;

    spool_rig_open(rig);
    assert_int_equal(rig->open_error, 0);
    assert_int_equal(rig->state.lost, 0);
    spool_rig_load_all(rig);
    bool stored = is_same(&bench->model, rig->given);
    /* Who was killed in the middle of a batch was told nothing about it: all of it, or nothing. */
    bool next = fault == SPOOL_DISK_KILLED && is_same(&bench->next, rig->given);
    if (!stored && !next) {
        print_message("fault %d at change %u\n", (int)fault, nth);
    }
    assert_true(stored || next);
    spool_rig_close(rig);
}

static void fail_everywhere(struct bench *bench, enum spool_disk_fault fault)
{
    unsigned nth = 0;

    spool_disk_install();
    do {
        nth++;
        bool struck = run_with_fault(bench, fault, nth);
        check_after_fault(bench, fault, nth);
        if (!struck) {
            break;
        }
    } while (true);
    spool_disk_remove();
    print_message("failed at each of %u changes\n", nth - 1);
    assert_true(nth > 50);
}

static void test_full_at_any_write(void **state)
{
    fail_everywhere(*state, SPOOL_DISK_FULL);
}

static void test_broken_at_any_write(void **state)
{
    fail_everywhere(*state, SPOOL_DISK_BROKEN);
}

static void test_killed_at_any_write(void **state)
{
    fail_everywhere(*state, SPOOL_DISK_KILLED);
}

static void test_full_from_any_write_on(void **state)
{
    fail_everywhere(*state, SPOOL_DISK_FILLED);
}

/* A full disk is no reason to lose what is there, and goes on when there is room. */
static void test_a_salvage_without_room(void **state)
{
    struct bench *bench = *state;
    struct spool_rig *rig = &bench->rig;

    make_sound(bench);
    bench->sound[bench->sound_len / 2] ^= 1;
    bench->sound[100] ^= 0x10; /* the kind of the schema's page */
    write_file(bench, bench->sound_len);
    spool_disk_install();
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    spool_rig_open(rig);
    assert_int_equal(rig->open_error, -ENOSPC);
    assert_int_equal(access(rig->config.path, R_OK), 0);
    assert_int_equal(count_files(bench, ".new"), 0);
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    sched_advance(rig->sched, 10000);
    assert_int_equal(rig->open_error, 0);
    assert_true(rig->state.lost > 0);
    spool_rig_close(rig);
    spool_disk_remove();
}

/* Killed between the two names: the new file is whole, the old one has its name of a damaged file already. */
static void test_a_salvage_that_was_cut_off(void **state)
{
    struct bench *bench = *state;
    char name[400];

    make_sound(bench);
    snprintf(name, sizeof(name), "%s.new", bench->rig.config.path);
    assert_int_equal(rename(bench->rig.config.path, name), 0);
    snprintf(name, sizeof(name), "%s-wal", bench->rig.config.path);
    int fd = open(name, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, "of the old one", 14), 14);
    close(fd);
    assert_int_equal(check_damaged(bench), 0);
    assert_int_equal(bench->rig.state.rows, ROWS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_not_a_database),
        TEST(test_three_damaged_files_are_kept),
        TEST(test_truncated_anywhere),
        TEST(test_bits_that_flip),
        TEST(test_damage_that_is_met_later),
        TEST(test_full_at_any_write),
        TEST(test_broken_at_any_write),
        TEST(test_killed_at_any_write),
        TEST(test_full_from_any_write_on),
        TEST(test_a_salvage_without_room),
        TEST(test_a_salvage_that_was_cut_off),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
