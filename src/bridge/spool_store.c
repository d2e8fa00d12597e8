#include "spool_batch.h"
#include "spool_db.h"

#include <errno.h>
#include <string.h>

/* Bytes of a row beside its value, and of the pages that change with it: generous. */
#define ROW_OVERHEAD_BYTES 128
#define BATCH_BYTES        (UINT64_C(64) * 1024)
#define FREE_PAGES_KEPT    1024 /* 4 MB: a file that will grow again soon is not made smaller */

/* ---- rows ---- */

/* 1: it is there; 0: it is not. The statement is left standing on it. */
static int find_row(struct spool_db *db, uint64_t sequence, struct sqlite3_stmt **get,
                    struct spool_record *record)
{
    int error = 0;

    *get = spool_sql_ready(&db->sql, SQL_ROW_GET, &error);
    if (!*get) {
        return error;
    }
    spool_sql_bind(*get, 1, (int64_t)sequence);
    int result = spool_sql_step(&db->sql, *get);
    if (result != 1) {
        return result;
    }
    if (!spool_record_read(*get, record)) {
        spool_sql_reset(*get);
        return SPOOL_DAMAGED;
    }
    return 1;
}

/* 1: it was there and is not counted any more; 0: it was not there. */
static int uncount(struct spool_db *db, uint64_t sequence)
{
    struct sqlite3_stmt *get;
    struct spool_record record;
    int found = find_row(db, sequence, &get, &record);

    if (found != 1) {
        return found;
    }
    bool sound = spool_totals_subtract(&db->totals, &record.row);
    spool_sql_reset(get);
    return sound ? 1 : SPOOL_DAMAGED;
}

static int store_row(struct spool_db *db, const struct spool_item *item)
{
    struct spool_record record = {.row = item->row, .boot = db->boot.id};
    int found = item->row.sequence > db->totals.last_sequence ? 0 : uncount(db, item->row.sequence);

    if (found < 0) {
        return found;
    }
    spool_totals_add(&db->totals, &record.row);
    return spool_record_write(&db->sql, &record);
}

static int delete_row(struct spool_db *db, uint64_t sequence)
{
    int error = 0;
    int found = uncount(db, sequence);

    if (found != 1) {
        return found;
    }
    struct sqlite3_stmt *delete = spool_sql_ready(&db->sql, SQL_ROW_DELETE, &error);
    if (!delete) {
        return error;
    }
    spool_sql_bind(delete, 1, (int64_t)sequence);
    return spool_sql_finish(&db->sql, delete);
}

static int park_row(struct spool_db *db, uint64_t sequence)
{
    struct sqlite3_stmt *get;
    struct spool_record record;
    int result = find_row(db, sequence, &get, &record);

    if (result != 1) {
        return result;
    }
    if (!spool_totals_subtract(&db->totals, &record.row)) {
        result = SPOOL_DAMAGED;
    } else {
        result = spool_record_park(&db->sql, &record);
        spool_totals_add(&db->totals, &record.row);
    }
    spool_sql_reset(get);
    return result;
}

/* ---- the others ---- */

static int forget_meters(struct spool_db *db, const char *prefix)
{
    int error = 0;
    struct sqlite3_stmt *forget = spool_sql_ready(&db->sql, SQL_METER_FORGET, &error);

    if (!forget) {
        return error;
    }
    spool_sql_bind_text(forget, 1, prefix);
    return spool_sql_finish(&db->sql, forget);
}

static int set_clock(struct spool_db *db, int64_t offset_ms)
{
    struct spool_boot boot = db->boot;

    boot.known = true;
    boot.offset_ms = offset_ms;
    db->memo = (struct spool_boot){0};
    return spool_boot_write(&db->sql, &boot);
}

static int apply(struct spool_db *db, const struct spool_item *item)
{
    const char *text = (const char *)item->row.bytes;

    switch (item->kind) {
    case SPOOL_ITEM_ROW:
        return store_row(db, item);
    case SPOOL_ITEM_PIN:
        return spool_pin_write(&db->sql, item);
    case SPOOL_ITEM_METER:
        return spool_meter_write(&db->sql, text, item->number);
    case SPOOL_ITEM_DELETE:
        return delete_row(db, item->row.sequence);
    case SPOOL_ITEM_PARK:
        return park_row(db, item->row.sequence);
    case SPOOL_ITEM_FORGET:
        return forget_meters(db, text);
    case SPOOL_ITEM_SECRET:
        return spool_secret_write(&db->sql, item);
    case SPOOL_ITEM_CLOCK:
        return set_clock(db, (int64_t)item->number);
    }
    return -EINVAL;
}

/* ---- the batch ---- */

static int apply_all(struct spool_db *db, const struct spool_items *items)
{
    int error = spool_sql_run(&db->sql, SQL_BEGIN, NULL);

    for (size_t i = 0; i < items->count && !error; i++) {
        struct spool_item item = spool_items_at(items, i);
        error = apply(db, &item);
    }
    return error ? error : spool_db_write_totals(db);
}

/*
 * A commit that failed while it was being synced may stand whole in the log, and would be found there at the next
 * start. Another small commit is written over it: the chain of the log's checksums ends there.
 */
static void overwrite_commit(struct spool_db *db)
{
    if (spool_sql_run(&db->sql, SQL_BEGIN, NULL) == 0) {
        db->totals.undone++;
        if (spool_db_write_totals(db) != 0 || spool_sql_run(&db->sql, SQL_COMMIT, NULL) != 0) {
            spool_sql_run(&db->sql, SQL_ROLLBACK, NULL);
        }
    }
}

static void roll_back(struct spool_db *db, const struct spool_totals *before, int error, bool in_commit)
{
    spool_sql_run(&db->sql, SQL_ROLLBACK, NULL);
    db->totals = *before;
    db->memo = (struct spool_boot){0};
    if (in_commit) {
        overwrite_commit(db);
    }
    db->damaged = error == SPOOL_DAMAGED;
    db->sql.unsure = db->sql.unsure || error == -EIO || error == -EROFS || db->damaged;
}

/* After a great backlog went: the file gives back what it does not need, some pages with each batch. */
static void shrink(struct spool_db *db)
{
    int64_t pages = 0, free_pages = 0;

    if (spool_sql_run(&db->sql, SQL_FREE_PAGES, &free_pages) || free_pages <= FREE_PAGES_KEPT ||
        spool_sql_run(&db->sql, SQL_PAGES, &pages) || free_pages * 2 < pages) {
        return;
    }
    /* Without rows the pages need not be moved to be cut off. */
    spool_sql_run(&db->sql, db->totals.rows ? SQL_VACUUM_STEP : SQL_VACUUM_LEAP, NULL);
}

static void remember_clock(struct spool_db *db, const struct spool_items *items)
{
    for (size_t i = 0; i < items->count; i++) {
        if (items->items[i].kind == SPOOL_ITEM_CLOCK) {
            db->boot.known = true;
            db->boot.offset_ms = (int64_t)items->items[i].number;
        }
    }
}

int spool_db_store(struct spool_db *db, const struct spool_batch *batch)
{
    const struct spool_totals before = db->totals;
    const struct spool_items *items = &batch->items;
    uint64_t needed = items->bytes_len + batch->puts * ROW_OVERHEAD_BYTES + BATCH_BYTES;
    int error = batch->puts ? spool_db_check_free(db, needed) : 0;

    if (error) {
        return error;
    }
    bool in_commit = false;
    error = apply_all(db, items);
    if (!error) {
        in_commit = true;
        error = spool_sql_run(&db->sql, SQL_COMMIT, NULL);
    }
    if (error) {
        roll_back(db, &before, error, in_commit);
        return error == SPOOL_DAMAGED ? -EIO : error;
    }
    remember_clock(db, items);
    shrink(db);
    spool_db_measure(db);
    return 0;
}

/* ---- reading ---- */

/* A damaged tree may lead in circles: sequences must ascend. */
static int take(struct spool_db *db, struct sqlite3_stmt *rows, uint64_t *least, struct spool_items *items)
{
    struct spool_record record;

    if (!spool_record_read(rows, &record) || record.row.sequence < *least) {
        return SPOOL_DAMAGED;
    }
    *least = record.row.sequence + 1;
    if (record.row.lane != SPOOL_LANE_BACKLOG) {
        return 0;
    }
    int error = spool_db_date(db, &record);
    struct spool_item item = {.kind = SPOOL_ITEM_ROW, .row = record.row};
    return error ? error : spool_items_add(items, &item);
}

int spool_db_load(struct spool_db *db, uint64_t from, size_t max, struct spool_items *items)
{
    int error = 0, result = 1;
    struct sqlite3_stmt *rows = spool_sql_ready(&db->sql, SQL_ROWS_FROM, &error);

    if (rows) {
        spool_sql_bind(rows, 1, from > INT64_MAX ? INT64_MAX : (int64_t)from);
    }
    while (rows && !error && items->count < max && (result = spool_sql_step(&db->sql, rows)) == 1) {
        error = take(db, rows, &from, items);
    }
    if (rows) {
        spool_sql_reset(rows);
    }
    error = error ? error : (result < 0 ? result : 0);
    db->damaged = error == SPOOL_DAMAGED;
    return db->damaged ? -EIO : error;
}
