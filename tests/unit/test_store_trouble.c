/* A file that opens late, a disk that fails for a while, a file found damaged at work. */
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
#include <sys/stat.h>
#include <unistd.h>

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

static void put_pair(struct store_rig *rig, const char *value)
{
    struct outbox_write writes[2] = {{.pin = 1, .value = value, .len = strlen(value)},
                                     {.pin = 2, .value = value, .len = strlen(value)}};

    assert_int_equal(outbox_write_group(rig->outbox, writes, 2, 0, NULL), 0);
}

/* ---- the file opens late ---- */

/* Something that is no file stands in the way of the file. */
static void block(const struct store_rig *rig, bool on)
{
    char path[128], aside[140];

    store_rig_path(rig, path);
    snprintf(aside, sizeof(aside), "%s.aside", path);
    if (on) {
        rename(path, aside);
        assert_int_equal(mkdir(path, 0700), 0);
        return;
    }
    assert_int_equal(rmdir(path), 0);
    rename(aside, path);
}

static void leave_old_rows(struct store_rig *rig)
{
    rig->config.stamp_after_ms = 0;
    store_rig_start(rig);
    pins_set_delivery(rig->pins, 7, PIN_DELIVER_LATEST);
    pins_set_delivery(rig->pins, 8, PIN_DELIVER_LATEST);
    store_rig_put(rig, 1, "old 1");
    put_pair(rig, "old pair");
    store_rig_put(rig, 7, "old 7");
    store_rig_put(rig, 8, "old 8");
    store_rig_event(rig, "old event");
    store_rig_stop(rig);
}

static void start_without_file(struct store_rig *rig)
{
    block(rig, true);
    store_rig_start(rig);
    pins_set_delivery(rig->pins, 7, PIN_DELIVER_LATEST);
    pins_set_delivery(rig->pins, 8, PIN_DELIVER_LATEST);
    assert_true(rig->troubles == 1 && rig->trouble[0]);
    assert_string_equal(store_trouble(rig->store), rig->trouble);
}

static void file_is_there(struct store_rig *rig)
{
    block(rig, false);
    sched_advance(rig->sched, 11000);
    assert_string_equal(store_trouble(rig->store), "");
}

static void test_old_rows_go_before_what_memory_took_meanwhile(void **state)
{
    struct store_rig *rig = *state;

    leave_old_rows(rig);
    start_without_file(rig);
    put_pair(rig, "new pair");
    store_rig_put(rig, 1, "new 1");
    store_rig_put(rig, 7, "new 7");
    store_rig_event(rig, "new event");
    file_is_there(rig);
    assert_int_equal(info_of(rig).waiting, 6 + 5 - 1); /* "old 7" is not worth sending any more */
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig),
                        "old event|new event|8 old 8|7 new 7|1 old 1|[1 old pair|2 old pair]|"
                        "[1 new pair|2 new pair]|1 new 1");
    assert_int_equal(info_of(rig).waiting, 0);
    assert_int_equal(info_of(rig).damaged, 0);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

/* The numbers that were given out meanwhile are those of rows in the file: who holds one still means the same. */
static void test_numbers_given_out_meanwhile_stay_good(void **state)
{
    struct store_rig *rig = *state;

    leave_old_rows(rig);
    start_without_file(rig);
    store_rig_put(rig, 3, "new");
    uint64_t number = info_of(rig).last_sequence;
    outbox_want_confirmed(rig->outbox, number);
    assert_int_equal(outbox_outstanding(rig->outbox, number), 1);
    file_is_there(rig);
    assert_true(info_of(rig).last_sequence > number + 5);
    assert_true(outbox_outstanding(rig->outbox, number) >= 1);
    store_rig_send(rig, 3); /* old ones */
    store_rig_confirm(rig);
    assert_true(outbox_outstanding(rig->outbox, number) >= 1);
    store_rig_drain(rig);
    assert_int_equal(outbox_outstanding(rig->outbox, number), 0);
    store_rig_stop(rig);
}

/* Late a second time: the file holds what was written after the first time. */
static void test_late_again_and_again(void **state)
{
    struct store_rig *rig = *state;
    char value[16], expected[400] = "";

    rig->config.stamp_after_ms = 0;
    for (unsigned round = 0; round < 5; round++) {
        start_without_file(rig);
        for (unsigned i = 0; i < 3; i++) {
            snprintf(value, sizeof(value), "%u.%u", round, i);
            store_rig_put(rig, 1, value);
            snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), "%s1 %s",
                     expected[0] ? "|" : "", value);
        }
        file_is_there(rig);
        store_rig_kill(rig);
    }
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), expected);
    store_rig_stop(rig);
}

/* What was sent before the old rows were known stays sent, or goes again behind them. */
static void test_a_session_while_the_file_opens(void **state)
{
    struct store_rig *rig = *state;

    leave_old_rows(rig);
    start_without_file(rig);
    store_rig_put(rig, 1, "sent");
    store_rig_put(rig, 2, "confirmed");
    assert_int_equal(store_rig_send(rig, 10), 2);
    store_rig_confirm(rig);
    store_rig_put(rig, 1, "fresh");
    assert_int_equal(store_rig_send(rig, 1), 1);
    store_rig_put(rig, 1, "waits");
    put_pair(rig, "wait");
    store_rig_text(rig);
    file_is_there(rig);
    store_rig_send(rig, 8);
    assert_string_equal(store_rig_text(rig), "old event|7 old 7|8 old 8|1 old 1|[1 old pair|2 old pair]");
    outbox_rewind(rig->outbox);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "old event|7 old 7|8 old 8|1 old 1|[1 old pair|2 old pair]|"
                                             "1 fresh|1 waits|[1 wait|2 wait]");
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

static void test_a_stop_before_the_file_opens(void **state)
{
    struct store_rig *rig = *state;

    leave_old_rows(rig);
    start_without_file(rig);
    store_rig_put(rig, 1, "lost");
    store_rig_stop(rig);
    assert_non_null(strstr(rig->log, "error spool: 1 writes that wait in memory are lost with this stop"));
    block(rig, false);
    assert_int_equal(store_rig_rows(rig), 6);
}

/* ---- a disk that fails while running ---- */

static void test_a_disk_that_fails_and_returns(void **state)
{
    struct store_rig *rig = *state;

    rig->config.stamp_after_ms = 0;
    store_rig_start(rig);
    store_rig_put(rig, 1, "a");
    sched_advance(rig->sched, 3000);
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    store_rig_put(rig, 1, "b");
    sched_advance(rig->sched, 3000);
    assert_true(rig->failed > 0);
    assert_int_equal(rig->troubles, 1);
    assert_non_null(strstr(rig->trouble, "the disk is full"));
    assert_non_null(strstr(rig->log, "what waits is kept in memory only"));
    sched_advance(rig->sched, 600000);
    assert_int_equal(rig->troubles, 1); /* said once */
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    sched_advance(rig->sched, 11000);
    assert_string_equal(rig->trouble, "");
    assert_int_equal(store_rig_rows(rig), 2);
    store_rig_kill(rig);
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "1 a|1 b");
    store_rig_stop(rig);
}

static void test_a_stop_while_the_disk_fails(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    store_rig_put(rig, 1, "a");
    store_rig_stop(rig);
    assert_non_null(strstr(rig->log, "writes that wait in memory are lost with this stop"));
    spool_disk_set(SPOOL_DISK_SOUND, 0);
}

static void overwrite(const struct store_rig *rig, const char *ending, long from)
{
    char path[160], bytes[4096];

    store_rig_path(rig, path);
    strcat(path, ending);
    memset(bytes, 0xa5, sizeof(bytes));
    FILE *file = fopen(path, "r+b");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    long size = ftell(file);
    for (long at = from; at < size; at += (long)sizeof(bytes)) {
        fseek(file, at, SEEK_SET);
        fwrite(bytes, 1, sizeof(bytes), file);
    }
    fclose(file);
}

/* Memory still has its part, writes it again, and counts what is gone. */
static void test_a_file_found_damaged_at_work(void **state)
{
    struct store_rig *rig = *state;
    char value[1000];

    rig->config.max_entries = 200;
    rig->config.stamp_after_ms = 0;
    store_rig_start(rig);
    for (unsigned i = 0; i < 3000; i++) {
        snprintf(value, sizeof(value), "%u %0980u", i, i);
        assert_int_equal(store_rig_put(rig, 1, value), 0);
        if (i % 50 == 49) {
            sched_advance(rig->sched, 2100);
        }
    }
    sched_advance(rig->sched, 10000);
    uint64_t on_disk_only = info_of(rig).on_disk_only;
    size_t in_memory = info_of(rig).entries;
    assert_true(on_disk_only > 2000 && in_memory > 20);
    overwrite(rig, "-wal", 0);
    overwrite(rig, "", 4096);
    store_rig_drain(rig);
    assert_non_null(strstr(rig->log, "damaged"));
    assert_non_null(strstr(rig->log, "waiting writes cannot be read back from the disk: they are lost"));
    assert_true(info_of(rig).damaged > 0);
    assert_int_equal(info_of(rig).damaged + rig->got_count, 3000);
    assert_true(rig->got_count >= in_memory);
    for (size_t i = 1; i < rig->got_count; i++) {
        assert_true(atoi(rig->got[i].text) > atoi(rig->got[i - 1].text));
    }
    assert_int_equal(info_of(rig).waiting, 0);
    store_rig_put(rig, 1, "after it");
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 1);
}

/* The rows of what memory holds went with the file: they are written again, and a kill does not lose them. */
static void test_memory_is_written_again(void **state)
{
    struct store_rig *rig = *state;

    rig->config.stamp_after_ms = 0;
    store_rig_start(rig);
    for (unsigned i = 0; i < 100; i++) {
        store_rig_put(rig, i % 2, "kept");
    }
    sched_advance(rig->sched, 3000);
    assert_int_equal(store_rig_rows(rig), 100);
    overwrite(rig, "-wal", 0);
    overwrite(rig, "", 0);
    spool_disk_set(SPOOL_DISK_BROKEN, 1); /* makes it read the file again */
    store_rig_put(rig, 1, "notices it");
    sched_advance(rig->sched, 30000);
    assert_true(spool_disk_struck());
    assert_non_null(strstr(rig->log, "damaged"));
    store_rig_kill(rig);
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_int_equal(rig->got_count, 101);
    store_rig_stop(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_old_rows_go_before_what_memory_took_meanwhile),
        TEST(test_numbers_given_out_meanwhile_stay_good),
        TEST(test_late_again_and_again),
        TEST(test_a_session_while_the_file_opens),
        TEST(test_a_stop_before_the_file_opens),
        TEST(test_a_disk_that_fails_and_returns),
        TEST(test_a_stop_while_the_disk_fails),
        TEST(test_a_file_found_damaged_at_work),
        TEST(test_memory_is_written_again),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
