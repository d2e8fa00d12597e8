/*
 * The last outage, made out of the daemon's history of the link (LINK HISTORY): when and why the link was lost, what
 * was tried and why it failed, when it came back. Pure; the struct is the caller's. It never guesses what the history
 * does not hold any more: then it says that its beginning is not known.
 */
#ifndef BLYNKD_CTL_OUTAGE_H
#define BLYNKD_CTL_OUTAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define OUTAGE_LINES_MAX 64 /* the daemon keeps 32 */
#define OUTAGE_WORDS_MAX 260

enum outage_kind {
    OUTAGE_NONE,  /* on line, and the history holds no outage */
    OUTAGE_START, /* on line, and it only took some time to come up at first */
    OUTAGE_PAST,
    OUTAGE_NOW,
};

struct outage_try {
    int64_t at_ms;
    char how[OUTAGE_WORDS_MAX];    /* "": nothing was tried, but more was told */
    char reached[12];              /* the furthest state of the link */
    char detail[OUTAGE_WORDS_MAX]; /* what was told last on the way, "" */
    int64_t failed_at_ms;          /* 0: it has not failed */
    char why[OUTAGE_WORDS_MAX];
    char next[OUTAGE_WORDS_MAX]; /* what was to follow, "" */
};

struct outage {
    enum outage_kind kind;
    bool is_cut; /* it began before what the history holds */
    int64_t lost_at_ms;
    char because[OUTAGE_WORDS_MAX];
    char next[OUTAGE_WORDS_MAX];
    struct outage_try tries[OUTAGE_LINES_MAX];
    size_t try_count;
    int64_t back_at_ms; /* 0: it is not */
    char back[OUTAGE_WORDS_MAX];
};

struct outage_line {
    int64_t at_ms; /* ms since 1970 UTC */
    char state[12];
    char why[OUTAGE_WORDS_MAX];
};

/* "2026-11-21T12:00:00.123Z WAIT: ..."; false: it is no such line. */
bool outage_parse(const char *text, struct outage_line *line);

/* `lines`: oldest first; `is_full`: the history has forgotten what was before them. */
void outage_find(const struct outage_line *lines, size_t count, bool is_full, struct outage *outage);

#endif
