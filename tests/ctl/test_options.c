/* What stands before the command, right and wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/options.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static struct ctl ctl;
static int first;

/* The words of a command line; CTL_OK or how it ends. */
static int parse(const char *line)
{
    static char text[512];
    static char *words[32];
    char *rest = text;
    int count = 0;

    strcpy(text, line);
    while ((words[count] = strsep(&rest, " ")) && count < 30) {
        count++;
    }
    words[count] = NULL;
    optind = 0;
    return options_parse(&ctl, count, words, &first);
}

static int no_environment(void **state)
{
    (void)state;
    unsetenv("BLYNKD_SOCKET");
    return 0;
}

static void without_options_there_are_defaults(void **state)
{
    (void)state;
    assert_int_equal(parse("blynkctl get V5"), CTL_OK);
    assert_int_equal(first, 1);
    assert_string_equal(ctl.socket_path, CTL_SOCKET_PATH);
    assert_string_equal(ctl.config_path, CTL_CONFIG_PATH);
    assert_int_equal(ctl.timeout_ms, CTL_TIMEOUT_MS);
    assert_false(ctl.json);
    assert_false(ctl.color);
    assert_null(ctl.redis);
    assert_int_equal(parse("blynkctl"), CTL_OK);
    assert_int_equal(first, 1);
}

static void options_end_at_the_command(void **state)
{
    (void)state;
    assert_int_equal(parse("blynkctl -s /a/b --config=/c -j --color always --timeout 500ms trace -f --json"),
                     CTL_OK);
    assert_int_equal(first, 9);
    assert_string_equal(ctl.socket_path, "/a/b");
    assert_string_equal(ctl.config_path, "/c");
    assert_int_equal(ctl.timeout_ms, 500);
    assert_true(ctl.json);
    assert_true(ctl.color);
    assert_int_equal(parse("blynkctl --color never trace --json"), CTL_OK);
    assert_false(ctl.json);
}

static void the_environment_gives_way_to_the_option(void **state)
{
    (void)state;
    setenv("BLYNKD_SOCKET", "/from/environment", 1);
    assert_int_equal(parse("blynkctl get"), CTL_OK);
    assert_string_equal(ctl.socket_path, "/from/environment");
    assert_int_equal(parse("blynkctl -s /mine get"), CTL_OK);
    assert_string_equal(ctl.socket_path, "/mine");
    setenv("BLYNKD_SOCKET", "", 1);
    assert_int_equal(parse("blynkctl get"), CTL_OK);
    assert_string_equal(ctl.socket_path, CTL_SOCKET_PATH);
}

static void wrong_ones_are_refused(void **state)
{
    static const char *const wrong[] = {
        "blynkctl --nonsense",        "blynkctl -x",
        "blynkctl --socket",          "blynkctl --socket= get",
        "blynkctl --timeout 0 get",   "blynkctl --timeout x",
        "blynkctl --timeout -5",      "blynkctl --timeout 2h",
        "blynkctl --color sometimes", "blynkctl --timeout 99999999999999999999s",
    };
    char longer[160] = "blynkctl -s ";

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(parse(wrong[i]), CTL_USAGE);
    }
    memset(longer + 12, 'x', 108);
    assert_int_equal(parse(longer), CTL_USAGE);
    longer[12 + 107] = '\0';
    assert_int_equal(parse(longer), CTL_OK);
    setenv("BLYNKD_SOCKET", longer, 1);
    assert_int_equal(parse("blynkctl get"), CTL_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(without_options_there_are_defaults, no_environment),
        cmocka_unit_test_setup(options_end_at_the_command, no_environment),
        cmocka_unit_test_setup(the_environment_gives_way_to_the_option, no_environment),
        cmocka_unit_test_setup(wrong_ones_are_refused, no_environment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
