/* The hint that a device node came, in directories that come and go as udev's do. */
#include "blynkd/io/hotplug.h"
#include "loop_turn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

struct bench {
    uv_loop_t loop;
    uv_timer_t tick;
    struct hotplug *hotplug;
    char folder[64];
    int changes;
};

static void on_change(void *arg)
{
    struct bench *bench = arg;

    bench->changes++;
}

static int bench_up(void **state)
{
    static struct bench bench;

    memset(&bench, 0, sizeof(bench));
    loop_turn_begin(&bench.loop, &bench.tick);
    strcpy(bench.folder, "/tmp/test_hotplug.XXXXXX");
    assert_non_null(mkdtemp(bench.folder));
    bench.hotplug = hotplug_create(&bench.loop, on_change, &bench);
    assert_non_null(bench.hotplug);
    *state = &bench;
    return 0;
}

static int bench_down(void **state)
{
    struct bench *bench = *state;
    char command[128];

    if (bench->hotplug) {
        hotplug_destroy(bench->hotplug);
    }
    loop_turn_end(&bench->loop, &bench->tick);
    snprintf(command, sizeof(command), "rm -r %s", bench->folder);
    return system(command);
}

static const char *in_folder(const struct bench *bench, const char *name)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/%s", bench->folder, name);
    return path;
}

static void make_folder(const struct bench *bench, const char *name)
{
    assert_int_equal(mkdir(in_folder(bench, name), 0755), 0);
}

static void make_node(const struct bench *bench, const char *name)
{
    int fd = open(in_folder(bench, name), O_CREAT | O_EXCL | O_WRONLY, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void await_change(struct bench *bench)
{
    loop_turn_until(&bench->loop, bench->changes > 0);
}

/* Takes in all that has happened so far: inotify keeps the order, so the events were there at once. */
static void drain(struct bench *bench)
{
    loop_turn_settle(&bench->loop);
    bench->changes = 0;
}

static void test_node_comes(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "ttyUSB0")), 0);
    drain(bench);
    make_node(bench, "ttyUSB0");
    await_change(bench);
    drain(bench);
    assert_int_equal(chmod(in_folder(bench, "ttyUSB0"), 0660), 0); /* udev gives it to dialout later */
    await_change(bench);
}

static void test_other_names_do_not_matter(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "ttyUSB0")), 0);
    make_node(bench, "ttyUSB1");
    make_folder(bench, "bus");
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->changes, 0);
    make_node(bench, "ttyUSB0");
    await_change(bench);
}

static void test_symlink_is_moved_into_place(void **state)
{
    struct bench *bench = *state;
    char from[128];

    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "modem")), 0);
    snprintf(from, sizeof(from), "%s", in_folder(bench, "modem.tmp"));
    assert_int_equal(symlink("/dev/ttyUSB3", from), 0);
    drain(bench);
    assert_int_equal(rename(from, in_folder(bench, "modem")), 0);
    await_change(bench);
}

/* /dev/serial/by-id comes with the first adapter and goes with the last one. */
static void test_directory_absent_at_first(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "serial/by-id/usb-modem")), 0);
    make_folder(bench, "serial");
    await_change(bench);
    drain(bench);
    make_folder(bench, "serial/by-id");
    await_change(bench);
    drain(bench);
    make_node(bench, "serial/by-id/usb-modem");
    await_change(bench);
}

/* All at once, faster than the loop looks. */
static void test_directory_and_node_at_once(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "serial/by-id/usb-modem")), 0);
    make_folder(bench, "serial");
    make_folder(bench, "serial/by-id");
    make_node(bench, "serial/by-id/usb-modem");
    await_change(bench);
    drain(bench);
    assert_int_equal(unlink(in_folder(bench, "serial/by-id/usb-modem")), 0);
    await_change(bench);
}

static void test_directory_goes_and_comes_back(void **state)
{
    struct bench *bench = *state;

    make_folder(bench, "serial");
    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "serial/modem")), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(rmdir(in_folder(bench, "serial")), 0);
        if (i == 1) {
            make_folder(bench, "serial"); /* before the loop hears of the end of the old one */
        }
        await_change(bench);
        drain(bench);
        if (i != 1) {
            make_folder(bench, "serial");
            await_change(bench);
            drain(bench);
        }
        make_node(bench, "serial/modem");
        await_change(bench);
        assert_int_equal(unlink(in_folder(bench, "serial/modem")), 0);
        drain(bench);
    }
}

static void test_stop_and_restart(void **state)
{
    struct bench *bench = *state;

    hotplug_stop(bench->hotplug);
    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "a")), 0);
    hotplug_stop(bench->hotplug);
    hotplug_stop(bench->hotplug);
    make_node(bench, "a");
    loop_turn_settle(&bench->loop);
    assert_int_equal(bench->changes, 0);
    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "b")), 0);
    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "c")), 0);
    make_node(bench, "c");
    await_change(bench);
}

static void destroy_on_change(void *arg)
{
    struct bench *bench = arg;

    bench->changes++;
    hotplug_destroy(bench->hotplug);
    bench->hotplug = NULL;
}

static void test_destroy_inside_event(void **state)
{
    struct bench *bench = *state;

    hotplug_destroy(bench->hotplug);
    bench->hotplug = hotplug_create(&bench->loop, destroy_on_change, bench);
    assert_int_equal(hotplug_start(bench->hotplug, in_folder(bench, "a")), 0);
    make_node(bench, "a");
    await_change(bench);
    drain(bench);
}

static void test_paths(void **state)
{
    struct bench *bench = *state;
    char path[300];

    memset(path, 'x', sizeof(path) - 1);
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(hotplug_start(bench->hotplug, path), -EINVAL);
    assert_int_equal(hotplug_start(bench->hotplug, ""), -EINVAL);
    assert_int_equal(hotplug_start(bench->hotplug, "modem-in-this-folder"), 0);
    assert_int_equal(hotplug_start(bench->hotplug, "/modem-that-is-not-there/at/all"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_node_comes, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_other_names_do_not_matter, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_symlink_is_moved_into_place, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_directory_absent_at_first, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_directory_and_node_at_once, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_directory_goes_and_comes_back, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_stop_and_restart, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_destroy_inside_event, bench_up, bench_down),
        cmocka_unit_test_setup_teardown(test_paths, bench_up, bench_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
