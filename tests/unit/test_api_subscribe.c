#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void only_reading(struct api_config *config)
{
    config->rules[0] = (struct api_role_rule){.role = API_READER};
    snprintf(config->rules[0].name, sizeof(config->rules[0].name), "%u", (unsigned)geteuid());
    config->rule_count = 1;
}

static int setup_reader(void **state)
{
    return setup_with(state, only_reading);
}

static void test_writes_from_blynk_arrive(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    ask(f, "SUBSCRIBE v5 D2",
        "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n*3\r\n$9\r\nsubscribe\r\n$2\r\nD2\r\n:2\r\n");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 7, "vw|5|on");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 8, "vw|6|not for us");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 9, "dw|2|1");
    api_rig_expect(f->rig, f->fd, "*3\r\n$7\r\nmessage\r\n$2\r\nV5\r\n$2\r\non\r\n");
    api_rig_expect(f->rig, f->fd, "*3\r\n$7\r\nmessage\r\n$2\r\nD2\r\n$1\r\n1\r\n");
    int other = api_rig_connect(f->rig);
    api_rig_ask(f->rig, other, "MGET V5 D2", "*2\r\n$2\r\non\r\n$1\r\n1\r\n");
    close(other);
}

static void test_several_values_arrive_as_one(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    ask(f, "PSUBSCRIBE V*", "*3\r\n$10\r\npsubscribe\r\n$2\r\nV*\r\n:1\r\n");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 7, "vw|1|3|4");
    static const char message[] = "*4\r\n$8\r\npmessage\r\n$2\r\nV*\r\n$2\r\nV1\r\n$3\r\n3\0004\r\n";
    api_rig_expect_bytes(f->rig, f->fd, message, sizeof(message) - 1);
}

static void test_own_writes_are_not_echoed(void **state)
{
    struct fixture *f = *state;
    int writer = api_rig_connect(f->rig);

    ask(f, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    api_rig_ask(f->rig, writer, "SET V5 1", "+OK\r\n");
    ask(f, "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n"); /* and no message before it */
    close(writer);
}

static void test_resp2_is_restricted_while_subscribed(void **state)
{
    struct fixture *f = *state;

    ask(f, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    ask(f, "GET V5",
        "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed "
        "in this "
        "context\r\n");
    ask(f, "PING hi", "*2\r\n$4\r\npong\r\n$2\r\nhi\r\n");
    ask(f, "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$2\r\nV5\r\n:0\r\n");
    ask(f, "GET V5", "$-1\r\n");
    ask(f, "PSUBSCRIBE *", "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:1\r\n");
    ask(f, "RESET", "+RESET\r\n");
    ask(f, "GET V5", "$-1\r\n");
}

static void test_resp3_pushes_and_goes_on(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    to_resp3(f);
    ask(f, "SUBSCRIBE V5", ">3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    ask(f, "GET V9", "_\r\n");
    ask(f, "PING", "+PONG\r\n");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 7, "vw|5|x");
    api_rig_expect(f->rig, f->fd, ">3\r\n$7\r\nmessage\r\n$2\r\nV5\r\n$1\r\nx\r\n");
    ask(f, "UNSUBSCRIBE V5 V6",
        ">3\r\n$11\r\nunsubscribe\r\n$2\r\nV5\r\n:0\r\n>3\r\n$11\r\nunsubscribe\r\n$2\r\nV6\r\n:0\r\n");
    ask(f, "UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n");
}

static void test_unsubscribe_without_any(void **state)
{
    struct fixture *f = *state;

    ask(f, "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    ask(f, "PUNSUBSCRIBE", "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n");
    ask(f, "PUNSUBSCRIBE x", "*3\r\n$12\r\npunsubscribe\r\n$1\r\nx\r\n:0\r\n");
}

static void test_wrong_channel_subscribes_nothing(void **state)
{
    struct fixture *f = *state;

    ask_error(f, "SUBSCRIBE V5 nosuch", "-WRONGPIN 'nosuch' is no channel");
    ask(f, "GET V5", "$-1\r\n");
}

static void test_pubsub_introspection(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);

    api_rig_ask(f->rig, other, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    api_rig_ask(f->rig, other, "PSUBSCRIBE *", "*3\r\n$10\r\npsubscribe\r\n$1\r\n*\r\n:2\r\n");
    ask(f, "PUBSUB CHANNELS", "*1\r\n$2\r\nV5\r\n");
    ask(f, "PUBSUB CHANNELS D*", "*0\r\n");
    ask(f, "PUBSUB NUMSUB V5 link", "*4\r\n$2\r\nV5\r\n:1\r\n$4\r\nlink\r\n:0\r\n");
    ask(f, "PUBSUB NUMPAT", ":1\r\n");
    ask_error(f, "PUBSUB FROB", "-ERR unknown subcommand 'FROB'");
    close(other);
}

static void test_link_channel(void **state)
{
    struct fixture *f = *state;
    char line[512];

    ask(f, "SUBSCRIBE link", "*3\r\n$9\r\nsubscribe\r\n$4\r\nlink\r\n:1\r\n");
    api_rig_go_online(f->rig);
    api_rig_expect(f->rig, f->fd, "*3\r\n$7\r\nmessage\r\n$4\r\nlink\r\n");
    api_rig_read_bulk(f->rig, f->fd, line, sizeof(line));
    assert_true(strlen(line) > 3);
}

static void test_internal_channel(void **state)
{
    struct fixture *f = *state;
    char line[512];

    api_rig_go_online(f->rig);
    ask(f, "SUBSCRIBE internal", "*3\r\n$9\r\nsubscribe\r\n$8\r\ninternal\r\n:1\r\n");
    api_rig_cloud_sends(f->rig, BLYNK_INTERNAL, 9, "acon");
    api_rig_expect(f->rig, f->fd, "*3\r\n$7\r\nmessage\r\n$8\r\ninternal\r\n");
    api_rig_read_bulk(f->rig, f->fd, line, sizeof(line));
    assert_non_null(strstr(line, "acon"));
}

static void test_reader_may_not_write(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {
        "SET V5 1",         "MSET V5 1",          "PUBLISH V5 1",   "BLYNK.WRITE V5 1",
        "BLYNK.EVENT x",    "BLYNK.RESOLVE x",    "BLYNK.SYNC",     "BLYNK.PROPERTY V5 a b",
        "LINK UP",          "LINK RESTART",       "MODEM.AT AT",    "MODEM.TRACE",
        "CLIENT KILL ID 9", "BLYNK.META SET a b", "SUBSCRIBE trace"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ask_error(f, lines[i], "-NOPERM ");
    }
    assert_int_equal(api_server_stats(f->rig->server).denied, sizeof(lines) / sizeof(lines[0]));
    ask(f, "GET V5", "$-1\r\n");
    ask(f, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
}

static bool is_writer(void *arg)
{
    struct fixture *f = arg;
    char line[256];

    api_rig_send(f->rig, f->fd, "SET V5 1\r\n");
    api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    return strcmp(line, "+OK") == 0;
}

static void test_new_rules_reach_connected_clients(void **state)
{
    struct fixture *f = *state;
    struct api_config config = f->rig->config;

    ask_error(f, "SET V5 1", "-NOPERM ");
    config.rules[0].role = API_WRITER;
    assert_false(api_server_configure(f->rig->server, &config));
    api_rig_until(f->rig, is_writer, f, "the new role");
    ask_error(f, "LINK UP", "-NOPERM ");
}

static void test_lost_rights_end_the_trace(void **state)
{
    struct fixture *f = *state;
    struct api_config config = f->rig->config;

    ask(f, "SUBSCRIBE trace", "*3\r\n$9\r\nsubscribe\r\n$5\r\ntrace\r\n:1\r\n");
    only_reading(&config);
    assert_false(api_server_configure(f->rig->server, &config));
    /* Without a subscription left PING answers in its plain form again. */
    for (int i = 0; i < 1000; i++) {
        char line[64];
        api_rig_send(f->rig, f->fd, "PING\r\n");
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
        if (strcmp(line, "+PONG") == 0) {
            return;
        }
        api_rig_expect(f->rig, f->fd, "$4\r\npong\r\n$0\r\n\r\n");
    }
    fail_msg("still subscribed");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_writes_from_blynk_arrive, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_values_arrive_as_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_writes_are_not_echoed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resp2_is_restricted_while_subscribed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resp3_pushes_and_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unsubscribe_without_any, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_channel_subscribes_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pubsub_introspection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_internal_channel, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reader_may_not_write, setup_reader, teardown),
        cmocka_unit_test_setup_teardown(test_new_rules_reach_connected_clients, setup_reader, teardown),
        cmocka_unit_test_setup_teardown(test_lost_rights_end_the_trace, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
