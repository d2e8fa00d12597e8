/* Commands that switch the modem's power: what they are given, and what becomes of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/io/power.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct bench {
    uv_loop_t loop;
    char dir[64];
    char script[96];
    char out[96];
    struct power_command_config config;
    struct power *power;
    unsigned done;
    int error;
    char why[128];
};

static const struct power_times usual;

static void on_done(void *arg, int error, const char *why)
{
    struct bench *bench = arg;

    bench->done++;
    bench->error = error;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    uv_loop_init(&bench->loop);
    snprintf(bench->dir, sizeof(bench->dir), "/tmp/blynkd-power-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->script, sizeof(bench->script), "%s/switch", bench->dir);
    snprintf(bench->out, sizeof(bench->out), "%s/out", bench->dir);
    bench->config.timeout_ms = 10000;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    power_command_destroy(bench->power);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&bench->loop), 0);
    unlink(bench->script);
    unlink(bench->out);
    assert_int_equal(rmdir(bench->dir), 0);
    free(bench);
    return 0;
}

/* `body` of a shell script that stands for the user's program; $O is a file. */
static void make(struct bench *bench, const char *body, const char *arguments)
{
    FILE *file = fopen(bench->script, "w");

    fprintf(file, "#!/bin/sh\nO=%s\n%s\n", bench->out, body);
    fclose(file);
    assert_int_equal(chmod(bench->script, 0755), 0);
    snprintf(bench->config.reset, sizeof(bench->config.reset), "%s %s", bench->script, arguments);
    snprintf(bench->config.cycle, sizeof(bench->config.cycle), "%s", bench->script);
    bench->power = power_command_create(&bench->loop, &bench->config);
    bench->power->on_done = on_done;
    bench->power->arg = bench;
}

static void run_to_end(struct bench *bench, enum power_action action)
{
    assert_int_equal(bench->power->ops->begin(bench->power, action, &usual), 0);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(bench->done, 1);
}

static void expect_out(struct bench *bench, const char *text)
{
    char content[512] = "";
    FILE *file = fopen(bench->out, "r");

    assert_non_null(file);
    content[fread(content, 1, sizeof(content) - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(content, text);
}

static void test_words_and_environment(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(setenv("BLYNKD_SECRET_CANARY", "x", 1), 0);
    make(bench, "for w in \"$@\"; do echo \"[$w]\"; done >$O; env | grep -c CANARY >>$O; true",
         "--line 4 $(id)");
    run_to_end(bench, POWER_PULSE);
    assert_int_equal(bench->error, 0);
    expect_out(bench, "[--line]\n[4]\n[$(id)]\n[reset]\n0\n"); /* no shell has seen it */
}

static void test_cycle(void **state)
{
    struct bench *bench = *state;

    make(bench, "echo $1 >$O", "");
    run_to_end(bench, POWER_CYCLE);
    expect_out(bench, "cycle\n");
}

static void test_failures_are_told(void **state)
{
    struct bench *bench = *state;

    make(bench, "exit 3", "");
    run_to_end(bench, POWER_PULSE);
    assert_int_equal(bench->error, -EIO);
    assert_string_equal(bench->why, "it ended with status 3");
}

static void test_too_long_is_killed_with_its_children(void **state)
{
    struct bench *bench = *state;

    bench->config.timeout_ms = 200;
    make(bench, "sleep 1000 & wait", "");
    run_to_end(bench, POWER_PULSE);
    assert_int_equal(bench->error, -EIO);
    assert_non_null(strstr(bench->why, "longer than"));
}

static void test_what_cannot_be_started(void **state)
{
    struct bench *bench = *state;

    make(bench, "", "");
    unlink(bench->script);
    assert_int_equal(bench->power->ops->begin(bench->power, POWER_PULSE, &usual), -ENOENT);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(bench->done, 0);
}

static void test_what_is_not_configured(void **state)
{
    struct bench *bench = *state;

    bench->power = power_command_create(&bench->loop, &bench->config);
    assert_false(bench->power->ops->can(bench->power, POWER_PULSE));
    assert_int_equal(bench->power->ops->begin(bench->power, POWER_CYCLE, &usual), -ENOTSUP);
}

static void test_cancel(void **state)
{
    struct bench *bench = *state;

    make(bench, "sleep 1000", "");
    assert_int_equal(bench->power->ops->begin(bench->power, POWER_PULSE, &usual), 0);
    assert_int_equal(bench->power->ops->begin(bench->power, POWER_PULSE, &usual), -EALREADY);
    bench->power->ops->cancel(bench->power);
    bench->power->ops->cancel(bench->power);
    uv_run(&bench->loop, UV_RUN_DEFAULT);
    assert_int_equal(bench->done, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_words_and_environment),
        TEST(test_cycle),
        TEST(test_failures_are_told),
        TEST(test_too_long_is_killed_with_its_children),
        TEST(test_what_cannot_be_started),
        TEST(test_what_is_not_configured),
        TEST(test_cancel),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
