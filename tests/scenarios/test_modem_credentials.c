/*
 * User and password of the access point: every family has its own command, and not all of them take the user first
 * (facts/modems-simcom.md C1; facts/modems-quectel-3gpp.md 1.9).
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem_rig.h"

#include <stdio.h>

#define OK "<< \\r\\nOK\\r\\n\n"

struct order {
    const char *profile;
    unsigned exchanges; /* of its start.log come before */
    const char *script; /* ends with the first command that comes after */
};

static const struct order orders[] = {
    {"sim800", 27, ">> AT+CSTT=\"internet\",\"joe\",\"secret-word\"\\r\n" OK ">> AT+CIICR\\r\n"},
    {"sim7080", 25, ">> AT+CNCFG=0,1,\"internet\",\"joe\",\"secret-word\",3\\r\n" OK ">> AT+CNACT=0,1\\r\n"},
    {"sim7000ssl", 25,
     ">> AT+CNCFG=1,\"internet\",\"joe\",\"secret-word\",3\\r\n" OK ">> AT+CNACT=1,\"internet\"\\r\n"},
    {"sim7600", 28, ">> AT+CGAUTH=1,1,\"secret-word\",\"joe\"\\r\n" OK ">> AT+CIPMODE=0\\r\n"},
    {"sim5360", 27, ">> AT+CSOCKAUTH=1,1,\"joe\",\"secret-word\"\\r\n" OK ">> AT+CIPMODE=0\\r\n"},
    {"m95", 22, ">> AT+QICSGP=1,\"internet\",\"joe\",\"secret-word\"\\r\n" OK ">> AT+QIMODE=0\\r\n"},
    {"bg96", 26, ">> AT+QICSGP=1,1,\"internet\",\"joe\",\"secret-word\",1\\r\n" OK ">> AT+QIACT=1\\r\n"},
    {"m590", 17, ">> AT+XGAUTH=1,1,\"joe\",\"secret-word\"\\r\n" OK ">> AT+XIIC=1\\r\n"},
    {"sara-r4", 21,
     ">> AT+UAUTHREQ=1,1,\"joe\",\"secret-word\"\\r\n" OK
     ">> AT+CGAUTH=1,1,\"joe\",\"secret-word\"\\r\n<< \\r\\nERROR\\r\\n\n>> AT+CGATT?\\r\n"},
    {"sara-r5", 21,
     ">> AT+UAUTHREQ=1,1,\"joe\",\"secret-word\"\\r\n<< \\r\\nERROR\\r\\n\n"
     ">> AT+CGAUTH=1,1,\"joe\",\"secret-word\"\\r\n" OK ">> AT+CGATT?\\r\n"},
};

/* A start with these credentials, up to the end of the script. */
static void start(const struct order *order, const char *user, const char *password)
{
    struct modem_rig rig;
    char path[64];

    modem_rig_init(&rig, order->profile);
    modem_rig_allow_roaming(&rig);
    snprintf(rig.config.user, sizeof(rig.config.user), "%s", user);
    snprintf(rig.config.password, sizeof(rig.config.password), "%s", password);
    modem_rig_renew(&rig);
    snprintf(path, sizeof(path), "%s/start.log", order->profile);
    modem_rig_start(&rig, UPLINK_RUNG_REDIAL);
    modem_rig_play_then(&rig, path, order->exchanges, order->script, 60000);
    modem_rig_free(&rig);
}

static void each_module_has_its_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        start(&orders[i], "joe", "secret-word");
    }
}

#define A7672_PASSWORD_FIRST ">> AT+CGAUTH=1,1,\"secret-word\",\"joe\"\\r\n" OK ">> AT+CGAUTH?\\r\n"
#define A7672_NEXT           ">> AT+CIPMODE=0\\r\n"

/* The password first, and what it tells of it has the user first. */
static void an_a76_that_took_them_as_meant_is_left_alone(void **state)
{
    static const struct order order = {
        "a7672", 29,
        A7672_PASSWORD_FIRST
        "<< \\r\\n+CGAUTH: 1,1,\"joe\",\"secret-word\"\\r\\n\\r\\nOK\\r\\n\n" A7672_NEXT};

    (void)state;
    start(&order, "joe", "secret-word");
}

/* Other drivers have met firmware that takes the user first. */
static void an_a76_that_took_them_the_other_way_gets_them_so(void **state)
{
    static const struct order order = {"a7670", 29,
                                       A7672_PASSWORD_FIRST
                                       "<< \\r\\n+CGAUTH: 1,1,\"secret-word\",\"joe\"\\r\\n\\r\\nOK\\r\\n\n"
                                       ">> AT+CGAUTH=1,1,\"joe\",\"secret-word\"\\r\n" OK A7672_NEXT};

    (void)state;
    start(&order, "joe", "secret-word");
}

/* An answer that says nothing, or somebody else's words, change nothing. */
static void an_a76_that_does_not_tell_is_left_alone(void **state)
{
    static const char *const answers[] = {"ERROR",
                                          "OK",
                                          "+CGAUTH: 1,0\\r\\n\\r\\nOK",
                                          "+CGAUTH: 1,1,\"secret-word\",\"jo\"\\r\\n\\r\\nOK",
                                          "+CGAUTH: 1,1,\"secret-words\",\"joe\"\\r\\n\\r\\nOK",
                                          "+CGAUTH: 2,1,\"secret-word\",\"joe\"\\r\\n\\r\\nOK"};

    (void)state;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        char script[512];
        snprintf(script, sizeof(script), A7672_PASSWORD_FIRST "<< \\r\\n%s\\r\\n\n" A7672_NEXT, answers[i]);
        start(&(struct order){"a7672", 29, script}, "joe", "secret-word");
    }
}

static void the_same_word_twice_has_no_order(void **state)
{
    static const struct order order = {
        "a7672", 29,
        ">> AT+CGAUTH=1,1,\"web\",\"web\"\\r\n" OK ">> AT+CGAUTH?\\r\n"
        "<< \\r\\n+CGAUTH: 1,1,\"web\",\"web\"\\r\\n\\r\\nOK\\r\\n\n" A7672_NEXT};

    (void)state;
    start(&order, "web", "web");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_module_has_its_order),
        cmocka_unit_test(an_a76_that_took_them_as_meant_is_left_alone),
        cmocka_unit_test(an_a76_that_took_them_the_other_way_gets_them_so),
        cmocka_unit_test(an_a76_that_does_not_tell_is_left_alone),
        cmocka_unit_test(the_same_word_twice_has_no_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
