#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* The device numbers of PTYs (Linux, Documentation/admin-guide/devices.txt: 136-143 char). */
#define PTY_MAJOR_FIRST 136
#define PTY_MAJOR_LAST  143

int device_explain(int error, const struct port_config *config, char *why, size_t size)
{
    const char *path = config->path;

    switch (-error) {
    case ENOENT:
    case ENXIO:
    case ENODEV:
    case ENOTDIR:
        snprintf(why, size, "the modem's port %.60s is not there: is it plugged in and switched on?", path);
        return -ENOENT;
    case EACCES:
    case EPERM:
        snprintf(why, size,
                 "no right to open %.60s: the user that blynkd runs as must be in the group dialout", path);
        break;
    case EBUSY:
        snprintf(why, size,
                 "another program holds %.60s (ModemManager, a login prompt, a terminal?): stop it", path);
        break;
    case ENOTTY:
        snprintf(why, size, "%.60s is not a serial port: give the path of the modem's port", path);
        break;
    case EIO:
        snprintf(why, size, "there is nothing behind %.60s: is this the modem's port?", path);
        break;
    case EINVAL:
    case ENOTSUP:
        snprintf(why, size, "%.60s does not do %lu baud%s: choose another speed", path,
                 (unsigned long)config->baud, config->rtscts ? " with flow control" : "");
        break;
    default:
        snprintf(why, size, "the modem's port %.60s cannot be opened: %.40s", path, strerror(-error));
        break;
    }
    return error;
}

/*
 * Opens the tty and takes the lock before a setting is touched, so that a second blynkd does not disturb the
 * first. The kernel's TIOCEXCL does not stop root; flock() stops everybody who asks.
 */
static int open_locked(const char *path)
{
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int error = 0;

    if (fd < 0) {
        return errno == EISDIR ? -ENOTTY : -errno;
    }
    if (!isatty(fd)) {
        error = -ENOTTY;
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        error = errno == EWOULDBLOCK ? -EBUSY : -errno;
    }
    if (error) {
        close(fd);
        return error;
    }
    return fd;
}

static const struct device_backend *choose_backend(int fd)
{
    struct stat stat;

    if (fstat(fd, &stat) != 0) {
        return &device_backend_serial;
    }
    unsigned number = major(stat.st_rdev);
    return number >= PTY_MAJOR_FIRST && number <= PTY_MAJOR_LAST ? &device_backend_pty
                                                                 : &device_backend_serial;
}

static int open_resolved(struct device *device, const char *path, const struct port_config *config)
{
    int locked_fd = open_locked(path);

    if (locked_fd < 0) {
        return locked_fd;
    }
    device->backend = choose_backend(locked_fd);
    device->locked_fd = locked_fd;
    device->fd = device->backend->open(path, locked_fd, config, &device->handle);
    if (device->fd < 0) {
        close(locked_fd);
        return device->fd;
    }
    return 0;
}

int device_open(struct device *device, const struct port_config *config, char *why, size_t size)
{
    char path[PATH_MAX];
    int error = realpath(config->path, path) ? open_resolved(device, path, config) : -errno;

    return error ? device_explain(error, config, why, size) : 0;
}

void device_close(struct device *device)
{
    device->backend->close(device->fd, device->handle);
    close(device->locked_fd);
}
