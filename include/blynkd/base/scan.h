/*
 * Small readers over text that came from outside: numbers with bounds, host:port, sizes, durations. Each reads
 * a whole zero-terminated text and returns 0 or -EINVAL (not of that form) or -ERANGE (of that form, too big).
 * Nothing is changed on failure. Pure.
 */
#ifndef BLYNKD_BASE_SCAN_H
#define BLYNKD_BASE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

int scan_int(const char *text, long min, long max, long *value);
int scan_int64(const char *text, int64_t min, int64_t max, int64_t *value);
int scan_uint64(const char *text, uint64_t max, uint64_t *value);

/* yes no on off true false 1 0, any case. */
int scan_bool(const char *text, bool *value);

/* A duration with a unit: 500ms, 10s, 5m, 2h, 1d; a bare number is seconds. In milliseconds. */
int scan_duration_ms(const char *text, uint64_t max_ms, uint64_t *ms);

/* Bytes with a unit: 4096, 64k, 1M, 2G (powers of 1024). */
int scan_size(const char *text, uint64_t max, uint64_t *bytes);

/*
 * A decimal number of `len` bytes that no zero need end: "21.5", "-3", ".5", "1e-3", with a point whatever the
 * locale. No blanks, no hexadecimal, neither infinity nor NaN. -EINVAL also beyond SCAN_DOUBLE_MAX bytes.
 */
#define SCAN_DOUBLE_MAX 64
int scan_double(const char *text, size_t len, double *value);

/*
 * host:port, [v6]:port, or host alone (then `port` is left as it is). `host` gets at most `size` - 1 bytes, all
 * of them letters, digits or one of ".-_:", so that it can be put between quotes in a command.
 */
int scan_host_port(const char *text, char *host, size_t size, uint16_t *port);

/* True for a dotted quad. */
bool scan_is_ipv4(const char *text);

/* How many bytes at the start of `text` are a dotted quad; 0 if there is none. */
size_t scan_ipv4_prefix(const char *text, size_t len);

/* The shortest edit distance, for "did you mean". Bounded: a text over 64 bytes is UINT_MAX from any other. */
unsigned scan_distance(const char *a, const char *b);

#endif
