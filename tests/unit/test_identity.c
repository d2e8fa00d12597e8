/* Who a module says it is, in every form of the sheets. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem/identity.h"

#include <string.h>

typedef void take_fn(struct identity *identity, const char *line, size_t len);

static void take(take_fn *fn, struct identity *identity, const char *line)
{
    fn(identity, line, strlen(line));
}

static void three_plain_lines(void **state)
{
    struct identity identity;

    (void)state;
    identity_clear(&identity);
    take(identity_take_ati, &identity, "Ai Thinker Co.LTD");
    take(identity_take_ati, &identity, "A6 ");
    take(identity_take_ati, &identity, "V03.03.20161229019H03");
    identity_complete(&identity);
    assert_string_equal(identity.manufacturer, "Ai Thinker Co.LTD");
    assert_string_equal(identity.model, "A6");
    assert_string_equal(identity.firmware, "V03.03.20161229019H03");
    assert_string_equal(identity.text, "|Ai Thinker Co.LTD|A6|V03.03.20161229019H03|");
}

static void lines_with_names(void **state)
{
    struct identity identity;

    (void)state;
    identity_clear(&identity);
    take(identity_take_ati, &identity, "Manufacturer: SIMCOM INCORPORATED");
    take(identity_take_ati, &identity, "Model: SIMCOM_SIM7600E-H");
    take(identity_take_ati, &identity, "Revision: SIM7600M22_V1.1");
    take(identity_take_ati, &identity, "IMEI: 861477030000001");
    take(identity_take_ati, &identity, "+GCAP: +CGSM");
    identity_complete(&identity);
    assert_string_equal(identity.manufacturer, "SIMCOM INCORPORATED");
    assert_string_equal(identity.model, "SIMCOM_SIM7600E-H");
    assert_string_equal(identity.firmware, "SIM7600M22_V1.1");
    assert_string_equal(identity.imei, "861477030000001");
}

static void single_answers(void **state)
{
    struct identity identity;

    (void)state;
    identity_clear(&identity);
    take(identity_take_ati, &identity, "SIM800 R14.18");
    take(identity_take_model, &identity, "+CGMM: \"SIMCOM_SIM800L\"");
    take(identity_take_firmware, &identity, "Revision:1418B05SIM800L24");
    take(identity_take_imei, &identity, "866104020000001");
    identity_complete(&identity);
    assert_string_equal(identity.model, "SIMCOM_SIM800L");
    assert_string_equal(identity.firmware, "1418B05SIM800L24");
    assert_string_equal(identity.imei, "866104020000001");
    assert_string_equal(identity.text, "|SIM800 R14.18|SIMCOM_SIM800L|");
}

static void check_iccid(const char *line, const char *iccid)
{
    struct identity identity;

    identity_clear(&identity);
    take(identity_take_iccid, &identity, line);
    assert_string_equal(identity.iccid, iccid);
}

static void card_numbers(void **state)
{
    (void)state;
    check_iccid("+SCID: SIM Card ID: 898602#4221620070426", "898602#4221620070426");
    check_iccid("+CCID: 89860012345678901234", "89860012345678901234");
    check_iccid("+CCID:\"89860012345678901234\"", "89860012345678901234");
    check_iccid("8949000000000000001f", "8949000000000000001f");
    check_iccid("+ICCID: 89490200001234567890", "89490200001234567890");
    check_iccid("+CREG: 1", "");
    check_iccid("1234567890123456789012345678", "");
    check_iccid("", "");
}

static void nonsense_is_bounded(void **state)
{
    struct identity identity;
    char line[2000];

    (void)state;
    memset(line, 'x', sizeof(line));
    line[7] = '\x01';
    line[8] = '|';
    identity_clear(&identity);
    for (int i = 0; i < 20; i++) {
        identity_take_ati(&identity, line, sizeof(line));
        identity_take_model(&identity, line, sizeof(line));
        identity_take_firmware(&identity, line, sizeof(line));
        identity_take_manufacturer(&identity, line, sizeof(line));
        identity_take_imei(&identity, line, sizeof(line));
        identity_take_iccid(&identity, line, sizeof(line));
    }
    identity_complete(&identity);
    assert_true(strlen(identity.text) < sizeof(identity.text));
    assert_int_equal(strncmp(identity.model, "xxxxxxx??x", 10), 0);
    assert_string_equal(identity.imei, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_plain_lines),   cmocka_unit_test(lines_with_names),
        cmocka_unit_test(single_answers),      cmocka_unit_test(card_numbers),
        cmocka_unit_test(nonsense_is_bounded),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
