/* Which name servers the modem is told to ask: each family's way, and a modem that cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>

#define OK "<< \\r\\nOK\\r\\n\n"
#define NO "<< \\r\\nERROR\\r\\n\n"

static unsigned warnings;

static void count_warnings(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)part;
    warnings += level == LOG_LEVEL_WARNING && strstr(line, "cannot be told which DNS servers") != NULL;
}

static void begin(struct modem_rig *rig, const char *profile, const char *first, const char *second)
{
    modem_rig_init(rig, profile);
    snprintf(rig->config.name_servers[0], sizeof(rig->config.name_servers[0]), "%s", first);
    snprintf(rig->config.name_servers[1], sizeof(rig->config.name_servers[1]), "%s", second);
    rig->config.name_server_count = second[0] ? 2 : 1;
    snprintf(rig->config.ssid, sizeof(rig->config.ssid), "home");
    snprintf(rig->config.wifi_password, sizeof(rig->config.wifi_password), "secret12");
    rig->config.poll_ms = 0;
    modem_rig_renew(rig);
    warnings = 0;
    log_set_sink(count_warnings, NULL);
}

/* The start as it is in the log up to the time, which is asked for last, and in between this. */
static void play_with(struct modem_rig *rig, const char *profile, unsigned before, const char *exchange)
{
    char log[64];

    snprintf(log, sizeof(log), "%s/start.log", profile);
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(rig, log, modem_rig_count(rig, log) - before, exchange, 60000);
    modem_rig_expect(rig, "ready\n");
}

static void each_family_is_told_in_its_way(void **state)
{
    static const struct {
        const char *profile;
        const char *second;
        const char *exchange;
    } cases[] = {
        {"sim808", "9.9.9.9", ">> AT+CDNSCFG=\"1.1.1.1\",\"9.9.9.9\"\\r\n" OK ">> AT+CCLK?\\r\n" NO},
        {"sim808", "", ">> AT+CDNSCFG=\"1.1.1.1\"\\r\n" OK ">> AT+CCLK?\\r\n" NO},
        {"sim7600", "9.9.9.9", ">> AT+CDNSCFG=\"1.1.1.1\",\"9.9.9.9\"\\r\n" OK ">> AT+CCLK?\\r\n" NO},
        {"a7672", "9.9.9.9",
         ">> AT+CDNSCFG=\"1.1.1.1\",\"9.9.9.9\"\\r\n" NO ">> AT+CDNSCFG=1.1.1.1,9.9.9.9\\r\n" OK
         ">> AT+CCLK?\\r\n" NO},
        {"sim7080", "", ">> AT+CDNSCFG=\"1.1.1.1\"\\r\n" OK ">> AT+CCLK?\\r\n" NO},
        {"bg96", "9.9.9.9", ">> AT+QIDNSCFG=1,\"1.1.1.1\",\"9.9.9.9\"\\r\n" OK ">> AT+QLTS=1\\r\n" NO},
        {"mc60", "", ">> AT+QIDNSCFG=\"1.1.1.1\"\\r\n" OK ">> AT+CCLK?\\r\n" NO},
        {"m590", "9.9.9.9",
         ">> AT+DNSSERVER=1,1.1.1.1\\r\n<< \\r\\n+DNSSERVER:OK\\r\\n\\r\\nOK\\r\\n\n"
         ">> AT+DNSSERVER=2,9.9.9.9\\r\n<< \\r\\n+DNSSERVER:OK\\r\\n\\r\\nOK\\r\\n\n>> AT+CCLK?\\r\n" NO},
        {"esp8266", "", ">> AT+CIPDNS_CUR=1,\"1.1.1.1\"\\r\\n\n" OK ">> AT+CIPSNTPTIME?\\r\\n\n" NO},
        {"esp-at", "", ">> AT+CIPDNS=1,\"1.1.1.1\"\\r\\n\n" OK ">> AT+CIPSNTPTIME?\\r\\n\n" NO},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct modem_rig rig;
        begin(&rig, cases[i].profile, "1.1.1.1", cases[i].second);
        play_with(&rig, cases[i].profile, 1, cases[i].exchange);
        assert_int_equal(warnings, 0);
        modem_rig_free(&rig);
    }
}

/* Those of the network will do; it is said once, not with each data connection. */
static void one_that_cannot_be_told_goes_on(void **state)
{
    static const char exchange[] = ">> AT+CDNSCFG=\"1.1.1.1\"\\r\n" NO;
    struct modem_rig rig;

    (void)state;
    begin(&rig, "a7", "1.1.1.1", "");
    play_with(&rig, "a7", 0, exchange);
    assert_int_equal(warnings, 1);
    modem_rig_start(&rig, UPLINK_RUNG_REOPEN);
    modem_rig_play_then(&rig, "a7/start.log", modem_rig_count(&rig, "a7/start.log"), exchange, 60000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(warnings, 1);
    modem_rig_free(&rig);

    begin(&rig, "sara-r4", "1.1.1.1", ""); /* no command for it is in the sheets */
    modem_rig_bring_up(&rig, "sara-r4/start.log");
    assert_int_equal(warnings, 1);
    modem_rig_free(&rig);
}

static void without_the_key_nothing_is_said(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, "a7", "", "");
    rig.config.name_server_count = 0;
    modem_rig_renew(&rig);
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_int_equal(warnings, 0);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_family_is_told_in_its_way),
        cmocka_unit_test(one_that_cannot_be_told_goes_on),
        cmocka_unit_test(without_the_key_nothing_is_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
