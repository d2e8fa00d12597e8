/* Command lines taken apart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/at_parse.h"

static struct at_parsed parsed;

static bool next(const char *text, size_t *position)
{
    return at_parse_next(text, position, true, &parsed);
}

static void test_several_commands(void **state)
{
    const char *text = "E0V1;+CSQ;+COPS?;+CREG=?;&W";
    static const struct {
        const char *name;
        enum at_kind kind;
    } wanted[] = {{"E", AT_SET},       {"V", AT_SET},      {"+CSQ", AT_EXEC},
                  {"+COPS", AT_QUERY}, {"+CREG", AT_TEST}, {"&W", AT_EXEC}};
    size_t position = 0;

    (void)state;
    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        assert_true(next(text, &position));
        assert_string_equal(parsed.name, wanted[i].name);
        assert_int_equal(parsed.call.kind, wanted[i].kind);
    }
    assert_int_equal(text[position], '\0');
}

static void test_arguments(void **state)
{
    size_t position = 0;
    long port;

    (void)state;
    assert_true(next("+CIPSTART=\"TCP\",\"a;b\",80,,\"q\\\"u\"", &position));
    assert_int_equal(parsed.call.argc, 5);
    assert_string_equal(parsed.call.arg[0].text, "TCP");
    assert_true(parsed.call.arg[0].quoted);
    assert_string_equal(parsed.call.arg[1].text, "a;b");
    assert_false(parsed.call.arg[2].quoted);
    assert_string_equal(parsed.call.arg[3].text, "");
    assert_string_equal(parsed.call.arg[4].text, "q\"u");
    assert_true(at_number(&parsed.call, 2, 1, 65535, &port));
    assert_int_equal(port, 80);
    assert_false(at_number(&parsed.call, 3, 0, 9, &port));
    assert_false(at_number(&parsed.call, 2, 81, 90, &port));
    assert_false(at_number(&parsed.call, 7, 0, 9, &port));
}

static void test_nonsense(void **state)
{
    static const char *const lines[] = {
        "=",
        "\"",
        "+A NAME WITH BLANKS=1",
        "+ANAMETHATISMUCHTOOLONGFORANYTHING",
        "+X?Y",
        "+X=1,2,3,4,5,6,7,8,9",
        "&",
    };
    size_t position;

    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        position = 0;
        assert_false(next(lines[i], &position));
        assert_true(position <= strlen(lines[i]));
    }
}

static void test_open_quotes_stay_inside(void **state)
{
    size_t position = 0;

    (void)state;
    assert_true(next("+CSTT=\"open;+CSQ\\", &position));
    assert_int_equal(position, strlen("+CSTT=\"open;+CSQ\\"));
    assert_int_equal(parsed.call.argc, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_several_commands),
        cmocka_unit_test(test_arguments),
        cmocka_unit_test(test_nonsense),
        cmocka_unit_test(test_open_quotes_stay_inside),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
