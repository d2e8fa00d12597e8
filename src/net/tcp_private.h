/*
 * What only the tests of the host's TCP stream need. Owned by tcp.c. Nothing else includes it.
 */
#ifndef NET_TCP_PRIVATE_H
#define NET_TCP_PRIVATE_H

#include "blynkd/net/stream.h"

/* Replaces the deadlines; they hold from the next stream_open() on. */
void tcp_stream_set_deadlines(struct stream *stream, uint32_t lookup_ms, uint32_t connect_ms);

#endif
