#include "client.h"

#include "output.h"
#include "state.h"
#include "transaction.h"

#include "blynkd/base/log.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS          1000       /* looks after clients that are paused or have ended their side */
#define IN_WHILE_BLOCKED READ_BYTES /* read on so far while a command waits, to notice that the client left */
#define READ_MORE_BYTES  16384      /* at least, behind the beginning of a half command */
#define REJECTED_LOG_MS  60000

/* ---- the end ---- */

static void on_pipe_closed(uv_handle_t *handle)
{
    struct api_client *client = handle->data;
    struct api_server *server = client->server;

    transaction_forget(client);
    buf_free(&client->in);
    buf_free(&client->out);
    buf_free(&client->flying);
    free(client);
    server_release(server);
}

void client_close(struct api_client *client)
{
    struct api_server *server = client->server;

    if (client->closing) {
        return;
    }
    client->closing = true;
    if (client->waiting) {
        bridge_request_cancel(&client->request);
        server->stats.waiting--;
    }
    task_cancel(&client->resume);
    timer_stop(&client->tick);
    pubsub_unsubscribe_all(&server->pubsub, &client->subscriber);
    server_update_trace(server);
    list_remove(&client->dirty_node);
    list_remove(&client->node);
    server->stats.clients--;
    uv_close((uv_handle_t *)&client->pipe, on_pipe_closed);
}

static void mark_for_flush(struct api_client *client)
{
    if (!client->closing && list_empty(&client->dirty_node)) {
        list_append(&client->server->dirty, &client->dirty_node);
    }
}

void client_doom(struct api_client *client)
{
    client->doomed = true;
    mark_for_flush(client);
}

void client_leave(struct api_client *client)
{
    client->leaving = true;
    mark_for_flush(client);
}

void client_error(struct api_client *client, const char *format, ...)
{
    va_list args;

    client->server->stats.errors++;
    va_start(args, format);
    reply_error_list(&client->reply, format, args);
    va_end(args);
}

/* ---- commands ---- */

static bool may_run(const struct api_client *client)
{
    return !client->waiting && !client->paused && !client->leaving && !client->doomed && !client->closing;
}

static void refuse_protocol(struct api_client *client)
{
    struct api_server *server = client->server;

    log_info("api", "client %llu (pid %ld, uid %u) closed: %s", (unsigned long long)client->id,
             (long)client->peer.pid, (unsigned)client->peer.uid, client->parser.error);
    server->stats.protocol_errors++;
    client_error(client, "ERR %s", client->parser.error);
    client_leave(client);
}

static void run_one(struct api_client *client, const struct resp_command *command)
{
    struct bridge *bridge = client->server->bridge;
    size_t start = buf_len(&client->out);
    uint64_t ticket = bridge_ticket(bridge);

    bridge_set_writer(bridge, client->id);
    command_run(client, command->args, command->count);
    bridge_set_writer(bridge, 0);
    if (bridge_ticket(bridge) > ticket) {
        withheld_add(&client->withheld, start, bridge_ticket(bridge));
    }
    output_added(client);
}

/* Executes what is complete; returns the bytes used. */
static size_t run_commands(struct api_client *client, uint8_t *data, size_t len)
{
    struct resp_command *command = &client->server->command;
    size_t used = 0;

    while (used < len && may_run(client)) {
        enum resp_status status = resp_parse(&client->parser, data + used, len - used, command);
        if (status == RESP_MORE) {
            break;
        }
        if (status == RESP_BROKEN) {
            refuse_protocol(client);
            return len;
        }
        used += command->bytes;
        if (command->count > 0) {
            run_one(client, command);
        }
    }
    return used;
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf);
static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf);

static bool blocked(const struct api_client *client)
{
    return client->waiting || client->paused;
}

static bool wants_bytes(const struct api_client *client)
{
    if (client->ended || client->leaving || client->doomed || client->paused) {
        return false;
    }
    return !client->waiting || buf_len(&client->in) < IN_WHILE_BLOCKED;
}

static void set_reading(struct api_client *client, bool reading)
{
    if (client->reading == reading) {
        return;
    }
    client->reading = reading;
    if (reading) {
        uv_read_start((uv_stream_t *)&client->pipe, on_alloc, on_read);
    } else {
        uv_read_stop((uv_stream_t *)&client->pipe);
    }
}

/* After anything happened: reading on or off, the tick on or off, gone or not. */
static void settle(struct api_client *client)
{
    if (client->closing) {
        return;
    }
    set_reading(client, wants_bytes(client));
    bool stays = blocked(client) || pubsub_count(&client->subscriber) > 0;
    if (client->ended && !stays) {
        client_leave(client);
    }
    bool ticks = client->paused || (client->ended && stays);
    if (ticks && !timer_active(&client->tick)) {
        timer_start(client->server->sched, &client->tick, TICK_MS);
    }
}

static void run_leftover(struct api_client *client)
{
    size_t len = buf_len(&client->in);

    if (len > 0) {
        buf_consume(&client->in, run_commands(client, (uint8_t *)(uintptr_t)buf_bytes(&client->in), len));
    }
    settle(client);
}

static void on_resume(void *arg)
{
    struct api_client *client = arg;

    if (!client->closing) {
        run_leftover(client);
    }
}

void client_resume(struct api_client *client)
{
    task_post(client->server->sched, &client->resume);
}

void client_wait(struct api_client *client)
{
    client->waiting = client->last;
    client->server->stats.waiting++;
}

void client_answered(struct api_client *client)
{
    client->waiting = NULL;
    client->server->stats.waiting--;
    output_added(client);
    client_resume(client);
}

/* ---- bytes in ---- */

/* The other side has closed, not only ended its sending: then the kernel reports a hang-up. */
static bool hung_up(const struct api_client *client)
{
    struct pollfd state = {.fd = -1};

    if (uv_fileno((const uv_handle_t *)&client->pipe, &state.fd)) {
        return true;
    }
    return poll(&state, 1, 0) > 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void on_tick(void *arg)
{
    struct api_client *client = arg;

    if ((client->ended && hung_up(client)) || (client->paused && output_stalled(client))) {
        client_close(client);
        return;
    }
    settle(client);
}

/* A shell pipe ends its side and still wants the answers. */
static void end_of_input(struct api_client *client)
{
    client->ended = true;
    client->reading = false;
    if (hung_up(client)) {
        client_close(client);
        return;
    }
    settle(client);
}

static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct api_client *client = handle->data;

    (void)suggested;
    if (buf_len(&client->in) == 0) {
        *buf = uv_buf_init((char *)client->server->scratch, READ_BYTES);
        return;
    }
    size_t have = buf_len(&client->in);
    size_t want = client->parser.need > have + READ_MORE_BYTES ? client->parser.need - have : READ_MORE_BYTES;
    uint8_t *to = buf_reserve(&client->in, want);
    *buf = uv_buf_init((char *)to, to ? (unsigned)want : 0);
}

/* Straight from the shared memory; only what cannot run yet is copied. */
static void take_shared(struct api_client *client, size_t len)
{
    uint8_t *data = client->server->scratch;
    size_t used = run_commands(client, data, len);

    if (used < len && !client->closing && buf_append(&client->in, data + used, len - used)) {
        log_warning("api", "client %llu closed: no memory for %zu bytes", (unsigned long long)client->id,
                    len - used);
        client_doom(client);
    }
}

static void on_read(uv_stream_t *stream, ssize_t len, const uv_buf_t *buf)
{
    struct api_client *client = stream->data;
    struct api_server *server = client->server;

    if (len == 0) {
        return;
    }
    if (len == UV_EOF) {
        end_of_input(client);
        return;
    }
    if (len < 0) {
        client_close(client);
        return;
    }
    server->stats.bytes_in += (uint64_t)len;
    client->active_ms = sched_now_ms(server->sched);
    if (buf->base == (char *)server->scratch) {
        take_shared(client, (size_t)len);
        settle(client);
        return;
    }
    buf_commit(&client->in, (size_t)len);
    run_leftover(client);
}

/* ---- the beginning ---- */

static void init(struct api_client *client, struct api_server *server)
{
    size_t out_max = server->config.reply_max_bytes + server->config.published_max_bytes;

    client->server = server;
    client->id = ++server->next_client_id;
    client->role = acl_role(&server->acl, &client->peer);
    client->connected_ms = client->active_ms = sched_now_ms(server->sched);
    buf_init(&client->in, RESP_COMMAND_MAX + READ_BYTES);
    buf_init(&client->out, out_max);
    buf_init(&client->flying, out_max);
    client->reply = (struct reply){.buf = &client->out, .protocol = 2};
    pubsub_subscriber_init(&client->subscriber, client);
    client->subscriber.sees_trace = client->role >= API_ADMIN;
    task_init(&client->resume, on_resume, client);
    timer_init(&client->tick, on_tick, client);
    list_init(&client->dirty_node);
    list_append(&server->clients, &client->node);
    server->stats.clients++;
}

static void reject(struct api_server *server, struct api_client *client)
{
    static const char text[] = "-ERR max number of clients reached\r\n";
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)text, sizeof(text) - 1);
    uint64_t now_ms = sched_now_ms(server->sched);

    uv_try_write((uv_stream_t *)&client->pipe, &bytes, 1);
    if (server->stats.rejected++ == 0 || now_ms - server->rejected_logged_ms >= REJECTED_LOG_MS) {
        server->rejected_logged_ms = now_ms;
        log_warning(
            "api", "turned a client away: %zu are connected, the limit is %u (%llu turned away so far)",
            server->stats.clients, server->config.max_clients, (unsigned long long)server->stats.rejected);
    }
    uv_close((uv_handle_t *)&client->pipe, on_pipe_closed);
}

void client_accept(struct api_server *server, uv_stream_t *listener)
{
    struct api_client *client = calloc(1, sizeof(*client));
    uv_os_fd_t fd;

    if (!client) {
        server->accept_again = true; /* libuv keeps the connection and accepts no other meanwhile */
        return;
    }
    uv_pipe_init(server->loop, &client->pipe, 0);
    client->pipe.data = client;
    client->server = server;
    server->handles++;
    if (uv_accept(listener, (uv_stream_t *)&client->pipe) || uv_fileno((uv_handle_t *)&client->pipe, &fd) ||
        acl_peer_of(fd, &client->peer)) {
        uv_close((uv_handle_t *)&client->pipe, on_pipe_closed);
        return;
    }
    if (server->stats.clients >= server->config.max_clients) {
        reject(server, client);
        return;
    }
    server->stats.connections++;
    init(client, server);
    settle(client);
}
