/*
 * Espressif's modules over Wi-Fi (facts/modems-aithinker-m590-esp8266.md, section 4): data that waits in the module, or
 * is pushed by firmware that cannot keep it, and the question for the status that firmware differs in.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>

#define READ      ">> AT+CIPRECVDATA=0,1460\\r\\n\n"
#define NOT_KNOWN "<< \\r\\nERROR\\r\\n\n"

static void init(struct modem_rig *rig, const char *profile)
{
    modem_rig_init(rig, profile);
    snprintf(rig->config.ssid, sizeof(rig->config.ssid), "home");
    snprintf(rig->config.wifi_password, sizeof(rig->config.wifi_password), "secret12");
    modem_rig_renew(rig);
}

static void connect(struct modem_rig *rig, const char *profile)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/connect.log", profile);
    modem_rig_connect(rig, path);
}

static void bring_up(struct modem_rig *rig, const char *profile)
{
    char path[64];

    init(rig, profile);
    snprintf(path, sizeof(path), "%s/start.log", profile);
    modem_rig_bring_up(rig, path);
    connect(rig, profile);
}

/* The choice of buffered reading, the fourth from the end of its start.log, is refused. */
static void bring_up_without_buffer(struct modem_rig *rig, const char *profile)
{
    char path[64];
    unsigned exchanges;

    init(rig, profile);
    snprintf(path, sizeof(path), "%s/start.log", profile);
    exchanges = modem_rig_count(rig, path);
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(rig, path, exchanges - 4,
                        ">> AT+CIPRECVMODE=1\\r\\n\n" NOT_KNOWN
                        ">> AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"\\r\\n\n<< \\r\\nOK\\r\\n\n"
                        ">> AT+CIFSR\\r\\n\n<< +CIFSR:STAIP,\"192.168.3.133\"\\r\\n\\r\\nOK\\r\\n\n"
                        ">> AT+CIPSNTPTIME?\\r\\n\n" NOT_KNOWN,
                        10000);
    modem_rig_expect(rig, "ready\n");
    connect(rig, profile);
}

static void write_hello(struct modem_rig *rig)
{
    assert_int_equal(stream_write(rig->stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(rig,
                  ">> AT+CIPSEND=0,5\\r\\n\n<< \\r\\nOK\\r\\n> \n>> hello\n<< \\r\\nRecv 5 "
                  "bytes\\r\\n\\r\\nSEND OK\\r\\n\n",
                  1000);
}

/* ---- reading ---- */

/* The payload may look like anything, and more may be told of while it is being read. */
static void what_waits_is_read(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp8266");
    modem_rig_say(&rig,
                  "<< \\r\\n+IPD,0,12\\r\\n\n" READ
                  "<< +CIPRECVDATA,12:\\r\\n+IPD,0,5:x\\r\\nOK\\r\\n\\r\\n+IPD,0,1\\r\\n\n" READ
                  "<< +CIPRECVDATA,1:y\\r\\nOK\\r\\n\n" READ "<< +CIPRECVDATA,0:\\r\\nOK\\r\\n\n",
                  2000);
    modem_rig_expect_bytes(&rig, "\r\n+IPD,0,5:xy", 13);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

/* A read that finds nothing is an ERROR there, which is no reason to ask whether the connection is still up. */
static void an_empty_buffer_is_no_doubt(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    for (int i = 0; i < 5; i++) {
        modem_rig_say(&rig,
                      "<< \\r\\n+IPD,0,2\\r\\n\n" READ "<< +CIPRECVDATA:2,hi\\r\\nOK\\r\\n\n" READ NOT_KNOWN,
                      2000);
        sched_advance(rig.sched, 1000);
        modem_rig_expect_bytes(&rig, "hi", 2);
    }
    fake_port_expect_silence(rig.fake);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

static void data_told_of_within_an_empty_read_is_read(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    modem_rig_say(&rig,
                  "<< \\r\\n+IPD,0,2\\r\\n\n" READ "<< +CIPRECVDATA:2,hi\\r\\nOK\\r\\n\n" READ
                  "<< \\r\\n+IPD,0,3\\r\\n\\r\\nERROR\\r\\n\n" READ
                  "<< +CIPRECVDATA:3,you\\r\\nOK\\r\\n\n" READ NOT_KNOWN,
                  2000);
    modem_rig_expect_bytes(&rig, "hiyou", 5);
    modem_rig_free(&rig);
}

/* The line that tells of data was lost on the way; it does not come again before the data was read. */
static void a_lost_line_is_made_up_for(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp8266");
    write_hello(&rig);
    modem_rig_say(&rig,
                  "-- advance 1900\n>> AT+CIPRECVLEN?\\r\\n\n<< +CIPRECVLEN:5,,,,,\\r\\n\\r\\nOK\\r\\n\n" READ
                  "<< +CIPRECVDATA,5:there\\r\\nOK\\r\\n\n" READ "<< +CIPRECVDATA,0:\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect_bytes(&rig, "there", 5);
    modem_rig_free(&rig);
}

static void a_closed_link_has_no_length(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    write_hello(&rig);
    modem_rig_say(
        &rig,
        "-- advance 1900\n>> AT+CIPRECVLEN?\\r\\n\n<< +CIPRECVLEN:-1,-1,-1,-1,-1\\r\\n\\r\\nOK\\r\\n\n"
        "-- advance 2900\n>> AT+CIPRECVLEN?\\r\\n\n<< +CIPRECVLEN:0,-1,-1,-1,-1\\r\\n\\r\\nOK\\r\\n\n",
        10000);
    sched_advance(rig.sched, 60000);
    fake_port_expect_silence(rig.fake);
    modem_rig_free(&rig);
}

/* ---- the server closes ---- */

/* AT 1 tells of it at once; what has come before can still be read (4.4). */
static void what_the_server_left_is_read(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp8266");
    modem_rig_say(&rig,
                  "<< \\r\\n+IPD,0,3\\r\\n0,CLOSED\\r\\n\n" READ "<< +CIPRECVDATA,3:bye\\r\\nOK\\r\\n\n" READ
                  "<< \\r\\nERROR\\r\\n\n",
                  2000);
    modem_rig_expect_bytes(&rig, "bye", 3);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

/* ESP-AT keeps it back until all was read. */
static void closed_comes_after_the_last_read(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    modem_rig_say(&rig,
                  "<< \\r\\n+IPD,0,3\\r\\n\n" READ
                  "<< +CIPRECVDATA:3,bye\\r\\nOK\\r\\n0,CLOSED\\r\\n\n" READ NOT_KNOWN,
                  2000);
    modem_rig_expect_bytes(&rig, "bye", 3);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

/* ---- firmware that cannot keep data ---- */

static void what_is_pushed_is_taken(void **state)
{
    static const char *const profiles[] = {"esp8266", "esp-at"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct modem_rig rig;
        bring_up_without_buffer(&rig, profiles[i]);
        modem_rig_hear(&rig, "\r\n+IPD,0,5:hello\r\n+IPD,0,2,\"198.18.0.1\",80:!!");
        modem_rig_expect_bytes(&rig, "hello!!", 7);
        write_hello(&rig);
        modem_rig_say(&rig,
                      "-- advance 1900\n>> AT+CIPRECVLEN?\\r\\n\n" NOT_KNOWN
                      "-- advance 2900\n>> AT+CIPRECVLEN?\\r\\n\n" NOT_KNOWN,
                      10000);
        sched_advance(rig.sched, 60000);
        fake_port_expect_silence(rig.fake);
        modem_rig_say(&rig, "<< 0,CLOSED\\r\\n\n" READ NOT_KNOWN, 1000);
        modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
        modem_rig_free(&rig);
    }
}

/* ---- the status ---- */

#define STRANGE_ERROR "<< \\r\\n+IPD,0,3\\r\\n\n" READ "<< \\r\\nERROR\\r\\n\n"

/* AT+CIPSTATUS is all that firmware before 2.2 has (4.4). */
static void old_firmware_is_asked_for_the_status(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    modem_rig_say(&rig,
                  STRANGE_ERROR ">> AT+CIPSTATUS\\r\\n\n<< STATUS:3\\r\\n"
                                "+CIPSTATUS:0,\"TCP\",\"1.2.3.4\",80,53963,0\\r\\n\\r\\nOK\\r\\n\n",
                  2000);
    modem_rig_expect(&rig, "");
    modem_rig_say(&rig, STRANGE_ERROR ">> AT+CIPSTATUS\\r\\n\n<< STATUS:4\\r\\n\\r\\nOK\\r\\n\n", 2000);
    modem_rig_expect(
        &rig, "closed by the server: the server closed the connection (the modem says so when asked)\n");
    modem_rig_free(&rig);
}

/* ... and firmware that has it no more is asked with AT+CIPSTATE?, from then on at once. */
static void new_firmware_is_asked_in_its_own_words(void **state)
{
    static const char up[] =
        ">> AT+CIPSTATE?\\r\\n\n<< +CIPSTATE:0,\"TCP\",\"1.2.3.4\",80,53963,0\\r\\n\\r\\n"
        "OK\\r\\n\n";
    char script[512];
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "esp-at");
    snprintf(script, sizeof(script), STRANGE_ERROR ">> AT+CIPSTATUS\\r\\n\n" NOT_KNOWN "%s", up);
    modem_rig_say(&rig, script, 2000);
    snprintf(script, sizeof(script), STRANGE_ERROR "%s", up);
    modem_rig_say(&rig, script, 2000);
    modem_rig_expect(&rig, "");
    modem_rig_free(&rig);
}

/* An open without an answer may have worked: the row tells. */
static void an_open_is_found_by_either_question(void **state)
{
    struct modem_rig rig;

    (void)state;
    init(&rig, "esp-at");
    modem_rig_bring_up(&rig, "esp-at/start.log");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(
        &rig,
        ">> AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\\r\\n\n-- advance 80000\n"
        ">> AT\\r\\n\n<< \\r\\nOK\\r\\n\n>> AT+CIPSTATUS\\r\\n\n" NOT_KNOWN
        ">> AT+CIPSTATE?\\r\\n\n<< +CIPSTATE:0,\"TCP\",\"1.2.3.4\",80,53963,0\\r\\n\\r\\nOK\\r\\n\n",
        100000);
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_is_read),
        cmocka_unit_test(an_empty_buffer_is_no_doubt),
        cmocka_unit_test(data_told_of_within_an_empty_read_is_read),
        cmocka_unit_test(a_lost_line_is_made_up_for),
        cmocka_unit_test(a_closed_link_has_no_length),
        cmocka_unit_test(what_the_server_left_is_read),
        cmocka_unit_test(closed_comes_after_the_last_read),
        cmocka_unit_test(what_is_pushed_is_taken),
        cmocka_unit_test(old_firmware_is_asked_for_the_status),
        cmocka_unit_test(new_firmware_is_asked_in_its_own_words),
        cmocka_unit_test(an_open_is_found_by_either_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
