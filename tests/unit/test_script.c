#include "at_rig.h"
#include "blynkd/at/script.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

static struct at_rig rig;
static struct at_script script;

/* ---- a user who writes down what he hears ---- */

static struct user {
    const char *apn;
    const char *pin;
    const char *user;
    char stored[256];
    char said[256];
    unsigned ends;
    const struct at_step *run_next;
} user;

static const char *lookup(void *arg, const char *name)
{
    const struct user *u = arg;

    if (strcmp(name, "apn") == 0) {
        return u->apn;
    }
    if (strcmp(name, "pin") == 0) {
        return u->pin;
    }
    if (strcmp(name, "imei") == 0) {
        return *u->stored ? "seen" : NULL;
    }
    return strcmp(name, "user") == 0 ? u->user : NULL;
}

static void store(void *arg, const char *name, const char *line, size_t len)
{
    struct user *u = arg;
    size_t used = strlen(u->stored);

    assert_int_equal(strlen(line), len);
    snprintf(u->stored + used, sizeof(u->stored) - used, "%s=%s;", name, line);
}

static const uint8_t *payload(void *arg, const char *name, size_t *len)
{
    (void)arg;
    *len = 5;
    return strcmp(name, "file") == 0 ? (const uint8_t *)"bytes" : NULL;
}

static void on_done(void *arg, const struct at_step *step, const struct at_reply *reply)
{
    struct user *u = arg;

    u->ends++;
    assert_false(at_script_running(&script));
    snprintf(u->said, sizeof(u->said), "%s: %s%s%s", step ? step->what : "nothing",
             at_result_name(reply->result), *reply->text ? " " : "", reply->text);
    if (u->run_next) {
        const struct at_step *next = u->run_next;
        u->run_next = NULL;
        assert_int_equal(at_script_run(&script, next), 0);
    }
}

static int set_up(void **state)
{
    static const struct at_script_user calls = {lookup, store, on_done, &user, payload};

    (void)state;
    at_rig_init(&rig);
    user = (struct user){.apn = "internet"};
    at_script_init(&script, rig.sched, rig.channel, &calls);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    at_script_stop(&script);
    at_rig_free(&rig);
    return 0;
}

static void play(const char *text)
{
    struct fake_modem *modem = fake_modem_create(rig.fake, "script", text);

    fake_modem_play(modem, 600000);
    fake_modem_destroy(modem);
}

/* ---- tables ---- */

static const char *const gsn_lines[] = {"%d", NULL};
static const struct at_expect expect_gsn = {.end = AT_END_OK, .lines = gsn_lines};
static const struct at_expect expect_boot = {.end = AT_END_OK, .deadline_ms = 1000};

static const struct at_step setup[] = {
    {.send = "ATE0", .what = "echo"},
    {.send = "AT+GSN", .expect = &expect_gsn, .store = "imei", .what = "identity"},
    {.send = "AT+CPIN=\"{pin}\"", .only_if = "pin", .what = "PIN"},
    {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"", .what = "APN"},
    {.send = "AT+CSTT=\"{apn}\",\"{user?}\",\"\"", .unless = "pin", .what = "login"},
    {.send = NULL},
};

static void a_table_is_run_from_top_to_bottom(void **state)
{
    (void)state;
    at_channel_set_echo(rig.channel, true);
    assert_int_equal(at_script_run(&script, setup), 0);
    assert_int_equal(at_script_run(&script, setup), -EALREADY);
    assert_true(at_script_running(&script));
    play("-- facts/modems-aithinker-m590-esp8266.md, 2.21\n"
         ">> ATE0\\r\n"
         "<< ATE0\\r\\r\\nOK\\r\\n\n"
         ">> AT+GSN\\r\n"
         "<< \\r\\n865267043512345\\r\\n\\r\\nOK\\r\\n      -- fifteen digits\n"
         ">> AT+CGDCONT=1,\"IP\",\"internet\"\\r\n"
         "-- advance 3000\n"
         "<< \\r\\n+CREG: 1\\r\\n\\r\\nOK\\r\\n\n"
         ">> AT+CSTT=\"internet\",\"\",\"\"\\r\n"
         "<< \\r\\nOK\\r\\n\n");
    assert_string_equal(user.said, "login: OK OK");
    assert_string_equal(user.stored, "imei=865267043512345;");
    assert_int_equal(user.ends, 1);
    at_rig_expect(&rig, "urc +CREG: 1\n");
}

static void variables_choose_the_steps(void **state)
{
    static const struct at_step steps[] = {
        {.send = "AT+CPIN=\"{pin}\"", .only_if = "pin", .what = "PIN"},
        {.send = "AT+B", .unless = "pin", .what = "b"},
        {.send = NULL},
    };

    (void)state;
    user.pin = "1234";
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+CPIN=\"1234\"\\r\n<< \\r\\nOK\\r\\n\n");
    assert_string_equal(user.said, "PIN: OK OK");
}

static void what_was_stored_can_be_used_further_down(void **state)
{
    static const struct at_step steps[] = {
        {.send = "AT+GSN", .expect = &expect_gsn, .store = "imei", .what = "identity"},
        {.send = "AT+SEEN={imei}", .what = "seen"},
        {.send = NULL},
    };

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+GSN\\r\n<< \\r\\n1\\r\\nOK\\r\\n\n>> AT+SEEN=seen\\r\n<< \\r\\nOK\\r\\n\n");
    assert_string_equal(user.said, "seen: OK OK");

    user.stored[0] = '\0';
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+GSN\\r\n<< \\r\\nOK\\r\\n\n");
    assert_string_equal(user.said, "seen: ERROR a value is missing or not sendable");
}

static void nothing_to_do_is_done_from_the_loop(void **state)
{
    static const struct at_step none[] = {{.send = NULL}};
    static const struct at_step skipped[] = {{.send = "AT+X", .only_if = "pin"}, {.send = NULL}};

    (void)state;
    assert_int_equal(at_script_run(&script, none), 0);
    assert_int_equal(user.ends, 0);
    sched_settle(rig.sched);
    assert_string_equal(user.said, "nothing: OK");
    assert_int_equal(at_script_run(&script, skipped), 0);
    sched_settle(rig.sched);
    assert_int_equal(user.ends, 2);
    fake_port_expect_silence(rig.fake);
}

/* ---- failures ---- */

static void a_failure_stops_the_table_unless_it_says_otherwise(void **state)
{
    static const struct at_step steps[] = {
        {.send = "AT+SHUT", .on_fail = AT_FAIL_GO_ON, .what = "shut"},
        {.send = "AT+ATT", .what = "attach"},
        {.send = "AT+NEVER", .what = "never"},
        {.send = NULL},
    };

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+SHUT\\r\n<< \\r\\n+CME ERROR:50\\r\\n\n>> AT+ATT\\r\n<< \\r\\n+CME ERROR:148\\r\\n\n");
    assert_string_equal(user.said, "attach: ERROR +CME ERROR:148");
}

static void going_on_at_the_end_is_a_success(void **state)
{
    static const struct at_step steps[] = {{.send = "AT+A", .on_fail = AT_FAIL_GO_ON, .what = "a"},
                                           {.send = NULL}};

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+A\\r\n<< \\r\\nERROR\\r\\n\n");
    assert_string_equal(user.said, "a: OK ERROR");
}

static void a_failure_can_finish_the_table(void **state)
{
    static const struct at_step steps[] = {{.send = "AT+A", .on_fail = AT_FAIL_FINISH, .what = "a"},
                                           {.send = "AT+B", .what = "b"},
                                           {.send = NULL}};

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+A\\r\n<< \\r\\nERROR\\r\\n\n");
    assert_string_equal(user.said, "a: OK ERROR");
}

static void a_step_is_tried_again_after_a_pause(void **state)
{
    static const struct at_step steps[] = {
        {.send = "AT+CGACT=1,1", .expect = &expect_boot, .tries = 3, .retry_ms = 5000, .what = "bearer"},
        {.send = NULL},
    };

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    play(">> AT+CGACT=1,1\\r\n<< \\r\\n+CME ERROR:148\\r\\n\n");
    sched_advance(rig.sched, 4900);
    assert_int_equal(user.ends, 0);
    play(">> AT+CGACT=1,1\\r\n" /* no answer: the channel finds back into step first */
         ">> AT\\r\n<< \\r\\nOK\\r\\n\n"
         ">> AT+CGACT=1,1\\r\n<< \\r\\n+CME ERROR:149\\r\\n\n");
    assert_string_equal(user.said, "bearer: ERROR +CME ERROR:149");
    assert_int_equal(user.ends, 1);
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
}

static void a_restart_or_a_stop_ends_any_table(void **state)
{
    static const struct at_step steps[] = {
        {.send = "AT+A", .tries = 9, .on_fail = AT_FAIL_GO_ON, .what = "a"},
        {.send = "AT+B"},
        {.send = NULL}};

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0);
    at_rig_hear(&rig, "AT+A\r\r\nOK\r\n");
    assert_string_equal(user.said, "a: modem restarted AT+A");
    assert_int_equal(at_script_run(&script, steps), 0);
    at_channel_stop(rig.channel);
    assert_int_equal(user.ends, 1);
    sched_settle(rig.sched);
    assert_string_equal(user.said, "a: cancelled");
    assert_int_equal(at_script_run(&script, steps), -ENOTCONN);
    assert_int_equal(user.ends, 2);
}

static void a_stopped_script_is_silent_and_can_run_again(void **state)
{
    static const struct at_step steps[] = {{.send = "AT+A", .tries = 2, .retry_ms = 1000, .what = "a"},
                                           {.send = NULL}};

    (void)state;
    assert_int_equal(at_script_run(&script, steps), 0); /* while a command is in flight */
    at_script_stop(&script);
    at_script_stop(&script);
    assert_int_equal(at_script_run(&script, steps), 0); /* it waits for the channel now */
    play(">> AT+A\\r\n>> AT\\r\n<< \\r\\nOK\\r\\n\n>> AT+A\\r\n<< \\r\\nERROR\\r\\n\n");
    at_script_stop(&script); /* in the pause before the second try */
    sched_advance(rig.sched, 5000);
    fake_port_expect_silence(rig.fake);
    assert_int_equal(user.ends, 0);
}

static void the_next_table_can_be_run_from_the_end_of_one(void **state)
{
    static const struct at_step one[] = {{.send = "AT+A", .what = "a"}, {.send = NULL}};
    static const struct at_step two[] = {{.send = "AT+B", .what = "b"}, {.send = NULL}};

    (void)state;
    user.run_next = two;
    assert_int_equal(at_script_run(&script, one), 0);
    play(">> AT+A\\r\n<< \\r\\nOK\\r\\n\n>> AT+B\\r\n<< \\r\\nOK\\r\\n\n");
    assert_string_equal(user.said, "b: OK OK");
    assert_int_equal(user.ends, 2);
}

/* ---- templates ---- */

static void a_value_that_would_break_out_is_refused(void **state)
{
    static const char *const bad[] = {"a\"b", "a\\b", "a\rb", "a\nAT", "\x7f", "\x1b"};
    static const char *const good[] = {"", "internet", "a b", "$%&'()[]{}", "caf\xC3\xA9"};
    char out[AT_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        user.apn = bad[i];
        assert_int_equal(at_template_fill("\"{apn}\"", lookup, &user, out, sizeof(out)), -EINVAL);
        assert_string_equal(out, "");
        assert_int_equal(at_script_run(&script, setup), -EINVAL);
        assert_false(at_script_running(&script));
    }
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        user.apn = good[i];
        assert_int_equal(at_template_fill("<{apn}>", lookup, &user, out, sizeof(out)), 0);
        assert_memory_equal(out + 1, good[i], strlen(good[i]));
        assert_string_equal(out + 1 + strlen(good[i]), ">");
    }
}

static void templates_have_bounds(void **state)
{
    char out[8];

    (void)state;
    user.apn = "1234567";
    assert_int_equal(at_template_fill("{apn}", lookup, &user, out, sizeof(out)), 0);
    assert_string_equal(out, "1234567");
    assert_int_equal(at_template_fill("{apn}!", lookup, &user, out, sizeof(out)), -ENOSPC);
    assert_int_equal(at_template_fill("12345678", lookup, &user, out, sizeof(out)), -ENOSPC);
    assert_int_equal(at_template_fill("", lookup, &user, out, 0), -ENOSPC);
    assert_int_equal(at_template_fill("", NULL, NULL, out, sizeof(out)), 0);
    assert_int_equal(at_template_fill("{none}", lookup, &user, out, sizeof(out)), -ENOENT);
    assert_int_equal(at_template_fill("<{none?}>", lookup, &user, out, sizeof(out)), 0);
    assert_string_equal(out, "<>");
    assert_int_equal(at_template_fill("{apn", lookup, &user, out, sizeof(out)), -EINVAL);
    assert_int_equal(at_template_fill("{}", lookup, &user, out, sizeof(out)), -EINVAL);
    assert_int_equal(at_template_fill("{?}", lookup, &user, out, sizeof(out)), -EINVAL);
    assert_int_equal(
        at_template_fill("{a_name_that_is_much_longer_than_any_of_ours}", lookup, &user, out, sizeof(out)),
        -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_is_run_from_top_to_bottom),
        TEST(variables_choose_the_steps),
        TEST(what_was_stored_can_be_used_further_down),
        TEST(nothing_to_do_is_done_from_the_loop),
        TEST(a_failure_stops_the_table_unless_it_says_otherwise),
        TEST(going_on_at_the_end_is_a_success),
        TEST(a_failure_can_finish_the_table),
        TEST(a_step_is_tried_again_after_a_pause),
        TEST(a_restart_or_a_stop_ends_any_table),
        TEST(a_stopped_script_is_silent_and_can_run_again),
        TEST(the_next_table_can_be_run_from_the_end_of_one),
        TEST(a_value_that_would_break_out_is_refused),
        TEST(templates_have_bounds),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
