#include "client.h"
#include "commands.h"
#include "glob.h"
#include "pin_args.h"
#include "state.h"

#include <stdio.h>
#include <string.h>

#define SCAN_COUNT 10 /* as Redis */
#define PINS       ((size_t)PIN_COUNT)

static bool known(const struct api_client *client, size_t pin)
{
    return pins_get(bridge_pins(client->server->bridge), (pin_id)pin) != NULL;
}

static bool pattern_fits(struct api_client *client, const struct resp_arg *pattern)
{
    if (pattern->len <= GLOB_PATTERN_MAX) {
        return true;
    }
    client_error(client, "ERR pattern over %d bytes", GLOB_PATTERN_MAX);
    return false;
}

struct key_list {
    size_t count;
    pin_id pins[PIN_COUNT];
};

static void add_if_match(struct key_list *keys, size_t pin, const struct resp_arg *pattern)
{
    char name[PIN_NAME_MAX];

    pin_name((pin_id)pin, name);
    if (!pattern || glob_matches(pattern->text, pattern->len, name, strlen(name))) {
        keys->pins[keys->count++] = (pin_id)pin;
    }
}

static void reply_keys(struct api_client *client, const struct key_list *keys)
{
    char name[PIN_NAME_MAX];

    reply_array(&client->reply, keys->count);
    for (size_t i = 0; i < keys->count; i++) {
        reply_text(&client->reply, pin_name(keys->pins[i], name));
    }
}

void run_keys(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct key_list keys = {.count = 0};

    (void)count;
    if (!pattern_fits(client, &args[1])) {
        return;
    }
    for (size_t pin = 0; pin < PINS; pin++) {
        if (known(client, pin)) {
            add_if_match(&keys, pin, &args[1]);
        }
    }
    reply_keys(client, &keys);
}

struct scan {
    long long cursor; /* the pin to begin with */
    long long count;
    const struct resp_arg *pattern;
    bool nothing; /* TYPE of something that no pin is */
};

static bool scan_options(struct api_client *client, struct scan *scan, const struct resp_arg *args,
                         size_t count)
{
    for (size_t i = 0; i + 1 < count; i += 2) {
        if (command_word(&args[i], "MATCH")) {
            scan->pattern = &args[i + 1];
        } else if (command_word(&args[i], "COUNT")) {
            if (!command_number(&args[i + 1], 1, 1000000, &scan->count)) {
                client_error(client, "ERR value is not an integer or out of range");
                return false;
            }
        } else if (command_word(&args[i], "TYPE")) {
            scan->nothing = !command_word(&args[i + 1], "string");
        } else {
            break;
        }
        if (i + 2 >= count) {
            return true;
        }
    }
    if (count == 0) {
        return true;
    }
    command_syntax_error(client, "SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]");
    return false;
}

/* A cursor is the next pin's place in the fixed order of all pins: nothing is missed or given twice. */
void run_scan(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct scan scan = {.count = SCAN_COUNT};
    struct key_list keys = {.count = 0};
    char cursor[24];

    if (!command_number(&args[1], 0, 999999999999999999LL, &scan.cursor)) {
        client_error(client, "ERR invalid cursor");
        return;
    }
    if (!scan_options(client, &scan, args + 2, count - 2) ||
        (scan.pattern && !pattern_fits(client, scan.pattern))) {
        return;
    }
    long long seen = 0;
    size_t pin = scan.cursor < (long long)PINS ? (size_t)scan.cursor : PINS;
    for (; pin < PINS && seen < scan.count; pin++) {
        if (known(client, pin)) {
            seen++;
            if (!scan.nothing) {
                add_if_match(&keys, pin, scan.pattern);
            }
        }
    }
    snprintf(cursor, sizeof(cursor), "%zu", pin < PINS ? pin : 0);
    reply_array(&client->reply, 2);
    reply_text(&client->reply, cursor);
    reply_keys(client, &keys);
}

void run_exists(struct api_client *client, const struct resp_arg *args, size_t count)
{
    long long found = 0;
    pin_id pin;

    if (!pin_args_check(client, args + 1, count - 1, 1)) {
        return;
    }
    for (size_t i = 1; i < count; i++) {
        pin_parse(args[i].text, args[i].len, &pin);
        found += known(client, pin);
    }
    reply_integer(&client->reply, found);
}

void run_type(struct api_client *client, const struct resp_arg *args, size_t count)
{
    pin_id pin;

    (void)count;
    if (pin_arg_read(client, &args[1], &pin)) {
        reply_status(&client->reply, known(client, pin) ? "string" : "none");
    }
}

void run_dbsize(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    reply_integer(&client->reply, (long long)pins_known(bridge_pins(client->server->bridge)));
}
