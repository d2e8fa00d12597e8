/* Each fault of the simulated cloud does what its word says, and is over when it is cleared or used up. */
#include "cloud_client.h"

#define PING_HEX    "0600050000"
#define PING_ANSWER "00000500c8"

static void test_login_faults(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, "--fault", "login-status:19;count=1", NULL);
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    device_expect(fd, "0000010013");
    device_send(fd, LOGIN_HEX);
    device_expect(fd, LOGIN_OK);
    close(fd);

    control(&server, "fault close-at-login;count=1");
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    device_expect_end(fd);

    control(&server, "fault no-login-answer");
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    control(&server, "clear no-login-answer");
    device_send(fd, "1d00020020" TOKEN_HEX);
    device_expect(fd, "00000200c8"); /* the second login is the first that is answered */
    close(fd);
    server_stop(&server);
}

static void test_redirect(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, "--fault", "redirect:127.0.0.1:35167;count=1", NULL);
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    device_expect(fd, "29000100"
                      "0f3132372e302e302e31003335313637");
    close(fd);
    control(&server, "fault redirect:127.0.0.1");
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    device_expect(fd, "29000100"
                      "093132372e302e302e31");
    close(fd);
    server_stop(&server);
}

static void test_no_ping_answer(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "fault no-ping-answer;count=2");
    device_send(fd, "0600020000");
    device_send(fd, "0600030000");
    device_send(fd, PING_HEX);
    device_expect(fd, PING_ANSWER);
    close(fd);
    server_stop(&server);
}

static void test_half_open(void **state)
{
    struct server server;
    uint8_t byte;
    int old, fresh;

    (void)state;
    server_start(&server, NULL);
    old = device_login(&server);
    control(&server, "fault half-open");
    device_send(old, PING_HEX);
    fresh = device_connect(&server);
    device_send(fresh, LOGIN_HEX);
    http_expect(&server, "/" TOKEN "/update/V1?value=1", 200, "");
    assert_int_equal(receive(fresh, &byte, 1, 300),
                     -1); /* HTTP was answered meanwhile, the devices are not */
    assert_int_equal(receive(old, &byte, 1, 0), -1);
    control(&server, "clear all");
    close(fresh);
    fresh = device_login(&server); /* a new connection lives */
    assert_int_equal(receive(old, &byte, 1, 0), -1);
    close(old);
    close(fresh);
    server_stop(&server);
}

static void test_close_after(void **state)
{
    struct server server;
    int64_t begin;
    int fd;

    (void)state;
    server_start(&server, "--fault", "close-after:0.3;count=1", NULL);
    begin = now_ms();
    fd = device_login(&server);
    device_expect_end(fd);
    assert_true(now_ms() - begin >= 250);
    server_stop(&server);
}

/* Reads answers as they come and answers how many pieces they had. */
static int count_pieces(int fd, size_t want)
{
    uint8_t bytes[256];
    int pieces = 0;

    while (want > 0) {
        ssize_t got = receive(fd, bytes, sizeof bytes, DEADLINE_MS);

        assert_true(got > 0 && (size_t)got <= want);
        want -= (size_t)got;
        pieces++;
    }
    return pieces;
}

static void test_split(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "fault split:1");
    control(&server, "write V1 0123456789012345678901234");
    assert_true(count_pieces(fd, 35) > 17); /* a busy machine may join some */
    control(&server, "clear split");
    device_send(fd, PING_HEX);
    assert_int_equal(count_pieces(fd, 5), 1);
    close(fd);
    server_stop(&server);
}

static void test_slow_for_a_time(void **state)
{
    struct server server;
    int64_t begin;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "fault slow:200;for=60");
    begin = now_ms();
    device_send(fd, PING_HEX);
    device_expect(fd, PING_ANSWER);
    assert_true(now_ms() - begin >= 200);
    control(&server, "fault slow:60000;for=0");
    device_send(fd, PING_HEX);
    device_expect(fd, PING_ANSWER);
    close(fd);
    server_stop(&server);
}

static void test_refuse(void **state)
{
    struct server server;
    int64_t deadline = now_ms() + DEADLINE_MS;
    int fd, old;

    (void)state;
    server_start(&server, NULL);
    old = device_login(&server);
    control(&server, "fault refuse;for=0.2");
    assert_int_equal(server_try_connect(&server), -1);
    while ((fd = server_try_connect(&server)) < 0)
        assert_true(now_ms() < deadline);
    device_expect_silence(old);
    close(fd);
    close(old);
    server_stop(&server);
}

static void test_what_is_pushed(void **state)
{
    struct server server;
    uint8_t bytes[8];
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "fault id-zero");
    device_expect(fd, "140000000e7677003132370069642d7a65726f");
    control(&server, "fault big-frame:300");
    device_expect(fd, "14006f012c76770031323700"
                      "78787878");
    assert_int_equal(count_pieces(fd, 300 - 11) >= 1, 1);
    control(&server, "fault garbage:8");
    for (size_t at = 0; at < sizeof bytes; at++)
        assert_int_equal(receive(fd, bytes + at, 1, DEADLINE_MS), 1);
    control(&server, "fault flood;count=1");
    device_send(fd, "1400090006767700310033");
    device_expect(fd, "0000090001");
    device_send(fd, "14000a0006767700320034");
    device_expect_silence(fd);
    http_expect(&server, "/" TOKEN "/get/V2", 200, "[\"4\"]");
    http_expect(&server, "/" TOKEN "/get/V1", 400, "Requested pin doesn't exist in the app.");
    control(&server, "send 0102");
    device_expect(fd, "0102");
    close(fd);
    server_stop(&server);
}

static void test_close_and_reset(void **state)
{
    struct server server;
    uint8_t byte;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "close");
    device_expect_end(fd);
    fd = device_login(&server);
    control(&server, "reset");
    assert_int_equal(receive(fd, &byte, 1, DEADLINE_MS), -1);
    assert_int_equal(errno, ECONNRESET);
    close(fd);
    server_stop(&server);
}

/* ceil(2.3 x 1 s) = 3 s; what the server sends does not count, what the device sends does. */
static void test_idle(void **state)
{
    struct server server;
    int64_t begin;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    device_send(fd, "1100020013"
                    "76657200312e3000682d626561740031000000");
    device_expect(fd, "00000200c8");
    begin = now_ms();
    http_expect(&server, "/" TOKEN "/update/V1?value=1", 200, "");
    device_expect(fd, "14006f0006767700310031");
    device_expect_end(fd);
    assert_in_range(now_ms() - begin, 2800, 4500);
    server_stop(&server);
}

/* Over the limit the bodies stay in the stream: after 7-byte bodies the pings are never answered again. */
static void test_quota_loses_framing(void **state)
{
    struct server server;
    uint8_t answer[5] = {0};
    ssize_t got = -1;
    int fd;
    int64_t deadline = now_ms() + 2 * DEADLINE_MS;

    (void)state;
    server_start(&server, "--quota", "1", NULL);
    fd = device_login(&server);
    while (got < 0) {
        device_send(fd, "14000a0007767700320034"
                        "34");
        got = receive(fd, answer, sizeof answer, 100);
        assert_true(now_ms() < deadline);
    }
    assert_int_equal(got, 5);
    assert_memory_equal(answer, "\0\0\x0a\0\x01", 5);
    for (int i = 0; i < 3; i++)
        device_send(fd, PING_HEX);
    http_expect(&server, "/" TOKEN "/isHardwareConnected", 200, "true"); /* still counted as online */
    assert_int_equal(receive(fd, answer, 1, 300), -1);
    close(fd);
    server_stop(&server);
}

static void test_control_refuses(void **state)
{
    struct server server;

    (void)state;
    server_start(&server, NULL);
    control_expect(&server, "fault nonsense", "error no such fault: nonsense");
    control_expect(&server, "fault split", "error split needs an argument");
    control_expect(&server, "fault split:x", "error split: not a number: x");
    control_expect(&server, "fault half-open:1", "error half-open takes no argument");
    control_expect(&server, "fault half-open;until=1", "error after ; stands");
    control_expect(&server, "clear nonsense", "error no such fault");
    control_expect(&server, "write", "error write needs a pin");
    control_expect(&server, "write V256 1", "error write needs a pin");
    control_expect(&server, "write V5", "error write needs a value");
    control_expect(&server, "send 0g", "error send needs bytes");
    control_expect(&server, "send 012", "error send needs bytes");
    control_expect(&server, "internal", "error internal needs words");
    control_expect(&server, "", "error the words are");
    control_expect(&server, "stats", "ok {\"in\":{},");
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_login_faults),
        cmocka_unit_test(test_redirect),
        cmocka_unit_test(test_no_ping_answer),
        cmocka_unit_test(test_half_open),
        cmocka_unit_test(test_close_after),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_slow_for_a_time),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_what_is_pushed),
        cmocka_unit_test(test_close_and_reset),
        cmocka_unit_test(test_idle),
        cmocka_unit_test(test_quota_loses_framing),
        cmocka_unit_test(test_control_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
