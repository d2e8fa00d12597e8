/* What systemd is told, read back from its end of the socket, and the socket that it hands over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/notify.h"

#include "blynkd/base/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct supervisor {
    int fd;
    char variable[108]; /* what NOTIFY_SOCKET is set to */
    char message[2048];
};

static void bind_supervisor(struct supervisor *supervisor, bool abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    static int count;

    supervisor->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_true(supervisor->fd >= 0);
    snprintf(supervisor->variable, sizeof(supervisor->variable), "%s/tmp/blynkd-notify-%d-%d",
             abstract ? "@" : "", (int)getpid(), count++);
    size_t len = strlen(supervisor->variable);
    memcpy(address.sun_path, supervisor->variable, len);
    if (abstract) {
        address.sun_path[0] = '\0';
    }
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + !abstract);
    assert_int_equal(bind(supervisor->fd, (struct sockaddr *)&address, size), 0);
    setenv("NOTIFY_SOCKET", supervisor->variable, 1);
}

static void end_supervisor(struct supervisor *supervisor)
{
    close(supervisor->fd);
    if (supervisor->variable[0] == '/') {
        unlink(supervisor->variable);
    }
}

static const char *receive(struct supervisor *supervisor)
{
    struct pollfd wait = {.fd = supervisor->fd, .events = POLLIN};

    if (poll(&wait, 1, 0) != 1) {
        return NULL;
    }
    ssize_t len = recv(supervisor->fd, supervisor->message, sizeof(supervisor->message) - 1, 0);
    assert_true(len >= 0);
    supervisor->message[len] = '\0';
    return supervisor->message;
}

static void talks_to(bool abstract)
{
    struct supervisor supervisor;
    struct notify notify;

    bind_supervisor(&supervisor, abstract);
    notify_open(&notify);
    assert_true(notify.fd >= 0);
    assert_null(getenv("NOTIFY_SOCKET"));
    notify_ready(&notify, "Listening");
    assert_string_equal(receive(&supervisor), "READY=1\nSTATUS=Listening");
    notify_status(&notify, "Online");
    assert_string_equal(receive(&supervisor), "STATUS=Online");
    notify_watchdog(&notify);
    assert_string_equal(receive(&supervisor), "WATCHDOG=1");
    notify_stopping(&notify, "Closing");
    assert_string_equal(receive(&supervisor), "STOPPING=1\nSTATUS=Closing");
    assert_null(receive(&supervisor));
    notify_close(&notify);
    notify_close(&notify);
    notify_status(&notify, "after the end");
    assert_null(receive(&supervisor));
    end_supervisor(&supervisor);
}

static void a_path_and_an_abstract_name_are_reached(void **state)
{
    (void)state;
    talks_to(false);
    talks_to(true);
}

static void a_reload_tells_the_time(void **state)
{
    struct supervisor supervisor;
    struct notify notify;
    unsigned long long usec;
    struct timespec now;

    (void)state;
    bind_supervisor(&supervisor, true);
    notify_open(&notify);
    notify_reloading(&notify);
    const char *message = receive(&supervisor);
    assert_non_null(message);
    assert_int_equal(sscanf(message, "RELOADING=1\nMONOTONIC_USEC=%llu", &usec), 1);
    clock_gettime(CLOCK_MONOTONIC, &now);
    unsigned long long now_usec =
        (unsigned long long)now.tv_sec * 1000000 + (unsigned long long)now.tv_nsec / 1000;
    assert_true(usec <= now_usec && now_usec - usec < 60000000);
    notify_close(&notify);
    end_supervisor(&supervisor);
}

/* A line end would let a word of the modem's begin an assignment of its own; a token must not be in `systemctl
 * status`. */
static void a_status_is_one_line_without_secrets(void **state)
{
    struct supervisor supervisor;
    struct notify notify;
    char large[3000];

    (void)state;
    bind_supervisor(&supervisor, true);
    notify_open(&notify);
    assert_int_equal(secret_add("0123456789abcdef0123456789abcdef"), 0);
    notify_status(&notify, "token 0123456789abcdef0123456789abcdef\nMAINPID=1\r\x1b[2J");
    assert_string_equal(receive(&supervisor), "STATUS=token **** MAINPID=1  [2J");
    memset(large, 'x', sizeof(large));
    large[sizeof(large) - 1] = '\0';
    notify_status(&notify, large);
    assert_true(strlen(receive(&supervisor)) < 1024);
    secret_forget_all();
    notify_close(&notify);
    end_supervisor(&supervisor);
}

static void without_systemd_nothing_happens(void **state)
{
    static const char *const names[] = {"", "relative/path", "/", NULL};
    struct notify notify;
    char long_name[200];

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    setenv("WATCHDOG_USEC", "1000000", 1);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
    assert_int_equal(notify.watchdog_ms, 0); /* nobody to tell */
    notify_ready(&notify, "x");
    for (size_t i = 0; names[i]; i++) {
        setenv("NOTIFY_SOCKET", names[i], 1);
        notify_open(&notify);
        assert_int_equal(notify.fd, -1);
    }
    memset(long_name, '/', sizeof(long_name));
    long_name[sizeof(long_name) - 1] = '\0';
    setenv("NOTIFY_SOCKET", long_name, 1);
    notify_open(&notify);
    assert_int_equal(notify.fd, -1);
}

static uint32_t watchdog_of(const char *usec, const char *pid)
{
    struct notify notify;

    setenv("NOTIFY_SOCKET", "@nobody-listens-there", 1);
    if (usec) {
        setenv("WATCHDOG_USEC", usec, 1);
    }
    if (pid) {
        setenv("WATCHDOG_PID", pid, 1);
    }
    notify_open(&notify);
    assert_null(getenv("WATCHDOG_USEC"));
    assert_null(getenv("WATCHDOG_PID"));
    uint32_t ms = notify.watchdog_ms;
    notify_watchdog(&notify); /* harmless though nobody listens */
    notify_close(&notify);
    return ms;
}

static void the_watchdog_is_fed_at_half_time(void **state)
{
    char pid[24];

    (void)state;
    snprintf(pid, sizeof(pid), "%d", (int)getpid());
    assert_int_equal(watchdog_of("30000000", pid), 15000);
    assert_int_equal(watchdog_of("30000000", NULL), 15000);
    assert_int_equal(watchdog_of("30000000", "1"), 0);
    assert_int_equal(watchdog_of("30000000", "x"), 0);
    assert_int_equal(watchdog_of(NULL, pid), 0);
    assert_int_equal(watchdog_of("soon", pid), 0);
    assert_int_equal(watchdog_of("0", pid), 0);
    assert_int_equal(watchdog_of("500", pid), 1);
    assert_int_equal(watchdog_of("18446744073709551615", pid), UINT32_MAX);
}

/* The descriptors of a service begin at 3: whatever the test program has there is moved away and put back. */
struct passed {
    int saved[2];
};

static void pass_fds(struct passed *passed, int first, int second, int pid)
{
    char text[24];

    passed->saved[0] = fcntl(3, F_DUPFD_CLOEXEC, 20);
    passed->saved[1] = fcntl(4, F_DUPFD_CLOEXEC, 20);
    assert_int_equal(dup2(first, 3), 3);
    if (second >= 0) {
        assert_int_equal(dup2(second, 4), 4);
    }
    setenv("LISTEN_FDS", second >= 0 ? "2" : "1", 1);
    snprintf(text, sizeof(text), "%d", pid);
    setenv("LISTEN_PID", text, 1);
    setenv("LISTEN_FDNAMES", "blynkd.socket", 1);
}

static void put_back(struct passed *passed)
{
    for (int i = 0; i < 2; i++) {
        close(3 + i);
        if (passed->saved[i] >= 0) {
            assert_int_equal(dup2(passed->saved[i], 3 + i), 3 + i);
            close(passed->saved[i]);
        }
    }
    assert_null(getenv("LISTEN_FDS"));
    assert_null(getenv("LISTEN_PID"));
    assert_null(getenv("LISTEN_FDNAMES"));
}

/* A socket above all numbers that the test shuffles. */
static int make_socket(int type, bool listening)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, type, 0);
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 40);

    close(fd);
    assert_true(high >= 40);
    assert_int_equal(bind(high, (struct sockaddr *)&address, sizeof(sa_family_t)), 0); /* unix(7): autobind */
    if (listening) {
        assert_int_equal(listen(high, 5), 0);
    }
    return high;
}

static void a_listening_socket_is_taken_over(void **state)
{
    struct passed passed;
    char why[128] = "";
    int fd = make_socket(SOCK_STREAM, true);

    (void)state;
    pass_fds(&passed, fd, fd, getpid());
    assert_int_equal(notify_listen_fd(why, sizeof(why)), 3);
    assert_true(fcntl(3, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(3, F_GETFL) & O_NONBLOCK);
    assert_int_equal(fcntl(4, F_GETFD), -1); /* one is enough: the second was closed */
    put_back(&passed);
    assert_int_equal(notify_listen_fd(why, sizeof(why)), -1);
    close(fd);
}

static void what_is_meant_for_another_process_is_left(void **state)
{
    struct passed passed;
    char why[128] = "";
    int fd = make_socket(SOCK_STREAM, true);

    (void)state;
    pass_fds(&passed, fd, -1, 1);
    assert_int_equal(notify_listen_fd(why, sizeof(why)), -1);
    assert_true(fcntl(3, F_GETFD) >= 0);
    put_back(&passed);
    close(fd);
}

static void another_kind_of_descriptor_is_refused(void **state)
{
    struct passed passed;
    int fds[3] = {make_socket(SOCK_STREAM, false), make_socket(SOCK_DGRAM, false),
                  fcntl(0, F_DUPFD_CLOEXEC, 40)};

    (void)state;
    for (int i = 0; i < 3; i++) {
        char why[128] = "";
        pass_fds(&passed, fds[i], -1, getpid());
        assert_int_equal(notify_listen_fd(why, sizeof(why)), -EINVAL);
        assert_non_null(strstr(why, "not a listening Unix stream socket"));
        put_back(&passed);
        close(fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_and_an_abstract_name_are_reached),
        cmocka_unit_test(a_reload_tells_the_time),
        cmocka_unit_test(a_status_is_one_line_without_secrets),
        cmocka_unit_test(without_systemd_nothing_happens),
        cmocka_unit_test(the_watchdog_is_fed_at_half_time),
        cmocka_unit_test(a_listening_socket_is_taken_over),
        cmocka_unit_test(what_is_meant_for_another_process_is_left),
        cmocka_unit_test(another_kind_of_descriptor_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
