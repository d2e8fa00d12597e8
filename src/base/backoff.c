#include "blynkd/base/backoff.h"

static uint64_t plain_delay_ms(const struct backoff *backoff)
{
    if (backoff->tries >= 32) {
        return backoff->max_ms;
    }
    uint64_t delay_ms = (uint64_t)backoff->first_ms << backoff->tries;
    return delay_ms < backoff->max_ms ? delay_ms : backoff->max_ms;
}

/*
 * Above max_ms nothing is cut off but the window itself ends there; otherwise half of all boxes would wait for
 * exactly max_ms.
 */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random)
{
    uint64_t plain_ms = plain_delay_ms(backoff);
    uint64_t low_ms = plain_ms - plain_ms * 3 / 10;
    uint64_t high_ms = plain_ms + plain_ms * 3 / 10;

    if (high_ms > backoff->max_ms) {
        high_ms = backoff->max_ms;
    }
    if (backoff->tries < UINT32_MAX) {
        backoff->tries++;
    }
    uint64_t delay_ms = low_ms + random % (high_ms - low_ms + 1);
    return delay_ms ? (uint32_t)delay_ms : 1;
}

void backoff_reset(struct backoff *backoff)
{
    backoff->tries = 0;
}
