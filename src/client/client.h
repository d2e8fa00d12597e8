/*
 * The insides of a client: its connections, what it subscribed to, and what was wrong last. client.c owns the struct,
 * and the other files of this folder work on it. It never holds a reply longer than until the next call.
 */
#ifndef BLYNKD_CLIENT_CLIENT_H
#define BLYNKD_CLIENT_CLIENT_H

#include "blynkd/client.h"
#include "wire.h"

#include <sys/un.h>

#define CLIENT_ERROR_BYTES 256
#define CLIENT_EARLY_MAX   64

struct blynkd_client {
    char path[sizeof(((struct sockaddr_un *)NULL)->sun_path)];
    uint32_t timeout_ms;
    struct wire calls;    /* questions and answers */
    struct wire messages; /* subscriptions: RESP2 allows nothing else on their connection */
    bool was_connected;
    bool connected_again; /* the daemon takes the client for another one than before */
    char channels[BLYNKD_CLIENT_SUBSCRIPTIONS_MAX][BLYNKD_CLIENT_CHANNEL_BYTES];
    size_t channel_count;
    redisReply *message; /* the one given out last */
    redisReply
        *early[CLIENT_EARLY_MAX]; /* came while a subscription was being confirmed; first in, first out */
    size_t early_first, early_count;
    char error[CLIENT_ERROR_BYTES];
};

/* Keeps the sentence, control characters made harmless; returns `result`. */
int client_fail(struct blynkd_client *client, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same for what went wrong on the way: the sentence follows from the errno. */
int client_fail_on_the_way(struct blynkd_client *client, int result);
/* The same for an error that the daemon answered. */
int client_fail_refused(struct blynkd_client *client, const redisReply *error);

/* messages.c: drops what was heard and the connection for it. */
void client_drop_messages(struct blynkd_client *client);

/* Opens one of the two connections if it is not; 0 or what failed. */
int client_connect(struct blynkd_client *client, struct wire *wire);

/*
 * One command over the connection for calls. 0 with a reply that is no error, to be released with freeReplyObject(), or
 * what failed, told already.
 */
int client_ask(struct blynkd_client *client, int count, const char *const *words, const size_t *lengths,
               redisReply **reply);
/* As client_ask() with another timeout, and whether a signal ends the wait. */
int client_ask_for(struct blynkd_client *client, int count, const char *const *words, uint32_t timeout_ms,
                   bool interruptible, redisReply **reply);
/* For commands whose answer says nothing but that it is done. */
int client_order(struct blynkd_client *client, int count, const char *const *words, const size_t *lengths);

#endif
