/* Writing towards Blynk, and what is known of pins. */
#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUE_MAX_BYTES   65536u /* the socket's limit for one word */
#define FLUSH_MAX_MS      86400000u
#define FLUSH_GRACE_MS    5000u /* the daemon answers at its deadline; this is for the way back */
#define NUMBER_TEXT_BYTES 32

/* ---- writing ---- */

static int set_bytes(struct blynkd_client *client, const char *pin, const char *bytes, size_t len,
                     int64_t unix_ms)
{
    char stamp[NUMBER_TEXT_BYTES];
    const char *words[] = {unix_ms ? "BLYNK.WRITE" : "SET", pin, bytes, "AT", stamp};
    size_t lengths[] = {strlen(words[0]), strlen(pin), len, 2, 0};

    if (len > VALUE_MAX_BYTES) {
        return client_fail(client, -EMSGSIZE, "a value has at most %u bytes", VALUE_MAX_BYTES);
    }
    lengths[4] = (size_t)snprintf(stamp, sizeof(stamp), "%" PRId64, unix_ms);
    return client_order(client, unix_ms ? 5 : 3, words, lengths);
}

int blynkd_client_set(struct blynkd_client *client, const char *pin, const char *value)
{
    return set_bytes(client, pin, value, strlen(value), 0);
}

int blynkd_client_set_number(struct blynkd_client *client, const char *pin, double value)
{
    char text[NUMBER_TEXT_BYTES];
    locale_t plain, before;

    if (!isfinite(value)) {
        return client_fail(client, -EINVAL, "not a number, or infinite");
    }
    plain = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
    if (!plain) {
        return client_fail(client, -ENOMEM, "out of memory");
    }
    before = uselocale(plain);
    snprintf(text, sizeof(text), "%.10g", value);
    uselocale(before);
    freelocale(plain);
    return blynkd_client_set(client, pin, text);
}

/* A pin's values are one string with NUL between them: so none can be taken for a word of the command. */
int blynkd_client_write(struct blynkd_client *client, const char *pin, const char *const *values,
                        size_t count, int64_t unix_ms)
{
    size_t len = 0, at = 0;
    char *joined;
    int result;

    if (count == 0 || count > BLYNKD_CLIENT_VALUES_MAX || unix_ms < 0) {
        return client_fail(client, -EINVAL, "a write has 1 to %d values, and no time before 1970",
                           BLYNKD_CLIENT_VALUES_MAX);
    }
    for (size_t i = 0; i < count; i++) {
        len += strlen(values[i]) + 1;
    }
    if (len - 1 > VALUE_MAX_BYTES) {
        return client_fail(client, -EMSGSIZE, "the values have more than %u bytes", VALUE_MAX_BYTES);
    }
    joined = malloc(len);
    if (!joined) {
        return client_fail(client, -ENOMEM, "out of memory");
    }
    for (size_t i = 0; i < count; i++) {
        size_t value_len = strlen(values[i]) + 1;
        memcpy(joined + at, values[i], value_len);
        at += value_len;
    }
    result = set_bytes(client, pin, joined, len - 1, unix_ms);
    free(joined);
    return result;
}

int blynkd_client_property(struct blynkd_client *client, const char *pin, const char *name, const char *value)
{
    const char *words[] = {"BLYNK.PROPERTY", pin, name, value};

    return client_order(client, 4, words, NULL);
}

int blynkd_client_event(struct blynkd_client *client, const char *code, const char *description)
{
    const char *words[] = {"BLYNK.EVENT", code, description};

    return client_order(client, description ? 3 : 2, words, NULL);
}

/* To a daemon that it had to connect to again the client is a new one, which has written nothing yet: hence ALL. */
int64_t blynkd_client_flush(struct blynkd_client *client, uint32_t timeout_ms)
{
    char number[NUMBER_TEXT_BYTES];
    const char *words[] = {"BLYNK.FLUSH", number, "ALL"};
    redisReply *reply = NULL;
    int64_t result;

    if (timeout_ms == 0 || timeout_ms > FLUSH_MAX_MS) {
        return client_fail(client, -EINVAL, "the timeout is 1 to %u milliseconds", FLUSH_MAX_MS);
    }
    result = client_connect(client, &client->calls);
    if (result) {
        return result;
    }
    snprintf(number, sizeof(number), "%u", timeout_ms);
    result = client_ask_for(client, client->connected_again ? 3 : 2, words, timeout_ms + FLUSH_GRACE_MS, true,
                            &reply);
    if (result == 0) {
        result = reply->type == REDIS_REPLY_INTEGER && reply->integer >= 0
                     ? (int64_t)reply->integer
                     : client_fail_on_the_way(client, -EPROTO);
    }
    freeReplyObject(reply);
    return result;
}

/* ---- reading ---- */

static int copy_value(struct blynkd_client *client, const redisReply *reply, char *value, size_t size,
                      size_t *len)
{
    size_t found = (size_t)reply->len, fits = found < size ? found : size ? size - 1 : 0;

    if (size) {
        memcpy(value, reply->str, fits);
        value[fits] = '\0';
    }
    if (len) {
        *len = found;
    }
    return fits == found && size
               ? 0
               : client_fail(client, -ENOBUFS, "the value has %zu bytes: more than there is room for", found);
}

int blynkd_client_get(struct blynkd_client *client, const char *pin, char *value, size_t size, size_t *len)
{
    const char *words[] = {"GET", pin};
    redisReply *reply = NULL;
    int result = client_ask(client, 2, words, NULL, &reply);

    if (result) {
        return result;
    }
    if (reply->type == REDIS_REPLY_NIL) {
        result = client_fail(client, -ENODATA,
                             "%s has no value yet: neither Blynk nor a local program has written it", pin);
    } else if (reply->type == REDIS_REPLY_STRING) {
        result = copy_value(client, reply, value, size, len);
    } else {
        result = client_fail_on_the_way(client, -EPROTO);
    }
    freeReplyObject(reply);
    return result;
}

int blynkd_client_sync(struct blynkd_client *client, const char *pin)
{
    const char *words[] = {"BLYNK.SYNC", pin};

    return client_order(client, pin ? 2 : 1, words, NULL);
}
