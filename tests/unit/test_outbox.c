/* The outbox: order, coalescing, groups, times, confirmation, bounds; and all of it at random. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/bridge/outbox.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 150000

struct bench {
    struct sched *sched;
    struct pins *pins;
    struct outbox *outbox;
    struct outbox_config config;
    struct blynk_source source;
    struct blynk_session *session; /* gives message ids */
    struct buf out;
    uint64_t mark;
    unsigned added;
    uint64_t confirmed;
    char text[200000];
};

static void on_added(void *arg)
{
    ((struct bench *)arg)->added++;
}

static void on_confirmed(void *arg, uint64_t up_to)
{
    struct bench *bench = arg;

    assert_true(up_to > bench->confirmed);
    bench->confirmed = up_to;
}

static int setup(void **state)
{
    static const struct outbox_events events = {.on_added = on_added, .on_confirmed = on_confirmed};
    static const struct blynk_session_events no_events;
    static const struct blynk_session_config session_config = {.burst = 10};
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    bench->config = (struct outbox_config){.max_entries = 1000, .max_bytes = 100000, .stamp_after_ms = 10000};
    bench->sched = sched_create_virtual(1);
    bench->pins = pins_create(PIN_DELIVER_ALL);
    bench->outbox = outbox_create(bench->sched, bench->pins, &bench->config);
    outbox_set_events(bench->outbox, &events, bench);
    bench->source = outbox_source(bench->outbox);
    bench->session = blynk_session_create(bench->sched, &session_config, &bench->source, &no_events, NULL);
    buf_init(&bench->out, 200000);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    blynk_session_destroy(bench->session);
    outbox_destroy(bench->outbox);
    pins_destroy(bench->pins);
    sched_close(bench->sched);
    buf_free(&bench->out);
    free(bench);
    return 0;
}

static pin_id pin(const char *name)
{
    pin_id id = 0;

    assert_int_equal(pin_parse(name, strlen(name), &id), 0);
    return id;
}

static int put_at(struct bench *bench, const char *name, const char *value, int64_t wall_ms)
{
    struct outbox_write write = {.pin = pin(name), .value = value, .len = strlen(value)};

    return outbox_write(bench->outbox, &write, wall_ms, NULL);
}

static void put(struct bench *bench, const char *name, const char *value)
{
    assert_int_equal(put_at(bench, name, value, 0), 0);
}

/* "V1=a V2=b" */
static int put_group_at(struct bench *bench, const char *text, int64_t wall_ms)
{
    struct outbox_write writes[OUTBOX_GROUP_MAX + 1];
    char copy[8192];
    size_t count = 0;
    char *rest = NULL;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *item = strtok_r(copy, " ", &rest); item; item = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(item, '=');
        *value++ = '\0';
        writes[count++] = (struct outbox_write){.pin = pin(item), .value = value, .len = strlen(value)};
    }
    return outbox_write_group(bench->outbox, writes, count, wall_ms, NULL);
}

static void put_group(struct bench *bench, const char *text)
{
    assert_int_equal(put_group_at(bench, text, 0), 0);
}

/* What is in the buffer as text: fields with blanks, frames with "|"; and empties it. */
static const char *taken(struct bench *bench)
{
    static struct blynk_parser parser;
    struct blynk_frame frame;
    const uint8_t *data = buf_bytes(&bench->out);
    size_t len = buf_len(&bench->out);
    size_t at = 0;

    blynk_parser_init(&parser);
    while (blynk_parser_next(&parser, &data, &len, &frame)) {
        at += (size_t)snprintf(bench->text + at, sizeof(bench->text) - at, "%s", at ? "|" : "");
        if (frame.command != BLYNK_HARDWARE && frame.command != BLYNK_GROUP) {
            at += (size_t)snprintf(bench->text + at, sizeof(bench->text) - at, "%s ",
                                   blynk_command_name(frame.command));
        }
        for (size_t i = 0; i < frame.body_len; i++) {
            bench->text[at++] = frame.body[i] ? (char)frame.body[i] : ' ';
        }
    }
    bench->text[at] = '\0';
    assert_int_equal(len, 0);
    buf_clear(&bench->out);
    return bench->text;
}

static const char *fill_with(struct bench *bench, size_t room, size_t messages, bool most)
{
    uint64_t before = bench->mark;

    outbox_session_began(bench->outbox);
    size_t given =
        bench->source.fill(bench->outbox, bench->session, &bench->out, room, messages, most, &bench->mark);

    assert_true(given <= messages);
    assert_true(given ? bench->mark > before : bench->mark == before);
    if (!most) {
        assert_true(buf_len(&bench->out) <= room);
    }
    return taken(bench);
}

static const char *fill(struct bench *bench)
{
    return fill_with(bench, ROOM, 1000, false);
}

static void confirm(struct bench *bench, uint64_t mark)
{
    bench->source.confirmed(bench->outbox, mark);
}

/* ---- tests ---- */

static void test_writes_leave_in_order(void **state)
{
    struct bench *bench = *state;
    uint64_t first = 0, second = 0;
    struct outbox_write write = {.pin = pin("V5"), .value = "3\0004", .len = 3};

    assert_false(bench->source.waiting(bench->outbox));
    assert_string_equal(fill(bench), "");
    assert_int_equal(outbox_write(bench->outbox, &write, 0, &first), 0);
    put(bench, "D13", "1");
    put(bench, "A3", "255");
    assert_int_equal(outbox_message(bench->outbox, BLYNK_EVENT_LOG, "hot\0very", 8, &second), 0);
    assert_int_equal(second, first + 3);
    assert_int_equal(bench->added, 4);
    assert_true(bench->source.waiting(bench->outbox));
    assert_int_equal(outbox_info(bench->outbox).waiting, 4);
    assert_string_equal(fill(bench), "EVENT_LOG hot very|vw 5 3 4|dw 13 1|aw 3 255");
    assert_false(bench->source.waiting(bench->outbox));
    struct outbox_info info = outbox_info(bench->outbox);
    assert_int_equal(info.waiting, 0);
    assert_int_equal(info.unconfirmed, 4);
    assert_int_equal(info.confirmed_sequence, 0);
    confirm(bench, bench->mark);
    info = outbox_info(bench->outbox);
    assert_int_equal(info.unconfirmed, 0);
    assert_int_equal(info.bytes, 0);
    assert_int_equal(info.confirmed_sequence, second);
    assert_int_equal(bench->confirmed, second);
}

static void test_room_and_messages_are_kept(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1", "aaaa"); /* 14 bytes each */
    put(bench, "V2", "bbbb");
    put(bench, "V3", "cccc");
    assert_string_equal(fill_with(bench, 13, 10, false), "");
    assert_string_equal(fill_with(bench, 28, 10, false), "vw 1 aaaa|vw 2 bbbb");
    assert_string_equal(fill_with(bench, ROOM, 0, true), "");
    assert_string_equal(fill_with(bench, 13, 1, true), "vw 3 cccc"); /* never more room: the stream cuts it */
}

static void test_latest_replaces_what_waits(void **state)
{
    struct bench *bench = *state;
    uint64_t sequence = 0;
    struct outbox_write write = {.pin = pin("V1"), .value = "much longer", .len = 11};

    pins_set_delivery(bench->pins, pin("V1"), PIN_DELIVER_LATEST);
    put(bench, "V1", "a");
    put(bench, "V2", "b");
    put(bench, "V2", "c");
    assert_int_equal(outbox_write(bench->outbox, &write, 0, &sequence), 0);
    assert_int_equal(sequence, 3); /* never falls, though the entry has number 1 */
    struct outbox_info info = outbox_info(bench->outbox);
    assert_int_equal(info.replaced, 1);
    assert_int_equal(info.waiting, 3);
    assert_int_equal(info.bytes, 13);
    assert_string_equal(fill(bench), "vw 1 much longer|vw 2 b|vw 2 c");
    put(bench, "V1", "d"); /* the sent one is not touched */
    assert_string_equal(fill(bench), "vw 1 d");
    confirm(bench, bench->mark);
    assert_int_equal(outbox_info(bench->outbox).bytes, 0);
}

static void test_latest_never_overtakes(void **state)
{
    struct bench *bench = *state;

    pins_set_delivery(bench->pins, pin("V1"), PIN_DELIVER_LATEST);
    put(bench, "V1", "1");
    put_group(bench, "V1=2 V2=2");
    put(bench, "V1", "3"); /* replacing the first would let 2 be the last one */
    put(bench, "V1", "4");
    assert_string_equal(fill(bench), "vw 1 1|b|vw 1 2|vw 2 2|e|vw 1 4");
    put(bench, "V1", "5");
    assert_int_equal(put_at(bench, "V1", "6", 1700000000000), 0);
    put(bench, "V1", "7");
    assert_string_equal(fill(bench), "vw 1 5|t 1700000000000|vw 1 6|e|vw 1 7");
}

static void test_groups_are_whole(void **state)
{
    struct bench *bench = *state;

    put(bench, "V9", "x");
    put_group(bench, "V1=a V2=b V3=c");
    put(bench, "V9", "y");
    assert_string_equal(fill_with(bench, ROOM, 5, false), "vw 9 x");
    assert_string_equal(fill_with(bench, ROOM, 4, false), "");
    assert_string_equal(fill_with(bench, 44, 10, false), "");
    assert_string_equal(fill_with(bench, 45, 10, false), "b|vw 1 a|vw 2 b|vw 3 c|e");
    assert_string_equal(fill_with(bench, ROOM, 1, false), "vw 9 y");
    assert_int_equal(put_group_at(bench, "V7=z", 0), 0); /* one alone is no group */
    assert_string_equal(fill(bench), "vw 7 z");
}

static void test_a_group_larger_than_ever_fits_goes_in_parts(void **state)
{
    struct bench *bench = *state;

    put_group(bench, "V1=a V2=b V3=c V4=d V5=e");
    put(bench, "V9", "y");
    assert_string_equal(fill_with(bench, ROOM, 4, true), "b|vw 1 a|vw 2 b|vw 3 c");
    assert_string_equal(fill_with(bench, ROOM, 1, false), "vw 4 d");
    assert_string_equal(fill_with(bench, ROOM, 1, false), "vw 5 e");
    assert_true(bench->source.waiting(bench->outbox));
    assert_string_equal(fill_with(bench, ROOM, 1, false), "e");
    assert_string_equal(fill_with(bench, ROOM, 4, false), "vw 9 y");
    assert_false(bench->source.waiting(bench->outbox));
}

static void test_a_burst_of_one_gets_everything_through(void **state)
{
    struct bench *bench = *state;
    char all[1000] = "";

    put_group(bench, "V1=a V2=b");
    assert_int_equal(put_at(bench, "V3", "c", 1700000000000), 0);
    for (int i = 0; i < 20 && bench->source.waiting(bench->outbox); i++) {
        strcat(all, fill_with(bench, ROOM, 1, true));
        strcat(all, "|");
    }
    assert_string_equal(all, "b|vw 1 a|vw 2 b|e|t 1700000000000|vw 3 c|e|");
}

static void test_parts_after_a_lost_session_begin_a_new_group(void **state)
{
    struct bench *bench = *state;

    put_group(bench, "V1=a V2=b V3=c V4=d");
    assert_string_equal(fill_with(bench, ROOM, 3, true), "b|vw 1 a|vw 2 b");
    confirm(bench, bench->mark);
    assert_string_equal(fill_with(bench, ROOM, 1, true), "vw 3 c");
    outbox_rewind(bench->outbox);
    assert_string_equal(fill(bench), "b|vw 3 c|vw 4 d|e");
}

static void test_what_is_lost_within_a_session_goes_again(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1", "a");
    assert_string_equal(fill(bench), "vw 1 a");
    confirm(bench, bench->mark);
    put(bench, "V2", "b");
    put(bench, "V3", "c");
    assert_string_equal(fill(bench), "vw 2 b|vw 3 c");
    uint64_t before = bench->mark;
    put(bench, "V4", "d");
    bench->source.lost(bench->outbox);
    confirm(bench, before); /* of a PING that was under way */
    assert_int_equal(outbox_info(bench->outbox).waiting, 3);
    assert_int_equal(bench->confirmed, 1);
    assert_string_equal(fill(bench), "vw 2 b|vw 3 c|vw 4 d");
    confirm(bench, before);
    assert_int_equal(bench->confirmed, 1);
    confirm(bench, bench->mark);
    assert_int_equal(bench->confirmed, 4);
}

/* Unlike a lost session this one goes on, and so does the group that the server has open. */
static void test_a_group_lost_within_a_session_is_closed_first(void **state)
{
    struct bench *bench = *state;

    put_group(bench, "V1=a V2=b V3=c V4=d");
    assert_string_equal(fill_with(bench, ROOM, 3, true), "b|vw 1 a|vw 2 b");
    bench->source.lost(bench->outbox);
    assert_string_equal(fill(bench), "e|b|vw 1 a|vw 2 b|vw 3 c|vw 4 d|e");
}

static void test_confirmation_reaches_to_the_mark(void **state)
{
    struct bench *bench = *state;

    put(bench, "V1", "a");
    put(bench, "V2", "b");
    fill_with(bench, ROOM, 1, false);
    uint64_t first = bench->mark;
    fill_with(bench, ROOM, 1, false);
    confirm(bench, first);
    assert_int_equal(outbox_info(bench->outbox).unconfirmed, 1);
    assert_int_equal(bench->confirmed, 1);
    confirm(bench, first); /* again: nothing new */
    assert_int_equal(outbox_info(bench->outbox).unconfirmed, 1);
}

static void test_rewind_sends_again_in_order(void **state)
{
    struct bench *bench = *state;

    pins_set_delivery(bench->pins, pin("V2"), PIN_DELIVER_LATEST);
    pins_set_delivery(bench->pins, pin("V4"), PIN_DELIVER_LATEST);
    put(bench, "V1", "a");
    fill(bench);
    confirm(bench, bench->mark);
    put(bench, "V1", "b");
    put(bench, "V2", "c");
    put(bench, "V4", "1");
    fill(bench);
    put(bench, "V3", "d");
    put(bench, "V4", "2");
    outbox_rewind(bench->outbox);
    outbox_rewind(bench->outbox);
    assert_int_equal(outbox_info(bench->outbox).resent, 3);
    put(bench, "V2", "e"); /* waits again, so it may be replaced */
    put(bench, "V4", "3"); /* replaces the newer one, not the one that goes again */
    assert_string_equal(fill(bench), "vw 2 e|vw 4 1|vw 4 3|vw 1 b|vw 3 d");
    confirm(bench, bench->mark);
    assert_int_equal(outbox_info(bench->outbox).unconfirmed, 0);
    assert_int_equal(outbox_info(bench->outbox).bytes, 0);
}

static void test_old_samples_carry_their_time(void **state)
{
    struct bench *bench = *state;
    char expected[500];

    pins_set_delivery(bench->pins, pin("V9"), PIN_DELIVER_LATEST);
    long long start = sched_wall_ms(bench->sched);
    put(bench, "V1", "a");
    put(bench, "V2", "b");
    put(bench, "V9", "latest");
    sched_advance(bench->sched, 500);
    put(bench, "V3", "c");
    put_group(bench, "V4=d V5=e");
    assert_int_equal(outbox_message(bench->outbox, BLYNK_EVENT_LOG, "ev", 2, NULL), 0);
    sched_advance(bench->sched, 9999);
    put(bench, "V6", "young");
    snprintf(expected, sizeof(expected),
             "EVENT_LOG ev|vw 9 latest|t %lld|vw 1 a|vw 2 b|e|vw 3 c|b|vw 4 d|vw 5 e|e|vw 6 young", start);
    assert_string_equal(fill(bench), expected);
    sched_advance(bench->sched, 500);
    outbox_rewind(bench->outbox); /* what goes again says when it was made */
    snprintf(
        expected, sizeof(expected),
        "EVENT_LOG ev|vw 9 latest|t %lld|vw 1 a|vw 2 b|e|t %lld|vw 3 c|e|t %lld|vw 4 d|vw 5 e|e|vw 6 young",
        start, start + 500, start + 500);
    assert_string_equal(fill(bench), expected);
}

static void test_times_do_not_waver(void **state)
{
    struct bench *bench = *state;
    char want[200];

    put(bench, "V1", "a");
    long long start = sched_wall_ms(bench->sched);
    sched_advance(bench->sched, 20000);
    snprintf(want, sizeof(want), "t %lld|vw 1 a|e", start);
    assert_string_equal(fill(bench), want);
    outbox_rewind(bench->outbox);
    sched_shift_wall(bench->sched, -3);
    assert_string_equal(fill(bench), want);
    outbox_rewind(bench->outbox);
    sched_shift_wall(bench->sched, 3600000); /* the host has learnt the time */
    snprintf(want, sizeof(want), "t %lld|vw 1 a|e", start + 3600000 - 3);
    assert_string_equal(fill(bench), want);
}

static void test_given_times(void **state)
{
    struct bench *bench = *state;

    assert_int_equal(put_at(bench, "V1", "a", 1000), 0);
    assert_int_equal(put_at(bench, "V2", "b", 1000), 0);
    assert_int_equal(put_at(bench, "V3", "c", 1001), 0);
    assert_int_equal(put_group_at(bench, "V4=d V5=e", 1001), 0);
    put(bench, "V6", "f");
    assert_string_equal(fill_with(bench, ROOM, 3, false), "t 1000|vw 1 a|e");
    assert_string_equal(fill_with(bench, ROOM, 5, false), "t 1000|vw 2 b|e");
    assert_string_equal(fill_with(bench, ROOM, 2, false), "");
    assert_string_equal(fill(bench), "t 1001|vw 3 c|e|t 1001|vw 4 d|vw 5 e|e|vw 6 f");
}

static void test_bounds(void **state)
{
    static char large[PIN_VALUE_MAX + 1];
    struct bench *bench = *state;
    struct outbox_write write = {.pin = 1, .value = large, .len = sizeof(large)};
    struct outbox_write writes[OUTBOX_GROUP_MAX + 1] = {{0}};

    assert_int_equal(outbox_write(bench->outbox, &write, 0, NULL), -EMSGSIZE);
    assert_int_equal(outbox_message(bench->outbox, BLYNK_INTERNAL, large, BLYNK_SEND_BODY_MAX + 1, NULL),
                     -EMSGSIZE);
    assert_int_equal(outbox_write_group(bench->outbox, writes, OUTBOX_GROUP_MAX + 1, 0, NULL), -EMSGSIZE);
    write.len = PIN_VALUE_MAX;
    assert_int_equal(outbox_write(bench->outbox, &write, 0, NULL), 0);
    for (int i = 1; i < 100; i++) {
        assert_int_equal(outbox_write(bench->outbox, &write, 0, NULL), 0);
    }
    assert_int_equal(put_at(bench, "V1", "x", 0), -ENOSPC); /* 100000 bytes */
    assert_int_equal(outbox_info(bench->outbox).refused, 1);
    fill_with(bench, 100 * 1019, 100, false);
    assert_int_equal(put_at(bench, "V1", "x", 0), -ENOSPC); /* what is not confirmed counts */
    confirm(bench, bench->mark); /* so many bytes may be unconfirmed: the rest goes now */
    fill_with(bench, 100 * 1019, 100, false);
    confirm(bench, bench->mark);
    for (int i = 0; i < 998; i++) {
        put(bench, "V1", "x");
    }
    assert_int_equal(put_group_at(bench, "V1=a V2=b V3=c", 0), -ENOSPC); /* all or nothing */
    assert_int_equal(outbox_info(bench->outbox).waiting, 998);
    assert_int_equal(put_group_at(bench, "V1=a V2=b", 0), 0);
    assert_int_equal(put_at(bench, "V1", "x", 0), -ENOSPC);
    assert_int_equal(outbox_info(bench->outbox).refused, 4);
}

static void test_a_full_outbox_still_takes_the_latest(void **state)
{
    struct bench *bench = *state;

    pins_set_delivery(bench->pins, pin("V1"), PIN_DELIVER_LATEST);
    bench->config.max_entries = 2;
    outbox_configure(bench->outbox, &bench->config);
    put(bench, "V1", "a");
    put(bench, "V2", "b");
    assert_int_equal(put_at(bench, "V2", "c", 0), -ENOSPC);
    put(bench, "V1", "d");
    assert_string_equal(fill(bench), "vw 1 d|vw 2 b");
}

/* ---- at random ---- */

struct storm {
    unsigned next_value;
    unsigned arrived[3]; /* per pin: the newest value that the server has seen */
    unsigned confirmed[3];
    char open[8]; /* group under way at the server */
};

/* Values of a pin grow; after a rewind the server sees some again, but never a gap for `all` pins. */
static void server_sees(struct storm *storm, char *frames)
{
    char *rest = NULL;

    for (char *frame = strtok_r(frames, "|", &rest); frame; frame = strtok_r(NULL, "|", &rest)) {
        unsigned which, value;
        if (sscanf(frame, "vw %u %u", &which, &value) != 2) {
            bool begins = frame[0] == 'b' || frame[0] == 't';
            assert_int_equal(strlen(storm->open),
                             begins ? 0 : 1); /* no group in a group, no end without one */
            snprintf(storm->open, sizeof(storm->open), "%s", begins ? "g" : "");
            continue;
        }
        assert_true(which < 3);
        if (which != 2 && value > storm->arrived[which]) {
            assert_int_equal(value, storm->arrived[which] + 1);
        }
        storm->arrived[which] = value;
    }
}

static void storm_write(struct bench *bench, unsigned counts[3], unsigned bits)
{
    char value[3][16];
    struct outbox_write writes[3];
    size_t count = 1 + bits % 3;
    unsigned first = (bits >> 2) % 3;

    for (size_t i = 0; i < count; i++) {
        unsigned which = (first + (unsigned)i) % 3;
        snprintf(value[i], sizeof(value[i]), "%u", counts[which] + 1);
        writes[i] = (struct outbox_write){.pin = (pin_id)which, .value = value[i], .len = strlen(value[i])};
    }
    if (outbox_write_group(bench->outbox, writes, count, bits & 64 ? 1700000000000 : 0, NULL) == 0) {
        for (size_t i = 0; i < count; i++) {
            counts[writes[i].pin]++;
        }
    }
}

static void test_storm(void **state)
{
    struct bench *bench = *state;
    unsigned counts[3] = {0};
    struct storm storm = {0};
    unsigned seen_at_rewind = 0;

    bench->config.max_entries = 60;
    outbox_configure(bench->outbox, &bench->config);
    pins_set_delivery(bench->pins, 2, PIN_DELIVER_LATEST);
    for (unsigned i = 0; i < 200000; i++) {
        uint32_t bits = sched_random(bench->sched);
        unsigned what = bits % 16;
        bits >>= 4;
        if (what < 6) {
            storm_write(bench, counts, bits);
        } else if (what < 12) {
            const char *frames = fill_with(bench, 12 + bits % 80, bits / 128 % 6, bits & 4096);
            server_sees(&storm, (char *)(uintptr_t)frames);
        } else if (what < 15) {
            confirm(bench, bench->mark > bits % 4 ? bench->mark - bits % 4 : 0);
        } else if (bits % 4 == 0) {
            outbox_rewind(bench->outbox);
            storm.open[0] = '\0'; /* the session took it along */
            memset(storm.arrived, 0xff, sizeof(storm.arrived));
            seen_at_rewind++;
        } else if (bits % 4 == 1) {
            bench->source.lost(bench->outbox);
            memset(storm.arrived, 0xff, sizeof(storm.arrived));
        }
        struct outbox_info info = outbox_info(bench->outbox);
        assert_true(info.waiting + info.unconfirmed <= 60 + 60 / 8); /* events and `latest` have a reserve */
        assert_true(info.last_sequence - info.confirmed_sequence >= info.waiting + info.unconfirmed);
        assert_int_equal(outbox_outstanding(bench->outbox, info.last_sequence),
                         info.waiting + info.unconfirmed);
        sched_advance(bench->sched, bits % 700);
    }
    while (bench->source.waiting(bench->outbox)) {
        server_sees(&storm, (char *)(uintptr_t)fill_with(bench, 100, 5, true));
    }
    confirm(bench, bench->mark);
    assert_true(seen_at_rewind > 1000);
    for (unsigned i = 0; i < 3; i++) {
        assert_true(counts[i] > 1000);
        assert_int_equal(storm.arrived[i],
                         counts[i]); /* whatever happened, the last word is the last written */
    }
    assert_int_equal(outbox_info(bench->outbox).bytes, 0);
    assert_int_equal(outbox_info(bench->outbox).waiting + outbox_info(bench->outbox).unconfirmed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_writes_leave_in_order),
        TEST(test_room_and_messages_are_kept),
        TEST(test_latest_replaces_what_waits),
        TEST(test_latest_never_overtakes),
        TEST(test_groups_are_whole),
        TEST(test_a_group_larger_than_ever_fits_goes_in_parts),
        TEST(test_a_burst_of_one_gets_everything_through),
        TEST(test_parts_after_a_lost_session_begin_a_new_group),
        TEST(test_what_is_lost_within_a_session_goes_again),
        TEST(test_a_group_lost_within_a_session_is_closed_first),
        TEST(test_confirmation_reaches_to_the_mark),
        TEST(test_rewind_sends_again_in_order),
        TEST(test_old_samples_carry_their_time),
        TEST(test_times_do_not_waver),
        TEST(test_given_times),
        TEST(test_bounds),
        TEST(test_a_full_outbox_still_takes_the_latest),
        TEST(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
