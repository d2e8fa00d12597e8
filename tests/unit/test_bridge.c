/* The bridge over a fake server: writes, values, reads, questions, channels. */
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

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bench {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct bridge *bridge;
    struct bridge_config config;
    char published[8192]; /* "V5=23|internal=acon|" without the channel `link` */
    char links[8192];
    unsigned link_changes;
    unsigned stopped;
    char answer[512]; /* "0 a,b;" for each finished request */
    struct bridge_request *ask_again;
    struct bridge_request *cancel_too;
};

static void on_publish(void *arg, const char *channel, const void *message, size_t len)
{
    struct bench *bench = arg;
    bool is_link = strcmp(channel, BRIDGE_CHANNEL_LINK) == 0;
    char *to = is_link ? bench->links : bench->published;
    size_t used = strlen(to);

    used += (size_t)snprintf(to + used, 8192 - used, "%s=", channel);
    for (size_t i = 0; i < len && used < 8000; i++) {
        char c = ((const char *)message)[i];
        to[used++] = c ? c : '.';
    }
    snprintf(to + used, 8192 - used, "|");
}

static void on_link(void *arg, const struct link_change *change)
{
    struct bench *bench = arg;

    assert_true(change->why[0] != '\0');
    bench->link_changes++;
}

static void on_stopped(void *arg)
{
    ((struct bench *)arg)->stopped++;
}

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static int setup(void **state)
{
    static const struct bridge_events events = {
        .on_publish = on_publish, .on_link = on_link, .on_stopped = on_stopped};
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    log_set_sink(no_log, NULL);
    bench->sched = sched_create_virtual(7);
    bench->stream = fake_stream_create(bench->sched, 3);
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    bench->config = (struct bridge_config){
        .link = fake_cloud_link_config(),
        .outbox = {.max_entries = 100, .max_bytes = 100000, .stamp_after_ms = 10000},
        .request_ms = 15000,
    };
    bench->bridge = bridge_create(bench->sched, &bench->uplink->uplink, NULL, &bench->config);
    assert_non_null(bench->bridge);
    assert_int_equal(bridge_listen(bench->bridge, &events, bench), 0);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    unsigned before = bench->stopped;

    bridge_stop(bench->bridge, 5000);
    sched_advance(bench->sched, 7000);
    assert_int_equal(bench->stopped, before + 1);
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

static struct link_info info_of(struct bench *bench)
{
    struct link_info info;

    link_info(bridge_link(bench->bridge), &info);
    return info;
}

static void go_online(struct bench *bench)
{
    bridge_start(bench->bridge);
    sched_advance(bench->sched, 5000);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    bench->published[0] = '\0';
}

static pin_id pin(const char *name)
{
    pin_id id = 0;

    assert_int_equal(pin_parse(name, strlen(name), &id), 0);
    return id;
}

static int put_at(struct bench *bench, const char *name, const char *value, int64_t wall_ms,
                  uint64_t *sequence)
{
    struct outbox_write write = {.pin = pin(name), .value = value, .len = strlen(value)};

    return bridge_write(bench->bridge, &write, 1, wall_ms, sequence);
}

static const char *value_of(struct bench *bench, const char *name)
{
    const struct pin_value *value = pins_get(bridge_pins(bench->bridge), pin(name));

    return value ? (const char *)value->bytes : NULL;
}

static void cloud_sends(struct bench *bench, unsigned command, uint16_t id, const char *body, size_t len)
{
    fake_cloud_send(bench->cloud, command, id, body, len);
    sched_settle(bench->sched);
}

static void assert_published(struct bench *bench, const char *expected)
{
    assert_string_equal(bench->published, expected);
    bench->published[0] = '\0';
}

static void on_done(void *arg, int error, const char *const *lines, size_t count)
{
    struct bench *bench = arg;
    size_t used = strlen(bench->answer);

    used += (size_t)snprintf(bench->answer + used, sizeof(bench->answer) - used, "%d", error);
    for (size_t i = 0; i < count; i++) {
        used += (size_t)snprintf(bench->answer + used, sizeof(bench->answer) - used, "%s%s", i ? "," : " ",
                                 lines[i]);
    }
    snprintf(bench->answer + used, sizeof(bench->answer) - used, ";");
    if (bench->cancel_too) {
        bridge_request_cancel(bench->cancel_too);
        bench->cancel_too = NULL;
    }
    if (bench->ask_again) {
        struct bridge_request *request = bench->ask_again;
        bench->ask_again = NULL;
        assert_int_equal(bridge_ask_time(bench->bridge, request), 0);
    }
}

static struct bridge_request new_request(struct bench *bench)
{
    return (struct bridge_request){.on_done = on_done, .arg = bench};
}

static void assert_answer(struct bench *bench, const char *expected)
{
    assert_string_equal(bench->answer, expected);
    bench->answer[0] = '\0';
}

static void on_show(void *arg, const char *key, const char *value, bool number)
{
    char *text = arg;
    size_t used = strlen(text);

    snprintf(text + used, 8192 - used, "%s%s%s|", key, number ? "=" : ":", value);
}

/* ---- both ways ---- */

static void test_writes_offline_and_online(void **state)
{
    struct bench *bench = *state;
    struct outbox_write group[] = {{pin("V1"), "a", 1}, {pin("V2"), "b", 1}};
    uint64_t first = 0, second = 0;

    assert_int_equal(put_at(bench, "V5", "23.4", 0, &first), 0);
    assert_string_equal(value_of(bench, "V5"), "23.4");
    assert_int_equal(bridge_unconfirmed(bench->bridge, first), 1);
    go_online(bench);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 23.4|");
    assert_int_equal(bridge_write(bench->bridge, group, 2, 0, &second), 0);
    sched_settle(bench->sched); /* at once */
    assert_string_equal(fake_cloud_writes(bench->cloud), "b|vw 1 a|vw 2 b|e|");
    assert_int_equal(bridge_unconfirmed(bench->bridge, second), 3);
    assert_int_equal(bridge_unconfirmed(bench->bridge, first), 1);
    sched_advance(bench->sched, 60000); /* a heartbeat */
    assert_int_equal(bridge_unconfirmed(bench->bridge, second), 0);
    assert_int_equal(bridge_unconfirmed(bench->bridge, UINT64_MAX), 0);
    assert_string_equal(bench->published, ""); /* what we write is no news to our own side */
}

static void test_what_cannot_be_written(void **state)
{
    static char large[PIN_VALUE_MAX + 1];
    struct bench *bench = *state;
    struct outbox_write group[] = {{pin("V1"), "a", 1}, {pin("V2"), "", 0}};
    struct outbox_write write = {.pin = pin("V1"), .value = large, .len = sizeof(large)};

    assert_int_equal(bridge_write(bench->bridge, group, 2, 0, NULL), -EINVAL);
    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), -EMSGSIZE);
    assert_null(value_of(bench, "V1")); /* what was refused is not remembered */
    for (int i = 0; i < 100; i++) {
        assert_int_equal(put_at(bench, "V3", "x", 0, NULL), 0);
    }
    assert_int_equal(put_at(bench, "V3", "y", 0, NULL), -ENOSPC);
    assert_string_equal(value_of(bench, "V3"), "x");
}

static void test_an_old_sample_is_not_the_last_value(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(put_at(bench, "V1", "new", 0, NULL), 0);
    assert_int_equal(put_at(bench, "V1", "old", 1000, NULL), 0);
    assert_string_equal(value_of(bench, "V1"), "new");
    assert_int_equal(put_at(bench, "V1", "newer", sched_wall_ms(bench->sched) + 1000, NULL), 0);
    assert_string_equal(value_of(bench, "V1"), "newer");
    go_online(bench);
    char expected[100];
    snprintf(expected, sizeof(expected), "vw 1 new|t 1000|vw 1 old|e|t %lld|vw 1 newer|e|",
             (long long)sched_wall_ms(bench->sched) - 5000 + 1000);
    assert_string_equal(fake_cloud_writes(bench->cloud), expected);
}

static void test_writes_from_blynk(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0005\00042", 7);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0004\0x\0y", 8);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "dw\00013\0001", 7);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\000300\0001", 8);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0006\0", 5);
    assert_published(bench, "V5=42|V4=x.y|D13=1|V6=|");
    assert_string_equal(value_of(bench, "V5"), "42");
    assert_string_equal(value_of(bench, "D13"), "1");
    assert_string_equal(value_of(bench, "V6"), "");
    assert_int_equal(pins_get(bridge_pins(bench->bridge), pin("V5"))->origin, PIN_FROM_BLYNK);
    assert_int_equal(pins_known(bridge_pins(bench->bridge)), 4);
}

static void test_reads_from_blynk(void **state)
{
    struct bench *bench = *state;

    put_at(bench, "V7", "55", 0, NULL);
    put_at(bench, "D9", "1", 0, NULL);
    go_online(bench);
    fake_cloud_writes(bench->cloud);
    fake_stream_forget_written(bench->stream);
    cloud_sends(bench, BLYNK_HARDWARE, 777, "dr\0009", 4);
    assert_memory_equal(buf_bytes(&bench->stream->written),
                        "\x14\x03\x09\x00\x06"
                        "dw\0009\0001",
                        11);
    fake_stream_forget_written(bench->stream);
    cloud_sends(bench, BLYNK_HARDWARE, 778, "ar\0003", 4);
    assert_memory_equal(buf_bytes(&bench->stream->written), "\x00\x03\x0a\x00\x02", 5); /* status 2 */
    cloud_sends(bench, BLYNK_HARDWARE, 7778, "vr\0007", 4);
    cloud_sends(bench, BLYNK_HARDWARE, 7778, "vr\0008", 4); /* not known: a program may answer */
    cloud_sends(bench, BLYNK_HARDWARE, 7778, "dr\000999", 6);
    assert_string_equal(fake_cloud_writes(bench->cloud), "dw 9 1|vw 7 55|");
    assert_published(bench, "internal=dr D9|internal=ar A3|internal=vr V7|internal=vr V8|internal=dr D999|");
}

static void test_internal_channel(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    cloud_sends(bench, BLYNK_INTERNAL, 7777, "acon", 4);
    cloud_sends(bench, BLYNK_INTERNAL, 7777, "ota\0http://h/f.bin?token=x", 26);
    cloud_sends(bench, BLYNK_INTERNAL, 7777, "adis\0", 5);
    cloud_sends(bench, BLYNK_INTERNAL, 7777, "x\0a\r\nb", 6);
    cloud_sends(bench, BLYNK_INTERNAL, 7777, "", 0);
    cloud_sends(bench, BLYNK_HARDWARE, 1, "pm\0009\0out\0005\0in", 14);
    cloud_sends(bench, BLYNK_DEBUG_PRINT, 5, "hello", 5);
    assert_published(bench, "internal=acon|internal=ota http://h/f.bin?token=x|internal=adis|internal=x a??b|"
                            "internal=pm D9 out|internal=pm D5 in|internal=dbg hello|");
}

static void test_properties_events_and_sync(void **state)
{
    struct bench *bench = *state;
    struct blynk_body body;
    static char long_text[1020];

    blynk_body_init(&body);
    blynk_body_add_text(&body, "color");
    blynk_body_add_text(&body, "#D3435C");
    assert_int_equal(bridge_property(bench->bridge, pin("V1"), &body, NULL), 0);
    assert_int_equal(bridge_property(bench->bridge, pin("D1"), &body, NULL), -EINVAL);
    assert_int_equal(bridge_message(bench->bridge, BLYNK_EVENT_LOG, &body, NULL), 0);
    assert_int_equal(bridge_sync(bench->bridge, NULL, 0), -ENOTCONN);
    blynk_body_add(&body, long_text, sizeof(long_text));
    assert_int_equal(bridge_property(bench->bridge, pin("V1"), &body, NULL), -EMSGSIZE);
    assert_int_equal(bridge_message(bench->bridge, BLYNK_EVENT_LOG, &body, NULL), -EMSGSIZE);
    go_online(bench);
    assert_string_equal(fake_cloud_writes(bench->cloud), "color #D3435C|1 color #D3435C|");

    pin_id pins[PIN_NUMBERS] = {pin("V1"), pin("D9"), pin("V16"), pin("A0")};
    assert_int_equal(bridge_sync(bench->bridge, pins, 4), 0);
    assert_int_equal(bridge_sync(bench->bridge, NULL, 0), 0);
    sched_advance(bench->sched, 1000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vr 1 16|dr 9|ar 0||");
    for (unsigned i = 0; i < 30; i++) {
        assert_int_equal(put_at(bench, "V1", "old", 0, NULL), 0);
    }
    /* Waits for the rate limit, and the question behind it. */
    assert_int_equal(put_at(bench, "V1", "new", 0, NULL), 0);
    assert_int_equal(bridge_sync(bench->bridge, pins, 1), 0);
    sched_advance(bench->sched, 10000);
    const char *writes = fake_cloud_writes(bench->cloud);
    const char *last_write = strstr(writes, "vw 1 new|");
    assert_non_null(last_write);
    assert_string_equal(last_write, "vw 1 new|vr 1|");
    for (pin_id i = 0; i < PIN_NUMBERS; i++) {
        pins[i] = i;
    }
    assert_int_equal(bridge_sync(bench->bridge, pins, PIN_NUMBERS), 0);
}

/* ---- a pin's own rules ---- */

static void shown_outbox(struct bench *bench, const char *expected)
{
    char text[8192] = "";

    bridge_show_outbox(bench->bridge, on_show, text);
    if (!strstr(text, expected)) {
        fail_msg("%s is not in %s", expected, text);
    }
}

/* Rules for V5, which delivers the latest value; the first write has gone. */
static void begin_with_rules(struct bench *bench, uint32_t min_interval_ms, double deadband)
{
    pins_set_delivery(bridge_pins(bench->bridge), pin("V5"), PIN_DELIVER_LATEST);
    bridge_set_pin_rules(bench->bridge, pin("V5"), min_interval_ms, deadband);
    go_online(bench);
    assert_int_equal(put_at(bench, "V5", "20", 0, NULL), 0);
    sched_settle(bench->sched);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 20|");
}

static void put(struct bench *bench, const char *name, const char *value)
{
    assert_int_equal(put_at(bench, name, value, 0, NULL), 0);
    sched_settle(bench->sched);
}

static void test_a_small_difference_is_not_sent(void **state)
{
    struct bench *bench = *state;
    uint64_t sequence = 4711;

    begin_with_rules(bench, 0, 0.5);
    assert_int_equal(put_at(bench, "V5", "20.3", 0, &sequence), 0);
    assert_int_equal(sequence, 4711);
    sched_settle(bench->sched);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    assert_string_equal(value_of(bench, "V5"), "20.3");
    shown_outbox(bench, "skipped=1|held=0|holding=0|");
    put(bench, "V5", "20.6");
    put(bench, "V6", "20.6");
    put(bench, "V6", "20.6");
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 20.6|vw 6 20.6|vw 6 20.6|");
    /* A slider was moved: Blynk has 40 now. */
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0005\00040", 7);
    put(bench, "V5", "20.6");
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 20.6|");
}

static void test_what_comes_too_early_is_held(void **state)
{
    struct bench *bench = *state;
    uint64_t sequence = 4711;

    begin_with_rules(bench, 10000, 0);
    sched_advance(bench->sched, 2000);
    assert_int_equal(put_at(bench, "V5", "21", 0, &sequence), 0);
    assert_int_equal(sequence, 4711);
    put(bench, "V5", "22");
    assert_string_equal(value_of(bench, "V5"), "22");
    shown_outbox(bench, "skipped=0|held=2|holding=1|");
    sched_advance(bench->sched, 7999);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    sched_advance(bench->sched, 1);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 22|");
    shown_outbox(bench, "held=2|holding=0|");
    put(bench, "V5", "23"); /* the interval counts from what was held */
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    sched_advance(bench->sched, 10000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 23|");
    sched_advance(bench->sched, 10000);
    put(bench, "V5", "24"); /* long enough ago */
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 24|");
}

static void test_nothing_older_follows(void **state)
{
    struct bench *bench = *state;
    struct outbox_write group[] = {{pin("V5"), "30", 2}, {pin("V6"), "b", 1}};
    char expected[100];

    begin_with_rules(bench, 10000, 1);
    put(bench, "V5", "25");
    put(bench, "V5", "20.5"); /* back where Blynk has it */
    shown_outbox(bench, "skipped=1|held=1|holding=0|");
    put(bench, "V5", "25");
    assert_int_equal(bridge_write(bench->bridge, group, 2, 0, NULL), 0); /* never judged */
    sched_advance(bench->sched, 5000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "b|vw 5 30|vw 6 b|e|");
    put(bench, "V5", "25");
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0005\00040", 7);
    shown_outbox(bench, "holding=0|");
    put(bench, "V5", "25");
    int64_t later_ms = sched_wall_ms(bench->sched) + 1;
    assert_int_equal(put_at(bench, "V5", "26", later_ms, NULL), 0);
    shown_outbox(bench, "holding=0|");
    put(bench, "V5", "27");
    assert_int_equal(put_at(bench, "V5", "1", 1000, NULL), 0); /* an old sample changes nothing */
    shown_outbox(bench, "holding=1|");
    sched_advance(bench->sched, 20000);
    snprintf(expected, sizeof(expected), "t %lld|vw 5 26|e|t 1000|vw 5 1|e|vw 5 27|", (long long)later_ms);
    assert_string_equal(fake_cloud_writes(bench->cloud), expected);
}

static void test_a_stop_or_a_question_releases_what_is_held(void **state)
{
    struct bench *bench = *state;
    pin_id asked = pin("V5");

    begin_with_rules(bench, 3600000, 0);
    put(bench, "V5", "21");
    assert_int_equal(bridge_sync(bench->bridge, &asked, 1), 0);
    sched_settle(bench->sched);
    assert_string_equal(fake_cloud_writes(bench->cloud),
                        "vw 5 21|vr 5|"); /* or 20 would come back as newest */
    put(bench, "V5", "22");
    assert_int_equal(bridge_sync(bench->bridge, NULL, 0), 0);
    sched_settle(bench->sched);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 22||");
    put(bench, "V5", "23");
    bridge_stop(bench->bridge, 5000);
    put(bench, "V5", "24"); /* nobody would send it later */
    shown_outbox(bench, "holding=0|");
    sched_advance(bench->sched, 7000);
    assert_int_equal(bench->stopped, 1);
    bridge_start(bench->bridge);
    sched_advance(bench->sched, 7000);
    const char *writes = fake_cloud_writes(bench->cloud);
    assert_non_null(strstr(writes, "vw 5 24|"));
    assert_null(strstr(strstr(writes, "vw 5 24|"), "vw 5 23|"));
}

static void test_a_full_outbox_delays_what_is_held(void **state)
{
    struct bench *bench = *state;

    begin_with_rules(bench, 120000, 0);
    pins_set_delivery(bridge_pins(bench->bridge), pin("V5"), PIN_DELIVER_ALL); /* no reserve for it */
    sched_advance(bench->sched, 60000); /* confirmed by a heartbeat: it will not wait again */
    put(bench, "V5", "21");
    bridge_link_down(bench->bridge);
    sched_advance(bench->sched, 3000);
    while (put_at(bench, "V6", "x", 0, NULL) == 0) {
    }
    sched_advance(bench->sched, 120000);
    shown_outbox(bench, "holding=1|");
    bridge_link_up(bench->bridge);
    sched_advance(bench->sched, 60000);
    shown_outbox(bench, "holding=0|");
    assert_non_null(strstr(fake_cloud_writes(bench->cloud), "vw 5 21|"));
}

static void test_too_large_is_told_even_if_held(void **state)
{
    static char large[PIN_VALUE_MAX + 1];
    struct bench *bench = *state;
    struct outbox_write write = {.pin = pin("V5"), .value = large, .len = sizeof(large)};

    begin_with_rules(bench, 10000, 0);
    assert_int_equal(bridge_write(bench->bridge, &write, 1, 0, NULL), -EMSGSIZE);
    assert_string_equal(value_of(bench, "V5"), "20");
    shown_outbox(bench, "held=0|");
}

static void test_a_new_interval_counts_at_once(void **state)
{
    struct bench *bench = *state;

    begin_with_rules(bench, 3600000, 0);
    put(bench, "V5", "21");
    sched_advance(bench->sched, 1000);
    bridge_set_pin_rules(bench->bridge, pin("V5"), 3000, 0);
    sched_advance(bench->sched, 1999);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
    sched_advance(bench->sched, 1);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 21|");
    put(bench, "V5", "22");
    bridge_set_pin_rules(bench->bridge, pin("V5"), 0, 0);
    sched_settle(bench->sched);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 5 22|");
}

/* ---- questions ---- */

static void test_time_of_the_new_cloud(void **state)
{
    struct bench *bench = *state;
    struct bridge_request one = new_request(bench), two = new_request(bench);

    assert_int_equal(bridge_ask_time(bench->bridge, &one), -ENOTCONN);
    bridge_request_cancel(&one);
    go_online(bench);
    assert_int_equal(bridge_ask_time(bench->bridge, &one), 0);
    assert_int_equal(bridge_ask_time(bench->bridge, &two), 0);
    sched_advance(bench->sched, 1000);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "utc\0tz\000120\00060", 13);
    assert_answer(bench, "");
    cloud_sends(bench, BLYNK_INTERNAL, 9, "utc\0time\0001672531200123", 22);
    assert_answer(bench, "0 1672531200,180;0 1672531200,180;");
    cloud_sends(bench, BLYNK_INTERNAL, 9, "rtc\0001672542000", 14);
    assert_answer(bench, "");
    assert_published(bench, ""); /* answers are no news */
}

static void test_time_of_a_legacy_server(void **state)
{
    struct bench *bench = *state;
    struct bridge_request one = new_request(bench);

    go_online(bench);
    assert_int_equal(bridge_ask_time(bench->bridge, &one), 0);
    sched_advance(bench->sched, 1000);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "rtc\0nonsense", 12);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "utc\0time\0", 9);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "utc\0tz\00099999", 12);
    assert_answer(bench, "");
    cloud_sends(bench, BLYNK_INTERNAL, 9, "rtc\0001672542000", 14);
    assert_answer(bench, "0 1672542000,local;");
    assert_int_equal(bridge_ask_time(bench->bridge, &one), 0);
    sched_advance(bench->sched, 14000);
    assert_answer(bench, "");
    sched_advance(bench->sched, 1000);
    assert_answer(bench, "-110;"); /* -ETIMEDOUT */
}

static void test_metadata(void **state)
{
    struct bench *bench = *state;
    struct bridge_request name = new_request(bench), serial = new_request(bench);

    go_online(bench);
    assert_int_equal(bridge_ask_meta(bench->bridge, &name, "Name"), 0);
    assert_int_equal(bridge_ask_meta(bench->bridge, &serial, "Serial Number"), 0);
    sched_advance(bench->sched, 1000);
    assert_string_equal(bench->cloud->last_internal, "meta get Serial Number");
    cloud_sends(bench, BLYNK_INTERNAL, 9, "meta\0Serial Number\000123", 22);
    assert_answer(bench, "0 123;");
    fake_cloud_respond(bench->cloud, (uint16_t)(bench->cloud->last_internal_id - 1),
                       BLYNK_STATUS_ILLEGAL_COMMAND);
    sched_settle(bench->sched);
    assert_answer(bench, "-22;");                               /* -EINVAL */
    cloud_sends(bench, BLYNK_INTERNAL, 9, "meta\0Name\0x", 11); /* nobody asked */
    assert_published(bench, "internal=meta Name x|");
    char long_name[80];
    memset(long_name, 'x', 79);
    long_name[79] = '\0';
    assert_int_equal(bridge_ask_meta(bench->bridge, &name, long_name), -EINVAL);
}

static void test_questions_end_with_the_session(void **state)
{
    struct bench *bench = *state;
    struct bridge_request time = new_request(bench), meta = new_request(bench), flush = new_request(bench);
    uint64_t sequence;

    go_online(bench);
    assert_int_equal(bridge_ask_time(bench->bridge, &time), 0);
    assert_int_equal(bridge_ask_meta(bench->bridge, &meta, "Name"), 0);
    bench->cloud->no_pong = true;
    put_at(bench, "V1", "a", 0, &sequence);
    assert_int_equal(bridge_flush(bench->bridge, &flush, sequence, 0), 0);
    sched_settle(bench->sched);
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed by the server");
    sched_settle(bench->sched);
    assert_answer(bench, "-107;-107;"); /* -ENOTCONN; the flush waits on */
    bench->cloud->no_pong = false;
    sched_advance(bench->sched, 5000);
    assert_answer(bench, "0;");
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 1 a|vw 1 a|");
}

static void test_flush(void **state)
{
    struct bench *bench = *state;
    struct bridge_request one = new_request(bench), two = new_request(bench), three = new_request(bench);
    uint64_t first, second;

    put_at(bench, "V1", "a", 0, &first);
    assert_int_equal(bridge_flush(bench->bridge, &one, first, 500), 0);
    sched_advance(bench->sched, 499);
    assert_answer(bench, "");
    sched_advance(bench->sched, 1);
    assert_answer(bench, "-110;");
    assert_int_equal(bridge_flush(bench->bridge, &one, first, 0), 0);
    go_online(bench);
    sched_advance(bench->sched, 100);
    assert_answer(bench, "0;"); /* did not wait for a heartbeat */
    assert_int_equal(bench->cloud->pings, 1);

    assert_int_equal(bridge_flush(bench->bridge, &one, first, 500), 0); /* nothing to wait for */
    assert_answer(bench, "");                                           /* but never from inside the call */
    sched_settle(bench->sched);
    assert_answer(bench, "0;");

    for (int i = 0; i < 30; i++) { /* more than the burst: the PING waits until all is sent */
        put_at(bench, "V2", "b", 0, &second);
        first = i == 0 ? second : first;
    }
    assert_int_equal(bridge_flush(bench->bridge, &one, first, 0), 0);
    assert_int_equal(bridge_flush(bench->bridge, &two, second, 0), 0);
    assert_int_equal(bridge_flush(bench->bridge, &three, second, 0), 0);
    bridge_request_cancel(&three);
    bridge_request_cancel(&three);
    sched_advance(bench->sched, 6000);
    assert_answer(bench, "0;0;");
    assert_true(bench->cloud->pings <= 5);
}

static void test_answers_that_ask_and_cancel(void **state)
{
    struct bench *bench = *state;
    struct bridge_request one = new_request(bench), two = new_request(bench), three = new_request(bench);

    go_online(bench);
    assert_int_equal(bridge_ask_time(bench->bridge, &one), 0);
    assert_int_equal(bridge_ask_time(bench->bridge, &two), 0);
    assert_int_equal(bridge_ask_time(bench->bridge, &three), 0);
    bench->cancel_too = &two; /* the next in the list */
    bench->ask_again = &one;
    sched_advance(bench->sched, 3000);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "rtc\0001", 5);
    assert_answer(bench, "0 1,local;0 1,local;");
    sched_advance(bench->sched, 3000);
    cloud_sends(bench, BLYNK_INTERNAL, 9, "rtc\0002", 5); /* the one that asked again */
    assert_answer(bench, "0 2,local;");
}

static void test_without_a_modem(void **state)
{
    struct bench *bench = *state;
    struct bridge_request one = new_request(bench);

    assert_int_equal(bridge_ask_modem(bench->bridge, &one, "AT+CSQ", 1000), -ENOTCONN);
    bridge_publish_trace(bench->bridge, true);
    bridge_publish_trace(bench->bridge, false);
}

/* ---- the link ---- */

static void test_link_channel_and_orders(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    assert_non_null(strstr(bench->links, "link=MODEM: "));
    assert_non_null(strstr(bench->links, "link=ONLINE: logged in to blynk.cloud:80|"));
    bridge_link_down(bench->bridge);
    sched_advance(bench->sched, 3000);
    assert_int_equal(info_of(bench).state, LINK_OFF);
    assert_int_equal(bench->stopped, 0); /* that is for bridge_stop() */
    put_at(bench, "V1", "a", 0, NULL);
    bridge_link_up(bench->bridge);
    sched_advance(bench->sched, 5000);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    bridge_link_restart(bench->bridge);
    sched_advance(bench->sched, 1000);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    assert_int_equal(info_of(bench).reconnects, 2);
    assert_true(bench->link_changes > 10);
}

static void test_configuration(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    assert_non_null(strstr(bench->cloud->last_internal, "con Ethernet"));
    bench->config.outbox.max_entries = 1;
    bench->config.link.session.rate_per_s = 5;
    assert_false(bridge_configure(bench->bridge, &bench->config));
    assert_int_equal(put_at(bench, "V1", "a", 0, NULL), 0);
    assert_int_equal(put_at(bench, "V1", "a", 0, NULL), -ENOSPC);
    bench->config.link.port = 8080;
    assert_true(bridge_configure(bench->bridge, &bench->config));
    sched_advance(bench->sched, 1000);
    assert_int_equal(bench->stream->port, 8080);
}

/* ---- what is shown ---- */

static void test_what_is_shown(void **state)
{
    static const char *const keys[] = {
        "state:ONLINE|",  "since=18000000", "why:logged in",  "uplink:host|",  "server:blynk.cloud:80|",
        "round_trip_ms=", "bytes_up=",      "bytes_down=",    "reconnects=0|", "queue=0|",
        "unconfirmed=1|", "spool=0|",       "next_try_ms=0|", "rung:redial|",  "online_ms="};
    struct bench *bench = *state;
    char text[8192] = "";

    go_online(bench);
    put_at(bench, "V1", "a", 0, NULL);
    sched_settle(bench->sched);
    bridge_show_link(bench->bridge, on_show, text);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (!strstr(text, keys[i])) {
            fail_msg("%s is not in %s", keys[i], text);
        }
    }
    text[0] = '\0';
    bridge_show_history(bench->bridge, on_show, text);
    assert_non_null(strstr(text, "1:2027-01-15T08:00:00.000Z MODEM: started"));
    text[0] = '\0';
    bridge_show_outbox(bench->bridge, on_show, text);
    assert_non_null(strstr(text, "accepted=1|"));
    text[0] = '\0';
    bridge_show_blynk(bench->bridge, on_show, text);
    assert_non_null(strstr(text, "logged_in:yes|messages_sent=3|"));
    text[0] = '\0';
    bridge_show_modem(bench->bridge, on_show, text);
    assert_non_null(strstr(text, "state:none|"));
    text[0] = '\0';
    bridge_show_trace(bench->bridge, on_show, text); /* no modem, but Blynk's frames */
    assert_non_null(strstr(text, "<< \\x00\\x00\\x01\\x00\\xc8|"));
    assert_non_null(strstr(text, ">> \\x14\\x00\\x03\\x00\\x06vw\\x001\\x00a|"));
}

static void test_listeners_are_bounded(void **state)
{
    static const struct bridge_events events = {.on_publish = on_publish, .on_stopped = NULL};
    struct bench *bench = *state;

    for (int i = 1; i < BRIDGE_LISTENERS; i++) {
        assert_int_equal(bridge_listen(bench->bridge, &events, bench), 0);
    }
    assert_int_equal(bridge_listen(bench->bridge, &events, bench), -ENOSPC);
    go_online(bench);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0005\00042", 7);
    assert_published(bench, "V5=42|V5=42|V5=42|V5=42|");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- the recent past as numbers ---- */

static void on_point(void *arg, int64_t wall_ms, double value)
{
    struct bench *bench = arg;
    size_t used = strlen(bench->answer);

    snprintf(bench->answer + used, sizeof(bench->answer) - used, "%lld:%g ",
             (long long)(wall_ms - sched_wall_ms(bench->sched)), value);
}

static void assert_series(struct bench *bench, const char *name, size_t most, const char *expected)
{
    bench->answer[0] = '\0';
    bridge_show_series(bench->bridge, name, strlen(name), most, on_point, bench);
    assert_string_equal(bench->answer, expected);
}

static void test_history(void **state)
{
    struct bench *bench = *state;
    size_t count = 99;

    go_online(bench);
    assert_int_equal(bridge_series_count(bench->bridge, "V5", 2, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(bridge_series_count(bench->bridge, "V5000", 5, &count), -EINVAL);
    put_at(bench, "V5", "21.5", 0, NULL);
    put_at(bench, "V5", "warm", 0, NULL); /* no number */
    sched_advance(bench->sched, 1000);
    cloud_sends(bench, BLYNK_HARDWARE, 7, "vw\0005\000-3", 7);
    put_at(bench, "V5", "4", sched_wall_ms(bench->sched) - 5000, NULL); /* a sample's own time */
    assert_series(bench, "V5", 99, "-5000:4 -1000:21.5 0:-3 ");
    assert_series(bench, "v5", 2, "-1000:21.5 0:-3 ");
    sched_shift_wall(bench->sched,
                     3600000); /* the host's clock was wrong: times are shown by the right one */
    assert_series(bench, "V5", 1, "0:-3 ");
    assert_series(bench, "signal", 9, ""); /* there is no modem */
}

static void test_history_of_the_round_trip(void **state)
{
    struct bench *bench = *state;
    size_t before, after;

    go_online(bench);
    assert_int_equal(bridge_series_count(bench->bridge, "round_trip", 10, &before), 0);
    sched_advance(bench->sched, 3 * bench->config.link.session.heartbeat_ms);
    assert_int_equal(bridge_series_count(bench->bridge, "ROUND_TRIP", 10, &after), 0);
    assert_true(after > before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_writes_offline_and_online),
        TEST(test_what_cannot_be_written),
        TEST(test_an_old_sample_is_not_the_last_value),
        TEST(test_writes_from_blynk),
        TEST(test_reads_from_blynk),
        TEST(test_internal_channel),
        TEST(test_properties_events_and_sync),
        TEST(test_a_small_difference_is_not_sent),
        TEST(test_what_comes_too_early_is_held),
        TEST(test_nothing_older_follows),
        TEST(test_a_stop_or_a_question_releases_what_is_held),
        TEST(test_a_full_outbox_delays_what_is_held),
        TEST(test_too_large_is_told_even_if_held),
        TEST(test_a_new_interval_counts_at_once),
        TEST(test_time_of_the_new_cloud),
        TEST(test_time_of_a_legacy_server),
        TEST(test_metadata),
        TEST(test_questions_end_with_the_session),
        TEST(test_flush),
        TEST(test_answers_that_ask_and_cancel),
        TEST(test_without_a_modem),
        TEST(test_link_channel_and_orders),
        TEST(test_configuration),
        TEST(test_what_is_shown),
        TEST(test_listeners_are_bounded),
        TEST(test_history),
        TEST(test_history_of_the_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
