/*
 * TLS of the CA stack (B7): files (AT+CFSINIT, AT+CFSWFILE=3,"ca.pem",0,5,10000 / DOWNLOAD / 5 bytes / OK), settings
 * (AT+CSSLCFG, AT+CASSLCFG). A real handshake is made, with TLS 1.2 if that was chosen. Without a CA every certificate
 * is trusted. Dates are judged by the modem's own clock.
 */
#include "at_result.h"
#include "modem.h"
#include "simcom_ca.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { TLS_1_0 = 1, TLS_1_2 = 3, VERSION_MAX = 5 };

/* ---- files ---- */

static int run_cfsinit(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (modem->simcom_ca.ssl.files_open)
        return AT_ERROR;
    modem->simcom_ca.ssl.files_open = true;
    return AT_OK;
}

static int run_cfsterm(struct modem *modem, const struct at_call *call)
{
    (void)call;
    if (!modem->simcom_ca.ssl.files_open)
        return AT_ERROR;
    modem->simcom_ca.ssl.files_open = false;
    return AT_OK;
}

static int written(struct modem *modem)
{
    const struct line *line = &modem->line;

    return files_put(&modem->files, modem->simcom_ca.ssl.file, line->payload, line->payload_length)
               ? AT_OK
               : AT_ERROR;
}

static int write_late(struct modem *modem)
{
    if (modem->at.state != AT_PROMPTING && modem->at.state != AT_PAYLOAD)
        return AT_PENDING;
    line_reset(modem);
    return AT_ERROR;
}

/* <place 3>,"name",<0: from the beginning>,<bytes>,<ms> */
static int run_cfswfile(struct modem *modem, const struct at_call *call)
{
    struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;
    long place, mode, size, ms;
    int status;

    if (!ssl->files_open || call->argc != 5 || !at_number(call, 0, 0, 3, &place) || place != 3 ||
        strlen(call->arg[1].text) >= sizeof ssl->file || !at_number(call, 2, 0, 0, &mode) ||
        !at_number(call, 3, 1, FILE_BYTES_MAX, &size) || !at_number(call, 4, 100, 10000, &ms))
        return AT_ERROR;
    snprintf(ssl->file, sizeof ssl->file, "%s", call->arg[1].text);
    if (VARIANT_ON(modem, DOWNLOAD_OK))
        at_result(modem, AT_OK);
    out_line(modem, OUT_ANSWER, "DOWNLOAD");
    status = at_expect(modem, (size_t)size, written);
    at_watch(modem, ms, write_late);
    return status;
}

static int run_cfsgfis(struct modem *modem, const struct at_call *call)
{
    const struct file *file = call->argc == 2 ? files_find(&modem->files, call->arg[1].text) : NULL;

    if (!modem->simcom_ca.ssl.files_open || file == NULL)
        return AT_ERROR;
    out_line(modem, OUT_ANSWER, "+CFSGFIS: %zu", file->length);
    return AT_OK;
}

/* ---- settings ---- */

static bool is_key(const struct modem *modem, const char *text, const char *key)
{
    return (VARIANT_IS(modem, SSL_KEYS, "lower") ? strcmp : strcasecmp)(text, key) == 0;
}

static int show_context(struct modem *modem)
{
    const struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;
    char ciphers[SIMCOM_CA_CIPHERS * 7 + 1] = "";
    bool inside = VARIANT_IS(modem, CTXINDEX_FORM, "inline");

    for (size_t i = 0; i < SIMCOM_CA_CIPHERS; i++)
        snprintf(ciphers + 7 * i, sizeof ciphers - 7 * i, "0x%04x,", ssl->ciphers[i] & 0xffff);
    out_line(modem, OUT_ANSWER, "+CSSLCFG:%s0,%d,%s%d,%d,\"%s\"", inside ? " " : "\r\n", ssl->version,
             ciphers, ssl->no_dates, ssl->datagrams ? 2 : 1, ssl->name);
    return AT_OK;
}

static int take_version(struct modem *modem, const struct at_call *call)
{
    long version;

    if (!at_number(call, 2, 0, VERSION_MAX, &version) ||
        (VARIANT_IS(modem, CA_TLS, "1.0") && version > TLS_1_0))
        return AT_ERROR;
    modem->simcom_ca.ssl.version = VARIANT_IS(modem, CA_TLS, "stays") ? TLS_1_0 : (int)version;
    return AT_OK;
}

static int take_name(struct modem *modem, const struct at_call *call)
{
    struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;

    if (VARIANT_IS(modem, SNI_FORM, "absent") || strlen(call->arg[2].text) >= sizeof ssl->name ||
        VARIANT_IS(modem, SNI_FORM, call->arg[2].quoted ? "bare" : "quoted"))
        return AT_ERROR;
    snprintf(ssl->name, sizeof ssl->name, "%s", call->arg[2].text);
    return AT_OK;
}

/* "ciphersuite",<context>,<place>,0xC02F */
static int take_cipher(struct modem *modem, const struct at_call *call)
{
    unsigned long suite = call->argc == 4 ? strtoul(call->arg[3].text, NULL, 16) : 0;
    long place;

    if (suite == 0 || suite > 0xffff || !at_number(call, 2, 0, SIMCOM_CA_CIPHERS - 1, &place))
        return AT_ERROR;
    modem->simcom_ca.ssl.ciphers[place] = (unsigned)suite;
    return AT_OK;
}

static int take_dates(struct modem *modem, const struct at_call *call)
{
    long ignored;

    if (!at_number(call, 2, 0, 1, &ignored))
        return AT_ERROR;
    modem->simcom_ca.ssl.no_dates = ignored == 1;
    return AT_OK;
}

static int take_protocol(struct modem *modem, const struct at_call *call)
{
    long protocol;

    if (!at_number(call, 2, 1, 2, &protocol))
        return AT_ERROR;
    modem->simcom_ca.ssl.datagrams = protocol == 2;
    return AT_OK;
}

static int run_csslcfg(struct modem *modem, const struct at_call *call)
{
    static const struct {
        const char *key;
        int (*take)(struct modem *modem, const struct at_call *call);
    } known[] = {
        {"sslversion", take_version},  {"sni", take_name},          {"ciphersuite", take_cipher},
        {"ignorertctime", take_dates}, {"protocol", take_protocol},
    };
    const char *key = call->arg[0].text;
    long context;

    if (VARIANT_IS(modem, CA_TLS, "absent"))
        return AT_ERROR;
    if (is_key(modem, key, "convert"))
        return call->argc == 3 && files_find(&modem->files, call->arg[2].text) != NULL ? AT_OK : AT_ERROR;
    if (!at_number(call, 1, 0, 5, &context))
        return AT_ERROR;
    if (is_key(modem, key, "ctxindex"))
        return show_context(modem);
    for (size_t i = 0; i < sizeof known / sizeof known[0] && call->argc > 2; i++)
        if (is_key(modem, key, known[i].key))
            return known[i].take(modem, call);
    return AT_ERROR;
}

/* Needs AT+CACID before (B7). */
static int run_casslcfg(struct modem *modem, const struct at_call *call)
{
    const struct link *link = simcom_ca_link(modem, call, 0);
    struct simcom_ca *ca = &modem->simcom_ca;
    const char *key = call->argc > 2 ? call->arg[1].text : "";

    if (link == NULL || VARIANT_IS(modem, CA_TLS, "absent") ||
        (VARIANT_IS(modem, CACID_FIRST, "needed") && (ca->named & 1U << link->id) == 0))
        return AT_ERROR;
    if (is_key(modem, key, "cacert") && strlen(call->arg[2].text) < sizeof ca->ssl.ca) {
        snprintf(ca->ssl.ca, sizeof ca->ssl.ca, "%s", call->arg[2].text);
    } else if (is_key(modem, key, "ssl")) {
        ca->secure &= ~(1U << link->id);
        ca->secure |= strcmp(call->arg[2].text, "1") == 0 ? 1U << link->id : 0;
    } else if (!is_key(modem, key, "crindex") && !is_key(modem, key, "protocol") &&
               !is_key(modem, key, "timeout") && !is_key(modem, key, "cert") &&
               !is_key(modem, key, "clientcert") && !is_key(modem, key, "psktable")) {
        return AT_ERROR;
    }
    return AT_OK;
}

void simcom_ca_ssl_wish(const struct modem *modem, struct link *link, const char *host)
{
    const struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;
    const struct file *file = files_find(&modem->files, ssl->ca);

    link->secure = (modem->simcom_ca.secure & 1U << link->id) != 0;
    link->wish = (struct link_tls_wish){.verify = ssl->ca[0] != '\0',
                                        .check_name = ssl->ca[0] != '\0',
                                        .check_dates = !ssl->no_dates,
                                        .now = clock_own(modem),
                                        .old = ssl->version < TLS_1_2};
    snprintf(link->wish.host, sizeof link->wish.host, "%s", host);
    snprintf(link->wish.name, sizeof link->wish.name, "%s", ssl->name);
    if (file != NULL) {
        link->wish.ca = file->bytes;
        link->wish.ca_length = file->length;
    }
}

const struct at_command simcom_ca_ssl_commands[] = {
    {"+CFSINIT", run_cfsinit, AT_EXEC, 0},
    {"+CFSTERM", run_cfsterm, AT_EXEC, 0},
    {"+CFSWFILE", run_cfswfile, AT_SET, 0},
    {"+CFSGFIS", run_cfsgfis, AT_SET, 0},
    {"+CSSLCFG", run_csslcfg, AT_SET, 0},
    {"+CASSLCFG", run_casslcfg, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
