/*
 * A list of rows, values of pins, meters and orders with their bytes: what a batch holds, and what was read from the
 * file and goes back to the loop. Belongs to one thread at a time. Knows nothing of the file.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_ITEMS_H
#define BLYNKD_BRIDGE_SPOOL_ITEMS_H

#include "blynkd/bridge/spool.h"

enum spool_item_kind {
    SPOOL_ITEM_ROW,
    SPOOL_ITEM_PIN,   /* row.pin, row.wall_ms, from_blynk, bytes */
    SPOOL_ITEM_METER, /* number; bytes: its name with the zero */
    SPOOL_ITEM_DELETE,
    SPOOL_ITEM_PARK,
    SPOOL_ITEM_FORGET, /* bytes: a prefix with the zero */
    SPOOL_ITEM_CLOCK,  /* number: the offset */
    SPOOL_ITEM_SECRET, /* number: bytes of its name with the zero, which comes first; nothing behind it: forget it */
};

struct spool_item {
    enum spool_item_kind kind;
    bool from_blynk;
    struct spool_row row; /* row.bytes is set by spool_items_at() */
    uint64_t number;
    size_t at; /* private: where its bytes begin */
};

struct spool_items {
    struct spool_item *items;
    size_t count;
    size_t cap;
    uint8_t *bytes;
    size_t bytes_len;
    size_t bytes_cap;
};

/* Copies the item and row.len bytes from row.bytes. 0 or -ENOMEM. */
int spool_items_add(struct spool_items *list, const struct spool_item *item);
/* With row.bytes set (never NULL); valid until the next add. */
struct spool_item spool_items_at(const struct spool_items *list, size_t index);
void spool_items_free(struct spool_items *list);

#endif
