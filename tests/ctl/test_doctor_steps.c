/* The doctor's steps over facts, and the facts out of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/doctor_steps.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAIRS_MAX 32

static struct doctor_facts facts;

/* An answer as it comes in RESP2: "name", "value", ... */
static void answer(void (*take)(struct doctor_facts *, const redisReply *), const char *const *words)
{
    redisReply items[PAIRS_MAX] = {{0}};
    redisReply *elements[PAIRS_MAX];
    redisReply reply = {.type = REDIS_REPLY_ARRAY, .element = elements};

    for (size_t i = 0; words[i]; i++) {
        items[i] = (redisReply){.type = REDIS_REPLY_STRING, .str = (char *)words[i], .len = strlen(words[i])};
        elements[i] = &items[i];
        reply.elements++;
    }
    take(&facts, &reply);
}

#define ANSWER(take, ...) answer(take, (const char *const[]){__VA_ARGS__, NULL})

static int setup(void **state)
{
    (void)state;
    facts = (struct doctor_facts){
        .source = SOURCE_DAEMON,
        .config = CONFIG_GOOD,
        .failed = STAGE_NONE,
        .host = {.path = "/dev/modem", .device = "/dev/ttyS0", .is_device = true, .clock_is_sane = true}};
    return 0;
}

static struct doctor_result judge(const char *name)
{
    struct doctor_result result = {.verdict = VERDICT_PENDING};

    for (size_t i = 0; i < doctor_step_count; i++) {
        if (strcmp(doctor_steps[i].name, name) == 0) {
            doctor_steps[i].judge(&facts, &result);
            return result;
        }
    }
    fail_msg("no step %s", name);
    return result;
}

static void assert_step(const char *name, enum doctor_verdict verdict, const char *finding,
                        const char *advice)
{
    struct doctor_result result = judge(name);

    if (result.verdict != verdict || !strstr(result.finding, finding) || !strstr(result.advice, advice)) {
        fail_msg("%s: %d: %s -> %s", name, (int)result.verdict, result.finding, result.advice);
    }
}

static void fail_at(const char *step, const char *why)
{
    ANSWER(doctor_take_link, "state", "WAIT", "next_try_ms", "1000", "failure_step", step, "failure", why,
           "failures", "3");
    assert_true(doctor_settled(&facts, 0));
    doctor_conclude(&facts);
}

static void test_on_line(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "READY", "port", "/dev/modem", "baud", "9600", "model", "M1",
           "profile", "p1", "level", "manual", "sim", "READY", "signal_dbm", "-101", "pin_tries", "");
    ANSWER(doctor_take_link, "state", "ONLINE", "encryption", "TLSv1.3, x", "disk", "ok", "round_trip_ms",
           "80");
    ANSWER(doctor_take_budget, "bytes_spent", "1000", "bytes_limit", "0", "messages_spent", "90",
           "messages_limit", "100", "messages_percent", "90", "forecast", "too much");
    assert_true(doctor_settled(&facts, 0));
    doctor_conclude(&facts);
    for (size_t i = 0; i < doctor_step_count; i++) {
        assert_int_equal(judge(doctor_steps[i].name).verdict, VERDICT_OK);
    }
    assert_step("modem answers", VERDICT_OK, "9600 baud", "");
    assert_step("modem", VERDICT_OK, "M1, spoken to as p1 (known from its manuals)", "");
    assert_step("signal", VERDICT_OK, "-101 dBm, weak", "antenna");
    assert_step("session", VERDICT_OK, "80 ms", "");
    assert_step("message budget", VERDICT_OK, "90 messages of 100 messages this month (90 %)", "too much");
}

static void test_on_the_way(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "REGISTER", "port", "/dev/modem", "sim", "READY");
    ANSWER(doctor_take_link, "state", "MODEM");
    assert_false(doctor_settled(&facts, 1000));
    assert_step("SIM card", VERDICT_OK, "there", "");
    assert_step("network", VERDICT_PENDING, "", "");
    assert_step("token", VERDICT_PENDING, "", "");
    assert_true(doctor_settled(&facts, 60000)); /* the daemon tries longer, the person has waited enough */
}

static void test_stuck(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "REGISTER", "port", "/dev/modem", "sim", "READY", "why",
           "waiting for the network: searching (no signal known)");
    ANSWER(doctor_take_link, "state", "MODEM", "why", "x");
    doctor_conclude(&facts);
    assert_step("network", VERDICT_WRONG, "waiting for the network: searching (no signal known)", "antenna");
    assert_step("signal", VERDICT_WRONG, "hears no network", "antenna");
    assert_step("token", VERDICT_UNKNOWN, "did not come to that", "");
}

static void test_failures_have_their_step(void **state)
{
    static const struct {
        const char *step, *why, *name, *finding, *advice;
    } rows[] = {
        {"modem", "the modem does not answer: is it wired?", "modem answers", "the modem does not answer",
         "wired"},
        {"SIM card", "there is no SIM card in the modem: put one in", "SIM card",
         "there is no SIM card in the modem", "put one in"},
        {"network registration", "the network refuses this SIM card: is it paid for?", "network",
         "the network refuses this SIM card", "paid for"},
        {"data connection", "attaching failed: no; is `apn` right?", "data connection",
         "attaching failed: no", "is `apn` right?"},
        {"name look-up", "cannot find the address of x; is `server` right?", "name look-up", "cannot find",
         "is `server`"},
        {"TCP connection", "x:80 was not reached: CONNECT FAIL; it may be down", "server",
         "x:80 was not reached: CONNECT FAIL", "it may be down"},
        {"encryption", "its certificate is for y", "encryption", "its certificate is for y", "server"},
        {"login", "the server does not know this token: check `token`", "token",
         "the server does not know this token", "check `token`"},
        {"session", "closed, 3 times in a row: the token may be in use elsewhere", "session",
         "closed, 3 times", "in use elsewhere"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(state);
        ANSWER(doctor_take_modem, "state", "DOWN", "port", "/dev/modem", "signal_dbm", "-70", "registration",
               i == 2 ? "refused by the network" : "");
        fail_at(rows[i].step, rows[i].why);
        assert_step(rows[i].name, VERDICT_WRONG, rows[i].finding, rows[i].advice);
        for (size_t k = 0; k < doctor_step_count; k++) {
            bool is_it = strcmp(doctor_steps[k].name, rows[i].name) == 0;
            bool is_pin = i == 1 && strcmp(doctor_steps[k].name, "PIN") == 0;
            assert_true(is_it || is_pin || judge(doctor_steps[k].name).verdict != VERDICT_WRONG);
        }
    }
}

static void test_another_speed(void **state)
{
    (void)state;
    facts.source = SOURCE_PROBE;
    facts.baud_configured = 115200;
    ANSWER(doctor_take_modem, "state", "IDENTIFY", "port", "/dev/modem", "baud", "9600");
    assert_step("modem answers", VERDICT_WRONG, "answers at 9600 baud, not at 115200", "[modem] baud = 9600");
    facts.baud_configured = 9600;
    assert_step("modem answers", VERDICT_OK, "at 9600 baud", "");
}

static void test_pin(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "DOWN", "port", "/dev/modem", "sim", "SIM PIN", "pin_tries", "2");
    fail_at("SIM card",
            "the SIM card refused the configured PIN; it is not tried again: configure the right one");
    assert_step("SIM card", VERDICT_OK, "there", "");
    assert_step("PIN", VERDICT_WRONG, "(tries left: 2)", "configure the right one");
}

static void test_what_is_missing(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "READY", "port", "/dev/modem");
    ANSWER(doctor_take_link, "state", "WAIT", "next_try_ms", "0", "why",
           "waiting for the token: set [blynk] token = (Device Info shows it)");
    assert_true(doctor_settled(&facts, 0));
    doctor_conclude(&facts);
    assert_step("data connection", VERDICT_OK, "up", "");
    assert_step("token", VERDICT_WRONG, "waiting for the token", "set [blynk] token");
}

static void test_a_session_that_breaks(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "READY", "port", "/dev/modem");
    ANSWER(doctor_take_link, "state", "WAIT", "next_try_ms", "1000", "failure_step", "session", "failure",
           "closed", "failures", "1");
    assert_false(doctor_settled(&facts, 0)); /* the third time more is known */
    ANSWER(doctor_take_link, "state", "ONLINE", "failure_step", "session", "failure", "closed", "failures",
           "1");
    assert_false(doctor_settled(&facts, 1000));
    assert_true(doctor_settled(&facts, 10000));
}

static void test_a_fresh_session(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "READY", "port", "/dev/modem");
    ANSWER(doctor_take_link, "state", "ONLINE");
    facts.source = SOURCE_DAEMON;
    assert_true(doctor_settled(&facts, 0));
    facts.source = SOURCE_PROBE; /* nobody has seen it last yet */
    assert_false(doctor_settled(&facts, 1000));
    assert_true(doctor_settled(&facts, 2000));
}

static void test_the_server_complains(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "READY", "port", "/dev/modem");
    ANSWER(doctor_take_link, "state", "ONLINE", "trouble",
           "too many messages per second: lower [limits] rate");
    doctor_conclude(&facts);
    assert_step("session", VERDICT_WRONG, "too many messages per second", "lower [limits] rate");
}

static void test_who_else(void **state)
{
    (void)state;
    ANSWER(doctor_take_link, "state", "MODEM");
    facts.host.rivals[0] = (struct rival){.kind = RIVAL_LOGIN, .pid = 5, .name = "agetty"};
    facts.host.rivals[1] = (struct rival){.kind = RIVAL_OTHER, .pid = 6, .name = "minicom"};
    facts.host.rivals[2] = (struct rival){.kind = RIVAL_MAY_PROBE, .pid = 7, .name = "ModemManager"};
    facts.host.rival_count = 3;
    assert_step("login prompt", VERDICT_WRONG, "agetty (process 5)", "serial-getty@ttyS0");
    assert_step("other programs", VERDICT_WRONG, "minicom (process 6) has /dev/ttyS0 open", "end it");
    assert_step("ModemManager", VERDICT_OK, "may try this port", "ID_MM_DEVICE_IGNORE");
    facts.host.rivals[2].kind = RIVAL_MODEM_MANAGER;
    assert_step("ModemManager", VERDICT_WRONG, "(process 7)", "systemctl disable --now ModemManager");
}

static void test_the_port(void **state)
{
    (void)state;
    ANSWER(doctor_take_link, "state", "MODEM");
    facts.host.has_user = true;
    snprintf(facts.host.group, sizeof(facts.host.group), "dialout");
    assert_step("rights", VERDICT_WRONG, "the group dialout may", "adduser blynkd dialout");
    snprintf(facts.host.console, sizeof(facts.host.console), "/proc/cmdline");
    assert_step("console", VERDICT_WRONG, "/proc/cmdline", "console=");
    facts.host.device[0] = '\0';
    snprintf(facts.host.others, sizeof(facts.host.others), "/dev/ttyUSB3");
    assert_step("port", VERDICT_WRONG, "there is no /dev/modem", "/dev/ttyUSB3");
    assert_step("rights", VERDICT_UNKNOWN, "no port", "");
}

static void test_the_host_as_uplink(void **state)
{
    (void)state;
    ANSWER(doctor_take_modem, "state", "none");
    ANSWER(doctor_take_link, "state", "ONLINE", "uplink", "host");
    doctor_conclude(&facts);
    assert_step("SIM card", VERDICT_NONE, "", "");
    assert_step("port", VERDICT_NONE, "", "");
    assert_step("server", VERDICT_OK, "answers", "");
}

static void test_nobody_to_ask(void **state)
{
    (void)state;
    facts.source = SOURCE_NOBODY;
    facts.host.path[0] = facts.host.device[0] = '\0';
    snprintf(facts.source_why, sizeof(facts.source_why), "it is gone");
    doctor_conclude(&facts);
    assert_step("daemon", VERDICT_WRONG, "it is gone", "");
    assert_step("modem answers", VERDICT_UNKNOWN, "nobody to ask", "");
    assert_step("data budget", VERDICT_UNKNOWN, "nobody to ask", "");
    for (size_t i = 0; i < doctor_step_count; i++) {
        assert_int_not_equal(judge(doctor_steps[i].name).verdict, VERDICT_PENDING);
    }
}

static void test_spent(void **state)
{
    (void)state;
    ANSWER(doctor_take_budget, "bytes_spent", "20971520", "bytes_limit", "10485760", "bytes_percent", "200");
    assert_step("data budget", VERDICT_WRONG, "20 MiB of 10 MiB are spent", "[budget] bytes");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, setup)
    const struct CMUnitTest tests[] = {
        TEST(test_on_line),
        TEST(test_on_the_way),
        TEST(test_stuck),
        TEST(test_failures_have_their_step),
        TEST(test_pin),
        TEST(test_what_is_missing),
        TEST(test_who_else),
        TEST(test_a_session_that_breaks),
        TEST(test_the_port),
        TEST(test_a_fresh_session),
        TEST(test_the_server_complains),
        TEST(test_the_host_as_uplink),
        TEST(test_nobody_to_ask),
        TEST(test_spent),
        TEST(test_another_speed),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
