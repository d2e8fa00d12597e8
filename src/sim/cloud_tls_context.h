/*
 * What OpenSSL needs once for each certificate: the server's contexts. The server owns them. Only
 * the files cloud_tls*.c know OpenSSL and include this; cloud_tls.h is the door. It never sees a connection's bytes.
 */
#ifndef BLYNKSIM_CLOUD_TLS_CONTEXT_H
#define BLYNKSIM_CLOUD_TLS_CONTEXT_H

#include "cloud_tls.h"

struct ssl_ctx_st; /* OpenSSL's SSL_CTX */

/* The context of that certificate; there is one if cloud_tls_server_has() says so. */
struct ssl_ctx_st *cloud_tls_context(struct cloud_tls_server *server, enum cloud_cert cert);

#endif
