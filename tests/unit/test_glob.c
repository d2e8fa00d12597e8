#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/glob.h"

#include <string.h>
#include <time.h>

static bool matches(const char *pattern, const char *name)
{
    return glob_matches(pattern, strlen(pattern), name, strlen(name));
}

static void test_patterns_that_match(void **state)
{
    static const char *const pairs[][2] = {
        {"*", ""},        {"*", "V5"},      {"V*", "V5"},      {"v*", "V5"},    {"V?", "V5"},
        {"V[0-9]", "V7"}, {"V[9-0]", "V7"}, {"[VD]5", "D5"},   {"[vd]5", "D5"}, {"V[^5]", "V6"},
        {"*5", "V15"},    {"V*5", "V5"},    {"V*5", "V25"},    {"**5", "V5"},   {"li*k", "link"},
        {"\\*", "*"},     {"V[\\]]", "V]"}, {"*1*2", "V1212"}, {"", ""},        {"V[5", "V5"},
        {"V5", "v5"},     {"V5**", "V5"},   {"[^]x", "ax"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (!matches(pairs[i][0], pairs[i][1])) {
            fail_msg("'%s' does not match '%s'", pairs[i][0], pairs[i][1]);
        }
    }
}

static void test_patterns_that_do_not(void **state)
{
    static const char *const pairs[][2] = {
        {"", "V5"},   {"V", "V5"},     {"V?", "V55"},    {"?", ""},      {"V[0-4]", "V5"},
        {"D*", "V5"}, {"V[^5]", "V5"}, {"*6", "V5"},     {"V*6", "V65"}, {"\\*", "V"},
        {"[", "V"},   {"V5\\", "V5"},  {"*a*a*a", "aa"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
        if (matches(pairs[i][0], pairs[i][1])) {
            fail_msg("'%s' matches '%s'", pairs[i][0], pairs[i][1]);
        }
    }
}

/* The classic: many stars and no match. Exponential matchers need years for this. */
static void test_work_is_bounded(void **state)
{
    char pattern[GLOB_PATTERN_MAX];
    char name[256];
    clock_t start = clock();

    (void)state;
    for (size_t i = 0; i < sizeof(pattern); i++) {
        pattern[i] = i % 2 ? 'a' : '*';
    }
    pattern[sizeof(pattern) - 1] = 'b';
    memset(name, 'a', sizeof(name));
    for (int i = 0; i < 1000; i++) {
        assert_false(glob_matches(pattern, sizeof(pattern), name, sizeof(name)));
    }
    assert_true(clock() - start < 20 * CLOCKS_PER_SEC);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns_that_match),
        cmocka_unit_test(test_patterns_that_do_not),
        cmocka_unit_test(test_work_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
