#include "glob.h"

struct cursor {
    const char *at;
    const char *end;
};

static unsigned char lower(char byte)
{
    unsigned char value = (unsigned char)byte;

    return value >= 'A' && value <= 'Z' ? (unsigned char)(value + ('a' - 'A')) : value;
}

static bool in_range(unsigned char byte, unsigned char low, unsigned char high)
{
    return low <= high ? byte >= low && byte <= high : byte >= high && byte <= low;
}

/* Behind '['; goes to behind ']'. An unclosed set ends with the pattern, as in Redis. */
static bool set_matches(struct cursor *pattern, unsigned char byte)
{
    bool negated = pattern->at < pattern->end && *pattern->at == '^';
    bool found = false;

    if (negated) {
        pattern->at++;
    }
    while (pattern->at < pattern->end && *pattern->at != ']') {
        if (*pattern->at == '\\' && pattern->end - pattern->at >= 2) {
            found |= lower(pattern->at[1]) == byte;
            pattern->at += 2;
        } else if (pattern->end - pattern->at >= 3 && pattern->at[1] == '-') {
            found |= in_range(byte, lower(pattern->at[0]), lower(pattern->at[2]));
            pattern->at += 3;
        } else {
            found |= lower(*pattern->at++) == byte;
        }
    }
    if (pattern->at < pattern->end) {
        pattern->at++;
    }
    return found != negated;
}

/* One element of the pattern, not a star, against one byte. */
static bool one_matches(struct cursor *pattern, char byte)
{
    char element = *pattern->at++;

    if (element == '?') {
        return true;
    }
    if (element == '[') {
        return set_matches(pattern, lower(byte));
    }
    if (element == '\\' && pattern->at < pattern->end) {
        element = *pattern->at++;
    }
    return lower(element) == lower(byte);
}

/* Only the last star is ever tried again: an earlier one could not match anything that this one cannot. */
bool glob_matches(const char *pattern_text, size_t pattern_len, const char *name, size_t name_len)
{
    struct cursor pattern = {pattern_text, pattern_text + pattern_len};
    const char *end = name + name_len;
    const char *after_star = NULL;
    const char *star_name = name;

    for (;;) {
        if (pattern.at < pattern.end && *pattern.at == '*') {
            after_star = ++pattern.at;
            star_name = name;
            continue;
        }
        if (name == end) {
            return pattern.at == pattern.end;
        }
        if (pattern.at < pattern.end && one_matches(&pattern, *name)) {
            name++;
            continue;
        }
        if (!after_star) {
            return false;
        }
        pattern.at = after_star;
        name = ++star_name;
    }
}
