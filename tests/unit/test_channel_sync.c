#include "at_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const csq_lines[] = {"+CSQ:%d,%d", NULL};
static const struct at_expect expect_csq = {.end = AT_END_OK, .deadline_ms = 3000, .lines = csq_lines};
static const struct at_expect expect_send = {.end = AT_END_OK, .deadline_ms = 30000};

static struct at_rig rig;

static int set_up(void **state)
{
    (void)state;
    at_rig_init_ai_thinker(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    at_rig_free(&rig);
    return 0;
}

/* ---- deadlines and late answers ---- */

static void a_missed_deadline_is_followed_by_a_resynchronisation(void **state)
{
    static struct at_rig_request csq;
    static struct at_rig_request next;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_send(&rig, &next, "AT+NEXT", NULL);
    at_rig_expect_written(&rig, "AT+CSQ\r");
    sched_advance(rig.sched, 2999);
    at_rig_expect(&rig, "");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "AT+CSQ: no answer in time\n");
    assert_int_equal(at_channel_counters(rig.channel)->timeouts, 1);
    assert_false(at_channel_idle(rig.channel));
    sched_advance(rig.sched, 200);
    at_rig_expect_written(&rig, "AT\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    sched_advance(rig.sched, 249);
    fake_port_expect_silence(rig.fake);
    sched_advance(rig.sched, 1);
    at_rig_expect_written(&rig, "AT+NEXT\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+NEXT: OK\n");
}

static void late_answers_never_reach_the_next_command(void **state)
{
    static struct at_rig_request csq;
    static struct at_rig_request next;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_send(&rig, &next, "AT+NEXT", NULL);
    sched_advance(rig.sched, 3000);
    at_rig_hear(&rig, "\r\n+CSQ: 23,99\r\n");
    at_rig_expect(&rig, "AT+CSQ: no answer in time\nlate +CSQ: 23,99\n");
    fake_port_forget_written(rig.fake);
    sched_advance(rig.sched, 200);
    at_rig_expect_written(&rig, "AT\r");
    at_rig_hear(&rig, "\r\nOK\r\n"); /* of AT+CSQ */
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "\r\nOK\r\n"); /* of the probe */
    sched_advance(rig.sched, 249);
    fake_port_expect_silence(rig.fake);
    sched_advance(rig.sched, 1);
    at_rig_expect_written(&rig, "AT+NEXT\r");
    at_rig_expect(&rig, "");
}

static void silence_is_not_awaited_for_ever(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    sched_advance(rig.sched, 3000);
    fake_port_forget_written(rig.fake);
    for (int i = 0; i < 9; i++) {
        sched_advance(rig.sched, 100);
        at_rig_hear(&rig, "\r\n+CREG: 1\r\n");
        fake_port_expect_silence(rig.fake);
    }
    sched_advance(rig.sched, 100);
    at_rig_expect_written(&rig, "AT\r");
}

static void a_mute_modem_is_told_once_and_the_queue_waits(void **state)
{
    static struct at_rig_request csq;
    static struct at_rig_request next;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_send(&rig, &next, "AT+NEXT", NULL);
    at_rig_expect_written(&rig, "AT+CSQ\r");
    sched_advance(rig.sched, 3000 + 200 + 10 * 500 - 1);
    at_rig_expect(&rig, "AT+CSQ: no answer in time\n");
    at_rig_expect_written(&rig, "AT\rAT\rAT\rAT\rAT\rAT\rAT\rAT\rAT\rAT\r");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "mute\n");
    sched_advance(rig.sched, 3600000);
    at_rig_expect(&rig, "");
    fake_port_expect_silence(rig.fake);
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
    assert_false(at_channel_idle(rig.channel));

    at_channel_resync(rig.channel);
    at_rig_let_sync(&rig);
    at_rig_expect_written(&rig, "AT+NEXT\r");
}

/* It may go on with a command of a minute and hear nothing meanwhile. */
static void a_modem_is_not_mute_while_a_cancelled_command_may_run(void **state)
{
    static const struct at_expect expect_long = {.end = AT_END_OK, .deadline_ms = 60000};
    static struct at_rig_request open;
    static struct at_rig_request next;

    (void)state;
    at_rig_send(&rig, &open, "AT+OPEN", &expect_long);
    at_rig_send(&rig, &next, "AT+NEXT", NULL);
    sched_advance(rig.sched, 8000);
    at_request_cancel(rig.channel, &open.request);
    sched_advance(rig.sched, 22000);
    at_rig_expect(&rig, "AT+OPEN: cancelled\n");
    at_rig_hear(&rig, "\r\nOK\r\n");
    fake_port_forget_written(rig.fake);
    sched_advance(rig.sched, 250);
    at_rig_expect_written(&rig, "AT+NEXT\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+NEXT: OK\n");

    at_rig_send(&rig, &open, "AT+OPEN", &expect_long);
    sched_advance(rig.sched, 8000);
    at_request_cancel(rig.channel, &open.request);
    sched_advance(rig.sched, 51000);
    at_rig_expect(&rig, "AT+OPEN: cancelled\n");
    sched_advance(rig.sched, 2000);
    at_rig_expect(&rig, "mute\n");

    fake_port_forget_written(rig.fake);
    at_channel_resync(rig.channel); /* a new conversation need not be so patient */
    at_rig_let_sync(&rig);
    at_rig_send(&rig, &open, "AT+OPEN", &expect_long);
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200 + 10 * 500);
    at_rig_expect(&rig, "AT+OPEN: cancelled\nmute\n");
}

static void a_modem_that_counts_payload_is_fed_probes_until_it_is_full(void **state)
{
    static struct at_rig_request send;
    static const uint8_t payload[90] = {0};

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,90", &expect_send, payload, sizeof(payload));
    at_rig_hear(&rig, "\r\n>");
    sched_advance(rig.sched, 30000);
    at_rig_expect(&rig, "AT+CIPSEND=0,90: no answer in time sent\n");
    sched_advance(rig.sched, 200 + 31 * 500 - 1);
    at_rig_expect(&rig, "");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "mute\n");
    assert_int_equal(buf_len(&rig.fake->written), 16 + 90 + 31 * 3);
}

static void a_modem_that_answers_in_numbers_is_taught_words(void **state)
{
    (void)state;
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200);
    at_rig_expect_written(&rig, "AT\r");
    at_rig_hear(&rig, "0\r");
    at_rig_expect_written(&rig, "ATV1\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    sched_advance(rig.sched, 250);
    assert_true(at_channel_idle(rig.channel));
}

static void errors_do_not_end_the_search(void **state)
{
    (void)state;
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "\r\nERROR\r\n");
    sched_advance(rig.sched, 500);
    at_rig_expect_written(&rig, "AT\rAT\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    sched_advance(rig.sched, 250);
    assert_true(at_channel_idle(rig.channel));
}

static void unsolicited_lines_are_routed_while_resynchronising(void **state)
{
    (void)state;
    rig.fake->whole = true;
    at_channel_resync(rig.channel);
    at_rig_hear(&rig, "\r\n+CREG: 1\r\n");
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "\r\n+CREG: 2\r\n\r\nOK\r\n+CIPRCV:0,2,OK\r\n+CREG: 3\r\n");
    at_rig_expect(&rig, "urc +CREG: 1\nurc +CREG: 2\npayload 0 0/2 OK\nurc +CREG: 3\n");
}

/* ---- the prompt ---- */

static void a_missing_prompt_is_given_up_with_escape(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,5", &expect_send, "hello", 5);
    sched_advance(rig.sched, 5000);
    at_rig_expect(&rig, "AT+CIPSEND=0,5: no answer in time\n");
    at_rig_expect_written(&rig, "AT+CIPSEND=0,5\r\x1b");
    at_rig_hear(&rig, "\r\n> "); /* too late: the payload may be gone by now */
    at_rig_expect_written(&rig, "\x1b");
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
    fake_port_expect_silence(rig.fake);
}

/* The link was closed meanwhile: whether the modem still counts, nobody knows. */
static void an_error_in_mid_payload_ends_it_and_the_rest_is_kept_back(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,5", &expect_send, "hello", 5);
    fake_port_set_room(rig.fake, 2);
    at_rig_hear(&rig, "\r\n>\r\n+TCPCLOSED:0\r\n\r\n+CME ERROR:53\r\n");
    at_rig_expect(&rig, "urc +TCPCLOSED:0\nAT+CIPSEND=0,5: ERROR 53 sent (+CME ERROR:53)\n");
    fake_port_set_room(rig.fake, SIZE_MAX);
    sched_settle(rig.sched);
    at_rig_expect_written(&rig, "AT+CIPSEND=0,5\rhe");
    assert_false(at_channel_idle(rig.channel));
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
}

static void a_sign_that_nobody_awaits_is_no_prompt(void **state)
{
    static struct at_rig_request at;

    (void)state;
    at_rig_send(&rig, &at, "AT", NULL);
    at_rig_hear(&rig, "\r\n> \r\nOK\r\n");
    at_rig_expect(&rig, "AT: OK\n");
    at_rig_expect_written(&rig, "AT\r");
}

/* ---- echo ---- */

static void echo_is_dropped_where_it_is_expected(void **state)
{
    static struct at_rig_request ati;
    static const struct at_expect any = {.end = AT_END_OK, .any_line = true};

    (void)state;
    at_channel_set_echo(rig.channel, true);
    at_rig_send(&rig, &ati, "ATI", &any);
    at_rig_hear(&rig, "ATI\r\r\nA7\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "  A7\nATI: OK\n");
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "AT\r\r\nOK\r\n");
    sched_advance(rig.sched, 250);
    assert_true(at_channel_idle(rig.channel));
    at_rig_expect(&rig, "");
}

static void echo_where_it_was_switched_off_is_a_reboot(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_hear(&rig, "AT+CSQ\r\r\n+CSQ: 0,0\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "AT+CSQ: modem restarted (AT+CSQ)\nreboot AT+CSQ\nlate +CSQ: 0,0\n");
    fake_port_forget_written(rig.fake);
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "AT\r\r\nOK\r\n"); /* told once; now echo is expected */
    at_rig_expect(&rig, "");
    assert_int_equal(at_channel_counters(rig.channel)->reboots, 1);
}

static void an_echoed_probe_is_a_reboot_too(void **state)
{
    (void)state;
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "AT\r\r\nOK\r\n");
    at_rig_expect(&rig, "reboot AT\n");
    sched_advance(rig.sched, 250);
    assert_true(at_channel_idle(rig.channel));
}

static void a_line_that_only_resembles_the_command_is_no_echo(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_hear(&rig, "\r\nAT+CSQ=\r\nAT+CS\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "AT+CSQ: OK\n");
}

/* ---- reboots ---- */

static void a_boot_line_must_be_the_whole_line(void **state)
{
    static struct at_rig_request cpin;
    static const char *const lines[] = {"+CPIN: *", NULL};
    static const struct at_expect expect = {.end = AT_END_OK, .lines = lines};

    (void)state;
    at_rig_send(&rig, &cpin, "AT+CPIN?", &expect);
    at_rig_hear(&rig, "\r\n+CPIN:READY\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "  +CPIN:READY\nAT+CPIN?: OK\n");
    at_rig_hear(&rig, "\r\nREADY\r\n");
    at_rig_expect(&rig, "reboot READY\n");
}

static void a_reboot_ends_the_command_in_every_phase(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+A", &expect_send, "hello", 5);
    at_rig_hear(&rig, "\r\nInit...\r\n"); /* before the prompt */
    at_rig_expect(&rig, "AT+A: modem restarted (Init...)\nreboot Init...\n");
    at_rig_expect_written(&rig, "AT+A\r\x1b");
    at_rig_let_sync(&rig);

    at_rig_send_payload(&rig, &send, "AT+B", &expect_send, "hello", 5);
    fake_port_set_room(rig.fake, 2);
    at_rig_hear(&rig, "\r\n>\r\n^CINIT: 1, 0, 0\r\n"); /* while the payload is written */
    at_rig_expect(&rig, "AT+B: modem restarted sent (^CINIT: 1, 0, 0)\nreboot ^CINIT: 1, 0, 0\n");
    fake_port_set_room(rig.fake, SIZE_MAX);
    at_rig_expect_written(&rig, "AT+B\rhe");
    at_rig_let_sync(&rig);

    at_rig_send_payload(&rig, &send, "AT+C", &expect_send, "hello", 5);
    at_rig_hear(&rig, "\r\n>\xFF\r\nREADY\r\n"); /* after it */
    at_rig_expect(&rig, "AT+C: modem restarted sent (READY)\nreboot READY\n");
    at_rig_expect_written(&rig, "AT+C\rhello");
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "\r\nREADY\r\n"); /* while resynchronising */
    at_rig_expect(&rig, "reboot READY\n");
    assert_int_equal(at_channel_counters(rig.channel)->reboots, 1);
}

static void a_reboot_after_a_while_counts_as_another(void **state)
{
    (void)state;
    at_rig_hear(&rig, "\r\nInit...\r\n\r\nREADY\r\n");
    sched_advance(rig.sched, 60000);
    at_rig_hear(&rig, "\r\nInit...\r\n\r\nREADY\r\n");
    at_rig_expect(&rig, "reboot Init...\nreboot READY\nreboot Init...\nreboot READY\n");
    assert_int_equal(at_channel_counters(rig.channel)->reboots, 2);
}

static void a_reboot_in_mid_payload_is_found_after_the_stall(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    rig.fake->whole = true;
    at_rig_send(&rig, &csq, "AT+CSQ", NULL);
    at_rig_hear(&rig, "\r\n+CIPRCV:3,100,ab\r\nREADY\r\n");
    at_rig_expect(&rig, "payload 3 0/100 ab\r\nREADY\r\n\n");
    sched_advance(rig.sched, 1999);
    at_rig_expect(&rig, "");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "lost 3\nAT+CSQ: no answer in time\n");
    sched_advance(rig.sched, 200);
    at_rig_hear(&rig, "AT\r\r\nOK\r\n");
    at_rig_expect(&rig, "reboot AT\n");
}

static void a_stall_with_nothing_in_flight_is_told_and_resynchronised(void **state)
{
    (void)state;
    at_rig_hear(&rig, "\r\n+CIPRCV:1,100,");
    sched_advance(rig.sched, 2000);
    at_rig_expect(&rig, "lost 1\n");
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
}

static void slow_payload_is_no_stall(void **state)
{
    (void)state;
    rig.fake->whole = true;
    at_rig_hear(&rig, "+CIPRCV:1,3,a");
    sched_advance(rig.sched, 1900);
    at_rig_hear(&rig, "b");
    sched_advance(rig.sched, 1900);
    at_rig_hear(&rig, "c");
    at_rig_expect(&rig, "payload 1 0/3 a\npayload 1 1/3 b\npayload 1 2/3 c\n");
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
}

/* ---- the port ---- */

static void a_stuck_port_does_not_hold_a_command_for_ever(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    fake_port_set_room(rig.fake, 3);
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    sched_advance(rig.sched, 29999);
    at_rig_expect(&rig, "");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "AT+CSQ: no answer in time\n");
    sched_advance(rig.sched, 60000);
    at_rig_expect(&rig, "mute\n");
    at_rig_expect_written(&rig, "AT+");
}

static void a_port_that_takes_nothing_at_all_is_stuck_too(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    fake_port_set_room(rig.fake, 0);
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    sched_advance(rig.sched, 30000);
    at_rig_expect(&rig, "AT+CSQ: no answer in time\n");
    fake_port_set_room(rig.fake, SIZE_MAX);
    fake_port_expect_silence(rig.fake);
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
}

static void a_lost_port_cancels_everything(void **state)
{
    static struct at_rig_request a;
    static struct at_rig_request b;

    (void)state;
    at_rig_send(&rig, &a, "AT+A", NULL);
    at_rig_send(&rig, &b, "AT+B", NULL);
    fake_port_go_down(rig.fake, -EIO, "unplugged");
    sched_settle(rig.sched);
    at_rig_expect(&rig, "down -5\nAT+A: cancelled\nAT+B: cancelled\n");
    assert_false(at_channel_running(rig.channel));
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
    fake_port_fail_open(rig.fake, -ENOENT, "not there");
    assert_int_equal(at_channel_start(rig.channel), -ENOENT);
    fake_port_fail_open(rig.fake, 0, NULL);
    assert_int_equal(at_channel_start(rig.channel), 0);
    at_rig_send(&rig, &a, "AT+C", NULL);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+C: OK\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_missed_deadline_is_followed_by_a_resynchronisation),
        TEST(late_answers_never_reach_the_next_command),
        TEST(silence_is_not_awaited_for_ever),
        TEST(a_mute_modem_is_told_once_and_the_queue_waits),
        TEST(a_modem_is_not_mute_while_a_cancelled_command_may_run),
        TEST(a_modem_that_counts_payload_is_fed_probes_until_it_is_full),
        TEST(a_modem_that_answers_in_numbers_is_taught_words),
        TEST(errors_do_not_end_the_search),
        TEST(unsolicited_lines_are_routed_while_resynchronising),
        TEST(a_missing_prompt_is_given_up_with_escape),
        TEST(an_error_in_mid_payload_ends_it_and_the_rest_is_kept_back),
        TEST(a_sign_that_nobody_awaits_is_no_prompt),
        TEST(echo_is_dropped_where_it_is_expected),
        TEST(echo_where_it_was_switched_off_is_a_reboot),
        TEST(an_echoed_probe_is_a_reboot_too),
        TEST(a_line_that_only_resembles_the_command_is_no_echo),
        TEST(a_boot_line_must_be_the_whole_line),
        TEST(a_reboot_ends_the_command_in_every_phase),
        TEST(a_reboot_after_a_while_counts_as_another),
        TEST(a_reboot_in_mid_payload_is_found_after_the_stall),
        TEST(a_stall_with_nothing_in_flight_is_told_and_resynchronised),
        TEST(slow_payload_is_no_stall),
        TEST(a_stuck_port_does_not_hold_a_command_for_ever),
        TEST(a_port_that_takes_nothing_at_all_is_stuck_too),
        TEST(a_lost_port_cancels_everything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
