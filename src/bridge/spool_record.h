/*
 * Rows of the four tables with their checksums: how a row is written and how it is read back. Reading tells a row
 * that is not what was written. Holds nothing; what was read lives in the statement until its next step.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_RECORD_H
#define BLYNKD_BRIDGE_SPOOL_RECORD_H

#include "spool_items.h"
#include "spool_sql.h"

struct spool_record {
    struct spool_row row; /* this_boot and made_wall_ms are not set */
    int64_t boot;
};

struct spool_boot {
    int64_t id;
    char name[SPOOL_BOOT_MAX];
    bool known; /* offset_ms */
    int64_t offset_ms;
};

/* 0 or an error. */
int spool_record_write(struct spool_sql *sql, const struct spool_record *record);
int spool_record_park(struct spool_sql *sql, struct spool_record *record); /* its lane becomes BACKLOG */
int spool_pin_write(struct spool_sql *sql, const struct spool_item *item);
int spool_meter_write(struct spool_sql *sql, const char *name, uint64_t value);
int spool_boot_write(struct spool_sql *sql, const struct spool_boot *boot);

/* From a statement that stands on a row. False: it is damaged. */
bool spool_record_read(struct sqlite3_stmt *row, struct spool_record *record);
bool spool_pin_read(struct sqlite3_stmt *row, struct spool_item *item);
int spool_secret_write(struct spool_sql *sql, const struct spool_item *item);
/* item->row.bytes: valid until the next one is read. */
bool spool_secret_read(struct sqlite3_stmt *row, struct spool_item *item);
bool spool_meter_read(struct sqlite3_stmt *row, struct spool_item *item);
bool spool_boot_read(struct sqlite3_stmt *row, struct spool_boot *boot);

#endif
