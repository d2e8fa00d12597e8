/* The command line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/options.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Words separated by blanks, the program's name left out. */
static struct options parse(const char *line)
{
    static char text[256];
    char *argv[16] = {(char[]){"blynkd"}};
    int argc = 1;
    struct options options;

    strncpy(text, line, sizeof(text) - 1);
    for (char *word = strtok(text, " "); word; word = strtok(NULL, " ")) {
        argv[argc++] = word;
    }
    options_parse(argc, argv, &options);
    return options;
}

static void without_options_it_runs(void **state)
{
    struct options options = parse("");

    (void)state;
    assert_int_equal(options.action, OPTIONS_RUN);
    assert_string_equal(options.config_path, "/etc/blynkd/blynkd.conf");
    assert_false(options.level_given);
}

static void each_option_is_known(void **state)
{
    (void)state;
    assert_string_equal(parse("-c x.conf").config_path, "x.conf");
    assert_string_equal(parse("--config x.conf").config_path, "x.conf");
    assert_string_equal(parse("--config=x.conf --foreground").config_path, "x.conf");
    assert_int_equal(parse("--foreground").action, OPTIONS_RUN);
    assert_int_equal(parse("--check-config -c x").action, OPTIONS_CHECK_CONFIG);
    assert_null(parse("--check-config -c x").candidate);
    assert_string_equal(parse("--check-config y -c x").candidate, "y");
    assert_string_equal(parse("-c x --check-config y").config_path, "x");
    assert_int_equal(parse("--check-config y z").action, OPTIONS_WRONG);
    assert_int_equal(parse("--help-config").action, OPTIONS_HELP_CONFIG);
    assert_int_equal(parse("--list-modems").action, OPTIONS_LIST_MODEMS);
    assert_int_equal(parse("--version").action, OPTIONS_VERSION);
    assert_int_equal(parse("-V").action, OPTIONS_VERSION);
    assert_int_equal(parse("--help").action, OPTIONS_HELP);
    assert_int_equal(parse("-h").action, OPTIONS_HELP);
    assert_int_equal(parse("--log-level debug").level, LOG_LEVEL_DEBUG);
    assert_true(parse("--log-level error").level_given);
    assert_int_equal(parse("--probe").action, OPTIONS_PROBE);
    assert_int_equal(parse("--probe").baud, 0);
    assert_int_equal(parse("--probe --baud 9600").baud, 9600);
}

static void what_is_not_known_is_refused(void **state)
{
    static const char *const lines[] = {"--token x",
                                        "-x",
                                        "-c",
                                        "start",
                                        "--log-level loud",
                                        "--check-config x y",
                                        "--log-level loud --version",
                                        "--baud 9600",
                                        "--probe --baud fast",
                                        "--probe --baud 300"};

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        assert_int_equal(parse(lines[i]).action, OPTIONS_WRONG);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_options_it_runs),
        cmocka_unit_test(each_option_is_known),
        cmocka_unit_test(what_is_not_known_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
