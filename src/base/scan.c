#include "blynkd/base/scan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <float.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#define DISTANCE_MAX_BYTES 64

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Reads digits, saturating, and returns where they end; NULL if there are none. */
static const char *read_digits(const char *text, uint64_t *value)
{
    uint64_t number = 0;

    if (!is_digit(*text)) {
        return NULL;
    }
    for (; is_digit(*text); text++) {
        uint64_t digit = (uint64_t)(*text - '0');
        number = number > (UINT64_MAX - digit) / 10 ? UINT64_MAX : number * 10 + digit;
    }
    *value = number;
    return text;
}

int scan_int64(const char *text, int64_t min, int64_t max, int64_t *value)
{
    bool minus = *text == '-';
    uint64_t number;
    const char *end = read_digits(text + (*text == '-' || *text == '+'), &number);

    if (!end || *end) {
        return -EINVAL;
    }
    if (number > (uint64_t)INT64_MAX) {
        return -ERANGE;
    }
    int64_t result = minus ? -(int64_t)number : (int64_t)number;
    if (result < min || result > max) {
        return -ERANGE;
    }
    *value = result;
    return 0;
}

int scan_int(const char *text, long min, long max, long *value)
{
    int64_t number;
    int error = scan_int64(text, min, max, &number);

    if (!error) {
        *value = (long)number;
    }
    return error;
}

int scan_uint64(const char *text, uint64_t max, uint64_t *value)
{
    uint64_t number;
    const char *end = read_digits(text, &number);

    if (!end || *end) {
        return -EINVAL;
    }
    if (number > max) {
        return -ERANGE;
    }
    *value = number;
    return 0;
}

int scan_bool(const char *text, bool *value)
{
    static const char *const words[] = {"no", "yes", "off", "on", "false", "true", "0", "1"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *value = i % 2 == 1;
            return 0;
        }
    }
    return -EINVAL;
}

struct unit {
    const char *word;
    uint64_t factor;
};

static int scan_with_unit(const char *text, const struct unit *units, uint64_t max, uint64_t *value)
{
    uint64_t number;
    const char *end = read_digits(text, &number);

    if (!end) {
        return -EINVAL;
    }
    while (units->word && strcmp(end, units->word) != 0) {
        units++;
    }
    if (!units->word) {
        return -EINVAL;
    }
    if (number > max / units->factor) {
        return -ERANGE;
    }
    *value = number * units->factor;
    return 0;
}

int scan_duration_ms(const char *text, uint64_t max_ms, uint64_t *ms)
{
    static const struct unit units[] = {{"", 1000},     {"ms", 1},       {"s", 1000}, {"m", 60000},
                                        {"h", 3600000}, {"d", 86400000}, {NULL, 0}};

    return scan_with_unit(text, units, max_ms, ms);
}

int scan_size(const char *text, uint64_t max, uint64_t *bytes)
{
    static const struct unit units[] = {{"", 1},        {"k", 1 << 10}, {"K", 1 << 10}, {"m", 1 << 20},
                                        {"M", 1 << 20}, {"g", 1 << 30}, {"G", 1 << 30}, {NULL, 0}};

    return scan_with_unit(text, units, max, bytes);
}

/* A decimal number while it is read: mantissa * 10 to the exponent. */
struct decimal {
    const char *at;
    const char *end;
    uint64_t mantissa;
    int exponent;
    unsigned digits; /* read, leading zeros included */
};

/* Digits beyond what 64 bits hold only shift the point: a double could not tell them. */
static void read_decimals(struct decimal *number, bool is_fraction)
{
    for (; number->at < number->end && is_digit(*number->at); number->at++, number->digits++) {
        uint64_t digit = (uint64_t)(*number->at - '0');
        bool fits = number->mantissa <= (UINT64_MAX - digit) / 10;
        number->mantissa = fits ? number->mantissa * 10 + digit : number->mantissa;
        number->exponent += !fits - is_fraction;
    }
}

/* What follows an 'e'; false if there is no number. Bounded: beyond a few hundred it is all or nothing. */
static bool read_exponent(struct decimal *number)
{
    bool minus = number->at < number->end && *number->at == '-';
    int value = 0;

    number->at += number->at < number->end && (*number->at == '-' || *number->at == '+');
    if (number->at == number->end) {
        return false;
    }
    for (; number->at < number->end && is_digit(*number->at); number->at++) {
        value = value < 1000 ? value * 10 + (*number->at - '0') : value;
    }
    number->exponent += minus ? -value : value;
    return true;
}

/* Exact as long as the mantissa has up to 53 bits and the exponent is within 22; else right but for the last bits. */
static double scale(uint64_t mantissa, int exponent)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    double value = (double)mantissa;

    while (exponent && value > 0 && value <= DBL_MAX) {
        int step = exponent > 22 ? 22 : exponent < -22 ? -22 : exponent;
        value = step > 0 ? value * powers[step] : value / powers[-step];
        exponent -= step;
    }
    return value;
}

int scan_double(const char *text, size_t len, double *value)
{
    struct decimal number = {.at = text, .end = text + len};
    bool minus = len > 0 && *text == '-';

    if (len > SCAN_DOUBLE_MAX) {
        return -EINVAL;
    }
    number.at += len > 0 && (*text == '-' || *text == '+');
    read_decimals(&number, false);
    if (number.at < number.end && *number.at == '.') {
        number.at++;
        read_decimals(&number, true);
    }
    if (number.digits == 0) {
        return -EINVAL;
    }
    if (number.at < number.end && (*number.at == 'e' || *number.at == 'E')) {
        number.at++;
        if (!read_exponent(&number)) {
            return -EINVAL;
        }
    }
    if (number.at != number.end) {
        return -EINVAL;
    }
    double result = scale(number.mantissa, number.exponent);
    if (result > DBL_MAX) {
        return -ERANGE;
    }
    *value = minus ? -result : result;
    return 0;
}

static bool is_host_letter(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-' ||
           c == '_';
}

static bool is_host_name(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_host_letter(text[i])) {
            return false;
        }
    }
    return len > 0;
}

static bool is_ipv6(const char *text, size_t len)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text, len);
    copy[len] = '\0';
    return inet_pton(AF_INET6, copy, &address) == 1;
}

/* Splits off the host; returns what follows it, or NULL. */
static const char *read_host(const char *text, const char **host, size_t *len)
{
    if (*text == '[') {
        const char *end = strchr(text, ']');
        *host = text + 1;
        *len = end ? (size_t)(end - *host) : 0;
        return end && is_ipv6(*host, *len) ? end + 1 : NULL;
    }
    *host = text;
    *len = strlen(text);
    if (is_ipv6(text, *len)) {
        return text + *len;
    }
    *len = strcspn(text, ":");
    return is_host_name(text, *len) ? text + *len : NULL;
}

int scan_host_port(const char *text, char *host, size_t size, uint16_t *port)
{
    const char *name;
    size_t len;
    uint64_t number = 0;
    const char *rest = read_host(text, &name, &len);

    if (!rest || (*rest && *rest != ':')) {
        return -EINVAL;
    }
    if (*rest) {
        int error = scan_uint64(rest + 1, UINT16_MAX, &number);
        if (error) {
            return error;
        }
        if (number == 0) {
            return -ERANGE;
        }
    }
    if (len >= size) {
        return -ERANGE;
    }
    if (*rest) {
        *port = (uint16_t)number;
    }
    memcpy(host, name, len);
    host[len] = '\0';
    return 0;
}

/* One number of a dotted quad: its length, or 0. */
static size_t quad_part(const char *text, size_t len)
{
    unsigned number = 0;
    size_t i = 0;

    while (i < len && i < 3 && is_digit(text[i])) {
        number = number * 10 + (unsigned)(text[i++] - '0');
    }
    bool more = i < len && is_digit(text[i]);
    return number > 255 || more ? 0 : i;
}

size_t scan_ipv4_prefix(const char *text, size_t len)
{
    size_t at = 0;

    for (int part = 0; part < 4; part++) {
        if (part > 0) {
            if (at == len || text[at] != '.') {
                return 0;
            }
            at++;
        }
        size_t digits = quad_part(text + at, len - at);
        if (digits == 0) {
            return 0;
        }
        at += digits;
    }
    return at;
}

bool scan_is_ipv4(const char *text)
{
    size_t len = strlen(text);

    return len > 0 && scan_ipv4_prefix(text, len) == len;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned low = a < b ? a : b;

    return low < c ? low : c;
}

/* Levenshtein's distance with one row of the table. */
unsigned scan_distance(const char *a, const char *b)
{
    unsigned row[DISTANCE_MAX_BYTES + 1];
    size_t a_len = strnlen(a, DISTANCE_MAX_BYTES + 1);
    size_t b_len = strnlen(b, DISTANCE_MAX_BYTES + 1);

    if (a_len > DISTANCE_MAX_BYTES || b_len > DISTANCE_MAX_BYTES) {
        return UINT_MAX;
    }
    for (size_t j = 0; j <= b_len; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= b_len; j++) {
            unsigned changed = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
        }
    }
    return row[b_len];
}
