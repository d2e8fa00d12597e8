/* Opening TCP through an Ai-Thinker module: T1, T5, and what the sheet says of opens that nobody answers. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static void bring_up(struct modem_rig *rig, const char *profile)
{
    modem_rig_init(rig, profile);
    modem_rig_bring_up(rig, strcmp(profile, "a9") == 0 ? "a9/start.log" : "a7/start.log");
}

static void open_blynk(struct modem_rig *rig, const char *profile)
{
    bring_up(rig, profile);
    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 80), 0);
}

static void a_name_that_does_not_resolve(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a7");
    modem_rig_play(&rig, "a7/no-name.log", 1000);
    modem_rig_expect(&rig, "name not resolved: the modem cannot find the address of blynk.cloud\n");
    modem_rig_free(&rig);
    open_blynk(&rig, "a9");
    modem_rig_play(&rig, "a9/no-name.log", 1000);
    modem_rig_expect(&rig, "name not resolved: the modem cannot find the address of blynk.cloud\n");
    modem_rig_free(&rig);
}

static void a_server_that_is_not_there(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7");
    assert_int_equal(stream_open(rig.stream, "203.0.113.9", 81), 0);
    modem_rig_play(&rig, "a7/no-answer.log", 60000);
    modem_rig_expect(&rig, "server not reached: 203.0.113.9:81 was not reached: the modem says \"COMMAND NO "
                           "RESPONSE!\"\n");
    modem_rig_free(&rig);
}

static void a_late_connect_is_taken(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a7");
    modem_rig_play(&rig, "a7/late.log", 60000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_hear(&rig, "\r\n+CIPRCV:1,2,hi");
    modem_rig_expect_bytes(&rig, "hi", 2);
    modem_rig_free(&rig);
}

/* Nobody waits any more: what comes up then is closed. */
static void a_connect_that_is_too_late_is_closed(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "a7");
    assert_int_equal(stream_open(rig.stream, "203.0.113.9", 81), 0);
    modem_rig_play(&rig, "a7/no-answer.log", 60000);
    sched_settle(rig.sched);
    buf_clear(&rig.diary);
    modem_rig_hear(&rig, "\r\nCONNECT OK\r\n");
    modem_rig_say(
        &rig,
        ">> AT+CIPSTATUS\\r\n<< \\r\\n+CIPSTATUS:0,CONNECT OK\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n"
        ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
        1000);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

/* A daemon before this one left them open. */
static void links_of_an_earlier_life_are_closed_first(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a9");
    modem_rig_say(&rig,
                  ">> AT+CIPSTATUS\\r\n<< \\r\\n+CIPSTATUS:\\r\\n0,CONNECT OK\\r\\n1,IP INITIAL\\r\\n"
                  "2,TCP/UDP CONNECTING\\r\\n3,IP CLOSE\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=2\\r\n<< \\r\\n+CME ERROR: 50\\r\\n\n"
                  ">> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                  2000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

/* A status that fails or says nothing known must not hinder the open. */
static void an_open_does_not_depend_on_the_status(void **state)
{
    static const char *const answers[] = {"\\r\\nERROR\\r\\n", "\\r\\nOK\\r\\n",
                                          "\\r\\nSTATE:IP GPRSACT\\r\\n\\r\\nOK\\r\\n",
                                          "\\r\\n+CIPSTATUS:0,WHAT IS THIS\\r\\n\\r\\nOK\\r\\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct modem_rig rig;
        char script[512];
        open_blynk(&rig, "a7");
        snprintf(script, sizeof(script),
                 ">> AT+CIPSTATUS\\r\n<< %s\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                 "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                 answers[i]);
        modem_rig_say(&rig, script, 2000);
        modem_rig_expect(&rig, "open\n");
        modem_rig_free(&rig);
    }
}

/* The order of its lines differs between firmwares; the number may be missed. */
static void an_open_in_every_order(void **state)
{
    static const char *const answers[] = {
        "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nOK\\r\\n\n-- advance 3000\n<< \\r\\nCONNECT OK\\r\\n\n",
        "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\n-- advance 2100\n", /* no OK at all */
        "<< \\r\\nOK\\r\\n\\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\n",
        ("<< \\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n>> AT+CIPSTATUS\\r\n"
         "<< \\r\\n+CIPSTATUS:0,CONNECT OK\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n"),
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct modem_rig rig;
        char script[512];
        open_blynk(&rig, "a7");
        snprintf(script, sizeof(script),
                 ">> AT+CIPSTATUS\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n%s",
                 answers[i]);
        modem_rig_say(&rig, script, 10000);
        modem_rig_expect(&rig, "open\n");
        modem_rig_hear(&rig, "\r\n+CIPRCV:0,2,hi");
        modem_rig_expect_bytes(&rig, "hi", 2);
        modem_rig_free(&rig);
    }
}

static void data_before_the_last_ok_is_not_lost(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a7");
    modem_rig_say(&rig,
                  ">> AT+CIPSTATUS\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\n+CIPRCV:0,2,hi\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_expect_bytes(&rig, "hi", 2);
    modem_rig_free(&rig);
}

static void every_word_of_failure_is_one(void **state)
{
    static const char *const words[] = {"CONNECT FAIL",   "STATE:IP START\\r\\n\\r\\nCONNECT FAIL",
                                        "ERROR",          "+CME ERROR:50",
                                        "+CME ERROR: 53", "+CIPNUM:0\\r\\n\\r\\nCONNECT FAIL"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct modem_rig rig;
        char script[512];
        bring_up(&rig, "a7");
        assert_int_equal(stream_open(rig.stream, "1.2.3.4", 80), 0);
        snprintf(script, sizeof(script),
                 ">> AT+CIPSTATUS\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"1.2.3.4\",80\\r\n<< "
                 "\\r\\n%s\\r\\n\n"
                 ">> AT+CIPSTATUS\\r\n<< \\r\\n+CIPSTATUS:0,IP CLOSE\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n"
                 ">> AT+CGACT?\\r\n<< \\r\\nERROR\\r\\n\n",
                 words[i]);
        modem_rig_say(&rig, script, 2000);
        sched_settle(rig.sched);
        assert_int_equal(buf_append(&rig.diary, "", 1), 0);
        assert_non_null(
            strstr((const char *)buf_bytes(&rig.diary), "server not reached: 1.2.3.4:80 was not reached"));
        modem_rig_free(&rig);
    }
}

/* The network says nothing when it takes the data connection away (2.7). */
static void a_bearer_that_is_gone_is_found_out(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a7");
    modem_rig_say(&rig,
                  ">> AT+CIPSTATUS\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\n+CME ERROR:53\\r\\n\n>> AT+CIPSTATUS\\r\n<< \\r\\n+CIPSTATUS:0,IP "
                  "INITIAL\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CGACT?\\r\n<< \\r\\n+CGACT: 1,0\\r\\n\\r\\nOK\\r\\n\n",
                  2000);
    modem_rig_expect(
        &rig, "failed data connection, retry: the data connection is gone (the modem says so when asked)\n"
              "data connection lost: the data connection is gone (the modem says so when asked)\n");
    modem_rig_free(&rig);
}

static void what_is_in_the_way_is_closed_and_it_is_tried_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    open_blynk(&rig, "a9");
    modem_rig_say(&rig,
                  ">> AT+CIPSTATUS\\r\n<< \\r\\nERROR\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\nALREAY CONNECT\\r\\n\n>> AT+CIPSTATUS\\r\n"
                  "<< \\r\\n+CIPSTATUS:\\r\\n0,IP INITIAL\\r\\n1,CONNECT OK\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=1\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                  2000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

static void begin_to_open(struct modem_rig *rig)
{
    open_blynk(rig, "a7");
    modem_rig_say(
        rig, ">> AT+CIPSTATUS\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n", 1000);
    modem_rig_expect(rig, "");
}

/* The first new line ends the command and is lost (2.1); the row may be left as it was (2.9). */
static void an_open_is_given_up_at_once(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin_to_open(&rig);
    sched_advance(rig.sched, 8000);
    stream_close(rig.stream);
    modem_rig_say(&rig,
                  ">> AT\\r\n>> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTATUS\\r\n"
                  "<< \\r\\n+CIPSTATUS:0,TCP/UDP CONNECTING\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
                  2000);
    sched_settle(rig.sched);
    modem_rig_expect(&rig, "closed as asked\n");
    assert_int_equal(stream_open(rig.stream, "203.0.113.9", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTART=\"TCP\",\"203.0.113.9\",80\\r\n"
                  "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

/* Others go on with it, deaf, for half a minute: they are waited for. */
static void an_open_that_cannot_be_stopped_is_waited_for(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin_to_open(&rig);
    stream_close(rig.stream);
    sched_advance(rig.sched, 29000);
    modem_rig_expect(&rig, "");
    fake_port_forget_written(rig.fake);
    modem_rig_hear(&rig, "\r\nCOMMAND NO RESPONSE!\r\n");
    modem_rig_say(&rig,
                  ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTATUS\\r\n"
                  "<< \\r\\n+CIPSTATUS:0,IP CLOSE\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n",
                  2000);
    sched_settle(rig.sched);
    modem_rig_expect(&rig, "closed as asked\n");
    modem_rig_free(&rig);
}

static void an_open_that_succeeds_although_it_is_not_wanted(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin_to_open(&rig);
    stream_close(rig.stream);
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPNUM:0\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTATUS\\r\n"
                  "<< \\r\\n+CIPSTATUS:0,CONNECT OK\\r\\n1,IP INITIAL\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
                  2000);
    sched_settle(rig.sched);
    modem_rig_expect(&rig, "closed as asked\n");
    modem_rig_free(&rig);
}

static void a_stream_is_used_by_its_contract_only(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), -ENOTCONN);
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_int_equal(stream_open(rig.stream, "blynk\".cloud", 80), -EINVAL);
    assert_int_equal(stream_open(rig.stream, "", 80), -EINVAL);
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 0), -EINVAL);
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), -EALREADY);
    stream_close(rig.stream);
    modem_rig_expect(&rig, "closed as asked\n");
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_that_does_not_resolve),
        cmocka_unit_test(a_server_that_is_not_there),
        cmocka_unit_test(a_late_connect_is_taken),
        cmocka_unit_test(a_connect_that_is_too_late_is_closed),
        cmocka_unit_test(links_of_an_earlier_life_are_closed_first),
        cmocka_unit_test(an_open_does_not_depend_on_the_status),
        cmocka_unit_test(an_open_in_every_order),
        cmocka_unit_test(data_before_the_last_ok_is_not_lost),
        cmocka_unit_test(every_word_of_failure_is_one),
        cmocka_unit_test(a_bearer_that_is_gone_is_found_out),
        cmocka_unit_test(what_is_in_the_way_is_closed_and_it_is_tried_again),
        cmocka_unit_test(an_open_is_given_up_at_once),
        cmocka_unit_test(an_open_that_cannot_be_stopped_is_waited_for),
        cmocka_unit_test(an_open_that_succeeds_although_it_is_not_wanted),
        cmocka_unit_test(a_stream_is_used_by_its_contract_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
