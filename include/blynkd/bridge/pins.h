/*
 * What is known of every pin: the last value from either side, when, and the pin's delivery rule. Owns the
 * values; bounded by the number of pins and what one frame can carry (PIN_VALUE_MAX bytes from here, 4091 from
 * Blynk). It sends nothing and tells nobody.
 */
#ifndef BLYNKD_BRIDGE_PINS_H
#define BLYNKD_BRIDGE_PINS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PIN_KINDS     3   /* V, D, A */
#define PIN_NUMBERS   256 /* 0..255 of each kind: what the server accepts (protocol sheet, 6.1) */
#define PIN_COUNT     (PIN_KINDS * PIN_NUMBERS)
#define PIN_NAME_MAX  5    /* "V255" and the zero */
#define PIN_VALUE_MAX 1000 /* bytes; with "vw", the pin and zeros still within BLYNK_SEND_BODY_MAX */

/* A pin as an index: kind * PIN_NUMBERS + number. */
typedef uint16_t pin_id; /* the one scalar alias of the tree: a bare integer would hide what it counts */

enum pin_delivery {
    PIN_DELIVER_ALL,    /* every sample, in order, with its time */
    PIN_DELIVER_LATEST, /* a waiting sample is replaced by a newer one */
};

enum pin_origin {
    PIN_FROM_LOCAL,
    PIN_FROM_BLYNK,
};

struct pin_value {
    uint8_t *bytes; /* fields separated by zero bytes; NULL = not known */
    uint16_t len;
    uint16_t cap;
    uint32_t changes; /* how often it was set, also to what it was */
    int64_t wall_ms;
    enum pin_origin origin;
};

struct pins;

/* NULL: no memory. */
struct pins *pins_create(enum pin_delivery default_delivery);
void pins_destroy(struct pins *pins);

/* "V5", "v5", "D13", "a0". 0 or -EINVAL. No leading zeros beyond one digit, no sign, no blanks. */
int pin_parse(const char *text, size_t len, pin_id *pin);
/* kind 'v', 'd' or 'a' in either case. -EINVAL if the number is too large. */
int pin_make(char kind, unsigned number, pin_id *pin);
/* Writes "V5" into `name` and returns it. */
char *pin_name(pin_id pin, char name[PIN_NAME_MAX]);
char pin_kind(pin_id pin); /* 'V', 'D', 'A' */
unsigned pin_number(pin_id pin);

/* 0, -ENOMEM, -EMSGSIZE. The kept value has a zero byte behind its end. */
int pins_set(struct pins *pins, pin_id pin, const void *value, size_t len, int64_t wall_ms,
             enum pin_origin origin);
/* NULL if not known. */
const struct pin_value *pins_get(const struct pins *pins, pin_id pin);
size_t pins_known(const struct pins *pins);

enum pin_delivery pins_delivery(const struct pins *pins, pin_id pin);
void pins_set_delivery(struct pins *pins, pin_id pin, enum pin_delivery delivery);
void pins_set_default_delivery(struct pins *pins, enum pin_delivery delivery); /* resets every pin's rule */

#endif
