/*
 * A directory of its own for a test that reads configuration files, and what was found wrong in them. Made in
 * the test's setup, removed with all that is in it by its teardown. Knows nothing of what the files mean.
 */
#ifndef TEST_CONF_DIR_H
#define TEST_CONF_DIR_H

#include "daemon/conf.h"

#include "blynkd/base/secret.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* 32 characters that occur in no other text. */
#define CANARY "cAnArY0123456789cAnArY0123456789"

/* What every configuration needs. */
#define MINIMUM "[network]\napn = internet\n[blynk]\ntoken = " CANARY "\n"

struct conf_dir {
    char path[64];
    char main_file[96];
    struct conf *conf;
    struct conf_report report;
    char findings[16384]; /* one a line, "E " or "W " before it */
};

static inline int conf_dir_setup(void **state)
{
    struct conf_dir *dir = calloc(1, sizeof(*dir));

    assert_non_null(dir);
    strcpy(dir->path, "/tmp/blynkd-conf-XXXXXX");
    assert_non_null(mkdtemp(dir->path));
    snprintf(dir->main_file, sizeof(dir->main_file), "%s/blynkd.conf", dir->path);
    dir->conf = calloc(1, sizeof(*dir->conf));
    assert_non_null(dir->conf);
    conf_report_init(&dir->report);
    *state = dir;
    return 0;
}

static inline int conf_dir_remove(const char *path, const struct stat *stat, int type, struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int conf_dir_teardown(void **state)
{
    struct conf_dir *dir = *state;

    nftw(dir->path, conf_dir_remove, 8, FTW_DEPTH | FTW_PHYS);
    conf_report_free(&dir->report);
    free(dir->conf);
    free(dir);
    secret_forget_all();
    unsetenv("CREDENTIALS_DIRECTORY");
    return 0;
}

/* Writes `bytes` to `name` in the directory, with this mode whatever the umask. */
static inline void conf_dir_write_bytes(const struct conf_dir *dir, const char *name, const void *bytes,
                                        size_t len, mode_t mode)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%s", dir->path, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static inline void conf_dir_write(const struct conf_dir *dir, const char *name, const char *text, mode_t mode)
{
    conf_dir_write_bytes(dir, name, text, strlen(text), mode);
}

static inline void conf_dir_make_dropins(const struct conf_dir *dir)
{
    char path[128];

    snprintf(path, sizeof(path), "%s.d", dir->main_file);
    assert_int_equal(mkdir(path, 0755), 0);
}

static inline void conf_dir_take_finding(void *arg, enum conf_gravity gravity, const char *text)
{
    struct conf_dir *dir = arg;
    size_t len = strlen(dir->findings);

    snprintf(dir->findings + len, sizeof(dir->findings) - len, "%c %s\n", "WEM"[gravity], text);
}

static inline int conf_dir_load(struct conf_dir *dir)
{
    conf_report_free(&dir->report);
    conf_report_init(&dir->report);
    dir->findings[0] = '\0';
    int error = conf_load(dir->main_file, dir->conf, &dir->report, NULL);
    conf_report_each(&dir->report, conf_dir_take_finding, dir);
    return error;
}

/* Writes the main file with mode 0600 and loads it. */
static inline int conf_dir_try(struct conf_dir *dir, const char *text)
{
    conf_dir_write(dir, "blynkd.conf", text, 0600);
    return conf_dir_load(dir);
}

static inline void conf_dir_expect(const struct conf_dir *dir, const char *finding)
{
    if (!strstr(dir->findings, finding)) {
        fail_msg("not found: %s\nin:\n%s", finding, dir->findings);
    }
}

#endif
