#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/commands.h"
#include "api_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void test_ping_echo_select_time(void **state)
{
    struct fixture *f = *state;

    ask(f, "PING", "+PONG\r\n");
    ask(f, "PING \"a b\"", "$3\r\na b\r\n");
    ask_error(f, "PING 1 2", "-ERR wrong number of arguments for 'ping' command");
    ask(f, "ECHO hey", "$3\r\nhey\r\n");
    ask(f, "SELECT 0", "+OK\r\n");
    ask(f, "SELECT 1", "-ERR DB index is out of range\r\n");
    ask(f, "SELECT x", "-ERR value is not an integer or out of range\r\n");
    ask(f, "TIME", "*2\r\n$10\r\n");
}

static void test_unknown_command_as_redis_says_it(void **state)
{
    struct fixture *f = *state;

    ask(f, "Frob a \"b c\"", "-ERR unknown command 'Frob', with args beginning with: 'a' 'b c' \r\n");
    ask(f, "frob", "-ERR unknown command 'frob', with args beginning with: \r\n");
    ask(f, "*1\r\n$0\r\n", "-ERR unknown command '', with args beginning with: \r\n");
    ask_error(f, "*1\r\n$4\r\nGET\n", "-ERR unknown command 'GET ', with args beginning with: ");
}

static void test_hello(void **state)
{
    struct fixture *f = *state;

    ask(f, "HELLO",
        "*14\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n$5\r\nproto\r\n:2\r\n$"
        "2\r\nid\r\n:1\r\n"
        "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    ask(f, "HELLO 4", "-NOPROTO unsupported protocol version\r\n");
    ask(f, "HELLO three", "-ERR Protocol version is not an integer or out of range\r\n");
    ask(f, "HELLO 3 SETNAME \"a b\"",
        "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    ask(f, "GET V1", "$-1\r\n"); /* still RESP2 */
    ask(f, "HELLO 3 AUTH default x SETNAME me",
        "%7\r\n$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n$5\r\nproto\r\n:3\r\n$"
        "2\r\nid\r\n:1\r\n"
        "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n");
    ask(f, "CLIENT GETNAME", "$2\r\nme\r\n");
    ask(f, "GET V1", "_\r\n");
    ask(f, "HELLO 3 AUTH other x", "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    ask_error(f, "HELLO 3 FOO", "-ERR Syntax error in HELLO option 'FOO'");
}

static void test_auth(void **state)
{
    struct fixture *f = *state;

    ask_error(f, "AUTH secret", "-ERR AUTH <password> called without any password configured");
    ask(f, "AUTH default secret", "+OK\r\n");
    ask_error(f, "AUTH you secret", "-WRONGPASS ");
}

static void test_reset_and_quit(void **state)
{
    struct fixture *f = *state;

    api_rig_send(f->rig, f->fd, "HELLO 3\r\nCLIENT SETNAME x\r\nRESET\r\n");
    char line[128];
    do {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    } while (strcmp(line, "+RESET") != 0);
    ask(f, "CLIENT GETNAME", "$-1\r\n");
    api_rig_send(f->rig, f->fd, "QUIT\r\nPING\r\n");
    api_rig_expect(f->rig, f->fd, "+OK\r\n");
    api_rig_expect_end(f->rig, f->fd);
}

static void test_client_about_itself(void **state)
{
    struct fixture *f = *state;
    char text[1024];

    ask(f, "CLIENT ID", ":1\r\n");
    ask(f, "client setinfo LIB-NAME redis-py", "+OK\r\n");
    ask(f, "CLIENT SETINFO lib-ver 5.0.8", "+OK\r\n");
    ask_error(f, "CLIENT SETINFO lib-age 5", "-ERR Unrecognized option 'lib-age'");
    ask(f, "CLIENT SETNAME probe", "+OK\r\n");
    ask(f, "CLIENT NO-EVICT ON", "+OK\r\n");
    ask_error(f, "CLIENT MAINT_NOTIFICATIONS ON", "-ERR unknown subcommand 'MAINT_NOTIFICATIONS'");
    ask_error(f, "CLIENT ID 5", "-ERR wrong number of arguments for 'client|id' command");
    api_rig_send(f->rig, f->fd, "CLIENT INFO\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_non_null(strstr(text, "id=1 addr=/"));
    assert_non_null(strstr(text, " name=probe "));
    assert_non_null(strstr(text, " cmd=client "));
    assert_non_null(strstr(text, " resp=2 lib-name=redis-py lib-ver=5.0.8 "));
    assert_non_null(strstr(text, " role=admin commands=9\n"));
}

static void test_client_about_others(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);
    char text[4096];

    api_rig_ask(f->rig, other, "CLIENT SETNAME other", "+OK\r\n");
    api_rig_ask(f->rig, other, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    api_rig_send(f->rig, f->fd, "CLIENT LIST\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_non_null(strstr(text, "name=other "));
    assert_non_null(strstr(text, "flags=P db=0 sub=1 psub=0"));
    api_rig_send(f->rig, f->fd, "CLIENT LIST TYPE normal\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_null(strstr(text, "name=other "));
    api_rig_send(f->rig, f->fd, "CLIENT LIST ID 2\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_int_equal(strncmp(text, "id=2 ", 5), 0);
    ask(f, "CLIENT KILL ID 77", ":0\r\n");
    ask(f, "CLIENT KILL ID 2", ":1\r\n");
    api_rig_expect_end(f->rig, other);
    close(other);
    ask(f, "CLIENT KILL ID 1", ":1\r\n");
    api_rig_expect_end(f->rig, f->fd);
}

static void test_info(void **state)
{
    struct fixture *f = *state;
    char text[16384];

    api_rig_send(f->rig, f->fd, "INFO\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    static const char *const parts[] = {"# Server\r\nredis_version:7.2.0\r\nredis_mode:standalone\r\n",
                                        "\r\nloading:0\r\n",
                                        "\r\nrole:master\r\n",
                                        "\r\n\r\n# Clients\r\nconnected_clients:1\r\nmaxclients:256\r\n",
                                        "\r\n# Link\r\n",
                                        "\r\n# Modem\r\n",
                                        "\r\n# Blynk\r\n",
                                        "\r\n# Spool\r\n",
                                        "\r\n# Stats\r\ntotal_connections_received:1\r\n",
                                        "total_commands_processed:1\r\n"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!strstr(text, parts[i])) {
            fail_msg("not in INFO: %s\n%s", parts[i], text);
        }
    }
    api_rig_send(f->rig, f->fd, "INFO server clients\r\n");
    api_rig_read_bulk(f->rig, f->fd, text, sizeof(text));
    assert_null(strstr(text, "# Stats"));
    assert_non_null(strstr(text, "# Clients"));
    ask(f, "INFO nosuch", "$0\r\n\r\n");
    to_resp3(f);
    ask(f, "INFO persistence", "=30\r\ntxt:# Persistence\r\nloading:0\r\n\r\n");
}

static void test_link_and_modem(void **state)
{
    struct fixture *f = *state;
    char line[256];

    api_rig_send(f->rig, f->fd, "LINK\r\n");
    api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    assert_int_equal(line[0], '*');
    long elements = strtol(line + 1, NULL, 10);
    assert_true(elements > 0 && elements % 2 == 0);
    for (long i = 0; i < elements; i++) {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
        if (line[0] == '$') {
            api_rig_read_line(f->rig, f->fd, line, sizeof(line));
        } else {
            assert_int_equal(line[0], ':');
        }
    }
    ask(f, "PING", "+PONG\r\n"); /* the count was right */
    ask(f, "LINK UP", "+OK\r\n");
    ask(f, "LINK DOWN", "+OK\r\n");
    ask_error(f, "LINK SIDEWAYS", "-ERR syntax error");
    ask_error(f, "MODEM.AT \"AT+CPIN=1234\"", "-NOPERM this could lock the SIM card");
    ask_error(f, "MODEM.AT \"at + cpin = 1234\"", "-NOPERM this could lock the SIM card");
    ask_error(f, "MODEM.AT \"AT\\rATD112;\"", "-ERR a command is one line");
    ask_error(f, "MODEM.AT AT x", "-ERR syntax error");
    ask_error(f, "MODEM.AT AT+CIPSHUT",
              "-NOPERM this command is not sent to the modem: it is how the daemon");
    ask_error(f, "MODEM.AT hello", "-NOPERM this command is not sent to the modem: a command begins with AT");
}

static void test_history(void **state)
{
    struct fixture *f = *state;

    ask(f, "HISTORY", "*0\r\n");
    ask(f, "HISTORY V5", "*0\r\n");
    ask(f, "SET V5 21.5", "+OK\r\n");
    ask(f, "SET V5 -3", "+OK\r\n");
    ask(f, "HISTORY", "*1\r\n$2\r\nV5\r\n");
    ask_error(f, "HISTORY V5 9", "*2");
    for (size_t i = 0; i < 2; i++) {
        static const char *const lengths[] = {"$4", "$2"}, *const values[] = {"21.5", "-3"};
        api_rig_expect_line(f->rig, f->fd, "*2");
        api_rig_expect_line(f->rig, f->fd, ":1");
        api_rig_expect_line(f->rig, f->fd, lengths[i]);
        api_rig_expect_line(f->rig, f->fd, values[i]);
    }
    ask_error(f, "HISTORY v5 1", "*1");
    api_rig_expect_line(f->rig, f->fd, "*2");
    api_rig_expect_line(f->rig, f->fd, ":1");
    api_rig_expect_line(f->rig, f->fd, "$2");
    api_rig_expect_line(f->rig, f->fd, "-3");
    ask_error(f, "HISTORY nosuch", "-WRONGPIN 'nosuch' is no series");
    ask_error(f, "HISTORY V5 0", "-ERR syntax error: HISTORY [series] [count]");
    ask_error(f, "HISTORY V5 1 2", "-ERR syntax error");
}

static void test_config_get(void **state)
{
    struct fixture *f = *state;

    ask(f, "CONFIG GET save", "*2\r\n$4\r\nsave\r\n$0\r\n\r\n");
    ask(f, "CONFIG GET max*", "*4\r\n$10\r\nmaxclients\r\n$3\r\n256\r\n$9\r\nmaxmemory\r\n$1\r\n0\r\n");
    ask(f, "CONFIG GET nosuch", "*0\r\n");
    ask_error(f, "CONFIG SET save x", "-ERR only CONFIG GET");
}

static void test_command_help(void **state)
{
    struct fixture *f = *state;
    char count[32];

    snprintf(count, sizeof(count), ":%zu\r\n", command_count);
    ask(f, "COMMAND COUNT", count);
    ask(f, "COMMAND INFO get nosuch",
        "*2\r\n*10\r\n$3\r\nget\r\n:2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:1\r\n:1\r\n*1\r\n+@read\r\n*"
        "0\r\n*0\r\n*0\r\n"
        "$-1\r\n");
    ask(f, "COMMAND LIST FILTERBY PATTERN *scan", "*1\r\n$4\r\nscan\r\n");
    ask(f, "COMMAND DOCS set nosuch",
        "*2\r\n$3\r\nset\r\n*8\r\n$7\r\nsummary\r\n$26\r\nWrites a pin towards "
        "Blynk\r\n$5\r\nsince\r\n$5\r\n0.1.0\r\n"
        "$5\r\ngroup\r\n$6\r\nstring\r\n$9\r\narguments\r\n*2\r\n*4\r\n$4\r\nname\r\n$3\r\npin\r\n$"
        "4\r\ntype\r\n$6\r\n"
        "string\r\n*4\r\n$4\r\nname\r\n$5\r\nvalue\r\n$4\r\ntype\r\n$6\r\nstring\r\n");
    ask_error(f, "COMMAND FROB", "-ERR unknown subcommand 'FROB'");
    /* All of them, well formed: the PING behind must come out at the right place. */
    api_rig_send(f->rig, f->fd, "COMMAND DOCS\r\nCOMMAND\r\nECHO the-end\r\n");
    char line[1024];
    do {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
    } while (strcmp(line, "the-end") != 0);
}

static void test_index_finds_every_command(void **state)
{
    struct command_index index;
    char upper[64];

    (void)state;
    command_index_init(&index);
    for (size_t i = 0; i < command_count; i++) {
        size_t len = strlen(commands[i].name);
        for (size_t j = 0; j < len; j++) {
            char byte = commands[i].name[j];
            upper[j] = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
        }
        assert_ptr_equal(command_find(&index, upper, len), &commands[i]);
        assert_ptr_not_equal(command_find(&index, upper, len - 1), &commands[i]);
    }
    assert_null(command_find(&index, "ge\0", 3));
    assert_null(command_find(&index, "get\0", 4));
    assert_null(command_find(&index, "", 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ping_echo_select_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unknown_command_as_redis_says_it, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hello, setup, teardown),
        cmocka_unit_test_setup_teardown(test_auth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_and_quit, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_about_itself, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_about_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_info, setup, teardown),
        cmocka_unit_test_setup_teardown(test_link_and_modem, setup, teardown),
        cmocka_unit_test_setup_teardown(test_history, setup, teardown),
        cmocka_unit_test_setup_teardown(test_config_get, setup, teardown),
        cmocka_unit_test_setup_teardown(test_command_help, setup, teardown),
        cmocka_unit_test(test_index_finds_every_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
