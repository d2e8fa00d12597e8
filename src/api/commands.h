/*
 * The table of commands: name, arity, rights, flags, handler, help. Rows are constant; the index over them is
 * made once per server. A handler puts exactly one reply (or lets the client wait for it) and keeps none of its
 * arguments, which live only as long as the call.
 */
#ifndef BLYNKD_API_COMMANDS_H
#define BLYNKD_API_COMMANDS_H

#include "resp.h"

#include "blynkd/api/server.h"

struct api_client;
struct api_server;

/* Flag, its name in COMMAND INFO. */
#define COMMAND_FLAGS(X)                                                                                     \
    X(COMMAND_WRITE, 1U << 0, "write")                                                                       \
    X(COMMAND_READONLY, 1U << 1, "readonly")                                                                 \
    X(COMMAND_FAST, 1U << 2, "fast")                                                                         \
    X(COMMAND_ADMIN, 1U << 3, "admin")                                                                       \
    X(COMMAND_PUBSUB, 1U << 4, "pubsub") /* allowed to a RESP2 client with subscriptions */                  \
    X(COMMAND_BLOCKING, 1U << 5, "blocking")                                                                 \
    X(COMMAND_NO_MULTI, 1U << 6, "no_multi") /* not between MULTI and EXEC */

enum command_flag {
#define COMMAND_ENUM(name, value, word) name = (value),
    COMMAND_FLAGS(COMMAND_ENUM)
#undef COMMAND_ENUM
};

struct command {
    const char *name; /* lower case */
    int arity;        /* words with the name itself; negative: at least so many (as in Redis) */
    enum api_role role;
    unsigned flags;
    int key_first; /* positions of pins among the words, for COMMAND INFO; 0 = none */
    int key_last;
    int key_step;
    void (*run)(struct api_client *client, const struct resp_arg *args, size_t count);
    const char *group;
    const char *syntax;
    const char *summary;
};

extern const struct command commands[];
extern const size_t command_count;

#define COMMAND_SLOTS 256 /* open addressing; several times the number of commands */

struct command_index {
    unsigned char slots[COMMAND_SLOTS]; /* row + 1; 0 = free */
};

void command_index_init(struct command_index *index);
/* Any case. NULL: no such command. */
const struct command *command_find(const struct command_index *index, const char *name, size_t len);

/* Looks the command up, checks arity, rights and mode. NULL: the error is the reply. */
const struct command *command_check(struct api_client *client, const struct resp_arg *args, size_t count);

/* Checks it, then runs or queues it. */
void command_run(struct api_client *client, const struct resp_arg *args, size_t count);

/* ---- for handlers ---- */

/* True if the argument is this word, in any case. */
bool command_word(const struct resp_arg *arg, const char *word);
/* A decimal integer within bounds. */
bool command_number(const struct resp_arg *arg, long long min, long long max, long long *number);
/* "ERR unknown subcommand ..." */
void command_unknown_subcommand(struct api_client *client, const struct resp_arg *args);
/* "ERR wrong number of arguments for 'client|kill' command" */
void command_wrong_arity(struct api_client *client, const char *name);
/* "ERR syntax error: <what is right>" */
void command_syntax_error(struct api_client *client, const char *usage);

/* The error reply for what the bridge answered. */
void command_bridge_error(struct api_client *client, int error);

/* Handlers, by file. */
#define COMMAND_HANDLER(name) void name(struct api_client *client, const struct resp_arg *args, size_t count)

COMMAND_HANDLER(run_get); /* commands_pins.c */
COMMAND_HANDLER(run_set);
COMMAND_HANDLER(run_mget);
COMMAND_HANDLER(run_mset);
COMMAND_HANDLER(run_publish);
COMMAND_HANDLER(run_blynk_write);

COMMAND_HANDLER(run_keys); /* commands_keys.c */
COMMAND_HANDLER(run_scan);
COMMAND_HANDLER(run_exists);
COMMAND_HANDLER(run_type);
COMMAND_HANDLER(run_dbsize);

COMMAND_HANDLER(run_blynk_sync); /* commands_blynk.c */
COMMAND_HANDLER(run_blynk_property);
COMMAND_HANDLER(run_blynk_event);
COMMAND_HANDLER(run_blynk_resolve);
COMMAND_HANDLER(run_blynk_meta);
COMMAND_HANDLER(run_blynk_time);
COMMAND_HANDLER(run_blynk_flush);

COMMAND_HANDLER(run_link); /* commands_link.c */
COMMAND_HANDLER(run_modem);
COMMAND_HANDLER(run_history);
COMMAND_HANDLER(run_blynk_budget);
COMMAND_HANDLER(run_modem_at);
COMMAND_HANDLER(run_modem_trace);

COMMAND_HANDLER(run_subscribe); /* commands_subscribe.c */
COMMAND_HANDLER(run_psubscribe);
COMMAND_HANDLER(run_unsubscribe);
COMMAND_HANDLER(run_punsubscribe);
COMMAND_HANDLER(run_pubsub);

COMMAND_HANDLER(run_ping); /* commands_connection.c */
COMMAND_HANDLER(run_echo);
COMMAND_HANDLER(run_quit);
COMMAND_HANDLER(run_reset);
COMMAND_HANDLER(run_select);
COMMAND_HANDLER(run_hello);
COMMAND_HANDLER(run_auth);
COMMAND_HANDLER(run_time);

COMMAND_HANDLER(run_config); /* commands_config.c */

COMMAND_HANDLER(run_multi); /* transaction.c */
COMMAND_HANDLER(run_exec);
COMMAND_HANDLER(run_discard);
COMMAND_HANDLER(run_watch);
COMMAND_HANDLER(run_unwatch);

COMMAND_HANDLER(run_client); /* commands_client.c */

COMMAND_HANDLER(run_command); /* commands_help.c */

COMMAND_HANDLER(run_info); /* info.c */

#endif
