#include "client.h"
#include "client_text.h"
#include "commands.h"
#include "state.h"
#include "transaction.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

void run_ping(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct reply *reply = &client->reply;

    if (count > 2) {
        command_wrong_arity(client, "ping");
        return;
    }
    if (reply->protocol == 2 && pubsub_count(&client->subscriber)) {
        reply_array(reply, 2);
        reply_text(reply, "pong");
        reply_bulk(reply, count == 2 ? args[1].text : "", count == 2 ? args[1].len : 0);
    } else if (count == 2) {
        reply_bulk(reply, args[1].text, args[1].len);
    } else {
        reply_status(reply, "PONG");
    }
}

void run_echo(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)count;
    reply_bulk(&client->reply, args[1].text, args[1].len);
}

void run_quit(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    reply_ok(&client->reply);
    client_leave(client);
}

void run_reset(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    transaction_forget(client);
    pubsub_unsubscribe_all(&client->server->pubsub, &client->subscriber);
    server_update_trace(client->server);
    client->reply.protocol = 2;
    client->name[0] = '\0';
    reply_status(&client->reply, "RESET");
}

void run_select(struct api_client *client, const struct resp_arg *args, size_t count)
{
    long long index;

    (void)count;
    if (!command_number(&args[1], -2147483647LL, 2147483647LL, &index)) {
        client_error(client, "ERR value is not an integer or out of range");
    } else if (index != 0) {
        client_error(client, "ERR DB index is out of range");
    } else {
        reply_ok(&client->reply);
    }
}

/* The texts are those of a Redis without passwords: client libraries look at them. */
static bool check_user(struct api_client *client, const struct resp_arg *user)
{
    if (command_word(user, "default")) {
        return true;
    }
    client_error(client, "WRONGPASS invalid username-password pair or user is disabled.");
    return false;
}

void run_auth(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count > 3) {
        command_syntax_error(client, "AUTH [user] password");
    } else if (count == 2) {
        client_error(client,
                     "ERR AUTH <password> called without any password configured for the default user. "
                     "Are you sure your configuration is correct?");
    } else if (check_user(client, &args[1])) {
        reply_ok(&client->reply);
    }
}

static void greet(struct api_client *client)
{
    struct reply *reply = &client->reply;

    reply_map(reply, 7);
    reply_text(reply, "server");
    reply_text(reply, "redis");
    reply_text(reply, "version");
    reply_text(reply, CLIENT_REDIS_VERSION);
    reply_text(reply, "proto");
    reply_integer(reply, reply->protocol);
    reply_text(reply, "id");
    reply_integer(reply, (long long)client->id);
    reply_text(reply, "mode");
    reply_text(reply, "standalone");
    reply_text(reply, "role");
    reply_text(reply, "master");
    reply_text(reply, "modules");
    reply_array(reply, 0);
}

static bool hello_protocol(struct api_client *client, const struct resp_arg *arg, long long *protocol)
{
    if (!command_number(arg, -999999999LL, 999999999LL, protocol)) {
        client_error(client, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (*protocol != 2 && *protocol != 3) {
        client_error(client, "NOPROTO unsupported protocol version");
        return false;
    }
    return true;
}

/* HELLO [2|3 [AUTH user password] [SETNAME name]]: all is checked before anything changes. */
void run_hello(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct resp_arg *name = NULL;
    long long protocol = client->reply.protocol;
    size_t at = 2;

    if (count > 1 && !hello_protocol(client, &args[1], &protocol)) {
        return;
    }
    while (at < count) {
        if (command_word(&args[at], "AUTH") && count - at > 2) {
            if (!check_user(client, &args[at + 1])) {
                return;
            }
            at += 3;
        } else if (command_word(&args[at], "SETNAME") && count - at > 1) {
            name = &args[at + 1];
            at += 2;
        } else {
            client_error(client, "ERR Syntax error in HELLO option '%.*s'",
                         (int)(args[at].len < 64 ? args[at].len : 64), args[at].text);
            return;
        }
    }
    if (name && !client_set_name(client, name)) {
        return;
    }
    client->reply.protocol = (unsigned)protocol;
    greet(client);
}

void run_time(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct timespec now;
    char text[24];

    (void)args;
    (void)count;
    clock_gettime(CLOCK_REALTIME, &now);
    reply_array(&client->reply, 2);
    snprintf(text, sizeof(text), "%lld", (long long)now.tv_sec);
    reply_text(&client->reply, text);
    snprintf(text, sizeof(text), "%ld", now.tv_nsec / 1000);
    reply_text(&client->reply, text);
}
