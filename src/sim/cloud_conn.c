#include "cloud_conn.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "cloud_conn_tls.h"
#include "cloud_device.h"
#include "cloud_http.h"

#define READ_BYTES      65536
#define SORT_BYTES      5           /* the real server looks at the first five bytes */
#define OUT_PAUSE_BYTES (1u << 20)  /* with more than this waiting, nothing more is read */
#define OUT_MAX_BYTES   (16u << 20) /* with more than this, the peer is given up */
#define PIECE_GAP_MS    2           /* between the pieces of "split", so that TCP does not join them again */

struct cloud_write {
    uv_write_t request;
    struct cloud_bytes bytes;
};

static void cloud_conn_pump(struct cloud_conn *conn);

static void chunk_free(struct cloud_chunk *chunk)
{
    cloud_bytes_free(&chunk->bytes);
    free(chunk);
}

static void conn_drop_output(struct cloud_conn *conn)
{
    while (conn->out_first != NULL) {
        struct cloud_chunk *chunk = conn->out_first;

        conn->out_first = chunk->next;
        chunk_free(chunk);
    }
    conn->out_last = NULL;
    conn->out_bytes = 0;
}

static void on_conn_closed(uv_handle_t *handle)
{
    struct cloud_conn *conn = handle->data;
    struct cloud_conn **link = &conn->cloud->conns;

    if (--conn->open_handles > 0)
        return;
    while (*link != conn)
        link = &(*link)->next;
    *link = conn->next;
    conn_drop_output(conn);
    cloud_record_keep(conn);
    cloud_tls_free(conn->tls);
    cloud_bytes_free(&conn->in);
    free(conn);
}

static bool conn_mark_closing(struct cloud_conn *conn)
{
    if (conn->closing)
        return false;
    conn->closing = true;
    if (conn->project != NULL)
        conn->project->devices--;
    conn->project = NULL;
    uv_close((uv_handle_t *)&conn->out_timer, on_conn_closed);
    return true;
}

void cloud_conn_close(struct cloud_conn *conn)
{
    if (conn_mark_closing(conn))
        uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
}

void cloud_conn_reset(struct cloud_conn *conn, const char *why)
{
    if (conn->closing)
        return;
    cloud_say(conn->cloud, conn->number, "reset by the cloud: %s", why);
    conn->cloud->counters.closed_by_cloud++;
    conn_mark_closing(conn);
    if (uv_tcp_close_reset(&conn->tcp, on_conn_closed) < 0)
        uv_close((uv_handle_t *)&conn->tcp, on_conn_closed);
}

static void on_conn_shutdown(uv_shutdown_t *request, int status)
{
    (void)status; /* with an error there is nothing left to say to the peer either */
    cloud_conn_close(request->data);
}

static void conn_shutdown(struct cloud_conn *conn)
{
    conn->shutdown.data = conn;
    if (uv_shutdown(&conn->shutdown, (uv_stream_t *)&conn->tcp, on_conn_shutdown) < 0)
        cloud_conn_close(conn);
}

void cloud_conn_finish(struct cloud_conn *conn, const char *why)
{
    if (conn->closing || conn->finishing)
        return;
    if (why != NULL) {
        cloud_say(conn->cloud, conn->number, "closed by the cloud: %s", why);
        conn->cloud->counters.closed_by_cloud++;
    }
    cloud_conn_tls_end(conn);
    conn->finishing = true;
    conn->finish_ms = cloud_now_ms(conn->cloud);
    uv_read_stop((uv_stream_t *)&conn->tcp);
    if (conn->out_first == NULL)
        conn_shutdown(conn);
}

void cloud_conn_freeze(struct cloud_conn *conn)
{
    if (conn->closing || conn->frozen)
        return;
    conn->frozen = true;
    uv_read_stop((uv_stream_t *)&conn->tcp);
    conn_drop_output(conn);
    cloud_say(conn->cloud, conn->number, "from now on neither read nor answered");
}

bool cloud_conn_peer_gone(const struct cloud_conn *conn)
{
    struct tcp_info info;
    socklen_t len = sizeof info;
    uv_os_fd_t fd;

    if (uv_fileno((const uv_handle_t *)&conn->tcp, &fd) < 0)
        return true;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0)
        return true;
    return info.tcpi_state != TCP_ESTABLISHED;
}

/* The bytes before the first five were told apart belong to the device too. */
static void conn_is_device(struct cloud_conn *conn)
{
    struct cloud_counters *counters = &conn->cloud->counters;

    counters->bytes_in += conn->wire_in_bytes;
    counters->bytes_out += conn->wire_out_bytes;
    cloud_say(conn->cloud, conn->number, "device connected");
    if (cloud_fault_take(&conn->cloud->faults, CLOUD_FAULT_HALF_OPEN, cloud_now_ms(conn->cloud)))
        cloud_conn_freeze(conn);
}

void cloud_conn_process(struct cloud_conn *conn)
{
    if (conn->kind == CLOUD_CONN_UNSORTED) {
        if (conn->in.len < SORT_BYTES)
            return;
        conn->kind = cloud_http_recognise(conn->in.data, conn->in.len) ? CLOUD_CONN_HTTP : CLOUD_CONN_DEVICE;
        if (conn->kind == CLOUD_CONN_DEVICE)
            conn_is_device(conn);
    }
    if (conn->frozen || conn->closing)
        return;
    if (conn->kind == CLOUD_CONN_HTTP)
        cloud_http_process(conn);
    else
        cloud_device_process(conn);
}

static void on_conn_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    static char shared[READ_BYTES]; /* emptied in the read callback, before the loop reads again */

    (void)handle;
    (void)suggested;
    *buf = uv_buf_init(shared, sizeof shared);
}

void cloud_conn_gone(struct cloud_conn *conn, ssize_t error)
{
    struct cloud_counters *counters = &conn->cloud->counters;

    if (conn->closing || conn->finishing)
        return;
    cloud_conn_tls_gone(conn);
    if (conn->kind == CLOUD_CONN_HTTP && error == UV_EOF) {
        cloud_conn_finish(conn, NULL); /* a client may close its half and still wait for the answer */
        return;
    }
    if (conn->kind == CLOUD_CONN_DEVICE) {
        counters->closed_by_device += error == UV_EOF;
        counters->reset_by_device += error != UV_EOF;
        cloud_say(conn->cloud, conn->number, "closed by the device: %s",
                  error == UV_EOF ? "end of stream" : uv_strerror((int)error));
    }
    cloud_conn_close(conn);
}

static void on_conn_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buf)
{
    struct cloud_conn *conn = stream->data;

    if (count == 0)
        return;
    if (count < 0) {
        cloud_conn_gone(conn, count);
        return;
    }
    conn->last_byte_ms = cloud_now_ms(conn->cloud);
    conn->wire_in_bytes += (uint64_t)count;
    if (conn->kind == CLOUD_CONN_DEVICE)
        conn->cloud->counters.bytes_in += (uint64_t)count;
    if (conn->listener->tls) {
        cloud_conn_tls_read(conn, buf->base, (size_t)count);
        return;
    }
    conn->plain_in_bytes += (uint64_t)count;
    cloud_bytes_append(&conn->in, buf->base, (size_t)count);
    cloud_conn_process(conn);
}

static size_t conn_waiting_bytes(const struct cloud_conn *conn)
{
    return conn->out_bytes + uv_stream_get_write_queue_size((const uv_stream_t *)&conn->tcp);
}

static void conn_pace_reading(struct cloud_conn *conn)
{
    bool pause = conn_waiting_bytes(conn) > OUT_PAUSE_BYTES;

    if (conn->closing || conn->finishing || conn->frozen || pause == conn->reading_paused)
        return;
    conn->reading_paused = pause;
    if (pause)
        uv_read_stop((uv_stream_t *)&conn->tcp);
    else
        uv_read_start((uv_stream_t *)&conn->tcp, on_conn_alloc, on_conn_read);
}

static void on_conn_written(uv_write_t *request, int status)
{
    struct cloud_write *write = request->data;
    struct cloud_conn *conn = request->handle->data;

    cloud_bytes_free(&write->bytes);
    free(write);
    if (status < 0)
        return; /* the read callback tells the same */
    conn_pace_reading(conn);
}

static void conn_write(struct cloud_conn *conn, const uint8_t *data, size_t len)
{
    struct cloud_write *write = cloud_alloc(sizeof *write);
    uv_buf_t buf;

    cloud_bytes_append(&write->bytes, data, len);
    buf = uv_buf_init((char *)write->bytes.data, (unsigned)len);
    write->request.data = write;
    conn->wire_out_bytes += len;
    if (conn->kind == CLOUD_CONN_DEVICE)
        conn->cloud->counters.bytes_out += len;
    if (uv_write(&write->request, (uv_stream_t *)&conn->tcp, &buf, 1, on_conn_written) < 0) {
        cloud_bytes_free(&write->bytes);
        free(write);
    }
}

static void on_conn_out_timer(uv_timer_t *timer)
{
    cloud_conn_pump(timer->data);
}

/* Faults of the wire are for devices; a TLS handshake begins before it is known what will come through. */
static bool conn_may_be_device(const struct cloud_conn *conn)
{
    return conn->kind == CLOUD_CONN_DEVICE || (conn->tls != NULL && conn->kind == CLOUD_CONN_UNSORTED);
}

/* How many bytes may leave together. */
static size_t conn_piece(struct cloud_conn *conn, size_t len)
{
    const struct cloud_fault *split = NULL;

    if (conn_may_be_device(conn))
        split = cloud_fault_find(&conn->cloud->faults, CLOUD_FAULT_SPLIT, cloud_now_ms(conn->cloud));
    if (split == NULL || split->number < 1 || split->number >= (double)len)
        return len;
    return (size_t)split->number;
}

static void cloud_conn_pump(struct cloud_conn *conn)
{
    uint64_t now_ms = cloud_now_ms(conn->cloud);

    while (!conn->closing && conn->out_first != NULL) {
        struct cloud_chunk *chunk = conn->out_first;
        size_t piece = conn_piece(conn, chunk->bytes.len);

        if (chunk->due_ms > now_ms) {
            uv_timer_start(&conn->out_timer, on_conn_out_timer, chunk->due_ms - now_ms, 0);
            return;
        }
        conn_write(conn, chunk->bytes.data, piece);
        cloud_bytes_consume(&chunk->bytes, piece);
        conn->out_bytes -= piece;
        chunk->due_ms = now_ms + PIECE_GAP_MS;
        if (chunk->bytes.len > 0)
            continue;
        conn->out_first = chunk->next;
        if (conn->out_first == NULL)
            conn->out_last = NULL;
        chunk_free(chunk);
    }
    if (conn->finishing && !conn->closing)
        conn_shutdown(conn);
}

void cloud_conn_send_wire(struct cloud_conn *conn, struct cloud_bytes *bytes)
{
    struct cloud_chunk *chunk;
    const struct cloud_fault *slow = NULL;
    uint64_t now_ms = cloud_now_ms(conn->cloud);

    if (conn->closing || conn->finishing || conn->frozen || bytes->len == 0) {
        cloud_bytes_free(bytes);
        return;
    }
    chunk = cloud_alloc(sizeof *chunk);
    chunk->bytes = *bytes;
    memset(bytes, 0, sizeof *bytes);
    if (conn_may_be_device(conn))
        slow = cloud_fault_find(&conn->cloud->faults, CLOUD_FAULT_SLOW, now_ms);
    chunk->due_ms = now_ms + (slow ? (uint64_t)slow->number : 0);
    conn->out_bytes += chunk->bytes.len;
    if (conn->out_last != NULL)
        conn->out_last->next = chunk;
    else
        conn->out_first = chunk;
    conn->out_last = chunk;
    cloud_conn_pump(conn);
    if (conn_waiting_bytes(conn) > OUT_MAX_BYTES && conn->kind == CLOUD_CONN_DEVICE)
        cloud_conn_reset(conn, "the device does not read");
    else
        conn_pace_reading(conn);
}

void cloud_conn_send(struct cloud_conn *conn, struct cloud_bytes *bytes)
{
    struct cloud_bytes wire = {0};

    if (!conn->closing && !conn->finishing && !conn->frozen)
        conn->plain_out_bytes += bytes->len;
    if (conn->tls == NULL) {
        cloud_conn_send_wire(conn, bytes);
        return;
    }
    if (!conn->closing && !conn->finishing && !conn->frozen)
        cloud_tls_seal(conn->tls, bytes->data, bytes->len, &wire);
    cloud_bytes_free(bytes);
    cloud_conn_send_wire(conn, &wire);
}

void cloud_conn_accept(const struct cloud_listener *listener, uv_stream_t *stream)
{
    struct cloud *cloud = listener->cloud;
    struct cloud_conn *conn = cloud_alloc(sizeof *conn);

    conn->cloud = cloud;
    conn->listener = listener;
    conn->number = ++cloud->conn_number;
    conn->group_ms = CLOUD_NO_GROUP;
    conn->heartbeat_s = cloud->options.default_heartbeat_s;
    conn->last_byte_ms = cloud_now_ms(cloud);
    cloud_quota_init(&conn->quota, cloud_now_ms(cloud));
    conn->next = cloud->conns;
    cloud->conns = conn;
    cloud->counters.connections++;
    conn->open_handles = 2;
    uv_timer_init(cloud->loop, &conn->out_timer);
    uv_tcp_init(cloud->loop, &conn->tcp);
    conn->out_timer.data = conn;
    conn->tcp.data = conn;
    if (uv_accept(stream, (uv_stream_t *)&conn->tcp) < 0) {
        cloud_conn_close(conn);
        return;
    }
    uv_tcp_nodelay(&conn->tcp, 1);
    uv_read_start((uv_stream_t *)&conn->tcp, on_conn_alloc, on_conn_read);
}
