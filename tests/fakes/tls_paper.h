/*
 * Certificates for tests, made when a test runs: authorities and servers, valid from and to any day, with any names.
 * The test owns them. They never come from or go into the tree.
 */
#ifndef TLS_PAPER_H
#define TLS_PAPER_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>

#define TLS_PAPER_NOW_S INT64_C(1800000000) /* 2027-01-15 08:00, where virtual time starts */
#define TLS_PAPER_DAY_S 86400

struct tls_paper {
    X509 *certificate;
    EVP_PKEY *key;
};

struct tls_paper_wish {
    const char *name;   /* common name */
    const char *others; /* "DNS:a.example,IP:192.0.2.1"; NULL: none */
    const char *key;    /* "P-256" (NULL), "P-384", "RSA" (2048 bits), "RSA-1024" */
    bool authority;
    int from_day; /* relative to TLS_PAPER_NOW_S; both 0: from a month ago for three months */
    int to_day;
};

/* `issuer` NULL: self-signed. */
void tls_paper_make(struct tls_paper *paper, const struct tls_paper *issuer,
                    const struct tls_paper_wish *wish);
void tls_paper_free(struct tls_paper *paper);
void tls_paper_write(const struct tls_paper *paper, const char *path);

#endif
