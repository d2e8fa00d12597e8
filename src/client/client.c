/* Connections: opening, asking, closing. */
#include "client.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MAX_MS 3600000u
#define NAME_MAX_BYTES 32

static int set_path(struct blynkd_client *client, const char *path)
{
    const char *from_environment = getenv("BLYNKD_SOCKET");

    if (!path) {
        path = from_environment && *from_environment ? from_environment : BLYNKD_CLIENT_SOCKET;
    }
    if (!*path || strlen(path) >= sizeof(client->path)) {
        return -ENAMETOOLONG;
    }
    memcpy(client->path, path, strlen(path) + 1);
    return 0;
}

int blynkd_client_open(const char *socket_path, uint32_t timeout_ms, struct blynkd_client **client)
{
    struct blynkd_client *opened = calloc(1, sizeof(*opened));
    int result;

    *client = opened;
    if (!opened) {
        return -ENOMEM;
    }
    wire_init(&opened->calls);
    wire_init(&opened->messages);
    opened->timeout_ms = timeout_ms;
    result = set_path(opened, socket_path);
    if (result) {
        opened->path[0] = '\0';
        return client_fail_on_the_way(opened, result);
    }
    if (timeout_ms == 0 || timeout_ms > TIMEOUT_MAX_MS) {
        opened->timeout_ms = timeout_ms ? TIMEOUT_MAX_MS : 1;
        return client_fail(opened, -EINVAL, "the timeout is 1 to %u milliseconds", TIMEOUT_MAX_MS);
    }
    return client_connect(opened, &opened->calls);
}

void blynkd_client_close(struct blynkd_client *client)
{
    if (!client) {
        return;
    }
    client_drop_messages(client);
    wire_close(&client->calls);
    free(client);
}

/* ---- connecting ---- */

/*
 * The daemon shows and counts a program under its name (CLIENT LIST, BLYNK.BUDGET). A daemon that refuses the name is
 * as good.
 */
static int tell_name(struct wire *wire, uint64_t deadline_ms)
{
    char name[NAME_MAX_BYTES + 1];
    const char *words[] = {"CLIENT", "SETNAME", name};
    redisReply *reply = NULL;
    size_t len = 0;
    int result;

    for (const char *at = program_invocation_short_name; *at && len < NAME_MAX_BYTES; at++) {
        name[len++] = (char)(isgraph((unsigned char)*at) ? *at : '_');
    }
    name[len] = '\0';
    result = wire_send(wire, 3, words, NULL, deadline_ms);
    if (result == 0) {
        result = wire_receive(wire, deadline_ms, false, &reply);
    }
    freeReplyObject(reply);
    return result;
}

int client_connect(struct blynkd_client *client, struct wire *wire)
{
    uint64_t deadline_ms = wire_now_ms() + client->timeout_ms;
    int result;

    if (wire->fd >= 0) {
        return 0;
    }
    result = wire_open(wire, client->path, deadline_ms);
    if (result == 0) {
        result = tell_name(wire, deadline_ms);
    }
    if (result) {
        wire_close(wire);
        return client_fail_on_the_way(client, result);
    }
    if (wire == &client->calls) {
        client->connected_again = client->was_connected;
        client->was_connected = true;
    }
    return 0;
}

/* ---- asking ---- */

static int exchange(struct blynkd_client *client, int count, const char *const *words, const size_t *lengths,
                    uint32_t timeout_ms, bool interruptible, redisReply **reply)
{
    int result = client_connect(client, &client->calls);
    uint64_t deadline_ms = wire_now_ms() + timeout_ms;

    if (result) {
        return result;
    }
    result = wire_send(&client->calls, count, words, lengths, deadline_ms);
    if (result == 0) {
        result = wire_receive(&client->calls, deadline_ms, interruptible, reply);
    }
    if (result) {
        wire_close(&client->calls); /* an answer that comes later would be taken for the next one */
        return client_fail_on_the_way(client, result);
    }
    if ((*reply)->type == REDIS_REPLY_ERROR) {
        result = client_fail_refused(client, *reply);
        freeReplyObject(*reply);
        *reply = NULL;
    }
    return result;
}

int client_ask(struct blynkd_client *client, int count, const char *const *words, const size_t *lengths,
               redisReply **reply)
{
    return exchange(client, count, words, lengths, client->timeout_ms, false, reply);
}

int client_ask_for(struct blynkd_client *client, int count, const char *const *words, uint32_t timeout_ms,
                   bool interruptible, redisReply **reply)
{
    return exchange(client, count, words, NULL, timeout_ms, interruptible, reply);
}

int client_order(struct blynkd_client *client, int count, const char *const *words, const size_t *lengths)
{
    redisReply *reply = NULL;
    int result = client_ask(client, count, words, lengths, &reply);

    freeReplyObject(reply);
    return result;
}
