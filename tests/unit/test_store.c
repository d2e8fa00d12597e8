/* What is on the disk under each durability, what comes back after a restart, and what the bounds refuse. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"
#include "blynkd/bridge/spool.h"
#include "store_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int setup(void **state)
{
    struct store_rig *rig = malloc(sizeof(*rig));

    store_rig_begin(rig);
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    store_rig_end(*state);
    free(*state);
    return 0;
}

static struct outbox_info info_of(const struct store_rig *rig)
{
    return outbox_info(rig->outbox);
}

static void put_group(struct store_rig *rig, unsigned first_pin, size_t count, const char *value)
{
    struct outbox_write writes[16];

    for (size_t i = 0; i < count; i++) {
        writes[i] = (struct outbox_write){.value = value, .len = strlen(value)};
        assert_int_equal(pin_make('V', first_pin + (unsigned)i, &writes[i].pin), 0);
    }
    assert_int_equal(outbox_write_group(rig->outbox, writes, count, 0, NULL), 0);
}

/* ---- durability ---- */

static void test_memory_stores_no_writes(void **state)
{
    struct store_rig *rig = *state;

    rig->config.durability = OUTBOX_MEMORY;
    store_rig_start(rig);
    assert_int_equal(store_rig_put(rig, 1, "a"), 0);
    sched_advance(rig->sched, 100000);
    assert_int_equal(store_rig_rows(rig), 0);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
    assert_non_null(strstr(rig->log, "error spool: 1 writes that wait"));
}

static void test_memory_delivers_what_was_stored_before(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_put(rig, 1, "a");
    store_rig_stop(rig);
    assert_null(strstr(rig->log, "durability = memory"));
    rig->config.durability = OUTBOX_MEMORY;
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "1 a");
    sched_advance(rig->sched, 60000);
    assert_int_equal(store_rig_rows(rig), 0);
    store_rig_stop(rig);
    rig->config.durability = OUTBOX_OFFLINE;
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "");
    store_rig_stop(rig);
}

static void test_offline_writes_are_stored_soon(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_put(rig, 1, "a");
    assert_int_equal(store_rig_rows(rig), 0);
    sched_advance(rig->sched, 2100);
    assert_int_equal(store_rig_rows(rig), 1);
    assert_int_equal(outbox_stored_ticket(rig->outbox), info_of(rig).last_ticket);
    store_rig_stop(rig);
}

static void test_online_writes_are_stored_when_they_stay_unconfirmed(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_send(rig, 1);
    store_rig_put(rig, 1, "confirmed");
    store_rig_send(rig, 1);
    store_rig_confirm(rig);
    store_rig_put(rig, 2, "unconfirmed");
    store_rig_send(rig, 1);
    sched_advance(rig->sched, 9000);
    assert_int_equal(store_rig_rows(rig), 0);
    sched_advance(rig->sched, 1100);
    assert_int_equal(store_rig_rows(rig), 1);
    store_rig_confirm(rig);
    sched_advance(rig->sched, 2100);
    assert_int_equal(store_rig_rows(rig), 0); /* though nothing else is to be stored */
    assert_int_equal(info_of(rig).rows, 0);
    store_rig_stop(rig);
}

static void test_a_clean_stop_stores_all(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_send(rig, 1);
    store_rig_put(rig, 1, "sent");
    store_rig_send(rig, 1);
    for (int i = 0; i < 3000; i++) { /* more than one batch */
        store_rig_put(rig, 2, "waits");
    }
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 3001);
    assert_null(strstr(rig->log, "lost"));
}

static void test_a_pin_that_is_always_written_puts_nothing_off(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    pins_set_delivery(rig->pins, 1, PIN_DELIVER_LATEST);
    store_rig_put(rig, 1, "0");
    store_rig_put(rig, 2, "important");
    for (int i = 0; i < 4; i++) {
        sched_advance(rig->sched, 900);
        store_rig_put(rig, 1, "n");
    }
    assert_int_equal(store_rig_rows(rig), 2);
    store_rig_stop(rig);
}

static void test_always_is_stored_at_once(void **state)
{
    struct store_rig *rig = *state;

    rig->config.durability = OUTBOX_ALWAYS;
    store_rig_start(rig);
    store_rig_send(rig, 1);
    store_rig_put(rig, 1, "a");
    uint64_t ticket = info_of(rig).last_ticket;
    assert_true(outbox_stored_ticket(rig->outbox) < ticket);
    sched_settle(rig->sched);
    assert_true(outbox_stored_ticket(rig->outbox) >= ticket);
    assert_int_equal(rig->stored, 1);
    assert_int_equal(store_rig_rows(rig), 1);
    store_rig_stop(rig);
}

/* A server that is faster than the disk: who waits for the disk is told all the same. */
static void test_confirmed_before_it_was_stored(void **state)
{
    struct store_rig *rig = *state;

    rig->config.durability = OUTBOX_ALWAYS;
    store_rig_start(rig);
    store_rig_send(rig, 1);
    store_rig_event(rig, "fire"); /* no pin has changed: nothing else is to be stored */
    uint64_t ticket = info_of(rig).last_ticket;
    store_rig_send(rig, 1);
    store_rig_confirm(rig);
    sched_settle(rig->sched);
    assert_true(rig->stored > 0);
    assert_true(outbox_stored_ticket(rig->outbox) >= ticket);
    store_rig_stop(rig);
}

/* ---- restart ---- */

static void test_all_comes_back_in_order(void **state)
{
    struct store_rig *rig = *state;
    int64_t wall_ms = sched_wall_ms(rig->sched);

    store_rig_start(rig);
    pins_set_delivery(rig->pins, 7, PIN_DELIVER_LATEST);
    store_rig_put(rig, 1, "a");
    sched_advance(rig->sched, 5000);
    store_rig_put_at(rig, 1, "given", 1700000000123);
    put_group(rig, 2, 3, "g");
    put_group(rig, 2, 2, "h");
    store_rig_put(rig, 7, "latest");
    store_rig_event(rig, "fire");
    store_rig_put(rig, 1, "z");
    uint64_t last = info_of(rig).last_sequence;
    store_rig_stop(rig);
    sched_advance(rig->sched, 60000);
    store_rig_start(rig);
    pins_set_delivery(rig->pins, 7, PIN_DELIVER_LATEST);
    assert_true(info_of(rig).last_sequence >= last);
    assert_int_equal(info_of(rig).waiting, 10);
    store_rig_drain(rig);
    assert_int_equal(rig->got_count, 10);
    assert_true(rig->got[2].time_ms == wall_ms);
    assert_true(rig->got[3].time_ms == 1700000000123);
    assert_true(rig->got[9].time_ms == wall_ms + 5000);
    assert_string_equal(store_rig_text(rig), "fire|7 latest|[1 a]|[1 given]|[2 g|3 g|4 g]|[2 h|3 h]|[1 z]");
    assert_int_equal(info_of(rig).confirmed, 10);
    store_rig_stop(rig);
    assert_int_equal(store_rig_rows(rig), 0);
}

static void test_unconfirmed_at_a_kill_goes_again_once(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    store_rig_put(rig, 1, "a");
    store_rig_put(rig, 1, "b");
    sched_advance(rig->sched, 3000);
    store_rig_send(rig, 1);
    store_rig_send(rig, 1);
    store_rig_kill(rig);
    store_rig_text(rig);
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "1 a|1 b");
    sched_advance(rig->sched, 3000);
    store_rig_kill(rig);
    store_rig_start(rig);
    store_rig_drain(rig);
    assert_string_equal(store_rig_text(rig), "");
    store_rig_stop(rig);
}

static void test_pins_are_known_again(void **state)
{
    struct store_rig *rig = *state;

    store_rig_start(rig);
    pins_set(rig->pins, 3, "from blynk", 10, 1800000000001, PIN_FROM_BLYNK);
    store_wake(rig->store);
    sched_advance(rig->sched, 61000); /* nothing else is to be stored */
    store_rig_kill(rig);
    store_rig_start(rig);
    const struct pin_value *value = pins_get(rig->pins, 3);
    assert_non_null(value);
    assert_int_equal(value->len, 10);
    assert_memory_equal(value->bytes, "from blynk", 10);
    assert_true(value->origin == PIN_FROM_BLYNK && value->wall_ms == 1800000000001);
    store_rig_stop(rig);
}

static void stored(void *arg, struct spool_batch *batch, int error, const char *why)
{
    (void)why;
    *(int *)arg = error;
    spool_batch_destroy(batch);
}

static void opened(void *arg, int error, const char *why, const struct spool_state *state)
{
    (void)arg;
    (void)why;
    (void)state;
    assert_int_equal(error, 0);
}

static void closed(void *arg)
{
    (void)arg;
}

/* A file as a daemon of another boot left it: one row, made half a minute after that boot. */
static void leave_row_of_another_boot(struct store_rig *rig, bool clock_known)
{
    static const struct spool_events events = {.on_open = opened, .on_stored = stored, .on_closed = closed};
    struct spool_config config = {.boot_id = "another"};
    struct spool_row row = {.sequence = 41,
                            .lane = SPOOL_LANE_BACKLOG,
                            .command = BLYNK_HARDWARE,
                            .pin = 1,
                            .made_ms = 30000,
                            .len = 3,
                            .bytes = (const uint8_t *)"old"};
    int error = -1;

    store_rig_path(rig, config.path);
    struct spool *spool = spool_create(rig->sched, &config, &events, &error);
    spool_open(spool);
    sched_settle(rig->sched);
    struct spool_batch *batch = spool_batch_create();
    assert_int_equal(spool_batch_put(batch, &row), 0);
    if (clock_known) {
        assert_int_equal(spool_batch_clock(batch, 1799999000000), 0);
    }
    assert_int_equal(spool_store(spool, batch), 0);
    spool_close(spool);
    sched_settle(rig->sched);
    assert_int_equal(error, 0);
    spool_destroy(spool);
}

static void test_times_of_another_boot(void **state)
{
    struct store_rig *rig = *state;

    leave_row_of_another_boot(rig, true);
    store_rig_start(rig);
    store_rig_put(rig, 1, "new");
    assert_int_equal(info_of(rig).last_sequence, 42);
    store_rig_drain(rig);
    assert_true(rig->got[0].time_ms == 1799999030000);
    assert_string_equal(store_rig_text(rig), "[1 old]|1 new");
    assert_int_equal(info_of(rig).timeless, 0);
    store_rig_stop(rig);
}

static void test_a_boot_whose_clock_was_never_known(void **state)
{
    struct store_rig *rig = *state;

    leave_row_of_another_boot(rig, false);
    store_rig_start(rig);
    sched_advance(rig->sched, 3600000);
    store_rig_drain(rig);
    assert_int_equal(rig->got[0].group, 0);
    assert_int_equal(rig->got[0].time_ms, 0);
    assert_string_equal(store_rig_text(rig), "1 old");
    assert_int_equal(info_of(rig).timeless, 1);
    assert_non_null(strstr(rig->log, "1 waiting writes of an earlier start go without the time"));
    store_rig_stop(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_memory_stores_no_writes),
        TEST(test_memory_delivers_what_was_stored_before),
        TEST(test_offline_writes_are_stored_soon),
        TEST(test_online_writes_are_stored_when_they_stay_unconfirmed),
        TEST(test_a_clean_stop_stores_all),
        TEST(test_a_pin_that_is_always_written_puts_nothing_off),
        TEST(test_always_is_stored_at_once),
        TEST(test_confirmed_before_it_was_stored),
        TEST(test_all_comes_back_in_order),
        TEST(test_unconfirmed_at_a_kill_goes_again_once),
        TEST(test_pins_are_known_again),
        TEST(test_times_of_another_boot),
        TEST(test_a_boot_whose_clock_was_never_known),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
