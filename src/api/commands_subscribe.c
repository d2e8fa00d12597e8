#include "client.h"
#include "commands.h"
#include "glob.h"
#include "state.h"

#include <errno.h>
#include <string.h>

/* One acknowledgement a name, as Redis gives it; `name` NULL where there was nothing to unsubscribe from. */
static void acknowledge(struct api_client *client, const char *kind, const char *name, size_t len)
{
    struct reply *reply = &client->reply;

    reply_push(reply, 3);
    reply_text(reply, kind);
    if (name) {
        reply_bulk(reply, name, len);
    } else {
        reply_null(reply);
    }
    reply_integer(reply, pubsub_count(&client->subscriber));
}

static void acknowledge_channel(struct api_client *client, const char *kind, unsigned channel)
{
    char buffer[PUBSUB_NAME_MAX];
    const char *name = pubsub_channel_name(channel, buffer);

    acknowledge(client, kind, name, strlen(name));
}

static bool may_subscribe(struct api_client *client, const struct resp_arg *arg)
{
    unsigned channel;

    if (pubsub_channel_parse(arg->text, arg->len, &channel)) {
        client_error(
            client,
            "WRONGPIN '%.*s' is no channel: use a pin (V0 to V255, D0..., A0...), link, internal or trace",
            (int)(arg->len < 64 ? arg->len : 64), arg->text);
        return false;
    }
    if (channel == PUBSUB_TRACE && client->role < API_ADMIN) {
        client->server->stats.denied++;
        client_error(client, "NOPERM the channel trace needs the role admin, you are %s",
                     api_role_name(client->role));
        return false;
    }
    return true;
}

/* One wrong name refuses the whole command: a mistyped pin that stays silent for ever helps nobody. */
void run_subscribe(struct api_client *client, const struct resp_arg *args, size_t count)
{
    unsigned channel;

    for (size_t i = 1; i < count; i++) {
        if (!may_subscribe(client, &args[i])) {
            return;
        }
    }
    for (size_t i = 1; i < count; i++) {
        pubsub_channel_parse(args[i].text, args[i].len, &channel);
        if (pubsub_subscribe(&client->server->pubsub, &client->subscriber, channel)) {
            client_error(client, "ERR out of memory");
            break;
        }
        acknowledge_channel(client, "subscribe", channel);
    }
    server_update_trace(client->server);
}

void run_psubscribe(struct api_client *client, const struct resp_arg *args, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int error =
            pubsub_subscribe_pattern(&client->server->pubsub, &client->subscriber, args[i].text, args[i].len);
        if (error) {
            client_error(client,
                         error == -ENOMEM ? "ERR out of memory" : "ERR at most %d patterns of %d bytes each",
                         PUBSUB_PATTERNS_MAX, GLOB_PATTERN_MAX);
            break;
        }
        acknowledge(client, "psubscribe", args[i].text, args[i].len);
    }
    server_update_trace(client->server);
}

static void unsubscribe_from_all(struct api_client *client)
{
    unsigned channel;
    bool any = false;

    while (pubsub_first_channel(&client->subscriber, &channel)) {
        pubsub_unsubscribe(&client->subscriber, channel);
        acknowledge_channel(client, "unsubscribe", channel);
        any = true;
    }
    if (!any) {
        acknowledge(client, "unsubscribe", NULL, 0);
    }
}

void run_unsubscribe(struct api_client *client, const struct resp_arg *args, size_t count)
{
    unsigned channel;

    if (count == 1) {
        unsubscribe_from_all(client);
    }
    for (size_t i = 1; i < count; i++) {
        if (pubsub_channel_parse(args[i].text, args[i].len, &channel)) {
            acknowledge(client, "unsubscribe", args[i].text, args[i].len);
            continue;
        }
        pubsub_unsubscribe(&client->subscriber, channel);
        acknowledge_channel(client, "unsubscribe", channel);
    }
    server_update_trace(client->server);
}

static void unsubscribe_from_all_patterns(struct api_client *client)
{
    struct pubsub *pubsub = &client->server->pubsub;
    char copy[GLOB_PATTERN_MAX];
    const char *pattern;
    size_t len;
    bool any = false;

    while (pubsub_first_pattern(&client->subscriber, &pattern, &len)) {
        memcpy(copy, pattern, len);
        pubsub_unsubscribe_pattern(pubsub, &client->subscriber, copy, len);
        acknowledge(client, "punsubscribe", copy, len);
        any = true;
    }
    if (!any) {
        acknowledge(client, "punsubscribe", NULL, 0);
    }
}

void run_punsubscribe(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count == 1) {
        unsubscribe_from_all_patterns(client);
    }
    for (size_t i = 1; i < count; i++) {
        pubsub_unsubscribe_pattern(&client->server->pubsub, &client->subscriber, args[i].text, args[i].len);
        acknowledge(client, "punsubscribe", args[i].text, args[i].len);
    }
    server_update_trace(client->server);
}

static bool channel_listed(const struct pubsub *pubsub, unsigned channel, const struct resp_arg *pattern)
{
    char buffer[PUBSUB_NAME_MAX];
    const char *name = pubsub_channel_name(channel, buffer);

    return pubsub_subscribers(pubsub, channel) > 0 &&
           (!pattern || glob_matches(pattern->text, pattern->len, name, strlen(name)));
}

static void list_channels(struct api_client *client, const struct resp_arg *pattern)
{
    const struct pubsub *pubsub = &client->server->pubsub;
    char buffer[PUBSUB_NAME_MAX];
    size_t found = 0;

    if (pattern && pattern->len > GLOB_PATTERN_MAX) {
        client_error(client, "ERR pattern over %d bytes", GLOB_PATTERN_MAX);
        return;
    }
    for (unsigned channel = 0; channel < PUBSUB_CHANNELS; channel++) {
        found += channel_listed(pubsub, channel, pattern);
    }
    reply_array(&client->reply, found);
    for (unsigned channel = 0; channel < PUBSUB_CHANNELS; channel++) {
        if (channel_listed(pubsub, channel, pattern)) {
            reply_text(&client->reply, pubsub_channel_name(channel, buffer));
        }
    }
}

/* A map's content, but an array in both protocols: so Redis has it. */
static void count_subscribers(struct api_client *client, const struct resp_arg *names, size_t count)
{
    unsigned channel;

    reply_array(&client->reply, count * 2);
    for (size_t i = 0; i < count; i++) {
        bool known = pubsub_channel_parse(names[i].text, names[i].len, &channel) == 0;
        reply_bulk(&client->reply, names[i].text, names[i].len);
        reply_integer(&client->reply,
                      known ? (long long)pubsub_subscribers(&client->server->pubsub, channel) : 0);
    }
}

void run_pubsub(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (command_word(&args[1], "CHANNELS") && count <= 3) {
        list_channels(client, count == 3 ? &args[2] : NULL);
    } else if (command_word(&args[1], "NUMSUB")) {
        count_subscribers(client, args + 2, count - 2);
    } else if (command_word(&args[1], "NUMPAT") && count == 2) {
        reply_integer(&client->reply, (long long)client->server->pubsub.pattern_count);
    } else {
        command_unknown_subcommand(client, args);
    }
}
