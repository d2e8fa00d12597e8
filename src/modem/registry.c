#include "blynkd/base/scan.h"
#include "blynkd/modem/modem.h"

#include "profile.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

/* One array a family, in the order in which an unknown module is compared; each ends with a nameless record. */
extern const struct modem_profile profiles_ai_thinker[];
extern const struct modem_profile profiles_simcom_2g[];
extern const struct modem_profile profiles_simcom_ca[];
extern const struct modem_profile profiles_simcom_netopen[];
extern const struct modem_profile profiles_quectel_gsm[];
extern const struct modem_profile profiles_quectel_lte[];
extern const struct modem_profile profiles_neoway[];
extern const struct modem_profile profiles_espressif[];
extern const struct modem_profile profiles_ublox[];

static const struct modem_profile *const families[] = {
    profiles_ai_thinker,     profiles_simcom_2g,   profiles_simcom_ca,
    profiles_simcom_netopen, profiles_quectel_gsm, profiles_quectel_lte,
    profiles_neoway,         profiles_espressif,   profiles_ublox,
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

const struct modem_profile *modem_profile_at(size_t index)
{
    for (size_t i = 0; i < FAMILIES; i++) {
        for (const struct modem_profile *profile = families[i]; profile->name; profile++) {
            if (index-- == 0) {
                return profile;
            }
        }
    }
    return NULL;
}

size_t modem_profile_count(void)
{
    size_t count = 0;

    while (modem_profile_at(count)) {
        count++;
    }
    return count;
}

bool modem_profile_has_wifi(const struct modem_profile *profile)
{
    return profile->needs_wifi;
}

const struct modem_profile *modem_profile_find(const char *name)
{
    const struct modem_profile *profile;

    for (size_t i = 0; (profile = modem_profile_at(i)); i++) {
        if (strcmp(profile->name, name) == 0) {
            return profile;
        }
    }
    return NULL;
}

bool profile_fits(const struct modem_profile *profile, const char *identity)
{
    for (size_t i = 0; profile->identity[i]; i++) {
        if (strstr(identity, profile->identity[i])) {
            return true;
        }
    }
    return false;
}

const struct modem_profile *profile_identify(const char *identity)
{
    const struct modem_profile *profile;

    for (size_t i = 0; (profile = modem_profile_at(i)); i++) {
        if (profile_fits(profile, identity)) {
            return profile;
        }
    }
    return NULL;
}

/* To the nearest of the names in "SIM800, SIM800L, SIM800C". */
static unsigned title_distance(const char *title, const char *text)
{
    unsigned best = UINT_MAX;
    char part[48];

    while (*title) {
        size_t len = strcspn(title, ",");
        snprintf(part, sizeof(part), "%.*s", (int)len, title);
        unsigned to_part = scan_distance(part, text);
        best = to_part < best ? to_part : best;
        title += len;
        title += strspn(title, ", ");
    }
    return best;
}

static unsigned distance(const struct modem_profile *profile, const char *text)
{
    unsigned to_name = scan_distance(profile->name, text);
    unsigned to_title = title_distance(profile->title, text);

    return to_name < to_title ? to_name : to_title;
}

static bool has_family(const struct modem_profile *const *found, size_t count,
                       const struct modem_profile *profile)
{
    for (size_t i = 0; i < count; i++) {
        if (found[i]->dialect == profile->dialect) {
            return true;
        }
    }
    return false;
}

size_t profile_closest(const char *text, const struct modem_profile **found, size_t max)
{
    size_t count = 0;

    while (count < max) {
        const struct modem_profile *best = NULL;
        const struct modem_profile *profile;
        for (size_t i = 0; (profile = modem_profile_at(i)); i++) {
            bool closer = !best || distance(profile, text) < distance(best, text);
            best = closer && !has_family(found, count, profile) ? profile : best;
        }
        if (!best) {
            break;
        }
        found[count++] = best;
    }
    return count;
}

const char *modem_profile_name(const struct modem_profile *profile)
{
    return profile->name;
}

const char *modem_profile_heading(void)
{
    return "NAME        VENDOR      MODULES                       FAMILY             LEVEL     TLS       "
           "SEND  PPP";
}

int modem_profile_describe(const struct modem_profile *profile, char *out, size_t size)
{
    size_t send_max = profile->send_max_bytes ? profile->send_max_bytes : profile->dialect->send_max_bytes;
    int len =
        snprintf(out, size, "%-11s %-11s %-29s %-18s %-9s %-9s %4zu  %s", profile->name, profile->vendor,
                 profile->title, profile->dialect->name, profile_level_name(profile->level),
                 profile_tls_name(profile->tls), send_max, profile->ppp ? "yes" : "no");

    return len < 0 || (size_t)len >= size ? -1 : 0;
}

const char *profile_level_name(enum profile_level level)
{
    static const char *const words[] = {
#define PROFILE_WORD(name, word) [name] = (word),
        PROFILE_LEVELS(PROFILE_WORD)
#undef PROFILE_WORD
    };
    return words[level];
}

const char *profile_tls_name(enum profile_tls tls)
{
    static const char *const words[] = {
#define PROFILE_WORD(name, word) [name] = (word),
        PROFILE_TLS(PROFILE_WORD)
#undef PROFILE_WORD
    };
    return words[tls];
}
