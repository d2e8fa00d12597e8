/*
 * With whom TLS does not go on, and what it says about it: certificates, clocks, old servers, and what is no TLS.
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

#define DAY_MS INT64_C(86400000)

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
    *state = tls_rig_create(&papers, 11);
    return 0;
}

static int on_teardown(void **state)
{
    tls_rig_destroy(*state);
    return 0;
}

static void assert_refused(struct tls_rig *rig, const char *why)
{
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_string_equal(rig->why, why);
    assert_int_equal(rig->sessions, 0);
}

static void assert_accepted(struct tls_rig *rig)
{
    tls_rig_open(rig, 1000);
    assert_string_equal(rig->why, "");
    assert_int_equal(rig->opens, 1);
    tls_rig_close(rig);
}

/* A server with the certificate that is wished, under the rig's authority. */
static void show(struct tls_rig *rig, const struct tls_paper_wish *wish)
{
    struct tls_paper paper;

    tls_papers_issue(&papers, &paper, wish);
    tls_peer_end(&rig->peer);
    tls_peer_begin(&rig->peer, rig->fake, &paper, &papers.between);
    tls_paper_free(&paper);
}

/* ---- time ---- */

static void test_an_expired_certificate(void **state)
{
    struct tls_rig *rig = *state;

    show(rig, &(struct tls_paper_wish){
                  .name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME, .from_day = -90, .to_day = -13});
    assert_refused(rig,
                   "the server's certificate expired on 2027-01-02; this machine believes it is 2027-01-15 "
                   "08:00 UTC: if that is right, the server needs a new one");
    assert_string_equal(tls_stream_info(rig->tls)->subject, "CN=" TLS_RIG_NAME);
    rig->clock = TLS_CLOCK_FLOOR; /* it is even later */
    assert_refused(rig,
                   "the server's certificate expired on 2027-01-02; this machine believes it is 2027-01-15 "
                   "08:00 UTC: if that is right, the server needs a new one");
    rig->wall_ms -= 14 * DAY_MS;
    assert_accepted(rig);
}

static void test_a_certificate_that_is_not_valid_yet(void **state)
{
    struct tls_rig *rig = *state;

    rig->wall_ms -= 40 * DAY_MS;
    assert_refused(rig,
                   "the authority's certificate (CN=Test Root) is not valid before 2026-12-16; this machine "
                   "believes it is 2026-12-06 08:00 UTC: if that is wrong, set its clock");
    assert_false(tls_stream_info(rig->tls)->clock_was_doubtful);
}

static void test_not_yet_is_tolerated_when_the_time_is_only_a_floor(void **state)
{
    struct tls_rig *rig = *state;

    rig->wall_ms -= 40 * DAY_MS;
    rig->clock = TLS_CLOCK_FLOOR;
    assert_accepted(rig);
    assert_true(tls_stream_info(rig->tls)->clock_was_doubtful);
    assert_int_equal(rig->sessions, 0); /* or the certificate would not be looked at again */
    rig->wall_ms += 40 * DAY_MS;
    rig->clock = TLS_CLOCK_KNOWN;
    assert_accepted(rig);
    assert_false(tls_stream_info(rig->tls)->clock_was_doubtful);
    assert_true(rig->sessions > 0);
}

static void test_a_floor_excuses_nothing_else(void **state)
{
    struct tls_rig *rig = *state;

    rig->wall_ms -= 40 * DAY_MS;
    rig->clock = TLS_CLOCK_FLOOR;
    tls_stream_use(rig->tls, rig->context, "b.example");
    assert_refused(rig, "the certificate is for blynk.example, not for b.example");
}

static void test_an_expired_authority(void **state)
{
    struct tls_rig *rig = *state;
    struct tls_paper between;
    struct tls_paper server;

    tls_paper_make(
        &between, &papers.authority,
        &(struct tls_paper_wish){.name = "Old Between", .authority = true, .from_day = -9, .to_day = -2});
    tls_paper_make(&server, &between,
                   &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME});
    tls_peer_show(&rig->peer, &server, &between);
    assert_refused(
        rig, "the authority's certificate (CN=Old Between) expired on 2027-01-13; this machine believes "
             "it is 2027-01-15 08:00 UTC: if that is right, the server needs a new one");
    tls_paper_free(&between);
    tls_paper_free(&server);
}

/* ---- names ---- */

static void test_a_certificate_for_others(void **state)
{
    struct tls_rig *rig = *state;

    show(rig, &(struct tls_paper_wish){.name = "x", .others = "DNS:a.example"});
    assert_refused(rig, "the certificate is for a.example, not for blynk.example");
    show(rig, &(struct tls_paper_wish){.name = TLS_RIG_NAME,
                                       .others = "DNS:a.example,IP:192.0.2.1,DNS:c.example,IP:2001:db8::1"});
    assert_refused(rig, "the certificate is for a.example, 192.0.2.1 and 2 more, not for blynk.example");
    show(rig, &(struct tls_paper_wish){.name = "only.common"});
    assert_refused(rig, "the certificate is for only.common, not for blynk.example");
}

static void test_names_with_stars(void **state)
{
    struct tls_rig *rig = *state;

    show(rig, &(struct tls_paper_wish){.name = "x", .others = "DNS:*.blynk.example"});
    tls_stream_use(rig->tls, rig->context, "fra1.blynk.example");
    assert_accepted(rig);
    rig->session_len = 0;
    rig->sessions = 0;
    tls_stream_use(rig->tls, rig->context, "a.fra1.blynk.example");
    assert_refused(rig, "the certificate is for *.blynk.example, not for a.fra1.blynk.example");
    show(rig, &(struct tls_paper_wish){.name = "x", .others = "DNS:b*.example"});
    tls_stream_use(rig->tls, rig->context, "");
    assert_refused(rig, "the certificate is for b*.example, not for blynk.example");
}

static void test_a_name_with_a_dot_behind_it(void **state)
{
    struct tls_rig *rig = *state;

    tls_stream_use(rig->tls, rig->context, TLS_RIG_NAME ".");
    assert_accepted(rig);
    assert_string_equal(rig->peer.name, TLS_RIG_NAME);
}

static void test_addresses(void **state)
{
    struct tls_rig *rig = *state;

    show(rig, &(struct tls_paper_wish){.name = "192.0.2.7", .others = "IP:192.0.2.1,IP:2001:db8::1"});
    tls_stream_use(rig->tls, rig->context, "192.0.2.1");
    assert_accepted(rig);
    assert_string_equal(rig->peer.name, "");
    tls_stream_use(rig->tls, rig->context, "2001:db8:0::1");
    assert_accepted(rig);
    rig->sessions = 0;
    tls_stream_use(rig->tls, rig->context, "192.0.2.7"); /* an address is not looked for in the common name */
    assert_refused(rig, "the certificate is for 192.0.2.1, 2001:db8::1, not for 192.0.2.7");
}

/* ---- trust ---- */

static void test_a_self_signed_certificate(void **state)
{
    struct tls_rig *rig = *state;
    struct tls_paper paper;

    tls_paper_make(&paper, NULL,
                   &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME});
    tls_peer_show(&rig->peer, &paper, NULL);
    assert_refused(rig,
                   "the server's certificate is self-signed and not known here; if it is your own server, "
                   "name a copy of it as ca_file");
    tls_paper_free(&paper);
}

static void test_an_unknown_issuer(void **state)
{
    struct tls_rig *rig = *state;
    struct tls_paper other;
    struct tls_paper paper;

    tls_peer_show(&rig->peer, &papers.server, NULL); /* the certificate between is not sent */
    assert_refused(
        rig, "the server's certificate comes from an unknown issuer (CN=Test Between): ca_file does not "
             "hold that issuer's certificate");
    tls_paper_make(&other, NULL, &(struct tls_paper_wish){.name = "Other Root", .authority = true});
    tls_paper_make(&paper, &other,
                   &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME});
    tls_peer_show(&rig->peer, &paper, &other);
    assert_refused(rig,
                   "the server's certificate comes from an unknown issuer (CN=Other Root): ca_file does not "
                   "hold that issuer's certificate");
    tls_paper_free(&paper);
    tls_paper_free(&other);
}

static void test_an_issuer_that_may_not_issue(void **state)
{
    struct tls_rig *rig = *state;
    struct tls_paper paper;

    tls_paper_make(&paper, &papers.server,
                   &(struct tls_paper_wish){.name = "evil.example", .others = "DNS:evil.example"});
    tls_peer_show(&rig->peer, &paper, &papers.server);
    SSL_CTX_add1_chain_cert(rig->peer.context, papers.between.certificate);
    tls_stream_use(rig->tls, rig->context, "evil.example");
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 0);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    tls_paper_free(&paper);
}

static void test_a_weak_key(void **state)
{
    struct tls_rig *rig = *state;

    show(rig,
         &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = "DNS:" TLS_RIG_NAME, .key = "RSA-1024"});
    assert_refused(rig,
                   "the server's certificate is too weak (EE certificate key too weak): the server needs a "
                   "new one");
}

static void test_a_chain_without_end(void **state)
{
    struct tls_rig *rig = *state;
    char *names = malloc(60000);
    size_t len = 0;

    for (int i = 0; i < 2000; i++) {
        len += (size_t)sprintf(names + len, "%sDNS:host%04d.example", i ? "," : "", i);
    }
    rig->fake->whole = true;
    show(rig, &(struct tls_paper_wish){.name = TLS_RIG_NAME, .others = names});
    free(names);
    assert_refused(rig, "the TLS handshake with blynk.example:443 failed: excessive message size");
}

/* ---- servers that cannot ---- */

static void test_a_server_from_another_time(void **state)
{
    static const uint8_t hello_1_1[] = {0x16, 3, 2, 0, 42, 2, 0, 0, 38, 3, 2, 1, 2, 3,    4,  5,
                                        6,    7, 8, 9, 10, 1, 2, 3, 4,  5, 6, 7, 8, 9,    10, 1,
                                        2,    3, 4, 5, 6,  7, 8, 9, 10, 1, 2, 0, 0, 0x2F, 0};
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_VERSION, TLS1_1_VERSION);
    assert_refused(
        rig, "blynk.example:443 speaks no TLS that is safe: 1.2 or 1.3 is needed, so the server must be "
             "updated");
    rig->fake->on_written = NULL; /* an even older one, which answers with what it has */
    tls_rig_open(rig, 100);
    fake_stream_feed(rig->fake, hello_1_1, sizeof(hello_1_1));
    sched_advance(rig->sched, 1000);
    assert_int_equal(rig->closes, 1);
    assert_string_equal(rig->why,
                        "blynk.example:443 speaks no TLS that is safe: 1.2 or 1.3 is needed, so the "
                        "server must be updated");
}

static void test_a_server_without_a_modern_cipher(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    assert_true(SSL_CTX_set_cipher_list(rig->peer.context, "ECDHE-ECDSA-AES128-SHA"));
    assert_refused(rig,
                   "blynk.example:443 refused the TLS handshake: it has no modern cipher, or wants something "
                   "else of its clients");
}

static int refuse_name(SSL *ssl, int *alert, void *arg)
{
    (void)ssl;
    (void)arg;
    *alert = SSL_AD_UNRECOGNIZED_NAME;
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void test_a_server_that_does_not_know_the_name(void **state)
{
    struct tls_rig *rig = *state;

    SSL_CTX_set_tlsext_servername_callback(rig->peer.context, refuse_name);
    assert_refused(rig, "blynk.example:443 does not know the name blynk.example: is `server` right?");
}

static void test_a_server_that_wants_a_client_certificate(void **state)
{
    struct tls_rig *rig = *state;

    SSL_CTX_set_verify(rig->peer.context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    tls_rig_open(rig, 1000); /* in 1.3 a client is told only when it believes itself open */
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_string_equal(rig->why,
                        "blynk.example:443 wants a certificate of its clients, which is not supported");
}

static void test_renegotiation_is_not_joined(void **state)
{
    struct tls_rig *rig = *state;

    tls_peer_versions(&rig->peer, TLS1_2_VERSION, TLS1_2_VERSION);
    tls_rig_open(rig, 1000);
    assert_int_equal(rig->opens, 1);
    fake_stream_forget_written(rig->fake);
    assert_true(SSL_renegotiate(rig->peer.ssl));
    SSL_do_handshake(rig->peer.ssl);
    tls_peer_push(&rig->peer);
    sched_advance(rig->sched, 1000);
    assert_int_equal(rig->opens, 1);
    assert_int_equal(rig->handshakes, 1);
    assert_true(buf_len(&rig->fake->written) > 0);
    assert_true(buf_len(&rig->fake->written) < 70); /* a warning, and no ClientHello */
}

/* ---- no TLS at all ---- */

static void answer(struct tls_rig *rig, const char *text)
{
    rig->fake->on_written = NULL;
    tls_rig_open(rig, 100);
    fake_stream_feed(rig->fake, text, strlen(text));
}

static void test_a_login_page_answers(void **state)
{
    struct tls_rig *rig = *state;

    answer(rig, "HTTP/1.1 302 Found\r\nLocation: http://login.example/\r\n\r\n");
    sched_settle(rig->sched);
    sched_advance(rig->sched, 10);
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_string_equal(rig->why,
                        "the server at blynk.example:443 does not speak TLS; it answered \"HTTP/1.1 302 "
                        "Found\": wrong port, or a login page on the way?");
}

static void test_a_long_answer_is_cut_and_made_printable(void **state)
{
    struct tls_rig *rig = *state;

    answer(rig, "220 \x1B[31mmail\xFF.example and much more that nobody wants to read");
    sched_advance(rig->sched, 10);
    assert_string_equal(
        rig->why, "the server at blynk.example:443 does not speak TLS; it answered "
                  "\"220 .[31mmail..example and much more tha\": wrong port, or a login page on the way?");
}

static void test_a_short_answer_is_told_when_nothing_follows(void **state)
{
    struct tls_rig *rig = *state;

    answer(rig, "nope");
    sched_advance(rig->sched, 1500);
    assert_int_equal(rig->closes, 0);
    sched_advance(rig->sched, 1000);
    assert_int_equal(rig->closes, 1);
    assert_non_null(strstr(rig->why, "it answered \"nope\""));
    answer(rig, "no");
    fake_stream_end(rig->fake, STREAM_FAULT_PEER, "closed");
    sched_advance(rig->sched, 100);
    assert_int_equal(rig->closes, 1);
    assert_int_equal(rig->fault, STREAM_FAULT_TLS);
    assert_non_null(strstr(rig->why, "it answered \"no\""));
    answer(rig, "no");
    sched_advance(rig->sched, 100);
    tls_rig_close(rig);
    assert_int_equal(rig->fault, STREAM_FAULT_NONE);
}

static void test_a_server_that_hangs_up(void **state)
{
    struct tls_rig *rig = *state;

    rig->peer.cut_at = 0;
    assert_refused(rig, "blynk.example:443 closed the connection when TLS began: is that a port for TLS?");
    rig->peer.cut_at = 100;
    assert_refused(rig, "blynk.example:443 closed the connection in the middle of the TLS handshake");
}

static void test_a_silent_server_is_the_users_to_give_up(void **state)
{
    struct tls_rig *rig = *state;

    answer(rig, "");
    sched_advance(rig->sched, 3600000);
    assert_int_equal(rig->closes, 0);
    tls_rig_close(rig);
    assert_int_equal(rig->fault, STREAM_FAULT_NONE);
}

static void test_records_without_end(void **state)
{
    static const uint8_t headers[][5] = {
        {0x16, 3, 3, 0xFF, 0xFF}, {0x17, 3, 3, 0x48, 0}, {0x16, 3, 3, 0x40, 0}};
    struct tls_rig *rig = *state;
    uint8_t *zeros = calloc(1, 70000);

    for (size_t i = 0; i < 2 * sizeof(headers) / sizeof(headers[0]); i++) {
        bool open = i % 2;
        rig->fake->on_written = NULL;
        if (open) {
            tls_peer_end(&rig->peer);
            tls_peer_begin(&rig->peer, rig->fake, &papers.server, &papers.between);
        }
        tls_rig_open(rig, 1000);
        assert_int_equal(rig->opens, open);
        fake_stream_feed(rig->fake, headers[i / 2], sizeof(headers[0]));
        fake_stream_feed(rig->fake, zeros, 70000);
        rig->fake->whole = true;
        sched_advance(rig->sched, 1000);
        assert_int_equal(rig->closes, 1);
        assert_int_equal(rig->fault, STREAM_FAULT_TLS);
        assert_int_equal(buf_len(&rig->received), 0);
    }
    free(zeros);
}

int main(void)
{
#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, on_setup, on_teardown)
    const struct CMUnitTest tests[] = {
        TLS_TEST(test_an_expired_certificate),
        TLS_TEST(test_a_certificate_that_is_not_valid_yet),
        TLS_TEST(test_not_yet_is_tolerated_when_the_time_is_only_a_floor),
        TLS_TEST(test_a_floor_excuses_nothing_else),
        TLS_TEST(test_an_expired_authority),
        TLS_TEST(test_a_certificate_for_others),
        TLS_TEST(test_names_with_stars),
        TLS_TEST(test_a_name_with_a_dot_behind_it),
        TLS_TEST(test_addresses),
        TLS_TEST(test_a_self_signed_certificate),
        TLS_TEST(test_an_unknown_issuer),
        TLS_TEST(test_an_issuer_that_may_not_issue),
        TLS_TEST(test_a_weak_key),
        TLS_TEST(test_a_chain_without_end),
        TLS_TEST(test_a_server_from_another_time),
        TLS_TEST(test_a_server_without_a_modern_cipher),
        TLS_TEST(test_a_server_that_does_not_know_the_name),
        TLS_TEST(test_a_server_that_wants_a_client_certificate),
        TLS_TEST(test_renegotiation_is_not_joined),
        TLS_TEST(test_a_login_page_answers),
        TLS_TEST(test_a_long_answer_is_cut_and_made_printable),
        TLS_TEST(test_a_short_answer_is_told_when_nothing_follows),
        TLS_TEST(test_a_server_that_hangs_up),
        TLS_TEST(test_a_silent_server_is_the_users_to_give_up),
        TLS_TEST(test_records_without_end),
    };

    return cmocka_run_group_tests(tests, on_group_setup, on_group_teardown);
}
