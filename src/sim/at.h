/*
 * Running command lines: taking them apart, finding the handler, timing, final results.
 * Owned by the modem; handlers stand in the command tables of the profiles.
 * It never runs two commands at a time.
 */
#ifndef SIM_AT_H
#define SIM_AT_H

#include "line.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define AT_ARGS_MAX 8

struct modem;

/* How a command was written: AT+X, AT+X=..., AT+X?, AT+X=? */
enum at_kind { AT_EXEC = 1, AT_SET = 2, AT_QUERY = 4, AT_TEST = 8 };

/* What a handler returns: one of these, or the positive number of a +CME ERROR. */
enum {
    AT_OK = 0,
    AT_ERROR = -1,
    AT_PENDING = -2,     /* at_finish() will follow */
    AT_DONE = -3,        /* has said its own last word */
    AT_NO_RESPONSE = -4, /* COMMAND NO RESPONSE! */
    AT_SILENT = -5       /* nothing, now or later: the host's time-out must help */
};

/* What must be true before a handler is called at all. */
enum { AT_NEEDS_SIM = 1 };

struct at_arg {
    char *text; /* without its quotes; "" when left out */
    bool quoted;
};

struct at_call {
    enum at_kind kind;
    int argc;
    struct at_arg arg[AT_ARGS_MAX];
    const char *raw; /* everything behind '=' */
};

typedef int at_handler(struct modem *modem, const struct at_call *call);
typedef int at_then(struct modem *modem);

struct at_command {
    const char *name;
    at_handler *run;
    unsigned kinds; /* of at_kind */
    unsigned needs;
};

enum at_state { AT_IDLE, AT_WAITING, AT_RUNNING, AT_PROMPTING, AT_PAYLOAD, AT_ACKING };

struct at_run {
    enum at_state state;
    char text[LINE_BYTES_MAX], last[LINE_BYTES_MAX];
    size_t position;
    uv_timer_t timer, watchdog;
    at_then *then, *watch_then, *payload_then, *abort;
    size_t payload_wanted;
};

void at_init(struct modem *modem);
void at_close(struct modem *modem);
void at_reset(struct modem *modem);

/* From line.c. */
void at_submit(struct modem *modem, const char *text);
void at_overlong(struct modem *modem);
void at_repeat(struct modem *modem);
void at_payload(struct modem *modem);
void at_cancelled(struct modem *modem);

/* From uart.c by way of the modem: the prompt has left. */
void at_prompt_sent(struct modem *modem);

/* Ends a command that had returned AT_PENDING. */
void at_finish(struct modem *modem, int status);

/* For handlers: go on after `ms` with `then`; at once when `ms` is 0. */
int at_later(struct modem *modem, long ms, at_then *then);

/* Runs beside a pending command; its status, if not AT_PENDING, ends the command. */
void at_watch(struct modem *modem, long ms, at_then *then);

/* Called, instead of anything else, if a new line aborts the pending command; may be NULL. */
void at_on_abort(struct modem *modem, at_then *abort);

/* Prompt, then `count` bytes (0: text up to 0x1A) into line.payload, then `then`. */
int at_prompt(struct modem *modem, size_t count, at_then *then);
/* The same without a prompt: a line that was said stands for it. */
int at_expect(struct modem *modem, size_t count, at_then *then);

/* Argument helpers: number within bounds, or false. */
bool at_number(const struct at_call *call, int index, long low, long high, long *out);

#endif
