/* A month over a link that breaks every few minutes, in virtual time: what it costs stays inside the budget, events
 * arrive all the same, and in the next month everything that waited is delivered in order. */
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

#define SECOND  1000
#define MINUTE  60000
#define DAY     86400000
#define DAYS    31 /* 15 January to 15 February; virtual time begins on 15 January 2027 */
#define HEADERS 40 /* IPv4 and TCP */

struct month {
    uint64_t budget_bytes;
    uint64_t seed;
};

struct bench {
    struct month month;
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct bridge *bridge;
    uint64_t up_bytes; /* counted here, from what the stream carried */
    unsigned sends;
    unsigned opens;
    pin_id all, latest;
    unsigned written; /* to `all` */
    unsigned arrived;
    unsigned events;
    char levels[600]; /* the lines of the history */
    char value[64];
    const char *wanted_key;
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

    if (strncmp(change->why, "budget: ", 8) == 0) {
        size_t used = strlen(bench->levels);
        snprintf(bench->levels + used, sizeof(bench->levels) - used, "%.40s; ", change->why + 8);
    }
}

static int setup(void **state)
{
    static const struct bridge_events events = {.on_link = on_link};
    const struct month *month = *state;
    struct bench *bench = calloc(1, sizeof(*bench));
    struct bridge_config config = {
        .link = fake_cloud_link_config(),
        .outbox = {.max_entries = 100000, .max_bytes = 10000000, .stamp_after_ms = 10000},
        .budget = {.bytes = month->budget_bytes, .reset_day = 15},
        .request_ms = 15000,
    };

    assert_non_null(bench);
    log_set_sink(no_log, NULL);
    bench->month = *month;
    bench->sched = sched_create_virtual(month->seed);
    bench->stream = fake_stream_create(bench->sched, 5);
    bench->stream->whole = true;
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &config);
    assert_non_null(bench->bridge);
    assert_int_equal(bridge_listen(bench->bridge, &events, bench), 0);
    assert_int_equal(pin_parse("V1", 2, &bench->all), 0);
    assert_int_equal(pin_parse("V2", 2, &bench->latest), 0);
    pins_set_delivery(bridge_pins(bench->bridge), bench->latest, PIN_DELIVER_LATEST);
    bridge_start(bench->bridge);
    sched_advance(bench->sched, 10 * SECOND);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    bridge_stop(bench->bridge, 5 * SECOND);
    sched_advance(bench->sched, 7 * SECOND);
    bridge_destroy(bench->bridge);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);
    fake_uplink_destroy(bench->uplink);
    fake_cloud_destroy(bench->cloud);
    fake_stream_destroy(bench->stream);
    sched_close(bench->sched);
    free(bench);
    return 0;
}

/* ---- what is asked, written and read ---- */

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    struct bench *bench = arg;

    (void)number;
    if (strcmp(key, bench->wanted_key) == 0) {
        snprintf(bench->value, sizeof(bench->value), "%s", value);
    }
}

static const char *budget_says(struct bench *bench, const char *key)
{
    bench->wanted_key = key;
    bench->value[0] = '\0';
    bridge_show_budget(bench->bridge, on_show, bench);
    assert_true(bench->value[0] != '\0');
    return bench->value;
}

static void put(struct bench *bench, pin_id pin, unsigned number)
{
    char text[16];
    int len = snprintf(text, sizeof(text), "%u", number);
    struct outbox_write write = {.pin = pin, .value = text, .len = (size_t)len};

    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), 0);
}

static void put_event(struct bench *bench)
{
    struct blynk_body body;

    blynk_body_init(&body);
    blynk_body_add_text(&body, "door");
    assert_int_equal(bridge_message(bench->bridge, BLYNK_EVENT_LOG, &body, NULL), 0);
}

/* What came is in order; a value may come twice, never late. */
static void read_cloud(struct bench *bench)
{
    char *text = strdup(fake_cloud_writes(bench->cloud));
    char *rest = NULL;

    assert_non_null(text);
    for (char *line = strtok_r(text, "|", &rest); line; line = strtok_r(NULL, "|", &rest)) {
        if (strcmp(line, "door") == 0) {
            bench->events++;
        } else if (strncmp(line, "vw 1 ", 5) == 0) {
            unsigned number = (unsigned)strtoul(line + 5, NULL, 10);
            assert_true(number <= bench->arrived + 1);
            bench->arrived = number > bench->arrived ? number : bench->arrived;
        }
    }
    free(text);
}

static bool is_online(const struct bench *bench)
{
    struct link_info info;

    link_info(bridge_link(bench->bridge), &info);
    return info.state == LINK_ONLINE;
}

/* Each send is a segment; opening, closing and the name look-up as bridge/meter.h says. */
static void count_up(struct bench *bench)
{
    struct fake_stream *stream = bench->stream;

    bench->up_bytes += buf_len(&stream->written) + (uint64_t)(stream->writes - bench->sends) * HEADERS;
    bench->up_bytes += (uint64_t)(stream->opens - bench->opens) * (4 * HEADERS + 60);
    bench->sends = stream->writes;
    bench->opens = stream->opens;
    fake_stream_forget_written(stream);
}

/* A minute in which the link may break. */
static void pass_minute(struct bench *bench)
{
    if (sched_random(bench->sched) % 3 == 0 && is_online(bench)) {
        fake_stream_end(bench->stream, STREAM_FAULT_PEER, "the server closed the connection");
        sched_advance(bench->sched, 1);
    }
    put(bench, bench->all, ++bench->written);
    put(bench, bench->latest, bench->written);
    sched_advance(bench->sched, MINUTE);
    count_up(bench);
    read_cloud(bench);
}

static void wait_for_event(struct bench *bench)
{
    unsigned before = bench->events;

    put_event(bench);
    for (unsigned minutes = 0; bench->events == before; minutes++) {
        assert_true(minutes < 5);
        sched_advance(bench->sched, MINUTE);
        read_cloud(bench);
    }
}

/* ---- the month ---- */

static void test_a_flapping_month(void **state)
{
    struct bench *bench = *state;
    unsigned minutes = DAYS * (DAY / MINUTE) - 9 * 60; /* time began at 8 o'clock */
    unsigned events = 0;

    for (unsigned minute = 0; minute < minutes; minute++) {
        pass_minute(bench);
        if (minute % (DAY / MINUTE) == 0) {
            wait_for_event(bench);
            events++;
        }
    }
    uint64_t up = strtoull(budget_says(bench, "month_bytes_up"), NULL, 10);
    uint64_t down = strtoull(budget_says(bench, "month_bytes_down"), NULL, 10);
    print_message("%u days: %llu bytes up, %llu down, %u connections, levels: %s\n", DAYS,
                  (unsigned long long)up, (unsigned long long)down, bench->stream->opens, bench->levels);
    assert_true(up + down <= bench->month.budget_bytes);
    assert_true(up >= bench->up_bytes && bench->up_bytes > bench->month.budget_bytes / 4);
    assert_int_equal(bench->events, events);
    assert_non_null(strstr(bench->levels, "75 "));
}

/* What waited for the money goes in the new month: all of it, in order. */
static void test_the_month_after(void **state)
{
    struct bench *bench = *state;

    test_a_flapping_month(state);
    assert_true(bench->arrived < bench->written);
    sched_advance(bench->sched, 2 * DAY);
    read_cloud(bench);
    assert_int_equal(bench->arrived, bench->written);
    assert_string_equal(budget_says(bench, "level"), "free");
}

int main(void)
{
    static struct month months[] = {{1000000, 11}, {3000000, 12}, {30000000, 13}, {10000000, 14}};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate_setup_teardown(test_a_flapping_month, setup, teardown, &months[0]),
        cmocka_unit_test_prestate_setup_teardown(test_a_flapping_month, setup, teardown, &months[1]),
        cmocka_unit_test_prestate_setup_teardown(test_a_flapping_month, setup, teardown, &months[2]),
        cmocka_unit_test_prestate_setup_teardown(test_the_month_after, setup, teardown, &months[3]),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
