#include "certs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#define DAY_S       86400
#define NAMES_BYTES 2048
#define PATH_BYTES  4096

enum issuer { ISSUER_CA, ISSUER_OTHER_CA, ISSUER_ITSELF };

struct leaf {
    const char *name; /* of the files; the cloud's fault is called cert-NAME */
    enum issuer issuer;
    bool wrong_name;
    long from_days, until_days; /* from now */
    const char *words;
};

static const struct leaf leaves[] = {
    {"good", ISSUER_CA, false, -1, 365, "nothing is wrong with it"},
    {"expired", ISSUER_CA, false, -30, -1, "it was valid until yesterday"},
    {"not-yet-valid", ISSUER_CA, false, 30, 395, "it will be valid in thirty days"},
    {"wrong-name", ISSUER_CA, true, -1, 365, "it is for elsewhere.example"},
    {"unknown-ca", ISSUER_OTHER_CA, false, -1, 365, "it is signed by other-ca"},
    {"self-signed", ISSUER_ITSELF, false, -1, 365, "it is signed by nobody but itself"},
};

struct identity {
    X509 *cert;
    EVP_PKEY *key;
};

struct certs {
    const char *folder;
    char names[NAMES_BYTES]; /* as the extension wants them: DNS:a,IP:b */
    time_t now;
    struct identity ca, other_ca;
};

static void identity_free(struct identity *identity)
{
    X509_free(identity->cert);
    EVP_PKEY_free(identity->key);
    *identity = (struct identity){NULL, NULL};
}

static bool cert_extend(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509_EXTENSION *extension;
    X509V3_CTX context;
    bool good;

    X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    if (extension == NULL)
        return false;
    good = X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

static bool cert_number(X509 *cert)
{
    uint64_t number;

    return RAND_bytes((unsigned char *)&number, sizeof number) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(cert), number >> 1 | 1) == 1;
}

/* A certificate with a key of its own, complete but for the extensions and the signature. */
static bool identity_begin(struct identity *identity, const char *subject, time_t now, long from_days,
                           long until_days)
{
    X509_NAME *name;

    identity->key = EVP_EC_gen("P-256");
    identity->cert = X509_new();
    if (identity->key == NULL || identity->cert == NULL)
        return false;
    name = X509_get_subject_name(identity->cert);
    return X509_set_version(identity->cert, X509_VERSION_3) == 1 && cert_number(identity->cert) &&
           X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)subject, -1, -1, 0) ==
               1 &&
           ASN1_TIME_set(X509_getm_notBefore(identity->cert), now + from_days * DAY_S) != NULL &&
           ASN1_TIME_set(X509_getm_notAfter(identity->cert), now + until_days * DAY_S) != NULL &&
           X509_set_pubkey(identity->cert, identity->key) == 1;
}

static bool identity_sign(struct identity *identity, const struct identity *issuer)
{
    return X509_set_issuer_name(identity->cert, X509_get_subject_name(issuer->cert)) == 1 &&
           cert_extend(identity->cert, issuer->cert, NID_authority_key_identifier, "keyid:always") &&
           X509_sign(identity->cert, issuer->key, EVP_sha256()) > 0;
}

static bool identity_make_ca(struct identity *ca, const char *subject, time_t now)
{
    return identity_begin(ca, subject, now, -3650, 3650) &&
           cert_extend(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE") &&
           cert_extend(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
           cert_extend(ca->cert, ca->cert, NID_subject_key_identifier, "hash") && identity_sign(ca, ca);
}

static bool identity_make_leaf(struct identity *identity, const struct certs *certs, const struct leaf *leaf)
{
    const struct identity *issuer = leaf->issuer == ISSUER_CA         ? &certs->ca
                                    : leaf->issuer == ISSUER_OTHER_CA ? &certs->other_ca
                                                                      : identity;
    const char *names = leaf->wrong_name ? "DNS:elsewhere.example" : certs->names;

    return identity_begin(identity, leaf->wrong_name ? "elsewhere.example" : "blynk.test", certs->now,
                          leaf->from_days, leaf->until_days) &&
           cert_extend(identity->cert, issuer->cert, NID_subject_key_identifier, "hash") &&
           cert_extend(identity->cert, issuer->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           cert_extend(identity->cert, issuer->cert, NID_ext_key_usage, "serverAuth") &&
           cert_extend(identity->cert, issuer->cert, NID_subject_alt_name, names) &&
           identity_sign(identity, issuer);
}

static FILE *certs_open(const struct certs *certs, const char *name, const char *ending)
{
    char path[PATH_BYTES];
    FILE *file;
    int fd;

    if (snprintf(path, sizeof path, "%s/%s.%s", certs->folder, name, ending) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return NULL;
    }
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, strcmp(ending, "key") == 0 ? 0600 : 0644);
    if (fd < 0)
        return NULL;
    file = fdopen(fd, "w");
    if (file == NULL)
        close(fd);
    return file;
}

static bool certs_write(const struct certs *certs, const char *name, const struct identity *identity)
{
    FILE *file = certs_open(certs, name, "pem");
    bool good = file != NULL && PEM_write_X509(file, identity->cert) == 1;

    if (file != NULL)
        good = fclose(file) == 0 && good;
    if (!good)
        return false;
    file = certs_open(certs, name, "key");
    good = file != NULL && PEM_write_PrivateKey(file, identity->key, NULL, NULL, 0, NULL, NULL) == 1;
    if (file != NULL)
        good = fclose(file) == 0 && good;
    return good;
}

static bool certs_make(struct certs *certs)
{
    bool good = identity_make_ca(&certs->ca, "blynksim test CA", certs->now) &&
                identity_make_ca(&certs->other_ca, "blynksim other CA", certs->now) &&
                certs_write(certs, "ca", &certs->ca) && certs_write(certs, "other-ca", &certs->other_ca);

    for (size_t i = 0; good && i < sizeof leaves / sizeof *leaves; i++) {
        struct identity identity = {NULL, NULL};

        good =
            identity_make_leaf(&identity, certs, &leaves[i]) && certs_write(certs, leaves[i].name, &identity);
        identity_free(&identity);
        if (good)
            printf("%s/%s.pem: %s\n", certs->folder, leaves[i].name, leaves[i].words);
    }
    identity_free(&certs->ca);
    identity_free(&certs->other_ca);
    return good;
}

static void certs_help(void)
{
    fputs(
        "usage: blynksim certs DIR [--name NAME]... [--now SECONDS]\n"
        "\n"
        "Makes certificates for tests in DIR, each as NAME.pem with its key in NAME.key: ca, which a client\n"
        "is to trust; other-ca, which it is not; and for a server\n",
        stdout);
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        printf("  %-14s %s\n", leaves[i].name, leaves[i].words);
    fputs("They are for localhost, blynk.test and 127.0.0.1.\n"
          "\n"
          "  --name NAME     and for this name or address too (*.blynk.test for all below it); may be "
          "repeated\n"
          "  --now SECONDS   as if it were that time, in seconds since 1970\n",
          stdout);
}

static bool certs_add_name(struct certs *certs, const char *name)
{
    unsigned char address[16];
    bool number = inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1;
    size_t at = strlen(certs->names);
    int len;

    if (!number && (*name == '\0' || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                  "0123456789.-*") != strlen(name)))
        return false;
    len = snprintf(certs->names + at, sizeof certs->names - at, "%s%s:%s", at > 0 ? "," : "",
                   number ? "IP" : "DNS", name);
    return len > 0 && (size_t)len < sizeof certs->names - at;
}

/* 0: go on; 1: help was given; -EINVAL: something was wrong and was said. */
static int certs_read_options(struct certs *certs, int argc, char **argv)
{
    static const struct option options[] = {{"name", required_argument, NULL, 'n'},
                                            {"now", required_argument, NULL, 't'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    char *end;
    int code;

    optind = 0;
    while ((code = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (code == 'h') {
            certs_help();
            return 1;
        }
        if (code == '?')
            return -EINVAL;
        if (code == 'n' && !certs_add_name(certs, optarg)) {
            fprintf(stderr, "blynksim certs: not a name that fits into a certificate: %s\n", optarg);
            return -EINVAL;
        }
        if (code == 't')
            certs->now = (time_t)strtoll(optarg, &end, 10);
        if (code == 't' && (end == optarg || *end != '\0')) {
            fprintf(stderr, "blynksim certs: --now takes seconds since 1970, not: %s\n", optarg);
            return -EINVAL;
        }
    }
    if (optind + 1 != argc) {
        fputs("blynksim certs: one directory is needed; --help says more\n", stderr);
        return -EINVAL;
    }
    certs->folder = argv[optind];
    return 0;
}

int sim_certs_main(int argc, char **argv)
{
    struct certs certs = {.names = "DNS:localhost,DNS:blynk.test,IP:127.0.0.1", .now = time(NULL)};
    int result = certs_read_options(&certs, argc, argv);

    if (result != 0)
        return result < 0 ? 2 : EXIT_SUCCESS;
    if (mkdir(certs.folder, 0755) < 0 && errno != EEXIST) {
        fprintf(stderr, "blynksim certs: %s: %s\n", certs.folder, strerror(errno));
        return EXIT_FAILURE;
    }
    errno = 0;
    if (certs_make(&certs))
        return EXIT_SUCCESS;
    fprintf(stderr, "blynksim certs: %s: %s\n", certs.folder,
            errno != 0 ? strerror(errno) : ERR_reason_error_string(ERR_peek_error()));
    return EXIT_FAILURE;
}
