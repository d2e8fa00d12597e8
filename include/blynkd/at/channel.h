/*
 * One conversation with a modem over one port: one command in flight, a queue with priorities, a deadline on
 * every command, and a route for every line: into the answer of the command in flight, to whoever asked for
 * that unsolicited line, or into the log. The user owns the requests (embedded, no allocation) and the port;
 * the channel owns the lexer. It never retries, never knows a modem, never calls back from inside a call:
 * callbacks come from port events, timers and tasks.
 *
 * A command that missed its deadline makes the channel resynchronise before the next one: ESC if a prompt was
 * awaited, then "AT" until a clean OK and silence; late answers are recognised by the command's own patterns
 * and dropped (or handed to on_late), for two minutes, also after one of the dialect's final_fail words, which
 * end a command but not always what it began. If the modem stays mute, on_mute is called and the queue waits.
 */
#ifndef BLYNKD_AT_CHANNEL_H
#define BLYNKD_AT_CHANNEL_H

#include "blynkd/at/lexer.h"
#include "blynkd/base/list.h"
#include "blynkd/base/pattern.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct at_channel;
struct port;
struct sched;
struct trace;

#define AT_TEXT_MAX 512 /* bytes of a command without its line end (SIM800 takes 556, A6 256) */

/* How a command ended; the word is for logs. */
#define AT_RESULTS(X)                                                                                        \
    X(AT_RESULT_OK, "OK")                                                                                    \
    X(AT_RESULT_ERROR, "ERROR") /* ERROR, +CME ERROR, +CMS ERROR or one of the dialect's words */            \
    X(AT_RESULT_FAIL, "failed") /* one of the command's own `fail` patterns */                               \
    X(AT_RESULT_TIMEOUT, "no answer in time")                                                                \
    X(AT_RESULT_REBOOT, "modem restarted") /* boot line or echo while it ran */                              \
    X(AT_RESULT_CANCELLED, "cancelled")    /* at_channel_stop(), at_request_cancel() */

enum at_result {
#define AT_ENUM(name, words) name,
    AT_RESULTS(AT_ENUM)
#undef AT_ENUM
};

/* What ends a command successfully. */
enum at_end {
    AT_END_OK,     /* the final result OK; `done` patterns, if any, are only information lines */
    AT_END_DONE,   /* a `done` pattern; an OK before it says nothing (SIM800 CIPSTART), nor after it */
    AT_END_BOTH,   /* a `done` pattern and OK in any order; after `done` OK may stay away for settle_ms */
    AT_END_EITHER, /* a `done` pattern or OK, whichever comes first (CIPSHUT: "SHUT OK" or "OK") */
};

/* What the answer to a command looks like. Constant, shared, part of the dialect tables. */
struct at_expect {
    enum at_end end;
    uint32_t deadline_ms;     /* from the last byte written to the end; 0 = AT_DEADLINE_DEFAULT_MS */
    uint32_t settle_ms;       /* AT_END_BOTH; 0 = 2000 */
    uint32_t prompt_ms;       /* with payload: how long to wait for '>'; 0 = 5000 */
    const char *prompt_line;  /* pattern of a line that stands for '>' ("CONNECT"); or NULL */
    const char *const *lines; /* patterns of information lines that belong to the answer */
    const char *const *done;  /* see `end`; also given to on_line */
    const char *const *fail;  /* patterns that end it with AT_RESULT_FAIL */
    uint32_t fail_settle_ms;  /* the OK or ERROR behind a `fail` line is awaited so long; 0: there is none */
    bool any_line;            /* every line that no unsolicited pattern claims belongs to the answer (ATI) */
    bool no_payload;          /* while it runs nothing announces payload, even if a line looks like it */
    bool is_private;          /* its lines with digits are not shown, not even when they come too late */
};

#define AT_DEADLINE_DEFAULT_MS 5000

enum at_priority {
    AT_PRIORITY_HIGH,   /* control of the link: open, close, recovery */
    AT_PRIORITY_NORMAL, /* data */
    AT_PRIORITY_LOW,    /* polling, the user's own commands */
};

struct at_reply {
    enum at_result result;
    int code;    /* of +CME ERROR / +CMS ERROR: the number, else -1 */
    int pattern; /* AT_RESULT_FAIL: index in `fail`; OK by pattern: index in `done`; else -1 */
    const char
        *text; /* the line that ended it (AT_END_BOTH: the `done` line), "" if none; valid in the callback */
    bool sent_payload; /* the prompt came and payload bytes were written */
};

struct at_request {
    struct list node;               /* private */
    bool queued;                    /* private: on_done is owed */
    bool given_up;                  /* private: only on_done is missing */
    bool sent_payload;              /* private */
    char text[AT_TEXT_MAX];         /* zero-terminated, without line end */
    const struct at_expect *expect; /* NULL: AT_END_OK within AT_DEADLINE_DEFAULT_MS */
    const uint8_t *payload;         /* written after the prompt; the user keeps it until on_done; or NULL */
    size_t payload_len;
    enum at_priority priority;
    void (*on_line)(void *arg, const char *line, size_t len); /* information line; may be NULL */
    void (*on_done)(void *arg, const struct at_reply *reply); /* exactly once after at_channel_send() == 0 */
    void *arg;
};

/* An unsolicited line that somebody wants. */
struct at_urc {
    const char *pattern;
    void (*on_urc)(void *arg, const char *line, size_t len, const struct pattern_match *match);
};

struct at_channel_events {
    void (*on_payload)(void *arg, const struct at_token *piece);
    void (*on_payload_lost)(void *arg, long link);  /* announced bytes stayed away for 2 s: stream is torn */
    void (*on_reboot)(void *arg, const char *line); /* a boot line (each one), or echo although echo is off */
    void (*on_mute)(void *arg);                     /* no answer even to AT */
    void (*on_late)(void *arg, const char *line, size_t len); /* a line of a timed-out command's answer */
    void (*on_down)(void *arg, int error, const char *why);   /* the port failed */
};

/* What the channel must know of the module; constant. */
struct at_manner {
    const char *line_end;          /* "\r" or "\r\n"; NULL = "\r" */
    uint32_t command_gap_ms;       /* least time between a final result and the next command */
    const char *const *final_fail; /* further final words, e.g. "COMMAND NO RESPONSE!" (patterns) */
    const char *const *boot_lines; /* patterns of lines that a module prints only when it starts */
    const char *payload_end;       /* written after the payload, not counted (M590: "\r"); or NULL */
    uint32_t resync_probes;        /* "AT" tries of a resynchronisation, 500 ms apart; 0 = 10 */
};

/* NULL: no memory. `port` must outlive the channel; the channel sets its events. `trace` may be NULL. */
struct at_channel *at_channel_create(struct sched *sched, struct port *port, struct trace *trace);

/* Closes the port; requests that are still owed an on_done are forgotten. Not from inside a callback. */
void at_channel_destroy(struct at_channel *channel);

void at_channel_set_events(struct at_channel *channel, const struct at_channel_events *events, void *arg);
void at_channel_set_manner(struct at_channel *channel, const struct at_manner *manner);
void at_channel_set_announces(struct at_channel *channel, const struct at_announce *announces);

/* Adds a table of unsolicited lines (ended by pattern == NULL), asked after the command in flight; the first
 * match of the first table wins. At most AT_URC_TABLES. */
#define AT_URC_TABLES 8
int at_channel_add_urcs(struct at_channel *channel, const struct at_urc *urcs, void *arg);
void at_channel_clear_urcs(struct at_channel *channel);

/* Opens the port / closes it. Stop cancels what is queued (on_done from the loop). Stop is idempotent. */
int at_channel_start(struct at_channel *channel);
void at_channel_stop(struct at_channel *channel);
bool at_channel_running(const struct at_channel *channel);

/* Tells that ATE0 was accepted (echo is now a sign of a reboot) or that echo must be expected. Echo is expected
 * at first, and again after a reboot. */
void at_channel_set_echo(struct at_channel *channel, bool echo_expected);

/* Queues the request; an idle channel writes it at once. 0; -EINVAL (empty, control characters, too long),
 * -EALREADY (queued already), -ENOTCONN (not running). */
int at_channel_send(struct at_channel *channel, struct at_request *request);

/* Takes a waiting request back, or gives up the one in flight (then the channel resynchronises); on_done comes
 * with AT_RESULT_CANCELLED from the loop. Idempotent. A modem that goes on with the command and hears nothing
 * meanwhile is not mute before the command's own deadline has passed. */
void at_request_cancel(struct at_channel *channel, struct at_request *request);

/* As at_request_cancel(), but on_done never comes: for an owner that goes away. Idempotent. */
void at_request_forget(struct at_channel *channel, struct at_request *request);

/* True if the request is the one in flight, false while it waits or is not queued at all. */
bool at_request_is_running(const struct at_channel *channel, const struct at_request *request);

/* True when nothing is in flight, queued or being resynchronised. */
bool at_channel_idle(const struct at_channel *channel);

/* Resynchronises now (start of a conversation): "AT" until OK; then the queue runs. on_mute if it fails. A
 * request in flight is given up as by at_request_cancel(). */
void at_channel_resync(struct at_channel *channel);

const char *at_result_name(enum at_result result);

/* Bytes to and from the modem since creation. */
struct at_counters {
    uint64_t bytes_out;
    uint64_t bytes_in;
    uint64_t commands;
    uint64_t timeouts;
    uint64_t reboots; /* boot lines less than 30 s apart are one */
    uint64_t stray_lines;
};
const struct at_counters *at_channel_counters(const struct at_channel *channel);

#endif
