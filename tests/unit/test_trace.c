#include "at_rig.h"
#include "blynkd/at/trace.h"
#include "blynkd/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CANARY "kQ7vCanaryTokenkQ7vCanaryToken99"
#define PIN    "4711"

static struct sched *sched;
static struct trace *trace;
static struct buf seen;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    sched = sched_create_virtual(1);
    trace = trace_create(sched, 4096);
    assert_non_null(trace);
    buf_init(&seen, 1 << 20);
    assert_int_equal(secret_add(CANARY), 0);
    assert_int_equal(secret_add(PIN), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_forget_all();
    trace_destroy(trace);
    sched_close(sched);
    buf_free(&seen);
    return 0;
}

static void see(void *arg, const char *line)
{
    (void)arg;
    assert_int_equal(buf_printf(&seen, "%s\n", line), 0);
}

static const char *seen_text(void)
{
    assert_int_equal(buf_append(&seen, "", 1), 0);
    return (const char *)buf_bytes(&seen);
}

static void expect_seen(const char *lines)
{
    assert_string_equal(seen_text(), lines);
    buf_clear(&seen);
}

static void say(enum trace_direction direction, const char *text, bool end)
{
    trace_bytes(trace, direction, text, strlen(text), end);
}

/* ---- how it looks ---- */

/* Virtual wall time begins at 1,800,000,000 s: 2027-01-15 08:00:00 UTC. */
static void a_run_is_a_line_with_time_and_direction(void **state)
{
    (void)state;
    say(TRACE_TO_MODEM, "AT+CSQ", true);
    sched_advance(sched, 1234);
    say(TRACE_FROM_MODEM, "+CSQ: 23,99", true);
    trace_note(trace, "no answer in %d ms", 5000);
    trace_each(trace, see, NULL);
    expect_seen("08:00:00.000 > AT+CSQ\n08:00:01.234 < +CSQ: 23,99\n08:00:01.234 -- no answer in 5000 ms\n");
}

static void bytes_are_escaped(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x1D, '\r', '\n', '\\', 0x7F, 0xC8, 'A', ' ', '~', 0x1B};

    (void)state;
    trace_bytes(trace, TRACE_TO_MODEM, bytes, sizeof(bytes), true);
    trace_each(trace, see, NULL);
    expect_seen("08:00:00.000 > \\x00\\x1d\\r\\n\\\\\\x7f\\xc8A ~\\x1b\n");
}

static void live_output_comes_with_the_end_of_a_run(void **state)
{
    (void)state;
    trace_set_output(trace, see, NULL);
    say(TRACE_FROM_MODEM, "+CIPRCV:0,4,", false);
    say(TRACE_FROM_MODEM, "ab", false);
    expect_seen("");
    say(TRACE_FROM_MODEM, "cd", true);
    expect_seen("08:00:00.000 < +CIPRCV:0,4,abcd\n");
    say(TRACE_FROM_MODEM, "half", false);
    say(TRACE_TO_MODEM, "AT", true);
    expect_seen("08:00:00.000 < half\n08:00:00.000 > AT\n");
    say(TRACE_FROM_MODEM, "more", false);
    trace_flush(trace);
    trace_flush(trace);
    expect_seen("08:00:00.000 < more\n");
    trace_set_output(trace, NULL, NULL);
    say(TRACE_TO_MODEM, "ATI", true);
    say(TRACE_TO_MODEM, "", true);
    expect_seen("");
}

static void a_long_run_is_cut_and_says_so(void **state)
{
    char bytes[1500];

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    trace_set_output(trace, see, NULL);
    trace_bytes(trace, TRACE_TO_MODEM, bytes, sizeof(bytes), true);
    const char *text = seen_text();
    assert_non_null(strstr(text, "xxx (and 476 bytes)\n"));
}

/* ---- the ring ---- */

static void the_ring_keeps_the_last_lines(void **state)
{
    char line[64];

    (void)state;
    for (int i = 0; i < 10000; i++) {
        snprintf(line, sizeof(line), "AT+NUMBER=%d%.*s", i, i % 23, "abcdefghijklmnopqrstuvw");
        say(TRACE_TO_MODEM, line, true);
    }
    trace_each(trace, see, NULL);
    size_t len = buf_len(&seen);
    assert_true(len > 1000 && len < 4096);
    const char *text = seen_text();
    assert_null(strstr(text, "=9000"));
    unsigned lines = 0;
    for (const char *at = text; *at; at = strchr(at, '\n') + 1) {
        lines++;
    }
    snprintf(line, sizeof(line), "08:00:00.000 > AT+NUMBER=%u", 10000 - lines);
    assert_memory_equal(text, line, strlen(line));
    assert_non_null(strstr(text, "=9999"));
}

static void a_ring_that_is_too_small_keeps_nothing(void **state)
{
    struct trace *tiny = trace_create(sched, 0);

    (void)state;
    assert_non_null(tiny);
    trace_bytes(tiny, TRACE_TO_MODEM, "AT", 2, true);
    trace_note(tiny, "note");
    trace_each(tiny, see, NULL);
    expect_seen("");
    trace_destroy(tiny);
}

static void without_a_trace_nothing_happens(void **state)
{
    (void)state;
    trace_bytes(NULL, TRACE_TO_MODEM, "AT", 2, true);
    trace_note(NULL, "note");
    trace_flush(NULL);
    trace_destroy(NULL);
}

/* ---- secrets ---- */

/* Not the secret, nor enough of it to be worth anything. */
static void expect_no_secret(void)
{
    const char *text = seen_text();

    assert_non_null(strstr(text, SECRET_MASK));
    for (size_t i = 0; i + 4 <= strlen(CANARY); i++) {
        char part[5];
        snprintf(part, sizeof(part), "%.4s", &CANARY[i]);
        if (strstr(text, part)) {
            fail_msg("the trace shows %s: %s", part, text);
        }
    }
    assert_null(strstr(text, PIN));
    buf_clear(&seen);
}

static void secrets_in_one_piece_are_masked(void **state)
{
    (void)state;
    trace_set_output(trace, see, NULL);
    say(TRACE_TO_MODEM, "AT+CPIN=\"" PIN "\"", true);
    expect_seen("08:00:00.000 > AT+CPIN=\"****\"\n");
    trace_note(trace, "login with %s", CANARY);
    expect_seen("08:00:00.000 -- login with ****\n");
    say(TRACE_FROM_MODEM, "865" PIN "12345", true); /* in the middle of a number it is none */
    expect_seen("08:00:00.000 < 865" PIN "12345\n");
}

/* The beginning of a secret is held back only while more of the run can come. */
static void the_end_of_a_run_lets_go_what_was_held(void **state)
{
    char half[9];

    (void)state;
    trace_set_output(trace, see, NULL);
    snprintf(half, sizeof(half), "%.8s", CANARY);
    say(TRACE_FROM_MODEM, "OKk", true);
    say(TRACE_FROM_MODEM, "47", true);
    say(TRACE_FROM_MODEM, half, true);
    expect_seen("08:00:00.000 < OKk\n08:00:00.000 < 47\n08:00:00.000 < ****\n");
}

static void secrets_in_pieces_are_masked(void **state)
{
    static const char login[] = "\x1d\x01 " CANARY "\r\n";

    (void)state;
    for (size_t piece = 1; piece < sizeof(login); piece++) {
        trace_set_output(trace, see, NULL);
        for (size_t at = 0; at < sizeof(login) - 1; at += piece) {
            size_t left = sizeof(login) - 1 - at;
            trace_bytes(trace, TRACE_TO_MODEM, login + at, left < piece ? left : piece, left <= piece);
        }
        trace_each(trace, see, NULL);
        expect_no_secret();
    }
}

/* The modem's echo comes while we write something else: both directions are in the middle of the secret. */
static void secrets_that_interleave_are_masked(void **state)
{
    size_t len = strlen(CANARY);

    (void)state;
    trace_set_output(trace, see, NULL);
    for (size_t i = 0; i < len; i++) {
        trace_bytes(trace, TRACE_TO_MODEM, &CANARY[i], 1, i + 1 == len);
        trace_bytes(trace, TRACE_FROM_MODEM, &CANARY[i], 1, i + 1 == len);
        if (i == 7) {
            trace_note(trace, "a note between");
            trace_flush(trace);
        }
    }
    trace_each(trace, see, NULL);
    expect_no_secret();
}

static void the_cut_end_of_a_run_shows_no_half_of_a_secret(void **state)
{
    char bytes[1024 + sizeof(CANARY)];

    (void)state;
    trace_set_output(trace, see, NULL);
    for (size_t before = 1024 - sizeof(CANARY); before <= 1024; before++) {
        memset(bytes, '.', sizeof(bytes));
        memcpy(bytes + before, CANARY, strlen(CANARY));
        trace_bytes(trace, TRACE_TO_MODEM, bytes, before + strlen(CANARY), true);
        trace_note(trace, "%.*s", (int)sizeof(bytes), bytes);
    }
    expect_no_secret();
}

/* ---- what the channel puts into it ---- */

static void the_channel_writes_down_the_whole_conversation(void **state)
{
    static const struct at_announce announces[] = {{"+CIPRCV:%l,%n,"}, {NULL}};
    static const char payload[] = "\x1d\x00login " CANARY;
    struct at_rig rig;
    struct at_rig_request send;

    (void)state;
    at_rig_init(&rig);
    trace_set_output(rig.trace, see, NULL);
    at_channel_set_announces(rig.channel, announces);
    at_rig_send_payload(&rig, &send, "AT+CIPSEND=0,40", NULL, payload, sizeof(payload) - 1);
    fake_port_set_room(rig.fake, 20);
    at_rig_hear(&rig, "\r\n> ");
    fake_port_set_room(rig.fake, SIZE_MAX);
    at_rig_hear(&rig, "\r\nOK\r\n\r\n+CIPRCV:0,3,\x1d\x01\x02\r\n");
    at_rig_send(&rig, &send, "AT+CSQ", NULL);
    sched_advance(rig.sched, 5200);
    at_rig_hear(&rig, "\r\nOK\r\n");
    expect_seen("08:00:00.000 > AT+CIPSEND=0,40\n"
                "08:00:00.000 < >\n"
                "08:00:00.000 > \\x1d\\x00login ****\n"
                "08:00:00.000 < OK\n"
                "08:00:00.000 < +CIPRCV:0,3,\\x1d\\x01\\x02\n"
                "08:00:00.000 > AT+CSQ\n"
                "08:00:05.000 -- no answer in 5000 ms\n"
                "08:00:05.200 > AT\n"
                "08:00:05.200 < OK\n");
    at_rig_free(&rig);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_run_is_a_line_with_time_and_direction),
        TEST(bytes_are_escaped),
        TEST(live_output_comes_with_the_end_of_a_run),
        TEST(a_long_run_is_cut_and_says_so),
        TEST(the_ring_keeps_the_last_lines),
        TEST(a_ring_that_is_too_small_keeps_nothing),
        TEST(without_a_trace_nothing_happens),
        TEST(secrets_in_one_piece_are_masked),
        TEST(the_end_of_a_run_lets_go_what_was_held),
        TEST(secrets_in_pieces_are_masked),
        TEST(secrets_that_interleave_are_masked),
        TEST(the_cut_end_of_a_run_shows_no_half_of_a_secret),
        TEST(the_channel_writes_down_the_whole_conversation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
