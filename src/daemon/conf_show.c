/* The configuration in force, key by key, with where each value came from. */
#include "conf.h"

#include <stdio.h>
#include <string.h>

#define VALUE_MAX  1200 /* eight host names */
#define ORIGIN_MAX (CONF_PATH_MAX + 32)

struct listing {
    const struct conf *conf;
    const struct conf_origins *origins;
    conf_item_fn *item;
    void *arg;
};

static void write_place(const struct conf_origins *origins, const struct conf_place *place, char *out,
                        size_t size)
{
    if (place->file) {
        snprintf(out, size, "%s:%u", origins->files[place->file - 1], place->line);
    } else {
        snprintf(out, size, "default");
    }
}

static void tell(const struct listing *listing, const struct conf_key *key, const char *section,
                 const char *name, size_t index, const char *origin)
{
    char value[VALUE_MAX];

    conf_value_format(listing->conf, key, index, value, sizeof(value));
    if (key->secret && value[0]) {
        snprintf(value, sizeof(value), "****");
    }
    struct conf_item item = {.key = key, .section = section, .name = name, .value = value, .origin = origin};
    listing->item(listing->arg, &item);
}

static void tell_key(const struct listing *listing, size_t index)
{
    const struct conf_key *key = conf_key_at(index);
    const struct conf_origins *origins = listing->origins;
    char origin[ORIGIN_MAX];

    if (origins->secrets[index][0]) {
        snprintf(origin, sizeof(origin), "%s", origins->secrets[index]);
    } else {
        write_place(origins, &origins->places[index], origin, sizeof(origin));
    }
    tell(listing, key, key->section, key->name, 0, origin);
}

static void tell_pins(const struct listing *listing, const struct conf_key *key)
{
    const struct conf_place *places = listing->origins->pin_places[conf_pin_rule(key)];
    char origin[ORIGIN_MAX];
    char name[PIN_NAME_MAX];
    char section[PIN_NAME_MAX + 8];

    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        if (places[pin].file) {
            snprintf(section, sizeof(section), "pin %s", pin_name(pin, name));
            write_place(listing->origins, &places[pin], origin, sizeof(origin));
            tell(listing, key, section, key->name, pin, origin);
        }
    }
}

static void tell_rules(const struct listing *listing, const struct conf_key *key)
{
    const struct api_config *api = &listing->conf->api;
    char origin[ORIGIN_MAX];
    char name[API_NAME_MAX + 8];

    for (size_t i = 0; i < api->rule_count; i++) {
        if (api->rules[i].is_group == (key->name[0] == 'g')) {
            snprintf(name, sizeof(name), "%s.%s", api->rules[i].is_group ? "group" : "user",
                     api->rules[i].name);
            write_place(listing->origins, &listing->origins->rule_places[i], origin, sizeof(origin));
            tell(listing, key, key->section, name, i, origin);
        }
    }
}

void conf_each(const struct conf *conf, const struct conf_origins *origins, conf_item_fn *item, void *arg)
{
    struct listing listing = {conf, origins, item, arg};

    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        if (conf_pin_rule(key) >= 0) {
            tell_pins(&listing, key);
        } else if (key->type == CONF_TYPE_ROLE) {
            tell_rules(&listing, key);
        } else {
            tell_key(&listing, i);
        }
    }
}
