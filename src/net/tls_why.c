/* Why there is no TLS with a server, in words. */
#include "tls_private.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#define RECORD_ALERT     0x15 /* RFC 8446, 5.1 */
#define RECORD_HANDSHAKE 0x16

bool tls_why_can_be_tls(uint8_t first)
{
    return first == RECORD_HANDSHAKE || first == RECORD_ALERT;
}

void tls_why_write_plain(char why[TLS_WHY_MAX], const char *server, const uint8_t *answer, size_t len)
{
    char excerpt[TLS_EXCERPT_MAX + 1];
    size_t count = 0;

    while (count < len && count < TLS_EXCERPT_MAX && answer[count] != '\r' && answer[count] != '\n') {
        bool printable = answer[count] >= ' ' && answer[count] <= '~';
        memcpy(excerpt + count, printable ? (const char *)answer + count : ".", 1);
        count++;
    }
    excerpt[count] = '\0';
    snprintf(
        why, TLS_WHY_MAX,
        "the server at %.60s does not speak TLS; it answered \"%s\": wrong port, or a login page on the way?",
        server, excerpt);
}

void tls_why_write_cut(char why[TLS_WHY_MAX], const char *server, bool answered)
{
    if (answered) {
        snprintf(why, TLS_WHY_MAX, "%.80s closed the connection in the middle of the TLS handshake", server);
    } else {
        snprintf(why, TLS_WHY_MAX, "%.80s closed the connection when TLS began: is that a port for TLS?",
                 server);
    }
}

static void write_alert(char why[TLS_WHY_MAX], const char *server, const char *name, int alert)
{
    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
        snprintf(why, TLS_WHY_MAX,
                 "%.80s speaks no TLS that is safe: 1.2 or 1.3 is needed, so the server must be updated",
                 server);
        return;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
        snprintf(why, TLS_WHY_MAX,
                 "%.80s refused the TLS handshake: it has no modern cipher, or wants something else of its "
                 "clients",
                 server);
        return;
    case SSL_AD_UNRECOGNIZED_NAME:
        snprintf(why, TLS_WHY_MAX, "%.70s does not know the name %.64s: is `server` right?", server, name);
        return;
    case SSL_AD_CERTIFICATE_REQUIRED:
        snprintf(why, TLS_WHY_MAX, "%.80s wants a certificate of its clients, which is not supported",
                 server);
        return;
    default:
        snprintf(why, TLS_WHY_MAX, "%.80s broke TLS off with the alert \"%s\"", server,
                 SSL_alert_desc_string_long(alert));
        return;
    }
}

static void write_reason(char why[TLS_WHY_MAX], const char *server, unsigned long error, bool in_handshake)
{
    const char *text = ERR_reason_error_string(error);

    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
        write_alert(why, server, "", SSL_AD_PROTOCOL_VERSION);
        return;
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
        snprintf(why, TLS_WHY_MAX, "what came from %.80s was damaged on the way (bytes lost or changed)",
                 server);
        return;
    default:
        snprintf(why, TLS_WHY_MAX, "%s %.80s failed: %s",
                 in_handshake ? "the TLS handshake with" : "TLS with", server,
                 text ? text : "no reason known");
        return;
    }
}

void tls_why_write(char why[TLS_WHY_MAX], const char *server, const char *name, bool in_handshake)
{
    unsigned long error = ERR_get_error();
    int reason = ERR_GET_REASON(error);

    ERR_clear_error();
    if (ERR_GET_LIB(error) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET) {
        write_alert(why, server, name, reason - SSL_AD_REASON_OFFSET);
    } else {
        write_reason(why, server, error, in_handshake);
    }
}
