/*
 * A start, a connection, 37 bytes out and 5 in with every module of the list: tests/logs/<profile> replayed through
 * the lexer, the channel and the machine as they are. What a family needs of the engine is told below.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LOGIN                                                                                                \
    "\x1D\x00\x01\x00\x20"                                                                                   \
    "0123456789abcdefghijklmnopqrstuv"

static bool has_log(const char *profile, const char *name, char *path, size_t size)
{
    char full[256];

    snprintf(path, size, "%s/%s", profile, name);
    snprintf(full, sizeof(full), "%s/tests/logs/%s", TEST_SOURCE_DIR, path);
    return access(full, R_OK) == 0;
}

static void bring_up(struct modem_rig *rig, const char *profile)
{
    char path[64];

    modem_rig_init(rig, profile);
    snprintf(rig->config.ssid, sizeof(rig->config.ssid), "home");
    snprintf(rig->config.wifi_password, sizeof(rig->config.wifi_password), "secret12");
    modem_rig_renew(rig);
    assert_true(has_log(profile, "start.log", path, sizeof(path)));
    modem_rig_bring_up(rig, path);
    assert_true(has_log(profile, "connect.log", path, sizeof(path)));
    modem_rig_connect(rig, path);
}

static void a_session(void **state)
{
    const char *profile = *state;
    struct modem_rig rig;
    char path[64];

    bring_up(&rig, profile);
    assert_true(has_log(profile, "session.log", path, sizeof(path)));
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)LOGIN, sizeof(LOGIN) - 1), sizeof(LOGIN) - 1);
    modem_rig_play(&rig, path, 5000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8", 5);
    assert_int_equal(rig.rooms, 1);
    modem_rig_free(&rig);
}

/* ---- what the sheets warn of ---- */

static void expect_closed(struct modem_rig *rig, const char *script, const char *diary)
{
    modem_rig_say(rig, script, 30000);
    modem_rig_expect(rig, diary);
}

/* The number of a link that the server closed stays taken until we close it (B4). */
static void bg96_closes_what_the_server_closed(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "bg96");
    expect_closed(
        &rig,
        "<< \\r\\n+QIURC: \"closed\",0\\r\\n\n>> AT+QIRD=0,1500\\r\n<< \\r\\n+QIRD: 0\\r\\n\\r\\nOK\\r\\n\n"
        ">> AT+QICLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
        "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

/* Firmware that says 3 of a healthy connection (B7); another driver closed it. */
static void bg96_state_three_is_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "bg96");
    modem_rig_say(&rig,
                  "<< \\r\\n+QIURC: \"recv\",0\\r\\n\n>> AT+QIRD=0,1500\\r\n<< \\r\\nERROR\\r\\n\n"
                  ">> AT+QISTATE?\\r\n<< \\r\\n+QISTATE: "
                  "0,\"TCP\",\"1.2.3.4\",80,65514,3,1,0,0,\"uart1\"\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

/* confirmed < requested: the link is of no use any more (C5), and nothing is sent again on it. */
static void netopen_short_send_ends_the_link(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim7600");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    expect_closed(&rig,
                  ">> AT+CIPSEND=0,5\\r\n<< \\r\\n>\n>> hello\n<< \\r\\nOK\\r\\n\\r\\n+CIPSEND: 0,5,3\\r\\n\n"
                  ">> AT+CIPCLOSE=0\\r\n<< \\r\\nOK\\r\\n\\r\\n+CIPCLOSE: 0,0\\r\\n\n",
                  "sending failed: the modem took only a part of the data\n");
    modem_rig_free(&rig);
}

/* Never more than there is, and the question what there is only while the link is open (B5). */
static void sim7000_reads_what_is_there(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim7000ssl");
    modem_rig_say(&rig,
                  "<< \\r\\n+CADATAIND: 0\\r\\n\n>> AT+CARECV?\\r\n"
                  "<< \\r\\n+CARECV: 0,2\\r\\n\\r\\n+CADATAIND: 0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CARECV=0,2\\r\n<< \\r\\n+CARECV: 2,ab\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CARECV?\\r\n<< \\r\\n+CARECV: 0,2000\\r\\n+CARECV: 1,7\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CARECV=0,1300\\r\n<< \\r\\n+CARECV: 1,c\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CARECV?\\r\n<< \\r\\n+CARECV: 0,0\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect_bytes(&rig, "abc", 3);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

static void sim7000_reads_once_behind_the_end(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim7000ssl");
    expect_closed(&rig,
                  "<< \\r\\n+CADATAIND: 0\\r\\n\n>> AT+CARECV?\\r\n"
                  "<< \\r\\n+CARECV: 0,2\\r\\n\\r\\n+CASTATE: 0,0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CARECV=0,2\\r\n<< \\r\\n+CARECV: 2,ab\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CACLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
                  "closed by the server: the server closed the connection\n");
    modem_rig_expect_bytes(&rig, "ab", 2);
    modem_rig_free(&rig);
}

/* The question waits behind a send, and when its turn comes nothing is open any more. */
static void sim7000_is_asked_nothing_behind_the_end(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim7000ssl");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    expect_closed(&rig,
                  ">> AT+CASEND=0,5\\r\n<< \\r\\n>\n>> hello\n<< \\r\\n+CADATAIND: 0\\r\\n\n"
                  "<< \\r\\n+CASTATE: 0,0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CACLOSE=0\\r\n<< \\r\\nOK\\r\\n\n",
                  "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

/* Nor behind our own end of the link. */
static void sim7000_is_asked_nothing_behind_the_close(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sim7000ssl");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig, ">> AT+CASEND=0,5\\r\n<< \\r\\n>\n>> hello\n<< \\r\\n+CADATAIND: 0\\r\\n\n", 1000);
    stream_close(rig.stream);
    expect_closed(&rig, "<< \\r\\nOK\\r\\n\n>> AT+CACLOSE=0\\r\n<< \\r\\nOK\\r\\n\n", "closed as asked\n");
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

/* The OK behind a result that is a failure (B3) is not that of AT+CACLOSE, which still runs then. */
static void sim7080_failed_open_ends_with_its_ok(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "sim7080");
    modem_rig_bring_up(&rig, "sim7080/start.log");
    assert_int_equal(stream_open(rig.stream, "192.0.2.1", 80), 0);
    modem_rig_say(
        &rig,
        ">> AT+CAOPEN=0,0,\"TCP\",\"192.0.2.1\",80\\r\n<< \\r\\n+CAOPEN: 0,27\\r\\n\n-- advance 500\n"
        "<< \\r\\nOK\\r\\n\n>> AT+CACLOSE=0\\r\n-- advance 500\n<< \\r\\nOK\\r\\n\n"
        ">> AT+CNACT?\\r\n<< \\r\\n+CNACT: 0,1,\"10.94.36.44\"\\r\\n\\r\\nOK\\r\\n\n",
        5000);
    modem_rig_expect(&rig, "server not reached: 192.0.2.1:80 was not reached: the modem says "
                           "\"+CAOPEN: 0,27\"\n");
    modem_rig_free(&rig);
}

/* The quote that closes is not counted, and another one may be among the bytes (2C). */
static void sara_reads_between_quotes(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "sara-r4");
    modem_rig_say(&rig,
                  "<< \\r\\n+UUSORD: 0,6\\r\\n\n>> AT+USORD=0,1024\\r\n"
                  "<< \\r\\n+USORD: 0,6,\"a\"\\r\\nb\"\"\\r\\n+UUSORD: 0,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+USORD=0,1024\\r\n<< \\r\\n+USORD: 0,1,\"c\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+USORD=0,1024\\r\n<< \\r\\n+USORD: 0,0\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect_bytes(&rig, "a\"\r\nb\"c", 7);
    modem_rig_free(&rig);
}

/* The line that follows a failed open (4.4) is not about the next one. */
static void esp8266_late_closed_is_old(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp8266");
    stream_close(rig.stream);
    expect_closed(&rig, ">> AT+CIPCLOSE=0\\r\\n\n<< 0,CLOSED\\r\\n\\r\\nOK\\r\\n\n", "closed as asked\n");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\\n\n<< 0,CLOSED\\r\\n\n<< "
                  "0,CONNECT\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

static void esp8266_without_a_network_says_what_to_do(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "esp8266");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_until(&rig, "esp8266/start.log", 6, 10000);
    sched_advance(rig.sched, 100);
    modem_rig_expect(
        &rig, "failed data connection, unfinished: no wireless network is configured: write its name and "
              "password under [wifi]\n");
    modem_rig_free(&rig);
}

/* An address needs no look-up; a name that is not found is told as such (3.4). */
static void m590_looks_names_up_itself(void **state)
{
    struct modem_rig rig;
    char path[64];

    (void)state;
    modem_rig_init(&rig, "m590");
    has_log("m590", "start.log", path, sizeof(path));
    modem_rig_bring_up(&rig, path);
    assert_int_equal(stream_open(rig.stream, "no.such.host", 80), 0);
    expect_closed(&rig,
                  ">> AT+IPSTATUS=0\\r\n<< \\r\\n+IPSTATUS:0,DISCONNECT\\r\\n\n"
                  ">> AT+DNS=\"no.such.host\"\\r\n<< \\r\\nOK\\r\\n\\r\\n+DNS:Error\\r\\n\n"
                  ">> AT+XIIC?\\r\n<< \\r\\n+XIIC:    1, 10.232.165.29\\r\\n\\r\\nOK\\r\\n\n",
                  "name not resolved: the modem cannot find the address of no.such.host\n");
    assert_int_equal(stream_open(rig.stream, "192.0.2.1", 80), 0);
    modem_rig_say(&rig, ">> AT+TCPSETUP=0,192.0.2.1,80\\r\n<< \\r\\nOK\\r\\n\\r\\n+TCPSETUP:0,OK\\r\\n\n",
                  5000);
    modem_rig_expect(&rig, "open\n");
    assert_string_equal(stream_peer(rig.stream), "192.0.2.1");
    modem_rig_free(&rig);
}

/* Firmware 1.30c leaves the state out (3.3): no address is no connection. */
static void m590_without_address_has_lost_the_bearer(void **state)
{
    struct modem_rig rig;
    char path[64];

    (void)state;
    modem_rig_init(&rig, "m590");
    has_log("m590", "start.log", path, sizeof(path));
    modem_rig_bring_up(&rig, path);
    assert_int_equal(stream_open(rig.stream, "192.0.2.1", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+IPSTATUS=0\\r\n<< \\r\\n+IPSTATUS:0,DISCONNECT\\r\\n\n"
                  ">> AT+TCPSETUP=0,192.0.2.1,80\\r\n<< \\r\\nOK\\r\\n\\r\\n+TCPSETUP:0,FAIL\\r\\n\n"
                  ">> AT+IPSTATUS=0\\r\n<< \\r\\n+IPSTATUS:0,DISCONNECT\\r\\n\n"
                  ">> AT+XIIC?\\r\n<< \\r\\n+XIIC: 0.0.0.0\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    sched_advance(rig.sched, 100);
    modem_rig_expect_why(&rig, "the data connection is gone");
    modem_rig_free(&rig);
}

/* Its data connection does not say why it stays away, and it is asked for a minute: the network comes first. */
static void m590_waits_for_the_network_before_the_bearer(void **state)
{
    struct modem_rig rig;
    char path[64];

    (void)state;
    modem_rig_init(&rig, "m590");
    has_log("m590", "start.log", path, sizeof(path));
    modem_rig_bring_up(&rig, path);
    assert_int_equal(stream_open(rig.stream, "192.0.2.1", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+IPSTATUS=0\\r\n<< \\r\\n+IPSTATUS:0,DISCONNECT\\r\\n\n"
                  ">> AT+TCPSETUP=0,192.0.2.1,80\\r\n<< \\r\\nOK\\r\\n\\r\\n+TCPSETUP:0,FAIL\\r\\n\n"
                  ">> AT+IPSTATUS=0\\r\n<< \\r\\n+IPSTATUS:0,DISCONNECT\\r\\n\n"
                  ">> AT+XIIC?\\r\n<< \\r\\n+XIIC:    0, 0.0.0.0\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    sched_advance(rig.sched, 100);
    modem_rig_start(&rig, UPLINK_RUNG_BEARER);
    modem_rig_say(&rig,
                  ">> AT+CREG?\\r\n<< \\r\\n+CREG: 0,3\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CSQ\\r\n<< \\r\\n+CSQ: 99,99\\r\\n\\r\\nOK\\r\\n\n",
                  1000);
    modem_rig_expect_why(&rig, "waiting for the network: searching");
    modem_rig_say(&rig,
                  ">> AT+CREG?\\r\n<< \\r\\n+CREG: 0,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CSQ\\r\n<< \\r\\n+CSQ: 23,0\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+COPS?\\r\n<< \\r\\n+COPS: 0,0,\"Simulated\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+XISP=0\\r\n",
                  3000);
    modem_rig_free(&rig);
}

static char profiles[][16] = {"sim808",  "sim868",  "sim900", "sim7000", "sim7000ssl", "sim7080", "sim7070",
                              "sim7090", "sim7600", "a7672",  "a7670",   "sim5360",    "bg96",    "bg95",
                              "ec25",    "eg25",    "ec200u", "eg915",   "m95",        "mc60",    "mc60e",
                              "m590",    "esp8266", "esp-at", "sara-r4", "sara-r5",    "a6",      "a9g"};

#define PROFILES (sizeof(profiles) / sizeof(profiles[0]))

int main(void)
{
    const struct CMUnitTest stories[] = {
        cmocka_unit_test(bg96_closes_what_the_server_closed),
        cmocka_unit_test(bg96_state_three_is_up),
        cmocka_unit_test(netopen_short_send_ends_the_link),
        cmocka_unit_test(sim7000_reads_what_is_there),
        cmocka_unit_test(sim7000_reads_once_behind_the_end),
        cmocka_unit_test(sim7000_is_asked_nothing_behind_the_end),
        cmocka_unit_test(sim7000_is_asked_nothing_behind_the_close),
        cmocka_unit_test(sim7080_failed_open_ends_with_its_ok),
        cmocka_unit_test(sara_reads_between_quotes),
        cmocka_unit_test(esp8266_late_closed_is_old),
        cmocka_unit_test(esp8266_without_a_network_says_what_to_do),
        cmocka_unit_test(m590_looks_names_up_itself),
        cmocka_unit_test(m590_without_address_has_lost_the_bearer),
        cmocka_unit_test(m590_waits_for_the_network_before_the_bearer),
    };
    struct CMUnitTest sessions[PROFILES];

    for (size_t i = 0; i < PROFILES; i++) {
        sessions[i] =
            (struct CMUnitTest){.name = profiles[i], .test_func = a_session, .initial_state = profiles[i]};
    }
    return cmocka_run_group_tests(sessions, NULL, NULL) + cmocka_run_group_tests(stories, NULL, NULL);
}
