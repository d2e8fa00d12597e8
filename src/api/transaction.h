/*
 * MULTI to EXEC, and WATCH: the commands that a client has queued, and the pins whose change makes EXEC do
 * nothing. Owned by the client, made by MULTI or WATCH and freed as soon as neither is in force. Bounded; it
 * never waits, hence between the first and the last command of a transaction nobody else's runs.
 */
#ifndef BLYNKD_API_TRANSACTION_H
#define BLYNKD_API_TRANSACTION_H

#include "resp.h"

#include <stdbool.h>
#include <stddef.h>

#define TRANSACTION_COMMANDS_MAX 1024
#define TRANSACTION_BYTES_MAX    524288 /* of queued commands */
#define TRANSACTION_WATCHES_MAX  64     /* pins */

struct api_client;
struct command;
struct transaction;

/* Commands go into the queue instead of being run. */
bool transaction_queueing(const struct transaction *transaction);

/* A command while transaction_queueing(): queues it, runs it if it steers the transaction, or refuses it. NULL:
 * it was refused already, and the error is the reply. */
void transaction_take(struct api_client *client, const struct command *command, const struct resp_arg *args,
                      size_t count);

/* Commands in the queue; -1 outside of MULTI to EXEC. Bytes that are kept for them. */
long transaction_count(const struct transaction *transaction);
size_t transaction_bytes(const struct transaction *transaction);

/* Ends MULTI and WATCH and frees all. Not while the commands are run, which none of them can ask for. */
void transaction_forget(struct api_client *client);

#endif
