/* Subscriptions: a connection of their own, made again with all of them when it is lost. */
#include "client.h"

#include <errno.h>
#include <string.h>

static bool is_array_of(const redisReply *reply, size_t count, const char *kind)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == count && reply->element[0]->str &&
           strcmp(reply->element[0]->str, kind) == 0;
}

static bool is_message(const redisReply *reply)
{
    return is_array_of(reply, 4, "pmessage") && reply->element[2]->type == REDIS_REPLY_STRING &&
           reply->element[3]->type == REDIS_REPLY_STRING &&
           (size_t)reply->element[2]->len < BLYNKD_CLIENT_CHANNEL_BYTES;
}

void client_drop_messages(struct blynkd_client *client)
{
    while (client->early_count) {
        freeReplyObject(client->early[client->early_first]);
        client->early_first = (client->early_first + 1) % CLIENT_EARLY_MAX;
        client->early_count--;
    }
    freeReplyObject(client->message);
    client->message = NULL;
    wire_close(&client->messages);
}

/* What has been heard before is still given out. */
static int lose(struct blynkd_client *client, int result)
{
    wire_close(&client->messages);
    return client_fail_on_the_way(client, result);
}

static void keep_early(struct blynkd_client *client, redisReply *reply)
{
    client->early[(client->early_first + client->early_count) % CLIENT_EARLY_MAX] = reply;
    client->early_count++;
}

static redisReply *take_early(struct blynkd_client *client)
{
    redisReply *reply = client->early[client->early_first];

    client->early_first = (client->early_first + 1) % CLIENT_EARLY_MAX;
    client->early_count--;
    return reply;
}

/* ---- subscribing ---- */

static int confirm(struct blynkd_client *client, redisReply *reply)
{
    int result = 0;

    if (reply->type == REDIS_REPLY_ERROR) {
        result = client_fail_refused(client, reply);
    } else if (!is_array_of(reply, 3, "psubscribe")) {
        result = lose(client, -EPROTO);
    }
    freeReplyObject(reply);
    return result;
}

/* Messages of other subscriptions may come first. With too many of them the confirmation is left to client_next(). */
static int subscribe_on_wire(struct blynkd_client *client, const char *channel, uint64_t deadline_ms)
{
    const char *words[] = {"PSUBSCRIBE", channel};
    int result = wire_send(&client->messages, 2, words, NULL, deadline_ms);

    while (result == 0 && client->early_count < CLIENT_EARLY_MAX) {
        redisReply *reply = NULL;
        result = wire_receive(&client->messages, deadline_ms, false, &reply);
        if (result || !reply) {
            break;
        }
        if (!is_message(reply)) {
            return confirm(client, reply);
        }
        keep_early(client, reply);
    }
    return result ? lose(client, result) : 0;
}

static int connect_messages(struct blynkd_client *client)
{
    int result;

    if (client->messages.fd >= 0) {
        return 0;
    }
    result = client_connect(client, &client->messages);
    uint64_t deadline_ms = wire_now_ms() + client->timeout_ms; /* for all of them together */
    for (size_t i = 0; i < client->channel_count && result == 0; i++) {
        result = subscribe_on_wire(client, client->channels[i], deadline_ms);
    }
    if (result) {
        wire_close(&client->messages);
    }
    return result;
}

int blynkd_client_subscribe(struct blynkd_client *client, const char *channel)
{
    size_t len = strlen(channel);
    int result;

    if (len == 0 || len >= BLYNKD_CLIENT_CHANNEL_BYTES ||
        client->channel_count == BLYNKD_CLIENT_SUBSCRIPTIONS_MAX) {
        return client_fail(client, -EINVAL, "a client has at most %d subscriptions, each of 1 to %d bytes",
                           BLYNKD_CLIENT_SUBSCRIPTIONS_MAX, BLYNKD_CLIENT_CHANNEL_BYTES - 1);
    }
    result = connect_messages(client);
    if (result == 0) {
        result = subscribe_on_wire(client, channel, wire_now_ms() + client->timeout_ms);
    }
    if (result == 0) {
        memcpy(client->channels[client->channel_count++], channel, len + 1);
    }
    return result;
}

/* ---- hearing ---- */

static void give_out(struct blynkd_client *client, redisReply *reply, struct blynkd_message *message)
{
    const redisReply *channel = reply->element[2], *value = reply->element[3];

    client->message = reply;
    memcpy(message->channel, channel->str, (size_t)channel->len + 1);
    message->value = value->str;
    message->len = (size_t)value->len;
}

/* The next reply of whatever kind, NULL if there is none in time. */
static int next_reply(struct blynkd_client *client, uint64_t deadline_ms, redisReply **reply)
{
    int result;

    if (client->early_count) {
        *reply = take_early(client);
        return 0;
    }
    result = connect_messages(client);
    if (result) {
        return result;
    }
    result = wire_receive(&client->messages, deadline_ms, true, reply);
    switch (result) {
    case 0:
    case -ETIMEDOUT:
        return 0;
    case -EINTR:
        return client_fail_on_the_way(client, result);
    default:
        return lose(client, result);
    }
}

int blynkd_client_next(struct blynkd_client *client, uint32_t timeout_ms, struct blynkd_message *message)
{
    uint64_t deadline_ms = wire_now_ms() + timeout_ms;

    freeReplyObject(client->message);
    client->message = NULL;
    if (client->channel_count == 0) {
        return client_fail(client, -ENOENT, "nothing is subscribed: call blynkd_client_subscribe() first");
    }
    /* Between two messages there are at most the confirmations that were left over. */
    for (int left_over = 0; left_over <= BLYNKD_CLIENT_SUBSCRIPTIONS_MAX; left_over++) {
        redisReply *reply = NULL;
        int result = next_reply(client, deadline_ms, &reply);
        if (result || !reply) {
            return result;
        }
        if (is_message(reply)) {
            give_out(client, reply, message);
            return 1;
        }
        result = confirm(client, reply);
        if (result) {
            return result;
        }
    }
    return lose(client, -EPROTO);
}

int blynkd_client_fd(const struct blynkd_client *client)
{
    return client->messages.fd >= 0 ? client->messages.fd : -ENOTCONN;
}
