/* From a closed port to READY: the dialogues of the sheets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <string.h>

static void start_with_boot(struct modem_rig *rig, const char *boot, const char *start)
{
    modem_rig_start(rig, UPLINK_RUNG_REDIAL);
    modem_rig_play(rig, boot, 1000);
    modem_rig_expect_why(rig, "the modem is starting");
    modem_rig_play(rig, start, 20000);
    modem_rig_expect(rig, "ready\n");
}

static void an_a7_comes_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    start_with_boot(&rig, "a7/boot.log", "a7/start.log");
    const struct modem_info *info = modem_info(rig.modem);
    assert_int_equal(info->state, MODEM_READY);
    assert_string_equal(info->manufacturer, "Ai Thinker Co.LTD");
    assert_string_equal(info->model, "A7");
    assert_string_equal(info->firmware, "V03.03.20160710006H03");
    assert_string_equal(info->imei, "865067020000001");
    assert_string_equal(info->iccid, "898602#4221620070426");
    assert_string_equal(info->operator_name, "CMCC");
    assert_string_equal(info->access, "GPRS");
    assert_string_equal(info->registration, "registered");
    assert_string_equal(info->address, "10.8.18.69");
    assert_string_equal(info->level, "manual");
    assert_int_equal(info->signal_dbm, -67);
    assert_int_equal(info->reboots, 1);
    modem_rig_free(&rig);
}

static void an_a9_comes_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a9");
    start_with_boot(&rig, "a9/boot.log", "a9/start.log");
    assert_string_equal(modem_info(rig.modem)->address, "10.8.18.70");
    assert_string_equal(modem_info(rig.modem)->iccid, "89860012345678901234");
    modem_rig_free(&rig);
}

static void a_sim800_comes_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "sim800");
    modem_rig_allow_roaming(&rig);
    start_with_boot(&rig, "sim800/boot.log", "sim800/start.log");
    const struct modem_info *info = modem_info(rig.modem);
    assert_string_equal(info->model, "SIMCOM_SIM800L");
    assert_string_equal(info->firmware, "1418B05SIM800L24");
    assert_string_equal(info->iccid, "8949000000000000001f");
    assert_string_equal(info->operator_name, "o2 - de");
    assert_string_equal(info->address, "10.177.109.126");
    modem_rig_free(&rig);
}

static void check_recognised(const char *log, const char *profile)
{
    struct modem_rig rig;

    modem_rig_init(&rig, "auto");
    modem_rig_allow_roaming(&rig);
    modem_rig_bring_up(&rig, log);
    assert_string_equal(modem_info(rig.modem)->profile, profile);
    modem_rig_free(&rig);
}

static void modules_are_recognised(void **state)
{
    (void)state;
    check_recognised("a7/start.log", "a7");
    check_recognised("a9/start.log", "a9");
    check_recognised("sim800/start.log", "sim800");
}

static void an_unknown_module_is_named(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "auto");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/start.log", 4,
                        ">> ATI\\r\n<< \\r\\nNoName\\r\\nA8\\r\\nV9\\r\\n\\r\\nOK\\r\\n\n"
                        ">> AT+CGMI\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGMM\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGMR\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+GSN\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGSN\\r\n<< \\r\\nERROR\\r\\n\n",
                        5000);
    modem_rig_expect(&rig,
                     "failed modem, hopeless: unknown modem: it says it is \"A8\"; the closest families are "
                     "those of a9, m95 and a7672; set profile = a9 to try it\n");
    assert_false(rig.uplink->ops->has_rung(rig.uplink, UPLINK_RUNG_RESET));
    modem_rig_free(&rig);
}

static void a_module_that_tells_nothing_of_itself_is_asked_again(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "auto");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/start.log", 4,
                        ">> ATI\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGMI\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGMM\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGMR\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+GMR\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+GSN\\r\n<< \\r\\nERROR\\r\\n\n"
                        ">> AT+CGSN\\r\n<< \\r\\nERROR\\r\\n\n",
                        5000);
    modem_rig_expect(
        &rig, "failed modem, retry: the modem answers, but not when asked what it is; set profile = (its "
              "kind) to do without\n");
    modem_rig_free(&rig);
}

static void a_profile_that_does_not_fit_is_used_all_the_same(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a6");
    modem_rig_bring_up(&rig, "a7/start.log");
    assert_string_equal(modem_info(rig.modem)->profile, "a6");
    modem_rig_free(&rig);
}

/* CPIN may be unknown there: after ten plain errors the card's number is proof enough. */
static void an_a9_without_cpin_comes_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a9");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    char script[1024] = "";
    for (int i = 0; i < 10; i++) {
        strcat(script, ">> AT+CPIN?\\r\n<< \\r\\nERROR\\r\\n\n");
    }
    strcat(script,
           ">> AT+CCID\\r\n<< \\r\\n+CCID: 89860012345678901234\\r\\n\\r\\nOK\\r\\n\n>> AT+CREG=1\\r\n");
    modem_rig_play_then(&rig, "a9/start.log", 9, script, 20000);
    assert_int_equal(modem_info(rig.modem)->state, MODEM_SETUP);
    modem_rig_free(&rig);
}

/* Firmware without CIPMUX: single connection, other commands, other announcements. */
static void an_a6_without_cipmux_speaks_to_a_single_link(void **state)
{
    static const uint8_t bytes[] = "12,x";
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a6");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/start.log", 24,
                        ">> AT+CIPMUX=1\\r\n<< \\r\\n+CME ERROR:53\\r\\n\n"
                        ">> AT+CIFSR\\r\n<< \\r\\n10.8.18.69\\r\\n\\r\\nOK\\r\\n\n",
                        30000);
    modem_rig_expect(&rig, "ready\n");
    assert_int_equal(stream_open(rig.stream, "blynk.cloud", 80), 0);
    modem_rig_say(&rig,
                  ">> AT+CIPSTATUS\\r\n<< \\r\\n+IPSTATUS: IP GPRSACT\\r\\n\\r\\nOK\\r\\n\n"
                  ">> AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\\r\n<< \\r\\nCONNECT OK\\r\\n\\r\\nOK\\r\\n\n",
                  5000);
    modem_rig_expect(&rig, "open\n");
    assert_int_equal(stream_write(rig.stream, (const uint8_t *)"hello", 5), 5);
    modem_rig_say(&rig,
                  ">> AT+CIPSEND=5\\r\n<< \\r\\n> \n>> hello\n<< \\r\\nOK\\r\\n\n"
                  "<< \\r\\n+CIPRCV:4,12,x\n",
                  5000);
    modem_rig_expect_bytes(&rig, bytes, 4);
    stream_close(rig.stream);
    modem_rig_say(&rig, ">> AT+CIPCLOSE\\r\n<< \\r\\nCLOSED\\r\\nOK\\r\\n\n", 5000);
    modem_rig_expect(&rig, "closed as asked\n");
    modem_rig_free(&rig);
}

static void credentials_choose_another_way_up(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    strcpy(rig.config.user, "joe");
    strcpy(rig.config.password, "secret-word");
    rig.config.apn[0] = '\0';
    modem_rig_renew(&rig);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/start.log", 21,
                        ">> AT+CGDCONT=1,\"IP\",\"\"\\r\n<< \\r\\nOK\\r\\n\n"
                        ">> AT+CSTT=\"\",\"joe\",\"secret-word\"\\r\n<< \\r\\nOK\\r\\n\n"
                        ">> AT+CIICR\\r\n<< \\r\\nOK\\r\\n\n"
                        ">> AT+CIPMUX=1\\r\n<< \\r\\nOK\\r\\n\n"
                        ">> AT+CIFSR\\r\n<< \\r\\n10.8.18.69\\r\\n\\r\\nOK\\r\\n\n",
                        30000);
    modem_rig_expect(&rig, "ready\n");
    modem_rig_free(&rig);
}

/* The module's own watchdog ended the command, the work was done all the same (2.7). */
static void an_attach_without_an_answer_is_asked_for(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, "a7/start.log", 19,
                        ">> AT+CGATT=1\\r\n-- advance 40000\n<< \\r\\nCOMMAND NO RESPONSE!\\r\\n\n"
                        ">> AT+CGATT?\\r\n<< \\r\\n+CGATT: 0\\r\\n\\r\\nOK\\r\\n\n"
                        ">> AT+CGATT=1\\r\n<< \\r\\n+CGATT:1\\r\\n\\r\\nOK\\r\\n\n"
                        ">> AT+CGDCONT=1,\"IP\",\"internet\"\\r\n",
                        60000);
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_a7_comes_up),
        cmocka_unit_test(an_a9_comes_up),
        cmocka_unit_test(a_sim800_comes_up),
        cmocka_unit_test(modules_are_recognised),
        cmocka_unit_test(an_unknown_module_is_named),
        cmocka_unit_test(a_module_that_tells_nothing_of_itself_is_asked_again),
        cmocka_unit_test(a_profile_that_does_not_fit_is_used_all_the_same),
        cmocka_unit_test(an_a9_without_cpin_comes_up),
        cmocka_unit_test(an_a6_without_cipmux_speaks_to_a_single_link),
        cmocka_unit_test(credentials_choose_another_way_up),
        cmocka_unit_test(an_attach_without_an_answer_is_asked_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
