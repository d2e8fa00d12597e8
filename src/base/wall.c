#include "blynkd/base/wall.h"

#include <sys/timex.h>
#include <unistd.h>

#define DAY_MS  INT64_C(86400000)
#define Y2100_S INT64_C(4102444800)

int64_t wall_build_ms(void)
{
    return (int64_t)BLYNKD_BUILD_EPOCH_S * 1000;
}

bool wall_is_sane(int64_t wall_ms)
{
    return wall_ms >= wall_build_ms() - DAY_MS && wall_ms < Y2100_S * 1000;
}

static bool is_in(int number, int low, int high)
{
    return number >= low && number <= high;
}

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return days[month - 1] + (month == 2 && is_leap(year));
}

static int64_t days_since_1970(const struct wall_date *date)
{
    int64_t before = date->year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400 - 719162 + date->day - 1;

    for (int month = 1; month < date->month; month++) {
        days += days_of_month(date->year, month);
    }
    return days;
}

/* Not timegm(): where time_t has 32 bits, certificates end after what it can say. */
bool wall_from_date(const struct wall_date *date, int64_t *wall_ms)
{
    if (!is_in(date->year, 1970, 9999) || !is_in(date->month, 1, 12) ||
        !is_in(date->day, 1, days_of_month(date->year, date->month)) || !is_in(date->hour, 0, 23) ||
        !is_in(date->minute, 0, 59) || !is_in(date->second, 0, 60)) {
        return false;
    }
    int second = date->second == 60 ? 59 : date->second;
    *wall_ms =
        days_since_1970(date) * DAY_MS + INT64_C(1000) * (date->hour * 3600 + date->minute * 60 + second);
    return true;
}

/* The kernel knows; where the service may not ask it, systemd-timesyncd leaves a mark. */
bool wall_is_kept(void)
{
    struct timex status = {0};
    int state = adjtimex(&status);

    if (state >= 0) {
        return state != TIME_ERROR && !(status.status & STA_UNSYNC);
    }
    return access("/run/systemd/timesync/synchronized", F_OK) == 0;
}
