#include "blynkd/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

ssize_t file_read_at(int dir_fd, const char *name, char *text, size_t size)
{
    int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    size_t len = 0;
    ssize_t got;

    if (fd < 0) {
        return -errno;
    }
    do {
        got = read(fd, text + len, size - len);
        len += got > 0 ? (size_t)got : 0;
    } while (got > 0 && len < size);
    ssize_t result = got < 0 ? -errno : (ssize_t)len;
    close(fd);
    return len == size ? -EFBIG : result;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, text, len);
        if (written < 0) {
            return -errno;
        }
        text += written;
        len -= (size_t)written;
    }
    return fsync(fd) == 0 ? 0 : -errno;
}

/* The old file stays whole until the new one is on the disk; the directory too, or the rename may be forgotten. */
int file_replace_at(int dir_fd, const char *name, const char *text, size_t len)
{
    char new_name[FILE_NAME_MAX_BYTES];

    if (snprintf(new_name, sizeof(new_name), "%s.new", name) >= (int)sizeof(new_name)) {
        return -ENAMETOOLONG;
    }
    int fd = openat(dir_fd, new_name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return -errno;
    }
    int error = write_all(fd, text, len);
    if (close(fd) != 0 && !error) {
        error = -errno;
    }
    if (!error && renameat(dir_fd, new_name, dir_fd, name) != 0) {
        error = -errno;
    }
    if (!error && fsync(dir_fd) != 0) {
        error = -errno;
    }
    return error;
}
