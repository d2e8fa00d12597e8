/* Sessions as bytes that can be kept: a tag of the trust and the name they belong to, then OpenSSL's own form. */
#include "tls_private.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

void tls_fresh_add(struct tls_fresh *fresh, struct ssl_session_st *session)
{
    if (fresh->count < TLS_FRESH_MAX && SSL_SESSION_up_ref(session)) {
        fresh->sessions[fresh->count++] = session;
    }
}

int tls_session_on_new(struct ssl_st *ssl, struct ssl_session_st *session)
{
    tls_fresh_add(&((struct tls_behind *)SSL_get_app_data(ssl))->fresh, session);
    return 0; /* the reference that came with the call is not kept */
}

void tls_fresh_drop(struct tls_fresh *fresh)
{
    while (fresh->count) {
        SSL_SESSION_free(fresh->sessions[--fresh->count]);
    }
}

size_t tls_session_pack(struct ssl_session_st *session, const uint8_t tag[TLS_TAG_BYTES],
                        uint8_t bytes[TLS_SESSION_MAX])
{
    int len = i2d_SSL_SESSION(session, NULL);
    unsigned char *at = bytes + TLS_TAG_BYTES;

    if (!SSL_SESSION_is_resumable(session) || len <= 0 || len > TLS_SESSION_MAX - TLS_TAG_BYTES) {
        return 0;
    }
    memcpy(bytes, tag, TLS_TAG_BYTES);
    i2d_SSL_SESSION(session, &at);
    return TLS_TAG_BYTES + (size_t)len;
}

/* A resumption does not look at the certificate again; so its end is looked at here. */
static bool is_valid_at(SSL_SESSION *session, int64_t wall_ms)
{
    const X509 *certificate = SSL_SESSION_get0_peer(session);

    return certificate && tls_certificate_time_ms(X509_get0_notAfter(certificate)) > wall_ms;
}

struct ssl_session_st *tls_session_unpack(const uint8_t *bytes, size_t len, const uint8_t tag[TLS_TAG_BYTES],
                                          int64_t wall_ms)
{
    const unsigned char *at = bytes + TLS_TAG_BYTES;

    if (len <= TLS_TAG_BYTES || len > TLS_SESSION_MAX || memcmp(bytes, tag, TLS_TAG_BYTES) != 0) {
        return NULL;
    }
    SSL_SESSION *session = d2i_SSL_SESSION(NULL, &at, (long)(len - TLS_TAG_BYTES));
    ERR_clear_error();
    if (session &&
        (at != bytes + len || !SSL_SESSION_is_resumable(session) || !is_valid_at(session, wall_ms))) {
        SSL_SESSION_free(session);
        return NULL;
    }
    return session;
}

bool tls_session_is_lasting(const struct ssl_session_st *session)
{
    return SSL_SESSION_get_protocol_version(session) == TLS1_2_VERSION;
}
