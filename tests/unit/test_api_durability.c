/* When a program is told OK: at once, or when the disk has it; and what it is told when the disk fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "api_rig.h"
#include "spool_disk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
    struct api_rig *rig;
    int fd;
    int other; /* another program */
};

static unsigned durability;

static void adjust(struct bridge_config *config)
{
    config->outbox.durability = durability;
    config->outbox.commit_interval_ms = 100;
    config->outbox.spill_after_ms = 1000;
    config->outbox.max_rows = 1000000;
    config->outbox.max_spool_bytes = 1024 * 1024;
}

static int setup_with(void **state, unsigned wanted)
{
    struct fixture *f = calloc(1, sizeof(*f));

    durability = wanted;
    spool_disk_install();
    f->rig = api_rig_create_kept(NULL, adjust);
    f->fd = api_rig_connect(f->rig);
    f->other = api_rig_connect(f->rig);
    *state = f;
    return 0;
}

static int setup_always(void **state)
{
    return setup_with(state, OUTBOX_ALWAYS);
}

static int setup_offline(void **state)
{
    return setup_with(state, OUTBOX_OFFLINE);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    spool_disk_hold(false);
    close(f->fd);
    close(f->other);
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    api_rig_destroy(f->rig);
    spool_disk_remove();
    free(f);
    return 0;
}

static const char *file_of(const struct fixture *f)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s/spool.db", f->rig->directory);
    return path;
}

/* Another program's commands are answered after all that could be answered to this one. */
static void assert_silent(struct fixture *f)
{
    char byte;

    for (int i = 0; i < 3; i++) {
        api_rig_ask(f->rig, f->other, "PING", "+PONG\r\n");
    }
    assert_int_equal(recv(f->fd, &byte, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);
}

struct knows {
    struct api_rig *rig;
    const char *pin;
};

static bool is_known(void *arg)
{
    const struct knows *knows = arg;
    pin_id pin;

    pin_parse(knows->pin, strlen(knows->pin), &pin);
    return pins_get(bridge_pins(knows->rig->bridge), pin) != NULL;
}

static void until_known(struct fixture *f, const char *pin)
{
    struct knows knows = {f->rig, pin};

    api_rig_until(f->rig, is_known, &knows, pin);
}

/* ---- always ---- */

static void test_ok_comes_when_the_disk_has_it(void **state)
{
    struct fixture *f = *state;

    spool_disk_hold(true);
    api_rig_send(f->rig, f->fd, "PING\r\nSET V1 a\r\nGET V1\r\nSET V2 b\r\nNONSENSE\r\n");
    until_known(f, "V2");
    api_rig_expect(f->rig, f->fd, "+PONG\r\n"); /* came before */
    assert_silent(f);
    spool_disk_hold(false);
    api_rig_expect(f->rig, f->fd, "+OK\r\n$1\r\na\r\n+OK\r\n");
    api_rig_expect_line(f->rig, f->fd, "-ERR unknown command");
}

/* More writes wait than are told apart, over several commits. */
static void test_many_replies_keep_their_order(void **state)
{
    struct fixture *f = *state;
    char line[64];

    for (int round = 0; round < 20; round++) {
        spool_disk_hold(round % 2);
        for (int i = 0; i < 30; i++) {
            snprintf(line, sizeof(line), "SET V%d %d\r\nECHO %d.%d\r\n", i, round, round, i);
            api_rig_send(f->rig, f->fd, line);
        }
        api_rig_ask(f->rig, f->other, "PING", "+PONG\r\n");
        spool_disk_hold(false);
    }
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < 30; i++) {
            int len = snprintf(line, sizeof(line), "%d.%d", round, i);
            char reply[80];
            snprintf(reply, sizeof(reply), "+OK\r\n$%d\r\n%s\r\n", len, line);
            api_rig_expect(f->rig, f->fd, reply);
        }
    }
}

static void test_a_transaction_waits_as_a_whole(void **state)
{
    struct fixture *f = *state;

    api_rig_ask(f->rig, f->fd, "MULTI\r\nSET V1 a\r\nGET V1\r\nBLYNK.EVENT fire",
                "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n");
    spool_disk_hold(true);
    api_rig_send(f->rig, f->fd, "EXEC\r\nPING\r\n");
    until_known(f, "V1");
    assert_silent(f);
    spool_disk_hold(false);
    api_rig_expect(f->rig, f->fd, "*3\r\n+OK\r\n$1\r\na\r\n+OK\r\n+PONG\r\n");
}

static bool all_is_confirmed(void *arg)
{
    return bridge_unconfirmed(((struct api_rig *)arg)->bridge, 2) == 0;
}

/* The server has confirmed it while the disk was busy with another write: it need not be stored any more. */
static void test_confirmed_before_it_was_stored(void **state)
{
    struct fixture *f = *state;

    api_rig_go_online(f->rig);
    spool_disk_hold(true);
    api_rig_send(f->rig, f->other, "SET V1 a\r\n"); /* on its way to the disk */
    until_known(f, "V1");
    api_rig_send(f->rig, f->fd, "SET V2 b\r\nBLYNK.FLUSH 9000\r\n");
    api_rig_until(f->rig, all_is_confirmed, f->rig, "confirmed");

    spool_disk_hold(false);
    api_rig_expect(f->rig, f->other, "+OK\r\n");
    api_rig_expect(f->rig, f->fd, "+OK\r\n:0\r\n");
}

static bool only_one_is_left(void *arg)
{
    return api_server_stats(((struct api_rig *)arg)->server).clients == 1;
}

static void test_who_leaves_meanwhile_has_written(void **state)
{
    struct fixture *f = *state;

    api_rig_ask(f->rig, f->other, "PING", "+PONG\r\n");
    spool_disk_hold(true);
    api_rig_send(f->rig, f->fd, "SET V1 a\r\n");
    until_known(f, "V1");
    close(f->fd);
    api_rig_until(f->rig, only_one_is_left, f->rig, "one is gone");
    spool_disk_hold(false);
    api_rig_ask(f->rig, f->other, "SET V2 b", "+OK\r\n");
    api_rig_go_online(f->rig);
    api_rig_cloud_gets(f->rig, "HARDWARE vw|1|a\nHARDWARE vw|2|b\n");
    f->fd = api_rig_connect(f->rig);
}

static bool disk_is_well(void *arg)
{
    return !bridge_disk_trouble(((struct api_rig *)arg)->bridge)[0];
}

static void test_a_disk_that_fails_is_told(void **state)
{
    struct fixture *f = *state;

    api_rig_ask(f->rig, f->fd, "SET V1 stored", "+OK\r\n");
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    api_rig_send(f->rig, f->fd, "PING\r\nSET V2 waits\r\nPING\r\n");
    api_rig_expect(f->rig, f->fd, "+PONG\r\n");
    api_rig_expect(
        f->rig, f->fd,
        "-SPOOLFULL the disk could not be written (not stored: the disk is full; make room on it): what "
        "you wrote last waits in memory only\r\n");
    api_rig_expect_end(f->rig, f->fd); /* nobody can tell any more which reply would be whose */
    api_rig_send(f->rig, f->other, "SET V3 refused\r\nBLYNK.EVENT refused\r\nGET V1\r\n");
    api_rig_expect_line(f->rig, f->other,
                        "-SPOOLFULL the disk cannot be written (not stored: the disk is full");
    api_rig_expect_line(f->rig, f->other,
                        "-SPOOLFULL the disk cannot be written (not stored: the disk is full");
    api_rig_expect(f->rig, f->other, "$6\r\nstored\r\n");
    api_rig_ask(f->rig, f->other, "GET V3", "$-1\r\n");
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    api_rig_until(f->rig, disk_is_well, f->rig, "the disk can be written again");
    api_rig_ask(f->rig, f->other, "SET V4 stored", "+OK\r\n");
    api_rig_go_online(f->rig);
    api_rig_cloud_gets(f->rig, "HARDWARE vw|1|stored\nHARDWARE vw|2|waits\nHARDWARE vw|4|stored\n");
    assert_null(strstr(f->rig->seen, "refused"));
}

/* ---- the others ---- */

static void test_offline_does_not_wait_for_the_disk(void **state)
{
    struct fixture *f = *state;

    spool_disk_hold(true);
    api_rig_ask(f->rig, f->fd, "SET V1 a\r\nMULTI\r\nSET V2 b\r\nEXEC",
                "+OK\r\n+OK\r\n+QUEUED\r\n*1\r\n+OK\r\n");
    spool_disk_hold(false);
    spool_disk_set(SPOOL_DISK_FILLED, 1);
    api_rig_ask(f->rig, f->fd, "SET V3 c", "+OK\r\n");
    spool_disk_set(SPOOL_DISK_SOUND, 0);
    assert_int_equal(access(file_of(f), F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ok_comes_when_the_disk_has_it, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_many_replies_keep_their_order, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_a_transaction_waits_as_a_whole, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_confirmed_before_it_was_stored, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_who_leaves_meanwhile_has_written, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_a_disk_that_fails_is_told, setup_always, teardown),
        cmocka_unit_test_setup_teardown(test_offline_does_not_wait_for_the_disk, setup_offline, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
