/* What is given back at start, and the lanes that change hands then. */
#include "spool_db.h"

#include <errno.h>

#define GIVEN_ROWS_MAX 8192 /* of a lane; what is more waits in the backlog instead of in memory */
#define PARK_STEP      256

typedef bool read_item_fn(struct sqlite3_stmt *row, struct spool_item *item);

static int collect(struct spool_db *db, enum spool_statement statement, read_item_fn *read,
                   struct spool_items *items)
{
    int error = 0, result;
    struct sqlite3_stmt *rows = spool_sql_ready(&db->sql, statement, &error);
    struct spool_item item;

    if (!rows) {
        return error;
    }
    while ((result = spool_sql_step(&db->sql, rows)) == 1) {
        error = !read(rows, &item) ? SPOOL_DAMAGED : spool_items_add(items, &item);
        if (error) {
            spool_sql_reset(rows);
            return error;
        }
    }
    return result;
}

static int collect_row(struct spool_db *db, struct sqlite3_stmt *row, struct spool_items *items)
{
    struct spool_record record;

    if (!spool_record_read(row, &record)) {
        return SPOOL_DAMAGED;
    }
    int error = spool_db_date(db, &record);
    struct spool_item item = {.kind = SPOOL_ITEM_ROW, .row = record.row};
    return error ? error : spool_items_add(items, &item);
}

/* The rows of a lane from behind `after` on; `after` moves on. */
static int collect_lane(struct spool_db *db, enum spool_lane lane, uint64_t *after, unsigned max,
                        struct spool_items *items)
{
    int error = 0, result;
    struct sqlite3_stmt *rows = spool_sql_ready(&db->sql, SQL_ROWS_OF_LANE, &error);

    if (!rows) {
        return error;
    }
    spool_sql_bind(rows, 1, lane);
    spool_sql_bind(rows, 2, (int64_t)*after);
    spool_sql_bind(rows, 3, max);
    while ((result = spool_sql_step(&db->sql, rows)) == 1) {
        error = collect_row(db, rows, items);
        if (error) {
            spool_sql_reset(rows);
            return error;
        }
        *after = items->items[items->count - 1].row.sequence;
    }
    return result;
}

static int park(struct spool_db *db, uint64_t sequence)
{
    struct spool_record record;
    int error = 0;
    struct sqlite3_stmt *get = spool_sql_ready(&db->sql, SQL_ROW_GET, &error);

    if (!get) {
        return error;
    }
    spool_sql_bind(get, 1, (int64_t)sequence);
    int result = spool_sql_step(&db->sql, get);
    if (result != 1) {
        return result ? result : SPOOL_DAMAGED; /* the index names it */
    }
    if (!spool_record_read(get, &record) || !spool_totals_subtract(&db->totals, &record.row)) {
        spool_sql_reset(get);
        return SPOOL_DAMAGED;
    }
    error = spool_record_park(&db->sql, &record);
    spool_sql_reset(get);
    spool_totals_add(&db->totals, &record.row);
    return error;
}

/* Step by step: an index is not changed while it is read. */
static int park_lane(struct spool_db *db, enum spool_lane lane, uint64_t after)
{
    size_t found;

    do {
        struct spool_items step = {0};
        int error = collect_lane(db, lane, &after, PARK_STEP, &step);
        for (size_t i = 0; i < step.count && !error; i++) {
            error = park(db, step.items[i].row.sequence);
        }
        found = step.count;
        spool_items_free(&step);
        if (error) {
            return error;
        }
    } while (found == PARK_STEP);
    return 0;
}

int spool_db_collect(struct spool_db *db, struct spool_items *items)
{
    static const enum spool_lane given[] = {SPOOL_LANE_EVENT, SPOOL_LANE_LATEST};
    int error = park_lane(db, SPOOL_LANE_FRESH, 0);

    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]) && !error; i++) {
        uint64_t after = 0;
        error = collect_lane(db, given[i], &after, GIVEN_ROWS_MAX, items);
        if (!error) {
            error = park_lane(db, given[i], after);
        }
    }
    if (!error) {
        error = collect(db, SQL_PIN_ALL, spool_pin_read, items);
    }
    if (!error) {
        error = collect(db, SQL_SECRET_ALL, spool_secret_read, items);
    }
    return error ? error : collect(db, SQL_METER_ALL, spool_meter_read, items);
}
