/*
 * Patterns as Redis has them for KEYS and PSUBSCRIBE: ? * [abc] [^a-z] and backslash. Case matters not, because
 * it does not in the names of pins. Pure; the time is bounded by pattern length times name length.
 */
#ifndef BLYNKD_API_GLOB_H
#define BLYNKD_API_GLOB_H

#include <stdbool.h>
#include <stddef.h>

#define GLOB_PATTERN_MAX 256 /* bytes; callers refuse longer ones */

bool glob_matches(const char *pattern, size_t pattern_len, const char *name, size_t name_len);

#endif
