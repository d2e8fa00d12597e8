/* Each fault, at start and at run time, with its limits. */
#include "harness.h"

#define CONNECT "AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\r"

static void start(struct rig *rig, const char *profile)
{
    rig_init(rig, profile);
    rig_variant(rig, "boot_ms=200");
    rig_start(rig);
}

static void test_mute_for_a_time(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_do(&rig, "fault mute");
    rig_send(&rig, "AT\r");
    rig_wait_taken(&rig, 3);
    rig_do(&rig, "send-urc +CREG: 1");
    rig_wait_log(&rig, "not said");
    rig_expect_silence(&rig);
    rig_do(&rig, "clear mute");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_do(&rig, "fault mute;for=0.05");
    rig_wait_log(&rig, "its time is over");
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_garble_every_third_byte(void **state)
{
    struct rig rig;
    char got[9];

    (void)state;
    start(&rig, "a9");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n"); /* 11 bytes */
    rig_do(&rig, "fault garble:3");
    rig_send(&rig, "AT\r");
    for (size_t used = 0; used < 6;)
        used += rig_read(&rig, got + used, 6 - used, 100);
    /* positions 12 to 17: the first and the fourth byte are wrong */
    assert_memory_not_equal(got, "\r", 1);
    assert_memory_equal(got + 1, "\nO", 2);
    assert_memory_not_equal(got + 3, "K", 1);
    assert_memory_equal(got + 4, "\r\n", 2);
    rig_do(&rig, "clear garble");
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_lose_every_fourth_byte(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_do(&rig, "fault lose:4");
    rig_ask(&rig, "AT\r", "\nOK\n"); /* positions 12 and 16 of the stream are gone */
    rig_stop(&rig);
}

static void test_split_into_pieces(void **state)
{
    struct rig rig;
    char got[64];
    size_t used = 0, reads = 0;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--baud");
    rig_arg(&rig, "0");
    rig_arg(&rig, "--fault");
    rig_arg(&rig, "split:2");
    rig_start(&rig);
    rig_send(&rig, "AT\r");
    while (used < 9) {
        size_t more = rig_read(&rig, got + used, sizeof got - used, 100);

        used += more;
        reads += more > 0;
    }
    assert_memory_equal(got, "AT\r\r\nOK\r\n", 9);
    assert_true(reads >= 3);
    rig_stop(&rig);
}

static void test_drop_one_unsolicited_line(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault drop-urc;count=1");
    rig_server_close(&rig);
    rig_wait_log(&rig, "unsolicited line swallowed");
    rig_wait_log(&rig, "used up");
    rig_ask(&rig, "AT+CIPSEND=0,5\r", "\r\n+CME ERROR: 53\r\n");
    rig_do(&rig, "send-urc RING");
    rig_expect(&rig, "\r\nRING\r\n");
    rig_stop(&rig);
}

static void test_storm_reaches_the_bad_moments(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a7");
    rig_variant(&rig, "storm_ms=600000");
    rig_start(&rig);
    rig_connect_ai(&rig);
    rig_ask(&rig, "AT+CIPCLOSE=0\r", "\r\nOK\r\n");
    rig_do(&rig, "fault urc-storm");
    rig_send(&rig, CONNECT);
    rig_expect(&rig, "\r\n+CREG: 1\r\n\r\n+CIPNUM:0\r\n");
    rig_expect(&rig, "\r\n+CTZV:22/03/14,09:12:44,+01\r\n\r\nCONNECT OK\r\n");
    rig_expect(&rig, "\r\n+CIEV: service, 1\r\n\r\nOK\r\n");
    rig_accept(&rig);
    rig_send(&rig, "AT+CIPSEND=0,2\r");
    /* before the prompt, and glued to it */
    rig_expect(&rig, "\r\n+CGREG: 1\r\n\r\n> +CIEV: roam, 0\r\n");
    rig_send(&rig, "hi");
    rig_expect(&rig, "\r\n+CREG: 1\r\n\r\nOK\r\n");
    rig_server_send(&rig, "yo", 2);
    rig_expect(&rig, "\r\n+CTZV:22/03/14,09:12:44,+01\r\n\r\n+CIPRCV:0,2,yo+CIEV: service, 1\r\n");
    rig_do(&rig, "variant storm_ms=1");
    rig_do(&rig, "fault urc-storm");
    rig_expect_later(&rig, "+CREG: 1");
    rig_do(&rig, "clear all");
    rig_stop(&rig);
}

static void test_no_dns_spares_addresses(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_ask(&rig, "AT+CIPCLOSE=0\r", "\r\nOK\r\n");
    rig_do(&rig, "fault no-dns");
    rig_ask(&rig, CONNECT, "\r\n+CME ERROR: 53\r\n");
    rig_ask(&rig, "AT+CDNSGIP=\"blynk.cloud\"\r", "\r\n+CDNSGIP: 0,8\r\n\r\nOK\r\n");
    rig_ask(&rig, "AT+CIPSTART=\"TCP\",\"198.18.0.1\",80\r", "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_connect_fail_twice(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "open_failure=connect_fail");
    rig_arg(&rig, "--fault");
    rig_arg(&rig, "connect-fail;count=2");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(&rig, "AT+CGATT=1;+CGACT=1,1;+CIPMUX=1\r", "\r\n+CGATT:1\r\n\r\nOK\r\n");
    rig_ask(&rig, CONNECT, "\r\nCONNECT FAIL\r\n");
    rig_ask(&rig, CONNECT, "\r\nCONNECT FAIL\r\n");
    rig_ask(&rig, CONNECT, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_half_open_is_silent(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault half-open;count=1");
    rig_ask(&rig, "AT+CIPSEND=0,5\r", "\r\n>");
    rig_ask(&rig, "hello", "\r\nOK\r\n"); /* taken, and never to arrive */
    rig_server_send(&rig, "lost", 4);
    assert_true(rig_status_has(&rig, "link0=open,blynk.cloud:80,dead"));
    rig_ask(&rig, "AT+CIPCLOSE=0\r", "\r\nOK\r\n");
    assert_false(rig_server_sees_end(&rig, 50));
    rig_do(&rig, "clear half-open");
    rig_ask(&rig, CONNECT, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    rig_accept(&rig);
    rig_server_send(&rig, "alive", 5);
    rig_expect(&rig, "\r\n+CIPRCV,0,5:alive\r\n");
    rig_stop(&rig);
}

static void test_half_open_fills_the_stack(void **state)
{
    struct rig rig;
    char payload[1000];

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--baud");
    rig_arg(&rig, "0");
    rig_start(&rig);
    rig_connect_ai(&rig);
    memset(payload, 'x', sizeof payload);
    rig_do(&rig, "fault half-open");
    for (int i = 0; i < 8; i++) {
        rig_ask(&rig, "AT+CIPSEND=0,1000\r", "\r\n>");
        rig_send_bytes(&rig, payload, sizeof payload);
        rig_expect(&rig, "\r\nOK\r\n");
    }
    rig_ask(&rig, "AT+CIPSEND=0,1000\r", "\r\n>");
    rig_send_bytes(&rig, payload, sizeof payload);
    rig_wait_log(&rig, "the stack is full");
    rig_expect_silence(&rig);
    rig_stop(&rig);
}

static void test_remote_close(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault remote-close");
    rig_expect(&rig, "\r\nCLOSED:0\r\n");
    assert_true(rig_server_sees_end(&rig, DEADLINE_MS));
    rig_stop(&rig);
}

static void test_send_fail_and_lost_prompt(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault send-fail;count=1");
    rig_ask(&rig, "AT+CIPSEND=0,2\r", "\r\n>");
    rig_ask(&rig, "hi", "\r\nFAIL\r\n");
    rig_do(&rig, "fault no-prompt;count=1");
    rig_send(&rig, "AT+CIPSEND=0,5\r");
    rig_wait_log(&rig, "the prompt is lost");
    rig_expect_silence(&rig);
    rig_ask(&rig, "AT\rAT", "\r\nOK\r\n"); /* was the payload */
    rig_server_expect(&rig, "AT\rAT", 5);
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_denied_and_admitted_again(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault deny-registration;for=0.2");
    rig_expect(&rig, "\r\nCLOSED:0\r\n\r\n+CREG: 3\r\n");
    rig_expect_later(&rig, "\r\n+CREG: 2\r\n");
    rig_expect_later(&rig, "\r\n+CREG: 1\r\n");
    rig_ask(&rig, CONNECT, "\r\n+CME ERROR: 53\r\n");
    rig_stop(&rig);
}

static void test_pdp_drop_is_silent_for_the_peer(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a7");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault pdp-drop");
    rig_expect(&rig, "\r\n+TCPCLOSED:0\r\n");
    assert_false(rig_server_sees_end(&rig, 50));
    rig_ask(&rig, "AT+CIFSR\r", "\r\n+CME ERROR:53\r\n");
    rig_stop(&rig);
}

static void test_pdp_drop_without_a_word(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "pdp_drop_urc=off");
    rig_start(&rig);
    rig_connect_ai(&rig);
    rig_do(&rig, "fault pdp-drop");
    rig_ask(&rig, "AT+CIPSEND=0,5\r", "\r\n+CME ERROR: 53\r\n");
    rig_stop(&rig);
}

static void test_sim_faults(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "sim800");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_do(&rig, "fault sim-pin");
    rig_expect(&rig, "\r\n+CPIN: SIM PIN\r\n");
    rig_ask(&rig, "AT+CPIN=\"1234\"\r", "\r\nOK\r\n\r\n+CPIN: READY\r\n\r\nCall Ready\r\n\r\nSMS Ready\r\n");
    rig_do(&rig, "fault sim-puk");
    rig_expect(&rig, "\r\n+CPIN: SIM PUK\r\n");
    rig_do(&rig, "fault no-sim");
    rig_expect(&rig, "\r\n+CPIN: NOT READY\r\n");
    rig_ask(&rig, "AT+CPIN?\r", "\r\nERROR\r\n");
    rig_do(&rig, "clear sim-puk");
    rig_expect(&rig, "\r\n+CPIN: NOT READY\r\n");
    rig_do(&rig, "clear no-sim");
    rig_expect(&rig, "\r\n+CPIN: SIM PIN\r\n"); /* a card that was taken out has forgotten its PIN */
    rig_stop(&rig);
}

static void test_echo_comes_back(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_do(&rig, "fault echo-on");
    rig_ask(&rig, "AT\r", "AT\r\r\nOK\r\n");
    rig_stop(&rig);
}

static void test_late_answer(void **state)
{
    struct rig rig;
    long long begun;

    (void)state;
    rig_init(&rig, "sim800");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_do(&rig, "fault late-answer:150;count=1");
    begun = rig_now_ms();
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    assert_true(rig_now_ms() - begun >= 140);
    begun = rig_now_ms();
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    assert_true(rig_now_ms() - begun < 140);
    rig_stop(&rig);
}

static void test_latency_before_prompt_and_acknowledgement(void **state)
{
    struct rig rig;
    long long begun;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--latency");
    rig_arg(&rig, "60");
    rig_start(&rig);
    rig_connect_ai(&rig);
    begun = rig_now_ms();
    rig_ask(&rig, "AT+CIPSEND=0,2\r", "\r\n>");
    assert_true(rig_now_ms() - begun >= 55);
    begun = rig_now_ms();
    rig_ask(&rig, "hi", "\r\nOK\r\n");
    assert_true(rig_now_ms() - begun >= 55);
    rig_stop(&rig);
}

static void test_reboot_at_connect(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_connect_ai(&rig);
    rig_do(&rig, "fault reboot:at=connect");
    rig_ask(&rig, CONNECT, "\r\nInit...\r\n");
    assert_int_equal(rig_stat(&rig, "boots"), 1);
    assert_false(rig_server_sees_end(&rig, 50)); /* the peer knows nothing of it */
    rig_wait_status(&rig, "power=on");
    rig_stop(&rig);
}

static void test_reboot_at_send(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "boot_ms=200");
    rig_variant(&rig, "tcp_on_power_loss=close");
    rig_start(&rig);
    rig_connect_ai(&rig);
    rig_do(&rig, "fault reboot:at=send");
    rig_ask(&rig, "AT+CIPSEND=0,5\r", "\r\n>\r\nInit...\r\n");
    assert_true(rig_server_sees_end(&rig, DEADLINE_MS));
    rig_stop(&rig);
}

static void test_reboot_after_some_bytes(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_do(&rig, "fault reboot:at=5-bytes");
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_ask(&rig, "AT\r", "\r\nInit...\r\n");
    rig_stop(&rig);
}

static void test_command_while_one_runs_aborts_it(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_variant(&rig, "connect_ms=60000");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(&rig, "AT+CGATT=1;+CGACT=1,1;+CIPMUX=1\r", "\r\n+CGATT:1\r\n\r\nOK\r\n");
    rig_send(&rig, CONNECT);
    rig_accept(&rig);
    rig_send(&rig, "AT\r");
    rig_wait_log(&rig, "it is aborted and the line is lost");
    assert_true(rig_server_sees_end(&rig, DEADLINE_MS));
    rig_expect_silence(&rig);
    rig_ask(&rig, "AT\r", "\r\nOK\r\n");
    rig_do(&rig, "variant abort_answer=error");
    rig_send(&rig, CONNECT);
    rig_accept(&rig);
    rig_ask(&rig, "AT\r", "\r\nERROR\r\n");
    rig_do(&rig, "variant busy=swallow");
    rig_send(&rig, CONNECT);
    rig_accept(&rig);
    rig_send(&rig, "AT\r");
    rig_wait_log(&rig, "a command is running: the line is lost");
    rig_expect_silence(&rig);
    rig_stop(&rig);
}

static void test_wrong_words_are_explained(void **state)
{
    struct rig rig;

    (void)state;
    start(&rig, "a9");
    assert_non_null(strstr(rig_control(&rig, "fault nonsense"), "error no fault is called 'nonsense'"));
    assert_non_null(strstr(rig_control(&rig, "fault garble"), "error fault 'garble' is not understood"));
    assert_non_null(strstr(rig_control(&rig, "fault garble:0"), "error"));
    assert_non_null(strstr(rig_control(&rig, "fault mute:3"), "error"));
    assert_non_null(strstr(rig_control(&rig, "fault mute;when=3"), "error"));
    assert_non_null(strstr(rig_control(&rig, "fault mute;for=x"), "error"));
    assert_non_null(strstr(rig_control(&rig, "fault reboot:at=noon"), "error"));
    assert_non_null(strstr(rig_control(&rig, "clear nonsense"), "error"));
    assert_non_null(strstr(rig_control(&rig, "variant nonsense=1"), "it has: boot boot_ms"));
    assert_non_null(strstr(rig_control(&rig, "variant close_urc=maybe"), "tcpclosed|closed|bare"));
    assert_non_null(strstr(rig_control(&rig, "variant connect_space=on"), "error")); /* of another family */
    assert_non_null(strstr(rig_control(&rig, "csq many"), "error"));
    assert_non_null(strstr(rig_control(&rig, "dance"), "error 'dance' is not understood"));
    rig_do(&rig, "csq 7");
    rig_ask(&rig, "AT+CSQ\r", "AT+CSQ\r\r\n+CSQ: 7,99\r\n\r\nOK\r\n");
    rig_stop(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mute_for_a_time),
        cmocka_unit_test(test_garble_every_third_byte),
        cmocka_unit_test(test_lose_every_fourth_byte),
        cmocka_unit_test(test_split_into_pieces),
        cmocka_unit_test(test_drop_one_unsolicited_line),
        cmocka_unit_test(test_storm_reaches_the_bad_moments),
        cmocka_unit_test(test_no_dns_spares_addresses),
        cmocka_unit_test(test_connect_fail_twice),
        cmocka_unit_test(test_half_open_is_silent),
        cmocka_unit_test(test_half_open_fills_the_stack),
        cmocka_unit_test(test_remote_close),
        cmocka_unit_test(test_send_fail_and_lost_prompt),
        cmocka_unit_test(test_denied_and_admitted_again),
        cmocka_unit_test(test_pdp_drop_is_silent_for_the_peer),
        cmocka_unit_test(test_pdp_drop_without_a_word),
        cmocka_unit_test(test_sim_faults),
        cmocka_unit_test(test_echo_comes_back),
        cmocka_unit_test(test_late_answer),
        cmocka_unit_test(test_latency_before_prompt_and_acknowledgement),
        cmocka_unit_test(test_reboot_at_connect),
        cmocka_unit_test(test_reboot_at_send),
        cmocka_unit_test(test_reboot_after_some_bytes),
        cmocka_unit_test(test_command_while_one_runs_aborts_it),
        cmocka_unit_test(test_wrong_words_are_explained),
    };

    RIG_MAIN(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
