/* Whom to trust, and what every connection has in common. */
#include "tls_private.h"

#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * Each of them costs two bytes of every connection. AES-128 with GCM and P-256 or X25519 is what every server with
 * 1.2 or 1.3 has; the rest is for servers that were made stricter, and for the certificates of the public authorities.
 */
#define SUITES_13 "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384"
#define SUITES_12                                                                                            \
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"                                             \
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384"
#define GROUPS "X25519:P-256:P-384"
#define SIGNATURES                                                                                           \
    "ecdsa_secp256r1_sha256:rsa_pss_rsae_sha256:rsa_pkcs1_sha256:"                                           \
    "ecdsa_secp384r1_sha384:rsa_pss_rsae_sha384:rsa_pkcs1_sha384:rsa_pkcs1_sha512"

#define CHAIN_MAX_BYTES 32768 /* public chains have 2 to 6 KB */
#define SECURITY_LEVEL  2     /* RSA from 2048 bits on, nothing signed with SHA-1 */

/* The machine's owner may have asked OpenSSL for more (openssl.cnf), but never for less. */
static void raise_limits(SSL_CTX *ssl)
{
    if (SSL_CTX_get_security_level(ssl) < SECURITY_LEVEL) {
        SSL_CTX_set_security_level(ssl, SECURITY_LEVEL);
    }
    if (SSL_CTX_get_min_proto_version(ssl) < TLS1_2_VERSION) {
        SSL_CTX_set_min_proto_version(ssl, TLS1_2_VERSION);
    }
}

static bool configure(SSL_CTX *ssl)
{
    SSL_CTX_set_options(ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_ENCRYPT_THEN_MAC);
    SSL_CTX_clear_options(ssl, SSL_OP_LEGACY_SERVER_CONNECT | SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    SSL_CTX_set_mode(ssl, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ssl, tls_session_on_new);
    SSL_CTX_set_max_cert_list(ssl, CHAIN_MAX_BYTES);
    raise_limits(ssl);
    return SSL_CTX_set_max_proto_version(ssl, TLS1_3_VERSION) && SSL_CTX_set_ciphersuites(ssl, SUITES_13) &&
           SSL_CTX_set_cipher_list(ssl, SUITES_12) && SSL_CTX_set1_groups_list(ssl, GROUPS) &&
           SSL_CTX_set1_sigalgs_list(ssl, SIGNATURES);
}

/* ---- files ---- */

struct loading {
    X509_STORE *store;
    EVP_MD_CTX *digest;
    int64_t wall_ms;
    size_t count;
    size_t expired;
    char last_day[16]; /* on which the last of the expired ones ended */
    int64_t last_ms;
};

static bool add_certificate(struct loading *loading, X509 *certificate)
{
    int64_t end_ms = tls_certificate_time_ms(X509_get0_notAfter(certificate));
    unsigned char print[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    loading->count++;
    if (loading->wall_ms && end_ms < loading->wall_ms) {
        loading->expired++;
        if (end_ms > loading->last_ms) {
            loading->last_ms = end_ms;
            tls_certificate_write_day(X509_get0_notAfter(certificate), loading->last_day);
        }
    }
    return X509_digest(certificate, EVP_sha256(), print, &len) &&
           EVP_DigestUpdate(loading->digest, print, len) && X509_STORE_add_cert(loading->store, certificate);
}

static bool read_certificates(struct loading *loading, BIO *file)
{
    bool good = true;
    X509 *certificate;

    while (good && (certificate = PEM_read_bio_X509_AUX(file, NULL, NULL, NULL))) {
        good = add_certificate(loading, certificate);
        X509_free(certificate);
    }
    unsigned long error = ERR_peek_last_error();
    return good && (!error || ERR_GET_REASON(error) == PEM_R_NO_START_LINE);
}

/* 0, or what stands in the way of reading it. */
static int check_readable(const char *path, mode_t kind)
{
    struct stat status;

    if (stat(path, &status) < 0) {
        return -errno;
    }
    if ((status.st_mode & S_IFMT) != kind) {
        return kind == S_IFDIR ? -ENOTDIR : -EISDIR;
    }
    return 0;
}

static bool explain_file(const struct loading *loading, const char *path, char why[TLS_WHY_MAX])
{
    if (!loading->count) {
        snprintf(why, TLS_WHY_MAX,
                 "ca_file %.100s holds no certificate (it must be text that begins with -----BEGIN "
                 "CERTIFICATE-----)",
                 path);
        return false;
    }
    if (loading->expired == loading->count) {
        snprintf(why, TLS_WHY_MAX,
                 "ca_file %.100s holds only expired certificates (the last one ended on %s)", path,
                 loading->last_day);
        return false;
    }
    return true;
}

static bool load_file(struct loading *loading, const char *path, char why[TLS_WHY_MAX])
{
    int error = check_readable(path, S_IFREG);
    BIO *file = error ? NULL : BIO_new_file(path, "r");

    if (!file) {
        error = error ? error : -errno;
        snprintf(why, TLS_WHY_MAX, "ca_file %.120s cannot be read: %s", path, strerror(-error));
        return false;
    }
    ERR_clear_error();
    bool good = read_certificates(loading, file);
    BIO_free(file);
    if (!good && loading->count) {
        snprintf(why, TLS_WHY_MAX, "ca_file %.100s is damaged behind its certificate number %zu", path,
                 loading->count);
        return false;
    }
    return explain_file(loading, path, why);
}

/* Certificates in a directory are found by the hash of their name: "4a6481c9.0". */
static bool is_hash(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' && name[9] <= '9';
}

static bool has_hashed(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;

    if (!dir) {
        return false;
    }
    do {
        entry = readdir(dir);
    } while (entry && !is_hash(entry->d_name));
    closedir(dir);
    return entry != NULL;
}

static bool load_dir(struct loading *loading, const char *path, char why[TLS_WHY_MAX])
{
    int error = check_readable(path, S_IFDIR);

    if (error) {
        snprintf(why, TLS_WHY_MAX, "ca_dir %.120s cannot be read: %s", path, strerror(-error));
        return false;
    }
    if (!has_hashed(path)) {
        snprintf(
            why, TLS_WHY_MAX,
            "ca_dir %.100s holds no certificate under the hash of its name (`openssl rehash` names them so)",
            path);
        return false;
    }
    EVP_DigestUpdate(loading->digest, path, strlen(path) + 1);
    return X509_STORE_load_path(loading->store, path) == 1;
}

static const char *or_default(const char *variable, const char *fallback)
{
    const char *path = secure_getenv(variable);

    return path ? path : fallback;
}

static bool load_system(struct loading *loading, char why[TLS_WHY_MAX])
{
    const char *file = or_default(X509_get_default_cert_file_env(), X509_get_default_cert_file());
    const char *dir = or_default(X509_get_default_cert_dir_env(), X509_get_default_cert_dir());

    if (check_readable(file, S_IFREG) && !has_hashed(dir)) {
        snprintf(why, TLS_WHY_MAX,
                 "this system trusts no certificate authority (%.60s is empty): install the package "
                 "ca-certificates, or name a ca_file",
                 dir);
        return false;
    }
    EVP_DigestUpdate(loading->digest, "system", 7);
    return X509_STORE_set_default_paths(loading->store) == 1;
}

static bool load(struct loading *loading, const struct tls_config *config, char why[TLS_WHY_MAX])
{
    if (!*config->ca_file && !*config->ca_dir) {
        return load_system(loading, why);
    }
    /* Who names a file trusts what is in it, be it the server's own certificate. */
    X509_STORE_set_flags(loading->store, X509_V_FLAG_PARTIAL_CHAIN);
    return (!*config->ca_file || load_file(loading, config->ca_file, why)) &&
           (!*config->ca_dir || load_dir(loading, config->ca_dir, why));
}

/* ---- the context ---- */

static bool fill(struct tls_context *context, const struct tls_config *config, char why[TLS_WHY_MAX])
{
    struct loading loading = {.wall_ms = config->wall_ms, .digest = EVP_MD_CTX_new()};
    unsigned len = 0;

    if (!loading.digest || !EVP_DigestInit_ex(loading.digest, EVP_sha256(), NULL) ||
        !configure(context->ssl)) {
        EVP_MD_CTX_free(loading.digest);
        return false;
    }
    loading.store = SSL_CTX_get_cert_store(context->ssl);
    bool good = load(&loading, config, why) && EVP_DigestFinal_ex(loading.digest, context->tag, &len);
    EVP_MD_CTX_free(loading.digest);
    return good;
}

struct tls_context *tls_context_create(const struct tls_config *config, char why[TLS_WHY_MAX])
{
    struct tls_context *context = calloc(1, sizeof(*context));

    snprintf(why, TLS_WHY_MAX,
             "OpenSSL cannot be set up (no memory, or its configuration forbids what is needed)");
    if (!context) {
        return NULL;
    }
    context->references = 1;
    context->own_authorities = *config->ca_file || *config->ca_dir;
    context->ssl = SSL_CTX_new(TLS_client_method());
    if (!context->ssl || !fill(context, config, why)) {
        ERR_clear_error();
        tls_context_destroy(context);
        return NULL;
    }
    ERR_clear_error();
    why[0] = '\0';
    return context;
}

void tls_context_keep(struct tls_context *context)
{
    context->references++;
}

void tls_context_destroy(struct tls_context *context)
{
    if (!context || --context->references) {
        return;
    }
    SSL_CTX_free(context->ssl);
    free(context);
}

void tls_context_tag(const struct tls_context *context, const char *name, uint8_t tag[TLS_TAG_BYTES])
{
    unsigned char print[EVP_MAX_MD_SIZE] = {0};
    unsigned char all[sizeof(context->tag) + 256] = {0};

    memcpy(all, context->tag, sizeof(context->tag));
    snprintf((char *)all + sizeof(context->tag), 256, "%s", name);
    EVP_Digest(all, sizeof(all), print, NULL, EVP_sha256(), NULL);
    memcpy(tag, print, TLS_TAG_BYTES);
}
