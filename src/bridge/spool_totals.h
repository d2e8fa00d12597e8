/*
 * What is in the file, as numbers that are written with every batch: a million rows need not be counted at start.
 * The database object owns them; a batch works on a copy that counts only when it was committed. One blob in one row
 * of the file, with its own checksum.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_TOTALS_H
#define BLYNKD_BRIDGE_SPOOL_TOTALS_H

#include "blynkd/bridge/spool.h"

struct spool_totals {
    uint64_t clean; /* 1: nothing was written since the file was closed in order */
    uint64_t rows;
    uint64_t bytes;
    uint64_t backlog_rows;
    uint64_t last_sequence;
    uint64_t last_group;
    uint64_t last_boot;
    uint64_t undone; /* batches that were written over; see spool_store.c */
    uint32_t backlog_of_pin[PIN_COUNT];
};

#define SPOOL_TOTALS_BYTES (9 * 8 + 4 * PIN_COUNT + 4) /* fits into one page of 4096 bytes */

void spool_totals_encode(const struct spool_totals *totals, uint8_t bytes[SPOOL_TOTALS_BYTES]);
/* False: they are not what was written. */
bool spool_totals_decode(struct spool_totals *totals, const void *bytes, size_t len);

void spool_totals_add(struct spool_totals *totals, const struct spool_row *row);
/* False: there cannot have been such a row. */
bool spool_totals_subtract(struct spool_totals *totals, const struct spool_row *row);
/* The same rows are counted in both. */
bool spool_totals_agree(const struct spool_totals *a, const struct spool_totals *b);

#endif
