/* Values the other way round: from the configuration into the text that one would write. */
#include "conf_value.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const void *member_of(const struct conf *conf, const struct conf_key *key)
{
    return (const char *)conf + key->offset;
}

struct amount_unit {
    const char *word;
    uint64_t factor;
};

/* The largest unit that leaves no rest, but minutes up to an hour. */
static const struct amount_unit *fitting_unit(const struct conf_key *key, uint64_t amount)
{
    static const struct amount_unit times[] = {
        {"d", 86400000}, {"h", 3600000}, {"m", 60000}, {"s", 1000}, {"ms", 1}};
    static const struct amount_unit sizes[] = {{"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}, {"", 1}};
    static const struct amount_unit plain = {"", 1};

    bool is_time = key->type == CONF_TYPE_DURATION || key->type == CONF_TYPE_PIN_INTERVAL;

    if (!is_time && key->type != CONF_TYPE_SIZE) {
        return &plain;
    }
    if (amount == 0) {
        return is_time ? &times[3] : &plain;
    }
    const struct amount_unit *unit = is_time ? times : sizes;
    while (amount % unit->factor || (amount == unit->factor && strcmp(unit->word, "h") == 0)) {
        unit++;
    }
    return unit;
}

void conf_format_amount(const struct conf_key *key, uint64_t amount, char *out, size_t size)
{
    const struct amount_unit *unit = fitting_unit(key, amount);

    snprintf(out, size, key->type == CONF_TYPE_OCTAL ? "%04" PRIo64 "%s" : "%" PRIu64 "%s",
             amount / unit->factor, unit->word);
}

static uint64_t number_of(const struct conf *conf, const struct conf_key *key, bool *automatic)
{
    const void *member = member_of(conf, key);
    uint32_t four = 0;
    uint64_t eight = 0;
    bool one = false;

    if (key->size == sizeof(four)) {
        memcpy(&four, member, sizeof(four));
        *automatic = key->automatic && four == UINT32_MAX;
        return four;
    }
    if (key->size == sizeof(eight)) {
        memcpy(&eight, member, sizeof(eight));
        *automatic = key->automatic && eight == UINT64_MAX;
        return eight;
    }
    memcpy(&one, member, sizeof(one));
    *automatic = false;
    return one;
}

static void format_number(const struct conf *conf, const struct conf_key *key, char *out, size_t size)
{
    bool automatic;
    uint64_t number = number_of(conf, key, &automatic);

    if (automatic) {
        snprintf(out, size, "%s", key->automatic);
    } else if (key->type == CONF_TYPE_BOOL) {
        snprintf(out, size, "%s", number ? "yes" : "no");
    } else if (key->type == CONF_TYPE_WORD) {
        snprintf(out, size, "%s", key->words[number]);
    } else {
        conf_format_amount(key, number, out, size);
    }
}

static void format_list(const struct conf *conf, const struct conf_key *key, char *out, size_t size)
{
    const char *elements = member_of(conf, key);
    size_t count;
    size_t used = 0;

    memcpy(&count, (const char *)conf + key->count_offset, sizeof(count));
    out[0] = '\0';
    for (size_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(out + used, size - used, "%s%s", i ? ", " : "", elements + i * key->size);
    }
}

static void format_server(const struct conf *conf, char *out, size_t size)
{
    const struct link_config *link = &conf->bridge.link;
    bool v6 = strchr(link->host, ':') != NULL;

    if (link->port) {
        snprintf(out, size, v6 ? "[%s]:%u" : "%s:%u", link->host, link->port);
    } else {
        snprintf(out, size, "%s", link->host);
    }
}

static void format_line(const struct conf *conf, const struct conf_key *key, char *out, size_t size)
{
    const struct gpio_name *name = member_of(conf, key);

    if (name->chip[0]) {
        snprintf(out, size, "%s:%u%s", name->chip, name->offset, name->active_low ? " low" : "");
    } else {
        out[0] = '\0';
    }
}

void conf_value_format(const struct conf *conf, const struct conf_key *key, size_t index, char *out,
                       size_t size)
{
    out[0] = '\0';
    switch (key->type) {
    case CONF_TYPE_TEXT:
    case CONF_TYPE_DIGITS:
    case CONF_TYPE_PATH:
    case CONF_TYPE_NAME:
    case CONF_TYPE_PROFILE:
        snprintf(out, size, "%s", (const char *)member_of(conf, key));
        return;
    case CONF_TYPE_SERVER:
        format_server(conf, out, size);
        return;
    case CONF_TYPE_LINE:
        format_line(conf, key, out, size);
        return;
    case CONF_TYPE_LIST:
    case CONF_TYPE_ADDRESSES:
        format_list(conf, key, out, size);
        return;
    case CONF_TYPE_BOOL:
    case CONF_TYPE_NUMBER:
    case CONF_TYPE_OCTAL:
    case CONF_TYPE_DURATION:
    case CONF_TYPE_SIZE:
    case CONF_TYPE_WORD:
        format_number(conf, key, out, size);
        return;
    case CONF_TYPE_PIN_RULE:
        snprintf(out, size, "%s", key->words[conf->pin_delivery[index]]);
        return;
    case CONF_TYPE_PIN_INTERVAL:
        conf_format_amount(key, conf->pin_min_interval_ms[index], out, size);
        return;
    case CONF_TYPE_PIN_DEADBAND:
        snprintf(out, size, "%.15g", conf->pin_deadband[index]);
        return;
    case CONF_TYPE_ROLE:
        snprintf(out, size, "%s", api_role_name(conf->api.rules[index].role));
        return;
    }
}
