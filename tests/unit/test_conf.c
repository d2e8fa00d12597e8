/* The table, what it prints, and what values become. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf_dir.h"

#include <errno.h>

static void read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");

    assert_non_null(file);
    size_t len = fread(text, 1, size - 1, file);
    text[len] = '\0';
    assert_true(feof(file));
    fclose(file);
}

static void the_file_is_what_the_table_prints(void **state)
{
    static char file[CONF_FILE_MAX];
    struct buf printed;

    (void)state;
    buf_init(&printed, CONF_FILE_MAX);
    assert_int_equal(conf_print(&printed), 0);
    assert_int_equal(buf_append(&printed, "", 1), 0);
    read_file(TEST_SOURCE_DIR "/conf/blynkd.conf", file, sizeof(file));
    assert_string_equal(file, (const char *)buf_bytes(&printed));
    buf_free(&printed);
}

/* Takes the '#' off every line that is a key. */
static void uncomment(char *text)
{
    char *out = text;

    for (char *at = text; *at; at++) {
        bool line_start = at == text || at[-1] == '\n';
        if (*at == '#' && line_start && at[1] != ' ' && at[1] != '\n') {
            continue;
        }
        *out++ = *at;
    }
    *out = '\0';
}

static void every_line_of_the_file_can_be_used(void **state)
{
    struct conf_dir *dir = *state;
    static char file[CONF_FILE_MAX];

    read_file(TEST_SOURCE_DIR "/conf/blynkd.conf", file, sizeof(file));
    uncomment(file);
    /* The five files that it names do not exist here. */
    assert_int_equal(conf_dir_try(dir, file), -EINVAL);
    conf_dir_expect(dir, "[blynk] has both token and token_file; remove one");
    assert_int_equal(dir->report.errors, 5);
    assert_int_equal(dir->report.warnings, 0);
}

static void the_file_as_it_is_sets_nothing(void **state)
{
    struct conf_dir *dir = *state;
    static char file[CONF_FILE_MAX];
    static char whole[CONF_FILE_MAX + 256];
    struct conf *defaults = calloc(1, sizeof(*defaults));

    read_file(TEST_SOURCE_DIR "/conf/blynkd.conf", file, sizeof(file));
    snprintf(whole, sizeof(whole), "%s%s", file, MINIMUM);
    assert_int_equal(conf_dir_try(dir, whole), 0);
    conf_defaults(defaults);
    memcpy(defaults->bridge.link.session.token, CANARY, sizeof(CANARY));
    strcpy(defaults->modem.apn, "internet");
    defaults->apn_given = true;
    strcpy(defaults->bridge.link.state_dir, defaults->modem.state_dir); /* one for all */
    assert_memory_equal(defaults, dir->conf, sizeof(*defaults));
    free(defaults);
}

static void every_row_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < conf_key_count(); i++) {
        const struct conf_key *key = conf_key_at(i);
        assert_true(key->offset + key->size <= sizeof(struct conf));
        assert_true(key->fallback || key->example);
        assert_non_null(key->unit);
        assert_true(strlen(key->help) > 10);
        assert_null(strchr(key->help, '\n'));
        assert_false(key->secret && key->fallback);
        if (!strchr(key->section, '*') && !strchr(key->name, '*')) {
            assert_ptr_equal(conf_key_find(key->section, key->name), key);
        }
    }
}

static void defaults_are_what_the_documents_promise(void **state)
{
    struct conf_dir *dir = *state;
    struct conf *conf = dir->conf;

    assert_int_equal(conf_dir_try(dir, MINIMUM), 0);
    assert_string_equal(dir->findings, "");
    assert_string_equal(conf->port.path, "/dev/serial0");
    assert_int_equal(conf->port.baud, 115200);
    assert_string_equal(conf->modem.profile, "auto");
    assert_int_equal(conf->modem.command_gap_ms, -1);
    assert_int_equal(conf->modem.poll_ms, 120000);
    assert_true(conf->modem.allow_roaming);
    assert_string_equal(conf->bridge.link.host, "blynk.cloud");
    assert_int_equal(conf->bridge.link.port, 0);
    assert_true(conf->bridge.link.tls);
    assert_int_equal(conf->bridge.link.allowed_redirect_count, 1);
    assert_string_equal(conf->bridge.link.allowed_redirects[0], ".blynk.cloud");
    assert_int_equal(conf->bridge.link.retry_first_ms, 1000);
    assert_int_equal(conf->bridge.link.retry_max_ms, 300000);
    assert_int_equal(conf->bridge.link.refused_ms[3], 3600000);
    assert_int_equal(conf->bridge.link.session.rate_per_s, 8);
    assert_int_equal(conf->bridge.link.session.burst, 10);
    assert_int_equal(conf->bridge.link.session.heartbeat_ms, LINK_HEARTBEAT_LEARNED);
    assert_int_equal(conf->bridge.link.heartbeat_max_ms, 300000);
    assert_string_equal(conf->bridge.link.state_dir, "/var/lib/blynkd");
    assert_int_equal(conf->bridge.outbox.max_bytes, 1 << 20);
    assert_int_equal(conf->bridge.outbox.durability, OUTBOX_OFFLINE);
    assert_int_equal(conf->bridge.outbox.policy, OUTBOX_REFUSE);
    assert_int_equal(conf->bridge.outbox.spill_after_ms, 10000);
    assert_int_equal(conf->bridge.outbox.commit_interval_ms, 2000);
    assert_int_equal(conf->bridge.outbox.max_rows, 1000000);
    assert_int_equal(conf->bridge.outbox.max_spool_bytes, 256 << 20);
    assert_int_equal(conf->bridge.outbox.max_age_ms, UINT64_C(30) * 24 * 3600 * 1000);
    assert_int_equal(conf->bridge.outbox.min_free_bytes, 64 << 20);
    assert_int_equal(conf->bridge.budget.bytes, 0);
    assert_int_equal(conf->bridge.budget.messages, 0);
    assert_int_equal(conf->bridge.budget.reset_day, 1);
    assert_int_equal(conf->api.socket_mode, 0660);
    assert_string_equal(conf->api.socket_group, "blynkd");
    assert_string_equal(conf->api.socket_path, "/run/blynkd/blynkd.sock");
    assert_int_equal(conf->api.listen_fd, -1);
    assert_int_equal(conf->delivery, CONF_DELIVER_ALL);
    assert_int_equal(conf->log_level, LOG_LEVEL_INFO);
}

static void values_reach_their_places(void **state)
{
    struct conf_dir *dir = *state;
    struct conf *conf = dir->conf;

    assert_int_equal(conf_dir_try(dir, MINIMUM "server = [2001:db8::1]:8080\n"
                                               "fallback_addresses = 192.0.2.1,192.0.2.2 , 2001:db8::2\n"
                                               "heartbeat = 2m ; comment\n"
                                               "[modem]\nrtscts=on\ncommand_gap = 50ms\n  baud : 9600\n"
                                               "profile = sim800\npin = \"1234\"\ntrace = YES\n"
                                               "[network]\nuser = \"a ; b # c\"\n"
                                               "[limits]\nrate = 0\n[outbox]\nmax_bytes = 64k\n"
                                               "[pins]\ndelivery = latest\n[pin V5]\ndelivery = all\n"
                                               "[pin d13]\ndelivery = latest\n"
                                               "[socket]\nmode = 0600\ngroup =\n"
                                               "[access]\nuser.pi = admin\ngroup.www-data = reader\n"
                                               "[log]\nlevel = debug\n"),
                     -EINVAL); /* inih takes " ;" for a comment also between quotes: said, not guessed */
    assert_int_equal(dir->report.errors, 1);
    conf_dir_expect(dir, "[network] user: a double quote at the beginning of the value, but none at its end");

    assert_int_equal(conf_dir_try(dir, MINIMUM "server = [2001:db8::1]:8080\n"
                                               "fallback_addresses = 192.0.2.1,192.0.2.2 , 2001:db8::2\n"
                                               "heartbeat = 2m ; comment\n"
                                               "[modem]\nrtscts=on\ncommand_gap = 50ms\n  baud : 9600\n"
                                               "profile = sim800\npin = \"1234\"\ntrace = YES\n"
                                               "[network]\nuser = \" a # c \"\ndns = 1.1.1.1, 9.9.9.9\n"
                                               "[limits]\nrate = 0\n[outbox]\nmax_bytes = 64k\n"
                                               "[budget]\nbytes = 5M\nmessages = 30000\nreset_day = 28\n"
                                               "[pins]\ndelivery = latest\n[pin V5]\ndelivery = all\n"
                                               "[pin d13]\ndelivery = latest\n"
                                               "[socket]\nmode = 0600\ngroup =\n"
                                               "[access]\nuser.pi = admin\ngroup.www-data = reader\n"
                                               "[log]\nlevel = debug\n"),
                     0);
    assert_string_equal(conf->bridge.link.host, "2001:db8::1");
    assert_int_equal(conf->bridge.link.port, 8080);
    assert_int_equal(conf->bridge.link.fallback_count, 3);
    assert_int_equal(conf->modem.name_server_count, 2);
    assert_string_equal(conf->modem.name_servers[0], "1.1.1.1");
    assert_string_equal(conf->modem.name_servers[1], "9.9.9.9");
    assert_string_equal(conf->bridge.link.fallback_addresses[2], "2001:db8::2");
    assert_int_equal(conf->bridge.link.session.heartbeat_ms, 120000);
    assert_int_equal(conf->port.rtscts, 1);
    assert_int_equal(conf->port.baud, 9600);
    assert_int_equal(conf->modem.command_gap_ms, 50);
    assert_string_equal(conf->modem.pin, "1234");
    assert_true(conf->trace);
    assert_string_equal(conf->modem.user, " a # c ");
    assert_int_equal(conf->bridge.link.session.rate_per_s, 0);
    assert_int_equal(conf->bridge.outbox.max_bytes, 65536);
    assert_int_equal(conf->bridge.budget.bytes, 5 << 20);
    assert_int_equal(conf->bridge.budget.messages, 30000);
    assert_int_equal(conf->bridge.budget.reset_day, 28);
    assert_int_equal(conf->delivery, CONF_DELIVER_LATEST);
    assert_int_equal(conf->pin_delivery[5], CONF_DELIVER_ALL);
    assert_int_equal(conf->pin_delivery[PIN_NUMBERS + 13], CONF_DELIVER_LATEST);
    assert_int_equal(conf->pin_delivery[6], CONF_DELIVER_DEFAULT);
    assert_int_equal(conf->api.socket_mode, 0600);
    assert_string_equal(conf->api.socket_group, "");
    assert_int_equal(conf->api.rule_count, 2);
    assert_string_equal(conf->api.rules[0].name, "pi");
    assert_false(conf->api.rules[0].is_group);
    assert_int_equal(conf->api.rules[0].role, API_ADMIN);
    assert_string_equal(conf->api.rules[1].name, "www-data");
    assert_true(conf->api.rules[1].is_group);
    assert_int_equal(conf->api.rules[1].role, API_READER);
    assert_int_equal(conf->log_level, LOG_LEVEL_DEBUG);
}

static void what_waits_on_disk_is_configured(void **state)
{
    struct conf_dir *dir = *state;
    struct outbox_config *outbox = &dir->conf->bridge.outbox;

    assert_int_equal(conf_dir_try(dir, MINIMUM "[outbox]\ndurability = always\nspill_after = 1h\n"
                                               "commit_interval = 100ms\nmax_rows = 100000000\n"
                                               "max_size = 8G\nmax_age = 720h\nmin_free = 0\n"
                                               "policy = oldest\n"),
                     0);
    assert_int_equal(outbox->durability, OUTBOX_ALWAYS);
    assert_int_equal(outbox->spill_after_ms, 3600000);
    assert_int_equal(outbox->commit_interval_ms, 100);
    assert_int_equal(outbox->max_rows, 100000000);
    assert_int_equal(outbox->max_spool_bytes, UINT64_C(8) << 30);
    assert_int_equal(outbox->max_age_ms, UINT64_C(2592000000));
    assert_int_equal(outbox->min_free_bytes, 0);
    assert_int_equal(outbox->policy, OUTBOX_DROP_OLDEST);
    assert_int_equal(conf_dir_try(dir, MINIMUM "[outbox]\ndurability = memory\nmax_age = 0\n"), 0);
    assert_int_equal(outbox->durability, OUTBOX_MEMORY);
    assert_int_equal(outbox->max_age_ms, 0);
}

static void pins_have_rules_of_their_own(void **state)
{
    struct conf_dir *dir = *state;
    struct conf *conf = dir->conf;

    assert_int_equal(conf_dir_try(dir,
                                  MINIMUM "[pin V5]\nmin_interval = 1d\ndelivery = latest\ndeadband = 0.25\n"
                                          "[pin a3]\ndeadband = -0\n[pin D255]\ndeadband = 1e3\n"),
                     0);
    assert_string_equal(dir->findings, "");
    assert_int_equal(conf->pin_min_interval_ms[5], 86400000);
    assert_true(conf->pin_deadband[5] > 0.2499 && conf->pin_deadband[5] < 0.2501);
    assert_int_equal(conf->pin_min_interval_ms[6], 0);
    assert_true(conf->pin_deadband[PIN_NUMBERS + 255] > 999 && conf->pin_deadband[PIN_NUMBERS + 255] < 1001);
    const double none = 0;
    assert_memory_equal(&conf->pin_deadband[2 * PIN_NUMBERS + 3], &none, sizeof(none));
    assert_int_equal(conf_delivery_of(conf, 5), CONF_DELIVER_LATEST);
    assert_int_equal(conf_delivery_of(conf, 6), CONF_DELIVER_ALL);
    /* The default for all pins is enough. */
    assert_int_equal(conf_dir_try(dir, MINIMUM "[pin V5]\nmin_interval = 500ms\n[pins]\ndelivery = latest\n"),
                     0);
    assert_int_equal(conf->pin_min_interval_ms[5], 500);
    assert_int_equal(conf_delivery_of(conf, 5), CONF_DELIVER_LATEST);
}

static void an_empty_apn_is_a_choice(void **state)
{
    struct conf_dir *dir = *state;

    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n[network]\napn =\n"), 0);
    assert_int_equal(dir->conf->modem.apn_is, MODEM_APN_GIVEN);
    assert_int_equal(dir->report.missing, 0);
    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n[network]\napn = auto\n"), 0);
    assert_int_equal(dir->conf->modem.apn_is, MODEM_APN_USUAL);
    assert_int_equal(dir->report.missing, 0);
    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n[network]\nuplink = host\n"), 0);
    assert_int_equal(dir->report.missing, 0);
    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n[wifi]\nssid = home\n"), 0);
    assert_int_equal(dir->report.missing, 0);
    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n[modem]\nprofile = esp8266\n"), 0);
    assert_int_equal(dir->conf->missing, CONF_MISSING_SSID);
    conf_dir_expect(dir, "[wifi] ssid: missing");
    assert_int_equal(conf_dir_try(dir, "[blynk]\ntoken = " CANARY "\n"), 0);
    assert_int_equal(dir->conf->modem.apn_is, MODEM_APN_MISSING);
    assert_int_equal(dir->conf->missing, CONF_MISSING_APN);
    conf_dir_expect(dir, "M ");
    conf_dir_expect(dir, "[network] apn: missing");
}

struct differences {
    char text[512];
};

static void on_difference(void *arg, const struct conf_key *key)
{
    struct differences *differences = arg;
    size_t len = strlen(differences->text);

    snprintf(differences->text + len, sizeof(differences->text) - len, "%s.%s ", key->section, key->name);
}

static void differences_are_found_by_key(void **state)
{
    struct conf_dir *dir = *state;
    struct conf *before = calloc(1, sizeof(*before));
    struct differences differences = {.text = ""};

    assert_int_equal(conf_dir_try(dir, MINIMUM), 0);
    *before = *dir->conf;
    conf_compare(before, dir->conf, on_difference, &differences);
    assert_string_equal(differences.text, "");

    assert_int_equal(conf_dir_try(dir, MINIMUM "server = blynk.cloud:8080\nheartbeat = 30s\n"
                                               "fallback_addresses = 192.0.2.1\n"
                                               "[access]\nuser.a = admin\ngroup.b = reader\n"
                                               "[pin V1]\ndelivery = latest\nmin_interval = 1s\n"
                                               "deadband = 2\n[daemon]\nstate_dir = /tmp/x\n"),
                     0);
    conf_compare(before, dir->conf, on_difference, &differences);
    assert_string_equal(differences.text, "blynk.server blynk.fallback_addresses blynk.heartbeat pin "
                                          "*.delivery pin *.min_interval pin *.deadband access.user.* "
                                          "daemon.state_dir ");

    conf_copy_value(dir->conf, before, conf_key_find("daemon", "state_dir"));
    conf_copy_value(dir->conf, before, conf_key_find("blynk", "server"));
    conf_copy_value(dir->conf, before, conf_key_find("blynk", "fallback_addresses"));
    conf_copy_value(dir->conf, before, conf_key_find("access", "user.x"));
    differences.text[0] = '\0';
    conf_compare(before, dir->conf, on_difference, &differences);
    assert_string_equal(differences.text,
                        "blynk.heartbeat pin *.delivery pin *.min_interval pin *.deadband ");
    free(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_file_is_what_the_table_prints),
        cmocka_unit_test(every_row_is_sound),
        cmocka_unit_test_setup_teardown(every_line_of_the_file_can_be_used, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(the_file_as_it_is_sets_nothing, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(defaults_are_what_the_documents_promise, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(values_reach_their_places, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(what_waits_on_disk_is_configured, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(pins_have_rules_of_their_own, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(an_empty_apn_is_a_choice, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(differences_are_found_by_key, conf_dir_setup, conf_dir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
