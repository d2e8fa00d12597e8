/* Names and addresses in the link, in virtual time and from one process to the next: what is tried, and what is said. */
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

#define HOUR UINT64_C(3600000)
#define DAY  (24 * HOUR)

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
    unsigned kept; /* how often something was to be kept */
    char name[64]; /* the last of it */
    uint8_t bytes[4096];
    size_t len;
    char hosts[1024];      /* opened one after the other: "a b c " */
    bool no_names;         /* none resolves */
    const char *dead_host; /* cannot be reached */
};

static struct rig *the_rig;

static void on_stopped(void *arg)
{
    ((struct rig *)arg)->stopped++;
}

static void on_keep(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct rig *rig = arg;

    assert_true(len <= sizeof(rig->bytes));
    rig->kept++;
    snprintf(rig->name, sizeof(rig->name), "%s", name);
    memcpy(rig->bytes, bytes, len);
    rig->len = len;
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

static const char *address_of_name(const char *name)
{
    return strcmp(name, "blynk.cloud") == 0 ? "192.0.2.1" : "192.0.2.2";
}

/* A name server, and who is there. */
static void decide(struct fake_stream *fake, void *observer)
{
    struct rig *rig = the_rig;
    size_t used = strlen(rig->hosts);
    bool is_name = strstr(fake->host, "blynk") != NULL;

    (void)observer;
    snprintf(rig->hosts + used, sizeof(rig->hosts) - used, "%s ", fake->host);
    snprintf(fake->peer, sizeof(fake->peer), "%.63s", is_name ? address_of_name(fake->host) : fake->host);
    fake->fault = is_name && rig->no_names ? STREAM_FAULT_NAME : STREAM_FAULT_NONE;
    if (rig->dead_host && strcmp(fake->host, rig->dead_host) == 0) {
        fake->fault = STREAM_FAULT_CONNECT;
    }
}

static void start(struct rig *rig)
{
    static const struct blynk_session_events session = {.on_round_trip = on_round_trip,
                                                        .on_response = on_response};
    static const struct link_events events = {.on_stopped = on_stopped, .on_keep = on_keep};

    rig->link =
        link_create(rig->sched, &rig->uplink->uplink, rig->outbox, &rig->config, &session, &events, rig);
    assert_non_null(rig->link);
    if (rig->kept) {
        link_recall(rig->link, rig->name, rig->bytes, rig->len);
    }
    rig->hosts[0] = '\0';
    link_start(rig->link, "started");
}

static void stop(struct rig *rig)
{
    unsigned before = rig->stopped;

    link_stop(rig->link, 1000, "stopped by the test");
    sched_advance(rig->sched, 5000);
    assert_int_equal(rig->stopped, before + 1);
    link_destroy(rig->link);
}

static void wait_online(struct rig *rig)
{
    uint64_t end_ms = sched_now_ms(rig->sched) + 60000;

    while (!blynk_session_online(link_session(rig->link))) {
        assert_true(sched_now_ms(rig->sched) < end_ms);
        sched_advance(rig->sched, 10);
    }
    sched_settle(rig->sched);
}

static void reconnect(struct rig *rig)
{
    rig->hosts[0] = '\0';
    fake_stream_end(rig->stream, STREAM_FAULT_PEER, "closed by the server");
    sched_settle(rig->sched);
    wait_online(rig);
}

static void assert_said(struct rig *rig, const char *part)
{
    struct link_change changes[LINK_HISTORY];
    size_t count = link_history(rig->link, changes);

    for (size_t i = 0; i < count; i++) {
        if (strstr(changes[i].why, part)) {
            return;
        }
    }
    fail_msg("nothing in the history has \"%s\"", part);
}

static const char *address_of(struct rig *rig)
{
    struct link_info info;

    link_info(rig->link, &info);
    return info.address;
}

static int setup(void **state)
{
    static const struct outbox_config outbox = {.max_entries = 1000, .max_bytes = 1 << 16};
    struct rig *rig = calloc(1, sizeof(*rig));

    the_rig = rig;
    log_set_sink(no_log, NULL);
    rig->sched = sched_create_virtual(11);
    rig->stream = fake_stream_create(rig->sched, 3);
    rig->stream->decide = decide;
    rig->cloud = fake_cloud_create(rig->stream);
    rig->uplink = fake_uplink_create(rig->sched, rig->stream);
    rig->pins = pins_create(PIN_DELIVER_ALL);
    rig->outbox = outbox_create(rig->sched, rig->pins, &outbox);
    rig->config = fake_cloud_link_config();
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    stop(rig);
    outbox_destroy(rig->outbox);
    pins_destroy(rig->pins);
    fake_uplink_destroy(rig->uplink);
    fake_cloud_destroy(rig->cloud);
    fake_stream_destroy(rig->stream);
    sched_close(rig->sched);
    free(rig);
    return 0;
}

/* ---- stories ---- */

static void test_the_name_server_breaks(void **state)
{
    struct rig *rig = *state;

    start(rig);
    assert_string_equal(address_of(rig), ""); /* not there yet */
    wait_online(rig);
    assert_string_equal(address_of(rig), "192.0.2.1");
    assert_int_equal(rig->kept, 1);
    sched_advance(rig->sched, 2 * HOUR);
    rig->no_names = true;
    reconnect(rig);
    assert_string_equal(rig->hosts, "blynk.cloud 192.0.2.1 ");
    assert_said(rig, "name not resolved; trying 192.0.2.1, where the server was last");
    assert_string_equal(address_of(rig), "192.0.2.1");
    sched_advance(rig->sched, 2 * HOUR);
    reconnect(rig);
    assert_string_equal(rig->hosts, "192.0.2.1 ");
    assert_said(rig, "the name was of no use last time; trying 192.0.2.1");
}

static void test_and_the_process_starts_anew(void **state)
{
    struct rig *rig = *state;

    start(rig);
    wait_online(rig);
    stop(rig);
    sched_advance(rig->sched, 3 * DAY);
    rig->no_names = true;
    start(rig);
    wait_online(rig);
    assert_string_equal(rig->hosts, "blynk.cloud 192.0.2.1 ");
    assert_said(rig, "trying 192.0.2.1, where the server was 3 days ago");
}

static void test_each_try_is_told(void **state)
{
    struct rig *rig = *state;

    snprintf(rig->config.fallback_addresses[0], 64, "198.51.100.1");
    snprintf(rig->config.fallback_addresses[1], 64, "198.51.100.2");
    rig->config.fallback_count = 2;
    start(rig);
    wait_online(rig);
    stop(rig);
    rig->no_names = true;
    rig->dead_host = "192.0.2.1";
    rig->stream->why = "192.0.2.1 is dead"; /* a reason that people can tell from others */
    start(rig);
    wait_online(rig);
    assert_string_equal(rig->hosts, "blynk.cloud 192.0.2.1 198.51.100.1 ");
    assert_said(rig, "connecting to blynk.cloud:80");
    assert_said(rig, "; trying 192.0.2.1, where the server was last");
    assert_said(rig, "192.0.2.1 is dead; trying 198.51.100.1");
    assert_said(rig, "logged in to 198.51.100.1:80");
    rig->stream->why = NULL;
}

static void test_a_redirect_outlives_the_process_for_a_day(void **state)
{
    struct rig *rig = *state;

    start(rig);
    snprintf(rig->cloud->redirect_host, 256, "fra1.blynk.cloud");
    rig->cloud->redirect_port = "80";
    while (!strstr(rig->hosts, "fra1")) {
        sched_advance(rig->sched, 10);
        if (strstr(rig->hosts, "blynk.cloud ") && rig->cloud->logins) {
            rig->cloud->redirect_host[0] = '\0';
        }
    }
    wait_online(rig);
    assert_string_equal(rig->hosts, "blynk.cloud fra1.blynk.cloud ");
    stop(rig);
    start(rig);
    wait_online(rig);
    assert_string_equal(rig->hosts, "fra1.blynk.cloud ");
    rig->no_names = true;
    reconnect(rig);
    assert_string_equal(rig->hosts, "fra1.blynk.cloud 192.0.2.2 ");
    rig->no_names = false;
    sched_advance(rig->sched, DAY);
    reconnect(rig);
    assert_string_equal(rig->hosts, "blynk.cloud ");
    assert_said(rig, "trying again; connecting to blynk.cloud:80");
    stop(rig);
    start(rig);
    wait_online(rig);
    assert_string_equal(rig->hosts, "blynk.cloud ");
}

/* The number belongs to somebody who does not answer logins: the fallback address comes next, not him again. */
static void test_a_stranger_at_the_address(void **state)
{
    struct rig *rig = *state;

    snprintf(rig->config.fallback_addresses[0], 64, "198.51.100.1");
    rig->config.fallback_count = 1;
    start(rig);
    wait_online(rig);
    stop(rig);
    rig->no_names = true;
    rig->cloud->login_status = 0;
    start(rig);
    while (!strstr(rig->hosts, "192.0.2.1 ")) {
        sched_advance(rig->sched, 10);
    }
    while (!strstr(rig->hosts, "198.51.100.1 ")) {
        sched_advance(rig->sched, 10);
    }
    rig->cloud->login_status = 200;
    wait_online(rig);
    assert_string_equal(rig->hosts, "blynk.cloud 192.0.2.1 blynk.cloud 198.51.100.1 ");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_name_server_breaks),    TEST(test_and_the_process_starts_anew),
        TEST(test_each_try_is_told),          TEST(test_a_redirect_outlives_the_process_for_a_day),
        TEST(test_a_stranger_at_the_address),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
