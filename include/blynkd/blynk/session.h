/*
 * The Blynk session over an open stream: login, info, heartbeat, requests, and the flow of frames both ways
 * under the rate limit. The user opens and closes the stream and forwards its events; the session pulls what is
 * to be sent from a source, so that nothing is stored twice. It never reconnects and never opens anything.
 *
 * Confirmation: Blynk does not answer writes, but the stream is ordered, so an answered PING confirms all that
 * was sent before it (design/local-api.md, Delivery). The exception: a server that says "too many messages" drops
 * messages between those that it reads, and then no PING sent before its word confirms anything.
 */
#ifndef BLYNKD_BLYNK_SESSION_H
#define BLYNKD_BLYNK_SESSION_H

#include "blynkd/blynk/frame.h"

struct blynk_session;
struct sched;
struct stream;

struct blynk_session_config {
    char token[BLYNK_TOKEN_BYTES * 2 + 1]; /* a secret: registered with secret_add() by its reader */
    char template_id[32];                  /* "tmpl" of the info message, "" = none */
    char firmware_version[32];             /* "fw" */
    char connection[16];                   /* "con": "GSM", "Ethernet"; "" = none */
    uint32_t heartbeat_ms;                 /* PING after so long without sending or without receiving */
    uint32_t grace_ms;                     /* dead when a PING stays unanswered so long (sheet, 12: 45 s) */
    uint32_t login_ms;                     /* deadline of the login answer */
    uint32_t rate_per_s;                   /* messages a second, 0 = no limit (benchmarks only) */
    uint32_t burst;
    uint32_t confirm_messages; /* an extra PING when so many messages wait for confirmation */
};

enum blynk_login {
    BLYNK_LOGIN_OK,
    BLYNK_LOGIN_REFUSED,  /* status 9: the token is not known there */
    BLYNK_LOGIN_FAILED,   /* another status */
    BLYNK_LOGIN_SILENT,   /* no answer in time */
    BLYNK_LOGIN_REDIRECT, /* go to host:port and log in there */
};

/* Where what is to be sent comes from (bridge/outbox). */
struct blynk_source {
    /* Appends up to `max_messages` whole frames, at most `room` bytes, with ids from blynk_session_next_id();
     * returns how many messages. `mark` gets a number that grows: what this and all before it sent. `most`: there
     * will never be more room nor more messages at once than now, so what belongs together and does not fit has
     * to be sent in parts, and a single frame larger than `room` is given all the same (the stream cuts it). */
    size_t (*fill)(void *arg, struct blynk_session *session, struct buf *out, size_t room,
                   size_t max_messages, bool most, uint64_t *mark);
    bool (*waiting)(void *arg);                  /* true if fill() would give something */
    void (*confirmed)(void *arg, uint64_t mark); /* all up to mark was read by the server */
    /* The server dropped something of what was given since the last confirmation and does not tell how much: all
     * of that has to be given again. What was given before this call is never confirmed after it. */
    void (*lost)(void *arg);
    void *arg;
};

/* A write, read or mode that came from Blynk. `kind`: 'v', 'd' or 'a' (virtual, digital, analog). */
struct blynk_session_events {
    void (*on_login)(void *arg, enum blynk_login result, const char *why, const char *host, uint16_t port);
    void (*on_write)(void *arg, char kind, unsigned pin, const void *value, size_t len);
    void (*on_read)(void *arg, char kind, unsigned pin, uint16_t id);
    void (*on_mode)(void *arg, unsigned pin, const char *mode, size_t len);
    void (*on_internal)(void *arg, const struct blynk_frame *frame);
    /* A RESPONSE, or an INTERNAL/HARDWARE frame that carries the id of one of our requests. */
    void (*on_response)(void *arg, uint16_t id, unsigned status);
    void (*on_debug_print)(void *arg, const char *text, size_t len);
    void (*on_round_trip)(void *arg, uint32_t ms);
    /* It goes on, but not as it should, and why. May be NULL. */
    void (*on_trouble)(void *arg, const char *why);
    /* Each frame that was sent or has come, before anything is made of it: for a trace. May be NULL. */
    void (*on_frame)(void *arg, bool sent, const struct blynk_frame *frame);
    /* What the stream took in one piece, and gave; with how many messages. May be NULL. */
    void (*on_sent)(void *arg, size_t bytes, size_t messages);
    void (*on_received)(void *arg, size_t bytes, size_t messages);
    /* The session is over (server told so, heartbeat unanswered, stream nonsense); close the stream. */
    void (*on_dead)(void *arg, const char *why);
};

struct blynk_session *blynk_session_create(struct sched *sched, const struct blynk_session_config *config,
                                           const struct blynk_source *source,
                                           const struct blynk_session_events *events, void *arg);
void blynk_session_destroy(struct blynk_session *session);

/* Takes effect at once where it can (rate, heartbeat), else at the next begin. */
void blynk_session_configure(struct blynk_session *session, const struct blynk_session_config *config);

/* The stream is open: sends the login. */
void blynk_session_begin(struct blynk_session *session, struct stream *stream);
/* The stream is gone or is to be closed. No event after it. Idempotent. */
void blynk_session_end(struct blynk_session *session);

/* Stream events, forwarded by the user. */
void blynk_session_bytes(struct blynk_session *session, const uint8_t *data, size_t len);
void blynk_session_room(struct blynk_session *session);

/* The source has something new: sends it now or as soon as room and rate allow. Cheap; call it per write. */
void blynk_session_wake(struct blynk_session *session);

/* How long nothing had passed in either direction: before the oldest unanswered PING if there is one, else till
 * now. 0 without a session. */
uint32_t blynk_session_silence_ms(const struct blynk_session *session);

bool blynk_session_online(const struct blynk_session *session);
uint16_t blynk_session_next_id(struct blynk_session *session);

/* Sends a frame of its own (request, answer to dr/ar), ahead of the source. 0 and the id used; id 0 takes the
 * next one, and no other frame gets that id soon. -ENOTCONN, -ENOBUFS (too many waiting), -EMSGSIZE. */
int blynk_session_request(struct blynk_session *session, enum blynk_command command, uint16_t id,
                          const void *body, size_t len, uint16_t *used_id);

/* The answer RESPONSE to a frame of the server's. -ENOTCONN, -ENOBUFS, -EINVAL (id 0). */
int blynk_session_respond(struct blynk_session *session, uint16_t id, enum blynk_status status);

/* A PING as soon as the source has nothing more to send, so that what was sent gets confirmed (BLYNK.FLUSH).
 * Nothing is sent when all is confirmed or a PING is already on its way. Forgotten when the session ends. */
void blynk_session_confirm_soon(struct blynk_session *session);

struct blynk_session_info {
    uint64_t messages_sent;
    uint64_t messages_received;
    uint64_t bytes_sent;
    uint64_t bytes_received;
    uint32_t round_trip_ms;   /* of the last PING; 0 = none yet */
    uint32_t ping_silence_ms; /* how long nothing had passed in either direction before that PING */
    uint64_t errors;          /* negative RESPONSEs */
    uint64_t skipped;         /* frames that made no sense, or were too large for a value */
};
const struct blynk_session_info *blynk_session_info(const struct blynk_session *session);

#endif
