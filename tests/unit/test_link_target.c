/* Which server is tried and under which address, try by try: redirects with their lifetime, addresses that worked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"

#include "bridge/link_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOUR UINT64_C(3600000)
#define DAY  (24 * HOUR)

struct bench {
    struct sched *sched;
    struct link_config config;
    struct link_target target;
    char text[LINK_BOOK_BYTES]; /* what was kept last */
    size_t len;
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->sched = sched_create_virtual(1);
    bench->config = (struct link_config){.host = "blynk.cloud", .tls = true, .fallback_count = 2};
    snprintf(bench->config.fallback_addresses[0], 64, "198.51.100.1");
    snprintf(bench->config.fallback_addresses[1], 64, "198.51.100.2");
    link_target_init(&bench->target, bench->sched, &bench->config);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    sched_close(bench->sched);
    free(bench);
    return 0;
}

static void keep(struct bench *bench)
{
    link_target_write(&bench->target, bench->text, &bench->len);
}

/* Another process with what the one before kept. */
static void renew(struct bench *bench)
{
    keep(bench);
    link_target_init(&bench->target, bench->sched, &bench->config);
    link_target_read(&bench->target, bench->text, bench->len);
}

static void assert_first(struct bench *bench, const char *host)
{
    link_target_review(&bench->target);
    assert_true(link_target_begin(&bench->target, true));
    assert_string_equal(link_target_host(&bench->target), host);
}

static void assert_next(struct bench *bench, const char *host)
{
    assert_true(link_target_next(&bench->target, true, true));
    assert_string_equal(link_target_host(&bench->target), host);
    assert_string_equal(link_target_name(&bench->target), "blynk.cloud");
}

static void assert_no_more(struct bench *bench)
{
    assert_false(link_target_next(&bench->target, true, true));
    link_target_failed(&bench->target, true);
}

static void log_in(struct bench *bench, const char *host, const char *address)
{
    assert_first(bench, host);
    link_target_worked(&bench->target, address);
}

static void redirect_to_frankfurt(struct bench *bench)
{
    log_in(bench, "blynk.cloud", "");
    assert_int_equal(link_target_redirect(&bench->target, "fra1.blynk.cloud", 80), 0);
    assert_int_equal(link_target_port(&bench->target), 443); /* never from TLS to plain */
}

/* ---- redirects ---- */

static void test_a_redirect_holds_a_day(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    keep(bench);
    assert_true(bench->len > 0);
    log_in(bench, "fra1.blynk.cloud", "");
    sched_advance(bench->sched, DAY - 1);
    log_in(bench, "fra1.blynk.cloud", "");
    sched_advance(bench->sched, 1);
    assert_string_equal(link_target_host(&bench->target), "fra1.blynk.cloud"); /* while that session lasts */
    log_in(bench, "blynk.cloud", "");
    sched_advance(bench->sched, DAY);
    log_in(bench, "blynk.cloud", ""); /* it kept us: the redirect is over */
    keep(bench);
    assert_int_equal(bench->len, 0);
}

static void test_it_is_told_again(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    sched_advance(bench->sched, DAY);
    assert_first(bench, "blynk.cloud");
    assert_int_equal(link_target_redirect(&bench->target, "lon1.blynk.cloud", 443), 0);
    log_in(bench, "lon1.blynk.cloud", "");
    sched_advance(bench->sched, DAY - 1);
    assert_first(bench, "lon1.blynk.cloud");
}

/* An old redirect is better than a server that cannot be asked for a new one. */
static void test_it_holds_on_while_nobody_can_be_asked(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    sched_advance(bench->sched, DAY);
    assert_first(bench, "blynk.cloud");
    link_target_failed(&bench->target, true);
    log_in(bench, "fra1.blynk.cloud", "");
    sched_advance(bench->sched, HOUR);
    log_in(bench, "blynk.cloud", "");
}

static void test_two_failures_end_it(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    assert_first(bench, "fra1.blynk.cloud");
    link_target_failed(&bench->target, true);
    log_in(bench, "fra1.blynk.cloud", ""); /* in a row */
    link_target_failed(&bench->target, true);
    assert_first(bench, "fra1.blynk.cloud");
    link_target_failed(&bench->target, false); /* the encryption failed */
    log_in(bench, "blynk.cloud", "");
    renew(bench);
    assert_first(bench, "blynk.cloud");
}

static void test_it_outlives_the_process(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    sched_advance(bench->sched, DAY / 2);
    renew(bench);
    assert_first(bench, "fra1.blynk.cloud");
    assert_int_equal(link_target_port(&bench->target), 443);
    sched_advance(bench->sched, DAY / 2); /* its age counts on */
    assert_first(bench, "blynk.cloud");
    renew(bench);
    assert_first(bench, "blynk.cloud");
}

/* A machine without a clock wakes up in the past. */
static void test_a_clock_that_was_set_back(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    sched_set_wall(bench->sched, 1000);
    renew(bench);
    assert_first(bench, "fra1.blynk.cloud");
    sched_advance(bench->sched, DAY);
    assert_first(bench, "blynk.cloud");
}

static void test_another_configuration(void **state)
{
    struct bench *bench = *state;

    redirect_to_frankfurt(bench);
    snprintf(bench->config.host, sizeof(bench->config.host), "blynk.example");
    renew(bench);
    assert_first(bench, "blynk.example");
    snprintf(bench->config.host, sizeof(bench->config.host), "blynk.cloud");
    snprintf(bench->config.allowed_redirects[0], 128, ".example.com");
    bench->config.allowed_redirect_count = 1;
    link_target_init(&bench->target, bench->sched, &bench->config);
    log_in(bench, "blynk.cloud", "");
    assert_int_equal(link_target_redirect(&bench->target, "eu.example.com", 443), 0);
    assert_first(bench, "eu.example.com");
    keep(bench);
    bench->config.allowed_redirect_count = 0; /* a reload, or a restart */
    assert_first(bench, "blynk.cloud");
    link_target_init(&bench->target, bench->sched, &bench->config);
    link_target_read(&bench->target, bench->text, bench->len);
    assert_first(bench, "blynk.cloud");
}

static void test_five_hops(void **state)
{
    struct bench *bench = *state;
    char host[32];

    for (int i = 0; i < LINK_REDIRECTS_MAX; i++) {
        snprintf(host, sizeof(host), "s%d.blynk.cloud", i);
        assert_int_equal(link_target_redirect(&bench->target, host, 443), 0);
    }
    assert_int_equal(link_target_redirect(&bench->target, "s9.blynk.cloud", 443), -ELOOP);
    assert_first(bench, "blynk.cloud");
    assert_int_equal(link_target_redirect(&bench->target, "evil.example", 443), -EPERM);
    assert_int_equal(link_target_redirect(&bench->target, "blynk.cloud.evil.example", 443), -EPERM);
    assert_int_equal(link_target_redirect(&bench->target, "x\ny.blynk.cloud", 443), -EPERM);
}

/* ---- addresses ---- */

static void test_the_address_that_worked_comes_before_the_fallbacks(void **state)
{
    struct bench *bench = *state;

    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_first(bench, "blynk.cloud"); /* the name first, always */
    assert_int_equal(link_target_days(&bench->target), -1);
    assert_next(bench, "192.0.2.7");
    assert_int_equal(link_target_days(&bench->target), 0);
    assert_next(bench, "198.51.100.1");
    assert_int_equal(link_target_days(&bench->target), -1);
    assert_next(bench, "198.51.100.2");
    assert_no_more(bench);
    sched_advance(bench->sched, 29 * DAY);
    assert_first(bench, "blynk.cloud");
    assert_next(bench, "192.0.2.7");
    assert_int_equal(link_target_days(&bench->target), 29);
    sched_advance(bench->sched, DAY); /* by now somebody else may have it */
    assert_first(bench, "blynk.cloud");
    assert_next(bench, "198.51.100.1");
}

static void test_only_a_name_that_failed_is_replaced(void **state)
{
    struct bench *bench = *state;

    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_first(bench, "blynk.cloud");
    assert_false(link_target_next(&bench->target, false, true));
    snprintf(bench->config.host, sizeof(bench->config.host), "192.0.2.9");
    link_target_configure(&bench->target, true);
    log_in(bench, "192.0.2.9", "192.0.2.9");
    keep(bench);
    assert_null(strstr(bench->text, "192.0.2.9")); /* a number needs no memory */
}

/* Once the name was of no use, what works instead is tried first, until it fails. */
static void test_what_works_is_kept(void **state)
{
    struct bench *bench = *state;

    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_first(bench, "blynk.cloud");
    assert_next(bench, "192.0.2.7");
    link_target_worked(&bench->target, "192.0.2.7");
    assert_first(bench, "192.0.2.7");
    assert_next(bench, "blynk.cloud");
    link_target_worked(&bench->target, "192.0.2.8");
    assert_first(bench, "blynk.cloud");
    assert_next(bench, "192.0.2.8");
}

/* The number is somebody else's now: he must not stand in the way of the other addresses, round after round. */
static void test_a_stranger_is_passed_by(void **state)
{
    struct bench *bench = *state;
    static const char *const turns[] = {"192.0.2.7", "198.51.100.1", "198.51.100.2", "192.0.2.7"};

    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_first(bench, "blynk.cloud");
    assert_next(bench, "192.0.2.7");
    link_target_worked(&bench->target, "");
    assert_first(bench, "192.0.2.7");
    link_target_doubt(&bench->target);
    link_target_failed(&bench->target, false);
    for (size_t i = 1; i < 4; i++) {
        assert_first(bench, "blynk.cloud");
        assert_next(bench, turns[i]);
        link_target_doubt(&bench->target);
        link_target_failed(&bench->target, false);
    }
}

static void test_the_redirected_name_has_its_own_address(void **state)
{
    struct bench *bench = *state;

    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_int_equal(link_target_redirect(&bench->target, "fra1.blynk.cloud", 443), 0);
    log_in(bench, "fra1.blynk.cloud", "192.0.2.8");
    renew(bench);
    assert_first(bench, "fra1.blynk.cloud");
    assert_true(link_target_next(&bench->target, true, true));
    assert_string_equal(link_target_host(&bench->target), "192.0.2.8");
    assert_string_equal(link_target_name(&bench->target), "fra1.blynk.cloud");
    assert_false(link_target_next(&bench->target, true, true)); /* the fallbacks are the other one's */
}

static void test_a_modem_that_cannot_look_up(void **state)
{
    struct bench *bench = *state;

    log_in(bench, "blynk.cloud", "192.0.2.7"); /* through another one */
    renew(bench);
    assert_true(link_target_begin(&bench->target, false));
    assert_string_equal(link_target_host(&bench->target), "192.0.2.7");
}

/* ---- the text ---- */

static void test_flash_is_spared(void **state)
{
    struct bench *bench = *state;

    sched_set_wall(bench->sched, (int64_t)(20000 * DAY));
    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_true(link_target_write(&bench->target, bench->text, &bench->len));
    sched_advance(bench->sched, DAY - 1);
    log_in(bench, "blynk.cloud", "192.0.2.7");
    assert_false(link_target_write(&bench->target, bench->text, &bench->len));
    log_in(bench, "blynk.cloud", "192.0.2.8");
    assert_true(link_target_write(&bench->target, bench->text, &bench->len));
    sched_advance(bench->sched, 1);
    log_in(bench, "blynk.cloud", "192.0.2.8");
    assert_true(link_target_write(&bench->target, bench->text, &bench->len));
}

static void test_four_names(void **state)
{
    struct link_book book = {.count = 0};
    struct link_book copy = {.count = 0};
    char text[LINK_BOOK_BYTES];
    char name[256];

    (void)state;
    for (int i = 0; i < 6; i++) { /* the longest there can be */
        memset(name, 'a' + i, sizeof(name) - 1);
        name[255] = '\0';
        link_book_note(&book, name, "2001:db8:1111:2222:3333:4444:5555:6666", INT64_C(999999999999999));
    }
    memcpy(book.redirect.from, name, sizeof(name));
    memcpy(book.redirect.host, name, sizeof(name));
    book.redirect.port = 65535;
    size_t len = link_book_write(&book, text);
    assert_true(len < sizeof(text));
    link_book_read(&copy, text, len);
    assert_int_equal(copy.count, 4);
    assert_memory_equal(&copy, &book, sizeof(book));
    assert_null(link_book_find(&copy, "b", 0));
}

static void test_nonsense_is_skipped(void **state)
{
    static const char text[] = "address 5 a.example 192.0.2.1\n"
                               "\n"
                               "address x b.example 192.0.2.1\n"
                               "address 5 c.example\n"
                               "redirect 5 a.example b.example\n"
                               "something else\n"
                               "address 5 a.example 192.0.2.2\n"
                               "address 6 d.example 192.0.2.4";
    struct link_book book = {.count = 0};

    (void)state;
    link_book_read(&book, text, sizeof(text) - 1);
    assert_int_equal(book.count, 2);
    assert_string_equal(link_book_find(&book, "a.example", 5)->address, "192.0.2.1");
    assert_string_equal(link_book_find(&book, "d.example", 5)->address, "192.0.2.4");
    assert_string_equal(book.redirect.host, "");
    assert_false(link_book_note(&book, "e.example", "", 5));
    assert_false(link_book_note(&book, "", "192.0.2.1", 5));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_a_redirect_holds_a_day),
        TEST(test_it_is_told_again),
        TEST(test_it_holds_on_while_nobody_can_be_asked),
        TEST(test_two_failures_end_it),
        TEST(test_it_outlives_the_process),
        TEST(test_a_clock_that_was_set_back),
        TEST(test_another_configuration),
        TEST(test_five_hops),
        TEST(test_the_address_that_worked_comes_before_the_fallbacks),
        TEST(test_only_a_name_that_failed_is_replaced),
        TEST(test_what_works_is_kept),
        TEST(test_a_stranger_is_passed_by),
        TEST(test_the_redirected_name_has_its_own_address),
        TEST(test_a_modem_that_cannot_look_up),
        TEST(test_flash_is_spared),
        cmocka_unit_test(test_four_names),
        cmocka_unit_test(test_nonsense_is_skipped),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
