/* The port over PTYs: bytes, back-pressure, unplugging, coming back under another number, locks, words. */
#include "blynkd/io/port.h"
#include "loop_turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <uv.h>

#define MANY_BYTES 100000

struct bench {
    uv_loop_t loop;
    uv_timer_t tick; /* lets the loop turn while a test waits */
    char folder[64];
    char link[128]; /* what the port is told to open */
    char name[64];  /* of the PTY behind it */
    int master;
    struct port *port;
    uint8_t bytes[MANY_BYTES]; /* that came out of the port */
    size_t len;
    int rooms;
    int downs;
    int down_error;
    char down_why[160];
    bool in_call; /* inside a call on the port: no event may come */
    void (*on_event)(struct bench *bench);
};

static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    assert_true(len > 0 && bench->len + len <= sizeof(bench->bytes));
    memcpy(bench->bytes + bench->len, data, len);
    bench->len += len;
    if (bench->on_event) {
        bench->on_event(bench);
    }
}

static void on_room(void *arg)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    bench->rooms++;
}

static void on_down(void *arg, int error, const char *why)
{
    struct bench *bench = arg;

    assert_false(bench->in_call);
    bench->downs++;
    bench->down_error = error;
    snprintf(bench->down_why, sizeof(bench->down_why), "%s", why);
    assert_int_equal(port_room(bench->port), 0); /* already closed */
    if (bench->on_event) {
        bench->on_event(bench);
    }
}

static size_t bench_write(struct bench *bench, const void *data, size_t len)
{
    bench->in_call = true;
    size_t taken = port_write(bench->port, data, len);
    bench->in_call = false;
    return taken;
}

static int bench_open(struct bench *bench)
{
    bench->in_call = true;
    int error = port_open(bench->port);
    bench->in_call = false;
    return error;
}

/* A new PTY behind the same link. */
static void plug(struct bench *bench)
{
    int slave;

    assert_int_equal(openpty(&bench->master, &slave, bench->name, NULL, NULL), 0);
    close(slave);
    assert_int_equal(fcntl(bench->master, F_SETFL, O_NONBLOCK), 0);
    unlink(bench->link);
    assert_int_equal(symlink(bench->name, bench->link), 0);
}

static void unplug(struct bench *bench)
{
    close(bench->master);
    bench->master = -1;
}

static struct port *make_port(struct bench *bench, const char *path)
{
    struct port_config config = {.baud = 115200};
    snprintf(config.path, sizeof(config.path), "%s", path);
    struct port *port = tty_port_create(&bench->loop, &config);

    assert_non_null(port);
    port->events.on_bytes = on_bytes;
    port->events.on_room = on_room;
    port->events.on_down = on_down;
    port->arg = bench;
    return port;
}

static int bench_up(void **state)
{
    static struct bench bench;

    memset(&bench, 0, sizeof(bench));
    loop_turn_begin(&bench.loop, &bench.tick);
    strcpy(bench.folder, "/tmp/test_tty.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    snprintf(bench.link, sizeof(bench.link), "%s/modem", bench.folder);
    plug(&bench);
    bench.port = make_port(&bench, bench.link);
    *state = &bench;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *bench = *state;

    if (bench->port) {
        port_destroy(bench->port);
    }
    loop_turn_end(&bench->loop, &bench->tick);
    if (bench->master >= 0) {
        close(bench->master);
    }
    unlink(bench->link);
    return rmdir(bench->folder);
}

/* Reads from the master until `len` bytes have come. */
static void master_read(struct bench *bench, uint8_t *out, size_t len)
{
    uint64_t end_ns = uv_hrtime() + LOOP_TURN_DEADLINE_MS * UINT64_C(1000000);
    size_t got = 0;

    while (got < len && uv_hrtime() < end_ns) {
        ssize_t more = read(bench->master, out + got, len - got);
        got += more > 0 ? (size_t)more : 0;
        uv_run(&bench->loop, UV_RUN_NOWAIT);
    }
    assert_int_equal(got, len);
}

static void test_all_byte_values(void **state)
{
    struct bench *bench = *state;
    uint8_t all[256];
    uint8_t echo[256];

    for (size_t i = 0; i < sizeof(all); i++) {
        all[i] = (uint8_t)i;
    }
    assert_int_equal(bench_open(bench), 0);
    assert_string_equal(bench->port->why, "");
    assert_int_equal(write(bench->master, all, sizeof(all)), 256);
    loop_turn_until(&bench->loop, bench->len == sizeof(all));
    assert_memory_equal(bench->bytes, all, sizeof(all));
    assert_int_equal(bench_write(bench, all, sizeof(all)), 256);
    master_read(bench, echo, sizeof(echo));
    assert_memory_equal(echo, all, sizeof(all));
    assert_int_equal(bench->downs, 0);
}

static void test_many_bytes_in(void **state)
{
    struct bench *bench = *state;
    size_t sent = 0;

    assert_int_equal(bench_open(bench), 0);
    while (sent < MANY_BYTES) {
        uint8_t piece[3000];
        for (size_t i = 0; i < sizeof(piece); i++) {
            piece[i] = (uint8_t)((sent + i) * 7 >> 3);
        }
        size_t len = MANY_BYTES - sent < sizeof(piece) ? MANY_BYTES - sent : sizeof(piece);
        ssize_t taken = write(bench->master, piece, len);
        sent += taken > 0 ? (size_t)taken : 0;
        uv_run(&bench->loop, UV_RUN_NOWAIT);
    }
    loop_turn_until(&bench->loop, bench->len == MANY_BYTES);
    for (size_t i = 0; i < MANY_BYTES; i++) {
        assert_int_equal(bench->bytes[i], (uint8_t)(i * 7 >> 3));
    }
}

/* Nobody reads: room goes to 0 and stays there; then every accepted byte arrives, in order. */
static void test_back_pressure(void **state)
{
    struct bench *bench = *state;
    static uint8_t sent[MANY_BYTES];
    static uint8_t received[MANY_BYTES];
    size_t len = 0;

    for (size_t i = 0; i < sizeof(sent); i++) {
        sent[i] = (uint8_t)(i * 13 >> 4);
    }
    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(port_room(bench->port), 4096);
    while (port_room(bench->port)) {
        size_t room = port_room(bench->port);
        size_t taken = bench_write(bench, sent + len, 5000);
        assert_int_equal(taken, room < 5000 ? room : 5000);
        len += taken;
        assert_true(len < MANY_BYTES - 5000);
        loop_turn_settle(&bench->loop); /* the kernel moves what it has from one of its buffers to the next */
    }
    bench->rooms = 0;
    loop_turn_settle(&bench->loop);
    assert_int_equal(port_room(bench->port), 0);
    assert_int_equal(bench_write(bench, sent, 1), 0);
    assert_int_equal(bench->rooms, 0);
    master_read(bench, received, len);
    loop_turn_until(&bench->loop, bench->rooms > 0);
    assert_memory_equal(received, sent, len);
    loop_turn_until(&bench->loop, port_room(bench->port) == 4096);
    assert_int_equal(bench_write(bench, "end", 3), 3);
    master_read(bench, received, 3);
    assert_memory_equal(received, "end", 3);
}

static void test_no_room_event_without_need(void **state)
{
    struct bench *bench = *state;
    uint8_t received[100];

    assert_int_equal(bench_open(bench), 0);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(bench_write(bench, "0123456789", 10), 10);
    }
    master_read(bench, received, sizeof(received));
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->rooms, 0);
}

static void test_unplugged(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench), 0);
    unplug(bench);
    loop_turn_until(&bench->loop, bench->downs > 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->downs, 1);
    assert_int_equal(bench->down_error, -EIO);
    assert_non_null(strstr(bench->down_why, bench->link));
    assert_non_null(strstr(bench->down_why, "its other end was closed"));
    port_close(bench->port);
    assert_int_equal(bench_write(bench, "x", 1), 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->downs, 1);
}

/* The write notices before the loop does; the user still hears of it once and from the loop. */
static void test_unplugged_before_a_write(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench), 0);
    unplug(bench);
    assert_int_equal(bench_write(bench, "AT\r", 3), 0);
    assert_int_equal(port_room(bench->port), 0);
    assert_int_equal(bench_write(bench, "AT\r", 3), 0);
    assert_int_equal(bench->downs, 0);
    loop_turn_until(&bench->loop, bench->downs > 0);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->downs, 1);
    assert_int_equal(bench->down_error, -EIO);
}

static void test_closed_after_a_failed_write(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(bench_open(bench), 0);
    unplug(bench);
    assert_int_equal(bench_write(bench, "AT\r", 3), 0);
    port_close(bench->port);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->downs, 0);
}

static void test_back_under_another_number(void **state)
{
    struct bench *bench = *state;
    char first_name[64];
    uint8_t received[4];

    assert_int_equal(bench_open(bench), 0);
    strcpy(first_name, bench->name);
    int first_master = bench->master;
    plug(bench); /* before the first is gone, so that it must get another number */
    assert_string_not_equal(bench->name, first_name);
    close(first_master);
    loop_turn_until(&bench->loop, bench->downs == 1);
    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(write(bench->master, "RDY", 3), 3);
    loop_turn_until(&bench->loop, bench->len == 3);
    assert_int_equal(bench_write(bench, "AT\r", 3), 3);
    master_read(bench, received, 3);
    assert_memory_equal(received, "AT\r", 3);
    assert_int_equal(bench->downs, 1);
}

static void test_close_and_open_again(void **state)
{
    struct bench *bench = *state;
    static uint8_t zeros[8192];
    uint8_t received[4096];

    for (int i = 0; i < 5; i++) {
        assert_int_equal(bench_open(bench), 0);
        while (port_room(bench->port)) {
            bench_write(bench, zeros, sizeof(zeros));
        }
        port_close(bench->port);
        port_close(bench->port);
        assert_int_equal(port_room(bench->port), 0);
        while (read(bench->master, received, sizeof(received)) > 0) {
        }
    }
    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(port_room(bench->port), 4096);
    loop_turn_settle(&bench->loop);
    assert_int_equal(read(bench->master, received, sizeof(received)), -1); /* the queued rest was dropped */
    assert_int_equal(bench->rooms, 0);
    assert_int_equal(bench->downs, 0);
}

static void close_in_event(struct bench *bench)
{
    port_close(bench->port);
}

static void destroy_in_event(struct bench *bench)
{
    port_destroy(bench->port);
    bench->port = NULL;
}

static void test_close_inside_event(void **state)
{
    struct bench *bench = *state;

    bench->on_event = close_in_event;
    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(write(bench->master, "x", 1), 1);
    loop_turn_until(&bench->loop, bench->len == 1);
    assert_int_equal(write(bench->master, "x", 1), 1);
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->len, 1);
}

static void test_destroy_inside_event(void **state)
{
    struct bench *bench = *state;

    bench->on_event = destroy_in_event;
    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(write(bench->master, "x", 1), 1);
    loop_turn_until(&bench->loop, bench->len == 1);
    loop_turn_settle(&bench->loop);
    bench->port = make_port(bench, bench->link);
    assert_int_equal(bench_open(bench), 0);
    unplug(bench);
    loop_turn_until(&bench->loop, bench->downs == 1);
    loop_turn_settle(&bench->loop);
}

static void test_second_user_is_refused(void **state)
{
    struct bench *bench = *state;
    struct port *second = make_port(bench, bench->name);

    assert_int_equal(bench_open(bench), 0);
    assert_int_equal(port_open(second), -EBUSY);
    assert_non_null(strstr(second->why, "another program holds"));
    assert_non_null(strstr(second->why, bench->name));
    assert_int_equal(bench_write(bench, "x", 1), 1);
    port_close(bench->port);
    assert_int_equal(port_open(second), 0);
    assert_int_equal(bench_open(bench), -EBUSY);
    port_destroy(second);
    assert_int_equal(bench_open(bench), 0);
}

/* A lock of any other program that asks counts too. */
static void test_lock_of_another_process(void **state)
{
    struct bench *bench = *state;
    int ready[2];
    int status;

    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(bench->name, O_RDWR | O_NOCTTY);
        bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
        ssize_t written = write(ready[1], locked ? "+" : "-", 1);
        pause();
        _exit((int)written);
    }
    char answer;
    assert_int_equal(read(ready[0], &answer, 1), 1);
    assert_int_equal(answer, '+');
    assert_int_equal(bench_open(bench), -EBUSY);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(bench_open(bench), 0);
    close(ready[0]);
    close(ready[1]);
}

static void assert_refused(struct bench *bench, const char *path, int error, const char *words)
{
    struct port *port = make_port(bench, path);

    assert_int_equal(port_open(port), error);
    assert_non_null(strstr(port->why, words));
    assert_int_equal(port_room(port), 0);
    assert_int_equal(port_write(port, (const uint8_t *)"x", 1), 0);
    port_close(port);
    port_destroy(port);
}

static void test_words(void **state)
{
    struct bench *bench = *state;
    char path[256];

    assert_refused(bench, "/dev/no-such-modem", -ENOENT,
                   "the modem's port /dev/no-such-modem is not there: is it plugged in");
    assert_refused(bench, "/dev/null/modem", -ENOENT, "is not there");
    assert_refused(bench, "", -ENOENT, "is not there");
    snprintf(path, sizeof(path), "%s/file", bench->folder);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_refused(bench, path, -ENOTTY, "is not a serial port");
    unlink(path);
    assert_refused(bench, bench->folder, -ENOTTY, "is not a serial port");
    assert_refused(bench, "/dev/null", -ENOTTY, "is not a serial port");
    memset(path, 'x', sizeof(path) - 1);
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_refused(bench, path, -ENOENT, "/xxxxxxxx");
}

static void test_no_right_to_open(void **state)
{
    struct bench *bench = *state;
    struct port *port = make_port(bench, bench->name);
    int status;

    if (geteuid() != 0) {
        port_destroy(port);
        skip(); /* only root can become somebody who has no right to this PTY */
    }
    assert_int_equal(chmod(bench->name, 0600), 0);
    pid_t child = fork();
    if (child == 0) {
        int error = setuid(65534) == 0 ? port_open(port) : 0;
        _exit(error == -EACCES && strstr(port->why, "group dialout") ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    port_destroy(port);
}

static void test_configure(void **state)
{
    struct bench *bench = *state;
    struct port_config config = {.path = "/dev/no-such-modem", .baud = 9600};

    tty_port_configure(bench->port, &config);
    assert_int_equal(bench_open(bench), -ENOENT);
    snprintf(config.path, sizeof(config.path), "%s", bench->link);
    tty_port_configure(bench->port, &config);
    assert_int_equal(bench_open(bench), 0);
}

static bool is_open_on(int fd, const char *name)
{
    char link[64];
    char target[128];

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, target, sizeof(target) - 1);
    target[len > 0 ? len : 0] = '\0';
    return strcmp(target, name) == 0;
}

static void test_not_inherited(void **state)
{
    struct bench *bench = *state;
    int found = 0;

    assert_int_equal(bench_open(bench), 0);
    for (int fd = 3; fd < 256; fd++) {
        if (is_open_on(fd, bench->name)) {
            found++;
            assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
        }
    }
    assert_true(found > 0);
    port_close(bench->port);
    for (int fd = 3; fd < 256; fd++) {
        assert_false(is_open_on(fd, bench->name));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_byte_values, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_many_bytes_in, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_back_pressure, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_no_room_event_without_need, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_unplugged, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_unplugged_before_a_write, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_closed_after_a_failed_write, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_back_under_another_number, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_and_open_again, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_close_inside_event, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_destroy_inside_event, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_second_user_is_refused, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_lock_of_another_process, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_words, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_no_right_to_open, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_configure, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_not_inherited, bench_up, bench_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
