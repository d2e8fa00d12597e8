/*
 * The simulated cloud against what the real legacy server answered, byte for byte. The dialogues were recorded from
 * blynk-server 0.41.17 with the token of cloud_client.h.
 */
#include "cloud_client.h"

struct exchange {
    const char *name, *sent, *answer;
};

#define INFO_HEX                                                                                             \
    "110002006e76657200312e342e3000682d6265617400343000627566662d696e003430393600646576004c696e757800667700" \
    "302e"                                                                                                   \
    "312e30006275696c64004a616e20203120323032352030303a30303a303000636f6e6e00536f636b657400746d706c00544d50" \
    "4c30"                                                                                                   \
    "313233343536373839"

static const struct exchange exchanges[] = {
    {"info", INFO_HEX, "00000200c8"},
    {"vw-no-value", "14000500057677003637", "0000050002"},
    {"vw-empty-value", "1400060006767700363700", "0000060002"},
    {"vw-pin-256", "14000700087677003235360031", "0000070002"},
    {"vw-pin-abc", "14000800087677006162630031", "0000080002"},
    {"hw-short-body", "14000a00027677", "00000a0002"},
    {"hw-empty", "14000b0000", "00000b0002"},
    {"sync-vr-bad", "10001100027672", "0000110002"},
    {"prop-ok", "130012000f3100636f6c6f720023443334333543", "00001200c8"},
    {"prop-unknown", "13001400093100666f6f00626172", "000014000b"},
    {"prop-missing", "13001500073100636f6c6f72", "000015000b"},
    {"prop-multi-pin", "1300160015300031003200697344697361626c65640074727565", "000016000b"},
    {"internal-empty", "11001e0000", "00001e0002"},
    {"bridge-bad", "0f0021000432300069", "0000210002"},
    {"notify-no-widget", "0e0022000568656c6c6f", "000022000e"},
    {"tweet-no-widget", "0c0023000568656c6c6f", "000023000e"},
    {"sms-no-widget", "120025000178", "000025000e"},
    {"login-again", "1d00260020" TOKEN_HEX, "0000260004"},
    {"ping-id0", "0600000000", "00000000c8"},
};

static void test_exchanges(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, "--pin-mode", "9=out", NULL);
    fd = device_connect(&server);
    device_send(fd, LOGIN_HEX);
    device_expect(fd, LOGIN_OK "1400010008706d0039006f7574");
    for (size_t i = 0; i < sizeof exchanges / sizeof *exchanges; i++) {
        device_send(fd, exchanges[i].sent);
        device_expect(fd, exchanges[i].answer);
    }
    close(fd);
    server_stop(&server);
}

/* The same dialogue one byte a segment. */
static void test_exchanges_in_single_bytes(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_connect(&server);
    for (const char *at = LOGIN_HEX; *at != '\0'; at += 2) {
        char byte[3] = {at[0], at[1], '\0'};

        device_send(fd, byte);
    }
    device_expect(fd, LOGIN_OK);
    for (const char *at = INFO_HEX; *at != '\0'; at += 2) {
        char byte[3] = {at[0], at[1], '\0'};

        device_send(fd, byte);
    }
    device_expect(fd, "00000200c8");
    close(fd);
    server_stop(&server);
}

static void test_sync(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    device_send(fd, "1400020006767700310033");
    device_send(fd, "1400020006647700390031");
    device_send(fd, "140002001a767700340033302e353233333333300035302e34353030303130");
    device_send(fd, "140002000776770036390031");
    device_send(fd, "140002000b7677003638006100620063");
    device_send(fd, "1400020009767700363700313030");
    device_send(fd, "14000200087677003235350031");
    device_send(fd, "1400020012767700360"
                    "06b310031006b3200322e353030");
    device_send(fd, "10000c0000");
    device_expect(fd, "14000c0006767700310033");
    device_expect(fd, "14000c0006647700390031");
    device_expect(fd, "14000c001a767700340033302e353233333333300035302e34353030303130");
    device_expect(fd, "14000c000776770036390031");
    device_expect(fd, "14000c000b7677003638006100620063");
    device_expect(fd, "14000c0009767700363700313030");
    device_expect(fd, "14000c00087677003235350031");
    device_expect(fd, "14000c001276770036006b310031006b3200322e353030");
    device_send(fd, "10000d00057672003637");
    device_expect(fd, "14000d0009767700363700313030");
    device_send(fd, "10000e00087672003637003638");
    device_expect(fd, "14000e000976770036370031303014000e000b7677003638006100620063");
    device_send(fd, "10000f000476720031");
    device_expect(fd, "14000f0006767700310033");
    close(fd);
    server_stop(&server);
}

/* Bytes that are not UTF-8 come back as U+FFFD. */
static void test_binary_value(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    device_send(fd, "140002000c76770035"
                    "0000017f80ff0041");
    device_send(fd, "10000c0000");
    device_expect(fd, "14000c001076770035"
                      "0000017fefbfbdefbfbd0041");
    close(fd);
    server_stop(&server);
}

static void test_silent_commands(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    device_send(fd, "1400030008767700310031"
                    "3233");         /* vw 1 123 */
    device_send(fd, "150029000162"); /* group begin, end */
    device_send(fd, "15002c000165");
    device_send(fd, "400025000a6576656e745f636f6465"); /* event */
    device_send(fd, "410027000a6576656e745f636f6465");
    device_send(fd, "11003d00087574630074696d65");                             /* utc time */
    device_send(fd, "11003b00166d657461006765740053657269616c204e756d626572"); /* meta get */
    device_send(fd, "11003c00087274630073796e63");                             /* rtc without a widget */
    device_send(fd, "10000d00057672003938");                                   /* sync of an unknown pin */
    device_send(fd, "00000100c8");                                             /* an answer */
    device_expect_silence(fd);
    http_expect(&server, "/" TOKEN "/events", 200, "[]");
    close(fd);
    server_stop(&server);
}

static void test_bad_token(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_connect(&server);
    device_send(fd, "1d00010020"
                    "3030303030303030303030303030303030303030303030303030303030303030");
    device_expect(fd, "0000010009");
    device_send(fd, "1d00020003"
                    "616263");
    device_expect(fd, "0000020009");
    device_send(fd, LOGIN_HEX); /* the socket was left open */
    device_expect(fd, LOGIN_OK);
    close(fd);
    server_stop(&server);
}

static void test_old_login_and_two_connections(void **state)
{
    struct server server;
    int one, two;

    (void)state;
    server_start(&server, NULL);
    one = device_connect(&server);
    device_send(one, "0200010020" TOKEN_HEX);
    device_expect(one, LOGIN_OK);
    device_send(one, "0600020000");
    device_expect(one, "00000200c8");
    two = device_login(&server);
    http_expect(&server, "/" TOKEN "/update/V1?value=55", 200, "");
    device_expect(one, "14006f0007767700310035"
                       "35");
    device_expect(two, "14006f0007767700310035"
                       "35");
    close(one);
    close(two);
    server_stop(&server);
}

static void test_command_before_login(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_connect(&server);
    device_send(fd, "0600020000");
    device_expect_end(fd);
    fd = device_login(&server);
    device_send(fd, "6400020000"); /* command 100 */
    device_expect_end(fd);
    server_stop(&server);
}

static void test_app_writes(void **state)
{
    struct server server;
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    control(&server, "internal acon");
    device_expect(fd, "111e61000461636f6e");
    control(&server, "write V1 1");
    device_expect(fd, "1400010006767700310031");
    control(&server, "write V1 1");
    device_expect(fd, "1400020006767700310031");
    control(&server, "write V1 55");
    device_expect(fd, "140003000776770031003535");
    control(&server, "write V1 t\xc3\xa4\xe2\x82\xac");
    device_expect(fd, "140004000b767700310074c3a4e282ac");
    control(&server, "write V4 10 20 30");
    device_expect(fd, "140005000d76770034003130003230003330");
    control(&server, "internal adis");
    device_expect(fd, "111e61000461646973");
    close(fd);
    server_stop(&server);
}

/* A device that has not said its buff-in gets bodies of 250 characters at most; after the info 4091. */
static void test_buffer_rule(void **state)
{
    struct server server;
    char path[400];
    int fd;

    (void)state;
    server_start(&server, NULL);
    fd = device_login(&server);
    snprintf(path, sizeof path, "/%s/update/V1?value=%0246d", TOKEN, 7);
    http_expect(&server, path, 200, "");
    device_expect_silence(fd);
    device_send(fd, INFO_HEX);
    device_expect(fd, "00000200c8");
    http_expect(&server, path, 200, "");
    device_expect(fd, "14006f00fb76770031003030");
    close(fd);
    server_stop(&server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_exchanges),
        cmocka_unit_test(test_exchanges_in_single_bytes),
        cmocka_unit_test(test_sync),
        cmocka_unit_test(test_binary_value),
        cmocka_unit_test(test_silent_commands),
        cmocka_unit_test(test_bad_token),
        cmocka_unit_test(test_old_login_and_two_connections),
        cmocka_unit_test(test_command_before_login),
        cmocka_unit_test(test_app_writes),
        cmocka_unit_test(test_buffer_rule),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
