/* A backlog longer than memory, against a model: sessions that end anywhere, daemons that stop or are killed, disks
 * that fail for a while. Nothing is lost, nothing out of order, nothing twice without a reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"
#include "spool_disk.h"
#include "store_rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PINS      8
#define SEEDS     24
#define STEPS     400
#define LONG_ROWS 20000

enum fate { WAITS, MAY_BE_LOST };

struct written {
    unsigned pin;
    unsigned group; /* members of its group; 1: alone */
    uint64_t ticket;
    enum fate fate;
};

/* Of a pin: the numbers written to it, in order. */
struct line {
    unsigned *numbers;
    size_t count, room;
    size_t done;  /* so many of the first are confirmed */
    size_t next;  /* expected next in this session */
    size_t floor; /* confirmed before a kill: their rows may still have been there */
};

struct model {
    struct store_rig rig;
    struct written *all; /* by number */
    unsigned count, room;
    struct line lines[PINS];
    unsigned repeats, lost;
};

static int setup(void **state)
{
    *state = calloc(1, sizeof(struct model));
    return 0;
}

static int teardown(void **state)
{
    free(*state);
    return 0;
}

static void begin(struct model *model)
{
    memset(model, 0, sizeof(*model));
    store_rig_begin(&model->rig);
    model->rig.config.stamp_after_ms = 0;
}

static void end(struct model *model)
{
    store_rig_end(&model->rig);
    free(model->all);
    for (unsigned pin = 0; pin < PINS; pin++) {
        free(model->lines[pin].numbers);
    }
}

/* ---- writing ---- */

static unsigned note_written(struct model *model, unsigned pin, unsigned group)
{
    struct line *line = &model->lines[pin];

    if (model->count == model->room) {
        model->room = model->room ? 2 * model->room : 1024;
        model->all = realloc(model->all, model->room * sizeof(*model->all));
    }
    if (line->count == line->room) {
        line->room = line->room ? 2 * line->room : 256;
        line->numbers = realloc(line->numbers, line->room * sizeof(*line->numbers));
    }
    line->numbers[line->count++] = model->count;
    model->all[model->count] = (struct written){.pin = pin, .group = group, .ticket = UINT64_MAX};
    return model->count++;
}

static void forget_written(struct model *model)
{
    model->lines[model->all[--model->count].pin].count--;
}

/* Members of a group go to pins that follow each other. */
static int write_some(struct model *model, unsigned first_pin, unsigned group)
{
    struct outbox_write writes[PINS];
    char values[PINS][16];

    for (unsigned i = 0; i < group; i++) {
        unsigned pin = (first_pin + i) % PINS;
        unsigned number = note_written(model, pin, group);
        snprintf(values[i], sizeof(values[i]), "%u", number);
        writes[i] = (struct outbox_write){.value = values[i], .len = strlen(values[i])};
        pin_make('V', pin, &writes[i].pin);
    }
    int error = outbox_write_group(model->rig.outbox, writes, group, 0, NULL);
    for (unsigned i = 0; i < group; i++) {
        if (error) {
            forget_written(model);
        } else { /* tickets are given one by one */
            model->all[model->count - group + i].ticket =
                outbox_info(model->rig.outbox).last_ticket - group + 1 + i;
        }
    }
    return error;
}

/* ---- hearing ---- */

static size_t place_of(const struct line *line, unsigned number)
{
    size_t low = 0, high = line->count;

    while (low < high) {
        size_t middle = (low + high) / 2;
        if (line->numbers[middle] < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    assert_true(low < line->count && line->numbers[low] == number);
    return low;
}

static void hear(struct model *model, const struct store_got *got)
{
    unsigned number = (unsigned)strtoul(got->text, NULL, 10);
    struct line *line = &model->lines[got->pin];
    size_t place = place_of(line, number);

    assert_true(model->all[number].pin == got->pin);
    if (place < line->next) {
        if (place >= line->floor) {
            fail_msg("V%u: %u came again, %u was next", got->pin, number, line->numbers[line->next]);
        }
        model->repeats++;
    }
    for (size_t i = line->next; i < place; i++) {
        if (i < line->floor) {
            continue;
        }
        if (model->all[line->numbers[i]].fate != MAY_BE_LOST) {
            fail_msg("V%u: %u came, but %u was next", got->pin, number, line->numbers[i]);
        }
        model->lost++;
    }
    line->next = place + 1;
}

static void check_group(struct model *model, const struct store_got *got, size_t left)
{
    unsigned members = model->all[strtoul(got->text, NULL, 10)].group;

    assert_int_equal(got->group != 0, members > 1);
    for (unsigned i = 1; i < members && got->group != got[-1].group; i++) {
        assert_true(i < left);
        assert_int_equal(got[i].group, got->group);
    }
}

static size_t send_some(struct model *model, size_t messages)
{
    struct store_rig *rig = &model->rig;
    struct store_got none = {0};

    size_t count = store_rig_send(rig, messages);
    struct store_got *got = calloc(count + 1, sizeof(*got));
    got[0] = none;
    for (size_t i = 0; i < count; i++) {
        got[i + 1] = rig->got[i];
    }
    rig->got_count = 0;
    for (size_t i = 1; i <= count; i++) {
        hear(model, &got[i]);
        check_group(model, &got[i], count + 1 - i);
    }
    free(got);
    return count;
}

static void confirm(struct model *model)
{
    store_rig_confirm(&model->rig);
    for (unsigned pin = 0; pin < PINS; pin++) {
        struct line *line = &model->lines[pin];
        line->done = line->next > line->done ? line->next : line->done;
    }
}

static void session_lost(struct model *model)
{
    outbox_rewind(model->rig.outbox);
    for (unsigned pin = 0; pin < PINS; pin++) {
        model->lines[pin].next = model->lines[pin].done;
    }
}

static void killed(struct model *model)
{
    uint64_t stored = outbox_stored_ticket(model->rig.outbox);

    session_lost(model);
    for (unsigned i = 0; i < model->count; i++) {
        if (model->all[i].ticket > stored) {
            model->all[i].fate = MAY_BE_LOST;
        }
        model->all[i].ticket = 0; /* the next daemon has tickets of its own */
    }
    for (unsigned pin = 0; pin < PINS; pin++) {
        model->lines[pin].floor = model->lines[pin].done;
    }
    store_rig_kill(&model->rig);
    store_rig_start(&model->rig);
}

static void drain(struct model *model)
{
    for (unsigned idle = 0; idle < 4;) {
        idle = send_some(model, 300) ? 0 : idle + 1;
        confirm(model);
        if (idle) {
            sched_advance(model->rig.sched, 7000);
        } else {
            sched_settle(model->rig.sched);
        }
    }
    for (unsigned pin = 0; pin < PINS; pin++) {
        const struct line *line = &model->lines[pin];
        for (size_t i = line->done; i < line->count; i++) {
            assert_int_equal(model->all[line->numbers[i]].fate, MAY_BE_LOST);
        }
    }
}

/* ---- the long one ---- */

static void check_bounds(const struct model *model)
{
    struct outbox_info info = outbox_info(model->rig.outbox);

    assert_true(info.entries <= model->rig.config.max_entries + 64);
    assert_true(info.damaged == 0 && info.dropped == 0);
}

static void test_a_long_backlog(void **state)
{
    struct model *model = *state;

    begin(model);
    model->rig.config.max_entries = 600;
    store_rig_start(&model->rig);
    for (unsigned i = 0; i < LONG_ROWS; i++) {
        assert_int_equal(write_some(model, i % PINS, i % 10 ? 1 : 3), 0);
        if (i % 200 == 199) {
            sched_advance(model->rig.sched, 2100);
        }
        check_bounds(model);
    }
    assert_true(outbox_info(model->rig.outbox).on_disk_only > LONG_ROWS - 600);
    uint64_t waiting = outbox_info(model->rig.outbox).waiting;
    assert_int_equal(waiting, model->count);
    for (unsigned i = 0; i < 40; i++) {
        send_some(model, 200);
        confirm(model);
        write_some(model, i % PINS, 1); /* behind those of its pin */
        sched_settle(model->rig.sched);
        check_bounds(model);
    }
    drain(model);
    assert_int_equal(outbox_info(model->rig.outbox).confirmed, model->count);
    assert_int_equal(outbox_info(model->rig.outbox).waiting, 0);
    store_rig_stop(&model->rig);
    assert_int_equal(store_rig_rows(&model->rig), 0);
    end(model);
}

/* ---- any order of events ---- */

static void restart(struct model *model)
{
    session_lost(model);
    store_rig_stop(&model->rig);
    for (unsigned i = 0; i < model->count; i++) {
        model->all[i].ticket = 0;
    }
    store_rig_start(&model->rig);
}

static void random_step(struct model *model, bool kills)
{
    struct sched *sched = model->rig.sched;
    unsigned many = sched_random(sched) % 12;

    switch (sched_random(sched) % 20) {
    case 0:
    case 1:
        session_lost(model);
        return;
    case 2:
        if (kills && sched_random(sched) % 4 == 0) {
            killed(model);
        } else if (kills && sched_random(sched) % 4 == 0) {
            restart(model);
        }
        return;
    case 3:
    case 4:
    case 5:
    case 6:
        send_some(model, 2 + sched_random(sched) % 80);
        return;
    case 7:
    case 8:
    case 9:
        confirm(model);
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
            int error = write_some(model, sched_random(sched) % PINS, group);
            assert_true(error == 0 || error == -ENOSPC);
        }
    }
}

static void settings_of(struct model *model, unsigned seed)
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
    struct model *model = *state;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(model);
        settings_of(model, seed);
        store_rig_start(&model->rig);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step(model, false);
        }
        drain(model);
        assert_int_equal(model->lost, 0);
        assert_int_equal(model->repeats, 0);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        end(model);
    }
}

static void test_daemons_end_anywhere(void **state)
{
    struct model *model = *state;
    unsigned repeats = 0, lost = 0;

    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(model);
        settings_of(model, seed);
        store_rig_start(&model->rig);
        for (unsigned i = 0; i < STEPS; i++) {
            random_step(model, true);
        }
        drain(model);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        repeats += model->repeats;
        lost += model->lost;
        end(model);
    }
    assert_true(repeats > 0 && lost > 0); /* it was put to the test */
}

static void test_disks_fail_anywhere(void **state)
{
    static const enum spool_disk_fault faults[] = {SPOOL_DISK_SOUND, SPOOL_DISK_FILLED, SPOOL_DISK_BROKEN,
                                                   SPOOL_DISK_FULL, SPOOL_DISK_SOUND};
    struct model *model = *state;
    unsigned struck = 0;

    spool_disk_install();
    for (unsigned seed = 1; seed <= SEEDS; seed++) {
        begin(model);
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
        drain(model);
        assert_int_equal(model->lost, 0);
        assert_int_equal(model->repeats, 0);
        assert_int_equal(outbox_info(model->rig.outbox).damaged, 0);
        store_rig_stop(&model->rig);
        assert_int_equal(store_rig_rows(&model->rig), 0);
        end(model);
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
