/*
 * CONFIG: the few settings that Redis tools ask for, the daemon's own with where they come from, and reading them
 * again.
 */
#include "client.h"
#include "commands.h"
#include "glob.h"
#include "settings.h"
#include "show.h"
#include "state.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

void api_server_set_settings(struct api_server *server, const struct api_settings_ops *ops, const char *file,
                             void *arg)
{
    server->settings = ops;
    server->settings_file = file;
    server->settings_arg = arg;
}

void settings_show(const struct api_server *server, bridge_show_fn *show, void *arg)
{
    if (server->settings) {
        show(arg, "config_file", server->settings_file, false);
        show(arg, "config_missing", server->settings->missing(server->settings_arg), false);
        show(arg, "config_refused", server->settings->refused(server->settings_arg), false);
    }
}

/* ---- GET: what redis-benchmark and dashboards ask before they begin ---- */

struct setting {
    const char *name;
    char value[API_PATH_MAX];
};

static size_t list_settings(const struct api_client *client, struct setting settings[])
{
    const struct api_config *config = &client->server->config;
    size_t count = 0;

    settings[count++] = (struct setting){"appendonly", "no"};
    settings[count++] = (struct setting){"databases", "1"};
    settings[count] = (struct setting){.name = "maxclients"};
    snprintf(settings[count++].value, API_PATH_MAX, "%u", config->max_clients);
    settings[count++] = (struct setting){"maxmemory", "0"};
    settings[count] = (struct setting){.name = "proto-max-bulk-len"};
    snprintf(settings[count++].value, API_PATH_MAX, "%d", RESP_BULK_MAX);
    settings[count++] = (struct setting){"save", ""};
    settings[count++] = (struct setting){"timeout", "0"};
    settings[count] = (struct setting){.name = "unixsocket"};
    snprintf(settings[count++].value, API_PATH_MAX, "%s", client->server->listener.path);
    return count;
}

#define SETTINGS_MAX      8
#define SETTING_BYTES_MAX 4096 /* of one of the daemon's settings in a reply */

static bool setting_asked(const char *name, const struct resp_arg *patterns, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (patterns[i].len <= GLOB_PATTERN_MAX &&
            glob_matches(patterns[i].text, patterns[i].len, name, strlen(name))) {
            return true;
        }
    }
    return false;
}

static void get_settings(struct api_client *client, const struct resp_arg *args, size_t count)
{
    struct setting settings[SETTINGS_MAX];
    size_t asked = 0;

    if (count < 3) {
        command_wrong_arity(client, "config|get");
        return;
    }
    size_t known = list_settings(client, settings);
    for (size_t i = 0; i < known; i++) {
        asked += setting_asked(settings[i].name, args + 2, count - 2);
    }
    reply_map(&client->reply, asked);
    for (size_t i = 0; i < known; i++) {
        if (setting_asked(settings[i].name, args + 2, count - 2)) {
            reply_text(&client->reply, settings[i].name);
            reply_text(&client->reply, settings[i].value);
        }
    }
}

/* ---- SHOW and RELOAD: the daemon's own, for admins ---- */

struct listing {
    struct show show;
    const struct resp_arg *patterns;
    size_t pattern_count;
};

static void put_pair(struct reply *reply, const char *key, const char *value)
{
    reply_text(reply, key);
    reply_text(reply, value);
}

static void on_setting(void *to, const struct api_setting *setting)
{
    struct listing *listing = to;
    struct reply *reply = &listing->show.reply;
    char name[API_PATH_MAX];

    snprintf(name, sizeof(name), "%s.%s", setting->section, setting->name);
    if (listing->pattern_count && !setting_asked(name, listing->patterns, listing->pattern_count)) {
        return;
    }
    if (buf_room(reply->buf) < SETTING_BYTES_MAX) { /* what does not fit any more is left out as a whole */
        return;
    }
    reply_map(reply, 8);
    put_pair(reply, "section", setting->section);
    put_pair(reply, "key", setting->name);
    put_pair(reply, "value", setting->value);
    put_pair(reply, "origin", setting->origin);
    put_pair(reply, "change", setting->change);
    put_pair(reply, "waits_for_restart", setting->waits_restart ? "yes" : "no");
    put_pair(reply, "secret", setting->is_secret ? "yes" : "no");
    put_pair(reply, "help", setting->help);
    listing->show.count++;
}

static void show_settings(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct api_server *server = client->server;
    struct listing listing = {.patterns = args + 2, .pattern_count = count - 2};

    show_begin(&listing.show, client);
    server->settings->each(server->settings_arg, on_setting, &listing);
    show_end_array(&listing.show);
}

static void reload(struct api_client *client, const struct resp_arg *args, size_t count)
{
    const struct api_server *server = client->server;

    (void)args;
    if (count != 2) {
        command_wrong_arity(client, "config|reload");
        return;
    }
    log_notice("api", "reload asked for by pid %ld, uid %u", (long)client->peer.pid,
               (unsigned)client->peer.uid);
    if (server->settings->reload(server->settings_arg)) {
        reply_ok(&client->reply);
    } else {
        client_error(client, "ERR %s", server->settings->refused(server->settings_arg));
    }
}

static const struct {
    const char *word;
    void (*run)(struct api_client *client, const struct resp_arg *args, size_t count);
} admin_orders[] = {
    {"SHOW", show_settings},
    {"RELOAD", reload},
};

void run_config(struct api_client *client, const struct resp_arg *args, size_t count)
{
    if (command_word(&args[1], "GET")) {
        get_settings(client, args, count);
        return;
    }
    for (size_t i = 0; i < sizeof(admin_orders) / sizeof(admin_orders[0]); i++) {
        if (!command_word(&args[1], admin_orders[i].word)) {
            continue;
        }
        if (client->role < API_ADMIN) {
            client->server->stats.denied++;
            client_error(client, "NOPERM CONFIG %s needs the role admin, you are %s", admin_orders[i].word,
                         api_role_name(client->role));
        } else if (!client->server->settings) {
            client_error(client, "ERR this server was started without a configuration");
        } else {
            admin_orders[i].run(client, args, count);
        }
        return;
    }
    client_error(client, "ERR only CONFIG GET, CONFIG SHOW and CONFIG RELOAD: settings are in blynkd.conf");
}
