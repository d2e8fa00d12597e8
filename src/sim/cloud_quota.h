/*
 * The rate meter of the real server: a one-minute moving average of messages a second, renewed every 5 seconds. Each
 * connection owns one. It only measures; dropping is the caller's business.
 */
#ifndef BLYNKSIM_CLOUD_QUOTA_H
#define BLYNKSIM_CLOUD_QUOTA_H

#include <stdbool.h>
#include <stdint.h>

struct cloud_quota {
    double rate; /* messages a second */
    uint64_t uncounted;
    uint64_t last_tick_ms;
    uint64_t warned_ms;
    bool has_rate, has_warned;
};

void cloud_quota_init(struct cloud_quota *quota, uint64_t now_ms);
void cloud_quota_mark(struct cloud_quota *quota, uint64_t now_ms);
bool cloud_quota_exceeded(struct cloud_quota *quota, unsigned limit, uint64_t now_ms);
/* True once in 60 s: then the device is told with status 1. */
bool cloud_quota_may_warn(struct cloud_quota *quota, uint64_t now_ms);

#endif
