#include "cloud_quota.h"

/* One minute average, ticks of 5 s: alpha = 1 - exp(-5 s / 60 s), as in the metrics library of the real server. */
#define QUOTA_TICK_MS 5000
#define QUOTA_ALPHA   0.07995558537067671
#define QUOTA_WARN_MS 60000

void cloud_quota_init(struct cloud_quota *quota, uint64_t now_ms)
{
    *quota = (struct cloud_quota){.last_tick_ms = now_ms};
}

static void cloud_quota_tick(struct cloud_quota *quota, uint64_t now_ms)
{
    while (now_ms - quota->last_tick_ms > QUOTA_TICK_MS) {
        double instant = (double)quota->uncounted * 1000 / QUOTA_TICK_MS;

        quota->uncounted = 0;
        quota->last_tick_ms += QUOTA_TICK_MS;
        quota->rate = quota->has_rate ? quota->rate + QUOTA_ALPHA * (instant - quota->rate) : instant;
        quota->has_rate = true;
    }
}

void cloud_quota_mark(struct cloud_quota *quota, uint64_t now_ms)
{
    cloud_quota_tick(quota, now_ms);
    quota->uncounted++;
}

bool cloud_quota_exceeded(struct cloud_quota *quota, unsigned limit, uint64_t now_ms)
{
    cloud_quota_tick(quota, now_ms);
    return limit > 0 && quota->rate > limit;
}

bool cloud_quota_may_warn(struct cloud_quota *quota, uint64_t now_ms)
{
    if (quota->has_warned && now_ms - quota->warned_ms < QUOTA_WARN_MS)
        return false;
    quota->has_warned = true;
    quota->warned_ms = now_ms;
    return true;
}
