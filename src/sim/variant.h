/*
 * What documents leave uncertain, or what differs between firmwares, as named switches with a default.
 * Each modem owns one set; profiles change defaults, the command line and the control socket change values.
 * It never decides anything: the places that behave differently ask.
 */
#ifndef SIM_VARIANT_H
#define SIM_VARIANT_H

#include "variant_list.h"

#include <stdbool.h>
#include <stddef.h>

#define VARIANT_TEXT_MAX 64

enum variant_key {
#define VARIANT(id, family, name, allowed, normal, help) V_##id,
    VARIANT_LIST(VARIANT)
#undef VARIANT
        VARIANT_COUNT
};

struct variant_default {
    enum variant_key key;
    const char *value;
};

struct variants {
    unsigned families;
    char value[VARIANT_COUNT][VARIANT_TEXT_MAX];
};

/* `changes` ends with a NULL value and may be NULL. */
void variants_init(struct variants *set, unsigned families, const struct variant_default *changes);

/* KEY=VALUE. Negative errno and a sentence in `problem` when the key or the value does not exist. */
int variants_set(struct variants *set, const char *assignment, char *problem, size_t room);

/* Prints name, default of this set, what is allowed, meaning. */
void variants_print(const struct variants *set);

/* `value` must be one of the allowed words of the key. */
bool variant_is(const struct variants *set, enum variant_key key, const char *value);
bool variant_on(const struct variants *set, enum variant_key key);
long variant_number(const struct variants *set, enum variant_key key);
const char *variant_text(const struct variants *set, enum variant_key key);

#endif
