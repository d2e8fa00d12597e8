/* A day of a noisy sensor whose pin has an interval and a deadband, over a link that comes and goes, in virtual
 * time: what it costs, and that Blynk never is behind for longer than the rules say. */
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

#define SECOND      1000
#define HOUR        3600000
#define INTERVAL_MS 30000
#define DEADBAND    5 /* tenths of a degree */

struct bench {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct bridge *bridge;
    pin_id pin;
    int tenths;        /* what the sensor reads */
    int shown;         /* what Blynk has */
    uint64_t shown_ms; /* since when */
    uint64_t away_ms;  /* when Blynk's value began to be off; 0: it is not */
    unsigned arrived;
};

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct bridge_config config = {
        .link = fake_cloud_link_config(),
        .outbox = {.max_entries = 100, .max_bytes = 100000, .stamp_after_ms = 10000},
        .request_ms = 15000,
    };

    assert_non_null(bench);
    log_set_sink(no_log, NULL);
    bench->sched = sched_create_virtual(11);
    bench->stream = fake_stream_create(bench->sched, 5);
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &config);
    assert_non_null(bench->bridge);
    assert_int_equal(pin_parse("V5", 2, &bench->pin), 0);
    pins_set_delivery(bridge_pins(bench->bridge), bench->pin, PIN_DELIVER_LATEST);
    bridge_set_pin_rules(bench->bridge, bench->pin, INTERVAL_MS, DEADBAND / 10.0);
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

/* Slow drift, and noise of up to four tenths around it. */
static void read_sensor(struct bench *bench, unsigned second)
{
    char text[16];
    int drift = (int)(second / 600 % 100);

    bench->tenths = 200 + drift + (int)(sched_random(bench->sched) % 5);
    int len = snprintf(text, sizeof(text), "%d.%d", bench->tenths / 10, bench->tenths % 10);
    struct outbox_write write = {.pin = bench->pin, .value = text, .len = (size_t)len};
    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), 0);
}

/* Takes what came; while the link holds, two values are never closer than the interval. */
static void look_at_blynk(struct bench *bench, bool is_steady)
{
    const char *at = fake_cloud_writes(bench->cloud);
    uint64_t now_ms = sched_now_ms(bench->sched);

    while ((at = strstr(at, "vw 5 "))) {
        at += strlen("vw 5 ");
        char *point;
        long whole = strtol(at, &point, 10);
        bench->shown = (int)(whole * 10 + strtol(point + 1, NULL, 10));
        bench->arrived++;
        if (is_steady && bench->shown_ms) {
            assert_true(now_ms - bench->shown_ms >= INTERVAL_MS - SECOND);
        }
        bench->shown_ms = now_ms;
    }
}

static bool is_near(const struct bench *bench)
{
    return abs(bench->tenths - bench->shown) < DEADBAND;
}

/* Blynk's value may be off by the deadband or more for an interval, no longer. */
static void check_lag(struct bench *bench)
{
    uint64_t now_ms = sched_now_ms(bench->sched);

    if (is_near(bench)) {
        bench->away_ms = 0;
        return;
    }
    bench->away_ms = bench->away_ms ? bench->away_ms : now_ms;
    assert_true(now_ms - bench->away_ms <= INTERVAL_MS + SECOND);
}

static void a_steady_day_costs_little(void **state)
{
    struct bench *bench = *state;

    for (unsigned second = 0; second < 24 * HOUR / SECOND; second++) {
        read_sensor(bench, second);
        sched_advance(bench->sched, SECOND);
        look_at_blynk(bench, true);
        check_lag(bench);
    }
    /* 86,400 readings; 144 steps of the drift, of which some need more than one value because of the noise. */
    assert_true(bench->arrived >= 24);
    assert_true(bench->arrived <= 400);
}

static void the_link_comes_and_goes(void **state)
{
    struct bench *bench = *state;

    for (unsigned second = 0; second < 6 * HOUR / SECOND; second++) {
        read_sensor(bench, second);
        if (second % 1800 == 900) {
            bridge_link_down(bench->bridge);
        } else if (second % 1800 == 1200) {
            bridge_link_up(bench->bridge);
        }
        sched_advance(bench->sched, SECOND);
        look_at_blynk(bench, false);
        /* Two minutes later all is as it was. */
        if (second % 1800 < 900 || second % 1800 >= 1320) {
            check_lag(bench);
        } else {
            bench->away_ms = 0;
        }
    }
}

static void the_last_reading_is_not_lost_at_a_stop(void **state)
{
    struct bench *bench = *state;

    for (unsigned second = 0; second < 100; second++) {
        read_sensor(bench, second * 600); /* a tenth more each time */
        sched_advance(bench->sched, SECOND);
        look_at_blynk(bench, true);
    }
    assert_false(is_near(bench));
    bridge_stop(bench->bridge, 5 * SECOND);
    sched_advance(bench->sched, 7 * SECOND);
    bridge_start(bench->bridge); /* what could not go any more waits in the outbox */
    sched_advance(bench->sched, 10 * SECOND);
    look_at_blynk(bench, false);
    assert_int_equal(bench->shown, bench->tenths);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_steady_day_costs_little),
        TEST(the_link_comes_and_goes),
        TEST(the_last_reading_is_not_lost_at_a_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
