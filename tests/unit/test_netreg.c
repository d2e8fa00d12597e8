/* Lines about the network in all their forms. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "modem/netreg.h"

#include <string.h>

static void check(const char *line, size_t kind, bool is_answer, enum netreg_state state, long access)
{
    struct netreg_line parsed;

    if (!netreg_parse(line, strlen(line), &parsed)) {
        fail_msg("not understood: %s", line);
    }
    if (parsed.kind != kind || parsed.is_answer != is_answer || parsed.state != state ||
        parsed.access != access) {
        fail_msg("%s: kind %zu, answer %d, state %d, access %ld", line, parsed.kind, parsed.is_answer,
                 parsed.state, parsed.access);
    }
}

static void registration_lines(void **state)
{
    (void)state;
    check("+CREG: 1", 0, false, NETREG_HOME, -1);
    check("+CREG:5", 0, false, NETREG_ROAMING, -1);
    check("+CREG: 1,5", 0, true, NETREG_ROAMING, -1);
    check("+CREG: 0,2", 0, true, NETREG_SEARCHING, -1);
    check("+CREG: 1,\"25EF\",\"115B\"", 0, false, NETREG_HOME, -1);
    check("+CREG: 2,1,\"25EF\",\"115B\"", 0, true, NETREG_HOME, -1);
    check("+CREG: 1,\"5A1F\",\"00C3D5A2\",7", 0, false, NETREG_HOME, 7);
    check("+CEREG: 2,1,\"5A1F\",\"00C3D5A2\",7", 2, true, NETREG_HOME, 7);
    check("+CEREG: 4,1,\"5A1F\",\"00C3D5A2\",8,,,\"00000001\",\"00000010\"", 2, true, NETREG_HOME, 8);
    check("+CGREG: 3", 1, false, NETREG_DENIED, -1);
    check("+CREG: 1,1234,5678", 0, false, NETREG_HOME, -1);
    check("+CREG: 0,8", 0, true, NETREG_NOT_KNOWN, -1);
    check("+CREG: 99", 0, false, NETREG_NOT_KNOWN, -1);
}

static void noise_is_no_registration(void **state)
{
    static const char *const noise[] = {("+CRE\x01"
                                         "b"),
                                        "+CREG:",
                                        "+CREG: ,",
                                        "+CREG: x",
                                        "CREG: 1",
                                        "+CSQ: 1,2",
                                        ""};
    struct netreg_line parsed;

    (void)state;
    for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
        assert_false(netreg_parse(noise[i], strlen(noise[i]), &parsed));
    }
}

static void check_signal(const char *line, int dbm)
{
    int found = 1;

    assert_true(netreg_parse_signal(line, strlen(line), &found));
    assert_int_equal(found, dbm);
}

static void signal_lines(void **state)
{
    int dbm;

    (void)state;
    check_signal("+CSQ: 0,0", -113);
    check_signal("+CSQ: 31,99", -51);
    check_signal("+CSQ:23,99", -67);
    check_signal("+CSQ: 99,99", 0);
    check_signal("+CSQ: 191,99", -25);
    check_signal("+CSQ: 199,99", 0);
    check_signal("+CSQ: -7,99", 0);
    assert_false(netreg_parse_signal("+CSQ: ", 6, &dbm));
}

static void operator_lines(void **state)
{
    char name[16];
    long access;

    (void)state;
    assert_true(netreg_parse_operator("+COPS: 0,0,\"CMCC\"", 17, name, sizeof(name), &access));
    assert_string_equal(name, "CMCC");
    assert_int_equal(access, -1);
    assert_true(netreg_parse_operator("+COPS: 0,0,\"o2 - de\",7", 22, name, sizeof(name), &access));
    assert_string_equal(name, "o2 - de");
    assert_string_equal(netreg_access_name(access), "LTE");
    assert_true(netreg_parse_operator("+COPS: 0", 8, name, sizeof(name), &access));
    assert_string_equal(name, "");
    assert_false(netreg_parse_operator("+COPS:", 6, name, sizeof(name), &access));
    assert_null(netreg_access_name(-1));
    assert_null(netreg_access_name(1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(registration_lines),
        cmocka_unit_test(noise_is_no_registration),
        cmocka_unit_test(signal_lines),
        cmocka_unit_test(operator_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
