/* The learned heartbeat: grows while silence is survived, falls back when it is not, and is remembered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "bridge/pace_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST_MS 300000

/* A network that forgets a connection after `limit_ms` of silence; returns how many connections it cost. */
static unsigned live_with(struct pace *pace, uint32_t limit_ms, unsigned pings)
{
    unsigned deaths = 0;

    while (pings--) {
        if (pace->now_ms < limit_ms) {
            pace_survived(pace, pace->now_ms);
        } else {
            pace_broke(pace, pace->now_ms);
            deaths++;
        }
        assert_in_range(pace->now_ms, PACE_SHORTEST_MS, LONGEST_MS);
    }
    return deaths;
}

static void test_grows_to_the_longest(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, LONGEST_MS);
    assert_int_equal(pace.now_ms, PACE_FIRST_MS);
    assert_int_equal(live_with(&pace, UINT32_MAX, 50), 0);
    assert_int_equal(pace.now_ms, LONGEST_MS);
    assert_int_equal(pace.proven_ms, LONGEST_MS);
}

static void test_finds_the_limit(void **state)
{
    (void)state;
    for (uint32_t limit_ms = 40000; limit_ms < LONGEST_MS; limit_ms += 7000) {
        struct pace pace;
        pace_begin(&pace, LONGEST_MS);
        unsigned deaths = live_with(&pace, limit_ms, 200);
        assert_true(pace.now_ms < limit_ms);
        assert_true(pace.now_ms >= limit_ms / 8 * 5);
        assert_in_range(deaths, 0, 8);
        assert_int_equal(live_with(&pace, limit_ms, 200), 0); /* settled: it costs no connection any more */
    }
}

static void test_one_death_is_a_coincidence(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, LONGEST_MS);
    live_with(&pace, UINT32_MAX, 50);
    assert_false(pace_broke(&pace, LONGEST_MS));
    assert_false(pace_survived(&pace, LONGEST_MS));
    assert_false(pace_broke(&pace, LONGEST_MS));
    assert_true(pace_broke(&pace, LONGEST_MS)); /* the second in a row is none */
    assert_int_equal(pace.now_ms, LONGEST_MS / 3 * 2);
    assert_int_equal(pace.broken_ms, LONGEST_MS);
}

static void test_busy_connection_teaches_nothing(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, LONGEST_MS);
    for (unsigned i = 0; i < 100; i++) {
        assert_false(pace_survived(&pace, 1000));
        assert_false(pace_broke(&pace, 80000));
    }
    assert_int_equal(pace.proven_ms, 0);
}

static void test_a_limit_is_forgotten_at_last(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, LONGEST_MS);
    live_with(&pace, 200000, 100);
    assert_true(pace.broken_ms != 0);
    live_with(&pace, UINT32_MAX, 6000); /* the network has changed */
    assert_int_equal(pace.now_ms, LONGEST_MS);
}

static void test_nothing_is_learned_if_not_wanted(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, 0);
    assert_int_equal(pace.now_ms, PACE_FIRST_MS);
    assert_false(pace_survived(&pace, PACE_FIRST_MS));
    assert_false(pace_broke(&pace, PACE_FIRST_MS));
}

static void test_recalls(void **state)
{
    struct pace pace;

    (void)state;
    pace_begin(&pace, LONGEST_MS);
    pace_recall(&pace, 200000, 240000);
    assert_int_equal(pace.now_ms, 200000);
    pace_begin(&pace, LONGEST_MS);
    pace_recall(&pace, 900000, 0); /* the configuration allows less now */
    assert_int_equal(pace.now_ms, LONGEST_MS);
    pace_begin(&pace, LONGEST_MS);
    pace_recall(&pace, 0, 45000);
    assert_int_equal(pace.now_ms, 30000);
    pace_begin(&pace, LONGEST_MS);
    pace_recall(&pace, 200000, 100000); /* nonsense */
    assert_int_equal(pace.now_ms, PACE_FIRST_MS);
}

/* ---- the book ---- */

static unsigned loads;

static void on_loaded(void *arg)
{
    (void)arg;
    loads++;
}

static void test_book_survives(void **state)
{
    char dir[] = "/tmp/blynkd-pace-XXXXXX";
    char path[64];
    struct sched *sched = sched_create_virtual(1);
    struct pace_book book;
    struct pace pace;

    (void)state;
    assert_non_null(mkdtemp(dir));
    pace_book_init(&book, sched, on_loaded, NULL);
    pace_book_open(&book, dir);
    sched_advance(sched, 10);
    assert_int_equal(loads, 1);
    pace_begin(&pace, LONGEST_MS);
    pace_recall(&pace, 200000, 240000);
    pace_book_note(&book, "Vodafone.de \r\n internet\xff", &pace);
    pace_recall(&pace, 100000, 0);
    pace_book_note(&book, "E-Plus web", &pace); /* while the first is being written */
    sched_advance(sched, 10);
    pace_book_close(&book);

    pace_book_init(&book, sched, on_loaded, NULL);
    pace_book_open(&book, dir);
    sched_advance(sched, 10);
    assert_int_equal(book.count, 2);
    const struct pace_network *network = pace_book_find(&book, "Vodafone.de \r\n internet\xff");
    assert_non_null(network);
    assert_int_equal(network->proven_ms, 200000);
    assert_int_equal(network->broken_ms, 240000);
    assert_non_null(pace_book_find(&book, "E-Plus web"));
    assert_null(pace_book_find(&book, "O2"));
    pace_book_close(&book);
    snprintf(path, sizeof(path), "%s/heartbeat", dir);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(dir), 0);
    sched_close(sched);
}

static void test_book_reads_anything(void **state)
{
    static const char text[] =
        "\n90000\nx y z\n99999999999 1 big\n120000 0 good\n120000 0\n1 2 \n-1 2 minus\n"
        "130000 140000 last";
    struct pace_book book;

    (void)state;
    pace_book_init(&book, NULL, on_loaded, NULL);
    pace_book_parse(&book, text, sizeof(text) - 1);
    assert_int_equal(book.count, 2);
    assert_int_equal(pace_book_find(&book, "good")->proven_ms, 120000);
    assert_int_equal(pace_book_find(&book, "last")->broken_ms, 140000);
}

static void test_book_keeps_the_last_used(void **state)
{
    struct pace_book book;
    struct pace pace;
    char name[16];

    (void)state;
    pace_book_init(&book, NULL, on_loaded, NULL);
    pace_begin(&pace, LONGEST_MS);
    for (unsigned i = 0; i < PACE_BOOK_MAX + 3; i++) {
        snprintf(name, sizeof(name), "net%u", i);
        pace_book_note(&book, name, &pace);
    }
    assert_int_equal(book.count, PACE_BOOK_MAX);
    assert_non_null(pace_book_find(&book, name));
    assert_null(pace_book_find(&book, "net2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_to_the_longest),
        cmocka_unit_test(test_finds_the_limit),
        cmocka_unit_test(test_one_death_is_a_coincidence),
        cmocka_unit_test(test_busy_connection_teaches_nothing),
        cmocka_unit_test(test_a_limit_is_forgotten_at_last),
        cmocka_unit_test(test_nothing_is_learned_if_not_wanted),
        cmocka_unit_test(test_recalls),
        cmocka_unit_test(test_book_survives),
        cmocka_unit_test(test_book_reads_anything),
        cmocka_unit_test(test_book_keeps_the_last_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
