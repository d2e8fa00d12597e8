/* The records of the modems: sound by their own check, found by name and by what a module says of itself. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "blynkd/modem/modem.h"
#include "modem/profile.h"

#include <string.h>

static void every_record_is_sound(void **state)
{
    (void)state;
    const char *fault = modem_registry_check();
    if (fault) {
        fail_msg("%s", fault);
    }
}

static void profiles_are_found_by_name(void **state)
{
    (void)state;
    assert_true(modem_profile_count() >= 5);
    for (size_t i = 0; i < modem_profile_count(); i++) {
        const struct modem_profile *profile = modem_profile_at(i);
        assert_ptr_equal(modem_profile_find(modem_profile_name(profile)), profile);
    }
    assert_null(modem_profile_find("auto"));
    assert_null(modem_profile_find(""));
    assert_null(modem_profile_at(modem_profile_count()));
}

static void check_identity(const char *identity, const char *name)
{
    const struct modem_profile *profile = profile_identify(identity);

    assert_non_null(profile);
    assert_string_equal(modem_profile_name(profile), name);
}

static void modules_are_recognised(void **state)
{
    (void)state;
    check_identity("|Ai Thinker Co.LTD|A7|V03.03.20160710006H03|A7|", "a7");
    check_identity("|Ai Thinker Co.LTD|A6|V03.03.20161229019H03|", "a6");
    check_identity("|Ai Thinker Co.LTD|A9/A9G|V01.06.20171120RC|", "a9");
    check_identity("|SIM800 R14.18|SIMCOM_SIM800L|", "sim800");
    assert_null(profile_identify("|Quectel|BG96|Revision: BG96MAR02A07M1G|"));
    assert_null(profile_identify("|Manufacturer: INCORPORATED|Model: A7670E-FASE|"));
    assert_null(profile_identify("|"));
}

static void the_closest_is_named(void **state)
{
    (void)state;
    assert_string_equal(modem_profile_name(profile_closest("a8")), "a9");
    assert_string_equal(modem_profile_name(profile_closest("SIM808")), "sim800");
}

static void a_description_fits_a_line(void **state)
{
    char line[160];

    (void)state;
    for (size_t i = 0; i < modem_profile_count(); i++) {
        assert_int_equal(modem_profile_describe(modem_profile_at(i), line, sizeof(line)), 0);
        assert_non_null(strstr(line, modem_profile_name(modem_profile_at(i))));
        assert_non_null(strstr(line, "manual"));
        assert_null(strchr(line, '\n'));
    }
    assert_true(modem_profile_describe(modem_profile_at(0), line, 10) < 0);
}

/* The check must find what it is there for. */
static void an_unsound_dialect_is_found(void **state)
{
    static const char *const bad[] = {"* in the middle *", NULL};
    static const struct at_announce bad_form[] = {{"+CIPRCV:%z,"}, {NULL}};
    static const struct at_expect hasty = {.end = AT_END_OK, .deadline_ms = 100};
    struct dialect dialect = *modem_profile_find("a9")->dialect;

    (void)state;
    dialect.single = NULL;
    assert_null(dialect_check(&dialect));
    dialect.closed_lines = bad;
    assert_non_null(strstr(dialect_check(&dialect), "closed lines"));
    dialect = *modem_profile_find("a9")->dialect;
    dialect.announces = bad_form;
    assert_non_null(dialect_check(&dialect));
    dialect = *modem_profile_find("a9")->dialect;
    dialect.send.send = "AT+CIPSEND={length}";
    assert_non_null(strstr(dialect_check(&dialect), "braces"));
    dialect = *modem_profile_find("a9")->dialect;
    dialect.open_link = NULL;
    assert_non_null(strstr(dialect_check(&dialect), "link's number"));
    dialect = *modem_profile_find("sim800")->dialect;
    dialect.receive.send = NULL;
    assert_non_null(strstr(dialect_check(&dialect), "receive"));
    dialect = *modem_profile_find("sim800")->dialect;
    dialect.open.expect = &hasty;
    assert_non_null(strstr(dialect_check(&dialect), "deadline"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_sound),     cmocka_unit_test(profiles_are_found_by_name),
        cmocka_unit_test(modules_are_recognised),    cmocka_unit_test(the_closest_is_named),
        cmocka_unit_test(a_description_fits_a_line), cmocka_unit_test(an_unsound_dialect_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
