/* Who else is on the port: from a made-up /proc, and once from the real one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/rival.h"

#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct proc {
    char dir[64];
    char words[160];
};

static int setup(void **state)
{
    struct proc *proc = calloc(1, sizeof(*proc));

    snprintf(proc->dir, sizeof(proc->dir), "/tmp/blynkd-proc-XXXXXX");
    assert_non_null(mkdtemp(proc->dir));
    *state = proc;
    return 0;
}

static int teardown(void **state)
{
    struct proc *proc = *state;
    char command[128];

    snprintf(command, sizeof(command), "rm -rf %s", proc->dir);
    assert_int_equal(system(command), 0);
    free(proc);
    return 0;
}

static void put_file(const struct proc *proc, unsigned pid, const char *name, const char *text, size_t len)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%u/%s", proc->dir, pid, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

/* A process with that name, words on its command line, and perhaps a descriptor. */
static void put_process(const struct proc *proc, unsigned pid, const char *comm, const char *line, size_t len,
                        const char *opened)
{
    char path[160];

    snprintf(path, sizeof(path), "%s/%u", proc->dir, pid);
    assert_int_equal(mkdir(path, 0755), 0);
    put_file(proc, pid, "comm", comm, strlen(comm));
    put_file(proc, pid, "cmdline", line, len);
    if (opened) {
        snprintf(path, sizeof(path), "%s/%u/fd", proc->dir, pid);
        assert_int_equal(mkdir(path, 0755), 0);
        snprintf(path, sizeof(path), "%s/%u/fd/3", proc->dir, pid);
        assert_int_equal(symlink(opened, path), 0);
    }
}

#define PUT(proc, pid, comm, line, opened) put_process(proc, pid, comm, line, sizeof(line), opened)

static bool find(struct proc *proc)
{
    return rival_find(proc->dir, "/dev/ttyS0", proc->words, sizeof(proc->words));
}

static void test_nobody(void **state)
{
    struct proc *proc = *state;

    PUT(proc, 12, "bash\n", "bash", "/dev/ttyS1");
    PUT(proc, 13, "agetty\n", "agetty\0-o\0tty1", NULL);
    assert_false(find(proc));
    assert_string_equal(proc->words, "");
    assert_false(rival_find("/tmp/blynkd-there-is-no-proc", "/dev/ttyS0", proc->words, sizeof(proc->words)));
}

static void test_login_prompt(void **state)
{
    struct proc *proc = *state;

    PUT(proc, 512, "agetty\n", "agetty\0-o\0-p -- \\u\0--keep-baud\0ttyS0\0vt220",
        NULL); /* no right to see fd */
    assert_true(find(proc));
    assert_string_equal(proc->words, "a login prompt (agetty, process 512) is on the modem's port: systemctl "
                                     "disable --now serial-getty@ttyS0");
}

static void test_modem_manager(void **state)
{
    struct proc *proc = *state;

    PUT(proc, 77, "ModemManager\n", "/usr/sbin/ModemManager", NULL);
    assert_true(find(proc));
    assert_non_null(strstr(proc->words, "ModemManager (process 77) runs and may be probing"));
    PUT(proc, 78, "ModemManager\n", "/usr/sbin/ModemManager", "/dev/ttyS0"); /* seen: more certain */
    assert_true(find(proc));
    assert_non_null(strstr(proc->words, "ModemManager (process 78) has the modem's port open"));
}

static void test_another_program(void **state)
{
    struct proc *proc = *state;

    PUT(proc, 77, "ModemManager\n", "/usr/sbin/ModemManager", NULL);
    PUT(proc, 1234, "minicom\n", "minicom", "/dev/ttyS0");
    assert_true(find(proc));
    assert_string_equal(proc->words,
                        "another program (minicom, process 1234) has the modem's port open: stop it");
}

static void test_real_proc(void **state)
{
    struct proc *proc = *state;
    char name[64];
    int ready[2];
    int master;
    int slave;
    char byte;

    assert_int_equal(openpty(&master, &slave, name, NULL, NULL), 0);
    assert_false(rival_find("/proc", name, proc->words, sizeof(proc->words))); /* we are no rival of ours */
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_NAME, "screen");
        _exit(write(ready[1], "x", 1) == 1 && pause());
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_true(rival_find("/proc", name, proc->words, sizeof(proc->words)));
    assert_non_null(strstr(proc->words, "another program (screen, process "));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_false(rival_find("/proc", name, proc->words, sizeof(proc->words)));
    close(master);
    close(slave);
    close(ready[0]);
    close(ready[1]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nobody),          TEST(test_login_prompt), TEST(test_modem_manager),
        TEST(test_another_program), TEST(test_real_proc),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
