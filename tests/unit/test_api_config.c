/* CONFIG: what Redis' tools ask of everybody, and the daemon's own settings for admins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_words.h"

#include "blynkd/api/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define SETTING "$7\r\nsection\r\n$5\r\nblynk\r\n$3\r\nkey\r\n$5\r\ngrace\r\n$5\r\nvalue\r\n$2\r\n4s\r\n"
#define ORIGIN                                                                                               \
    "$6\r\norigin\r\n$9\r\nx.conf:12\r\n$6\r\nchange\r\n$4\r\nlive\r\n$17\r\nwaits_for_restart\r\n$3\r\nyes" \
    "\r\n"
#define REST "$6\r\nsecret\r\n$2\r\nno\r\n$4\r\nhelp\r\n$3\r\nWhy\r\n"

/* Whoever holds the configuration. */
struct holder {
    unsigned count; /* of settings */
    bool is_wrong;
    unsigned reloads;
    char refused[128];
};

static void each(void *arg, api_setting_fn *tell, void *to)
{
    const struct holder *holder = arg;

    for (unsigned i = 0; i < holder->count; i++) {
        struct api_setting setting = {
            .section = "blynk",
            .name = i ? "other" : "grace",
            .value = "4s",
            .origin = "x.conf:12",
            .change = "live",
            .waits_restart = true,
            .help = "Why",
        };
        tell(to, &setting);
    }
}

static bool reload(void *arg)
{
    struct holder *holder = arg;

    holder->reloads++;
    snprintf(holder->refused, sizeof(holder->refused), "%s",
             holder->is_wrong ? "x.conf:3: [blynk] grace:\nis not understood" : "");
    return !holder->is_wrong;
}

static const char *refused(void *arg)
{
    const struct holder *holder = arg;

    return holder->refused;
}

static const char *missing(void *arg)
{
    (void)arg;
    return "[blynk] token";
}

static void hold(struct fixture *f, struct holder *holder)
{
    static const struct api_settings_ops ops = {each, reload, refused, missing};

    api_server_set_settings(f->rig->server, &ops, "/etc/x.conf", holder);
}

static void settings_are_shown_with_their_origin(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.count = 2};

    hold(f, &holder);
    ask(f, "CONFIG SHOW *.grace", "*1\r\n*16\r\n" SETTING ORIGIN REST);
    ask(f, "CONFIG SHOW nothing.*", "*0\r\n");
    ask(f, "CONFIG SHOW other.* blynk.grace", "*1\r\n*16\r\n" SETTING ORIGIN REST);
    to_resp3(f);
    ask(f, "config show blynk.g*", "*1\r\n%8\r\n" SETTING ORIGIN REST);
}

/* However many there are: an answer that is well formed, and the server lives. */
static void too_many_settings_are_cut(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.count = 10000};
    char line[64];
    unsigned shown;

    hold(f, &holder);
    api_rig_send(f->rig, f->fd, "CONFIG SHOW\r\nECHO the-end\r\n");
    api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    assert_int_equal(sscanf(line, "*%u", &shown), 1);
    assert_true(shown > 1000 && shown < 10000);
    do {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    } while (strcmp(line, "the-end") != 0);
}

static void a_reload_answers_why_it_was_refused(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.is_wrong = true};

    hold(f, &holder);
    ask(f, "CONFIG RELOAD", "-ERR x.conf:3: [blynk] grace: is not understood\r\n");
    holder.is_wrong = false;
    ask(f, "CONFIG RELOAD", "+OK\r\n");
    assert_int_equal(holder.reloads, 2);
    ask_error(f, "CONFIG RELOAD now", "-ERR wrong number of arguments for 'config|reload' command");
    assert_int_equal(holder.reloads, 2);
}

static void link_and_info_tell_of_it(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.refused = "x.conf:3: wrong"};
    char text[4096];

    hold(f, &holder);
    api_rig_send(f->rig, f->fd, "INFO server\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_non_null(strstr(text, "config_file:/etc/x.conf\r\n"));
    assert_non_null(strstr(text, "config_missing:[blynk] token\r\n"));
    assert_non_null(strstr(text, "config_refused:x.conf:3: wrong\r\n"));
    api_rig_send(f->rig, f->fd, "LINK\r\nECHO the-end\r\n");
    bool told = false;
    do {
        api_rig_read_line(f->rig, f->fd, text, sizeof(text));
        told = told || strcmp(text, "x.conf:3: wrong") == 0;
    } while (strcmp(text, "the-end") != 0);
    assert_true(told);
}

static void without_a_holder_it_says_so(void **state)
{
    struct fixture *f = *state;

    ask_error(f, "CONFIG SHOW", "-ERR this server was started without a configuration");
    ask_error(f, "CONFIG RELOAD", "-ERR this server was started without a configuration");
    ask_error(f, "CONFIG SET save x", "-ERR only CONFIG GET, CONFIG SHOW and CONFIG RELOAD");
}

static void make_writer(struct api_config *config)
{
    snprintf(config->rules[0].name, sizeof(config->rules[0].name), "%u", (unsigned)geteuid());
    config->rules[0].role = API_WRITER;
    config->rule_count = 1;
}

static int setup_writer(void **state)
{
    return setup_with(state, make_writer);
}

static void others_may_not(void **state)
{
    struct fixture *f = *state;
    struct holder holder = {.count = 1};

    hold(f, &holder);
    ask_error(f, "CONFIG SHOW", "-NOPERM CONFIG SHOW needs the role admin, you are writer");
    ask_error(f, "CONFIG RELOAD", "-NOPERM CONFIG RELOAD needs the role admin, you are writer");
    assert_int_equal(holder.reloads, 0);
    ask(f, "CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(settings_are_shown_with_their_origin, setup, teardown),
        cmocka_unit_test_setup_teardown(too_many_settings_are_cut, setup, teardown),
        cmocka_unit_test_setup_teardown(a_reload_answers_why_it_was_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(link_and_info_tell_of_it, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_holder_it_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(others_may_not, setup_writer, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
