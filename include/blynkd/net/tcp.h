/*
 * A stream over the host's own network (uplink = host): name look-up on libuv's pool, every address tried in
 * turn with a deadline, IPv4 and IPv6 interleaved, TCP_NODELAY. Used where the box has other network, and by
 * tests. Owns its handles.
 */
#ifndef BLYNKD_NET_TCP_H
#define BLYNKD_NET_TCP_H

#include "blynkd/net/stream.h"

struct uv_loop_s;

/* NULL: no memory. Makes the process ignore SIGPIPE if nobody has decided about it yet. */
struct stream *tcp_stream_create(struct uv_loop_s *loop);

/*
 * Closes and frees, without a further event. A name look-up that a thread is at ends when the resolver gives up;
 * until then it keeps the loop alive, though nobody waits for it.
 */
void tcp_stream_destroy(struct stream *stream);

#endif
