/* The last outage out of the lines of LINK HISTORY. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/outage.h"

#include <string.h>

static struct outage outage;

static void find(const char *const *texts, bool is_full)
{
    static struct outage_line lines[OUTAGE_LINES_MAX];
    size_t count = 0;

    for (; texts[count]; count++) {
        assert_true(outage_parse(texts[count], &lines[count]));
    }
    outage_find(lines, count, is_full, &outage);
}

#define FIND(is_full, ...) find((const char *const[]){__VA_ARGS__, NULL}, is_full)

static void test_lines(void **state)
{
    struct outage_line line;

    (void)state;
    assert_true(outage_parse("1970-01-02T00:00:01.250Z WAIT: no answer: gone", &line));
    assert_int_equal(line.at_ms, 86401250);
    assert_string_equal(line.state, "WAIT");
    assert_string_equal(line.why, "no answer: gone");
    assert_false(outage_parse("", &line));
    assert_false(outage_parse("1970-01-02T00:00:01.250Z", &line));
    assert_false(outage_parse("1970-01-02 WAIT: x", &line));
    assert_false(outage_parse("1970-02-30T00:00:01.250Z WAIT: x", &line));
}

static void test_only_the_start(void **state)
{
    (void)state;
    FIND(false, "2026-01-01T00:00:00.000Z MODEM: started; bringing the data connection up",
         "2026-01-01T00:00:09.000Z ONLINE: logged in to x:80");
    assert_int_equal(outage.kind, OUTAGE_START);
    assert_int_equal(outage.back_at_ms - outage.lost_at_ms, 9000);
}

static void test_nothing_known(void **state)
{
    (void)state;
    outage_find(NULL, 0, false, &outage);
    assert_int_equal(outage.kind, OUTAGE_NONE);
    FIND(true, "2026-01-01T00:00:09.000Z ONLINE: the server takes all messages again");
    assert_int_equal(outage.kind, OUTAGE_NONE);
}

static void test_one_that_is_over(void **state)
{
    (void)state;
    FIND(false, "2026-01-01T00:00:00.000Z MODEM: started",
         "2026-01-01T00:00:01.000Z ONLINE: logged in to x:80", "2026-01-01T01:00:00.000Z ONLINE: a remark",
         "2026-01-01T01:00:01.000Z WAIT: no answer to a ping; connecting again in 1.0 s",
         "2026-01-01T01:00:02.000Z CONNECT: trying again; connecting to x:80",
         "2026-01-01T01:00:05.000Z WAIT: x:80 was not reached; it may be down; taking the data connection "
         "down and up "
         "in 2.0 s",
         "2026-01-01T01:00:05.500Z WAIT: the network dropped us",
         "2026-01-01T01:00:07.000Z MODEM: trying again; taking this step first: data connection down and up",
         "2026-01-01T01:00:08.000Z MODEM: registered", "2026-01-01T01:00:09.000Z CONNECT: connecting to x:80",
         "2026-01-01T01:00:10.000Z ONLINE: logged in to x:80", "2026-01-01T01:00:11.000Z ONLINE: a remark");
    assert_int_equal(outage.kind, OUTAGE_PAST);
    assert_false(outage.is_cut);
    assert_string_equal(outage.because, "no answer to a ping");
    assert_string_equal(outage.next, "connecting again in 1.0 s");
    assert_int_equal(outage.back_at_ms - outage.lost_at_ms, 9000);
    assert_string_equal(outage.back, "logged in to x:80");
    assert_int_equal(outage.try_count, 3);
    assert_string_equal(outage.tries[0].how, "trying again; connecting to x:80");
    assert_string_equal(outage.tries[0].why, "x:80 was not reached; it may be down");
    assert_string_equal(outage.tries[0].next, "taking the data connection down and up in 2.0 s");
    assert_int_equal(outage.tries[0].failed_at_ms - outage.tries[0].at_ms, 3000);
    assert_string_equal(outage.tries[1].how, ""); /* more was told while it waited */
    assert_string_equal(outage.tries[1].why, "the network dropped us");
    assert_string_equal(outage.tries[2].reached, "CONNECT");
    assert_int_equal(outage.tries[2].failed_at_ms, 0);
}

static void test_one_that_lasts(void **state)
{
    (void)state;
    FIND(true, "2026-01-01T01:00:02.000Z CONNECT: trying again; connecting to x:80",
         "2026-01-01T01:00:05.000Z WAIT: x:80 was not reached; trying again in 2.0 s");
    assert_int_equal(outage.kind, OUTAGE_NOW);
    assert_true(outage.is_cut);
    assert_string_equal(outage.because, ""); /* what the history does not hold is not made up */
    assert_int_equal(outage.try_count, 1);
    assert_int_equal(outage.back_at_ms, 0);
}

static void test_full_of_it(void **state)
{
    static struct outage_line lines[OUTAGE_LINES_MAX];

    (void)state;
    for (size_t i = 0; i < OUTAGE_LINES_MAX; i++) {
        assert_true(outage_parse("2026-01-01T01:00:05.000Z WAIT: no", &lines[i]));
    }
    outage_find(lines, OUTAGE_LINES_MAX, true, &outage);
    assert_int_equal(outage.kind, OUTAGE_NOW);
    assert_int_equal(outage.try_count, OUTAGE_LINES_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lines),          cmocka_unit_test(test_only_the_start),
        cmocka_unit_test(test_nothing_known),  cmocka_unit_test(test_one_that_is_over),
        cmocka_unit_test(test_one_that_lasts), cmocka_unit_test(test_full_of_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
