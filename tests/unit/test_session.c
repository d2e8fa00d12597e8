/* The Blynk session over a stream that cuts everything into pieces, in virtual time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/blynk/session.h"

#include "fake_stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOKEN "0123456789abcdefghijklmnopqrstuv"

/* A source that has `left` frames "vw 1 x", each a message, and notes what was confirmed. */
struct bench {
    struct sched *sched;
    struct fake_stream *fake;
    struct blynk_session *session;
    struct blynk_session_config config;
    size_t left;
    size_t need; /* gives nothing unless so many messages are allowed at once, or it is told `most` */
    uint64_t sent;
    uint64_t confirmed;
    uint64_t lost; /* `sent` when that was last said */
    unsigned fills;
    unsigned logins;
    enum blynk_login login;
    char why[200];
    char host[256];
    uint16_t port;
    unsigned deaths;
    unsigned troubles;
    char seen[4096]; /* events as text */
    unsigned last_status;
    uint16_t last_id;
};

static size_t fill(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark)
{
    struct bench *bench = arg;
    size_t given = 0;

    bench->fills++;
    if (max_messages < bench->need && !most) {
        return 0;
    }
    while (bench->left && given < max_messages && (given + 1) * 11 <= room) {
        assert_int_equal(
            blynk_frame_encode(out, BLYNK_HARDWARE, blynk_session_next_id(session), "vw\0001\0x", 6), 0);
        bench->left--;
        given++;
    }
    bench->sent += given;
    *mark = bench->sent;
    return given;
}

static bool waiting(void *arg)
{
    return ((struct bench *)arg)->left > 0;
}

static void confirmed(void *arg, uint64_t mark)
{
    struct bench *bench = arg;

    assert_true(mark >= bench->confirmed);
    assert_true(mark <= bench->sent);
    assert_true(mark > bench->lost); /* what was lost is not confirmed later */
    bench->confirmed = mark;
}

static void lost(void *arg)
{
    struct bench *bench = arg;
    uint64_t known = bench->confirmed > bench->lost ? bench->confirmed : bench->lost;

    assert_true(bench->sent >= known);
    bench->left += (size_t)(bench->sent - known);
    bench->lost = bench->sent;
}

static void note(struct bench *bench, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void note(struct bench *bench, const char *format, ...)
{
    size_t used = strlen(bench->seen);
    va_list list;

    va_start(list, format);
    vsnprintf(bench->seen + used, sizeof(bench->seen) - used, format, list);
    va_end(list);
}

static void on_login(void *arg, enum blynk_login result, const char *why, const char *host, uint16_t port)
{
    struct bench *bench = arg;

    bench->logins++;
    bench->login = result;
    bench->port = port;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
    snprintf(bench->host, sizeof(bench->host), "%s", host ? host : "");
}

static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    note(arg, "%cw %u [", kind, pin);
    for (size_t i = 0; i < len; i++) {
        char c = ((const char *)value)[i];
        note(arg, "%c", c ? c : '.');
    }
    note(arg, "];");
}

static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    note(arg, "%cr %u id %u;", kind, pin, id);
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    note(arg, "pm %u %.*s;", pin, (int)len, mode);
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    note(arg, "internal %s;", (const char *)frame->body);
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    struct bench *bench = arg;

    bench->last_id = id;
    bench->last_status = status;
    note(arg, "response %u %u;", id, status);
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    note(arg, "print %.*s;", (int)len, text);
}

static void on_round_trip(void *arg, uint32_t ms)
{
    note(arg, "rtt %u;", ms);
}

static void on_dead(void *arg, const char *why)
{
    struct bench *bench = arg;

    bench->deaths++;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
}

static void on_trouble(void *arg, const char *why)
{
    struct bench *bench = arg;

    bench->troubles++;
    assert_non_null(strstr(why, "lower [limits] rate"));
}

static const struct blynk_session_events session_events = {
    .on_trouble = on_trouble,
    .on_login = on_login,
    .on_write = on_write,
    .on_read = on_read,
    .on_mode = on_mode,
    .on_internal = on_internal,
    .on_response = on_response,
    .on_debug_print = on_debug_print,
    .on_round_trip = on_round_trip,
    .on_dead = on_dead,
};

static void on_stream_open(void *arg)
{
    struct bench *bench = arg;
    blynk_session_begin(bench->session, &bench->fake->stream);
}

static void on_stream_bytes(void *arg, const uint8_t *data, size_t len)
{
    blynk_session_bytes(((struct bench *)arg)->session, data, len);
}

static void on_stream_room(void *arg)
{
    blynk_session_room(((struct bench *)arg)->session);
}

static void on_stream_closed(void *arg, enum stream_fault fault, const char *why)
{
    (void)fault;
    (void)why;
    blynk_session_end(((struct bench *)arg)->session);
}

static const struct stream_events stream_events = {
    .on_open = on_stream_open,
    .on_bytes = on_stream_bytes,
    .on_room = on_stream_room,
    .on_closed = on_stream_closed,
};

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    struct blynk_source source = {
        .fill = fill, .waiting = waiting, .confirmed = confirmed, .lost = lost, .arg = bench};

    assert_non_null(bench);
    bench->sched = sched_create_virtual(1);
    bench->fake = fake_stream_create(bench->sched, 2);
    bench->config = (struct blynk_session_config){
        .token = TOKEN,
        .heartbeat_ms = 45000,
        .grace_ms = 45000,
        .login_ms = 20000,
        .rate_per_s = 8,
        .burst = 10,
        .confirm_messages = 100,
    };
    bench->session = blynk_session_create(bench->sched, &bench->config, &source, &session_events, bench);
    bench->fake->stream.events = stream_events;
    bench->fake->stream.arg = bench;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    blynk_session_destroy(bench->session);
    fake_stream_destroy(bench->fake);
    sched_close(bench->sched);
    free(bench);
    return 0;
}

/* ---- helpers ---- */

static void feed(struct bench *bench, const void *data, size_t len)
{
    fake_stream_feed(bench->fake, data, len);
    sched_settle(bench->sched);
}

static void feed_frame(struct bench *bench, unsigned command, uint16_t id, const char *body, size_t len)
{
    uint8_t header[] = {(uint8_t)command, (uint8_t)(id >> 8), (uint8_t)id, (uint8_t)(len >> 8), (uint8_t)len};

    fake_stream_feed(bench->fake, header, sizeof(header));
    feed(bench, body, command ? len : 0);
}

static void feed_response(struct bench *bench, uint16_t id, uint16_t status)
{
    feed_frame(bench, BLYNK_RESPONSE, id, "", status);
}

/* Takes the next frame off what was written. */
static bool written_frame(struct bench *bench, struct blynk_frame *frame)
{
    static struct blynk_parser parser;
    const uint8_t *data = buf_bytes(&bench->fake->written);
    size_t len = buf_len(&bench->fake->written);

    blynk_parser_init(&parser);
    if (!blynk_parser_next(&parser, &data, &len, frame)) {
        assert_int_equal(buf_len(&bench->fake->written), 0);
        return false;
    }
    buf_consume(&bench->fake->written, buf_len(&bench->fake->written) - len);
    return true;
}

/* The id of the next frame, which must be of this command. */
static uint16_t expect_frame(struct bench *bench, unsigned command)
{
    struct blynk_frame frame;

    assert_true(written_frame(bench, &frame));
    assert_int_equal(frame.command, command);
    return frame.id;
}

static void expect_silence(struct bench *bench)
{
    assert_int_equal(buf_len(&bench->fake->written), 0);
}

static void open_stream(struct bench *bench)
{
    assert_int_equal(stream_open(&bench->fake->stream, "blynk.cloud", 80), 0);
    sched_advance(bench->sched, 50);
}

static void log_in(struct bench *bench)
{
    open_stream(bench);
    feed_response(bench, 1, BLYNK_STATUS_OK);
    assert_true(blynk_session_online(bench->session));
    fake_stream_forget_written(bench->fake);
}

/* ---- login ---- */

static void test_login_is_37_bytes_and_alone(void **state)
{
    static const char login[] = "\x1d\x00\x01\x00\x20" TOKEN;
    struct bench *bench = *state;

    bench->left = 3;
    open_stream(bench);
    blynk_session_wake(bench->session);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_HARDWARE_SYNC, 0, "", 0, NULL), -ENOTCONN);
    sched_advance(bench->sched, 5000);
    assert_int_equal(buf_len(&bench->fake->written), 37);
    assert_memory_equal(buf_bytes(&bench->fake->written), login, 37);
    assert_int_equal(bench->logins, 0);
}

static void test_info_follows_the_login(void **state)
{
    struct bench *bench = *state;
    struct blynk_frame frame;
    static const char start[] =
        "ver\0" BLYNKD_VERSION "\0h-beat\00045\0buff-in\0004096\0dev\0Linux\0tmpl\0TMPL1"
        "\0fw-type\0TMPL1\0fw\0001.2\0build\0";

    snprintf(bench->config.template_id, sizeof(bench->config.template_id), "TMPL1");
    snprintf(bench->config.firmware_version, sizeof(bench->config.firmware_version), "1.2");
    snprintf(bench->config.connection, sizeof(bench->config.connection), "GSM");
    blynk_session_configure(bench->session, &bench->config);
    open_stream(bench);
    fake_stream_forget_written(bench->fake);
    feed_response(bench, 1, BLYNK_STATUS_ALREADY_REGISTERED);
    assert_int_equal(bench->logins, 1);
    assert_int_equal(bench->login, BLYNK_LOGIN_OK);
    assert_true(written_frame(bench, &frame));
    assert_int_equal(frame.command, BLYNK_INTERNAL);
    assert_int_equal(frame.id, 2);
    assert_true(frame.body_len > sizeof(start));
    assert_memory_equal(frame.body, start, sizeof(start) - 1);
    assert_memory_equal(frame.body + frame.body_len - 8, "\0con\0GSM", 8); /* and no zero at the end */
}

static void test_token_refused(void **state)
{
    struct bench *bench = *state;

    open_stream(bench);
    fake_stream_forget_written(bench->fake);
    feed_response(bench, 1, BLYNK_STATUS_INVALID_TOKEN);
    assert_int_equal(bench->logins, 1);
    assert_int_equal(bench->login, BLYNK_LOGIN_REFUSED);
    sched_advance(bench->sched, 100000);
    assert_int_equal(bench->logins, 1);
    assert_int_equal(bench->deaths, 0);
    expect_silence(bench);
}

static void test_login_fails_by_status_or_time(void **state)
{
    struct bench *bench = *state;

    open_stream(bench);
    feed_response(bench, 7, BLYNK_STATUS_OK); /* not ours */
    assert_int_equal(bench->logins, 0);
    feed_response(bench, 1, BLYNK_STATUS_SERVER_ERROR);
    assert_int_equal(bench->login, BLYNK_LOGIN_FAILED);
    assert_non_null(strstr(bench->why, "server error"));
    blynk_session_end(bench->session);

    blynk_session_begin(bench->session, &bench->fake->stream);
    sched_advance(bench->sched, 19999);
    assert_int_equal(bench->logins, 1);
    sched_advance(bench->sched, 1);
    assert_int_equal(bench->logins, 2);
    assert_int_equal(bench->login, BLYNK_LOGIN_SILENT);
    assert_non_null(strstr(bench->why, "did not answer"));
}

static void test_redirect_in_login_and_later(void **state)
{
    struct bench *bench = *state;

    open_stream(bench);
    feed_frame(bench, BLYNK_REDIRECT, 99,
               "fra1.blynk.cloud\0"
               "8080",
               21);
    assert_int_equal(bench->login, BLYNK_LOGIN_REDIRECT);
    assert_string_equal(bench->host, "fra1.blynk.cloud");
    assert_int_equal(bench->port, 8080);
    feed_response(bench, 1, BLYNK_STATUS_OK); /* too late */
    assert_int_equal(bench->logins, 1);

    blynk_session_begin(bench->session, &bench->fake->stream);
    feed_response(bench, 1, BLYNK_STATUS_OK);
    feed_frame(bench, BLYNK_REDIRECT, 5, "10.0.0.1", 8);
    assert_int_equal(bench->logins, 3);
    assert_int_equal(bench->login, BLYNK_LOGIN_REDIRECT);
    assert_string_equal(bench->host, "10.0.0.1");
    assert_int_equal(bench->port, 0);

    blynk_session_begin(bench->session, &bench->fake->stream);
    feed_frame(bench, BLYNK_REDIRECT, 5, "", 0);
    assert_int_equal(bench->login, BLYNK_LOGIN_FAILED);
    blynk_session_begin(bench->session, &bench->fake->stream);
    feed_frame(bench, BLYNK_REDIRECT, 5, "h\00099999", 7);
    assert_int_equal(bench->login, BLYNK_LOGIN_FAILED);
}

/* ---- receiving ---- */

static void test_what_comes_from_blynk(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\0001\00042", 7);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\0001\00042\0", 8); /* one zero byte too many */
    feed_frame(bench, BLYNK_BRIDGE, 7, "vw\0004\0x\0y\0z", 10);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\0001", 4);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\000300\0001", 8);
    feed_frame(bench, BLYNK_HARDWARE, 7, "dw\0009\0001", 6);
    feed_frame(bench, BLYNK_HARDWARE, 7, "ar\0003", 4);
    feed_frame(bench, BLYNK_HARDWARE, 7, "pm\0001\0in\00013\0out\0009", 16);
    feed_frame(bench, BLYNK_INTERNAL, 7777, "acon", 4);
    feed_frame(bench, BLYNK_DEBUG_PRINT, 8, "hello", 5);
    assert_string_equal(bench->seen, "vw 1 [42];vw 1 [42];vw 4 [x.y.z];vw 1 [];vw 300 [1];dw 9 [1];ar 3 id 7;"
                                     "pm 1 in;pm 13 out;internal acon;print hello;");
    assert_int_equal(blynk_session_info(bench->session)->skipped, 0);
    expect_silence(bench);
}

static void test_nonsense_is_skipped(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    feed_frame(bench, BLYNK_HARDWARE, 7, "", 0);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw", 2);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\0-1\0001", 7);
    feed_frame(bench, BLYNK_HARDWARE, 7, "vw\00065536\0001", 10);
    feed_frame(bench, BLYNK_HARDWARE, 0, "vw\0001\0005", 6);
    feed_frame(bench, BLYNK_GROUP, 9, "b", 1);
    feed_frame(bench, 99, 9, "abc", 3);
    feed_frame(bench, BLYNK_HARDWARE, 9, "vw\0001\0ok", 7);
    assert_string_equal(bench->seen, "vw 1 [ok];");
    assert_int_equal(blynk_session_info(bench->session)->skipped, 7);
    assert_int_equal(bench->deaths, 0);
    expect_silence(bench);

    feed_frame(bench, BLYNK_HARDWARE, 0x6c, "xx\0001", 4);
    struct blynk_frame frame;
    assert_true(written_frame(bench, &frame));
    assert_int_equal(frame.command, BLYNK_RESPONSE);
    assert_int_equal(frame.id, 0x6c);
    assert_int_equal(frame.status, BLYNK_STATUS_ILLEGAL_COMMAND);
}

static void test_nonsense_in_a_row_is_death(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    for (int i = 0; i < 7; i++) {
        feed_frame(bench, 'v', 9, "abc", 3);
    }
    feed_frame(bench, BLYNK_PING, 9, "", 0);
    for (int i = 0; i < 7; i++) {
        feed_frame(bench, 'v', 9, "abc", 3);
    }
    assert_int_equal(bench->deaths, 0);
    feed_frame(bench, BLYNK_HARDWARE, 0, "", 0);
    assert_int_equal(bench->deaths, 1);
    assert_non_null(strstr(bench->why, "no sense"));
    feed_frame(bench, BLYNK_HARDWARE, 9, "vw\0001\0ok", 7);
    assert_string_equal(bench->seen, "");
}

static void test_a_huge_value_costs_nothing_else(void **state)
{
    struct bench *bench = *state;
    char *body = calloc(1, 65535);

    log_in(bench);
    memset(body, 'x', 65535);
    memcpy(body, "vw\0001\0", 5);
    feed_frame(bench, BLYNK_HARDWARE, 9, body, 65535);
    feed_frame(bench, BLYNK_HARDWARE, 9, "vw\0001\0ok", 7);
    assert_string_equal(bench->seen, "vw 1 [ok];");
    assert_int_equal(bench->deaths, 0);
    free(body);
}

static void test_ping_of_the_server_is_answered(void **state)
{
    static const uint8_t answers[] = {0, 0, 118, 0, 200, 0, 0, 119, 0, 200};
    struct bench *bench = *state;

    log_in(bench);
    bench->config.rate_per_s = 1;
    bench->config.burst = 1;
    blynk_session_configure(bench->session, &bench->config); /* answers are outside of the limit */
    feed_frame(bench, BLYNK_PING, 118, "", 0);
    feed_frame(bench, BLYNK_PING, 119, "abc", 3);
    assert_int_equal(buf_len(&bench->fake->written), sizeof(answers));
    assert_memory_equal(buf_bytes(&bench->fake->written), answers, sizeof(answers));
}

static void test_not_authenticated_is_death(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    feed_response(bench, 4, BLYNK_STATUS_NOT_AUTHENTICATED);
    assert_int_equal(bench->deaths, 1);
}

/* ---- requests ---- */

static void test_requests_and_their_answers(void **state)
{
    struct bench *bench = *state;
    uint16_t first, second;

    log_in(bench);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_INTERNAL, 0, "utc\0time", 8, &first), 0);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_HARDWARE_SYNC, 0, "", 0, &second), 0);
    sched_settle(bench->sched);
    assert_int_equal(expect_frame(bench, BLYNK_INTERNAL), first);
    assert_int_equal(expect_frame(bench, BLYNK_HARDWARE_SYNC), second);
    assert_int_equal(bench->fake->writes, 3); /* login, info, both requests together */

    feed_frame(bench, BLYNK_INTERNAL, first, "utc\0time\0001", 10);
    feed_frame(bench, BLYNK_HARDWARE, second, "vw\0001\0a", 6);
    feed_frame(bench, BLYNK_HARDWARE, second, "vw\0002\0b", 6);
    feed_response(bench, 77, BLYNK_STATUS_ILLEGAL_BODY);
    char expected[200];
    snprintf(expected, sizeof(expected),
             "internal utc;response %u 200;vw 1 [a];response %u 200;vw 2 [b];"
             "response 77 11;",
             first, second);
    assert_string_equal(bench->seen, expected);
    assert_int_equal(blynk_session_info(bench->session)->errors, 1);
}

static void test_answers_keep_the_id(void **state)
{
    struct bench *bench = *state;
    uint16_t used;

    log_in(bench);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_HARDWARE, 777, "dw\0009\0000", 6, &used), 0);
    assert_int_equal(used, 777);
    assert_int_equal(blynk_session_respond(bench->session, 778, BLYNK_STATUS_ILLEGAL_COMMAND), 0);
    assert_int_equal(blynk_session_respond(bench->session, 0, BLYNK_STATUS_OK), -EINVAL);
    sched_settle(bench->sched);
    assert_int_equal(expect_frame(bench, BLYNK_HARDWARE), 777);
    assert_int_equal(expect_frame(bench, BLYNK_RESPONSE), 778);
}

static void test_ids_never_0_and_not_those_in_use(void **state)
{
    struct bench *bench = *state;
    uint16_t used;

    log_in(bench);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_HARDWARE_SYNC, 0, "", 0, &used), 0);
    uint16_t last = used;
    for (unsigned i = 0; i < 200000; i++) {
        uint16_t id = blynk_session_next_id(bench->session);
        assert_int_not_equal(id, 0);
        assert_int_not_equal(id, used);
        uint16_t expected = last == UINT16_MAX ? 1 : (uint16_t)(last + 1);
        expected = expected == used ? (uint16_t)(used + 1) : expected;
        assert_int_equal(id, expected);
        last = id;
    }
}

static void test_too_many_requests_are_refused(void **state)
{
    struct bench *bench = *state;
    static char body[1000];
    int result = 0;
    unsigned accepted = 0;

    log_in(bench);
    fake_stream_set_room(bench->fake, 0);
    while (accepted < 1000 && !result) {
        result = blynk_session_request(bench->session, BLYNK_INTERNAL, 0, body, sizeof(body), NULL);
        accepted += result == 0;
    }
    assert_int_equal(result, -ENOBUFS);
    assert_int_equal(blynk_session_request(bench->session, BLYNK_INTERNAL, 0, body, 1020, NULL), -EMSGSIZE);
    fake_stream_set_room(bench->fake, SIZE_MAX);
    sched_advance(bench->sched, 10000);
    for (unsigned i = 0; i < accepted; i++) {
        expect_frame(bench, BLYNK_INTERNAL);
    }
}

/* ---- heartbeat ---- */

static void test_heartbeat_when_idle(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 44999);
    expect_silence(bench);
    sched_advance(bench->sched, 1);
    uint16_t id = expect_frame(bench, BLYNK_PING);
    sched_advance(bench->sched, 32900); /* an answer may take so long on GPRS (sheet, 12) */
    expect_silence(bench);
    feed_response(bench, id, BLYNK_STATUS_OK);
    assert_string_equal(bench->seen, "rtt 32900;");
    assert_int_equal(blynk_session_info(bench->session)->round_trip_ms, 32900);
    sched_advance(bench->sched, 45000 - 32900); /* sent last at the PING */
    expect_frame(bench, BLYNK_PING);
    assert_int_equal(bench->deaths, 0);
}

static void test_idle_needs_one_timer_only(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 1);
    assert_true(sched_next_ms(bench->sched) >= 44000);
}

static void test_heartbeat_though_data_flows_one_way(void **state)
{
    struct bench *bench = *state;
    unsigned pings = 0;
    struct blynk_frame frame;

    log_in(bench);
    for (int i = 0; i < 46; i++) { /* sends each second, receives nothing */
        bench->left++;
        blynk_session_wake(bench->session);
        sched_advance(bench->sched, 1000);
    }
    while (written_frame(bench, &frame)) {
        pings += frame.command == BLYNK_PING;
    }
    assert_int_equal(pings, 1);
    feed_response(bench, frame.id, BLYNK_STATUS_OK);
}

static void test_heartbeat_though_only_receiving(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    for (int i = 0; i < 44; i++) {
        feed_frame(bench, BLYNK_INTERNAL, 7, "acon", 4);
        sched_advance(bench->sched, 1000);
    }
    expect_silence(bench);
    sched_advance(bench->sched, 1000);
    expect_frame(bench, BLYNK_PING);
}

static void test_unanswered_ping_is_death(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 45000);
    expect_frame(bench, BLYNK_PING);
    sched_advance(bench->sched, 44999);
    assert_int_equal(bench->deaths, 0);
    sched_advance(bench->sched, 1);
    assert_int_equal(bench->deaths, 1);
    assert_non_null(strstr(bench->why, "not answered for 45 s"));
    sched_advance(bench->sched, 1000000);
    assert_int_equal(bench->deaths, 1);
}

static void test_death_also_when_nothing_can_be_sent(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    fake_stream_set_room(bench->fake, 0);
    bench->left = 100;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 89999);
    assert_int_equal(bench->deaths, 0);
    sched_advance(bench->sched, 1);
    assert_int_equal(bench->deaths, 1);
}

/* ---- rate limit and gathering ---- */

static void test_first_write_leaves_at_once(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    bench->left = 3;
    blynk_session_wake(bench->session);
    expect_silence(bench); /* never from inside the call */
    sched_settle(bench->sched);
    assert_int_equal(buf_len(&bench->fake->written), 33);
    assert_int_equal(bench->fake->writes, 3); /* login, info, one for the three */
}

static void test_rate_is_kept(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    uint64_t before = blynk_session_info(bench->session)->messages_sent;
    sched_advance(bench->sched, 2000);
    bench->left = 1000;
    blynk_session_wake(bench->session);
    for (unsigned second = 1; second <= 40; second++) {
        sched_advance(bench->sched, 1000);
        uint64_t sent = blynk_session_info(bench->session)->messages_sent - before;
        assert_true(sent <= 10 + 8 * second);
        assert_true(sent + 6 >= 10 + 8 * second); /* and not much less: at most half a burst is held back */
    }
}

static void test_no_limit(void **state)
{
    struct bench *bench = *state;

    bench->config.rate_per_s = 0;
    bench->config.confirm_messages = 0;
    blynk_session_configure(bench->session, &bench->config);
    log_in(bench);
    bench->left = 10000;
    blynk_session_wake(bench->session);
    sched_settle(bench->sched);
    assert_int_equal(bench->left, 0);
    assert_int_equal(buf_len(&bench->fake->written), 110000);
    assert_true(bench->fake->writes < 10);
}

static void test_one_write_per_room(void **state)
{
    struct bench *bench = *state;

    bench->config.rate_per_s = 0;
    blynk_session_configure(bench->session, &bench->config);
    log_in(bench);
    bench->fake->one_send = true;
    fake_stream_set_room(bench->fake, 0);
    bench->left = 200;
    blynk_session_wake(bench->session);
    sched_settle(bench->sched);
    expect_silence(bench);
    unsigned writes = bench->fake->writes;
    fake_stream_set_room(bench->fake, 1000);
    sched_settle(bench->sched);
    assert_int_equal(bench->fake->writes, writes + 1);
    assert_true(buf_len(&bench->fake->written) > 1000 - 11);
    assert_true(buf_len(&bench->fake->written) <= 1000);
}

/* Once the rate limit was reached and the modem takes nothing more, only its room is waited for. */
static void test_without_room_nothing_spins(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    bench->left = 100;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 3000);
    assert_true(bench->left > 0 && bench->left < 90);
    fake_stream_set_room(bench->fake, 0);
    sched_advance(bench->sched, 5000);
    assert_true(sched_next_ms(bench->sched) > 1000);
    size_t left = bench->left;
    fake_stream_set_room(bench->fake, SIZE_MAX);
    sched_settle(bench->sched);
    assert_true(bench->left < left);
}

static void test_a_room_smaller_than_a_frame(void **state)
{
    struct bench *bench = *state;
    struct blynk_frame frame;

    log_in(bench);
    sched_advance(bench->sched, 3000);
    bench->fake->piece_max = 4;
    bench->left = 5;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 3000);
    for (int i = 0; i < 5; i++) {
        assert_true(written_frame(bench, &frame));
        assert_int_equal(frame.body_len, 6);
    }
}

static void test_what_needs_more_at_once_waits_for_it(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 3000);
    bench->left = 8;
    blynk_session_wake(bench->session);
    sched_settle(bench->sched);
    assert_int_equal(bench->left, 0);
    bench->need = 7;
    bench->left = 7;
    blynk_session_wake(bench->session);
    sched_settle(bench->sched);
    assert_int_equal(bench->left, 7);
    sched_advance(bench->sched, 700);
    assert_int_equal(bench->left, 0);

    bench->need = 11; /* more than a burst: told `most` when the bucket is full */
    bench->left = 5;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 1300);
    assert_int_equal(bench->left, 0);
}

/* ---- confirmation ---- */

static void test_confirmation_by_ping(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 3000);
    bench->left = 3;
    blynk_session_wake(bench->session);
    blynk_session_confirm_soon(bench->session);
    sched_settle(bench->sched);
    for (int i = 0; i < 3; i++) {
        expect_frame(bench, BLYNK_HARDWARE);
    }
    uint16_t id = expect_frame(bench, BLYNK_PING); /* in the same write, behind what it confirms */
    assert_int_equal(bench->fake->writes, 3);
    bench->left = 1;
    blynk_session_wake(bench->session);
    sched_settle(bench->sched);
    assert_int_equal(bench->confirmed, 0);
    feed_response(bench, id, BLYNK_STATUS_OK);
    assert_int_equal(bench->confirmed, 3); /* not the fourth, which was sent after the PING */
    blynk_session_confirm_soon(bench->session);
    sched_settle(bench->sched);
    expect_frame(bench, BLYNK_HARDWARE);
    id = expect_frame(bench, BLYNK_PING);
    blynk_session_confirm_soon(bench->session); /* is under way already */
    sched_advance(bench->sched, 100);
    expect_silence(bench);
    feed_response(bench, id, BLYNK_STATUS_OK);
    assert_int_equal(bench->confirmed, 4);
    blynk_session_confirm_soon(bench->session); /* nothing to confirm */
    sched_advance(bench->sched, 100);
    expect_silence(bench);
}

static void test_many_unconfirmed_ask_for_confirmation(void **state)
{
    struct bench *bench = *state;
    struct blynk_frame frame;
    unsigned pings = 0;
    unsigned since = 0;

    bench->config.rate_per_s = 0;
    bench->config.confirm_messages = 16;
    blynk_session_configure(bench->session, &bench->config);
    log_in(bench);
    bench->fake->piece_max = 120; /* ten frames a write */
    bench->left = 200;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 10);
    while (written_frame(bench, &frame)) {
        since++;
        if (frame.command == BLYNK_PING) {
            assert_true(since >= 17 && (pings >= 4 || since <= 32)); /* at most four are under way */
            since = 0;
            pings++;
            feed_response(bench, frame.id, BLYNK_STATUS_OK);
        }
        sched_advance(bench->sched, 10);
    }
    assert_true(pings >= 5 && pings <= 12);
    assert_int_equal(bench->confirmed, 200);
}

static void test_flush_does_not_starve_under_load(void **state)
{
    struct bench *bench = *state;
    struct blynk_frame frame;
    bool pinged = false;

    bench->config.confirm_messages = 20;
    blynk_session_configure(bench->session, &bench->config);
    log_in(bench);
    bench->left = 10000;
    blynk_session_confirm_soon(bench->session);
    sched_advance(bench->sched, 6000);
    while (written_frame(bench, &frame)) {
        pinged = pinged || frame.command == BLYNK_PING;
    }
    assert_true(pinged);
}

/* ---- quota ---- */

static void test_quota_pauses_and_goes_on(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 2000);
    feed_response(bench, 1001, BLYNK_STATUS_QUOTA);
    bench->left = 3;
    blynk_session_wake(bench->session);
    sched_advance(bench->sched, 1990);
    expect_silence(bench);
    sched_advance(bench->sched, 10);
    uint16_t id = expect_frame(bench, BLYNK_PING);
    sched_advance(bench->sched, 5000);
    expect_silence(bench);
    feed_response(bench, id, BLYNK_STATUS_OK);
    sched_advance(bench->sched, 10);
    for (int i = 0; i < 3; i++) {
        expect_frame(bench, BLYNK_HARDWARE);
    }
    assert_int_equal(bench->deaths, 0);
}

/* The server drops one message and reads the PING behind it: that PING must not count. */
static void test_quota_confirms_nothing_that_was_under_way(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 2000);
    bench->left = 5;
    blynk_session_confirm_soon(bench->session);
    sched_advance(bench->sched, 10);
    uint16_t first = expect_frame(bench, BLYNK_HARDWARE);
    for (int i = 1; i < 5; i++) {
        expect_frame(bench, BLYNK_HARDWARE);
    }
    uint16_t old_ping = expect_frame(bench, BLYNK_PING);
    feed_response(bench, first, BLYNK_STATUS_QUOTA);
    feed_response(bench, old_ping, BLYNK_STATUS_OK);
    assert_int_equal(bench->confirmed, 0);
    sched_advance(bench->sched, 1999);
    expect_silence(bench);
    sched_advance(bench->sched, 1);
    uint16_t ping = expect_frame(bench, BLYNK_PING);
    expect_silence(bench);
    feed_response(bench, ping, BLYNK_STATUS_OK);
    sched_advance(bench->sched, 1000);
    for (int i = 0; i < 5; i++) {
        expect_frame(bench, BLYNK_HARDWARE);
    }
    ping = expect_frame(bench, BLYNK_PING); /* who waits for the confirmation has not been forgotten */
    expect_silence(bench);
    assert_true(bench->confirmed <= bench->lost);
    feed_response(bench, ping, BLYNK_STATUS_OK);
    assert_int_equal(bench->confirmed, 10);
    assert_int_equal(bench->left, 0);
    assert_int_equal(bench->deaths, 0);
}

/* As many PINGs as there may be are under way, and the server has dropped all of them. */
static void test_quota_forgets_dropped_pings(void **state)
{
    struct bench *bench = *state;
    struct blynk_frame frame;
    unsigned pings = 0;

    bench->config.confirm_messages = 2;
    bench->config.rate_per_s = 0;
    blynk_session_configure(bench->session, &bench->config);
    log_in(bench);
    for (unsigned i = 0; i < 8; i++) {
        bench->left = 2;
        blynk_session_wake(bench->session);
        sched_advance(bench->sched, 10);
    }
    while (written_frame(bench, &frame)) {
        pings += frame.command == BLYNK_PING;
    }
    assert_int_equal(pings, 4);
    feed_response(bench, 3, BLYNK_STATUS_QUOTA);
    sched_advance(bench->sched, 2000);
    uint16_t ping = expect_frame(bench, BLYNK_PING);
    feed_response(bench, ping, BLYNK_STATUS_OK);
    sched_advance(bench->sched, 10);
    expect_frame(bench, BLYNK_HARDWARE);
    assert_int_equal(bench->deaths, 0);
}

static void test_quota_for_the_ping_itself_pauses_again(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    sched_advance(bench->sched, 2000);
    feed_response(bench, 1001, BLYNK_STATUS_QUOTA);
    sched_advance(bench->sched, 2000);
    feed_response(bench, expect_frame(bench, BLYNK_PING), BLYNK_STATUS_QUOTA);
    sched_advance(bench->sched, 1999);
    expect_silence(bench);
    sched_advance(bench->sched, 1);
    feed_response(bench, expect_frame(bench, BLYNK_PING), BLYNK_STATUS_OK);
    sched_advance(bench->sched, 20000);
    assert_int_equal(bench->deaths, 0);
}

static void test_quota_and_lost_framing_is_death(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    feed_response(bench, 1001, BLYNK_STATUS_QUOTA);
    feed_response(bench, 1002, BLYNK_STATUS_QUOTA);
    sched_advance(bench->sched, 7999);
    assert_int_equal(bench->deaths, 0);
    sched_advance(bench->sched, 1);
    assert_int_equal(bench->deaths, 1);
    assert_non_null(strstr(bench->why, "too many messages per second"));
    assert_true(bench->troubles > 0);
}

static void test_end_is_silent_and_begin_is_fresh(void **state)
{
    struct bench *bench = *state;

    log_in(bench);
    bench->left = 5;
    blynk_session_wake(bench->session);
    blynk_session_end(bench->session);
    blynk_session_end(bench->session);
    sched_advance(bench->sched, 1000000);
    expect_silence(bench);
    assert_int_equal(bench->deaths, 0);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);
    bench->left = 0;
    blynk_session_begin(bench->session, &bench->fake->stream);
    assert_int_equal(expect_frame(bench, BLYNK_HW_LOGIN), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_login_is_37_bytes_and_alone),
        TEST(test_info_follows_the_login),
        TEST(test_token_refused),
        TEST(test_login_fails_by_status_or_time),
        TEST(test_redirect_in_login_and_later),
        TEST(test_what_comes_from_blynk),
        TEST(test_nonsense_is_skipped),
        TEST(test_nonsense_in_a_row_is_death),
        TEST(test_a_huge_value_costs_nothing_else),
        TEST(test_ping_of_the_server_is_answered),
        TEST(test_not_authenticated_is_death),
        TEST(test_requests_and_their_answers),
        TEST(test_answers_keep_the_id),
        TEST(test_ids_never_0_and_not_those_in_use),
        TEST(test_too_many_requests_are_refused),
        TEST(test_heartbeat_when_idle),
        TEST(test_idle_needs_one_timer_only),
        TEST(test_heartbeat_though_data_flows_one_way),
        TEST(test_heartbeat_though_only_receiving),
        TEST(test_unanswered_ping_is_death),
        TEST(test_death_also_when_nothing_can_be_sent),
        TEST(test_first_write_leaves_at_once),
        TEST(test_rate_is_kept),
        TEST(test_no_limit),
        TEST(test_one_write_per_room),
        TEST(test_without_room_nothing_spins),
        TEST(test_a_room_smaller_than_a_frame),
        TEST(test_what_needs_more_at_once_waits_for_it),
        TEST(test_confirmation_by_ping),
        TEST(test_many_unconfirmed_ask_for_confirmation),
        TEST(test_flush_does_not_starve_under_load),
        TEST(test_quota_pauses_and_goes_on),
        TEST(test_quota_confirms_nothing_that_was_under_way),
        TEST(test_quota_forgets_dropped_pings),
        TEST(test_quota_for_the_ping_itself_pauses_again),
        TEST(test_quota_and_lost_framing_is_death),
        TEST(test_end_is_silent_and_begin_is_fresh),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
