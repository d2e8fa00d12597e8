/* The recovery ladder: which rung follows which failures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bridge/ladder.h"

#include <string.h>

static bool no_power_lines(const struct uplink *uplink, enum uplink_rung rung)
{
    (void)uplink;
    return rung < UPLINK_RUNG_POWER_KEY;
}

static bool nothing_but_redial(const struct uplink *uplink, enum uplink_rung rung)
{
    (void)uplink;
    return rung == UPLINK_RUNG_REDIAL;
}

static bool no_radio(const struct uplink *uplink, enum uplink_rung rung)
{
    (void)uplink;
    return rung != UPLINK_RUNG_RADIO;
}

static bool is_identified;

static bool once_identified(const struct uplink *uplink, enum uplink_rung rung)
{
    (void)uplink;
    return is_identified || rung == UPLINK_RUNG_REDIAL;
}

static struct ladder make(bool (*has_rung)(const struct uplink *, enum uplink_rung))
{
    static struct uplink_ops ops;
    static const struct uplink uplink = {.ops = &ops};
    struct ladder ladder;

    ops = (struct uplink_ops){.has_rung = has_rung};
    ladder_init(&ladder, &uplink);
    return ladder;
}

/* d redial, b bearer, r radio, R reset, o reopen, k power key, p power rail */
static const char *climb(struct ladder *ladder, enum uplink_layer layer, unsigned times)
{
    static char rungs[64];
    struct ladder_failure failure = {.layer = layer};

    assert_true(times < sizeof(rungs));
    for (unsigned i = 0; i < times; i++) {
        rungs[i] = "dbrRokp"[ladder_climb(ladder, &failure, 1000)];
    }
    rungs[times] = '\0';
    return rungs;
}

/* A module that lost its supply for a moment needs nothing but to be brought up again; one that does so again and
 * again is not left alone for ever. */
static void test_a_restart_begins_at_the_bottom(void **state)
{
    struct ladder ladder = make(no_power_lines);
    struct ladder_failure restarted = {.layer = UPLINK_LAYER_MODEM, .restarted = true};
    const char *expected = "dddbb";

    (void)state;
    for (const char *rung = expected; *rung; rung++) {
        assert_int_equal("dbrRokp"[ladder_climb(&ladder, &restarted, 1000)], *rung);
    }
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 1), "R");
    assert_int_equal(ladder_climb(&ladder, &restarted, 1000), UPLINK_RUNG_REDIAL);
}

/* With `auto` nobody knows before the modem has told its name whether it can be restarted by a command. */
static void test_a_rung_that_appears_later_is_taken(void **state)
{
    struct ladder ladder = make(once_identified);

    (void)state;
    is_identified = false;
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 1), "d");
    is_identified = true;
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 1), "R");
}

/* Rounds that were slow because of the network must not slow down the climb for what fails above it. */
static void test_another_trouble_climbs_quickly(void **state)
{
    struct ladder ladder = make(no_power_lines);

    (void)state;
    climb(&ladder, UPLINK_LAYER_NETWORK, 60);
    assert_true(ladder.rounds > 0);
    assert_non_null(strstr(climb(&ladder, UPLINK_LAYER_TCP, 8), "b"));
}

static void test_from_redial_to_the_top(void **state)
{
    struct ladder ladder = make(no_power_lines);

    (void)state;
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 11), "dddbbrrRRoo");
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 13), "ddddddddddddb"); /* each round slower */
    assert_int_equal(ladder.counts[UPLINK_RUNG_REDIAL], 15);
    assert_int_equal(ladder.counts[UPLINK_RUNG_BEARER], 3);
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_NAME, 4), "dddb");
    assert_int_equal(ladder.counts[UPLINK_RUNG_REDIAL], 18); /* counted since the start */
}

static void test_missing_rungs_are_left_out(void **state)
{
    struct ladder ladder = make(no_radio);

    (void)state;
    assert_string_equal(climb(&ladder, UPLINK_LAYER_SESSION, 13), "dddbbRRookkpp");
    ladder = make(nothing_but_redial);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 20), "dddddddddddddddddddd");
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 3), "ddd");
}

static void test_a_deep_failure_begins_deep(void **state)
{
    struct ladder ladder = make(no_power_lines);

    (void)state;
    assert_string_equal(climb(&ladder, UPLINK_LAYER_BEARER, 4), "bbrr");
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 5), "RRood");
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_PORT, 2), "oo");
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_NETWORK, 6), "dddbbr");
    ladder_reset(&ladder);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 2), "dd");
    assert_string_equal(climb(&ladder, UPLINK_LAYER_MODEM, 1), "R");
}

static void test_progress_begins_anew_below(void **state)
{
    struct ladder ladder = make(no_power_lines);

    (void)state;
    climb(&ladder, UPLINK_LAYER_MODEM, 3);
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 4), "dddb");  /* the modem works again */
    assert_string_equal(climb(&ladder, UPLINK_LAYER_BEARER, 2), "br"); /* and the climb goes on */
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 1), "r");
}

static void test_what_no_rung_can_mend(void **state)
{
    struct ladder ladder = make(no_power_lines);
    struct ladder_failure answered = {.layer = UPLINK_LAYER_SESSION, .answered = true};
    struct ladder_failure hopeless = {.layer = UPLINK_LAYER_MODEM, .hopeless = true};

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(ladder_climb(&ladder, &answered, 0), UPLINK_RUNG_REDIAL);
        assert_int_equal(ladder_climb(&ladder, &hopeless, 0), UPLINK_RUNG_REDIAL);
    }
    assert_string_equal(climb(&ladder, UPLINK_LAYER_SIM, 10), "dddddddddd");
    assert_string_equal(climb(&ladder, UPLINK_LAYER_TCP, 4),
                        "dddb"); /* and nothing was counted against TCP */
}

static void test_so_many_a_day(void **state)
{
    struct ladder ladder = make(no_radio);
    struct ladder_failure failure = {.layer = UPLINK_LAYER_MODEM};

    (void)state;
    for (int i = 0; i < 1000; i++) {
        ladder_climb(&ladder, &failure, 5000);
    }
    assert_int_equal(ladder.counts[UPLINK_RUNG_RESET], 24);
    assert_int_equal(ladder.counts[UPLINK_RUNG_REOPEN], 48);
    assert_int_equal(ladder.counts[UPLINK_RUNG_POWER_RAIL], 8);
    assert_true(ladder.counts[UPLINK_RUNG_REDIAL] > 800);
    for (int i = 0; i < 1000; i++) {
        ladder_climb(&ladder, &failure, LADDER_DAY_MS);
    }
    assert_int_equal(ladder.counts[UPLINK_RUNG_RESET], 48);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_from_redial_to_the_top),
        cmocka_unit_test(test_missing_rungs_are_left_out),
        cmocka_unit_test(test_a_deep_failure_begins_deep),
        cmocka_unit_test(test_progress_begins_anew_below),
        cmocka_unit_test(test_what_no_rung_can_mend),
        cmocka_unit_test(test_so_many_a_day),
        cmocka_unit_test(test_a_restart_begins_at_the_bottom),
        cmocka_unit_test(test_a_rung_that_appears_later_is_taken),
        cmocka_unit_test(test_another_trouble_climbs_quickly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
