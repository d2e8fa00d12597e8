/*
 * What the files of net/tls share: whom to trust, the check of a peer's certificate, kept sessions, and the words
 * for what went wrong. The TLS stream owns all of it. Nothing here reads or writes the carrier.
 */
#ifndef TLS_PRIVATE_H
#define TLS_PRIVATE_H

#include "blynkd/base/buf.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/tls.h"

#define TLS_TAG_BYTES   8   /* says to which trust and name a kept session belongs */
#define TLS_FRESH_MAX   4   /* sessions that came in one turn; more are not kept */
#define TLS_EXCERPT_MAX 40  /* of an answer that is not TLS */
#define TLS_HOST_MAX    253 /* RFC 1035, 2.3.4 */

struct bio_st;
struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;
struct x509_st;
struct asn1_string_st;
struct X509_name_st;

/* ---- whom to trust (tls_trust.c) ---- */

struct tls_context {
    struct ssl_ctx_st *ssl;
    bool own_authorities; /* not the system's */
    uint8_t tag[32];      /* differs when others are trusted */
    unsigned references;
};

void tls_context_keep(struct tls_context *context);
void tls_context_tag(const struct tls_context *context, const char *name, uint8_t tag[TLS_TAG_BYTES]);

/* ---- the check (tls_verify.c) ---- */

struct tls_check {
    const char *name; /* that the certificate must have */
    bool own_authorities;
    enum tls_clock clock;
    int64_t wall_ms;
    struct tls_info *info;
    char why[TLS_WHY_MAX]; /* "": nothing found yet */
};

/* false: no memory, or the name cannot be one. */
bool tls_check_begin(struct tls_check *check, struct ssl_st *ssl);
/* Whether the connection that is now established was made with a peer that was verified. */
bool tls_check_passed(const struct ssl_st *ssl);

/* ---- sessions (tls_session.c) ---- */

struct tls_fresh {
    struct ssl_session_st *sessions[TLS_FRESH_MAX];
    unsigned count;
};

void tls_fresh_add(struct tls_fresh *fresh, struct ssl_session_st *session);
void tls_fresh_drop(struct tls_fresh *fresh);
/* 0: too long to be kept. */
size_t tls_session_pack(struct ssl_session_st *session, const uint8_t tag[TLS_TAG_BYTES],
                        uint8_t bytes[TLS_SESSION_MAX]);
/* NULL: of no use. The caller frees it. */
struct ssl_session_st *tls_session_unpack(const uint8_t *bytes, size_t len, const uint8_t tag[TLS_TAG_BYTES],
                                          int64_t wall_ms);
/* May be offered more than once (1.2). */
bool tls_session_is_lasting(const struct ssl_session_st *session);

/* OpenSSL calls it for each session that the server gives. */
int tls_session_on_new(struct ssl_st *ssl, struct ssl_session_st *session);

/* What OpenSSL's callbacks find behind their SSL. */
struct tls_behind {
    struct tls_check check;
    struct tls_fresh fresh;
};

/* ---- the stream (tls.c) ---- */

enum tls_state {
    TLS_CLOSED,
    TLS_OPENING, /* the carrier */
    TLS_HANDSHAKE,
    TLS_PLAIN, /* no TLS came back; hearing what else */
    TLS_OPEN,
    TLS_CLOSING, /* the carrier */
};

struct tls_stream {
    struct stream stream;
    struct sched *sched;
    struct stream *carrier;
    struct tls_events events;
    void *arg;
    struct tls_context *context;
    char wanted_name[TLS_HOST_MAX + 1];
    enum tls_state state;
    char name[TLS_HOST_MAX + 1]; /* of this connection */
    char server[80];             /* host:port, for people */
    struct ssl_st *ssl;
    struct bio_st *in;  /* the SSL's */
    struct bio_st *out; /* the SSL's; empty between calls */
    struct buf unsent;
    struct tls_behind behind;
    uint8_t tag[TLS_TAG_BYTES];
    struct ssl_session_st *offered; /* in a handshake that is not decided yet */
    uint8_t first[TLS_EXCERPT_MAX];
    size_t first_len;
    struct timer plain;
    struct task room_grew;
    struct tls_info info;
    enum stream_fault fault;
    char why[TLS_WHY_MAX];
};

static inline struct tls_stream *tls_of(const struct stream *stream)
{
    return (struct tls_stream *)(void *)stream;
}

/* Frees what belongs to one connection. */
void tls_let_go(struct tls_stream *tls);
/* The only way to TLS_CLOSING; the user hears of it when the carrier has closed. */
void tls_give_up(struct tls_stream *tls, enum stream_fault fault, const char *why);
/* After OpenSSL found an error. */
void tls_give_up_found(struct tls_stream *tls);

/* ---- the handshake (tls_handshake.c) ---- */

void tls_handshake_begin(struct tls_stream *tls);
void tls_handshake_go_on(struct tls_stream *tls);
void tls_tell_session(struct tls_stream *tls, struct ssl_session_st *session);
void tls_tell_fresh(struct tls_stream *tls);

/* ---- bytes (tls_bytes.c) ---- */

/* What OpenSSL wrote goes to the carrier: one send at most; the rest waits for the carrier's on_room. */
void tls_flush(struct tls_stream *tls);
/* Tells the server that nothing follows, if that can be sent at once. */
void tls_say_goodbye(struct tls_stream *tls);
size_t tls_room(const struct stream *stream);
size_t tls_write(struct stream *stream, const uint8_t *data, size_t len);
void tls_tell_room(void *arg);
void tls_end_plain(void *arg);
void tls_on_carrier_room(void *arg);
void tls_on_carrier_bytes(void *arg, const uint8_t *data, size_t len);

/* ---- certificates in words (tls_certificate.c) ---- */

void tls_certificate_describe(const struct x509_st *certificate, struct tls_info *info);
void tls_certificate_write_name(const struct X509_name_st *name, char *text, size_t size);
/* "a.example, b.example and 3 more" */
void tls_certificate_write_names(const struct x509_st *certificate, char *text, size_t size);
void tls_certificate_write_day(const struct asn1_string_st *time, char text[16]);
int64_t tls_certificate_time_ms(const struct asn1_string_st *time);

/* ---- failures in words (tls_why.c) ---- */

/* Takes OpenSSL's list of errors down and writes what it means. */
void tls_why_write(char why[TLS_WHY_MAX], const char *server, const char *name, bool in_handshake);
void tls_why_write_plain(char why[TLS_WHY_MAX], const char *server, const uint8_t *answer, size_t len);
void tls_why_write_cut(char why[TLS_WHY_MAX], const char *server, bool answered);
/* Of the first byte from the server. */
bool tls_why_can_be_tls(uint8_t first);

#endif
