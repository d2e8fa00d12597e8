/* The log: levels, masking, escaping, cutting, standard error. */
#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct seen {
    int count;
    enum log_level level;
    char part[32];
    char line[LOG_LINE_MAX + 1];
};

static void on_line(void *arg, enum log_level level, const char *part, const char *line)
{
    struct seen *seen = arg;

    seen->count++;
    seen->level = level;
    snprintf(seen->part, sizeof(seen->part), "%s", part);
    assert_true(strlen(line) <= LOG_LINE_MAX);
    snprintf(seen->line, sizeof(seen->line), "%s", line);
}

static int restore(void **state)
{
    (void)state;
    log_set_sink(NULL, NULL);
    log_set_level(LOG_LEVEL_INFO);
    secret_forget_all();
    return 0;
}

static void test_levels(void **state)
{
    struct seen seen = {0};

    (void)state;
    log_set_sink(on_line, &seen);
    log_debug("at", "not shown");
    assert_int_equal(seen.count, 0);
    assert_false(log_enabled(LOG_LEVEL_DEBUG));
    log_info("at", "%s %d", "shown", 1);
    assert_int_equal(seen.count, 1);
    assert_int_equal(seen.level, LOG_LEVEL_INFO);
    assert_string_equal(seen.part, "at");
    assert_string_equal(seen.line, "shown 1");
    log_set_level(LOG_LEVEL_ERROR);
    log_warning("at", "not shown");
    assert_int_equal(seen.count, 1);
    log_error("at", "shown");
    assert_int_equal(seen.count, 2);
    log_set_level(LOG_LEVEL_DEBUG);
    log_debug("at", "shown");
    assert_int_equal(seen.count, 3);
}

static void test_level_words(void **state)
{
    enum log_level level = LOG_LEVEL_DEBUG;

    (void)state;
    assert_int_equal(log_level_parse("notice", &level), 0);
    assert_int_equal(level, LOG_LEVEL_NOTICE);
    assert_int_equal(log_level_parse("loud", &level), -EINVAL);
    assert_int_equal(log_level_parse("", &level), -EINVAL);
    assert_int_equal(level, LOG_LEVEL_NOTICE);
    assert_string_equal(log_level_name(LOG_LEVEL_WARNING), "warning");
}

static void test_secrets_and_control_bytes(void **state)
{
    struct seen seen = {0};

    (void)state;
    log_set_sink(on_line, &seen);
    secret_add("my\ntoken");
    log_info("at", "say my\ntoken \r\n\t\x1b[31m \x7f \xc3\xa4 \xff \xc2\x85.");
    assert_string_equal(seen.line, "say **** \\r\\n\\t\\x1b[31m \\x7f \xc3\xa4 \\xff \\xc2\\x85.");
}

static void test_cuts_long_lines(void **state)
{
    struct seen seen = {0};
    static char text[LOG_LINE_MAX * 2];

    (void)state;
    log_set_sink(on_line, &seen);
    memset(text, 'x', sizeof(text) - 1);
    text[LOG_LINE_MAX] = '\0';
    log_info("at", "%s", text);
    assert_string_equal(seen.line, text);
    text[LOG_LINE_MAX] = 'x';
    log_info("at", "%s", text);
    assert_int_equal(strlen(seen.line), LOG_LINE_MAX);
    assert_string_equal(seen.line + LOG_LINE_MAX - 5, "xx...");
    memset(text, '\x01', sizeof(text) - 1);
    log_info("at", "%s", text);
    assert_string_equal(seen.line + strlen(seen.line) - 7, "\\x01...");
}

/* Wherever the cut falls, no part of a secret of any use gets through. */
static void test_cut_through_a_secret(void **state)
{
    struct seen seen = {0};
    static char text[LOG_LINE_MAX * 2];

    (void)state;
    log_set_sink(on_line, &seen);
    secret_add("0SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN9");
    for (size_t filler = LOG_LINE_MAX - 100; filler < LOG_LINE_MAX + SECRET_MAX_BYTES + 10; filler++) {
        memset(text, 'x', filler);
        text[filler] = '\0';
        log_info("at", "%s0SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN-SECRET-TOKEN9",
                 text);
        assert_null(strstr(seen.line, "SECR"));
    }
    /* Many short masks pull a cut secret forward from behind the end. */
    secret_add("long-secret-that-becomes-much-shorter-than-it-was");
    for (size_t i = 0; i < LOG_LINE_MAX * 2 - 60;) {
        i += (size_t)snprintf(text + i, sizeof(text) - i,
                              "long-secret-that-becomes-much-shorter-than-it-was ");
    }
    for (size_t skip = 0; skip < 50; skip++) {
        log_info("at", "%s", text + skip);
        assert_null(strstr(seen.line + 60, "long"));
    }
}

static void test_keeps_errno(void **state)
{
    struct seen seen = {0};

    (void)state;
    log_set_sink(on_line, &seen);
    errno = EILSEQ;
    log_info("at", "x");
    assert_int_equal(errno, EILSEQ);
}

/* Runs `say` with standard error on `fd`. */
static void with_stderr(int fd, void (*say)(void))
{
    int saved = dup(STDERR_FILENO);

    assert_true(saved >= 0);
    assert_true(dup2(fd, STDERR_FILENO) >= 0);
    log_set_sink(NULL, NULL);
    say();
    assert_true(dup2(saved, STDERR_FILENO) >= 0);
    close(saved);
}

static void say_one(void)
{
    log_notice("modem", "ready\nnow");
}

static void read_all(int fd, char *out, size_t size)
{
    ssize_t len = read(fd, out, size - 1);

    assert_true(len >= 0);
    out[len] = '\0';
}

static void test_stderr_for_people(void **state)
{
    char text[256];
    int fds[2];
    int year, month, day, hour, minute, second, ms, end = 0;

    (void)state;
    unsetenv("JOURNAL_STREAM");
    assert_int_equal(pipe(fds), 0);
    with_stderr(fds[1], say_one);
    read_all(fds[0], text, sizeof(text));
    assert_int_equal(
        sscanf(text, "%d-%d-%d %d:%d:%d.%3d %n", &year, &month, &day, &hour, &minute, &second, &ms, &end), 7);
    assert_string_equal(text + end, "notice  modem: ready\\nnow\n");
    close(fds[0]);
    close(fds[1]);
}

static void test_stderr_for_journal(void **state)
{
    char text[256];
    char stream[64];
    struct stat stat;
    int fds[2];

    (void)state;
    assert_int_equal(pipe(fds), 0);
    assert_int_equal(fstat(fds[1], &stat), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)stat.st_dev,
             (unsigned long long)stat.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);
    with_stderr(fds[1], say_one);
    read_all(fds[0], text, sizeof(text));
    assert_string_equal(text, "<5>modem: ready\\nnow\n");
    /* Inherited by something whose standard error goes elsewhere: no priorities. */
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)stat.st_dev,
             (unsigned long long)stat.st_ino + 1);
    setenv("JOURNAL_STREAM", stream, 1);
    with_stderr(fds[1], say_one);
    read_all(fds[0], text, sizeof(text));
    assert_true(text[0] != '<');
    unsetenv("JOURNAL_STREAM");
    close(fds[0]);
    close(fds[1]);
}

static int stuck_pipe[2];
static unsigned said;

/* Says more than a pipe holds, then reads it empty and says one more. */
static void say_too_much(void)
{
    static char rest[1 << 20];

    for (said = 0; said < 2000; said++) {
        log_info("at", "%0200u", said);
    }
    assert_true(read(stuck_pipe[0], rest, sizeof(rest)) > 0);
    log_info("at", "reader is back");
}

static void test_stuck_reader_does_not_block(void **state)
{
    char text[512];

    (void)state;
    assert_int_equal(pipe(stuck_pipe), 0);
    with_stderr(stuck_pipe[1], say_too_much);
    read_all(stuck_pipe[0], text, sizeof(text));
    assert_non_null(strstr(text, "lines of this log were lost\n"));
    assert_non_null(strstr(text, "reader is back\n"));
    close(stuck_pipe[0]);
    close(stuck_pipe[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_levels, restore),
        cmocka_unit_test_teardown(test_level_words, restore),
        cmocka_unit_test_teardown(test_secrets_and_control_bytes, restore),
        cmocka_unit_test_teardown(test_cuts_long_lines, restore),
        cmocka_unit_test_teardown(test_cut_through_a_secret, restore),
        cmocka_unit_test_teardown(test_keeps_errno, restore),
        cmocka_unit_test_teardown(test_stderr_for_people, restore),
        cmocka_unit_test_teardown(test_stderr_for_journal, restore),
        cmocka_unit_test_teardown(test_stuck_reader_does_not_block, restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
