/* Every kind of wrong file: what is said, where, and that a secret is never part of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf_dir.h"

#include <errno.h>

#define WARNING "W "

struct wrong {
    const char *text; /* after MINIMUM, which has four lines */
    const char *finding;
};

static const struct wrong wrongs[] = {
    {"[modme]\nport = /dev/x\n", "blynkd.conf:5: [modme]: no such section; did you mean [modem]?"},
    {"[gps]\n", "blynkd.conf:5: [gps]: no such section\n"},
    {"[modem\n", "blynkd.conf:5: a section's name ends with ]"},
    {"[pin V300]\n", "blynkd.conf:5: [pin V300]: there is no such pin; V0 to V255, D0..., A0..."},
    {"[pinV5]\n", "blynkd.conf:5: [pinV5]: no such section; a pin's own is written [pin V5]"},
    {"[xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx]\n",
     "no section has a name of 60 letters"},
    {"[modem]\nprot = /dev/x\n", "blynkd.conf:6: [modem] prot: no such key; did you mean \"port\"?"},
    {"[modem]\nzzzzzz = 1\n", "blynkd.conf:6: [modem] zzzzzz: no such key\n"},
    {"[modem]\napn = x\n", "blynkd.conf:6: [modem] apn: no such key here; it belongs to [network]"},
    {"[modem]\nnonsense\n", "blynkd.conf:6: not a line of the form `key = value`"},
    {"[modem]\nport = /dev/x\n\nnonsense", "blynkd.conf:8: not a line of the form `key = value`"},
    {"[modem]\nport = ttyUSB0\n",
     "blynkd.conf:6: [modem] port: \"ttyUSB0\" does not begin with /; wanted: path"},
    {"[modem]\nprofile = nokia\n",
     "[modem] profile: \"nokia\" is no profile (blynkd --list-modems prints them)"},
    {"[power]\npwrkey = 4\n",
     "[power] pwrkey: \"4\" is not a line; wanted: chip:line, and low if it is pressed at low level"},
    {"[power]\npwrkey = gpiochip0:4\nrail = gpiochip0:4 low\n",
     "[power] pwrkey: pwrkey, reset, rail and status must be lines of their own"},
    {"[power]\nrail_off = 1s\n", "[power] rail_off: \"1s\" is too little; wanted: time, from 2s to 20s"},
    {"[modem]\nbaud = 300\n",
     "[modem] baud: \"300\" is too little; wanted: bits per second, from 1200 to 4000000"},
    {"[modem]\nbaud = 99999999999999999999999\n",
     "is too much; wanted: bits per second, from 1200 to 4000000"},
    {"[modem]\nbaud = fast\n", "[modem] baud: \"fast\" is not understood"},
    {"[modem]\nbaud = -9600\n", "[modem] baud: \"-9600\" is not understood"},
    {"[modem]\nbaud = 9600 # slow\n", "a comment behind a value begins with \" ;\""},
    {"[modem]\nbaud =\n", "[modem] baud: \"\" is not understood"},
    {"[modem]\nrtscts = maybe\n", "[modem] rtscts: \"maybe\" is neither yes nor no"},
    {"[modem]\npoll = 5 minutes\n", "[modem] poll: \"5 minutes\" is not understood"},
    {"[modem]\ncommand_gap = 1h\n", "[modem] command_gap: \"1h\" is too much; wanted: time, from 0s to 5s"},
    {"[modem]\npin = 12a4\n", "[modem] pin: is no PIN; wanted: 4 to 8 digits"},
    {"[modem]\npin = 123\n", "[modem] pin: is no PIN"},
    {"[modem]\npin = 123456789\n", "[modem] pin: is no PIN"},
    {"[modem]\nport = /dev/a\nport = /dev/b\n",
     WARNING "blynkd.conf:7: [modem] port is also in line 6; this one counts"},
    {"[blynk]\nserver = http://x/\n", "[blynk] server: \"http://x/\" is no address"},
    {"[blynk]\nserver = host:99999\n", "[blynk] server: \"host:99999\" is no address"},
    {"[blynk]\nserver = blynk.cloud:80\n", "blynkd.conf:6: [blynk] server: no TLS is spoken on this port"},
    {"[blynk]\nserver = x:8080\n", WARNING "blynkd.conf:6: [blynk] server: no TLS is spoken on this port"},
    {"[blynk]\ntls = modem\n", "blynkd.conf:6: [blynk] tls: `tls = modem` needs ca_file"},
    {"[blynk]\ntls = modem\n[modem]\nprofile = a7\n",
     "blynkd.conf:6: [blynk] tls: this modem has no TLS of its own that could check whom it speaks to: use "
     "`tls = yes`"},
    {"[blynk]\nserver = x:443\ntls = no\n", "blynkd.conf:6: [blynk] server: only TLS is spoken on this port"},
    {"[blynk]\nca_file = /nonexistent/ca.pem\n", "[blynk] ca_file: /nonexistent/ca.pem cannot be read"},
    {"[blynk]\nheartbeat = 1s\n",
     "[blynk] heartbeat: \"1s\" is too little; wanted: time or auto, from 5s to 60m"},
    {"[blynk]\nretry_first = 9m\nretry_max = 1m\n", "[blynk] retry_first: is longer than retry_max"},
    {"[blynk]\nfallback_addresses = 1.1.1.1 http://x\n",
     "has an element that is no address or host name; wanted: up to 8 addresses"},
    {"[blynk]\nfallback_addresses = 1.1.1.1 300.1.1.1\n", "has an element that is no address or host name"},
    {"[blynk]\nserver = 10.0.0:8080\n", "[blynk] server: \"10.0.0:8080\" is no address"},
    {"[blynk]\nfallback_addresses = a b c d e f g h i\n", "names too many"},
    {"[blynk]\ntoken_file = /nonexistent\n", "[blynk] has both token and token_file; remove one"},
    {"[modem]\npin_file = /nonexistent/pin\n",
     "blynkd.conf:6: [modem] pin_file: /nonexistent/pin does not exist"},
    {"[network]\npassword_file = /tmp\n", "[network] password_file: /tmp is a directory"},
    {"[network]\nuser = \"a\n", "a double quote at the beginning of the value, but none at its end"},
    {"[network]\nuser = a\"b\n", "has a character that cannot be sent"},
    {"[network]\nuser = a\xC3\xA4\n", "has a character that cannot be sent"},
    {"[network]\nuser = a\x01\n", "blynkd.conf:6: a control character in the line"},
    {"[outbox]\ndurability = disk\n",
     "[outbox] durability: \"disk\" is not one of the words; wanted: memory, offline or always"},
    {"[outbox]\nspill_after = 2h\n", "\"2h\" is too much; wanted: time, from 1s to 60m"},
    {"[outbox]\ncommit_interval = 50ms\n", "\"50ms\" is too little; wanted: time, from 100ms to 1m"},
    {"[outbox]\nmax_rows = 10\n", "is too little; wanted: messages, from 1000 to 100000000"},
    {"[outbox]\nmax_size = 2048G\n", "is too much; wanted: bytes, k, M, G, from 1M to 1024G"},
    {"[outbox]\nmax_age = 31d\n", "\"31d\" is too much; wanted: time, 0 = never, from 0s to 30d"},
    {"[outbox]\npolicy = newest\n", "[outbox] policy: \"newest\" is not one of the words"},
    {"[outbox]\nmax_bytes = 1k\n", "is too little; wanted: bytes, k, M, from 16k to 256M"},
    {"[limits]\nrate = 20\n", WARNING
     "blynkd.conf:6: [limits] rate: Blynk's cloud may close connections that send more than 10 a second"},
    {"[limits]\nrate = 0\n", WARNING "blynkd.conf:6: [limits] rate: Blynk's cloud may close connections"},
    {"[limits]\nrate = 21\n", "blynkd.conf:6: [limits] rate: at most 20 a second: Blynk's cloud closes"},
    {"[limits]\nrate = 500\n", "blynkd.conf:6: [limits] rate: at most 20 a second"},
    {"[budget]\nreset_day = 29\n", "is too much; wanted: day of the month, from 1 to 28"},
    {"[budget]\nreset_day = 0\n", "is too little; wanted: day of the month, from 1 to 28"},
    {"[budget]\nbytes = many\n", "\"many\" is not understood; wanted: bytes, k, M, G, 0 = no budget"},
    {"[pins]\ndelivery = newest\n",
     "[pins] delivery: \"newest\" is not one of the words; wanted: all or latest"},
    {"[pins]\ndelivery =\n", "[pins] delivery: \"\" is not one of the words"},
    {"[pin V5]\nmin_interval = 10s\n[pin V6]\nmin_interval = 0\n",
     "blynkd.conf:6: [pin V5] min_interval: drops values, but `delivery = all` wants every one to arrive; "
     "write `delivery = latest` for this pin"},
    {"[pins]\ndelivery = latest\n[pin V5]\ndelivery = all\nmin_interval = 10s\n",
     "blynkd.conf:9: [pin V5] min_interval: drops values"},
    {"[pin V5]\nmin_interval = 25h\n",
     "[pin V5] min_interval: \"25h\" is too much; wanted: time, 0 = none, from 0s to 1d"},
    {"[pin V5]\nmin_interval = often\n", "[pin V5] min_interval: \"often\" is not understood"},
    {"[pin V5]\ndeadband = -1\n", "[pin V5] deadband: \"-1\" is below zero; wanted: number, 0 = none"},
    {"[pin V5]\ndeadband = 0,5\n", "[pin V5] deadband: \"0,5\" is not understood"},
    {"[pin V5]\ndeadband = nan\n", "[pin V5] deadband: \"nan\" is not understood"},
    {"[pin V5]\ndeadband = 1e999\n", "[pin V5] deadband: \"1e999\" is not understood"},
    {"[pin V5]\ndelivery = newest\n", "[pin V5] delivery: \"newest\" is not one of the words"},
    {"[socket]\nmode = 0888\n", "[socket] mode: \"0888\" is not understood"},
    {"[socket]\nmode = 7777\n", "is too much; wanted: octal file mode, from 0000 to 0777"},
    {"[socket]\ngroup = a/b\n", "[socket] group: \"a/b\" is no name"},
    {"[access]\nuser.pi = boss\n",
     "[access] user.pi: \"boss\" is not a role; wanted: reader, writer or admin"},
    {"[access]\npi = admin\n", "[access] pi: no such key"},
    {"[log]\nlevel = loud\n", "[log] level: \"loud\" is not one of the words"},
};

/* A finding that begins with WARNING is one. */
static void expect(const struct conf_dir *dir, const struct wrong *wrong)
{
    bool warning = strncmp(wrong->finding, WARNING, strlen(WARNING)) == 0;

    conf_dir_expect(dir, warning ? wrong->finding + strlen(WARNING) : wrong->finding);
    assert_int_equal(dir->report.errors, warning ? 0 : 1);
    assert_int_equal(dir->findings[0], warning ? 'W' : 'E');
}

static void each_kind_is_told_with_its_place(void **state)
{
    struct conf_dir *dir = *state;

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        char text[1024];
        snprintf(text, sizeof(text), "%s%s", MINIMUM, wrongs[i].text);
        conf_dir_try(dir, text);
        expect(dir, &wrongs[i]);
        assert_null(strstr(dir->findings, CANARY));
        secret_forget_all();
    }
}

static void all_are_told_at_once(void **state)
{
    struct conf_dir *dir = *state;
    char text[8192] = "first = 1\n";

    for (size_t i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
        strcat(text, wrongs[i].text);
        strcat(text, strchr(wrongs[i].text, '\0')[-1] == '\n' ? "" : "\n");
    }
    assert_int_equal(conf_dir_try(dir, text), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf:1: a key before the first [section]");
    conf_dir_expect(dir, "[network] apn: missing");
    assert_true(dir->report.errors > 40);
}

static void a_flood_of_errors_is_cut(void **state)
{
    struct conf_dir *dir = *state;
    static char text[60000] = "[modem]\n";
    size_t len = strlen(text);

    while (len + 8 < sizeof(text)) {
        len += (size_t)snprintf(text + len, sizeof(text) - len, "x = 1\n");
    }
    assert_int_equal(conf_dir_try(dir, text), -EINVAL);
    conf_dir_expect(dir, "E and ");
    conf_dir_expect(dir, " more\n");
}

static void a_wrong_configuration_is_wiped(void **state)
{
    struct conf_dir *dir = *state;
    const char *bytes = (const char *)dir->conf;

    assert_int_equal(conf_dir_try(dir, MINIMUM "[log]\nlevel = loud\n"), -EINVAL);
    for (size_t i = 0; i < sizeof(*dir->conf); i++) {
        assert_int_equal(bytes[i], 0);
    }
}

static void a_missing_token_is_told_once(void **state)
{
    struct conf_dir *dir = *state;

    assert_int_equal(conf_dir_try(dir, "[network]\napn = x\n"), 0);
    assert_int_equal(dir->report.errors, 0);
    assert_int_equal(dir->report.missing, 1);
    assert_int_equal(dir->conf->missing, CONF_MISSING_TOKEN);
    assert_string_equal(conf_missing_words(dir->conf->missing), "[blynk] token");
    conf_dir_expect(dir, "[blynk] token: missing; write it here, or name a file with token_file");

    assert_int_equal(conf_dir_try(dir, "[network]\napn = x\n[blynk]\ntoken =\n"), 0);
    assert_int_equal(dir->conf->missing, CONF_MISSING_TOKEN);
    conf_dir_expect(dir, "blynkd.conf:4: [blynk] token: missing");

    assert_int_equal(conf_dir_try(dir, "[network]\napn = x\n[blynk]\ntoken = a\\b\n"), -EINVAL);
    assert_int_equal(dir->report.errors, 1);
    assert_int_equal(dir->report.missing, 0);
    conf_dir_expect(dir, "blynkd.conf:4: [blynk] token: has a character that cannot be sent");
}

static void a_name_server_is_an_address(void **state)
{
    static const struct {
        const char *value;
        const char *finding;
    } cases[] = {
        {"1.1.1.1 dns.example",
         "[network] dns: \"1.1.1.1 dns.example\" has an element that is no address; wanted: "
         "one or two addresses"},
        {"1.1.1.1, 300.1.1.1", "has an element that is no address"},
        {"2606:4700::1", "has an element that is no address"},
        {"1.1.1.1 9.9.9.9 8.8.8.8", "names too many"},
    };
    struct conf_dir *dir = *state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[256];
        snprintf(text, sizeof(text), MINIMUM "[network]\ndns = %s\n", cases[i].value);
        assert_int_equal(conf_dir_try(dir, text), -EINVAL);
        conf_dir_expect(dir, cases[i].finding);
    }
    assert_int_equal(conf_dir_try(dir, MINIMUM "[network]\nuplink = host\ndns = 1.1.1.1\n"), 0);
    conf_dir_expect(dir, "[network] dns: is for the modem");
}

static void an_odd_token_is_a_warning(void **state)
{
    struct conf_dir *dir = *state;

    assert_int_equal(conf_dir_try(dir, "[network]\napn = x\n[blynk]\ntoken = short-cAnArY\n"), 0);
    assert_string_equal(dir->conf->bridge.link.session.token, "short-cAnArY");
    assert_int_equal(dir->report.warnings, 1);
    conf_dir_expect(dir, "blynkd.conf:4: [blynk] token: Blynk's tokens have 32 characters, this one has not");
    assert_null(strstr(dir->findings, "cAnArY"));
}

/* Ways in which a person can get a secret into a place where it does not belong. */
static void secrets_are_never_in_a_finding(void **state)
{
    static const char *const texts[] = {
        "[blynk]\ntoken = " CANARY "\"\n",
        "[blynk]\ntoken = \"" CANARY "\n",
        "[blynk]\ntoken = " CANARY CANARY CANARY CANARY "\n",
        "[blynk]\n" CANARY "\n",
        "[blynk]\n" CANARY " = token\n",
        "[blynk]\ntoken " CANARY "\n",
        "[blynk]\ntokem = " CANARY "\n",
        "[modem]\npin = " CANARY "\n",
        "[network]\npassword = \"" CANARY "\\\"\n",
        "[" CANARY CANARY "]\nx = y\n",
        "[" CANARY "]\nx = y\n",
        "[pin " CANARY "]\nx = y\n",
        CANARY "\n",
        "token = " CANARY "\n",
    };
    struct conf_dir *dir = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(conf_dir_try(dir, texts[i]), -EINVAL);
        if (strstr(dir->findings, "cAnArY")) {
            fail_msg("%s shows in:\n%s", texts[i], dir->findings);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_kind_is_told_with_its_place, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(all_are_told_at_once, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_flood_of_errors_is_cut, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_wrong_configuration_is_wiped, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_missing_token_is_told_once, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_name_server_is_an_address, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(an_odd_token_is_a_warning, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(secrets_are_never_in_a_finding, conf_dir_setup, conf_dir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
