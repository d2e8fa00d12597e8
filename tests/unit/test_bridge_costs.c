/* What the bridge does with its meter and budget: who is counted, what is held back, what survives a restart. */
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

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct bench {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct bridge *bridge;
    struct bridge_config config;
    char dir[64];
    char why[256]; /* of the last budget line */
    char link_why[256];
    char value[160];
    const char *wanted_key;
    pin_id all, latest;
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
    bool is_budget = strncmp(change->why, "budget: ", 8) == 0;

    snprintf(is_budget ? bench->why : bench->link_why, sizeof(bench->why), "%s", change->why);
}

static void make_bridge(struct bench *bench)
{
    static const struct bridge_events events = {.on_link = on_link};

    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &bench->config);
    assert_non_null(bench->bridge);
    assert_int_equal(bridge_listen(bench->bridge, &events, bench), 0);
    pins_set_delivery(bridge_pins(bench->bridge), bench->latest, PIN_DELIVER_LATEST);
    bridge_start(bench->bridge);
    sched_advance(bench->sched, 10000);
    (void)fake_cloud_writes(bench->cloud);
}

static void free_bridge(struct bench *bench)
{
    bridge_stop(bench->bridge, 5000);
    sched_advance(bench->sched, 7000);
    bridge_destroy(bench->bridge);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    log_set_sink(no_log, NULL);
    snprintf(bench->dir, sizeof(bench->dir), "/tmp/blynkd-costs-XXXXXX");
    assert_non_null(mkdtemp(bench->dir));
    bench->config = (struct bridge_config){
        .link = fake_cloud_link_config(),
        .outbox = {.max_entries = 1000,
                   .max_bytes = 100000,
                   .stamp_after_ms = 0,
                   .durability = OUTBOX_OFFLINE,
                   .spill_after_ms = 10000,
                   .commit_interval_ms = 1000},
        .budget = {.reset_day = 15},
        .request_ms = 15000,
    };
    snprintf(bench->config.link.state_dir, sizeof(bench->config.link.state_dir), "%s", bench->dir);
    assert_int_equal(pin_parse("V1", 2, &bench->all), 0);
    assert_int_equal(pin_parse("V2", 2, &bench->latest), 0);
    bench->sched = sched_create_virtual(11);
    bench->stream = fake_stream_create(bench->sched, 5);
    bench->stream->whole = true;
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    make_bridge(bench);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    char command[96];

    free_bridge(bench);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);
    fake_uplink_destroy(bench->uplink);
    fake_cloud_destroy(bench->cloud);
    fake_stream_destroy(bench->stream);
    sched_close(bench->sched);
    snprintf(command, sizeof(command), "rm -r %s", bench->dir);
    assert_int_equal(system(command), 0);
    free(bench);
    return 0;
}

/* ---- helpers ---- */

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    struct bench *bench = arg;

    (void)number;
    if (strcmp(key, bench->wanted_key) == 0) {
        snprintf(bench->value, sizeof(bench->value), "%s", value);
    }
}

static const char *says(struct bench *bench, const char *key)
{
    bench->wanted_key = key;
    snprintf(bench->value, sizeof(bench->value), "(nothing)");
    bridge_show_budget(bench->bridge, on_show, bench);
    return bench->value;
}

static void put(struct bench *bench, pin_id pin, const char *text)
{
    struct outbox_write write = {.pin = pin, .value = text, .len = strlen(text)};

    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), 0);
}

static void put_event(struct bench *bench, const char *code)
{
    struct blynk_body body;

    blynk_body_init(&body);
    blynk_body_add_text(&body, code);
    assert_int_equal(bridge_message(bench->bridge, BLYNK_EVENT_LOG, &body, NULL), 0);
}

static void set_budget(struct bench *bench, uint64_t bytes, uint64_t messages)
{
    bench->config.budget.bytes = bytes;
    bench->config.budget.messages = messages;
    (void)bridge_configure(bench->bridge, &bench->config);
    sched_advance(bench->sched, 10000);
}

static uint64_t spent_messages(struct bench *bench)
{
    return strtoull(says(bench, "month_messages"), NULL, 10);
}

/* So many that a percentage is more than one message. */
static void spend(struct bench *bench)
{
    for (unsigned i = 0; i < 200; i++) {
        put(bench, bench->latest, i % 2 ? "a" : "b");
        sched_advance(bench->sched, 500);
    }
    (void)fake_cloud_writes(bench->cloud);
}

/* ---- tests ---- */

static void test_local_programs_are_counted_by_name(void **state)
{
    struct bench *bench = *state;

    bridge_set_writer(bench->bridge, 7, "thermo");
    put(bench, bench->all, "12.5");
    put_event(bench, "hot");
    bridge_set_writer(bench->bridge, 8, "uid 1000");
    put(bench, bench->all, "1");
    bridge_set_writer(bench->bridge, 0, NULL);
    put(bench, bench->all, "22");
    assert_string_equal(says(bench, "client_thermo"), "2 messages, 7 bytes");
    assert_string_equal(says(bench, "client_uid 1000"), "1 messages, 1 bytes");
    assert_string_equal(says(bench, "client_others"), "1 messages, 2 bytes");
}

static void test_what_a_session_costs(void **state)
{
    struct bench *bench = *state;
    const struct blynk_session_info *info = blynk_session_info(link_session(bridge_link(bench->bridge)));

    put(bench, bench->all, "1");
    sched_advance(bench->sched, 1000);
    assert_int_equal(spent_messages(bench), info->messages_sent);
    assert_string_equal(says(bench, "month_connects"), "1");
    uint64_t up = strtoull(says(bench, "month_bytes_up"), NULL, 10);
    uint64_t headers = (uint64_t)bench->stream->writes * 40;
    assert_true(up > info->bytes_sent + headers && up < info->bytes_sent + headers + 1000);
}

static void test_a_try_that_failed_is_counted(void **state)
{
    struct bench *bench = *state;

    bench->stream->fault = STREAM_FAULT_CONNECT;
    bench->stream->why = "refused";
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed");
    sched_advance(bench->sched, 5000);
    assert_string_equal(says(bench, "month_connects"), "1");
    assert_true(strtoul(says(bench, "month_connects_failed"), NULL, 10) >= 1);
}

static void test_levels_hold_back_what_they_say(void **state)
{
    struct bench *bench = *state;

    spend(bench);
    set_budget(bench, 0, spent_messages(bench) * 100 / 93);
    assert_string_equal(says(bench, "level"), "latest");
    assert_non_null(strstr(bench->why, "only the latest value of each pin is sent"));
    put(bench, bench->all, "kept");
    put(bench, bench->latest, "goes");
    put_event(bench, "fire");
    sched_advance(bench->sched, 500);
    assert_string_equal(fake_cloud_writes(bench->cloud), "fire|vw 2 goes|");
    set_budget(bench, 0, spent_messages(bench));
    assert_string_equal(says(bench, "level"), "events");
    put(bench, bench->latest, "too");
    put_event(bench, "flood");
    sched_advance(bench->sched, 60000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "flood|");
    set_budget(bench, 0, 1000000);
    assert_string_equal(says(bench, "level"), "free");
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 2 too|vw 1 kept|");
}

/* The first leaves at once, what comes then is gathered: of a `latest` pin only the newest is left. */
static void test_saving_gathers(void **state)
{
    struct bench *bench = *state;

    spend(bench);
    set_budget(bench, 0, spent_messages(bench) * 100 / 80);
    assert_string_equal(says(bench, "level"), "save");
    sched_advance(bench->sched, 60000);
    put(bench, bench->latest, "1");
    sched_advance(bench->sched, 100);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 2 1|");
    put(bench, bench->latest, "2");
    sched_advance(bench->sched, 10000);
    put(bench, bench->latest, "3");
    sched_advance(bench->sched, 10000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    sched_advance(bench->sched, 11000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 2 3|");
}

static void test_connecting_is_put_off_but_not_for_an_event(void **state)
{
    struct bench *bench = *state;
    struct link_info info;

    uint64_t spent = strtoull(says(bench, "month_bytes_up"), NULL, 10) +
                     strtoull(says(bench, "month_bytes_down"), NULL, 10);
    set_budget(bench, spent * 100 / 95, 0);
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed");
    sched_advance(bench->sched, 60000);
    assert_non_null(strstr(bench->link_why, "to save data"));
    link_info(bridge_link(bench->bridge), &info);
    assert_int_equal(info.state, LINK_WAIT);
    put(bench, bench->latest, "waits");
    sched_advance(bench->sched, 60000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    put_event(bench, "fire");
    sched_advance(bench->sched, 10000);
    assert_non_null(strstr(fake_cloud_writes(bench->cloud), "fire|"));
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed");
    sched_advance(bench->sched, 60000);
    set_budget(bench, 0, 0);
    link_info(bridge_link(bench->bridge), &info);
    assert_int_equal(info.state, LINK_ONLINE);
}

static void test_meters_outlive_the_process(void **state)
{
    struct bench *bench = *state;

    put(bench, bench->all, "1");
    sched_advance(bench->sched, 10000);
    free_bridge(bench);
    make_bridge(bench);
    assert_string_equal(says(bench, "month_connects"), "2");
    assert_string_equal(says(bench, "client_others"), "1 messages, 1 bytes");
    bench->config.outbox.durability = OUTBOX_MEMORY;
    free_bridge(bench);
    make_bridge(bench);
    assert_string_equal(says(bench, "month_connects"), "3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_local_programs_are_counted_by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_a_session_costs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_try_that_failed_is_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_levels_hold_back_what_they_say, setup, teardown),
        cmocka_unit_test_setup_teardown(test_saving_gathers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_connecting_is_put_off_but_not_for_an_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_meters_outlive_the_process, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
