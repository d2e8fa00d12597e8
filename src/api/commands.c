#include "commands.h"

#include "client.h"
#include "state.h"
#include "transaction.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Redis quotes what it does not know in this form and length; client libraries test for it. */
#define QUOTED_MAX 128

static unsigned char lower(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value >= 'A' && value <= 'Z' ? (unsigned char)(value + ('a' - 'A')) : value;
}

static bool same_word(const char *word, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)word[i] != lower(text[i])) {
            return false; /* the zero of a shorter word never equals a byte of a longer one but a zero */
        }
        if (!word[i]) {
            return false;
        }
    }
    return word[len] == '\0';
}

/* FNV-1a over the lower-case bytes. */
static unsigned hash(const char *name, size_t len)
{
    uint32_t value = 2166136261U;

    for (size_t i = 0; i < len; i++) {
        value = (value ^ lower(name[i])) * 16777619U;
    }
    return (value ^ value >> 16) % COMMAND_SLOTS;
}

void command_index_init(struct command_index *index)
{
    *index = (struct command_index){0};
    assert(command_count < COMMAND_SLOTS / 2);
    for (size_t row = 0; row < command_count; row++) {
        unsigned slot = hash(commands[row].name, strlen(commands[row].name));
        while (index->slots[slot]) {
            slot = (slot + 1) % COMMAND_SLOTS;
        }
        index->slots[slot] = (unsigned char)(row + 1);
    }
}

const struct command *command_find(const struct command_index *index, const char *name, size_t len)
{
    unsigned slot = hash(name, len);

    while (index->slots[slot]) {
        const struct command *command = &commands[index->slots[slot] - 1];
        if (same_word(command->name, name, len)) {
            return command;
        }
        slot = (slot + 1) % COMMAND_SLOTS;
    }
    return NULL;
}

static int quoted_len(const struct resp_arg *arg, size_t max)
{
    return (int)(arg->len < max ? arg->len : max);
}

/* The text is Redis' own to the last blank: clients find out by it what a server can do. */
static void unknown_command(struct api_client *client, const struct resp_arg *args, size_t count)
{
    char rest[QUOTED_MAX + 8] = "";
    size_t used = 0;

    for (size_t i = 1; i < count && used < QUOTED_MAX; i++) {
        int len = snprintf(rest + used, sizeof(rest) - used, "'%.*s' ",
                           quoted_len(&args[i], QUOTED_MAX - used), args[i].text);
        used += (size_t)len;
        if (used >= sizeof(rest)) {
            used = sizeof(rest) - 1;
        }
    }
    client_error(client, "ERR unknown command '%.*s', with args beginning with: %s",
                 quoted_len(&args[0], QUOTED_MAX), args[0].text, rest);
}

static bool right_arity(const struct command *command, size_t count)
{
    return command->arity >= 0 ? count == (size_t)command->arity : count >= (size_t)-command->arity;
}

static void deny(struct api_client *client, const struct command *command)
{
    client->server->stats.denied++;
    client_error(
        client,
        "NOPERM '%s' needs the role %s, you (uid %u) are %s: [access] in the configuration gives roles",
        command->name, api_role_name(command->role), (unsigned)client->peer.uid, api_role_name(client->role));
}

const struct command *command_check(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct command *command = command_find(&client->server->index, args[0].text, args[0].len);

    if (!command) {
        unknown_command(client, args, count);
        return NULL;
    }
    client->last = command;
    if (!right_arity(command, count)) {
        command_wrong_arity(client, command->name);
        return NULL;
    }
    if (client->role < command->role) {
        deny(client, command);
        return NULL;
    }
    if (client->reply.protocol == 2 && !(command->flags & COMMAND_PUBSUB) &&
        pubsub_count(&client->subscriber)) {
        client_error(
            client,
            "ERR Can't execute '%s': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
            "allowed in this context",
            command->name);
        return NULL;
    }
    return command;
}

void command_run(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct command *command = command_check(client, args, count);

    client->server->stats.commands++;
    client->commands++;
    if (client->transaction && transaction_queueing(client->transaction)) {
        transaction_take(client, command, args, count);
    } else if (command) {
        command->run(client, args, count);
    }
}

bool command_word(const struct resp_arg *arg, const char *word)
{
    return strlen(word) == arg->len && strncasecmp(word, arg->text, arg->len) == 0;
}

bool command_number(const struct resp_arg *arg, long long min, long long max, long long *number)
{
    bool negative = arg->len > 0 && arg->text[0] == '-';
    long long value = 0;

    if (arg->len == (negative ? 1U : 0U) || arg->len > 18) {
        return false; /* 18 digits never overflow, and nobody here needs more */
    }
    for (size_t i = negative ? 1 : 0; i < arg->len; i++) {
        if (arg->text[i] < '0' || arg->text[i] > '9') {
            return false;
        }
        value = value * 10 + (arg->text[i] - '0');
    }
    value = negative ? -value : value;
    if (value < min || value > max) {
        return false;
    }
    *number = value;
    return true;
}

void command_unknown_subcommand(struct api_client *client, const struct resp_arg *args)
{
    const char *name = client->last->name;

    client_error(client, "ERR unknown subcommand '%.*s'. Try COMMAND DOCS %s.",
                 quoted_len(&args[1], QUOTED_MAX), args[1].text, name);
}

void command_wrong_arity(struct api_client *client, const char *name)
{
    client_error(client, "ERR wrong number of arguments for '%s' command", name);
}

void command_syntax_error(struct api_client *client, const char *usage)
{
    client_error(client, "ERR syntax error: %s", usage);
}

void command_bridge_error(struct api_client *client, int error)
{
    switch (-error) {
    case ENOSPC:
        client_error(
            client,
            "SPOOLFULL %s and nothing may be dropped: try again when LINK shows fewer waiting, or set "
            "delivery = latest for this pin",
            bridge_full_why(client->server->bridge));
        break;
    case EROFS:
        client_error(
            client, "SPOOLFULL the disk cannot be written (%s) and durability = always: nothing was accepted",
            bridge_disk_trouble(client->server->bridge));
        break;
    case EMSGSIZE:
        client_error(client,
                     "TOOBIG longer than one Blynk message can be (about 1000 bytes): send less at once");
        break;
    case ENOTCONN:
        client_error(client, "OFFLINE this needs the link up now: LINK shows why it is not");
        break;
    case ETIMEDOUT:
        client_error(client, "TIMEOUT no answer in time: try again, or see LINK and MODEM");
        break;
    case EBUSY:
        client_error(client,
                     "BUSY something else uses the modem or the same question is running: try again later");
        break;
    case EINVAL:
        client_error(client, "ERR refused as not valid: is a value, name or field empty or unknown?");
        break;
    case ENOMEM:
        client_error(client, "ERR out of memory");
        break;
    default:
        client_error(client, "ERR %s", strerror(-error));
        break;
    }
}
