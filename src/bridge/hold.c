/*
 * Values that came earlier than their pin's interval allows: the newest of each pin waits and goes when the
 * interval is over, on a clean stop at once.
 */
#include "bridge_parts.h"

#include "blynkd/base/log.h"

#define RETRY_MS 1000 /* after the outbox refused one: it is full */

/* The value that is held is the pin's last one: whatever replaces that one, ends the holding. */
static void give_up(struct bridge *bridge, pin_id pin)
{
    struct bridge_hold *hold = &bridge->hold;

    if (!hold->pins[pin]) {
        return;
    }
    hold->pins[pin] = false;
    hold->count--;
    if (hold->count == 0) {
        timer_stop(&hold->timer);
    }
}

void hold_passed(struct bridge *bridge, pin_id pin, const void *value, size_t len)
{
    give_up(bridge, pin);
    pin_rules_passed(bridge->rules, pin, value, len, sched_now_ms(bridge->sched));
}

void hold_heard(struct bridge *bridge, pin_id pin, const void *value, size_t len)
{
    give_up(bridge, pin);
    pin_rules_heard(bridge->rules, pin, value, len);
}

/* False: the outbox did not take it; it is still held. */
static bool let_go(struct bridge *bridge, pin_id pin)
{
    const struct pin_value *value = pins_get(bridge->pins, pin);
    struct outbox_write write = {.pin = pin, .value = value->bytes, .len = value->len};

    if (outbox_write(bridge->outbox, &write, 0, NULL)) {
        return false;
    }
    hold_passed(bridge, pin, value->bytes, value->len);
    return true;
}

/* For the earliest of those that are held, but not before `least_ms` have gone. */
static void arm(struct bridge *bridge, uint32_t least_ms)
{
    uint64_t now_ms = sched_now_ms(bridge->sched);
    uint32_t earliest_ms = UINT32_MAX;

    for (pin_id pin = 0; pin < PIN_COUNT && bridge->hold.count; pin++) {
        if (bridge->hold.pins[pin]) {
            uint32_t wait_ms = pin_rules_wait_ms(bridge->rules, pin, now_ms);
            earliest_ms = wait_ms < earliest_ms ? wait_ms : earliest_ms;
        }
    }
    if (bridge->hold.count) {
        timer_start(bridge->sched, &bridge->hold.timer, earliest_ms > least_ms ? earliest_ms : least_ms);
    }
}

static void on_due(void *arg)
{
    struct bridge *bridge = arg;
    uint64_t now_ms = sched_now_ms(bridge->sched);
    bool is_stuck = false;

    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        if (bridge->hold.pins[pin] && pin_rules_wait_ms(bridge->rules, pin, now_ms) == 0) {
            is_stuck = !let_go(bridge, pin) || is_stuck;
        }
    }
    arm(bridge, is_stuck ? RETRY_MS : 0);
}

void hold_init(struct bridge *bridge)
{
    timer_init(&bridge->hold.timer, on_due, bridge);
}

void hold_keep(struct bridge *bridge, pin_id pin)
{
    if (!bridge->hold.pins[pin]) {
        bridge->hold.pins[pin] = true;
        bridge->hold.count++;
        arm(bridge, 0);
    }
}

enum pin_verdict hold_judge(struct bridge *bridge, const struct outbox_write *write)
{
    uint64_t now_ms = sched_now_ms(bridge->sched);
    uint32_t wait_ms;
    enum pin_verdict verdict =
        pin_rules_judge(bridge->rules, write->pin, write->value, write->len, now_ms, &wait_ms);

    if (verdict == PIN_SKIP) {
        give_up(bridge, write->pin); /* what is held is older, and Blynk has nearly this one */
    }
    /* On the way out nobody would be there any more when it is due. */
    return verdict == PIN_HOLD && bridge->stopping ? PIN_PASS : verdict;
}

void bridge_set_pin_rules(struct bridge *bridge, pin_id pin, uint32_t min_interval_ms, double deadband)
{
    pin_rules_set(bridge->rules, pin, min_interval_ms, deadband);
    if (bridge->hold.pins[pin]) {
        arm(bridge, 0);
    }
}

void hold_release(struct bridge *bridge, pin_id pin)
{
    char name[PIN_NAME_MAX];

    if (bridge->hold.pins[pin] && !let_go(bridge, pin)) {
        log_warning("bridge", "the newest value of %s cannot be sent now: too much waits already",
                    pin_name(pin, name));
    }
}

void hold_release_all(struct bridge *bridge)
{
    for (pin_id pin = 0; pin < PIN_COUNT && bridge->hold.count; pin++) {
        hold_release(bridge, pin);
    }
}
