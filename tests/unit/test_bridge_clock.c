/* What time samples get on a machine whose clock is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"
#include "blynkd/bridge/bridge.h"

#include "fake_cloud.h"
#include "fake_stream.h"
#include "fake_uplink.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define DAY_MS  INT64_C(86400000)
#define YEAR_MS (365 * DAY_MS)

struct bench {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct bridge *bridge;
    struct bridge_config config;
    char remark[256];
    pin_id pin;
};

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static void on_link(void *arg, const struct link_change *change)
{
    struct bench *bench = arg;

    if (strstr(change->why, "clock")) {
        snprintf(bench->remark, sizeof(bench->remark), "%s", change->why);
    }
}

static int setup(void **state)
{
    static const struct bridge_events events = {.on_link = on_link};
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    log_set_sink(no_log, NULL);
    bench->config = (struct bridge_config){
        .link = fake_cloud_link_config(),
        .outbox = {.max_entries = 1000, .max_bytes = 100000, .stamp_after_ms = 10000},
        .request_ms = 15000,
    };
    assert_int_equal(pin_parse("V1", 2, &bench->pin), 0);
    bench->sched = sched_create_virtual(11);
    sched_set_synced(bench->sched, false);
    bench->stream = fake_stream_create(bench->sched, 5);
    bench->stream->whole = true;
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &bench->config);
    assert_non_null(bench->bridge);
    assert_int_equal(bridge_listen(bench->bridge, &events, bench), 0);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    bridge_stop(bench->bridge, 5000);
    sched_advance(bench->sched, 7000);
    bridge_destroy(bench->bridge);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);
    fake_uplink_destroy(bench->uplink);
    fake_cloud_destroy(bench->cloud);
    fake_stream_destroy(bench->stream);
    sched_close(bench->sched);
    free(bench);
    return 0;
}

/* ---- helpers ---- */

static void put(struct bench *bench, const char *text)
{
    struct outbox_write write = {.pin = bench->pin, .value = text, .len = strlen(text)};

    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), 0);
}

static void go_online(struct bench *bench)
{
    struct link_info info;

    bridge_start(bench->bridge);
    do {
        sched_advance(bench->sched, 100);
        link_info(bridge_link(bench->bridge), &info);
    } while (info.state != LINK_ONLINE);
    sched_advance(bench->sched, 500);
}

static void answer(struct bench *bench, int64_t wall_ms)
{
    char body[64];
    int len = snprintf(body, sizeof(body), "utc%ctime%c%" PRId64, '\0', '\0', wall_ms);

    assert_string_equal(bench->cloud->last_internal, "utc time");
    fake_cloud_send(bench->cloud, BLYNK_INTERNAL, bench->cloud->last_internal_id, body, (size_t)len);
    sched_advance(bench->sched, 100);
}

/* The first time stamp among the writes. */
static int64_t first_stamp(struct bench *bench)
{
    const char *at = strstr(fake_cloud_writes(bench->cloud), "t ");

    return at ? strtoll(at + 2, NULL, 10) : 0;
}

static void expect_near(int64_t a, int64_t b)
{
    assert_true(llabs((long long)(a - b)) <= 2000);
}

/* ---- tests ---- */

static void test_what_waits_gets_blynks_time(void **state)
{
    struct bench *bench = *state;
    int64_t right_ms = sched_wall_ms(bench->sched) + 2 * YEAR_MS;
    uint64_t begun_ms = sched_now_ms(bench->sched);

    put(bench, "1");
    sched_advance(bench->sched, 60000);
    go_online(bench);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    answer(bench, right_ms + (int64_t)(sched_now_ms(bench->sched) - begun_ms));
    expect_near(first_stamp(bench), right_ms);
    assert_string_equal(bench->remark, "this machine's clock is 730 days behind: Blynk's time is used");
    expect_near(sched_wall_ms(bench->sched), right_ms + (int64_t)(sched_now_ms(bench->sched) - begun_ms));
}

static void test_a_server_that_does_not_answer(void **state)
{
    struct bench *bench = *state;
    int64_t made_ms = sched_wall_ms(bench->sched);

    put(bench, "1");
    sched_advance(bench->sched, 60000);
    go_online(bench);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    sched_advance(bench->sched, 6000);
    assert_int_equal(first_stamp(bench), made_ms);
    assert_string_equal(bench->remark, "");
}

static void test_a_clock_that_agrees_is_left_alone(void **state)
{
    struct bench *bench = *state;
    int64_t made_ms = sched_wall_ms(bench->sched);

    put(bench, "1");
    sched_advance(bench->sched, 60000);
    go_online(bench);
    answer(bench, sched_wall_ms(bench->sched));
    assert_int_equal(first_stamp(bench), made_ms);
    assert_string_equal(bench->remark, "");
    assert_int_equal(sched_wall_ms(bench->sched), sched_host_wall_ms(bench->sched));
}

/* A step of the machine's clock does not matter until somebody keeps it right; then it is believed. */
static void test_ntp_comes_late(void **state)
{
    struct bench *bench = *state;
    int64_t right_ms;

    go_online(bench);
    right_ms = sched_wall_ms(bench->sched) - YEAR_MS;
    answer(bench, right_ms);
    sched_shift_wall(bench->sched, -3 * YEAR_MS);
    expect_near(sched_wall_ms(bench->sched), right_ms);
    sched_shift_wall(bench->sched, 2 * YEAR_MS);
    sched_set_synced(bench->sched, true);
    sched_advance(bench->sched, 60000);
    assert_int_equal(sched_wall_ms(bench->sched), sched_host_wall_ms(bench->sched));
    expect_near(sched_wall_ms(bench->sched), right_ms + 60000);
    assert_string_equal(bench->remark, "this machine's clock is right now and is used again");
}

static void test_a_machine_that_knows_does_not_ask(void **state)
{
    struct bench *bench = *state;

    sched_set_synced(bench->sched, true);
    go_online(bench);
    assert_null(strstr(bench->cloud->last_internal, "utc"));
}

/* An answer of a server that knows only its own zone, or nonsense, teaches nothing. */
static void test_nonsense_teaches_nothing(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    answer(bench, 12345);
    assert_int_equal(sched_wall_ms(bench->sched), sched_host_wall_ms(bench->sched));
    assert_string_equal(bench->remark, "");
}

/* What Blynk says reaches chrony. */
static void test_chrony_is_offered_blynks_time(void **state)
{
    struct bench *bench = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char dir[] = "/tmp/blynkd-chrony-XXXXXX";
    char sample[256];
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_non_null(mkdtemp(dir));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/sock", dir);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    snprintf(bench->config.chrony_socket, sizeof(bench->config.chrony_socket), "%s", address.sun_path);
    bridge_configure(bench->bridge, &bench->config);
    go_online(bench);
    sched_advance(bench->sched, 1000);
    assert_true(recv(fd, sample, sizeof(sample), 0) < 0); /* not before it is known */
    answer(bench, sched_wall_ms(bench->sched) + YEAR_MS);
    assert_true(recv(fd, sample, sizeof(sample), 0) > 0);
    close(fd);
    unlink(address.sun_path);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_waits_gets_blynks_time, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_that_does_not_answer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_clock_that_agrees_is_left_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_ntp_comes_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_machine_that_knows_does_not_ask, setup, teardown),
        cmocka_unit_test_setup_teardown(test_nonsense_teaches_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chrony_is_offered_blynks_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
