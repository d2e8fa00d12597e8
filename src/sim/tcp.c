#include "tcp.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

struct tcp_conn {
    uv_tcp_t tcp;
    uv_connect_t connecting;
    const struct tcp_events *events;
    void *owner; /* NULL when nobody listens any more */
    bool open, paused;
    size_t pending;
    uint8_t buffer[4096];
};

struct tcp_write {
    uv_write_t request;
    struct tcp_conn *conn;
    size_t count;
    uint8_t bytes[];
};

static void on_closed(uv_handle_t *handle)
{
    free(handle->data);
}

void tcp_close(struct tcp_conn *conn)
{
    conn->owner = NULL;
    if (!uv_is_closing((uv_handle_t *)&conn->tcp))
        uv_close((uv_handle_t *)&conn->tcp, on_closed);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct tcp_conn *conn = handle->data;
    size_t room = conn->owner != NULL ? conn->events->room(conn->owner) : sizeof conn->buffer;

    (void)suggested;
    if (room > sizeof conn->buffer)
        room = sizeof conn->buffer;
    *buffer = uv_buf_init((char *)conn->buffer, (unsigned)(room > 0 ? room : 1));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer)
{
    struct tcp_conn *conn = stream->data;
    void *owner = conn->owner;

    (void)buffer;
    if (count == 0 || owner == NULL)
        return;
    if (count > 0) {
        conn->events->data(owner, conn->buffer, (size_t)count);
        return;
    }
    tcp_close(conn);
    conn->events->closed(owner);
}

static void start_reading(struct tcp_conn *conn)
{
    if (conn->open && !conn->paused)
        uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct tcp_conn *conn = request->data;
    void *owner = conn->owner;

    if (owner == NULL)
        return;
    if (status < 0) {
        tcp_close(conn);
    } else {
        conn->open = true;
        uv_tcp_nodelay(&conn->tcp, 1);
        start_reading(conn);
    }
    conn->events->opened(owner, status);
}

struct tcp_conn *tcp_open(uv_loop_t *loop, const struct sockaddr_storage *target,
                          const struct tcp_events *events, void *owner)
{
    struct tcp_conn *conn = calloc(1, sizeof *conn);

    if (conn == NULL)
        return NULL;
    conn->events = events;
    conn->owner = owner;
    uv_tcp_init(loop, &conn->tcp);
    conn->tcp.data = conn;
    conn->connecting.data = conn;
    if (uv_tcp_connect(&conn->connecting, &conn->tcp, (const struct sockaddr *)target, on_connected) < 0) {
        tcp_close(conn);
        return NULL;
    }
    return conn;
}

static void on_written(uv_write_t *request, int status)
{
    struct tcp_write *write = request->data;
    struct tcp_conn *conn = write->conn;

    (void)status; /* a failure shows as an end of reading, too */
    conn->pending -= write->count;
    free(write);
    if (conn->pending == 0 && conn->owner != NULL)
        conn->events->sent(conn->owner);
}

int tcp_send(struct tcp_conn *conn, const uint8_t *bytes, size_t count)
{
    struct tcp_write *write = malloc(sizeof *write + count);
    uv_buf_t buffer;
    int result;

    if (write == NULL)
        return -ENOMEM;
    memcpy(write->bytes, bytes, count);
    write->conn = conn;
    write->count = count;
    write->request.data = write;
    buffer = uv_buf_init((char *)write->bytes, (unsigned)count);
    result = uv_write(&write->request, (uv_stream_t *)&conn->tcp, &buffer, 1, on_written);
    if (result < 0)
        free(write);
    else
        conn->pending += count;
    return result;
}

size_t tcp_pending(const struct tcp_conn *conn)
{
    return conn->pending;
}

size_t tcp_unacked(const struct tcp_conn *conn)
{
    uv_os_fd_t fd;
    int waiting = 0;

    if (uv_fileno((const uv_handle_t *)&conn->tcp, &fd) == 0)
        ioctl(fd, SIOCOUTQ, &waiting);
    return conn->pending + (waiting > 0 ? (size_t)waiting : 0);
}

void tcp_pause(struct tcp_conn *conn, bool pause)
{
    if (conn->paused == pause)
        return;
    conn->paused = pause;
    if (pause)
        uv_read_stop((uv_stream_t *)&conn->tcp);
    else
        start_reading(conn);
}

void tcp_bury(struct graveyard *graveyard, struct tcp_conn *conn)
{
    struct tcp_conn **grave = &graveyard->graves[graveyard->next];

    graveyard->next = (graveyard->next + 1) % GRAVES;
    if (*grave != NULL)
        tcp_close(*grave);
    tcp_pause(conn, true);
    conn->owner = NULL;
    *grave = conn;
}

void graveyard_close(struct graveyard *graveyard)
{
    for (int i = 0; i < GRAVES; i++) {
        if (graveyard->graves[i] != NULL)
            tcp_close(graveyard->graves[i]);
        graveyard->graves[i] = NULL;
    }
}
