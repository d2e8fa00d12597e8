/* Which commands of the user's may be sent. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem/ask.h"

static void harmless_commands_pass(void **state)
{
    static const char *const fine[] = {"AT",        "ATI",           "AT+CSQ",        "at+csq",  "AT+CPIN?",
                                       "AT+CLCK=?", "AT+CFUN?",      "AT+COPS?",      "AT+IPR?", "AT+CGMR",
                                       "AT+CBC",    "AT+CSQ;+CREG?", "AT+CIPSTATUS?", "AT+CCLK?"};

    (void)state;
    for (size_t i = 0; i < sizeof(fine) / sizeof(fine[0]); i++) {
        if (ask_refusal(fine[i])) {
            fail_msg("%s: %s", fine[i], ask_refusal(fine[i]));
        }
    }
}

static void harmful_commands_do_not(void **state)
{
    static const char *const bad[] = {"AT+CPIN=\"0000\"",
                                      "at+cpin=1234",
                                      "AT+CSQ;+CPIN=\"0000\"",
                                      "AT+CLCK=\"SC\",1",
                                      "AT+CPWD=\"SC\",\"a\"",
                                      "AT+IPR=9600",
                                      "AT&W",
                                      "AT&F",
                                      "ATZ",
                                      "ATE1",
                                      "AT+CSQ;E1",
                                      "ATD*99#",
                                      "AT+CFUN=0",
                                      "AT+RST=1",
                                      "AT+CIPSHUT",
                                      "AT+CIPSEND=0,5",
                                      "AT+COPS=?",
                                      "AT+COPS=2",
                                      "AT+CMGS=\"1\"",
                                      "A/",
                                      "",
                                      "+CSQ",
                                      "AT +CPIN=1234",
                                      "AT+CSQ; +CPIN=\"a;b\"",
                                      "ATI;;E1",
                                      "ATIE1",
                                      "AT+CIPSEND=0,5?",
                                      "AT + CFUN = 0"};

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (!ask_refusal(bad[i])) {
            fail_msg("passed: %s", bad[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmless_commands_pass),
        cmocka_unit_test(harmful_commands_do_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
