#include "netreg.h"

#include "blynkd/base/pattern.h"

#include <stdio.h>

static const char *const kinds[NETREG_KINDS] = {"+CREG: *", "+CGREG: *", "+CEREG: *"};

/* Most specific first; {state capture, access capture, answer}. An optional letter, digit field follows at most. */
static const struct {
    const char *pattern;
    int state;
    int access;
    bool is_answer;
} forms[] = {
    {"%d", 0, -1, false},           {"%d,%d", 1, -1, true},
    {"%d,%d,%q,%q,%d", 1, 4, true}, {"%d,%d,%q,%q,%d,*", 1, 4, true},
    {"%d,%d,*", 1, -1, true},       {"%d,%q,%q,%d", 0, 3, false},
    {"%d,%q,%q,%d,*", 0, 3, false}, {"%d,*", 0, -1, false},
};

static enum netreg_state known_state(long state)
{
    return state >= NETREG_IDLE && state <= NETREG_ROAMING ? (enum netreg_state)state : NETREG_NOT_KNOWN;
}

static bool parse_fields(const char *text, size_t len, struct netreg_line *parsed)
{
    struct pattern_match match;

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (pattern_matches(forms[i].pattern, text, len, &match) &&
            (!forms[i].is_answer || match.captures[1].len == 1)) { /* a longer number is a location */
            parsed->is_answer = forms[i].is_answer;
            parsed->state = known_state(match.captures[forms[i].state].number);
            parsed->access = forms[i].access < 0 ? -1 : match.captures[forms[i].access].number;
            return true;
        }
    }
    return false;
}

bool netreg_parse(const char *line, size_t len, struct netreg_line *parsed)
{
    struct pattern_match match;

    for (size_t kind = 0; kind < NETREG_KINDS; kind++) {
        if (pattern_matches(kinds[kind], line, len, &match)) {
            parsed->kind = kind;
            return parse_fields(match.captures[0].text, match.captures[0].len, parsed);
        }
    }
    return false;
}

/* 3GPP TS 27.007 8.5; 100 to 191 are another scale (facts/modems-simcom.md 6). */
bool netreg_parse_signal(const char *line, size_t len, int *dbm)
{
    struct pattern_match match;

    if (!pattern_matches("+CSQ: %d,%d", line, len, &match)) {
        return false;
    }
    long rssi = match.captures[0].number;
    *dbm = 0;
    if (rssi >= 0 && rssi <= 31) {
        *dbm = (int)(-113 + 2 * rssi);
    } else if (rssi >= 100 && rssi <= 191) {
        *dbm = (int)(-116 + (rssi - 100));
    }
    return true;
}

bool netreg_parse_operator(const char *line, size_t len, char *name, size_t size, long *access)
{
    struct pattern_match match;

    *access = -1;
    if (pattern_matches("+COPS: %d,%d,%q,%d", line, len, &match)) {
        *access = match.captures[3].number;
        pattern_copy(&match, 2, name, size);
        return true;
    }
    if (pattern_matches("+COPS: %d,%d,%q", line, len, &match)) {
        pattern_copy(&match, 2, name, size);
        return true;
    }
    if (pattern_matches("+COPS: %d", line, len, &match) && size > 0) {
        name[0] = '\0';
        return true;
    }
    return false;
}

const char *netreg_access_name(long access)
{
    static const char *const names[] = {"GSM",   "GSM",  "UMTS", "EDGE",  "HSDPA",
                                        "HSUPA", "HSPA", "LTE",  "LTE-M", "NB-IoT"};

    return access >= 0 && access < (long)(sizeof(names) / sizeof(names[0])) ? names[access] : NULL;
}

const char *netreg_state_name(enum netreg_state state)
{
    static const char *const words[] = {
#define NETREG_WORDS(name, text) [name] = (text),
        NETREG_STATES(NETREG_WORDS)
#undef NETREG_WORDS
    };
    return words[state];
}
