/*
 * An outbox and its store over a real file, in virtual time, with a directory of their own and a server that only
 * listens: what reaches it is written down. The test owns the rig and decides when there is a session, when it ends
 * and how the daemon does. The rig judges nothing by itself.
 */
#ifndef STORE_RIG_H
#define STORE_RIG_H

#include "blynkd/base/timer.h"
#include "blynkd/bridge/meter.h"
#include "blynkd/bridge/outbox.h"
#include "bridge/store.h"

struct store_got {
    uint8_t command;
    unsigned pin; /* number of a virtual pin */
    char text[32];
    int64_t time_ms; /* of its group; 0: none */
    unsigned group;  /* counts groups; 0: alone */
};

struct store_rig {
    struct sched *sched;
    char dir[64];
    struct outbox_config config;
    struct pins *pins;
    struct outbox *outbox;
    struct store *store;
    struct meter *meter;
    struct blynk_source source;
    struct blynk_session *session; /* gives message ids */
    struct buf out;
    uint64_t mark;
    struct store_got *got;
    size_t got_count, got_room;
    unsigned groups;
    unsigned ready, stored, failed, troubles, closed;
    uint64_t confirmed_up_to; /* as told */
    char trouble[256];
    char log[16384]; /* "warning outbox: ...\n" */
};

void store_rig_begin(struct store_rig *rig);
void store_rig_end(struct store_rig *rig); /* removes the directory */

void store_rig_create(struct store_rig *rig);
void store_rig_start(struct store_rig *rig); /* create and open */
void store_rig_stop(struct store_rig *rig);  /* in order */
/* The process is gone; the files are as they were at this moment. */
void store_rig_kill(struct store_rig *rig);

int store_rig_put(struct store_rig *rig, unsigned pin, const char *value);
int store_rig_put_at(struct store_rig *rig, unsigned pin, const char *value, int64_t wall_ms);
void store_rig_event(struct store_rig *rig, const char *code);

/* At most so many messages to the server, into `got`; returns how many things were got. */
size_t store_rig_send(struct store_rig *rig, size_t messages);
/* Sends, confirms, lets the disk work, until nothing comes any more. */
void store_rig_drain(struct store_rig *rig);
void store_rig_confirm(struct store_rig *rig);
/* "1 a|5 b|event [": pin and value of all that was got since the last call; a group is in brackets. */
const char *store_rig_text(struct store_rig *rig);

/* What stands in the file, as another program sees it. -1: there is no file. */
long store_rig_rows(struct store_rig *rig);
void store_rig_path(const struct store_rig *rig, char path[128]);

#endif
