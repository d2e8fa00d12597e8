/* TCP through an Ai-Thinker module: the dialogues T2 to T4 and all that the sheet calls uncertain. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <string.h>

#define P32 "0123456789abcdef0123456789ABCDEF"

static void connect_a7(struct modem_rig *rig)
{
    modem_rig_init(rig, "a7");
    modem_rig_bring_up(rig, "a7/start.log");
    modem_rig_connect(rig, "a7/connect.log");
}

static void connect_a9(struct modem_rig *rig)
{
    modem_rig_init(rig, "a9");
    modem_rig_bring_up(rig, "a9/start.log");
    modem_rig_connect(rig, "a9/connect.log");
}

static void expect_written(struct modem_rig *rig, const char *text)
{
    sched_advance(rig->sched, 25); /* the newer series rests 20 ms between commands */
    fake_port_expect_written(rig->fake, text);
}

/* ---- sending and receiving ---- */

static void bytes_go_out(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    assert_int_equal(stream_room(rig.stream), 1000);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 32);
    assert_int_equal(stream_room(rig.stream), 0);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 0);
    modem_rig_play(&rig, "a7/send.log", 1000);
    assert_int_equal(rig.rooms, 1);
    assert_int_equal(stream_room(rig.stream), 1000);
    modem_rig_free(&rig);
    connect_a9(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 32);
    modem_rig_play(&rig, "a9/send.log", 1000);
    assert_int_equal(rig.rooms, 1);
    modem_rig_free(&rig);
}

static void no_more_than_the_module_takes_is_taken(void **state)
{
    static uint8_t much[5000];
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    rig.config.send_max_bytes = 512;
    modem_rig_renew(&rig);
    modem_rig_bring_up(&rig, "a7/start.log");
    modem_rig_connect(&rig, "a7/connect.log");
    assert_int_equal(stream_write(rig.stream, much, sizeof(much)), 512);
    expect_written(&rig, "AT+CIPSEND=0,512\r");
    modem_rig_free(&rig);
}

static void write_again(struct modem_rig *rig)
{
    if (rig->rooms < 3) {
        assert_int_equal(stream_write(rig->stream, (const uint8_t *)"again", 5), 5);
    }
}

/* The next send leaves in the turn of the loop in which the last was taken. */
static void sends_follow_at_once(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    rig.on_room = write_again;
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"first", 5), 5);
    fake_port_expect_written(rig.fake, "AT+CIPSEND=0,5\r");
    modem_rig_hear(&rig, "\r\n> ");
    fake_port_expect_written(rig.fake, "first");
    modem_rig_hear(&rig, "\r\nOK\r\n");
    fake_port_expect_written(rig.fake, "AT+CIPSEND=0,5\r"); /* no time has passed */
    modem_rig_hear(&rig, "\r\n> ");
    fake_port_expect_written(rig.fake, "again");
    modem_rig_hear(&rig, "\r\nSEND OK\r\n");
    fake_port_expect_written(rig.fake, "AT+CIPSEND=0,5\r");
    modem_rig_free(&rig);
}

static void bytes_come_in(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    modem_rig_play(&rig, "a7/receive.log", 1000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8\r\nOK\r\n> ", 13);
    modem_rig_free(&rig);
    connect_a9(&rig);
    modem_rig_play(&rig, "a9/receive.log", 1000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8", 5);
    modem_rig_free(&rig);
}

/* Both forms from both series, in the midst of a send, and payload that looks like everything else. */
static void bytes_come_in_at_any_moment(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_hear(&rig, "\r\n+CIPRCV,0,6:\r\nOK\r\n\r\n");
    fake_port_expect_written(rig.fake, "AT+CIPSEND=0,5\r");
    modem_rig_hear(&rig, "\r\n> ");
    modem_rig_hear(&rig, "\r\n+CIPRCV:0,15,+TCPCLOSED:0\r\n>\r\n");
    fake_port_expect_written(rig.fake, "hello");
    assert_int_equal(rig.rooms, 0);
    modem_rig_hear(&rig, "\r\nOK\r\n");
    assert_int_equal(rig.rooms, 1);
    modem_rig_expect_bytes(&rig, "\r\nOK\r\n+TCPCLOSED:0\r\n>", 21);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

static void bytes_of_another_link_are_dropped(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    modem_rig_hear(&rig, "\r\n+CIPRCV:3,5,alien\r\n+CIPRCV:0,4,ours");
    modem_rig_expect_bytes(&rig, "ours", 4);
    modem_rig_hear(&rig, "\r\n+TCPCLOSED:3\r\n");
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

static void bytes_that_never_come_tear_the_stream(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    modem_rig_hear(&rig, "\r\n+CIPRCV:0,10,only");
    sched_advance(rig.sched, 2500);
    modem_rig_say(&rig, ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n", 5000);
    modem_rig_expect(&rig, "modem failed: data that the modem announced did not arrive\n");
    modem_rig_free(&rig);
}

/* ---- closing ---- */

static void check_closed_by(const char *line, bool newer)
{
    struct modem_rig rig;

    if (newer) {
        connect_a9(&rig);
    } else {
        connect_a7(&rig);
    }
    modem_rig_hear(&rig, line);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    sched_advance(rig.sched, 1000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

static void the_server_closes_in_every_form(void **state)
{
    (void)state;
    check_closed_by("\r\n+TCPCLOSED:0\r\n\r\nOK\r\n", false);
    check_closed_by("\r\n+TCPCLOSED:0,1\r\n", false);
    check_closed_by("\r\nCLOSED:0\r\n", true);
    check_closed_by("\r\nCLOSED\r\n", true);
    check_closed_by("\r\n0, CLOSED\r\n", true);
    check_closed_by("\r\n+TCPCLOSED: 0\r\n", true);
}

static void the_log_of_a_close(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    modem_rig_play(&rig, "a7/closed.log", 1000);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n"
                  "<< \\r\\n+CIPNUM:1\\r\\n\\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_hear(&rig, "\r\n+CIPRCV:1,2,hi");
    modem_rig_expect_bytes(&rig, "hi", 2);
    modem_rig_free(&rig);
}

static void a_close_of_ours(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a9(&rig);
    stream_close(rig.stream);
    stream_close(rig.stream);
    modem_rig_expect(&rig, "");
    modem_rig_say(&rig, ">> AT+CIPCLOSE=0\\r\n<< \\r\\nCLOSED\\r\\nOK\\r\\n\n", 1000);
    modem_rig_expect(&rig, "closed as asked\n");
    assert_int_equal(stream_room(rig.stream), 0);
    modem_rig_free(&rig);
}

/* The server closes in the midst of a send: the prompt came, CME 53 follows (2.10). */
static void a_close_within_a_send(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_hear(&rig, "\r\n> ");
    modem_rig_hear(&rig, "\r\n+TCPCLOSED:0\r\n");
    modem_rig_expect(&rig, ""); /* the send is still in the way */
    modem_rig_hear(&rig, "\r\n+CME ERROR:53\r\n");
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

static void a_failed_send_ends_the_link(void **state)
{
    static const char *const words[] = {"\r\nFAIL\r\n", "\r\nSEND FAIL\r\n", "\r\nCOMMAND NO RESPONSE!\r\n",
                                        "\r\n+CME ERROR:53\r\n", "\r\nERROR\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct modem_rig rig;
        connect_a7(&rig);
        assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
        fake_port_forget_written(rig.fake);
        modem_rig_hear(&rig, "\r\n> ");
        modem_rig_hear(&rig, words[i]);
        modem_rig_say(&rig, ">> hello\n>> AT+CIPCLOSE=0\\r\n<< \\r\\n+CME ERROR:50\\r\\n\n", 1000);
        sched_settle(rig.sched);
        assert_non_null(
            strstr((const char *)buf_bytes(&rig.diary), "sending failed: the modem did not take the data"));
        modem_rig_free(&rig);
    }
}

static void no_prompt_no_payload(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect_a7(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig,
                  ">> AT+CIPSEND=0,5\\r\n<< \\r\\n+CME ERROR:53\\r\\n\n"
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\n+CME ERROR:53\\r\\n\n",
                  1000);
    modem_rig_expect(&rig,
                     "sending failed: the modem did not take the data: the modem says \"+CME ERROR:53\" (not "
                     "possible in this state)\n");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_out),
        cmocka_unit_test(no_more_than_the_module_takes_is_taken),
        cmocka_unit_test(sends_follow_at_once),
        cmocka_unit_test(bytes_come_in),
        cmocka_unit_test(bytes_come_in_at_any_moment),
        cmocka_unit_test(bytes_of_another_link_are_dropped),
        cmocka_unit_test(bytes_that_never_come_tear_the_stream),
        cmocka_unit_test(the_server_closes_in_every_form),
        cmocka_unit_test(the_log_of_a_close),
        cmocka_unit_test(a_close_of_ours),
        cmocka_unit_test(a_close_within_a_send),
        cmocka_unit_test(a_failed_send_ends_the_link),
        cmocka_unit_test(no_prompt_no_payload),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
