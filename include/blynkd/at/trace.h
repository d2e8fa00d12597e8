/*
 * What was said to the modem and to Blynk and what they answered: a ring of the last exchanges in memory, always on,
 * and, when switched on, a line per event to a writer (log file, subscribers of the `trace` channel). Binary is
 * shown as escaped text, secrets are masked also when they come in pieces. Never keeps more than its ring.
 */
#ifndef BLYNKD_AT_TRACE_H
#define BLYNKD_AT_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sched;
struct trace;

enum trace_direction {
    TRACE_TO_MODEM,    /* shown as > */
    TRACE_FROM_MODEM,  /* shown as < */
    TRACE_TO_SERVER,   /* shown as >> : what Blynk is sent, frame by frame, as it is before any encryption */
    TRACE_FROM_SERVER, /* shown as << */
    TRACE_NOTE,        /* shown as -- : what the daemon concluded */
};

/* A finished line: "12:34:56.789 > AT+CSQ"; masked and escaped, no line end. */
typedef void trace_line_fn(void *arg, const char *line);

/* How much of a line its time takes, the blank included: for who has a time of his own. */
#define TRACE_TIME_BYTES 13

#define TRACE_RING_BYTES ((size_t)128 * 1024) /* touched only as it fills */

/* Keeps the last `ring_bytes` of lines. NULL: no memory. */
struct trace *trace_create(struct sched *sched, size_t ring_bytes);
void trace_destroy(struct trace *trace);

/* NULL switches the live output off; the ring goes on. */
void trace_set_output(struct trace *trace, trace_line_fn *output, void *arg);

/* Records bytes of one direction. Bytes of the same direction are joined until `end`, so that a secret in
 * pieces is still seen; a change of direction ends the run by itself (what might be the beginning of a secret
 * is then shown with the next run of its direction). Without a trace (NULL) nothing is recorded. */
void trace_bytes(struct trace *trace, enum trace_direction direction, const void *data, size_t len, bool end);
void trace_note(struct trace *trace, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends whatever run is open (so that readers see it). */
void trace_flush(struct trace *trace);

/* The ring, oldest line first. */
void trace_each(const struct trace *trace, trace_line_fn *line, void *arg);

#endif
