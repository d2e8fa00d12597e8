#include "blynkd/at/trace.h"
#include "blynkd/base/secret.h"
#include "blynkd/base/timer.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUN_MAX   1024               /* bytes kept of one run; of more only the number is told */
#define LINE_SIZE (RUN_MAX * 4 + 64) /* every byte may become \xNN */

/* What precedes the bytes of a run in the ring. The bytes are masked already, but not escaped. */
struct record {
    int64_t wall_ms;
    size_t len;
    size_t left_out; /* bytes of the run that are not kept */
    enum trace_direction direction;
};

struct run {
    struct record record;
    bool open;
    char bytes[RUN_MAX];
};

struct trace {
    struct sched *sched;
    trace_line_fn *output;
    void *output_arg;
    struct run run;
    struct secret_stream streams[TRACE_NOTE]; /* of each direction; a note is masked as a whole */
    uint8_t *ring;
    size_t ring_size;
    size_t first; /* where in the ring the oldest record begins */
    size_t used;
};

/* ---- the ring ---- */

static void ring_read(const struct trace *trace, size_t at, void *data, size_t len)
{
    size_t start = (trace->first + at) % trace->ring_size;
    size_t to_end = trace->ring_size - start;
    size_t part = len < to_end ? len : to_end;

    memcpy(data, trace->ring + start, part);
    memcpy((uint8_t *)data + part, trace->ring, len - part);
}

static void ring_append(struct trace *trace, const void *data, size_t len)
{
    size_t start = (trace->first + trace->used) % trace->ring_size;
    size_t to_end = trace->ring_size - start;
    size_t part = len < to_end ? len : to_end;

    assert(len <= trace->ring_size - trace->used);
    memcpy(trace->ring + start, data, part);
    memcpy(trace->ring, (const uint8_t *)data + part, len - part);
    trace->used += len;
}

static void ring_drop_oldest(struct trace *trace)
{
    struct record record;

    ring_read(trace, 0, &record, sizeof(record));
    size_t len = sizeof(record) + record.len;
    trace->first = (trace->first + len) % trace->ring_size;
    trace->used -= len;
}

static void ring_keep(struct trace *trace, const struct run *run)
{
    size_t len = sizeof(run->record) + run->record.len;

    if (len > trace->ring_size) {
        return;
    }
    while (trace->ring_size - trace->used < len) {
        ring_drop_oldest(trace);
    }
    ring_append(trace, &run->record, sizeof(run->record));
    ring_append(trace, run->bytes, run->record.len);
}

/* ---- a run as a line ---- */

static size_t show_time(char *out, size_t size, int64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm local;

    localtime_r(&seconds, &local);
    return (size_t)snprintf(out, size, "%02d:%02d:%02d.%03d ", local.tm_hour, local.tm_min, local.tm_sec,
                            (int)(wall_ms % 1000));
}

static size_t show_byte(char *out, uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";

    if (byte >= ' ' && byte <= '~' && byte != '\\') {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '\\';
    if (byte == '\\' || byte == '\r' || byte == '\n') {
        out[1] = (char)(byte == '\r' ? 'r' : byte == '\n' ? 'n' : '\\');
        return 2;
    }
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 15];
    return 4;
}

static const char *sign_of(enum trace_direction direction)
{
    switch (direction) {
    case TRACE_TO_MODEM:
        return "> ";
    case TRACE_FROM_MODEM:
        return "< ";
    case TRACE_TO_SERVER:
        return ">> ";
    case TRACE_FROM_SERVER:
        return "<< ";
    case TRACE_NOTE:
        return "-- ";
    }
    return "";
}

static void show_run(const struct record *record, const char *bytes, trace_line_fn *output, void *arg)
{
    char line[LINE_SIZE];
    size_t len = show_time(line, sizeof(line), record->wall_ms);

    assert(len == TRACE_TIME_BYTES);
    len += (size_t)snprintf(line + len, sizeof(line) - len, "%s", sign_of(record->direction));
    for (size_t i = 0; i < record->len; i++) {
        len += show_byte(line + len, (uint8_t)bytes[i]);
    }
    if (record->left_out > 0) {
        len += (size_t)snprintf(line + len, sizeof(line) - len, " (and %zu bytes)", record->left_out);
    }
    line[len] = '\0';
    output(arg, line);
}

/* ---- recording ---- */

static void open_run(struct trace *trace, enum trace_direction direction)
{
    trace->run.record = (struct record){.wall_ms = sched_wall_ms(trace->sched), .direction = direction};
    trace->run.open = true;
}

static void close_run(struct trace *trace)
{
    struct run *run = &trace->run;

    if (!run->open) {
        return;
    }
    run->open = false;
    if (run->record.len == 0) {
        return;
    }
    ring_keep(trace, run);
    if (trace->output) {
        show_run(&run->record, run->bytes, trace->output, trace->output_arg);
    }
}

static void add_to_run(void *arg, const uint8_t *data, size_t len)
{
    struct trace *trace = arg;
    struct record *record = &trace->run.record;
    size_t part = len < RUN_MAX - record->len ? len : RUN_MAX - record->len;

    memcpy(trace->run.bytes + record->len, data, part);
    record->len += part;
    record->left_out += len - part;
}

void trace_bytes(struct trace *trace, enum trace_direction direction, const void *data, size_t len, bool end)
{
    if (!trace) {
        return;
    }
    assert(direction != TRACE_NOTE);
    struct secret_stream *stream = &trace->streams[direction];
    if (trace->run.open && trace->run.record.direction != direction) {
        close_run(trace);
    }
    if (!trace->run.open) {
        open_run(trace, direction);
    }
    secret_stream_feed(stream, data, len, add_to_run, trace);
    if (end) {
        secret_stream_flush(stream, add_to_run, trace);
        close_run(trace);
    }
}

/* Through a stream, because the end of a text that was cut may be the beginning of a secret. */
void trace_note(struct trace *trace, const char *format, ...)
{
    struct secret_stream stream = {.held_len = 0};
    char text[RUN_MAX];
    va_list args;

    if (!trace) {
        return;
    }
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    close_run(trace);
    open_run(trace, TRACE_NOTE);
    secret_stream_feed(&stream, (const uint8_t *)text, strlen(text), add_to_run, trace);
    secret_stream_flush(&stream, add_to_run, trace);
    close_run(trace);
}

void trace_flush(struct trace *trace)
{
    if (trace) {
        close_run(trace);
    }
}

/* ---- reading ---- */

void trace_each(const struct trace *trace, trace_line_fn *line, void *arg)
{
    char bytes[RUN_MAX];
    struct record record;

    for (size_t at = 0; at < trace->used; at += sizeof(record) + record.len) {
        ring_read(trace, at, &record, sizeof(record));
        assert(record.len <= RUN_MAX);
        ring_read(trace, at + sizeof(record), bytes, record.len);
        show_run(&record, bytes, line, arg);
    }
}

void trace_set_output(struct trace *trace, trace_line_fn *output, void *arg)
{
    trace->output = output;
    trace->output_arg = arg;
}

struct trace *trace_create(struct sched *sched, size_t ring_bytes)
{
    struct trace *trace = calloc(1, sizeof(*trace));

    if (!trace) {
        return NULL;
    }
    trace->sched = sched;
    trace->ring_size = ring_bytes ? ring_bytes : 1;
    trace->ring = malloc(trace->ring_size);
    if (!trace->ring) {
        free(trace);
        return NULL;
    }
    return trace;
}

void trace_destroy(struct trace *trace)
{
    if (!trace) {
        return;
    }
    free(trace->ring);
    free(trace);
}
