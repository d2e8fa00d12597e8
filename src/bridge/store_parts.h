/*
 * What the two files of the store share: store.c decides when, store_answers.c hears what became of it. Never seen
 * outside.
 */
#ifndef BRIDGE_STORE_PARTS_H
#define BRIDGE_STORE_PARTS_H

#include "store.h"

#include "blynkd/base/timer.h"
#include "blynkd/bridge/spool.h"

enum store_phase { STORE_NEW, STORE_OPENING, STORE_RUNS, STORE_CLOSING, STORE_CLOSED };

#define STORE_SECRETS 5 /* the TLS sessions that the link has, and where its servers are */

struct store_secret {
    char name[SPOOL_SECRET_NAME_MAX]; /* "": free */
    size_t len;
    uint8_t bytes[SPOOL_SECRET_MAX];
};

struct store {
    struct sched *sched;
    struct store_parts parts;
    struct outbox_config config;
    struct store_events events;
    void *arg;
    struct spool *spool;
    enum store_phase phase;
    bool is_open; /* the file */
    bool told_ready;
    struct task wake;
    struct timer timer;
    uint64_t not_before_ms;   /* the next batch */
    uint64_t pins_ms;         /* when the values of pins were last kept */
    uint32_t kept[PIN_COUNT]; /* changes of a pin that are on the disk */
    uint32_t flying[PIN_COUNT];
    int64_t clock_offset_ms; /* as kept */
    int64_t clock_flying_ms;
    uint64_t meters_ms;                         /* when the meters were last kept */
    struct spool_batch *filling;                /* the batch that is being made */
    struct store_secret secrets[STORE_SECRETS]; /* for the next batch */
    uint64_t secrets_due_ms;                    /* UINT64_MAX: there are none */
    bool meters_flying;
    bool meters_loaded;
    uint64_t told_ticket; /* on_stored was called for all up to it */
    bool has_more;        /* the last batch could not hold all that was due */
    bool cannot_read;     /* the last try to read something back */
    unsigned close_tries;
    uint64_t batches;
    uint64_t failures;
    char trouble[SPOOL_WHY_MAX];
    char set_aside[300];
};

extern const struct spool_events store_spool_events;

/* store_secrets.c */
void store_collect_secrets(struct store *store, struct spool_batch *batch);
void store_forget_secrets(struct store *store);

void store_arm(struct store *store, uint64_t due_ms);
void store_close_file(struct store *store);
void store_tell_ready(struct store *store);
/* What became of the batch that had the meters. */
void store_meters_stored(struct store *store, int error);
void store_tell_stored(struct store *store, bool failed);
/* Nothing more reaches the disk: what waits is lost, and people are told. */
void store_give_up(struct store *store, const char *why);

#endif
