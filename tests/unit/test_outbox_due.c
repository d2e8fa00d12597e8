/* When the disk is to be written: no write waits longer than was promised, whatever else is written meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"
#include "blynkd/bridge/spool.h"

#include <stdlib.h>
#include <string.h>

#define COMMIT_MS 2000
#define SPILL_MS  10000

struct bench {
    struct sched *sched;
    struct pins *pins;
    struct outbox *outbox;
    struct blynk_source source;
    struct blynk_session *session;
    struct buf out;
    uint64_t mark;
    uint64_t start_ms;
};

static int setup(void **state)
{
    static const struct outbox_config config = {.max_entries = 1000,
                                                .max_bytes = 100000,
                                                .durability = OUTBOX_OFFLINE,
                                                .spill_after_ms = SPILL_MS,
                                                .commit_interval_ms = COMMIT_MS};
    static const struct blynk_session_events no_events;
    static const struct blynk_session_config session_config = {.burst = 10};
    static const struct spool_state empty;
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->sched = sched_create_virtual(1);
    bench->pins = pins_create(PIN_DELIVER_ALL);
    pins_set_delivery(bench->pins, 7, PIN_DELIVER_LATEST);
    bench->outbox = outbox_create(bench->sched, bench->pins, &config);
    outbox_spool_opened(bench->outbox, &empty);
    bench->source = outbox_source(bench->outbox);
    bench->session = blynk_session_create(bench->sched, &session_config, &bench->source, &no_events, NULL);
    buf_init(&bench->out, 10000);
    bench->start_ms = sched_now_ms(bench->sched);
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

static void put(struct bench *bench, const char *name)
{
    struct outbox_write write = {.value = "1", .len = 1};

    assert_int_equal(pin_parse(name, strlen(name), &write.pin), 0);
    assert_int_equal(outbox_write(bench->outbox, &write, 0, NULL), 0);
}

static void wait_until(struct bench *bench, uint64_t after_ms)
{
    sched_advance(bench->sched, bench->start_ms + after_ms - sched_now_ms(bench->sched));
}

static uint64_t due_after_ms(const struct bench *bench)
{
    return outbox_spool_due_ms(bench->outbox) - bench->start_ms;
}

/* How many operations the batch has that is made now; it is stored at once. */
static size_t store(struct bench *bench)
{
    struct spool_batch *batch = spool_batch_create();

    assert_true(outbox_spool_collect(bench->outbox, batch, false));
    size_t count = spool_batch_size(batch);
    spool_batch_destroy(batch);
    outbox_spool_stored(bench->outbox, 0);
    return count;
}

static void test_a_busy_latest_pin_keeps_nothing_from_the_disk(void **state)
{
    struct bench *bench = *state;

    put(bench, "V7");
    put(bench, "V1");
    for (uint64_t at_ms = 100; at_ms < COMMIT_MS; at_ms += 100) {
        wait_until(bench, at_ms);
        put(bench, "V7");
        assert_int_equal(due_after_ms(bench), COMMIT_MS);
    }
    wait_until(bench, COMMIT_MS);
    assert_int_equal(store(bench), 2);
}

static void test_a_value_newer_than_its_row_is_due_by_itself(void **state)
{
    struct bench *bench = *state;

    put(bench, "V7");
    wait_until(bench, COMMIT_MS);
    assert_int_equal(store(bench), 1);
    wait_until(bench, COMMIT_MS + 500);
    put(bench, "V7");
    assert_int_equal(due_after_ms(bench), 2 * COMMIT_MS + 500);
}

static void test_without_a_link_all_goes_with_the_batch(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1");
    wait_until(bench, COMMIT_MS - 1);
    put(bench, "V2");
    wait_until(bench, COMMIT_MS);
    assert_int_equal(store(bench), 2);
}

static void test_with_a_link_what_comes_due_before_the_next_batch_goes_along(void **state)
{
    struct bench *bench = *state;

    outbox_session_began(bench->outbox);
    put(bench, "V1");
    wait_until(bench, COMMIT_MS);
    put(bench, "V2");
    wait_until(bench, COMMIT_MS + 1);
    put(bench, "V3");
    assert_int_equal(due_after_ms(bench), SPILL_MS);
    wait_until(bench, SPILL_MS);
    assert_int_equal(store(bench), 2);
    assert_int_equal(due_after_ms(bench), SPILL_MS + COMMIT_MS + 1);
}

static void test_a_confirmed_row_goes_though_nothing_else_is_written(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1");
    wait_until(bench, COMMIT_MS);
    assert_int_equal(store(bench), 1);
    assert_true(outbox_spool_due_ms(bench->outbox) == UINT64_MAX);
    outbox_session_began(bench->outbox);
    outbox_session_began(bench->outbox);
    bench->source.fill(bench->outbox, bench->session, &bench->out, 1000, 10, false, &bench->mark);
    bench->source.confirmed(bench->outbox, bench->mark);
    assert_int_equal(due_after_ms(bench), 2 * COMMIT_MS);
    wait_until(bench, 2 * COMMIT_MS - 1);
    assert_int_equal(due_after_ms(bench), 2 * COMMIT_MS);
    wait_until(bench, 2 * COMMIT_MS);
    assert_int_equal(store(bench), 1);
    assert_true(outbox_spool_due_ms(bench->outbox) == UINT64_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_busy_latest_pin_keeps_nothing_from_the_disk),
        TEST(test_a_value_newer_than_its_row_is_due_by_itself),
        TEST(test_without_a_link_all_goes_with_the_batch),
        TEST(test_with_a_link_what_comes_due_before_the_next_batch_goes_along),
        TEST(test_a_confirmed_row_goes_though_nothing_else_is_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
