/*
 * A TLS stream over a fake stream with a TLS server behind it, in virtual time, and everything its user hears. The
 * test owns it. It fails the test when an event comes from inside a call or out of order.
 */
#ifndef TLS_RIG_H
#define TLS_RIG_H

#include "blynkd/net/tls.h"
#include "fake_stream.h"
#include "tls_paper.h"
#include "tls_peer.h"

#define TLS_RIG_NAME "blynk.example"
#define TLS_RIG_PORT 443

/* What all rigs of a program share: an authority, one below it, and a server's certificate by that. */
struct tls_papers {
    char dir[64];
    char ca_file[96];
    struct tls_paper authority;
    struct tls_paper between;
    struct tls_paper server;
};

struct tls_rig {
    struct tls_papers *papers;
    struct sched *sched;
    struct fake_stream *fake;
    struct tls_peer peer;
    struct tls_context *context;
    struct tls_stream *tls;
    struct stream *stream;
    int64_t wall_ms;
    enum tls_clock clock;
    uint8_t session[TLS_SESSION_MAX]; /* the newest; goes when it is taken */
    size_t session_len;
    unsigned sessions;
    unsigned handshakes;
    unsigned opens;
    unsigned closes;
    unsigned rooms;
    enum stream_fault fault;
    char why[256];
    struct buf received;
    size_t out_bytes; /* on the wire, of this connection */
    size_t in_bytes;
    bool in_call;
    bool is_open;
    void (*on_event)(struct tls_rig *rig); /* at on_handshake, on_open, on_bytes; may be NULL */
};

void tls_papers_make(struct tls_papers *papers);
void tls_papers_remove(struct tls_papers *papers);
/* A server's certificate by the authority, for TLS_RIG_NAME. */
void tls_papers_issue(struct tls_papers *papers, struct tls_paper *paper, const struct tls_paper_wish *wish);

struct tls_rig *tls_rig_create(struct tls_papers *papers, uint64_t seed);
void tls_rig_destroy(struct tls_rig *rig);
/* Opens, and lets `ms` pass. */
void tls_rig_open(struct tls_rig *rig, uint32_t ms);
/* Closes if it is not, and waits for the end. */
void tls_rig_close(struct tls_rig *rig);
size_t tls_rig_write(struct tls_rig *rig, const void *data, size_t len);
/* Writes all, waiting for room. */
void tls_rig_write_all(struct tls_rig *rig, const uint8_t *data, size_t len);

#endif
