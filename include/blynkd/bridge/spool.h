/*
 * The spool: the one file in the state directory that holds what must outlive the process: writes that wait, the
 * last values of pins, meters, what is known of the clock. SQLite behind batches: what belongs together is committed
 * together, on libuv's thread pool, one piece of work at a time and never on the loop. The bridge owns it. It decides
 * nothing: what is written and when it is read back is the outbox's affair.
 */
#ifndef BLYNKD_BRIDGE_SPOOL_H
#define BLYNKD_BRIDGE_SPOOL_H

#include "blynkd/bridge/pins.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;
struct spool;
struct spool_batch;

#define SPOOL_WHY_MAX    160
#define SPOOL_BOOT_MAX   40
#define SPOOL_VALUE_MAX  1024 /* bytes of a row: a body that may be sent to Blynk (BLYNK_SEND_BODY_MAX) */
#define SPOOL_BATCH_ROWS 1024 /* rows that one batch can hold */
#define SPOOL_NAME_MAX   48

#define SPOOL_SECRET_NAME_MAX 256
#define SPOOL_SECRET_MAX      4096

/* In which order rows are sent; written with the row. */
enum spool_lane {
    SPOOL_LANE_EVENT = 0,
    SPOOL_LANE_LATEST = 1,
    SPOOL_LANE_FRESH = 2,   /* sent and not confirmed, or about to be: still in memory */
    SPOOL_LANE_BACKLOG = 3, /* memory may have forgotten it */
};

struct spool_row {
    uint64_t sequence; /* its key; > 0 */
    enum spool_lane lane;
    uint8_t command;  /* enum blynk_command */
    pin_id pin;       /* of a write */
    uint32_t group;   /* rows that were written together; 0: alone */
    int64_t wall_ms;  /* the sample's own time, given by the writer; 0: none */
    uint64_t made_ms; /* when it was accepted: monotonic time of the boot it was made in */
    bool this_boot;   /* given back only: made_ms is of this boot */
    int64_t
        made_wall_ms; /* given back only: made_ms as time since 1970 by what is known of that boot's clock; 0: unknown */
    uint16_t len;
    const uint8_t *bytes; /* given back: valid during the callback */
};

struct spool_config {
    char path[256];
    char boot_id[SPOOL_BOOT_MAX]; /* of this boot; /proc/sys/kernel/random/boot_id */
    uint64_t min_free_bytes;      /* writes fail with -ENOSPC when the disk would have less left */
};

/* What is in the file. Sequences are ascending; rows deleted in between leave holes. */
struct spool_state {
    uint64_t rows;          /* of all lanes */
    uint64_t bytes;         /* of their values */
    uint64_t backlog_rows;  /* lane BACKLOG */
    uint64_t first_backlog; /* smallest sequence of lane BACKLOG; 0: none */
    uint64_t last_sequence; /* largest ever given out, over all boots */
    uint32_t last_group;
    uint32_t backlog_of_pin[PIN_COUNT]; /* rows of lane BACKLOG a pin */
    uint64_t file_bytes;
    uint64_t salvaged; /* rows that were carried over from a damaged file at this start */
    uint64_t lost; /* rows of it that could not be read, as far as it can be known; at least 1 if damaged */
    char set_aside[300]; /* where the damaged file is now; "": it was sound */
};

struct spool_events {
    /* The file is open (error 0), or not: then nothing can be stored until a later try (made every 10 s, and before
     * each batch) succeeds; on_open is called again when it does. The rows of lanes EVENT and LATEST, values of pins
     * and meters have been given before this (on_row, on_pin, on_meter); rows that were in lane FRESH are in lane
     * BACKLOG now. `why` is for people. */
    void (*on_open)(void *arg, int error, const char *why, const struct spool_state *state);
    void (*on_row)(void *arg, const struct spool_row *row);
    void (*on_pin)(void *arg, pin_id pin, const void *value, size_t len, int64_t wall_ms, bool from_blynk);
    void (*on_meter)(void *arg, const char *name, uint64_t value);
    void (*on_secret)(void *arg, const char *name, const uint8_t *bytes, size_t len);
    /* A batch is on the disk (error 0), or nothing of it is. -ENOSPC, -EROFS, -EIO, ... */
    void (*on_stored)(void *arg, struct spool_batch *batch, int error, const char *why);
    /* The answer of spool_load(): on_row was called for each; `count` of them. */
    void (*on_loaded)(void *arg, int error, size_t count);
    /* After spool_close(): the file is closed. */
    void (*on_closed)(void *arg);
};

/* NULL: no memory. Nothing happens before spool_open(). */
struct spool *spool_create(struct sched *sched, const struct spool_config *config,
                           const struct spool_events *events, void *arg);
/* Only before spool_open() or after on_closed. */
void spool_destroy(struct spool *spool);

void spool_open(struct spool *spool);
/* What is under way is finished, then the file is closed. No event but on_stored and on_closed after it. */
void spool_close(struct spool *spool);

/* True while work is under way: the next piece waits for it. */
bool spool_is_busy(const struct spool *spool);

/*
 * A batch: made, filled, stored; then it is the spool's until on_stored has returned. All of it is committed or
 * nothing. Fill functions copy; -ENOMEM, or -ENOSPC when SPOOL_BATCH_ROWS rows are in it (deletes, pins and meters
 * are not counted, they are bounded by what there is of them).
 */
struct spool_batch *spool_batch_create(void);
void spool_batch_destroy(struct spool_batch *batch);      /* only if it was not given to spool_store() */
size_t spool_batch_size(const struct spool_batch *batch); /* operations in it; 0: nothing to store */
int spool_batch_put(struct spool_batch *batch,
                    const struct spool_row *row);                     /* a row of that sequence is replaced */
int spool_batch_delete(struct spool_batch *batch, uint64_t sequence); /* no error if there is none */
int spool_batch_park(struct spool_batch *batch, uint64_t sequence);   /* its lane becomes BACKLOG */
int spool_batch_pin(struct spool_batch *batch, pin_id pin, const void *value, size_t len, int64_t wall_ms,
                    bool from_blynk);
int spool_batch_meter(struct spool_batch *batch, const char *name, uint64_t value);
/* Forgets all meters whose names begin so. */
int spool_batch_meter_forget(struct spool_batch *batch, const char *prefix);
/* Something that nobody may read: the file has mode 0600. `len` 0: it is forgotten. */
int spool_batch_secret(struct spool_batch *batch, const char *name, const void *bytes, size_t len);
/* What must be added to monotonic time of this boot for time since 1970, in ms; the last one counts. */
int spool_batch_clock(struct spool_batch *batch, int64_t offset_ms);

/* 0: on_stored follows. -EBUSY: other work is under way. -ENOTCONN: the file is not open (on_open says when). */
int spool_store(struct spool *spool, struct spool_batch *batch);

/* Rows of lane BACKLOG with sequences from `from` on, at most `max`, in order. Results as spool_store(). */
int spool_load(struct spool *spool, uint64_t from, size_t max);

/* Bytes of the file and its log after the last batch. */
uint64_t spool_file_bytes(const struct spool *spool);

#endif
