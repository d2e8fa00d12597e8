#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/resp.h"
#include "api_rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

static void small(struct api_config *config)
{
    config->max_clients = 3;
    config->reply_max_bytes = 16384;
    config->published_max_bytes = 8192;
}

static int setup(void **state)
{
    *state = api_rig_create(NULL);
    return 0;
}

static int setup_small(void **state)
{
    *state = api_rig_create(small);
    return 0;
}

static int teardown(void **state)
{
    api_rig_destroy(*state);
    return 0;
}

static void test_protocol_error_closes_only_its_client(void **state)
{
    struct api_rig *rig = *state;
    int good = api_rig_connect(rig);
    int bad = api_rig_connect(rig);

    api_rig_ask(rig, bad, "PING\r\n*1\r\nPING\r\nPING",
                "+PONG\r\n-ERR Protocol error: expected '$', got 'P'\r\n");
    api_rig_expect_end(rig, bad);
    api_rig_ask(rig, good, "PING", "+PONG\r\n");
    assert_int_equal(api_server_stats(rig->server).protocol_errors, 1);
    close(good);
    close(bad);
}

static void test_large_command_in_pieces(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);
    char *text = malloc(RESP_BULK_MAX + 64);
    char *expected = malloc(RESP_BULK_MAX + 64);

    int head = sprintf(text, "*2\r\n$4\r\nECHO\r\n$%d\r\n", RESP_BULK_MAX);
    memset(text + head, 'q', RESP_BULK_MAX);
    memcpy(text + head + RESP_BULK_MAX, "\r\n", 2);
    for (int at = 0; at < head + RESP_BULK_MAX + 2; at += 1000) {
        int rest = head + RESP_BULK_MAX + 2 - at;
        api_rig_send_bytes(rig, fd, text + at, (size_t)(rest < 1000 ? rest : 1000));
    }
    snprintf(expected, 32, "$%d\r\n", RESP_BULK_MAX);
    api_rig_expect(rig, fd, expected);
    for (int i = 0; i < RESP_BULK_MAX; i += 4096) {
        api_rig_expect_bytes(rig, fd, text + head, 4096);
    }
    api_rig_expect(rig, fd, "\r\n");
    api_rig_ask(rig, fd, "PING", "+PONG\r\n");
    free(text);
    free(expected);
    close(fd);
}

static void test_long_pipeline_in_order(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);
    size_t count = 5000;
    char *text = malloc(count * 16);
    size_t len = 0;
    char line[64];

    for (size_t i = 0; i < count; i++) {
        len += (size_t)sprintf(text + len, "ECHO %zu\r\n", i);
    }
    api_rig_send_bytes(rig, fd, text, len);
    for (size_t i = 0; i < count; i++) {
        int digits = snprintf(line, sizeof(line), "%zu", i);
        snprintf(line, sizeof(line), "$%d\r\n%zu\r\n", digits, i);
        api_rig_expect(rig, fd, line);
    }
    free(text);
    close(fd);
}

static bool one_was_slow(void *arg)
{
    return api_server_stats(((struct api_rig *)arg)->server).slow == 1;
}

/* Takes what the server wants and gives nothing: writes until the socket is full, reads never. */
static void test_who_does_not_read_is_closed(void **state)
{
    struct api_rig *rig = *state;
    int slow = api_rig_connect(rig);
    int good = api_rig_connect(rig);
    char text[8192];

    memset(text, 'x', sizeof(text));
    memcpy(text, "ECHO ", 5);
    text[sizeof(text) - 1] = '\n';
    for (int i = 0; i < 200; i++) {
        if (send(slow, text, sizeof(text), MSG_NOSIGNAL) < 0) {
            break;
        }
        api_rig_turn(rig);
    }
    api_rig_ask(rig, good, "PING", "+PONG\r\n");
    api_rig_until(rig, one_was_slow, rig, "the slow client closed");
    api_rig_ask(rig, good, "PING", "+PONG\r\n");
    api_rig_expect_end(rig, slow);
    close(slow);
    close(good);
}

/* The same amount, but read meanwhile: nothing is lost and nobody is closed. */
static void test_who_reads_late_gets_everything(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);
    char text[1000];
    char all[1000 * 60];

    memset(text, 'y', sizeof(text));
    memcpy(text, "ECHO ", 5);
    text[sizeof(text) - 1] = '\n';
    for (int i = 0; i < 60; i++) {
        memcpy(all + i * 1000, text, 1000);
    }
    api_rig_send_bytes(rig, fd, all, sizeof(all)); /* 60 replies of 1 kB against a bound of 16 */
    for (int i = 0; i < 60; i++) {
        api_rig_expect(rig, fd, "$994\r\n");
        api_rig_expect_bytes(rig, fd, text + 5, 994);
        api_rig_expect(rig, fd, "\r\n");
    }
    assert_int_equal(api_server_stats(rig->server).slow, 0);
    close(fd);
}

static void test_subscriber_that_does_not_read_is_closed(void **state)
{
    struct api_rig *rig = *state;
    int slow = api_rig_connect(rig);
    int small_buffer = 4096;

    setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &small_buffer, sizeof(small_buffer));
    api_rig_go_online(rig);
    api_rig_ask(rig, slow, "SUBSCRIBE V5", "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    for (int i = 0; i < 100000 && !one_was_slow(rig); i++) {
        api_rig_cloud_sends(rig, BLYNK_HARDWARE, 7,
                            "vw|5|0123456789012345678901234567890123456789012345678901234567890123456789"
                            "0123456789012345678901234567890123456789012345678901234567890123456789");
        api_rig_turn(rig);
    }
    assert_true(one_was_slow(rig));
    close(slow);
}

static void test_one_client_too_many(void **state)
{
    struct api_rig *rig = *state;
    int fds[4];

    for (int i = 0; i < 4; i++) {
        fds[i] = api_rig_connect(rig);
        if (i < 3) {
            api_rig_ask(rig, fds[i], "PING", "+PONG\r\n");
        }
    }
    api_rig_expect(rig, fds[3], "-ERR max number of clients reached\r\n");
    api_rig_expect_end(rig, fds[3]);
    assert_int_equal(api_server_stats(rig->server).rejected, 1);
    assert_int_equal(api_server_stats(rig->server).clients, 3);
    for (int i = 0; i < 4; i++) {
        close(fds[i]);
    }
}

static bool none_waits(void *arg)
{
    struct api_stats stats = api_server_stats(((struct api_rig *)arg)->server);

    return stats.waiting == 0 && stats.clients == 0;
}

static bool one_waits(void *arg)
{
    return api_server_stats(((struct api_rig *)arg)->server).waiting == 1;
}

static void test_a_client_that_goes_cancels_what_it_waits_for(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);

    api_rig_send(rig, fd, "SET V1 1\r\nBLYNK.FLUSH\r\nPING\r\n");
    api_rig_until(rig, one_waits, rig, "waiting");
    close(fd);
    api_rig_until(rig, none_waits, rig, "gone");
}

/* printf ... | socat: the input ends, the answers are still wanted. */
static void test_half_closed_gets_its_answers(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);

    api_rig_send(rig, fd, "SET V1 1\r\nBLYNK.FLUSH 50\r\nPING\r\n");
    shutdown(fd, SHUT_WR);
    api_rig_expect(rig, fd, "+OK\r\n:1\r\n+PONG\r\n");
    api_rig_expect_end(rig, fd);
    close(fd);
    api_rig_until(rig, none_waits, rig, "gone");
}

static void test_half_closed_subscriber_stays_until_it_goes(void **state)
{
    struct api_rig *rig = *state;
    int fd = api_rig_connect(rig);

    api_rig_go_online(rig);
    api_rig_send(rig, fd, "SUBSCRIBE V5\r\n");
    shutdown(fd, SHUT_WR);
    api_rig_expect(rig, fd, "*3\r\n$9\r\nsubscribe\r\n$2\r\nV5\r\n:1\r\n");
    api_rig_cloud_sends(rig, BLYNK_HARDWARE, 7, "vw|5|1");
    api_rig_expect(rig, fd, "*3\r\n$7\r\nmessage\r\n$2\r\nV5\r\n$1\r\n1\r\n");
    close(fd);
    api_rig_until(rig, none_waits, rig, "gone");
}

static void test_socket_rights(void **state)
{
    struct api_rig *rig = *state;
    struct api_config config = rig->config;
    struct stat status;

    assert_int_equal(stat(rig->config.socket_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0660);
    config.socket_mode = 0600;
    assert_false(api_server_configure(rig->server, &config));
    do {
        api_rig_turn(rig);
        assert_int_equal(stat(rig->config.socket_path, &status), 0);
    } while ((status.st_mode & 0777) != 0600);
    strcat(config.socket_path, "2");
    assert_true(api_server_configure(rig->server, &config));
}

/* A socket of that name, as somebody else made it. */
static int bind_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

/* A whole life of a server: it answers and goes. `path` gets its socket's. */
static void live(void (*adjust)(struct api_config *config), char path[API_PATH_MAX])
{
    struct api_rig *rig = api_rig_create(adjust);
    int fd = api_rig_connect(rig);

    api_rig_ask(rig, fd, "PING", "+PONG\r\n");
    close(fd);
    memcpy(path, rig->config.socket_path, API_PATH_MAX);
    api_rig_destroy(rig);
}

static void stale(struct api_config *config)
{
    close(bind_socket(config->socket_path));
}

static void test_stale_socket_is_replaced(void **state)
{
    char path[API_PATH_MAX];

    (void)state;
    live(stale, path);
    assert_int_equal(access(path, F_OK), -1); /* and taken away at the end */
}

static void passed(struct api_config *config)
{
    config->listen_fd = bind_socket(config->socket_path);
    assert_int_equal(listen(config->listen_fd, 5), 0);
}

static void test_passed_socket(void **state)
{
    char path[API_PATH_MAX];

    (void)state;
    live(passed, path);
    assert_int_equal(access(path, F_OK), 0); /* who made it removes it */
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_protocol_error_closes_only_its_client, setup, teardown),
        cmocka_unit_test_setup_teardown(test_large_command_in_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_pipeline_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(test_who_does_not_read_is_closed, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_who_reads_late_gets_everything, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_subscriber_that_does_not_read_is_closed, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_one_client_too_many, setup_small, teardown),
        cmocka_unit_test_setup_teardown(test_a_client_that_goes_cancels_what_it_waits_for, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_closed_gets_its_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_half_closed_subscriber_stays_until_it_goes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_socket_rights, setup, teardown),
        cmocka_unit_test(test_stale_socket_is_replaced),
        cmocka_unit_test(test_passed_socket),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
