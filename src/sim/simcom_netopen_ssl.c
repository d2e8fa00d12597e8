/*
 * Settings and certificates of the CCH channel's TLS (C8): AT+CSSLCFG="authmode",0,1, and
 *   AT+CCERTDOWN="ca.pem",5 / > / 5 bytes / OK      AT+CCERTLIST / +CCERTLIST: "ca.pem" / OK
 * Files survive a reboot, settings do not. A real handshake is made: 1.2; who asks for less gets none. The sheet does
 * not say whether the certificate's name is compared: see the variant cch_name.
 */
#include "at_result.h"
#include "modem.h"
#include "simcom_netopen.h"

#include <stdio.h>
#include <string.h>

/* The numbers of sslversion and authmode. */
enum { SSL_TLS_1_2 = 3, SSL_ALL = 4 };
enum { AUTH_NONE = 0, AUTH_SERVER = 1 };

/* ---- settings ---- */

struct setting {
    const char *name;
    long low, high;
};

static const struct setting settings[] = {
    {"sslversion", 0, SSL_ALL}, {"authmode", 0, 3},  {"ignorelocaltime", 0, 1},
    {"negotiatetime", 10, 300}, {"enableSNI", 0, 1}, {NULL, 0, 0},
};

static const struct setting *find_setting(const char *name)
{
    for (const struct setting *setting = settings; setting->name != NULL; setting++)
        if (strcmp(setting->name, name) == 0)
            return setting;
    return NULL;
}

static void take(struct netopen_ssl *ssl, const char *name, long value)
{
    if (strcmp(name, "sslversion") == 0)
        ssl->version = (int)value;
    else if (strcmp(name, "authmode") == 0)
        ssl->mode = (int)value;
    else if (strcmp(name, "ignorelocaltime") == 0)
        ssl->no_dates = value == 1;
    else if (strcmp(name, "enableSNI") == 0)
        ssl->name = value == 1;
}

static int set_text(struct netopen_ssl *ssl, const char *name, const char *value)
{
    if (strcmp(name, "clientcert") == 0 || strcmp(name, "clientkey") == 0 ||
        strcmp(name, "ciphersuites") == 0)
        return AT_OK;
    if (strcmp(name, "cacert") != 0 || strlen(value) >= sizeof ssl->ca)
        return AT_ERROR;
    snprintf(ssl->ca, sizeof ssl->ca, "%s", value);
    return AT_OK;
}

static int run_csslcfg(struct modem *modem, const struct at_call *call)
{
    const char *name = call->arg[0].text;
    const struct setting *setting = find_setting(name);
    struct netopen_ssl *ssl;
    long context, value;

    if (call->argc != 3 || !at_number(call, 1, 0, NETOPEN_SSL_CONTEXTS - 1, &context))
        return AT_ERROR;
    ssl = &modem->netopen.cch.contexts[context];
    if (setting == NULL)
        return set_text(ssl, name, call->arg[2].text);
    if (!at_number(call, 2, setting->low, setting->high, &value) ||
        (strcmp(name, "enableSNI") == 0 && !VARIANT_ON(modem, CCH_SNI)))
        return AT_ERROR;
    take(ssl, name, value);
    return AT_OK;
}

/* Dates are not looked at, no name is told and nobody is asked who he is, until somebody says so. */
void netopen_ssl_reset(struct modem *modem)
{
    for (int i = 0; i < NETOPEN_SSL_CONTEXTS; i++)
        modem->netopen.cch.contexts[i] = (struct netopen_ssl){.version = SSL_ALL, .no_dates = true};
}

/* ---- the handshake ---- */

static const struct netopen_ssl *context_of(const struct modem *modem, int session)
{
    return &modem->netopen.cch.contexts[modem->netopen.cch.context[session]];
}

static bool holds_certificate(const struct file *file)
{
    static const char begin[] = "-----BEGIN CERTIFICATE-----";

    for (size_t at = 0; file != NULL && at + sizeof begin <= file->length; at++)
        if (memcmp(file->bytes + at, begin, sizeof begin - 1) == 0)
            return true;
    return false;
}

/* The server takes nothing older than 1.2, and the modem has no certificate of its own, which authmode 2 and 3 want. */
int netopen_ssl_obstacle(const struct modem *modem, int session)
{
    const struct netopen_ssl *ssl = context_of(modem, session);

    if (ssl->version < SSL_TLS_1_2)
        return CCH_HANDSHAKE;
    if (ssl->mode == AUTH_NONE)
        return 0;
    return ssl->mode == AUTH_SERVER && holds_certificate(files_find(&modem->files, ssl->ca))
               ? 0
               : CCH_NO_CERTIFICATES;
}

void netopen_ssl_wish(const struct modem *modem, int session, const char *host, struct link_tls_wish *wish)
{
    const struct netopen_ssl *ssl = context_of(modem, session);
    const struct file *file = files_find(&modem->files, ssl->ca);
    bool verify = ssl->mode == AUTH_SERVER;

    *wish = (struct link_tls_wish){.verify = verify,
                                   .check_dates = !ssl->no_dates,
                                   .check_name = verify && VARIANT_IS(modem, CCH_NAME, "checked"),
                                   .no_p384 = !VARIANT_ON(modem, CCH_P384)};
    snprintf(wish->host, sizeof wish->host, "%s", host);
    if (ssl->name && !route_is_numeric(host))
        snprintf(wish->name, sizeof wish->name, "%s", host);
    if (file != NULL) {
        wish->ca = file->bytes;
        wish->ca_length = file->length;
    }
}

/* ---- certificates ---- */

static int put_in(struct modem *modem)
{
    const struct line *line = &modem->line;

    return files_put(&modem->files, modem->netopen.cch.file, line->payload, line->payload_length) ? AT_OK
                                                                                                  : AT_ERROR;
}

static int run_ccertdown(struct modem *modem, const struct at_call *call)
{
    struct netopen_cch *cch = &modem->netopen.cch;
    long size;

    if (call->argc != 2 || call->arg[0].text[0] == '\0' || strlen(call->arg[0].text) >= sizeof cch->file ||
        !at_number(call, 1, 1, FILE_BYTES_MAX, &size))
        return AT_ERROR;
    if (VARIANT_IS(modem, CERTDOWN_AGAIN, "refused") && files_find(&modem->files, call->arg[0].text) != NULL)
        return AT_ERROR;
    snprintf(cch->file, sizeof cch->file, "%s", call->arg[0].text);
    return at_prompt(modem, (size_t)size, put_in);
}

static int run_ccertlist(struct modem *modem, const struct at_call *call)
{
    bool together = VARIANT_IS(modem, CERTLIST, "line");
    char text[FILES_COUNT * (FILE_NAME_MAX + 20)];
    size_t used = 0;

    (void)call;
    if (VARIANT_IS(modem, CERTLIST, "absent"))
        return at_unknown(modem);
    for (int i = 0; i < FILES_COUNT; i++) {
        const char *between = used == 0 ? "+CCERTLIST: " : together ? "," : "\r\n+CCERTLIST: ";

        if (modem->files.all[i].name[0] != '\0')
            used += (size_t)snprintf(text + used, sizeof text - used, "%s\"%s\"", between,
                                     modem->files.all[i].name);
    }
    if (used > 0)
        out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

static int run_ccertdele(struct modem *modem, const struct at_call *call)
{
    return files_remove(&modem->files, call->arg[0].text) ? AT_OK : AT_ERROR;
}

const struct at_command simcom_netopen_ssl_commands[] = {
    {"+CSSLCFG", run_csslcfg, AT_SET, 0},
    {"+CCERTDOWN", run_ccertdown, AT_SET, 0},
    {"+CCERTLIST", run_ccertlist, AT_EXEC, 0},
    {"+CCERTDELE", run_ccertdele, AT_SET, 0},
    {NULL, NULL, 0, 0},
};
