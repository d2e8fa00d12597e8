/* What the bounds of memory and disk refuse or drop, in words that help, and what goes on under them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "spool_disk.h"
#include "store_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int setup(void **state)
{
    struct store_rig *rig = malloc(sizeof(*rig));

    spool_disk_install();
    store_rig_begin(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    store_rig_end(*state);
    free(*state);
    spool_disk_remove();
    return 0;
}

static struct outbox_info info_of(const struct store_rig *rig)
{
    return outbox_info(rig->outbox);
}

/* Values "0", "1", ... to V1, until one is refused; how many were taken. */
static unsigned fill_up(struct store_rig *rig, unsigned first, unsigned most)
{
    char value[16];

    for (unsigned i = 0; i < most; i++) {
        snprintf(value, sizeof(value), "%u", first + i);
        if (store_rig_put(rig, 1, value)) {
            return i;
        }
        if (i % 100 == 99) {
            sched_advance(rig->sched, rig->config.commit_interval_ms + 1);
        }
    }
    return most;
}

static void assert_refused(struct store_rig *rig, const char *why)
{
    assert_int_equal(store_rig_put(rig, 1, "refused"), -ENOSPC);
    assert_string_equal(outbox_full_why(rig->outbox), why);
    sched_advance(rig->sched, 61000);
    assert_non_null(strstr(rig->log, "writes were refused: "));
    assert_non_null(strstr(rig->log, why));
}

static void assert_all_come(struct store_rig *rig, unsigned first, unsigned count)
{
    unsigned heard = 0;

    store_rig_drain(rig);
    for (size_t i = 0; i < rig->got_count; i++) {
        assert_int_equal(strtoul(rig->got[i].text, NULL, 10), first + heard);
        heard++;
    }
    assert_int_equal(heard, count);
}

static void test_max_rows(void **state)
{
    struct store_rig *rig = *state;

    rig->config.max_rows = 1000;
    store_rig_start(rig);
    assert_int_equal(fill_up(rig, 0, 2000), 1000);
    assert_refused(rig, "the spool has as many rows as max_rows allows");
    assert_all_come(rig, 0, 1000);
    assert_int_equal(store_rig_put(rig, 1, "again"), 0);
    store_rig_stop(rig);
}

static void test_max_size(void **state)
{
    struct store_rig *rig = *state;

    rig->config.max_spool_bytes = 2000;
    store_rig_start(rig);
    unsigned taken = fill_up(rig, 1000, 2000);
    assert_in_range(taken, 500, 600);
    assert_refused(rig, "the spool is as large as max_size allows");
    assert_all_come(rig, 1000, taken);
    assert_int_equal(info_of(rig).row_bytes, 0);
    store_rig_stop(rig);
}

/* The disk takes nothing: memory is the bound, and says so; what it took is sent. */
static void test_no_room_is_left_on_the_disk(void **state)
{
    struct store_rig *rig = *state;

    rig->config.min_free_bytes = UINT64_MAX / 2;
    rig->config.max_entries = 300;
    store_rig_start(rig);
    assert_int_equal(fill_up(rig, 0, 2000), 300);
    assert_non_null(strstr(store_trouble(rig->store), "the disk is full; make room on it"));
    assert_refused(rig, "memory is full and the disk cannot be written");
    assert_all_come(rig, 0, 300);
    store_rig_stop(rig);
}

/* Long values fill memory before many are in it: the disk holds the rest all the same. */
static void test_memory_is_not_the_bound_of_the_disk(void **state)
{
    struct store_rig *rig = *state;
    char value[1001];

    memset(value, 'v', sizeof(value) - 1);
    value[1000] = '\0';
    rig->config.max_bytes = 64 * 1024;
    store_rig_start(rig);
    for (unsigned i = 0; i < 500; i++) {
        assert_int_equal(store_rig_put(rig, 1, value), 0);
        if (i % 10 == 9) {
            sched_advance(rig->sched, 2100);
        }
        assert_true(info_of(rig).bytes <= rig->config.max_bytes);
    }
    store_rig_drain(rig);
    assert_int_equal(rig->got_count, 500);
    store_rig_stop(rig);
}

/* Memory is full of what came last, the disk is full, and the oldest is on it: it still goes out, in order. */
static void test_a_full_disk_and_a_full_memory_drain(void **state)
{
    struct store_rig *rig = *state;

    rig->config.max_entries = 200;
    store_rig_start(rig);
    assert_int_equal(fill_up(rig, 0, 2000), 2000);
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    unsigned more = fill_up(rig, 2000, 1000);
    assert_true(more > 50 && more <= 200);
    assert_int_equal(store_rig_put(rig, 1, "refused"), -ENOSPC);
    assert_string_equal(outbox_full_why(rig->outbox), "memory is full and the disk cannot be written");
    assert_all_come(rig, 0, 2000 + more);
    assert_true(spool_disk_struck());
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    sched_advance(rig->sched, 20000);
    assert_string_equal(store_trouble(rig->store), "");
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

/* A full disk still forgets: what is through does not come again after a power failure. */
static void test_a_full_disk_takes_deletes(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    fill_up(rig, 0, 200);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 200);
    rig->config.min_free_bytes = UINT64_MAX / 2;
    store_rig_start(rig);
    fill_up(rig, 200, 50);
    sched_advance(rig->sched, 3000);
    assert_int_equal(rig->troubles, 1);
    while (rig->got_count < 200) {
        store_rig_send(rig, 50);
        store_rig_confirm(rig);
        sched_settle(rig->sched);
    }
    sched_advance(rig->sched, 30000);
    assert_int_equal(store_rig_rows(rig), 0);
    assert_int_equal(rig->troubles, 1); /* it is as full as it was */
    assert_true(store_trouble(rig->store)[0]);
    store_rig_stop(rig);
}

static void test_policy_oldest(void **state)
{
    struct store_rig *rig = *state;

    rig->config.max_rows = 1000;
    rig->config.policy = OUTBOX_DROP_OLDEST;
    store_rig_start(rig);
    assert_int_equal(fill_up(rig, 0, 1500), 1500);
    assert_int_equal(info_of(rig).dropped, 500);
    sched_advance(rig->sched, 61000);
    assert_non_null(strstr(rig->log, "warning outbox: "));
    assert_non_null(strstr(rig->log, "of the oldest waiting writes were dropped to make room"));
    assert_all_come(rig, 500, 1000);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

/* The oldest are on a disk that can only be read: of what memory has, the oldest go. */
static void test_policy_oldest_without_a_disk(void **state)
{
    struct store_rig *rig = *state;

    rig->config.max_entries = 200;
    rig->config.policy = OUTBOX_DROP_OLDEST;
    store_rig_start(rig);
    assert_int_equal(fill_up(rig, 0, 1000), 1000);
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    assert_int_equal(fill_up(rig, 1000, 1000), 1000);
    assert_true(info_of(rig).dropped > 700);
    assert_int_equal(info_of(rig).refused, 0);
    uint64_t left = info_of(rig).waiting;
    store_rig_drain(rig);
    assert_int_equal(rig->got_count, left);
    assert_string_equal(rig->got[left - 1].text, "1999");
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    store_rig_stop(rig);
}

static void test_too_old(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_put(rig, 1, "old");
    store_rig_put(rig, 1, "old, too");
    sched_advance(rig->sched, UINT64_C(29) * 86400 * 1000);
    store_rig_put(rig, 1, "young");
    sched_advance(rig->sched, UINT64_C(2) * 86400 * 1000);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "[1 young]");
    assert_int_equal(info_of(rig).expired, 2);
    assert_non_null(strstr(rig->log, "warning outbox: 2 waiting writes were thrown away: they are older"));
    assert_int_equal(info_of(rig).confirmed_sequence, info_of(rig).last_sequence);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

/* Losses by the thousand make a few lines. */
static void test_losses_do_not_fill_the_log(void **state)
{
    struct store_rig *rig = *state;
    unsigned lines = 0;

    rig->config.max_rows = 1000;
    store_rig_start(rig);
    fill_up(rig, 0, 1000);
    for (unsigned i = 0; i < 300; i++) { /* five minutes */
        for (unsigned k = 0; k < 10; k++) {
            assert_int_equal(store_rig_put(rig, 1, "x"), -ENOSPC);
        }
        sched_advance(rig->sched, 1000);
    }
    for (const char *at = rig->log; (at = strstr(at, "writes were refused")); at++) {
        lines++;
    }
    assert_in_range(lines, 4, 6);
    store_rig_stop(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_max_rows),
        TEST(test_max_size),
        TEST(test_no_room_is_left_on_the_disk),
        TEST(test_memory_is_not_the_bound_of_the_disk),
        TEST(test_a_full_disk_and_a_full_memory_drain),
        TEST(test_a_full_disk_takes_deletes),
        TEST(test_policy_oldest),
        TEST(test_policy_oldest_without_a_disk),
        TEST(test_too_old),
        TEST(test_losses_do_not_fill_the_log),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
