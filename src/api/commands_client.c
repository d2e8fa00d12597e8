#include "client.h"
#include "client_text.h"
#include "commands.h"
#include "output.h"
#include "state.h"
#include "transaction.h"

#include "blynkd/base/log.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

static bool printable(const struct resp_arg *arg)
{
    for (size_t i = 0; i < arg->len; i++) {
        if (arg->text[i] < '!' || arg->text[i] > '~') {
            return false;
        }
    }
    return true;
}

static bool set_text(struct api_client *client, char to[CLIENT_TEXT_MAX], const struct resp_arg *arg,
                     const char *what)
{
    if (!printable(arg)) {
        client_error(client, "ERR %s cannot contain spaces, newlines or special characters.", what);
        return false;
    }
    if (arg->len >= CLIENT_TEXT_MAX) {
        client_error(client, "ERR %s cannot be longer than %d bytes.", what, CLIENT_TEXT_MAX - 1);
        return false;
    }
    memcpy(to, arg->text, arg->len);
    to[arg->len] = '\0';
    return true;
}

bool client_set_name(struct api_client *client, const struct resp_arg *name)
{
    return set_text(client, client->name, name, "Client names");
}

static const char *flags_of(const struct api_client *client)
{
    bool queues = transaction_count(client->transaction) >= 0;

    if (client->waiting) {
        return "b";
    }
    if (pubsub_count(&client->subscriber)) {
        return queues ? "Px" : "P";
    }
    return queues ? "x" : "N";
}

/* Every field of Redis 7.2 is there, in its order: redis-py wants them all. */
void client_describe(const struct api_client *client, struct buf *out)
{
    const struct pubsub_subscriber *subscriber = &client->subscriber;
    uint64_t now_ms = sched_now_ms(client->server->sched);
    const char *path = client->server->listener.path;
    uv_os_fd_t fd = -1;

    uv_fileno((const uv_handle_t *)&client->pipe, &fd);
    buf_printf(out,
               "id=%llu addr=%s:0 laddr=%s:0 fd=%d name=%s age=%llu idle=%llu flags=%s db=0 sub=%u psub=%u ",
               (unsigned long long)client->id, path, path, fd, client->name,
               (unsigned long long)((now_ms - client->connected_ms) / 1000),
               (unsigned long long)((now_ms - client->active_ms) / 1000), flags_of(client),
               subscriber->channel_count, subscriber->pattern_count);
    buf_printf(out,
               "ssub=0 multi=%ld qbuf=%zu qbuf-free=%zu argv-mem=0 multi-mem=%zu obl=%zu oll=%u omem=%zu "
               "tot-mem=%zu ",
               transaction_count(client->transaction), buf_len(&client->in),
               client->in.cap - buf_len(&client->in), transaction_bytes(client->transaction),
               buf_len(&client->out), buf_len(&client->flying) > 0 ? 1U : 0U, output_waiting(client),
               sizeof(*client) + client->in.cap + client->out.cap + client->flying.cap +
                   transaction_bytes(client->transaction));
    buf_printf(out, "events=%s cmd=%s user=default redir=-1 resp=%u lib-name=%s lib-ver=%s ",
               client->reading ? "r" : "", client->last ? client->last->name : "NULL", client->reply.protocol,
               client->library, client->library_version);
    buf_printf(out, "pid=%ld uid=%u role=%s commands=%llu\n", (long)client->peer.pid,
               (unsigned)client->peer.uid, api_role_name(client->role), (unsigned long long)client->commands);
}

/* ---- the subcommands ---- */

static void sub_id(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    reply_integer(&client->reply, (long long)client->id);
}

static void sub_setname(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)count;
    if (client_set_name(client, &args[2])) {
        reply_ok(&client->reply);
    }
}

static void sub_getname(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    if (client->name[0]) {
        reply_text(&client->reply, client->name);
    } else {
        reply_null(&client->reply);
    }
}

static void sub_setinfo(struct api_client *client, const struct resp_arg *args, size_t count)
{
    bool done = false;

    (void)count;
    if (command_word(&args[2], "LIB-NAME")) {
        done = set_text(client, client->library, &args[3], "lib-name");
    } else if (command_word(&args[2], "LIB-VER")) {
        done = set_text(client, client->library_version, &args[3], "lib-ver");
    } else {
        client_error(client, "ERR Unrecognized option '%.*s'", (int)(args[2].len < 64 ? args[2].len : 64),
                     args[2].text);
    }
    if (done) {
        reply_ok(&client->reply);
    }
}

static void sub_info(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct buf *text = &client->server->show;

    (void)args;
    (void)count;
    buf_clear(text);
    client_describe(client, text);
    reply_verbatim(&client->reply, buf_bytes(text), buf_len(text));
    buf_clear(text);
}

/* CLIENT LIST [TYPE type] [ID id ...]: the filters that tools use. */
struct client_filter {
    const struct resp_arg *type;
    const struct resp_arg *ids;
    size_t id_count;
};

static bool filter_takes(const struct client_filter *filter, const struct api_client *client)
{
    bool subscribed = pubsub_count(&client->subscriber) > 0;
    long long id;

    if (filter->type && !command_word(filter->type, subscribed ? "pubsub" : "normal")) {
        return false;
    }
    if (!filter->ids) {
        return true;
    }
    for (size_t i = 0; i < filter->id_count; i++) {
        if (command_number(&filter->ids[i], 1, LLONG_MAX, &id) && (uint64_t)id == client->id) {
            return true;
        }
    }
    return false;
}

static void sub_list(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct buf *text = &client->server->show;
    struct client_filter filter = {NULL, NULL, 0};
    struct list *node;
    struct list *following;

    if (count == 4 && command_word(&args[2], "TYPE")) {
        filter.type = &args[3];
    } else if (count >= 4 && command_word(&args[2], "ID")) {
        filter.ids = &args[3];
        filter.id_count = count - 3;
    } else if (count > 2) {
        command_syntax_error(client, "CLIENT LIST [TYPE normal|pubsub] or CLIENT LIST ID id ...");
        return;
    }
    buf_clear(text);
    list_each(node, &client->server->clients, following)
    {
        const struct api_client *each = list_owner(node, struct api_client, node);
        if (filter_takes(&filter, each)) {
            client_describe(each, text);
        }
    }
    reply_verbatim(&client->reply, buf_bytes(text), buf_len(text));
    buf_clear(text);
}

static struct api_client *find_client(struct api_server *server, uint64_t id)
{
    struct list *node;
    struct list *following;

    list_each(node, &server->clients, following)
    {
        struct api_client *each = list_owner(node, struct api_client, node);
        if (each->id == id) {
            return each;
        }
    }
    return NULL;
}

static void sub_kill(struct api_client *client, const struct resp_arg *args, size_t count)
{
    long long id;

    if (count != 4 || !command_word(&args[2], "ID")) {
        command_syntax_error(client,
                             "CLIENT KILL ID id; CLIENT LIST shows the ids (a Unix socket has no addresses)");
        return;
    }
    if (!command_number(&args[3], 1, LLONG_MAX, &id)) {
        client_error(client, "ERR client-id should be greater than 0");
        return;
    }
    struct api_client *victim = find_client(client->server, (uint64_t)id);
    if (victim != client && client->role < API_ADMIN) {
        client->server->stats.denied++;
        client_error(client, "NOPERM closing other clients needs the role admin");
        return;
    }
    reply_integer(&client->reply, victim ? 1 : 0);
    if (victim == client) {
        client_leave(client);
    } else if (victim) {
        log_notice("api", "client %lld closed for client %llu", id, (unsigned long long)client->id);
        client_doom(victim);
    }
}

/* Hints to Redis' memory and key handling mean nothing here, and harm nobody. */
static void sub_accept(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    reply_ok(&client->reply);
}

static void sub_reply(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)count;
    if (command_word(&args[2], "ON")) {
        reply_ok(&client->reply);
    } else {
        client_error(client, "ERR every command is answered: CLIENT REPLY ON only");
    }
}

struct subcommand {
    const char *name;
    size_t count_min; /* words, with CLIENT */
    size_t count_max;
    void (*run)(struct api_client *client, const struct resp_arg *args, size_t count);
};

static const struct subcommand subcommands[] = {
    {"id", 2, 2, sub_id},
    {"setname", 3, 3, sub_setname},
    {"getname", 2, 2, sub_getname},
    {"setinfo", 4, 4, sub_setinfo},
    {"info", 2, 2, sub_info},
    {"list", 2, RESP_ARGS_MAX, sub_list},
    {"kill", 3, RESP_ARGS_MAX, sub_kill},
    {"no-evict", 3, 3, sub_accept},
    {"no-touch", 3, 3, sub_accept},
    {"reply", 3, 3, sub_reply},
};

void run_client(struct api_client *client, const struct resp_arg *args, size_t count)
{
    for (size_t i = 0; i < sizeof(subcommands) / sizeof(subcommands[0]); i++) {
        const struct subcommand *subcommand = &subcommands[i];
        if (!command_word(&args[1], subcommand->name)) {
            continue;
        }
        if (count < subcommand->count_min || count > subcommand->count_max) {
            char name[32];
            snprintf(name, sizeof(name), "client|%s", subcommand->name);
            command_wrong_arity(client, name);
            return;
        }
        subcommand->run(client, args, count);
        return;
    }
    command_unknown_subcommand(client, args);
}
