/* The rungs of recovery, stopping, the user's own commands, and what being idle costs. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "blynkd/io/power.h"

#include "modem_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void bring_up(struct modem_rig *rig, const char *profile, const char *log)
{
    modem_rig_init(rig, profile);
    modem_rig_allow_roaming(rig);
    modem_rig_bring_up(rig, log);
}

static bool has(const struct modem_rig *rig, enum uplink_rung rung)
{
    return rig->uplink->ops->has_rung(rig->uplink, rung);
}

static void rungs_follow_from_the_profile(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a9");
    assert_true(has(&rig, UPLINK_RUNG_REDIAL) && has(&rig, UPLINK_RUNG_BEARER) &&
                has(&rig, UPLINK_RUNG_REOPEN));
    assert_true(has(&rig, UPLINK_RUNG_RESET));
    assert_false(has(&rig, UPLINK_RUNG_RADIO));
    assert_false(has(&rig, UPLINK_RUNG_POWER_KEY) || has(&rig, UPLINK_RUNG_POWER_RAIL));
    modem_rig_free(&rig);
    modem_rig_init(&rig, "sim800");
    assert_true(has(&rig, UPLINK_RUNG_RADIO) && has(&rig, UPLINK_RUNG_RESET));
    modem_rig_free(&rig);
}

/* ---- power ---- */

struct fake_power {
    struct power power; /* first */
    int error;          /* of begin() */
    unsigned begun[2];  /* of enum power_action */
    unsigned cancelled;
};

static bool power_can(const struct power *power, enum power_action action)
{
    (void)power;
    (void)action;
    return true;
}

static int power_begin(struct power *power, enum power_action action, const struct power_times *times)
{
    (void)times;
    struct fake_power *fake = (struct fake_power *)(void *)power;

    fake->begun[action]++;
    return fake->error;
}

static void power_cancel(struct power *power)
{
    ((struct fake_power *)(void *)power)->cancelled++;
}

static const struct power_ops power_ops = {power_can, power_begin, power_cancel, NULL};

/* The port stays closed until the power is back; then the modem is looked for from the beginning. */
static void power_is_switched_before_the_port_is_opened(void **state)
{
    struct fake_power fake = {.power.ops = &power_ops};
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_set_power(rig.modem, &fake.power);
    assert_true(has(&rig, UPLINK_RUNG_POWER_KEY) && has(&rig, UPLINK_RUNG_POWER_RAIL));
    modem_rig_start(&rig, UPLINK_RUNG_POWER_RAIL);
    sched_advance(rig.sched, 5000);
    assert_int_equal(fake.begun[POWER_CYCLE], 1);
    assert_false(rig.fake->is_open);
    modem_rig_expect_why(&rig, "switching the modem's power off and on");
    fake.power.on_done(fake.power.arg, 0, "");
    sched_settle(rig.sched);
    assert_true(rig.fake->is_open);
    modem_rig_play(&rig, "a7/start.log", 200000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(fake.cancelled, 0);
    modem_rig_free(&rig);
}

static void a_command_that_fails_is_no_end(void **state)
{
    struct fake_power fake = {.power.ops = &power_ops, .error = -ENOENT};
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_set_power(rig.modem, &fake.power);
    modem_rig_start(&rig, UPLINK_RUNG_POWER_KEY);
    sched_settle(rig.sched);
    assert_int_equal(fake.begun[POWER_PULSE], 1);
    assert_true(rig.fake->is_open); /* it could not be started */
    modem_rig_play(&rig, "a7/start.log", 200000);
    modem_rig_expect(&rig, "ready\n");
    fake.error = 0;
    modem_rig_start(&rig, UPLINK_RUNG_POWER_KEY);
    sched_advance(rig.sched, 1000);
    fake.power.on_done(fake.power.arg, -EIO, "it ended with status 1");
    modem_rig_play(&rig, "a7/start.log", 200000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static bool power_is_off(struct power *power)
{
    struct fake_power *fake = (struct fake_power *)power;

    return fake->begun[POWER_PULSE] == 0;
}

/* No rung asks for it: a line tells that somebody has switched the module off. */
static void a_module_that_is_off_is_switched_on(void **state)
{
    static const struct power_ops ops = {power_can, power_begin, power_cancel, power_is_off};
    struct fake_power fake = {.power.ops = &ops};
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_set_power(rig.modem, &fake.power);
    modem_rig_start(&rig, UPLINK_RUNG_REOPEN);
    sched_advance(rig.sched, 1000);
    assert_int_equal(fake.begun[POWER_PULSE], 1);
    assert_false(rig.fake->is_open);
    fake.power.on_done(fake.power.arg, 0, "");
    modem_rig_play(&rig, "a7/start.log", 200000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(fake.begun[POWER_PULSE], 1);
    modem_rig_free(&rig);
}

static void a_stop_ends_the_switching(void **state)
{
    struct fake_power fake = {.power.ops = &power_ops};
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_set_power(rig.modem, &fake.power);
    modem_rig_start(&rig, UPLINK_RUNG_POWER_RAIL);
    sched_advance(rig.sched, 1000);
    rig.uplink->ops->stop(rig.uplink, 1000);
    sched_advance(rig.sched, 2000);
    assert_int_equal(fake.cancelled, 1);
    modem_rig_expect(&rig, "stopped\n");
    modem_rig_free(&rig);
}

static void redial_of_a_ready_modem_costs_nothing(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    assert_int_equal(rig.uplink->ops->start(rig.uplink, UPLINK_RUNG_REDIAL), -EALREADY);
    modem_rig_expect(&rig, "ready\n");
    sched_advance(rig.sched, 5000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

static void the_bearer_goes_down_and_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    modem_rig_start(&rig, UPLINK_RUNG_BEARER);
    modem_rig_expect(&rig, "modem failed: data connection down and up\n");
    modem_rig_say(&rig,
                  ">> AT+CIPSHUT\\r\n<< \\r\\nSHUT OK\\r\\n\n"
                  ">> AT+CGACT=0,1\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CGATT=0\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CIPSHUT\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CGATT=1\\r\n<< \\r\\n+CGATT:1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CGATT?\\r\n<< \\r\\n+CGATT:1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CGDCONT=1,\"IP\",\"internet\"\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CGACT=1,1\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CIPMUX=1\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CIFSR\\r\n<< \\r\\n10.8.18.71\\r\\n\\r\\nOK\\r\\n\n",
                  10000);
    modem_rig_expect(&rig, "ready\n");
    assert_string_equal(modem_info(rig.modem)->address, "10.8.18.71");
    modem_rig_connect(&rig, "a7/connect.log");
    modem_rig_free(&rig);
}

static void the_radio_goes_off_and_on(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim800", "sim800/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_RADIO);
    modem_rig_say(&rig,
                  ">> AT+CFUN=0\\r\n<< \\r\\n+PDP: DEACT\\r\\n\\r\\n+CPIN: NOT READY\\r\\n\\r\\nOK\\r\\n\n"
                  "-- advance 2900\n"
                  ">> AT+CFUN=1\\r\n<< \\r\\nOK\\r\\n\\r\\n+CPIN: READY\\r\\n\\r\\nCall Ready\\r\\n\n"
                  ">> AT+CPIN?\\r\n<< \\r\\n+CPIN: READY\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CCID\\r\n",
                  10000);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

static void the_modem_restarts(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a9", "a9/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_RESET);
    modem_rig_say(&rig, ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+RST=1\\r\n<< \\r\\nOK\\r\\n\n", 2000);
    modem_rig_expect_why(&rig, "the modem restarts");
    modem_rig_say(&rig, "-- advance 500\n<< \\r\\nInit...\\r\\n\n-- advance 1900\n", 3000);
    modem_rig_play(&rig, "a9/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static void a_restart_command_may_stay_unanswered(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_RESET);
    modem_rig_say(&rig, ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+RST=1\\r\n", 2000);
    modem_rig_answer_with(&rig, "AT\r", "");
    modem_rig_answer(&rig, 8000);
    modem_rig_expect(&rig, "");
    modem_rig_answer_with(&rig, "AT\r", "\r\nOK\r\n");
    modem_rig_answer(&rig, 20000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static void the_port_is_opened_anew(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_REOPEN);
    modem_rig_play(&rig, "a7/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(rig.fake->opens, 2);
    modem_rig_free(&rig);
}

/* ---- stopping ---- */

static void stop(struct modem_rig *rig, uint32_t grace_ms)
{
    rig->uplink->ops->stop(rig->uplink, grace_ms);
}

static void it_stops_in_order(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    stop(&rig, 5000);
    stop(&rig, 5000);
    assert_int_equal(rig.uplink->ops->start(rig.uplink, UPLINK_RUNG_REDIAL), -EALREADY);
    modem_rig_say(&rig,
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSHUT\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CGACT=0,1\\r\n<< \\r\\nOK\\r\\n\n>> AT+CGATT=0\\r\n<< \\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect(&rig, "closed as asked\nstopped\n");
    assert_false(rig.fake->is_open);
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_free(&rig);
}

static void it_stops_in_time(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    stop(&rig, 2000);
    sched_advance(rig.sched, 1900);
    modem_rig_expect(&rig, "");
    sched_advance(rig.sched, 200);
    modem_rig_expect(&rig, "closed as asked\nstopped\n");
    assert_false(rig.fake->is_open);
    modem_rig_free(&rig);
}

static void it_stops_wherever_it_is(void **state)
{
    (void)state;
    for (unsigned exchanges = 1; exchanges < 26; exchanges++) {
        struct modem_rig rig;
        modem_rig_init(&rig, "a7");
        modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
        modem_rig_play_until(&rig, "a7/start.log", exchanges, 20000);
        stop(&rig, 5000);
        modem_rig_expect(&rig, "stopped\n");
        assert_int_equal(modem_info(rig.modem)->state, MODEM_DOWN);
        assert_false(rig.fake->is_open);
        modem_rig_free(&rig);
    }
}

static void a_stop_of_what_rests_is_told_too(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    stop(&rig, 1000);
    modem_rig_expect(&rig, "stopped\n");
    stop(&rig, 1000);
    modem_rig_expect(&rig, "stopped\n");
    modem_rig_free(&rig);
}

/* ---- configuration ---- */

static void a_new_access_point_needs_a_new_start(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    rig.config.poll_ms = 60000;
    assert_false(modem_configure(rig.modem, &rig.config));
    strcpy(rig.config.apn, "other");
    assert_true(modem_configure(rig.modem, &rig.config));
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_until(&rig, "AT+CGDCONT=1,\"IP\",\"other\"\r", 10000);
    modem_rig_free(&rig);
}

static void an_unknown_profile_is_refused(void **state)
{
    struct modem_config config = {.profile = "a99", .command_gap_ms = -1};
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    assert_null(modem_create(rig.sched, &rig.fake->port, &config));
    assert_int_equal(errno, EINVAL);
    assert_false(modem_configure(rig.modem, &config));
    modem_rig_free(&rig);
}

/* A quote in a value would end the quotes it stands in. */
static void a_value_that_breaks_out_is_not_sent(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    strcpy(rig.config.apn, "x\"\rAT+CLCK=\"SC\",1");
    modem_rig_renew(&rig);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 10000);
    modem_rig_expect(&rig, "failed data connection, retry: a configured value holds a quote or a control "
                           "character; is `apn` right for this SIM card?\n");
    modem_rig_free(&rig);
}

/* ---- the user's own commands ---- */

struct answer {
    unsigned calls;
    int error;
    char text[256];
};

static void on_answer(void *arg, int error, const char *const *lines, size_t count)
{
    struct answer *answer = arg;

    answer->calls++;
    answer->error = error;
    answer->text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        strcat(answer->text, lines[i]);
        strcat(answer->text, "|");
    }
}

static void a_command_of_the_user(void **state)
{
    struct answer answer = {0};
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7", "a7/start.log");
    assert_int_equal(modem_ask(rig.modem, "AT+CREG?", 0, on_answer, &answer), 0);
    assert_int_equal(modem_ask(rig.modem, "AT+CSQ", 0, on_answer, &answer), -EBUSY);
    modem_rig_say(&rig, ">> AT+CREG?\\r\n<< \\r\\n+CREG: 1,1\\r\\n\\r\\nOK\\r\\n\n", 1000);
    assert_int_equal(answer.calls, 1);
    assert_int_equal(answer.error, 0);
    assert_string_equal(answer.text, "+CREG: 1,1|OK|");
    assert_int_equal(modem_ask(rig.modem, "AT+FOO", 0, on_answer, &answer), 0);
    modem_rig_say(&rig, ">> AT+FOO\\r\n<< \\r\\n+CME ERROR:58\\r\\n\n", 1000);
    assert_string_equal(answer.text, "+CME ERROR:58|");
    assert_int_equal(modem_ask(rig.modem, "AT+BAR", 2000, on_answer, &answer), 0);
    modem_rig_say(&rig, ">> AT+BAR\\r\n-- advance 2100\n>> AT\\r\n<< \\r\\nOK\\r\\n\n", 5000);
    assert_int_equal(answer.error, -ETIMEDOUT);
    assert_int_equal(answer.calls, 3);
    modem_rig_free(&rig);
}

static void a_command_that_would_cut_the_ground_is_refused(void **state)
{
    struct answer answer = {0};
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    assert_int_equal(modem_ask(rig.modem, "AT+CSQ", 0, on_answer, &answer), -ENOTCONN);
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_int_equal(modem_ask(rig.modem, "AT+CPIN=\"1234\"", 0, on_answer, &answer), -EPERM);
    assert_int_equal(modem_ask(rig.modem, "AT+CSQ", 0, on_answer, &answer), 0);
    modem_ask_cancel(rig.modem);
    sched_advance(rig.sched, 20000);
    assert_int_equal(answer.calls, 0);
    modem_rig_free(&rig);
}

/* ---- idle ---- */

/* Two bytes a second is what idling may cost on the line. A heartbeat every 45 s, in and out, with the commands
 * around it, takes some 1.4 of them; this is for the rest. */
static void idling_costs_little(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    rig.config.poll_ms = 120000;
    modem_rig_renew(&rig);
    modem_rig_bring_up(&rig, "a7/start.log");
    const struct modem_info *info = modem_info(rig.modem);
    uint64_t before = info->bytes_out + info->bytes_in;
    modem_rig_answer(&rig, 3600000);
    info = modem_info(rig.modem);
    uint64_t bytes = info->bytes_out + info->bytes_in - before;
    assert_true(bytes > 0);
    assert_true(bytes < 3600 / 10 * 6);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rungs_follow_from_the_profile),
        cmocka_unit_test(power_is_switched_before_the_port_is_opened),
        cmocka_unit_test(a_command_that_fails_is_no_end),
        cmocka_unit_test(a_module_that_is_off_is_switched_on),
        cmocka_unit_test(a_stop_ends_the_switching),
        cmocka_unit_test(redial_of_a_ready_modem_costs_nothing),
        cmocka_unit_test(the_bearer_goes_down_and_up),
        cmocka_unit_test(the_radio_goes_off_and_on),
        cmocka_unit_test(the_modem_restarts),
        cmocka_unit_test(a_restart_command_may_stay_unanswered),
        cmocka_unit_test(the_port_is_opened_anew),
        cmocka_unit_test(it_stops_in_order),
        cmocka_unit_test(it_stops_in_time),
        cmocka_unit_test(it_stops_wherever_it_is),
        cmocka_unit_test(a_stop_of_what_rests_is_told_too),
        cmocka_unit_test(a_new_access_point_needs_a_new_start),
        cmocka_unit_test(an_unknown_profile_is_refused),
        cmocka_unit_test(a_value_that_breaks_out_is_not_sent),
        cmocka_unit_test(a_command_of_the_user),
        cmocka_unit_test(a_command_that_would_cut_the_ground_is_refused),
        cmocka_unit_test(idling_costs_little),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
