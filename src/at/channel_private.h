/*
 * The inside of a channel, shared by its rooms: channel.c (life and clock), channel_queue.c (requests),
 * channel_write.c (bytes out), channel_rx.c (where every line goes), channel_answer.c (how a command ends) and channel_sync.c (finding back into step). Owned by channel.c. Never included outside src/at/.
 */
#ifndef AT_CHANNEL_PRIVATE_H
#define AT_CHANNEL_PRIVATE_H

#include "blynkd/at/channel.h"
#include "blynkd/at/trace.h"
#include "blynkd/base/timer.h"
#include "blynkd/io/port.h"

#define AT_LATE_MS     120000 /* how long a line can be a late answer of the last command that was given up */
#define AT_STALL_MS    2000   /* announced payload that stays away so long is lost (Ai-Thinker sheet, 5.9) */
#define AT_PRIORITIES  3
#define AT_STRAY_KINDS 16

enum at_phase {
    AT_PHASE_IDLE,    /* nothing in flight; the clock runs only for the gap before the next command */
    AT_PHASE_COMMAND, /* the command is being written */
    AT_PHASE_PROMPT,  /* '>' is awaited */
    AT_PHASE_PAYLOAD, /* the payload is being written */
    AT_PHASE_ANSWER,  /* all is written, the end is awaited */
    AT_PHASE_QUIET,   /* resynchronising: until nothing arrives any more */
    AT_PHASE_PROBE,   /* resynchronising: "AT" is written, OK awaited */
    AT_PHASE_CLEAR,   /* resynchronising: OK came; until nothing else does */
    AT_PHASE_MUTE,    /* resynchronising failed; the user decides */
};

struct at_out {
    const uint8_t *data;
    size_t len;
};

struct at_urc_table {
    const struct at_urc *urcs;
    void *arg;
};

struct at_channel {
    struct sched *sched;
    struct port *port;
    struct trace *trace;
    struct at_lexer lexer;
    const struct at_announce *announces; /* the user's; some commands run without */
    struct at_channel_events events;
    void *events_arg;
    const struct at_manner *manner; /* never NULL */
    struct at_urc_table tables[AT_URC_TABLES];
    size_t table_count;

    bool running;
    bool echo_expected;
    unsigned depth; /* how many of the loop's calls we are in: callbacks only come from there */
    unsigned
        epoch; /* changes with every start and stop, so that a loop over input sees that its ground is gone */

    struct list queues[AT_PRIORITIES];
    struct list ended; /* given up; on_done is still owed */
    struct task deliver;

    enum at_phase phase;
    struct timer clock;  /* what the phase waits for at most */
    struct timer stall;  /* announced payload that does not come */
    uint64_t free_at_ms; /* not before then may the next command be written */

    struct at_request *current;
    const struct at_expect *expect; /* of `current`, never NULL while there is one */
    bool ok_seen;
    int done_seen;                  /* index of the `done` pattern that came, or -1 */
    int fail_seen;                  /* the same of `fail` */
    char end_line[AT_LINE_MAX + 1]; /* the line that matched it */

    char sent[AT_TEXT_MAX]; /* the last command or probe: what an echo would be */
    struct at_out out[2];   /* still to be written of the command or the payload */
    size_t out_at;

    const struct at_expect *late; /* of the last command that was given up */
    uint64_t late_until_ms;

    unsigned probes_left;
    uint64_t patient_until_ms; /* the modem may be deaf so long, whatever probes are left */
    bool numeric;              /* the modem answers "0" for OK (ATV0) */
    bool awaits_stray_prompt;  /* a prompt may still come that nobody wants */
    uint64_t quiet_until_ms;   /* however much arrives, silence is not awaited longer */

    struct at_counters counters;
    uint64_t boot_seen_ms; /* 0: never */
    uint32_t stray_kinds[AT_STRAY_KINDS];
    unsigned stray_next;
};

/* channel.c. Sets the phase and its clock; UINT64_MAX: no limit. */
void at_channel_go(struct at_channel *channel, enum at_phase phase, uint64_t ms);

/* channel_queue.c. Writes the next waiting command if nothing hinders it. */
void at_channel_pump(struct at_channel *channel);

/* Ends the command in flight: next phase, on_done, next command. Only from the loop. */
void at_channel_finish(struct at_channel *channel, struct at_reply reply);

/* What the command in flight began may still end after it: its lines are late ones for a while. */
void at_channel_remember_late(struct at_channel *channel);

/* Ends what is in flight and what waits; on_done comes from the loop. The phase is the caller's business. */
void at_channel_give_up_all(struct at_channel *channel);
void at_channel_queue_init(struct at_channel *channel);
void at_channel_queue_forget(struct at_channel *channel);

/* channel_write.c: the command in flight, its payload, and the rest of either when the port has room again. */
void at_channel_write_command(struct at_channel *channel);
void at_channel_write_payload(struct at_channel *channel);
void at_channel_write_more(struct at_channel *channel);

/* Writes a few bytes all or not at all. */
bool at_channel_write_now(struct at_channel *channel, const char *text, size_t len);

const char *at_channel_line_end(const struct at_channel *channel);
uint32_t at_channel_deadline_ms(const struct at_channel *channel);

/* channel_answer.c. True if the line was a final result (also one that nobody waits for), or if one of the
 * patterns of the command in flight claims it. */
struct at_line {
    const char *text; /* zero-terminated, as it came */
    size_t len;
};
bool at_channel_take_final(struct at_channel *channel, const struct at_line *line);
bool at_channel_take_answer(struct at_channel *channel, const struct at_line *line);
/* The command ends by the line that was seen, its OK stays away. False: there was none. */
bool at_channel_settle(struct at_channel *channel);
void at_channel_give_information(struct at_channel *channel, const struct at_line *line);

/* True while the modem has the whole command and may answer it. */
bool at_channel_is_answering(const struct at_channel *channel);

/* channel_rx.c: the port's bytes, and bytes that did not come. */
void at_channel_on_bytes(void *arg, const uint8_t *data, size_t len);
void at_channel_on_stall(void *arg);

/* channel_sync.c. `payload_len`: of the command that was given up; it may still swallow so many bytes. */
void at_channel_sync_begin(struct at_channel *channel, size_t payload_len, bool prompt_awaited);
void at_channel_sync_on_bytes(struct at_channel *channel);
void at_channel_sync_on_ok(struct at_channel *channel);
void at_channel_sync_on_numeric_ok(struct at_channel *channel);
void at_channel_sync_on_prompt(struct at_channel *channel);
void at_channel_sync_on_clock(struct at_channel *channel);

static inline bool at_channel_syncing(const struct at_channel *channel)
{
    return channel->phase >= AT_PHASE_QUIET;
}

#endif
