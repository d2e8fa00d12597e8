/* What goes wrong on the way to READY and while being there: ports, silence, restarts, the network. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* ---- the port ---- */

static void a_port_that_stays_away_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    fake_port_fail_open(rig.fake, -ENOENT, "/dev/ttyUSB0 is not there: is the modem plugged in?");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_advance(rig.sched, 29000);
    modem_rig_expect(&rig, "");
    modem_rig_expect_why(&rig, "POWER: waiting for the serial port: /dev/ttyUSB0 is not there");
    sched_advance(rig.sched, 2000);
    modem_rig_expect(
        &rig, "failed serial port, retry: the serial port cannot be used: /dev/ttyUSB0 is not there: is "
              "the modem plugged in?\n");
    modem_rig_free(&rig);
}

static void a_port_that_appears_is_opened_at_once(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    fake_port_fail_open(rig.fake, -ENOENT, "not there");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_advance(rig.sched, 4500);
    fake_port_fail_open(rig.fake, 0, NULL);
    modem_look_again(rig.modem);
    sched_settle(rig.sched);
    assert_true(rig.fake->is_open);
    modem_rig_play(&rig, "a7/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static void a_pulled_plug_is_an_ordinary_event(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    fake_port_go_down(rig.fake, -EIO, "it was unplugged");
    modem_rig_expect(&rig, "failed serial port, retry: the serial port is gone: it was unplugged\n"
                           "modem failed: the serial port is gone: it was unplugged\n");
    assert_int_equal(modem_info(rig.modem)->state, MODEM_DOWN);
    fake_port_fail_open(rig.fake, -ENOENT, "not there");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_advance(rig.sched, 10000);
    fake_port_fail_open(rig.fake, 0, NULL);
    modem_rig_play(&rig, "a7/start.log", 30000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

/* ---- silence ---- */

static void a_mute_modem_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_advance(rig.sched, 59000);
    modem_rig_expect_why(&rig, "SYNC: the modem does not answer yet");
    sched_advance(rig.sched, 2000);
    modem_rig_expect(
        &rig, "failed modem, retry: the modem does not answer: is it switched on, wired right, and the "
              "baud rate right?\n");
    assert_false(rig.fake->is_open);
    modem_rig_free(&rig);
}

/* What is left of a send that an earlier life began swallows all that is said, probes too. */
static void a_modem_that_still_counts_payload_is_set_free(void **state)
{
    size_t swallowed = 0;
    uint64_t started_ms;
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    started_ms = sched_now_ms(rig.sched);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    for (int turn = 0; turn < 200 && swallowed < 1000; turn++) {
        sched_advance(rig.sched, 50);
        swallowed += buf_len(&rig.fake->written);
        fake_port_forget_written(rig.fake);
    }
    assert_true(swallowed >= 1000);
    fake_port_feed_text(rig.fake, "\r\nOK\r\n");
    modem_rig_play(&rig, "a7/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    assert_true(sched_now_ms(rig.sched) - started_ms < 20000);
    modem_rig_free(&rig);
}

static void a_modem_that_falls_silent_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    sched_advance(rig.sched, 60000);
    modem_rig_expect(&rig, "failed modem, retry: the modem does not answer any more\n"
                           "sending failed: the modem did not take the data: no answer in time\n");
    fake_port_forget_written(rig.fake);
    modem_rig_start(&rig, UPLINK_RUNG_REOPEN);
    modem_rig_play(&rig, "a7/start.log", 20000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(rig.fake->opens, 2);
    modem_rig_free(&rig);
}

/* ---- restarts ---- */

/* Wherever it restarts, the way begins anew, and it comes up. */
static void a_restart_on_the_way_begins_anew(void **state)
{
    (void)state;
    for (unsigned exchanges = 1;; exchanges++) {
        struct modem_rig rig;
        modem_rig_init(&rig, "a7");
        if (exchanges >= modem_rig_count(&rig, "a7/start.log")) {
            modem_rig_free(&rig);
            return;
        }
        modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
        modem_rig_play_until(&rig, "a7/start.log", exchanges, 20000);
        fake_port_forget_written(rig.fake);
        fake_port_feed_text(rig.fake, "\r\n^CINIT: 1, 0, 0\r\n\r\n^CINIT: 2, 32, 41891\r\n");
        sched_advance(rig.sched, 900);
        fake_port_forget_written(rig.fake);
        modem_rig_answer(&rig, 10000);
        modem_rig_expect(&rig, "ready\n");
        modem_rig_free(&rig);
    }
}

static void a_modem_that_keeps_restarting_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_settle(rig.sched);
    for (int i = 0; i < 6; i++) {
        modem_rig_answer_until(&rig, "AT+CSQ\r", 20000);
        modem_rig_hear(&rig, "\r\n^CINIT: 1, 0, 0\r\n");
    }
    modem_rig_expect(
        &rig, "failed modem, retry: the modem restarts again and again: check its power supply (it draws "
              "2 A when it sends)\n");
    modem_rig_free(&rig);
}

static void check_restart_while_ready(const char *profile)
{
    struct modem_rig rig;
    char name[32];

    modem_rig_init(&rig, profile);
    snprintf(name, sizeof(name), "%s/start.log", profile);
    modem_rig_bring_up(&rig, name);
    snprintf(name, sizeof(name), "%s/connect.log", profile);
    modem_rig_connect(&rig, name);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"0123456789abcdef0123456789ABCDEF", 32), 32);
    snprintf(name, sizeof(name), "%s/reboot-in-send.log", profile);
    modem_rig_play(&rig, name, 1000);
    modem_rig_expect(&rig, "failed modem, restarted: the modem restarted by itself\n"
                           "modem failed: the modem restarted by itself\n");
    fake_port_forget_written(rig.fake);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    sched_advance(rig.sched, 190);
    snprintf(name, sizeof(name), "%s/start.log", profile);
    modem_rig_play(&rig, name, 20000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static void a_restart_while_ready_is_told(void **state)
{
    (void)state;
    check_restart_while_ready("a7");
    check_restart_while_ready("a9");
}

/* With automatic baud rate an echo may be the only sign. */
static void an_echo_while_ready_is_a_restart(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig, ">> AT+CIPSEND=0,5\\r\n<< AT+CIPSEND=0,5\\r\\r\\nERROR\\r\\n\n>> \\x1b\n", 100);
    modem_rig_expect(&rig, "failed modem, restarted: the modem restarted by itself\n"
                           "modem failed: the modem restarted by itself\n");
    modem_rig_free(&rig);
}

static void late_lines_of_a_start_are_no_restart(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "sim800");
    modem_rig_allow_roaming(&rig);
    modem_rig_bring_up(&rig, "sim800/start.log");
    fake_port_feed_text(rig.fake, "\r\nCall Ready\r\n\r\nSMS Ready\r\n");
    modem_rig_expect(&rig, "");
    sched_advance(rig.sched, 61000);
    fake_port_feed_text(rig.fake, "\r\nCall Ready\r\n\r\nSMS Ready\r\n");
    modem_rig_expect(&rig, "failed modem, restarted: the modem restarted by itself\n");
    modem_rig_free(&rig);
}

static void a_modem_that_switches_itself_off_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "sim800");
    modem_rig_allow_roaming(&rig);
    modem_rig_bring_up(&rig, "sim800/start.log");
    fake_port_feed_text(rig.fake, "\r\nUNDER-VOLTAGE WARNNING\r\n");
    modem_rig_expect(&rig, "");
    fake_port_feed_text(rig.fake, "\r\nNORMAL POWER DOWN\r\n");
    modem_rig_expect(&rig, "failed modem, retry: the modem has switched itself off\n");
    modem_rig_free(&rig);
}

/* ---- the network ---- */

static void a_refusal_that_lasts_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_until(&rig, "a7/denied.log", 100, 5000);
    modem_rig_answer_with(&rig, "AT+CREG?\r", "\r\n+CREG: 1,3\r\n\r\nOK\r\n");
    modem_rig_answer(&rig, 50000);
    modem_rig_expect(&rig, "");
    modem_rig_expect_why(&rig, "REGISTER: waiting for the network: refused by the network (signal -67 dBm)");
    modem_rig_answer(&rig, 25000);
    modem_rig_expect(&rig, "failed network registration, retry: the network refuses this SIM card: is it "
                           "activated, paid for, and open for data?\n");
    modem_rig_free(&rig);
}

static void no_network_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_with(&rig, "AT+CREG?\r", "\r\n+CREG: 1,2\r\n\r\nOK\r\n");
    modem_rig_answer_with(&rig, "AT+CSQ\r", "\r\n+CSQ: 99,99\r\n\r\nOK\r\n");
    modem_rig_answer(&rig, 170000);
    modem_rig_expect(&rig, "");
    modem_rig_expect_why(&rig, "REGISTER: waiting for the network: searching (no signal known)");
    modem_rig_answer(&rig, 15000);
    modem_rig_expect(&rig,
                     "failed network registration, retry: no network in 180 s: searching (no signal known); "
                     "check the antenna, and that this kind of network is still there\n");
    /* The next start begins there, not with the port. */
    modem_rig_answer_with(&rig, "AT+CREG?\r", "\r\n+CREG: 1,1\r\n\r\nOK\r\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 3000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(rig.fake->opens, 1);
    modem_rig_free(&rig);
}

static void roaming_that_is_switched_off_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_with(&rig, "AT+CREG?\r", "\r\n+CREG: 1,5\r\n\r\nOK\r\n");
    modem_rig_answer(&rig, 40000);
    modem_rig_expect(&rig,
                     "failed network registration, hopeless: only a foreign network is there and roaming is "
                     "switched off: set roaming = yes if it may cost\n");
    rig.config.allow_roaming = true;
    assert_false(modem_configure(rig.modem, &rig.config));
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 10000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

static void a_bearer_that_does_not_come_up_is_told(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_with(&rig, "AT+CGACT=1,1\r", "\r\n+CME ERROR:148\r\n");
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(
        &rig, "failed data connection, retry: opening the data connection failed: the modem says \"+CME "
              "ERROR:148\" (the network gave no reason); is `apn` right for this SIM card?\n");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_port_that_stays_away_is_told),
        cmocka_unit_test(a_port_that_appears_is_opened_at_once),
        cmocka_unit_test(a_pulled_plug_is_an_ordinary_event),
        cmocka_unit_test(a_mute_modem_is_told),
        cmocka_unit_test(a_modem_that_still_counts_payload_is_set_free),
        cmocka_unit_test(a_modem_that_falls_silent_is_told),
        cmocka_unit_test(a_restart_on_the_way_begins_anew),
        cmocka_unit_test(a_modem_that_keeps_restarting_is_told),
        cmocka_unit_test(a_restart_while_ready_is_told),
        cmocka_unit_test(an_echo_while_ready_is_a_restart),
        cmocka_unit_test(late_lines_of_a_start_are_no_restart),
        cmocka_unit_test(a_modem_that_switches_itself_off_is_told),
        cmocka_unit_test(a_refusal_that_lasts_is_told),
        cmocka_unit_test(no_network_is_told),
        cmocka_unit_test(roaming_that_is_switched_off_is_told),
        cmocka_unit_test(a_bearer_that_does_not_come_up_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
