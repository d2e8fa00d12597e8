#include "blynkd/base/secret.h"

#include <assert.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct secret {
    uint8_t bytes[SECRET_MAX_BYTES];
    size_t len;
    bool digits; /* digits only: masked only where no other digit touches it */
};

static struct {
    struct secret list[SECRET_MAX_COUNT];
    size_t count;
} secrets;

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool only_digits(const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!is_digit(bytes[i])) {
            return false;
        }
    }
    return true;
}

static bool is_known(const char *value, size_t len)
{
    for (size_t i = 0; i < secrets.count; i++) {
        if (secrets.list[i].len == len && memcmp(secrets.list[i].bytes, value, len) == 0) {
            return true;
        }
    }
    return false;
}

int secret_add(const char *value)
{
    size_t len = value ? strlen(value) : 0;

    if (len < SECRET_MIN_BYTES || len > SECRET_MAX_BYTES) {
        return -EINVAL;
    }
    if (is_known(value, len)) {
        return 0;
    }
    if (secrets.count == SECRET_MAX_COUNT) {
        return -ENOSPC;
    }
    struct secret *secret = &secrets.list[secrets.count++];
    memcpy(secret->bytes, value, len);
    secret->len = len;
    secret->digits = only_digits(secret->bytes, len);
    return 0;
}

void secret_forget_all(void)
{
    secret_wipe(&secrets, sizeof(secrets));
}

void secret_wipe(void *memory, size_t bytes)
{
    explicit_bzero(memory, bytes);
}

/* What the bytes at hand say about a secret that would start at the first of them. */
struct verdict {
    size_t whole; /* length of the longest secret that is there for certain; 0: none */
    bool open;    /* a longer one may be there: the next byte decides */
};

static void judge_one(const struct secret *secret, const uint8_t *at, size_t len, bool after_digit,
                      struct verdict *verdict)
{
    size_t common = len < secret->len ? len : secret->len;

    if (at[0] != secret->bytes[0] || memcmp(at, secret->bytes, common) != 0) {
        return;
    }
    if (secret->digits && after_digit) {
        return;
    }
    if (len < secret->len || (secret->digits && len == secret->len)) {
        verdict->open = true;
        return;
    }
    if (secret->digits && is_digit(at[secret->len])) {
        return;
    }
    if (secret->len > verdict->whole) {
        verdict->whole = secret->len;
    }
}

static struct verdict judge(const uint8_t *at, size_t len, bool after_digit)
{
    struct verdict verdict = {0, false};

    for (size_t i = 0; i < secrets.count; i++) {
        judge_one(&secrets.list[i], at, len, after_digit, &verdict);
    }
    return verdict;
}

/* The longest secret at the start of a run of bytes after which nothing follows. */
static size_t judge_last(const uint8_t *at, size_t len, bool after_digit)
{
    struct verdict verdict = judge(at, len, after_digit);

    for (size_t i = 0; i < secrets.count; i++) {
        const struct secret *secret = &secrets.list[i];
        if (secret->digits && !after_digit && secret->len == len && memcmp(at, secret->bytes, len) == 0) {
            return len;
        }
    }
    return verdict.whole;
}

void secret_mask(char *text)
{
    uint8_t *bytes = (uint8_t *)text;
    size_t len = strlen(text);
    size_t to = 0;
    bool after_digit = false;

    if (secrets.count == 0) {
        return;
    }
    for (size_t from = 0; from < len;) {
        size_t hit = judge_last(bytes + from, len - from, after_digit);
        after_digit = is_digit(bytes[from + (hit ? hit - 1 : 0)]);
        if (hit) {
            memcpy(bytes + to, SECRET_MASK, strlen(SECRET_MASK));
            to += strlen(SECRET_MASK);
            from += hit;
        } else {
            bytes[to++] = bytes[from++];
        }
    }
    bytes[to] = '\0';
}

/* Gathers what can be shown, so that `out` is not called for every byte. */
struct gather {
    uint8_t bytes[256];
    size_t len;
    secret_out_fn *out;
    void *arg;
};

static void gather_end(struct gather *gather)
{
    if (gather->len) {
        gather->out(gather->arg, gather->bytes, gather->len);
    }
    gather->len = 0;
}

static void gather_add(struct gather *gather, const void *data, size_t len)
{
    if (len > sizeof(gather->bytes) - gather->len) {
        gather_end(gather);
    }
    assert(len <= sizeof(gather->bytes));
    memcpy(gather->bytes + gather->len, data, len);
    gather->len += len;
}

/* Takes `len` bytes off the held ones, shown as they are or as the mask. */
static void stream_release(struct secret_stream *stream, size_t len, bool masked, struct gather *gather)
{
    stream->after_digit = is_digit(stream->held[len - 1]);
    if (masked) {
        gather_add(gather, SECRET_MASK, strlen(SECRET_MASK));
    } else {
        gather_add(gather, stream->held, len);
    }
    stream->held_len -= len;
    memmove(stream->held, stream->held + len, stream->held_len);
}

static void stream_settle(struct secret_stream *stream, struct gather *gather)
{
    while (stream->held_len) {
        struct verdict verdict = judge(stream->held, stream->held_len, stream->after_digit);
        if (verdict.open) {
            return;
        }
        stream_release(stream, verdict.whole ? verdict.whole : 1, verdict.whole > 0, gather);
    }
}

void secret_stream_feed(struct secret_stream *stream, const uint8_t *data, size_t len, secret_out_fn *out,
                        void *arg)
{
    struct gather gather = {.out = out, .arg = arg};

    for (size_t i = 0; i < len; i++) {
        assert(stream->held_len < sizeof(stream->held));
        stream->held[stream->held_len++] = data[i];
        stream_settle(stream, &gather);
    }
    gather_end(&gather);
}

void secret_stream_flush(struct secret_stream *stream, secret_out_fn *out, void *arg)
{
    struct gather gather = {.out = out, .arg = arg};

    while (stream->held_len) {
        size_t hit = judge_last(stream->held, stream->held_len, stream->after_digit);
        if (!hit && stream->held_len >= SECRET_MIN_BYTES &&
            judge(stream->held, stream->held_len, stream->after_digit).open) {
            hit = stream->held_len;
        }
        stream_release(stream, hit ? hit : 1, hit > 0, &gather);
    }
    stream->after_digit = false;
    gather_end(&gather);
}
