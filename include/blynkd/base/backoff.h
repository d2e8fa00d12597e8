/*
 * Exponential back-off with jitter: the n-th delay is min(first * 2^n, max), spread by +-30 % so that a
 * thousand boxes do not come back in the same second after an outage (facts/blynk-protocol.md, 7.4). Pure.
 */
#ifndef BLYNKD_BASE_BACKOFF_H
#define BLYNKD_BASE_BACKOFF_H

#include <stdint.h>

struct backoff {
    uint32_t first_ms;
    uint32_t max_ms;
    uint32_t tries; /* delays handed out since the last reset */
};

/* The next delay; `random` is any 32 random bits. Never 0, never above max_ms. */
uint32_t backoff_next_ms(struct backoff *backoff, uint32_t random);
void backoff_reset(struct backoff *backoff);

#endif
