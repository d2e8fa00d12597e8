/* Pins: names, values, bounds, delivery rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/frame.h"
#include "blynkd/bridge/pins.h"

#include <errno.h>
#include <string.h>

static int parse(const char *text, pin_id *pin)
{
    return pin_parse(text, strlen(text), pin);
}

static void test_every_name_comes_back(void **state)
{
    char name[PIN_NAME_MAX];
    pin_id pin;

    (void)state;
    for (pin_id i = 0; i < PIN_COUNT; i++) {
        assert_int_equal(parse(pin_name(i, name), &pin), 0);
        assert_int_equal(pin, i);
        name[0] = (char)(name[0] + 'a' - 'A');
        assert_int_equal(parse(name, &pin), 0);
        assert_int_equal(pin, i);
        assert_int_equal(pin_make(pin_kind(i), pin_number(i), &pin), 0);
        assert_int_equal(pin, i);
    }
    assert_string_equal(pin_name(5, name), "V5");
    assert_int_equal(parse("D13", &pin), 0);
    assert_string_equal(pin_name(pin, name), "D13");
    assert_int_equal(parse("a255", &pin), 0);
    assert_string_equal(pin_name(pin, name), "A255");
}

static void test_what_is_no_pin(void **state)
{
    static const char *const wrong[] = {"",     "V",     "5",   "V256", "V00", "V01",  "V 1",
                                        "V1 ",  " V1",   "V-1", "V+1",  "X5",  "VV1",  "V1a",
                                        "V999", "V1000", "V0x", "D256", "v",   "\0V1", "V\xff"};
    pin_id pin = 77;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(parse(wrong[i], &pin), -EINVAL);
    }
    assert_int_equal(pin_parse("V1\0", 3, &pin), -EINVAL);
    assert_int_equal(pin_make('V', 256, &pin), -EINVAL);
    assert_int_equal(pin_make('\0', 1, &pin), -EINVAL);
    assert_int_equal(pin_make('x', 1, &pin), -EINVAL);
    assert_int_equal(pin, 77);
}

static void test_values(void **state)
{
    struct pins *pins = pins_create(PIN_DELIVER_ALL);

    (void)state;
    assert_null(pins_get(pins, 5));
    assert_int_equal(pins_set(pins, 5, "3\0004", 3, 1000, PIN_FROM_LOCAL), 0);
    const struct pin_value *value = pins_get(pins, 5);
    assert_int_equal(value->len, 3);
    assert_memory_equal(value->bytes, "3\0004", 4);
    assert_int_equal(value->wall_ms, 1000);
    assert_int_equal(value->origin, PIN_FROM_LOCAL);
    assert_int_equal(pins_set(pins, 5, "", 0, 2000, PIN_FROM_BLYNK), 0);
    value = pins_get(pins, 5);
    assert_non_null(value); /* known to be empty is not unknown */
    assert_int_equal(value->len, 0);
    assert_int_equal(value->origin, PIN_FROM_BLYNK);
    assert_int_equal(pins_known(pins), 1);
    assert_null(pins_get(pins, PIN_COUNT - 1));
    pins_destroy(pins);
    pins_destroy(NULL);
}

static void test_bounds(void **state)
{
    static char bytes[BLYNK_BODY_MAX + 1];
    struct pins *pins = pins_create(PIN_DELIVER_ALL);

    (void)state;
    assert_int_equal(pins_set(pins, 1, "old", 3, 0, PIN_FROM_LOCAL), 0);
    assert_int_equal(pins_set(pins, 1, bytes, PIN_VALUE_MAX + 1, 0, PIN_FROM_LOCAL), -EMSGSIZE);
    assert_int_equal(pins_set(pins, 1, bytes, BLYNK_BODY_MAX + 1, 0, PIN_FROM_BLYNK), -EMSGSIZE);
    assert_int_equal(pins_get(pins, 1)->len, 3); /* nothing changed */
    assert_int_equal(pins_set(pins, 1, bytes, PIN_VALUE_MAX, 0, PIN_FROM_LOCAL), 0);
    assert_int_equal(pins_set(pins, 1, bytes, BLYNK_BODY_MAX, 0, PIN_FROM_BLYNK), 0);
    assert_int_equal(pins_get(pins, 1)->len, BLYNK_BODY_MAX);
    assert_int_equal(pins_set(pins, 1, "s", 1, 0, PIN_FROM_LOCAL), 0); /* gives the large memory back */
    assert_true(pins_get(pins, 1)->cap < 100);
    for (size_t len = 0; len < 300; len++) {
        memset(bytes, (int)len, len);
        assert_int_equal(pins_set(pins, 2, bytes, len, 0, PIN_FROM_LOCAL), 0);
        assert_int_equal(pins_get(pins, 2)->len, len);
        assert_memory_equal(pins_get(pins, 2)->bytes, bytes, len);
    }
    pins_destroy(pins);
}

static void test_delivery(void **state)
{
    struct pins *pins = pins_create(PIN_DELIVER_LATEST);

    (void)state;
    assert_int_equal(pins_delivery(pins, 0), PIN_DELIVER_LATEST);
    pins_set_delivery(pins, 3, PIN_DELIVER_ALL);
    assert_int_equal(pins_delivery(pins, 3), PIN_DELIVER_ALL);
    assert_int_equal(pins_delivery(pins, 4), PIN_DELIVER_LATEST);
    pins_set_default_delivery(pins, PIN_DELIVER_LATEST);
    assert_int_equal(pins_delivery(pins, 3), PIN_DELIVER_LATEST);
    pins_destroy(pins);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_name_comes_back),
        cmocka_unit_test(test_what_is_no_pin),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_delivery),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
