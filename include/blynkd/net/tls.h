/*
 * TLS on the host over any stream: the modem's TCP from 2014 gets the security of a browser. A TLS stream is made over
 * a carrier that its maker owns, speaks 1.2 and 1.3 and nothing older, and is a stream itself. It never goes on with a
 * peer whose certificate it could not verify, and there is no way to tell it to.
 *
 * Sources: RFC 8446, RFC 5246, RFC 6066 (SNI); OpenSSL 3.0 manual; sizes in facts/feasibility.md, 3.
 */
#ifndef BLYNKD_NET_TLS_H
#define BLYNKD_NET_TLS_H

#include "blynkd/net/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;
struct tls_context;
struct tls_stream;

#define TLS_WHY_MAX     200
#define TLS_SESSION_MAX 4096 /* bytes of a session to be kept; larger ones are not */

struct tls_config {
    char ca_file[256]; /* "": the system's store */
    char ca_dir[256];  /* "": the system's, if there is no ca_file either */
    int64_t wall_ms; /* ms since 1970, to find expired authorities early; 0: that is left to the handshake */
};

/*
 * Whom to trust. Reads the files at once; NULL, and in `why` what is wrong and what to do (file missing, unreadable, no
 * certificate in it, expired). Certificates in directories are read when they are needed, once. After a reload
 * make another: the old one stays in use while the new one is wrong.
 */
struct tls_context *tls_context_create(const struct tls_config *config, char why[TLS_WHY_MAX]);
/* May be called while streams use it: they keep what they need. NULL is allowed. */
void tls_context_destroy(struct tls_context *context);

/* How sure the time is against which certificates are checked. */
enum tls_clock {
    TLS_CLOCK_KNOWN, /* certificates are checked in full */
    TLS_CLOCK_FLOOR, /* it is at least this late: "not yet valid" is tolerated and told, "expired" is not */
};

struct tls_events {
    /* The carrier is open, the handshake begins. */
    void (*on_handshake)(void *arg);
    /* What the carrier took and gave in one piece: records and handshake, not what is inside. on_sent also comes from
     * inside stream_write() and stream_close(). */
    void (*on_sent)(void *arg, size_t bytes);
    void (*on_received)(void *arg, size_t bytes);
    /* The time for checking: ms since 1970. */
    enum tls_clock (*clock)(void *arg, int64_t *wall_ms);
    /* A session for a later resumption with `name`: a secret. 1.3 gives them after the handshake, each for one use. A
     * session of 1.2 that was taken and is still good comes back here. None comes from a connection with a doubtful
     * clock: the next one has to look at the certificate again. */
    void (*on_session)(void *arg, const char *name, const uint8_t *bytes, size_t len);
    /* The session to resume with `name`; returns its length, 0: none. It is used once: forget it. One that does not
     * fit (other trust, certificate expired meanwhile, damaged) is ignored. */
    size_t (*take_session)(void *arg, const char *name, uint8_t bytes[TLS_SESSION_MAX]);
};

/* All of `events` must be set. `carrier` stays its maker's and must outlive it; its events are the TLS stream's. NULL:
 * no memory. */
struct tls_stream *tls_stream_create(struct sched *sched, struct stream *carrier,
                                     const struct tls_events *events, void *arg);
/* Only when closed. */
void tls_stream_destroy(struct tls_stream *tls);
struct stream *tls_stream_stream(struct tls_stream *tls);

/* Before stream_open(), and from then on for each: whom to trust, and the name the certificate must have ("": that of
 * stream_open(); with an address instead of a name to open, the name of the server). */
void tls_stream_use(struct tls_stream *tls, struct tls_context *context, const char *name);

/* Of the connection that is open or was last; after a certificate was refused, of that certificate. */
struct tls_info {
    char version[16]; /* "TLS 1.3" */
    char cipher[64];
    bool resumed;
    bool clock_was_doubtful; /* "not yet valid" was tolerated */
    char subject[128];
    char issuer[128];
    int64_t not_after_ms;
    size_t handshake_out_bytes;
    size_t handshake_in_bytes;
};
const struct tls_info *tls_stream_info(const struct tls_stream *tls);

#endif
