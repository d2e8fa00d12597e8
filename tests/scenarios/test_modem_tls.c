/*
 * The modem's own TLS: the authority's certificate goes into it once and whole, or nothing is opened; what it says of
 * a server that it does not trust is no reason to restart it; modems that cannot do it are not asked.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#define LOGIN                                                                                                \
    "\x1D\x00\x01\x00\x20"                                                                                   \
    "0123456789abcdefghijklmnopqrstuv"

#define FILE_NAME "2cacaa39.pem"
#define SETTINGS                                                                                             \
    ">> AT+QSSLCFG=\"cacert\",0,\"" FILE_NAME "\"\\r\n<< \\r\\nOK\\r\\n\n"                                   \
    ">> AT+QSSLCFG=\"seclevel\",0,1\\r\n<< \\r\\nOK\\r\\n\n"                                                 \
    ">> AT+QSSLCFG=\"sslversion\",0,3\\r\n<< \\r\\nOK\\r\\n\n"                                               \
    ">> AT+QSSLCFG=\"ciphersuite\",0,0XFFFF\\r\n<< \\r\\nOK\\r\\n\n"                                         \
    ">> AT+QSSLCFG=\"sni\",0,1\\r\n<< \\r\\nOK\\r\\n\n"                                                      \
    ">> AT+QSSLCFG=\"checkhost\",0,1\\r\n<< \\r\\nOK\\r\\n\n"                                                \
    ">> AT+QSSLCFG=\"checkhost\",0\\r\n<< \\r\\n+QSSLCFG: \"checkhost\",0,1\\r\\n\\r\\nOK\\r\\n\n"
#define NO_TIME                                                                                              \
    ">> AT+CCLK?\\r\n<< \\r\\n+CCLK: \"80/01/06,00:00:17+00\"\\r\\n\\r\\nOK\\r\\n\n"                         \
    ">> AT+QSSLCFG=\"ignorelocaltime\",0,1\\r\n<< \\r\\nOK\\r\\n\n"                                          \
    ">> AT+QSSLCFG=\"negotiatetime\",0,60\\r\n<< \\r\\nOK\\r\\n\n"

static void begin(struct modem_rig *rig, const char *profile)
{
    modem_rig_init(rig, profile);
    rig->config.tls = true;
    rig->config.ca_len = 5;
    memcpy(rig->config.ca, "paper", 5);
    modem_rig_renew(rig);
}

static void read_log(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "rb");

    assert_non_null(file);
    memset(text, 0, size);
    assert_true(fread(text, 1, size - 1, file) > 0);
    fclose(file);
}

/* The start up to `before`, which is not said; then the script. */
static void bring_up_from(struct modem_rig *rig, const char *profile, const char *before, const char *script)
{
    static char text[16384];
    char path[128];
    unsigned exchanges = 0;

    begin(rig, profile);
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    snprintf(path, sizeof(path), TEST_SOURCE_DIR "/tests/logs/%s/start.log", profile);
    read_log(path, text, sizeof(text));
    const char *end = strstr(text, before);
    assert_non_null(end);
    for (const char *at = strstr(text, ">> "); at < end; at = strstr(at + 1, ">> ")) {
        exchanges++;
    }
    snprintf(path, sizeof(path), "%s/start.log", profile);
    modem_rig_play_then(rig, path, exchanges, script, 600000);
}

/* The network's time is asked for last. */
#define BG96_TIME    ">> AT+QLTS=1\\r\n<< \\r\\n+QLTS: \"2050/03/14,09:12:51+04,0\"\\r\\n\\r\\nOK\\r\\n\n"
#define SIM7080_TIME ">> AT+CCLK?\\r\n<< \\r\\n+CCLK: \"50/03/14,10:12:51+04\"\\r\\n\\r\\nOK\\r\\n\n"

static void bring_up(struct modem_rig *rig, const char *script)
{
    bring_up_from(rig, "bg96", ">> AT+QLTS", script);
}

static void bring_up_by_log(struct modem_rig *rig)
{
    char text[8192];

    read_log(TEST_SOURCE_DIR "/tests/logs/bg96/tls.log", text, sizeof(text));
    strcat(text, BG96_TIME);
    bring_up(rig, text);
    modem_rig_expect(rig, "ready\n");
}

static void open_as_told(struct modem_rig *rig, const char *answer)
{
    char script[1024];

    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 443), 0);
    snprintf(script, sizeof(script),
             ">> AT+QSSLSTATE\\r\n<< \\r\\nOK\\r\\n\n"
             ">> AT+QSSLOPEN=1,0,0,\"blynk.cloud\",443,0\\r\n<< \\r\\nOK\\r\\n\n%s",
             answer);
    modem_rig_say(rig, script, 30000);
}

static void a_session(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_by_log(&rig);
    open_as_told(&rig, "<< \\r\\n+QSSLOPEN: 0,0\\r\\n\n");
    modem_rig_expect(&rig, "open\n");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)LOGIN, sizeof(LOGIN) - 1), sizeof(LOGIN) - 1);
    modem_rig_play(&rig, "bg96/tls-session.log", 5000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8", 5);
    modem_rig_expect(&rig, "closed by the server: the server closed the connection\n");
    modem_rig_free(&rig);
}

static void what_is_there_is_not_put_in_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, ">> AT+QFLST=\"" FILE_NAME "\"\\r\n<< \\r\\n+QFLST: \"UFS:" FILE_NAME
                   "\",5\\r\\n\\r\\nOK\\r\\n\n" SETTINGS NO_TIME BG96_TIME);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

/* Half a file of an upload that was cut. */
static void half_a_file_is_put_in_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig,
             ">> AT+QFLST=\"" FILE_NAME "\"\\r\n<< \\r\\n+QFLST: \"" FILE_NAME "\",3\\r\\n\\r\\nOK\\r\\n\n"
             ">> AT+QFDEL=\"" FILE_NAME "\"\\r\n<< \\r\\nOK\\r\\n\n"
             ">> AT+QFUPL=\"" FILE_NAME "\",5,60\\r\n<< \\r\\nCONNECT\\r\\n\n>> paper\n"
             "<< \\r\\n+QFUPL: 5,7204\\r\\n\\r\\nOK\\r\\n\n" SETTINGS NO_TIME BG96_TIME);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

/* A byte was lost on the way: with a wrong certificate in it the modem would never trust the server. */
static void a_wrong_checksum_goes_no_further(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up(&rig, ">> AT+QFLST=\"" FILE_NAME "\"\\r\n<< \\r\\n+CME ERROR: 405\\r\\n\n"
                   ">> AT+QFDEL=\"" FILE_NAME "\"\\r\n<< \\r\\n+CME ERROR: 405\\r\\n\n"
                   ">> AT+QFUPL=\"" FILE_NAME "\",5,60\\r\n<< \\r\\nCONNECT\\r\\n\n>> paper\n"
                   "<< \\r\\n+QFUPL: 5,dead\\r\\n\\r\\nOK\\r\\n\n");
    fake_port_expect_silence(rig.fake);
    modem_rig_expect(
        &rig, "failed data connection, retry: choosing whom the modem trusts failed: the certificate did not "
              "arrive whole; this is the modem's own TLS: `tls = yes` does without it\n");
    modem_rig_free(&rig);
}

static void fail_open(const char *answer, const char *diary)
{
    struct modem_rig rig;
    char script[512];

    bring_up_by_log(&rig);
    snprintf(script, sizeof(script),
             "%s>> AT+QSSLCLOSE=0\\r\n<< \\r\\nOK\\r\\n\n"
             ">> AT+QIACT?\\r\n<< \\r\\n+QIACT: 1,1,1,\"10.7.157.1\"\\r\\n\\r\\nOK\\r\\n\n",
             answer);
    open_as_told(&rig, script);
    modem_rig_expect(&rig, diary);
    modem_rig_free(&rig);
}

static void distrust_is_blamed_on_nothing_below(void **state)
{
    (void)state;
    fail_open("<< \\r\\n+QSSLOPEN: 0,566\\r\\n\n",
              "TLS not established: blynk.cloud:443 was not reached: the server refused, or the modem did "
              "not trust "
              "its certificate (it does not tell which; ca_file must be its authority)\n");
}

/* Its start ends with two commands that choose a plain connection, which are not said then. */
static void bring_up_7080(struct modem_rig *rig)
{
    char text[8192];

    read_log(TEST_SOURCE_DIR "/tests/logs/sim7080/tls.log", text, sizeof(text));
    strcat(text, SIM7080_TIME);
    bring_up_from(rig, "sim7080", ">> AT+CACID", text);
    modem_rig_expect(rig, "ready\n");
    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 443), 0);
}

#define NAME_TOLD ">> AT+CSSLCFG=\"SNI\",0,\"blynk.cloud\"\\r\n<< \\r\\nOK\\r\\n\n"
#define OPEN_443  ">> AT+CAOPEN=0,0,\"TCP\",\"blynk.cloud\",443\\r\n"

static void sim7080_tells_the_name_first(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_7080(&rig);
    modem_rig_say(&rig, NAME_TOLD OPEN_443 "<< \\r\\n+CAOPEN: 0,0\\r\\n\\r\\nOK\\r\\n\n", 30000);
    modem_rig_expect(&rig, "open\n");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)LOGIN, sizeof(LOGIN) - 1), sizeof(LOGIN) - 1);
    modem_rig_play(&rig, "sim7080/session.log", 5000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8", 5);
    modem_rig_free(&rig);
}

static void sim7080_says_what_is_wrong(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_7080(&rig);
    modem_rig_say(&rig,
                  NAME_TOLD OPEN_443
                  "<< \\r\\n+CAOPEN: 0,25\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CACLOSE=0\\r\n<< \\r\\nERROR\\r\\n\n"
                  ">> AT+CNACT?\\r\n<< \\r\\n+CNACT: 0,1,\"10.1.2.3\"\\r\\n\\r\\nOK\\r\\n\n",
                  30000);
    modem_rig_expect(
        &rig, "TLS not established: blynk.cloud:443 was not reached: the server's certificate has another "
              "name\n");
    modem_rig_free(&rig);
}

#define SMALL_NAME_TOLD(answer) ">> AT+CSSLCFG=\"sni\",0,\"blynk.cloud\"\\r\n<< " answer "\n"
#define BARE_NAME_TOLD(answer)  ">> AT+CSSLCFG=\"sni\",0,blynk.cloud\\r\n<< " answer "\n"
#define SIM7000_OPEN            ">> AT+CAOPEN=0,\"blynk.cloud\",443\\r\n"

static void bring_up_7000(struct modem_rig *rig)
{
    char text[8192];

    read_log(TEST_SOURCE_DIR "/tests/logs/sim7000ssl/tls.log", text, sizeof(text));
    strcat(text, SIM7080_TIME);
    bring_up_from(rig, "sim7000ssl", ">> AT+CACID", text);
    modem_rig_expect(rig, "ready\n");
    assert_int_equal(stream_open(rig->stream, "blynk.cloud", 443), 0);
}

/* Its application note writes the name without quotes. */
static void sim7000_tells_the_name_as_its_firmware_wants_it(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_7000(&rig);
    modem_rig_say(&rig,
                  SMALL_NAME_TOLD("\\r\\nERROR\\r\\n") BARE_NAME_TOLD("\\r\\nOK\\r\\n") SIM7000_OPEN
                  "<< \\r\\n+CAOPEN: 0,0\\r\\n\\r\\nOK\\r\\n\n",
                  30000);
    modem_rig_expect(&rig, "open\n");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)LOGIN, sizeof(LOGIN) - 1), sizeof(LOGIN) - 1);
    modem_rig_play(&rig, "sim7000ssl/session.log", 5000);
    modem_rig_expect_bytes(&rig, "\x00\x00\x01\x00\xC8", 5);
    modem_rig_free(&rig);
}

/* Nothing is opened without a name: the server would show somebody else's certificate. */
static void sim7000_without_names_opens_nothing(void **state)
{
    struct modem_rig rig;

    (void)state;
    bring_up_7000(&rig);
    modem_rig_say(
        &rig,
        SMALL_NAME_TOLD("\\r\\nERROR\\r\\n") BARE_NAME_TOLD(
            "\\r\\nERROR\\r\\n") ">> AT+CNACT?\\r\n<< \\r\\n+CNACT: 1,\"10.1.2.3\"\\r\\n\\r\\nOK\\r\\n\n",
        30000);
    modem_rig_expect(
        &rig, "TLS not established: blynk.cloud:443 was not reached: the modem's firmware is too old to say "
              "which server it wants, so the server cannot show the right certificate: `tls = yes` does "
              "without the modem's TLS\n");
    modem_rig_free(&rig);
}

/* Refused, or taken and not done: read back on the same line or the next. */
static void sim7000_with_an_old_tls_is_refused(void **state)
{
    static const struct {
        const char *script, *failed;
    } cases[] = {
        {">> AT+CSSLCFG=\"sslversion\",0,3\\r\n<< \\r\\nERROR\\r\\n\n",
         "choosing TLS 1.2, which not every firmware has, failed: the modem says \"ERROR\""},
        {">> AT+CSSLCFG=\"sslversion\",0,3\\r\n<< \\r\\nOK\\r\\n\n>> AT+CSSLCFG=\"ctxindex\",0\\r\n"
         "<< \\r\\n+CSSLCFG: 0,2,0xc02f,0,1,\"\"\\r\\n\\r\\nOK\\r\\n\n",
         "having TLS 1.2 used, which not every firmware does, failed: the modem says "
         "\"+CSSLCFG: 0,2,0xc02f,0,1,\"\"\""},
        {">> AT+CSSLCFG=\"sslversion\",0,3\\r\n<< \\r\\nOK\\r\\n\n>> AT+CSSLCFG=\"ctxindex\",0\\r\n"
         "<< \\r\\n+CSSLCFG:\\r\\n0,1,0xc02f,0,1,\"\"\\r\\n\\r\\nOK\\r\\n\n",
         "having TLS 1.2 used, which not every firmware does, failed: the modem says "
         "\"0,1,0xc02f,0,1,\"\"\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct modem_rig rig;
        char diary[300];

        bring_up_from(&rig, "sim7000ssl", ">> AT+CACID", cases[i].script);
        fake_port_expect_silence(rig.fake);
        snprintf(
            diary, sizeof(diary),
            "failed data connection, hopeless: %s; this is the modem's own TLS: `tls = yes` does without "
            "it\n",
            cases[i].failed);
        modem_rig_expect(&rig, diary);
        modem_rig_free(&rig);
    }
}

static void refuse(const char *profile, const char *start, const char *why)
{
    struct modem_rig rig;
    char diary[300];

    begin(&rig, profile);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, start, 9, "", 600000);
    snprintf(diary, sizeof(diary),
             "failed modem, hopeless: %s: use `tls = yes`, which is made on this machine\n", why);
    modem_rig_expect(&rig, diary);
    modem_rig_free(&rig);
}

static void modems_that_cannot_are_refused(void **state)
{
    (void)state;
    refuse("sara-r4", "sara-r4/start.log", "blynkd cannot work with this modem's own TLS");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_session),
        cmocka_unit_test(what_is_there_is_not_put_in_again),
        cmocka_unit_test(half_a_file_is_put_in_again),
        cmocka_unit_test(a_wrong_checksum_goes_no_further),
        cmocka_unit_test(distrust_is_blamed_on_nothing_below),
        cmocka_unit_test(sim7080_tells_the_name_first),
        cmocka_unit_test(sim7080_says_what_is_wrong),
        cmocka_unit_test(sim7000_tells_the_name_as_its_firmware_wants_it),
        cmocka_unit_test(sim7000_without_names_opens_nothing),
        cmocka_unit_test(sim7000_with_an_old_tls_is_refused),
        cmocka_unit_test(modems_that_cannot_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
