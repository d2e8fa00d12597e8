#include "blynkd/base/wall.h"

#include <sys/timex.h>
#include <time.h>
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

bool wall_from_date(const struct wall_date *date, int64_t *wall_ms)
{
    struct tm tm = {.tm_year = date->year - 1900,
                    .tm_mon = date->month - 1,
                    .tm_mday = date->day,
                    .tm_hour = date->hour,
                    .tm_min = date->minute,
                    .tm_sec = date->second == 60 ? 59 : date->second};

    if (!is_in(date->year, 1970, 9999) || !is_in(date->month, 1, 12) || !is_in(date->day, 1, 31) ||
        !is_in(date->hour, 0, 23) || !is_in(date->minute, 0, 59) || !is_in(date->second, 0, 60)) {
        return false;
    }
    int64_t seconds = timegm(&tm); /* turns the 31st of a short month into the next one's first */
    if (tm.tm_mday != date->day) {
        return false;
    }
    *wall_ms = seconds * 1000;
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
