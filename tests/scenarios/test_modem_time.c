/* The network's time, from the modem's words to the uplink's event: asked for once, heard, and never in the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>
#include <string.h>

/* 2050-03-14 09:12:51 UTC, and half a second for the digits that are not told. */
#define TOLD_MS INT64_C(2530861971500)

#define OK "<< \\r\\nOK\\r\\n\n"

static void expect_told(struct modem_rig *rig, unsigned times, int64_t earliest_ms, uint32_t slack_ms)
{
    sched_settle(rig->sched);
    assert_int_equal(rig->times, times);
    if (rig->earliest_ms != earliest_ms || rig->slack_ms != slack_ms) {
        fail_msg("%lld ms and %u instead of %u", (long long)(rig->earliest_ms - earliest_ms), rig->slack_ms,
                 slack_ms);
    }
}

/* Every way in which it is asked for. */
static void each_family_tells_it(void **state)
{
    static const char *const profiles[] = {"sim808",  "sim7000", "sim7080", "sim7600", "a7672",  "bg96",
                                           "sara-r4", "m590",    "esp8266", "esp-at",  "sim5360"};

    (void)state;
    for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++) {
        struct modem_rig rig;
        char log[64];
        snprintf(log, sizeof(log), "%s/start.log", profiles[i]);
        modem_rig_init(&rig, profiles[i]);
        snprintf(rig.config.ssid, sizeof(rig.config.ssid), "home");
        snprintf(rig.config.wifi_password, sizeof(rig.config.wifi_password), "secret12");
        modem_rig_renew(&rig);
        modem_rig_bring_up(&rig, log);
        expect_told(&rig, 1, TOLD_MS, 0);
        modem_rig_free(&rig);
    }
}

/* The MC60 may mean local time or UTC. */
static void a_firmware_that_may_mean_either(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "mc60");
    modem_rig_bring_up(&rig, "mc60/start.log");
    expect_told(&rig, 1, TOLD_MS, 3600000);
    modem_rig_hear(&rig, "\r\n+QNITZ: \"50/03/14,09:12:51+00,0\"\r\n");
    expect_told(&rig, 2, TOLD_MS, 0);
    modem_rig_free(&rig);
}

/* It tells by itself, as it registers; nothing is asked. */
static void an_a7_tells_by_itself(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_int_equal(rig.times, 0);
    modem_rig_hear(&rig, "\r\n+CTZV:50/03/14,09:12:51,+01\r\n");
    expect_told(&rig, 1, TOLD_MS, 0);
    modem_rig_hear(&rig, "\r\n+CTZV:80/01/06,00:00:12,+00\r\n");
    modem_rig_hear(&rig, "\r\n+CTZV:\r\n");
    expect_told(&rig, 1, TOLD_MS, 0);
    modem_rig_free(&rig);
}

/* A SIM7000 tells with a quote missing; an empty answer is asked for again after 5 s, 30 s and 2 min, then no more. */
static void it_is_asked_a_few_times(void **state)
{
    static const char empty[] = ">> AT+QLTS=1\\r\n<< \\r\\n+QLTS: \"\"\\r\\n\\r\\nOK\\r\\n\n";
    struct modem_rig rig;
    unsigned count;

    (void)state;
    modem_rig_init(&rig, "bg96");
    rig.config.poll_ms = 0;
    modem_rig_renew(&rig);
    count = modem_rig_count(&rig, "bg96/start.log");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "bg96/start.log", count - 1, empty, 20000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_say(&rig, empty, 6000);
    modem_rig_say(&rig, empty, 31000);
    modem_rig_say(&rig, empty, 121000);
    modem_rig_say(&rig, "-- advance 86400000\n", 86500000);
    assert_int_equal(rig.times, 0);
    modem_rig_hear(&rig, "\r\n+CTZV: \"+04\"\r\n"); /* there is one now */
    modem_rig_say(&rig, ">> AT+QLTS=1\\r\n<< \\r\\n+QLTS: \"2050/03/14,09:12:51+04,0\"\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    expect_told(&rig, 1, TOLD_MS, 0);
    modem_rig_free(&rig);
}

/* A firmware that knows the command not, or does not answer it: ready all the same, and asked no more. */
static void no_answer_is_no_failure(void **state)
{
    static const char *const answers[] = {
        ">> AT+CCLK?\\r\n<< \\r\\nERROR\\r\\n\n-- advance 600000\n",
        /* the channel finds its feet again by itself */
        ">> AT+CCLK?\\r\n-- advance 2000\n>> AT\\r\n" OK "-- advance 600000\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        struct modem_rig rig;
        modem_rig_init(&rig, "sim808");
        rig.config.poll_ms = 0;
        modem_rig_renew(&rig);
        modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
        modem_rig_play_then(&rig, "sim808/start.log", modem_rig_count(&rig, "sim808/start.log") - 1,
                            answers[i], 700000);
        modem_rig_expect(&rig, "ready\n");
        assert_int_equal(rig.times, 0);
        modem_rig_hear(&rig, "\r\n*PSUTTZ: 50/03/14,09:12:51\",\"+04\",0\r\n");
        expect_told(&rig, 1, TOLD_MS, 0);
        modem_rig_free(&rig);
    }
}

/* A data connection that comes and goes does not cost a question each time. */
static void it_is_not_asked_again_within_a_day(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "bg96");
    modem_rig_bring_up(&rig, "bg96/start.log");
    expect_told(&rig, 1, TOLD_MS, 0);
    modem_rig_hear(&rig, "\r\n+QIURC: \"pdpdeact\",1\r\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_say(&rig,
                  ">> AT+CREG?\\r\n<< \\r\\n+CREG: 1,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CGREG?\\r\n<< \\r\\n+CGREG: 1,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CEREG?\\r\n<< \\r\\n+CEREG: 1,1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CSQ\\r\n<< \\r\\n+CSQ: 23,99\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+COPS?\\r\n<< \\r\\n+COPS: 0,0,\"Simulated\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+QIDEACT=1\\r\n" OK ">> AT+CGATT?\\r\n<< \\r\\n+CGATT: 1\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+QICSGP=1,1,\"internet\",\"\",\"\",0\\r\n" OK ">> AT+QIACT=1\\r\n" OK
                  ">> AT+QIACT?\\r\n<< \\r\\n+QIACT: 1,1,1,\"10.7.157.1\"\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+QISDE=0\\r\n" OK "-- advance 20000\n",
                  60000);
    assert_int_equal(rig.times, 1);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_family_tells_it),    cmocka_unit_test(a_firmware_that_may_mean_either),
        cmocka_unit_test(an_a7_tells_by_itself),   cmocka_unit_test(it_is_asked_a_few_times),
        cmocka_unit_test(no_answer_is_no_failure), cmocka_unit_test(it_is_not_asked_again_within_a_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
