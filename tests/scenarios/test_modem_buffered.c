/* TCP through a SIM800: the dialogues A1 to A6, reading from its buffer, quick sending, and the lost line. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <string.h>

#define P32                                                                                                  \
    "\x14\x00\x02\x00\x1Bvw\x00"                                                                             \
    "12\x00temperature=21.500000"

static void bring_up(struct modem_rig *rig)
{
    modem_rig_init(rig, "sim800");
    modem_rig_allow_roaming(rig);
    modem_rig_bring_up(rig, "sim800/start.log");
}

static void connect(struct modem_rig *rig)
{
    bring_up(rig);
    modem_rig_connect(rig, "sim800/connect.log");
}

/* ---- sending ---- */

static void bytes_go_out(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_room(rig.stream), 1400);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 32);
    modem_rig_play(&rig, "sim800/send.log", 1000);
    assert_int_equal(rig.rooms, 1);
    modem_rig_free(&rig);
}

static void what_was_not_taken_is_sent_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"0123456789", 10), 10);
    modem_rig_say(&rig,
                  ">> AT+CIPSEND=0,10\\r\n<< \\r\\n> \n>> 0123456789\n<< \\r\\nDATA ACCEPT:0,7\\r\\n\n"
                  ">> AT+CIPSEND=0,3\\r\n<< \\r\\n> \n>> 789\n<< \\r\\nDATA ACCEPT: 0,0\\r\\n\n"
                  "-- advance 150\n"
                  ">> AT+CIPSEND=0,3\\r\n<< \\r\\n> \n>> 789\n<< \\r\\nDATA ACCEPT:0,3\\r\\n\n",
                  2000);
    assert_int_equal(rig.rooms, 1);
    modem_rig_free(&rig);
}

static void a_buffer_that_stays_full_ends_the_link(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    char script[4096] = "";
    for (int i = 0; i < 25; i++) {
        strcat(script, ">> AT+CIPSEND=0,5\\r\n<< \\r\\n> \n>> hello\n<< \\r\\nDATA ACCEPT:0,0\\r\\n\n");
    }
    strcat(script, ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n");
    modem_rig_say(&rig, script, 10000);
    modem_rig_expect(&rig, "sending failed: the modem takes no more data\n");
    modem_rig_free(&rig);
}

static void slow_sending_is_understood(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig, ">> AT+CIPSEND=0,5\\r\n<< \\r\\n> \n>> hello\n<< \\r\\n0, SEND OK\\r\\n\n", 1000);
    assert_int_equal(rig.rooms, 1);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig,
                  ">> AT+CIPSEND=0,5\\r\n<< \\r\\n> \n>> hello\n<< \\r\\n0, SEND FAIL\\r\\n\n"
                  ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n+CME ERROR: 3\\r\\n\n",
                  1000);
    modem_rig_expect(&rig,
                     "sending failed: the modem did not take the data: the modem says \"0, SEND FAIL\"\n");
    modem_rig_free(&rig);
}

/* ---- reading ---- */

static void bytes_come_in(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_play(&rig, "sim800/receive.log", 1000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x02\x00\xC8", 5);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

static void it_is_read_until_nothing_is_left(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,4,3\\r\\n\\nOK\\r\\r\\nOK\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,3,0\\r\\nefg\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect_bytes(&rig, "\nOK\refg", 7);
    modem_rig_free(&rig);
}

/* More came while it was being read, also on another link (A6). */
static void news_within_the_answer_count(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 1,3\\r\\n\\r\\n+CIPRXGET: 2,0,1,0\\r\\na"
                  "\\r\\n+CIPRXGET: 1,0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,1,0\\r\\nb\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect_bytes(&rig, "ab", 2);
    modem_rig_free(&rig);
}

static void a_lost_line_is_made_up_for(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 32);
    modem_rig_play(&rig, "sim800/send.log", 1000);
    modem_rig_say(&rig,
                  "-- advance 1900\n>> AT+CIPRXGET=4,0\\r\n<< \\r\\n+CIPRXGET: 4,0,0\\r\\n\\r\\nOK\\r\\n\n"
                  "-- advance 2900\n>> AT+CIPRXGET=4,0\\r\n<< \\r\\n+CIPRXGET: 4,0,5\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,5,0\\r\\nhello\\r\\nOK\\r\\n\n",
                  10000);
    modem_rig_expect_bytes(&rig, "hello", 5);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

static void an_answer_spares_the_look(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)P32, 32), 32);
    modem_rig_play(&rig, "sim800/send.log", 1000);
    modem_rig_play(&rig, "sim800/receive.log", 1000);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

/* A read that fails proves nothing: the status is asked, and only its word counts. */
static void a_failed_read_is_no_end(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\nERROR\\r\\n\n"
                  ">> AT+CIPSTATUS=0\\r\n"
                  "<< \\r\\n+CIPSTATUS: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"CONNECTED\"\\r\\n\\r\\nOK\\r\\n\n"
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CME ERROR: 3\\r\\n\n"
                  ">> AT+CIPSTATUS=0\\r\n<< \\r\\n+CIPSTATUS: "
                  "0,0,\"TCP\",\"1.2.3.4\",\"80\",\"WHAT\"\\r\\n\\r\\nOK\\r\\n\n"
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,2,0\\r\\nhi\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect_bytes(&rig, "hi", 2);
    modem_rig_expect(&rig, "");
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CME ERROR: 3\\r\\n\n"
                  ">> AT+CIPSTATUS=0\\r\n"
                  "<< \\r\\n+CIPSTATUS: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"CLOSED\"\\r\\n\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect(
        &rig, "closed by the server: the server closed the connection (the modem says so when asked)\n");
    modem_rig_free(&rig);
}

static void reads_that_keep_failing_end_the_link(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    for (int i = 0; i < 2; i++) {
        modem_rig_say(&rig,
                      "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n"
                      ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\nERROR\\r\\n\n"
                      ">> AT+CIPSTATUS=0\\r\n<< \\r\\nERROR\\r\\n\n",
                      1000);
    }
    modem_rig_say(&rig,
                  "<< \\r\\n+CIPRXGET: 1,0\\r\\n\n>> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\nERROR\\r\\n\n"
                  ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n",
                  1000);
    modem_rig_expect(&rig, "modem failed: the modem says that there is data but does not hand it out\n");
    modem_rig_free(&rig);
}

/* ---- the end ---- */

static void what_is_left_is_read_before_the_end(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_say(&rig,
                  "<< \\r\\n0, CLOSED\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,4,3\\r\\nlast\\r\\nOK\\r\\n\n"
                  ">> AT+CIPRXGET=2,0,1460\\r\n<< \\r\\n+CIPRXGET: 2,0,3,0\\r\\n wo\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect_bytes(&rig, "last wo", 7);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

static void nothing_is_left(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_play(&rig, "sim800/closed.log", 1000);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_connect(&rig, "sim800/connect.log");
    modem_rig_free(&rig);
}

static void the_network_takes_the_bearer_away(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    modem_rig_hear(&rig, "\r\n+PDP: DEACT\r\n");
    modem_rig_expect(
        &rig, "failed data connection, retry: the network took the data connection away (+PDP: DEACT)\n"
              "data connection lost: the network took the data connection away (+PDP: DEACT)\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_say(&rig,
                  ">> AT+CREG?\\r\n<< \\r\\n+CREG: 1,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CSQ\\r\n<< \\r\\n+CSQ: 19,0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+COPS?\\r\n<< \\r\\n+COPS: 0,0,\"Simulated\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPSHUT\\r\n<< \\r\\nSHUT OK\\r\\n\n>> AT+CGATT?\\r\n",
                  1000);
    modem_rig_free(&rig);
}

static void a_close_of_ours(void **state)
{
    struct modem_rig rig;

    (void)state;
    connect(&rig);
    stream_close(rig.stream);
    modem_rig_say(&rig, ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n", 1000);
    modem_rig_expect(&rig, "closed as asked\n");
    modem_rig_free(&rig);
}

/* ---- opening ---- */

static void a_failed_open_asks_for_the_name(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig);
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\n<< \\r\\nOK\\r\\n\n-- advance 75500\n"
                  "<< \\r\\n0, CONNECT FAIL\\r\\n\n"
                  ">> AT+CDNSGIP=\"blynk.cloud\"\\r\n<< \\r\\nOK\\r\\n\n<< \\r\\n+CDNSGIP: "
                  "1,\"blynk.cloud\",\"1.2.3.4\"\\r\\n\n",
                  90000);
    modem_rig_expect(
        &rig, "server not reached: blynk.cloud:80 was not reached: the modem says \"0, CONNECT FAIL\"\n");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(
        &rig,
        ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\n<< \\r\\nOK\\r\\n\n<< \\r\\n0, CONNECT FAIL\\r\\n\n"
        ">> AT+CDNSGIP=\"blynk.cloud\"\\r\n<< \\r\\nOK\\r\\n\n<< \\r\\n+CDNSGIP: 0,8\\r\\n\n",
        10000);
    modem_rig_expect(&rig, "name not resolved: the modem cannot find the address of blynk.cloud\n");
    modem_rig_free(&rig);
}

static void a_socket_of_an_earlier_life_is_closed(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig);
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(
        &rig,
        ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\n<< \\r\\n0, ALREADY CONNECT\\r\\n\n"
        ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n"
        ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\n<< \\r\\nOK\\r\\n\\r\\n0, CONNECT OK\\r\\n\n",
        1000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

static void an_open_without_any_answer(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig);
    assert_int_equal(stream_open(rig.stream, "1.2.3.4", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTART=0,\"TCP\",\"1.2.3.4\",80\\r\n<< \\r\\nOK\\r\\n\n-- advance 81900\n"
                  ">> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTATUS=0\\r\n"
                  "<< \\r\\n+CIPSTATUS: 0,0,\"TCP\",\"1.2.3.4\",\"80\",\"CONNECTING\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n",
                  90000);
    modem_rig_expect(&rig, "server not reached: 1.2.3.4:80 was not reached: no answer in time\n");
    modem_rig_hear(&rig, "\r\n0, CONNECT FAIL\r\n"); /* in the middle of nowhere: harmless */
    modem_rig_expect(&rig, "");
    modem_rig_hear(&rig, "\r\n0, CONNECT OK\r\n");
    modem_rig_say(&rig, ">> AT+CIPCLOSE=0,1\\r\n<< \\r\\n0, CLOSE OK\\r\\n\n", 1000);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_go_out),
        cmocka_unit_test(what_was_not_taken_is_sent_again),
        cmocka_unit_test(a_buffer_that_stays_full_ends_the_link),
        cmocka_unit_test(slow_sending_is_understood),
        cmocka_unit_test(bytes_come_in),
        cmocka_unit_test(it_is_read_until_nothing_is_left),
        cmocka_unit_test(news_within_the_answer_count),
        cmocka_unit_test(a_lost_line_is_made_up_for),
        cmocka_unit_test(an_answer_spares_the_look),
        cmocka_unit_test(a_failed_read_is_no_end),
        cmocka_unit_test(reads_that_keep_failing_end_the_link),
        cmocka_unit_test(what_is_left_is_read_before_the_end),
        cmocka_unit_test(nothing_is_left),
        cmocka_unit_test(the_network_takes_the_bearer_away),
        cmocka_unit_test(a_close_of_ours),
        cmocka_unit_test(a_failed_open_asks_for_the_name),
        cmocka_unit_test(a_socket_of_an_earlier_life_is_closed),
        cmocka_unit_test(an_open_without_any_answer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
