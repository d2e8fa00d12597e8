#include "cloud_tls_context.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#define PATH_BYTES     4096
#define SECRET_BYTES   48
#define SECRETS_KEPT   64
#define SESSION_LIFE_S 86400

static const char *const cert_files[CLOUD_CERTS] = {
#define CLOUD_CERT_FILE(name, file) [name] = (file),
    CLOUD_TLS_CERTIFICATES(CLOUD_CERT_FILE)
#undef CLOUD_CERT_FILE
};

struct cloud_tls_server {
    SSL_CTX *contexts[CLOUD_CERTS];
    unsigned char secrets[SECRETS_KEPT][SECRET_BYTES]; /* of the tickets that were used last, a ring */
    size_t secret_next;
    uint64_t tickets_reused;
};

static void server_note_ticket(struct cloud_tls_server *server, const SSL_SESSION *session)
{
    unsigned char secret[SECRET_BYTES] = {0};

    SSL_SESSION_get_master_key(session, secret, sizeof secret);
    for (size_t i = 0; i < SECRETS_KEPT; i++) {
        if (memcmp(server->secrets[i], secret, sizeof secret) == 0) {
            server->tickets_reused++;
            return;
        }
    }
    memcpy(server->secrets[server->secret_next++ % SECRETS_KEPT], secret, sizeof secret);
}

static int on_ticket_made(SSL *ssl, void *arg)
{
    (void)ssl;
    (void)arg;
    return 1;
}

/* Decides as OpenSSL would without it; it is here to see a ticket that comes twice. */
static SSL_TICKET_RETURN on_ticket_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *key_name,
                                          size_t key_name_len, SSL_TICKET_STATUS status, void *arg)
{
    (void)key_name;
    (void)key_name_len;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    if (SSL_version(ssl) == TLS1_3_VERSION)
        server_note_ticket(arg, session);
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

static int version_number(int version)
{
    return version == 12 ? TLS1_2_VERSION : version == 13 ? TLS1_3_VERSION : 0;
}

static bool context_set_up(SSL_CTX *context, struct cloud_tls_server *server,
                           const struct cloud_tls_settings *settings, enum cloud_cert cert)
{
    unsigned char kind = (unsigned char)cert;

    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_SERVER);
    SSL_CTX_set_timeout(context, SESSION_LIFE_S);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    /* Without tickets TLS 1.2 remembers sessions by their id, and TLS 1.3 resumes none. */
    if (settings->tickets == 0)
        SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    if (settings->tickets >= 0 && SSL_CTX_set_num_tickets(context, (size_t)settings->tickets) != 1)
        return false;
    return SSL_CTX_set_session_ticket_cb(context, on_ticket_made, on_ticket_opened, server) == 1 &&
           SSL_CTX_set_session_id_context(context, &kind, 1) == 1 &&
           SSL_CTX_set_min_proto_version(context, version_number(settings->min ? settings->min : 12)) == 1 &&
           SSL_CTX_set_max_proto_version(context, version_number(settings->max)) == 1;
}

static bool server_add(struct cloud_tls_server *server, const struct cloud_tls_settings *settings,
                       enum cloud_cert cert, const char *cert_path, const char *key_path)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    server->contexts[cert] = context;
    return context != NULL && context_set_up(context, server, settings, cert) &&
           SSL_CTX_use_certificate_chain_file(context, cert_path) == 1 &&
           SSL_CTX_use_PrivateKey_file(context, key_path, SSL_FILETYPE_PEM) == 1;
}

/* The certificate of that name beside the good one, if there is one. */
static bool server_add_sibling(struct cloud_tls_server *server, const struct cloud_tls_settings *settings,
                               enum cloud_cert cert)
{
    const char *slash = strrchr(settings->cert_path, '/');
    int folder_len = slash != NULL ? (int)(slash - settings->cert_path) + 1 : 0;
    char cert_path[PATH_BYTES], key_path[PATH_BYTES];

    snprintf(cert_path, sizeof cert_path, "%.*s%s.pem", folder_len, settings->cert_path, cert_files[cert]);
    snprintf(key_path, sizeof key_path, "%.*s%s.key", folder_len, settings->cert_path, cert_files[cert]);
    if (access(cert_path, F_OK) < 0)
        return true;
    return server_add(server, settings, cert, cert_path, key_path);
}

/* The oldest complaint of OpenSSL in words; the text of a system error is not among its own. */
static const char *openssl_complaint(void)
{
    unsigned long code = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);

    return reason != NULL ? reason : "no reason given";
}

struct cloud_tls_server *cloud_tls_server_open(const struct cloud_tls_settings *settings, char *error,
                                               size_t error_size)
{
    struct cloud_tls_server *server = cloud_alloc(sizeof *server);
    enum cloud_cert cert = CLOUD_CERT_GOOD;
    bool good;

    ERR_clear_error();
    good = server_add(server, settings, cert, settings->cert_path, settings->key_path);
    while (good && ++cert < CLOUD_CERTS)
        good = server_add_sibling(server, settings, cert);
    if (good)
        return server;
    snprintf(error, error_size, "%s%s: %s", cert == CLOUD_CERT_GOOD ? "" : "beside ", settings->cert_path,
             openssl_complaint());
    ERR_clear_error();
    cloud_tls_server_free(server);
    return NULL;
}

void cloud_tls_server_free(struct cloud_tls_server *server)
{
    if (server == NULL)
        return;
    for (int i = 0; i < CLOUD_CERTS; i++)
        SSL_CTX_free(server->contexts[i]);
    free(server);
}

bool cloud_tls_server_has(const struct cloud_tls_server *server, enum cloud_cert cert)
{
    return server != NULL && server->contexts[cert] != NULL;
}

uint64_t cloud_tls_server_tickets_reused(const struct cloud_tls_server *server)
{
    return server != NULL ? server->tickets_reused : 0;
}

SSL_CTX *cloud_tls_context(struct cloud_tls_server *server, enum cloud_cert cert)
{
    return server->contexts[cert];
}
