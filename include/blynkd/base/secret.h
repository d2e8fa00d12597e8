/*
 * The list of secrets (Blynk token, SIM PIN, APN password) and the two ways to hide them: in a finished text,
 * and in a stream that comes in any pieces. The list is the process's only global besides the log; whoever
 * reads a secret registers it before it is used anywhere else. Never hands a secret out.
 *
 * A secret that consists of digits only (a PIN) is masked where no other digit touches it, so that "1234" does
 * not eat the middle of an IMEI. Every secret shows as SECRET_MASK, whatever its length.
 */
#ifndef BLYNKD_BASE_SECRET_H
#define BLYNKD_BASE_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SECRET_MASK      "****"
#define SECRET_MAX_BYTES 128 /* longest secret */
#define SECRET_MAX_COUNT 32  /* how many can be known at once (old ones stay known after a reload) */
#define SECRET_MIN_BYTES 4   /* shorter values are not worth the name and are refused */

/* Remembers a copy. 0 (also when already known), -EINVAL (too short or too long), -ENOSPC. */
int secret_add(const char *value);

/* Wipes and forgets all. */
void secret_forget_all(void);

/* Masks every secret in the zero-terminated text, in place; never makes it longer. */
void secret_mask(char *text);

/* Overwrites memory that held a secret; the compiler may not remove it. */
void secret_wipe(void *memory, size_t bytes);

/*
 * Masks a stream. Bytes that might be the beginning of a secret are held back until the next bytes decide.
 * `out` is called with what can be shown, in order, any number of times. A stream starts as all zero bytes.
 */
typedef void secret_out_fn(void *arg, const uint8_t *data, size_t len);

struct secret_stream {
    uint8_t held[SECRET_MAX_BYTES + 1]; /* private: a secret and the byte that decides about it */
    size_t held_len;                    /* private */
    bool after_digit;                   /* private: the last byte let go was a digit */
};

void secret_stream_feed(struct secret_stream *stream, const uint8_t *data, size_t len, secret_out_fn *out,
                        void *arg);

/* Ends a run of bytes. A held beginning of a secret of SECRET_MIN_BYTES or more shows as SECRET_MASK. */
void secret_stream_flush(struct secret_stream *stream, secret_out_fn *out, void *arg);

#endif
