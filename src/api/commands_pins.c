#include "client.h"
#include "commands.h"
#include "pin_args.h"
#include "state.h"

#include <errno.h>
#include <string.h>

/* The word after AT must be later than 1973 in milliseconds: what is smaller was given in seconds. */
#define AT_MIN_MS 100000000000LL
#define AT_MAX_MS 100000000000000LL

bool pin_arg_read(struct api_client *client, const struct resp_arg *arg, pin_id *pin)
{
    if (pin_parse(arg->text, arg->len, pin) == 0) {
        return true;
    }
    client_error(client, "WRONGPIN '%.*s' is no pin: use V0 to V255, D0 to D255 or A0 to A255",
                 (int)(arg->len < 64 ? arg->len : 64), arg->text);
    return false;
}

bool pin_args_check(struct api_client *client, const struct resp_arg *args, size_t count, size_t step)
{
    pin_id pin;

    for (size_t i = 0; i < count; i += step) {
        if (!pin_arg_read(client, &args[i], &pin)) {
            return false;
        }
    }
    return true;
}

static void reply_value(struct api_client *client, pin_id pin)
{
    const struct pin_value *value = pins_get(bridge_pins(client->server->bridge), pin);

    if (value) {
        reply_bulk(&client->reply, value->bytes, value->len);
    } else {
        reply_null(&client->reply);
    }
}

void run_get(struct api_client *client, const struct resp_arg *args, size_t count)
{
    pin_id pin;

    (void)count;
    if (pin_arg_read(client, &args[1], &pin)) {
        reply_value(client, pin);
    }
}

void run_mget(struct api_client *client, const struct resp_arg *args, size_t count)
{
    pin_id pin;

    if (!pin_args_check(client, args + 1, count - 1, 1)) {
        return;
    }
    reply_array(&client->reply, count - 1);
    for (size_t i = 1; i < count; i++) {
        pin_parse(args[i].text, args[i].len, &pin);
        reply_value(client, pin);
    }
}

/* True if accepted; otherwise the error is the reply. */
static bool write_pins(struct api_client *client, const struct outbox_write *writes, size_t count,
                       int64_t wall_ms)
{
    uint64_t sequence = client->sequence;
    int error = bridge_write(client->server->bridge, writes, count, wall_ms, &sequence);

    if (error == 0) {
        client->sequence = sequence;
    } else if (error == -EINVAL) {
        client_error(client, "ERR an empty value: Blynk refuses it");
    } else {
        command_bridge_error(client, error);
    }
    return error == 0;
}

static bool write_one(struct api_client *client, const struct resp_arg *pin, const struct resp_arg *value)
{
    struct outbox_write write = {.value = value->text, .len = value->len};

    return pin_arg_read(client, pin, &write.pin) && write_pins(client, &write, 1, 0);
}

void run_set(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count > 3) {
        command_syntax_error(client,
                             "SET takes a pin and one value, no options; BLYNK.WRITE takes several values");
        return;
    }
    if (write_one(client, &args[1], &args[2])) {
        reply_ok(&client->reply);
    }
}

/*
 * Redis answers how many got the message. What a local program publishes goes to Blynk, and subscribers hear
 * only what comes from there: the one receiver is Blynk.
 */
void run_publish(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)count;
    if (write_one(client, &args[1], &args[2])) {
        reply_integer(&client->reply, 1);
    }
}

void run_mset(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct outbox_write writes[OUTBOX_GROUP_MAX];
    size_t pairs = (count - 1) / 2;

    if (count % 2 == 0) {
        command_wrong_arity(client, "mset");
        return;
    }
    if (pairs > OUTBOX_GROUP_MAX) {
        client_error(client, "TOOBIG %zu pins in one MSET: at most %d, for it is one Blynk group", pairs,
                     OUTBOX_GROUP_MAX);
        return;
    }
    for (size_t i = 0; i < pairs; i++) {
        const struct resp_arg *pair = &args[1 + i * 2];
        writes[i] = (struct outbox_write){.value = pair[1].text, .len = pair[1].len};
        if (!pin_arg_read(client, &pair[0], &writes[i].pin)) {
            return;
        }
    }
    if (write_pins(client, writes, pairs, 0)) {
        reply_ok(&client->reply);
    }
}

/* AT counts only as the last word but one, behind at least one value. False: the error is the reply. */
static bool take_time(struct api_client *client, const struct resp_arg *args, size_t *count, int64_t *wall_ms)
{
    long long number;

    *wall_ms = 0;
    if (*count < 5 || !command_word(&args[*count - 2], "AT")) {
        return true;
    }
    if (!command_number(&args[*count - 1], AT_MIN_MS, AT_MAX_MS, &number)) {
        command_syntax_error(client,
                             "AT wants the time in milliseconds since 1970; a value that is the word AT "
                             "goes in one string, SET V5 \"AT\\x001\"");
        return false;
    }
    *wall_ms = number;
    *count -= 2;
    return true;
}

void run_blynk_write(struct api_client *client, const struct resp_arg *args, size_t count)
{
    char joined[PIN_VALUE_MAX];
    struct outbox_write write = {.value = joined};
    int64_t wall_ms;

    if (!pin_arg_read(client, &args[1], &write.pin) || !take_time(client, args, &count, &wall_ms)) {
        return;
    }
    for (size_t i = 2; i < count; i++) {
        size_t zero = i > 2 ? 1 : 0;
        if (args[i].len + zero > sizeof(joined) - write.len) {
            command_bridge_error(client, -EMSGSIZE);
            return;
        }
        if (zero) {
            joined[write.len++] = '\0';
        }
        memcpy(joined + write.len, args[i].text, args[i].len);
        write.len += args[i].len;
    }
    if (write_pins(client, &write, 1, wall_ms)) {
        reply_ok(&client->reply);
    }
}
