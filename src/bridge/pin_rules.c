#include "blynkd/bridge/pin_rules.h"

#include "blynkd/base/scan.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>

struct pin_rule {
    uint32_t min_interval_ms;
    bool went;      /* went_ms is known */
    bool is_number; /* `number` is what Blynk has */
    uint64_t went_ms;
    double deadband;
    double number;
};

struct pin_rules {
    struct pin_rule pins[PIN_COUNT];
    struct pin_rules_info info;
};

struct pin_rules *pin_rules_create(void)
{
    return calloc(1, sizeof(struct pin_rules));
}

void pin_rules_destroy(struct pin_rules *rules)
{
    free(rules);
}

void pin_rules_set(struct pin_rules *rules, pin_id pin, uint32_t min_interval_ms, double deadband)
{
    assert(pin < PIN_COUNT && deadband >= 0);
    rules->pins[pin].min_interval_ms = min_interval_ms;
    rules->pins[pin].deadband = deadband;
}

/* Several values are no number: the zero bytes between them are no digits. */
static bool is_within(const struct pin_rule *rule, const void *value, size_t len)
{
    double number;

    if (!rule->is_number || rule->deadband <= 0 || scan_double(value, len, &number)) {
        return false;
    }
    /* From 0.2 to 0.3 is a step of 0.1 for people; in binary it is a little less. */
    double rounding = 4 * DBL_EPSILON * (fabs(number) + fabs(rule->number));
    return fabs(number - rule->number) + rounding < rule->deadband;
}

uint32_t pin_rules_wait_ms(const struct pin_rules *rules, pin_id pin, uint64_t now_ms)
{
    const struct pin_rule *rule = &rules->pins[pin];
    uint64_t gone_ms = now_ms - rule->went_ms;

    assert(pin < PIN_COUNT);
    return rule->went && gone_ms < rule->min_interval_ms ? rule->min_interval_ms - (uint32_t)gone_ms : 0;
}

/* The deadband first: a value that is back where Blynk has it need not go later either. */
enum pin_verdict pin_rules_judge(struct pin_rules *rules, pin_id pin, const void *value, size_t len,
                                 uint64_t now_ms, uint32_t *wait_ms)
{
    assert(pin < PIN_COUNT);
    if (is_within(&rules->pins[pin], value, len)) {
        rules->info.skipped++;
        return PIN_SKIP;
    }
    uint32_t wait = pin_rules_wait_ms(rules, pin, now_ms);
    if (wait) {
        rules->info.held++;
        *wait_ms = wait;
        return PIN_HOLD;
    }
    return PIN_PASS;
}

void pin_rules_heard(struct pin_rules *rules, pin_id pin, const void *value, size_t len)
{
    struct pin_rule *rule = &rules->pins[pin];

    assert(pin < PIN_COUNT);
    rule->is_number = scan_double(value, len, &rule->number) == 0;
}

void pin_rules_passed(struct pin_rules *rules, pin_id pin, const void *value, size_t len, uint64_t now_ms)
{
    pin_rules_heard(rules, pin, value, len);
    rules->pins[pin].went = true;
    rules->pins[pin].went_ms = now_ms;
}

struct pin_rules_info pin_rules_info(const struct pin_rules *rules)
{
    return rules->info;
}
