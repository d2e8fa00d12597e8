#include "client.h"
#include "commands.h"
#include "pin_args.h"
#include "state.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define EVENT_DESCRIPTION_MAX                                                                                \
    300 /* characters; the cloud discards a longer one silently (protocol sheet, 6.5) */
#define FLUSH_MAX_MS 86400000LL

void run_blynk_sync(struct api_client *client, const struct resp_arg *args, size_t count)
{
    pin_id pins[RESP_ARGS_MAX];

    for (size_t i = 1; i < count; i++) {
        if (!pin_arg_read(client, &args[i], &pins[i - 1])) {
            return;
        }
    }
    int error = bridge_sync(client->server->bridge, pins, count - 1);
    if (error) {
        command_bridge_error(client, error);
    } else {
        reply_ok(&client->reply);
    }
}

/* The fields of a body from the words; an empty or zero-holding field would shift those behind it. */
static bool add_fields(struct api_client *client, struct blynk_body *body, const struct resp_arg *args,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (args[i].len == 0 || memchr(args[i].text, '\0', args[i].len)) {
            client_error(client, "ERR a field may be neither empty nor hold a zero byte");
            return false;
        }
        blynk_body_add(body, args[i].text, args[i].len);
    }
    if (body->too_long) {
        command_bridge_error(client, -EMSGSIZE);
        return false;
    }
    return true;
}

static void finish_write(struct api_client *client, int error, uint64_t sequence)
{
    if (error) {
        command_bridge_error(client, error);
        return;
    }
    client->sequence = sequence;
    reply_ok(&client->reply);
}

static void send_message(struct api_client *client, enum blynk_command command, const struct blynk_body *body)
{
    uint64_t sequence = client->sequence;
    int error = bridge_message(client->server->bridge, command, body, &sequence);

    finish_write(client, error, sequence);
}

void run_blynk_property(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct blynk_body body;
    uint64_t sequence = client->sequence;
    pin_id pin;

    if (!pin_arg_read(client, &args[1], &pin)) {
        return;
    }
    if (pin_kind(pin) != 'V') {
        client_error(client, "WRONGPIN only virtual pins (V0 to V255) have widget properties");
        return;
    }
    blynk_body_init(&body);
    if (!add_fields(client, &body, args + 2, count - 2)) {
        return;
    }
    int error = bridge_property(client->server->bridge, pin, &body, &sequence);
    finish_write(client, error, sequence);
}

void run_blynk_event(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct blynk_body body;

    if (count > 3) {
        command_syntax_error(client, "BLYNK.EVENT code [description]; put quotes around the description");
        return;
    }
    if (count == 3 && args[2].len > EVENT_DESCRIPTION_MAX) {
        client_error(client, "TOOBIG description over %d bytes: Blynk would discard the event",
                     EVENT_DESCRIPTION_MAX);
        return;
    }
    blynk_body_init(&body);
    if (add_fields(client, &body, args + 1, count - 1)) {
        send_message(client, BLYNK_EVENT_LOG, &body);
    }
}

void run_blynk_resolve(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct blynk_body body;

    if (count > 3 || (count == 3 && !command_word(&args[2], "ALL"))) {
        command_syntax_error(client, "BLYNK.RESOLVE code [ALL]");
        return;
    }
    blynk_body_init(&body);
    if (!add_fields(client, &body, args + 1, 1)) {
        return;
    }
    if (count == 3) {
        blynk_body_add_text(&body, "all");
    }
    send_message(client, BLYNK_EVENT_CLEAR, &body);
}

/* ---- questions ---- */

/* Either the client waits now, or the error is the reply. */
static void asked(struct api_client *client, int error)
{
    if (error) {
        command_bridge_error(client, error);
    } else {
        client_wait(client);
    }
}

static void prepare(struct api_client *client,
                    void (*on_done)(void *arg, int error, const char *const *lines, size_t count))
{
    client->request = (struct bridge_request){.on_done = on_done, .arg = client};
    list_init(&client->request.node);
}

static void on_meta(void *arg, int error, const char *const *lines, size_t count)
{
    struct api_client *client = arg;

    if (error) {
        command_bridge_error(client, error);
    } else if (count == 0) {
        reply_null(&client->reply);
    } else {
        reply_text(&client->reply, lines[count - 1]);
    }
    client_answered(client);
}

static void get_meta(struct api_client *client, const struct resp_arg *field)
{
    char name[sizeof(client->request.key)];

    if (field->len == 0 || field->len >= sizeof(name) || memchr(field->text, '\0', field->len)) {
        client_error(client, "ERR a field's name has 1 to %zu bytes", sizeof(name) - 1);
        return;
    }
    memcpy(name, field->text, field->len);
    name[field->len] = '\0';
    prepare(client, on_meta);
    asked(client, bridge_ask_meta(client->server->bridge, &client->request, name));
}

static void set_meta(struct api_client *client, const struct resp_arg *args)
{
    struct blynk_body body;

    if (client->role < API_WRITER) {
        client->server->stats.denied++;
        client_error(client, "NOPERM 'blynk.meta set' needs the role writer");
        return;
    }
    blynk_body_init(&body);
    blynk_body_add_text(&body, "meta");
    blynk_body_add_text(&body, "set");
    if (add_fields(client, &body, args, 2)) {
        send_message(client, BLYNK_INTERNAL, &body);
    }
}

void run_blynk_meta(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count == 3 && command_word(&args[1], "GET")) {
        get_meta(client, &args[2]);
    } else if (count == 4 && command_word(&args[1], "SET")) {
        set_meta(client, &args[2]);
    } else {
        command_syntax_error(client, "BLYNK.META GET field, or BLYNK.META SET field value");
    }
}

static void on_time(void *arg, int error, const char *const *lines, size_t count)
{
    struct api_client *client = arg;

    if (error) {
        command_bridge_error(client, error);
    } else {
        reply_array(&client->reply, 2);
        reply_text(&client->reply, count > 0 ? lines[0] : "");
        reply_text(&client->reply, count > 1 ? lines[1] : "");
    }
    client_answered(client);
}

void run_blynk_time(struct api_client *client, const struct resp_arg *args, size_t count)
{
    (void)args;
    (void)count;
    prepare(client, on_time);
    asked(client, bridge_ask_time(client->server->bridge, &client->request));
}

static long long unconfirmed(const struct api_client *client)
{
    uint64_t left = client->flushing ? bridge_unconfirmed(client->server->bridge, client->flushing) : 0;

    return left > LLONG_MAX ? LLONG_MAX : (long long)left;
}

/* A time-out is an answer here: so many are not confirmed yet. */
static void on_flushed(void *arg, int error, const char *const *lines, size_t count)
{
    struct api_client *client = arg;

    (void)lines;
    (void)count;
    if (error && error != -ETIMEDOUT) {
        command_bridge_error(client, error);
    } else {
        reply_integer(&client->reply, unconfirmed(client));
    }
    client_answered(client);
}

/* False: these are not the words that BLYNK.FLUSH takes. */
static bool read_flush(const struct resp_arg *args, size_t count, long long *timeout_ms, bool *all)
{
    *timeout_ms = 0;
    *all = count > 1 && command_word(&args[count - 1], "ALL");
    count -= *all;
    return count == 1 || (count == 2 && command_number(&args[1], 0, FLUSH_MAX_MS, timeout_ms));
}

void run_blynk_flush(struct api_client *client, const struct resp_arg *args, size_t count)
{
    long long timeout_ms;
    bool all;

    if (!read_flush(args, count, &timeout_ms, &all)) {
        command_syntax_error(client,
                             "BLYNK.FLUSH [timeout-ms] [ALL]; without or with 0 it waits as long as it "
                             "takes, with ALL for what other programs wrote, too");
        return;
    }
    client->flushing = all ? bridge_last_sequence(client->server->bridge) : client->sequence;
    if (unconfirmed(client) == 0) {
        reply_integer(&client->reply, 0);
        return;
    }
    prepare(client, on_flushed);
    asked(client,
          bridge_flush(client->server->bridge, &client->request, client->flushing, (uint32_t)timeout_ms));
}
