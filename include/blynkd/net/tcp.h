/*
 * A stream over the host's own network (uplink = host): name look-up on libuv's pool, every address tried in
 * turn with a deadline, IPv4 and IPv6 interleaved, TCP_NODELAY. Used where the box has other network, and by
 * tests. Owns its handles.
 */
#ifndef BLYNKD_NET_TCP_H
#define BLYNKD_NET_TCP_H

#include "blynkd/net/stream.h"

struct uv_loop_s;

/* NULL: no memory. */
struct stream *tcp_stream_create(struct uv_loop_s *loop);
void tcp_stream_destroy(struct stream *stream);

#endif
