/* What local programs have for Blynk: writes, properties, messages, SYNC. */
#include "bridge_parts.h"

#include "blynkd/base/log.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A sample with a time of its own may be older than what is known. */
static bool is_outdated(const struct bridge *bridge, const struct outbox_write *write, int64_t wall_ms)
{
    const struct pin_value *known = pins_get(bridge->pins, write->pin);

    return wall_ms && known && known->wall_ms > wall_ms;
}

static int remember(struct bridge *bridge, const struct outbox_write *write, int64_t wall_ms)
{
    int64_t time_ms = wall_ms ? wall_ms : sched_wall_ms(bridge->sched);
    int error = pins_set(bridge->pins, write->pin, write->value, write->len, time_ms, PIN_FROM_LOCAL);

    if (error) {
        log_warning("bridge", "no memory to remember the value of %c%u", pin_kind(write->pin),
                    pin_number(write->pin));
    }
    store_wake(bridge->store);
    return error;
}

static int write_through(struct bridge *bridge, const struct outbox_write *writes, size_t count,
                         int64_t wall_ms, uint64_t *sequence)
{
    int error = outbox_write_group(bridge->outbox, writes, count, wall_ms, sequence);

    if (error) {
        return error;
    }
    for (size_t i = 0; i < count; i++) {
        bridge_costs_written(bridge, 1, writes[i].len);
        bridge_history_pin(bridge, writes[i].pin, writes[i].value, writes[i].len, wall_ms);
        if (!is_outdated(bridge, &writes[i], wall_ms)) {
            (void)remember(bridge, &writes[i], wall_ms);
            hold_passed(bridge, writes[i].pin, writes[i].value, writes[i].len);
        }
    }
    return 0;
}

static int write_single(struct bridge *bridge, const struct outbox_write *write, uint64_t *sequence)
{
    if (write->len > PIN_VALUE_MAX) {
        return -EMSGSIZE;
    }
    switch (hold_judge(bridge, write)) {
    case PIN_PASS:
        break;
    case PIN_SKIP:
        (void)remember(bridge, write, 0);
        bridge_history_pin(bridge, write->pin, write->value, write->len, 0);
        return 0;
    case PIN_HOLD:
        if (remember(bridge, write, 0)) {
            return -ENOMEM; /* it is nowhere else */
        }
        hold_keep(bridge, write->pin);
        bridge_history_pin(bridge, write->pin, write->value, write->len, 0);
        return 0;
    }
    return write_through(bridge, write, 1, 0, sequence);
}

int bridge_write(struct bridge *bridge, const struct outbox_write *writes, size_t count, int64_t wall_ms,
                 uint64_t *sequence)
{
    for (size_t i = 0; i < count; i++) {
        if (writes[i].len == 0) {
            return -EINVAL;
        }
    }
    int error = bridge_may_accept(bridge);
    if (error) {
        return error;
    }
    return count == 1 && wall_ms == 0 ? write_single(bridge, writes, sequence)
                                      : write_through(bridge, writes, count, wall_ms, sequence);
}

int bridge_property(struct bridge *bridge, pin_id pin, const struct blynk_body *name_and_values,
                    uint64_t *sequence)
{
    struct blynk_body body;

    if (pin_kind(pin) != 'V') {
        return -EINVAL; /* widgets hang on virtual pins (protocol sheet, 6.3) */
    }
    blynk_body_init(&body);
    blynk_body_add_number(&body, pin_number(pin));
    blynk_body_add(&body, name_and_values->bytes, name_and_values->len);
    body.too_long = body.too_long || name_and_values->too_long;
    return bridge_message(bridge, BLYNK_PROPERTY, &body, sequence);
}

int bridge_message(struct bridge *bridge, enum blynk_command command, const struct blynk_body *body,
                   uint64_t *sequence)
{
    if (body->too_long) {
        return -EMSGSIZE;
    }
    int error = bridge_may_accept(bridge);
    error = error ? error : outbox_message(bridge->outbox, command, body->bytes, body->len, sequence);
    if (error) {
        return error;
    }
    bridge_costs_written(bridge, 1, body->len);
    if (command == BLYNK_EVENT_LOG || command == BLYNK_EVENT_CLEAR) {
        link_hurry(bridge->link, "an event is to be sent");
    }
    return 0;
}

/* One frame a kind of pin: the server takes the kind from the operation. */
static int sync_kind(struct bridge *bridge, const pin_id *pins, size_t count, char kind)
{
    const char operation[] = {(char)(kind - 'A' + 'a'), 'r', '\0'};
    struct blynk_body body;
    size_t named = 0;

    blynk_body_init(&body);
    blynk_body_add_text(&body, operation);
    for (size_t i = 0; i < count; i++) {
        if (pin_kind(pins[i]) == kind) {
            blynk_body_add_number(&body, pin_number(pins[i]));
            named++;
        }
    }
    if (!named) {
        return 0;
    }
    if (body.too_long) {
        return -EMSGSIZE; /* only with pins named twice: all 256 of a kind fit */
    }
    return bridge_message(bridge, BLYNK_HARDWARE_SYNC, &body, NULL);
}

/* Values that are held are among the writes that wait. */
static void release(struct bridge *bridge, const pin_id *pins, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        hold_release(bridge, pins[i]);
    }
    if (count == 0) {
        hold_release_all(bridge);
    }
}

/* Behind the writes that wait: before them the server would resend, as the newest, a value that they replace. */
int bridge_sync(struct bridge *bridge, const pin_id *pins, size_t count)
{
    int error = 0;

    if (!blynk_session_online(link_session(bridge->link))) {
        return -ENOTCONN;
    }
    release(bridge, pins, count);
    if (count == 0) {
        return outbox_message(bridge->outbox, BLYNK_HARDWARE_SYNC, NULL, 0, NULL);
    }
    for (const char *kind = "VDA"; *kind && !error; kind++) {
        error = sync_kind(bridge, pins, count, *kind);
    }
    return error;
}

uint64_t bridge_last_sequence(const struct bridge *bridge)
{
    return outbox_info(bridge->outbox).last_sequence;
}

uint64_t bridge_unconfirmed(const struct bridge *bridge, uint64_t sequence)
{
    return outbox_outstanding(bridge->outbox, sequence);
}
