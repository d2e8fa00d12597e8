/* What identifies a modem or a SIM card leaves no text; times and sizes stay. */
#include "ctl/bundle_mask.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void check(const char *before, const char *after)
{
    char text[128];

    snprintf(text, sizeof(text), "%s", before);
    bundle_mask(text);
    assert_string_equal(text, after);
}

static void test_numbers_of_modem_and_card(void **state)
{
    (void)state;
    check("imei:866104020000001", "imei:86610402*******");
    check("898602#4221620070426", "898602#4************");
    check("8949020000F123456789 x", "89490200************ x");
    check("\"262011234567890\"", "\"26201123*******\"");
    check("89490200001234567890 866104020000001", "89490200************ 86610402*******");
}

static void test_what_stays(void **state)
{
    static const char *const texts[] = {"",        "1795262030458",      "12:16:21.540 > AT+CIPSEND=0,190",
                                        "200 1 5", "day_2026-11-21:612", "12345678901234567890123456789"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        check(texts[i], texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_of_modem_and_card),
        cmocka_unit_test(test_what_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
