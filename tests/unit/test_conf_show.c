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
    "[modem]\nbaud = 9600\nprofile = sim800\nrtscts = yes\npin = 4321\ncommand_gap = 2500ms\npoll = 2m\n"    \
    "[power]\npwrkey = gpiochip0:4 low\n"                                                                    \
    "[blynk]\nserver = 192.0.2.1:8080\ntls = no\nfallback_addresses = 192.0.2.10,  192.0.2.11\n"             \
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

    snprintf(shown->text + len, sizeof(shown->text) - len, "%s.%s=%s @%s\n", item->section, item->name,
             item->value, item->origin);
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

    snprintf(text, sizeof(text), line ? "%s @%s%s:%u\n" : "%s @%s%s\n", item, line ? dir->path : "", file,
             line);
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
    expect(dir, &shown, "modem.command_gap=2500ms", "/blynkd.conf", 10);
    expect(dir, &shown, "power.pwrkey=/dev/gpiochip0:4 low", "/blynkd.conf", 13);
    expect(dir, &shown, "blynk.server=192.0.2.1:8080", "/blynkd.conf", 15);
    expect(dir, &shown, "blynk.fallback_addresses=192.0.2.10, 192.0.2.11", "/blynkd.conf", 17);
    expect(dir, &shown, "network.dns=1.1.1.1, 9.9.9.9", "/blynkd.conf", 19);
    expect(dir, &shown, "outbox.max_bytes=2M", "/blynkd.conf", 21);
    expect(dir, &shown, "outbox.max_age=7d", "/blynkd.conf", 22);
    expect(dir, &shown, "socket.mode=0600", "/blynkd.conf", 24);
    expect(dir, &shown, "pin V5.delivery=latest", "/blynkd.conf", 26);
    expect(dir, &shown, "pin V5.min_interval=1500ms", "/blynkd.conf", 27);
    expect(dir, &shown, "pin V5.deadband=0.25", "/blynkd.conf", 28);
    expect(dir, &shown, "access.user.pi=admin", "/blynkd.conf", 30);
    expect(dir, &shown, "access.group.sensors=writer", "/blynkd.conf", 31);
    expect(dir, &shown, "log.level=error", "/blynkd.conf.d/10.conf", 3);
    expect(dir, &shown, "blynk.heartbeat=auto", "default", 0);
    expect(dir, &shown, "blynk.retry_max=5m", "default", 0);
    expect(dir, &shown, "network.user=", "default", 0);
    assert_null(strstr(shown.text, "pin V6"));
}

static void a_secret_is_not_shown(void **state)
{
    struct conf_dir *dir = *state;
    struct shown shown;
    char path[96];

    conf_dir_write(dir, "blynkd.conf", ALL, 0600);
    show(dir, &shown);
    expect(dir, &shown, "blynk.token=****", "/blynkd.conf", 4);
    expect(dir, &shown, "modem.pin=****", "/blynkd.conf", 9);
    expect(dir, &shown, "network.password=", "default", 0);
    assert_null(strstr(shown.text, CANARY));
    assert_null(strstr(shown.text, "4321"));

    snprintf(path, sizeof(path), "%s/credentials", dir->path);
    assert_int_equal(mkdir(path, 0700), 0);
    conf_dir_write(dir, "credentials/token", CANARY, 0600);
    conf_dir_write(dir, "blynkd.conf", "[network]\napn = x\n", 0600);
    setenv("CREDENTIALS_DIRECTORY", path, 1);
    show(dir, &shown);
    expect(dir, &shown, "blynk.token=****", "credential token", 0);
}

static void take_back(void *arg, const struct conf_item *item)
{
    char why[CONF_WHY_MAX];

    if (item->value[0] && !item->key->secret &&
        conf_value_set(arg, item->key, item->section, item->name, item->value, why) != 0) {
        fail_msg("[%s] %s = %s: %s", item->section, item->name, item->value, why);
    }
}

static void on_difference(void *arg, const struct conf_key *key)
{
    (void)arg;
    if (!key->secret) {
        fail_msg("[%s] %s differs", key->section, key->name);
    }
}

/* What is shown, written into a file, means the same. */
static void what_is_shown_can_be_written(void **state)
{
    struct conf_dir *dir = *state;
    struct conf *again = calloc(1, sizeof(*again));
    struct conf_origins *origins = calloc(1, sizeof(*origins));
    struct conf_request request = {.path = dir->main_file, .origins = origins};

    conf_dir_write(dir, "blynkd.conf", ALL, 0600);
    assert_int_equal(conf_load_request(&request, dir->conf, &dir->report), 0);
    conf_defaults(again);
    conf_each(dir->conf, origins, take_back, again);
    conf_compare(dir->conf, again, on_difference, NULL);
    free(origins);
    free(again);
}

static void a_candidate_is_read_with_the_dropins_of_the_file(void **state)
{
    struct conf_dir *dir = *state;
    char candidate[128];
    struct conf_request request = {.path = candidate, .dropins_of = dir->main_file};

    snprintf(candidate, sizeof(candidate), "%s/candidate", dir->path);
    conf_dir_make_dropins(dir);
    conf_dir_write(dir, "blynkd.conf", "this is no line\n", 0600);
    conf_dir_write(dir, "blynkd.conf.d/10.conf", "[log]\nlevel = error\n", 0600);
    conf_dir_write(dir, "candidate", MINIMUM, 0600);
    assert_int_equal(conf_load_request(&request, dir->conf, &dir->report), 0);
    assert_int_equal(dir->conf->log_level, LOG_LEVEL_ERROR);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_value_is_told_with_its_place, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_secret_is_not_shown, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(what_is_shown_can_be_written, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_candidate_is_read_with_the_dropins_of_the_file, conf_dir_setup,
                                        conf_dir_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
