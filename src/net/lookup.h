/*
 * A name look-up on libuv's pool that can be given up at once: a thread that is at it cannot be stopped, so the
 * look-up may outlive the one who asked. Owns itself; frees itself when the pool is done. Never calls back after
 * lookup_cancel().
 */
#ifndef NET_LOOKUP_H
#define NET_LOOKUP_H

#include <netdb.h>
#include <stdint.h>
#include <uv.h>

struct lookup;

/* `status`: 0 or an error of libuv. `found` belongs to the callee (uv_freeaddrinfo()). */
typedef void lookup_done_fn(void *arg, int status, struct addrinfo *found);

/* 0, -EINVAL (no such name can exist), -ENOMEM. `*lookup` is valid until `on_done` or lookup_cancel(). */
int lookup_start(uv_loop_t *loop, const char *host, uint16_t port, lookup_done_fn *on_done, void *arg,
                 struct lookup **lookup);
void lookup_cancel(struct lookup *lookup);

#endif
