#include "client.h"
#include "commands.h"
#include "settings.h"
#include "show.h"
#include "state.h"

#include "blynkd/base/log.h"
#include "blynkd/modem/modem.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define AT_COMMAND_MAX        512 /* bytes; no modem takes more in one line */
#define AT_DEFAULT_TIMEOUT_MS 10000
#define AT_MAX_TIMEOUT_MS     600000

static void show_link(struct api_client *client)
{
    struct show show;

    show_begin(&show, client);
    bridge_show_link(client->server->bridge, show_pair, &show);
    settings_show(client->server, show_pair, &show);
    show_end_map(&show);
}

static void show_history(struct api_client *client)
{
    struct show show;

    show_begin(&show, client);
    bridge_show_history(client->server->bridge, show_line, &show);
    show_end_array(&show);
}

struct link_order {
    const char *word;
    void (*run)(struct bridge *bridge);
};

static const struct link_order link_orders[] = {
    {"UP", bridge_link_up},
    {"DOWN", bridge_link_down},
    {"RESTART", bridge_link_restart},
};

static void order_link(struct api_client *client, const struct link_order *order)
{
    if (client->role < API_ADMIN) {
        client->server->stats.denied++;
        client_error(client, "NOPERM LINK %s needs the role admin, you are %s", order->word,
                     api_role_name(client->role));
        return;
    }
    log_notice("api", "link %s asked for by pid %ld, uid %u", order->word, (long)client->peer.pid,
               (unsigned)client->peer.uid);
    order->run(client->server->bridge);
    reply_ok(&client->reply);
}

void run_link(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (count == 1) {
        show_link(client);
        return;
    }
    if (count == 2 && command_word(&args[1], "HISTORY")) {
        show_history(client);
        return;
    }
    for (size_t i = 0; count == 2 && i < sizeof(link_orders) / sizeof(link_orders[0]); i++) {
        if (command_word(&args[1], link_orders[i].word)) {
            order_link(client, &link_orders[i]);
            return;
        }
    }
    command_syntax_error(client, "LINK, LINK HISTORY, LINK UP, LINK DOWN or LINK RESTART");
}

/* ---- the recent past as numbers ---- */

static void show_point(void *arg, int64_t wall_ms, double value)
{
    struct api_client *client = arg;
    char text[32];

    snprintf(text, sizeof(text), "%.15g", value);
    reply_array(&client->reply, 2);
    reply_integer(&client->reply, wall_ms);
    reply_double(&client->reply, text);
}

static void show_series_names(struct api_client *client)
{
    struct show show;

    show_begin(&show, client);
    bridge_show_series_names(client->server->bridge, show_line, &show);
    show_end_array(&show);
}

void run_history(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct bridge *bridge = client->server->bridge;
    long long most = LLONG_MAX;
    size_t points;

    if (count == 1) {
        show_series_names(client);
        return;
    }
    if (count > 3 || (count == 3 && !command_number(&args[2], 1, LLONG_MAX, &most))) {
        command_syntax_error(client, "HISTORY [series] [count], the last so many");
        return;
    }
    if (bridge_series_count(bridge, args[1].text, args[1].len, &points)) {
        client_error(client, "WRONGPIN '%.*s' is no series: use signal, round_trip or a pin such as V5",
                     (int)(args[1].len < 64 ? args[1].len : 64), args[1].text);
        return;
    }
    points = points < (uint64_t)most ? points : (size_t)most;
    reply_array(&client->reply, points);
    bridge_show_series(bridge, args[1].text, args[1].len, points, show_point, client);
}

void run_blynk_budget(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct show show;

    (void)args;
    (void)count;
    show_begin(&show, client);
    bridge_show_budget(client->server->bridge, show_pair, &show);
    show_end_map(&show);
}

void run_modem(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct show show;

    (void)args;
    (void)count;
    show_begin(&show, client);
    bridge_show_modem(client->server->bridge, show_pair, &show);
    show_end_map(&show);
}

static void on_modem_answer(void *arg, int error, const char *const *lines, size_t count)
{
    struct api_client *client = arg;

    if (error) {
        command_bridge_error(client, error);
    } else {
        reply_array(&client->reply, count);
        for (size_t i = 0; i < count; i++) {
            reply_text(&client->reply, lines[i]);
        }
    }
    client_answered(client);
}

/* One printable line: nothing that could end it and begin a second command. */
static bool one_line(const struct resp_arg *arg)
{
    for (size_t i = 0; i < arg->len; i++) {
        if (arg->text[i] < ' ' || arg->text[i] > '~') {
            return false;
        }
    }
    return arg->len > 0 && arg->len < AT_COMMAND_MAX;
}

/*
 * Guessing at a PIN locks the card and then destroys it; a changed line speed cuts the daemon off. Whoever must
 * do these things stops the daemon and uses a terminal.
 */
static const char *const refused_commands[] = {"+CPIN=", "+CPIN2=", "+CPWD", "+CLCK=", "+IPR=", "+ICF="};

static bool holds_refused(const struct resp_arg *arg)
{
    char text[AT_COMMAND_MAX];
    size_t len = 0;

    for (size_t i = 0; i < arg->len; i++) {
        if (arg->text[i] != ' ') { /* modems skip blanks */
            text[len++] = arg->text[i];
        }
    }
    text[len] = '\0';
    for (size_t i = 0; i < sizeof(refused_commands) / sizeof(refused_commands[0]); i++) {
        if (strcasestr(text, refused_commands[i])) {
            return true;
        }
    }
    return false;
}

void run_modem_at(struct api_client *client, const struct resp_arg *args, size_t count)
{
    char text[AT_COMMAND_MAX];
    long long timeout_ms = AT_DEFAULT_TIMEOUT_MS;

    if (count > 3 || (count == 3 && !command_number(&args[2], 1, AT_MAX_TIMEOUT_MS, &timeout_ms))) {
        command_syntax_error(client,
                             "MODEM.AT command [timeout-ms]; put quotes around a command with blanks");
        return;
    }
    if (!one_line(&args[1])) {
        client_error(client, "ERR a command is one line of 1 to %d printable characters", AT_COMMAND_MAX - 1);
        return;
    }
    if (holds_refused(&args[1])) {
        client_error(client,
                     "NOPERM this could lock the SIM card or cut off the serial line: set the PIN and the "
                     "speed in the configuration");
        return;
    }
    memcpy(text, args[1].text, args[1].len);
    text[args[1].len] = '\0';
    const char *why = modem_ask_refusal(text);
    if (why) {
        client_error(client, "NOPERM this command is not sent to the modem: %s", why);
        return;
    }
    client->request = (struct bridge_request){.on_done = on_modem_answer, .arg = client};
    list_init(&client->request.node);
    int error = bridge_ask_modem(client->server->bridge, &client->request, text, (uint32_t)timeout_ms);
    if (error) {
        command_bridge_error(client, error);
    } else {
        client_wait(client);
    }
}

void run_modem_trace(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct show show;

    (void)args;
    (void)count;
    show_begin(&show, client);
    bridge_show_trace(client->server->bridge, show_line, &show);
    show_end_array(&show);
}
