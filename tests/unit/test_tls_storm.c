/*
 * TLS over a line that breaks off anywhere and changes anything: it ends cleanly, and what comes out is either what
 * went in or nothing.
 */
#include "tls_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLIPS  600
#define SPOKEN "The quick brown fox jumps over the lazy dog, and then it goes home and sleeps."

static struct tls_papers papers;

static int on_group_setup(void **state)
{
    (void)state;
    tls_papers_make(&papers);
    return 0;
}

static int on_group_teardown(void **state)
{
    (void)state;
    tls_papers_remove(&papers);
    return 0;
}

static int on_setup(void **state)
{
    *state = tls_rig_create(&papers, 23);
    return 0;
}

static int on_teardown(void **state)
{
    tls_rig_destroy(*state);
    return 0;
}

/* How many bytes of the server come before the stream is open, and a session if one is wanted. */
static size_t prepare(struct tls_rig *rig, int version, bool resumed)
{
    rig->session_len = 0;
    rig->peer.cut_at = rig->peer.flip_at = SIZE_MAX;
    tls_peer_versions(&rig->peer, version, version);
    for (int i = 0; i < 1 + resumed; i++) {
        tls_rig_open(rig, 1000);
        assert_int_equal(rig->opens, 1);
        tls_rig_close(rig);
    }
    assert_int_equal(tls_stream_info(rig->tls)->resumed, resumed);
    assert_true(rig->session_len > 0);
    return tls_stream_info(rig->tls)->handshake_in_bytes;
}

static void cut_everywhere(struct tls_rig *rig, int version, bool resumed)
{
    size_t len = prepare(rig, version, resumed);
    uint8_t session[TLS_SESSION_MAX];
    size_t session_len = rig->session_len;

    memcpy(session, rig->session, session_len);
    for (size_t at = 0; at + 4 < len; at++) { /* signatures differ by some bytes in their length */
        memcpy(rig->session, session, session_len);
        rig->session_len = resumed ? session_len : 0;
        rig->peer.cut_at = at;
        tls_rig_open(rig, 1000);
        assert_int_equal(rig->opens, 0);
        assert_int_equal(rig->closes, 1);
        assert_int_equal(rig->fault, STREAM_FAULT_TLS);
        assert_non_null(strstr(rig->why, "closed the connection"));
    }
    rig->peer.cut_at = SIZE_MAX;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    tls_rig_close(rig);
}

static void test_cut_at_every_byte(void **state)
{
    cut_everywhere(*state, TLS1_2_VERSION, false);
    cut_everywhere(*state, TLS1_3_VERSION, false);
    cut_everywhere(*state, TLS1_2_VERSION, true);
    cut_everywhere(*state, TLS1_3_VERSION, true);
}

/* The version in the header of a record says nothing (RFC 8446, 5.1) and is not protected. */
static bool is_meaningless(const struct buf *said, size_t at)
{
    const uint8_t *bytes = buf_bytes(said);
    size_t start = 0;

    while (start + 5 <= buf_len(said)) {
        size_t next = start + 5 + ((size_t)bytes[start + 3] << 8 | bytes[start + 4]);
        if (at < next) {
            return at == start + 1 || at == start + 2;
        }
        start = next;
    }
    return false;
}

static uint32_t flip_one(struct tls_rig *rig, size_t len)
{
    rig->peer.flip_at = sched_random(rig->sched) % (len - 4);
    rig->peer.flip_with = (uint8_t)(1U << sched_random(rig->sched) % 8);
    tls_rig_open(rig, 5000);
    if (rig->opens) {
        assert_true(is_meaningless(&rig->peer.said, rig->peer.flip_at));
        tls_peer_send(&rig->peer, SPOKEN, sizeof(SPOKEN));
        sched_settle(rig->sched);
        assert_int_equal(buf_len(&rig->received), sizeof(SPOKEN));
        assert_memory_equal(buf_bytes(&rig->received), SPOKEN, sizeof(SPOKEN));
        tls_rig_close(rig);
        return 1;
    }
    if (!rig->closes) { /* a length became larger: it waits for what the server never says */
        fake_stream_end(rig->fake, STREAM_FAULT_PEER, "closed");
        sched_advance(rig->sched, 1000);
    }
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_string_not_equal(rig->why, "");
    return 0;
}

static void test_flips_in_the_handshake(void **state)
{
    struct tls_rig *rig = *state;

    for (int i = 0; i < 4; i++) {
        size_t len = prepare(rig, i & 1 ? TLS1_3_VERSION : TLS1_2_VERSION, i & 2);
        uint8_t session[TLS_SESSION_MAX];
        size_t session_len = rig->session_len;
        uint32_t opened = 0;

        memcpy(session, rig->session, session_len);
        for (int n = 0; n < FLIPS; n++) {
            memcpy(rig->session, session, session_len);
            rig->session_len = i & 2 ? session_len : 0;
            opened += flip_one(rig, len);
        }
        assert_true(opened < FLIPS / 10);
    }
}

static void test_flips_in_what_follows(void **state)
{
    struct tls_rig *rig = *state;

    for (int i = 0; i < 300; i++) {
        prepare(rig, i & 1 ? TLS1_3_VERSION : TLS1_2_VERSION, false);
        tls_rig_open(rig, 1000);
        assert_int_equal(rig->opens, 1);
        size_t before = rig->peer.sent;
        rig->peer.flip_at = before + sched_random(rig->sched) % 300;
        rig->peer.flip_with = (uint8_t)(1U << sched_random(rig->sched) % 8);
        for (int n = 0; n < 3; n++) {
            tls_peer_send(&rig->peer, SPOKEN, sizeof(SPOKEN));
        }
        sched_advance(rig->sched, 1000);
        size_t got = buf_len(&rig->received);
        assert_int_equal(got % sizeof(SPOKEN), 0);
        for (size_t at = 0; at < got; at += sizeof(SPOKEN)) {
            assert_memory_equal(buf_bytes(&rig->received) + at, SPOKEN, sizeof(SPOKEN));
        }
        if (rig->closes) {
            assert_int_equal(rig->fault, STREAM_FAULT_TLS);
            assert_true(got < 3 * sizeof(SPOKEN));
        }
        tls_rig_close(rig);
    }
}

static void test_bytes_lost_on_the_way_are_said_so(void **state)
{
    struct tls_rig *rig = *state;

    tls_rig_open(rig, 1000);
    rig->peer.flip_at = rig->peer.sent + 20;
    tls_peer_send(&rig->peer, SPOKEN, sizeof(SPOKEN));
    sched_advance(rig->sched, 1000);
    assert_int_equal(rig->closes, 1);
    assert_string_equal(rig->why,
                        "what came from blynk.example:443 was damaged on the way (bytes lost or changed)");
}

static void test_anything_as_an_answer(void **state)
{
    struct tls_rig *rig = *state;
    uint8_t noise[400];

    rig->fake->on_written = NULL;
    for (int i = 0; i < 500; i++) {
        for (size_t n = 0; n < sizeof(noise); n++) {
            noise[n] = (uint8_t)sched_random(rig->sched);
        }
        memcpy(noise, i & 1 ? "\x16\x03\x03\x00" : "\x15\x03\x03\x00", (size_t)(i % 5));
        tls_rig_open(rig, 100);
        fake_stream_feed(rig->fake, noise, 1 + sched_random(rig->sched) % sizeof(noise));
        sched_advance(rig->sched, 3000);
        assert_int_equal(rig->opens, 0);
        tls_rig_close(rig);
        assert_int_equal(rig->closes, 1);
    }
}

int main(void)
{
#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, on_setup, on_teardown)
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_cut_at_every_byte),     TLS_TEST(test_flips_in_the_handshake),
        TLS_TEST(test_flips_in_what_follows), TLS_TEST(test_bytes_lost_on_the_way_are_said_so),
        TLS_TEST(test_anything_as_an_answer),
    };

    return cmocka_run_group_tests(tests, on_group_setup, on_group_teardown);
}
