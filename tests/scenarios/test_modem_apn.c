/* What becomes of a modem whose access point is not configured, and of the number that belongs to a person. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include "blynkd/at/trace.h"

#include <stdio.h>
#include <string.h>

#define NUMBER "1234567890"

static void begin(struct modem_rig *rig, enum modem_apn apn_is, const char *network)
{
    char answer[64];

    modem_rig_init(rig, "a7");
    rig->config.apn_is = apn_is;
    rig->config.apn[0] = '\0';
    modem_rig_renew(rig);
    snprintf(answer, sizeof(answer), "\r\n%s" NUMBER "\r\n\r\nOK\r\n", network);
    modem_rig_answer_with(rig, "AT+CIMI\r", answer);
}

static void find_number(void *arg, const char *line)
{
    assert_null(strstr(line, "123456"));
    *(bool *)arg |= strstr(line, "AT+CIMI") != NULL;
}

/* Nowhere in the trace, though it shows that it was asked for. */
static void expect_hidden(struct modem_rig *rig)
{
    bool asked = false;

    trace_each(modem_trace(rig->modem), find_number, &asked);
    assert_true(asked);
}

static void it_waits_registered_and_tells_what_is_usual(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_MISSING, "26202");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(&rig,
                     "failed data connection, unfinished: apn is missing; for this SIM (Vodafone DE) it is "
                     "usually web.vodafone.de: set [network] apn = web.vodafone.de, or apn = auto\n");
    const struct modem_info *info = modem_info(rig.modem);
    assert_int_equal(info->state, MODEM_BEARER);
    assert_string_equal(info->operator_name, "CMCC");
    assert_string_equal(info->apn, "");
    assert_string_equal(info->apn_usual, "web.vodafone.de");
    assert_int_not_equal(info->signal_dbm, 0);
    expect_hidden(&rig);

    modem_rig_answer(&rig, 3600000); /* and rests there */
    modem_rig_expect(&rig, "");
    assert_int_equal(modem_info(rig.modem)->state, MODEM_BEARER);

    rig.config.apn_is = MODEM_APN_GIVEN;
    snprintf(rig.config.apn, sizeof(rig.config.apn), "internet");
    assert_false(modem_configure(rig.modem, &rig.config)); /* nothing runs that must be given up */
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(&rig, "ready\n");
    assert_string_equal(modem_info(rig.modem)->apn, "internet");
    modem_rig_free(&rig);
}

static void an_unknown_network_is_told_by_its_number(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_MISSING, "99999");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(&rig,
                     "failed data connection, unfinished: apn is missing; the SIM card's operator tells it "
                     "(network 99999): set [network] apn = ...\n");
    expect_hidden(&rig);
    modem_rig_free(&rig);
}

static void auto_uses_what_is_usual(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_USUAL, "23415");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_until(&rig, "AT+CSTT=\"internet\",\"web\",\"web\"\r", 60000);
    expect_hidden(&rig);
    modem_rig_free(&rig);
}

static void a_configured_user_goes_before_the_usual_one(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_USUAL, "23415");
    snprintf(rig.config.user, sizeof(rig.config.user), "joe");
    modem_rig_renew(&rig);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_until(&rig, "AT+CSTT=\"internet\",\"joe\",\"\"\r", 60000);
    modem_rig_free(&rig);
}

static void auto_does_not_guess(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_USUAL, "99999");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(
        &rig, "failed data connection, unfinished: apn = auto, but what is usual for this SIM (network "
              "99999) is not known: set [network] apn = what its operator says\n");
    modem_rig_free(&rig);

    begin(&rig, MODEM_APN_USUAL, "99999");
    rig.answer_count = 0;
    modem_rig_answer_with(&rig, "AT+CIMI\r", "\r\nERROR\r\n");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(&rig,
                     "failed SIM card, retry: apn = auto, but the SIM card does not tell its network; set "
                     "[network] apn = what its operator says\n");
    modem_rig_free(&rig);
}

/* It came when nobody waited any more. */
static void a_late_number_is_hidden_too(void **state)
{
    struct modem_rig rig;

    (void)state;
    begin(&rig, MODEM_APN_MISSING, "26202");
    rig.answer_count = 0;
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer_until(&rig, "AT+CIMI\r", 60000);
    sched_advance(rig.sched, 5500);
    modem_rig_hear(&rig, "\r\n26202" NUMBER "\r\n\r\nOK\r\n");
    expect_hidden(&rig);
    modem_rig_free(&rig);
}

/* Whoever has written an access point is not asked whose card it is. */
static void with_an_access_point_the_card_is_not_asked(void **state)
{
    struct modem_rig rig;

    (void)state;
    modem_rig_init(&rig, "a7");
    modem_rig_answer_with(&rig, "AT+CIMI\r", "");
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_answer(&rig, 60000);
    modem_rig_expect(&rig, "ready\n");
    assert_string_equal(modem_info(rig.modem)->apn_usual, "");
    modem_rig_free(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_waits_registered_and_tells_what_is_usual),
        cmocka_unit_test(an_unknown_network_is_told_by_its_number),
        cmocka_unit_test(auto_uses_what_is_usual),
        cmocka_unit_test(a_configured_user_goes_before_the_usual_one),
        cmocka_unit_test(auto_does_not_guess),
        cmocka_unit_test(a_late_number_is_hidden_too),
        cmocka_unit_test(with_an_access_point_the_card_is_not_asked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
