#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_set_and_get(void **state)
{
    struct fixture *f = *state;

    ask(f, "GET V5", "$-1\r\n");
    ask(f, "SET V5 23.4", "+OK\r\n");
    ask(f, "get v5", "$4\r\n23.4\r\n");
    ask(f, "*3\r\n$3\r\nsEt\r\n$2\r\nd3\r\n$1\r\n1", "+OK\r\n");
    ask(f, "MGET D3 V5 V6", "*3\r\n$1\r\n1\r\n$4\r\n23.4\r\n$-1\r\n");
    ask(f, "TYPE V5", "+string\r\n");
    ask(f, "TYPE V6", "+none\r\n");
    ask(f, "EXISTS V5 V6 v5", ":2\r\n");
    ask(f, "DBSIZE", ":2\r\n");
}

static void test_values_are_bytes(void **state)
{
    struct fixture *f = *state;
    static const char request[] = "*3\r\n$3\r\nSET\r\n$2\r\nV1\r\n$5\r\n\r\n\0\xff*\r\nGET V1\r\n";

    api_rig_send_bytes(f->rig, f->fd, request, sizeof(request) - 1);
    api_rig_expect_bytes(f->rig, f->fd, "+OK\r\n$5\r\n\r\n\0\xff*\r\n", 16);
}

static void test_several_values(void **state)
{
    struct fixture *f = *state;
    static const char both[] = "$3\r\n3\0004\r\n";

    ask(f, "BLYNK.WRITE V5 3 4", "+OK\r\n");
    api_rig_send(f->rig, f->fd, "GET V5\r\n");
    api_rig_expect_bytes(f->rig, f->fd, both, sizeof(both) - 1);
    ask(f, "SET V6 \"3\\x004\"", "+OK\r\n");
    api_rig_send(f->rig, f->fd, "GET V6\r\n");
    api_rig_expect_bytes(f->rig, f->fd, both, sizeof(both) - 1);
}

static void test_write_with_time(void **state)
{
    struct fixture *f = *state;

    ask(f, "BLYNK.WRITE V5 7 AT 1800000000000", "+OK\r\n");
    ask(f, "GET V5", "$1\r\n7\r\n");
    ask_error(f, "BLYNK.WRITE V5 7 AT 1800000000", "-ERR syntax error: AT wants the time in milliseconds");
    ask_error(f, "BLYNK.WRITE V5 7 AT noon", "-ERR syntax error: AT wants");
    /* With no value before it AT is a value. */
    ask(f, "BLYNK.WRITE V5 AT 7", "+OK\r\n");
    api_rig_send(f->rig, f->fd, "GET V5\r\n");
    api_rig_expect_bytes(f->rig, f->fd, "$4\r\nAT\0007\r\n", 10);
}

static void test_groups(void **state)
{
    struct fixture *f = *state;
    char line[OUTBOX_GROUP_MAX * 8 + 64] = "MSET";

    ask(f, "MSET V1 a V2 b", "+OK\r\n");
    ask(f, "MGET V1 V2", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    ask_error(f, "MSET V1 a V2", "-ERR wrong number of arguments for 'mset' command");
    ask_error(f, "MSET V1 x nopin b", "-WRONGPIN 'nopin'");
    ask(f, "GET V1", "$1\r\na\r\n");
    for (int i = 0; i <= OUTBOX_GROUP_MAX; i++) {
        strcat(line, " V1 1");
    }
    ask_error(f, line, "-TOOBIG 257 pins in one MSET");
}

static void test_wrong_pins(void **state)
{
    struct fixture *f = *state;
    static const char *const lines[] = {"GET V256",  "GET x5",   "GET V",        "SET V05 1",   "GET V-1",
                                        "MGET V1 q", "EXISTS 5", "BLYNK.SYNC V", "PUBLISH x 1", "TYPE link"};

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        ask_error(f, lines[i], "-WRONGPIN '");
    }
    ask_error(f, "BLYNK.PROPERTY D1 color red", "-WRONGPIN only virtual pins");
}

static void test_refused_values(void **state)
{
    struct fixture *f = *state;
    char *line = malloc(5000);

    ask_error(f, "SET V5 \"\"", "-ERR an empty value");
    ask_error(f, "SET V5 1 EX 10", "-ERR syntax error: SET takes a pin and one value");
    memcpy(line, "SET V5 ", 8);
    memset(line + 7, 'x', 4000);
    line[4007] = '\0';
    ask_error(f, line, "-TOOBIG ");
    memcpy(line, "BLYNK.WRITE V5 1 ", 17);
    ask_error(f, line, "-TOOBIG ");
    ask(f, "GET V5", "$-1\r\n");
    free(line);
}

static void test_keys_and_scan(void **state)
{
    struct fixture *f = *state;

    ask(f, "KEYS *", "*0\r\n");
    ask(f, "SCAN 0", "*2\r\n$1\r\n0\r\n*0\r\n");
    ask(f, "MSET V10 1 V2 1 D1 1 A0 1", "+OK\r\n");
    ask(f, "KEYS *", "*4\r\n$2\r\nV2\r\n$3\r\nV10\r\n$2\r\nD1\r\n$2\r\nA0\r\n");
    ask(f, "KEYS v*", "*2\r\n$2\r\nV2\r\n$3\r\nV10\r\n");
    ask(f, "SCAN 0 COUNT 2", "*2\r\n$2\r\n11\r\n*2\r\n$2\r\nV2\r\n$3\r\nV10\r\n");
    ask(f, "SCAN 11 COUNT 2", "*2\r\n$3\r\n513\r\n*2\r\n$2\r\nD1\r\n$2\r\nA0\r\n");
    ask(f, "SCAN 513", "*2\r\n$1\r\n0\r\n*0\r\n");
    ask(f, "SCAN 0 MATCH ?1 TYPE string", "*2\r\n$1\r\n0\r\n*1\r\n$2\r\nD1\r\n");
    ask(f, "SCAN 0 TYPE hash", "*2\r\n$1\r\n0\r\n*0\r\n");
    ask_error(f, "SCAN x", "-ERR invalid cursor");
    ask_error(f, "SCAN 0 COUNT", "-ERR syntax error");
    ask_error(f, "SCAN 0 COUNT 0", "-ERR value is not an integer");
    ask_error(f, "SCAN 0 LIMIT 5", "-ERR syntax error");
}

static void test_publish_is_a_write(void **state)
{
    struct fixture *f = *state;

    ask(f, "PUBLISH V5 42", ":1\r\n");
    ask(f, "GET V5", "$2\r\n42\r\n");
}

static void test_writes_reach_the_cloud_in_order(void **state)
{
    struct fixture *f = *state;

    ask(f, "SET V5 23.4", "+OK\r\n");
    api_rig_go_online(f->rig);
    api_rig_cloud_gets(f->rig, "HARDWARE vw|5|23.4\n");
    ask(f, "BLYNK.PROPERTY V5 color #ff0000", "+OK\r\n");
    ask(f, "BLYNK.EVENT hot \"very hot\"", "+OK\r\n");
    ask(f, "BLYNK.RESOLVE hot ALL", "+OK\r\n");
    ask(f, "BLYNK.META SET Name shed", "+OK\r\n");
    ask(f, "BLYNK.SYNC V5 V6", "+OK\r\n");
    api_rig_cloud_gets(f->rig, "PROPERTY 5|color|#ff0000\nEVENT_LOG hot|very hot\nEVENT_CLEAR hot|all\n"
                               "INTERNAL meta|set|Name|shed\n");
    api_rig_cloud_gets(f->rig, "HARDWARE_SYNC vr|5|6\n");
    ask(f, "BLYNK.FLUSH 9000", ":0\r\n");
}

static void test_flush_counts_what_is_not_confirmed(void **state)
{
    struct fixture *f = *state;

    ask(f, "BLYNK.FLUSH", ":0\r\n"); /* nothing written */
    ask(f, "SET V1 1", "+OK\r\n");
    ask(f, "SET V2 2", "+OK\r\n");
    /* Offline: the time runs out; the PING behind it waits for its turn. */
    ask(f, "BLYNK.FLUSH 20\r\nPING", ":2\r\n+PONG\r\n");
    ask_error(f, "BLYNK.FLUSH soon", "-ERR syntax error");
}

static void test_questions(void **state)
{
    struct fixture *f = *state;

    ask_error(f, "BLYNK.TIME", "-OFFLINE ");
    ask_error(f, "BLYNK.META GET Name", "-OFFLINE ");
    ask_error(f, "BLYNK.SYNC", "-OFFLINE ");
    api_rig_go_online(f->rig);
    api_rig_send(f->rig, f->fd, "BLYNK.TIME\r\nBLYNK.META GET Name\r\nPING\r\n");
    api_rig_expect(f->rig, f->fd, "*2\r\n$10\r\n1800000000\r\n");
    char zone[64];
    api_rig_read_bulk(f->rig, f->fd, zone, sizeof(zone));
    api_rig_expect(f->rig, f->fd, "$10\r\nGreenhouse\r\n+PONG\r\n");
    ask_error(f, "BLYNK.META GET \"\"", "-ERR a field's name");
    ask_error(f, "BLYNK.META DEL x", "-ERR syntax error");
}

static void test_outbox_full(void **state)
{
    struct fixture *f = *state;
    char line[64];

    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof(line), "SET V%d %d", i % 200, i);
        ask(f, line, "+OK\r\n");
    }
    ask_error(f, "SET V1 x", "-SPOOLFULL ");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_set_and_get, setup, teardown),
        cmocka_unit_test_setup_teardown(test_values_are_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_several_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_with_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_pins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_keys_and_scan, setup, teardown),
        cmocka_unit_test_setup_teardown(test_publish_is_a_write, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writes_reach_the_cloud_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_flush_counts_what_is_not_confirmed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_questions, setup, teardown),
        cmocka_unit_test_setup_teardown(test_outbox_full, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
