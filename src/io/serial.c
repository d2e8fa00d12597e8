#include "device.h"

#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <termios.h>

/* Must be called before anything else overwrites errno. */
static int serial_error(enum sp_return result)
{
    switch (result) {
    case SP_ERR_ARG:
        return -EINVAL;
    case SP_ERR_MEM:
        return -ENOMEM;
    case SP_ERR_SUPP:
        return -ENOTSUP;
    case SP_ERR_FAIL:
        return errno > 0 ? -errno : -EIO;
    case SP_OK:
        return 0;
    }
    return -EIO;
}

/*
 * What libserialport 0.1.1 leaves wrong. The descriptor is inherited by children. HUPCL is set, so that closing
 * drops DTR, at which many modems hang up or even switch off (facts/feasibility.md, 1). CRTSCTS goes into c_iflag
 * instead of c_cflag, so that there is no flow control. TIOCEXCL is not set: it keeps out programs that know
 * nothing of flock(), though not root.
 */
static int fix_descriptor(int fd, bool rtscts)
{
    struct termios termios;

    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || tcgetattr(fd, &termios) != 0) {
        return -errno;
    }
    termios.c_cflag &= ~(tcflag_t)(HUPCL | CRTSCTS);
    termios.c_cflag |= rtscts ? CRTSCTS : 0;
    if (tcsetattr(fd, TCSANOW, &termios) != 0 || ioctl(fd, TIOCEXCL) != 0) {
        return -errno;
    }
    return 0;
}

/*
 * 8N1, as every modem here; DTR on, because modems take its fall for an order (AT&D). A speed of 0 would mean
 * "hang up" to the kernel, a negative one "as it is" to libserialport.
 */
static enum sp_return fill_config(struct sp_port_config *wanted, const struct port_config *config)
{
    if (config->baud == 0 || config->baud > INT_MAX) {
        return SP_ERR_ARG;
    }
    enum sp_return results[] = {
        sp_set_config_baudrate(wanted, (int)config->baud),
        sp_set_config_bits(wanted, 8),
        sp_set_config_parity(wanted, SP_PARITY_NONE),
        sp_set_config_stopbits(wanted, 1),
        sp_set_config_rts(wanted, SP_RTS_ON),
        sp_set_config_cts(wanted, SP_CTS_IGNORE),
        sp_set_config_dtr(wanted, SP_DTR_ON),
        sp_set_config_dsr(wanted, SP_DSR_IGNORE),
        sp_set_config_xon_xoff(wanted, SP_XONXOFF_DISABLED),
    };

    for (size_t i = 0; i < sizeof(results) / sizeof(results[0]); i++) {
        if (results[i] != SP_OK) {
            return results[i];
        }
    }
    return SP_OK;
}

static int apply_config(struct sp_port *device, const struct port_config *config)
{
    struct sp_port_config *wanted;
    enum sp_return result = sp_new_config(&wanted);

    if (result != SP_OK) {
        return serial_error(result);
    }
    result = fill_config(wanted, config);
    if (result == SP_OK) {
        result = sp_set_config(device, wanted);
    }
    int error = serial_error(result);
    sp_free_config(wanted);
    return error;
}

/* The descriptor, or a negative errno with the device closed. */
static int set_up(struct sp_port *device, const struct port_config *config)
{
    int fd = -1;
    int error = serial_error(sp_get_port_handle(device, &fd));

    if (!error && fd < 0) {
        error = -EIO;
    }
    if (!error) {
        error = apply_config(device, config);
    }
    if (!error) {
        error = fix_descriptor(fd, config->rtscts != 0);
    }
    if (error) {
        sp_close(device);
    }
    return error ? error : fd;
}

/*
 * `path` must be resolved: libserialport looks for the same name below /sys/class/tty and so refuses symlinks.
 * After a failed sp_open() the handle is of no use and is not touched.
 */
static int serial_open(const char *path, int locked_fd, const struct port_config *config, void **handle)
{
    struct sp_port *port;
    enum sp_return result = sp_get_port_by_name(path, &port);

    (void)locked_fd;
    if (result != SP_OK) {
        return result == SP_ERR_MEM ? -ENOMEM : -ENOTTY;
    }
    result = sp_open(port, SP_MODE_READ_WRITE);
    int fd = result == SP_OK ? set_up(port, config) : serial_error(result);
    if (fd < 0) {
        sp_free_port(port);
        return fd;
    }
    *handle = port;
    return fd;
}

/* Without the flush close() may wait up to 30 s for the line to take the rest (closing_wait, setserial(8)). */
static void serial_close(int fd, void *handle)
{
    tcflush(fd, TCOFLUSH);
    ioctl(fd, TIOCNXCL);
    sp_close(handle);
    sp_free_port(handle);
}

const struct device_backend device_backend_serial = {
    .open = serial_open,
    .close = serial_close,
    .gone_words = "it was unplugged, or the modem went off",
};
