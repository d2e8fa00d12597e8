/*
 * The TLS channel of SIMCom's NETOPEN modules: started before it is set up, its certificate put in by each daemon once,
 * its numbers in words, its bytes by count.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>

#define LOGIN                                                                                                \
    "\x1D\x00\x01\x00\x20"                                                                                   \
    "0123456789abcdefghijklmnopqrstuv"
#define TIME    ">> AT+CCLK?\\r\n<< \\r\\n+CCLK: \"50/03/14,10:12:51+04\"\\r\\n\\r\\nOK\\r\\n\n"
#define BOUND   ">> AT+CCHSSLCFG=0,0\\r\n<< \\r\\nOK\\r\\n\n"
#define OPENING ">> AT+CCHOPEN=0,\"blynk.cloud\",443,2\\r\n"
#define CLOSED  ">> AT+CCHCLOSE=0\\r\n<< \\r\\nERROR\\r\\n\n"
#define BEARER  ">> AT+NETOPEN?\\r\n<< \\r\\n+NETOPEN: 1\\r\\n\\r\\nOK\\r\\n\n"

static void read_log(const char *name, char *text, size_t size)
{
    char path[256];

    snprintf(path, sizeof(path), TEST_SOURCE_DIR "/tests/logs/sim7600/%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    memset(text, 0, size);
    assert_true(fread(text, 1, size - 1, file) > 0);
    fclose(file);
}

static void begin(struct modem_rig *rig)
{
    modem_rig_init(rig, "sim7600");
    rig->config.tls = true;
    rig->config.ca_len = 5;
    memcpy(rig->config.ca, "paper", 5);
    modem_rig_renew(rig);
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
}

/* As recorded up to `until`, which is not said; then the script. */
static void bring_up(struct modem_rig *rig, const char *until, const char *script)
{
    static char text[16384], start[16384];
    unsigned exchanges = 0;

    begin(rig);
    read_log("start.log", start, sizeof(start));
    const char *end = strstr(start, ">> AT+CIPCLOSE");
    for (const char *at = strstr(start, ">> "); at < end; at = strstr(at + 1, ">> ")) {
        exchanges++;
    }
    read_log("tls.log", text, sizeof(text));
    char *cut = until ? strstr(text, until) : NULL;
    if (cut) {
        *cut = '\0';
    }
    strncat(text, script, sizeof(text) - strlen(text) - 1);
    modem_rig_play_then(rig, "sim7600/start.log", exchanges, text, 600000);
}

static void bring_up_ready(struct modem_rig *rig)
{
    bring_up(rig, NULL, TIME);
    modem_rig_expect(rig, "ready\n");
}

static void open_as_told(struct modem_rig *rig, const char *script)
{
    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 443), 0);
    modem_rig_say(rig, script, 200000);
}

static void send_and_receive(struct modem_rig *rig)
{
    modem_rig_expect(rig, "open\n");
    assert_int_equal(stream_write(rig->stream, (const uint8_t *)LOGIN, sizeof(LOGIN) - 1), sizeof(LOGIN) - 1);
    modem_rig_play(rig, "sim7600/tls-session.log", 20000);
    modem_rig_expect_bytes(rig, "\x00\x00\x01\x00\xC8\r\nOK", 9);
    modem_rig_expect(rig, "closed by the server: the server closed the connection\n");
}

static void a_session(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_ready(&rig);
    open_as_told(&rig, BOUND OPENING "<< \\r\\nOK\\r\\n\n<< \\r\\n+CCHOPEN: 0,0\\r\\n\n");
    send_and_receive(&rig);
    modem_rig_free(&rig);
}

static void the_result_may_come_first(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_ready(&rig);
    open_as_told(&rig, BOUND OPENING "<< \\r\\n+CCHOPEN: 0,0\\r\\n\\r\\nOK\\r\\n\n");
    send_and_receive(&rig);
    modem_rig_free(&rig);
}

/* A session that an earlier life left open is refused without a number. */
static void what_is_open_is_closed_once(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_ready(&rig);
    open_as_told(&rig, BOUND OPENING
                 "<< \\r\\nERROR\\r\\n\n"
                 ">> AT+CCHCLOSE=0\\r\n<< \\r\\n+CCHCLOSE: 0,0\\r\\n\\r\\nOK\\r\\n\n" BOUND OPENING
                 "<< \\r\\nOK\\r\\n\\r\\n+CCHOPEN: 0,0\\r\\n\n");
    modem_rig_expect(&rig, "open\n");
    modem_rig_free(&rig);
}

static void fail_open(const char *number, const char *further, const char *diary)
{
    struct modem_rig rig;
    char script[512];

    bring_up_ready(&rig);
    snprintf(script, sizeof(script),
             BOUND OPENING "<< \\r\\nOK\\r\\n\\r\\n+CCHOPEN: 0,%s\\r\\n\n" CLOSED BEARER "%s", number,
             further);
    open_as_told(&rig, script);
    modem_rig_expect(&rig, diary);
    modem_rig_free(&rig);
}

#define RESOLVED                                                                                             \
    ">> AT+CDNSGIP=\"blynk.cloud\"\\r\n<< \\r\\n+CDNSGIP: "                                                  \
    "1,\"blynk.cloud\",\"1.2.3.4\"\\r\\n\\r\\nOK\\r\\n\n"

static void its_numbers_are_told_in_words(void **state)
{
    (void)state;
    fail_open(
        "15", "",
        "TLS not established: blynk.cloud:443 was not reached: the server refused, or the modem did not "
        "trust its certificate (it does not tell which; ca_file must be its authority)\n");
    fail_open("4", "",
              "TLS not established: blynk.cloud:443 was not reached: the server closed the connection in the "
              "middle of the handshake\n");
    fail_open("13", "", "name not resolved: the modem cannot find the address of blynk.cloud\n");
    fail_open("19", RESOLVED,
              "server not reached: blynk.cloud:443 was not reached: the modem has lost the authority's "
              "certificate\n");
}

/* Without the check whom the module speaks to, nothing is opened at all. */
static void no_check_no_connection(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, ">> AT+CSSLCFG=\"authmode\"", ">> AT+CSSLCFG=\"authmode\",0,1\\r\n<< \\r\\nERROR\\r\\n\n");
    fake_port_expect_silence(rig.fake);
    modem_rig_expect(
        &rig, "failed data connection, hopeless: asking for a check of the server's certificate "
              "failed: the modem says \"ERROR\"; this is the modem's own TLS: `tls = yes` does without it\n");
    modem_rig_free(&rig);
}

static void a_certificate_that_is_not_taken_goes_no_further(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "<< \\r\\n>\n>> paper", "<< \\r\\nERROR\\r\\n\n");
    fake_port_expect_silence(rig.fake);
    modem_rig_expect(
        &rig, "failed data connection, hopeless: putting the authority's certificate into the modem "
              "failed: the modem says \"ERROR\"; this is the modem's own TLS: `tls = yes` does without it\n");
    modem_rig_free(&rig);
}

/* The network's fault, not the certificate's: it is tried again. */
static void a_channel_that_does_not_start_is_tried_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, "<< \\r\\nOK\\r\\n\\r\\n+CCHSTART: 0",
             "<< \\r\\nOK\\r\\n\\r\\n+CCHSTART: 9\\r\\n\n"
             ">> AT+CCHSTART\\r\n<< \\r\\nERROR\\r\\n\n");
    modem_rig_expect(&rig, "failed data connection, retry: starting the modem's own TLS failed: the modem "
                           "says \"ERROR\"; is `apn` right "
                           "for this SIM card?\n");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session),
        cmocka_unit_test(the_result_may_come_first),
        cmocka_unit_test(what_is_open_is_closed_once),
        cmocka_unit_test(its_numbers_are_told_in_words),
        cmocka_unit_test(no_check_no_connection),
        cmocka_unit_test(a_certificate_that_is_not_taken_goes_no_further),
        cmocka_unit_test(a_channel_that_does_not_start_is_tried_again),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
