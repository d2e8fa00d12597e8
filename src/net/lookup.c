#include "lookup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

struct lookup {
    uv_getaddrinfo_t request;
    lookup_done_fn *on_done; /* NULL: cancelled */
    void *arg;
};

static void on_found(uv_getaddrinfo_t *request, int status, struct addrinfo *found)
{
    struct lookup *lookup = request->data;

    if (lookup->on_done) {
        lookup->on_done(lookup->arg, status, found);
    } else {
        uv_freeaddrinfo(found);
    }
    free(lookup);
}

int lookup_start(uv_loop_t *loop, const char *host, uint16_t port, lookup_done_fn *on_done, void *arg,
                 struct lookup **lookup)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct lookup *started = calloc(1, sizeof(*started));
    char service[8];

    if (!started) {
        return -ENOMEM;
    }
    started->request.data = started;
    started->on_done = on_done;
    started->arg = arg;
    snprintf(service, sizeof(service), "%u", port);
    int error = uv_getaddrinfo(loop, &started->request, on_found, host, service, &hints);
    if (error) {
        free(started);
        return error == UV_ENOMEM ? -ENOMEM : -EINVAL;
    }
    *lookup = started;
    return 0;
}

void lookup_cancel(struct lookup *lookup)
{
    lookup->on_done = NULL;
    uv_cancel((uv_req_t *)&lookup->request);
}
