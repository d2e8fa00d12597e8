#include "link_tls.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct link_tls {
    SSL_CTX *context;
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    enum link_tls_state state;
    char failure[128];
};

static bool trust(SSL_CTX *context, const struct link_tls_wish *wish)
{
    X509_STORE *store = SSL_CTX_get_cert_store(context);
    BIO *text = BIO_new_mem_buf(wish->ca, (int)wish->ca_length);
    X509 *certificate;
    int count = 0;

    while (text != NULL && (certificate = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL) {
        count += X509_STORE_add_cert(store, certificate) == 1;
        X509_free(certificate);
    }
    BIO_free(text);
    ERR_clear_error();
    return count > 0;
}

static void choose_version(SSL_CTX *context, bool old)
{
    int version = old ? TLS1_VERSION : TLS1_2_VERSION;

    if (old)
        SSL_CTX_set_security_level(context, 0); /* or OpenSSL does not even ask for it */
    SSL_CTX_set_max_proto_version(context, version);
    SSL_CTX_set_min_proto_version(context, version);
}

static bool set_up(struct link_tls *tls, const struct link_tls_wish *wish)
{
    X509_VERIFY_PARAM *param;

    choose_version(tls->context, wish->old);
    if (wish->no_p384)
        SSL_CTX_set1_groups_list(tls->context, "X25519:P-256");
    SSL_CTX_set_verify(tls->context, wish->verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
    if (wish->verify && wish->ca != NULL && !trust(tls->context, wish))
        return false;
    param = SSL_CTX_get0_param(tls->context);
    if (!wish->check_dates)
        X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_NO_CHECK_TIME);
    else if (wish->now != 0)
        X509_VERIFY_PARAM_set_time(param, wish->now);
    tls->ssl = SSL_new(tls->context);
    if (tls->ssl == NULL)
        return false;
    if (wish->name[0] != '\0')
        SSL_set_tlsext_host_name(tls->ssl, wish->name);
    if (wish->check_name && SSL_set1_host(tls->ssl, wish->host) != 1)
        return false;
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->in == NULL || tls->out == NULL)
        return false;
    BIO_set_mem_eof_return(tls->in, -1);
    BIO_set_mem_eof_return(tls->out, -1);
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    SSL_set_connect_state(tls->ssl);
    return true;
}

struct link_tls *link_tls_open(const struct link_tls_wish *wish)
{
    struct link_tls *tls = calloc(1, sizeof *tls);

    if (tls == NULL)
        return NULL;
    tls->context = SSL_CTX_new(TLS_client_method());
    if (tls->context == NULL || !set_up(tls, wish)) {
        link_tls_free(tls);
        return NULL;
    }
    link_tls_take(tls, NULL, 0);
    return tls;
}

void link_tls_free(struct link_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->context);
    free(tls);
}

static void fail(struct link_tls *tls)
{
    long verdict = SSL_get_verify_result(tls->ssl);
    const char *reason = ERR_reason_error_string(ERR_peek_error());

    tls->state = LINK_TLS_FAILED;
    if (verdict != X509_V_OK)
        reason = X509_verify_cert_error_string(verdict);
    snprintf(tls->failure, sizeof tls->failure, "%s", reason != NULL ? reason : "no reason given");
    ERR_clear_error();
}

enum link_tls_state link_tls_take(struct link_tls *tls, const void *bytes, size_t count)
{
    int result;

    if (count > 0)
        BIO_write(tls->in, bytes, (int)count);
    if (tls->state != LINK_TLS_SHAKING)
        return tls->state;
    ERR_clear_error();
    result = SSL_do_handshake(tls->ssl);
    if (result == 1)
        tls->state = LINK_TLS_DONE;
    else if (SSL_get_error(tls->ssl, result) != SSL_ERROR_WANT_READ)
        fail(tls);
    return tls->state;
}

size_t link_tls_read(struct link_tls *tls, void *out, size_t room)
{
    int count;

    ERR_clear_error();
    count = room > 0 && tls->state == LINK_TLS_DONE ? SSL_read(tls->ssl, out, (int)room) : 0;
    return count > 0 ? (size_t)count : 0;
}

bool link_tls_write(struct link_tls *tls, const void *bytes, size_t count)
{
    ERR_clear_error();
    return tls->state == LINK_TLS_DONE && SSL_write(tls->ssl, bytes, (int)count) == (int)count;
}

void link_tls_end(struct link_tls *tls)
{
    ERR_clear_error();
    if (tls->state == LINK_TLS_DONE)
        SSL_shutdown(tls->ssl);
}

size_t link_tls_wire(struct link_tls *tls, void *out, size_t room)
{
    int count = BIO_read(tls->out, out, (int)room);

    return count > 0 ? (size_t)count : 0;
}

const char *link_tls_failure(const struct link_tls *tls)
{
    return tls->failure;
}

enum link_tls_problem link_tls_problem(const struct link_tls *tls)
{
    switch (SSL_get_verify_result(tls->ssl)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return LINK_TLS_EXPIRED;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return LINK_TLS_WRONG_NAME;
    default:
        return LINK_TLS_OTHER;
    }
}
