#include "spool_sql.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define WAL_PAGES_MAX "1000" /* 4 MB: then it goes into the file and is written from its beginning again */

static const char *const texts[] = {
#define SPOOL_STATEMENT_TEXT(name, text) (text),
    SPOOL_STATEMENTS(SPOOL_STATEMENT_TEXT)
#undef SPOOL_STATEMENT_TEXT
};

/*
 * Exclusive: no shared-memory file (a full disk would end the process by SIGBUS), and nobody else writes into it.
 * Deleted rows are overwritten: a damaged pointer must not find an old value with a checksum that is right.
 */
static const char settings[] = "PRAGMA locking_mode = EXCLUSIVE;"
                               "PRAGMA temp_store = MEMORY;"
                               "PRAGMA trusted_schema = OFF;"
                               "PRAGMA cell_size_check = ON;"
                               "PRAGMA secure_delete = ON;"
                               "PRAGMA synchronous = FULL;"
                               "PRAGMA journal_size_limit = 1048576;"
                               "PRAGMA wal_autocheckpoint = " WAL_PAGES_MAX ";";

#define SECRETS                                                                                              \
    "CREATE TABLE secrets(name TEXT PRIMARY KEY, value BLOB NOT NULL, crc INTEGER NOT NULL)"                 \
    " STRICT, WITHOUT ROWID;"

static const char from_1_to_2[] = "BEGIN IMMEDIATE;" SECRETS "PRAGMA user_version = 2;"
                                  "COMMIT;";

/* auto_vacuum can be chosen only before the first table. */
static const char schema[] =
    "PRAGMA page_size = 4096;"
    "PRAGMA auto_vacuum = INCREMENTAL;"
    "PRAGMA journal_mode = WAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE outbox(sequence INTEGER PRIMARY KEY, lane INTEGER NOT NULL, command INTEGER NOT NULL,"
    " pin INTEGER NOT NULL, grp INTEGER NOT NULL, wall_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL,"
    " boot INTEGER NOT NULL, value BLOB NOT NULL, crc INTEGER NOT NULL) STRICT;"
    "CREATE INDEX outbox_lane ON outbox(lane) WHERE lane < 3;"
    "CREATE TABLE pins(pin INTEGER PRIMARY KEY, value BLOB NOT NULL, wall_ms INTEGER NOT NULL,"
    " from_blynk INTEGER NOT NULL, crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE meters(name TEXT PRIMARY KEY, value INTEGER NOT NULL, crc INTEGER NOT NULL)"
    " STRICT, WITHOUT ROWID;" SECRETS
    "CREATE TABLE boots(id INTEGER PRIMARY KEY, boot_id TEXT NOT NULL UNIQUE, offset_ms INTEGER,"
    " crc INTEGER NOT NULL) STRICT;"
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;"
    "PRAGMA user_version = 2;"
    "COMMIT;";

static int io_error(struct spool_sql *sql, int extended)
{
    int number = sql->handle ? sqlite3_system_errno(sql->handle) : 0;

    sql->unsure = true;
    if (extended == SQLITE_IOERR_CORRUPTFS) {
        return SPOOL_DAMAGED;
    }
    if (extended == SQLITE_IOERR_NOMEM) {
        return -ENOMEM;
    }
    return number == ENOSPC || number == EDQUOT ? -ENOSPC : number == EROFS ? -EROFS : -EIO;
}

static int cannot_open(struct spool_sql *sql)
{
    int number = sql->handle ? sqlite3_system_errno(sql->handle) : 0;

    sql->unsure = true;
    return number > 0 && number != EUCLEAN ? -number : -EIO;
}

/* The statements and the schema are the program's own: that SQLite finds fault with them means another schema. */
static int error_of(struct spool_sql *sql, int result)
{
    int extended = sql->handle ? sqlite3_extended_errcode(sql->handle) : result;

    switch (result & 0xff) {
    case SQLITE_FULL:
        return -ENOSPC;
    case SQLITE_READONLY:
        return -EROFS;
    case SQLITE_IOERR:
        return io_error(sql, extended);
    case SQLITE_CANTOPEN:
        return cannot_open(sql);
    case SQLITE_NOMEM:
        return -ENOMEM;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return -EBUSY;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return -EACCES;
    default:
        return SPOOL_DAMAGED;
    }
}

static int execute(struct spool_sql *sql, const char *text)
{
    int result = sqlite3_exec(sql->handle, text, NULL, NULL, NULL);

    return result == SQLITE_OK ? 0 : error_of(sql, result);
}

static int open_handle(struct spool_sql *sql, const char *path)
{
    *sql = (struct spool_sql){0};
    int result = sqlite3_open_v2(path, &sql->handle, SQLITE_OPEN_READWRITE, NULL);
    if (result != SQLITE_OK) {
        int error = error_of(sql, result);
        spool_sql_close(sql);
        return error;
    }
    return 0;
}

int spool_sql_migrate(struct spool_sql *sql, int64_t version)
{
    return version == 1 ? execute(sql, from_1_to_2) : SPOOL_DAMAGED; /* there was none before the first */
}

/* What was opened and then found bad is closed again. */
static int or_close(struct spool_sql *sql, int error)
{
    if (error) {
        spool_sql_close(sql);
    }
    return error;
}

int spool_sql_open(struct spool_sql *sql, const char *path)
{
    int error = open_handle(sql, path);

    return error ? error : or_close(sql, execute(sql, settings));
}

int spool_sql_open_wreck(struct spool_sql *sql, const char *path)
{
    int error = open_handle(sql, path);

    if (error) {
        return error;
    }
    sql->is_wreck = true;
    sqlite3_db_config(sql->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return or_close(sql, execute(sql, "PRAGMA writable_schema = ON;"
                                      "PRAGMA locking_mode = EXCLUSIVE;"
                                      "PRAGMA temp_store = MEMORY;"
                                      "PRAGMA trusted_schema = OFF;"
                                      "PRAGMA cell_size_check = ON;"));
}

int spool_sql_create(struct spool_sql *sql, const char *path)
{
    int error = open_handle(sql, path);

    if (!error) {
        error = or_close(sql, execute(sql, settings));
    }
    return error ? error : or_close(sql, execute(sql, schema));
}

void spool_sql_close(struct spool_sql *sql)
{
    for (unsigned i = 0; i < SPOOL_STATEMENT_COUNT; i++) {
        sqlite3_finalize(sql->statements[i]);
        sql->statements[i] = NULL;
    }
    sqlite3_close(sql->handle);
    sql->handle = NULL;
}

struct sqlite3_stmt *spool_sql_ready(struct spool_sql *sql, enum spool_statement statement, int *error)
{
    struct sqlite3_stmt **slot = &sql->statements[statement];

    if (*slot) {
        spool_sql_reset(*slot);
        return *slot;
    }
    int result = sqlite3_prepare_v3(sql->handle, texts[statement], -1, SQLITE_PREPARE_PERSISTENT, slot, NULL);
    *error = result == SQLITE_OK ? 0 : error_of(sql, result);
    return *slot;
}

/* Binding fails only for a wrong index or without memory; then the value is NULL and NOT NULL refuses it. */
void spool_sql_bind(struct sqlite3_stmt *ready, int index, int64_t number)
{
    sqlite3_bind_int64(ready, index, number);
}

void spool_sql_bind_null(struct sqlite3_stmt *ready, int index)
{
    sqlite3_bind_null(ready, index);
}

void spool_sql_bind_text(struct sqlite3_stmt *ready, int index, const char *text)
{
    sqlite3_bind_text(ready, index, text, -1, SQLITE_STATIC);
}

void spool_sql_bind_blob(struct sqlite3_stmt *ready, int index, const void *bytes, size_t len)
{
    sqlite3_bind_blob64(ready, index, len ? bytes : "", len, SQLITE_STATIC);
}

int spool_sql_step(struct spool_sql *sql, struct sqlite3_stmt *ready)
{
    int result = sqlite3_step(ready);

    if (result == SQLITE_ROW) {
        return 1;
    }
    int error = result == SQLITE_DONE ? 0 : error_of(sql, result);
    spool_sql_reset(ready);
    return error;
}

void spool_sql_reset(struct sqlite3_stmt *ready)
{
    sqlite3_reset(ready);
    sqlite3_clear_bindings(ready);
}

int64_t spool_sql_number(struct sqlite3_stmt *row, int column)
{
    return sqlite3_column_int64(row, column);
}

bool spool_sql_is_null(struct sqlite3_stmt *row, int column)
{
    return sqlite3_column_type(row, column) == SQLITE_NULL;
}

const char *spool_sql_text(struct sqlite3_stmt *row, int column)
{
    if (sqlite3_column_type(row, column) != SQLITE_TEXT) {
        return NULL;
    }
    return (const char *)sqlite3_column_text(row, column);
}

const uint8_t *spool_sql_blob(struct sqlite3_stmt *row, int column, size_t *len)
{
    if (sqlite3_column_type(row, column) != SQLITE_BLOB) {
        return NULL;
    }
    const uint8_t *bytes = sqlite3_column_blob(row, column);
    *len = (size_t)sqlite3_column_bytes(row, column);
    return bytes ? bytes : (*len == 0 ? (const uint8_t *)"" : NULL);
}

int spool_sql_run(struct spool_sql *sql, enum spool_statement statement, int64_t *number)
{
    int error = 0;
    struct sqlite3_stmt *ready = spool_sql_ready(sql, statement, &error);
    bool first = true;

    if (!ready) {
        return error;
    }
    while ((error = spool_sql_step(sql, ready)) == 1) {
        if (number && first) {
            *number = spool_sql_number(ready, 0);
        }
        first = false;
    }
    return error;
}

int spool_sql_finish(struct spool_sql *sql, struct sqlite3_stmt *ready)
{
    int result;

    do {
        result = spool_sql_step(sql, ready);
    } while (result == 1);
    return result;
}

int spool_sql_check(struct spool_sql *sql, enum spool_statement statement)
{
    int error = 0;
    struct sqlite3_stmt *ready = spool_sql_ready(sql, statement, &error);

    if (!ready) {
        return error;
    }
    int result = spool_sql_step(sql, ready);
    if (result != 1) {
        return result ? result : SPOOL_DAMAGED;
    }
    const char *text = spool_sql_text(ready, 0);
    bool sound = text && strcmp(text, "ok") == 0;
    spool_sql_reset(ready);
    return sound ? 0 : SPOOL_DAMAGED;
}
