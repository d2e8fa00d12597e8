/* What time samples get on a machine whose clock is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"
#include "blynkd/base/wall.h"
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

/* ---- the modem's network ---- */

static void tell(struct bench *bench, int64_t earliest_ms, uint32_t slack_ms)
{
    struct uplink *uplink = &bench->uplink->uplink;

    uplink->events.on_time(uplink->arg, earliest_ms, slack_ms);
}

/* A time that can be, whenever this was built. */
static int64_t plausible_ms(void)
{
    return wall_build_ms() + 1000 * DAY_MS;
}

static void expect_time(struct bench *bench, enum bridge_time certainty, int64_t wall_ms)
{
    int64_t told_ms;

    assert_int_equal(bridge_clock_now(bench->bridge, &told_ms), certainty);
    expect_near(told_ms, wall_ms);
}

/* With the modem's time what waits need not wait for a server that does not answer. */
static void test_the_modems_time_lets_the_backlog_go(void **state)
{
    struct bench *bench = *state;
    int64_t right_ms = plausible_ms();

    sched_shift_wall(bench->sched, right_ms - 3 * DAY_MS - sched_wall_ms(bench->sched));
    put(bench, "1");
    sched_advance(bench->sched, 60000);
    tell(bench, right_ms + 60000, 0);
    assert_string_equal(bench->remark,
                        "this machine's clock is 3 days behind: the mobile network's time is used");
    go_online(bench);
    sched_advance(bench->sched, 1000);
    expect_near(first_stamp(bench), right_ms);
}

/* It comes while the server's answer is waited for. */
static void test_the_modems_time_comes_late(void **state)
{
    struct bench *bench = *state;
    int64_t right_ms = plausible_ms();

    put(bench, "1");
    sched_advance(bench->sched, 60000);
    go_online(bench);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    tell(bench, right_ms + (int64_t)60000, 0);
    sched_advance(bench->sched, 1000);
    assert_string_not_equal(fake_cloud_writes(bench->cloud), "");
}

static void test_the_better_source_wins(void **state)
{
    struct bench *bench = *state;
    int64_t right_ms = plausible_ms();

    expect_time(bench, CLOCK_FLOOR, wall_build_ms());
    tell(bench, right_ms + 5 * 60000, 0);
    expect_time(bench, CLOCK_KNOWN, right_ms + 5 * 60000);
    go_online(bench);
    answer(bench, right_ms);
    expect_time(bench, CLOCK_KNOWN, right_ms);
    tell(bench, right_ms + 5 * 60000, 0);
    expect_time(bench, CLOCK_KNOWN, right_ms);
    sched_advance(bench->sched, (uint64_t)DAY_MS);
    tell(bench, right_ms + 2 * DAY_MS, 0); /* a day later Blynk's answer is old */
    expect_time(bench, CLOCK_KNOWN, right_ms + 2 * DAY_MS);
    sched_set_synced(bench->sched, true);
    expect_time(bench, CLOCK_KNOWN, sched_host_wall_ms(bench->sched));
}

static void test_a_synced_machine_needs_no_modem(void **state)
{
    struct bench *bench = *state;

    sched_set_synced(bench->sched, true);
    tell(bench, plausible_ms(), 0);
    assert_string_equal(bench->remark, "");
    assert_int_equal(sched_wall_ms(bench->sched), sched_host_wall_ms(bench->sched));
}

static void test_a_module_that_does_not_know(void **state)
{
    static const int64_t since_1970_s[] = {0, 315964800 /* 1980-01-06 */, 946684800, 1072915200 /* 2004 */,
                                           4102444800 /* 2100 */};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(since_1970_s) / sizeof(since_1970_s[0]); i++) {
        tell(bench, since_1970_s[i] * 1000, 0);
    }
    assert_string_equal(bench->remark, "");
    expect_time(bench, CLOCK_FLOOR, wall_build_ms());
}

static void test_a_vague_time_is_only_a_floor(void **state)
{
    struct bench *bench = *state;
    int64_t host_ms = sched_host_wall_ms(bench->sched);

    tell(bench, plausible_ms(), 7200000);
    assert_int_equal(sched_wall_ms(bench->sched), host_ms);
    expect_time(bench, CLOCK_FLOOR, plausible_ms());
    tell(bench, plausible_ms() - DAY_MS, 7200000);
    expect_time(bench, CLOCK_FLOOR, plausible_ms());
}

/* ---- the next start ---- */

static void start_anew(struct bench *bench)
{
    bridge_stop(bench->bridge, 5000);
    sched_advance(bench->sched, 7000);
    bridge_destroy(bench->bridge);
    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &bench->config);
    assert_non_null(bench->bridge);
    sched_settle(bench->sched);
}

static void clear_dir(const char *dir)
{
    char command[256];

    snprintf(command, sizeof(command), "rm -r %s", dir);
    assert_int_equal(system(command), 0);
}

static void test_the_newest_time_outlives_the_process(void **state)
{
    struct bench *bench = *state;
    char dir[] = "/tmp/blynkd-clock-XXXXXX";
    int64_t right_ms = plausible_ms();
    int64_t floor_ms;

    assert_non_null(mkdtemp(dir));
    snprintf(bench->config.link.state_dir, sizeof(bench->config.link.state_dir), "%s", dir);
    start_anew(bench);
    expect_time(bench, CLOCK_FLOOR, wall_build_ms());
    tell(bench, right_ms, 0);
    sched_settle(bench->sched);
    start_anew(bench);
    expect_time(bench, CLOCK_FLOOR, right_ms);
    tell(bench, right_ms + DAY_MS / 2, 0); /* half a day is not worth a write */
    sched_settle(bench->sched);
    start_anew(bench);
    expect_time(bench, CLOCK_FLOOR, right_ms);
    sched_set_synced(bench->sched, true); /* who knows may also go back: a lie of a network does not last */
    sched_shift_wall(bench->sched, right_ms - 30 * DAY_MS - sched_host_wall_ms(bench->sched));
    go_online(bench);
    sched_settle(bench->sched);
    sched_set_synced(bench->sched, false);
    start_anew(bench);
    assert_int_equal(bridge_clock_now(bench->bridge, &floor_ms), CLOCK_FLOOR);
    assert_true(floor_ms >= right_ms - 30 * DAY_MS && floor_ms < right_ms - 29 * DAY_MS);
    clear_dir(dir);
}

static void test_a_spoilt_file_is_no_floor(void **state)
{
    static const char *const texts[] = {"", "x", "-5\n", "99999999999999999999999\n", "1000000000\n"};
    struct bench *bench = *state;
    char dir[] = "/tmp/blynkd-clock-XXXXXX";
    char path[64];

    assert_non_null(mkdtemp(dir));
    snprintf(bench->config.link.state_dir, sizeof(bench->config.link.state_dir), "%s", dir);
    snprintf(path, sizeof(path), "%s/clock", dir);
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(texts[i], file);
        fclose(file);
        start_anew(bench);
        expect_time(bench, CLOCK_FLOOR, wall_build_ms());
    }
    clear_dir(dir);
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
        cmocka_unit_test_setup_teardown(test_the_modems_time_lets_the_backlog_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_modems_time_comes_late, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_better_source_wins, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_synced_machine_needs_no_modem, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_module_that_does_not_know, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_vague_time_is_only_a_floor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_newest_time_outlives_the_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_spoilt_file_is_no_floor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_chrony_is_offered_blynks_time, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
