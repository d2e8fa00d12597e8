/* What the tables of commands may name in braces, and where they store what the modem tells. */
#include "machine.h"

#include "blynkd/base/pattern.h"
#include "blynkd/base/scan.h"

#include <stdio.h>
#include <string.h>

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

/* A comma or a backslash in a text would else be a sign of the command (Ai-Thinker sheet, 4.1). */
static const char *escape(char *out, const char *text)
{
    char *end = out;

    for (; *text; text++) {
        if (*text == ',' || *text == '\\') {
            *end++ = '\\';
        }
        *end++ = *text;
    }
    *end = '\0';
    return out;
}

/* An empty access point name is one: the network then chooses. */
const char *modem_script_lookup(void *arg, const char *name)
{
    struct modem *modem = arg;

    if (strncmp(name, "tls_", 4) == 0) {
        return modem_tls_lookup(modem, name);
    }
    if (strcmp(name, "apn") == 0) {
        return modem_apn(modem);
    }
    if (strcmp(name, "ssid") == 0) {
        return or_null(escape(modem->escaped[0], modem->config.ssid));
    }
    if (strcmp(name, "wifi_password") == 0) {
        return escape(modem->escaped[1], modem->config.wifi_password);
    }
    if (strcmp(name, "dns") == 0) {
        return or_null(modem->config.name_servers[0]);
    }
    if (strcmp(name, "dns2") == 0) {
        return or_null(modem->config.name_servers[1]);
    }
    if (strcmp(name, "user") == 0) {
        return or_null(modem_apn_user(modem));
    }
    if (strcmp(name, "password") == 0) {
        return or_null(modem_apn_password(modem));
    }
    if (strcmp(name, "attached") == 0) {
        return modem->attached ? "yes" : NULL;
    }
    if (strcmp(name, "takes_time") == 0) {
        return modem->takes_time ? "yes" : NULL;
    }
    if (strcmp(name, "credentials_swapped") == 0) {
        return modem->credentials_swapped ? "yes" : NULL;
    }
    if (strcmp(name, "identity") == 0) {
        return or_null(modem->identity.text + 1);
    }
    return strcmp(name, "imei") == 0 ? or_null(modem->identity.imei) : NULL;
}

static void store_attached(struct modem *modem, const char *line, size_t len)
{
    modem->attached = pattern_matches("+CGATT: 1", line, len, NULL);
}

/* "+CTZU: 1", "+CLTS: 0" */
static void store_takes_time(struct modem *modem, const char *line, size_t len)
{
    const char *colon = memchr(line, ':', len);

    for (const char *at = colon; at && at < line + len; at++) {
        modem->takes_time = modem->takes_time || (*at >= '1' && *at <= '9');
    }
}

static bool captured_is(const struct pattern_match *match, size_t index, const char *text)
{
    const struct pattern_capture *capture = &match->captures[index];

    return capture->len == strlen(text) && memcmp(capture->text, text, capture->len) == 0;
}

/* Context, kind, user, password (facts/modems-simcom.md C1). */
static void store_credentials(struct modem *modem, const char *line, size_t len)
{
    const char *user = modem_apn_user(modem);
    const char *password = modem_apn_password(modem);
    struct pattern_match match;

    modem->credentials_swapped = pattern_matches("+CGAUTH: 1,%d,%q,%q", line, len, &match) &&
                                 captured_is(&match, 1, password) && captured_is(&match, 2, user) &&
                                 strcmp(user, password) != 0;
}

/* The first dotted address in the line, whatever stands before it. */
static void store_address(struct modem *modem, const char *line, size_t len)
{
    static const char digits[] = "0123456789.";
    char text[128];

    snprintf(text, sizeof(text), "%.*s", (int)len, line);
    for (char *at = text; *(at += strcspn(at, digits)); at += strspn(at, digits)) {
        char word[16];
        size_t size = strspn(at, digits);
        snprintf(word, sizeof(word), "%.*s", (int)size, at);
        if (size < sizeof(word) && scan_is_ipv4(word) && strcmp(word, "0.0.0.0") != 0) {
            snprintf(modem->address, sizeof(modem->address), "%s", word);
            return;
        }
    }
}

static void store_ati(struct modem *modem, const char *line, size_t len)
{
    identity_take_ati(&modem->identity, line, len);
}

static void store_manufacturer(struct modem *modem, const char *line, size_t len)
{
    identity_take_manufacturer(&modem->identity, line, len);
}

static void store_model(struct modem *modem, const char *line, size_t len)
{
    identity_take_model(&modem->identity, line, len);
}

static void store_firmware(struct modem *modem, const char *line, size_t len)
{
    identity_take_firmware(&modem->identity, line, len);
}

static void store_imei(struct modem *modem, const char *line, size_t len)
{
    identity_take_imei(&modem->identity, line, len);
}

static const struct {
    const char *name;
    void (*take)(struct modem *modem, const char *line, size_t len);
} stores[] = {
    {"ati", store_ati},
    {"manufacturer", store_manufacturer},
    {"model", store_model},
    {"firmware", store_firmware},
    {"imei", store_imei},
    {"subscriber", modem_apn_store},
    {"attached", store_attached},
    {"address", store_address},
    {"credentials", store_credentials},
    {"takes_time", store_takes_time},
};

void modem_script_store(void *arg, const char *name, const char *line, size_t len)
{
    if (strncmp(name, "tls_", 4) == 0) {
        modem_tls_store(arg, name, line, len);
        return;
    }
    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        if (strcmp(stores[i].name, name) == 0) {
            stores[i].take(arg, line, len);
            return;
        }
    }
}
