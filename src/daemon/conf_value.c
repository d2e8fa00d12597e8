#include "conf_value.h"

#include "blynkd/base/scan.h"
#include "blynkd/base/secret.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#define SHOWN_VALUE_MAX 60 /* bytes of a wrong value that are repeated in the message */

static void *member_of(struct conf *conf, const struct conf_key *key)
{
    return (char *)conf + key->offset;
}

static void format_range(const struct conf_key *key, char *out, size_t size)
{
    char min[24];
    char max[24];

    if (!key->max) {
        out[0] = '\0';
        return;
    }
    conf_format_amount(key, key->min, min, sizeof(min));
    conf_format_amount(key, key->max, max, sizeof(max));
    snprintf(out, size, ", from %s to %s", min, max);
}

int conf_refuse(const struct setting *setting, const char *problem)
{
    const struct conf_key *key = setting->key;
    bool has_range = key->type == CONF_TYPE_NUMBER || key->type == CONF_TYPE_DURATION ||
                     key->type == CONF_TYPE_SIZE || key->type == CONF_TYPE_OCTAL ||
                     key->type == CONF_TYPE_PIN_INTERVAL;
    char range[72] = "";
    char shown[SHOWN_VALUE_MAX + 8] = "";

    if (has_range) {
        format_range(key, range, sizeof(range));
    }
    if (!key->secret) {
        bool cut = strlen(setting->text) > SHOWN_VALUE_MAX;
        snprintf(shown, sizeof(shown), "\"%.*s%s\" ", SHOWN_VALUE_MAX, setting->text, cut ? "..." : "");
    }
    snprintf(setting->why, CONF_WHY_MAX, "%s%s; wanted: %s%s%s", shown, problem, key->unit, range,
             !key->secret && strstr(setting->text, " #") ? " (a comment behind a value begins with \" ;\")"
                                                         : "");
    return -EINVAL;
}

/* Text that may stand between double quotes in a command to a modem. */
static bool is_plain(const char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~' || *text == '"' || *text == '\\') {
            return false;
        }
    }
    return true;
}

static int store_text(const struct setting *setting)
{
    size_t len = strlen(setting->text);

    if (len >= setting->key->size) {
        return conf_refuse(setting, "is too long");
    }
    /* All of the member is written, so that two configurations can be compared byte by byte. */
    memset(member_of(setting->conf, setting->key), 0, setting->key->size);
    memcpy(member_of(setting->conf, setting->key), setting->text, len);
    return 0;
}

static int set_text(const struct setting *setting)
{
    if (!is_plain(setting->text)) {
        return conf_refuse(
            setting, "has a character that cannot be sent (a quote, a backslash, or one outside ASCII)");
    }
    return store_text(setting);
}

static int set_digits(const struct setting *setting)
{
    size_t len = strlen(setting->text);

    if (strspn(setting->text, "0123456789") != len || len < setting->key->min || len > setting->key->max) {
        return conf_refuse(setting, "is no PIN");
    }
    return store_text(setting);
}

static int set_path(const struct setting *setting)
{
    return setting->text[0] == '/' ? store_text(setting) : conf_refuse(setting, "does not begin with /");
}

static int set_name(const struct setting *setting)
{
    for (const char *at = setting->text; *at; at++) {
        if (!isalnum((unsigned char)*at) && !strchr("._-$", *at)) {
            return conf_refuse(setting, "is no name");
        }
    }
    return store_text(setting);
}

static int set_profile(const struct setting *setting)
{
    if (strcmp(setting->text, "auto") != 0 && !modem_profile_find(setting->text)) {
        return conf_refuse(setting, "is no profile (blynkd --list-modems prints them)");
    }
    return store_text(setting);
}

/* What has digits and dots only is an address, and must be one. */
static bool is_bad_address(const char *text, size_t len)
{
    return strspn(text, "0123456789.") >= len && scan_ipv4_prefix(text, len) != len;
}

static int set_server(const struct setting *setting)
{
    struct link_config *link = &setting->conf->bridge.link;
    char host[sizeof(link->host)] = "";
    uint16_t port = 0; /* as the encryption asks for */

    if (scan_host_port(setting->text, host, sizeof(host), &port) != 0 || is_bad_address(host, strlen(host))) {
        return conf_refuse(setting, "is no address");
    }
    memcpy(link->host, host, sizeof(host));
    link->port = port;
    return 0;
}

static bool is_host(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!isalnum((unsigned char)text[i]) && !strchr(".-_:", text[i])) {
            return false;
        }
    }
    return !is_bad_address(text, len);
}

static bool is_element(const struct setting *setting, const char *text, size_t len)
{
    if (setting->key->type == CONF_TYPE_ADDRESSES) {
        return scan_ipv4_prefix(text, len) == len;
    }
    return is_host(text, len);
}

static int set_list(const struct setting *setting)
{
    const struct conf_key *key = setting->key;
    char *elements = member_of(setting->conf, key);
    size_t *counter = (size_t *)(void *)((char *)setting->conf + key->count_offset);
    size_t count = 0;
    const char *at = setting->text + strspn(setting->text, ", \t");

    memset(elements, 0, key->size * conf_list_max(key));
    *counter = 0;
    while (*at) {
        size_t len = strcspn(at, ", \t");
        if (count == conf_list_max(key)) {
            return conf_refuse(setting, "names too many");
        }
        if (len >= key->size || !is_element(setting, at, len)) {
            return conf_refuse(setting, key->type == CONF_TYPE_LIST
                                            ? "has an element that is no address or host name"
                                            : "has an element that is no address");
        }
        memcpy(elements + count++ * key->size, at, len);
        at += len + strspn(at + len, ", \t");
    }
    *counter = count;
    return 0;
}

/* Into a member of 1, 4 or 8 bytes. */
static void store_number(const struct setting *setting, int64_t number)
{
    void *member = member_of(setting->conf, setting->key);
    uint32_t four = (uint32_t)number;
    uint64_t eight = (uint64_t)number;
    bool one = number != 0;

    switch (setting->key->size) {
    case sizeof(one):
        memcpy(member, &one, sizeof(one));
        return;
    case sizeof(four):
        memcpy(member, &four, sizeof(four));
        return;
    case sizeof(eight):
        memcpy(member, &eight, sizeof(eight));
        return;
    }
    assert(false && "a number's member has 1, 4 or 8 bytes");
}

static int set_bool(const struct setting *setting)
{
    bool value;

    if (scan_bool(setting->text, &value) != 0) {
        return conf_refuse(setting, "is neither yes nor no");
    }
    store_number(setting, value);
    return 0;
}

static int scan_octal(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t number = 0;

    for (const char *at = text; *at; at++) {
        if (*at < '0' || *at > '7') {
            return -EINVAL;
        }
        number = number * 8 + (uint64_t)(*at - '0');
        if (number > max) {
            return -ERANGE;
        }
    }
    *value = number;
    return *text ? 0 : -EINVAL;
}

int conf_scan_amount(const struct setting *setting, int (*scan)(const char *, uint64_t, uint64_t *),
                     uint64_t *value)
{
    int error = scan(setting->text, setting->key->max, value);

    if (error == -ERANGE) {
        return conf_refuse(setting, "is too much");
    }
    if (error) {
        return conf_refuse(setting, "is not understood");
    }
    return *value < setting->key->min ? conf_refuse(setting, "is too little") : 0;
}

static int set_amount(const struct setting *setting, int (*scan)(const char *, uint64_t, uint64_t *))
{
    const struct conf_key *key = setting->key;
    uint64_t value = 0;

    if (key->automatic && strcmp(setting->text, key->automatic) == 0) {
        store_number(setting, -1);
        return 0;
    }
    int error = conf_scan_amount(setting, scan, &value);
    if (!error) {
        store_number(setting, (int64_t)value);
    }
    return error;
}

int conf_find_word(const struct setting *setting)
{
    for (int i = 0; setting->key->words[i]; i++) {
        if (setting->text[0] && strcmp(setting->text, setting->key->words[i]) == 0) {
            return i;
        }
    }
    return -1;
}

static int set_word(const struct setting *setting)
{
    int word = conf_find_word(setting);

    if (word < 0) {
        return conf_refuse(setting, "is not one of the words");
    }
    store_number(setting, word);
    return 0;
}

static int set_line(const struct setting *setting)
{
    if (gpio_name_parse(setting->text, member_of(setting->conf, setting->key)) != 0) {
        return conf_refuse(setting, "is not a line");
    }
    return 0;
}

static int set_by_type(const struct setting *setting)
{
    switch (setting->key->type) {
    case CONF_TYPE_TEXT:
        return set_text(setting);
    case CONF_TYPE_DIGITS:
        return set_digits(setting);
    case CONF_TYPE_PATH:
        return set_path(setting);
    case CONF_TYPE_NAME:
        return set_name(setting);
    case CONF_TYPE_SERVER:
        return set_server(setting);
    case CONF_TYPE_LINE:
        return set_line(setting);
    case CONF_TYPE_LIST:
    case CONF_TYPE_ADDRESSES:
        return set_list(setting);
    case CONF_TYPE_PROFILE:
        return set_profile(setting);
    case CONF_TYPE_BOOL:
        return set_bool(setting);
    case CONF_TYPE_NUMBER:
        return set_amount(setting, scan_uint64);
    case CONF_TYPE_OCTAL:
        return set_amount(setting, scan_octal);
    case CONF_TYPE_DURATION:
        return set_amount(setting, scan_duration_ms);
    case CONF_TYPE_SIZE:
        return set_amount(setting, scan_size);
    case CONF_TYPE_WORD:
        return set_word(setting);
    case CONF_TYPE_PIN_RULE:
        return conf_set_pin_rule(setting);
    case CONF_TYPE_PIN_INTERVAL:
        return conf_set_pin_interval(setting);
    case CONF_TYPE_PIN_DEADBAND:
        return conf_set_pin_deadband(setting);
    case CONF_TYPE_ROLE:
        return conf_set_role(setting);
    }
    return -EINVAL;
}

int conf_value_set(struct conf *conf, const struct conf_key *key, const char *section, const char *name,
                   const char *text, char why[CONF_WHY_MAX])
{
    struct setting setting = {conf, key, section, name, text, why};

    why[0] = '\0';
    int error = set_by_type(&setting);
    if (!error && key->type == CONF_TYPE_TEXT && key->offset == offsetof(struct conf, modem.apn)) {
        conf->apn_given = true;
    }
    return error;
}
