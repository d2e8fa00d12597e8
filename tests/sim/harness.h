/*
 * Runs `blynksim modem` in a child process and talks to it: serial port, control socket, a TCP server behind
 * the route blynk.cloud:80. Each test owns one `struct rig`.
 * It never sleeps for a fixed time; everything waits for a condition with a deadline.
 */
#ifndef TEST_SIM_HARNESS_H
#define TEST_SIM_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/sim_modem.h"

#define DEADLINE_MS 10000
#define RIG_ARGS    64

struct rig {
    pid_t pid;
    char dir[64], tty[96], control_path[96], log[96], route[64], default_route[64];
    int fd, control, listener, server;
    size_t received; /* bytes read from the port */
    char arg[RIG_ARGS][192];
    char *args[RIG_ARGS];
    int argc;
};

static inline long long rig_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void rig_show_log(const struct rig *rig)
{
    char line[2048];
    FILE *file = fopen(rig->log, "r");

    if (file == NULL)
        return;
    while (fgets(line, sizeof line, file) != NULL)
        fprintf(stderr, "    | %s", line);
    fclose(file);
}

#define RIG_FAIL(rig, ...)                                                                                   \
    do {                                                                                                     \
        fprintf(stderr, __VA_ARGS__);                                                                        \
        fprintf(stderr, "\n");                                                                               \
        rig_show_log(rig);                                                                                   \
        kill((rig)->pid, SIGKILL);                                                                           \
        fail();                                                                                              \
    } while (0)

static inline bool rig_log_has(const struct rig *rig, const char *text)
{
    static char all[1 << 20];
    FILE *file = fopen(rig->log, "r");
    size_t count;

    if (file == NULL)
        return false;
    count = fread(all, 1, sizeof all - 1, file);
    fclose(file);
    all[count] = '\0';
    return strstr(all, text) != NULL;
}

static inline void rig_wait_log(const struct rig *rig, const char *text)
{
    long long end = rig_now_ms() + DEADLINE_MS;

    while (!rig_log_has(rig, text)) {
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "the simulator never said: %s", text);
        poll(NULL, 0, 5);
    }
}

static inline void rig_arg(struct rig *rig, const char *text)
{
    assert_true(rig->argc + 1 < RIG_ARGS);
    snprintf(rig->arg[rig->argc], sizeof rig->arg[0], "%s", text);
    rig->args[rig->argc] = rig->arg[rig->argc];
    rig->argc++;
    rig->args[rig->argc] = NULL;
}

static inline void rig_listen(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;

    rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(rig->listener, 16), 0);
    assert_int_equal(getsockname(rig->listener, (struct sockaddr *)&address, &length), 0);
    snprintf(rig->route, sizeof rig->route, "blynk.cloud:80=127.0.0.1:%u", ntohs(address.sin_port));
    snprintf(rig->default_route, sizeof rig->default_route, "127.0.0.1:%u", ntohs(address.sin_port));
}

/* Then rig_arg() for more arguments, and rig_start(). */
static inline void rig_init(struct rig *rig, const char *profile)
{
    memset(rig, 0, sizeof *rig);
    rig->fd = rig->control = rig->server = -1;
    snprintf(rig->dir, sizeof rig->dir, "/tmp/simtest.XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->tty, sizeof rig->tty, "%s/tty", rig->dir);
    snprintf(rig->control_path, sizeof rig->control_path, "%s/control", rig->dir);
    snprintf(rig->log, sizeof rig->log, "%s/log", rig->dir);
    rig_listen(rig);
    rig_arg(rig, "modem");
    rig_arg(rig, "--profile");
    rig_arg(rig, profile);
    rig_arg(rig, "--tty");
    rig_arg(rig, rig->tty);
    rig_arg(rig, "--control");
    rig_arg(rig, rig->control_path);
    rig_arg(rig, "--route");
    rig_arg(rig, rig->route);
}

static inline void rig_variant(struct rig *rig, const char *assignment)
{
    rig_arg(rig, "--variant");
    rig_arg(rig, assignment);
}

static inline void rig_open_tty(struct rig *rig)
{
    rig->fd = open(rig->tty, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    if (rig->fd < 0)
        RIG_FAIL(rig, "%s: %s", rig->tty, strerror(errno));
    rig_wait_log(rig, "the host opened the port");
}

/* The test program is the simulator when it is called that way; see RIG_MAIN. */
static inline void rig_spawn(struct rig *rig)
{
    fflush(NULL);
    rig->pid = fork();
    assert_true(rig->pid >= 0);
    if (rig->pid == 0) {
        int log = open(rig->log, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        dup2(log, 1);
        dup2(log, 2);
        close(log);
        execv("/proc/self/exe", rig->args);
        _exit(127);
    }
}

/* First line of each test program's main(). */
#define RIG_MAIN(argc, argv)                                                                                 \
    if ((argc) > 0 && strcmp((argv)[0], "modem") == 0)                                                       \
    return sim_modem_main(argc, argv)

/* Without opening the port. */
static inline void rig_start_closed(struct rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    rig_spawn(rig);
    rig_wait_log(rig, "ready: ");
    rig->control = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", rig->control_path);
    assert_int_equal(connect(rig->control, (struct sockaddr *)&address, sizeof address), 0);
}

static inline void rig_start(struct rig *rig)
{
    rig_start_closed(rig);
    rig_open_tty(rig);
}

static inline int rig_wait_exit(struct rig *rig)
{
    long long end = rig_now_ms() + DEADLINE_MS;
    int status = 0;

    while (waitpid(rig->pid, &status, WNOHANG) == 0) {
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "the simulator does not end");
        poll(NULL, 0, 5);
    }
    return status;
}

static inline void rig_free(struct rig *rig)
{
    char command[96];

    close(rig->listener);
    if (rig->fd >= 0)
        close(rig->fd);
    if (rig->control >= 0)
        close(rig->control);
    if (rig->server >= 0)
        close(rig->server);
    snprintf(command, sizeof command, "rm -r %s", rig->dir);
    assert_int_equal(system(command), 0);
}

/* Ends the simulator the ordinary way: it must leave with 0 (with sanitizers: and without a leak). */
static inline void rig_stop(struct rig *rig)
{
    int status;

    kill(rig->pid, SIGTERM);
    status = rig_wait_exit(rig);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        RIG_FAIL(rig, "the simulator ended with status %#x", (unsigned)status);
    assert_int_not_equal(access(rig->tty, F_OK), 0);
    rig_free(rig);
}

/* ---- control ---- */

/* The answer, valid until the next call. */
static inline const char *rig_control(struct rig *rig, const char *line)
{
    static char answer[8192];
    size_t used = 0;
    long long end = rig_now_ms() + DEADLINE_MS;

    assert_int_equal(dprintf(rig->control, "%s\n", line), (int)strlen(line) + 1);
    for (;;) {
        struct pollfd wait = {.fd = rig->control, .events = POLLIN};
        ssize_t count;

        if (rig_now_ms() > end || poll(&wait, 1, 1000) < 0)
            RIG_FAIL(rig, "no answer to '%s'", line);
        if ((wait.revents & POLLIN) == 0)
            continue;
        count = read(rig->control, answer + used, sizeof answer - 1 - used);
        if (count <= 0)
            RIG_FAIL(rig, "the control socket closed at '%s'", line);
        used += (size_t)count;
        answer[used] = '\0';
        if (answer[used - 1] == '\n') {
            answer[used - 1] = '\0';
            return answer;
        }
    }
}

static inline void rig_do(struct rig *rig, const char *line)
{
    const char *answer = rig_control(rig, line);

    if (strncmp(answer, "ok", 2) != 0)
        RIG_FAIL(rig, "'%s' was answered '%s'", line, answer);
}

static inline long rig_stat(struct rig *rig, const char *name)
{
    char key[64];
    const char *found;

    snprintf(key, sizeof key, " %s=", name);
    found = strstr(rig_control(rig, "stats"), key);
    assert_non_null(found);
    return strtol(found + strlen(key), NULL, 10);
}

static inline bool rig_status_has(struct rig *rig, const char *text)
{
    return strstr(rig_control(rig, "status"), text) != NULL;
}

static inline void rig_wait_status(struct rig *rig, const char *text)
{
    long long end = rig_now_ms() + DEADLINE_MS;

    while (!rig_status_has(rig, text)) {
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "status never had '%s': %s", text, rig_control(rig, "status"));
        poll(NULL, 0, 5);
    }
}

/* ---- serial port ---- */

/* Until the modem's end of the line has taken so many bytes, heard or not. */
static inline void rig_wait_taken(struct rig *rig, long bytes)
{
    long long end = rig_now_ms() + DEADLINE_MS;

    while (rig_stat(rig, "bytes_in") < bytes) {
        if (rig_now_ms() > end)
            RIG_FAIL(rig, "%ld bytes were never taken", bytes);
        poll(NULL, 0, 5);
    }
}

static inline void rig_send_bytes(struct rig *rig, const void *bytes, size_t count)
{
    const char *at = bytes;

    while (count > 0) {
        ssize_t written = write(rig->fd, at, count);

        if (written < 0 && errno != EAGAIN)
            RIG_FAIL(rig, "write: %s", strerror(errno));
        if (written < 0) {
            poll(NULL, 0, 2);
            continue;
        }
        at += written;
        count -= (size_t)written;
    }
}

static inline void rig_send(struct rig *rig, const char *text)
{
    rig_send_bytes(rig, text, strlen(text));
}

/* At most `room` bytes that are there within `ms`; 0 when none came. */
static inline size_t rig_read(struct rig *rig, void *out, size_t room, int ms)
{
    struct pollfd wait = {.fd = rig->fd, .events = POLLIN};
    ssize_t count;

    if (poll(&wait, 1, ms) <= 0)
        return 0;
    count = read(rig->fd, out, room);
    if (count <= 0)
        return 0;
    rig->received += (size_t)count;
    return (size_t)count;
}

static inline void rig_print(const char *title, const char *bytes, size_t count)
{
    fprintf(stderr, "%s", title);
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)bytes[i];

        if (byte == '\r')
            fprintf(stderr, "\\r");
        else if (byte == '\n')
            fprintf(stderr, "\\n");
        else if (byte < 0x20 || byte >= 0x7F)
            fprintf(stderr, "\\x%02X", byte);
        else
            fputc(byte, stderr);
    }
    fputc('\n', stderr);
}

/* Exactly these bytes come next. */
static inline void rig_expect_bytes(struct rig *rig, const void *bytes, size_t count)
{
    char *got = malloc(count + 1);
    long long end = rig_now_ms() + DEADLINE_MS;
    size_t used = 0;

    while (used < count) {
        size_t more = rig_read(rig, got + used, count - used, 100);

        used += more;
        if (memcmp(got, bytes, used) != 0 || rig_now_ms() > end) {
            rig_print("wanted: ", bytes, count);
            rig_print("got:    ", got, used);
            free(got);
            RIG_FAIL(rig, "the bytes differ or are missing");
        }
    }
    free(got);
}

static inline void rig_expect(struct rig *rig, const char *text)
{
    rig_expect_bytes(rig, text, strlen(text));
}

static inline void rig_ask(struct rig *rig, const char *command, const char *answer)
{
    rig_send(rig, command);
    rig_expect(rig, answer);
}

/* Reads until `text` has come; what stood before it does not matter. */
static inline void rig_expect_later(struct rig *rig, const char *text)
{
    char got[4096];
    long long end = rig_now_ms() + DEADLINE_MS;
    size_t used = 0, length = strlen(text);

    while (used < length || memcmp(got + used - length, text, length) != 0) {
        if (rig_now_ms() > end) {
            rig_print("wanted: ", text, length);
            rig_print("got:    ", got, used);
            RIG_FAIL(rig, "it never came");
        }
        if (used == sizeof got) {
            memmove(got, got + used - length, length);
            used = length;
        }
        used += rig_read(rig, got + used, 1, 100);
    }
}

/* Everything that the simulator has said has been read. */
static inline void rig_expect_silence(struct rig *rig)
{
    char rest[512];
    long said = rig_stat(rig, "bytes_out");

    if ((size_t)said == rig->received)
        return;
    rig_print("too much: ", rest, rig_read(rig, rest, sizeof rest, 100));
    RIG_FAIL(rig, "%ld bytes said, %zu expected", said, rig->received);
}

/* ---- TCP server ---- */

static inline void rig_accept(struct rig *rig)
{
    struct pollfd wait = {.fd = rig->listener, .events = POLLIN};

    if (rig->server >= 0)
        close(rig->server);
    if (poll(&wait, 1, DEADLINE_MS) <= 0)
        RIG_FAIL(rig, "nobody connected");
    rig->server = accept4(rig->listener, NULL, NULL, SOCK_CLOEXEC);
    assert_true(rig->server >= 0);
}

static inline void rig_server_send(struct rig *rig, const void *bytes, size_t count)
{
    assert_int_equal(send(rig->server, bytes, count, MSG_NOSIGNAL), (ssize_t)count);
}

static inline void rig_server_expect(struct rig *rig, const void *bytes, size_t count)
{
    char got[4096];
    size_t used = 0;

    assert_true(count <= sizeof got);
    while (used < count) {
        struct pollfd wait = {.fd = rig->server, .events = POLLIN};
        ssize_t more = poll(&wait, 1, DEADLINE_MS) > 0 ? read(rig->server, got + used, count - used) : -1;

        if (more <= 0)
            RIG_FAIL(rig, "the server got %zu of %zu bytes", used, count);
        used += (size_t)more;
    }
    assert_memory_equal(got, bytes, count);
}

static inline void rig_server_close(struct rig *rig)
{
    close(rig->server);
    rig->server = -1;
}

/* True when the peer has closed within `ms`. */
static inline bool rig_server_sees_end(struct rig *rig, int ms)
{
    struct pollfd wait = {.fd = rig->server, .events = POLLIN};
    char byte;

    return poll(&wait, 1, ms) > 0 && read(rig->server, &byte, 1) <= 0;
}

/* ---- stories that many tests begin with ---- */

/* Echo off, bearer up, one link open, accepted by the server. */
static inline void rig_connect_ai(struct rig *rig)
{
    rig_ask(rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_send(rig, "AT+CGATT=1\r");
    rig_expect_later(rig, "OK\r\n");
    rig_ask(rig, "AT+CGDCONT=1,\"IP\",\"internet\"\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CGACT=1,1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIPMUX=1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIPSTART=\"TCP\",\"blynk.cloud\",80\r", "\r\n+CIPNUM:0\r\n\r\nCONNECT OK\r\n\r\nOK\r\n");
    rig_accept(rig);
}

static inline void rig_bearer_sim800(struct rig *rig)
{
    rig_ask(rig, "ATE0\r", "ATE0\r\r\nOK\r\n");
    rig_ask(rig, "AT+CMEE=1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIPMUX=1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIPQSEND=1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIPRXGET=1\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CSTT=\"internet\",\"\",\"\"\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIICR\r", "\r\nOK\r\n");
    rig_ask(rig, "AT+CIFSR\r", "\r\n10.177.109.126\r\n");
}

static inline void rig_connect_sim800(struct rig *rig)
{
    rig_bearer_sim800(rig);
    rig_ask(rig, "AT+CIPSTART=0,\"TCP\",\"blynk.cloud\",80\r", "\r\nOK\r\n\r\n0, CONNECT OK\r\n");
    rig_accept(rig);
}

#endif
