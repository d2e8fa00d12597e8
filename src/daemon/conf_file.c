#include "conf_load.h"

#include "blynkd/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAEMON_GROUP "blynkd"

static const char *open_words(int error)
{
    switch (error) {
    case ENOENT:
        return "does not exist";
    case EACCES:
        return "may not be read by the user that blynkd runs as";
    case ELOOP:
        return "is a link that leads nowhere";
    }
    return strerror(error);
}

static const char *kind_words(mode_t mode)
{
    return S_ISDIR(mode) ? "is a directory" : "is not a regular file";
}

/* Reads up to `max` + 1 bytes, so that a file which has grown since fstat() is noticed. */
static int read_all(int fd, size_t max, struct conf_file *file)
{
    file->text = malloc(max + 2);
    file->len = 0;
    if (!file->text) {
        return -ENOMEM;
    }
    while (file->len <= max) {
        ssize_t got = read(fd, file->text + file->len, max + 1 - file->len);
        if (got < 0 && errno != EINTR) {
            return -errno;
        }
        if (got == 0) {
            break;
        }
        file->len += got > 0 ? (size_t)got : 0;
    }
    file->text[file->len] = '\0';
    return 0;
}

static int read_open_file(int fd, size_t max, struct conf_file *file, char why[CONF_WHY_MAX])
{
    if (fstat(fd, &file->stat) != 0) {
        snprintf(why, CONF_WHY_MAX, "%s", strerror(errno));
        return -1;
    }
    if (!S_ISREG(file->stat.st_mode)) {
        snprintf(why, CONF_WHY_MAX, "%s", kind_words(file->stat.st_mode));
        return -1;
    }
    int error = read_all(fd, max, file);
    if (error) {
        snprintf(why, CONF_WHY_MAX, "%s", strerror(-error));
        return -1;
    }
    if (file->len > max) {
        snprintf(why, CONF_WHY_MAX, "is larger than %zu bytes", max);
        return -1;
    }
    return 0;
}

int conf_file_read(const char *path, size_t max, struct conf_file *file, char why[CONF_WHY_MAX])
{
    *file = (struct conf_file){.text = NULL};
    /* O_NONBLOCK: opening a FIFO must not wait for a writer. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0) {
        snprintf(why, CONF_WHY_MAX, "%s", open_words(errno));
        return -1;
    }
    int error = read_open_file(fd, max, file, why);
    close(fd);
    if (error) {
        conf_file_free(file);
    }
    return error;
}

void conf_file_free(struct conf_file *file)
{
    if (file->text) {
        secret_wipe(file->text, file->len);
    }
    free(file->text);
    file->text = NULL;
    file->len = 0;
}

/* Groups that may know the secrets: root's, the daemon's, the one that this process runs with. */
static bool group_is_trusted(gid_t gid)
{
    const struct group *group = getgrnam(DAEMON_GROUP);

    return gid == 0 || gid == getegid() || (group && group->gr_gid == gid);
}

bool conf_file_exposed(const char *path, const struct stat *stat, char why[CONF_WHY_MAX])
{
    if (stat->st_mode & (S_IROTH | S_IWOTH)) {
        snprintf(why, CONF_WHY_MAX, "holds a secret and everybody can %s it; mend it: chmod o-rwx %s",
                 stat->st_mode & S_IROTH ? "read" : "change", path);
        return true;
    }
    if ((stat->st_mode & (S_IRGRP | S_IWGRP)) && !group_is_trusted(stat->st_gid)) {
        snprintf(why, CONF_WHY_MAX, "holds a secret and a foreign group can read it; mend it: chmod g-rwx %s",
                 path);
        return true;
    }
    return false;
}
