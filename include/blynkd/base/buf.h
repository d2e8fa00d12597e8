/*
 * A byte queue with a bound: bytes are appended at the tail and consumed at the head. The owner of the struct
 * owns the memory; it grows by doubling up to `max` and is given back when the queue runs empty after having
 * been large. Never grows past `max`, never moves bytes that a caller still looks at except inside a call on
 * the same queue.
 */
#ifndef BLYNKD_BASE_BUF_H
#define BLYNKD_BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
    uint8_t *data; /* private: start of the allocation */
    size_t head;   /* private: first unconsumed byte */
    size_t tail;   /* private: one past the last byte */
    size_t cap;    /* private */
    size_t max;    /* bytes it may ever hold */
};

/* An empty queue that owns no memory yet. */
void buf_init(struct buf *buf, size_t max_bytes);

/* Gives the memory back; the queue stays usable and empty. Idempotent. */
void buf_free(struct buf *buf);

static inline size_t buf_len(const struct buf *buf)
{
    return buf->tail - buf->head;
}

/* The unconsumed bytes; valid until the next call on this queue. */
static inline const uint8_t *buf_bytes(const struct buf *buf)
{
    return buf->data ? buf->data + buf->head : (const uint8_t *)"";
}

/* How many more bytes fit under the bound. */
static inline size_t buf_room(const struct buf *buf)
{
    return buf->max - buf_len(buf);
}

/* Appends all or nothing. 0, -ENOSPC (over the bound), -ENOMEM. */
int buf_append(struct buf *buf, const void *data, size_t len);
int buf_append_text(struct buf *buf, const char *text);
int buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));

/*
 * Reserves `len` contiguous bytes at the tail and returns where to write them, or NULL (bound or memory).
 * buf_commit() then adds the first `len` of them.
 */
uint8_t *buf_reserve(struct buf *buf, size_t len);
void buf_commit(struct buf *buf, size_t len);

/* Drops `len` bytes at the head; `len` must not be more than there are. */
void buf_consume(struct buf *buf, size_t len);
void buf_clear(struct buf *buf);

/* Cuts the queue back to its first `len` bytes (undo of an append). */
void buf_truncate(struct buf *buf, size_t len);

#endif
