#include "spool_db.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SMALL_FILE_BYTES                                                                                     \
    (UINT64_C(1024) * 1024) /* read whole and checked at each start: some 10 ms on a slow card */
#define BOOTS_MAX      1000 /* then those without rows are looked for even in a large file */
#define SWEEP_ROWS_MAX 5000
#define NEW            ".new"
#define INIT           ".init"

bool spool_db_is_open(const struct spool_db *db)
{
    return db->sql.handle && !db->sql.unsure && !db->damaged;
}

/* ---- what is hung onto every file ---- */

int spool_db_write_totals(struct spool_db *db)
{
    uint8_t bytes[SPOOL_TOTALS_BYTES];
    int error = 0;
    struct sqlite3_stmt *set = spool_sql_ready(&db->sql, SQL_META_SET, &error);

    if (!set) {
        return error;
    }
    spool_totals_encode(&db->totals, bytes);
    spool_sql_bind_text(set, 1, "totals");
    spool_sql_bind_blob(set, 2, bytes, sizeof(bytes));
    return spool_sql_finish(&db->sql, set);
}

int spool_db_read_totals(struct spool_sql *sql, struct spool_totals *totals)
{
    int error = 0;
    struct sqlite3_stmt *get = spool_sql_ready(sql, SQL_META_GET, &error);
    size_t len = 0;

    if (!get) {
        return error;
    }
    spool_sql_bind_text(get, 1, "totals");
    int result = spool_sql_step(sql, get);
    if (result != 1) {
        return result ? result : SPOOL_DAMAGED;
    }
    const uint8_t *bytes = spool_sql_blob(get, 0, &len);
    bool sound = bytes && spool_totals_decode(totals, bytes, len);
    spool_sql_reset(get);
    return sound ? 0 : SPOOL_DAMAGED;
}

static int look_up_boot(struct spool_db *db, int64_t id)
{
    int error = 0;
    struct sqlite3_stmt *get = spool_sql_ready(&db->sql, SQL_BOOT_GET, &error);

    if (!get) {
        return error;
    }
    db->memo = (struct spool_boot){.id = id};
    spool_sql_bind(get, 1, id);
    int result = spool_sql_step(&db->sql, get);
    if (result != 1) {
        return result; /* a boot that was lost with a damaged file: its clock is not known */
    }
    bool sound = spool_boot_read(get, &db->memo);
    spool_sql_reset(get);
    db->memo.id = sound ? id : 0;
    return sound ? 0 : SPOOL_DAMAGED;
}

int spool_db_date(struct spool_db *db, struct spool_record *record)
{
    int error = db->memo.id == record->boot ? 0 : look_up_boot(db, record->boot);

    if (error) {
        return error;
    }
    record->row.this_boot = record->boot == db->boot.id;
    record->row.made_wall_ms = db->memo.known ? (int64_t)record->row.made_ms + db->memo.offset_ms : 0;
    return 0;
}

/* ---- is it sound ---- */

/* Every row of a small file is read once, and the numbers must be right. */
static int check_rows(struct spool_db *db)
{
    struct spool_totals counted = {0};
    struct spool_record record;
    int error = 0, result;
    struct sqlite3_stmt *rows = spool_sql_ready(&db->sql, SQL_ROWS_FROM, &error);

    if (!rows) {
        return error;
    }
    spool_sql_bind(rows, 1, INT64_MIN);
    while ((result = spool_sql_step(&db->sql, rows)) == 1) {
        if (!spool_record_read(rows, &record)) {
            spool_sql_reset(rows);
            return SPOOL_DAMAGED;
        }
        spool_totals_add(&counted, &record.row);
    }
    if (result) {
        return result;
    }
    return spool_totals_agree(&counted, &db->totals) ? 0 : SPOOL_DAMAGED;
}

static int check_file(struct spool_db *db)
{
    bool small = spool_file_size(db->config.path, "") <= SMALL_FILE_BYTES;
    int error = 0;

    if (small) {
        error = spool_sql_check(&db->sql, SQL_INTEGRITY_CHECK);
    } else if (!db->totals.clean) {
        error = spool_sql_check(&db->sql, SQL_QUICK_CHECK);
    }
    return error || !small ? error : check_rows(db);
}

/* A version that is not known yet is believed only if the totals do not say that this version wrote them. */
static int check_version(struct spool_db *db)
{
    int64_t version = 0;
    int error = spool_sql_run(&db->sql, SQL_USER_VERSION, &version);

    if (error) {
        return error;
    }
    if (version > SPOOL_SCHEMA_VERSION) {
        return spool_db_read_totals(&db->sql, &db->totals) == 0 ? SPOOL_DAMAGED : -ENOTSUP;
    }
    return version == SPOOL_SCHEMA_VERSION ? 0 : spool_sql_migrate(&db->sql, version);
}

/* ---- boots ---- */

static int find_boot(struct spool_db *db, unsigned *count)
{
    int error = 0, result;
    struct sqlite3_stmt *boots = spool_sql_ready(&db->sql, SQL_BOOT_ALL, &error);
    struct spool_boot boot;

    if (!boots) {
        return error;
    }
    while ((result = spool_sql_step(&db->sql, boots)) == 1) {
        if (!spool_boot_read(boots, &boot)) {
            spool_sql_reset(boots);
            return SPOOL_DAMAGED;
        }
        ++*count;
        if (strcmp(boot.name, db->config.boot_id) == 0) {
            db->boot = boot;
        }
    }
    return result;
}

static int sweep_boots(struct spool_db *db)
{
    int error = 0;
    struct sqlite3_stmt *sweep = spool_sql_ready(&db->sql, SQL_BOOT_SWEEP, &error);

    if (!sweep) {
        return error;
    }
    spool_sql_bind(sweep, 1, db->boot.id);
    return spool_sql_finish(&db->sql, sweep);
}

static int enter_boot(struct spool_db *db)
{
    unsigned count = 0;

    db->boot = (struct spool_boot){0};
    db->memo = (struct spool_boot){0};
    int error = find_boot(db, &count);
    if (!error && db->boot.id == 0) {
        db->boot.id = (int64_t)++db->totals.last_boot;
        memcpy(db->boot.name, db->config.boot_id, sizeof(db->boot.name));
        error = spool_boot_write(&db->sql, &db->boot);
    }
    if (!error && count > 1 && (db->totals.rows <= SWEEP_ROWS_MAX || count > BOOTS_MAX)) {
        error = sweep_boots(db);
    }
    return error;
}

/* ---- opening ---- */

static int begin_work(struct spool_db *db, bool first, struct spool_found *found)
{
    int error = spool_sql_run(&db->sql, SQL_BEGIN, NULL);

    db->totals.clean = 0;
    if (!error) {
        error = enter_boot(db);
    }
    if (!error && first) {
        error = spool_db_collect(db, &found->items);
    }
    if (!error) {
        error = spool_db_write_totals(db);
    }
    return error ? error : spool_sql_run(&db->sql, SQL_COMMIT, NULL);
}

static int describe(struct spool_db *db, struct spool_state *state)
{
    int64_t first_backlog = 0;
    int error = db->totals.backlog_rows ? spool_sql_run(&db->sql, SQL_FIRST_BACKLOG, &first_backlog) : 0;

    spool_db_measure(db);
    state->rows = db->totals.rows;
    state->bytes = db->totals.bytes;
    state->backlog_rows = db->totals.backlog_rows;
    state->first_backlog = (uint64_t)first_backlog;
    state->last_sequence = db->totals.last_sequence;
    state->last_group = (uint32_t)db->totals.last_group;
    memcpy(state->backlog_of_pin, db->totals.backlog_of_pin, sizeof(state->backlog_of_pin));
    state->file_bytes = db->file_bytes;
    return error;
}

static int open_sound(struct spool_db *db, bool first, struct spool_found *found)
{
    int error = spool_sql_open(&db->sql, db->config.path);

    if (!error) {
        error = check_version(db);
    }
    if (!error) {
        error = spool_db_read_totals(&db->sql, &db->totals);
    }
    if (!error) {
        error = check_file(db);
    }
    if (!error) {
        error = begin_work(db, first, found);
    }
    if (!error) {
        error = describe(db, &found->state);
    }
    if (error) {
        spool_sql_close(&db->sql);
        spool_items_free(&found->items);
    }
    return error;
}

static int make_empty(struct spool_db *db)
{
    char name[SPOOL_PATH_MAX];

    int error = spool_file_make(db->config.path, INIT);
    if (error) {
        return error;
    }
    spool_path(db->config.path, INIT, name);
    db->totals = (struct spool_totals){.clean = 1};
    error = spool_sql_create(&db->sql, name);
    if (!error) {
        error = spool_db_write_totals(db);
    }
    spool_sql_close(&db->sql);
    if (error || spool_file_exists(name, "-wal")) {
        spool_file_remove(db->config.path, INIT);
        return error ? error : -EIO; /* what is in its log would be missing from it */
    }
    return spool_file_install(db->config.path, INIT);
}

/* A file comes into being under another name: what has its name is whole, and anything else was damaged later. */
static int have_file(struct spool_db *db)
{
    const char *path = db->config.path;

    if (spool_file_exists(path, "")) {
        chmod(path, 0600);
        return access(path, R_OK | W_OK) == 0 ? 0 : -errno;
    }
    if (spool_file_exists(path, NEW)) {
        return spool_file_install(path, NEW);
    }
    return spool_file_exists(path, "-wal") ? SPOOL_DAMAGED : make_empty(db);
}

int spool_db_open(struct spool_db *db, bool first, struct spool_found *found)
{
    spool_sql_close(&db->sql);
    int error = db->damaged ? SPOOL_DAMAGED : have_file(db);
    if (!error) {
        error = open_sound(db, first, found);
    }
    if (error == SPOOL_DAMAGED) {
        error = spool_db_salvage(db, &found->state);
        db->damaged = error != 0;
        if (!error) {
            error = open_sound(db, first, found);
        }
    }
    return error == SPOOL_DAMAGED ? -EIO : error;
}

void spool_db_close(struct spool_db *db)
{
    if (spool_db_is_open(db)) {
        db->totals.clean = 1;
        spool_db_write_totals(db);
    }
    spool_sql_close(&db->sql);
}
