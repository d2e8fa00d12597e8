/* The records of the modems: sound by their own check, found by name and by what a module says of itself. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "blynkd/modem/modem.h"
#include "modem/profile.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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
    check_identity("|Manufacturer: INCORPORATED|Model: A7670E-FASE|Revision: A7670M7_V1.11.1|", "a7670");
    check_identity("|Manufacturer: SIMCOM INCORPORATED|Model: A7672S-FASE|", "a7672");
    check_identity("|Manufacturer: SIMCOM INCORPORATED|Model: SIMCOM_SIM7600E-H|Revision: SIM7600M22_V1.1|",
                   "sim7600");
    check_identity("|Manufacturer: SIMCOM INCORPORATED|Model: SIMCOM_SIM5320A|Revision: SIM5320A_V1.5|",
                   "sim5360");
    check_identity("|SIM808 R14.18|SIMCOM_SIM808|", "sim808");
    check_identity("|SIM868 R14.18|SIMCOM_SIM868|", "sim868");
    check_identity("|SIM900 R11.0|SIMCOM_SIM900|", "sim900");
    check_identity("|SIM7000G R1529|SIMCOM_SIM7000G|", "sim7000");
    check_identity("|SIM7080 R1951.01|SIMCOM_SIM7080|", "sim7080");
    check_identity("|R1951.01|SIMCOM_SIM7070|", "sim7070");
    check_identity("|R1951.01|SIMCOM_SIM7090|", "sim7090");
    check_identity("|Quectel_Ltd|Quectel_M95|Revision: M95FAR02A08|", "m95");
    check_identity("|Quectel_Ltd|Quectel_MC60|Revision: MC60CAR01A09|", "mc60");
    check_identity("|Quectel_Ltd|Quectel_MC60E|Revision: MC60ECAR01A01|", "mc60e");
    check_identity("|Quectel|BG96|Revision: BG96MAR02A07M1G|", "bg96");
    check_identity("|Quectel|BG95-M3|Revision: BG95M3LAR02A04|", "bg95");
    check_identity("|Quectel|EC25|Revision: EC25EFAR06A03M4G|", "ec25");
    check_identity("|Quectel|EG25|Revision: EG25GGBR07A08M2G|", "eg25");
    check_identity("|Quectel|EC200U|Revision: EC200UCNAAR02A09M08|", "ec200u");
    check_identity("|NEOWAY|M590|REVISION 01.30e|M590|", "m590");
    check_identity("|AT version:1.7.0.0(Aug 16 2018 00:57:04)|SDK version:3.0.0(d49923c)|", "esp8266");
    check_identity("|AT version:2.2.0.0(s-b097cdf - ESP8266 - Jun 17 2021 12:57:45)|", "esp-at");
    check_identity("|SARA-R410M-02B|", "sara-r4");
    check_identity("|SARA-R510S-01B|", "sara-r5");
    check_identity("|Quectel|EG915U|Revision: EG915UEUABR02A01M08|", "eg915");
    assert_null(profile_identify("|"));
}

static void every_module_has_its_log(void **state)
{
    (void)state;
    for (size_t i = 0; i < modem_profile_count(); i++) {
        char path[256];
        snprintf(path, sizeof(path), "%s/tests/logs/%s/start.log", TEST_SOURCE_DIR,
                 modem_profile_name(modem_profile_at(i)));
        if (access(path, R_OK) != 0) {
            fail_msg("there is no %s", path);
        }
    }
}

static void the_closest_is_named(void **state)
{
    (void)state;
    const struct modem_profile *found[3];

    assert_int_equal(profile_closest("a8", found, 3), 3);
    assert_string_equal(modem_profile_name(found[0]), "a9");
    assert_ptr_not_equal(found[0]->dialect, found[1]->dialect);
    assert_int_equal(profile_closest("SIM800X", found, 1), 1);
    assert_string_equal(modem_profile_name(found[0]), "sim800");
    assert_true(profile_closest("anything", found, 3) == 3);
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

static void unsound_name_servers_are_found(void **state)
{
    static const struct at_step none[] = {{.send = "AT+CDNSCFG=1", .what = "choosing"}, {0}};
    static const struct at_step typo[] = {{.send = "AT+CDNSCFG={dns},{dns3}", .what = "choosing"}, {0}};
    struct dialect dialect = *modem_profile_find("bg96")->dialect;

    (void)state;
    assert_null(dialect_check(&dialect));
    dialect.name_servers = none;
    assert_non_null(strstr(dialect_check(&dialect), "none is named"));
    dialect.name_servers = typo;
    assert_non_null(strstr(dialect_check(&dialect), "unknown name in braces"));
    dialect.name_servers_again = modem_profile_find("bg96")->dialect->name_servers;
    dialect.name_servers = NULL;
    assert_non_null(strstr(dialect_check(&dialect), "without a first"));
}

static void an_unsound_source_of_time_is_found(void **state)
{
    static const struct net_time_form bad_form[] = {{"+CCLK: %z", NET_TIME_LOCAL, 15}, {0}};
    static const struct net_time_form bad_zone[] = {{"+CCLK: %q", NET_TIME_LOCAL, 4}, {0}};
    static const struct net_time_form greedy[] = {{"*", NET_TIME_LOCAL, 15}, {0}};
    static const struct at_step nameless[] = {{.send = "AT+CTZU=1"}, {0}};
    struct net_time_source source = net_time_3gpp;

    (void)state;
    assert_null(net_time_check(&source));
    source.answers = bad_form;
    assert_non_null(net_time_check(&source));
    source.answers = bad_zone;
    assert_non_null(strstr(net_time_check(&source), "unit of the zone"));
    source = net_time_3gpp;
    source.lines = greedy;
    assert_non_null(strstr(net_time_check(&source), "matches everything"));
    source = net_time_3gpp;
    source.answers = NULL;
    assert_non_null(strstr(net_time_check(&source), "nothing reads"));
    source = net_time_3gpp;
    source.ask.expect = NULL;
    assert_non_null(net_time_check(&source));
    source = net_time_3gpp;
    source.setup = nameless;
    assert_non_null(strstr(net_time_check(&source), "no words"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_record_is_sound),
        cmocka_unit_test(profiles_are_found_by_name),
        cmocka_unit_test(modules_are_recognised),
        cmocka_unit_test(every_module_has_its_log),
        cmocka_unit_test(the_closest_is_named),
        cmocka_unit_test(a_description_fits_a_line),
        cmocka_unit_test(an_unsound_dialect_is_found),
        cmocka_unit_test(an_unsound_source_of_time_is_found),
        cmocka_unit_test(unsound_name_servers_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
