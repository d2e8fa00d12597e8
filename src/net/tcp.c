#include "blynkd/net/tcp.h"

#include "addresses.h"
#include "lookup.h"
#include "tcp_private.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define OUT_MAX_BYTES  4096
#define READ_BYTES     4096
#define HOST_MAX_BYTES 253   /* RFC 1035, 2.3.4 */
#define LOOKUP_MS      30000 /* the resolver itself gives up after 10 s for each server (resolv.conf(5)) */
#define CONNECT_MS     20000 /* for each address (facts/blynk-protocol.md, 7.4) */

enum tcp_state {
    TCP_STREAM_CLOSED,
    TCP_STREAM_RESOLVING,
    TCP_STREAM_CONNECTING,
    TCP_STREAM_OPEN,
    TCP_STREAM_CLOSING
};

/* One socket: an attempt at one address, and the connection if it succeeds. Freed when libuv has closed it. */
struct connection {
    uv_tcp_t tcp;
    uv_connect_t connect;
    struct tcp_stream *owner; /* NULL: let go */
    char bytes[READ_BYTES];
};

/* What uv_write() holds on to. */
struct out {
    uv_write_t request;
    char bytes[];
};

struct tcp_stream {
    struct stream stream;
    uv_loop_t *loop;
    enum tcp_state state;
    uv_timer_t timer; /* deadline of look-up and attempt; brings on_closed to the loop */
    struct lookup *lookup;
    struct addrinfo *found;
    const struct addrinfo *order[ADDRESSES_MAX];
    size_t count;
    size_t next; /* address to be tried */
    struct addresses_tried tried;
    struct connection *connection;
    bool wants_room;
    enum stream_fault fault;
    uint32_t lookup_ms;
    uint32_t connect_ms;
    char server[80]; /* host:port, for people */
    char why[200];
};

static struct tcp_stream *tcp_stream_of(const struct stream *stream)
{
    return (struct tcp_stream *)(void *)stream;
}

/* ---- the end ---- */

static void on_handle_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void drop_connection(struct tcp_stream *tcp)
{
    if (tcp->connection) {
        tcp->connection->owner = NULL;
        uv_close((uv_handle_t *)&tcp->connection->tcp, on_handle_closed);
    }
    tcp->connection = NULL;
}

static void drop_all(struct tcp_stream *tcp)
{
    uv_timer_stop(&tcp->timer);
    if (tcp->lookup) {
        lookup_cancel(tcp->lookup);
    }
    tcp->lookup = NULL;
    drop_connection(tcp);
    uv_freeaddrinfo(tcp->found);
    tcp->found = NULL;
}

static void on_closing_turn(uv_timer_t *timer)
{
    struct tcp_stream *tcp = timer->data;

    tcp->state = TCP_STREAM_CLOSED;
    tcp->stream.events.on_closed(tcp->stream.arg, tcp->fault, tcp->why);
}

/* The only way to TCP_STREAM_CLOSING; the user hears of it in the loop's next turn. */
static void give_up(struct tcp_stream *tcp, enum stream_fault fault, const char *what, int error)
{
    drop_all(tcp);
    tcp->state = TCP_STREAM_CLOSING;
    tcp->fault = fault;
    if (error) {
        snprintf(tcp->why, sizeof(tcp->why), "%.100s %.40s: %.50s", tcp->server, what, uv_strerror(error));
    } else {
        snprintf(tcp->why, sizeof(tcp->why), "%.60s %.130s", tcp->server, what);
    }
    uv_timer_start(&tcp->timer, on_closing_turn, 0, 0);
}

/* ---- bytes ---- */

static bool is_network_error(int error)
{
    return error == UV_ETIMEDOUT || error == UV_ENETUNREACH || error == UV_ENETDOWN ||
           error == UV_EHOSTUNREACH;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct connection *connection = handle->data;

    (void)suggested;
    *buf = uv_buf_init(connection->bytes, sizeof(connection->bytes));
}

static void on_read(uv_stream_t *handle, ssize_t len, const uv_buf_t *buf)
{
    struct connection *connection = handle->data;
    struct tcp_stream *tcp = connection->owner;

    if (!tcp || len == 0) {
        return;
    }
    if (len > 0) {
        tcp->stream.events.on_bytes(tcp->stream.arg, (const uint8_t *)buf->base, (size_t)len);
    } else if (len == UV_EOF) {
        give_up(tcp, STREAM_FAULT_PEER, "closed the connection", 0);
    } else if (is_network_error((int)len)) {
        give_up(tcp, STREAM_FAULT_BEARER, "was lost", (int)len);
    } else {
        give_up(tcp, STREAM_FAULT_PEER, "broke the connection off", (int)len);
    }
}

static void on_written(uv_write_t *request, int status)
{
    struct connection *connection = request->handle->data;
    struct tcp_stream *tcp = connection->owner;

    free(request->data);
    if (!tcp || tcp->state != TCP_STREAM_OPEN) {
        return;
    }
    if (status < 0) {
        give_up(tcp, STREAM_FAULT_SEND, "takes no more bytes", status);
    } else if (tcp->wants_room) {
        tcp->wants_room = false;
        tcp->stream.events.on_room(tcp->stream.arg);
    }
}

static size_t tcp_room(const struct stream *stream)
{
    const struct tcp_stream *tcp = tcp_stream_of(stream);

    if (tcp->state != TCP_STREAM_OPEN) {
        return 0;
    }
    size_t queued = uv_stream_get_write_queue_size((const uv_stream_t *)&tcp->connection->tcp);
    return queued < OUT_MAX_BYTES ? OUT_MAX_BYTES - queued : 0;
}

/* Leaves the bytes with libuv, which writes them when it can. */
static int queue(struct tcp_stream *tcp, const uint8_t *data, size_t len)
{
    struct out *out = malloc(sizeof(*out) + len);

    if (!out) {
        return UV_ENOMEM;
    }
    memcpy(out->bytes, data, len);
    out->request.data = out;
    uv_buf_t buf = uv_buf_init(out->bytes, (unsigned)len);
    int error = uv_write(&out->request, (uv_stream_t *)&tcp->connection->tcp, &buf, 1, on_written);
    if (error) {
        free(out);
    }
    return error;
}

static size_t tcp_write(struct stream *stream, const uint8_t *data, size_t len)
{
    struct tcp_stream *tcp = tcp_stream_of(stream);
    size_t room = tcp_room(stream);
    size_t taken = len < room ? len : room;

    if (tcp->state != TCP_STREAM_OPEN) {
        return 0;
    }
    size_t sent = 0;
    if (taken) {
        uv_buf_t buf = uv_buf_init((char *)(uintptr_t)data, (unsigned)taken);
        int result = uv_try_write((uv_stream_t *)&tcp->connection->tcp, &buf, 1);
        sent = result > 0 ? (size_t)result : 0;
        int error = result < 0 && result != UV_EAGAIN ? result : 0;
        if (!error && sent < taken) {
            error = queue(tcp, data + sent, taken - sent);
        }
        if (error) {
            give_up(tcp, STREAM_FAULT_SEND, "takes no more bytes", error);
            return sent;
        }
    }
    tcp->wants_room = tcp->wants_room || taken < len || tcp_room(stream) == 0;
    return taken;
}

/* ---- the beginning ---- */

static void try_next(struct tcp_stream *tcp, int error);

static void on_connect(uv_connect_t *request, int status)
{
    struct connection *connection = request->handle->data;
    struct tcp_stream *tcp = connection->owner;

    if (!tcp) {
        return;
    }
    if (status == 0) {
        status = uv_read_start((uv_stream_t *)&connection->tcp, on_alloc, on_read);
    }
    if (status < 0) {
        try_next(tcp, status);
        return;
    }
    uv_timer_stop(&tcp->timer);
    uv_freeaddrinfo(tcp->found);
    tcp->found = NULL;
    uv_tcp_nodelay(&connection->tcp, 1);
    tcp->state = TCP_STREAM_OPEN;
    tcp->stream.events.on_open(tcp->stream.arg);
}

static void on_connect_deadline(uv_timer_t *timer)
{
    try_next(timer->data, UV_ETIMEDOUT);
}

static int start_attempt(struct tcp_stream *tcp, const struct addrinfo *address)
{
    struct connection *connection = calloc(1, sizeof(*connection));

    if (!connection) {
        return UV_ENOMEM;
    }
    int error = uv_tcp_init(tcp->loop, &connection->tcp);
    if (error) {
        free(connection);
        return error;
    }
    connection->tcp.data = connection;
    connection->owner = tcp;
    tcp->connection = connection;
    addresses_try(&tcp->tried, address->ai_addr);
    uv_timer_start(&tcp->timer, on_connect_deadline, tcp->connect_ms, 0);
    return uv_tcp_connect(&connection->connect, &connection->tcp, address->ai_addr, on_connect);
}

/* `error`: of the attempt before this one. */
static void try_next(struct tcp_stream *tcp, int error)
{
    do {
        drop_connection(tcp);
        addresses_failed(&tcp->tried, error);
        if (tcp->next == tcp->count) {
            give_up(tcp, STREAM_FAULT_CONNECT, tcp->tried.result, 0);
            return;
        }
        error = start_attempt(tcp, tcp->order[tcp->next++]);
    } while (error);
}

static void on_lookup(void *arg, int status, struct addrinfo *found)
{
    struct tcp_stream *tcp = arg;

    tcp->lookup = NULL;
    tcp->found = found;
    if (status < 0) {
        give_up(tcp, STREAM_FAULT_NAME, "has no address", status);
        return;
    }
    tcp->count = addresses_interleave(found, tcp->order);
    tcp->next = 0;
    tcp->state = TCP_STREAM_CONNECTING;
    tcp->tried = (struct addresses_tried){.result = "not reached"};
    try_next(tcp, 0);
}

static void on_lookup_deadline(uv_timer_t *timer)
{
    give_up(timer->data, STREAM_FAULT_NAME, "has no address: no answer from the name server", 0);
}

static int tcp_open(struct stream *stream, const char *host, uint16_t port)
{
    struct tcp_stream *tcp = tcp_stream_of(stream);

    if (tcp->state != TCP_STREAM_CLOSED) {
        return -EALREADY;
    }
    if (port == 0 || *host == '\0' || strlen(host) > HOST_MAX_BYTES) {
        return -EINVAL;
    }
    int error = lookup_start(tcp->loop, host, port, on_lookup, tcp, &tcp->lookup);
    if (error) {
        return error;
    }
    snprintf(tcp->server, sizeof(tcp->server), "%.70s:%u", host, port);
    tcp->wants_room = false;
    tcp->state = TCP_STREAM_RESOLVING;
    uv_timer_start(&tcp->timer, on_lookup_deadline, tcp->lookup_ms, 0);
    return 0;
}

static void tcp_close(struct stream *stream)
{
    struct tcp_stream *tcp = tcp_stream_of(stream);

    if (tcp->state != TCP_STREAM_CLOSED && tcp->state != TCP_STREAM_CLOSING) {
        give_up(tcp, STREAM_FAULT_NONE, stream_fault_name(STREAM_FAULT_NONE), 0);
    }
}

static const char *tcp_peer(const struct stream *stream)
{
    const struct tcp_stream *tcp = tcp_stream_of(stream);

    return tcp->state == TCP_STREAM_OPEN ? tcp->tried.now : "";
}

static const struct stream_ops tcp_ops = {
    .open = tcp_open,
    .write = tcp_write,
    .room = tcp_room,
    .close = tcp_close,
    .peer = tcp_peer,
};

/* libuv writes with plain write(): a server that has gone must be an error, not the end of the process. */
static void ignore_sigpipe(void)
{
    struct sigaction action;

    if (sigaction(SIGPIPE, NULL, &action) == 0 && action.sa_handler == SIG_DFL) {
        signal(SIGPIPE, SIG_IGN);
    }
}

struct stream *tcp_stream_create(struct uv_loop_s *loop)
{
    struct tcp_stream *tcp = calloc(1, sizeof(*tcp));

    if (!tcp) {
        return NULL;
    }
    ignore_sigpipe();
    tcp->stream.ops = &tcp_ops;
    tcp->loop = loop;
    uv_timer_init(loop, &tcp->timer);
    tcp->timer.data = tcp;
    tcp_stream_set_deadlines(&tcp->stream, LOOKUP_MS, CONNECT_MS);
    return &tcp->stream;
}

void tcp_stream_set_deadlines(struct stream *stream, uint32_t lookup_ms, uint32_t connect_ms)
{
    tcp_stream_of(stream)->lookup_ms = lookup_ms;
    tcp_stream_of(stream)->connect_ms = connect_ms;
}

void tcp_stream_destroy(struct stream *stream)
{
    struct tcp_stream *tcp = tcp_stream_of(stream);

    drop_all(tcp);
    tcp->state = TCP_STREAM_CLOSED;
    uv_close((uv_handle_t *)&tcp->timer, on_handle_closed);
}
