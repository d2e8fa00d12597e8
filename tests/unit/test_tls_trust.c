/*
 * Whom to trust: certificate files and directories, good and bad, and what is said about the bad ones.
 */
#include "tls_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct tls_papers papers;
static char path[100];
static char why[TLS_WHY_MAX];

static int on_group_setup(void **state)
{
    (void)state;
    tls_papers_make(&papers);
    snprintf(path, sizeof(path), "%s/tried", papers.dir);
    return 0;
}

static int on_group_teardown(void **state)
{
    (void)state;
    tls_papers_remove(&papers);
    return 0;
}

static int on_teardown(void **state)
{
    (void)state;
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    remove(path);
    return 0;
}

static struct tls_context *create(const char *ca_file, const char *ca_dir)
{
    struct tls_config config = {.wall_ms = TLS_PAPER_NOW_S * 1000};

    snprintf(config.ca_file, sizeof(config.ca_file), "%s", ca_file);
    snprintf(config.ca_dir, sizeof(config.ca_dir), "%s", ca_dir);
    return tls_context_create(&config, why);
}

static void write_text(const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void assert_why(const char *format)
{
    char expected[TLS_WHY_MAX];

    snprintf(expected, sizeof(expected), format, path);
    assert_string_equal(why, expected);
}

/* A server of the papers is reached, or not. */
static void assert_reaches(struct tls_context *context, const struct tls_paper *paper, bool reached)
{
    struct tls_rig *rig = tls_rig_create(&papers, 3);

    assert_non_null(context);
    assert_string_equal(why, "");
    tls_peer_show(&rig->peer, paper, &papers.between);
    tls_stream_use(rig->tls, context, "");
    tls_context_destroy(context);
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, reached);
    tls_rig_destroy(rig);
}

static void test_a_file_that_is_not_there(void **state)
{
    (void)state;
    assert_null(create(path, ""));
    assert_why("ca_file %s cannot be read: No such file or directory");
    assert_null(create(papers.dir, ""));
    assert_non_null(strstr(why, "cannot be read: Is a directory"));
    assert_null(create(papers.ca_file, path));
    assert_why("ca_dir %s cannot be read: No such file or directory");
    assert_null(create("", papers.ca_file));
    assert_non_null(strstr(why, "cannot be read: Not a directory"));
}

static void test_a_file_that_may_not_be_read(void **state)
{
    (void)state;
    if (geteuid() == 0) {
        skip(); /* root may read everything */
    }
    write_text("");
    assert_int_equal(chmod(path, 0), 0);
    assert_null(create(path, ""));
    assert_why("ca_file %s cannot be read: Permission denied");
}

static void test_a_file_without_certificates(void **state)
{
    static const char *const texts[] = {"", "token = abc\n", "\x30\x82\x01\x02",
                                        "-----BEGIN PRIVATE KEY-----\nAAAA\n"};

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        write_text(texts[i]);
        assert_null(create(path, ""));
        assert_why(
            "ca_file %s holds no certificate (it must be text that begins with -----BEGIN CERTIFICATE-----)");
    }
}

static void test_a_damaged_file(void **state)
{
    char text[8192];
    FILE *file = fopen(papers.ca_file, "r");

    (void)state;
    assert_non_null(file);
    size_t len = fread(text, 1, sizeof(text) - 200, file);
    fclose(file);
    snprintf(text + len, 200, "-----BEGIN CERTIFICATE-----\nAAAABBBB\n-----END CERTIFICATE-----\n");
    write_text(text);
    assert_null(create(path, ""));
    assert_why("ca_file %s is damaged behind its certificate number 1");
}

static void test_a_file_with_expired_certificates_only(void **state)
{
    struct tls_paper old;

    (void)state;
    tls_paper_make(
        &old, NULL,
        &(struct tls_paper_wish){.name = "Old Root", .authority = true, .from_day = -30, .to_day = -2});
    tls_paper_write(&old, path);
    tls_paper_free(&old);
    assert_null(create(path, ""));
    assert_why("ca_file %s holds only expired certificates (the last one ended on 2027-01-13)");
    struct tls_config config = {.wall_ms = 0}; /* the time is not known */
    snprintf(config.ca_file, sizeof(config.ca_file), "%s", path);
    struct tls_context *context = tls_context_create(&config, why);
    assert_non_null(context);
    tls_context_destroy(context);
}

static void test_a_file_with_the_servers_own_certificate(void **state)
{
    struct tls_paper own;

    (void)state;
    tls_paper_write(&papers.server, path);
    assert_reaches(create(path, ""), &papers.server, true);
    tls_paper_make(&own, NULL, &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME});
    tls_paper_write(&own, path);
    assert_reaches(create(path, ""), &own, true);
    assert_reaches(create(path, ""), &papers.server, false);
    tls_paper_free(&own);
}

static void test_a_directory(void **state)
{
    char name[160];

    (void)state;
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(create("", path));
    assert_why("ca_dir %s holds no certificate under the hash of its name (`openssl rehash` names them so)");
    snprintf(name, sizeof(name), "%s/%08lx.0", path, X509_subject_name_hash(papers.authority.certificate));
    tls_paper_write(&papers.authority, name);
    assert_reaches(create("", path), &papers.server, true);
    unlink(name);
}

static void test_the_systems_store(void **state)
{
    struct tls_context *context;

    (void)state;
    setenv("SSL_CERT_FILE", papers.ca_file, 1);
    assert_reaches(create("", ""), &papers.server, true);
    setenv("SSL_CERT_FILE", path, 1);
    setenv("SSL_CERT_DIR", path, 1);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(create("", ""));
    assert_string_equal(strstr(why, ": install"), ": install the package ca-certificates, or name a ca_file");
    context = create(papers.ca_file, ""); /* which does not need the system's */
    assert_reaches(context, &papers.server, true);
}

static void test_a_new_context_while_the_old_one_is_in_use(void **state)
{
    struct tls_rig *rig = tls_rig_create(&papers, 5);

    (void)state;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    tls_context_destroy(rig->context);
    rig->context = create(papers.ca_file, "");
    tls_stream_use(rig->tls, rig->context, "");
    assert_int_equal(tls_rig_write(rig, "hello", 5), 5);
    tls_rig_close(rig);
    tls_rig_open(rig, 1000);
    assert_true(tls_stream_info(rig->tls)->resumed); /* the same trust */
    tls_rig_destroy(rig);
    tls_context_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_a_file_that_is_not_there, on_teardown),
        cmocka_unit_test_teardown(test_a_file_that_may_not_be_read, on_teardown),
        cmocka_unit_test_teardown(test_a_file_without_certificates, on_teardown),
        cmocka_unit_test_teardown(test_a_damaged_file, on_teardown),
        cmocka_unit_test_teardown(test_a_file_with_expired_certificates_only, on_teardown),
        cmocka_unit_test_teardown(test_a_file_with_the_servers_own_certificate, on_teardown),
        cmocka_unit_test_teardown(test_a_directory, on_teardown),
        cmocka_unit_test_teardown(test_the_systems_store, on_teardown),
        cmocka_unit_test_teardown(test_a_new_context_while_the_old_one_is_in_use, on_teardown),
    };

    return cmocka_run_group_tests(tests, on_group_setup, on_group_teardown);
}
