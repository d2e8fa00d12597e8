/* The manual pages name what the tables have: every key with its default, every command, every option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/commands.h"
#include "daemon/conf.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static char page[65536];

static void read_page(const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/man/%s", TEST_SOURCE_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(page, 1, sizeof(page) - 1, file);
    page[len] = '\0';
    assert_true(feof(file));
    fclose(file);
}

/* "user.*" stands in the page as "user.pi", "pin *" as "pin V5". */
static void form_to_text(const char *form, const char *end, char *out, size_t size)
{
    const char *sample = strcmp(form, "pin *") == 0 ? "V5" : strcmp(form, "user.*") == 0 ? "pi" : "sensors";
    int len = (int)strcspn(form, "*");

    snprintf(out, size, "%.*s%s%s", len, form, form[len] ? sample : "", end);
}

/* The part of the page from a line that begins with `start` up to the next that begins with `stop`. */
static char *cut_out(char *from, const char *start, const char *stop)
{
    static char part[sizeof(page)];
    char *begin = strstr(from, start);

    if (!begin) {
        fail_msg("not in the page: %s", start);
        return NULL;
    }
    char *end = strstr(begin + strlen(start), stop);
    size_t len = end ? (size_t)(end - begin) : strlen(begin);
    memmove(part, begin, len);
    part[len] = '\0';
    return part;
}

static void every_key_is_described_with_its_default(void **state)
{
    (void)state;
    read_page("blynkd.conf.5");
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        char section[64] = "\n.Ss [";
        char name[64] = "\n.It Cm ";
        char value[128];
        form_to_text(key->section, "]", section + strlen(section), 40);
        form_to_text(key->name, " ", name + strlen(name), 40);
        char *part = cut_out(page, section, "\n.Ss");
        part = cut_out(part, name, "\n.It");
        snprintf(value, sizeof(value), "default:\n.Li %s%s ;",
                 key->fallback && *key->fallback == '.' ? "\\&" : "", key->fallback ? key->fallback : "");
        if (!strstr(part, key->fallback ? value : "no default;")) {
            fail_msg("[%s] %s: the page does not tell the default:%s", key->section, key->name, part);
        }
    }
}

static void every_command_is_described(void **state)
{
    (void)state;
    read_page("blynkd-socket.7");
    for (size_t i = 0; i < command_count; i++) {
        char name[64];
        size_t len = 0;
        for (; commands[i].name[len]; len++) {
            name[len] = (char)toupper((unsigned char)commands[i].name[len]);
        }
        name[len] = '\0';
        /* After a macro or in the list of one. */
        const char *at = strstr(page, name);
        while (at && (at[-1] != ' ' || (at[len] != ' ' && at[len] != '\n'))) {
            at = strstr(at + 1, name);
        }
        if (!at) {
            fail_msg("%s is not in the page", name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_key_is_described_with_its_default),
        cmocka_unit_test(every_command_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
