#include "store_model.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void store_model_begin(struct store_model *model)
{
    memset(model, 0, sizeof(*model));
    store_rig_begin(&model->rig);
    model->rig.config.stamp_after_ms = 0;
}

void store_model_end(struct store_model *model)
{
    store_rig_end(&model->rig);
    free(model->all);
    for (unsigned pin = 0; pin < STORE_MODEL_PINS; pin++) {
        free(model->lines[pin].numbers);
    }
}

/* ---- writing ---- */

static unsigned note_written(struct store_model *model, unsigned pin, unsigned group)
{
    struct store_line *line = &model->lines[pin];

    if (model->count == model->room) {
        model->room = model->room ? 2 * model->room : 1024;
        model->all = realloc(model->all, model->room * sizeof(*model->all));
    }
    if (line->count == line->room) {
        line->room = line->room ? 2 * line->room : 256;
        line->numbers = realloc(line->numbers, line->room * sizeof(*line->numbers));
    }
    line->numbers[line->count++] = model->count;
    model->all[model->count] = (struct store_written){.pin = pin, .group = group, .ticket = UINT64_MAX};
    return model->count++;
}

static void forget_written(struct store_model *model)
{
    model->lines[model->all[--model->count].pin].count--;
}

/* Members of a group go to pins that follow each other. */
int store_model_write(struct store_model *model, unsigned first_pin, unsigned group)
{
    struct outbox_write writes[STORE_MODEL_PINS] = {{0}};
    char values[STORE_MODEL_PINS][16];

    for (unsigned i = 0; i < group; i++) {
        unsigned pin = (first_pin + i) % STORE_MODEL_PINS;
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

static size_t place_of(const struct store_line *line, unsigned number)
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

static void hear(struct store_model *model, const struct store_got *got)
{
    unsigned number = (unsigned)strtoul(got->text, NULL, 10);
    struct store_line *line = &model->lines[got->pin];
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

static void check_group(struct store_model *model, const struct store_got *got, size_t left)
{
    unsigned members = model->all[strtoul(got->text, NULL, 10)].group;

    assert_int_equal(got->group != 0, members > 1);
    for (unsigned i = 1; i < members && got->group != got[-1].group; i++) {
        assert_true(i < left);
        assert_int_equal(got[i].group, got->group);
    }
}

size_t store_model_send(struct store_model *model, size_t messages)
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

void store_model_confirm(struct store_model *model)
{
    store_rig_confirm(&model->rig);
    for (unsigned pin = 0; pin < STORE_MODEL_PINS; pin++) {
        struct store_line *line = &model->lines[pin];
        line->done = line->next > line->done ? line->next : line->done;
    }
}

void store_model_session_lost(struct store_model *model)
{
    outbox_rewind(model->rig.outbox);
    for (unsigned pin = 0; pin < STORE_MODEL_PINS; pin++) {
        model->lines[pin].next = model->lines[pin].done;
    }
}

void store_model_kill(struct store_model *model)
{
    uint64_t stored = outbox_stored_ticket(model->rig.outbox);

    store_model_session_lost(model);
    for (unsigned i = 0; i < model->count; i++) {
        if (model->all[i].ticket > stored) {
            model->all[i].fate = MAY_BE_LOST;
        }
        model->all[i].ticket = 0; /* the next daemon has tickets of its own */
    }
    for (unsigned pin = 0; pin < STORE_MODEL_PINS; pin++) {
        model->lines[pin].floor = model->lines[pin].done;
    }
    store_rig_kill(&model->rig);
    store_rig_start(&model->rig);
}

void store_model_drain(struct store_model *model)
{
    for (unsigned idle = 0; idle < 4;) {
        idle = store_model_send(model, 300) ? 0 : idle + 1;
        store_model_confirm(model);
        if (idle) {
            sched_advance(model->rig.sched, 7000);
        } else {
            sched_settle(model->rig.sched);
        }
    }
    for (unsigned pin = 0; pin < STORE_MODEL_PINS; pin++) {
        const struct store_line *line = &model->lines[pin];
        for (size_t i = line->done; i < line->count; i++) {
            assert_int_equal(model->all[line->numbers[i]].fate, MAY_BE_LOST);
        }
    }
}

void store_model_restart(struct store_model *model)
{
    store_model_session_lost(model);
    store_rig_stop(&model->rig);
    for (unsigned i = 0; i < model->count; i++) {
        model->all[i].ticket = 0;
    }
    store_rig_start(&model->rig);
}
