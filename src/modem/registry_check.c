/* The self-check of the records: what a typing error in a table would only show months later, on the road. */
#include "blynkd/base/pattern.h"
#include "blynkd/modem/modem.h"

#include "profile.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define DEADLINE_MIN_MS 500
#define DEADLINE_MAX_MS 200000 /* the longest in the sheets is 180 s */

static char fault[256]; /* the answer of modem_registry_check() */

static bool say(const char *owner, const char *what, const char *wrong)
{
    snprintf(fault, sizeof(fault), "%.60s: %.60s: %.120s", owner, what, wrong);
    return false;
}

static bool patterns_sound(const char *owner, const char *what, const char *const *patterns)
{
    for (size_t i = 0; patterns && patterns[i]; i++) {
        const char *wrong = pattern_check(patterns[i]);
        if (wrong) {
            char text[128];
            snprintf(text, sizeof(text), "pattern \"%s\": %s", patterns[i], wrong);
            return say(owner, what, text);
        }
    }
    return true;
}

static bool line_sound(const char *owner, const char *what, const char *pattern)
{
    const char *const one[] = {pattern, NULL};

    return patterns_sound(owner, what, one);
}

static bool deadline_sound(const char *owner, const char *what, uint32_t ms)
{
    return ms == 0 || (ms >= DEADLINE_MIN_MS && ms <= DEADLINE_MAX_MS) || say(owner, what, "odd deadline");
}

static bool expect_sound(const char *owner, const char *what, const struct at_expect *expect)
{
    if (!patterns_sound(owner, what, expect->lines) || !patterns_sound(owner, what, expect->done) ||
        !patterns_sound(owner, what, expect->fail)) {
        return false;
    }
    if (expect->end != AT_END_OK && !(expect->done && expect->done[0])) {
        return say(owner, what, "waits for a line but names none");
    }
    return deadline_sound(owner, what, expect->deadline_ms) &&
           deadline_sound(owner, what, expect->settle_ms) && deadline_sound(owner, what, expect->prompt_ms);
}

static bool template_sound(const char *owner, const char *what, const char *text)
{
    static const char *const names[] = {
        "{host}",      "{port}",     "{link}",     "{len}",      "{max}",           "{apn}",      "{user}",
        "{pin}",       "{address}",  "{is_name}",  "{ssid}",     "{wifi_password}", "{password}", "{user?}",
        "{password?}", "{tls_file}", "{tls_size}", "{tls_kept}", "{dns}",           "{dns2}",     NULL};

    for (const char *open = strchr(text, '{'); open; open = strchr(open + 1, '{')) {
        bool known = false;
        for (size_t i = 0; names[i]; i++) {
            known = known || strncmp(open, names[i], strlen(names[i])) == 0;
        }
        if (!known) {
            return say(owner, what, "unknown name in braces");
        }
    }
    return strlen(text) < AT_TEXT_MAX / 2 || say(owner, what, "too long a command");
}

static bool command_sound(const char *owner, const char *what, const struct dialect_command *command,
                          bool needed)
{
    if (!command->send) {
        return !needed || say(owner, what, "missing");
    }
    if (!command->expect) {
        return say(owner, what, "what its answer looks like is missing");
    }
    return template_sound(owner, what, command->send) && expect_sound(owner, what, command->expect);
}

static bool steps_sound(const char *owner, const struct at_step *steps)
{
    for (; steps && steps->send; steps++) {
        if (!steps->what) {
            return say(owner, steps->send, "has no words for people");
        }
        if (!template_sound(owner, steps->send, steps->send)) {
            return false;
        }
        if (steps->expect && !expect_sound(owner, steps->send, steps->expect)) {
            return false;
        }
        if (steps->tries > 1 && steps->retry_ms == 0) {
            return say(owner, steps->send, "tries again without a pause");
        }
    }
    return true;
}

static bool announces_sound(const char *owner, const struct at_announce *announces)
{
    if (!announces || !announces->form) {
        return say(owner, "announces", "missing");
    }
    for (; announces->form; announces++) {
        const char *wrong = at_announce_check(announces->form);
        if (wrong) {
            return say(owner, announces->form, wrong);
        }
    }
    return true;
}

static bool rows_sound(const struct dialect *dialect)
{
    if (!dialect->row_forms || !dialect->words) {
        return say(dialect->name, "status", "no forms or no words");
    }
    for (const struct dialect_row_form *form = dialect->row_forms; form->pattern; form++) {
        const char *const one[] = {form->pattern, NULL};
        if (!patterns_sound(dialect->name, "status", one)) {
            return false;
        }
    }
    return true;
}

static bool reading_sound(const struct dialect *dialect)
{
    if (dialect->reading == DIALECT_PUSHED) {
        return true;
    }
    if (!dialect->data_lines || dialect->receive_max_bytes == 0) {
        return say(dialect->name, "receive", "buffered, but what tells of data or the size is missing");
    }
    if (dialect->waiting.send && (!dialect->waiting_line || pattern_check(dialect->waiting_line))) {
        return say(dialect->name, "waiting", "its line is missing or unsound");
    }
    return command_sound(dialect->name, "receive", &dialect->receive, true) &&
           command_sound(dialect->name, "waiting", &dialect->waiting, false);
}

static bool numbering_sound(const struct dialect *dialect)
{
    bool names_link = dialect->send.send && strstr(dialect->send.send, "{link}") != NULL;

    if (dialect->numbering == DIALECT_NOT_NUMBERED) {
        return !names_link || say(dialect->name, "send", "names a link that is not numbered");
    }
    if (!names_link) {
        return say(dialect->name, "send", "does not name the link");
    }
    if (dialect->numbering == DIALECT_NUMBERED_BY_MODEM && !dialect->open_link && !dialect->prepare_link) {
        return say(dialect->name, "open", "nothing tells the link's number");
    }
    return true;
}

static bool urc_lists_sound(const struct dialect *dialect)
{
    const char *name = dialect->name;

    return patterns_sound(name, "data lines", dialect->data_lines) &&
           patterns_sound(name, "closed lines", dialect->closed_lines) &&
           patterns_sound(name, "connected lines", dialect->connected_lines) &&
           patterns_sound(name, "not connected lines", dialect->not_connected_lines) &&
           patterns_sound(name, "bearer lost lines", dialect->bearer_lost_lines) &&
           patterns_sound(name, "bearer gone", dialect->bearer_gone) &&
           patterns_sound(name, "bearer there", dialect->bearer_there) &&
           patterns_sound(name, "open busy", dialect->open_busy) &&
           patterns_sound(name, "open unsure", dialect->open_unsure) &&
           patterns_sound(name, "resolve failed", dialect->resolve_failed);
}

static bool name_servers_sound(const struct dialect *dialect)
{
    const struct at_step *const tables[] = {dialect->name_servers, dialect->name_servers_again};

    for (size_t i = 0; i < 2; i++) {
        bool has_first = !tables[i];
        for (const struct at_step *step = tables[i]; step && step->send; step++) {
            has_first = has_first || strstr(step->send, "{dns}");
        }
        if (!has_first) {
            return say(dialect->name, "name servers", "none is named");
        }
    }
    if (dialect->name_servers_again && !dialect->name_servers) {
        return say(dialect->name, "name servers", "a second form without a first");
    }
    return steps_sound(dialect->name, dialect->name_servers) &&
           steps_sound(dialect->name, dialect->name_servers_again);
}

static bool dialect_sound(const struct dialect *dialect)
{
    const char *name = dialect->name;

    if (dialect->send_max_bytes < 64 || dialect->send_max_bytes > DIALECT_SEND_MAX) {
        return say(name, "send", "odd largest size");
    }
    return command_sound(name, "open", &dialect->open, true) &&
           command_sound(name, "prepare", &dialect->prepare, false) &&
           command_sound(name, "prepare again", &dialect->prepare_again, false) &&
           line_sound(name, "prepare", dialect->prepare_link) &&
           line_sound(name, "prepare", dialect->prepare_address) &&
           command_sound(name, "send", &dialect->send, true) &&
           command_sound(name, "status", &dialect->status, true) &&
           command_sound(name, "other status", &dialect->other_status, false) &&
           command_sound(name, "close", &dialect->close, true) &&
           command_sound(name, "bearer", &dialect->bearer, false) &&
           command_sound(name, "resolve", &dialect->resolve, false) && reading_sound(dialect) &&
           numbering_sound(dialect) && rows_sound(dialect) && urc_lists_sound(dialect) &&
           announces_sound(name, dialect->announces) && steps_sound(name, dialect->bearer_up) &&
           steps_sound(name, dialect->several_links) && steps_sound(name, dialect->bearer_finish) &&
           steps_sound(name, dialect->bearer_down) && name_servers_sound(dialect);
}

const char *dialect_check(const struct dialect *dialect)
{
    if (!dialect->name || (dialect->several_links && !dialect->send.send)) {
        return "a dialect without a name or without commands";
    }
    if (!dialect_sound(dialect) || (dialect->single && !dialect_sound(dialect->single)) ||
        (dialect->tls && !dialect_sound(dialect->tls))) {
        return fault;
    }
    return NULL;
}

static bool forms_sound(const char *owner, const struct net_time_form *forms)
{
    for (; forms && forms->pattern; forms++) {
        struct pattern_match match;
        if (!line_sound(owner, "network time", forms->pattern)) {
            return false;
        }
        if (forms->zone_minutes != 0 && forms->zone_minutes != 15 && forms->zone_minutes != 60) {
            return say(owner, forms->pattern, "odd unit of the zone");
        }
        if (pattern_matches(forms->pattern, "", 0, &match)) {
            return say(owner, forms->pattern, "matches everything");
        }
    }
    return true;
}

static bool net_time_sound(const char *owner, const struct net_time_source *source)
{
    if (!source) {
        return true;
    }
    if ((source->ask.send != NULL) != (source->answers != NULL) || (!source->ask.send && !source->lines)) {
        return say(owner, "network time", "nothing asks, or nothing reads the answer");
    }
    return command_sound(owner, "network time", &source->ask, false) && steps_sound(owner, source->setup) &&
           forms_sound(owner, source->answers) && forms_sound(owner, source->lines);
}

const char *net_time_check(const struct net_time_source *source)
{
    return net_time_sound("network time", source) ? NULL : fault;
}

static bool name_sound(const struct modem_profile *profile)
{
    for (const char *c = profile->name; *c; c++) {
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '-') {
            return say(profile->name, "name", "only small letters, digits and '-'");
        }
    }
    if (strcmp(profile->name, "auto") == 0 || modem_profile_find(profile->name) != profile) {
        return say(profile->name, "name", "taken");
    }
    return strlen(profile->name) < sizeof(((struct modem_config *)NULL)->profile) ||
           say(profile->name, "name", "too long");
}

static bool network_sound(const struct modem_profile *profile)
{
    if (!profile->needs_sim) {
        return true;
    }
    if (profile->registration == 0 || profile->register_ms < 30000) {
        return say(profile->name, "registration", "no way to see it, or no time for it");
    }
    if (profile->pin_tries_send && (!profile->pin_tries_line || pattern_check(profile->pin_tries_line))) {
        return say(profile->name, "PIN tries", "the answer's pattern is missing or unsound");
    }
    return (profile->iccid_send && profile->access) || say(profile->name, "SIM card", "incomplete");
}

static bool profile_sound(const struct modem_profile *profile)
{
    const char *name = profile->name;

    if (!profile->vendor || !profile->title || !profile->dialect || !profile->identity ||
        !profile->identity[0]) {
        return say(name, "record", "incomplete");
    }
    const struct power_times *power = &profile->power;
    if (power->key_on_ms > 5000 || power->key_off_ms > 5000 || power->reset_ms > 5000 ||
        power->rest_ms > 20000) { /* all of it has to fit into the state POWER */
        return say(name, "power", "odd");
    }
    if (profile->boot_ms < 5000 || profile->boot_ms > 120000) {
        return say(name, "boot_ms", "odd");
    }
    if (!profile->radio_off != !profile->radio_on) {
        return say(name, "radio", "can be switched one way only");
    }
    return name_sound(profile) && network_sound(profile) &&
           patterns_sound(name, "boot lines", profile->manner.boot_lines) &&
           patterns_sound(name, "final words", profile->manner.final_fail) &&
           patterns_sound(name, "late boot lines", profile->late_boot_lines) &&
           patterns_sound(name, "power down lines", profile->power_down_lines) &&
           patterns_sound(name, "power low lines", profile->power_low_lines) &&
           patterns_sound(name, "SIM lost lines", profile->sim_lost_lines) &&
           steps_sound(name, profile->sync) && steps_sound(name, profile->identify) &&
           steps_sound(name, profile->setup) && steps_sound(name, profile->soft_reset) &&
           steps_sound(name, profile->radio_off) && steps_sound(name, profile->radio_on) &&
           net_time_sound(name, profile->net_time);
}

const char *modem_registry_check(void)
{
    const struct modem_profile *profile;

    for (size_t i = 0; (profile = modem_profile_at(i)); i++) {
        if (!profile_sound(profile) || dialect_check(profile->dialect)) {
            return fault;
        }
    }
    return steps_sound("all", steps_sync) && steps_sound("all", steps_identify) ? NULL : fault;
}
