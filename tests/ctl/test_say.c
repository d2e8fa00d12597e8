/* What a person is shown: no byte from outside can move the cursor. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void assert_shown(const char *bytes, size_t len, const char *shown)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    say_text(out, bytes, len);
    fclose(out);
    assert_string_equal(text, shown);
    free(text);
}
#define ASSERT_SHOWN(bytes, shown) assert_shown(bytes, sizeof(bytes) - 1, shown)

static void control_characters_are_made_visible(void **state)
{
    (void)state;
    ASSERT_SHOWN("21.5", "21.5");
    ASSERT_SHOWN("a\tb\r\n", "a\\x09b\\x0D\\x0A");
    ASSERT_SHOWN("\033[2J\x7f\0", "\\x1B[2J\\x7F\\x00");
    ASSERT_SHOWN("\xc2\x9b"
                 "2J",
                 "\\xC2\\x9B2J"); /* U+009B is an escape sequence's beginning, too */
    ASSERT_SHOWN("21 \xc2\xb0"
                 "C",
                 "21 \xc2\xb0"
                 "C");             /* U+00B0 is a degree */
    ASSERT_SHOWN("\xc2", "\\xC2"); /* no character */
    ASSERT_SHOWN("\xe2\x86\x92", "\xe2\x86\x92");
    ASSERT_SHOWN("", "");
}

static char *error_of(void (*say)(const char *text), const char *text)
{
    static char said[8192];
    char path[] = "/tmp/blynk-say-XXXXXX";
    int fd = mkstemp(path), before = dup(STDERR_FILENO);
    ssize_t len;

    assert_true(fd >= 0 && before >= 0);
    unlink(path);
    fflush(stderr);
    dup2(fd, STDERR_FILENO);
    say(text);
    fflush(stderr);
    dup2(before, STDERR_FILENO);
    close(before);
    len = pread(fd, said, sizeof(said) - 1, 0);
    close(fd);
    said[len > 0 ? len : 0] = '\0';
    return said;
}

static void as_error(const char *text)
{
    say_error("%s", text);
}

static void as_hint(const char *text)
{
    say_hint("%s", text);
}

static void errors_are_one_line_and_harmless(void **state)
{
    char *large = malloc(20000);

    (void)state;
    memset(large, 'x', 19999);
    large[19999] = '\0';
    say_set_error_color(false);
    assert_string_equal(error_of(as_error, "no\033[2J\nreally"), "blynkctl: no\\x1B[2J\\x0Areally\n");
    assert_string_equal(error_of(as_hint, "this\r"), "  try: this\\x0D\n");
    assert_true(strlen(error_of(as_error, large)) < 5000);
    say_set_error_color(true);
    assert_string_equal(error_of(as_error, "no"), "\033[31mblynkctl: \033[0mno\n");
    say_set_error_color(false);
    free(large);
}

static void colour_is_for_terminals(void **state)
{
    FILE *file = tmpfile();

    (void)state;
    setenv("TERM", "xterm", 1);
    unsetenv("NO_COLOR");
    assert_false(say_color_is_welcome(file));
    fclose(file);
    assert_string_equal(say_begin(false, SAY_RED), "");
    assert_string_equal(say_end(false), "");
    assert_string_equal(say_begin(true, SAY_RED), "\033[31m");
    assert_string_equal(say_begin(true, SAY_PLAIN), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(control_characters_are_made_visible),
        cmocka_unit_test(errors_are_one_line_and_harmless),
        cmocka_unit_test(colour_is_for_terminals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
