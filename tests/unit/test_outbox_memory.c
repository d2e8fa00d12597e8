/* How much of what waits stays in memory: the backlog behind its head goes to the disk, however fast it comes, however
 * large the values are, and when the link is lost with memory full. The disk here takes every batch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"
#include "blynkd/bridge/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX 1000

struct bench {
    struct sched *sched;
    struct pins *pins;
    struct outbox *outbox;
    struct outbox_config config;
    struct blynk_source source;
    struct blynk_session *session; /* gives message ids */
    struct buf out;
    uint64_t mark;
};

static int setup(void **state)
{
    static const struct blynk_session_events no_events;
    static const struct blynk_session_config session_config = {.burst = 10};
    static const struct spool_state empty;
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->config = (struct outbox_config){.max_entries = 10000,
                                           .max_bytes = 1 << 20,
                                           .durability = OUTBOX_OFFLINE,
                                           .spill_after_ms = 10000,
                                           .commit_interval_ms = 2000,
                                           .max_rows = 1000000,
                                           .max_spool_bytes = 256 << 20};
    bench->sched = sched_create_virtual(1);
    bench->pins = pins_create(PIN_DELIVER_ALL);
    bench->outbox = outbox_create(bench->sched, bench->pins, &bench->config);
    bench->source = outbox_source(bench->outbox);
    bench->session = blynk_session_create(bench->sched, &session_config, &bench->source, &no_events, NULL);
    buf_init(&bench->out, 1 << 20);
    outbox_spool_opened(bench->outbox, &empty);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    blynk_session_destroy(bench->session);
    outbox_destroy(bench->outbox);
    pins_destroy(bench->pins);
    sched_close(bench->sched);
    buf_free(&bench->out);
    free(bench);
    return 0;
}

static int put(struct bench *bench, size_t len)
{
    static const char value[VALUE_MAX];
    struct outbox_write write = {.pin = 5, .value = value, .len = len};

    return outbox_write(bench->outbox, &write, 0, NULL);
}

static size_t put_many(struct bench *bench, size_t count, size_t len)
{
    size_t accepted = 0;

    while (accepted < count && put(bench, len) == 0) {
        accepted++;
    }
    return accepted;
}

/* Stores a batch; how many orders were in it. */
static size_t store(struct bench *bench)
{
    struct spool_batch *batch = spool_batch_create();

    outbox_spool_collect(bench->outbox, batch, false);
    size_t count = spool_batch_size(batch);
    spool_batch_destroy(batch);
    outbox_spool_stored(bench->outbox, 0);
    return count;
}

static void store_what_is_due(struct bench *bench)
{
    while (outbox_spool_due_ms(bench->outbox) <= sched_now_ms(bench->sched) && store(bench)) {
    }
}

static void send_and_confirm(struct bench *bench)
{
    buf_clear(&bench->out);
    outbox_session_began(bench->outbox);
    bench->source.fill(bench->source.arg, bench->session, &bench->out, 60000, 256, false, &bench->mark);
    bench->source.confirmed(bench->source.arg, bench->mark);
}

static void test_full_batch_does_not_wait(void **state)
{
    struct bench *bench = *state;

    put_many(bench, SPOOL_BATCH_ROWS - 1, 1);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), sched_now_ms(bench->sched) + 2000);
    put_many(bench, 1, 1);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), 0);
    assert_int_equal(store(bench), SPOOL_BATCH_ROWS);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), UINT64_MAX);
}

static void test_full_batch_of_a_session_does_not_wait(void **state)
{
    struct bench *bench = *state;

    outbox_session_began(bench->outbox);
    put_many(bench, SPOOL_BATCH_ROWS - 1, 1);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), sched_now_ms(bench->sched) + 10000);
    put_many(bench, 1, 1);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), 0);
}

static void test_batch_that_failed_counts_again(void **state)
{
    struct bench *bench = *state;
    struct spool_batch *batch = spool_batch_create();

    put_many(bench, SPOOL_BATCH_ROWS, 1);
    outbox_spool_collect(bench->outbox, batch, false);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), UINT64_MAX);
    spool_batch_destroy(batch);
    outbox_spool_stored(bench->outbox, -EIO);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), 0);
}

static void test_many_small_values(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(put_many(bench, 1000, 4), 1000);
        store_what_is_due(bench);
    }
    struct outbox_info info = outbox_info(bench->outbox);
    assert_int_equal(info.waiting, 100000);
    assert_true(info.entries < 2000 + 2 * SPOOL_BATCH_ROWS);
}

static void test_large_values(void **state)
{
    struct bench *bench = *state;

    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(put_many(bench, 200, VALUE_MAX), 200);
        store_what_is_due(bench);
    }
    struct outbox_info info = outbox_info(bench->outbox);
    assert_int_equal(info.waiting, 20000);
    assert_true(info.bytes <= 1 << 20);
}

static void test_small_memory(void **state)
{
    struct bench *bench = *state;

    bench->config.max_entries = 100;
    outbox_configure(bench->outbox, &bench->config);
    for (unsigned i = 0; i < 100; i++) {
        assert_int_equal(put_many(bench, 25, 4), 25);
        store_what_is_due(bench);
    }
    assert_int_equal(outbox_info(bench->outbox).waiting, 2500);
}

/* Full with what is fresh when the link goes: that is backlog now, and leaves memory by way of the disk. */
static void test_link_lost_with_memory_full(void **state)
{
    struct bench *bench = *state;

    outbox_session_began(bench->outbox);
    assert_int_equal(put_many(bench, 20000, 4), 10000);
    outbox_rewind(bench->outbox);
    assert_int_equal(put(bench, 4), -ENOSPC);
    store_what_is_due(bench);
    assert_true(put_many(bench, 5000, 4) == 5000);
}

static void test_group_is_not_cut(void **state)
{
    struct bench *bench = *state;
    struct outbox_write writes[OUTBOX_GROUP_MAX];

    for (unsigned i = 0; i < OUTBOX_GROUP_MAX; i++) {
        writes[i] = (struct outbox_write){.pin = (pin_id)i, .value = "1", .len = 1};
    }
    put_many(bench, 1900, 1);
    assert_int_equal(outbox_write_group(bench->outbox, writes, OUTBOX_GROUP_MAX, 0, NULL), 0);
    put_many(bench, 1, 1);
    sched_advance(bench->sched, 2000);
    store_what_is_due(bench);
    struct outbox_info info = outbox_info(bench->outbox);
    assert_int_equal(info.entries, 1900 + OUTBOX_GROUP_MAX);
    assert_int_equal(info.on_disk_only, 1);
}

/* Rows that are confirmed are deleted even if something new happens all the time, and not all in one batch. */
static void test_deletes_are_due(void **state)
{
    struct bench *bench = *state;

    put_many(bench, 1500, 1);
    sched_advance(bench->sched, 2000);
    while (store(bench)) {
    }
    outbox_session_began(bench->outbox);
    send_and_confirm(bench);
    uint64_t due_ms = outbox_spool_due_ms(bench->outbox);
    assert_int_equal(due_ms, sched_now_ms(bench->sched) + 2000);
    sched_advance(bench->sched, 1000);
    send_and_confirm(bench);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), due_ms);
    while (outbox_info(bench->outbox).waiting) {
        send_and_confirm(bench);
    }
    assert_int_equal(outbox_spool_due_ms(bench->outbox), 0);
    assert_int_equal(store(bench), SPOOL_BATCH_ROWS);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), due_ms);
    assert_int_equal(store(bench), 1500 - SPOOL_BATCH_ROWS);
    assert_int_equal(outbox_spool_due_ms(bench->outbox), UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_full_batch_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_batch_of_a_session_does_not_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_batch_that_failed_counts_again, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_small_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link_lost_with_memory_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_group_is_not_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(test_deletes_are_due, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
