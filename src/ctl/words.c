#include "words.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <wchar.h>

#define SECOND_MS 1000LL
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

bool words_utf8_is_welcome(void)
{
    static bool is_asked, is_utf8;

    if (!is_asked) {
        is_asked = true;
        is_utf8 = setlocale(LC_CTYPE, "") && strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    }
    return is_utf8;
}

/* ---- text from outside ---------------------------------------------------------------------------------- */

/* How long the character at `bytes` is, and which; 0: it is none, or none in its shortest form. */
static size_t decode(const unsigned char *bytes, size_t len, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t size = bytes[0] < 0x80       ? 1
                  : bytes[0] >> 5 == 6  ? 2
                  : bytes[0] >> 4 == 14 ? 3
                  : bytes[0] >> 3 == 30 ? 4
                                        : 0;

    if (size == 0 || size > len) {
        return 0;
    }
    *character = size == 1 ? bytes[0] : bytes[0] & (0x7fU >> size);
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] >> 6 != 2) {
            return 0;
        }
        *character = *character << 6 | (bytes[i] & 0x3fU);
    }
    return *character >= least[size] && *character <= 0x10ffff && *character >> 11 != 0x1b ? size : 0;
}

/* Marks that turn the direction of writing can make a line say something else than it holds. */
static bool is_harmless(uint32_t character)
{
    bool is_control = character < 0x20 || (character >= 0x7f && character < 0xa0);
    bool is_mark = character == 0x200e || character == 0x200f || character == 0x061c ||
                   (character >= 0x2028 && character <= 0x202e) ||
                   (character >= 0x2066 && character <= 0x2069);

    return !is_control && !is_mark;
}

size_t words_character(const char *bytes, size_t len)
{
    uint32_t character = 0;
    size_t step = len ? decode((const unsigned char *)bytes, len, &character) : 0;

    return step && is_harmless(character) ? step : 0;
}

char *words_clean(const char *bytes, size_t len, bool utf8, char *out, size_t size)
{
    size_t at = 0;

    for (size_t i = 0; i < len;) {
        uint32_t character = 0;
        size_t step = decode((const unsigned char *)bytes + i, len - i, &character);
        bool is_good = step && is_harmless(character) && (utf8 || character < 0x80);
        size_t put = is_good ? step : 1;
        if (at + put + 1 > size) {
            break;
        }
        memcpy(out + at, is_good ? bytes + i : "?", put);
        at += put;
        i += step ? step : 1;
    }
    out[at] = '\0';
    return out;
}

static size_t columns_of(uint32_t character)
{
    int columns = character < 0x80 ? 1 : wcwidth((wchar_t)character);

    return columns < 0 ? 1 : (size_t)columns;
}

size_t words_clip(const char *clean, size_t columns)
{
    size_t len = strlen(clean), at = 0, used = 0;

    while (at < len) {
        uint32_t character = 0;
        size_t step = decode((const unsigned char *)clean + at, len - at, &character);
        size_t wide = step ? columns_of(character) : 1;
        if (used + wide > columns) {
            break;
        }
        used += wide;
        at += step ? step : 1;
    }
    return at;
}

size_t words_columns(const char *clean)
{
    size_t len = strlen(clean), columns = 0;

    for (size_t at = 0; at < len;) {
        uint32_t character = 0;
        size_t step = decode((const unsigned char *)clean + at, len - at, &character);
        columns += step ? columns_of(character) : 1;
        at += step ? step : 1;
    }
    return columns;
}

/* ---- time and size -------------------------------------------------------------------------------------- */

static void put_two(char *out, long long great, const char *unit, long long small, const char *small_unit)
{
    if (small) {
        snprintf(out, WORDS_MAX_BYTES, "%lld %s %lld %s", great, unit, small, small_unit);
    } else {
        snprintf(out, WORDS_MAX_BYTES, "%lld %s", great, unit);
    }
}

char *words_duration(int64_t ms, char out[WORDS_MAX_BYTES])
{
    long long all = ms > 0 ? (long long)ms : 0;

    if (all < MINUTE_MS) {
        snprintf(out, WORDS_MAX_BYTES, "%lld s", all / SECOND_MS);
    } else if (all < HOUR_MS) {
        snprintf(out, WORDS_MAX_BYTES, "%lld min", all / MINUTE_MS);
    } else if (all < DAY_MS) {
        put_two(out, all / HOUR_MS, "h", all % HOUR_MS / MINUTE_MS, "min");
    } else {
        put_two(out, all / DAY_MS, all < 2 * DAY_MS ? "day" : "days", all % DAY_MS / HOUR_MS, "h");
    }
    return out;
}

char *words_time(int64_t wall_ms, int64_t now_ms, char out[WORDS_MAX_BYTES])
{
    time_t seconds = (time_t)(wall_ms / SECOND_MS), now_s = (time_t)(now_ms / SECOND_MS);
    struct tm then, today;
    const char *format = "%d %b %Y %H:%M";

    if (!localtime_r(&seconds, &then) || !localtime_r(&now_s, &today)) {
        snprintf(out, WORDS_MAX_BYTES, "?");
        return out;
    }
    if (then.tm_year == today.tm_year) {
        format = then.tm_yday == today.tm_yday ? "%H:%M:%S" : "%d %b %H:%M";
    }
    if (strftime(out, WORDS_MAX_BYTES, format, &then) == 0) {
        snprintf(out, WORDS_MAX_BYTES, "?");
    }
    return out;
}

char *words_bytes(uint64_t bytes, char out[WORDS_MAX_BYTES])
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double amount = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        snprintf(out, WORDS_MAX_BYTES, "%u bytes", (unsigned)bytes);
        return out;
    }
    for (; amount >= 1000 && unit + 1 < sizeof(units) / sizeof(units[0]); unit++) {
        amount /= 1024;
    }
    snprintf(out, WORDS_MAX_BYTES, "%.*f %s", amount < 100 ? 1 : 0, amount, units[unit]);
    return out;
}

/* ---- the network ---------------------------------------------------------------------------------------- */

static const struct {
    int64_t least_dbm;
    const char *word;
} strengths[WORDS_BARS + 1] = {
    {INT64_MIN, "almost nothing"},
    {-110, "very weak"},
    {-103, "weak"},
    {-93, "fair"},
    {-83, "good"},
    {-73, "excellent"},
};

unsigned words_signal_bars(int64_t dbm)
{
    unsigned bars = 0;

    while (dbm < 0 && bars < WORDS_BARS && dbm >= strengths[bars + 1].least_dbm) {
        bars++;
    }
    return bars;
}

const char *words_signal(int64_t dbm)
{
    return dbm < 0 ? strengths[words_signal_bars(dbm)].word : "not known";
}

char *words_bars(unsigned bars, bool utf8, char out[WORDS_MAX_BYTES])
{
    static const char *const steps[WORDS_BARS] = {"▁", "▂", "▄", "▆", "█"};

    size_t used = 0;

    for (unsigned i = 0; i < WORDS_BARS; i++) {
        const char *step = i >= bars ? (utf8 ? "·" : ".") : utf8 ? steps[i] : "|";
        used += (size_t)snprintf(out + used, WORDS_MAX_BYTES - used, "%s", step);
    }
    return out;
}

char *words_access(const char *access, char out[WORDS_MAX_BYTES])
{
    static const char *const generations[][2] = {
        {"GSM", "2G"},  {"GPRS", "2G"}, {"EDGE", "2G"},  {"UMTS", "3G"},   {"HSDPA", "3G"}, {"HSUPA", "3G"},
        {"HSPA", "3G"}, {"LTE", "4G"},  {"LTE-M", "4G"}, {"NB-IoT", "4G"}, {"5G NR", "5G"},
    };

    for (size_t i = 0; i < sizeof(generations) / sizeof(generations[0]); i++) {
        if (strcasecmp(access, generations[i][0]) == 0) {
            snprintf(out, WORDS_MAX_BYTES, "%s (%s)", generations[i][0], generations[i][1]);
            return out;
        }
    }
    snprintf(out, WORDS_MAX_BYTES, "%.60s", access);
    return out;
}

struct meaning {
    const char *word, *means;
};

static const char *meaning_of(const struct meaning *meanings, size_t count, const char *word)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(meanings[i].word, word) == 0) {
            return meanings[i].means;
        }
    }
    return *word ? word : "not known";
}

const char *words_link(const char *state)
{
    static const struct meaning meanings[] = {
        {"ONLINE", "connected to Blynk"},
        {"MODEM", "the modem is being brought onto the network"},
        {"CONNECT", "calling the server"},
        {"TLS", "agreeing on encryption with the server"},
        {"LOGIN", "logging in to Blynk"},
        {"WAIT", "not connected: waits before the next try"},
        {"REFUSED", "not connected: Blynk does not accept this device"},
        {"OFF", "switched off"},
    };

    return meaning_of(meanings, sizeof(meanings) / sizeof(meanings[0]), state);
}

const char *words_level(const char *level)
{
    static const struct meaning meanings[] = {
        {"manual", "supported by its maker's documents, not yet proven with a recording of a real one"},
        {"recorded", "supported and proven with recordings of a real one"},
    };

    return meaning_of(meanings, sizeof(meanings) / sizeof(meanings[0]), level);
}
