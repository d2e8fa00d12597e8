/* The help, the shells' table and the manual page name the same commands, options and exit statuses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/commands.h"
#include "ctl/options.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char page[65536];

static int read_page(void **state)
{
    FILE *file = fopen(TEST_SOURCE_DIR "/man/blynkctl.1", "r");
    size_t len;

    (void)state;
    assert_non_null(file);
    len = fread(page, 1, sizeof(page) - 1, file);
    page[len] = '\0';
    assert_true(feof(file));
    fclose(file);
    return 0;
}

/* The item of a command in the page, from the first line that names it to the next item of another. */
static void part_of(const char *name, char *part, size_t size)
{
    char start[64];
    const char *begin, *end;

    snprintf(start, sizeof(start), "\n.It Ic %s", name);
    begin = strstr(page, start);
    if (!begin) {
        fail_msg("blynkctl(1) does not describe: %s", name);
    }
    end = begin;
    do {
        end = strstr(end + 1, "\n.It ");
    } while (end && strncmp(end, start, strlen(start)) == 0);
    snprintf(part, size, "%.*s", (int)(end ? end - begin : (ptrdiff_t)strlen(begin)), begin);
}

/* "[--pcap FILE]": the page has "Fl \-pcap". */
static void assert_options_in(const char *arguments, const char *part, const char *name)
{
    char words[256];
    char *rest = words;

    snprintf(words, sizeof(words), "%s", arguments);
    for (char *word = strsep(&rest, " []|"); word; word = strsep(&rest, " []|")) {
        char form[64];
        if (word[0] != '-' || !word[1]) {
            continue;
        }
        snprintf(form, sizeof(form), "Fl %s%s", word[1] == '-' ? "\\-" : "", word + (word[1] == '-' ? 2 : 1));
        if (!strstr(part, form)) {
            fail_msg("blynkctl(1), %s: nothing about %s", name, word);
        }
    }
}

static void every_command_is_in_the_page(void **state)
{
    static char part[sizeof(page)];

    (void)state;
    for (size_t i = 0; i < ctl_command_count; i++) {
        part_of(ctl_commands[i].name, part, sizeof(part));
        assert_options_in(ctl_commands[i].arguments, part, ctl_commands[i].name);
    }
}

static void every_command_of_the_page_exists(void **state)
{
    const char *end = strstr(page, "\n.Sh JSON");
    size_t count = 0;

    (void)state;
    assert_non_null(end);
    for (const char *at = strstr(page, "\n.It Ic "); at && at < end; at = strstr(at + 1, "\n.It Ic ")) {
        char name[32];
        assert_int_equal(sscanf(at, "\n.It Ic %31s", name), 1);
        if (!ctl_command_find(name)) {
            fail_msg("blynkctl(1) describes a command that is not there: %s", name);
        }
        count++;
    }
    assert_true(count >= ctl_command_count);
}

static char *text_of(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    print(out);
    fclose(out);
    return text;
}

static void every_option_is_in_the_page(void **state)
{
    char *names = text_of(options_print_names), *help = text_of(options_print_help), *rest = names;

    (void)state;
    assert_non_null(strstr(help, "  -s, --socket PATH     the daemon's socket"));
    assert_non_null(strstr(help, "      --timeout TIME    how long"));
    for (char *line = strsep(&rest, "\n"); line && *line; line = strsep(&rest, "\n")) {
        char form[64], shown[64];
        size_t len = strcspn(line, "\t");
        snprintf(form, sizeof(form), "\\-%.*s", (int)(len - 2), line + 2);
        snprintf(shown, sizeof(shown), "%.*s ", (int)len, line);
        if (!strstr(page, form) || !strstr(help, shown)) {
            fail_msg("not in the page, or not in the help: %.*s", (int)len, line);
        }
    }
    free(names);
    free(help);
}

static void every_exit_status_is_in_the_page(void **state)
{
    static const int statuses[] = {CTL_OK,          CTL_REFUSED,   CTL_UNREACHABLE, CTL_OFFLINE,
                                   CTL_NOT_ALLOWED, CTL_TIMED_OUT, CTL_USAGE,       CTL_OUT_OF_MEMORY};
    const char *part = strstr(page, "\n.Sh EXIT STATUS");

    (void)state;
    assert_non_null(part);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        char item[32];
        snprintf(item, sizeof(item), "\n.It %d\n", statuses[i]);
        if (!strstr(part, item)) {
            fail_msg("blynkctl(1) does not tell exit status %d", statuses[i]);
        }
    }
}

/* What the shells take apart: one line a name, three fields, no others. */
static void the_table_can_be_taken_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < ctl_command_count; i++) {
        const struct ctl_command *command = &ctl_commands[i];
        assert_null(strpbrk(command->name, "\t\n -"));
        assert_null(strpbrk(command->arguments, "\t\n"));
        assert_null(strpbrk(command->summary, "\t\n"));
        assert_true(islower((unsigned char)command->summary[0])); /* the help begins a sentence with it */
        assert_true(command->most < 0 || command->least <= command->most);
        assert_ptr_equal(ctl_command_find(command->name), command);
    }
    assert_null(ctl_command_find("nonsense"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_command_is_in_the_page), cmocka_unit_test(every_command_of_the_page_exists),
        cmocka_unit_test(every_option_is_in_the_page),  cmocka_unit_test(every_exit_status_is_in_the_page),
        cmocka_unit_test(the_table_can_be_taken_apart),
    };

    return cmocka_run_group_tests(tests, read_page, NULL);
}
