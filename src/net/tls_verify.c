/* Is the server who it should be? OpenSSL decides; here is what it is asked, and its answer in words. */
#include "tls_private.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define WHOSE_MAX 80

/* "the server's certificate", or that of an authority above it. */
static void write_whose(const X509_STORE_CTX *store, const X509 *certificate, char text[WHOSE_MAX])
{
    char subject[48];

    if (X509_STORE_CTX_get_error_depth(store) == 0 || !certificate) {
        snprintf(text, WHOSE_MAX, "the server's certificate");
        return;
    }
    tls_certificate_write_name(X509_get_subject_name(certificate), subject, sizeof(subject));
    snprintf(text, WHOSE_MAX, "the authority's certificate (%s)", subject);
}

static void explain_time(struct tls_check *check, const char *whose, const X509 *certificate, bool ended)
{
    time_t seconds = (time_t)(check->wall_ms / 1000);
    struct tm tm;
    char now[24] = "?";
    char day[16];

    if (gmtime_r(&seconds, &tm)) {
        strftime(now, sizeof(now), "%Y-%m-%d %H:%M", &tm);
    }
    tls_certificate_write_day(ended ? X509_get0_notAfter(certificate) : X509_get0_notBefore(certificate),
                              day);
    snprintf(check->why, sizeof(check->why), "%.44s %s %.11s; this machine believes it is %.17s UTC: %s",
             whose, ended ? "expired on" : "is not valid before", day, now,
             ended ? "if that is right, the server needs a new one" : "if that is wrong, set its clock");
}

static void explain_name(struct tls_check *check, const X509 *certificate)
{
    char names[100];

    tls_certificate_write_names(certificate, names, sizeof(names));
    snprintf(check->why, sizeof(check->why), "the certificate is for %s, not for %.64s", names, check->name);
}

static void explain_issuer(struct tls_check *check, const X509 *certificate)
{
    char issuer[64];

    tls_certificate_write_name(X509_get_issuer_name(certificate), issuer, sizeof(issuer));
    snprintf(check->why, sizeof(check->why), "the server's certificate comes from an unknown issuer (%s): %s",
             issuer,
             check->own_authorities ? "ca_file does not hold that issuer's certificate"
                                    : "a private server needs its authority's certificate as ca_file");
}

static void explain(struct tls_check *check, X509_STORE_CTX *store, int error)
{
    const X509 *certificate = X509_STORE_CTX_get_current_cert(store);
    char whose[WHOSE_MAX];

    write_whose(store, certificate, whose);
    switch (error) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        explain_time(check, whose, certificate, error == X509_V_ERR_CERT_HAS_EXPIRED);
        return;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        explain_name(check, X509_STORE_CTX_get0_cert(store));
        return;
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_UNTRUSTED:
        explain_issuer(check, certificate);
        return;
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        snprintf(
            check->why, sizeof(check->why),
            "the server's certificate is self-signed and not known here; if it is your own server, name a "
            "copy of it as ca_file");
        return;
    case X509_V_ERR_EE_KEY_TOO_SMALL:
    case X509_V_ERR_CA_KEY_TOO_SMALL:
    case X509_V_ERR_CA_MD_TOO_WEAK:
        snprintf(check->why, sizeof(check->why), "%s is too weak (%s): the server needs a new one", whose,
                 X509_verify_cert_error_string(error));
        return;
    default:
        snprintf(check->why, sizeof(check->why), "%s cannot be verified: %s", whose,
                 X509_verify_cert_error_string(error));
        return;
    }
}

/* Called for each finding, and with `good` for each certificate without one. */
static int on_verify(int good, X509_STORE_CTX *store)
{
    const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct tls_check *check = &((struct tls_behind *)SSL_get_app_data(ssl))->check;
    int error = X509_STORE_CTX_get_error(store);

    if (good) {
        return 1;
    }
    /* The real time is the same or later: no reason to keep out a server whose certificate is new. */
    if (error == X509_V_ERR_CERT_NOT_YET_VALID && check->clock == TLS_CLOCK_FLOOR) {
        check->info->clock_was_doubtful = true;
        X509_STORE_CTX_set_error(store, X509_V_OK);
        return 1;
    }
    if (X509_STORE_CTX_get0_cert(store)) {
        tls_certificate_describe(X509_STORE_CTX_get0_cert(store), check->info);
    }
    explain(check, store, error);
    return 0;
}

static bool is_address(const char *name)
{
    struct in6_addr address;

    return inet_pton(AF_INET, name, &address) == 1 || inet_pton(AF_INET6, name, &address) == 1;
}

bool tls_check_begin(struct tls_check *check, struct ssl_st *ssl)
{
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);
    bool named;

    X509_VERIFY_PARAM_set_time(param, (time_t)(check->wall_ms / 1000));
    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (is_address(check->name)) {
        named = X509_VERIFY_PARAM_set1_ip_asc(param, check->name) == 1;
    } else {
        named = *check->name && SSL_set1_host(ssl, check->name) == 1 &&
                SSL_set_tlsext_host_name(ssl, check->name) == 1;
    }
    SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
    return named;
}

bool tls_check_passed(const struct ssl_st *ssl)
{
    return SSL_get0_peer_certificate(ssl) && SSL_get_verify_result(ssl) == X509_V_OK;
}
