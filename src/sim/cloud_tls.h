/*
 * TLS of the simulated cloud over OpenSSL's memory buffers: a server with one set of certificates, good and bad, and one
 * struct cloud_tls for each connection that speaks it. The cloud owns the server, a connection its own part.
 * It touches no socket: bytes go in, bytes come out.
 */
#ifndef BLYNKSIM_CLOUD_TLS_H
#define BLYNKSIM_CLOUD_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cloud_bytes.h"

/* The files of a bad certificate stand beside the good one, under these names: as `blynksim certs` makes them. */
#define CLOUD_TLS_CERTIFICATES(X)                                                                            \
    X(CLOUD_CERT_GOOD, NULL)                                                                                 \
    X(CLOUD_CERT_EXPIRED, "expired")                                                                         \
    X(CLOUD_CERT_NOT_YET_VALID, "not-yet-valid")                                                             \
    X(CLOUD_CERT_WRONG_NAME, "wrong-name")                                                                   \
    X(CLOUD_CERT_UNKNOWN_CA, "unknown-ca")                                                                   \
    X(CLOUD_CERT_SELF_SIGNED, "self-signed")

enum cloud_cert {
#define CLOUD_CERT_ENUM(name, file) name,
    CLOUD_TLS_CERTIFICATES(CLOUD_CERT_ENUM)
#undef CLOUD_CERT_ENUM
        CLOUD_CERTS
};

struct cloud_tls_settings {
    const char *cert_path, *key_path; /* NULL: no TLS */
    int min, max;                     /* 12 or 13; 0: not said */
    int tickets;                      /* after a full handshake; -1: not said */
};

enum cloud_tls_result { CLOUD_TLS_GOES_ON, CLOUD_TLS_ENDED, CLOUD_TLS_FAILED };

/* What is known of one connection's TLS. */
struct cloud_tls_facts {
    bool done, resumed, failed;
    char version[16], cipher[64];
    char name[128];                                   /* that the client asked for; empty: it said none */
    char failure[128];                                /* why the handshake or what came after it failed */
    uint64_t handshake_in_bytes, handshake_out_bytes; /* on the wire, the tickets included */
};

struct cloud_tls_server;
struct cloud_tls;

/* NULL: `error` holds a sentence for people. Certificates that are not there are no error but for the good one. */
struct cloud_tls_server *cloud_tls_server_open(const struct cloud_tls_settings *settings, char *error,
                                               size_t error_size);
void cloud_tls_server_free(struct cloud_tls_server *server);
bool cloud_tls_server_has(const struct cloud_tls_server *server, enum cloud_cert cert);
/* How often a client came with a TLS 1.3 ticket that it had used before. */
uint64_t cloud_tls_server_tickets_reused(const struct cloud_tls_server *server);

/* A session that was made with another certificate is not resumed: the client must look at this one. */
struct cloud_tls *cloud_tls_open(struct cloud_tls_server *server, enum cloud_cert cert);
void cloud_tls_free(struct cloud_tls *tls);

/* Takes what came from the wire; appends what it means to `plain` and what must be answered to `wire`. */
enum cloud_tls_result cloud_tls_feed(struct cloud_tls *tls, const void *data, size_t len,
                                     struct cloud_bytes *plain, struct cloud_bytes *wire);
void cloud_tls_seal(struct cloud_tls *tls, const void *data, size_t len, struct cloud_bytes *wire);
/* Says goodbye, if there is a session to end. */
void cloud_tls_end(struct cloud_tls *tls, struct cloud_bytes *wire);

/* Notes why it came to nothing, if nothing was noted before. */
void cloud_tls_give_up(struct cloud_tls *tls, const char *why);
const struct cloud_tls_facts *cloud_tls_facts(const struct cloud_tls *tls);

#endif
