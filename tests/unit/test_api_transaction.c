#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/resp.h"
#include "api/transaction.h"
#include "api_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXECABORT "-EXECABORT Transaction discarded because of previous errors.\r\n"

static void small(struct api_config *config)
{
    config->reply_max_bytes = 16384;
}

static int setup_small(void **state)
{
    return setup_with(state, small);
}

/* A field of this client's line as another one sees it: "multi=". */
static void field_of_first(struct fixture *f, int other, const char *name, char *value, size_t size)
{
    char text[2048];

    api_rig_send(f->rig, other, "CLIENT LIST ID 1\r\n");
    api_rig_read_bulk(f->rig, other, text, sizeof(text));
    const char *at = strstr(text, name);
    assert_non_null(at);
    at += strlen(name);
    snprintf(value, size, "%.*s", (int)strcspn(at, " "), at);
}

static void test_runs_in_order_and_answers_at_once(void **state)
{
    struct fixture *f = *state;

    ask(f, "MULTI", "+OK\r\n");
    ask(f, "SET V5 1", "+QUEUED\r\n");
    ask(f, "GET V5", "+QUEUED\r\n");
    ask(f, "MSET V6 a V7 b", "+QUEUED\r\n");
    ask(f, "MGET V5 V6 V8", "+QUEUED\r\n");
    ask(f, "BLYNK.META SET Name shed", "+QUEUED\r\n");
    ask(f, "EXEC", "*5\r\n+OK\r\n$1\r\n1\r\n+OK\r\n*3\r\n$1\r\n1\r\n$1\r\na\r\n$-1\r\n+OK\r\n");
    ask(f, "GET V7", "$1\r\nb\r\n"); /* it is over */
    ask(f, "MULTI\r\nEXEC", "+OK\r\n*0\r\n");
}

static void test_nothing_runs_before_exec(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);

    ask(f, "MULTI\r\nSET V5 1", "+OK\r\n+QUEUED\r\n");
    api_rig_ask(f->rig, other, "GET V5", "$-1\r\n");
    ask(f, "DISCARD\r\nGET V5", "+OK\r\n$-1\r\n");
    close(other);
}

/* Both clients' bytes wait in the server at the same time; the second one's GETs never see one without the other. */
static void test_nobody_comes_between(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);
    char line[128];

    for (int i = 0; i < 200; i++) {
        snprintf(line, sizeof(line), "MULTI\r\nSET V1 %d\r\nSET V2 %d\r\nEXEC\r\n", i + 1000, i + 1000);
        api_rig_send(f->rig, f->fd, line);
        api_rig_send(f->rig, other, "MULTI\r\nGET V1\r\nGET V2\r\nEXEC\r\n");
        char first[64];
        char second[64];
        api_rig_expect(f->rig, other, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n$4\r\n");
        api_rig_read_line(f->rig, other, first, sizeof(first));
        api_rig_expect(f->rig, other, "$4\r\n");
        api_rig_read_line(f->rig, other, second, sizeof(second));
        assert_string_equal(first, second);
        api_rig_expect(f->rig, f->fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n+OK\r\n+OK\r\n");
    }
    close(other);
}

static void test_errors_inside_do_not_stop_the_rest(void **state)
{
    struct fixture *f = *state;

    ask(f, "MULTI\r\nSET V1 1\r\nSET V300 1\r\nSET V2 2\r\nBLYNK.SYNC",
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    ask_error(f, "EXEC", "*4");
    api_rig_expect(f->rig, f->fd, "+OK\r\n");
    api_rig_expect_line(f->rig, f->fd, "-WRONGPIN 'V300'");
    api_rig_expect(f->rig, f->fd, "+OK\r\n");
    api_rig_expect_line(f->rig, f->fd, "-OFFLINE ");
    ask(f, "MGET V1 V2", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
}

static void test_what_is_refused_breaks_the_transaction(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[][2] = {
        {"NOSUCH 1", "-ERR unknown command 'NOSUCH'"},
        {"GET", "-ERR wrong number of arguments for 'get'"},
        {"BLYNK.FLUSH", "-ERR 'blynk.flush' is not allowed inside a transaction: it may have to wait"},
        {"BLYNK.TIME", "-ERR 'blynk.time' is not allowed inside a transaction: it may have to wait"},
        {"BLYNK.META GET Name", "-ERR 'blynk.meta' is not allowed inside a transaction: it may have to wait"},
        {"MODEM.AT AT", "-ERR 'modem.at' is not allowed inside a transaction: it may have to wait"},
        {"SUBSCRIBE V1", "-ERR 'subscribe' is not allowed inside a transaction: "},
        {"PSUBSCRIBE V*", "-ERR 'psubscribe' is not allowed inside a transaction: "},
        {"UNSUBSCRIBE", "-ERR 'unsubscribe' is not allowed inside a transaction: "},
        {"PUNSUBSCRIBE", "-ERR 'punsubscribe' is not allowed inside a transaction: "},
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ask(f, "MULTI\r\nSET V1 before", "+OK\r\n+QUEUED\r\n");
        ask_error(f, lines[i][0], lines[i][1]);
        ask(f, "SET V1 after\r\nEXEC", "+QUEUED\r\n" EXECABORT);
        ask(f, "GET V1", "$-1\r\n");
    }
    ask(f, "MULTI\r\nSET V1 1\r\nEXEC", "+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n"); /* the next one is whole again */
}

static void test_wrong_order(void **state)
{
    struct fixture *f = *state;

    ask(f, "EXEC", "-ERR EXEC without MULTI\r\n");
    ask(f, "DISCARD", "-ERR DISCARD without MULTI\r\n");
    ask(f, "UNWATCH", "+OK\r\n");
    ask(f, "MULTI\r\nMULTI", "+OK\r\n-ERR MULTI calls can not be nested\r\n");
    ask(f, "WATCH V1", "-ERR WATCH inside MULTI is not allowed\r\n");
    ask(f, "PING\r\nUNWATCH\r\nEXEC",
        "+QUEUED\r\n+QUEUED\r\n*2\r\n+PONG\r\n+OK\r\n"); /* not broken, as in Redis */
    ask_error(f, "MULTI x", "-ERR wrong number of arguments for 'multi'");
    ask(f, "EXEC", "-ERR EXEC without MULTI\r\n");
}

static void test_watch(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);

    ask(f, "WATCH V1 v2 V1\r\nMULTI\r\nSET V3 1\r\nEXEC", "+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n");
    ask(f, "WATCH V1 V2\r\nMULTI\r\nSET V3 2", "+OK\r\n+OK\r\n+QUEUED\r\n");
    api_rig_ask(f->rig, other, "SET V2 x", "+OK\r\n");
    ask(f, "EXEC\r\nGET V3", "*-1\r\n$1\r\n1\r\n");
    /* Written with the same value is written, as in Redis. */
    ask(f, "WATCH V2\r\nGET V2", "+OK\r\n$1\r\nx\r\n");
    api_rig_ask(f->rig, other, "SET V2 x", "+OK\r\n");
    ask(f, "WATCH V2\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n*-1\r\n"); /* the first WATCH counts */
    /* EXEC, DISCARD, UNWATCH and RESET forget the pins. */
    ask(f, "MULTI\r\nEXEC", "+OK\r\n*0\r\n");
    ask(f, "WATCH V1\r\nSET V1 1\r\nUNWATCH\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n+OK\r\n+OK\r\n*0\r\n");
    ask(f, "WATCH V1\r\nSET V1 1\r\nMULTI\r\nDISCARD\r\nMULTI\r\nEXEC",
        "+OK\r\n+OK\r\n+OK\r\n+OK\r\n+OK\r\n*0\r\n");
    ask(f, "WATCH V1\r\nSET V1 1\r\nRESET\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n+RESET\r\n+OK\r\n*0\r\n");
    ask_error(f, "WATCH V1 nopin", "-WRONGPIN 'nopin'");
    close(other);
}

static bool v9_is_known(void *arg)
{
    struct api_rig *rig = arg;
    pin_id pin;

    pin_parse("V9", 2, &pin);
    return pins_get(bridge_pins(rig->bridge), pin) != NULL;
}

static void test_watch_sees_what_blynk_writes(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    ask(f, "WATCH V9\r\nMULTI\r\nSET V9 mine", "+OK\r\n+OK\r\n+QUEUED\r\n");
    api_rig_cloud_sends(f->rig, BLYNK_HARDWARE, 7, "vw|9|theirs");
    api_rig_until(f->rig, v9_is_known, f->rig, "V9 from Blynk");
    ask(f, "EXEC\r\nGET V9", "*-1\r\n$6\r\ntheirs\r\n");
}

static void test_too_many_watched(void **state)
{
    struct fixture *f = *state;
    char line[1024] = "WATCH";

    for (int i = 0; i <= TRANSACTION_WATCHES_MAX; i++) {
        snprintf(line + strlen(line), sizeof(line) - strlen(line), " V%d", i);
    }
    ask_error(f, line, "-TOOBIG at most 64 pins");
    ask(f, "SET V1 1\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n*0\r\n"); /* all or none were watched */
    *strrchr(line, ' ') = '\0';
    ask(f, line, "+OK\r\n");
    ask(f, "SET V63 1\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n*-1\r\n");
}

static void test_resp3(void **state)
{
    struct fixture *f = *state;

    to_resp3(f);
    ask(f, "WATCH V1\r\nSET V1 1\r\nMULTI\r\nEXEC", "+OK\r\n+OK\r\n+OK\r\n_\r\n");
    /* A message about what the commands did never stands between their replies. */
    ask(f, "SUBSCRIBE link", ">3\r\n$9\r\nsubscribe\r\n$4\r\nlink\r\n:1\r\n");
    ask(f, "MULTI\r\nPING\r\nLINK UP\r\nGET V1", "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    ask(f, "EXEC", "*3\r\n+PONG\r\n+OK\r\n$1\r\n1\r\n>3\r\n$7\r\nmessage\r\n$4\r\nlink\r\n");
}

static void test_subscriber_in_resp2_has_none(void **state)
{
    struct fixture *f = *state;

    ask(f, "SUBSCRIBE V1", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV1\r\n:1\r\n");
    ask_error(f, "MULTI", "-ERR Can't execute 'multi'");
}

static void test_client_list_tells(void **state)
{
    struct fixture *f = *state;
    char value[64];

    ask(f, "PING", "+PONG\r\n"); /* it is client 1 */
    int other = api_rig_connect(f->rig);
    field_of_first(f, other, " multi=", value, sizeof(value));
    assert_string_equal(value, "-1");
    ask(f, "WATCH V1", "+OK\r\n");
    field_of_first(f, other, " multi=", value, sizeof(value));
    assert_string_equal(value, "-1");
    ask(f, "MULTI", "+OK\r\n");
    field_of_first(f, other, " multi=", value, sizeof(value));
    assert_string_equal(value, "0");
    field_of_first(f, other, " flags=", value, sizeof(value));
    assert_string_equal(value, "x");
    ask(f, "SET V1 1\r\nPING", "+QUEUED\r\n+QUEUED\r\n");
    field_of_first(f, other, " multi=", value, sizeof(value));
    assert_string_equal(value, "2");
    ask(f, "EXEC", "*2\r\n+OK\r\n+PONG\r\n");
    field_of_first(f, other, " multi=", value, sizeof(value));
    assert_string_equal(value, "-1");
    field_of_first(f, other, " multi-mem=", value, sizeof(value));
    assert_string_equal(value, "0"); /* given back */
    field_of_first(f, other, " cmd=", value, sizeof(value));
    assert_string_equal(value, "exec");
    close(other);
}

static void test_reset_and_quit_are_not_queued(void **state)
{
    struct fixture *f = *state;

    ask(f, "MULTI\r\nSET V1 1\r\nRESET\r\nGET V1", "+OK\r\n+QUEUED\r\n+RESET\r\n$-1\r\n");
    ask(f, "EXEC", "-ERR EXEC without MULTI\r\n");
    ask(f, "MULTI\r\nSET V1 1\r\nQUIT", "+OK\r\n+QUEUED\r\n+OK\r\n");
    api_rig_expect_end(f->rig, f->fd);
    int other = api_rig_connect(f->rig);
    api_rig_ask(f->rig, other, "GET V1", "$-1\r\n");
    close(other);
}

static bool nobody_is_there(void *arg)
{
    return api_server_stats(((struct api_rig *)arg)->server).clients == 0;
}

static void test_who_goes_has_written_nothing(void **state)
{
    struct fixture *f = *state;

    ask(f, "WATCH V2\r\nMULTI\r\nSET V1 1", "+OK\r\n+OK\r\n+QUEUED\r\n");
    close(f->fd);
    api_rig_until(f->rig, nobody_is_there, f->rig, "gone");
    f->fd = api_rig_connect(f->rig);
    ask(f, "GET V1", "$-1\r\n");
}

static void test_client_that_kills_itself_gets_all_replies(void **state)
{
    struct fixture *f = *state;

    ask(f, "MULTI\r\nCLIENT KILL ID 1\r\nPING\r\nEXEC\r\nPING",
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n+PONG\r\n");
    api_rig_expect_end(f->rig, f->fd);
}

/* MULTI and as many commands as may be queued. */
static void fill(struct fixture *f)
{
    char *text = malloc(TRANSACTION_COMMANDS_MAX * 8 + 1);

    for (int i = 0; i < TRANSACTION_COMMANDS_MAX; i++) {
        memcpy(text + i * 8, "ECHO x\r\n", 9);
    }
    ask(f, "MULTI", "+OK\r\n");
    api_rig_send(f->rig, f->fd, text);
    for (int i = 0; i < TRANSACTION_COMMANDS_MAX; i++) {
        api_rig_expect(f->rig, f->fd, "+QUEUED\r\n");
    }
    free(text);
}

static void test_too_many_commands(void **state)
{
    struct fixture *f = *state;

    fill(f);
    ask_error(f, "ECHO x", "-TOOBIG at most 1024 commands and 524288 bytes in one transaction");
    ask(f, "EXEC", EXECABORT);
    fill(f);
    ask(f, "EXEC", "*1024\r\n");
    for (int i = 0; i < TRANSACTION_COMMANDS_MAX; i++) {
        api_rig_expect(f->rig, f->fd, "$1\r\nx\r\n");
    }
}

static void test_too_many_bytes(void **state)
{
    struct fixture *f = *state;
    int other = api_rig_connect(f->rig);
    size_t bytes = 32 + 60000;
    char *text = malloc(bytes);
    char value[64];

    size_t head = (size_t)sprintf(text, "*2\r\n$4\r\nECHO\r\n$60000\r\n");
    memset(text + head, 'e', 60000);
    memcpy(text + head + 60000, "\r\n", 2);
    ask(f, "MULTI", "+OK\r\n");
    for (int i = 0; i < TRANSACTION_BYTES_MAX / 60000; i++) {
        api_rig_send_bytes(f->rig, f->fd, text, head + 60002);
        api_rig_expect(f->rig, f->fd, "+QUEUED\r\n");
    }
    field_of_first(f, other, " multi-mem=", value, sizeof(value));
    assert_in_range(strtoul(value, NULL, 10), TRANSACTION_BYTES_MAX / 60000 * 60000,
                    TRANSACTION_BYTES_MAX + 4096);
    api_rig_send_bytes(f->rig, f->fd, text, head + 60002);
    api_rig_expect_line(f->rig, f->fd, "-TOOBIG at most 1024 commands");
    field_of_first(f, other, " multi-mem=", value, sizeof(value));
    assert_in_range(strtoul(value, NULL, 10), 1, 4096); /* what will not run is not kept */
    ask(f, "PING\r\nEXEC\r\nPING", "+QUEUED\r\n" EXECABORT "+PONG\r\n");
    free(text);
    close(other);
}

/* Bytes of every kind survive the queue, in RESP and inline. */
static void test_words_are_bytes(void **state)
{
    struct fixture *f = *state;
    static const char request[] =
        "MULTI\r\n*3\r\n$3\r\nSET\r\n$2\r\nV1\r\n$6\r\n\r\n\0\xff*$\r\nSET V2 \"a\\x00\\r\\nb\"\r\n"
        "ECHO \"\"\r\nMGET V1 V2\r\nEXEC\r\n";
    static const char reply[] =
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n+OK\r\n+OK\r\n$0\r\n\r\n"
        "*2\r\n$6\r\n\r\n\0\xff*$\r\n$5\r\na\0\r\nb\r\n";

    api_rig_send_bytes(f->rig, f->fd, request, sizeof(request) - 1);
    api_rig_expect_bytes(f->rig, f->fd, reply, sizeof(reply) - 1);
}

/* 16 KiB of replies are the bound here: what has no room is told so, every write is done and told. */
static void test_replies_without_room(void **state)
{
    struct fixture *f = *state;
    char line[1024];
    int whole = 0;
    int without_room = 0;

    snprintf(line, sizeof(line), "SET V1 %0900d", 7);
    ask(f, line, "+OK\r\n");
    ask(f, "MULTI", "+OK\r\n");
    for (int i = 0; i < 40; i++) {
        ask(f, "GET V1", "+QUEUED\r\n");
        snprintf(line, sizeof(line), "SET V2 %d", i);
        ask(f, line, "+QUEUED\r\n");
    }
    ask(f, "EXEC", "*80\r\n");
    for (int i = 0; i < 40; i++) {
        api_rig_read_line(f->rig, f->fd, line, sizeof(line));
        if (line[0] == '$') {
            assert_string_equal(line, "$900");
            api_rig_read_line(f->rig, f->fd, line, sizeof(line));
            assert_int_equal(without_room, 0);
            whole++;
        } else {
            assert_ptr_equal(strstr(line, "-TOOBIG done, but the replies"), line);
            without_room++;
        }
        api_rig_expect(f->rig, f->fd, "+OK\r\n");
    }
    assert_true(whole > 5 && without_room > 5);
    ask(f, "GET V2", "$2\r\n39\r\n");
    assert_int_equal(api_server_stats(f->rig->server).slow, 0);
}

static void test_writes_reach_the_cloud_in_order(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    ask(f, "MULTI\r\nSET V1 a\r\nBLYNK.PROPERTY V1 color #ff0000\r\nSET V1 b\r\nEXEC",
        "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n+OK\r\n+OK\r\n");
    api_rig_cloud_gets(f->rig, "HARDWARE vw|1|a\nPROPERTY 1|color|#ff0000\nHARDWARE vw|1|b\n");
    ask(f, "BLYNK.FLUSH 9000", ":0\r\n"); /* knows of what the transaction wrote */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_runs_in_order_and_answers_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nothing_runs_before_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nobody_comes_between, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_inside_do_not_stop_the_rest, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_is_refused_breaks_the_transaction, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_sees_what_blynk_writes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_watched, setup, teardown),
        cmocka_unit_test_setup_teardown(test_resp3, setup, teardown),
        cmocka_unit_test_setup_teardown(test_subscriber_in_resp2_has_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_list_tells, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_and_quit_are_not_queued, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_goes_has_written_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_client_that_kills_itself_gets_all_replies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_commands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_too_many_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_words_are_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replies_without_room, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_writes_reach_the_cloud_in_order, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
