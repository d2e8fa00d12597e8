/* What the local interface may ask of the configuration, and how it is answered. */
#include "daemon.h"

#include "blynkd/api/settings.h"

#include <stdio.h>

struct teller {
    const struct daemon *daemon;
    api_setting_fn *tell;
    void *to;
};

static const char *change_word(enum conf_apply apply)
{
    switch (apply) {
    case CONF_APPLY_LIVE:
        return "live";
    case CONF_APPLY_LINK:
        return "link";
    case CONF_APPLY_RESTART:
        return "restart";
    }
    return "";
}

static void on_item(void *arg, const struct conf_item *item)
{
    const struct teller *teller = arg;
    struct api_setting setting = {
        .section = item->section,
        .name = item->name,
        .value = item->value,
        .origin = item->origin,
        .change = change_word(item->key->apply),
        .waits_restart = teller->daemon->waits_restart[item->key - conf_key_at(0)],
        .is_secret = item->key->secret,
        .help = item->key->help,
    };

    teller->tell(teller->to, &setting);
}

static void each(void *arg, api_setting_fn *tell, void *to)
{
    const struct daemon *daemon = arg;
    struct teller teller = {daemon, tell, to};

    conf_each(daemon->conf, daemon->origins, on_item, &teller);
}

static bool reload(void *arg)
{
    struct daemon *daemon = arg;

    return daemon->stopping || daemon_reload(daemon);
}

static const char *refused(void *arg)
{
    const struct daemon *daemon = arg;

    return daemon->refused;
}

static const char *missing(void *arg)
{
    const struct daemon *daemon = arg;

    return conf_missing_words(daemon->conf->missing);
}

void daemon_offer_settings(struct daemon *daemon)
{
    static const struct api_settings_ops ops = {each, reload, refused, missing};

    api_server_set_settings(daemon->api, &ops, daemon->options->config_path, daemon);
}
