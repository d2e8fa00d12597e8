/* What top reads of CLIENT LIST: a line a program, "name=value" after "name=value". */
#include "top_data.h"

#include "words.h"

#include "blynkd/base/scan.h"

#include <string.h>

static void take_field(const struct top *top, struct top_client *client, const char *name, const char *value,
                       size_t len)
{
    const struct {
        const char *name;
        char *text;
        size_t size;
    } texts[] = {{"name", client->name, sizeof(client->name)},
                 {"role", client->role, sizeof(client->role)},
                 {"cmd", client->last_command, sizeof(client->last_command)}};
    const struct {
        const char *name;
        int64_t *number;
    } numbers[] = {{"uid", &client->uid},
                   {"pid", &client->pid},
                   {"age", &client->age_s},
                   {"idle", &client->idle_s},
                   {"commands", &client->commands}};
    char clean[64];

    words_clean(value, len, top->facts.utf8, clean, sizeof(clean));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (strcmp(name, texts[i].name) == 0) {
            words_clean(value, len, top->facts.utf8, texts[i].text, texts[i].size);
        }
    }
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (strcmp(name, numbers[i].name) == 0) {
            scan_int64(clean, 0, INT64_MAX, numbers[i].number);
        }
    }
    if (strcmp(name, "sub") == 0 || strcmp(name, "psub") == 0) {
        client->is_subscribed = client->is_subscribed || (*clean >= '1' && *clean <= '9');
    }
}

static void take_client(struct top *top, const char *line, size_t len)
{
    struct top_client *client = &top->clients[top->client_count];
    const char *end = line + len;

    *client = (struct top_client){.uid = -1};
    while (line < end) {
        const char *blank = memchr(line, ' ', (size_t)(end - line));
        const char *word_end = blank ? blank : end;
        const char *equals = memchr(line, '=', (size_t)(word_end - line));
        char name[16];
        if (equals && (size_t)(equals - line) < sizeof(name)) {
            words_clean(line, (size_t)(equals - line), false, name, sizeof(name));
            take_field(top, client, name, equals + 1, (size_t)(word_end - equals - 1));
        }
        line = word_end + 1;
    }
    top->client_count += client->uid >= 0 && (client->pid != top->own_pid || !client->pid);
}

void top_read_clients(struct top *top, const char *list, size_t len)
{
    const char *end = list + len;

    top->client_count = 0;
    while (list < end && top->client_count < TOP_CLIENTS_MAX) {
        const char *line_end = memchr(list, '\n', (size_t)(end - list));
        size_t line_len = (size_t)((line_end ? line_end : end) - list);
        take_client(top, list, line_len);
        list += line_len + 1;
    }
}
