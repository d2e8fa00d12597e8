/*
 * SQLite as the spool needs it: one connection, its statements by name, results as negative errno. The database
 * object owns it. It does not know what rows mean, and is the only place that knows SQLite's header.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_SQL_H
#define BLYNKD_BRIDGE_SPOOL_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

#define SPOOL_SCHEMA_VERSION 2 /* 2: secrets */

/* The file is not what was written into it ("structure needs cleaning"). */
#define SPOOL_DAMAGED (-EUCLEAN)

#define SPOOL_ROW_COLUMNS "sequence, lane, command, pin, grp, wall_ms, made_ms, boot, value, crc"

/* Lanes other than BACKLOG are few and are found by the partial index; SQLite must see its condition in the text. */
#define SPOOL_STATEMENTS(X)                                                                                  \
    X(SQL_BEGIN, "BEGIN IMMEDIATE")                                                                          \
    X(SQL_COMMIT, "COMMIT")                                                                                  \
    X(SQL_ROLLBACK, "ROLLBACK")                                                                              \
    X(SQL_USER_VERSION, "PRAGMA user_version")                                                               \
    X(SQL_QUICK_CHECK, "PRAGMA quick_check(1)")                                                              \
    X(SQL_INTEGRITY_CHECK, "PRAGMA integrity_check(1)")                                                      \
    X(SQL_PAGES, "PRAGMA page_count")                                                                        \
    X(SQL_FREE_PAGES, "PRAGMA freelist_count")                                                               \
    X(SQL_VACUUM_STEP, "PRAGMA incremental_vacuum(256)")                                                     \
    X(SQL_VACUUM_LEAP, "PRAGMA incremental_vacuum(4096)")                                                    \
    X(SQL_META_GET, "SELECT value FROM meta WHERE key = ?1")                                                 \
    X(SQL_META_SET, "INSERT OR REPLACE INTO meta(key, value) VALUES(?1, ?2)")                                \
    X(SQL_ROW_GET, "SELECT " SPOOL_ROW_COLUMNS " FROM outbox WHERE sequence = ?1")                           \
    X(SQL_ROW_PUT, "INSERT OR REPLACE INTO outbox(" SPOOL_ROW_COLUMNS ")"                                    \
                   " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                                       \
    X(SQL_ROW_DELETE, "DELETE FROM outbox WHERE sequence = ?1")                                              \
    X(SQL_ROW_PARK, "UPDATE outbox SET lane = ?2, crc = ?3 WHERE sequence = ?1")                             \
    X(SQL_ROWS_FROM,                                                                                         \
      "SELECT " SPOOL_ROW_COLUMNS " FROM outbox NOT INDEXED WHERE sequence >= ?1 ORDER BY sequence")         \
    X(SQL_ROWS_OF_LANE, "SELECT " SPOOL_ROW_COLUMNS " FROM outbox INDEXED BY outbox_lane"                    \
                        " WHERE lane < 3 AND lane = ?1 AND sequence > ?2 ORDER BY sequence LIMIT ?3")        \
    X(SQL_FIRST_BACKLOG, "SELECT sequence FROM outbox NOT INDEXED WHERE lane = 3 ORDER BY sequence LIMIT 1") \
    X(SQL_PIN_ALL, "SELECT pin, value, wall_ms, from_blynk, crc FROM pins ORDER BY pin")                     \
    X(SQL_PIN_GET, "SELECT pin, value, wall_ms, from_blynk, crc FROM pins WHERE pin = ?1")                   \
    X(SQL_PIN_PUT,                                                                                           \
      "INSERT OR REPLACE INTO pins(pin, value, wall_ms, from_blynk, crc) VALUES(?1, ?2, ?3, ?4, ?5)")        \
    X(SQL_METER_ALL, "SELECT name, value, crc FROM meters ORDER BY name")                                    \
    X(SQL_METER_ALL_BACKWARDS, "SELECT name, value, crc FROM meters ORDER BY name DESC")                     \
    X(SQL_METER_PUT, "INSERT OR REPLACE INTO meters(name, value, crc) VALUES(?1, ?2, ?3)")                   \
    X(SQL_SECRET_ALL, "SELECT name, value, crc FROM secrets ORDER BY name LIMIT 16")                         \
    X(SQL_SECRET_PUT, "INSERT OR REPLACE INTO secrets(name, value, crc) VALUES(?1, ?2, ?3)")                 \
    X(SQL_SECRET_FORGET, "DELETE FROM secrets WHERE name = ?1")                                              \
    X(SQL_METER_FORGET, "DELETE FROM meters WHERE substr(name, 1, length(?1)) = ?1")                         \
    X(SQL_BOOT_ALL, "SELECT id, boot_id, offset_ms, crc FROM boots ORDER BY id")                             \
    X(SQL_BOOT_GET, "SELECT id, boot_id, offset_ms, crc FROM boots WHERE id = ?1")                           \
    X(SQL_BOOT_PUT, "INSERT OR REPLACE INTO boots(id, boot_id, offset_ms, crc) VALUES(?1, ?2, ?3, ?4)")      \
    X(SQL_BOOT_SWEEP, "DELETE FROM boots WHERE id <> ?1 AND id NOT IN (SELECT boot FROM outbox)")

enum spool_statement {
#define SPOOL_STATEMENT_ENUM(name, text) name,
    SPOOL_STATEMENTS(SPOOL_STATEMENT_ENUM)
#undef SPOOL_STATEMENT_ENUM
        SPOOL_STATEMENT_COUNT,
};

struct spool_sql {
    struct sqlite3 *handle; /* NULL: closed */
    struct sqlite3_stmt *statements[SPOOL_STATEMENT_COUNT];
    bool is_wreck;
    bool unsure; /* an I/O error was met: to be closed before the next try */
};

/* A file that is there. A wreck is read for what is left in it, whatever its schema says, and not written. */
int spool_sql_open(struct spool_sql *sql, const char *path);
/* From an older version of the schema to the present one. */
int spool_sql_migrate(struct spool_sql *sql, int64_t version);
int spool_sql_open_wreck(struct spool_sql *sql, const char *path);
/* An empty file becomes a spool of the present version. */
int spool_sql_create(struct spool_sql *sql, const char *path);
/* Checkpoints if it can. Idempotent. */
void spool_sql_close(struct spool_sql *sql);

/* The statement, ready for values; NULL: *error says why. It must not outlive the next one of that name. */
struct sqlite3_stmt *spool_sql_ready(struct spool_sql *sql, enum spool_statement statement, int *error);
void spool_sql_bind(struct sqlite3_stmt *ready, int index, int64_t number);
void spool_sql_bind_null(struct sqlite3_stmt *ready, int index);
void spool_sql_bind_text(struct sqlite3_stmt *ready, int index,
                         const char *text); /* must live until the reset */
void spool_sql_bind_blob(struct sqlite3_stmt *ready, int index, const void *bytes, size_t len); /* likewise */
/* 1: a row; 0: no more; or an error. After anything but 1 the statement is reset. */
int spool_sql_step(struct spool_sql *sql, struct sqlite3_stmt *ready);
void spool_sql_reset(struct sqlite3_stmt *ready);

int64_t spool_sql_number(struct sqlite3_stmt *row, int column);
bool spool_sql_is_null(struct sqlite3_stmt *row, int column);
/* NULL if it is not of that kind. Valid until the next step or reset. */
const char *spool_sql_text(struct sqlite3_stmt *row, int column);
const uint8_t *spool_sql_blob(struct sqlite3_stmt *row, int column, size_t *len);

/* Runs a statement without values; its first number, if it gives one, goes into `number` (may be NULL). */
int spool_sql_run(struct spool_sql *sql, enum spool_statement statement, int64_t *number);
/* Runs a statement with values that were bound, to its end. */
int spool_sql_finish(struct spool_sql *sql, struct sqlite3_stmt *ready);
/* Of a check: 0, SPOOL_DAMAGED or another error. */
int spool_sql_check(struct spool_sql *sql, enum spool_statement statement);

#endif
