/* Stories of the link, in virtual time: a modem, a server, and everything that can go wrong between them. */
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

#define MINUTE  60000
#define HOUR    (60 * MINUTE)
#define CHANGES 4096

struct bench {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_cloud *cloud;
    struct fake_uplink *uplink;
    struct pins *pins;
    struct outbox *outbox;
    struct link_config config;
    struct link *link;
    struct link_change changes[CHANGES];
    size_t change_count;
    unsigned stopped;
    char hosts[4096];         /* opened one after the other: "a b c " */
    const char *unknown_host; /* prefix of names that do not resolve */
    const char *dead_host;    /* cannot be reached */
    const char *hanging_host; /* neither opens nor fails */
};

static struct bench *the_bench;

static void on_change(void *arg, const struct link_change *change)
{
    struct bench *bench = arg;

    assert_true(change->why[0] != '\0');
    assert_true(change->state != LINK_TLS);
    bench->changes[bench->change_count++ % CHANGES] = *change;
}

static void on_stopped(void *arg)
{
    struct bench *bench = arg;
    struct link_info info;

    link_info(bench->link, &info);
    bench->stopped++;
}

static void on_write(void *arg, char kind, unsigned pin, const void *value, size_t len)
{
    (void)arg;
    (void)kind;
    (void)pin;
    (void)value;
    (void)len;
}

static void on_read(void *arg, char kind, unsigned pin, uint16_t id)
{
    (void)arg;
    (void)kind;
    (void)pin;
    (void)id;
}

static void on_mode(void *arg, unsigned pin, const char *mode, size_t len)
{
    (void)arg;
    (void)pin;
    (void)mode;
    (void)len;
}

static void on_internal(void *arg, const struct blynk_frame *frame)
{
    (void)arg;
    (void)frame;
}

static void on_response(void *arg, uint16_t id, unsigned status)
{
    (void)arg;
    (void)id;
    (void)status;
}

static void on_debug_print(void *arg, const char *text, size_t len)
{
    (void)arg;
    (void)text;
    (void)len;
}

static void on_round_trip(void *arg, uint32_t ms)
{
    (void)arg;
    (void)ms;
}

static void on_added(void *arg)
{
    blynk_session_wake(link_session(((struct bench *)arg)->link));
}

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

/* What becomes of an open, by its host. */
static void decide(struct fake_stream *fake, void *observer)
{
    struct bench *bench = the_bench;
    size_t used = strlen(bench->hosts);

    (void)observer;
    snprintf(bench->hosts + used, sizeof(bench->hosts) - used, "%s ", fake->host);
    if (bench->unknown_host) {
        bool unknown = strncmp(fake->host, bench->unknown_host, strlen(bench->unknown_host)) == 0;
        fake->fault = unknown ? STREAM_FAULT_NAME : STREAM_FAULT_NONE;
    }
    if (bench->dead_host && strcmp(fake->host, bench->dead_host) == 0) {
        fake->fault = STREAM_FAULT_CONNECT;
    }
    if (bench->hanging_host) {
        fake->open_ms = strcmp(fake->host, bench->hanging_host) == 0 ? UINT32_MAX : 50;
    }
}

static void make_link(struct bench *bench)
{
    static const struct blynk_session_events session_events = {
        .on_write = on_write,
        .on_read = on_read,
        .on_mode = on_mode,
        .on_internal = on_internal,
        .on_response = on_response,
        .on_debug_print = on_debug_print,
        .on_round_trip = on_round_trip,
    };
    static const struct link_events link_events = {.on_change = on_change, .on_stopped = on_stopped};
    static const struct outbox_events outbox_events = {.on_added = on_added};

    bench->link = link_create(bench->sched, &bench->uplink->uplink, bench->outbox, &bench->config,
                              &session_events, &link_events, bench);
    assert_non_null(bench->link);
    outbox_set_events(bench->outbox, &outbox_events, bench);
}

static int setup(void **state)
{
    static const struct outbox_config outbox_config = {.max_entries = 10000, .max_bytes = 1 << 20};
    struct bench *bench = calloc(1, sizeof(*bench));

    assert_non_null(bench);
    the_bench = bench;
    log_set_sink(no_log, NULL);
    bench->sched = sched_create_virtual(7);
    bench->stream = fake_stream_create(bench->sched, 3);
    bench->cloud = fake_cloud_create(bench->stream);
    bench->uplink = fake_uplink_create(bench->sched, bench->stream);
    bench->stream->decide = decide;
    bench->pins = pins_create(PIN_DELIVER_ALL);
    bench->outbox = outbox_create(bench->sched, bench->pins, &outbox_config);
    bench->config = fake_cloud_link_config();
    make_link(bench);
    *state = bench;
    return 0;
}

static struct link_info info_of(struct bench *bench)
{
    struct link_info info;

    link_info(bench->link, &info);
    return info;
}

static void stop_link(struct bench *bench)
{
    unsigned before = bench->stopped;

    link_stop(bench->link, 5000, "stopped by the test");
    sched_advance(bench->sched, 7000);
    assert_int_equal(bench->stopped, before + 1);
    assert_int_equal(info_of(bench).state, LINK_OFF);
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    stop_link(bench);
    assert_int_equal(bench->stream->state, FAKE_STREAM_CLOSED);
    assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX); /* nothing goes on behind our back */
    link_destroy(bench->link);
    outbox_destroy(bench->outbox);
    pins_destroy(bench->pins);
    fake_uplink_destroy(bench->uplink);
    fake_cloud_destroy(bench->cloud);
    fake_stream_destroy(bench->stream);
    sched_close(bench->sched);
    free(bench);
    return 0;
}

/* ---- helpers ---- */

/* How long it took to reach the state, at most `ms`. */
static uint64_t wait_for(struct bench *bench, enum link_state state, uint64_t ms)
{
    uint64_t start = sched_now_ms(bench->sched);

    while (info_of(bench).state != state) {
        assert_true(sched_now_ms(bench->sched) - start < ms);
        sched_advance(bench->sched, 10);
    }
    return sched_now_ms(bench->sched) - start;
}

static void go_online(struct bench *bench)
{
    link_start(bench->link, "started");
    wait_for(bench, LINK_ONLINE, 10000);
}

static void put(struct bench *bench, unsigned pin, const char *value)
{
    struct outbox_write write = {.pin = (pin_id)pin, .value = value, .len = strlen(value)};

    assert_int_equal(outbox_write(bench->outbox, &write, 0, NULL), 0);
}

static void assert_why(struct bench *bench, const char *part)
{
    struct link_info info = info_of(bench);

    if (!strstr(info.why, part)) {
        fail_msg("\"%s\" is not in \"%s\"", part, info.why);
    }
}

/* Whether some change since `from` says `part`. */
static bool was_said(struct bench *bench, size_t from, const char *part)
{
    for (size_t i = from; i < bench->change_count; i++) {
        if (strstr(bench->changes[i % CHANGES].why, part)) {
            return true;
        }
    }
    return false;
}

static void peer_closes(struct bench *bench)
{
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed by the server");
    sched_settle(bench->sched);
}

/* ---- stories ---- */

static void test_up_and_down(void **state)
{
    struct bench *bench = *state;
    struct link_change history[LINK_HISTORY];

    assert_int_equal(info_of(bench).state, LINK_OFF);
    go_online(bench);
    assert_why(bench, "logged in to blynk.cloud:80");
    assert_string_equal(bench->cloud->token, FAKE_CLOUD_TOKEN);
    assert_memory_equal(bench->cloud->last_internal, "ver ", 4);
    sched_advance(bench->sched, 1000);
    assert_true(info_of(bench).online_ms >= 1000);
    assert_int_equal(info_of(bench).reconnects, 0);
    stop_link(bench);
    assert_int_equal(bench->uplink->state, FAKE_UPLINK_DOWN);
    assert_int_equal(bench->stream->state, FAKE_STREAM_CLOSED);

    static const enum link_state states[] = {LINK_MODEM, LINK_MODEM,  LINK_CONNECT,
                                             LINK_LOGIN, LINK_ONLINE, LINK_OFF};
    assert_int_equal(link_history(bench->link, history), 6);
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(history[i].state, states[i]);
        assert_true(history[i].why[0] != 0);
        assert_true(i == 0 || history[i].at_ms >= history[i - 1].at_ms);
    }
    assert_string_equal(history[1].why, "modem SYNC: looking for the modem");
    assert_string_equal(history[5].why, "stopped by the test");
    go_online(bench); /* and all over again */
    assert_int_equal(info_of(bench).reconnects, 1);
}

static void test_stop_when_off_answers_too(void **state)
{
    struct bench *bench = *state;

    link_stop(bench->link, 1000, "first");
    assert_int_equal(bench->stopped, 0); /* from the loop */
    sched_settle(bench->sched);
    assert_int_equal(bench->stopped, 1);
    assert_int_equal(bench->uplink->stops, 0);
}

static void test_writes_wait_and_leave_in_order(void **state)
{
    struct bench *bench = *state;

    put(bench, 1, "a");
    put(bench, 2, "b");
    go_online(bench);
    assert_why(bench, "2 messages are on their way");
    put(bench, 1, "c");
    sched_advance(bench->sched, 2000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 1 a|vw 2 b|vw 1 c|");
}

static void test_unconfirmed_writes_go_again(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    sched_advance(bench->sched, 61000); /* lasts; and one heartbeat */
    put(bench, 1, "confirmed");
    sched_advance(bench->sched, 50000);
    assert_int_equal(outbox_info(bench->outbox).unconfirmed, 0);
    fake_cloud_writes(bench->cloud);
    put(bench, 1, "a");
    put(bench, 2, "b");
    sched_advance(bench->sched, 100);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 1 a|vw 2 b|");
    peer_closes(bench);
    assert_int_equal(info_of(bench).state, LINK_WAIT);
    put(bench, 3, "c");
    wait_for(bench, LINK_ONLINE, 3000);
    sched_advance(bench->sched, 1000);
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 1 a|vw 2 b|vw 3 c|");
    assert_int_equal(outbox_info(bench->outbox).resent, 2);
    sched_advance(bench->sched, 60000);
    assert_int_equal(outbox_info(bench->outbox).unconfirmed, 0);
    assert_string_equal(fake_cloud_writes(bench->cloud), "");
}

static void test_a_server_that_restarts(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    for (unsigned down_ms = 500; down_ms < 50000; down_ms += 7300) {
        bench->stream->fault = STREAM_FAULT_CONNECT;
        peer_closes(bench);
        sched_advance(bench->sched, down_ms);
        bench->stream->fault = STREAM_FAULT_NONE;
        assert_true(wait_for(bench, LINK_ONLINE, 10000) <= 1500);
        sched_advance(bench->sched, 2 * MINUTE);
    }
    assert_int_equal(bench->uplink->starts, 1); /* the modem was left alone */
}

/* A module that says nothing for half a minute when nobody answers: the tries are kept short for a minute. */
static void test_a_silent_server_that_restarts(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    for (unsigned down_ms = 500; down_ms < 50000; down_ms += 7300) {
        bench->stream->open_ms = UINT32_MAX;
        peer_closes(bench);
        sched_advance(bench->sched, down_ms);
        bench->stream->open_ms = 50;
        assert_true(wait_for(bench, LINK_ONLINE, 10000) <=
                    4500); /* a try of 3 s, a pause of 1 s, and opening */
        sched_advance(bench->sched, 2 * MINUTE);
    }
    assert_int_equal(bench->uplink->starts, 1);
}

/* Where opening takes long, a short try would never succeed: four times the usual is waited for. */
static void test_a_slow_network_is_given_its_time(void **state)
{
    struct bench *bench = *state;

    bench->stream->open_ms = 6000;
    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    peer_closes(bench);
    bench->stream->open_ms = 20000; /* today it is even slower */
    assert_true(wait_for(bench, LINK_ONLINE, MINUTE) <= 22000);
}

static void test_hours_without_a_server(void **state)
{
    struct bench *bench = *state;
    struct link_info info;
    uint64_t longest_ms = 0;

    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    bench->stream->open_ms = UINT32_MAX; /* nobody answers */
    peer_closes(bench);
    for (int i = 0; i < 10 * 3600; i++) {
        sched_advance(bench->sched, 1000);
        info = info_of(bench);
        assert_true(info.state != LINK_ONLINE);
        longest_ms = info.next_try_ms > longest_ms ? info.next_try_ms : longest_ms;
    }
    assert_true(longest_ms <= 5 * MINUTE);
    assert_true(longest_ms > 4 * MINUTE);
    assert_memory_equal(bench->uplink->log, "dbbrrRRoob", 10); /* and redials between, which need no start */
    assert_true(bench->uplink->rungs[UPLINK_RUNG_RESET] <= 24);
    bench->stream->open_ms = 50;
    wait_for(bench, LINK_ONLINE, 6 * MINUTE);
    assert_int_equal(info_of(bench).reconnects, 1);
}

/* Whatever is wrong with a certificate, no restart of the modem mends it. */
static void test_hours_without_tls(void **state)
{
    struct bench *bench = *state;
    const char *why =
        "the server's certificate expired on 2027-01-02; this machine believes it is 2027-01-15 08:00 "
        "UTC: if that is right, the server needs a new one";

    bench->stream->fault = STREAM_FAULT_TLS;
    bench->stream->why = why;
    link_start(bench->link, "started");
    sched_advance(bench->sched, 6 * 3600000);
    assert_true(bench->stream->opens > 20);
    for (int rung = UPLINK_RUNG_REDIAL + 1; rung < UPLINK_RUNG_COUNT; rung++) {
        assert_int_equal(info_of(bench).rung_counts[rung], 0);
    }
    assert_true(was_said(bench, 0, why)); /* in full */
    bench->stream->fault = STREAM_FAULT_NONE;
    wait_for(bench, LINK_ONLINE, 700000);
    fake_stream_end(bench->stream, STREAM_FAULT_TLS, "damaged on the way");
    sched_settle(bench->sched);
    assert_int_equal(info_of(bench).rung, UPLINK_RUNG_REDIAL);
    assert_why(bench, "damaged on the way");
}

static void test_hours_without_a_network(void **state)
{
    struct bench *bench = *state;

    bench->uplink->fault = UPLINK_LAYER_NETWORK;
    bench->uplink->start_ms = 3 * MINUTE;
    bench->uplink->why = "no network found";
    link_start(bench->link, "started");
    sched_advance(bench->sched, 5 * HOUR);
    assert_true(was_said(bench, 0, "no network found; "));
    assert_true(was_said(bench, 0, "switching the radio off and on"));
    assert_memory_equal(bench->uplink->log, "ddddbbrrRRoo", 12);
    bench->uplink->fault = UPLINK_LAYER_NONE;
    wait_for(bench, LINK_ONLINE, 10 * MINUTE);
}

static void test_wrong_token(void **state)
{
    static const unsigned minutes[] = {1, 5, 15, 60, 60};
    struct bench *bench = *state;

    bench->cloud->login_status = BLYNK_STATUS_INVALID_TOKEN;
    link_start(bench->link, "started");
    wait_for(bench, LINK_REFUSED, 10000);
    assert_why(bench, "token");
    assert_why(bench, "configuration");
    for (unsigned i = 0; i < 5; i++) {
        unsigned logins = bench->cloud->logins;
        sched_advance(bench->sched, (uint64_t)minutes[i] * MINUTE - 1000);
        assert_int_equal(bench->cloud->logins, logins);
        sched_advance(bench->sched, (uint64_t)minutes[i] * MINUTE / 10 + 3000);
        assert_int_equal(bench->cloud->logins, logins + 1);
        assert_int_equal(info_of(bench).state, LINK_REFUSED);
    }
    assert_int_equal(bench->uplink->starts, 1); /* nothing below was touched */
    link_start(bench->link, "LINK UP");         /* somebody says: try now */
    sched_advance(bench->sched, 1000);
    assert_int_equal(bench->cloud->logins, 7);
    assert_int_equal(info_of(bench).state, LINK_REFUSED);

    bench->cloud->login_status = BLYNK_STATUS_OK;
    memset(bench->config.session.token, 'x', BLYNK_TOKEN_BYTES);
    assert_false(link_configure(bench->link, &bench->config)); /* no connection was given up for it */
    wait_for(bench, LINK_ONLINE, 1000);
    assert_int_equal(bench->cloud->token[0], 'x');
}

static void test_modem_lost_while_refused(void **state)
{
    struct bench *bench = *state;

    bench->cloud->login_status = BLYNK_STATUS_INVALID_TOKEN;
    link_start(bench->link, "started");
    wait_for(bench, LINK_REFUSED, 10000);
    fake_uplink_fail(bench->uplink, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem has restarted");
    sched_advance(bench->sched, 10000);
    assert_int_equal(info_of(bench).state, LINK_REFUSED);
    bench->cloud->login_status = BLYNK_STATUS_OK;
    wait_for(bench, LINK_ONLINE, 2 * MINUTE);
}

static void test_login_failures_never_touch_the_modem(void **state)
{
    struct bench *bench = *state;

    bench->cloud->login_status = BLYNK_STATUS_SERVER_ERROR;
    link_start(bench->link, "started");
    sched_advance(bench->sched, 3 * HOUR);
    assert_int_equal(bench->uplink->starts, 1);
    assert_true(was_said(bench, 0, "server error"));
    assert_true(bench->cloud->logins > 20);
    assert_true(bench->cloud->logins < 100);
}

static void test_redirect_is_followed_and_kept(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->cloud->redirect_host, 256, "fra1.blynk.cloud");
    bench->cloud->redirect_port = "8080";
    link_start(bench->link, "started");
    wait_for(bench, LINK_CONNECT, 10000);
    sched_advance(bench->sched, 50);
    assert_int_equal(bench->cloud->logins, 1);
    bench->cloud->redirect_host[0] = '\0';
    uint64_t took_ms = wait_for(bench, LINK_ONLINE, 1000);
    assert_true(took_ms < 200); /* at once */
    assert_string_equal(bench->hosts, "blynk.cloud fra1.blynk.cloud ");
    assert_int_equal(bench->stream->port, 8080);
    sched_advance(bench->sched, 2 * MINUTE);
    peer_closes(bench);
    wait_for(bench, LINK_ONLINE, 3000);
    assert_string_equal(bench->stream->host, "fra1.blynk.cloud");

    sched_advance(bench->sched, 2 * MINUTE);
    bench->dead_host = "fra1.blynk.cloud"; /* two failures, then the configured host again */
    bench->hosts[0] = '\0';
    bench->unknown_host = "nobody";
    peer_closes(bench);
    wait_for(bench, LINK_ONLINE, 10000);
    assert_string_equal(bench->hosts, "fra1.blynk.cloud fra1.blynk.cloud blynk.cloud ");
    assert_int_equal(bench->stream->port, 80);
}

static void test_redirect_while_online(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    put(bench, 1, "a");
    sched_advance(bench->sched, 1000);
    fake_cloud_send(bench->cloud, BLYNK_REDIRECT, 77, "lon1.blynk.cloud", 16);
    sched_advance(bench->sched, 1000);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    assert_string_equal(bench->stream->host, "lon1.blynk.cloud");
    assert_int_equal(bench->stream->port, 80);                              /* none given: as before */
    assert_string_equal(fake_cloud_writes(bench->cloud), "vw 1 a|vw 1 a|"); /* was not confirmed */
}

static void test_redirect_loop_ends(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->cloud->redirect_host, 256, "blynk.cloud");
    bench->cloud->redirect_onwards = true;
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_int_equal(bench->cloud->logins, 6);
    assert_why(bench, "round in a circle");
    sched_advance(bench->sched, HOUR);
    assert_true(bench->cloud->logins < 6 + 2 * 30); /* one hop a try, tries 5 min apart */
    assert_int_equal(bench->uplink->starts, 1);
}

static void test_a_server_that_redirects_to_itself(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->cloud->redirect_host, 256, "%s", bench->config.host);
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_int_equal(bench->cloud->logins, 1);
    assert_why(bench, "round in a circle");
    bench->cloud->redirect_host[0] = '\0';
    wait_for(bench, LINK_ONLINE, 10000);
}

static void test_redirects_that_are_not_allowed(void **state)
{
    static const char *const wrong[] = {"evil.example.com", "10.0.0.1", "blynk.cloud.evil.com",
                                        "xblynk.cloud",     "::1",      "bl\"ynk.cloud"};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        snprintf(bench->cloud->redirect_host, 256, "%s", wrong[i]);
        link_start(bench->link, "try");
        wait_for(bench, LINK_WAIT, 10000);
        assert_why(bench, "allowed_redirects");
        stop_link(bench);
    }
    assert_null(strstr(bench->hosts, "evil"));
    snprintf(bench->config.allowed_redirects[0], 128, ".example.com");
    bench->config.allowed_redirect_count = 1;
    link_configure(bench->link, &bench->config);
    snprintf(bench->cloud->redirect_host, 256, "good.example.com");
    link_start(bench->link, "try");
    wait_for(bench, LINK_CONNECT, 10000);
    sched_advance(bench->sched, 200);
    assert_non_null(strstr(bench->hosts, "good.example.com"));
    bench->cloud->redirect_host[0] = '\0';
}

static void test_half_open(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    put(bench, 1, "a");
    bench->cloud->mute = true;
    sched_advance(bench->sched, 100);
    put(bench, 2, "b");
    sched_advance(bench->sched, 45000);
    wait_for(bench, LINK_WAIT, 50000);
    assert_why(bench, "has not answered for 45 s");
    bench->cloud->mute = false;
    fake_cloud_writes(bench->cloud);
    wait_for(bench, LINK_ONLINE, 3000); /* a session that lasted: no long wait */
    sched_advance(bench->sched, 1000);
    assert_non_null(strstr(fake_cloud_writes(bench->cloud), "vw 2 b|"));
}

static void test_no_answer_to_the_login(void **state)
{
    struct bench *bench = *state;

    bench->cloud->login_status = 0;
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 30000);
    assert_why(bench, "did not answer the login");
    sched_advance(bench->sched, 5 * MINUTE);
    assert_true(bench->uplink->rungs[UPLINK_RUNG_BEARER] >= 1); /* may be a dead data connection */
}

static void test_closed_right_after_each_login(void **state)
{
    struct bench *bench = *state;
    size_t from = bench->change_count;

    link_start(bench->link, "started");
    for (int i = 0; i < 6; i++) {
        wait_for(bench, LINK_ONLINE, 2 * MINUTE);
        sched_advance(bench->sched, 300);
        assert_int_equal(was_said(bench, from, "in use elsewhere"), i >= 3);
        peer_closes(bench);
    }
    assert_int_equal(bench->uplink->starts, 1);
}

static void test_fallback_addresses(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->config.fallback_addresses[0], 64, "198.51.100.1");
    snprintf(bench->config.fallback_addresses[1], 64, "198.51.100.2");
    bench->config.fallback_count = 2;
    link_configure(bench->link, &bench->config);
    bench->unknown_host = "blynk";
    bench->dead_host = "198.51.100.1";
    go_online(bench);
    assert_string_equal(bench->hosts, "blynk.cloud 198.51.100.1 198.51.100.2 "); /* in one round */
    assert_why(bench, "logged in to 198.51.100.2:80");

    sched_advance(bench->sched, 2 * MINUTE);
    bench->hosts[0] = '\0';
    peer_closes(bench);
    wait_for(bench, LINK_ONLINE, 3000);
    assert_string_equal(bench->hosts, "198.51.100.2 "); /* remembered */

    sched_advance(bench->sched, 2 * MINUTE);
    bench->hosts[0] = '\0';
    bench->dead_host = "198.51.100.2";
    peer_closes(bench);
    wait_for(bench, LINK_ONLINE, 3000);
    assert_string_equal(bench->hosts, "198.51.100.2 blynk.cloud 198.51.100.1 "); /* until it fails */

    sched_advance(bench->sched, 2 * MINUTE);
    bench->unknown_host = "nobody";
    bench->dead_host = "198.51.100.1";
    bench->hosts[0] = '\0';
    peer_closes(bench);
    wait_for(bench, LINK_ONLINE, 3000);
    assert_string_equal(bench->hosts, "198.51.100.1 blynk.cloud ");
}

static void test_a_modem_that_cannot_resolve(void **state)
{
    struct bench *bench = *state;

    bench->uplink->uplink.resolves_names = false;
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_why(bench, "fallback_addresses");
    snprintf(bench->config.fallback_addresses[0], 64, "198.51.100.1");
    bench->config.fallback_count = 1;
    link_configure(bench->link, &bench->config);
    wait_for(bench, LINK_ONLINE, 10000);
    assert_string_equal(bench->hosts, "198.51.100.1 ");
    stop_link(bench);
    snprintf(bench->config.host, sizeof(bench->config.host), "192.0.2.7"); /* needs no look-up */
    bench->hosts[0] = '\0';
    link_configure(bench->link, &bench->config);
    go_online(bench);
    assert_string_equal(bench->hosts, "192.0.2.7 ");
}

/* Where a try failed stays known while the next one is under way, until a session has lasted. */
static void test_the_last_failure_is_remembered(void **state)
{
    struct bench *bench = *state;

    assert_null(info_of(bench).failure->step);
    bench->unknown_host = "";
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_string_equal(info_of(bench).failure->step, "name look-up");
    assert_non_null(strstr(info_of(bench).failure->why, "name not resolved"));
    assert_int_equal(info_of(bench).failure->count, 1);
    bench->unknown_host = "nobody";
    wait_for(bench, LINK_ONLINE, 10000);
    assert_string_equal(info_of(bench).failure->step, "name look-up");
    peer_closes(bench);
    assert_string_equal(info_of(bench).failure->step, "session");
    assert_int_equal(info_of(bench).failure->count, 2);
    wait_for(bench, LINK_ONLINE, 10000);
    sched_advance(bench->sched, 10 * MINUTE);
    peer_closes(bench);
    assert_int_equal(info_of(bench).failure->count, 1);
    bench->cloud->login_status = BLYNK_STATUS_INVALID_TOKEN;
    wait_for(bench, LINK_REFUSED, 10000);
    assert_string_equal(info_of(bench).failure->step, "login");
}

static void test_name_and_all_addresses_fail(void **state)
{
    struct bench *bench = *state;

    bench->unknown_host = "";
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_why(bench, "name not resolved");
    bench->unknown_host = "nobody";
    wait_for(bench, LINK_ONLINE, 10000);
}

static void test_connect_times_out(void **state)
{
    struct bench *bench = *state;

    bench->stream->open_ms = UINT32_MAX;
    bench->stream->close_ms = 4000; /* a modem takes its time to give up */
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 40000);
    assert_why(bench, "no connection to blynk.cloud within 30 s");
    bench->stream->open_ms = 50;
    wait_for(bench, LINK_ONLINE, 10000);
}

/* Each try has its own time, which does not begin before the modem is free for it. */
static void test_a_try_waits_for_the_end_of_the_one_before(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->config.fallback_addresses[0], 64, "198.51.100.1");
    snprintf(bench->config.fallback_addresses[1], 64, "198.51.100.2");
    bench->config.fallback_count = 2;
    bench->config.connect_ms = 8000;
    link_configure(bench->link, &bench->config);
    bench->hanging_host = "198.51.100.1";
    bench->unknown_host = "blynk";
    bench->stream->close_ms = 22000;
    link_start(bench->link, "started");
    wait_for(bench, LINK_CONNECT, 10000);
    uint64_t took_ms = wait_for(bench, LINK_ONLINE, 60000);
    bench->stream->close_ms = 0;
    assert_in_range(took_ms, 8000 + 22000, 8000 + 22000 + 1000);
    assert_string_equal(bench->hosts, "blynk.cloud 198.51.100.1 198.51.100.2 ");
    assert_true(
        was_said(bench, 0, "no connection to 198.51.100.1 within 8 s; trying 198.51.100.2 as soon as"));
    assert_true(was_said(bench, 0, "connecting to 198.51.100.2:80"));
    assert_false(was_said(bench, 0, "no connection to 198.51.100.2"));
}

/* A look-up that hangs cannot be told from a server that does. */
static void test_addresses_are_tried_for_a_name_without_answer(void **state)
{
    struct bench *bench = *state;

    snprintf(bench->config.fallback_addresses[0], 64, "198.51.100.1");
    bench->config.fallback_count = 1;
    link_configure(bench->link, &bench->config);
    bench->hanging_host = "blynk.cloud";
    link_start(bench->link, "started");
    wait_for(bench, LINK_ONLINE, 40000);
    assert_string_equal(bench->hosts, "blynk.cloud 198.51.100.1 ");
}

static void test_a_stream_that_never_closes(void **state)
{
    struct bench *bench = *state;

    bench->hanging_host = "blynk.cloud";
    bench->stream->close_ms = 6 * MINUTE;
    link_start(bench->link, "started");
    sched_advance(bench->sched, 5 * MINUTE);
    assert_true(was_said(bench, 0, "could not be closed in time"));
    assert_string_equal(bench->hosts, "blynk.cloud ");
    bench->hanging_host = NULL;
    bench->stream->open_ms = 50;
    bench->stream->close_ms = 0;
    wait_for(bench, LINK_ONLINE, 10 * MINUTE);
}

static void test_bearer_lost(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    sched_advance(bench->sched, 2 * MINUTE);
    fake_uplink_fail(bench->uplink, UPLINK_LAYER_BEARER, UPLINK_RETRY,
                     "the network took the data connection away");
    sched_advance(bench->sched, 100);
    assert_int_equal(info_of(bench).state, LINK_WAIT);
    assert_int_equal(info_of(bench).rung, UPLINK_RUNG_BEARER);
    assert_why(bench, "taking the data connection down and up");
    wait_for(bench, LINK_ONLINE, 10000);
    assert_string_equal(bench->uplink->log, "db"); /* blamed once, though stream and uplink both told */
    assert_int_equal(info_of(bench).rung_counts[UPLINK_RUNG_BEARER], 1);
}

static void test_modem_lost(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    bench->uplink->fault = UPLINK_LAYER_MODEM;
    fake_uplink_fail(bench->uplink, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem has restarted by itself");
    sched_settle(bench->sched);
    assert_why(bench, "restarting the modem");
    sched_advance(bench->sched, MINUTE);
    assert_memory_equal(bench->uplink->log, "dRRoo", 5);
    bench->uplink->fault = UPLINK_LAYER_NONE;
    wait_for(bench, LINK_ONLINE, 6 * MINUTE);
}

/* However often: a loose plug must not cost minutes each time. */
static void test_replugging_is_ordinary(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    for (unsigned i = 0; i < 12; i++) {
        sched_advance(bench->sched, 3000);
        fake_uplink_fail(bench->uplink, UPLINK_LAYER_PORT, UPLINK_RETRY, "the serial port is gone");
        sched_settle(bench->sched);
        assert_int_equal(info_of(bench).state, LINK_WAIT);
        assert_in_range(info_of(bench).next_try_ms, 1, bench->config.retry_first_ms);
        wait_for(bench, LINK_ONLINE, 10000);
    }
    assert_null(strpbrk(bench->uplink->log, "brRokp"));
}

/* The modem tells a moment later why the connection broke: the words change, the pause does not. */
static void test_a_better_reason_is_no_second_failure(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    fake_stream_end(bench->stream, STREAM_FAULT_PEER, "closed");
    wait_for(bench, LINK_WAIT, 1000);
    sched_advance(bench->sched, 100);
    uint64_t next_try_ms = info_of(bench).next_try_ms;
    fake_uplink_fail(bench->uplink, UPLINK_LAYER_BEARER, UPLINK_RETRY,
                     "the network took the data connection");
    sched_settle(bench->sched);
    assert_why(bench, "the network took the data connection");
    assert_int_equal(info_of(bench).next_try_ms, next_try_ms);
    assert_int_equal(info_of(bench).rung, UPLINK_RUNG_BEARER);
    wait_for(bench, LINK_ONLINE, 10000);
}

static void test_sim_needs_a_person(void **state)
{
    struct bench *bench = *state;

    bench->uplink->fault = UPLINK_LAYER_SIM;
    bench->uplink->hope = UPLINK_HOPELESS;
    bench->uplink->why = "the SIM card wants its PUK";
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_why(bench, "PUK");
    assert_true(info_of(bench).next_try_ms >= MINUTE - 10);
    sched_advance(bench->sched, 5 * HOUR);
    assert_true(bench->uplink->starts <= 9);
    assert_null(strpbrk(bench->uplink->log, "brRokp"));
}

/* Everything below comes up, for a person to look at; nothing is tried in vain, however long it takes. */
static void test_without_a_token_the_link_waits_for_it(void **state)
{
    struct bench *bench = *state;
    struct link_config config = bench->config;

    memset(config.session.token, 0, sizeof(config.session.token));
    assert_false(link_configure(bench->link, &config));
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_why(bench, "waiting for the token");
    sched_advance(bench->sched, 5 * HOUR);
    assert_int_equal(info_of(bench).state, LINK_WAIT);
    assert_int_equal(info_of(bench).next_try_ms, 0);
    assert_int_equal(bench->uplink->starts, 1);
    assert_string_equal(bench->hosts, "");
    link_restart(bench->link, "somebody asks for it");
    sched_advance(bench->sched, MINUTE);
    assert_why(bench, "waiting for the token");

    /* A failure below meanwhile is mended as always. */
    fake_uplink_fail(bench->uplink, UPLINK_LAYER_BEARER, UPLINK_RETRY, "the data connection is gone");
    sched_settle(bench->sched);
    assert_true(info_of(bench).next_try_ms > 0);
    sched_advance(bench->sched, HOUR);
    assert_why(bench, "waiting for the token");
    assert_int_equal(info_of(bench).next_try_ms, 0);

    link_configure(bench->link, &bench->config);
    wait_for(bench, LINK_ONLINE, 10000);
}

static void test_an_unfinished_configuration_is_waited_for(void **state)
{
    struct bench *bench = *state;

    bench->uplink->fault = UPLINK_LAYER_BEARER;
    bench->uplink->hope = UPLINK_UNFINISHED;
    bench->uplink->why = "apn is missing";
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 10000);
    assert_string_equal(info_of(bench).why, "apn is missing");
    sched_advance(bench->sched, 5 * HOUR);
    assert_int_equal(bench->uplink->starts, 1);
    assert_int_equal(info_of(bench).blamed, UPLINK_LAYER_NONE);
    bench->uplink->fault = UPLINK_LAYER_NONE;
    link_restart(bench->link, "the configuration has changed");
    wait_for(bench, LINK_ONLINE, 10000);
    assert_null(strpbrk(bench->uplink->log, "brRokp"));
}

/* After each "try again" of a person the slow retries begin anew, not with an hour. */
static void test_a_restart_ends_a_long_rest(void **state)
{
    struct bench *bench = *state;

    bench->uplink->fault = UPLINK_LAYER_SIM;
    bench->uplink->hope = UPLINK_HOPELESS;
    bench->uplink->why = "the SIM card refused the configured PIN";
    link_start(bench->link, "started");
    sched_advance(bench->sched, 5 * HOUR);
    wait_for(bench, LINK_WAIT, 10000);
    sched_advance(bench->sched, MINUTE);
    link_restart(bench->link, "the configuration has changed");
    sched_settle(bench->sched);
    assert_int_equal(info_of(bench).state, LINK_MODEM);
    wait_for(bench, LINK_WAIT, 10000);
    assert_true(info_of(bench).next_try_ms <= MINUTE + MINUTE / 10);
    bench->uplink->fault = UPLINK_LAYER_NONE;
    link_restart(bench->link, "the configuration has changed");
    wait_for(bench, LINK_ONLINE, 10000);
}

static void test_an_uplink_that_is_lost_in_thought(void **state)
{
    struct bench *bench = *state;

    bench->uplink->start_ms = UINT32_MAX;
    link_start(bench->link, "started");
    wait_for(bench, LINK_WAIT, 16 * MINUTE);
    assert_why(bench, "not ready in time");
    bench->uplink->start_ms = 1000;
    wait_for(bench, LINK_ONLINE, 20000);
    assert_string_equal(bench->uplink->log, "dR");
    assert_int_equal(bench->uplink->stops, 1); /* it had to come down for the rung */
}

static void test_rungs_of_a_running_uplink(void **state)
{
    struct bench *bench = *state;

    bench->uplink->takes_while_ready = true;
    bench->stream->fault = STREAM_FAULT_CONNECT;
    bench->stream->open_ms = 10000; /* not at once, so it is no restart of the server */
    link_start(bench->link, "started");
    sched_advance(bench->sched, 10 * MINUTE);
    assert_memory_equal(bench->uplink->log, "dbb", 3);
    assert_int_equal(bench->uplink->stops, 0);
    bench->stream->fault = STREAM_FAULT_NONE;
    wait_for(bench, LINK_ONLINE, 6 * MINUTE);
}

static void reach(struct bench *bench, enum link_state state)
{
    bench->stream->open_ms = state == LINK_CONNECT ? UINT32_MAX : 50;
    bench->stream->fault = state == LINK_WAIT ? STREAM_FAULT_CONNECT : STREAM_FAULT_NONE;
    bench->cloud->login_status = state == LINK_LOGIN     ? 0
                                 : state == LINK_REFUSED ? BLYNK_STATUS_INVALID_TOKEN
                                                         : 200;
    if (state != LINK_OFF) {
        link_start(bench->link, "try");
        wait_for(bench, state, 10000);
    }
}

static void test_stop_and_restart_in_each_state(void **state)
{
    static const enum link_state states[] = {LINK_OFF,    LINK_MODEM, LINK_CONNECT, LINK_LOGIN,
                                             LINK_ONLINE, LINK_WAIT,  LINK_REFUSED};
    struct bench *bench = *state;

    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        for (uint32_t close_ms = 0; close_ms <= 10000; close_ms += 5000) {
            bench->stream->close_ms = close_ms; /* 10 s: longer than the grace */
            reach(bench, states[i]);
            stop_link(bench);
            sched_advance(bench->sched, 10000);
            assert_int_equal(bench->stream->state, FAKE_STREAM_CLOSED);
            assert_int_equal(sched_next_ms(bench->sched), UINT64_MAX);

            reach(bench, states[i]);
            bench->stream->open_ms = 50;
            bench->stream->fault = STREAM_FAULT_NONE;
            bench->cloud->login_status = 200;
            link_restart(bench->link, "LINK RESTART");
            sched_settle(bench->sched);
            wait_for(bench, LINK_ONLINE, 16000);
            link_stop(bench->link, 5000, "one");
            link_stop(bench->link, 5000, "two");
            link_start(bench->link, "and up again");
            sched_settle(bench->sched);
            assert_int_equal(info_of(bench).state, LINK_OFF);
            wait_for(bench, LINK_ONLINE, 30000);
            stop_link(bench);
            sched_advance(bench->sched, 10000);
        }
    }
}

static void test_an_uplink_that_never_stops(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    bench->uplink->stop_ms = UINT32_MAX;
    link_stop(bench->link, 5000, "stop");
    sched_advance(bench->sched, 6100); /* not longer than the grace and a little */
    assert_int_equal(bench->stopped, 1);
    bench->uplink->state = FAKE_UPLINK_DOWN;
    bench->uplink->stop_ms = 0;
}

static void test_configuration_while_running(void **state)
{
    struct bench *bench = *state;

    go_online(bench);
    bench->config.session.rate_per_s = 4;
    bench->config.session.heartbeat_ms = 20000;
    bench->config.retry_max_ms = MINUTE;
    assert_false(link_configure(bench->link, &bench->config));
    sched_advance(bench->sched, 100);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    assert_non_null(strstr(bench->cloud->last_internal, "h-beat 20"));
    bench->config.port = 8080;
    assert_true(link_configure(bench->link, &bench->config));
    sched_advance(bench->sched, 1000);
    assert_int_equal(info_of(bench).state, LINK_ONLINE);
    assert_int_equal(bench->stream->port, 8080);
    assert_int_equal(info_of(bench).reconnects, 1);
    assert_int_equal(bench->uplink->starts, 1);
    memset(bench->config.session.token, 'y', BLYNK_TOKEN_BYTES);
    assert_true(link_configure(bench->link, &bench->config));
    sched_advance(bench->sched, 1000);
    assert_int_equal(bench->cloud->token[0], 'y');
}

static void test_back_off_after_a_lasting_session_is_short(void **state)
{
    struct bench *bench = *state;

    bench->stream->open_ms = UINT32_MAX;
    link_start(bench->link, "started");
    sched_advance(bench->sched, HOUR);
    bench->stream->open_ms = 50;
    wait_for(bench, LINK_ONLINE, 6 * MINUTE);
    sched_advance(bench->sched, 30000); /* did not last: the back-off goes on where it was */
    peer_closes(bench);
    assert_true(info_of(bench).next_try_ms > MINUTE);
    wait_for(bench, LINK_ONLINE, 6 * MINUTE);
    sched_advance(bench->sched, 61000);
    peer_closes(bench);
    assert_true(info_of(bench).next_try_ms <= 1300);
    assert_int_equal(info_of(bench).rung, UPLINK_RUNG_REDIAL);
}

/* ---- at random ---- */

static void storm_step(struct bench *bench, uint32_t bits, unsigned *written)
{
    char value[16];

    switch (bits % 24) {
    case 0:
        peer_closes(bench);
        break;
    case 1:
        fake_stream_end(bench->stream, STREAM_FAULT_SEND, "sending failed");
        break;
    case 2:
        fake_uplink_fail(bench->uplink, UPLINK_LAYER_BEARER, UPLINK_RETRY, "data connection lost");
        break;
    case 3:
        fake_uplink_fail(bench->uplink, UPLINK_LAYER_MODEM, UPLINK_RETRY, "modem gone");
        break;
    case 4:
        bench->stream->fault = (enum stream_fault)(bits / 32 % 7);
        bench->stream->fault =
            bench->stream->fault == STREAM_FAULT_PEER ? STREAM_FAULT_NONE : bench->stream->fault;
        break;
    case 5:
        bench->stream->open_ms = bits & 64 ? UINT32_MAX : bits / 128 % 20000;
        break;
    case 6:
        bench->stream->close_ms = bits / 32 % 5000;
        break;
    case 7:
        bench->cloud->mute = bits & 64;
        break;
    case 8:
        bench->cloud->login_status = bits & 64 ? 200 : bits & 128 ? 9 : bits & 256 ? 0 : 19;
        break;
    case 9:
        snprintf(bench->cloud->redirect_host, 256, "%s", bits & 64 ? "ny3.blynk.cloud" : "");
        break;
    case 10:
        bench->uplink->fault = bits & 64 ? UPLINK_LAYER_NONE : UPLINK_LAYER_NETWORK;
        bench->uplink->start_ms = bits / 128 % 30000;
        break;
    case 11:
        link_restart(bench->link, "restart");
        break;
    case 12:
        link_start(bench->link, "up");
        break;
    case 13:
        if (bits & 64) {
            link_stop(bench->link, bits / 128 % 5000, "down");
        }
        break;
    case 14:
        fake_stream_set_room(bench->stream, bits & 64 ? SIZE_MAX : bits / 128 % 50);
        break;
    case 15: /* the weather clears up */
        bench->stream->fault = STREAM_FAULT_NONE;
        bench->stream->open_ms = 50;
        bench->cloud->login_status = 200;
        bench->cloud->redirect_host[0] = '\0';
        bench->uplink->fault = UPLINK_LAYER_NONE;
        bench->uplink->start_ms = 3000;
        bench->cloud->mute = false;
        fake_stream_set_room(bench->stream, SIZE_MAX);
        break;
    default:
        snprintf(value, sizeof(value), "%u", ++*written);
        put(bench, 1, value);
        break;
    }
}

/* Numbers only ever go back to what was not confirmed; none is left out. */
static void check_numbers(const char *writes, unsigned *highest)
{
    unsigned number;

    while (sscanf(writes, "vw 1 %u", &number) == 1) {
        assert_true(number <= *highest + 1);
        *highest = number > *highest ? number : *highest;
        writes = strchr(writes, '|') + 1;
    }
    assert_int_equal(*writes, 0);
}

static void test_storm(void **state)
{
    struct bench *bench = *state;
    unsigned written = 0, arrived = 0, online = 0;

    bench->config.session.rate_per_s = 0;
    link_configure(bench->link, &bench->config);
    link_start(bench->link, "started");
    for (unsigned i = 0; i < 40000; i++) {
        storm_step(bench, sched_random(bench->sched), &written);
        uint32_t bits = sched_random(bench->sched);
        sched_advance(bench->sched, bits % 64 ? bits / 64 % 2000 : bits / 64 % 200000);
        struct link_info info = info_of(bench);
        online += info.state == LINK_ONLINE;
        assert_true(info.state != LINK_ONLINE || bench->stream->state == FAKE_STREAM_OPEN ||
                    bench->stream->state == FAKE_STREAM_CLOSED);
        assert_true(info.state == LINK_OFF || sched_next_ms(bench->sched) < HOUR * 2); /* never stuck */
        check_numbers(fake_cloud_writes(bench->cloud), &arrived);
    }
    assert_true(online > 1000);
    storm_step(bench, 15, &written);
    link_start(bench->link, "up");
    wait_for(bench, LINK_ONLINE, 2 * HOUR);
    sched_advance(bench->sched, 2 * MINUTE);
    check_numbers(fake_cloud_writes(bench->cloud), &arrived);
    assert_int_equal(arrived, written);
    assert_int_equal(outbox_info(bench->outbox).waiting + outbox_info(bench->outbox).unconfirmed, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_up_and_down),
        TEST(test_stop_when_off_answers_too),
        TEST(test_writes_wait_and_leave_in_order),
        TEST(test_unconfirmed_writes_go_again),
        TEST(test_a_server_that_restarts),
        TEST(test_a_silent_server_that_restarts),
        TEST(test_a_slow_network_is_given_its_time),
        TEST(test_hours_without_a_server),
        TEST(test_hours_without_tls),
        TEST(test_hours_without_a_network),
        TEST(test_wrong_token),
        TEST(test_modem_lost_while_refused),
        TEST(test_login_failures_never_touch_the_modem),
        TEST(test_redirect_is_followed_and_kept),
        TEST(test_redirect_while_online),
        TEST(test_redirect_loop_ends),
        TEST(test_a_server_that_redirects_to_itself),
        TEST(test_redirects_that_are_not_allowed),
        TEST(test_half_open),
        TEST(test_no_answer_to_the_login),
        TEST(test_closed_right_after_each_login),
        TEST(test_fallback_addresses),
        TEST(test_a_modem_that_cannot_resolve),
        TEST(test_the_last_failure_is_remembered),
        TEST(test_name_and_all_addresses_fail),
        TEST(test_connect_times_out),
        TEST(test_a_try_waits_for_the_end_of_the_one_before),
        TEST(test_addresses_are_tried_for_a_name_without_answer),
        TEST(test_a_stream_that_never_closes),
        TEST(test_bearer_lost),
        TEST(test_modem_lost),
        TEST(test_replugging_is_ordinary),
        TEST(test_a_better_reason_is_no_second_failure),
        TEST(test_sim_needs_a_person),
        TEST(test_without_a_token_the_link_waits_for_it),
        TEST(test_an_unfinished_configuration_is_waited_for),
        TEST(test_a_restart_ends_a_long_rest),
        TEST(test_an_uplink_that_is_lost_in_thought),
        TEST(test_rungs_of_a_running_uplink),
        TEST(test_stop_and_restart_in_each_state),
        TEST(test_an_uplink_that_never_stops),
        TEST(test_configuration_while_running),
        TEST(test_back_off_after_a_lasting_session_is_short),
        TEST(test_storm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
