/*
 * What goes out to clients: collected while commands run, sent once a turn of the loop, bounded. Who does not
 * read is closed, logged and counted. Owns no memory of its own; the buffers are the client's.
 */
#ifndef BLYNKD_API_OUTPUT_H
#define BLYNKD_API_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct api_client;
struct api_server;

/* After something was added to client->out: notes it for the flush and looks at the bounds. */
void output_added(struct api_client *client);

/* A message to one subscriber; `pattern` NULL for a subscription by name. */
struct output_message {
    const char *channel;
    const void *bytes;
    size_t len;
};
void output_publish(struct api_client *client, const struct output_message *message, const char *pattern,
                    size_t pattern_len);

/* Bytes that wait for the client. */
size_t output_waiting(const struct api_client *client);
/* Bytes of replies that may be added before the client counts as one that does not read. */
size_t output_room(const struct api_client *client);

/* Once a second while the client is paused: true if it has read nothing for so long that it must go. */
bool output_stalled(struct api_client *client);

/* All writes up to the ticket are on the disk; or, if it failed, nothing more is, and `why` says it to people. */
void output_on_stored(struct api_client *client, uint64_t ticket, bool failed, const char *why);

/* Sends what all clients have waiting; ends those that are to be ended. */
void output_flush_all(struct api_server *server);
void output_flush(struct api_client *client);

#endif
