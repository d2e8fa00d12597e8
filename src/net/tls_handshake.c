/* The handshake: what is offered, and what comes out. */
#include "tls_private.h"

#include "blynkd/base/secret.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

/* ---- sessions ---- */

void tls_tell_session(struct tls_stream *tls, SSL_SESSION *session)
{
    uint8_t bytes[TLS_SESSION_MAX];
    size_t len = tls->info.clock_was_doubtful ? 0 : tls_session_pack(session, tls->tag, bytes);

    if (len) {
        tls->events.on_session(tls->arg, tls->name, bytes, len);
        secret_wipe(bytes, len);
    }
}

void tls_tell_fresh(struct tls_stream *tls)
{
    for (unsigned i = 0; i < tls->behind.fresh.count; i++) {
        tls_tell_session(tls, tls->behind.fresh.sessions[i]);
    }
    tls_fresh_drop(&tls->behind.fresh);
}

/*
 * A session of 1.2 is resumed by a ClientHello that speaks of nothing newer: it is 60 bytes shorter. A server that
 * could do 1.3 says so in the end of its random bytes (RFC 8446, 4.1.3); its session is let go, and the next
 * connection begins with all that there is.
 */
static bool could_be_newer(const SSL *ssl)
{
    static const unsigned char mark[] = {'D', 'O', 'W', 'N', 'G', 'R', 'D', 1};
    unsigned char random[SSL3_RANDOM_SIZE] = {0};

    SSL_get_server_random(ssl, random, sizeof(random));
    return memcmp(random + sizeof(random) - sizeof(mark), mark, sizeof(mark)) == 0;
}

static void offer_session(struct tls_stream *tls)
{
    uint8_t bytes[TLS_SESSION_MAX];
    size_t len = tls->events.take_session(tls->arg, tls->name, bytes);

    if (!len) {
        return;
    }
    tls->offered = tls_session_unpack(bytes, len, tls->tag, tls->behind.check.wall_ms);
    secret_wipe(bytes, sizeof(bytes));
    if (tls->offered && !SSL_set_session(tls->ssl, tls->offered)) {
        SSL_SESSION_free(tls->offered);
        tls->offered = NULL;
    }
    if (tls->offered && tls_session_is_lasting(tls->offered)) {
        SSL_set_max_proto_version(tls->ssl, TLS1_2_VERSION);
    }
}

/* ---- the handshake ---- */

static void became_open(struct tls_stream *tls)
{
    if (!tls_check_passed(tls->ssl)) { /* cannot be: OpenSSL ended the handshake then */
        tls_give_up(tls, STREAM_FAULT_TLS, "the server's certificate was not verified");
        return;
    }
    tls->info.resumed = SSL_session_reused(tls->ssl);
    snprintf(tls->info.version, sizeof(tls->info.version), "%s",
             SSL_version(tls->ssl) == TLS1_3_VERSION ? "TLS 1.3" : "TLS 1.2");
    snprintf(tls->info.cipher, sizeof(tls->info.cipher), "%s", SSL_get_cipher_name(tls->ssl));
    tls_certificate_describe(SSL_get0_peer_certificate(tls->ssl), &tls->info);
    if (tls->info.resumed && !tls->behind.fresh.count && tls_session_is_lasting(tls->offered)) {
        tls_fresh_add(&tls->behind.fresh, SSL_get_session(tls->ssl));
    }
    if (SSL_version(tls->ssl) == TLS1_2_VERSION && could_be_newer(tls->ssl)) {
        tls_fresh_drop(&tls->behind.fresh);
    }
    SSL_SESSION_free(tls->offered);
    tls->offered = NULL;
    tls->state = TLS_OPEN;
    tls->stream.events.on_open(tls->stream.arg);
}

void tls_handshake_go_on(struct tls_stream *tls)
{
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    int error = result == 1 ? SSL_ERROR_NONE : SSL_get_error(tls->ssl, result);

    tls_flush(tls); /* also the alert that tells the server why not */
    if (result == 1 && tls->state == TLS_HANDSHAKE) {
        became_open(tls);
    } else if (error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ) {
        tls_give_up_found(tls);
    }
}

/* false: no memory, or a name that cannot be checked. */
static bool prepare(struct tls_stream *tls)
{
    struct tls_check *check = &tls->behind.check;

    memset(&tls->behind, 0, sizeof(tls->behind));
    check->name = tls->name;
    check->own_authorities = tls->context->own_authorities;
    check->clock = tls->events.clock(tls->arg, &check->wall_ms);
    check->info = &tls->info;
    tls_context_tag(tls->context, tls->name, tls->tag);
    tls->ssl = SSL_new(tls->context->ssl);
    tls->in = tls->ssl ? BIO_new(BIO_s_mem()) : NULL;
    tls->out = tls->in ? BIO_new(BIO_s_mem()) : NULL;
    if (!tls->out) {
        BIO_free(tls->in);
        return false;
    }
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_app_data(tls->ssl, &tls->behind);
    SSL_set_connect_state(tls->ssl);
    return tls_check_begin(check, tls->ssl);
}

void tls_handshake_begin(struct tls_stream *tls)
{
    if (!prepare(tls)) {
        tls_give_up(tls, STREAM_FAULT_TLS,
                    "TLS could not begin: no memory, or the server's name cannot be used");
        return;
    }
    offer_session(tls);
    tls_handshake_go_on(tls);
}
