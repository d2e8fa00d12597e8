/* Whose turn it is: events, latest values, fresh writes, the greedy one's, the backlog; and small steps for a server
 * that hangs up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct sched *sched;
    struct pins *pins;
    struct outbox *outbox;
    struct outbox_config config;
    struct blynk_source source;
    struct blynk_session *session; /* gives message ids */
    struct buf out;
    uint64_t mark;
    unsigned woken;
    char text[20000];
};

static void on_added(void *arg)
{
    ((struct bench *)arg)->woken++;
}

static int setup(void **state)
{
    static const struct outbox_events events = {.on_added = on_added};
    static const struct blynk_session_events no_events;
    static const struct blynk_session_config session_config = {.burst = 10};
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->config = (struct outbox_config){.max_entries = 5000, .max_bytes = 100000};
    bench->sched = sched_create_virtual(1);
    bench->pins = pins_create(PIN_DELIVER_ALL);
    bench->outbox = outbox_create(bench->sched, bench->pins, &bench->config);
    outbox_set_events(bench->outbox, &events, bench);
    bench->source = outbox_source(bench->outbox);
    bench->session = blynk_session_create(bench->sched, &session_config, &bench->source, &no_events, NULL);
    buf_init(&bench->out, 200000);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    blynk_session_destroy(bench->session);
    outbox_destroy(bench->outbox);
    pins_destroy(bench->pins);
    sched_close(bench->sched);
    buf_free(&bench->out);
    free(bench);
    return 0;
}

static int put(struct bench *bench, const char *name, const char *value)
{
    struct outbox_write write = {.value = value, .len = strlen(value)};

    assert_int_equal(pin_parse(name, strlen(name), &write.pin), 0);
    return outbox_write(bench->outbox, &write, 0, NULL);
}

static void put_event(struct bench *bench, const char *code)
{
    assert_int_equal(outbox_message(bench->outbox, BLYNK_EVENT_LOG, code, strlen(code), NULL), 0);
}

/* "1 a|5 b|event": pin and value of each frame. */
static const char *fill(struct bench *bench, size_t messages)
{
    struct blynk_parser parser;
    struct blynk_frame frame;
    size_t at = 0;

    outbox_session_began(bench->outbox);
    bench->source.fill(bench->outbox, bench->session, &bench->out, 100000, messages, false, &bench->mark);
    const uint8_t *data = buf_bytes(&bench->out);
    size_t len = buf_len(&bench->out);
    blynk_parser_init(&parser);
    bench->text[0] = '\0';
    while (blynk_parser_next(&parser, &data, &len, &frame)) {
        size_t skip = frame.command == BLYNK_HARDWARE ? 3 : 0;
        at += (size_t)snprintf(bench->text + at, sizeof(bench->text) - at, "%s", at ? "|" : "");
        for (size_t i = skip; i < frame.body_len; i++) {
            bench->text[at++] = frame.body[i] ? (char)frame.body[i] : ' ';
        }
        bench->text[at] = '\0';
    }
    buf_clear(&bench->out);
    return bench->text;
}

static void confirm_all(struct bench *bench)
{
    bench->source.confirmed(bench->outbox, bench->mark);
}

static void go_online(struct bench *bench)
{
    assert_string_equal(fill(bench, 0), "");
}

static void test_order_of_the_lanes(void **state)
{
    struct bench *bench = *state;

    pins_set_delivery(bench->pins, 7, PIN_DELIVER_LATEST);
    put(bench, "V1", "old");
    assert_string_equal(fill(bench, 1), "1 old");
    outbox_rewind(bench->outbox);
    put(bench, "V2", "old");
    go_online(bench);
    put(bench, "V3", "fresh");
    put(bench, "V7", "latest");
    put_event(bench, "fire");
    assert_string_equal(fill(bench, 100), "fire|7 latest|3 fresh|1 old|2 old");
}

static void test_fresh_write_of_a_pin_with_a_backlog_waits_its_turn(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1", "old");
    put(bench, "V2", "old");
    go_online(bench);
    put(bench, "V1", "new");
    put(bench, "V3", "new");
    assert_string_equal(fill(bench, 100), "3 new|1 old|2 old|1 new");
    put(bench, "V1", "newer"); /* the older ones are sent but not confirmed: they may come back */
    put(bench, "V4", "new");
    assert_string_equal(fill(bench, 100), "4 new|1 newer");
    confirm_all(bench);
    put(bench, "V2", "x");
    put(bench, "V1", "y");
    assert_string_equal(fill(bench, 100), "2 x|1 y");
}

static void test_a_greedy_writer_does_not_starve_others(void **state)
{
    struct bench *bench = *state;
    char value[12];

    go_online(bench);
    outbox_set_writer(bench->outbox, 1);
    for (int i = 0; i < 200; i++) {
        snprintf(value, sizeof(value), "%d", i);
        put(bench, i < 100 ? "V1" : "V2", value);
    }
    outbox_set_writer(bench->outbox, 2);
    put(bench, "V9", "modest");
    const char *text = fill(bench, 80);
    const char *modest = strstr(text, "9 modest");
    assert_non_null(modest);
    unsigned before = 0;
    for (const char *bar = text; bar < modest; bar++) {
        before += *bar == '|';
    }
    assert_int_equal(before, 64);
    assert_non_null(strstr(text, "1 78"));
}

/* Only what waits counts: not what was sent, but what was sent and has to go again. */
static void test_share_is_of_what_waits(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    outbox_set_writer(bench->outbox, 1);
    for (int i = 0; i < 64; i++) {
        put(bench, "V1", "x");
    }
    fill(bench, 64);
    put(bench, "V2", "first");
    outbox_set_writer(bench->outbox, 2);
    put(bench, "V9", "modest");
    assert_string_equal(fill(bench, 2), "2 first|9 modest");
    bench->source.lost(bench->source.arg);
    outbox_set_writer(bench->outbox, 1);
    put(bench, "V3", "bulk");
    outbox_set_writer(bench->outbox, 2);
    put(bench, "V8", "other");
    fill(bench, 64);
    assert_string_equal(fill(bench, 1000), "2 first|9 modest|8 other|3 bulk");
}

static void test_backlog_takes_a_share_of_the_rate(void **state)
{
    struct bench *bench = *state;
    unsigned sent = 0;

    bench->config.backlog_per_s = 4;
    outbox_configure(bench->outbox, &bench->config);
    for (int i = 0; i < 400; i++) {
        put(bench, "V1", "x");
    }
    for (int second = 0; second < 50; second++) {
        for (int i = 0; i < 10; i++) {
            const char *text = fill(bench, 1);
            sent += text[0] != '\0';
        }
        confirm_all(bench);
        sched_advance(bench->sched, 1000);
    }
    assert_in_range(sent, 4 * 49, 4 * 50 + 10); /* and a burst at first */
    assert_true(bench->woken > 40);
    assert_false(bench->source.waiting(bench->outbox) && bench->config.backlog_per_s == 0);
    put(bench, "V2", "fresh"); /* never held up by it */
    assert_string_equal(fill(bench, 1), "2 fresh");
}

/* A server that closes after a few messages: what was confirmed is through, and the next step is smaller. */
static void test_small_steps_after_sessions_without_confirmation(void **state)
{
    struct bench *bench = *state;
    static const size_t steps[] = {512, 8, 4, 2, 1, 1};
    char value[12];

    for (int i = 0; i < 600; i++) {
        snprintf(value, sizeof(value), "%d", i);
        put(bench, "V1", value);
    }
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        fill(bench, 1000);
        assert_int_equal(outbox_info(bench->outbox).unconfirmed, steps[i]);
        assert_false(bench->source.waiting(bench->outbox));
        outbox_rewind(bench->outbox);
    }
    assert_string_equal(fill(bench, 1000), "1 0");
    confirm_all(bench);
    assert_string_equal(fill(bench, 1000), "1 1|1 2");
    confirm_all(bench);
    assert_string_equal(fill(bench, 1000), "1 3|1 4|1 5|1 6");
    outbox_rewind(bench->outbox); /* something was confirmed: no smaller */
    assert_string_equal(fill(bench, 1000), "1 3|1 4|1 5|1 6");
}

static void test_diet(void **state)
{
    struct bench *bench = *state;

    pins_set_delivery(bench->pins, 7, PIN_DELIVER_LATEST);
    go_online(bench);
    put(bench, "V1", "all");
    put(bench, "V7", "latest");
    put_event(bench, "fire");
    outbox_set_diet(bench->outbox, OUTBOX_EVENTS_ONLY);
    assert_string_equal(fill(bench, 100), "fire");
    assert_false(bench->source.waiting(bench->outbox));
    outbox_set_diet(bench->outbox, OUTBOX_LATEST_ONLY);
    assert_string_equal(fill(bench, 100), "7 latest");
    outbox_set_diet(bench->outbox, OUTBOX_ALL);
    assert_string_equal(fill(bench, 100), "1 all");
}

static void test_too_old_for_blynk(void **state)
{
    struct bench *bench = *state;

    bench->config.max_age_ms = 30 * UINT64_C(86400000);
    bench->config.stamp_after_ms = 10000;
    outbox_configure(bench->outbox, &bench->config);
    put(bench, "V1", "old");
    sched_advance(bench->sched, 86400000);
    put(bench, "V1", "younger");
    sched_advance(bench->sched, 29 * UINT64_C(86400000) + 1);
    const char *text = fill(bench, 100);
    assert_null(strstr(text, "old"));
    assert_non_null(strstr(text, "younger"));
    assert_int_equal(outbox_info(bench->outbox).expired, 1);
    assert_int_equal(outbox_info(bench->outbox).waiting, 0);
}

static void test_policy_oldest(void **state)
{
    struct bench *bench = *state;

    bench->config.max_entries = 3;
    outbox_configure(bench->outbox, &bench->config);
    put(bench, "V1", "a");
    put(bench, "V1", "b");
    put_event(bench, "fire");
    assert_int_equal(put(bench, "V1", "c"), -ENOSPC);
    assert_string_equal(outbox_full_why(bench->outbox), "memory is full");
    bench->config.policy = OUTBOX_DROP_OLDEST;
    outbox_configure(bench->outbox, &bench->config);
    assert_int_equal(put(bench, "V1", "c"), 0);
    assert_int_equal(outbox_info(bench->outbox).dropped, 1);
    assert_string_equal(fill(bench, 100), "fire|1 b|1 c");
    assert_int_equal(put(bench, "V1", "d"), -ENOSPC); /* what was sent is not dropped */
}

static void test_outstanding(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    put(bench, "V1", "a");
    put(bench, "V2", "b");
    put_event(bench, "fire");
    put(bench, "V3", "c");
    assert_int_equal(outbox_outstanding(bench->outbox, 2), 2);
    assert_int_equal(outbox_outstanding(bench->outbox, 99), 4);
    fill(bench, 2); /* the event and V1 */
    confirm_all(bench);
    assert_int_equal(outbox_info(bench->outbox).confirmed_sequence, 1);
    assert_int_equal(outbox_outstanding(bench->outbox, 1), 0);
    assert_int_equal(outbox_outstanding(bench->outbox, 3), 1);
    assert_int_equal(outbox_outstanding(bench->outbox, 4), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_order_of_the_lanes),
        TEST(test_fresh_write_of_a_pin_with_a_backlog_waits_its_turn),
        TEST(test_a_greedy_writer_does_not_starve_others),
        TEST(test_share_is_of_what_waits),
        TEST(test_backlog_takes_a_share_of_the_rate),
        TEST(test_small_steps_after_sessions_without_confirmation),
        TEST(test_diet),
        TEST(test_too_old_for_blynk),
        TEST(test_policy_oldest),
        TEST(test_outstanding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
