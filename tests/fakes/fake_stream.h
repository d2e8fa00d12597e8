/*
 * A stream for tests, in virtual time. It opens, fails or hangs as told; what a test feeds arrives from the loop,
 * by default cut into odd pieces of one to seven bytes; what is written is kept. The test owns it. It never
 * delivers anything from inside a call, and fails the test when it is used against its contract.
 */
#ifndef FAKE_STREAM_H
#define FAKE_STREAM_H

#include "blynkd/base/buf.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/stream.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fake_stream_state {
    FAKE_STREAM_CLOSED,
    FAKE_STREAM_OPENING,
    FAKE_STREAM_OPEN,
    FAKE_STREAM_CLOSING,
};

struct fake_stream {
    struct stream stream; /* give &fake->stream to the code under test */
    struct sched *sched;
    enum fake_stream_state state;
    char host[256];
    uint16_t port;
    char peer[64]; /* where `host` is, for stream_peer(); "" (the default): not known */
    unsigned opens;
    unsigned writes;
    bool whole;       /* what is fed in one call arrives in one piece */
    size_t room;      /* bytes that may still be written; SIZE_MAX (the default): any number */
    size_t piece_max; /* one write takes at most so many bytes; SIZE_MAX */
    bool one_send;    /* a write uses the room up, as with a modem that takes one send at a time */
    bool was_short;   /* private */

    /* How the next opens go. `decide` (may be NULL) is asked first and may change the other three. */
    enum stream_fault fault; /* STREAM_FAULT_NONE: opens */
    uint32_t open_ms;        /* after so long; UINT32_MAX: never */
    const char *why;
    uint32_t close_ms;
    int open_error; /* stream_open() fails at once */
    void (*decide)(struct fake_stream *fake, void *observer);

    void (*on_written)(void *observer, const uint8_t *data, size_t len); /* inside the write; may be NULL */
    void (*on_ended)(void *observer); /* the connection is over on the wire; may be NULL */
    void *observer;

    struct buf incoming; /* private */
    struct buf written;
    uint64_t random;             /* private */
    struct task deliver;         /* private */
    struct task room_grew;       /* private */
    struct timer timer;          /* private */
    enum stream_fault end_fault; /* private */
    const char *end_why;         /* private */
};

struct fake_stream *fake_stream_create(struct sched *sched, uint64_t seed);
void fake_stream_destroy(struct fake_stream *fake);

/* Bytes that arrive when the loop turns. */
void fake_stream_feed(struct fake_stream *fake, const void *data, size_t len);
/* The other side, or what carries the stream, ends it; what was fed before still arrives. */
void fake_stream_end(struct fake_stream *fake, enum stream_fault fault, const char *why);
void fake_stream_set_room(struct fake_stream *fake, size_t bytes);
void fake_stream_forget_written(struct fake_stream *fake);

#endif
