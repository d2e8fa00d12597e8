/*
 * The database object: the open file, what is known of it, and the work that is done with it on another thread. The
 * spool lends it to one job at a time. Nothing here knows of the loop, calls back or writes a log.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_DB_H
#define BLYNKD_BRIDGE_SPOOL_DB_H

#include "spool_items.h"
#include "spool_record.h"
#include "spool_sql.h"
#include "spool_totals.h"

#define SPOOL_PATH_MAX 300 /* the path and what is hung onto it */

struct spool_db {
    struct spool_config config;
    struct spool_sql sql;
    struct spool_totals totals; /* as committed */
    struct spool_boot boot;     /* the present one */
    struct spool_boot memo;     /* the one that was asked for last; id 0: none */
    uint64_t file_bytes;
    bool damaged; /* damage was met at work: the next open carries over what is left */
};

/* What opening the file brought. */
struct spool_found {
    struct spool_items items;
    struct spool_state state;
};

bool spool_db_is_open(const struct spool_db *db);

/* Makes the file if there is none, carries over what is left of a damaged one. `first`: of this process; then rows of
 * lane FRESH become BACKLOG and all that is to be given back is in found->items. */
int spool_db_open(struct spool_db *db, bool first, struct spool_found *found);
/* Marks it as closed in order, if it is open and nothing is wrong with it. */
void spool_db_close(struct spool_db *db);

int spool_db_store(struct spool_db *db, const struct spool_batch *batch);
int spool_db_load(struct spool_db *db, uint64_t from, size_t max, struct spool_items *items);

/* ---- among its rooms ---- */

int spool_db_write_totals(struct spool_db *db);
/* -EIO: there is no such thing. */
int spool_db_read_totals(struct spool_sql *sql, struct spool_totals *totals);
/* Sets this_boot and made_wall_ms. */
int spool_db_date(struct spool_db *db, struct spool_record *record);
void spool_db_measure(struct spool_db *db);
/* -ENOSPC: the disk would have less than min_free_bytes after so many. */
int spool_db_check_free(const struct spool_db *db, uint64_t bytes);
/* Into PATH goes a new file with what could be read from the old one, which is set aside; see spool_salvage.c. */
int spool_db_salvage(struct spool_db *db, struct spool_state *state);

/* ---- files (spool_files.c) ---- */

/* PATH and what is hung onto it. */
void spool_path(const char *path, const char *ending, char out[SPOOL_PATH_MAX]);
bool spool_file_exists(const char *path, const char *ending);
uint64_t spool_file_size(const char *path, const char *ending);
void spool_file_remove(const char *path, const char *ending); /* with its log */
/* An empty file with mode 0600, instead of what was there. */
int spool_file_make(const char *path, const char *ending);
/* PATH<ending> becomes PATH, and that is on the disk. */
int spool_file_install(const char *path, const char *ending);
/* PATH and its log get the name of a damaged file; its new name in `name`. The newest three are kept. */
int spool_file_set_aside(const char *path, char name[SPOOL_PATH_MAX]);

#endif
