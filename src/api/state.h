/*
 * What the server is made of. Private to this floor: server.c makes and ends it, the others read it. Everything
 * runs in the loop's thread. It never appears in a public header.
 */
#ifndef BLYNKD_API_STATE_H
#define BLYNKD_API_STATE_H

#include "acl.h"
#include "commands.h"
#include "listener.h"
#include "pubsub.h"
#include "resp.h"

#include "blynkd/api/server.h"
#include "blynkd/api/settings.h"
#include "blynkd/base/buf.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/bridge.h"

#include <uv.h>

#define READ_BYTES 65536 /* of one read(); all clients share this memory */

struct api_server {
    uv_loop_t *loop;
    struct sched *sched;
    struct bridge *bridge;
    struct api_config config;
    struct acl acl;
    struct pubsub pubsub;
    struct listener listener;
    struct list clients;
    struct list dirty; /* clients with output, or to be ended, before the loop sleeps */
    uv_prepare_t before_sleep;
    uv_check_t after_poll;
    unsigned handles; /* of libuv that are not closed yet, and look-ups that run */
    bool hooked;      /* before_sleep and after_poll are initialized */
    bool closing;
    bool trace_wanted;
    bool accept_again; /* there was no memory for a client that knocks */
    uint64_t next_client_id;
    uint64_t started_ms;
    uint64_t rejected_logged_ms;
    struct api_stats stats;
    struct command_index index;
    struct resp_command command;             /* the one that is being executed */
    struct buf show;                         /* maps and texts under construction */
    struct buf replies;                      /* of the transaction that is being executed */
    const struct api_settings_ops *settings; /* NULL: nobody tells of the configuration */
    const char *settings_file;
    void *settings_arg;
    struct task nothing_open;
    void (*on_closed)(void *arg);
    void *on_closed_arg;
    uint8_t scratch[READ_BYTES];
};

/* One handle or look-up less; the last one ends the server that is being closed. */
void server_release(struct api_server *server);

/* Publishing of the trace follows whether anybody wants it. Call it after every change of subscriptions. */
void server_update_trace(struct api_server *server);

#endif
