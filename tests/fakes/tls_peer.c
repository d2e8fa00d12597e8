#include "tls_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#define KEPT_MAX ((size_t)8 << 20)

/* Through the damage that was ordered. */
static void send(struct tls_peer *peer, uint8_t *data, size_t len)
{
    size_t before = peer->sent;

    assert_int_equal(buf_append(&peer->said, data, len), 0);
    if (peer->flip_at >= before && peer->flip_at < before + len) {
        data[peer->flip_at - before] ^= peer->flip_with;
    }
    if (before + len >= peer->cut_at) {
        size_t rest = peer->cut_at > before ? peer->cut_at - before : 0;
        fake_stream_feed(peer->fake, data, rest);
        peer->sent += rest;
        if (before <= peer->cut_at) {
            fake_stream_end(peer->fake, STREAM_FAULT_PEER, "closed");
        }
        peer->sent = peer->cut_at + 1;
        return;
    }
    peer->sent += len;
    fake_stream_feed(peer->fake, data, len);
}

void tls_peer_push(struct tls_peer *peer)
{
    uint8_t bytes[4096];
    int len;

    while ((len = BIO_read(peer->out, bytes, sizeof(bytes))) > 0) {
        send(peer, bytes, (size_t)len);
    }
}

static void read_all(struct tls_peer *peer)
{
    uint8_t bytes[4096];
    int len;

    while ((len = SSL_read(peer->ssl, bytes, sizeof(bytes))) > 0) {
        assert_int_equal(buf_append(&peer->received, bytes, (size_t)len), 0);
        if (peer->echo) {
            assert_int_equal(SSL_write(peer->ssl, bytes, len), len);
        }
    }
    if (SSL_get_error(peer->ssl, len) == SSL_ERROR_ZERO_RETURN) {
        peer->goodbyes++;
    }
}

static void on_turn(void *arg)
{
    struct tls_peer *peer = arg;

    if (!peer->ssl) {
        return;
    }
    ERR_clear_error();
    if (!peer->is_open && SSL_do_handshake(peer->ssl) == 1) {
        peer->is_open = true;
        peer->was_resumed = SSL_session_reused(peer->ssl);
        snprintf(peer->name, sizeof(peer->name), "%s",
                 SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name)
                     ? SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name)
                     : "");
    }
    if (peer->is_open) {
        read_all(peer);
    }
    tls_peer_push(peer);
    ERR_clear_error();
}

static void on_written(void *observer, const uint8_t *data, size_t len)
{
    struct tls_peer *peer = observer;

    BIO_write(peer->in, data, (int)len);
    task_post(peer->sched, &peer->turn);
}

static void on_connection(struct fake_stream *fake, void *observer)
{
    struct tls_peer *peer = observer;

    (void)fake;
    if (peer->ssl) { /* a connection that just ended is no reason to forget its session */
        SSL_set_shutdown(peer->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(peer->ssl);
    peer->ssl = SSL_new(peer->context);
    assert_non_null(peer->ssl);
    peer->in = BIO_new(BIO_s_mem());
    peer->out = BIO_new(BIO_s_mem());
    SSL_set_bio(peer->ssl, peer->in, peer->out);
    SSL_set_accept_state(peer->ssl);
    peer->is_open = false;
    peer->sent = 0;
    buf_clear(&peer->received);
    buf_clear(&peer->said);
}

void tls_peer_show(struct tls_peer *peer, const struct tls_paper *paper, const struct tls_paper *between)
{
    assert_true(SSL_CTX_use_cert_and_key(peer->context, paper->certificate, paper->key, NULL, 1));
    SSL_CTX_clear_extra_chain_certs(peer->context);
    SSL_CTX_clear_chain_certs(peer->context);
    if (between) {
        assert_true(SSL_CTX_add1_chain_cert(peer->context, between->certificate));
    }
}

void tls_peer_versions(struct tls_peer *peer, int lowest, int highest)
{
    assert_true(SSL_CTX_set_min_proto_version(peer->context, lowest));
    assert_true(SSL_CTX_set_max_proto_version(peer->context, highest));
}

void tls_peer_begin(struct tls_peer *peer, struct fake_stream *fake, const struct tls_paper *paper,
                    const struct tls_paper *between)
{
    memset(peer, 0, sizeof(*peer));
    peer->fake = fake;
    peer->sched = fake->sched;
    peer->cut_at = SIZE_MAX;
    peer->flip_at = SIZE_MAX;
    peer->flip_with = 1;
    peer->context = SSL_CTX_new(TLS_server_method());
    assert_non_null(peer->context);
    SSL_CTX_set_security_level(peer->context, 0);
    SSL_CTX_set_session_id_context(peer->context, (const unsigned char *)"test", 4);
    tls_peer_show(peer, paper, between);
    buf_init(&peer->received, KEPT_MAX);
    buf_init(&peer->said, KEPT_MAX);
    task_init(&peer->turn, on_turn, peer);
    fake->decide = on_connection;
    fake->on_written = on_written;
    fake->observer = peer;
}

void tls_peer_end(struct tls_peer *peer)
{
    task_cancel(&peer->turn);
    SSL_free(peer->ssl);
    SSL_CTX_free(peer->context);
    buf_free(&peer->received);
    buf_free(&peer->said);
}

void tls_peer_send(struct tls_peer *peer, const void *data, size_t len)
{
    assert_int_equal(SSL_write(peer->ssl, data, (int)len), (int)len);
    tls_peer_push(peer);
}
