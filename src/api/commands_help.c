#include "client.h"
#include "commands.h"
#include "glob.h"
#include "state.h"

#include <string.h>

/* ---- COMMAND INFO: ten fields, as Redis 7 ---- */

struct flag_name {
    unsigned flag;
    const char *name;
};

static const struct flag_name flag_names[] = {
#define COMMAND_NAME(name, value, word) {name, word},
    COMMAND_FLAGS(COMMAND_NAME)
#undef COMMAND_NAME
};

#define FLAG_COUNT (sizeof(flag_names) / sizeof(flag_names[0]))

static void describe_flags(struct reply *reply, unsigned flags)
{
    size_t count = 0;

    for (size_t i = 0; i < FLAG_COUNT; i++) {
        count += (flags & flag_names[i].flag) != 0;
    }
    reply_set(reply, count);
    for (size_t i = 0; i < FLAG_COUNT; i++) {
        if (flags & flag_names[i].flag) {
            reply_status(reply, flag_names[i].name);
        }
    }
}

static void describe(struct reply *reply, const struct command *command)
{
    reply_array(reply, 10);
    reply_text(reply, command->name);
    reply_integer(reply, command->arity);
    describe_flags(reply, command->flags);
    reply_integer(reply, command->key_first);
    reply_integer(reply, command->key_last);
    reply_integer(reply, command->key_step);
    reply_set(reply, 1); /* ACL categories */
    reply_status(reply, command->role == API_READER   ? "@read"
                        : command->role == API_WRITER ? "@write"
                                                      : "@admin");
    reply_array(reply, 0); /* tips */
    reply_array(reply, 0); /* key specifications */
    reply_array(reply, 0); /* subcommands */
}

static void info_all(struct api_client *client)
{
    reply_array(&client->reply, command_count);
    for (size_t i = 0; i < command_count; i++) {
        describe(&client->reply, &commands[i]);
    }
}

static void info_some(struct api_client *client, const struct resp_arg *names, size_t count)
{
    reply_array(&client->reply, count);
    for (size_t i = 0; i < count; i++) {
        const struct command *command = command_find(&client->server->index, names[i].text, names[i].len);
        if (command) {
            describe(&client->reply, command);
        } else {
            reply_null(&client->reply);
        }
    }
}

/* ---- COMMAND DOCS: redis-cli makes its hints of it ---- */

/* One argument of a syntax line: "pin", "[AT unix-ms]", "[value ...]". */
struct syntax_part {
    const char *text; /* without brackets, dots and token */
    size_t len;
    const char *token; /* a fixed word before it */
    size_t token_len;
    bool optional;
    bool multiple;
};

static bool upper_word(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] < 'A' || text[i] > 'Z') {
            return false;
        }
    }
    return len > 0;
}

static void cut_dots(struct syntax_part *part)
{
    static const char dots[] = " ...";
    size_t dots_len = sizeof(dots) - 1;

    if (part->len > dots_len && memcmp(part->text + part->len - dots_len, dots, dots_len) == 0) {
        part->len -= dots_len;
        part->multiple = true;
    }
}

static void cut_token(struct syntax_part *part)
{
    const char *blank = memchr(part->text, ' ', part->len);
    size_t word_len = blank ? (size_t)(blank - part->text) : 0;

    if (blank && upper_word(part->text, word_len)) {
        part->token = part->text;
        part->token_len = word_len;
        part->text = blank + 1;
        part->len -= word_len + 1;
    }
}

/* "pin [pin ...]" is one argument, given once or more. */
static const char *cut_repetition(const char *rest, struct syntax_part *part)
{
    static const char dots[] = " ...]";

    if (strncmp(rest, " [", 2) == 0 && strncmp(rest + 2, part->text, part->len) == 0 &&
        strncmp(rest + 2 + part->len, dots, sizeof(dots) - 1) == 0) {
        part->multiple = true;
        return rest + 2 + part->len + sizeof(dots) - 1;
    }
    return rest;
}

static bool next_part(const char **syntax, struct syntax_part *part)
{
    const char *at = *syntax + strspn(*syntax, " ");

    *part = (struct syntax_part){.text = at};
    if (!*at) {
        return false;
    }
    if (*at == '[') {
        part->optional = true;
        part->text = at + 1;
        part->len = strcspn(at + 1, "]");
        at = part->text + part->len + 1;
        cut_dots(part);
        cut_token(part);
    } else {
        part->len = strcspn(at, " ");
        at = cut_repetition(at + part->len, part);
    }
    *syntax = at;
    return true;
}

static void describe_part(struct reply *reply, const struct syntax_part *part)
{
    bool flags = part->optional || part->multiple;

    reply_map(reply, 2 + (part->token ? 1U : 0U) + (flags ? 1U : 0U));
    reply_text(reply, "name");
    reply_bulk(reply, part->text, part->len);
    reply_text(reply, "type");
    reply_text(reply, "string");
    if (part->token) {
        reply_text(reply, "token");
        reply_bulk(reply, part->token, part->token_len);
    }
    if (flags) {
        reply_text(reply, "flags");
        reply_array(reply, (part->optional ? 1U : 0U) + (part->multiple ? 1U : 0U));
        if (part->optional) {
            reply_status(reply, "optional");
        }
        if (part->multiple) {
            reply_status(reply, "multiple");
        }
    }
}

static void describe_arguments(struct reply *reply, const char *syntax)
{
    struct syntax_part part;
    const char *at = syntax;
    size_t count = 0;

    while (next_part(&at, &part)) {
        count++;
    }
    reply_text(reply, "arguments");
    reply_array(reply, count);
    at = syntax;
    while (next_part(&at, &part)) {
        describe_part(reply, &part);
    }
}

static void document(struct reply *reply, const struct command *command)
{
    reply_text(reply, command->name);
    reply_map(reply, command->syntax[0] ? 4 : 3);
    reply_text(reply, "summary");
    reply_text(reply, command->summary);
    reply_text(reply, "since");
    reply_text(reply, BLYNKD_VERSION);
    reply_text(reply, "group");
    reply_text(reply, command->group);
    if (command->syntax[0]) {
        describe_arguments(reply, command->syntax);
    }
}

static void docs_all(struct api_client *client)
{
    reply_map(&client->reply, command_count);
    for (size_t i = 0; i < command_count; i++) {
        document(&client->reply, &commands[i]);
    }
}

static void docs_some(struct api_client *client, const struct resp_arg *names, size_t count)
{
    const struct command *found[RESP_ARGS_MAX];
    size_t found_count = 0;

    for (size_t i = 0; i < count; i++) {
        const struct command *command = command_find(&client->server->index, names[i].text, names[i].len);
        if (command) {
            found[found_count++] = command;
        }
    }
    reply_map(&client->reply, found_count);
    for (size_t i = 0; i < found_count; i++) {
        document(&client->reply, found[i]);
    }
}

/* ---- COMMAND LIST ---- */

static void list_names(struct api_client *client, const struct resp_arg *pattern)
{
    const char *names[COMMAND_SLOTS];
    size_t count = 0;

    for (size_t i = 0; i < command_count; i++) {
        const char *name = commands[i].name;
        if (!pattern || glob_matches(pattern->text, pattern->len, name, strlen(name))) {
            names[count++] = name;
        }
    }
    reply_array(&client->reply, count);
    for (size_t i = 0; i < count; i++) {
        reply_text(&client->reply, names[i]);
    }
}

static void run_list(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count == 2) {
        list_names(client, NULL);
    } else if (count == 5 && command_word(&args[2], "FILTERBY") && command_word(&args[3], "PATTERN") &&
               args[4].len <= GLOB_PATTERN_MAX) {
        list_names(client, &args[4]);
    } else {
        command_syntax_error(client, "COMMAND LIST [FILTERBY PATTERN pattern]");
    }
}

void run_command(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count == 1) {
        info_all(client);
    } else if (command_word(&args[1], "COUNT") && count == 2) {
        reply_integer(&client->reply, (long long)command_count);
    } else if (command_word(&args[1], "DOCS")) {
        if (count == 2) {
            docs_all(client);
        } else {
            docs_some(client, args + 2, count - 2);
        }
    } else if (command_word(&args[1], "INFO")) {
        if (count == 2) {
            info_all(client);
        } else {
            info_some(client, args + 2, count - 2);
        }
    } else if (command_word(&args[1], "LIST")) {
        run_list(client, args, count);
    } else {
        command_unknown_subcommand(client, args);
    }
}
