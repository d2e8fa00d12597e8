#include "blynkd/base/buf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_FIRST_BYTES 256  /* most queues never hold more than a line */
#define CAP_KEPT_BYTES  4096 /* an empty queue gives back what is larger */

void buf_init(struct buf *buf, size_t max_bytes)
{
    *buf = (struct buf){.max = max_bytes};
}

void buf_free(struct buf *buf)
{
    free(buf->data);
    buf_init(buf, buf->max);
}

static size_t grown_cap(const struct buf *buf, size_t need)
{
    size_t cap = buf->cap ? buf->cap : CAP_FIRST_BYTES;

    while (cap < need && cap <= buf->max / 2) {
        cap *= 2;
    }
    return cap < need || cap > buf->max ? buf->max : cap;
}

uint8_t *buf_reserve(struct buf *buf, size_t len)
{
    if (len > buf_room(buf)) {
        return NULL;
    }
    if (buf->data && len <= buf->cap - buf->tail) {
        return buf->data + buf->tail;
    }
    size_t used = buf_len(buf);
    if (buf->data && buf->head) {
        memmove(buf->data, buf->data + buf->head, used);
        buf->head = 0;
        buf->tail = used;
    }
    if (!buf->data || used + len > buf->cap) {
        size_t cap = grown_cap(buf, used + len);
        uint8_t *data = realloc(buf->data, cap + 1); /* one more for the zero that vsnprintf writes */
        if (!data) {
            return NULL;
        }
        buf->data = data;
        buf->cap = cap;
    }
    return buf->data + buf->tail;
}

void buf_commit(struct buf *buf, size_t len)
{
    assert(len <= buf->cap - buf->tail);
    buf->tail += len;
}

int buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len > buf_room(buf)) {
        return -ENOSPC;
    }
    if (len == 0) {
        return 0;
    }
    uint8_t *to = buf_reserve(buf, len);
    if (!to) {
        return -ENOMEM;
    }
    memcpy(to, data, len);
    buf_commit(buf, len);
    return 0;
}

int buf_append_text(struct buf *buf, const char *text)
{
    return buf_append(buf, text, strlen(text));
}

int buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0) {
        return -EINVAL;
    }
    if ((size_t)len > buf_room(buf)) {
        return -ENOSPC;
    }
    uint8_t *to = buf_reserve(buf, (size_t)len);
    if (!to) {
        return -ENOMEM;
    }
    va_start(args, format);
    vsnprintf((char *)to, (size_t)len + 1, format, args);
    va_end(args);
    buf_commit(buf, (size_t)len);
    return 0;
}

void buf_consume(struct buf *buf, size_t len)
{
    assert(len <= buf_len(buf));
    buf->head += len;
    if (buf->head == buf->tail) {
        buf_clear(buf);
    }
}

void buf_clear(struct buf *buf)
{
    buf->head = 0;
    buf->tail = 0;
    if (buf->cap > CAP_KEPT_BYTES) {
        buf_free(buf);
    }
}

void buf_truncate(struct buf *buf, size_t len)
{
    assert(len <= buf_len(buf));
    buf->tail = buf->head + len;
}
