#include "output.h"

#include "client.h"
#include "state.h"

#include "blynkd/base/log.h"

#include <string.h>

/*
 * A program may send a long pipeline and read meanwhile, hence its commands stop at half the bound and go on
 * below a quarter. One that reads nothing for two ticks of a second in that state does not read at all.
 */
#define PAUSE_PART    2
#define RESUME_PART   4
#define STALLED_TICKS 2

static size_t unsent(const struct api_client *client)
{
    return uv_stream_get_write_queue_size((const uv_stream_t *)&client->pipe);
}

size_t output_waiting(const struct api_client *client)
{
    return buf_len(&client->out) + unsent(client);
}

/* Which of the bytes that libuv holds went out first is not known: replies are assumed to be the first. */
static size_t published_waiting(const struct api_client *client)
{
    size_t flying = unsent(client);

    return client->published_bytes + (flying < client->flying_published ? flying : client->flying_published);
}

size_t output_room(const struct api_client *client)
{
    size_t replies = output_waiting(client) - published_waiting(client);
    size_t max = client->server->config.reply_max_bytes;

    return replies < max ? max - replies : 0;
}

static void drop_slow(struct api_client *client, const char *what, size_t bytes)
{
    if (client->doomed) {
        return;
    }
    log_warning("api",
                "client %llu (pid %ld, uid %u, name \"%s\") does not read: %zu bytes of %s wait; closed",
                (unsigned long long)client->id, (long)client->peer.pid, (unsigned)client->peer.uid,
                client->name, bytes, what);
    client->server->stats.slow++;
    client_doom(client);
}

static void mark_dirty(struct api_client *client)
{
    if (list_empty(&client->dirty_node)) {
        list_append(&client->server->dirty, &client->dirty_node);
    }
}

void output_added(struct api_client *client)
{
    const struct api_config *config = &client->server->config;

    mark_dirty(client);
    size_t waiting = output_waiting(client);
    if (waiting < config->reply_max_bytes / PAUSE_PART && !client->reply.full) {
        return;
    }
    size_t replies = waiting - published_waiting(client);
    if (replies > config->reply_max_bytes || client->reply.full) {
        drop_slow(client, "replies", replies);
    } else if (replies >= config->reply_max_bytes / PAUSE_PART && !client->paused) {
        client->paused = true;
        client->stalled_bytes = 0;
        client->stalled_ticks = 0;
    }
}

void output_publish(struct api_client *client, const struct output_message *message, const char *pattern,
                    size_t pattern_len)
{
    /* Not client->reply: during a transaction that collects elsewhere. */
    struct reply out = {.buf = &client->out, .protocol = client->reply.protocol};
    struct reply *reply = &out;
    size_t before = buf_len(&client->out);

    if (client->doomed || client->leaving) {
        return;
    }
    reply_push(reply, pattern ? 4 : 3);
    reply_text(reply, pattern ? "pmessage" : "message");
    if (pattern) {
        reply_bulk(reply, pattern, pattern_len);
    }
    reply_text(reply, message->channel);
    reply_bulk(reply, message->bytes, message->len);
    client->published_bytes += buf_len(&client->out) - before;
    mark_dirty(client);
    size_t waiting = published_waiting(client);
    if (waiting > client->server->config.published_max_bytes || reply->full) {
        drop_slow(client, "published messages", waiting);
    }
}

bool output_stalled(struct api_client *client)
{
    size_t now = unsent(client);

    client->stalled_ticks = now == client->stalled_bytes ? client->stalled_ticks + 1 : 0;
    client->stalled_bytes = now;
    if (client->stalled_ticks < STALLED_TICKS) {
        return false;
    }
    drop_slow(client, "replies", output_waiting(client));
    return true;
}

static void on_written(uv_write_t *write, int status)
{
    struct api_client *client = write->data;

    if (client->closing) {
        return;
    }
    client->server->stats.bytes_out += buf_len(&client->flying);
    buf_clear(&client->flying);
    client->flying_published = 0;
    if (status < 0) {
        client_close(client);
        return;
    }
    mark_dirty(client);
}

/* False: the client is gone. */
static bool lift_off(struct api_client *client, size_t free_bytes)
{
    if (free_bytes == buf_len(&client->out)) {
        struct buf empty = client->flying;
        client->flying = client->out;
        client->out = empty;
    } else if (buf_append(&client->flying, buf_bytes(&client->out), free_bytes) == 0) {
        buf_consume(&client->out, free_bytes);
    } else {
        client_close(client);
        return false;
    }
    withheld_consumed(&client->withheld, free_bytes);
    return true;
}

/* The kernel took only a part: libuv keeps the rest in memory that must not move meanwhile. */
static void send_rest(struct api_client *client, size_t free_bytes)
{
    if (!lift_off(client, free_bytes)) {
        return;
    }
    size_t len = buf_len(&client->flying);
    client->flying_published = client->published_bytes < len ? client->published_bytes : len;
    client->published_bytes -= client->flying_published;

    uv_buf_t rest = uv_buf_init((char *)(uintptr_t)buf_bytes(&client->flying), (unsigned)len);
    client->write.data = client;
    if (uv_write(&client->write, (uv_stream_t *)&client->pipe, &rest, 1, on_written)) {
        client_close(client);
    }
}

/* False: the client is gone. */
static bool send_now(struct api_client *client)
{
    size_t len = withheld_free_bytes(&client->withheld, buf_len(&client->out));
    uv_buf_t bytes = uv_buf_init((char *)(uintptr_t)buf_bytes(&client->out), (unsigned)len);
    if (len == 0) {
        return true;
    }
    int sent = uv_try_write((uv_stream_t *)&client->pipe, &bytes, 1);

    if (sent < 0 && sent != UV_EAGAIN) {
        client_close(client);
        return false;
    }
    if (sent > 0) {
        client->server->stats.bytes_out += (uint64_t)sent;
        buf_consume(&client->out, (size_t)sent);
        withheld_consumed(&client->withheld, (size_t)sent);
        len -= (size_t)sent;
    }
    if (len > 0) {
        send_rest(client, len);
    } else if (buf_len(&client->out) == 0) {
        client->published_bytes = 0;
    }
    return !client->closing;
}

void output_flush(struct api_client *client)
{
    if (client->closing) {
        return;
    }
    if (client->doomed) {
        client_close(client);
        return;
    }
    if (buf_len(&client->flying) == 0 && buf_len(&client->out) > 0 && !send_now(client)) {
        return;
    }
    size_t waiting = output_waiting(client);
    if (waiting == 0 && client->leaving) {
        client_close(client);
        return;
    }
    if (client->paused && waiting < client->server->config.reply_max_bytes / RESUME_PART) {
        client->paused = false;
        client_resume(client);
    }
}

void output_on_stored(struct api_client *client, uint64_t ticket, bool failed, const char *why)
{
    size_t held = withheld_free_bytes(&client->withheld, buf_len(&client->out));

    if (!failed) {
        if (withheld_release(&client->withheld, ticket)) {
            mark_dirty(client);
        }
        return;
    }
    if (client->withheld.count == 0 || client->closing) {
        return;
    }
    /* Which of the waiting replies would be which error nobody can tell: the first is, and then it ends. */
    buf_truncate(&client->out, held);
    client->withheld.count = 0;
    reply_error(&client->reply,
                "SPOOLFULL the disk could not be written (%s): what you wrote last waits in memory only",
                why);
    client_leave(client);
    mark_dirty(client);
}

void output_flush_all(struct api_server *server)
{
    struct list *node;

    while ((node = list_first(&server->dirty))) {
        list_remove(node);
        output_flush(list_owner(node, struct api_client, dirty_node));
    }
}
