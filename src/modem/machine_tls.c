/*
 * The module's own TLS: whether it may be used at all, the authority's certificate that is put into the module, and
 * what the module cannot prove of the server.
 */
#include "machine.h"

#include "blynkd/base/log.h"
#include "blynkd/base/pattern.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A clock that was never set tells 1970, 1980 or 2004 (facts/modems-simcom.md 11). */
#define YEAR_MIN 24
#define YEAR_MAX 60

#define INSTEAD ": use `tls = yes`, which is made on this machine"

/* ---- may it be used ---- */

const char *modem_tls_refusal(const struct modem_profile *profile)
{
    switch (profile->tls) {
    case PROFILE_TLS_NONE:
        return "this modem has no TLS of its own that could check whom it speaks to" INSTEAD;
    case PROFILE_TLS_OLD:
        return "this modem's own TLS is too old for today's servers" INSTEAD;
    case PROFILE_TLS_1_2:
        break;
    }
    return profile->dialect->tls ? NULL : "blynkd cannot work with this modem's own TLS" INSTEAD;
}

const struct dialect *modem_tls_dialect(const struct modem *modem)
{
    if (!modem->profile) {
        return NULL;
    }
    const struct dialect *dialect = modem->profile->dialect;
    return modem->config.tls && dialect->tls ? dialect->tls : dialect;
}

bool modem_tls_refuse(struct modem *modem, const struct modem_profile *profile)
{
    const char *refusal = modem->config.tls ? modem_tls_refusal(profile) : NULL;

    if (modem->config.tls && !refusal && modem->config.ca_len == 0) {
        refusal = "`tls = modem` needs ca_file: the authority's certificate, which is put into the modem";
    }
    if (!refusal) {
        return false;
    }
    modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_HOPELESS, "%s", refusal);
    return true;
}

/* ---- the certificate's file ---- */

/* Named after what is in it, so that another certificate is another file: FNV-1a. */
static uint32_t hash_of(const uint8_t *bytes, size_t len)
{
    uint32_t hash = 2166136261U;

    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ bytes[i]) * 16777619U;
    }
    return hash;
}

void modem_tls_begin(struct modem *modem)
{
    const struct modem_config *config = &modem->config;

    modem->dialect = modem_tls_dialect(modem);
    modem->ca_there = false;
    modem->name_checked = false;
    modem->knows_time = false;
    snprintf(modem->ca_name, sizeof(modem->ca_name), "%08x.pem",
             (unsigned)hash_of(config->ca, config->ca_len));
    snprintf(modem->ca_size, sizeof(modem->ca_size), "%zu", config->ca_len);
}

const char *modem_tls_lookup(const struct modem *modem, const char *name)
{
    if (strcmp(name, "tls_file") == 0) {
        return modem->ca_name;
    }
    if (strcmp(name, "tls_size") == 0) {
        return modem->ca_size;
    }
    if (strcmp(name, "tls_kept") == 0) {
        return modem->ca_there ? modem->ca_name : NULL;
    }
    return strcmp(name, "tls_time") == 0 && modem->knows_time ? "yes" : NULL;
}

const uint8_t *modem_tls_payload(void *arg, const char *name, size_t *len)
{
    const struct modem *modem = arg;

    (void)name; /* there is nothing else to be put into a module */
    *len = modem->config.ca_len;
    return modem->config.ca_len ? modem->config.ca : NULL;
}

/* Words of 16 bits, the first byte high (facts/modems-quectel-3gpp.md B8). */
static unsigned checksum_of(const uint8_t *bytes, size_t len)
{
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum ^= i % 2 ? (unsigned)bytes[i] : (unsigned)bytes[i] << 8;
    }
    return sum;
}

/* "+QFLST: "UFS:1234abcd.pem",1939"; some firmware leaves the place out. */
static void store_listed(struct modem *modem, const char *line, size_t len)
{
    struct pattern_match match;
    char name[32];

    if (!pattern_matches("+QFLST: %q,%d", line, len, &match)) {
        return;
    }
    pattern_copy(&match, 0, name, sizeof(name));
    const char *colon = strchr(name, ':');
    modem->ca_there |= strcmp(colon ? colon + 1 : name, modem->ca_name) == 0 &&
                       match.captures[1].number == (long)modem->config.ca_len;
}

/* "+QFUPL: 1939,4f64" */
static void store_uploaded(struct modem *modem, const char *line, size_t len)
{
    struct pattern_match match;
    char text[16];
    char *end;

    if (!pattern_matches("+QFUPL: %d,%q", line, len, &match)) {
        return;
    }
    pattern_copy(&match, 1, text, sizeof(text));
    unsigned long sum = strtoul(text, &end, 16);
    modem->ca_there = end != text && sum == checksum_of(modem->config.ca, modem->config.ca_len) &&
                      match.captures[0].number == (long)modem->config.ca_len;
}

static bool names_file(const struct modem *modem, const char *line, size_t len)
{
    char text[128];

    snprintf(text, sizeof(text), "%.*s", (int)len, line);
    return strstr(text, modem->ca_name) != NULL;
}

/* '+CCERTLIST: "1234abcd.pem"': that it is there says nothing of its bytes, but we have put it in. */
static void store_files(struct modem *modem, const char *line, size_t len)
{
    modem->ca_there |= strcmp(modem->ca_put, modem->ca_name) == 0 && names_file(modem, line, len);
}

/* As above, after the module has taken all bytes. */
static void store_put(struct modem *modem, const char *line, size_t len)
{
    if (names_file(modem, line, len)) {
        snprintf(modem->ca_put, sizeof(modem->ca_put), "%s", modem->ca_name);
    }
}

/* "+CFSGFIS: 1939" */
static void store_stored(struct modem *modem, const char *line, size_t len)
{
    struct pattern_match match;

    modem->ca_there = pattern_matches("+CFSGFIS: %d", line, len, &match) &&
                      match.captures[0].number == (long)modem->config.ca_len;
}

static void store_checkhost(struct modem *modem, const char *line, size_t len)
{
    modem->name_checked = pattern_matches("+QSSLCFG: \"checkhost\",0,1", line, len, NULL);
}

static void store_clock(struct modem *modem, const char *line, size_t len)
{
    char text[64];
    unsigned year = 0;

    snprintf(text, sizeof(text), "%.*s", (int)len, line);
    const char *quote = strchr(text, '"');
    if (quote && isdigit((unsigned char)quote[1]) && isdigit((unsigned char)quote[2])) {
        year = (unsigned)(quote[1] - '0') * 10 + (unsigned)(quote[2] - '0');
    }
    modem->knows_time = year >= YEAR_MIN && year <= YEAR_MAX;
}

void modem_tls_store(struct modem *modem, const char *name, const char *line, size_t len)
{
    static const struct {
        const char *name;
        void (*take)(struct modem *modem, const char *line, size_t len);
    } stores[] = {
        {"tls_listed", store_listed}, {"tls_uploaded", store_uploaded},
        {"tls_stored", store_stored}, {"tls_checkhost", store_checkhost},
        {"tls_clock", store_clock},   {"tls_files", store_files},
        {"tls_put", store_put},
    };

    for (size_t i = 0; i < sizeof(stores) / sizeof(stores[0]); i++) {
        if (strcmp(stores[i].name, name) == 0) {
            stores[i].take(modem, line, len);
        }
    }
}

/* ---- what is said ---- */

void modem_tls_warn(const struct modem *modem)
{
    if (!modem->config.tls) {
        return;
    }
    if (!modem->dialect->tells_name_checked && !modem->name_checked) {
        log_warning("modem", "the modem's own TLS checks by which authority the server's certificate was "
                             "made, but does not say "
                             "that it compares the name in it: whoever has any certificate of this authority "
                             "could pose as the "
                             "server; `tls = yes` checks both");
    }
    if (!modem->knows_time) {
        log_warning(
            "modem",
            "the modem does not know the time: from when and until when the server's certificate is valid is "
            "not checked");
    }
}

bool modem_tls_incomplete(const struct modem *modem)
{
    return modem->config.tls && modem->bearer_stage == BEARER_FINISH && modem->step &&
           strstr(modem->step->send, "{tls_kept}") && !modem->ca_there;
}

/* A judged answer; lines that are awaited beside an OK tell of what may be better the next time. */
bool modem_tls_unfit(const struct modem *modem)
{
    return modem->step_reply.result == AT_RESULT_FAIL && modem->step && modem->step->expect &&
           modem->step->expect->end == AT_END_OK;
}

const char *modem_tls_advice(const struct modem *modem)
{
    if (modem->config.tls && modem->bearer_stage == BEARER_FINISH) {
        return "; this is the modem's own TLS: `tls = yes` does without it";
    }
    return modem->profile->needs_sim ? BEARER_ADVICE : "";
}
