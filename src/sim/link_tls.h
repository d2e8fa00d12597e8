/*
 * TLS of the simulated modem itself: a client of TLS 1.2 over OpenSSL's memory buffers, as strict as the modem was told
 * to be. Made by a link for one connection; the family says what is wished.
 * It touches no socket: bytes go in, bytes come out.
 */
#ifndef SIM_LINK_TLS_H
#define SIM_LINK_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#define LINK_TLS_NAME_MAX 256

struct link_tls_wish {
    bool verify;       /* else every certificate will do */
    const uint8_t *ca; /* PEM, kept as long as the connection is being opened; NULL: nobody is trusted */
    size_t ca_length;
    char name[LINK_TLS_NAME_MAX]; /* SNI; empty: none is told */
    bool check_name;              /* the certificate must have the name of `host` */
    char host[LINK_TLS_NAME_MAX];
    bool check_dates;
    bool no_p384; /* keys on secp384r1 are not understood */
    time_t now;   /* by the modem's clock; 0: by this machine's */
    bool old;     /* TLS 1.0 and no newer */
};

enum link_tls_state { LINK_TLS_SHAKING, LINK_TLS_DONE, LINK_TLS_FAILED };
enum link_tls_problem { LINK_TLS_OTHER, LINK_TLS_EXPIRED, LINK_TLS_WRONG_NAME };

struct link_tls;

/* NULL: no memory, or the certificate of the authority is none. */
struct link_tls *link_tls_open(const struct link_tls_wish *wish);
void link_tls_free(struct link_tls *tls);

/* Bytes from the server; the handshake goes on as far as it can. */
enum link_tls_state link_tls_take(struct link_tls *tls, const void *bytes, size_t count);
/* What it means; 0: nothing yet. */
size_t link_tls_read(struct link_tls *tls, void *out, size_t room);
bool link_tls_write(struct link_tls *tls, const void *bytes, size_t count);
/* Says goodbye. */
void link_tls_end(struct link_tls *tls);
/* Bytes for the server; 0: none. */
size_t link_tls_wire(struct link_tls *tls, void *out, size_t room);

const char *link_tls_failure(const struct link_tls *tls);
enum link_tls_problem link_tls_problem(const struct link_tls *tls);

#endif
