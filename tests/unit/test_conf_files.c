/* The files themselves: drop-ins, secrets in files and credentials, who may read them, what is no text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "conf_dir.h"

#include <errno.h>
#include <grp.h>

static void dropins_are_read_in_name_order(void **state)
{
    struct conf_dir *dir = *state;
    struct buf files;

    conf_dir_make_dropins(dir);
    conf_dir_write(dir, "blynkd.conf", MINIMUM "[modem]\nbaud = 9600\nport = /dev/main\n", 0600);
    conf_dir_write(dir, "blynkd.conf.d/20-b.conf", "[modem]\nport = /dev/b\n", 0644);
    conf_dir_write(dir, "blynkd.conf.d/10-a.conf", "[modem]\nport = /dev/a\nrtscts = yes\n", 0644);
    conf_dir_write(dir, "blynkd.conf.d/Z.conf", "[log]\nlevel = error\n", 0644);
    conf_dir_write(dir, "blynkd.conf.d/a.conf", "[log]\nlevel = debug\n", 0644);
    conf_dir_write(dir, "blynkd.conf.d/99.conf.bak", "nonsense", 0644);
    conf_dir_write(dir, "blynkd.conf.d/.conf", "nonsense", 0644);
    conf_dir_write(dir, "blynkd.conf.d/.hidden.conf", "nonsense", 0644);
    buf_init(&files, 4096);
    assert_int_equal(conf_load(dir->main_file, dir->conf, &dir->report, &files), 0);
    assert_string_equal(dir->conf->port.path, "/dev/b");
    assert_int_equal(dir->conf->port.baud, 9600);
    assert_int_equal(dir->conf->port.rtscts, 1);
    assert_int_equal(dir->conf->log_level, LOG_LEVEL_DEBUG); /* bytes order: 'Z' before 'a' */
    assert_non_null(strstr((const char *)buf_bytes(&files), "10-a.conf "));
    assert_null(strstr((const char *)buf_bytes(&files), "hidden"));
    buf_free(&files);
}

static void an_error_in_a_dropin_names_that_file(void **state)
{
    struct conf_dir *dir = *state;

    conf_dir_make_dropins(dir);
    conf_dir_write(dir, "blynkd.conf.d/50-x.conf", "[blynk]\ntls = maybe\n", 0600);
    assert_int_equal(conf_dir_try(dir, MINIMUM), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf.d/50-x.conf:2: [blynk] tls: \"maybe\"");
    /* The same key in the main file is overridden, not given twice. */
    conf_dir_write(dir, "blynkd.conf.d/50-x.conf", "[network]\napn = other\n", 0600);
    assert_int_equal(conf_dir_try(dir, MINIMUM), 0);
    assert_string_equal(dir->conf->modem.apn, "other");
    assert_string_equal(dir->findings, "");
}

static void too_many_dropins_are_refused(void **state)
{
    struct conf_dir *dir = *state;

    conf_dir_make_dropins(dir);
    for (int i = 0; i < CONF_DROPINS_MAX + 3; i++) {
        char name[64];
        snprintf(name, sizeof(name), "blynkd.conf.d/%03d.conf", i);
        conf_dir_write(dir, name, "[log]\nlevel = info\n", 0644);
    }
    assert_int_equal(conf_dir_try(dir, MINIMUM), -EINVAL);
    assert_int_equal(dir->report.errors, 1);
    conf_dir_expect(dir, "blynkd.conf.d: more than 64 files");
}

static void a_file_with_a_secret_must_be_closed_to_others(void **state)
{
    struct conf_dir *dir = *state;
    char finding[320];

    conf_dir_write(dir, "blynkd.conf", MINIMUM, 0644);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    assert_int_equal(dir->report.errors, 1);
    snprintf(finding, sizeof(finding),
             "%s: holds a secret and everybody can read it; mend it: chmod o-rwx %s\n", dir->main_file,
             dir->main_file);
    conf_dir_expect(dir, finding);

    conf_dir_write(dir, "blynkd.conf", MINIMUM, 0602);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "everybody can change it");

    conf_dir_write(dir, "blynkd.conf", MINIMUM, 0640); /* the group this process runs with */
    assert_int_equal(conf_dir_load(dir), 0);
}

static void a_foreign_group_must_not_read_it(void **state)
{
    struct conf_dir *dir = *state;
    const struct group *daemon_group = getgrnam("blynkd");
    gid_t foreign = 54321;

    conf_dir_write(dir, "blynkd.conf", MINIMUM, 0640);
    if (chown(dir->main_file, (uid_t)-1, foreign) != 0) {
        skip(); /* only root can give a file to a group that it is not in */
    }
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "holds a secret and a foreign group can read it; mend it: chmod g-rwx");
    if (daemon_group) {
        assert_int_equal(chown(dir->main_file, (uid_t)-1, daemon_group->gr_gid), 0);
        assert_int_equal(conf_dir_load(dir), 0);
    }
}

static void without_a_secret_it_may_be_read_but_not_written(void **state)
{
    struct conf_dir *dir = *state;
    char text[256];

    snprintf(text, sizeof(text), "[network]\napn = x\n[blynk]\ntoken_file = %s/token\n", dir->path);
    conf_dir_write(dir, "token", CANARY "\n", 0600);
    conf_dir_write(dir, "blynkd.conf", text, 0644);
    assert_int_equal(conf_dir_load(dir), 0);
    conf_dir_write(dir, "blynkd.conf", text, 0646);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: everybody can change it; mend it: chmod o-w ");
}

static void secrets_come_from_files(void **state)
{
    struct conf_dir *dir = *state;
    char text[512];
    char shown[64] = "the token is " CANARY ", the PIN 4711.";

    conf_dir_write(dir, "token", CANARY " \r\n\n", 0600);
    conf_dir_write(dir, "pin", "4711", 0400);
    conf_dir_write(dir, "password", "geheim-cAnArY\n", 0600);
    snprintf(text, sizeof(text),
             "[network]\napn = x\npassword_file = %s/password\n[blynk]\ntoken_file = %s/token\n"
             "[modem]\npin_file = %s/pin\n",
             dir->path, dir->path, dir->path);
    assert_int_equal(conf_dir_try(dir, text), 0);
    assert_string_equal(dir->conf->bridge.link.session.token, CANARY);
    assert_string_equal(dir->conf->modem.pin, "4711");
    assert_string_equal(dir->conf->modem.password, "geheim-cAnArY");
    secret_mask(shown);
    assert_string_equal(shown, "the token is ****, the PIN ****.");
}

struct wrong_token {
    const char *bytes;
    size_t len;
    mode_t mode;
    const char *finding;
};

static void a_wrong_secret_file_is_told(void **state)
{
    static const struct wrong_token tokens[] = {
        {CANARY, 32, 0644, "token: holds a secret and everybody can read it; mend it: chmod o-rwx "},
        {CANARY "\nmore\n", 38, 0600, "token: must hold one line of text, the token, and nothing else"},
        {CANARY "\0x", 34, 0600, "token: must hold one line of text"},
        {"\n\n", 2, 0600, "token: is empty"},
        {"", 0, 0600, "token: is empty"},
        {"cAnArY\"cAnArY", 13, 0600, "token: token: has a character that cannot be sent"},
    };
    struct conf_dir *dir = *state;
    char text[256];

    snprintf(text, sizeof(text), "[network]\napn = x\n[blynk]\ntoken_file = %s/token\n", dir->path);
    for (size_t i = 0; i < sizeof(tokens) / sizeof(tokens[0]); i++) {
        conf_dir_write_bytes(dir, "token", tokens[i].bytes, tokens[i].len, tokens[i].mode);
        assert_int_equal(conf_dir_try(dir, text), -EINVAL);
        conf_dir_expect(dir, tokens[i].finding);
        assert_null(strstr(dir->findings, "cAnArY"));
    }
    conf_dir_write(dir, "blynkd.conf", text, 0600);
    static char large[1024];
    memset(large, 'x', sizeof(large));
    conf_dir_write_bytes(dir, "token", large, sizeof(large), 0600);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "/token is larger than 512 bytes");
}

static void credentials_fill_what_is_not_given(void **state)
{
    struct conf_dir *dir = *state;

    setenv("CREDENTIALS_DIRECTORY", dir->path, 1);
    conf_dir_write(dir, "token", CANARY "\n", 0444); /* systemd protects the directory */
    conf_dir_write(dir, "pin", "0000\n", 0400);
    assert_int_equal(conf_dir_try(dir, "[network]\napn = x\n"), 0);
    assert_string_equal(dir->conf->bridge.link.session.token, CANARY);
    assert_string_equal(dir->conf->modem.pin, "0000");
    assert_string_equal(dir->conf->modem.password, "");

    assert_int_equal(
        conf_dir_try(dir, "[network]\napn = x\n[blynk]\ntoken = 0123456789abcdef0123456789abcdef\n"), 0);
    assert_string_equal(dir->conf->bridge.link.session.token, "0123456789abcdef0123456789abcdef");
}

static void what_is_no_file_is_told(void **state)
{
    struct conf_dir *dir = *state;

    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: does not exist");
    assert_int_equal(dir->report.errors, 1); /* not also that it has no token */

    assert_int_equal(mkdir(dir->main_file, 0700), 0);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: is a directory");
    assert_int_equal(rmdir(dir->main_file), 0);

    assert_int_equal(mkfifo(dir->main_file, 0600), 0); /* nobody writes: opening it must not wait */
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: is not a regular file");
    assert_int_equal(unlink(dir->main_file), 0);

    assert_int_equal(symlink(dir->main_file, dir->main_file), 0);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: is a link that leads nowhere");
    assert_int_equal(unlink(dir->main_file), 0);

    if (geteuid() != 0) {
        conf_dir_write(dir, "blynkd.conf", MINIMUM, 0000);
        assert_int_equal(conf_dir_load(dir), -EINVAL);
        conf_dir_expect(dir, "blynkd.conf: may not be read by the user that blynkd runs as");
    }
}

static void what_is_no_text_is_told(void **state)
{
    struct conf_dir *dir = *state;
    static char large[CONF_FILE_MAX + 1];
    char text[1024];

    memset(large, '#', sizeof(large));
    conf_dir_write_bytes(dir, "blynkd.conf", large, sizeof(large), 0600);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: is larger than 65536 bytes");

    conf_dir_write_bytes(dir, "blynkd.conf", MINIMUM "\0", sizeof(MINIMUM), 0600);
    assert_int_equal(conf_dir_load(dir), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf: has zero bytes: this is not a text file");

    memset(large, 'x', 500);
    snprintf(text, sizeof(text), MINIMUM "[network]\nuser = %.500s\n", large);
    assert_int_equal(conf_dir_try(dir, text), -EINVAL);
    conf_dir_expect(dir, "blynkd.conf:6: the line is too long (507 bytes; at most ");

    /* A comment may be as long as it likes; the other system's line ends and a BOM do no harm. */
    snprintf(text, sizeof(text), "\xEF\xBB\xBF# %.500s\r\n%s\r\n[log]\r\nlevel = debug\r\n", large, MINIMUM);
    assert_int_equal(conf_dir_try(dir, text), 0);
    assert_int_equal(dir->conf->log_level, LOG_LEVEL_DEBUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dropins_are_read_in_name_order, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(an_error_in_a_dropin_names_that_file, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(too_many_dropins_are_refused, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_file_with_a_secret_must_be_closed_to_others, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_foreign_group_must_not_read_it, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(without_a_secret_it_may_be_read_but_not_written, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(secrets_come_from_files, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(a_wrong_secret_file_is_told, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(credentials_fill_what_is_not_given, conf_dir_setup,
                                        conf_dir_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_file_is_told, conf_dir_setup, conf_dir_teardown),
        cmocka_unit_test_setup_teardown(what_is_no_text_is_told, conf_dir_setup, conf_dir_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
