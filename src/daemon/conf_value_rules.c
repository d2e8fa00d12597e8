/* Values of which a section or a key's own name says what they are for: [pin V5], [access] user.NAME. */
#include "conf_value.h"

#include "blynkd/base/scan.h"

#include <stdio.h>
#include <string.h>

static int refuse_pin(const struct setting *setting)
{
    return conf_refuse(setting, "is for a pin that does not exist");
}

int conf_set_pin_rule(const struct setting *setting)
{
    int word = conf_find_word(setting);
    pin_id pin;

    if (word < 0) {
        return conf_refuse(setting, "is not one of the words");
    }
    if (!conf_section_pin(setting->section, &pin)) {
        return refuse_pin(setting);
    }
    setting->conf->pin_delivery[pin] = (uint8_t)word;
    return 0;
}

int conf_set_pin_interval(const struct setting *setting)
{
    uint64_t ms;
    pin_id pin;
    int error = conf_scan_amount(setting, scan_duration_ms, &ms);

    if (error) {
        return error;
    }
    if (!conf_section_pin(setting->section, &pin)) {
        return refuse_pin(setting);
    }
    setting->conf->pin_min_interval_ms[pin] = (uint32_t)ms;
    return 0;
}

int conf_set_pin_deadband(const struct setting *setting)
{
    double number;
    pin_id pin;

    if (scan_double(setting->text, strlen(setting->text), &number)) {
        return conf_refuse(setting, "is not understood");
    }
    if (number < 0) {
        return conf_refuse(setting, "is below zero");
    }
    if (!conf_section_pin(setting->section, &pin)) {
        return refuse_pin(setting);
    }
    setting->conf->pin_deadband[pin] =
        number > 0 ? number : 0; /* no "-0": configurations are compared by bytes */
    return 0;
}

/* The rule for that user or group, a new one if there is none yet; NULL: no place. */
static struct api_role_rule *find_rule(struct api_config *api, const char *name, bool is_group)
{
    for (size_t i = 0; i < api->rule_count; i++) {
        if (api->rules[i].is_group == is_group && strcmp(api->rules[i].name, name) == 0) {
            return &api->rules[i];
        }
    }
    return api->rule_count < API_RULES_MAX ? &api->rules[api->rule_count++] : NULL;
}

int conf_set_role(const struct setting *setting)
{
    const char *name = strchr(setting->name, '.') + 1;
    bool is_group = setting->name[0] == 'g';
    enum api_role role;

    if (api_role_parse(setting->text, &role) != 0) {
        return conf_refuse(setting, "is not a role");
    }
    if (strlen(name) >= API_NAME_MAX) {
        return conf_refuse(setting, "is for a name that is too long");
    }
    struct api_role_rule *rule = find_rule(&setting->conf->api, name, is_group);
    if (!rule) {
        return conf_refuse(setting, "is one line too many in [access]");
    }
    snprintf(rule->name, sizeof(rule->name), "%s", name);
    rule->is_group = is_group;
    rule->role = role;
    return 0;
}
