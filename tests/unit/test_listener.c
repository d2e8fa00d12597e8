#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    uv_loop_t loop;
    struct api_config config;
    struct listener listener;
    char directory[64];
    char why[256];
};

static int setup(void **state)
{
    static struct fixture fixture;

    uv_loop_init(&fixture.loop);
    api_config_init(&fixture.config);
    snprintf(fixture.directory, sizeof(fixture.directory), "/tmp/blynkd-listener-XXXXXX");
    assert_non_null(mkdtemp(fixture.directory));
    snprintf(fixture.config.socket_path, sizeof(fixture.config.socket_path), "%s/socket", fixture.directory);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    uv_run(&f->loop, UV_RUN_DEFAULT);
    unlink(f->config.socket_path);
    return uv_loop_close(&f->loop) || rmdir(f->directory);
}

static void on_connection(uv_stream_t *listener, int status)
{
    (void)listener;
    (void)status;
}

static int try_open(struct fixture *f, struct listener *listener)
{
    return listener_open(listener, &f->loop, &f->config, on_connection, f, f->why, sizeof(f->why));
}

static void test_made_with_rights_and_removed(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    umask(0);
    f->config.socket_mode = 0620;
    assert_int_equal(try_open(f, &f->listener), 0);
    assert_int_equal(stat(f->config.socket_path, &status), 0);
    assert_true(S_ISSOCK(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0620);
    assert_int_equal(status.st_gid, f->listener.group);
    assert_true(listener_close(&f->listener, NULL));
    assert_false(listener_close(&f->listener, NULL));
    assert_int_equal(access(f->config.socket_path, F_OK), -1);
}

static void test_refused_while_another_listens(void **state)
{
    struct fixture *f = *state;
    struct listener second;

    assert_int_equal(try_open(f, &f->listener), 0);
    assert_int_equal(try_open(f, &second), -EADDRINUSE);
    assert_non_null(strstr(f->why, "is blynkd running already?"));
    assert_false(second.open);
    assert_int_equal(access(f->config.socket_path, F_OK), 0); /* the first one's is left alone */
    listener_close(&f->listener, NULL);
}

/* Somebody else took the path meanwhile: it is theirs. */
static void test_removes_only_its_own(void **state)
{
    struct fixture *f = *state;
    struct listener second;

    assert_int_equal(try_open(f, &f->listener), 0);
    unlink(f->config.socket_path);
    assert_int_equal(try_open(f, &second), 0);
    listener_close(&f->listener, NULL);
    assert_int_equal(access(f->config.socket_path, F_OK), 0);
    listener_close(&second, NULL);
    assert_int_equal(access(f->config.socket_path, F_OK), -1);
    uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void test_path_is_a_file(void **state)
{
    struct fixture *f = *state;

    close(open(f->config.socket_path, O_CREAT | O_WRONLY, 0600));
    assert_int_equal(try_open(f, &f->listener), -EEXIST);
    assert_non_null(strstr(f->why, "it is not a socket"));
    assert_int_equal(access(f->config.socket_path, F_OK), 0);
}

static void test_unusable_settings(void **state)
{
    struct fixture *f = *state;
    struct api_config good = f->config;

    f->config.socket_path[0] = '\0';
    assert_int_equal(try_open(f, &f->listener), -EINVAL);
    memset(f->config.socket_path, 'x', API_PATH_MAX); /* no room for the zero */
    assert_int_equal(try_open(f, &f->listener), -ENAMETOOLONG);
    f->config = good;
    strcat(f->config.socket_path, "/below/nothing");
    assert_int_equal(try_open(f, &f->listener), -ENOENT);
    assert_non_null(strstr(f->why, f->config.socket_path));
    f->config = good;
}

/* A socket for fewer people than meant is better than no link at all. */
static void test_missing_group_leaves_the_daemons_own(void **state)
{
    struct fixture *f = *state;
    struct stat status;

    snprintf(f->config.socket_group, sizeof(f->config.socket_group), "no-such-group-here");
    assert_int_equal(try_open(f, &f->listener), 0);
    assert_int_equal(stat(f->config.socket_path, &status), 0);
    assert_int_equal(status.st_gid, getegid());
    listener_close(&f->listener, NULL);
    uv_run(&f->loop, UV_RUN_DEFAULT);
}

static void test_passed_descriptor_must_be_a_unix_socket(void **state)
{
    struct fixture *f = *state;

    f->config.listen_fd = open("/dev/null", O_RDONLY);
    assert_int_equal(try_open(f, &f->listener), -EINVAL);
    close(f->config.listen_fd);
    f->config.listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(try_open(f, &f->listener), -EINVAL);
    close(f->config.listen_fd);
    f->config.listen_fd = -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_made_with_rights_and_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_refused_while_another_listens, setup, teardown),
        cmocka_unit_test_setup_teardown(test_removes_only_its_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_path_is_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_unusable_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_missing_group_leaves_the_daemons_own, setup, teardown),
        cmocka_unit_test_setup_teardown(test_passed_descriptor_must_be_a_unix_socket, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
