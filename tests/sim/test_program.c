/* The command line, the routes, the SIM card over several runs. */
#include "harness.h"

/* Runs to its own end; what it said is in the log. */
static int run_to_end(struct rig *rig)
{
    int status;

    rig_spawn(rig);
    status = rig_wait_exit(rig);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void refused(const char *option, const char *value, const char *words)
{
    struct rig rig;

    rig_init(&rig, "a9");
    rig_arg(&rig, option);
    if (value != NULL)
        rig_arg(&rig, value);
    assert_int_not_equal(run_to_end(&rig), 0);
    if (!rig_log_has(&rig, words))
        RIG_FAIL(&rig, "%s: '%s' was expected", option, words);
    assert_int_not_equal(access(rig.tty, F_OK), 0);
    rig_free(&rig);
}

static void test_wrong_options_are_explained(void **state)
{
    (void)state;
    refused("--profile", "a5", "there is no profile 'a5'");
    refused("--baud", "fast", "--baud fast: a number from 0");
    refused("--csq", "200", "--csq 200");
    refused("--latency", "-1", "--latency -1");
    refused("--pin", "12", "--pin 12");
    refused("--pin", "12a4", "--pin 12a4");
    refused("--puk", "123", "--puk 123");
    refused("--operator", "a\"b", "--operator");
    refused("--route", "blynk.cloud=127.0.0.1:80", "HOST:PORT=ADDRESS:PORT is expected");
    refused("--route", "blynk.cloud:80=localhost:80", "HOST:PORT=ADDRESS:PORT is expected");
    refused("--route", "blynk.cloud:80=127.0.0.1:99999", "HOST:PORT=ADDRESS:PORT is expected");
    refused("--route", "blynk.cloud:80=192.0.2.1:80", "that needs --allow-any");
    refused("--default-route", "192.0.2.1:80", "that needs --allow-any");
    refused("--default-route", "here", "ADDRESS:PORT is expected");
    refused("--variant", "nonsense=1", "this profile has no variant 'nonsense'; it has: boot");
    refused("--variant", "nonsense", "a variant is written KEY=VALUE");
    refused("--fault", "nonsense", "no fault is called 'nonsense'");
    refused("--control", "/nowhere/at/all", "/nowhere/at/all: permission denied (or its directory is not");
    refused("--nonsense", NULL, "unrecognized option '--nonsense'");
    refused("--sim-state", "/nowhere/at/all", "--sim-state /nowhere/at/all: No such file");
    refused("--sim-state", "/proc/version", "this is not such a file");
    refused("stray", NULL, "'stray' is not understood");
}

static void test_help_and_lists(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--help");
    assert_int_equal(run_to_end(&rig), 0);
    assert_true(rig_log_has(&rig, "urc-storm"));
    rig_free(&rig);
    rig_init(&rig, "sim800");
    rig_arg(&rig, "--list-variants");
    assert_int_equal(run_to_end(&rig), 0);
    assert_true(rig_log_has(&rig, "connect_space=on\n"));
    assert_false(rig_log_has(&rig, "close_urc="));
    rig_free(&rig);
}

static void test_quiet(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--quiet");
    rig_start_closed(&rig);
    rig.fd = open(rig.tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    rig_wait_status(&rig, "host=open");
    rig_ask(&rig, "AT\r", "AT\r\r\nOK\r\n");
    assert_true(rig_log_has(&rig, "ready: "));
    assert_false(rig_log_has(&rig, ">>"));
    rig_stop(&rig);
}

static void connect_to(struct rig *rig, const char *host, bool works)
{
    char command[128];

    snprintf(command, sizeof command, "AT+CIPSTART=\"TCP\",\"%s\r", host);
    rig_send(rig, command);
    if (!works) {
        rig_expect(rig, "\r\n+CME ERROR: 53\r\n");
        return;
    }
    rig_expect(rig, "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    rig_accept(rig);
    rig_ask(rig, "AT+CIPCLOSE=0\r", "\r\nOK\r\n");
}

static void bearer(struct rig *rig)
{
    rig_ask(rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(rig, "AT+CGATT=1;+CGACT=1,1;+CIPMUX=1\r", "\r\n+CGATT:1\r\n\r\nOK\r\n");
}

static void test_routes(void **state)
{
    struct rig rig;
    char any[128], direct[64];

    (void)state;
    rig_init(&rig, "a9");
    snprintf(any, sizeof any, "other.example:*=%s", rig.default_route);
    rig_arg(&rig, "--route");
    rig_arg(&rig, any);
    rig_variant(&rig, "open_failure=cme53");
    rig_start(&rig);
    bearer(&rig);
    connect_to(&rig, "blynk.cloud\",80", true);
    connect_to(&rig, "BLYNK.cloud\",80", true);
    connect_to(&rig, "other.example\",8080", true);
    connect_to(&rig, "unknown.example\",80", false);
    snprintf(direct, sizeof direct, "127.0.0.1\",%s", strchr(rig.default_route, ':') + 1);
    connect_to(&rig, direct, true);
    rig_stop(&rig);
}

static void test_default_route(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--default-route");
    rig_arg(&rig, rig.default_route);
    rig_start(&rig);
    bearer(&rig);
    connect_to(&rig, "unknown.example\",443", true);
    connect_to(&rig, "46.101.217.214\",80", true);
    rig_stop(&rig);
}

static void test_apn(void **state)
{
    struct rig rig;

    (void)state;
    rig_init(&rig, "a9");
    rig_arg(&rig, "--apn");
    rig_arg(&rig, "internet");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(&rig, "AT+CGDCONT=1,\"IP\",\"wrong\";+CGATT=1\r", "\r\n+CGATT:1\r\n\r\nOK\r\n");
    rig_ask(&rig, "AT+CGACT=1,1\r", "\r\n+CME ERROR: 148\r\n");
    rig_ask(&rig, "AT+CGDCONT=1,\"IP\",\"internet\";+CGACT=1,1\r", "\r\nOK\r\n");
    rig_stop(&rig);
    rig_init(&rig, "sim800");
    rig_arg(&rig, "--apn");
    rig_arg(&rig, "internet");
    rig_start(&rig);
    rig_ask(&rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(&rig, "AT+CSTT=\"wrong\",\"\",\"\";+CIICR\r", "\r\nERROR\r\n");
    rig_ask(&rig, "AT+CIPSHUT\r", "\r\nSHUT OK\r\n");
    rig_ask(&rig, "AT+CSTT=\"internet\",\"\",\"\";+CIICR\r", "\r\nOK\r\n");
    rig_stop(&rig);
}

static void start_with_card(struct rig *rig, const char *file)
{
    rig_init(rig, "a7");
    rig_arg(rig, "--pin");
    rig_arg(rig, "1234");
    rig_arg(rig, "--sim-state");
    rig_arg(rig, file);
    rig_variant(rig, "boot_ms=100");
    rig_start(rig);
    rig_ask(rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
}

/* A wrong PIN is remembered over reboots of the modem and over runs of the program. */
static void test_wrong_pins_are_remembered(void **state)
{
    char file[] = "/tmp/simcard.XXXXXX";
    struct rig rig;

    (void)state;
    close(mkstemp(file));
    unlink(file);
    start_with_card(&rig, file);
    rig_ask(&rig, "AT+CPIN=\"1111\"\r", "\r\n+CME ERROR:16\r\n");
    rig_do(&rig, "fault reboot");
    rig_wait_status(&rig, "power=on");
    assert_int_equal(rig_stat(&rig, "pin_tries_left"), 2);
    assert_int_equal(rig_stat(&rig, "pins_used"), 1);
    assert_int_equal(rig_stat(&rig, "pins_wrong"), 1);
    rig_stop(&rig);
    start_with_card(&rig, file);
    rig_ask(&rig, "AT^CPINC\r", "\r\n^CPINC:2,10,3,10\r\n\r\nOK\r\n");
    rig_ask(&rig, "AT+CPIN=\"1111\"\r", "\r\n+CME ERROR:16\r\n");
    rig_ask(&rig, "AT+CPIN=\"1111\"\r", "\r\n+CME ERROR:16\r\n");
    rig_ask(&rig, "AT+CPIN=\"1234\"\r", "\r\n+CME ERROR:12\r\n");
    rig_stop(&rig);
    start_with_card(&rig, file);
    rig_ask(&rig, "AT+CPIN?\r", "\r\n+CPIN:SIM PUK\r\n\r\nOK\r\n");
    rig_ask(&rig, "AT+CPIN=\"12345678\",\"4321\"\r", "\r\nOK\r\n\r\n+CREG: 2\r\n");
    rig_wait_status(&rig, "registration=1");
    rig_stop(&rig);
    start_with_card(&rig, file);
    rig_ask(&rig, "AT+CPIN=\"4321\"\r", "\r\nOK\r\n\r\n+CREG: 2\r\n");
    rig_wait_status(&rig, "sim=READY");
    rig_stop(&rig);
    unlink(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_options_are_explained),
        cmocka_unit_test(test_help_and_lists),
        cmocka_unit_test(test_quiet),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_default_route),
        cmocka_unit_test(test_apn),
        cmocka_unit_test(test_wrong_pins_are_remembered),
    };

    RIG_MAIN(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
