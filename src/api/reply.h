/*
 * Replies of the Redis protocol, in the version that the client asked for: each function appends one element to
 * a bounded buffer that belongs to the client. Pure. When the bound is reached nothing more is added and `full`
 * stays set, so that only the sender of the whole reply has to look.
 */
#ifndef BLYNKD_API_REPLY_H
#define BLYNKD_API_REPLY_H

#include "blynkd/base/buf.h"

#include <stdarg.h>
#include <stdbool.h>

struct reply {
    struct buf *buf;
    unsigned protocol; /* 2 or 3 */
    bool full;         /* something did not fit (or no memory): the stream is not usable any more */
};

#define REPLY_ERROR_MAX 512 /* bytes of an error line */

void reply_bytes(struct reply *reply, const void *bytes, size_t len); /* as they are: an encoded piece */
void reply_ok(struct reply *reply);
void reply_status(struct reply *reply, const char *word);
/* "-" and the text, which begins with a code such as WRONGPIN. Control bytes become blanks, so that what a
 * client sent can be quoted. */
void reply_error(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_error_list(struct reply *reply, const char *format, va_list args);
void reply_integer(struct reply *reply, long long number);
void reply_bulk(struct reply *reply, const void *bytes, size_t len);
void reply_text(struct reply *reply, const char *text); /* a bulk string */
void reply_null(struct reply *reply);
void reply_null_array(struct reply *reply);                             /* RESP3 knows one null only */
void reply_double(struct reply *reply, const char *decimal);            /* RESP2: a bulk string */
void reply_verbatim(struct reply *reply, const void *text, size_t len); /* RESP2: a bulk string */

/* Heads of aggregates; the elements follow. RESP2 knows arrays only: a map is its keys and values in turn. */
void reply_array(struct reply *reply, size_t count);
void reply_map(struct reply *reply, size_t pairs);
void reply_set(struct reply *reply, size_t count);
void reply_push(struct reply *reply, size_t count);

#endif
