/*
 * The libserialport side, on a PTY that passes for a real port: this program answers the modem-line requests that
 * a PTY lacks, and the name is a symlink that exists below /dev and below /sys/class/tty alike
 * (facts/feasibility.md, 1). What the speed does can only be seen on hardware.
 */
#include "io/device.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

static bool has_modem_lines;
static int modem_lines;
static bool exclusive;

/* Stands before libc's: libserialport and serial.c come here. */
int ioctl(int fd, unsigned long request, ...)
{
    va_list args;

    va_start(args, request);
    void *arg = va_arg(args, void *);
    va_end(args);
    if (request == TIOCEXCL || request == TIOCNXCL) {
        exclusive = request == TIOCEXCL;
    }
    if (!has_modem_lines) {
        return (int)syscall(SYS_ioctl, fd, request, arg);
    }
    switch (request) {
    case TIOCMGET:
        memcpy(arg, &modem_lines, sizeof(modem_lines));
        return 0;
    case TIOCMSET:
        memcpy(&modem_lines, arg, sizeof(modem_lines));
        return 0;
    case TIOCMBIS:
    case TIOCMBIC: {
        int lines;
        memcpy(&lines, arg, sizeof(lines));
        modem_lines = request == TIOCMBIS ? modem_lines | lines : modem_lines & ~lines;
        return 0;
    }
    default:
        return (int)syscall(SYS_ioctl, fd, request, arg);
    }
}

static int flushed_queue;

/* Likewise: whether bytes that a PTY already has are dropped is the kernel's worker's luck. */
int tcflush(int fd, int queue)
{
    flushed_queue = queue;
    return (int)syscall(SYS_ioctl, fd, TCFLSH, queue);
}

struct bench {
    char folder[64];
    char link[128]; /* the symlink */
    char path[160]; /* how libserialport is told of it */
    char name[64];
    int master;
    int slave;
    void *handle;
};

static int bench_up(void **state)
{
    static struct bench bench;

    has_modem_lines = true;
    modem_lines = 0;
    exclusive = false;
    strcpy(bench.folder, "/tmp/test_serial.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    snprintf(bench.link, sizeof(bench.link), "%s/ttyLINK", bench.folder);
    snprintf(bench.path, sizeof(bench.path), "/dev/../../..%s", bench.link);
    assert_int_equal(openpty(&bench.master, &bench.slave, bench.name, NULL, NULL), 0);
    assert_int_equal(symlink(bench.name, bench.link), 0);
    *state = &bench;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *bench = *state;

    close(bench->slave);
    close(bench->master);
    unlink(bench->link);
    return rmdir(bench->folder);
}

static void test_settings(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 57600};
    struct termios termios;

    int fd = device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &termios), 0);
    assert_int_equal(cfgetospeed(&termios), B57600);
    assert_int_equal(cfgetispeed(&termios), B57600);
    assert_int_equal(termios.c_cflag & CSIZE, CS8);
    assert_int_equal(termios.c_cflag & (PARENB | CSTOPB | CRTSCTS | HUPCL), 0);
    assert_int_equal(termios.c_lflag & (ICANON | ECHO | ISIG), 0);
    assert_int_equal(termios.c_iflag & (IXON | IXOFF | ICRNL | INLCR), 0);
    assert_int_equal(termios.c_oflag & OPOST, 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_true(exclusive);
    assert_int_equal(modem_lines & (TIOCM_DTR | TIOCM_RTS), TIOCM_DTR | TIOCM_RTS);
    device_backend_serial.close(fd, bench->handle);
    assert_false(exclusive);
    assert_int_equal(fcntl(fd, F_GETFD), -1);
    assert_int_equal(modem_lines & TIOCM_DTR, TIOCM_DTR);
}

static void test_flow_control(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 115200, .rtscts = 1};
    struct termios termios;

    int fd = device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle);
    assert_true(fd >= 0);
    assert_int_equal(tcgetattr(fd, &termios), 0);
    assert_true(termios.c_cflag & CRTSCTS);
    device_backend_serial.close(fd, bench->handle);
}

/* A speed without a B constant: set by libserialport, still there after what serial.c changes afterwards. */
static void test_odd_speed(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 123456, .rtscts = 1};
    uint32_t settings[11]; /* struct termios2: speeds are the last two (asm-generic/termbits.h) */

    if (ioctl(bench->slave, _IOR('T', 0x2A, uint32_t[11]), settings) < 0) { /* TCGETS2: not in qemu-user */
        skip();
    }
    int fd = device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle);
    assert_true(fd >= 0);
    assert_int_equal(ioctl(fd, _IOR('T', 0x2A, uint32_t[11]), settings), 0); /* TCGETS2 */
    assert_int_equal(settings[9], 123456);
    assert_int_equal(settings[10], 123456);
    assert_true(settings[2] & CRTSCTS);
    assert_false(settings[2] & HUPCL);
    device_backend_serial.close(fd, bench->handle);
}

static void test_bytes_are_raw(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 115200};
    uint8_t all[256];
    uint8_t got[256];

    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)i;
    }
    int fd = device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, got, sizeof(got)), 0); /* VMIN = 0: nothing there does not mean the end */
    assert_int_equal(write(bench->master, all, sizeof(all)), 256);
    assert_int_equal(read(fd, got, sizeof(got)), 256);
    assert_memory_equal(got, all, sizeof(all));
    assert_int_equal(write(fd, all, sizeof(all)), 256);
    assert_int_equal(read(bench->master, got, sizeof(got)), 256);
    assert_memory_equal(got, all, sizeof(all));
    device_backend_serial.close(fd, bench->handle);
}

/* Output that nobody takes is dropped; otherwise closing a real port waits for it. */
static void test_close_drops_output(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 115200};

    int fd = device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle);
    assert_true(fd >= 0);
    flushed_queue = -1;
    device_backend_serial.close(fd, bench->handle);
    assert_int_equal(flushed_queue, TCOFLUSH);
}

static void test_not_a_port(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.baud = 115200};

    bench->handle = NULL;
    assert_int_equal(device_backend_serial.open("/dev/null", -1, &config, &bench->handle), -ENOTTY);
    assert_int_equal(device_backend_serial.open("/tmp", -1, &config, &bench->handle), -ENOTTY);
    /* Without modem lines libserialport closes what it had opened. */
    has_modem_lines = false;
    assert_int_equal(device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle), -ENOTTY);
    assert_null(bench->handle);
}

static int count_open(void)
{
    int count = 0;

    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static void test_refused_settings_leak_nothing(void **state)
{
    struct bench *bench = *state;
    const uint32_t speeds[] = {0, UINT32_MAX};
    int before = count_open();

    for (size_t i = 0; i < 2; i++) {
        struct port_config config = {.baud = speeds[i]};
        bench->handle = NULL;
        assert_int_equal(device_backend_serial.open(bench->path, bench->slave, &config, &bench->handle),
                         -EINVAL);
        assert_null(bench->handle);
        assert_int_equal(count_open(), before);
    }
}

static void test_words(void **state)
{
    struct port_config config = {.path = "/dev/ttyUSB0", .baud = 460800};
    char why[160];

    (void)state;
    assert_int_equal(device_explain(-ENXIO, &config, why, sizeof(why)), -ENOENT);
    assert_non_null(strstr(why, "/dev/ttyUSB0 is not there"));
    assert_int_equal(device_explain(-EIO, &config, why, sizeof(why)), -EIO);
    assert_non_null(strstr(why, "nothing behind /dev/ttyUSB0"));
    assert_int_equal(device_explain(-EBUSY, &config, why, sizeof(why)), -EBUSY);
    assert_non_null(strstr(why, "another program holds /dev/ttyUSB0 (ModemManager"));
    assert_int_equal(device_explain(-EINVAL, &config, why, sizeof(why)), -EINVAL);
    assert_non_null(strstr(why, "does not do 460800 baud"));
    assert_int_equal(device_explain(-EMFILE, &config, why, sizeof(why)), -EMFILE);
    assert_non_null(strstr(why, "cannot be opened: Too many open files"));
    memset(config.path, 'x', sizeof(config.path) - 1);
    for (int error = 1; error < 134; error++) {
        device_explain(-error, &config, why, sizeof(why));
        assert_true(strlen(why) < sizeof(why) - 1); /* nothing was cut off */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_settings, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_flow_control, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_odd_speed, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_bytes_are_raw, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_drops_output, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_not_a_port, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_refused_settings_leak_nothing, bench_up, bench_down),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
