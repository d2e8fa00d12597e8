/*
 * TLS of Quectel's LTE modules (B8): AT+QSSLCFG, AT+QSSLOPEN=1,0,0,"host",443,0 / OK / +QSSLOPEN: 0,0. Everything that
 * goes wrong in the handshake is 566. A real handshake is made: 1.2, with the certificate that was put into a file.
 * The numbers are those of plain TCP, one table for both. Names are compared by firmware that knows "checkhost" only,
 * and this one does not.
 */
#include "at_result.h"
#include "modem.h"
#include "print.h"
#include "quectel.h"

#include <stdio.h>
#include <string.h>

/* ---- settings ---- */

struct setting {
    const char *name;
    long low, high;
};

static const struct setting settings[] = {
    {"sslversion", 0, 4}, {"seclevel", 0, 2},         {"ignorelocaltime", 0, 1},
    {"sni", 0, 1},        {"negotiatetime", 10, 300}, {NULL, 0, 0},
};

static const struct setting *find_setting(const char *name)
{
    for (const struct setting *setting = settings; setting->name != NULL; setting++)
        if (strcmp(setting->name, name) == 0)
            return setting;
    return NULL;
}

static void take(struct quectel_ssl *ssl, const char *name, long value)
{
    if (strcmp(name, "sslversion") == 0)
        ssl->version = (int)value;
    else if (strcmp(name, "seclevel") == 0)
        ssl->level = (int)value;
    else if (strcmp(name, "ignorelocaltime") == 0)
        ssl->no_dates = value == 1;
    else if (strcmp(name, "sni") == 0)
        ssl->name = value == 1;
}

static int set_text(struct quectel_ssl *ssl, const struct at_call *call)
{
    const char *name = call->arg[0].text, *value = call->arg[2].text;

    if (strcmp(name, "ciphersuite") == 0)
        return AT_OK;
    if (strcmp(name, "cacert") != 0 || strlen(value) >= sizeof ssl->ca)
        return AT_ERROR;
    snprintf(ssl->ca, sizeof ssl->ca, "%s", value);
    return AT_OK;
}

static int run_qsslcfg(struct modem *modem, const struct at_call *call)
{
    const struct setting *setting = find_setting(call->arg[0].text);
    long context, value;

    if (call->argc != 3 || !at_number(call, 1, 0, QUECTEL_SSL_CONTEXTS - 1, &context))
        return AT_ERROR;
    if (setting == NULL)
        return set_text(&modem->quectel.contexts[context], call);
    if (!at_number(call, 2, setting->low, setting->high, &value))
        return AT_ERROR;
    take(&modem->quectel.contexts[context], setting->name, value);
    return AT_OK;
}

/* ---- open and close ---- */

static void wish(const struct modem *modem, const struct quectel_ssl *ssl, const char *host,
                 struct link_tls_wish *wish)
{
    const struct file *file = files_find(&modem->files, ssl->ca);

    *wish = (struct link_tls_wish){.verify = ssl->level > 0, .check_dates = !ssl->no_dates};
    if (file != NULL) {
        wish->ca = file->bytes;
        wish->ca_length = file->length;
    }
    if (ssl->name && !route_is_numeric(host))
        snprintf(wish->name, sizeof wish->name, "%s", host);
}

/* <context>,<SSL context>,<number>,"host",<port>,<mode>; mode 2 is not simulated. */
static int run_qsslopen(struct modem *modem, const struct at_call *call)
{
    struct link *link = quectel_lte_link(modem, call, 2);
    struct quectel_opening opening = {.host = call->argc > 3 ? call->arg[3].text : ""};
    long context;

    if (link == NULL || call->argc < 5 || call->argc > 6 || !at_number(call, 0, 1, 16, &opening.context) ||
        !at_number(call, 1, 0, QUECTEL_SSL_CONTEXTS - 1, &context) || opening.host[0] == '\0' ||
        strlen(opening.host) >= ROUTE_HOST_MAX || !at_number(call, 4, 1, 65535, &opening.port) ||
        (call->argc == 6 && !at_number(call, 5, 0, 1, &opening.mode))) {
        modem->quectel.last_error = 552;
        return AT_ERROR;
    }
    if (fault_point_reached(modem, FAULT_AT_CONNECT))
        return AT_SILENT;
    at_result(modem, AT_OK);
    if ((modem->quectel.used & 1U << link->id) == 0) {
        modem->quectel.ssl |= 1U << link->id;
        link->secure = true;
        wish(modem, &modem->quectel.contexts[context], opening.host, &link->wish);
    }
    quectel_lte_open(modem, link, &opening);
    return AT_DONE;
}

static int run_qsslclose(struct modem *modem, const struct at_call *call)
{
    struct link *link = quectel_lte_link(modem, call, 0);

    return link != NULL && quectel_lte_is_ssl(modem, link) ? quectel_lte_close(modem, link) : AT_ERROR;
}

/* ---- status ---- */

static int run_qsslstate(struct modem *modem, const struct at_call *call)
{
    char text[QUECTEL_LTE_SOCKETS * 96];
    size_t used = 0;

    (void)call;
    for (int id = 0; id < QUECTEL_LTE_SOCKETS; id++) {
        const struct link *link = &modem->links[id];

        if ((modem->quectel.used & modem->quectel.ssl & 1U << id) == 0)
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used,
                                 "%s+QSSLSTATE: %d,\"SSLClient\",\"%s\",%u,65344,%d,%d,%d,%d,\"uart1\",0",
                                 used > 0 ? "\r\n" : "", id, link->ip[0] ? link->ip : "0.0.0.0",
                                 (unsigned)link->port, quectel_lte_state_number(modem, link),
                                 modem->quectel.context, id, (modem->quectel.push & 1U << id) != 0);
    }
    if (used > 0)
        out_line(modem, OUT_ANSWER, "%s", text);
    return AT_OK;
}

const struct at_command quectel_lte_ssl_commands[] = {
    {"+QSSLCFG", run_qsslcfg, AT_SET, 0},
    {"+QSSLOPEN", run_qsslopen, AT_SET, AT_NEEDS_SIM},
    {"+QSSLCLOSE", run_qsslclose, AT_SET, 0},
    {"+QSSLSTATE", run_qsslstate, AT_EXEC | AT_QUERY, 0},
    {NULL, NULL, 0, 0},
};
