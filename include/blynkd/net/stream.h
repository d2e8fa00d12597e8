/*
 * A byte stream to the Blynk server. Made by modem/sock (the modem's own TCP), net/tcp (the host's network) and
 * net/tls, which wraps any of them. Everything above sees one stream and cannot tell which.
 *
 * Life: stream_open() -> exactly one of on_open or on_closed; after on_open any number of on_bytes/on_room;
 * then exactly one on_closed, also after stream_close(). After on_closed the stream can be opened again. Events
 * come from the loop only, never from inside a call on the same stream. Nothing is stored beyond one send:
 * back-pressure is room() going to zero.
 */
#ifndef BLYNKD_NET_STREAM_H
#define BLYNKD_NET_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct stream;

/* Which layer a closed stream blames; the recovery ladder chooses its rung by it. */
#define STREAM_FAULTS(X)                                                                                     \
    X(STREAM_FAULT_NONE, "closed as asked")                                                                  \
    X(STREAM_FAULT_PEER, "closed by the server")                                                             \
    X(STREAM_FAULT_NAME, "name not resolved")                                                                \
    X(STREAM_FAULT_CONNECT, "server not reached")                                                            \
    X(STREAM_FAULT_TLS, "TLS not established")                                                               \
    X(STREAM_FAULT_SEND, "sending failed")                                                                   \
    X(STREAM_FAULT_BEARER, "data connection lost")                                                           \
    X(STREAM_FAULT_MODEM, "modem failed")

enum stream_fault {
#define STREAM_ENUM(name, words) name,
    STREAM_FAULTS(STREAM_ENUM)
#undef STREAM_ENUM
};

struct stream_ops {
    int (*open)(struct stream *stream, const char *host, uint16_t port);
    size_t (*write)(struct stream *stream, const uint8_t *data, size_t len);
    size_t (*room)(const struct stream *stream);
    void (*close)(struct stream *stream);
    const char *(*peer)(const struct stream *stream); /* may be NULL */
};

struct stream_events {
    void (*on_open)(void *arg);
    void (*on_bytes)(void *arg, const uint8_t *data, size_t len);
    void (*on_room)(void *arg);
    void (*on_closed)(void *arg, enum stream_fault fault, const char *why);
};

struct stream {
    const struct stream_ops *ops;
    struct stream_events events; /* set by the user before stream_open() */
    void *arg;
};

/* 0, -EINVAL (host or port unusable), -EALREADY (not closed yet), -ENOTCONN (what carries it is down). */
static inline int stream_open(struct stream *stream, const char *host, uint16_t port)
{
    return stream->ops->open(stream, host, port);
}

/* Takes up to room() bytes and returns how many; one call becomes at most one send of the carrier. */
static inline size_t stream_write(struct stream *stream, const uint8_t *data, size_t len)
{
    return stream->ops->write(stream, data, len);
}

static inline size_t stream_room(const struct stream *stream)
{
    return stream->ops->room(stream);
}

/* Idempotent. on_closed(STREAM_FAULT_NONE) follows if the stream was opening or open. */
static inline void stream_close(struct stream *stream)
{
    stream->ops->close(stream);
}

/* The numeric address of the server while open; "": not known, because who opens it looks names up by itself. */
static inline const char *stream_peer(const struct stream *stream)
{
    return stream->ops->peer ? stream->ops->peer(stream) : "";
}

const char *stream_fault_name(enum stream_fault fault);

#endif
