/*
 * The listening socket: made at a path with the right owner and rights from its first moment, or taken over from
 * whoever passed it in. Owned by the server. It removes only a path that it has made itself, and never one on
 * which somebody answers.
 */
#ifndef BLYNKD_API_LISTENER_H
#define BLYNKD_API_LISTENER_H

#include "blynkd/api/server.h"

#include <sys/types.h>
#include <uv.h>

struct listener {
    uv_pipe_t pipe;
    bool open;
    bool owns_path;
    char path[API_PATH_MAX]; /* "" if it has none */
    dev_t device;
    ino_t inode;
    gid_t group; /* of the socket: its members are writers */
};

/* 0 or a negative errno with one sentence in `why`. `data` goes to the pipe's data. */
int listener_open(struct listener *listener, uv_loop_t *loop, const struct api_config *config,
                  uv_connection_cb on_connection, void *data, char *why, size_t why_bytes);
/* Mode and group anew. */
void listener_set_access(struct listener *listener, const struct api_config *config, gid_t group);
/* Removes the path and closes; `on_closed` may be NULL. False: it was not open, nothing will be called. */
bool listener_close(struct listener *listener, uv_close_cb on_closed);

#endif
