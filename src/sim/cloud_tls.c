#include "cloud_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "cloud_tls_context.h"

#define PIECE_BYTES 16384

struct cloud_tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    struct cloud_tls_facts facts;
};

/* As it stands in the ClientHello: SSL_get_servername() forgets it where TLS 1.2 resumes a session. */
static int on_client_hello(SSL *ssl, int *alert, void *arg)
{
    struct cloud_tls *tls = SSL_get_app_data(ssl);
    const unsigned char *data;
    size_t len, name_len;

    (void)alert;
    (void)arg;
    /* The list's length, the kind of name (0: of a host), the name's length, the name. */
    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &len) != 1 || len < 5 || data[2] != 0)
        return SSL_CLIENT_HELLO_SUCCESS;
    name_len = (size_t)data[3] << 8 | data[4];
    if (name_len <= len - 5)
        snprintf(tls->facts.name, sizeof tls->facts.name, "%.*s", (int)name_len, (const char *)data + 5);
    return SSL_CLIENT_HELLO_SUCCESS;
}

struct cloud_tls *cloud_tls_open(struct cloud_tls_server *server, enum cloud_cert cert)
{
    struct cloud_tls *tls = cloud_alloc(sizeof *tls);

    tls->ssl = SSL_new(cloud_tls_context(server, cert));
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->ssl == NULL || tls->in == NULL || tls->out == NULL) {
        fputs("blynksim cloud: out of memory\n", stderr);
        abort();
    }
    SSL_set_app_data(tls->ssl, tls);
    SSL_CTX_set_client_hello_cb(SSL_get_SSL_CTX(tls->ssl), on_client_hello, NULL);
    BIO_set_mem_eof_return(tls->in, -1);
    BIO_set_mem_eof_return(tls->out, -1);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_accept_state(tls->ssl);
    return tls;
}

void cloud_tls_free(struct cloud_tls *tls)
{
    if (tls == NULL)
        return;
    /* A lost line without a goodbye would make OpenSSL forget the session, which is good all the same. */
    if (tls->facts.done && !tls->facts.failed)
        SSL_set_shutdown(tls->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(tls->ssl);
    free(tls);
}

const struct cloud_tls_facts *cloud_tls_facts(const struct cloud_tls *tls)
{
    return &tls->facts;
}

void cloud_tls_give_up(struct cloud_tls *tls, const char *why)
{
    if (tls->facts.failed)
        return;
    tls->facts.failed = true;
    snprintf(tls->facts.failure, sizeof tls->facts.failure, "%s", why);
}

static void tls_drain(struct cloud_tls *tls, struct cloud_bytes *wire)
{
    char *data;
    long len = BIO_get_mem_data(tls->out, &data);

    if (len <= 0)
        return;
    cloud_bytes_append(wire, data, (size_t)len);
    (void)BIO_reset(tls->out);
    if (!tls->facts.done)
        tls->facts.handshake_out_bytes += (uint64_t)len;
}

static enum cloud_tls_result tls_failed(struct cloud_tls *tls)
{
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    cloud_tls_give_up(tls, reason != NULL ? reason : "no reason given");
    ERR_clear_error();
    return CLOUD_TLS_FAILED;
}

static enum cloud_tls_result tls_handshake(struct cloud_tls *tls, struct cloud_bytes *wire)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    tls_drain(tls, wire);
    if (result != 1)
        return SSL_get_error(tls->ssl, result) == SSL_ERROR_WANT_READ ? CLOUD_TLS_GOES_ON : tls_failed(tls);
    tls->facts.handshake_in_bytes -= (uint64_t)BIO_pending(tls->in); /* what came with its last bytes */
    tls->facts.done = true;
    tls->facts.resumed = SSL_session_reused(tls->ssl) == 1;
    snprintf(tls->facts.version, sizeof tls->facts.version, "%s", SSL_get_version(tls->ssl));
    snprintf(tls->facts.cipher, sizeof tls->facts.cipher, "%s", SSL_get_cipher_name(tls->ssl));
    return CLOUD_TLS_GOES_ON;
}

enum cloud_tls_result cloud_tls_feed(struct cloud_tls *tls, const void *data, size_t len,
                                     struct cloud_bytes *plain, struct cloud_bytes *wire)
{
    enum cloud_tls_result result = CLOUD_TLS_GOES_ON;
    char piece[PIECE_BYTES];
    int count, error;

    BIO_write(tls->in, data, (int)len);
    if (!tls->facts.done) {
        tls->facts.handshake_in_bytes += len;
        result = tls_handshake(tls, wire);
    }
    if (!tls->facts.done)
        return result;
    ERR_clear_error();
    while ((count = SSL_read(tls->ssl, piece, sizeof piece)) > 0)
        cloud_bytes_append(plain, piece, (size_t)count);
    error = SSL_get_error(tls->ssl, count);
    if (error == SSL_ERROR_ZERO_RETURN)
        result = CLOUD_TLS_ENDED;
    else if (error != SSL_ERROR_WANT_READ)
        result = tls_failed(tls);
    tls_drain(tls, wire);
    return result;
}

void cloud_tls_seal(struct cloud_tls *tls, const void *data, size_t len, struct cloud_bytes *wire)
{
    ERR_clear_error();
    /* A memory buffer takes everything: what fails here has failed in reading, which has told it. */
    if (len > 0 && tls->facts.done)
        SSL_write(tls->ssl, data, (int)len);
    tls_drain(tls, wire);
}

void cloud_tls_end(struct cloud_tls *tls, struct cloud_bytes *wire)
{
    if (!tls->facts.done || tls->facts.failed)
        return;
    ERR_clear_error();
    SSL_shutdown(tls->ssl);
    tls_drain(tls, wire);
}
