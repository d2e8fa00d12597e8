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
static const char *const connect_done[] = {"CONNECT OK", "ALREADY CONNECT", NULL};
static const char *const connect_fail[] = {"CONNECT FAIL", "STATE:*", NULL};
static const char *const connect_lines[] = {"+CIPNUM:%d", NULL};
static const char *const shut_done[] = {"SHUT OK", NULL};

static const struct at_expect expect_csq = {.end = AT_END_OK, .lines = csq_lines};
static const struct at_expect expect_any = {.end = AT_END_OK, .any_line = true};
static const struct at_expect expect_done = {
    .end = AT_END_DONE, .deadline_ms = 75000, .done = connect_done, .fail = connect_fail};
static const struct at_expect expect_both = {.end = AT_END_BOTH,
                                             .deadline_ms = 75000,
                                             .lines = connect_lines,
                                             .done = connect_done,
                                             .fail = connect_fail};
static const struct at_expect expect_either = {.end = AT_END_EITHER, .done = shut_done};
static const struct at_expect expect_send = {.end = AT_END_OK, .deadline_ms = 30000};

static struct at_rig rig;

static int set_up(void **state)
{
    (void)state;
    at_rig_init(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    at_rig_free(&rig);
    return 0;
}

/* ---- how commands end ---- */

static void a_command_is_written_at_once_and_ends_with_its_ok(void **state)
{
    static struct at_rig_request csq;

    (void)state;
    at_rig_send(&rig, &csq, "AT+CSQ", &expect_csq);
    at_rig_expect_written(&rig, "AT+CSQ\r");
    assert_false(at_channel_idle(rig.channel));
    at_rig_hear(&rig, "\r\n+CSQ: 23,99\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "  +CSQ: 23,99\nAT+CSQ: OK\n");
    assert_true(at_channel_idle(rig.channel));
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
}

static void errors_end_it_with_their_code(void **state)
{
    static const struct {
        const char *answer;
        const char *diary;
    } cases[] = {
        {"\r\nERROR\r\n", "AT+X: ERROR (ERROR)\n"},
        {"\r\n+CME ERROR:53\r\n", "AT+X: ERROR 53 (+CME ERROR:53)\n"},
        {"\r\n+CME ERROR: 148\r\n", "AT+X: ERROR 148 (+CME ERROR: 148)\n"},
        {"\r\n+CMS ERROR: 330\r\n", "AT+X: ERROR 330 (+CMS ERROR: 330)\n"},
        {"\r\n+CME ERROR:SIM not inserted\r\n", "AT+X: ERROR (+CME ERROR:SIM not inserted)\n"},
        {"\r\n+CME ERROR: 99999999999\r\n", "AT+X: ERROR (+CME ERROR: 99999999999)\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        static struct at_rig_request x;
        at_rig_send(&rig, &x, "AT+X", NULL);
        at_rig_hear(&rig, cases[i].answer);
        at_rig_expect(&rig, cases[i].diary);
    }
}

static void a_word_of_the_dialect_ends_it_and_its_work_may_still_come_late(void **state)
{
    static const char *const words[] = {"COMMAND NO RESPONSE!", NULL};
    static const struct at_manner manner = {.final_fail = words};
    static struct at_rig_request open;

    (void)state;
    at_channel_set_manner(rig.channel, &manner);
    at_rig_send(&rig, &open, "AT+CIPSTART", &expect_both);
    at_rig_hear(&rig, "\r\nCOMMAND NO RESPONSE!\r\n");
    at_rig_expect(&rig, "AT+CIPSTART: ERROR (COMMAND NO RESPONSE!)\n");
    assert_true(at_channel_idle(rig.channel));
    sched_advance(rig.sched, 15000);
    at_rig_hear(&rig, "\r\nCONNECT OK\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "late CONNECT OK\n");
    sched_advance(rig.sched, 120000);
    at_rig_hear(&rig, "\r\nCONNECT OK\r\n");
    at_rig_expect(&rig, "");
    assert_int_equal(at_channel_counters(rig.channel)->stray_lines, 1);
}

static void done_alone_does_not_care_for_ok(void **state)
{
    static struct at_rig_request open;

    (void)state;
    at_rig_send(&rig, &open, "AT+CIPSTART", &expect_done);
    at_rig_hear(&rig, "\r\nOK\r\n");
    sched_advance(rig.sched, 60000);
    at_rig_expect(&rig, "");
    at_rig_hear(&rig, "\r\nALREADY CONNECT\r\n");
    at_rig_expect(&rig, "  ALREADY CONNECT\nAT+CIPSTART: OK #1 (ALREADY CONNECT)\n");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "");
    assert_true(at_channel_idle(rig.channel));
}

static void both_come_in_any_order(void **state)
{
    static struct at_rig_request open;

    (void)state;
    at_rig_send(&rig, &open, "AT+A", &expect_both);
    at_rig_hear(&rig, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "  +CIPNUM:0\n  CONNECT OK\nAT+A: OK #0 (CONNECT OK)\n");
    at_rig_send(&rig, &open, "AT+B", &expect_both);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "");
    at_rig_hear(&rig, "\r\nCONNECT OK\r\n");
    at_rig_expect(&rig, "  CONNECT OK\nAT+B: OK #0 (CONNECT OK)\n");
}

static void after_done_ok_may_stay_away(void **state)
{
    static struct at_rig_request open;

    (void)state;
    at_rig_send(&rig, &open, "AT+A", &expect_both);
    at_rig_hear(&rig, "\r\nCONNECT OK\r\n");
    sched_advance(rig.sched, 1999);
    at_rig_expect(&rig, "  CONNECT OK\n");
    sched_advance(rig.sched, 1);
    at_rig_expect(&rig, "AT+A: OK #0 (CONNECT OK)\n");
    assert_true(at_channel_idle(rig.channel));
}

static void either_is_enough(void **state)
{
    static struct at_rig_request shut;

    (void)state;
    at_rig_send(&rig, &shut, "AT+CIPSHUT", &expect_either);
    at_rig_hear(&rig, "\r\nSHUT OK\r\n");
    at_rig_expect(&rig, "  SHUT OK\nAT+CIPSHUT: OK #0 (SHUT OK)\n");
    at_rig_send(&rig, &shut, "AT+CIPSHUT", &expect_either);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+CIPSHUT: OK\n");
}

static void a_fail_pattern_ends_it(void **state)
{
    static struct at_rig_request open;

    (void)state;
    at_rig_send(&rig, &open, "AT+A", &expect_both);
    at_rig_hear(&rig, "\r\nOK\r\n\r\nSTATE:IP CLOSE\r\n");
    at_rig_expect(&rig, "AT+A: failed #1 (STATE:IP CLOSE)\n");
    assert_true(at_channel_idle(rig.channel));
}

/* An OK follows the line that tells of the failure: it must not end the next command. */
static void an_ok_behind_a_failure_belongs_to_it(void **state)
{
    static const char *const done[] = {"+CAOPEN: %d,0", NULL};
    static const char *const fail[] = {"+CAOPEN: %d,27", NULL};
    static const struct at_expect expect = {
        .end = AT_END_BOTH, .done = done, .fail = fail, .fail_settle_ms = 2000};
    static const char *const ends[] = {"\r\nOK\r\n", "\r\nERROR\r\n", ""};
    static struct at_rig_request open, close;

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        at_rig_send(&rig, &open, "AT+A", &expect);
        at_rig_send(&rig, &close, "AT+B", NULL);
        at_rig_hear(&rig, "\r\n+CAOPEN: 0,27\r\n");
        at_rig_expect(&rig, "");
        at_rig_hear(&rig, ends[i]);
        sched_advance(rig.sched, 2000);
        at_rig_expect(&rig, "AT+A: failed #0 (+CAOPEN: 0,27)\n");
        at_rig_hear(&rig, "\r\nOK\r\n");
        at_rig_expect(&rig, "AT+B: OK\n");
    }
    at_rig_send(&rig, &open, "AT+A", &expect); /* the OK came before */
    at_rig_hear(&rig, "\r\nOK\r\n\r\n+CAOPEN: 0,27\r\n");
    at_rig_expect(&rig, "AT+A: failed #0 (+CAOPEN: 0,27)\n");
}

/* Its answer has the form of an announcement; behind it payload is announced as before. */
static void a_command_without_payload(void **state)
{
    static const struct at_announce announces[] = {{"+CARECV:%n,"}, {NULL}};
    static const char *const counts[] = {"+CARECV: 0,%d", NULL};
    static const struct at_expect expect = {.end = AT_END_OK, .lines = counts, .no_payload = true};
    static struct at_rig_request ask, read;

    (void)state;
    at_channel_set_announces(rig.channel, announces);
    at_rig_send(&rig, &ask, "AT+CARECV?", &expect);
    at_rig_send(&rig, &read, "AT+CARECV=0,5", NULL);
    at_rig_hear(&rig, "\r\n+CARECV: 0,5\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "  +CARECV: 0,5\nAT+CARECV?: OK\n");
    assert_true(at_request_is_running(rig.channel, &read.request));
    at_rig_hear(&rig, "\r\n+CARECV: 5,hello\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "payload -1 0/5 hello\nAT+CARECV=0,5: OK\n");
}

static void with_any_line_only_unsolicited_ones_are_not_the_answer(void **state)
{
    static struct at_rig_request ati;

    (void)state;
    at_rig_send(&rig, &ati, "ATI", &expect_any);
    at_rig_hear(&rig, "\r\nAi Thinker Co.LTD\r\n\r\n+CREG: 1\r\n\r\nA7 \r\n \r\nOK\r\n");
    at_rig_expect(&rig, "  Ai Thinker Co.LTD\nurc +CREG: 1\n  A7 \nATI: OK\n");
}

static void a_line_of_zeros_and_ones_harms_nobody(void **state)
{
    static const char noise[] = "\xFF\x00y\r\n\r\nOK\r\n";
    static struct at_rig_request at;

    (void)state;
    at_rig_send(&rig, &at, "AT", NULL);
    at_rig_hear_bytes(&rig, noise, sizeof(noise) - 1);
    at_rig_expect(&rig, "AT: OK\n");
}

/* ---- unsolicited lines ---- */

static void unsolicited_lines_come_through_between_everything(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_hear(&rig, "\r\n+CREG: 1\r\n");
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,5", &expect_send, "hello", 5);
    at_rig_hear(&rig, "\r\n+CREG: 2\r\n\r\n> \r\n+CREG: 3\r\n\r\n+TCPCLOSED:0\r\n\r\nOK\r\n\r\n+CREG: 5\r\n");
    at_rig_expect(&rig, "urc +CREG: 1\nurc +CREG: 2\nurc +CREG: 3\nurc +TCPCLOSED:0\n"
                        "AT+CIPSEND=0,5: OK sent\nurc +CREG: 5\n");
    at_rig_expect_written(&rig, "AT+CIPSEND=0,5\rhello");
}

static void the_command_in_flight_is_asked_before_the_tables(void **state)
{
    static const char *const creg_lines[] = {"+CREG: %d,%d", "+CREG: %d", NULL};
    static const struct at_expect expect_creg = {.end = AT_END_OK, .lines = creg_lines};
    static struct at_rig_request creg;

    (void)state;
    at_rig_send(&rig, &creg, "AT+CREG?", &expect_creg);
    at_rig_hear(&rig, "\r\n+CREG: 1\r\n\r\nOK\r\n\r\n+CREG: 1\r\n");
    at_rig_expect(&rig, "  +CREG: 1\nAT+CREG?: OK\nurc +CREG: 1\n");
}

static void unknown_lines_and_stray_results_are_only_counted(void **state)
{
    (void)state;
    at_rig_hear(&rig, "\r\n+CTZV:22/03/14,09:12:44,+01\r\n\r\nOK\r\n\r\nERROR\r\n\r\n+CTZV:1\r\n");
    at_rig_expect(&rig, "");
    assert_int_equal(at_channel_counters(rig.channel)->stray_lines, 2);
    assert_true(at_channel_idle(rig.channel));
}

static void at_most_eight_tables(void **state)
{
    static const struct at_urc none[] = {{NULL, NULL}};

    (void)state;
    for (int i = 1; i < AT_URC_TABLES; i++) {
        assert_int_equal(at_channel_add_urcs(rig.channel, none, NULL), 0);
    }
    assert_int_equal(at_channel_add_urcs(rig.channel, none, NULL), -ENOSPC);
    at_channel_clear_urcs(rig.channel);
    at_rig_hear(&rig, "\r\n+CREG: 1\r\n");
    at_rig_expect(&rig, "");
}

/* ---- payload in ---- */

static void payload_is_handed_over_as_it_comes(void **state)
{
    static const struct at_announce announces[] = {{"+CIPRCV:%l,%n,"}, {NULL}};
    static struct at_rig_request at;

    (void)state;
    rig.fake->whole = true;
    at_channel_set_announces(rig.channel, announces);
    at_rig_send(&rig, &at, "AT", NULL);
    at_rig_hear(&rig, "\r\n+CIPRCV:0,10,+CREG: 1");
    at_rig_hear(&rig, "OK+CIPRCV:1,2,OK\r\nOK\r\n");
    at_rig_expect(&rig, "payload 0 0/10 +CREG: 1\npayload 0 8/10 OK\npayload 1 0/2 OK\nAT: OK\n");
}

/* ---- payload out ---- */

static void payload_is_written_at_the_prompt_and_not_before(void **state)
{
    static struct at_rig_request send;
    static const char payload[] = "\x1d\x00\x01\x00\x05\r\n>\x1a";

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,9", &expect_send, payload, 9);
    at_rig_hear(&rig, "\r\n");
    at_rig_expect_written(&rig, "AT+CIPSEND=0,9\r");
    at_rig_hear(&rig, ">");
    fake_port_expect_written_bytes(rig.fake, payload, 9);
    at_rig_hear(&rig, " \r\nOK\r\n");
    at_rig_expect(&rig, "AT+CIPSEND=0,9: OK sent\n");
}

/* ESP8266: OK, prompt, "Recv", "SEND OK". */
static void an_ok_before_the_prompt_says_nothing(void **state)
{
    static const char *const done[] = {"SEND OK", NULL};
    static const char *const fail[] = {"SEND FAIL", NULL};
    static const struct at_expect expect = {.end = AT_END_DONE, .done = done, .fail = fail};
    static const struct at_manner manner = {.line_end = "\r\n"};
    static struct at_rig_request send;

    (void)state;
    at_channel_set_manner(rig.channel, &manner);
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,2", &expect, "hi", 2);
    at_rig_hear(&rig, "\r\nOK\r\n> ");
    at_rig_expect_written(&rig, "AT+CIPSEND=0,2\r\nhi");
    at_rig_hear(&rig, "\r\nRecv 2 bytes\r\n\r\nSEND OK\r\n");
    at_rig_expect(&rig, "  SEND OK\nAT+CIPSEND=0,2: OK #0 sent (SEND OK)\n");
}

static void an_error_instead_of_the_prompt_keeps_the_payload_back(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,5", &expect_send, "hello", 5);
    at_rig_hear(&rig, "\r\n+CME ERROR:53\r\n");
    at_rig_expect(&rig, "AT+CIPSEND=0,5: ERROR 53 (+CME ERROR:53)\n");
    at_rig_expect_written(&rig, "AT+CIPSEND=0,5\r");
    assert_true(at_channel_idle(rig.channel));
}

static void what_ends_the_payload_is_not_counted(void **state)
{
    static const struct at_manner manner = {.payload_end = "\r"};
    static struct at_rig_request send;

    (void)state;
    at_channel_set_manner(rig.channel, &manner);
    at_rig_send_payload(&rig, &send, "AT+TCPSEND=0,5", &expect_send, "hello", 5);
    at_rig_hear(&rig, "\r\n>");
    at_rig_expect_written(&rig, "AT+TCPSEND=0,5\rhello\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+TCPSEND=0,5: OK sent\n");
}

static void a_port_with_little_room_gets_all_in_order(void **state)
{
    static struct at_rig_request send;
    static struct at_rig_request next;

    (void)state;
    fake_port_set_room(rig.fake, 3);
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,26", &expect_send, "abcdefghijklmnopqrstuvwxyz", 26);
    at_rig_send(&rig, &next, "AT+NEXT", NULL);
    for (int i = 0; i < 7; i++) {
        sched_advance(rig.sched, 20000); /* less than a stuck port is given */
        fake_port_set_room(rig.fake, 2);
    }
    sched_settle(rig.sched);
    at_rig_expect_written(&rig, "AT+CIPSEND=0,26\r");
    at_rig_hear(&rig, "\r\n> ");
    for (int i = 0; i < 6; i++) {
        fake_port_set_room(rig.fake, 5);
        sched_settle(rig.sched);
    }
    fake_port_set_room(rig.fake, SIZE_MAX);
    at_rig_expect_written(&rig, "abcdefghijklmnopqrstuvwxyz");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect_written(&rig, "AT+NEXT\r");
    at_rig_expect(&rig, "AT+CIPSEND=0,26: OK sent\n");
}

static void the_deadline_counts_from_the_last_byte_written(void **state)
{
    static struct at_rig_request send;

    (void)state;
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,5", &expect_send, "hello", 5);
    sched_advance(rig.sched, 4999);
    fake_port_set_room(rig.fake, 2);
    at_rig_hear(&rig, "\r\n> ");
    sched_advance(rig.sched, 29999);
    fake_port_set_room(rig.fake, SIZE_MAX);
    sched_advance(rig.sched, 29999);
    at_rig_expect(&rig, "");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+CIPSEND=0,5: OK sent\n");
}

/* ---- the queue ---- */

static void priorities_decide_who_is_next(void **state)
{
    struct at_rig_request r[5];

    (void)state;
    at_rig_send(&rig, &r[0], "AT+FIRST", NULL);
    at_rig_prepare(&rig, &r[1], "AT+LOW", NULL);
    r[1].request.priority = AT_PRIORITY_LOW;
    assert_int_equal(at_channel_send(rig.channel, &r[1].request), 0);
    at_rig_send(&rig, &r[2], "AT+NORMAL1", NULL);
    at_rig_send(&rig, &r[3], "AT+NORMAL2", NULL);
    at_rig_prepare(&rig, &r[4], "AT+HIGH", NULL);
    r[4].request.priority = AT_PRIORITY_HIGH;
    assert_int_equal(at_channel_send(rig.channel, &r[4].request), 0);
    at_rig_expect_written(&rig, "AT+FIRST\r");
    static const char *const order[] = {"AT+HIGH\r", "AT+NORMAL1\r", "AT+NORMAL2\r", "AT+LOW\r", ""};
    for (int i = 0; i < 5; i++) {
        at_rig_hear(&rig, "\r\nOK\r\n");
        at_rig_expect_written(&rig, order[i]);
    }
    at_rig_expect(&rig, "AT+FIRST: OK\nAT+HIGH: OK\nAT+NORMAL1: OK\nAT+NORMAL2: OK\nAT+LOW: OK\n");
}

static void the_gap_is_kept_and_costs_nothing_when_idle(void **state)
{
    static const struct at_manner manner = {.command_gap_ms = 20};
    static struct at_rig_request a;
    static struct at_rig_request b;

    (void)state;
    at_channel_set_manner(rig.channel, &manner);
    at_rig_send(&rig, &a, "AT+A", NULL);
    at_rig_send(&rig, &b, "AT+B", NULL);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect_written(&rig, "AT+A\r");
    sched_advance(rig.sched, 19);
    fake_port_expect_silence(rig.fake);
    sched_advance(rig.sched, 1);
    at_rig_expect_written(&rig, "AT+B\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
    at_rig_send(&rig, &a, "AT+C", NULL);
    fake_port_expect_silence(rig.fake);
    sched_advance(rig.sched, 20);
    at_rig_expect_written(&rig, "AT+C\r");
}

static void what_cannot_be_sent_is_refused(void **state)
{
    static struct at_rig_request r;

    (void)state;
    at_rig_prepare(&rig, &r, "", NULL);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    at_rig_prepare(&rig, &r, "AT+A\rAT+B", NULL);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    at_rig_prepare(&rig, &r, "AT\x7f", NULL);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    at_rig_prepare(&rig, &r, "AT", NULL);
    memset(r.request.text, 'A', sizeof(r.request.text));
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    at_rig_prepare(&rig, &r, "AT", NULL);
    r.request.payload_len = 3;
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    at_rig_prepare(&rig, &r, "AT", NULL);
    r.request.payload = (const uint8_t *)"";
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EINVAL);
    fake_port_expect_silence(rig.fake);

    at_rig_send(&rig, &r, "AT", NULL);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EALREADY);
    at_channel_stop(rig.channel);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -EALREADY);
    sched_settle(rig.sched);
    assert_int_equal(at_channel_send(rig.channel, &r.request), -ENOTCONN);
    at_rig_expect(&rig, "AT: cancelled\n");
}

static void counters_count(void **state)
{
    static struct at_rig_request at;

    (void)state;
    at_rig_send(&rig, &at, "AT", NULL);
    at_rig_hear(&rig, "\r\nOK\r\n");
    const struct at_counters *counters = at_channel_counters(rig.channel);
    assert_int_equal(counters->bytes_out, 3);
    assert_int_equal(counters->bytes_in, 6);
    assert_int_equal(counters->commands, 1);
    assert_int_equal(counters->timeouts, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_command_is_written_at_once_and_ends_with_its_ok),
        TEST(errors_end_it_with_their_code),
        TEST(a_word_of_the_dialect_ends_it_and_its_work_may_still_come_late),
        TEST(done_alone_does_not_care_for_ok),
        TEST(both_come_in_any_order),
        TEST(after_done_ok_may_stay_away),
        TEST(either_is_enough),
        TEST(a_fail_pattern_ends_it),
        TEST(an_ok_behind_a_failure_belongs_to_it),
        TEST(a_command_without_payload),
        TEST(with_any_line_only_unsolicited_ones_are_not_the_answer),
        TEST(a_line_of_zeros_and_ones_harms_nobody),
        TEST(unsolicited_lines_come_through_between_everything),
        TEST(the_command_in_flight_is_asked_before_the_tables),
        TEST(unknown_lines_and_stray_results_are_only_counted),
        TEST(at_most_eight_tables),
        TEST(payload_is_handed_over_as_it_comes),
        TEST(payload_is_written_at_the_prompt_and_not_before),
        TEST(an_ok_before_the_prompt_says_nothing),
        TEST(an_error_instead_of_the_prompt_keeps_the_payload_back),
        TEST(what_ends_the_payload_is_not_counted),
        TEST(a_port_with_little_room_gets_all_in_order),
        TEST(the_deadline_counts_from_the_last_byte_written),
        TEST(priorities_decide_who_is_next),
        TEST(the_gap_is_kept_and_costs_nothing_when_idle),
        TEST(what_cannot_be_sent_is_refused),
        TEST(counters_count),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
