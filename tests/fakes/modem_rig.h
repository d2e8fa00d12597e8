/*
 * A modem on a fake port in virtual time, a person who watches its uplink and its stream, and a diary of what both
 * report. Conversations come from tests/logs or from the test's text. The test owns the rig. Never hides an event.
 *
 * The diary: "ready", "stopped", "failed data connection, retry: why", "open", "closed as asked",
 * "closed by the server: why" (the fault's name), one a line. Bytes received are gathered in `received`.
 */
#ifndef MODEM_RIG_H
#define MODEM_RIG_H

#include "blynkd/base/buf.h"
#include "blynkd/modem/modem.h"
#include "fake_modem.h"
#include "fake_port.h"

struct modem_rig {
    struct sched *sched;
    struct fake_port *fake;
    struct modem_config config;
    struct modem *modem;
    struct uplink *uplink;
    struct stream *stream;
    struct buf diary;
    struct buf received;
    unsigned rooms; /* on_room so far */
    void (*on_room)(struct modem_rig *rig);
    const char *source_dir;
    char state_dir[64];
    char last_progress[256]; /* "STATE: why" */
    unsigned times;          /* on_time so far, and what it said last */
    int64_t earliest_ms;
    uint32_t slack_ms;
    struct modem_rig_answer {
        char command[64];
        char answer[256];
    } answers[16]; /* other than the usual ones */
    size_t answer_count;
};

/* A modem with this profile, an APN "internet", no PIN, an empty state directory; not started. */
void modem_rig_begin(struct modem_rig *rig, const char *profile, const char *source_dir);
#ifdef TEST_SOURCE_DIR
static inline void modem_rig_init(struct modem_rig *rig, const char *profile)
{
    modem_rig_begin(rig, profile, TEST_SOURCE_DIR);
}
#endif
/* A new modem after the configuration was changed, or as a new daemon on the same port and directory. */
void modem_rig_renew(struct modem_rig *rig);
/* Before the start; the SIM800's log is of a foreign network. */
void modem_rig_allow_roaming(struct modem_rig *rig);
void modem_rig_free(struct modem_rig *rig);

/* Plays tests/logs/<name>, or text in the same notation, to its end; fails the test if it does not come there in
 * `ms`. */
void modem_rig_play(struct modem_rig *rig, const char *name, uint64_t ms);
/* Its first `exchanges` commands, each with what is answered to it, and then the script. */
void modem_rig_play_then(struct modem_rig *rig, const char *name, unsigned exchanges, const char *script,
                         uint64_t ms);
/* Only those; what the modem is asked after them stays unanswered. */
void modem_rig_play_until(struct modem_rig *rig, const char *name, unsigned exchanges, uint64_t ms);

/*
 * A modem without a script: answers each command by itself, as an A7 that has all it needs (or as told by
 * modem_rig_answer_with(); an empty answer: none), for so long; or until a command is written, which then stays
 * unanswered.
 */
void modem_rig_answer(struct modem_rig *rig, uint64_t ms);
void modem_rig_answer_until(struct modem_rig *rig, const char *command, uint64_t ms);
void modem_rig_answer_with(struct modem_rig *rig, const char *command, const char *answer);

/* How many commands there are in it. */
unsigned modem_rig_count(struct modem_rig *rig, const char *name);
void modem_rig_say(struct modem_rig *rig, const char *script, uint64_t ms);
/* The modem says this by itself; everything that follows from it at once happens. */
void modem_rig_hear(struct modem_rig *rig, const char *text);

void modem_rig_start(struct modem_rig *rig, enum uplink_rung rung);
/* Starts and plays the log of a start, expecting "ready"; a stream opened by the log, expecting "open". */
void modem_rig_bring_up(struct modem_rig *rig, const char *log);
void modem_rig_connect(struct modem_rig *rig, const char *log);

/* Fails unless the diary says just this; then clears it. */
void modem_rig_expect(struct modem_rig *rig, const char *diary);
/* Fails unless these bytes, and no others, were received; then forgets them. */
void modem_rig_expect_bytes(struct modem_rig *rig, const void *data, size_t len);
/* Fails unless the last progress contains this. */
void modem_rig_expect_why(struct modem_rig *rig, const char *part);

#endif
