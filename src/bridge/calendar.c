#include "calendar.h"

#include <stdio.h>

#define FIRST_DAY 18262 /* 2020-01-01 */
#define LAST_DAY  47481 /* 2099-12-31 */

/*
 * Years that begin in March, in cycles of 400 with 146097 days each: so the leap day is the last of its year. 719468
 * days lie between 0000-03-01 and 1970-01-01. Valid from year 0 on.
 */
int32_t calendar_day_of_date(const struct calendar_date *date)
{
    int32_t year = date->month > 2 ? date->year : date->year - 1;
    int32_t month = date->month > 2 ? date->month - 3 : date->month + 9;
    int32_t of_year = (153 * month + 2) / 5 + date->day - 1; /* 153 days each five months from March on */

    return year / 400 * 146097 + year % 400 * 365 + year % 400 / 4 - year % 400 / 100 + of_year - 719468;
}

struct calendar_date calendar_date_of(int32_t day)
{
    int32_t count = day + 719468;
    int32_t of_cycle = count % 146097;
    int32_t year = (of_cycle - of_cycle / 1460 + of_cycle / 36524 - of_cycle / 146096) / 365;
    int32_t of_year = of_cycle - (365 * year + year / 4 - year / 100);
    int32_t month = (5 * of_year + 2) / 153;
    bool is_next = month >= 10;

    return (struct calendar_date){
        .year = count / 146097 * 400 + year + is_next,
        .month = is_next ? month - 9 : month + 3,
        .day = of_year - (153 * month + 2) / 5 + 1,
    };
}

int32_t calendar_day_of(int64_t wall_ms)
{
    int64_t day = wall_ms / CALENDAR_DAY_MS;

    return day >= FIRST_DAY && day <= LAST_DAY ? (int32_t)day : -1;
}

int32_t calendar_month_next(int32_t begin)
{
    struct calendar_date date = calendar_date_of(begin);

    date.year += date.month == 12;
    date.month = date.month % 12 + 1;
    return calendar_day_of_date(&date);
}

int32_t calendar_month_begin(int32_t day, unsigned reset_day)
{
    struct calendar_date date = calendar_date_of(day);
    bool is_earlier = date.day < (int32_t)reset_day;

    date.day = (int32_t)reset_day;
    if (is_earlier) {
        date.year -= date.month == 1;
        date.month = date.month == 1 ? 12 : date.month - 1;
    }
    return calendar_day_of_date(&date);
}

void calendar_format(int32_t day, char out[CALENDAR_DATE_MAX])
{
    struct calendar_date date = calendar_date_of(day);

    snprintf(out, CALENDAR_DATE_MAX, "%04u-%02u-%02u", (unsigned)date.year % 10000,
             (unsigned)date.month % 100, (unsigned)date.day % 100);
}

/* -1: something else than digits. */
static int32_t digits(const char *text, size_t len)
{
    int32_t number = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

int32_t calendar_parse(const char *text, size_t len)
{
    if (len != 10 || text[4] != '-' || text[7] != '-') {
        return -1;
    }
    struct calendar_date date = {digits(text, 4), digits(text + 5, 2), digits(text + 8, 2)};
    if (date.year < 2020 || date.year > 2099 || date.month < 1 || date.month > 12 || date.day < 1) {
        return -1;
    }
    int32_t day = calendar_day_of_date(&date);
    return calendar_date_of(day).month == date.month ? day : -1; /* 31 February is none */
}

void calendar_words(int32_t day, char *out, size_t size)
{
    static const char *const names[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};
    struct calendar_date date = calendar_date_of(day);

    snprintf(out, size, "%d %s", (int)date.day, names[date.month - 1]);
}
