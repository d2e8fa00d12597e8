/* Reading the time as modules write it. None of them keeps to a form, so digits are looked for, not commas. */
#include "net_time.h"

#include "blynkd/base/pattern.h"
#include "blynkd/base/wall.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS 60000

/* Two digits that mean the last century: modules begin in 1970 or 1980 when they do not know. */
#define CENTURY_FROM 70

/* What is left of the text; numbers have at most four digits, or it is no date. */
struct cursor {
    const char *at;
    bool is_bad;
};

static int take_number(struct cursor *cursor, const char *between)
{
    char *end = NULL;

    cursor->at += strspn(cursor->at, between);
    size_t digits = strspn(cursor->at, "0123456789");
    if (digits == 0 || digits > 4) {
        cursor->is_bad = true;
        return 0;
    }
    long number = strtol(cursor->at, &end, 10);
    cursor->at = end;
    return (int)number;
}

/* 22/03/14,09:12:44 or 2015,3,9,6,28,58; what stands around the numbers varies (facts/modems-simcom.md 9). */
static void take_iso(struct cursor *cursor, struct wall_date *date)
{
    date->year = take_number(cursor, " \"");
    date->month = take_number(cursor, " /-,");
    date->day = take_number(cursor, " /-,");
    date->hour = take_number(cursor, " ,T:");
    date->minute = take_number(cursor, " :,");
    date->second = take_number(cursor, " :,");
    if (date->year < 100) {
        date->year += date->year >= CENTURY_FROM ? 1900 : 2000;
    }
}

/* Mon Dec 12 02:33:32 2016 */
static void take_worded(struct cursor *cursor, struct wall_date *date)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char day[4], month[4];
    int used = 0;

    if (sscanf(cursor->at, "%3[A-Za-z] %3[A-Za-z] %n", day, month, &used) != 2 || used == 0) {
        cursor->is_bad = true;
        return;
    }
    const char *found = strstr(months, month);
    cursor->is_bad = strlen(month) != 3 || !found || (found - months) % 3 != 0;
    cursor->at += used;
    date->month = cursor->is_bad ? 0 : (int)(found - months) / 3 + 1;
    date->day = take_number(cursor, " ");
    date->hour = take_number(cursor, " ");
    date->minute = take_number(cursor, ":");
    date->second = take_number(cursor, ":");
    date->year = take_number(cursor, " ");
}

/* A sign and one or two digits, maybe after quotes and a comma: +04  ","+04"  -22. False: none. */
static bool take_zone(struct cursor *cursor, int *zone)
{
    cursor->at += strspn(cursor->at, " ,\"");
    if (*cursor->at != '+' && *cursor->at != '-') {
        return false;
    }
    int sign = *cursor->at == '-' ? -1 : 1;
    size_t digits = strspn(cursor->at + 1, "0123456789");
    if (digits == 0 || digits > 2) {
        return false;
    }
    *zone = sign * (int)strtol(cursor->at + 1, NULL, 10);
    return true;
}

static bool reckon(const struct net_time_form *form, int64_t wall_ms, bool has_zone, int64_t zone_ms,
                   struct net_time_moment *moment)
{
    *moment = (struct net_time_moment){.earliest_ms = wall_ms};
    switch (form->reckoning) {
    case NET_TIME_UTC:
        return true;
    case NET_TIME_LOCAL:
        moment->earliest_ms -= zone_ms;
        return has_zone;
    case NET_TIME_UNSURE:
        moment->earliest_ms -= zone_ms > 0 ? zone_ms : 0;
        moment->slack_ms = (uint32_t)llabs((long long)zone_ms);
        return has_zone;
    case NET_TIME_NEWS:
        break;
    }
    return false;
}

bool net_time_parse(const struct net_time_form *form, const char *line, size_t len,
                    struct net_time_moment *moment)
{
    struct pattern_match match;
    struct wall_date date;
    char text[64];
    int64_t wall_ms;
    int zone = 0;

    if (!pattern_matches(form->pattern, line, len, &match) || match.count == 0) {
        return false;
    }
    pattern_copy(&match, 0, text, sizeof(text));
    struct cursor cursor = {.at = text};
    if (isalpha((unsigned char)text[0])) {
        take_worded(&cursor, &date);
    } else {
        take_iso(&cursor, &date);
    }
    if (cursor.is_bad || !wall_from_date(&date, &wall_ms)) {
        return false;
    }
    bool has_zone = take_zone(&cursor, &zone);
    int minutes = form->zone_minutes ? form->zone_minutes : 15;
    return reckon(form, wall_ms, has_zone, (int64_t)zone * minutes * MINUTE_MS, moment);
}
