/* The link's encryption against servers that fall silent in the handshake, in virtual time. */
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
#include "tls_paper.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOUR        UINT64_C(3600000)
#define DEADLINE_MS 60000
#define CLIENTHELLO 0x16

struct rig {
    struct sched *sched;
    struct fake_stream *stream;
    struct fake_uplink *uplink;
    struct pins *pins;
    struct outbox *outbox;
    struct link_config config;
    struct link *link;
    unsigned stopped;
    uint64_t begun_ms; /* when TLS began last */
    uint64_t took_ms;  /* from then until it was given up, the last time */
    char why[LINK_WHY_MAX];
};

static void on_stopped(void *arg)
{
    ((struct rig *)arg)->stopped++;
}

static void on_change(void *arg, const struct link_change *change)
{
    struct rig *rig = arg;

    if (change->state == LINK_TLS) {
        rig->begun_ms = sched_now_ms(rig->sched);
    } else if (rig->begun_ms) {
        rig->took_ms = sched_now_ms(rig->sched) - rig->begun_ms;
        rig->begun_ms = 0;
        snprintf(rig->why, sizeof(rig->why), "%s", change->why);
    }
}

static void no_log(void *arg, enum log_level level, const char *part, const char *line)
{
    (void)arg;
    (void)level;
    (void)part;
    (void)line;
}

static void make_authority(char *path, size_t size)
{
    static const struct tls_paper_wish wish = {.name = "Root", .authority = true};
    struct tls_paper root;
    char file[] = "/tmp/blynkd-link-tls-XXXXXX";
    int fd = mkstemp(file);

    assert_true(fd >= 0);
    close(fd);
    tls_paper_make(&root, NULL, &wish);
    tls_paper_write(&root, file);
    tls_paper_free(&root);
    snprintf(path, size, "%s", file);
}

static int setup(void **state)
{
    static const struct outbox_config outbox = {.max_entries = 1000, .max_bytes = 1 << 16};
    static const struct blynk_session_events session = {0};
    static const struct link_events events = {.on_stopped = on_stopped, .on_change = on_change};
    struct rig *rig = calloc(1, sizeof(*rig));

    log_set_sink(no_log, NULL);
    rig->sched = sched_create_virtual(11);
    rig->stream = fake_stream_create(rig->sched, 3);
    rig->uplink = fake_uplink_create(rig->sched, rig->stream);
    rig->pins = pins_create(PIN_DELIVER_ALL);
    rig->outbox = outbox_create(rig->sched, rig->pins, &outbox);
    rig->config = fake_cloud_link_config();
    rig->config.tls = true;
    make_authority(rig->config.ca_file, sizeof(rig->config.ca_file));
    rig->link =
        link_create(rig->sched, &rig->uplink->uplink, rig->outbox, &rig->config, &session, &events, rig);
    assert_non_null(rig->link);
    link_start(rig->link, "started");
    *state = rig;
    return 0;
}

static int teardown(void **state)
{
    struct rig *rig = *state;

    link_stop(rig->link, 1000, "stopped by the test");
    sched_advance(rig->sched, 5000);
    assert_int_equal(rig->stopped, 1);
    link_destroy(rig->link);
    unlink(rig->config.ca_file);
    outbox_destroy(rig->outbox);
    pins_destroy(rig->pins);
    fake_uplink_destroy(rig->uplink);
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

/* Returns when the handshake was given up. */
static void wait_for_end(struct rig *rig)
{
    rig->why[0] = '\0';
    for (unsigned s = 0; s < 3600 && !rig->why[0]; s++) {
        sched_advance(rig->sched, 1000);
    }
    assert_true(rig->why[0] != '\0');
}

static void assert_only_redials(const struct rig *rig)
{
    const struct link_info info = info_of(rig);

    for (int rung = UPLINK_RUNG_REDIAL + 1; rung < UPLINK_RUNG_COUNT; rung++) {
        assert_int_equal(info.rung_counts[rung], 0);
        assert_int_equal(rig->uplink->rungs[rung], 0);
    }
    assert_int_equal(info.rung, UPLINK_RUNG_REDIAL);
}

/* The whole of its words is a ClientHello: the token is told to nobody who has proved nothing. */
static void test_a_server_that_says_nothing(void **state)
{
    struct rig *rig = *state;

    wait_for_end(rig);
    assert_int_equal(rig->took_ms, DEADLINE_MS);
    assert_non_null(strstr(rig->why, "the encryption was not agreed on within 60 s"));
    assert_int_equal(rig->stream->opens, 1);
    assert_in_range(buf_len(&rig->stream->written), 150, 400);
    assert_int_equal(buf_bytes(&rig->stream->written)[0], CLIENTHELLO);
    assert_null(
        memmem(buf_bytes(&rig->stream->written), buf_len(&rig->stream->written), FAKE_CLOUD_TOKEN, 32));
    sched_advance(rig->sched, 24 * HOUR);
    assert_in_range(rig->stream->opens, 100, 1440);
    assert_only_redials(rig);
}

/* Neither a begun record nor one of its bytes now and then buys more time. */
static void test_a_server_that_goes_on_for_ever(void **state)
{
    static const uint8_t begun[] = {0x16, 3, 3, 0x10, 0, 2, 0, 0x0F, 0xFC, 3, 3};
    struct rig *rig = *state;

    sched_advance(rig->sched, 5000);
    assert_int_equal(info_of(rig).state, LINK_TLS);
    fake_stream_feed(rig->stream, begun, sizeof(begun));
    while (!rig->why[0]) {
        sched_advance(rig->sched, 1000);
        if (rig->stream->state == FAKE_STREAM_OPEN && !rig->why[0]) {
            fake_stream_feed(rig->stream, "\x55", 1);
        }
        assert_true(rig->stream->opens == 1 || rig->why[0]);
    }
    assert_int_equal(rig->took_ms, DEADLINE_MS);
    assert_non_null(strstr(rig->why, "the encryption was not agreed on within 60 s"));
    assert_only_redials(rig);
}

/* It hangs up without a word, each time. */
static void test_a_server_that_hangs_up(void **state)
{
    struct rig *rig = *state;
    uint64_t end_ms = sched_now_ms(rig->sched) + 6 * HOUR;

    while (sched_now_ms(rig->sched) < end_ms) {
        sched_advance(rig->sched, 1000);
        if (rig->stream->state == FAKE_STREAM_OPEN) {
            fake_stream_end(rig->stream, STREAM_FAULT_PEER, "closed by the server");
        }
    }
    assert_true(rig->stream->opens > 20);
    assert_only_redials(rig);
}

/* What breaks under the handshake is no affair of the encryption: the modem is helped as ever. */
static void test_the_modem_fails_in_the_handshake(void **state)
{
    struct rig *rig = *state;

    sched_advance(rig->sched, 5000);
    assert_int_equal(info_of(rig).state, LINK_TLS);
    fake_uplink_fail(rig->uplink, UPLINK_LAYER_MODEM, UPLINK_RETRY, "it no longer answers");
    sched_advance(rig->sched, 60000);
    assert_true(rig->uplink->starts > 1);
    assert_non_null(strstr(rig->why, "it no longer answers"));
    assert_int_equal(info_of(rig).state, LINK_TLS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_server_that_says_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_that_goes_on_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_server_that_hangs_up, setup, teardown),
        cmocka_unit_test_setup_teardown(test_the_modem_fails_in_the_handshake, setup, teardown),
    };
    return cmocka_run_group_tests_name("link tls", tests, NULL, NULL);
}
