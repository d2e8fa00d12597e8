#include "pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* Set through the master: Linux applies it to the host's side. Without it the terminal itself would echo
 * until the host has set its own mode. */
static int make_raw(int master)
{
    struct termios mode;

    if (tcgetattr(master, &mode) < 0)
        return -errno;
    cfmakeraw(&mode);
    cfsetispeed(&mode, B115200);
    cfsetospeed(&mode, B115200);
    return tcsetattr(master, TCSANOW, &mode) < 0 ? -errno : 0;
}

static int open_master(struct pty *pty)
{
    pty->master = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (pty->master < 0)
        return -errno;
    if (grantpt(pty->master) < 0 || unlockpt(pty->master) < 0)
        return -errno;
    if (ptsname_r(pty->master, pty->pts, sizeof pty->pts) != 0)
        return -ENOTTY;
    return make_raw(pty->master);
}

/* A terminal that nobody has open reports a hang-up for ever, so its master is polled only while a host is
 * there; the watch tells when one comes. */
static int watch_opens(struct pty *pty)
{
    pty->opens = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (pty->opens < 0)
        return -errno;
    return inotify_add_watch(pty->opens, pty->pts, IN_OPEN) < 0 ? -errno : 0;
}

int pty_open(struct pty *pty)
{
    int result;

    pty->opens = -1;
    result = open_master(pty);
    if (result == 0)
        result = watch_opens(pty);
    if (result < 0)
        pty_close(pty);
    return result;
}

void pty_close(struct pty *pty)
{
    if (pty->opens >= 0)
        close(pty->opens);
    if (pty->master >= 0)
        close(pty->master);
    pty->opens = -1;
    pty->master = -1;
}

long pty_host_baud(const struct pty *pty)
{
    static const struct {
        speed_t code;
        long baud;
    } speeds[] = {
        {B1200, 1200},   {B2400, 2400},   {B4800, 4800},     {B9600, 9600},     {B19200, 19200},
        {B38400, 38400}, {B57600, 57600}, {B115200, 115200}, {B230400, 230400}, {B460800, 460800},
    };
    struct termios mode;

    if (tcgetattr(pty->master, &mode) < 0)
        return 0;
    for (size_t i = 0; i < sizeof speeds / sizeof speeds[0]; i++)
        if (speeds[i].code == cfgetospeed(&mode))
            return speeds[i].baud;
    return 0;
}

int pty_link(const char *path, const char *target)
{
    char beside[512];
    struct stat found;

    if (lstat(path, &found) == 0 && !S_ISLNK(found.st_mode))
        return -EEXIST;
    if (snprintf(beside, sizeof beside, "%s.%ld", path, (long)getpid()) >= (int)sizeof beside)
        return -ENAMETOOLONG;
    unlink(beside);
    if (symlink(target, beside) < 0)
        return -errno;
    if (rename(beside, path) < 0) {
        int error = errno;

        unlink(beside);
        return -error;
    }
    return 0;
}

void pty_unlink(const char *path, const char *target)
{
    char found[64];
    ssize_t length = readlink(path, found, sizeof found - 1);

    if (length < 0)
        return;
    found[length] = '\0';
    if (strcmp(found, target) == 0)
        unlink(path);
}
