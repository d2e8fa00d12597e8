#include "conf.h"

#include "blynkd/base/secret.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A file of nonsense could otherwise say the same ten thousand times. */
#define FINDINGS_MAX  100
#define FINDING_BYTES 700
#define REPORT_MAX    ((size_t)FINDINGS_MAX * FINDING_BYTES)

/* The first byte of a finding, by enum conf_gravity. */
static const char marks[] = "WEM";

void conf_report_init(struct conf_report *report)
{
    *report = (struct conf_report){.errors = 0};
    buf_init(&report->lines, REPORT_MAX);
}

void conf_report_free(struct conf_report *report)
{
    buf_free(&report->lines);
}

static int format_place(char *out, size_t size, const char *file, unsigned line)
{
    if (!file) {
        out[0] = '\0';
        return 0;
    }
    return line ? snprintf(out, size, "%s:%u: ", file, line) : snprintf(out, size, "%s: ", file);
}

static unsigned *count_of(struct conf_report *report, enum conf_gravity gravity)
{
    switch (gravity) {
    case CONF_WARNING:
        return &report->warnings;
    case CONF_ERROR:
        return &report->errors;
    case CONF_MISSING:
        break;
    }
    return &report->missing;
}

void conf_report_add(struct conf_report *report, enum conf_gravity gravity, const char *file, unsigned line,
                     const char *format, ...)
{
    char text[FINDING_BYTES];
    va_list args;

    ++*count_of(report, gravity);
    text[0] = marks[gravity];
    int len = 1 + format_place(text + 1, sizeof(text) - 1, file, line);
    if (len < (int)sizeof(text)) {
        va_start(args, format);
        vsnprintf(text + len, sizeof(text) - (size_t)len, format, args);
        va_end(args);
    }
    if (report->errors + report->warnings + report->missing > FINDINGS_MAX ||
        buf_append(&report->lines, text, strlen(text) + 1) != 0) {
        report->left_out++;
    }
}

void conf_report_each(const struct conf_report *report, conf_finding_fn *finding, void *arg)
{
    const char *at = (const char *)buf_bytes(&report->lines);
    const char *end = at + buf_len(&report->lines);
    char words[FINDING_BYTES];

    /* A token can have been pasted anywhere, and be known as a secret only since a later line. */
    for (; at < end; at += strlen(at) + 1) {
        snprintf(words, sizeof(words), "%s", at);
        secret_mask(words);
        finding(arg, (enum conf_gravity)(strchr(marks, *at) - marks), words + 1);
    }
    if (report->left_out) {
        snprintf(words, sizeof(words), "and %u more", report->left_out);
        finding(arg, report->errors > 0 ? CONF_ERROR : CONF_WARNING, words);
    }
}
