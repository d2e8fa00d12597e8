/* The configuration as it is shown: each value as one would write it, with where it comes from, and no secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf_dir.h"

#include <errno.h>

#define ALL                                                                                                  \
    MINIMUM                                                                                                  \
    "[modem]\nbaud = 9600\nprofile = sim800\nrtscts = yes\npin = 4321\ncommand_gap = 90s\npoll = 2m\n"         \
    "[power]\npwrkey = gpiochip0:4 low\n"                                                                    \
    "[blynk]\nserver = 192.0.2.1:8080\ntls = no\nfallback_addresses = 192.0.2.10,  192.0.2.11\n"            \
    "[network]\ndns = 1.1.1.1 9.9.9.9\n"                                                                     \
    "[outbox]\nmax_bytes = 2M\nmax_age = 7d\n"                                                               \
    "[socket]\nmode = 0600\n"                                                                                \
    "[pin V5]\ndelivery = latest\nmin_interval = 1500ms\ndeadband = 0.25\n"                                  \
    "[access]\nuser.pi = admin\ngroup.sensors = writer\n"

struct shown {
    char text[32768]; /* "section.name=value @origin\n" */
};

static void on_item(void *arg, const struct conf_item *item)
{
    struct shown *shown = arg;
    size_t len = strlen(shown->text);

    snprintf(shown->text + len, sizeof(shown->text) - len, "%s.%s=%s @%s\n", item->section, item->name, item->value,
             item->origin);
}

static void show(struct conf_dir *dir, struct shown *shown)
{
    struct conf_origins *origins = calloc(1, sizeof(*origins));
    struct conf_request request = {.path = dir->main_file, .origins = origins};

    conf_report_free(&dir->report);
    conf_report_init(&dir->report);
    assert_int_equal(conf_load_request(&request, dir->conf, &dir->report), 0);
    shown->text[0] = '\0';
    conf_each(dir->conf, origins, on_item, shown);
    free(origins);
}

static void expect(const struct conf_dir *dir, const struct shown *shown, const char *item, const char *file,
                   unsigned line)
{
    char text[512];

    snprintf(text, sizeof(text), line ? "%s @%s%s:%u\n" : "%s @%s%s\n", item, line ? dir->path : "", file, line);
    if (!strstr(shown->text, text)) {
        fail_msg("not found: %s\nin:\n%s", text, shown->text);
    }
}

static void each_value_is_told_with_its_place(void **state)
{
    struct conf_dir *dir = *state;
    struct shown shown;

    conf_dir_write(dir, "blynkd.conf", ALL, 0600);
    conf_dir_make_dropins(dir);
    conf_dir_write(dir, "blynkd.conf.d/10.conf", "[log]\n\nlevel = error\n", 0600);
    show(dir, &shown);
    expect(dir, &shown, "modem.baud=9600", "/blynkd.conf", 6);
    expect(dir, &shown, "modem.rtscts=yes", "/blynkd.conf", 8);
    expect(dir, &shown, "modem.command_gap=5s", "/blynkd.conf", 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_value_is_told_with_its_place, conf_dir_setup, conf_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
