#include "transaction.h"

#include "client.h"
#include "commands.h"
#include "output.h"
#include "pin_args.h"
#include "state.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum transaction_state {
    TRANSACTION_WATCHING, /* pins are watched, MULTI has not come */
    TRANSACTION_QUEUEING,
    TRANSACTION_RUNNING,
};

struct watch {
    pin_id pin;
    uint32_t changes; /* of the pin, when it was named */
};

struct transaction {
    enum transaction_state state;
    bool broken; /* a command was refused: EXEC will run none */
    unsigned count;
    struct buf queue; /* of each command: its number of words; of each word: its length and bytes */
    size_t watch_count;
    struct watch watches[TRANSACTION_WATCHES_MAX];
};

/* What stands in for a reply that has no room. Shorter than this. */
#define NO_ROOM_TEXT  "TOOBIG done, but the replies of this transaction are too long: ask for less at once"
#define NO_ROOM_BYTES 96

static_assert(sizeof(NO_ROOM_TEXT) + 3 <= NO_ROOM_BYTES, "room for the line that stands in");

static struct transaction *make(struct api_client *client)
{
    if (!client->transaction) {
        client->transaction = calloc(1, sizeof(*client->transaction));
        if (!client->transaction) {
            client_error(client, "ERR out of memory");
            return NULL;
        }
        buf_init(&client->transaction->queue, TRANSACTION_BYTES_MAX);
    }
    return client->transaction;
}

void transaction_forget(struct api_client *client)
{
    if (!client->transaction) {
        return;
    }
    buf_free(&client->transaction->queue);
    free(client->transaction);
    client->transaction = NULL;
}

bool transaction_queueing(const struct transaction *transaction)
{
    return transaction && transaction->state == TRANSACTION_QUEUEING;
}

long transaction_count(const struct transaction *transaction)
{
    return transaction && transaction->state != TRANSACTION_WATCHING ? (long)transaction->count : -1;
}

size_t transaction_bytes(const struct transaction *transaction)
{
    return transaction ? sizeof(*transaction) + transaction->queue.cap : 0;
}

/* ---- WATCH ---- */

static uint32_t changes_of(const struct api_client *client, pin_id pin)
{
    const struct pin_value *value = pins_get(bridge_pins(client->server->bridge), pin);

    return value ? value->changes : 0;
}

static bool watched_changed(const struct api_client *client)
{
    const struct transaction *transaction = client->transaction;

    for (size_t i = 0; i < transaction->watch_count; i++) {
        const struct watch *watch = &transaction->watches[i];
        if (changes_of(client, watch->pin) != watch->changes) {
            return true;
        }
    }
    return false;
}

/* The first naming counts: what changed since then is a change. False: there is no room for one more. */
static bool watch_pin(struct api_client *client, pin_id pin)
{
    struct transaction *transaction = client->transaction;

    for (size_t i = 0; i < transaction->watch_count; i++) {
        if (transaction->watches[i].pin == pin) {
            return true;
        }
    }
    if (transaction->watch_count == TRANSACTION_WATCHES_MAX) {
        return false;
    }
    transaction->watches[transaction->watch_count++] = (struct watch){pin, changes_of(client, pin)};
    return true;
}

void run_watch(struct api_client *client, const struct resp_arg *args, size_t count)
{
    pin_id pin;

    if (transaction_queueing(client->transaction)) {
        client_error(client, "ERR WATCH inside MULTI is not allowed");
        return;
    }
    if (!pin_args_check(client, args + 1, count - 1, 1) || !make(client)) {
        return;
    }
    size_t before = client->transaction->watch_count;
    for (size_t i = 1; i < count; i++) {
        pin_parse(args[i].text, args[i].len, &pin);
        if (!watch_pin(client, pin)) {
            client->transaction->watch_count = before;
            client_error(client, "TOOBIG at most %d pins can be watched; UNWATCH forgets all",
                         TRANSACTION_WATCHES_MAX);
            return;
        }
    }
    reply_ok(&client->reply);
}

/* In a transaction it comes too late to matter: EXEC has looked already. */
void run_unwatch(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    if (client->transaction && client->transaction->state == TRANSACTION_WATCHING) {
        transaction_forget(client);
    }
    reply_ok(&client->reply);
}

/* ---- MULTI: the queue ---- */

void run_multi(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    if (transaction_queueing(client->transaction)) {
        client_error(client, "ERR MULTI calls can not be nested");
    } else if (make(client)) {
        client->transaction->state = TRANSACTION_QUEUEING;
        reply_ok(&client->reply);
    }
}

void run_discard(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    if (!transaction_queueing(client->transaction)) {
        client_error(client, "ERR DISCARD without MULTI");
        return;
    }
    transaction_forget(client);
    reply_ok(&client->reply);
}

/* What is queued will never run. */
static void mark_broken(struct transaction *transaction)
{
    transaction->broken = true;
    buf_free(&transaction->queue);
}

/* These are run at once, as in Redis. */
static bool steers(const struct command *command)
{
    return command->run == run_exec || command->run == run_discard || command->run == run_multi ||
           command->run == run_watch || command->run == run_reset || command->run == run_quit;
}

/* BLYNK.META waits only where it asks. */
static bool may_wait(const struct command *command, const struct resp_arg *args)
{
    return (command->flags & COMMAND_BLOCKING) &&
           !(command->run == run_blynk_meta && command_word(&args[1], "SET"));
}

/* NULL: it may be queued. */
static const char *why_not(const struct command *command, const struct resp_arg *args)
{
    if (may_wait(command, args)) {
        return "it may have to wait for its answer";
    }
    return command->flags & COMMAND_NO_MULTI ? "it changes what else arrives here" : NULL;
}

static bool append_length(struct buf *queue, size_t length)
{
    uint32_t number = (uint32_t)length; /* a command is shorter than RESP_COMMAND_MAX */

    return buf_append(queue, &number, sizeof(number)) == 0;
}

/* All or nothing. */
static bool append(struct buf *queue, const struct resp_arg *args, size_t count)
{
    size_t before = buf_len(queue);
    bool fits = append_length(queue, count);

    for (size_t i = 0; fits && i < count; i++) {
        fits = append_length(queue, args[i].len) && buf_append(queue, args[i].text, args[i].len) == 0;
    }
    if (!fits) {
        buf_truncate(queue, before);
    }
    return fits;
}

static void enqueue(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct transaction *transaction = client->transaction;

    if (transaction->broken) {
        reply_status(&client->reply, "QUEUED");
        return;
    }
    if (transaction->count == TRANSACTION_COMMANDS_MAX || !append(&transaction->queue, args, count)) {
        client_error(client, "TOOBIG at most %d commands and %d bytes in one transaction",
                     TRANSACTION_COMMANDS_MAX, TRANSACTION_BYTES_MAX);
        mark_broken(transaction);
        return;
    }
    transaction->count++;
    reply_status(&client->reply, "QUEUED");
}

void transaction_take(struct api_client *client, const struct command *command, const struct resp_arg *args,
                      size_t count)
{
    if (!command) {
        mark_broken(client->transaction);
        return;
    }
    if (steers(command)) {
        command->run(client, args, count);
        return;
    }
    const char *why = why_not(command, args);
    if (why) {
        client_error(client, "ERR '%s' is not allowed inside a transaction: %s", command->name, why);
        mark_broken(client->transaction);
        return;
    }
    enqueue(client, args, count);
}

/* ---- EXEC ---- */

static size_t take_length(const uint8_t **at)
{
    uint32_t number;

    memcpy(&number, *at, sizeof(number));
    *at += sizeof(number);
    return number;
}

/* Unpacks the command at `at`; its words point into the queue. Returns where the next one is. */
static const uint8_t *unpack(const uint8_t *at, struct resp_command *command)
{
    command->count = take_length(&at);
    assert(command->count <= RESP_ARGS_MAX);
    for (size_t i = 0; i < command->count; i++) {
        size_t len = take_length(&at);
        command->args[i] = (struct resp_arg){.text = (char *)(uintptr_t)at, .len = len};
        at += len;
    }
    return at;
}

/*
 * A reply that has no room gives way to an error line, so that there is one reply to each command, whatever the
 * others are. One that is no longer than such a line stays: a write that was accepted is never told otherwise.
 */
static void run_one(struct api_client *client, const struct resp_command *queued, size_t replies_max)
{
    struct reply *reply = &client->reply;
    size_t before = buf_len(reply->buf);

    const struct command *command = command_check(client, queued->args, queued->count);
    if (command) {
        command->run(client, queued->args, queued->count);
        assert(!client->waiting);
    }
    size_t after = buf_len(reply->buf);
    if (reply->full || (after > replies_max && after - before > NO_ROOM_BYTES)) {
        buf_truncate(reply->buf, before);
        reply->full = false;
        client_error(client, NO_ROOM_TEXT);
    }
}

/* The replies are collected beside client->out, where a message could otherwise get in between them. */
static void run_all(struct api_client *client)
{
    struct transaction *transaction = client->transaction;
    struct resp_command *command = &client->server->command; /* EXEC itself needs its words no longer */
    struct buf *replies = &client->server->replies;
    const uint8_t *at = buf_bytes(&transaction->queue);
    const struct command *exec = client->last;
    size_t spare = (size_t)transaction->count * NO_ROOM_BYTES;

    replies->max = output_room(client);
    size_t replies_max = replies->max > spare ? replies->max - spare : 0;
    transaction->state = TRANSACTION_RUNNING;
    client->reply.buf = replies;
    reply_array(&client->reply, transaction->count);
    for (unsigned i = 0; i < transaction->count; i++) {
        at = unpack(at, command);
        run_one(client, command, replies_max);
    }
    client->reply.buf = &client->out;
    client->last = exec;
    reply_bytes(&client->reply, buf_bytes(replies), buf_len(replies));
    buf_clear(replies);
}

void run_exec(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    if (!transaction_queueing(client->transaction)) {
        client_error(client, "ERR EXEC without MULTI");
        return;
    }
    if (client->transaction->broken) {
        client_error(client, "EXECABORT Transaction discarded because of previous errors.");
    } else if (watched_changed(client)) {
        reply_null_array(&client->reply);
    } else {
        run_all(client);
    }
    transaction_forget(client);
}
