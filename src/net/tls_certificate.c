/* Certificates in words. What stands in them was written by strangers: only printable ASCII gets out. */
#include "tls_private.h"

#include "blynkd/base/wall.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define NAMES_SHOWN 2

int64_t tls_certificate_time_ms(const struct asn1_string_st *time)
{
    struct tm tm;
    int64_t wall_ms = 0;

    if (time && ASN1_TIME_to_tm(time, &tm)) {
        const struct wall_date date = {tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
                                       tm.tm_hour,        tm.tm_min,     tm.tm_sec};
        wall_from_date(&date, &wall_ms);
    }
    return wall_ms;
}

void tls_certificate_write_day(const struct asn1_string_st *time, char text[16])
{
    struct tm tm;

    if (!time || !ASN1_TIME_to_tm(time, &tm) || !strftime(text, 16, "%Y-%m-%d", &tm)) {
        snprintf(text, 16, "no known day");
    }
}

static void copy_printable(char *text, size_t size, const unsigned char *data, size_t len)
{
    size_t count = len < size ? len : size - 1;

    memcpy(text, data, count);
    for (size_t i = 0; i < count; i++) {
        if (text[i] <= ' ' || text[i] > '~') {
            text[i] = '?';
        }
    }
    text[count] = '\0';
}

void tls_certificate_write_name(const struct X509_name_st *name, char *text, size_t size)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *data;

    text[0] = '\0';
    if (out && X509_NAME_print_ex(out, name, 0, XN_FLAG_RFC2253) >= 0) {
        long len = BIO_get_mem_data(out, &data);
        snprintf(text, size, "%.*s", (int)len, data);
    }
    BIO_free(out);
}

void tls_certificate_describe(const struct x509_st *certificate, struct tls_info *info)
{
    tls_certificate_write_name(X509_get_subject_name(certificate), info->subject, sizeof(info->subject));
    tls_certificate_write_name(X509_get_issuer_name(certificate), info->issuer, sizeof(info->issuer));
    info->not_after_ms = tls_certificate_time_ms(X509_get0_notAfter(certificate));
}

static bool write_general_name(const GENERAL_NAME *name, char *text, size_t size)
{
    const unsigned char *data;
    size_t len;

    if (name->type == GEN_DNS) {
        copy_printable(text, size, ASN1_STRING_get0_data(name->d.dNSName),
                       (size_t)ASN1_STRING_length(name->d.dNSName));
        return true;
    }
    if (name->type != GEN_IPADD) {
        return false;
    }
    data = ASN1_STRING_get0_data(name->d.iPAddress);
    len = (size_t)ASN1_STRING_length(name->d.iPAddress);
    return (len == 4 && inet_ntop(AF_INET, data, text, (socklen_t)size)) ||
           (len == 16 && inet_ntop(AF_INET6, data, text, (socklen_t)size));
}

static void append(char *text, size_t size, const char *more)
{
    size_t len = strlen(text);

    snprintf(text + len, size - len, "%s", more);
}

static void write_common_name(const X509 *certificate, char *text, size_t size)
{
    const X509_NAME *subject = X509_get_subject_name(certificate);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (at < 0) {
        snprintf(text, size, "no name");
        return;
    }
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    copy_printable(text, size, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
}

void tls_certificate_write_names(const struct x509_st *certificate, char *text, size_t size)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(certificate, NID_subject_alt_name, NULL, NULL);
    unsigned found = 0;
    char one[46]; /* an address of 128 bits, or the beginning of a name */

    text[0] = '\0';
    for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
        if (!write_general_name(sk_GENERAL_NAME_value(names, i), one, sizeof(one))) {
            continue;
        }
        if (found++ < NAMES_SHOWN) {
            append(text, size, found > 1 ? ", " : "");
            append(text, size, one);
        }
    }
    GENERAL_NAMES_free(names);
    if (found == 0) {
        write_common_name(certificate, text, size < sizeof(one) ? size : sizeof(one));
    } else if (found > NAMES_SHOWN) {
        snprintf(one, sizeof(one), " and %u more", found - NAMES_SHOWN);
        append(text, size, one);
    }
}
