#include "conf.h"

#include "blynkd/base/scan.h"

#include <limits.h>
#include <string.h>

/* `form` may end in a star, which stands for at least one character. */
static bool form_fits(const char *form, const char *text)
{
    size_t len = strcspn(form, "*");

    return form[len] ? strncmp(form, text, len) == 0 && text[len] : strcmp(form, text) == 0;
}

bool conf_section_pin(const char *section, pin_id *pin)
{
    const char *name = section + strlen("pin ");

    return strncmp(section, "pin ", strlen("pin ")) == 0 && pin_parse(name, strlen(name), pin) == 0;
}

int conf_pin_rule(const struct conf_key *key)
{
    switch (key->type) {
    case CONF_TYPE_PIN_RULE:
        return 0;
    case CONF_TYPE_PIN_INTERVAL:
        return 1;
    case CONF_TYPE_PIN_DEADBAND:
        return 2;
    default:
        return -1;
    }
}

bool conf_section_known(const char *section)
{
    pin_id pin;

    for (size_t i = 0; i < conf_key_count(); i++) {
        if (strcmp(conf_key_at(i)->section, section) == 0 && !strchr(section, '*')) {
            return true;
        }
    }
    return conf_section_pin(section, &pin);
}

const struct conf_key *conf_key_find(const char *section, const char *name)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (form_fits(conf_key_at(i)->section, section) && form_fits(conf_key_at(i)->name, name)) {
            return conf_key_at(i);
        }
    }
    return NULL;
}

const char *conf_section_of(const char *name)
{
    for (size_t i = 0; i < conf_key_count(); i++) {
        if (strcmp(conf_key_at(i)->name, name) == 0) {
            return conf_key_at(i)->section;
        }
    }
    return NULL;
}

/* Near: at most a third of the letters differ, at least one may. */
static bool is_near(const char *word, unsigned distance)
{
    return distance <= 1 + strlen(word) / 3;
}

const char *conf_nearest_key(const char *section, const char *name)
{
    const char *best = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; i < conf_key_count(); i++) {
        unsigned distance = scan_distance(conf_key_at(i)->name, name);
        if (form_fits(conf_key_at(i)->section, section) && distance < least &&
            is_near(conf_key_at(i)->name, distance)) {
            least = distance;
            best = conf_key_at(i)->name;
        }
    }
    return best;
}

const char *conf_nearest_section(const char *section)
{
    const char *best = NULL;
    unsigned least = UINT_MAX;

    for (size_t i = 0; i < conf_key_count(); i++) {
        unsigned distance = scan_distance(conf_key_at(i)->section, section);
        if (distance < least && is_near(conf_key_at(i)->section, distance) &&
            !strchr(conf_key_at(i)->section, '*')) {
            least = distance;
            best = conf_key_at(i)->section;
        }
    }
    return best;
}
