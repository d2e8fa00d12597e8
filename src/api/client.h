/*
 * One connected program: what it sent and has not been executed, what is to be sent to it, what it subscribed
 * to, what it waits for. Made on accept, ended by client_close(); its memory goes when libuv has let go of it.
 * It never executes a command out of order, nor two at once.
 */
#ifndef BLYNKD_API_CLIENT_H
#define BLYNKD_API_CLIENT_H

#include "acl.h"
#include "pubsub.h"
#include "reply.h"
#include "resp.h"
#include "withheld.h"

#include "blynkd/base/timer.h"
#include "blynkd/bridge/bridge.h"

#include <uv.h>

#define CLIENT_TEXT_MAX 64 /* bytes of a client's or library's name, with the zero */

struct api_server;
struct command;
struct transaction;

struct api_client {
    uv_pipe_t pipe;
    uv_write_t write;
    struct api_server *server;
    struct list node;
    struct list dirty_node;
    struct acl_peer peer;
    enum api_role role;
    uint64_t id;

    struct resp_parser parser;
    struct buf in;  /* bytes of commands that cannot run yet */
    struct buf out; /* what the next flush sends */
    struct reply reply;
    struct withheld withheld; /* from where on `out` must wait for the disk */
    struct buf flying;        /* what libuv sends at the moment; empty if nothing */
    size_t published_bytes;   /* of `out`: messages, not replies */
    size_t flying_published;  /* the same of `flying` */
    size_t stalled_bytes;     /* unsent at the last tick */
    unsigned stalled_ticks;

    struct pubsub_subscriber subscriber;
    struct bridge_request request;
    const struct command *waiting;   /* the command that `request` belongs to; NULL if none */
    uint64_t sequence;               /* of its last write; 0 = none */
    uint64_t flushing;               /* what its BLYNK.FLUSH waits for */
    struct transaction *transaction; /* NULL: neither MULTI nor WATCH is in force */
    struct task resume;
    struct timer tick;

    const struct command *last;
    uint64_t commands;
    uint64_t connected_ms;
    uint64_t active_ms;
    char name[CLIENT_TEXT_MAX];
    char library[CLIENT_TEXT_MAX];
    char library_version[CLIENT_TEXT_MAX];

    bool reading;
    bool paused;  /* too much output waits: no command runs until it went out */
    bool ended;   /* the other side sends no more (but may still read) */
    bool leaving; /* to be closed when all output went out; no command runs */
    bool doomed;  /* to be closed before the loop sleeps */
    bool closing;
};

/* Takes the next connection of the listener; counts and logs what goes wrong. */
void client_accept(struct api_server *server, uv_stream_t *listener);

/* An error reply, counted. The text begins with its code: "ERR ...", "WRONGPIN ...". */
void client_error(struct api_client *client, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The command waits for client->request: nothing further runs until client_answered(). */
void client_wait(struct api_client *client);
/* The request's on_done has put its reply. */
void client_answered(struct api_client *client);

/* Runs what is left over, soon. */
void client_resume(struct api_client *client);

/* Closes it when its output went out. */
void client_leave(struct api_client *client);
/* Closes it before the loop sleeps; safe from anywhere, also while messages are delivered. */
void client_doom(struct api_client *client);
/* Closes it now. Not while subscriptions are walked through. Idempotent. */
void client_close(struct api_client *client);

#endif
