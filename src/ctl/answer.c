#include "answer.h"

#include "ctl.h"
#include "say.h"

#include "blynkd/base/scan.h"

#include <string.h>
#include <strings.h>

const redisReply *answer_find(const redisReply *map, const char *name)
{
    if (!map || map->type != REDIS_REPLY_ARRAY) {
        return NULL;
    }
    for (size_t i = 0; i + 1 < map->elements; i += 2) {
        const redisReply *key = map->element[i];
        if (key->str && strcasecmp(key->str, name) == 0) {
            return map->element[i + 1];
        }
    }
    return NULL;
}

const char *answer_text(const redisReply *map, const char *name)
{
    const redisReply *value = answer_find(map, name);

    return value && value->str ? value->str : "";
}

int64_t answer_integer(const redisReply *map, const char *name, int64_t otherwise)
{
    const redisReply *value = answer_find(map, name);
    int64_t number;

    if (value && value->type == REDIS_REPLY_INTEGER) {
        return value->integer;
    }
    return value && value->str && scan_int64(value->str, INT64_MIN, INT64_MAX, &number) == 0 ? number
                                                                                             : otherwise;
}

/* ---- JSON ---------------------------------------------------------------------------------------------- */

static json_t *base64(const char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
    char *text = malloc((len + 2) / 3 * 4 + 1);
    char *out = text;
    json_t *string;

    for (size_t i = 0; text && i < len; i += 3) {
        size_t left = len - i;
        uint32_t group = (uint32_t)(unsigned char)bytes[i] << 16;
        group |= left > 1 ? (uint32_t)(unsigned char)bytes[i + 1] << 8 : 0;
        group |= left > 2 ? (unsigned char)bytes[i + 2] : 0;
        *out++ = digits[group >> 18];
        *out++ = digits[group >> 12 & 63];
        *out++ = digits[left > 1 ? group >> 6 & 63 : 64];
        *out++ = digits[left > 2 ? group & 63 : 64];
    }
    string = text ? json_stringn(text, (size_t)(out - text)) : NULL;
    free(text);
    return json_pack("{s:o}", "base64", string);
}

static json_t *one_value(const char *bytes, size_t len)
{
    json_t *string = json_stringn(bytes, len);

    return string ? string : base64(bytes, len);
}

json_t *answer_json_value(const char *bytes, size_t len)
{
    json_t *list;

    if (!memchr(bytes, '\0', len)) {
        return one_value(bytes, len);
    }
    list = json_array();
    for (const char *end = bytes + len; bytes <= end;) {
        const char *nul = bytes < end ? memchr(bytes, '\0', (size_t)(end - bytes)) : NULL;
        size_t part = (size_t)((nul ? nul : end) - bytes);
        json_array_append_new(list, one_value(bytes, part));
        bytes += part + 1;
    }
    return list;
}

static json_t *json_map(const redisReply *reply)
{
    json_t *object = json_object();

    for (size_t i = 0; i + 1 < reply->elements; i += 2) {
        const redisReply *key = reply->element[i];
        json_object_set_new(object, key->str ? key->str : "?", answer_json(reply->element[i + 1], false));
    }
    return object;
}

json_t *answer_json(const redisReply *reply, bool is_map)
{
    json_t *list;

    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        return json_integer(reply->integer);
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        return answer_json_value(reply->str, (size_t)reply->len);
    case REDIS_REPLY_ARRAY:
        break;
    default:
        return json_null();
    }
    if (is_map) {
        return json_map(reply);
    }
    list = json_array();
    for (size_t i = 0; i < reply->elements; i++) {
        json_array_append_new(list, answer_json(reply->element[i], false));
    }
    return list;
}

int answer_print_json(json_t *document)
{
    if (!document ||
        (json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15)) != 0 &&
         !ferror(stdout))) {
        json_decref(document);
        say_error("out of memory");
        return CTL_OUT_OF_MEMORY;
    }
    json_decref(document);
    putchar('\n');
    return CTL_OK;
}
