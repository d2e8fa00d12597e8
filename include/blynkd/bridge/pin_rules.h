/*
 * What a pin's own rules say of a new value: whether it differs enough from the last one that went, and whether
 * that was long enough ago. The bridge owns it, asks before each single write and tells what went. It keeps no
 * value that waits, has no timer and sends nothing; time is what it is told.
 */
#ifndef BLYNKD_BRIDGE_PIN_RULES_H
#define BLYNKD_BRIDGE_PIN_RULES_H

#include "blynkd/bridge/pins.h"

struct pin_rules;

enum pin_verdict {
    PIN_PASS, /* goes now */
    PIN_SKIP, /* a number within the deadband of the last one: Blynk has what it needs */
    PIN_HOLD, /* too early: the newest goes when the interval is over */
};

/* No pin has a rule. NULL: no memory. */
struct pin_rules *pin_rules_create(void);
void pin_rules_destroy(struct pin_rules *rules);

/* 0: no such rule. `deadband` >= 0. What is known of the last value stays. */
void pin_rules_set(struct pin_rules *rules, pin_id pin, uint32_t min_interval_ms, double deadband);

/* Counts what it says. `wait_ms` is set for PIN_HOLD. */
enum pin_verdict pin_rules_judge(struct pin_rules *rules, pin_id pin, const void *value, size_t len,
                                 uint64_t now_ms, uint32_t *wait_ms);
/* Until the next value may go; 0: now. */
uint32_t pin_rules_wait_ms(const struct pin_rules *rules, pin_id pin, uint64_t now_ms);

/* This value went towards Blynk. */
void pin_rules_passed(struct pin_rules *rules, pin_id pin, const void *value, size_t len, uint64_t now_ms);
/* This value came from Blynk: what is new is measured against it. */
void pin_rules_heard(struct pin_rules *rules, pin_id pin, const void *value, size_t len);

struct pin_rules_info {
    uint64_t skipped;
    uint64_t held;
};
struct pin_rules_info pin_rules_info(const struct pin_rules *rules);

#endif
