#include "tls_paper.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

static EVP_PKEY *make_key(const char *kind)
{
    if (!kind || strcmp(kind, "P-256") == 0 || strcmp(kind, "P-384") == 0) {
        return EVP_EC_gen(kind ? kind : "P-256");
    }
    return EVP_RSA_gen(strcmp(kind, "RSA-1024") == 0 ? 1024U : 2048U);
}

static void add_extension(X509 *certificate, const X509 *issuer, int nid, const char *value)
{
    X509V3_CTX context;

    X509V3_set_ctx(&context, (X509 *)(uintptr_t)issuer, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_true(X509_add_ext(certificate, extension, -1));
    X509_EXTENSION_free(extension);
}

static void set_life(X509 *certificate, const struct tls_paper_wish *wish)
{
    bool usual = !wish->from_day && !wish->to_day;
    int64_t from_s = TLS_PAPER_NOW_S + (int64_t)(usual ? -30 : wish->from_day) * TLS_PAPER_DAY_S;
    int64_t to_s = TLS_PAPER_NOW_S + (int64_t)(usual ? 60 : wish->to_day) * TLS_PAPER_DAY_S;

    ASN1_TIME_set(X509_getm_notBefore(certificate), (time_t)from_s);
    ASN1_TIME_set(X509_getm_notAfter(certificate), (time_t)to_s);
}

void tls_paper_make(struct tls_paper *paper, const struct tls_paper *issuer,
                    const struct tls_paper_wish *wish)
{
    static long serial = 1000;
    X509 *certificate = X509_new();

    paper->certificate = certificate;
    paper->key = make_key(wish->key);
    assert_non_null(certificate);
    assert_non_null(paper->key);
    const X509 *above = issuer ? issuer->certificate : certificate;
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               (const unsigned char *)wish->name, -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(above));
    X509_set_pubkey(certificate, paper->key);
    set_life(certificate, wish);
    add_extension(certificate, above, NID_basic_constraints,
                  wish->authority ? "critical,CA:TRUE" : "CA:FALSE");
    add_extension(certificate, above, NID_subject_key_identifier, "hash");
    if (wish->others) {
        add_extension(certificate, above, NID_subject_alt_name, wish->others);
    }
    assert_true(X509_sign(certificate, issuer ? issuer->key : paper->key, EVP_sha256()));
}

void tls_paper_free(struct tls_paper *paper)
{
    X509_free(paper->certificate);
    EVP_PKEY_free(paper->key);
    memset(paper, 0, sizeof(*paper));
}

void tls_paper_write(const struct tls_paper *paper, const char *path)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(PEM_write_X509(file, paper->certificate));
    fclose(file);
}
