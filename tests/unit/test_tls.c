/*
 * TLS with a server that means well: both versions, resumption, bytes both ways, small rooms, the end.
 */
#include "tls_rig.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    *state = tls_rig_create(&papers, 7);
    return 0;
}

static int on_teardown(void **state)
{
    tls_rig_destroy(*state);
    return 0;
}

static void assert_open(const struct tls_rig *rig, const char *version, bool resumed)
{
    const struct tls_info *info = tls_stream_info(rig->tls);

    assert_string_equal(rig->why, "");
    assert_int_equal(rig->handshakes, 1);
    assert_int_equal(rig->opens, 1);
    assert_int_equal(rig->closes, 0);
    assert_string_equal(info->version, version);
    assert_int_equal(info->resumed, resumed);
    assert_int_equal(rig->peer.was_resumed, resumed);
    assert_false(info->clock_was_doubtful);
}

static void assert_closed(const struct tls_rig *rig, enum stream_fault fault, const char *why)
{
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, fault);
    assert_string_equal(rig->why, why);
}

static void exchange(struct tls_rig *rig)
{
    assert_int_equal(tls_rig_write(rig, "hello", 5), 5);
    tls_peer_send(&rig->peer, "welcome", 7);
    sched_settle(rig->sched);
    assert_int_equal(buf_len(&rig->peer.received), 5);
    assert_memory_equal(buf_bytes(&rig->peer.received), "hello", 5);
    assert_int_equal(buf_len(&rig->received), 7);
    assert_memory_equal(buf_bytes(&rig->received), "welcome", 7);
}

/* ---- versions ---- */

static void test_opens_with_the_newest_version_and_checks_the_name(void **state)
{
    struct tls_rig *rig = *state;
    const struct tls_info *info = tls_stream_info(rig->tls);

    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.3", false);
    assert_string_equal(rig->peer.name, TLS_RIG_NAME);
    assert_string_equal(info->cipher, "TLS_AES_128_GCM_SHA256");
    assert_string_equal(info->subject, "CN=" TLS_RIG_NAME);
    assert_string_equal(info->issuer, "CN=Test Between");
    assert_int_equal(info->not_after_ms, (TLS_PAPER_NOW_S + 60 * TLS_PAPER_DAY_S) * 1000);
    exchange(rig);
}

static void test_opens_with_1_2(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.2", false);
    assert_string_equal(tls_stream_info(rig->tls)->cipher, "ECDHE-ECDSA-AES128-GCM-SHA256");
    exchange(rig);
}

static void test_all_kinds_of_certificates_are_understood(void **state)
{
    static const char *const kinds[] = {"P-256", "P-384", "RSA"};
    struct tls_rig *rig = *state;

    for (size_t i = 0; i < 2 * sizeof(kinds) / sizeof(kinds[0]); i++) {
        struct tls_paper paper;
        int version = i % 2 ? TLS1_3_VERSION : TLS1_2_VERSION;
        tls_papers_issue(&papers, &paper,
                         &(struct tls_paper_wish){
                             .name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME, .key = kinds[i / 2]});
        /* Another kind of key does not replace the one of before: a new server is made. */
        tls_peer_end(&rig->peer);
        tls_peer_begin(&rig->peer, rig->fake, &paper, &papers.between);
        tls_peer_versions(&rig->peer, version, version);
        rig->session_len = 0;
        tls_rig_open(rig, 1000);
        assert_open(rig, i % 2 ? "TLS 1.3" : "TLS 1.2", false);
        exchange(rig);
        tls_rig_close(rig);
        tls_paper_free(&paper);
    }
}

static void test_stricter_servers_are_spoken_to(void **state)
{
    struct tls_rig *rig = *state;

    assert_true(SSL_CTX_set_ciphersuites(rig->peer.context, "TLS_AES_256_GCM_SHA384"));
    assert_true(SSL_CTX_set1_groups_list(rig->peer.context, "P-384"));
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.3", false);
    tls_rig_close(rig);
    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    assert_true(SSL_CTX_set_cipher_list(rig->peer.context, "ECDHE-ECDSA-AES256-GCM-SHA384"));
    rig->session_len = 0;
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.2", false);
}

/* ---- resumption: bytes are money ---- */

static void measure(struct tls_rig *rig, const char *what, const char *version, size_t full_max,
                    size_t resumed_max)
{
    tls_rig_open(rig, 1000);
    assert_open(rig, version, false);
    size_t full = rig->out_bytes + rig->in_bytes;
    print_message("%s: full %zu out, %zu in (%zu and %zu until open)", what, rig->out_bytes, rig->in_bytes,
                  tls_stream_info(rig->tls)->handshake_out_bytes,
                  tls_stream_info(rig->tls)->handshake_in_bytes);
    tls_rig_close(rig);
    for (int i = 0; i < 3; i++) { /* each resumption leaves what the next one needs */
        assert_true(rig->session_len > 0);
        tls_rig_open(rig, 1000);
        assert_open(rig, version, true);
        assert_string_equal(tls_stream_info(rig->tls)->subject, "CN=" TLS_RIG_NAME);
        size_t resumed = rig->out_bytes + rig->in_bytes;
        if (i == 0) {
            print_message("; resumed %zu out, %zu in\n", rig->out_bytes, rig->in_bytes);
        }
        assert_in_range(full, 1, full_max);
        assert_in_range(resumed, 1, resumed_max);
        exchange(rig);
        tls_rig_close(rig);
    }
}

static void test_resumes_in_1_3(void **state)
{
    struct tls_rig *rig = *state;

    SSL_CTX_set_num_tickets(rig->peer.context, 1);
    measure(rig, "1.3, one ticket", "TLS 1.3", 2000, 1050);
}

static void test_resumes_in_1_3_with_a_server_that_remembers(void **state)
{
    struct tls_rig *rig = *state;

    SSL_CTX_set_num_tickets(rig->peer.context, 1);
    SSL_CTX_set_options(rig->peer.context, SSL_OP_NO_TICKET);
    measure(rig, "1.3, session kept by the server", "TLS 1.3", 1900, 700);
}

static void test_resumes_in_1_2_by_ticket(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    measure(rig, "1.2, ticket", "TLS 1.2", 1800, 580);
}

static void test_resumes_in_1_2_by_id(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    SSL_CTX_set_options(rig->peer.context, SSL_OP_NO_TICKET);
    measure(rig, "1.2, session kept by the server", "TLS 1.2", 1700, 400);
}

static void test_a_server_that_forgot_gets_a_full_handshake(void **state)
{
    struct tls_rig *rig = *state;

    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        tls_peer_versions(&rig->peer, version, version);
        tls_rig_open(rig, 1000);
        tls_rig_close(rig);
        assert_true(rig->session_len > 0);
        tls_peer_end(&rig->peer);
        tls_peer_begin(&rig->peer, rig->fake, &papers.server, &papers.between);
        tls_peer_versions(&rig->peer, version, version);
        tls_rig_open(rig, 1000);
        assert_open(rig, version == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2", false);
        exchange(rig);
        tls_rig_close(rig);
        rig->session_len = 0;
    }
}

static void test_a_server_that_learned_1_3_is_spoken_to_in_1_3(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_3_VERSION);
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    assert_string_equal(tls_stream_info(rig->tls)->version, "TLS 1.2"); /* once more */
    tls_rig_close(rig);
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.3", false);
}

static void test_a_server_that_gave_1_2_up_costs_one_try(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    tls_peer_versions(&rig->peer, TLS1_3_VERSION, TLS1_3_VERSION);
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.3", false);
}

static void test_damaged_sessions_are_ignored(void **state)
{
    struct tls_rig *rig = *state;
    uint8_t good[TLS_SESSION_MAX];

    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    size_t len = rig->session_len;
    memcpy(good, rig->session, len);
    for (size_t cut = 1; cut < len; cut += 1 + len / 40) {
        memcpy(rig->session, good, cut);
        rig->session_len = cut;
        tls_rig_open(rig, 1000);
        assert_open(rig, "TLS 1.3", false);
        tls_rig_close(rig);
    }
    memcpy(rig->session, good, len);
    rig->session[0] ^= 1; /* of other trust or another name */
    rig->session_len = len;
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.3", false);
}

static void test_a_session_does_not_outlive_the_certificate(void **state)
{
    struct tls_rig *rig = *state;

    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    rig->wall_ms += INT64_C(61) * TLS_PAPER_DAY_S * 1000;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_non_null(strstr(rig->why, "expired on 2027-03-16"));
}

static void test_a_session_belongs_to_the_trust_it_was_made_with(void **state)
{
    struct tls_rig *rig = *state;
    struct tls_paper other;
    struct tls_config config = {.ca_dir = ""};
    char why[TLS_WHY_MAX];

    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    assert_true(rig->session_len > 0);
    tls_paper_make(&other, NULL, &(struct tls_paper_wish){.name = "Other Root", .authority = true});
    snprintf(config.ca_file, sizeof(config.ca_file), "%s/other.pem", papers.dir);
    tls_paper_write(&other, config.ca_file);
    struct tls_context *context = tls_context_create(&config, why);
    remove(config.ca_file);
    tls_paper_free(&other);
    assert_non_null(context);
    tls_stream_use(rig->tls, context, "");
    tls_context_destroy(context); /* the stream keeps it */
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    assert_non_null(strstr(rig->why, "unknown issuer"));
}

static void test_a_session_of_1_2_survives_a_cut(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    rig->peer.cut_at = 10;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    rig->peer.cut_at = SIZE_MAX;
    tls_rig_open(rig, 1000);
    assert_open(rig, "TLS 1.2", true);
}

/* ---- bytes ---- */

static void fill(uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        data[i] = (uint8_t)(i * 2654435761U >> 13);
    }
}

static void echo_much(struct tls_rig *rig, size_t len)
{
    uint8_t *data = malloc(len);

    assert_non_null(data);
    fill(data, len);
    rig->peer.echo = true;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    tls_rig_write_all(rig, data, len);
    sched_settle(rig->sched);
    assert_int_equal(buf_len(&rig->peer.received), len);
    assert_memory_equal(buf_bytes(&rig->peer.received), data, len);
    assert_int_equal(buf_len(&rig->received), len);
    assert_memory_equal(buf_bytes(&rig->received), data, len);
    free(data);
    tls_rig_close(rig);
}

static void test_much_goes_both_ways_intact(void **state)
{
    struct tls_rig *rig = *state;

    rig->fake->whole = true;
    echo_much(rig, 500000);
    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    echo_much(rig, 500000);
}

static void test_odd_pieces_and_a_room_of_one_byte(void **state)
{
    struct tls_rig *rig = *state;

    rig->fake->piece_max = 1;
    echo_much(rig, 3000);
    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    echo_much(rig, 3000);
    rig->fake->piece_max = 160;
    echo_much(rig, 3000);
}

static void test_one_write_is_one_record_and_one_send(void **state)
{
    struct tls_rig *rig = *state;
    uint8_t data[2000];

    fill(data, sizeof(data));
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        rig->session_len = 0;
        rig->fake->room = SIZE_MAX;
        tls_peer_versions(&rig->peer, version, version);
        tls_rig_open(rig, 1000);
        assert_int_equal(rig->opens, 1);
        fake_stream_set_room(rig->fake, 1000);
        sched_settle(rig->sched);
        unsigned writes = rig->fake->writes;
        size_t room = stream_room(rig->stream);
        fake_stream_forget_written(rig->fake);
        assert_int_equal(tls_rig_write(rig, data, sizeof(data)), room);
        assert_int_equal(rig->fake->writes, writes + 1);
        assert_int_equal(buf_len(&rig->fake->written), 1000);
        assert_int_equal(room, 1000 - (version == TLS1_3_VERSION ? 22 : 29));
        assert_int_equal(stream_room(rig->stream), 0);
        assert_int_equal(tls_rig_write(rig, data, 1), 0);
        tls_rig_close(rig);
    }
}

static void test_a_send_at_a_time(void **state)
{
    struct tls_rig *rig = *state;
    uint8_t data[600];

    fill(data, sizeof(data));
    rig->fake->one_send = true;
    fake_stream_set_room(rig->fake, 100); /* the ClientHello does not fit */
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    for (int i = 0; i < 10 && !stream_room(rig->stream); i++) {
        fake_stream_set_room(rig->fake, 100);
        sched_settle(rig->sched);
    }
    assert_open(rig, "TLS 1.3", false);
    assert_int_equal(stream_room(rig->stream), 128);
    assert_int_equal(tls_rig_write(rig, data, sizeof(data)), 128);
    assert_int_equal(stream_room(rig->stream), 0);
    unsigned rooms = rig->rooms;
    fake_stream_set_room(rig->fake, 100);
    sched_settle(rig->sched);
    assert_int_equal(rig->rooms, rooms); /* the rest of the record took the send */
    fake_stream_set_room(rig->fake, 100);
    sched_settle(rig->sched);
    assert_int_equal(rig->rooms, rooms + 1);
    assert_int_equal(buf_len(&rig->peer.received), 128);
    assert_memory_equal(buf_bytes(&rig->peer.received), data, 128);
}

static void test_a_room_without_end_is_told_by_an_event(void **state)
{
    struct tls_rig *rig = *state;
    uint8_t *data = calloc(1, 40000);

    tls_rig_open(rig, 1000);
    assert_int_equal(stream_room(rig->stream), 16384);
    tls_rig_write_all(rig, data, 40000);
    sched_settle(rig->sched);
    assert_int_equal(buf_len(&rig->peer.received), 40000);
    free(data);
}

static void test_key_updates_are_answered_but_not_without_end(void **state)
{
    struct tls_rig *rig = *state;

    rig->fake->whole = true;
    tls_rig_open(rig, 1000);
    for (int i = 0; i < 3; i++) {
        assert_true(SSL_key_update(rig->peer.ssl, SSL_KEY_UPDATE_REQUESTED));
        tls_peer_send(&rig->peer, "x", 1);
        sched_settle(rig->sched);
    }
    assert_int_equal(tls_rig_write(rig, "hello", 5), 5);
    sched_settle(rig->sched);
    assert_int_equal(buf_len(&rig->peer.received), 5);
    fake_stream_set_room(rig->fake, 0); /* now the answers wait here */
    for (int i = 0; i < 2000 && !rig->closes; i++) {
        assert_true(SSL_key_update(rig->peer.ssl, SSL_KEY_UPDATE_REQUESTED));
        tls_peer_send(&rig->peer, "x", 1);
        sched_advance(rig->sched, 1);
    }
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
}

/* ---- the end ---- */

static void test_close_says_goodbye_if_there_is_room(void **state)
{
    struct tls_rig *rig = *state;

    tls_rig_open(rig, 1000);
    tls_rig_close(rig);
    assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
    assert_int_equal(rig->peer.goodbyes, 1);
    tls_rig_open(rig, 1000);
    fake_stream_set_room(rig->fake, 5);
    size_t written = buf_len(&rig->fake->written);
    tls_rig_close(rig);
    assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
    assert_int_equal(buf_len(&rig->fake->written), written);
}

static void test_the_peer_closes_with_and_without_a_word(void **state)
{
    struct tls_rig *rig = *state;

    tls_rig_open(rig, 1000);
    SSL_shutdown(rig->peer.ssl);
    tls_peer_push(&rig->peer);
    sched_advance(rig->sched, 1000);
    assert_closed(rig, STREAM_FAULT_PEER, "closed by the server");
    tls_rig_open(rig, 1000);
    fake_stream_end(rig->fake, STREAM_FAULT_PEER, "gone");
    sched_advance(rig->sched, 1000);
    assert_closed(rig, STREAM_FAULT_PEER, "gone");
}

static void test_what_carries_it_fails(void **state)
{
    struct tls_rig *rig = *state;

    tls_rig_open(rig, 1000);
    fake_stream_end(rig->fake, STREAM_FAULT_BEARER, "no more network");
    sched_advance(rig->sched, 1000);
    assert_closed(rig, STREAM_FAULT_BEARER, "no more network");
    rig->peer.cut_at = SIZE_MAX;
    rig->fake->fault = STREAM_FAULT_CONNECT;
    rig->fake->why = "nobody there";
    tls_rig_open(rig, 1000);
    assert_closed(rig, STREAM_FAULT_CONNECT, "nobody there");
    assert_int_equal(rig->handshakes, 0);
}

static void test_open_is_refused_as_the_contract_says(void **state)
{
    struct tls_rig *rig = *state;
    static const struct tls_events none = {.on_handshake = NULL};
    struct fake_stream *fake = fake_stream_create(rig->sched, 1);
    struct tls_stream *bare = tls_stream_create(rig->sched, &fake->stream, &none, NULL);

    assert_int_equal(stream_open(tls_stream_stream(bare), "a.example", 1), -EINVAL); /* trusts nobody yet */
    tls_stream_destroy(bare);
    fake_stream_destroy(fake);
    rig->fake->open_error = -ENOTCONN;
    assert_int_equal(stream_open(rig->stream, TLS_RIG_NAME, 443), -ENOTCONN);
    rig->fake->open_error = 0;
    tls_rig_open(rig, 1000);
    assert_int_equal(stream_open(rig->stream, TLS_RIG_NAME, 443), -EALREADY);
    assert_open(rig, "TLS 1.3", false);
}

static void close_at_event(struct tls_rig *rig)
{
    stream_close(rig->stream);
    stream_close(rig->stream);
    assert_int_equal(stream_room(rig->stream), 0);
    assert_int_equal(stream_write(rig->stream, (const uint8_t *)"x", 1), 0);
}

static void test_close_at_any_moment(void **state)
{
    struct tls_rig *rig = *state;

    for (uint32_t ms = 0; ms < 60; ms += 10) { /* the stream below opens after 50 */
        tls_rig_open(rig, ms);
        tls_rig_close(rig);
        assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
    }
    rig->on_event = close_at_event; /* at on_handshake */
    tls_rig_open(rig, 1000);
    assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
    assert_int_equal(rig->opens, 0);
    rig->on_event = NULL;
    tls_rig_open(rig, 1000);
    rig->on_event = close_at_event; /* at on_bytes */
    tls_peer_send(&rig->peer, "welcome", 7);
    sched_advance(rig->sched, 1000);
    assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
}

static void close_when_open(struct tls_rig *rig)
{
    if (rig->is_open) {
        close_at_event(rig);
    }
}

static void test_close_inside_on_open(void **state)
{
    struct tls_rig *rig = *state;

    rig->on_event = close_when_open;
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    assert_closed(rig, STREAM_FAULT_NONE, "closed as asked");
}

int main(void)
{
#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, on_setup, on_teardown)
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_opens_with_the_newest_version_and_checks_the_name),
        TLS_TEST(test_opens_with_1_2),
        TLS_TEST(test_all_kinds_of_certificates_are_understood),
        TLS_TEST(test_stricter_servers_are_spoken_to),
        TLS_TEST(test_resumes_in_1_3),
        TLS_TEST(test_resumes_in_1_3_with_a_server_that_remembers),
        TLS_TEST(test_resumes_in_1_2_by_ticket),
        TLS_TEST(test_resumes_in_1_2_by_id),
        TLS_TEST(test_a_server_that_forgot_gets_a_full_handshake),
        TLS_TEST(test_a_server_that_learned_1_3_is_spoken_to_in_1_3),
        TLS_TEST(test_a_server_that_gave_1_2_up_costs_one_try),
        TLS_TEST(test_damaged_sessions_are_ignored),
        TLS_TEST(test_a_session_does_not_outlive_the_certificate),
        TLS_TEST(test_a_session_belongs_to_the_trust_it_was_made_with),
        TLS_TEST(test_a_session_of_1_2_survives_a_cut),
        TLS_TEST(test_much_goes_both_ways_intact),
        TLS_TEST(test_odd_pieces_and_a_room_of_one_byte),
        TLS_TEST(test_one_write_is_one_record_and_one_send),
        TLS_TEST(test_a_send_at_a_time),
        TLS_TEST(test_a_room_without_end_is_told_by_an_event),
        TLS_TEST(test_key_updates_are_answered_but_not_without_end),
        TLS_TEST(test_close_says_goodbye_if_there_is_room),
        TLS_TEST(test_the_peer_closes_with_and_without_a_word),
        TLS_TEST(test_what_carries_it_fails),
        TLS_TEST(test_open_is_refused_as_the_contract_says),
        TLS_TEST(test_close_at_any_moment),
        TLS_TEST(test_close_inside_on_open),
    };

    return cmocka_run_group_tests(tests, on_group_setup, on_group_teardown);
}
