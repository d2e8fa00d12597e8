/*
 * One TCP connection of the simulated cloud: what arrives is sorted by its first bytes into the device protocol or HTTP, what
 * leaves passes the faults that split, delay or swallow it. It lives in the cloud's list until its handles are
 * closed. It knows no command.
 */
#ifndef BLYNKSIM_CLOUD_CONN_H
#define BLYNKSIM_CLOUD_CONN_H

#include "cloud_quota.h"
#include "cloud_state.h"

enum cloud_conn_kind { CLOUD_CONN_UNSORTED, CLOUD_CONN_DEVICE, CLOUD_CONN_HTTP };

struct cloud_chunk {
    struct cloud_chunk *next;
    uint64_t due_ms;
    struct cloud_bytes bytes;
};

struct cloud_conn {
    struct cloud_conn *next;
    struct cloud *cloud;
    uv_tcp_t tcp;
    uv_timer_t out_timer;
    uv_shutdown_t shutdown;
    int open_handles;
    unsigned number;
    enum cloud_conn_kind kind;
    bool closing, finishing, frozen, reading_paused;
    uint64_t finish_ms;

    const struct cloud_listener *listener;
    struct cloud_tls *tls; /* NULL: plain TCP, or TLS without a byte yet */
    uint64_t wire_in_bytes, wire_out_bytes, plain_in_bytes, plain_out_bytes;

    struct cloud_bytes in; /* plain */
    struct cloud_chunk *out_first, *out_last;
    size_t out_bytes;

    /* The device protocol's part; project is NULL until the login. */
    struct cloud_project *project;
    uint64_t login_ms, last_byte_ms;
    double heartbeat_s;
    unsigned buff_in; /* 0: not said */
    int64_t group_ms;
    uint16_t last_id;
    struct cloud_quota quota;
    unsigned injected[CLOUD_FAULT_KINDS]; /* serial of the fault that this connection has already had */
};

/* Accepts what waits there. */
void cloud_conn_accept(const struct cloud_listener *listener, uv_stream_t *stream);

/* Queues bytes; `bytes` is emptied. Nothing happens on a connection that is closing or frozen. */
void cloud_conn_send(struct cloud_conn *conn, struct cloud_bytes *bytes);

/* The same for bytes as the wire is to see them, past TLS. */
void cloud_conn_send_wire(struct cloud_conn *conn, struct cloud_bytes *bytes);

/* Handles what stands in conn->in. */
void cloud_conn_process(struct cloud_conn *conn);
/* The peer has ended (UV_EOF) or broken the connection. */
void cloud_conn_gone(struct cloud_conn *conn, ssize_t error);

/* Closes in the ordinary way after what is queued has left, says why. */
void cloud_conn_finish(struct cloud_conn *conn, const char *why);
/* The same with a TCP reset, at once. */
void cloud_conn_reset(struct cloud_conn *conn, const char *why);
/* Forgets the connection at once; used at the end of the program too. */
void cloud_conn_close(struct cloud_conn *conn);

/* Stops reading and sending for good: the peer sees a dead line. */
void cloud_conn_freeze(struct cloud_conn *conn);

/* True when the peer of a frozen connection has closed its side. */
bool cloud_conn_peer_gone(const struct cloud_conn *conn);

#endif
