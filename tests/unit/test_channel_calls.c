/* What users do to a channel from inside its callbacks, and from outside at awkward moments. */
#include "at_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

static const char *const lines[] = {"+CSQ:%d,%d", NULL};
static const char *const done[] = {"CONNECT OK", NULL};
static const struct at_expect expect_lines = {.end = AT_END_OK, .lines = lines};
static const struct at_expect expect_both = {.end = AT_END_BOTH, .done = done};
static const struct at_expect expect_done = {.end = AT_END_DONE, .done = done};

static struct at_rig rig;
static struct at_rig_request first;
static struct at_rig_request second;

static int set_up(void **state)
{
    (void)state;
    at_rig_init_ai_thinker(&rig);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    at_rig_free(&rig);
    return 0;
}

/* ---- what a callback can do ---- */

static void stop(struct at_rig *r)
{
    at_channel_stop(r->channel);
}

static void stop_and_start(struct at_rig *r)
{
    at_channel_stop(r->channel);
    assert_int_equal(at_channel_start(r->channel), 0);
}

static void cancel_first(struct at_rig *r)
{
    at_request_cancel(r->channel, &first.request);
    at_request_cancel(r->channel, &first.request);
}

static void forget_first(struct at_rig *r)
{
    at_request_forget(r->channel, &first.request);
    memset(&first.request.text, 'x', sizeof(first.request.text));
}

static void send_second(struct at_rig *r)
{
    at_rig_send(r, &second, "AT+SECOND", NULL);
}

static void resync(struct at_rig *r)
{
    at_channel_resync(r->channel);
}

struct act {
    const char *at; /* the entry of the diary that sets it off */
    void (*what)(struct at_rig *rig);
};

static void on_entry(struct at_rig *r, const char *entry)
{
    struct act *act = r->arg;

    if (strcmp(entry, act->at) == 0) {
        r->on_entry = NULL;
        act->what(r);
    }
}

static void on_hearing(struct act *act, const char *entry, void (*what)(struct at_rig *))
{
    *act = (struct act){entry, what};
    rig.on_entry = on_entry;
    rig.arg = act;
}

/* A stop from inside any callback: nothing of what else came is told, what waited is cancelled. */
static void stop_is_safe_inside_every_callback(void **state)
{
    static const struct {
        const char *entry;
        const struct at_expect *expect;
        const char *said;
        const char *diary;
    } cases[] = {
        {"  +CSQ: 1,2", &expect_lines, "\r\n+CSQ: 1,2\r\n\r\nOK\r\n\r\n+CREG: 1\r\n",
         "  +CSQ: 1,2\nAT+FIRST: cancelled\n"},
        {"  CONNECT OK", &expect_both, "\r\nOK\r\n\r\nCONNECT OK\r\n\r\n+CREG: 1\r\n",
         "  CONNECT OK\nAT+FIRST: cancelled\n"},
        {"  CONNECT OK", &expect_done, "\r\nCONNECT OK\r\n\r\n+CREG: 1\r\n",
         "  CONNECT OK\nAT+FIRST: cancelled\n"},
        {"AT+FIRST: OK", NULL, "\r\nOK\r\n\r\n+CREG: 1\r\n", "AT+FIRST: OK\n"},
        {"urc +CREG: 1", NULL, "\r\n+CREG: 1\r\n\r\nOK\r\n", "urc +CREG: 1\nAT+FIRST: cancelled\n"},
        {"payload 0 0/2 ab", NULL, "+CIPRCV:0,2,ab\r\nOK\r\n", "payload 0 0/2 ab\nAT+FIRST: cancelled\n"},
        {"AT+FIRST: modem restarted (READY)", NULL, "\r\nREADY\r\n\r\n+CREG: 1\r\n",
         "AT+FIRST: modem restarted (READY)\n"},
        {"reboot READY", NULL, "\r\nREADY\r\n\r\n+CREG: 1\r\n",
         "AT+FIRST: modem restarted (READY)\nreboot READY\n"},
    };
    static void (*const acts[])(struct at_rig *) = {stop, stop_and_start};
    struct act act;

    (void)state;
    rig.fake->whole = true;
    for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
        on_hearing(&act, cases[i / 2].entry, acts[i % 2]);
        at_rig_send(&rig, &first, "AT+FIRST", cases[i / 2].expect);
        at_rig_hear(&rig, cases[i / 2].said);
        at_rig_expect(&rig, cases[i / 2].diary);
        assert_int_equal(first.ends, 1);
        at_channel_stop(rig.channel);
        assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
        assert_int_equal(at_channel_start(rig.channel), 0);
    }
}

static void stop_is_safe_inside_mute_and_lost_and_down(void **state)
{
    struct act act;

    (void)state;
    on_hearing(&act, "mute", stop);
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 10000);
    at_rig_expect(&rig, "mute\n");
    assert_false(at_channel_running(rig.channel));

    assert_int_equal(at_channel_start(rig.channel), 0);
    on_hearing(&act, "lost 0", stop);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_hear(&rig, "+CIPRCV:0,9,");
    sched_advance(rig.sched, 2000);
    at_rig_expect(&rig, "lost 0\nAT+FIRST: cancelled\n");

    assert_int_equal(at_channel_start(rig.channel), 0);
    on_hearing(&act, "down -5", stop_and_start);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    fake_port_go_down(rig.fake, -5, "unplugged");
    sched_settle(rig.sched);
    at_rig_expect(&rig, "down -5\nAT+FIRST: cancelled\n");
    assert_true(at_channel_running(rig.channel));
}

static void a_new_search_can_start_when_the_modem_was_mute(void **state)
{
    struct act act;

    (void)state;
    on_hearing(&act, "mute", resync);
    at_channel_resync(rig.channel);
    sched_advance(rig.sched, 200 + 5000);
    at_rig_expect(&rig, "mute\n");
    fake_port_forget_written(rig.fake);
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
}

static void the_next_command_can_be_sent_from_the_end_of_one(void **state)
{
    struct act act;

    (void)state;
    on_hearing(&act, "AT+FIRST: OK", send_second);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect_written(&rig, "AT+FIRST\rAT+SECOND\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+FIRST: OK\nAT+SECOND: OK\n");
}

static void send_from_a_callback_in_mid_command_waits(void **state)
{
    struct act act;

    (void)state;
    on_hearing(&act, "urc +CREG: 1", send_second);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_hear(&rig, "\r\n+CREG: 1\r\n");
    at_rig_expect_written(&rig, "AT+FIRST\r");
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect_written(&rig, "AT+SECOND\r");
    at_rig_expect(&rig, "urc +CREG: 1\nAT+FIRST: OK\n");
}

/* ---- cancelling ---- */

static void a_waiting_request_is_taken_back_without_disturbing_others(void **state)
{
    (void)state;
    at_rig_send(&rig, &second, "AT+SECOND", NULL);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    cancel_first(&rig);
    at_rig_expect(&rig, ""); /* never from inside the call */
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_expect(&rig, "AT+FIRST: cancelled\nAT+SECOND: OK\n");
    at_rig_expect_written(&rig, "AT+SECOND\r");
    assert_int_equal(first.ends, 1);
    at_request_cancel(rig.channel, &first.request);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "");
}

static void the_one_in_flight_is_given_up_and_the_channel_resynchronises(void **state)
{
    (void)state;
    at_rig_send(&rig, &first, "AT+FIRST", &expect_lines);
    at_rig_send(&rig, &second, "AT+SECOND", NULL);
    at_rig_expect_written(&rig, "AT+FIRST\r");
    cancel_first(&rig);
    at_rig_hear(&rig, "\r\n+CSQ: 1,2\r\n\r\nOK\r\n");
    at_rig_expect(&rig, "AT+FIRST: cancelled\nlate +CSQ: 1,2\n");
    at_rig_let_sync(&rig);
    at_rig_expect_written(&rig, "AT+SECOND\r");
}

static void cancel_inside_its_own_line(void **state)
{
    struct act act;

    (void)state;
    on_hearing(&act, "  CONNECT OK", cancel_first);
    at_rig_send(&rig, &first, "AT+FIRST", &expect_both);
    at_rig_hear(&rig, "\r\nOK\r\n\r\nCONNECT OK\r\n");
    at_rig_expect(&rig, "  CONNECT OK\nAT+FIRST: cancelled\n");
    assert_int_equal(first.ends, 1);
}

static void cancel_with_half_of_the_payload_written(void **state)
{
    (void)state;
    at_rig_send_payload(&rig, &first, "AT+FIRST", NULL, "hello", 5);
    fake_port_set_room(rig.fake, 2);
    at_rig_hear(&rig, "\r\n>");
    cancel_first(&rig);
    fake_port_set_room(rig.fake, SIZE_MAX);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "AT+FIRST: cancelled sent\n");
    at_rig_expect_written(&rig, "AT+FIRST\rhe");
    at_rig_let_sync(&rig);
    assert_true(at_channel_idle(rig.channel));
}

static void cancel_before_the_prompt_sends_escape(void **state)
{
    (void)state;
    at_rig_send_payload(&rig, &first, "AT+FIRST", NULL, "hello", 5);
    cancel_first(&rig);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "AT+FIRST: cancelled\n");
    at_rig_expect_written(&rig, "AT+FIRST\r\x1b");
}

static void a_forgotten_request_is_never_heard_of_again(void **state)
{
    struct act act;

    (void)state;
    at_rig_send(&rig, &first, "AT+FIRST", NULL); /* in flight */
    forget_first(&rig);
    at_rig_hear(&rig, "\r\nOK\r\n");
    fake_port_forget_written(rig.fake);
    at_rig_let_sync(&rig);
    at_rig_send(&rig, &second, "AT+SECOND", NULL); /* waiting */
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    forget_first(&rig);
    at_rig_hear(&rig, "\r\nOK\r\n");
    at_rig_send(&rig, &first, "AT+FIRST", NULL); /* given up, on_done owed */
    cancel_first(&rig);
    forget_first(&rig);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "AT+SECOND: OK\n");
    assert_int_equal(first.ends, 0);

    at_channel_stop(rig.channel); /* from the end of another that is told in the same turn */
    assert_int_equal(at_channel_start(rig.channel), 0);
    on_hearing(&act, "AT+SECOND: cancelled", forget_first);
    at_rig_send(&rig, &second, "AT+SECOND", NULL);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_channel_stop(rig.channel);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "AT+SECOND: cancelled\n");
}

/* ---- stopping ---- */

static void stop_cancels_in_order_from_the_loop(void **state)
{
    (void)state;
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_send(&rig, &second, "AT+SECOND", NULL);
    at_channel_stop(rig.channel);
    at_channel_stop(rig.channel);
    at_rig_expect(&rig, "");
    assert_false(rig.fake->is_open);
    assert_int_equal(rig.fake->closes, 1);
    sched_settle(rig.sched);
    at_rig_expect(&rig, "AT+FIRST: cancelled\nAT+SECOND: cancelled\n");
    assert_true(at_channel_idle(rig.channel));
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
    at_channel_resync(rig.channel);
    assert_int_equal(sched_next_ms(rig.sched), UINT64_MAX);
}

static void half_a_line_does_not_outlive_a_stop(void **state)
{
    (void)state;
    at_rig_hear(&rig, "\r\n+CREG: 1");
    stop_and_start(&rig);
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_hear(&rig, "OK\r\n");
    at_rig_expect(&rig, "AT+FIRST: OK\n");
}

static void resync_gives_up_what_is_in_flight(void **state)
{
    (void)state;
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_expect_written(&rig, "AT+FIRST\r");
    at_channel_resync(rig.channel);
    at_rig_let_sync(&rig);
    at_rig_expect(&rig, "AT+FIRST: cancelled\n");
    assert_true(at_channel_idle(rig.channel));
}

static void destroying_forgets_what_waits(void **state)
{
    (void)state;
    at_rig_send(&rig, &first, "AT+FIRST", NULL);
    at_rig_send(&rig, &second, "AT+SECOND", NULL);
    at_channel_destroy(rig.channel);
    rig.channel = NULL;
    assert_false(first.request.queued);
    assert_false(second.request.queued);
    sched_advance(rig.sched, 60000);
    at_rig_expect(&rig, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stop_is_safe_inside_every_callback),
        TEST(stop_is_safe_inside_mute_and_lost_and_down),
        TEST(a_new_search_can_start_when_the_modem_was_mute),
        TEST(the_next_command_can_be_sent_from_the_end_of_one),
        TEST(send_from_a_callback_in_mid_command_waits),
        TEST(a_waiting_request_is_taken_back_without_disturbing_others),
        TEST(the_one_in_flight_is_given_up_and_the_channel_resynchronises),
        TEST(cancel_inside_its_own_line),
        TEST(cancel_with_half_of_the_payload_written),
        TEST(cancel_before_the_prompt_sends_escape),
        TEST(a_forgotten_request_is_never_heard_of_again),
        TEST(stop_cancels_in_order_from_the_loop),
        TEST(half_a_line_does_not_outlive_a_stop),
        TEST(resync_gives_up_what_is_in_flight),
        TEST(destroying_forgets_what_waits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
