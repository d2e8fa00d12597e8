/* The HTTP calls of the simulated cloud, and style "new" where it differs. */
#include "cloud_client.h"

static void test_real_calls(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    http_expect(&server, "/" TOKEN "/isHardwareConnected", 200, "false");
    http_expect(&server, "/" TOKEN "/get/V5", 400, "Requested pin doesn't exist in the app.");
    http_expect(&server, "/" TOKEN "/update/V5?value=42&value=%C3%A4+%25", 200, "");
    http_expect(&server, "/" TOKEN "/get/V5", 200, "[\"42\",\"\xc3\xa4 %\"]");
    http_expect(&server, "/" TOKEN "/get/v5", 200, "[\"42\",\"\xc3\xa4 %\"]");
    http_expect(&server, "/" TOKEN "/update/V256?value=1", 400, "Wrong pin format.");
    http_expect(&server, "/" TOKEN "/update/V5?value=", 400, "No value for the pin in the request.");
    http_expect(&server, "/00000000000000000000000000000000/get/V5", 400, "Invalid token.");
    http_expect(&server, "/", 400, "Invalid token.");
    http_expect(&server, "/" TOKEN "/nonsense/V5", 404, "No such call.");
    fd = device_login(&server);
    http_expect(&server, "/" TOKEN "/isHardwareConnected", 200, "true");
    http_expect(&server, "/" TOKEN "/update/D13?value=1", 200, "");
    device_expect(fd, "14006f000764770031330031");
    http_expect(&server, "/" TOKEN "/update/V5?value=a&value=b", 200, "");
    device_expect(fd, "14006f0008767700350061"
                      "0062");
    close(fd);
    server_stop(&server);
}

/* Two requests on one connection, cut at an odd place. */
static void test_keep_alive(void **state)
{
    static const char first[] = "GET /" TOKEN "/isHardwareConnected HTTP/1.1\r\nHost: x\r\n";
    static const char second[] = "\r\nGET /" TOKEN "/isHardwareConnected HTTP/1.1\r\n\r\n";
    struct server server;
    char answer[4096] = "";
    size_t at = 0;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_connect(&server);
    assert_true(send(fd, first, strlen(first), 0) > 0);
    assert_true(send(fd, second, strlen(second), 0) > 0);
    while (strstr(answer, "false") == NULL || strstr(strstr(answer, "false") + 1, "false") == NULL) {
        ssize_t got = receive(fd, answer + at, sizeof answer - 1 - at, DEADLINE_MS);

        assert_true(got > 0);
        at += (size_t)got;
        answer[at] = '\0';
    }
    close(fd);
    server_stop(&server);
}

static void test_history(void **state)
{
    struct server server;
    char *body;
    int fd;

    (void)state;
    server_start(&server, "--history", "2", NULL);
    fd = device_login(&server);
    device_send(fd, "1400020006767700310031");
    device_send(fd, "1400030006767700310032");
    device_send(fd, "14000400087677003100330034");
    device_expect_silence(fd);
    assert_int_equal(http_get(&server, "/" TOKEN "/history/V1", &body), 200);
    assert_null(strstr(body, "\"value\":\"1\""));
    assert_non_null(strstr(body, "[{\"value\":\"2\",\"time_ms\":"));
    assert_non_null(strstr(body, "\"group_ms\":null,\"id\":3,"));
    assert_non_null(strstr(body, "{\"value\":\"3\\u00004\","));
    http_expect(&server, "/" TOKEN "/history/V2", 200, "[]");
    assert_int_equal(http_get(&server, "/" TOKEN "/frames", &body), 200);
    assert_non_null(strstr(body, "\"HARDWARE\":3"));
    assert_non_null(strstr(body, "\"HW_LOGIN\":1"));
    assert_non_null(strstr(body, "\"pings\":1,"));
    assert_non_null(strstr(body, "\"history_lost\":1}"));
    close(fd);
    server_stop(&server);
}

static void test_style_new(void **state)
{
    struct server server;
    char *body;
    int fd;

    (void)state;
    server_start(&server, "--style", "new", "--meta", "Serial Number=77", "--zone", "180", NULL);
    fd = device_login(&server);
    device_send(fd, "15002d000f740031363732353331323030313233"); /* group at 1672531200123 */
    device_send(fd, "14002e0006767700310033");
    device_send(fd, "150030000165");
    device_send(fd, "1400310006767700310034");
    device_send(
        fd, "400026002a6576656e745f636f64650054656d70657261747572652061626f7665207468726573686f6c643a203432");
    device_send(fd, "410028000e6576656e745f636f646500616c6c");
    device_send(fd, "11003f000675746300747a");
    device_expect(fd, "11003f000c75746300747a003138300030");
    device_send(fd, "110040000b75746300747a5f6e616d65");
    device_expect(fd, "110040001575746300747a5f6e616d65004574632f474d542d33");
    device_send(fd, "110041000b75746300747a5f72756c65");
    device_expect(fd, "110041001375746300747a5f72756c65003c2b30333e2d33");
    device_send(fd, "11003b00166d657461006765740053657269616c204e756d626572");
    device_expect(fd, "11003b00156d6574610053657269616c204e756d626572003737");
    device_send(fd, "11003a00206d657461007365740053657269616c204e756d62657200313233343536373839");
    device_send(fd, "1300160015300031003200697344697361626c65640074727565");
    device_expect(fd, "00001600c8");
    device_expect_silence(fd);
    assert_int_equal(http_get(&server, "/" TOKEN "/history/V1", &body), 200);
    assert_non_null(strstr(body, "{\"value\":\"3\",\"time_ms\":"));
    assert_non_null(strstr(body, "\"group_ms\":1672531200123,\"id\":46,"));
    assert_non_null(strstr(body, "\"group_ms\":null,\"id\":49,"));
    assert_int_equal(http_get(&server, "/" TOKEN "/events", &body), 200);
    assert_non_null(strstr(body,
                           "{\"resolved\":false,\"code\":\"event_code\",\"description\":\"Temperature above "
                           "threshold: 42\","));
    assert_non_null(strstr(body, "{\"resolved\":true,\"code\":\"event_code\",\"description\":\"all\","));
    assert_int_equal(http_get(&server, "/" TOKEN "/properties", &body), 200);
    assert_non_null(strstr(body, "{\"pin\":\"V2\",\"property\":\"isDisabled\",\"values\":[\"true\"],"));
    http_expect(&server, "/" TOKEN "/meta", 200, "{\"Serial Number\":\"123456789\"}");
    http_expect(&server, "/" TOKEN "/update/V999?value=1", 200, "");
    device_expect(fd, "14006f00087677003939390031");
    close(fd);
    server_stop(&server);
}

static void test_clock(void **state)
{
    struct server server;
    uint8_t answer[64];
    int fd;

    (void)state;
    server_start(&server, "--rtc", "--zone", "60", NULL);
    fd = device_login(&server);
    device_send(fd, "11003c00087274630073796e63");
    device_expect(fd, "11003c000e72746300");
    assert_int_equal(receive(fd, answer, 10, DEADLINE_MS), 10);
    answer[10] = '\0';
    assert_in_range(strtol((char *)answer, NULL, 10) - 3600, time(NULL) - 10, time(NULL) + 1);
    close(fd);
    server_stop(&server);
}

/* What the server prints never holds the token. */
static void test_token_is_masked(void **state)
{
    struct server server;
    char text[65536];
    size_t len;
    FILE *file;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    http_expect(&server, "/" TOKEN "/update/V1?value=" TOKEN, 200, "");
    device_send(fd, "1d00260020" TOKEN_HEX);
    device_expect_any(fd);
    file = fopen(server.output, "r");
    assert_non_null(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    assert_non_null(strstr(text, "#1 <- HW_LOGIN id=1 len=32 [token hidden]"));
    assert_null(strstr(text, TOKEN));
    close(fd);
    server_stop(&server);
}

static void test_options_are_checked(void **state)
{
    char *const wrong[][8] = {
        {"cloud", NULL},
        {"cloud", "--listen", "127.0.0.1:0", NULL},
        {"cloud", "--listen", "localhost:0", "--token", TOKEN, NULL},
        {"cloud", "--listen", "127.0.0.1:0", "--token", "short", NULL},
        {"cloud", "--listen", "127.0.0.1:0", "--token", TOKEN, "--fault", "nonsense", NULL},
        {"cloud", "--listen", "127.0.0.1:0", "--token", TOKEN, "--quota", "x", NULL},
        {"cloud", "--listen", "127.0.0.1:0", "--token", TOKEN, "more", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char *args[9] = {NULL};
        int count = 0;

        for (; wrong[i][count] != NULL; count++)
            args[count] = wrong[i][count];
        assert_int_equal(sim_cloud_main(count, args), 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_real_calls),
        cmocka_unit_test(test_keep_alive),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_style_new),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_token_is_masked),
        cmocka_unit_test(test_options_are_checked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
