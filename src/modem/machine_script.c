/* What the tables of commands may name in braces, and where they store what the modem tells. */
#include "machine.h"

#include "blynkd/base/pattern.h"

#include <string.h>

static const char *or_null(const char *text)
{
    return text[0] ? text : NULL;
}

/* An empty access point name is one: the network then chooses. */
const char *modem_script_lookup(void *arg, const char *name)
{
    const struct modem *modem = arg;

    if (strcmp(name, "apn") == 0) {
        return modem->config.apn;
    }
    if (strcmp(name, "user") == 0) {
        return or_null(modem->config.user);
    }
    if (strcmp(name, "password") == 0) {
        return or_null(modem->config.password);
    }
    if (strcmp(name, "attached") == 0) {
        return modem->attached ? "yes" : NULL;
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

/* The first dotted address in the line, whatever stands before it. */
static void store_address(struct modem *modem, const char *line, size_t len)
{
    static const char *const forms[] = {"%i", "+CIFSR: %i", "+IPADDR: %i", "+QILOCIP: %i", NULL};
    struct pattern_match match;

    if (pattern_find(forms, line, len, &match) >= 0) {
        pattern_copy(&match, 0, modem->address, sizeof(modem->address));
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
    {"ati", store_ati},         {"manufacturer", store_manufacturer},
    {"model", store_model},     {"firmware", store_firmware},
    {"imei", store_imei},       {"attached", store_attached},
    {"address", store_address},
};

void modem_script_store(void *arg, const char *name, const char *line, size_t len)
{
    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        if (strcmp(stores[i].name, name) == 0) {
            stores[i].take(arg, line, len);
            return;
        }
    }
}
