/*
 * Maps and lists whose length is known only at their end: what the bridge shows is collected in the server's
 * scratch queue and then goes to the client in one piece. One at a time; it keeps nothing between commands.
 */
#ifndef BLYNKD_API_SHOW_H
#define BLYNKD_API_SHOW_H

#include "reply.h"

#include <stdbool.h>

struct api_client;

struct show {
    struct api_client *client;
    struct reply reply; /* into the scratch queue */
    size_t count;
};

void show_begin(struct show *show, struct api_client *client);
/* A key and its value; fits bridge_show_fn with `show` as its argument. */
void show_pair(void *show, const char *key, const char *value, bool number);
/* Only the value, as an element of a list. */
void show_line(void *show, const char *key, const char *value, bool number);
void show_end_map(struct show *show);
void show_end_array(struct show *show);

#endif
