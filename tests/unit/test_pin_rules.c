/* Deadband and interval of a pin: what goes, what is skipped, what waits how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/bridge/pin_rules.h"

#include <string.h>

#define V5 ((pin_id)5)
#define V6 ((pin_id)6)
#define A3 ((pin_id)(2 * PIN_NUMBERS + 3))

static int setup(void **state)
{
    *state = pin_rules_create();
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    pin_rules_destroy(*state);
    return 0;
}

static uint32_t waits_ms;

/* As the bridge does it: what passes has gone. */
static enum pin_verdict offer(struct pin_rules *rules, pin_id pin, const char *value, uint64_t now_ms)
{
    waits_ms = 4711;
    enum pin_verdict verdict = pin_rules_judge(rules, pin, value, strlen(value), now_ms, &waits_ms);
    if (verdict == PIN_PASS) {
        pin_rules_passed(rules, pin, value, strlen(value), now_ms);
    }
    return verdict;
}

static void without_a_rule_all_goes(void **state)
{
    for (int i = 0; i < 10; i++) {
        assert_int_equal(offer(*state, V5, "1", 7), PIN_PASS);
    }
    assert_int_equal(pin_rules_info(*state).skipped, 0);
    assert_int_equal(pin_rules_info(*state).held, 0);
}

static void a_deadband_is_measured_from_what_went(void **state)
{
    pin_rules_set(*state, V5, 0, 0.5);
    assert_int_equal(offer(*state, V5, "21.5", 0), PIN_PASS); /* the first always */
    assert_int_equal(offer(*state, V5, "21.5", 1), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "21.8", 2), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "21.1", 3), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "22.0", 4), PIN_PASS); /* 0.5 is not smaller than 0.5 */
    assert_int_equal(offer(*state, V5, "21.6", 5), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "+2.15e1", 6), PIN_PASS);
    /* Creeping does not escape it. */
    assert_int_equal(offer(*state, V5, "21.9", 7), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "22.3", 8), PIN_PASS);
    assert_int_equal(offer(*state, V6, "22.3", 8), PIN_PASS);
    assert_int_equal(offer(*state, V6, "22.3", 8), PIN_PASS); /* another pin has no rule */
    assert_int_equal(pin_rules_info(*state).skipped, 5);
}

static void steps_are_what_people_read(void **state)
{
    pin_rules_set(*state, V5, 0, 0.1);
    assert_int_equal(offer(*state, V5, "0.2", 0), PIN_PASS);
    assert_int_equal(offer(*state, V5, "0.3", 1), PIN_PASS); /* in binary a little less than 0.1 apart */
    assert_int_equal(offer(*state, V5, "0.39", 2), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "-0.3", 3), PIN_PASS);
    pin_rules_set(*state, V5, 0, 1e308);
    assert_int_equal(offer(*state, V5, "1e308", 4), PIN_PASS);
    assert_int_equal(offer(*state, V5, "-1e308", 5), PIN_PASS); /* the difference is beyond a double */
}

static void what_is_no_number_never_is_skipped(void **state)
{
    static const char *const texts[] = {"on", "nan", "inf", "-inf", "1e999", "", "21,5", "0x15", " 21.5"};

    pin_rules_set(*state, V5, 0, 1000);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(offer(*state, V5, texts[i], i), PIN_PASS);
        assert_int_equal(offer(*state, V5, texts[i], i), PIN_PASS);
    }
    assert_int_equal(offer(*state, V5, "21.5", 20), PIN_PASS); /* the first number behind a text */
    assert_int_equal(offer(*state, V5, "21.6", 21), PIN_SKIP);
    assert_int_equal(pin_rules_judge(*state, V5, "21\00022", 5, 22, &waits_ms), PIN_PASS);
}

static void an_interval_counts_from_what_went(void **state)
{
    pin_rules_set(*state, A3, 10000, 0);
    assert_int_equal(offer(*state, A3, "on", 0), PIN_PASS); /* time 0 is a time */
    assert_int_equal(waits_ms, 4711);
    assert_int_equal(offer(*state, A3, "on", 0), PIN_HOLD);
    assert_int_equal(waits_ms, 10000);
    assert_int_equal(offer(*state, A3, "off", 9999), PIN_HOLD);
    assert_int_equal(waits_ms, 1);
    assert_int_equal(pin_rules_wait_ms(*state, A3, 9999), 1);
    assert_int_equal(pin_rules_wait_ms(*state, A3, 10000), 0);
    assert_int_equal(offer(*state, A3, "off", 10000), PIN_PASS);
    assert_int_equal(offer(*state, A3, "on", 15000), PIN_HOLD);
    assert_int_equal(waits_ms, 5000);
    assert_int_equal(offer(*state, A3, "on", UINT64_MAX), PIN_PASS);
    assert_int_equal(pin_rules_info(*state).held, 3);
}

static void what_is_refused_further_on_has_not_gone(void **state)
{
    pin_rules_set(*state, V5, 10000, 1);
    assert_int_equal(pin_rules_judge(*state, V5, "1", 1, 0, &waits_ms), PIN_PASS);
    assert_int_equal(pin_rules_judge(*state, V5, "1", 1, 1, &waits_ms), PIN_PASS);
}

static void the_deadband_is_asked_first(void **state)
{
    pin_rules_set(*state, V5, 10000, 1);
    assert_int_equal(offer(*state, V5, "20", 0), PIN_PASS);
    assert_int_equal(offer(*state, V5, "25", 1000), PIN_HOLD);
    assert_int_equal(offer(*state, V5, "20.5", 2000), PIN_SKIP); /* as what went, not as what waits */
}

static void what_blynk_says_is_what_it_has(void **state)
{
    pin_rules_set(*state, V5, 10000, 1);
    assert_int_equal(offer(*state, V5, "20", 0), PIN_PASS);
    pin_rules_heard(*state, V5, "42", 2);
    assert_int_equal(offer(*state, V5, "20", 11000), PIN_PASS);
    pin_rules_heard(*state, V5, "42", 2);
    assert_int_equal(offer(*state, V5, "42.1", 12000), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "50", 12000), PIN_HOLD);
    assert_int_equal(waits_ms, 9000); /* from what went, not from what came */
    pin_rules_heard(*state, V6, "42", 2);
    pin_rules_set(*state, V6, 10000, 1);
    assert_int_equal(offer(*state, V6, "50", 0), PIN_PASS); /* nothing went yet */
}

static void a_new_rule_knows_what_went(void **state)
{
    assert_int_equal(offer(*state, V5, "20", 5000), PIN_PASS);
    pin_rules_set(*state, V5, 3000, 0.5);
    assert_int_equal(offer(*state, V5, "20.4", 6000), PIN_SKIP);
    assert_int_equal(offer(*state, V5, "21", 6000), PIN_HOLD);
    assert_int_equal(waits_ms, 2000);
    pin_rules_set(*state, V5, 0, 0);
    assert_int_equal(offer(*state, V5, "20", 6000), PIN_PASS);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(without_a_rule_all_goes),           TEST(a_deadband_is_measured_from_what_went),
        TEST(steps_are_what_people_read),        TEST(what_is_no_number_never_is_skipped),
        TEST(an_interval_counts_from_what_went), TEST(what_is_refused_further_on_has_not_gone),
        TEST(the_deadband_is_asked_first),       TEST(what_blynk_says_is_what_it_has),
        TEST(a_new_rule_knows_what_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
