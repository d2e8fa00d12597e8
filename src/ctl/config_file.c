#include "config_file.h"

#include "doctor_program.h"

#include "blynkd/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- reading ------------------------------------------------------------------------------------------- */

static int read_whole(struct config_file *file, int fd)
{
    size_t size = (size_t)file->stat.st_size;
    size_t len = 0;

    file->text = calloc(1, size + 1);
    while (file->text && len < size) {
        ssize_t got = read(fd, file->text + len, size - len);
        if (got < 0) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    if (!file->text) {
        return -ENOMEM;
    }
    return memchr(file->text, '\0', len) ? -EBADMSG : 0;
}

int config_file_read(struct config_file *file, const char *path)
{
    int fd, error;

    *file = (struct config_file){0};
    if (strlen(path) >= sizeof(file->path) || !realpath(path, file->path)) {
        return -errno;
    }
    fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &file->stat)) {
        error = -errno;
    } else if (!S_ISREG(file->stat.st_mode) || file->stat.st_size > CONFIG_FILE_MAX) {
        error = -EFBIG;
    } else {
        error = read_whole(file, fd);
    }
    if (fd >= 0) {
        close(fd);
    }
    return error;
}

/* ---- writing ------------------------------------------------------------------------------------------- */

static int write_fresh(const struct config_file *file, int fd, const struct config_key *key,
                       const char *value)
{
    FILE *out = fdopen(fd, "w");
    int error;

    if (!out) {
        error = -errno;
        close(fd);
        return error;
    }
    error = config_edit(file->text, key, value, out);
    if (!error && (fflush(out) || fchown(fd, file->stat.st_uid, file->stat.st_gid) ||
                   fchmod(fd, file->stat.st_mode & 07777) || fsync(fd))) {
        error = -errno;
    }
    if (fclose(out) && !error) {
        error = -errno;
    }
    return error;
}

int config_file_change(struct config_file *file, const struct config_key *key, const char *value)
{
    int fd, error;

    snprintf(file->fresh, sizeof(file->fresh), "%s.XXXXXX", file->path);
    fd = mkostemp(file->fresh, O_CLOEXEC);
    if (fd < 0) {
        error = -errno;
        file->fresh[0] = '\0';
        return error;
    }
    error = write_fresh(file, fd, key, value);
    if (error) {
        config_file_drop(file);
    }
    return error;
}

static void sync_directory(const char *path)
{
    char copy[4096];
    int fd;

    snprintf(copy, sizeof(copy), "%s", path);
    fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
}

int config_file_take(struct config_file *file)
{
    if (rename(file->fresh, file->path)) {
        int error = -errno;
        config_file_drop(file);
        return error;
    }
    file->fresh[0] = '\0';
    sync_directory(file->path);
    return 0;
}

void config_file_drop(struct config_file *file)
{
    if (file->fresh[0]) {
        unlink(file->fresh);
        file->fresh[0] = '\0';
    }
}

void config_file_free(struct config_file *file)
{
    if (file->text) {
        secret_wipe(file->text, (size_t)file->stat.st_size);
        free(file->text);
        file->text = NULL;
    }
}

/* ---- checking ------------------------------------------------------------------------------------------ */

int config_file_check(const char *path, const char *candidate)
{
    const char *words[] = {"blynkd", "--config", path, "--check-config", candidate, NULL};
    posix_spawn_file_actions_t actions;
    char program[PATH_MAX];
    int status, error;
    pid_t pid;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    error = program_find(program)
                ? posix_spawn(&pid, program, &actions, NULL, (char *const *)(uintptr_t)words, environ)
                : ENOENT;
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        return -error;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
}
