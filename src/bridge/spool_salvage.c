/*
 * A damaged file: what can still be read is carried over, row by row, into a new one; only when that is whole on the
 * disk is the old one set aside. Rows whose checksum is wrong are worth nothing and stay behind.
 */
#include "spool_db.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define NEW          ".new"
#define COMMIT_ROWS  1000
#define ROUNDS_MAX   100000 /* damaged places that are stepped over */
#define STRAYS_MAX   10000  /* rows out of order: the tree leads in circles */
#define FAR_SEQUENCE (INT64_MAX / 4)

struct salvage {
    struct spool_db fresh; /* where rows go; its config names the new file */
    struct spool_sql wreck;
    struct spool_totals totals; /* of the wreck, if they could be read */
    bool totals_known;
    uint64_t next; /* the smallest sequence that was not looked at */
    uint64_t carried;
    uint64_t bad;
    unsigned strays;
    int error; /* of the new file: the end */
};

/* ---- rows ---- */

static void commit_sometimes(struct salvage *salvage)
{
    if (++salvage->carried % COMMIT_ROWS == 0) {
        salvage->error = spool_sql_run(&salvage->fresh.sql, SQL_COMMIT, NULL);
        if (!salvage->error) {
            salvage->error = spool_sql_run(&salvage->fresh.sql, SQL_BEGIN, NULL);
        }
    }
}

static void carry_row(struct salvage *salvage, struct sqlite3_stmt *rows)
{
    struct spool_record record;
    int64_t sequence = spool_sql_number(rows, 0);

    if (sequence < (int64_t)salvage->next) {
        salvage->strays++;
        return;
    }
    salvage->next = (uint64_t)sequence + 1;
    if (!spool_record_read(rows, &record)) {
        salvage->bad++;
        return;
    }
    salvage->error = spool_record_write(&salvage->fresh.sql, &record);
    if (salvage->error) {
        return;
    }
    spool_totals_add(&salvage->fresh.totals, &record.row);
    if (record.boot > (int64_t)salvage->fresh.totals.last_boot) {
        salvage->fresh.totals.last_boot = (uint64_t)record.boot;
    }
    commit_sometimes(salvage);
}

/* 0: to the end. Otherwise something at salvage->next or behind it cannot be read. */
static int carry_rows(struct salvage *salvage)
{
    int error = 0, result = -EIO;
    struct sqlite3_stmt *rows = spool_sql_ready(&salvage->wreck, SQL_ROWS_FROM, &error);

    if (!rows) {
        return error;
    }
    spool_sql_bind(rows, 1, (int64_t)salvage->next);
    while (!salvage->error && salvage->strays < STRAYS_MAX &&
           (result = spool_sql_step(&salvage->wreck, rows)) == 1) {
        carry_row(salvage, rows);
    }
    spool_sql_reset(rows);
    return result;
}

static bool is_readable_from(struct salvage *salvage, uint64_t sequence)
{
    int error = 0;
    struct sqlite3_stmt *rows = spool_sql_ready(&salvage->wreck, SQL_ROWS_FROM, &error);

    if (!rows) {
        return false;
    }
    spool_sql_bind(rows, 1, (int64_t)sequence);
    int result = spool_sql_step(&salvage->wreck, rows);
    spool_sql_reset(rows);
    return result >= 0;
}

/* Behind a damaged page: farther and farther until something is readable, then back to the first that is. */
static bool step_over(struct salvage *salvage)
{
    uint64_t bad = salvage->next, good = 0;

    for (uint64_t step = 1; bad + step < FAR_SEQUENCE && !good; step *= 2) {
        good = is_readable_from(salvage, bad + step) ? bad + step : 0;
    }
    if (!good) {
        return false;
    }
    while (bad + 1 < good) {
        uint64_t middle = bad + (good - bad) / 2;
        if (is_readable_from(salvage, middle)) {
            good = middle;
        } else {
            bad = middle;
        }
    }
    salvage->next = good;
    return true;
}

static void carry_outbox(struct salvage *salvage)
{
    salvage->next = 1;
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        int result = carry_rows(salvage);
        if (result == 0 || salvage->error || salvage->strays >= STRAYS_MAX || !step_over(salvage)) {
            return;
        }
    }
}

/* ---- the others ---- */

/* Every pin by itself: one damaged page does not take the others with it. */
static void carry_pins(struct salvage *salvage)
{
    for (unsigned pin = 0; pin < PIN_COUNT && !salvage->error; pin++) {
        struct spool_item item;
        int error = 0;
        struct sqlite3_stmt *get = spool_sql_ready(&salvage->wreck, SQL_PIN_GET, &error);
        if (!get) {
            return;
        }
        spool_sql_bind(get, 1, pin);
        if (spool_sql_step(&salvage->wreck, get) == 1 && spool_pin_read(get, &item)) {
            salvage->error = spool_pin_write(&salvage->fresh.sql, &item);
        }
        spool_sql_reset(get);
    }
}

static void carry_meters(struct salvage *salvage, enum spool_statement direction)
{
    int error = 0;
    struct sqlite3_stmt *meters = spool_sql_ready(&salvage->wreck, direction, &error);
    struct spool_item item;

    for (unsigned i = 0; meters && i < ROUNDS_MAX && !salvage->error; i++) {
        if (spool_sql_step(&salvage->wreck, meters) != 1) {
            return;
        }
        if (spool_meter_read(meters, &item)) {
            salvage->error =
                spool_meter_write(&salvage->fresh.sql, (const char *)item.row.bytes, item.number);
        }
    }
    if (meters) {
        spool_sql_reset(meters);
    }
}

static void carry_boots(struct salvage *salvage)
{
    int error = 0;
    struct sqlite3_stmt *boots = spool_sql_ready(&salvage->wreck, SQL_BOOT_ALL, &error);
    struct spool_boot boot;

    for (unsigned i = 0; boots && i < ROUNDS_MAX && !salvage->error; i++) {
        if (spool_sql_step(&salvage->wreck, boots) != 1) {
            return;
        }
        if (spool_boot_read(boots, &boot) && boot.id > 0) {
            salvage->error = spool_boot_write(&salvage->fresh.sql, &boot);
            if (boot.id > (int64_t)salvage->fresh.totals.last_boot) {
                salvage->fresh.totals.last_boot = (uint64_t)boot.id;
            }
        }
    }
    if (boots) {
        spool_sql_reset(boots);
    }
}

/* ---- the whole ---- */

/* What was counted on is counted on: sequences and groups that were given out are not given out again. */
static void take_totals(struct salvage *salvage)
{
    struct spool_totals *fresh = &salvage->fresh.totals;

    *fresh = (struct spool_totals){.clean = 1};
    salvage->totals_known =
        salvage->wreck.handle && spool_db_read_totals(&salvage->wreck, &salvage->totals) == 0;
    if (salvage->totals_known) {
        fresh->last_sequence = salvage->totals.last_sequence;
        fresh->last_group = salvage->totals.last_group;
        fresh->last_boot = salvage->totals.last_boot;
    }
}

static void carry_all(struct salvage *salvage)
{
    struct spool_sql *sql = &salvage->fresh.sql;

    salvage->error = spool_sql_run(sql, SQL_BEGIN, NULL);
    if (!salvage->error && salvage->wreck.handle) {
        carry_boots(salvage);
        carry_pins(salvage);
        carry_meters(salvage, SQL_METER_ALL);
        carry_meters(salvage, SQL_METER_ALL_BACKWARDS);
        carry_outbox(salvage);
    }
    if (!salvage->error) {
        salvage->error = spool_db_write_totals(&salvage->fresh);
    }
    if (!salvage->error) {
        salvage->error = spool_sql_run(sql, SQL_COMMIT, NULL);
    }
}

static int fill_new(struct salvage *salvage, const char *path)
{
    char name[SPOOL_PATH_MAX];

    int error = spool_file_make(path, NEW);
    if (error) {
        return error;
    }
    spool_path(path, NEW, name);
    error = spool_sql_create(&salvage->fresh.sql, name);
    if (error) {
        return error;
    }
    take_totals(salvage);
    carry_all(salvage);
    spool_sql_close(&salvage->fresh.sql);
    /* A log that stays behind is one that could not be written into the file. */
    return !salvage->error && spool_file_exists(name, "-wal") ? -EIO : salvage->error;
}

static void report(const struct salvage *salvage, struct spool_state *state)
{
    uint64_t missing = salvage->bad;

    if (salvage->totals_known && salvage->totals.rows > salvage->carried) {
        missing = salvage->totals.rows - salvage->carried;
    }
    state->salvaged = salvage->carried;
    state->lost = missing ? missing : 1;
}

static int salvage_file(struct salvage *salvage, const char *path, struct spool_state *state)
{
    int error = spool_sql_open_wreck(&salvage->wreck, path);

    /* A disk that does not answer, or memory that is short, is not damage: later. */
    if (error && error != SPOOL_DAMAGED && spool_file_exists(path, "")) {
        return error;
    }
    error = fill_new(salvage, path);
    spool_sql_close(&salvage->wreck);
    if (!error) {
        error = spool_file_set_aside(path, state->set_aside);
    }
    if (!error) {
        error = spool_file_install(path, NEW);
    } else {
        spool_file_remove(path, NEW);
    }
    report(salvage, state);
    return error;
}

int spool_db_salvage(struct spool_db *db, struct spool_state *state)
{
    struct salvage *salvage = calloc(1, sizeof(*salvage));

    if (!salvage) {
        return -ENOMEM;
    }
    salvage->fresh.config = db->config;
    int error = salvage_file(salvage, db->config.path, state);
    spool_sql_close(&salvage->fresh.sql);
    spool_sql_close(&salvage->wreck);
    free(salvage);
    return error;
}
