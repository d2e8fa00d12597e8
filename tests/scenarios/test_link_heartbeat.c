/* The learned heartbeat in the link, in virtual time: a network that forgets silent connections, day after day. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/log.h"
#include "blynkd/bridge/link.h"
#include "blynkd/bridge/outbox.h"

#include "fake_cloud.h"
#include "fake_stream.h"
#include "fake_uplink.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR UINT64_C(3600000)

struct rig {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct pins *pins;
    struct outbox *outbox;
    struct link_config config;
    struct link *link;
    unsigned stopped;
    char dir[64];
};

static void on_stopped(void *arg)
{
    ((struct rig *)arg)->stopped++;
}

static void on_round_trip(void *arg, uint32_t ms)
{
    (void)arg;
    (void)ms;
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    (void)arg;
    (void)id;
    (void)status;
}

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static void start(struct rig *rig)
{
    static const struct blynk_session_events session = {.on_round_trip = on_round_trip,
                                                        .on_response = on_response};
    static const struct link_events events = {.on_stopped = on_stopped};

    rig->link =
        link_create(rig->sched, &rig->uplink->uplink, rig->outbox, &rig->config, &session, &events, rig);
    assert_non_null(rig->link);
    link_start(rig->link, "started");
    sched_advance(rig->sched, 5000);
    assert_true(blynk_session_online(link_session(rig->link)));
}

static void stop(struct rig *rig)
{
    unsigned before = rig->stopped;

    link_stop(rig->link, 1000, "stopped by the test");
    sched_advance(rig->sched, 5000);
    assert_int_equal(rig->stopped, before + 1);
    link_destroy(rig->link);
}

static int setup(void **state)
{
    static const struct outbox_config outbox = {.max_entries = 1000, .max_bytes = 1 << 16};
    struct rig *rig = calloc(1, sizeof(*rig));

    log_set_sink(no_log, NULL);
    rig->sched = sched_create_virtual(11);
    rig->stream = fake_stream_create(rig->sched, 3);
    rig->cloud = fake_cloud_create(rig->stream);
    rig->uplink = fake_uplink_create(rig->sched, rig->stream);
    rig->pins = pins_create(PIN_DELIVER_ALL);
    rig->outbox = outbox_create(rig->sched, rig->pins, &outbox);
    rig->config = fake_cloud_link_config();
    rig->config.session.heartbeat_ms = LINK_HEARTBEAT_LEARNED;
    rig->config.heartbeat_max_ms = 300000;
    snprintf(rig->dir, sizeof(rig->dir), "/tmp/blynkd-heartbeat-XXXXXX");
    assert_non_null(mkdtemp(rig->dir));
    snprintf(rig->config.state_dir, sizeof(rig->config.state_dir), "%s", rig->dir);
    snprintf(rig->uplink->uplink.network, sizeof(rig->uplink->uplink.network), "Vodafone.de internet");
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;
    char path[96];

    snprintf(path, sizeof(path), "%s/heartbeat", rig->dir);
    unlink(path);
    rmdir(rig->dir);
    outbox_destroy(rig->outbox);
    pins_destroy(rig->pins);
    fake_uplink_destroy(rig->uplink);
    fake_cloud_destroy(rig->cloud);
    fake_stream_destroy(rig->stream);
    sched_close(rig->sched);
    free(rig);
    return 0;
}

static struct link_info info_of(const struct rig *rig)
{
    struct link_info info;

    link_info(rig->link, &info);
    return info;
}

/* The network drops a connection, without a word, after so long a silence. Returns how many sessions it cost. */
static unsigned live_behind_nat(struct rig *rig, uint64_t limit_ms, uint64_t ms)
{
    unsigned before = info_of(rig).reconnects;
    unsigned seen = 0;
    uint64_t last_ms = sched_now_ms(rig->sched);

    for (uint64_t end_ms = last_ms + ms; sched_now_ms(rig->sched) < end_ms;) {
        sched_advance(rig->sched, 1000);
        unsigned now = rig->cloud->pings + rig->cloud->messages + rig->cloud->logins;
        if (now != seen || info_of(rig).state != LINK_ONLINE) {
            seen = now;
            last_ms = sched_now_ms(rig->sched);
        }
        rig->cloud->mute = sched_now_ms(rig->sched) - last_ms >= limit_ms;
        assert_in_range(info_of(rig).heartbeat_ms, 30000, rig->config.heartbeat_max_ms);
    }
    return info_of(rig).reconnects - before;
}

static void test_learns_and_remembers(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_int_equal(info_of(rig).heartbeat_ms, 90000);
    assert_in_range(live_behind_nat(rig, 200000, 12 * HOUR), 1, 5);
    uint32_t learned_ms = info_of(rig).heartbeat_ms;
    assert_in_range(learned_ms, 130000, 200000);
    assert_int_equal(live_behind_nat(rig, 200000, 24 * HOUR), 0); /* it costs nothing any more */
    stop(rig);
    start(rig); /* a new daemon */
    assert_int_equal(info_of(rig).heartbeat_ms, learned_ms);
    stop(rig);
}

static void test_grows_where_nothing_is_dropped(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_int_equal(live_behind_nat(rig, UINT64_MAX, 6 * HOUR), 0);
    assert_int_equal(info_of(rig).heartbeat_ms, 300000);
    unsigned pings = rig->cloud->pings;
    live_behind_nat(rig, UINT64_MAX, 24 * HOUR);
    assert_in_range(rig->cloud->pings - pings, 280, 289); /* every 5 min */
    stop(rig);
}

static void test_falls_where_it_is_dropped_early(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_in_range(live_behind_nat(rig, 65000, 12 * HOUR), 1, 8);
    assert_in_range(info_of(rig).heartbeat_ms, 30000, 65000);
    assert_int_equal(live_behind_nat(rig, 65000, 24 * HOUR), 0);
    stop(rig);
}

/* Each network has its own; what was learned of one says nothing of the other. */
static void test_each_network_has_its_own(void **state)
{
    struct rig *rig = *state;
    char *network = rig->uplink->uplink.network;

    start(rig);
    live_behind_nat(rig, UINT64_MAX, 6 * HOUR);
    stop(rig);
    strcpy(network, "E-Plus web");
    start(rig);
    assert_int_equal(info_of(rig).heartbeat_ms, 90000);
    stop(rig);
    strcpy(network, "Vodafone.de internet");
    start(rig);
    assert_int_equal(info_of(rig).heartbeat_ms, 300000);
    stop(rig);
}

/* The server is told each time: it calls a device offline after 1.5 times what it was told. */
static void test_the_server_is_told(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_non_null(strstr(rig->cloud->last_internal, "h-beat 90"));
    live_behind_nat(rig, UINT64_MAX, 6 * HOUR);
    assert_non_null(strstr(rig->cloud->last_internal, "h-beat 300"));
    stop(rig);
}

static void test_a_time_that_is_given_stays(void **state)
{
    struct rig *rig = *state;

    rig->config.session.heartbeat_ms = 60000;
    start(rig);
    live_behind_nat(rig, UINT64_MAX, 6 * HOUR);
    assert_int_equal(info_of(rig).heartbeat_ms, 60000);
    rig->config.session.heartbeat_ms = LINK_HEARTBEAT_LEARNED;
    assert_false(link_configure(rig->link, &rig->config));
    live_behind_nat(rig, UINT64_MAX, 6 * HOUR);
    assert_int_equal(info_of(rig).heartbeat_ms, 300000);
    stop(rig);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_learns_and_remembers),
        TEST(test_grows_where_nothing_is_dropped),
        TEST(test_falls_where_it_is_dropped_early),
        TEST(test_each_network_has_its_own),
        TEST(test_the_server_is_told),
        TEST(test_a_time_that_is_given_stays),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
