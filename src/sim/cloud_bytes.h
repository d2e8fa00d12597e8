/*
 * A growing byte buffer for the simulated cloud. Owned by whatever struct holds it; a zeroed one is empty and ready. It never
 * fails: a simulator that has no memory left says so and ends.
 */
#ifndef BLYNKSIM_CLOUD_BYTES_H
#define BLYNKSIM_CLOUD_BYTES_H

#include <stddef.h>
#include <stdint.h>

struct cloud_bytes {
    uint8_t *data;
    size_t len;
    size_t capacity;
};

/* malloc() that ends the process when there is no memory; zeroed. */
void *cloud_alloc(size_t size);

void cloud_bytes_append(struct cloud_bytes *bytes, const void *data, size_t len);
void cloud_bytes_append_text(struct cloud_bytes *bytes, const char *text);
void cloud_bytes_append_byte(struct cloud_bytes *bytes, uint8_t byte);
void cloud_bytes_printf(struct cloud_bytes *bytes, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Appends a JSON string with its quotes; `data` must be UTF-8. Control bytes, NUL too, become \u00XX. */
void cloud_bytes_append_json(struct cloud_bytes *bytes, const void *data, size_t len);

/* Appends text as UTF-8: every part of it that is not UTF-8 becomes U+FFFD, as the real server does. */
void cloud_bytes_append_utf8(struct cloud_bytes *bytes, const void *data, size_t len);

/* Appends for a person's eyes: printable ASCII as it is, the rest as \xHH. */
void cloud_bytes_append_escaped(struct cloud_bytes *bytes, const void *data, size_t len);

/* Number of characters (code points) in UTF-8 text. */
size_t cloud_utf8_count(const void *data, size_t len);

/* Drops the first `count` bytes. */
void cloud_bytes_consume(struct cloud_bytes *bytes, size_t count);
void cloud_bytes_clear(struct cloud_bytes *bytes);
void cloud_bytes_free(struct cloud_bytes *bytes);

#endif
