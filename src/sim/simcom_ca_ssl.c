/*
 * TLS of the CA stack (B7): files (AT+CFSINIT, AT+CFSWFILE=3,"ca.pem",0,5,10000 / DOWNLOAD / 5 bytes / OK), settings
 * (AT+CSSLCFG, AT+CASSLCFG). A real handshake is made: 1.2. Without a CA every certificate is trusted. A certificate
 * must have been converted; its file stays.
 */
#include "at_result.h"
#include "modem.h"
#include "simcom_ca.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static int run_csslcfg(struct modem *modem, const struct at_call *call)
{
    struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;
    const char *key = call->arg[0].text;
    long number;

    if (strcasecmp(key, "CONVERT") == 0)
        return call->argc == 3 && files_find(&modem->files, call->arg[2].text) != NULL ? AT_OK : AT_ERROR;
    if (call->argc < 3 || !at_number(call, 1, 0, 5, &number))
        return AT_ERROR;
    if (strcasecmp(key, "SNI") == 0 && strlen(call->arg[2].text) < sizeof ssl->name)
        snprintf(ssl->name, sizeof ssl->name, "%s", call->arg[2].text);
    if (strcasecmp(key, "IGNORERTCTIME") == 0)
        ssl->no_dates = strcmp(call->arg[2].text, "1") == 0;
    return AT_OK;
}

/* Needs AT+CACID before (B7). */
static int run_casslcfg(struct modem *modem, const struct at_call *call)
{
    const struct link *link = simcom_ca_link(modem, call, 0);
    struct simcom_ca *ca = &modem->simcom_ca;

    if (link == NULL || call->argc < 3 ||
        (VARIANT_IS(modem, CACID_FIRST, "needed") && (ca->named & 1U << link->id) == 0))
        return AT_ERROR;
    if (strcasecmp(call->arg[1].text, "CACERT") == 0 && strlen(call->arg[2].text) < sizeof ca->ssl.ca)
        snprintf(ca->ssl.ca, sizeof ca->ssl.ca, "%s", call->arg[2].text);
    if (strcasecmp(call->arg[1].text, "SSL") != 0)
        return AT_OK;
    if (strcmp(call->arg[2].text, "1") == 0)
        ca->secure |= 1U << link->id;
    else
        ca->secure &= ~(1U << link->id);
    return AT_OK;
}

void simcom_ca_ssl_wish(const struct modem *modem, struct link *link, const char *host)
{
    const struct simcom_ca_ssl *ssl = &modem->simcom_ca.ssl;
    const struct file *file = files_find(&modem->files, ssl->ca);

    link->secure = (modem->simcom_ca.secure & 1U << link->id) != 0;
    link->wish = (struct link_tls_wish){
        .verify = ssl->ca[0] != '\0', .check_name = ssl->ca[0] != '\0', .check_dates = !ssl->no_dates};
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
