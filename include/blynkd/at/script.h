/*
 * Runs a table of commands: sends, checks, captures, and decides by the table what follows a failure. The table
 * is constant and shared; the runner belongs to its user and runs one table at a time. Never blocks, never
 * decides anything that is not in the table.
 */
#ifndef BLYNKD_AT_SCRIPT_H
#define BLYNKD_AT_SCRIPT_H

#include "blynkd/at/channel.h"
#include "blynkd/base/timer.h"

enum at_on_fail {
    AT_FAIL_STOP,   /* the script fails */
    AT_FAIL_GO_ON,  /* as if it had succeeded */
    AT_FAIL_FINISH, /* the script ends here, successfully */
};

/*
 * One step. In `send`, {name} is replaced by the value of a variable; a value with a control character, a
 * double quote or a backslash is refused (-EINVAL: it would break out of its quotes).
 */
struct at_step {
    const char *send;               /* NULL ends the table */
    const struct at_expect *expect; /* NULL: AT_END_OK within AT_DEADLINE_DEFAULT_MS */
    const char *payload;            /* what is written after the prompt, by the user's name for it; or NULL */
    const char *store;              /* information lines are handed to `store` under this name; or NULL */
    const char *only_if;            /* skipped unless this variable has a value */
    const char *unless;             /* skipped if this variable has a value */
    enum at_on_fail on_fail;
    unsigned tries;    /* 0 = 1 */
    uint32_t retry_ms; /* pause between tries */
    const char *what;  /* for people: "attaching to the data network" */
};

struct at_script_user {
    /* The value of a variable, NULL if it has none. */
    const char *(*lookup)(void *arg, const char *name);
    /* An information line of a step with `store`. */
    void (*store)(void *arg, const char *name, const char *line, size_t len);
    /* Exactly once after at_script_run() == 0. `step` is the step that decided, NULL if none was to be sent. The
     * script succeeded if reply->result is AT_RESULT_OK, as it is after AT_FAIL_GO_ON and AT_FAIL_FINISH, too; code,
     * pattern and text are those of the last answer. A restart of the modem or a stop of the channel ends a
     * script whatever the table says. */
    void (*on_done)(void *arg, const struct at_step *step, const struct at_reply *reply);
    void *arg;
    /* The bytes of a step with `payload`, kept until the step has ended; NULL: there are none. May be NULL. */
    const uint8_t *(*payload)(void *arg, const char *name, size_t *len);
};

struct at_script {
    struct at_channel *channel;
    struct sched *sched;
    struct at_script_user user;
    const struct at_step *step; /* private, as all below; NULL: not running */
    unsigned tries;
    struct at_request request;
    struct timer retry;
    struct task finish;
    struct at_reply reply;
    char reply_text[128];
    const struct at_step *decided;
};

void at_script_init(struct at_script *script, struct sched *sched, struct at_channel *channel,
                    const struct at_script_user *user);

/* 0, -EALREADY (running), -EINVAL (a variable's value cannot be sent), -ENOTCONN (the channel is stopped). A value
 * that only turns out later to be missing or not sendable ends the script with AT_RESULT_ERROR. */
int at_script_run(struct at_script *script, const struct at_step *steps);

/* Stops without a callback; then the memory may go. Idempotent. */
void at_script_stop(struct at_script *script);
bool at_script_running(const struct at_script *script);

/* Fills a template into `out`. 0, -EINVAL (value not allowed), -ENOSPC (too long), -ENOENT (no such variable:
 * an empty text is put there when the name is followed by '?', as in {user?}). */
int at_template_fill(const char *template, const char *(*lookup)(void *arg, const char *name), void *arg,
                     char *out, size_t size);

#endif
