#include "blynkd/base/pattern.h"
#include "blynkd/base/scan.h"

#include <limits.h>

/* Where the matching stands: both texts are only read forward. */
struct cursor {
    const char *pattern;
    const char *at;  /* in the line */
    const char *end; /* of the line */
    struct pattern_match *match;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_sign(char c)
{
    return c == ':' || c == ',';
}

static const char *skip_blanks(const char *pattern)
{
    while (is_blank(*pattern)) {
        pattern++;
    }
    return pattern;
}

static void skip_line_blanks(struct cursor *cursor)
{
    while (cursor->at < cursor->end && is_blank(*cursor->at)) {
        cursor->at++;
    }
}

static bool capture(struct cursor *cursor, const char *text, size_t len, long number)
{
    struct pattern_match *match = cursor->match;

    if (match->count == PATTERN_CAPTURES) {
        return false;
    }
    match->captures[match->count++] = (struct pattern_capture){.text = text, .len = len, .number = number};
    return true;
}

/* A number that does not fit saturates: its text is there in full. */
static bool match_decimal(struct cursor *cursor)
{
    const char *start = cursor->at;
    long number = 0;
    bool minus = false;

    if (cursor->at < cursor->end && (*cursor->at == '-' || *cursor->at == '+')) {
        minus = *cursor->at++ == '-';
    }
    if (cursor->at == cursor->end || !is_digit(*cursor->at)) {
        return false;
    }
    for (; cursor->at < cursor->end && is_digit(*cursor->at); cursor->at++) {
        int digit = *cursor->at - '0';
        if (minus) {
            number = number < (LONG_MIN + digit) / 10 ? LONG_MIN : number * 10 - digit;
        } else {
            number = number > (LONG_MAX - digit) / 10 ? LONG_MAX : number * 10 + digit;
        }
    }
    return capture(cursor, start, (size_t)(cursor->at - start), number);
}

/* Where `letter` stands at or behind `from`; the end of the line if nowhere. */
static const char *find_letter(const struct cursor *cursor, const char *from, char letter)
{
    while (from < cursor->end && *from != letter) {
        from++;
    }
    return from;
}

static bool match_quoted(struct cursor *cursor)
{
    const char *start = cursor->at + 1;
    const char *quote = find_letter(cursor, start, '"');

    if (quote == cursor->end) {
        return false;
    }
    cursor->at = quote + 1;
    return capture(cursor, start, (size_t)(quote - start), 0);
}

/* A captured text may be empty: "+CREG: 2,," has fields without anything in them. */
static bool match_text(struct cursor *cursor)
{
    if (cursor->at < cursor->end && *cursor->at == '"') {
        return match_quoted(cursor);
    }
    const char *start = cursor->at;
    const char *end = find_letter(cursor, start, ',');
    cursor->at = end;
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    return capture(cursor, start, (size_t)(end - start), 0);
}

static bool match_address(struct cursor *cursor)
{
    bool quoted = cursor->at < cursor->end && *cursor->at == '"';

    cursor->at += quoted;
    const char *start = cursor->at;
    size_t len = scan_ipv4_prefix(start, (size_t)(cursor->end - start));
    if (len == 0) {
        return false;
    }
    cursor->at += len;
    if (quoted) {
        if (cursor->at == cursor->end || *cursor->at != '"') {
            return false;
        }
        cursor->at++;
    }
    return capture(cursor, start, len, 0);
}

static bool match_rest(struct cursor *cursor)
{
    const char *start = cursor->at;

    cursor->at = cursor->end;
    return capture(cursor, start, (size_t)(cursor->end - start), 0);
}

static bool match_letter(struct cursor *cursor, char letter)
{
    if (cursor->at == cursor->end || *cursor->at != letter) {
        return false;
    }
    cursor->at++;
    return true;
}

static bool match_percent(struct cursor *cursor)
{
    char what = *cursor->pattern;

    if (what) {
        cursor->pattern++;
    }
    switch (what) {
    case 'd':
        return match_decimal(cursor);
    case 'q':
        return match_text(cursor);
    case 'i':
        return match_address(cursor);
    case '%':
    case '*':
        return match_letter(cursor, what);
    default:
        return false;
    }
}

/* ':' or ',' with whatever blanks stand around it, here and there. */
static bool match_sign(struct cursor *cursor, char sign)
{
    skip_line_blanks(cursor);
    if (!match_letter(cursor, sign)) {
        return false;
    }
    skip_line_blanks(cursor);
    cursor->pattern = skip_blanks(cursor->pattern);
    return true;
}

/* Blanks of the pattern that stand neither beside a sign nor at an end. */
static bool match_blank(struct cursor *cursor)
{
    cursor->pattern = skip_blanks(cursor->pattern);
    if (*cursor->pattern == '\0' || is_sign(*cursor->pattern)) {
        return true;
    }
    if (cursor->at == cursor->end || !is_blank(*cursor->at)) {
        return false;
    }
    skip_line_blanks(cursor);
    return true;
}

static bool match_next(struct cursor *cursor)
{
    char c = *cursor->pattern++;

    if (is_sign(c)) {
        return match_sign(cursor, c);
    }
    if (is_blank(c)) {
        return match_blank(cursor);
    }
    if (c == '%') {
        return match_percent(cursor);
    }
    if (c == '*') {
        return *skip_blanks(cursor->pattern) == '\0' && match_rest(cursor);
    }
    return match_letter(cursor, c);
}

bool pattern_matches(const char *pattern, const char *line, size_t len, struct pattern_match *match)
{
    struct pattern_match unwanted = {.count = 0};
    struct cursor cursor = {.match = match ? match : &unwanted};

    cursor.match->count = 0;
    cursor.pattern = skip_blanks(pattern);
    cursor.at = line;
    cursor.end = line + len;
    skip_line_blanks(&cursor);
    while (cursor.end > cursor.at && is_blank(cursor.end[-1])) {
        cursor.end--;
    }
    while (*cursor.pattern) {
        if (!match_next(&cursor)) {
            cursor.match->count = 0;
            return false;
        }
    }
    if (cursor.at != cursor.end) {
        cursor.match->count = 0;
        return false;
    }
    return true;
}

int pattern_find(const char *const *patterns, const char *line, size_t len, struct pattern_match *match)
{
    for (int i = 0; patterns && patterns[i]; i++) {
        if (pattern_matches(patterns[i], line, len, match)) {
            return i;
        }
    }
    return -1;
}

void pattern_copy(const struct pattern_match *match, size_t index, char *out, size_t size)
{
    if (size == 0) {
        return;
    }
    size_t len = index < match->count ? match->captures[index].len : 0;
    if (len > size - 1) {
        len = size - 1;
    }
    for (size_t i = 0; i < len; i++) {
        char c = match->captures[index].text[i];
        out[i] = (char)(c >= ' ' && c <= '~' ? c : '?');
    }
    out[len] = '\0';
}

static const char *check_percent(char what, size_t *captures)
{
    switch (what) {
    case 'd':
    case 'q':
    case 'i':
        (*captures)++;
        return NULL;
    case '%':
    case '*':
        return NULL;
    default:
        return "after % only d, q, i, % or * may stand";
    }
}

const char *pattern_check(const char *pattern)
{
    size_t captures = 0;

    if (!pattern || *skip_blanks(pattern) == '\0') {
        return "empty";
    }
    for (const char *p = pattern; *p; p++) {
        if (*p == '%') {
            const char *wrong = check_percent(*++p, &captures);
            if (wrong) {
                return wrong;
            }
        } else if (*p == '*') {
            captures++;
            if (*skip_blanks(p + 1)) {
                return "* stands before the end";
            }
        } else if ((unsigned char)*p < ' ' && *p != '\t') {
            return "holds a control byte, which no line does";
        }
    }
    return captures > PATTERN_CAPTURES ? "captures more than PATTERN_CAPTURES texts" : NULL;
}
