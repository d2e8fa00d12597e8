/* What went wrong, as a negative errno and a sentence that says what to do. */
#include "client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int client_fail(struct blynkd_client *client, int result, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(client->error, sizeof(client->error), format, arguments);
    va_end(arguments);
    for (char *at = client->error; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        *at = (char)(byte < 0x20 || byte == 0x7f ? '?' : byte);
    }
    return result;
}

int client_fail_on_the_way(struct blynkd_client *client, int result)
{
    const char *path = client->path;

    switch (-result) {
    case ENOENT:
        return client_fail(
            client, result,
            "there is no socket at %s: start the daemon (systemctl start blynkd), or give the path that "
            "stands in its configuration under [socket]",
            path);
    case ECONNREFUSED:
        return client_fail(
            client, result,
            "nobody listens at %s: start the daemon (systemctl start blynkd); journalctl -u blynkd says "
            "why it ended",
            path);
    case EACCES:
    case EPERM:
        return client_fail(
            client, -EACCES,
            "this user may not open %s: add the user to the group of the socket (adduser USER blynkd) "
            "and start the program again",
            path);
    case ETIMEDOUT:
        return client_fail(client, result, "the daemon at %s has not answered in time: try again", path);
    case ECONNRESET:
        return client_fail(client, result,
                           "the daemon at %s ended the conversation: try again, it may be restarting", path);
    case EPROTO:
        return client_fail(client, result, "what listens at %s does not speak as blynkd does: check the path",
                           path);
    case EINTR:
        return client_fail(client, result, "a signal ended the wait");
    case ENAMETOOLONG:
        return client_fail(client, -EINVAL, "the path of a socket has 1 to %zu bytes",
                           sizeof(client->path) - 1);
    default:
        return client_fail(client, result, "%s: %s", path, strerror(-result));
    }
}

int client_fail_refused(struct blynkd_client *client, const redisReply *error)
{
    static const struct {
        const char *word;
        int result;
    } meanings[] = {
        {"ERR", -EINVAL},        {"WRONGPIN", -EINVAL},  {"NOPERM", -EPERM}, {"OFFLINE", -ENETDOWN},
        {"TIMEOUT", -ETIMEDOUT}, {"SPOOLFULL", -ENOSPC}, {"BUSY", -EBUSY},   {"TOOBIG", -EMSGSIZE},
    };
    size_t word_len = strcspn(error->str, " ");
    const char *sentence = error->str + word_len + strspn(error->str + word_len, " ");

    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
        if (strlen(meanings[i].word) == word_len && strncmp(error->str, meanings[i].word, word_len) == 0) {
            return client_fail(client, meanings[i].result, "%s", sentence);
        }
    }
    return client_fail(client, -EREMOTEIO, "%s", error->str);
}

const char *blynkd_client_error(const struct blynkd_client *client)
{
    return client ? client->error : "out of memory";
}
