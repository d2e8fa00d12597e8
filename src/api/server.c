#include "blynkd/api/server.h"

#include "client.h"
#include "output.h"
#include "state.h"

#include "blynkd/base/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOW_MAX_BYTES                                                                                       \
    ((size_t)512 * 1024) /* CLIENT LIST and the trace are the longest; half of the replies' bound */

void api_config_init(struct api_config *config)
{
    *config = (struct api_config){
        .socket_mode = 0660,
        .listen_fd = -1,
        .reply_max_bytes = (size_t)1024 * 1024,
        .published_max_bytes = (size_t)256 * 1024,
        .max_clients = 256,
    };
}

/* ---- the end ---- */

void server_release(struct api_server *server)
{
    server->handles--;
    if (server->closing && server->handles == 0) {
        server->on_closed(server->on_closed_arg);
    }
}

static void on_handle_closed(uv_handle_t *handle)
{
    server_release(handle->data);
}

/* It has never listened: nothing to wait for, but still not from inside the call. */
static void on_nothing_open(void *arg)
{
    struct api_server *server = arg;

    server->on_closed(server->on_closed_arg);
}

void api_server_close(struct api_server *server, void (*on_closed)(void *arg), void *arg)
{
    struct list *node;

    if (server->closing) {
        return;
    }
    server->closing = true;
    server->on_closed = on_closed;
    server->on_closed_arg = arg;
    output_flush_all(server);
    listener_close(&server->listener, on_handle_closed);
    while ((node = list_first(&server->clients))) {
        client_close(list_owner(node, struct api_client, node));
    }
    if (server->hooked) {
        uv_close((uv_handle_t *)&server->before_sleep, on_handle_closed);
        uv_close((uv_handle_t *)&server->after_poll, on_handle_closed);
    }
    if (server->handles == 0) {
        task_init(&server->nothing_open, on_nothing_open, server);
        task_post(server->sched, &server->nothing_open);
    }
}

void api_server_destroy(struct api_server *server)
{
    if (!server) {
        return;
    }
    buf_free(&server->show);
    buf_free(&server->replies);
    free(server);
}

/* ---- what the bridge tells ---- */

struct delivery {
    struct output_message message;
    struct api_server *server;
};

static void deliver(void *arg, void *owner, const char *pattern, size_t pattern_len)
{
    const struct delivery *delivery = arg;

    delivery->server->stats.published++;
    output_publish(owner, &delivery->message, pattern, pattern_len);
}

static void on_publish(void *arg, const char *channel_text, const void *message, size_t len)
{
    struct api_server *server = arg;
    char name[PUBSUB_NAME_MAX];
    unsigned channel;

    if (pubsub_channel_parse(channel_text, strlen(channel_text), &channel)) {
        log_debug("api", "nobody can subscribe to %s", channel_text);
        return;
    }
    struct delivery delivery = {
        .message = {.channel = pubsub_channel_name(channel, name), .bytes = message, .len = len},
        .server = server,
    };
    pubsub_publish(&server->pubsub, channel, deliver, &delivery);
}

/* Each change is published on its channel as well; the server keeps no state of the link. */
static void on_link(void *arg, const struct link_change *change)
{
    (void)arg;
    (void)change;
}

static void on_stopped(void *arg)
{
    (void)arg;
}

void server_update_trace(struct api_server *server)
{
    bool wanted = pubsub_wanted(&server->pubsub, PUBSUB_TRACE);

    if (wanted != server->trace_wanted) {
        server->trace_wanted = wanted;
        bridge_publish_trace(server->bridge, wanted);
    }
}

/* ---- the beginning ---- */

static void log_missing(const struct acl_missing *missing, const char *socket_group)
{
    for (size_t i = 0; i < missing->count; i++) {
        if (strcmp(missing->names[i], socket_group) == 0) {
            continue; /* the listener tells */
        }
        log_warning("api", "[access]: no user or group \"%s\" on this host; the line has no effect",
                    missing->names[i]);
    }
}

static void on_stored(void *arg, bool failed)
{
    struct api_server *server = arg;
    uint64_t ticket = bridge_stored_ticket(server->bridge);
    struct list *node, *following;

    list_each(node, &server->clients, following)
    {
        output_on_stored(list_owner(node, struct api_client, node), ticket, failed,
                         bridge_disk_trouble(server->bridge));
    }
    output_flush_all(server);
}

struct api_server *api_server_create(struct uv_loop_s *loop, struct sched *sched, struct bridge *bridge,
                                     const struct api_config *config)
{
    static const struct bridge_events events = {
        .on_publish = on_publish, .on_link = on_link, .on_stopped = on_stopped, .on_stored = on_stored};
    struct api_server *server = calloc(1, sizeof(*server));
    struct acl_missing missing;

    if (!server) {
        return NULL;
    }
    server->loop = loop;
    server->sched = sched;
    server->bridge = bridge;
    server->config = *config;
    server->started_ms = sched_now_ms(sched);
    pubsub_init(&server->pubsub);
    list_init(&server->clients);
    list_init(&server->dirty);
    buf_init(&server->show, SHOW_MAX_BYTES);
    buf_init(&server->replies, 0); /* each transaction sets its bound */
    command_index_init(&server->index);
    if (bridge_listen(bridge, &events, server)) {
        free(server);
        return NULL;
    }
    acl_resolve(&server->acl, config, &missing);
    log_missing(&missing, config->socket_group);
    return server;
}

static void on_connection(uv_stream_t *listener, int status)
{
    struct api_server *server = listener->data;

    if (status < 0) {
        log_warning("api", "a client could not be accepted: %s", uv_strerror(status));
        return;
    }
    client_accept(server, listener);
}

static void on_before_sleep(uv_prepare_t *handle)
{
    struct api_server *server = handle->data;

    if (server->accept_again) {
        server->accept_again = false;
        client_accept(server, (uv_stream_t *)&server->listener.pipe);
    }
    output_flush_all(server);
}

static void on_after_poll(uv_check_t *handle)
{
    output_flush_all(handle->data);
}

int api_server_listen(struct api_server *server, char *why, size_t why_bytes)
{
    int error = listener_open(&server->listener, server->loop, &server->config, on_connection, server, why,
                              why_bytes);

    if (server->listener.open) {
        server->handles++;
    }
    if (error) {
        listener_close(&server->listener, on_handle_closed);
        return error;
    }
    server->acl.socket_gid = server->listener.group;
    uv_prepare_init(server->loop, &server->before_sleep);
    uv_check_init(server->loop, &server->after_poll);
    server->before_sleep.data = server;
    server->after_poll.data = server;
    server->handles += 2;
    server->hooked = true;
    uv_prepare_start(&server->before_sleep, on_before_sleep);
    uv_check_start(&server->after_poll, on_after_poll);
    log_info("api", "listening on %s", server->listener.path);
    return 0;
}

/* ---- new settings ---- */

struct lookup {
    uv_work_t work;
    struct api_server *server;
    struct api_config config;
    struct acl acl;
    struct acl_missing missing;
};

static void on_lookup(uv_work_t *work)
{
    struct lookup *lookup = work->data;

    acl_resolve(&lookup->acl, &lookup->config, &lookup->missing);
}

/* A client that lost the role of an admin hears no more of the trace. */
static void give_role(struct api_server *server, struct api_client *client)
{
    client->role = acl_role(&server->acl, &client->peer);
    client->subscriber.sees_trace = client->role >= API_ADMIN;
    if (!client->subscriber.sees_trace) {
        pubsub_unsubscribe(&client->subscriber, PUBSUB_TRACE);
    }
}

static void apply_roles(struct api_server *server, const struct acl *acl)
{
    struct list *node;
    struct list *following;

    server->acl = *acl;
    if (server->listener.owns_path) {
        listener_set_access(&server->listener, &server->config, acl->socket_gid);
    }
    server->acl.socket_gid = server->listener.group;
    list_each(node, &server->clients, following)
    {
        give_role(server, list_owner(node, struct api_client, node));
    }
    server_update_trace(server);
}

static void on_looked_up(uv_work_t *work, int status)
{
    struct lookup *lookup = work->data;
    struct api_server *server = lookup->server;

    if (status == 0 && !server->closing) {
        log_missing(&lookup->missing, "");
        apply_roles(server, &lookup->acl);
    }
    free(lookup);
    server_release(server);
}

static void look_up(struct api_server *server)
{
    struct lookup *lookup = calloc(1, sizeof(*lookup));

    if (!lookup) {
        log_warning("api", "no memory to read [access] anew; the roles stay as they are");
        return;
    }
    lookup->work.data = lookup;
    lookup->server = server;
    lookup->config = server->config;
    if (uv_queue_work(server->loop, &lookup->work, on_lookup, on_looked_up)) {
        free(lookup);
        return;
    }
    server->handles++;
}

static void apply_bounds(struct api_server *server)
{
    size_t out_max = server->config.reply_max_bytes + server->config.published_max_bytes;
    struct list *node;
    struct list *following;

    list_each(node, &server->clients, following)
    {
        struct api_client *client = list_owner(node, struct api_client, node);
        /* Never below what a queue holds already. */
        client->out.max = out_max > client->out.cap ? out_max : client->out.cap;
        client->flying.max = out_max > client->flying.cap ? out_max : client->flying.cap;
    }
}

bool api_server_configure(struct api_server *server, const struct api_config *config)
{
    struct api_config fresh = *config;
    bool moved = config->listen_fd != server->config.listen_fd ||
                 (config->listen_fd < 0 && strcmp(config->socket_path, server->config.socket_path) != 0);

    fresh.listen_fd = server->config.listen_fd;
    memcpy(fresh.socket_path, server->config.socket_path, sizeof(fresh.socket_path));
    server->config = fresh;
    apply_bounds(server);
    look_up(server);
    return moved;
}

struct api_stats api_server_stats(const struct api_server *server)
{
    struct api_stats stats = server->stats;
    const struct list *head = &server->clients;

    stats.subscribed = 0;
    for (const struct list *node = head->next; node != head; node = node->next) {
        stats.subscribed += pubsub_count(&list_owner(node, struct api_client, node)->subscriber) > 0;
    }
    return stats;
}
