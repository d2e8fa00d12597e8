/* What top knows and where it puts it: the link's past, rates, pins, programs, screens of any size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/top_data.h"
#include "ctl/top_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOON INT64_C(1795262400000) /* 2026-11-21 12:00 UTC */

static struct top top;
static redisReader *reader;

static int setup(void **state)
{
    (void)state;
    memset(&top, 0, sizeof(top));
    top.facts.utf8 = true;
    reader = redisReaderCreate();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    redisReaderFree(reader);
    return 0;
}

static redisReply *answer(const char *encoded)
{
    void *reply = NULL;

    redisReaderFeed(reader, encoded, strlen(encoded));
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    return reply;
}

static void forget(struct top_answers *answers)
{
    for (int i = 0; i < TOP_QUESTIONS; i++) {
        freeReplyObject(answers->of[i]);
    }
}

static void look(const char *history, const char *link, int64_t now_ms)
{
    struct top_answers answers = {0};

    answers.of[TOP_HISTORY] = history ? answer(history) : NULL;
    answers.of[TOP_LINK] = link ? answer(link) : NULL;
    top_read(&top, &answers, now_ms, NOON + now_ms);
    forget(&answers);
}

static void the_past_of_the_link(void **state)
{
    static const char history[] =
        "*3\r\n$33\r\n2026-11-21T12:00:00.000Z MODEM: a\r\n$34\r\n"
        "2026-11-21T12:00:10.000Z ONLINE: b\r\n$32\r\n2026-11-21T12:00:51.000Z WAIT: c\r\n";
    char strip[16];

    (void)state;
    look(history, NULL, 0);
    look(history, NULL, 2000); /* the same changes once more */
    assert_int_equal(top.change_count, 3);
    top_timeline(&top, NOON - 10000, NOON + 90000, 10, strip);
    assert_string_equal(strip, " moooowwww");
    top_read_nothing(&top, "gone\033", NOON + 70000);
    top_read_nothing(&top, "gone", NOON + 75000);
    assert_int_equal(top.change_count, 4);
    assert_false(top.is_there);
    look(history, "*2\r\n$5\r\nstate\r\n$6\r\nONLINE\r\n", 81000); /* it was only not reached */
    top_timeline(&top, NOON - 10000, NOON + 90000, 10, strip);
    assert_string_equal(strip, " moooowwxo");
    top_timeline(&top, NOON, NOON + 1, 0, strip);
    assert_string_equal(strip, "");
    for (int i = 0; i < TOP_CHANGES_MAX * 2; i++) {
        top.is_there = true;
        top_read_nothing(&top, "again", NOON + 100000 + i);
    }
    assert_int_equal(top.change_count, TOP_CHANGES_MAX);
}

static void rates_are_of_the_last_minute(void **state)
{
    char link[128];

    (void)state;
    assert_true(top_rates(&top).bytes_up == 0);
    for (int i = 0; i <= 120; i++) {
        snprintf(link, sizeof(link), "*4\r\n$8\r\nbytes_up\r\n:%d\r\n$10\r\nbytes_down\r\n:%d\r\n",
                 i < 60 ? 0 : i * 100, i * 10);
        look(NULL, link, i * 1000);
    }
    struct top_rates rates = top_rates(&top);
    assert_int_equal((int)rates.bytes_up, 6000);
    assert_int_equal((int)rates.bytes_down, 600);
    look(NULL, "*2\r\n$8\r\nbytes_up\r\n:5\r\n", 121000); /* the daemon was started anew */
    assert_true(top_rates(&top).bytes_up == 0);
    for (int i = 0; i < 1000; i++) {
        look(NULL, "*2\r\n$8\r\nbytes_up\r\n:9223372036854775807\r\n", 122000 + i / 100);
    }
    assert_true(top.sample_count <= TOP_SAMPLES_MAX);
}

static void pins(void **state)
{
    static const char keys[] = "*3\r\n$2\r\nV5\r\n$3\r\nV10\r\n$2\r\nD1\r\n";
    struct top_answers answers = {0};
    size_t order[TOP_PINS_MAX];

    (void)state;
    answers.of[TOP_KEYS] = answer(keys);
    answers.of[TOP_VALUES] = answer("*3\r\n$2\r\n21\r\n$5\r\na\033\033bc\r\n$-1\r\n");
    top_read(&top, &answers, 1000, NOON);
    assert_int_equal(top.pin_count, 2); /* D1 has no value */
    assert_string_equal(top.pins[1].value, "a??bc");
    assert_int_equal(top.pins[0].changed_ms, 0); /* it had that value before we came */
    freeReplyObject(answers.of[TOP_VALUES]);
    answers.of[TOP_VALUES] = answer("*3\r\n$2\r\n21\r\n$1\r\nx\r\n$1\r\n1\r\n");
    top_read(&top, &answers, 2000, NOON);
    forget(&answers);
    assert_int_equal(top.pin_count, 3);
    top_sort_pins(&top, false, order);
    assert_string_equal(top.pins[order[0]].name, "V10");
    assert_string_equal(top.pins[order[1]].name, "D1");
    assert_false(top.pins[order[0]].is_from_blynk);
    top_read_message(&top, "V5", "3\0004", 3, 3000);
    top_sort_pins(&top, false, order);
    assert_string_equal(top.pins[order[0]].name, "V5");
    assert_string_equal(top.pins[order[0]].value, "3 4");
    assert_true(top.pins[order[0]].is_from_blynk);
    top_sort_pins(&top, true, order);
    assert_string_equal(top.pins[order[0]].name, "V5");
    assert_string_equal(top.pins[order[2]].name, "D1");
    top_read_message(&top, "link", "ONLINE: x", 9, 3000);
    top_read_message(&top, "V\033[2J", "1", 1, 3000);
    top_read_message(&top, "V1234567890", "1", 1, 3000);
    assert_int_equal(top.pin_count, 3);
    for (int i = 0; i < TOP_PINS_MAX + 100; i++) {
        char name[16];
        snprintf(name, sizeof(name), "V%d", i);
        top_read_message(&top, name, "1", 1, 4000);
    }
    assert_int_equal(top.pin_count, TOP_PINS_MAX);
}

static void programs(void **state)
{
    static const char list[] =
        "id=5 name=logger age=7 idle=3 psub=1 cmd=get pid=9 uid=1000 role=writer commands=12\n"
        "id=6 name=\033]0;x\007 uid=0 pid=77 commands=99999999999999999999999 role=\n"
        "id=7 uid=0 pid=42 name=\n"
        "nonsense == = uid\n\n x=";

    (void)state;
    top.own_pid = 42;
    top_read_clients(&top, list, sizeof(list) - 1);
    assert_int_equal(top.client_count, 2);
    assert_string_equal(top.clients[0].name, "logger");
    assert_int_equal(top.clients[0].commands, 12);
    assert_true(top.clients[0].is_subscribed);
    assert_string_equal(top.clients[1].name, "?]0;x?");
    assert_false(top.clients[1].is_subscribed);
    top_read_clients(&top, "", 0);
    assert_int_equal(top.client_count, 0);
}

static void an_old_daemon_without_history(void **state)
{
    struct top_answers answers = {0};

    (void)state;
    for (int i = 0; i < 3; i++) {
        memset(&answers, 0, sizeof(answers));
        answers.of[TOP_SIGNAL] = answer("-ERR unknown command 'HISTORY'\r\n");
        answers.of[TOP_KEYS] = answer("-ERR no\r\n");
        answers.of[TOP_MODEM] = answer("*2\r\n$10\r\nsignal_dbm\r\n:-80\r\n");
        top_read(&top, &answers, i * 1000, NOON + i * 1000);
        forget(&answers);
    }
    assert_int_equal(top.signal.count, 3);
    assert_true(top.signal.points[2].value == -80);
}

static void every_screen_has_a_layout(void **state)
{
    struct top_layout layout;

    (void)state;
    for (int rows = 0; rows < 200; rows++) {
        int end = 0;
        top_layout(&layout, rows, 80);
        for (int i = 0; i < TOP_PARTS; i++) {
            assert_int_equal(layout.parts[i].row, end);
            assert_true(layout.parts[i].rows >= 0);
            end += layout.parts[i].rows;
        }
        assert_true(end <= rows);
        assert_true(rows < 9 || end == rows);
    }
    top_layout(&layout, 24, 80);
    for (int i = 0; i < TOP_PARTS; i++) {
        assert_true(layout.parts[i].rows > 0);
    }
    assert_true(layout.is_wide && layout.parts[TOP_PART_PLOTS].rows >= 6);
    top_layout(&layout, 10, 40);
    assert_true(!layout.is_wide && layout.parts[TOP_PART_TABLES].rows >= 3 &&
                layout.parts[TOP_PART_PLOTS].rows == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_past_of_the_link, setup, teardown),
        cmocka_unit_test_setup_teardown(rates_are_of_the_last_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(pins, setup, teardown),
        cmocka_unit_test_setup_teardown(programs, setup, teardown),
        cmocka_unit_test_setup_teardown(an_old_daemon_without_history, setup, teardown),
        cmocka_unit_test_setup_teardown(every_screen_has_a_layout, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
