/* What the doctor sees of the host: below a made-up root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "ctl/doctor_host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

static int setup(void **state)
{
    (void)state;
    snprintf(root, sizeof(root), "/tmp/blynkctl-root-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int teardown(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", root);
    return system(command);
}

/* A file with its folders. */
static void put(const char *path, const char *text, size_t len)
{
    char command[256];
    char full[160];

    snprintf(full, sizeof(full), "%s%s", root, path);
    snprintf(command, sizeof(command), "mkdir -p $(dirname %s)", full);
    assert_int_equal(system(command), 0);
    FILE *file = fopen(full, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

#define PUT(path, text) put(path, text, sizeof(text) - 1)

static void link_to(const char *path, const char *target)
{
    char full[160];

    snprintf(full, sizeof(full), "%s%s", root, path);
    assert_int_equal(symlink(target, full), 0);
}

static void test_console_words(void **state)
{
    (void)state;
    assert_true(host_console_is_on("console=ttyS0,115200 root=x", "ttyS0", NULL));
    assert_true(host_console_is_on("root=x console=tty1 console=ttyAMA0\n", "ttyAMA0", NULL));
    assert_true(host_console_is_on("console=serial0,115200", "ttyAMA0", "serial0"));
    assert_false(host_console_is_on("console=serial0,115200", "ttyAMA0", NULL));
    assert_false(host_console_is_on("console=ttyS01 noconsole=ttyS0", "ttyS0", NULL));
    assert_false(host_console_is_on("", "ttyS0", NULL));
}

static void test_a_console_that_will_come(void **state)
{
    struct host_facts host = {.path = "/dev/serial0"};

    (void)state;
    PUT("/dev/ttyAMA0", "");
    link_to("/dev/serial0", "ttyAMA0");
    PUT("/proc/cmdline", "console=tty1\n");
    host_look(root, 0, &host);
    assert_non_null(strstr(host.device, "/dev/ttyAMA0"));
    assert_string_equal(host.console, "");
    assert_false(host.is_device);
    PUT("/boot/firmware/cmdline.txt", "console=serial0,115200 console=tty1 root=PARTUUID=x\n");
    host_look(root, 0, &host);
    assert_string_equal(host.console, "/boot/firmware/cmdline.txt");
}

static void test_a_port_that_is_not_there(void **state)
{
    struct host_facts host = {.path = "/dev/modem"};

    (void)state;
    PUT("/dev/ttyUSB0", "");
    PUT("/dev/ttyACM1", "");
    host_look(root, 0, &host);
    assert_string_equal(host.device, "");
    assert_string_equal(host.others, "/dev/ttyUSB0, /dev/ttyACM1");
}

static void test_rivals_but_the_daemon(void **state)
{
    struct host_facts host = {.path = "/dev/ttyS0"};
    char device[160];

    (void)state;
    PUT("/dev/ttyS0", "");
    snprintf(device, sizeof(device), "%s/dev/ttyS0", root);
    PUT("/proc/7/comm", "minicom\n");
    PUT("/proc/7/fd/keep", "");
    link_to("/proc/7/fd/3", device);
    PUT("/proc/8/comm", "blynkd\n");
    PUT("/proc/8/fd/keep", "");
    link_to("/proc/8/fd/3", device);
    host_look(root, 8, &host);
    assert_int_equal(host.rival_count, 1);
    assert_int_equal(host.rivals[0].pid, 7);
    assert_string_equal(host.rivals[0].name, "minicom");
}

static void test_the_daemon_of_a_configuration(void **state)
{
    (void)state;
    PUT("/proc/5/comm", "blynkd\n");
    PUT("/proc/5/cmdline", "/usr/sbin/blynkd\0--config\0/etc/a.conf");
    PUT("/proc/6/comm", "blynkd\n");
    PUT("/proc/6/cmdline", "blynkd");
    PUT("/proc/7/comm", "blynkd\n");
    PUT("/proc/7/cmdline", "blynkd\0--config\0/etc/b.conf\0--probe");
    PUT("/proc/9/comm", "vi\n");
    PUT("/proc/9/cmdline", "blynkd\0--config\0/etc/c.conf");
    assert_int_equal(host_find_daemon(root, "/etc/a.conf"), 5);
    assert_int_equal(host_find_daemon(root, "/etc/blynkd/blynkd.conf"), 6);
    assert_int_equal(host_find_daemon(root, "/etc/b.conf"), 0);
    assert_int_equal(host_find_daemon(root, "/etc/c.conf"), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_console_words),
        TEST(test_a_console_that_will_come),
        TEST(test_a_port_that_is_not_there),
        TEST(test_rivals_but_the_daemon),
        TEST(test_the_daemon_of_a_configuration),
    };
#undef TEST

    return cmocka_run_group_tests(tests, NULL, NULL);
}
