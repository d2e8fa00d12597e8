/*
 * What the tests of the simulated cloud share: a server in a child process, a device's connection, the HTTP calls, the
 * control socket. Each test program includes it once. Everything waits with a deadline and fails the test after it.
 */
#ifndef TESTS_SIM_CLOUD_CLIENT_H
#define TESTS_SIM_CLOUD_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sim/cloud.h"

#define DEADLINE_MS 10000
/* The token of the recorded dialogues. */
#define TOKEN     "wSPgX7WLjHcGvAV1eBvzYjCIZXSNqHo2"
#define TOKEN_HEX "775350675837574c6a486347764156316542767a596a43495a58534e71486f32"
#define LOGIN_HEX "1d00010020" TOKEN_HEX
#define LOGIN_OK  "00000100c8"
#define ARGS_MAX  24

struct server {
    pid_t pid;
    int port;
    char folder[64], control[96], output[96];
};

static inline int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void server_child(const struct server *server, char **args, int count)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a failed test leaves nothing behind */
    if (freopen(server->output, "w", stdout) == NULL)
        _exit(99);
    exit(sim_cloud_main(count, args));
}

static inline int server_read_port(const struct server *server)
{
    FILE *file = fopen(server->output, "r");
    int port = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "ready: 127.0.0.1:%d", &port) != 1 || fgetc(file) != '\n')
        port = 0;
    fclose(file);
    return port;
}

/* More options for the server follow; the list ends with NULL. */
static inline void server_start(struct server *server, ...)
{
    char *args[ARGS_MAX] = {"cloud", "--listen",  "127.0.0.1:0",  "--token",
                            TOKEN,   "--control", server->control};
    int count = 7;
    int64_t deadline = now_ms() + DEADLINE_MS;
    struct timespec nap = {0, 5000000};
    va_list list;

    strcpy(server->folder, "/tmp/test-cloud-XXXXXX");
    assert_non_null(mkdtemp(server->folder));
    snprintf(server->control, sizeof server->control, "%s/control", server->folder);
    snprintf(server->output, sizeof server->output, "%s/output", server->folder);
    va_start(list, server);
    while (count < ARGS_MAX - 1 && (args[count] = va_arg(list, char *)) != NULL)
        count++;
    va_end(list);
    fflush(NULL);
    server->pid = fork();
    assert_true(server->pid >= 0);
    if (server->pid == 0)
        server_child(server, args, count);
    while ((server->port = server_read_port(server)) == 0) {
        assert_true(now_ms() < deadline);
        nanosleep(&nap, NULL);
    }
}

/* SIGTERM must end it with status 0, which a sanitizer's report would spoil. */
static inline void server_stop(struct server *server)
{
    int status = -1;

    kill(server->pid, SIGTERM);
    assert_int_equal(waitpid(server->pid, &status, 0), server->pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    unlink(server->output);
    assert_int_equal(access(server->control, F_OK), -1);
    rmdir(server->folder);
}

static inline int server_try_connect(const struct server *server)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)server->port)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    close(fd);
    return -1;
}

static inline int device_connect(const struct server *server)
{
    int fd = server_try_connect(server);

    assert_true(fd >= 0);
    return fd;
}

static inline size_t hex_read(const char *hex, uint8_t *out, size_t size)
{
    size_t len = strlen(hex) / 2;

    assert_true(len <= size);
    for (size_t i = 0; i < len; i++) {
        char pair[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

        out[i] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return len;
}

static inline void device_send(int fd, const char *hex)
{
    uint8_t bytes[4096];
    size_t len = hex_read(hex, bytes, sizeof bytes);

    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* Waits for bytes until the deadline; answers what recv() answers, -1 at the deadline. */
static inline ssize_t receive(int fd, void *out, size_t size, int timeout_ms)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    if (poll(&wait, 1, timeout_ms) <= 0)
        return -1;
    return recv(fd, out, size, 0);
}

/* Reads exactly as many bytes as `hex` has and compares. */
static inline void device_expect(int fd, const char *hex)
{
    uint8_t want[4096], have[4096];
    char text[2 * sizeof have + 1] = "";
    size_t len = hex_read(hex, want, sizeof want);
    size_t at = 0;

    while (at < len) {
        ssize_t got = receive(fd, have + at, len - at, DEADLINE_MS);

        assert_true(got > 0);
        at += (size_t)got;
    }
    for (size_t i = 0; i < len; i++)
        snprintf(text + 2 * i, 3, "%02x", have[i]);
    assert_string_equal(text, hex);
}

/* Orderly end, reset, or bytes: whichever comes; answers 0, -errno or the count. */
static inline int device_expect_any(int fd)
{
    uint8_t bytes[4096];
    ssize_t got = receive(fd, bytes, sizeof bytes, DEADLINE_MS);

    return got < 0 ? -errno : (int)got;
}

static inline void device_expect_end(int fd)
{
    assert_int_equal(device_expect_any(fd), 0);
    close(fd);
}

static inline int device_login(const struct server *server)
{
    int fd = device_connect(server);

    device_send(fd, LOGIN_HEX);
    device_expect(fd, LOGIN_OK);
    return fd;
}

/* Proves that nothing was answered before: the next thing to come is the answer to this ping. */
static inline void device_expect_silence(int fd)
{
    device_send(fd, "067ff00000");
    device_expect(fd, "007ff000c8");
}

/* One request on a connection of its own; answers the status, the body is in a static buffer. */
static inline int http_get(const struct server *server, const char *path, char **body)
{
    static char answer[65536];
    char request[1024];
    size_t at = 0;
    ssize_t got;
    int fd = device_connect(server);
    int len =
        snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", path);
    int status = 0;

    assert_int_equal(send(fd, request, (size_t)len, MSG_NOSIGNAL), len);
    while ((got = receive(fd, answer + at, sizeof answer - 1 - at, DEADLINE_MS)) > 0)
        at += (size_t)got;
    assert_int_equal(got, 0);
    close(fd);
    answer[at] = '\0';
    assert_int_equal(sscanf(answer, "HTTP/1.1 %d", &status), 1);
    *body = strstr(answer, "\r\n\r\n");
    assert_non_null(*body);
    *body += 4;
    return status;
}

static inline void http_expect(const struct server *server, const char *path, int status, const char *body)
{
    char *have;

    assert_int_equal(http_get(server, path, &have), status);
    assert_string_equal(have, body);
}

/* Says one line to the control socket and compares the beginning of the answer. */
static inline void control_expect(const struct server *server, const char *line, const char *beginning)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[16384] = "";
    size_t at = 0;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof address.sun_path, "%s", server->control);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(send(fd, line, strlen(line), MSG_NOSIGNAL), (ssize_t)strlen(line));
    assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
    while (strchr(answer, '\n') == NULL) {
        ssize_t got = receive(fd, answer + at, sizeof answer - 1 - at, DEADLINE_MS);

        assert_true(got > 0);
        at += (size_t)got;
    }
    close(fd);
    answer[strlen(beginning)] = '\0';
    assert_string_equal(answer, beginning);
}

static inline void control(const struct server *server, const char *line)
{
    control_expect(server, line, "ok");
}

#endif
