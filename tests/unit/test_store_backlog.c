/* A backlog longer than memory, against a model: sessions that end anywhere, daemons that stop or are killed, disks
 * that fail for a while. Nothing is lost, nothing out of order, nothing twice without a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"
#include "spool_disk.h"
#include "store_model.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS     24
#define STEPS     400
#define LONG_ROWS 20000

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct store_model));
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

/* ---- the long one ---- */

static void check_bounds(const struct store_model *model)
{
    struct outbox_info info = outbox_info(model->rig.outbox);

    assert_true(info.entries <= model->rig.config.max_entries + 64);
    assert_true(info.damaged == 0 && info.dropped == 0);
}

static void test_a_long_backlog(void **state)
{
    struct store_model *model = *state;

    store_model_begin(model);
    model->rig.config.max_entries = 600;
    store_rig_start(&model->rig);
    for (unsigned i = 0; i < LONG_ROWS; i++) {
        assert_int_equal(store_model_write(model, i % STORE_MODEL_PINS, i % 10 ? 1 : 3), 0);
        if (i % 200 == 199) {
            sched_advance(model->rig.sched, 2100);
        }
        check_bounds(model);
    }
    assert_true(outbox_info(model->rig.outbox).on_disk_only > LONG_ROWS - 600);
    uint64_t waiting = outbox_info(model->rig.outbox).waiting;
    assert_int_equal(waiting, model->count);
    for (unsigned i = 0; i < 40; i++) {
        store_model_send(model, 200);
        store_model_confirm(model);
        store_model_write(model, i % STORE_MODEL_PINS, 1); /* behind those of its pin */
        sched_settle(model->rig.sched);
        check_bounds(model);
    }
    store_model_drain(model);
    assert_int_equal(outbox_info(model->rig.outbox).confirmed, model->count);
    assert_int_equal(outbox_info(model->rig.outbox).waiting, 0);
    store_rig_stop(&model->rig);
    assert_int_equal(store_rig_rows(&model->rig), 0);
    store_model_end(model);
}

/* ---- any order of events ---- */

static void random_step(struct store_model *model, bool kills)
{
    struct sched *sched = model->rig.sched;
    unsigned many = sched_random(sched) % 12;

    switch (sched_random(sched) % 20) {
    case 0:
    case 1:
        store_model_session_lost(model);
        return;
    case 2:
        if (kills && sched_random(sched) % 4 == 0) {
            store_model_kill(model);
        } else if (kills && sched_random(sched) % 4 == 0) {
            store_model_restart(model);
        }
        return;
    case 3:
    case 4:
    case 5:
    case 6:
        store_model_send(model, 2 + sched_random(sched) % 80);
        return;
    case 7:
    case 8:
    case 9:
        store_model_confirm(model);
        return;
    case 10:
    case 11:
        sched_settle(sched);
        return;
    case 12:
    case 13:
        sched_advance(sched, sched_random(sched) % 3000);
        return;
    default:
        for (unsigned i = 0; i < many; i++) {
            unsigned group = sched_random(sched) % 8 ? 1 : 2 + sched_random(sched) % 4;
            int error = store_model_write(model, sched_random(sched) % STORE_MODEL_PINS, group);
            assert_true(error == 0 || error == -ENOSPC);
        }
    }
}

static void settings_of(struct store_model *model, unsigned seed)
{
    struct outbox_config *config = &model->rig.config;

    sched_close(model->rig.sched);
    model->rig.sched = sched_create_virtual(seed);
    config->max_entries = 16 + seed * seed % 97 * 5;
    config->durability = seed % 3 == 0 ? OUTBOX_ALWAYS : OUTBOX_OFFLINE;
    config->commit_interval_ms = seed % 2 ? 500 : 2000;
    config->max_bytes = seed % 5 ? 1024 * 1024 : 400;
}

static void test_sessions_end_anywhere(void **state)
{
    struct store_model *model = *state;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        store_model_begin(model);
        settings_of(model, seed);
        store_rig_start(&model->rig);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step(model, false);
        }
        store_model_drain(model);
        assert_int_equal(model->lost, 0);
        assert_int_equal(model->repeats, 0);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        store_model_end(model);
    }
}

static void test_daemons_end_anywhere(void **state)
{
    struct store_model *model = *state;
    unsigned repeats = 0, lost = 0;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        store_model_begin(model);
        settings_of(model, seed);
        store_rig_start(&model->rig);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step(model, true);
        }
        store_model_drain(model);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        repeats += model->repeats;
        lost += model->lost;
        store_model_end(model);
    }
    assert_true(repeats > 0 && lost > 0); /* it was put to the test */
}

static void test_disks_fail_anywhere(void **state)
{
    static const enum spool_disk_fault faults[] = {SPOOL_DISK_SOUND, SPOOL_DISK_FILLED, SPOOL_DISK_BROKEN,
                                                   SPOOL_DISK_FULL, SPOOL_DISK_SOUND};
    struct store_model *model = *state;
    unsigned struck = 0;

    spool_disk_install();
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        store_model_begin(model);
        settings_of(model, seed);
        store_rig_start(&model->rig);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step(model, false);
            if (sched_random(model->rig.sched) % 10 == 0) {
                struck += spool_disk_struck();
                spool_disk_set(faults[sched_random(model->rig.sched) % 5],
                               1 + sched_random(model->rig.sched) % 6);
            }
        }
        spool_disk_set(SPOOL_DISK_SOUND, 0);
        store_model_drain(model);
        assert_int_equal(model->lost, 0);
        assert_int_equal(model->repeats, 0);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        store_model_end(model);
    }
    spool_disk_remove();
    assert_true(struck > SEEDS);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_a_long_backlog),
        TEST(test_sessions_end_anywhere),
        TEST(test_daemons_end_anywhere),
        TEST(test_disks_fail_anywhere),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
