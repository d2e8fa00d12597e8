/*
 * A spool in virtual time with a directory of its own, and a model of what must be in it. The test owns it. It
 * judges nothing by itself but that events come as promised.
 */
#ifndef SPOOL_RIG_H
#define SPOOL_RIG_H

#include "blynkd/base/timer.h"
#include "blynkd/bridge/spool.h"

#define RIG_SEQUENCES 1024
#define RIG_METERS    16

struct rig_row {
    bool there;
    struct spool_row row;
    uint8_t bytes[SPOOL_VALUE_MAX];
};

struct rig_pin {
    bool there;
    bool from_blynk;
    int64_t wall_ms;
    size_t len;
    uint8_t bytes[4096];
};

struct rig_meter {
    char name[SPOOL_NAME_MAX];
    uint64_t value;
};

/* What is, or should be, in a file. */
struct rig_content {
    struct rig_row rows[RIG_SEQUENCES]; /* by sequence */
    struct rig_pin pins[PIN_COUNT];
    struct rig_meter meters[RIG_METERS];
    unsigned meter_count;
};

struct spool_rig {
    struct sched *sched;
    struct spool *spool;
    struct spool_config config;
    char dir[64];
    char secrets[256];         /* "name=value " of all that were given back */
    struct rig_content *given; /* since the last open */
    bool keep;                 /* rows into `given` */
    unsigned opens, stores, loads, closes, rows;
    int open_error, store_error, load_error;
    size_t loaded;
    uint64_t last_loaded;
    char why[SPOOL_WHY_MAX];
    char store_why[SPOOL_WHY_MAX];
    struct spool_state state;
};

void spool_rig_begin(struct spool_rig *rig);
void spool_rig_end(struct spool_rig *rig); /* removes the directory */
void spool_rig_empty(struct spool_rig *rig);

/* Opens a new spool on the file and lets everything happen. */
void spool_rig_open(struct spool_rig *rig);
void spool_rig_open_on(struct spool_rig *rig, struct sched *sched); /* only begins it */
void spool_rig_close(struct spool_rig *rig);
/* Stores and destroys the batch. */
int spool_rig_store(struct spool_rig *rig, struct spool_batch *batch);
/* All of the backlog into `given`, in steps. */
void spool_rig_load_all(struct spool_rig *rig);

struct spool_row spool_rig_row(uint64_t sequence, enum spool_lane lane, pin_id pin, const char *value);
void spool_rig_put(struct spool_batch *batch, uint64_t sequence, enum spool_lane lane, pin_id pin,
                   const char *value);
/* What a batch with it does to a model. */
void rig_content_put(struct rig_content *content, const struct spool_row *row);

#endif
