#include "conf_load.h"

#include "blynkd/net/tls.h"

#include <string.h>

/* Protocol sheet, 8: above 10 values/s "may cause Flood Error", above 20 requests/s the connection is closed. */
#define RATE_SAFE 10
#define RATE_MAX  20

/* A finding about a key, at the line that set it last. */
static void say(struct conf_loader *loader, enum conf_gravity gravity, const char *section, const char *name,
                const char *words)
{
    const char *file;
    struct conf_place place = conf_loader_place(loader, conf_key_find(section, name), &file);

    conf_report_add(loader->report, gravity, file ? file : loader->origins.files[0], place.line,
                    "[%s] %s: %s", section, name, words);
}

static bool is_refused(const struct conf_loader *loader, const char *section, const char *name)
{
    return loader->refused[conf_key_find(section, name) - conf_key_at(0)];
}

static void miss(struct conf_loader *loader, enum conf_missing what, const char *section, const char *name,
                 const char *words)
{
    loader->conf->missing |= what;
    say(loader, CONF_MISSING, section, name, words);
}

static void check_token(struct conf_loader *loader)
{
    size_t len = strlen(loader->conf->bridge.link.session.token);

    if (len == 0 && is_refused(loader, "blynk", "token")) {
        return; /* what is wrong with it was said */
    }
    if (len == 0) {
        miss(
            loader, CONF_MISSING_TOKEN, "blynk", "token",
            "missing; write it here, or name a file with token_file, or pass the systemd credential `token`");
    } else if (len != BLYNK_TOKEN_BYTES) {
        say(loader, CONF_WARNING, "blynk", "token", "Blynk's tokens have 32 characters, this one has not");
    }
}

static void check_apn(struct conf_loader *loader)
{
    struct conf *conf = loader->conf;

    conf->modem.apn_is = MODEM_APN_GIVEN;
    if (conf->apn_given && strcmp(conf->modem.apn, "auto") == 0) {
        conf->modem.apn_is = MODEM_APN_USUAL;
    } else if (!conf->apn_given && !conf->modem.ssid[0]) {
        conf->modem.apn_is = MODEM_APN_MISSING;
    }
    if (conf->modem.apn_is == MODEM_APN_MISSING && conf->uplink == CONF_UPLINK_MODEM &&
        !is_refused(loader, "network", "apn")) {
        miss(loader, CONF_MISSING_APN, "network", "apn",
             "missing; the operator's access point name, or `auto` for the one usual for the SIM card, or "
             "`apn =` with nothing behind it to let the network choose (a module with Wi-Fi: [wifi] ssid)");
    }
}

static void check_uplink(struct conf_loader *loader)
{
    const struct conf *conf = loader->conf;
    const struct modem_profile *profile = modem_profile_find(conf->modem.profile); /* NULL for auto */

    if (!profile || !modem_profile_has_wifi(profile)) {
        check_apn(loader);
    } else if (conf->uplink == CONF_UPLINK_MODEM && !conf->modem.ssid[0] &&
               !is_refused(loader, "wifi", "ssid")) {
        miss(loader, CONF_MISSING_SSID, "wifi", "ssid", "missing; the name of the wireless network");
    }
}

const char *conf_missing_words(unsigned missing)
{
    static const char *const words[] = {
        "",
        [CONF_MISSING_TOKEN] = "[blynk] token",
        [CONF_MISSING_APN] = "[network] apn",
        [CONF_MISSING_TOKEN | CONF_MISSING_APN] = "[blynk] token and [network] apn",
        [CONF_MISSING_SSID] = "[wifi] ssid",
        [CONF_MISSING_TOKEN | CONF_MISSING_SSID] = "[blynk] token and [wifi] ssid",
    };

    return missing < sizeof(words) / sizeof(words[0]) ? words[missing] : "";
}

static void check_dns(struct conf_loader *loader)
{
    if (loader->conf->uplink == CONF_UPLINK_HOST && loader->conf->modem.name_server_count > 0) {
        say(loader, CONF_WARNING, "network", "dns", "is for the modem; the host has its own name servers");
    }
}

/* Its bytes go into the modem. */
static void read_ca_file(struct conf_loader *loader)
{
    struct modem_config *modem = &loader->conf->modem;
    struct conf_file file;
    char why[CONF_WHY_MAX];

    if (conf_file_read(loader->conf->bridge.link.ca_file, sizeof(modem->ca), &file, why) != 0) {
        say(loader, CONF_ERROR, "blynk", "ca_file", why);
        return;
    }
    memcpy(modem->ca, file.text, file.len);
    modem->ca_len = file.len;
    conf_file_free(&file);
}

static void check_modem_tls(struct conf_loader *loader)
{
    const struct conf *conf = loader->conf;
    const struct modem_profile *profile = modem_profile_find(conf->modem.profile); /* NULL for auto */
    const char *refusal = profile ? modem_tls_refusal(profile) : NULL;

    if (conf->uplink == CONF_UPLINK_HOST) {
        say(loader, CONF_ERROR, "blynk", "tls", "there is no modem that could encrypt: write `tls = yes`");
    } else if (refusal) {
        say(loader, CONF_ERROR, "blynk", "tls", refusal);
    } else if (!conf->bridge.link.ca_file[0]) {
        say(loader, CONF_ERROR, "blynk", "tls",
            "`tls = modem` needs ca_file: the authority's certificate, which is put into the modem (modems "
            "have no "
            "authorities of their own)");
    } else {
        read_ca_file(loader);
    }
}

static void check_ca_file(struct conf_loader *loader)
{
    const struct link_config *link = &loader->conf->bridge.link;
    struct tls_config config = {0};
    char why[TLS_WHY_MAX];

    if (loader->conf->tls == CONF_TLS_NO || !link->ca_file[0]) {
        return;
    }
    memcpy(config.ca_file, link->ca_file, sizeof(config.ca_file));
    struct tls_context *context = tls_context_create(&config, why);
    if (!context) {
        bool is_named = strncmp(why, "ca_file ", strlen("ca_file ")) == 0;
        say(loader, CONF_ERROR, "blynk", "ca_file", is_named ? why + strlen("ca_file ") : why);
    }
    tls_context_destroy(context);
}

/* What listens on the well-known ports is known; a private server may have its own habits. */
static void check_tls(struct conf_loader *loader)
{
    const struct link_config *link = &loader->conf->bridge.link;
    bool is_tls = loader->conf->tls != CONF_TLS_NO;

    if (is_tls && (link->port == 80 || link->port == 8080)) {
        say(loader, link->port == 80 ? CONF_ERROR : CONF_WARNING, "blynk", "server",
            "no TLS is spoken on this port as a rule: leave the port out, or write `tls = no`");
    }
    if (!is_tls && (link->port == 443 || link->port == 9443)) {
        say(loader, link->port == 443 ? CONF_ERROR : CONF_WARNING, "blynk", "server",
            "only TLS is spoken on this port as a rule: leave the port out, or write `tls = yes`");
    }
    check_ca_file(loader);
    if (loader->conf->tls == CONF_TLS_MODEM) {
        check_modem_tls(loader);
    }
}

static void check_retry(struct conf_loader *loader)
{
    const struct link_config *link = &loader->conf->bridge.link;

    if (link->retry_first_ms > link->retry_max_ms) {
        say(loader, CONF_ERROR, "blynk", "retry_first", "is longer than retry_max");
    }
}

static void check_rate(struct conf_loader *loader)
{
    uint32_t rate = loader->conf->bridge.link.session.rate_per_s;

    if (rate > RATE_MAX) {
        say(loader, CONF_ERROR, "limits", "rate",
            "at most 20 a second: Blynk's cloud closes a connection that sends more (for a server of your "
            "own "
            "that takes any rate: 0 = no limit)");
    } else if (rate == 0 || rate > RATE_SAFE) {
        say(loader, CONF_WARNING, "limits", "rate",
            "Blynk's cloud may close connections that send more than 10 a second");
    }
}

static bool is_same(const struct gpio_name *a, const struct gpio_name *b)
{
    return a->chip[0] && strcmp(a->chip, b->chip) == 0 && a->offset == b->offset;
}

static void check_power(struct conf_loader *loader)
{
    const struct power_lines_config *lines = &loader->conf->lines;

    if (is_same(&lines->key, &lines->reset) || is_same(&lines->key, &lines->rail) ||
        is_same(&lines->key, &lines->status) || is_same(&lines->reset, &lines->rail) ||
        is_same(&lines->reset, &lines->status) || is_same(&lines->rail, &lines->status)) {
        say(loader, CONF_ERROR, "power", "pwrkey",
            "pwrkey, reset, rail and status must be lines of their own");
    }
    if (lines->status.chip[0] && !lines->key.chip[0]) {
        say(loader, CONF_WARNING, "power", "status", "has no use without pwrkey");
    }
}

/* A delivery of `all` promises every sample; an interval lets only the newest through. */
static void check_intervals(struct conf_loader *loader)
{
    int kind = conf_pin_rule(conf_key_find("pin V5", "min_interval"));
    char name[PIN_NAME_MAX];

    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        struct conf_place place = loader->origins.pin_places[kind][pin];
        if (loader->conf->pin_min_interval_ms[pin] &&
            conf_delivery_of(loader->conf, pin) != CONF_DELIVER_LATEST) {
            conf_report_add(
                loader->report, CONF_ERROR, loader->origins.files[place.file ? place.file - 1 : 0],
                place.line,
                "[pin %s] min_interval: drops values, but `delivery = all` wants every one to arrive; "
                "write `delivery = latest` for this pin",
                pin_name(pin, name));
        }
    }
}

/* One directory for all that must survive a restart. */
static void share_state_dir(struct conf *conf)
{
    memcpy(conf->bridge.link.state_dir, conf->modem.state_dir, sizeof(conf->bridge.link.state_dir));
}

void conf_check(struct conf_loader *loader)
{
    share_state_dir(loader->conf);
    conf_share_tls(loader->conf);
    check_token(loader);
    check_uplink(loader);
    check_dns(loader);
    check_tls(loader);
    check_retry(loader);
    check_rate(loader);
    check_intervals(loader);
    check_power(loader);
}
