#include "blynkd/bridge/pins.h"

#include "blynkd/blynk/frame.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pins {
    struct pin_value values[PIN_COUNT];
    uint8_t delivery[PIN_COUNT];
    size_t known;
};

static const char kinds[PIN_KINDS + 1] = "VDA";

struct pins *pins_create(enum pin_delivery default_delivery)
{
    struct pins *pins = calloc(1, sizeof(*pins));

    if (pins) {
        pins_set_default_delivery(pins, default_delivery);
    }
    return pins;
}

void pins_destroy(struct pins *pins)
{
    if (!pins) {
        return;
    }
    for (unsigned i = 0; i < PIN_COUNT; i++) {
        free(pins->values[i].bytes);
    }
    free(pins);
}

int pin_make(char kind, unsigned number, pin_id *pin)
{
    static const char *const both[PIN_KINDS] = {"Vv", "Dd", "Aa"};

    for (unsigned i = 0; i < PIN_KINDS; i++) {
        if ((kind == both[i][0] || kind == both[i][1]) && number < PIN_NUMBERS) {
            *pin = (pin_id)(i * PIN_NUMBERS + number);
            return 0;
        }
    }
    return -EINVAL;
}

int pin_parse(const char *text, size_t len, pin_id *pin)
{
    unsigned number = 0;

    if (len < 2 || len > PIN_NAME_MAX - 1 || (text[1] == '0' && len > 2)) {
        return -EINVAL;
    }
    for (size_t i = 1; i < len; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -EINVAL;
        }
        number = number * 10 + (unsigned)(text[i] - '0');
    }
    return pin_make(text[0], number, pin);
}

char pin_kind(pin_id pin)
{
    assert(pin < PIN_COUNT);
    return kinds[pin / PIN_NUMBERS];
}

unsigned pin_number(pin_id pin)
{
    assert(pin < PIN_COUNT);
    return pin % PIN_NUMBERS;
}

char *pin_name(pin_id pin, char name[PIN_NAME_MAX])
{
    unsigned number = pin_number(pin);
    size_t at = 0;

    name[at++] = pin_kind(pin);
    if (number >= 100) {
        name[at++] = (char)('0' + number / 100);
    }
    if (number >= 10) {
        name[at++] = (char)('0' + number / 10 % 10);
    }
    name[at++] = (char)('0' + number % 10);
    name[at] = '\0';
    return name;
}

/* Memory in steps, so that a value that changes its length a little does not move each time. */
static int make_room(struct pin_value *value, size_t len)
{
    size_t cap = (len + 1 + 15) / 16 * 16;

    if (value->bytes && value->cap >= cap && value->cap <= 4 * cap) {
        return 0;
    }
    uint8_t *bytes = realloc(value->bytes, cap);
    if (!bytes) {
        return -ENOMEM;
    }
    value->bytes = bytes;
    value->cap = (uint16_t)cap;
    return 0;
}

int pins_set(struct pins *pins, pin_id pin, const void *value, size_t len, int64_t wall_ms,
             enum pin_origin origin)
{
    struct pin_value *slot = &pins->values[pin];
    bool was_known = slot->bytes != NULL;

    assert(pin < PIN_COUNT);
    if (len > (origin == PIN_FROM_LOCAL ? PIN_VALUE_MAX : BLYNK_BODY_MAX)) {
        return -EMSGSIZE;
    }
    int error = make_room(slot, len);
    if (error) {
        return error;
    }
    if (len) {
        memcpy(slot->bytes, value, len);
    }
    slot->bytes[len] = 0;
    slot->len = (uint16_t)len;
    slot->changes++;
    slot->wall_ms = wall_ms;
    slot->origin = origin;
    pins->known += !was_known;
    return 0;
}

const struct pin_value *pins_get(const struct pins *pins, pin_id pin)
{
    assert(pin < PIN_COUNT);
    return pins->values[pin].bytes ? &pins->values[pin] : NULL;
}

size_t pins_known(const struct pins *pins)
{
    return pins->known;
}

enum pin_delivery pins_delivery(const struct pins *pins, pin_id pin)
{
    assert(pin < PIN_COUNT);
    return (enum pin_delivery)pins->delivery[pin];
}

void pins_set_delivery(struct pins *pins, pin_id pin, enum pin_delivery delivery)
{
    assert(pin < PIN_COUNT);
    pins->delivery[pin] = (uint8_t)delivery;
}

void pins_set_default_delivery(struct pins *pins, enum pin_delivery delivery)
{
    memset(pins->delivery, (int)delivery, sizeof(pins->delivery));
}
