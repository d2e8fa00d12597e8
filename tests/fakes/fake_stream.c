#include "fake_stream.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT_MAX  ((size_t)8 << 20)
#define PIECE_MAX 7

static struct fake_stream *fake_of(const struct stream *stream)
{
    return (struct fake_stream *)(void *)stream;
}

static uint64_t next_random(struct fake_stream *fake)
{
    uint64_t z = (fake->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    return z ^ (z >> 27);
}

static int fake_open(struct stream *stream, const char *host, uint16_t port)
{
    struct fake_stream *fake = fake_of(stream);

    if (fake->open_error) {
        return fake->open_error;
    }
    if (fake->state != FAKE_STREAM_CLOSED) {
        return -EALREADY;
    }
    snprintf(fake->host, sizeof(fake->host), "%s", host);
    fake->port = port;
    fake->opens++;
    fake->state = FAKE_STREAM_OPENING;
    fake->was_short = false;
    buf_clear(&fake->incoming);
    if (fake->decide) {
        fake->decide(fake, fake->observer);
    }
    if (fake->open_ms != UINT32_MAX) {
        timer_start(fake->sched, &fake->timer, fake->open_ms);
    }
    return 0;
}

static void tell_ended(struct fake_stream *fake)
{
    if (fake->on_ended) {
        fake->on_ended(fake->observer);
    }
}

static void closed(struct fake_stream *fake, enum stream_fault fault, const char *why)
{
    fake->state = FAKE_STREAM_CLOSED;
    timer_stop(&fake->timer);
    task_cancel(&fake->deliver);
    task_cancel(&fake->room_grew);
    fake->stream.events.on_closed(fake->stream.arg, fault, why);
}

static void on_timer(void *arg)
{
    struct fake_stream *fake = arg;

    if (fake->state == FAKE_STREAM_CLOSING) {
        closed(fake, STREAM_FAULT_NONE, "closed as asked");
    } else if (fake->state == FAKE_STREAM_OPENING && fake->fault == STREAM_FAULT_NONE) {
        fake->state = FAKE_STREAM_OPEN;
        fake->stream.events.on_open(fake->stream.arg);
    } else if (fake->state == FAKE_STREAM_OPENING) {
        closed(fake, fake->fault, fake->why ? fake->why : stream_fault_name(fake->fault));
    }
}

static size_t fake_room(const struct stream *stream)
{
    const struct fake_stream *fake = fake_of(stream);

    if (fake->state != FAKE_STREAM_OPEN) {
        return 0;
    }
    return fake->room < fake->piece_max ? fake->room : fake->piece_max;
}

static size_t fake_write(struct stream *stream, const uint8_t *data, size_t len)
{
    struct fake_stream *fake = fake_of(stream);
    size_t room = fake_room(stream);
    size_t taken = len < room ? len : room;

    assert_true(fake->state == FAKE_STREAM_OPEN);
    if (taken < len) {
        fake->was_short = true;
        if (taken && fake->room == SIZE_MAX) {
            task_post(fake->sched, &fake->room_grew);
        }
    }
    if (fake->room != SIZE_MAX) {
        fake->room = fake->one_send ? 0 : fake->room - taken;
    }
    if (!taken) {
        return 0;
    }
    fake->writes++;
    assert_int_equal(buf_append(&fake->written, data, taken), 0);
    if (fake->on_written) {
        fake->on_written(fake->observer, data, taken);
    }
    return taken;
}

static void on_room_grew(void *arg)
{
    struct fake_stream *fake = arg;

    if (fake->state == FAKE_STREAM_OPEN && fake->was_short) {
        fake->was_short = false;
        fake->stream.events.on_room(fake->stream.arg);
    }
}

void fake_stream_set_room(struct fake_stream *fake, size_t bytes)
{
    fake->was_short = fake->was_short || fake->room == 0;
    fake->room = bytes;
    if (bytes && fake->was_short) {
        task_post(fake->sched, &fake->room_grew);
    }
}

static void fake_close(struct stream *stream)
{
    struct fake_stream *fake = fake_of(stream);

    if (fake->state == FAKE_STREAM_CLOSED || fake->state == FAKE_STREAM_CLOSING) {
        return;
    }
    fake->state = FAKE_STREAM_CLOSING;
    tell_ended(fake);
    task_cancel(&fake->deliver);
    task_cancel(&fake->room_grew);
    timer_start(fake->sched, &fake->timer, fake->close_ms);
}

/* One piece a turn; the copy catches who keeps a pointer. When all has arrived, an end that waits comes. */
static void on_deliver(void *arg)
{
    struct fake_stream *fake = arg;
    size_t waiting = buf_len(&fake->incoming);
    size_t piece = fake->whole ? waiting : 1 + (size_t)(next_random(fake) % PIECE_MAX);

    if (fake->state != FAKE_STREAM_OPEN) {
        return;
    }
    if (waiting == 0) {
        if (fake->end_fault != STREAM_FAULT_NONE) {
            enum stream_fault fault = fake->end_fault;
            fake->end_fault = STREAM_FAULT_NONE;
            closed(fake, fault, fake->end_why);
        }
        return;
    }
    piece = piece > waiting ? waiting : piece;
    uint8_t *copy = malloc(piece);
    assert_non_null(copy);
    memcpy(copy, buf_bytes(&fake->incoming), piece);
    buf_consume(&fake->incoming, piece);
    task_post(fake->sched, &fake->deliver);
    fake->stream.events.on_bytes(fake->stream.arg, copy, piece);
    free(copy);
}

void fake_stream_feed(struct fake_stream *fake, const void *data, size_t len)
{
    if (fake->state != FAKE_STREAM_OPEN) {
        return;
    }
    assert_int_equal(buf_append(&fake->incoming, data, len), 0);
    task_post(fake->sched, &fake->deliver);
}

void fake_stream_end(struct fake_stream *fake, enum stream_fault fault, const char *why)
{
    if (fake->state == FAKE_STREAM_OPENING) {
        fake->fault = fault;
        fake->why = why;
        timer_start(fake->sched, &fake->timer, 0);
        return;
    }
    if (fake->state != FAKE_STREAM_OPEN) {
        return;
    }
    tell_ended(fake);
    fake->end_fault = fault;
    fake->end_why = why;
    task_post(fake->sched, &fake->deliver);
}

void fake_stream_forget_written(struct fake_stream *fake)
{
    buf_clear(&fake->written);
}

static const char *fake_peer(const struct stream *stream)
{
    return fake_of(stream)->peer;
}

static const struct stream_ops fake_ops = {
    .open = fake_open,
    .write = fake_write,
    .room = fake_room,
    .close = fake_close,
    .peer = fake_peer,
};

struct fake_stream *fake_stream_create(struct sched *sched, uint64_t seed)
{
    struct fake_stream *fake = calloc(1, sizeof(*fake));

    assert_non_null(fake);
    fake->stream.ops = &fake_ops;
    fake->sched = sched;
    fake->random = seed;
    fake->room = SIZE_MAX;
    fake->piece_max = SIZE_MAX;
    fake->open_ms = 50;
    buf_init(&fake->incoming, KEPT_MAX);
    buf_init(&fake->written, KEPT_MAX);
    task_init(&fake->deliver, on_deliver, fake);
    task_init(&fake->room_grew, on_room_grew, fake);
    timer_init(&fake->timer, on_timer, fake);
    return fake;
}

void fake_stream_destroy(struct fake_stream *fake)
{
    timer_stop(&fake->timer);
    task_cancel(&fake->deliver);
    task_cancel(&fake->room_grew);
    buf_free(&fake->incoming);
    buf_free(&fake->written);
    free(fake);
}
