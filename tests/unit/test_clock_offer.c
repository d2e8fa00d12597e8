/* What chrony is offered, when, and what is said when it does not listen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"
#include "blynkd/io/refclock.h"
#include "bridge/clock_offer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define RIGHT_MS INT64_C(1900000000250)

struct bench {
    struct sched *sched;
    struct clock_offer offer;
    char dir[32], path[REFCLOCK_PATH_MAX];
    int fd; /* chrony's end; -1: it does not run */
    unsigned warnings, notices;
};

static void count_log(void *arg, enum log_level level, const char *part, const char *line)
{
    struct bench *bench = arg;

    assert_string_equal(part, "clock");
    assert_non_null(strstr(line, "chrony"));
    bench->warnings += level == LOG_LEVEL_WARNING;
    bench->notices += level == LOG_LEVEL_NOTICE;
}

static void chrony_begins(struct bench *bench)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    snprintf(address.sun_path, sizeof(address.sun_path), "%s", bench->path);
    bench->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(bench->fd, (const struct sockaddr *)&address, sizeof(address)), 0);
}

static void chrony_ends(struct bench *bench)
{
    close(bench->fd);
    bench->fd = -1;
    unlink(bench->path);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    log_set_sink(count_log, bench);
    snprintf(bench->dir, sizeof(bench->dir), "/tmp/blynkd-offer-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    snprintf(bench->path, sizeof(bench->path), "%s/sock", bench->dir);
    bench->sched = sched_create_virtual(7);
    sched_set_synced(bench->sched, false);
    clock_offer_init(&bench->offer, bench->sched, bench->path);
    chrony_begins(bench);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    clock_offer_stop(&bench->offer);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);
    sched_close(bench->sched);
    if (bench->fd >= 0) {
        chrony_ends(bench);
    }
    rmdir(bench->dir);
    free(bench);
    return 0;
}

/* The fields as chrony's refclock_sock.c has them. */
struct sample {
    struct timeval tv;
    double offset;
    int pulse, leap, padding, magic;
};

static bool was_offered(struct bench *bench, struct sample *sample)
{
    char bytes[256];
    ssize_t len = recv(bench->fd, bytes, sizeof(bytes), 0);

    if (len < 0) {
        assert_int_equal(errno, EAGAIN);
        return false;
    }
    assert_int_equal(len, sizeof(*sample));
    memcpy(sample, bytes, sizeof(*sample));
    assert_int_equal(sample->magic, 0x534F434B);
    assert_int_equal(sample->pulse, 0);
    assert_int_equal(sample->leap, 0);
    return true;
}

static unsigned count_offers(struct bench *bench)
{
    struct sample sample;
    unsigned count = 0;

    while (was_offered(bench, &sample)) {
        count++;
    }
    return count;
}

static int64_t true_ms(const struct sample *sample)
{
    return (int64_t)sample->tv.tv_sec * 1000 + sample->tv.tv_usec / 1000 +
           (int64_t)(sample->offset * 1000 + 0.5);
}

static void the_time_is_offered_each_minute(void **state)
{
    struct bench *bench = *state;
    struct sample sample;

    sched_advance(bench->sched, 600000);
    assert_false(was_offered(bench, &sample)); /* nothing is known */
    clock_offer_learned(&bench->offer, RIGHT_MS);
    sched_advance(bench->sched, 0);
    assert_true(was_offered(bench, &sample));
    assert_int_equal(sample.tv.tv_sec, sched_host_wall_ms(bench->sched) / 1000);
    assert_int_equal(true_ms(&sample), RIGHT_MS);
    sched_advance(bench->sched, 59000);
    assert_false(was_offered(bench, &sample));
    sched_shift_wall(bench->sched, -5000); /* somebody turns the clock: the true time stays what it is */
    sched_advance(bench->sched, 1000);
    assert_true(was_offered(bench, &sample));
    assert_int_equal(true_ms(&sample), RIGHT_MS + 60000);
    assert_int_equal(bench->notices, 1);
    assert_int_equal(bench->warnings, 0);
}

static void not_more_often_than_that(void **state)
{
    struct bench *bench = *state;

    for (int i = 0; i < 239; i++) {
        clock_offer_learned(&bench->offer, RIGHT_MS + i * 1000);
        sched_advance(bench->sched, 1000);
    }
    assert_int_equal(count_offers(bench), 4);
}

static void a_clock_that_is_kept_right_needs_no_help(void **state)
{
    struct bench *bench = *state;

    clock_offer_learned(&bench->offer, RIGHT_MS);
    sched_advance(bench->sched, 1000);
    assert_int_equal(count_offers(bench), 1);
    sched_set_synced(bench->sched, true);
    sched_advance(bench->sched, 3600000);
    assert_int_equal(count_offers(bench), 0);
}

static void without_a_path_nobody_is_told(void **state)
{
    struct bench *bench = *state;
    char path[sizeof(bench->path)];

    memcpy(path, bench->path, sizeof(path));
    bench->path[0] = '\0';
    clock_offer_learned(&bench->offer, RIGHT_MS);
    sched_advance(bench->sched, 300000);
    assert_int_equal(count_offers(bench), 0);
    memcpy(bench->path, path, sizeof(path)); /* a reload */
    sched_advance(bench->sched, 60000);
    assert_int_equal(count_offers(bench), 1);
    assert_int_equal(bench->warnings, 0);
}

static void trouble_is_told_once(void **state)
{
    struct bench *bench = *state;

    chrony_ends(bench);
    clock_offer_learned(&bench->offer, RIGHT_MS);
    sched_advance(bench->sched, 600000);
    assert_int_equal(bench->warnings, 1);
    assert_int_equal(bench->notices, 0);
    chrony_begins(bench);
    sched_advance(bench->sched, 120000);
    assert_int_equal(count_offers(bench), 2);
    assert_int_equal(bench->warnings, 1);
    assert_int_equal(bench->notices, 1);
}

/* A chrony that reads nothing does not hold the daemon up. */
static void nobody_waits_for_chrony(void **state)
{
    struct bench *bench = *state;

    clock_offer_learned(&bench->offer, RIGHT_MS);
    sched_advance(bench->sched, 60 * UINT64_C(60000) * 24);
    assert_int_equal(bench->offer.error, -EAGAIN);
    assert_int_equal(bench->warnings, 1);
    assert_in_range(count_offers(bench), 1, 1000);
    sched_advance(bench->sched, 60000);
    assert_int_equal(count_offers(bench), 1);
}

static void a_path_that_is_too_long(void **state)
{
    char path[200];

    (void)state;
    memset(path, 'x', sizeof(path));
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(refclock_offer(path, 0, 0), -ENAMETOOLONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_time_is_offered_each_minute, setup, teardown),
        cmocka_unit_test_setup_teardown(not_more_often_than_that, setup, teardown),
        cmocka_unit_test_setup_teardown(a_clock_that_is_kept_right_needs_no_help, setup, teardown),
        cmocka_unit_test_setup_teardown(without_a_path_nobody_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(trouble_is_told_once, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_waits_for_chrony, setup, teardown),
        cmocka_unit_test(a_path_that_is_too_long),
    };
    return cmocka_run_group_tests_name("clock offer", tests, NULL, NULL);
}
