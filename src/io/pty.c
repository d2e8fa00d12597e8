#include "device.h"

#include <errno.h>
#include <termios.h>

/* libserialport does not open PTYs: it asks for the modem lines, which a PTY has not (facts/feasibility.md, 1).
 * Speed and flow control mean nothing here; whatever serves the other end has its own. */
static int pty_open(const char *path, int locked_fd, const struct port_config *config, void **handle)
{
    struct termios termios;

    (void)path;
    if (tcgetattr(locked_fd, &termios) != 0) {
        return -errno;
    }
    cfmakeraw(&termios);
    (void)cfsetspeed(&termios, config->baud); /* no pace here, but the other end can see it and follow */
    termios.c_cflag |= CLOCAL | CREAD;
    termios.c_cc[VMIN] = 1;
    termios.c_cc[VTIME] = 0;
    if (tcsetattr(locked_fd, TCSANOW, &termios) != 0) {
        return -errno;
    }
    *handle = NULL;
    return locked_fd;
}

/* No TIOCEXCL on a PTY: it would stay in force after a crash for as long as the other end is open. */
static void pty_close(int fd, void *handle)
{
    (void)fd;
    (void)handle;
}

const struct device_backend device_backend_pty = {
    .open = pty_open,
    .close = pty_close,
    .gone_words = "its other end was closed",
};
