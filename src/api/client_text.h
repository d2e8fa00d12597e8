/*
 * A client as text: its name, and its line in CLIENT INFO and CLIENT LIST. Reads the client, keeps nothing.
 */
#ifndef BLYNKD_API_CLIENT_TEXT_H
#define BLYNKD_API_CLIENT_TEXT_H

#include "resp.h"

#include "blynkd/base/buf.h"

#include <stdbool.h>

struct api_client;

/* The level of Redis whose answers these are; tools derive from it what they may ask. */
#define CLIENT_REDIS_VERSION "7.2.0"

/* False: the error is the reply. An empty name takes the name away. */
bool client_set_name(struct api_client *client, const struct resp_arg *name);

/* One line in Redis' form, with pid, uid, role and commands added. */
void client_describe(const struct api_client *client, struct buf *out);

#endif
