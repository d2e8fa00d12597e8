/*
 * A TLS server behind a fake stream, in virtual time: OpenSSL's own server side. Each open of the stream is a new
 * connection. The test owns it. It can damage or cut what it sends, and never says a word that it was not told to.
 */
#ifndef TLS_PEER_H
#define TLS_PEER_H

#include "blynkd/base/buf.h"
#include "blynkd/base/timer.h"
#include "fake_stream.h"
#include "tls_paper.h"

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tls_peer {
    struct fake_stream *fake;
    struct sched *sched;
    SSL_CTX *context;
    SSL *ssl;
    BIO *in;
    BIO *out;
    struct task turn;
    bool is_open;
    bool was_resumed;
    bool echo;      /* what comes goes back */
    size_t cut_at;  /* the connection is closed after so many bytes; SIZE_MAX: never */
    size_t flip_at; /* this byte is changed; SIZE_MAX: none */
    uint8_t flip_with;
    size_t sent;       /* bytes of this connection */
    unsigned goodbyes; /* close_notify received */
    char name[256];    /* SNI */
    struct buf said;   /* on the wire, before any damage */
    struct buf received;
};

void tls_peer_begin(struct tls_peer *peer, struct fake_stream *fake, const struct tls_paper *paper,
                    const struct tls_paper *between);
void tls_peer_end(struct tls_peer *peer);
/* What the server has and says from the next connection on. */
void tls_peer_show(struct tls_peer *peer, const struct tls_paper *paper, const struct tls_paper *between);
void tls_peer_versions(struct tls_peer *peer, int lowest, int highest);
void tls_peer_send(struct tls_peer *peer, const void *data, size_t len);
/* Lets what OpenSSL has to say go, after a test did something with peer->ssl. */
void tls_peer_push(struct tls_peer *peer);

#endif
