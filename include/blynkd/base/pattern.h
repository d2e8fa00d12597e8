/*
 * Patterns for lines of a modem, as the dialect tables write them. A pattern is matched against a whole line:
 *
 *   letter, digit, sign   itself, case matters
 *   %d                    a decimal integer, maybe signed                   -> captured
 *   %q                    a text: in double quotes, or up to the next comma  -> captured without the quotes
 *   %i                    a dotted IPv4 address, maybe in quotes             -> captured without the quotes
 *   *                     the rest of the line (only at the end)             -> captured
 *   %%  and  %*           a percent sign, a star
 *
 * Blanks never matter around ':' and ',' nor at either end of the line, because no two firmware agree on them
 * (facts/modems-simcom.md 1.9); a blank elsewhere in a pattern matches one or more blanks. Pure, bounded: at
 * most PATTERN_CAPTURES captures, no recursion, time linear in the line.
 */
#ifndef BLYNKD_BASE_PATTERN_H
#define BLYNKD_BASE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#define PATTERN_CAPTURES 8

struct pattern_capture {
    const char *text; /* points into the line */
    size_t len;
    long number; /* of %d; 0 otherwise */
};

struct pattern_match {
    size_t count;
    struct pattern_capture captures[PATTERN_CAPTURES];
};

/* True if the line matches; `match` may be NULL. The line needs no terminating zero and may hold any bytes. */
bool pattern_matches(const char *pattern, const char *line, size_t len, struct pattern_match *match);

/* The first pattern of a NULL-terminated list that matches, or -1. A NULL list matches nothing. */
int pattern_find(const char *const *patterns, const char *line, size_t len, struct pattern_match *match);

/* Copies a capture into a zero-terminated buffer, cutting it to fit; non-printable bytes become '?'. */
void pattern_copy(const struct pattern_match *match, size_t index, char *out, size_t size);

/* NULL if the pattern is well formed, else what is wrong with it (for the registry's self-check). */
const char *pattern_check(const char *pattern);

#endif
