/* One key changed in a configuration file: everything else stays byte by byte. */
#include "ctl/config_edit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *before, const char *name, const char *value, const char *after)
{
    struct config_key key;
    char *out = NULL;
    size_t len = 0;
    FILE *file = open_memstream(&out, &len);

    assert_int_equal(config_key_parse(name, &key), 0);
    assert_int_equal(config_edit(before, &key, value, file), 0);
    fclose(file);
    assert_string_equal(out, after);
    free(out);
}

static void test_an_active_line_is_replaced(void **state)
{
    (void)state;
    check("[a]\nx = 1\ny = 2\n", "a.x", "3", "[a]\nx = 3\ny = 2\n");
    check("[a]\n  X=1 ; why\n", "a.x", "3", "[a]\nx = 3 ; why\n");
    check("[a]\nx = 1", "a.x", "3", "[a]\nx = 3\n");
    check("[a]\nx = 1\n[b]\nx = 2\n", "b.x", "3", "[a]\nx = 1\n[b]\nx = 3\n");
    check("[a]\nx = 1\n#x = 0\n", "a.x", "3", "[a]\nx = 3\n#x = 0\n");
    check("[a]\nxy = 1\nx = 2\n", "a.x", "3", "[a]\nxy = 1\nx = 3\n");
    check("[a]\nx = 1\nx = 2\n", "a.x", "3", "[a]\nx = 1\nx = 3\n"); /* the last one counts */
}

static void test_an_example_is_followed(void **state)
{
    (void)state;
    check("[a]\n# what x is\n#x = 0\n\n#y = 1\n", "a.x", "3", "[a]\n# what x is\n#x = 0\nx = 3\n\n#y = 1\n");
    check("[a]\n#x = 0", "a.x", "3", "[a]\n#x = 0\nx = 3\n");
    check("#x = 0\n[a]\n", "a.x", "3", "#x = 0\n[a]\nx = 3\n"); /* another section's example */
}

static void test_a_section_grows(void **state)
{
    (void)state;
    check("[a]\ny = 1\n\n[b]\nz = 2\n", "a.x", "3", "[a]\ny = 1\nx = 3\n\n[b]\nz = 2\n");
    check("[A]\n", "a.x", "3", "[A]\nx = 3\n");
    check("[pin V5]\nunit = C\n", "pin V5.min_interval", "10s", "[pin V5]\nunit = C\nmin_interval = 10s\n");
    check("[a]\ny = 1", "a.x", "3", "[a]\ny = 1\nx = 3\n");
}

static void test_a_section_is_made(void **state)
{
    (void)state;
    check("", "a.x", "3", "\n[a]\nx = 3\n");
    check("[b]\ny = 1\n", "a.x", "3", "[b]\ny = 1\n\n[a]\nx = 3\n");
    check("[b]\ny = 1", "a.x", "3", "[b]\ny = 1\n\n[a]\nx = 3\n");
    check("# [a]\n", "a.x", "3", "# [a]\n\n[a]\nx = 3\n");
}

static void test_names(void **state)
{
    static const char *const wrong[] = {"", "x", ".x", "a.", "a.b c", "a]b.x", "a\n.x", "a.x=1", "a.#x"};
    struct config_key key;
    char name[200];

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_true(config_key_parse(wrong[i], &key) < 0);
    }
    memset(name, 'a', sizeof(name));
    memcpy(name + sizeof(name) - 3, ".x", 3);
    assert_true(config_key_parse(name, &key) < 0);
    assert_int_equal(config_key_parse("pin V5.min_interval", &key), 0);
    assert_string_equal(key.section, "pin V5");
    assert_string_equal(key.key, "min_interval");
}

static void test_values(void **state)
{
    static const char *const wrong[] = {"a\nb", "a\tb", " a", "a ", "a ;b", ";a", "\x7f"};

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_non_null(config_value_check(wrong[i]));
    }
    assert_null(config_value_check(""));
    assert_null(config_value_check("a;b #c \"d\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_an_active_line_is_replaced),
        cmocka_unit_test(test_an_example_is_followed),
        cmocka_unit_test(test_a_section_grows),
        cmocka_unit_test(test_a_section_is_made),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
