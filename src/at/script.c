#include "blynkd/at/script.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool has_value(const struct at_script *script, const char *name)
{
    return script->user.lookup && script->user.lookup(script->user.arg, name);
}

static bool is_wanted(const struct at_script *script, const struct at_step *step)
{
    if (step->only_if && !has_value(script, step->only_if)) {
        return false;
    }
    return !step->unless || !has_value(script, step->unless);
}

static int fill(const struct at_script *script, const struct at_step *step, char *out, size_t size)
{
    return at_template_fill(step->send, script->user.lookup, script->user.arg, out, size);
}

/* A variable that is missing now may be stored by a step before it is needed. */
static bool is_sendable(const struct at_script *script, const struct at_step *steps)
{
    char text[AT_TEXT_MAX];

    for (const struct at_step *step = steps; step->send; step++) {
        int error = is_wanted(script, step) ? fill(script, step, text, sizeof(text)) : 0;
        if (error && error != -ENOENT) {
            return false;
        }
    }
    return true;
}

static void keep_reply(struct at_script *script, const struct at_reply *reply)
{
    snprintf(script->reply_text, sizeof(script->reply_text), "%s", reply->text);
    script->reply = *reply;
    script->reply.text = script->reply_text;
}

/* The user hears of the end from the loop. */
static void finish(struct at_script *script, enum at_result result)
{
    script->reply.result = result;
    task_post(script->sched, &script->finish);
}

static void on_finish(void *arg)
{
    struct at_script *script = arg;
    struct at_reply reply = script->reply;
    char text[sizeof(script->reply_text)];

    memcpy(text, script->reply_text, sizeof(text));
    reply.text = text; /* the callback may run the next table or free the script */
    script->step = NULL;
    if (script->user.on_done) {
        script->user.on_done(script->user.arg, script->decided, &reply);
    }
}

static int fetch_payload(struct at_script *script)
{
    struct at_request *request = &script->request;
    const char *name = script->step->payload;

    request->payload = NULL;
    request->payload_len = 0;
    if (name && script->user.payload) {
        request->payload = script->user.payload(script->user.arg, name, &request->payload_len);
    }
    return name && !request->payload ? -ENOENT : 0;
}

static int send_step(struct at_script *script)
{
    struct at_request *request = &script->request;
    int error = fill(script, script->step, request->text, sizeof(request->text));

    error = error ? error : fetch_payload(script);
    if (error) {
        return error;
    }
    request->expect = script->step->expect;
    script->decided = script->step;
    script->tries++;
    return at_channel_send(script->channel, request);
}

/* Sends the step, or the next one that is wanted; the end of the table is the end of the script. */
static int send_wanted(struct at_script *script)
{
    while (script->step->send && !is_wanted(script, script->step)) {
        script->step++;
    }
    if (!script->step->send) {
        finish(script, AT_RESULT_OK);
        return 0;
    }
    return send_step(script);
}

static void go_on(struct at_script *script)
{
    int error = send_wanted(script);

    if (!error) {
        return;
    }
    script->decided = script->step;
    keep_reply(script,
               &(struct at_reply){.code = -1, .pattern = -1, .text = "a value is missing or not sendable"});
    finish(script, error == -ENOTCONN ? AT_RESULT_CANCELLED : AT_RESULT_ERROR);
}

static void go_to_next(struct at_script *script)
{
    script->step++;
    script->tries = 0;
    go_on(script);
}

static void on_retry(void *arg)
{
    go_on(arg);
}

static void on_failed(struct at_script *script)
{
    const struct at_step *step = script->step;

    if (script->tries < step->tries) {
        timer_start(script->sched, &script->retry, step->retry_ms);
        return;
    }
    switch (step->on_fail) {
    case AT_FAIL_STOP:
        finish(script, script->reply.result);
        break;
    case AT_FAIL_GO_ON:
        go_to_next(script);
        break;
    case AT_FAIL_FINISH:
        finish(script, AT_RESULT_OK);
        break;
    }
}

static void on_request_line(void *arg, const char *line, size_t len)
{
    struct at_script *script = arg;

    if (script->step->store && script->user.store) {
        script->user.store(script->user.arg, script->step->store, line, len);
    }
}

static void on_request_done(void *arg, const struct at_reply *reply)
{
    struct at_script *script = arg;

    assert(script->step);
    keep_reply(script, reply);
    switch (reply->result) {
    case AT_RESULT_OK:
        go_to_next(script);
        break;
    case AT_RESULT_ERROR:
    case AT_RESULT_FAIL:
    case AT_RESULT_TIMEOUT:
        on_failed(script);
        break;
    case AT_RESULT_REBOOT:
    case AT_RESULT_CANCELLED:
        finish(script, reply->result);
        break;
    }
}

void at_script_init(struct at_script *script, struct sched *sched, struct at_channel *channel,
                    const struct at_script_user *user)
{
    *script = (struct at_script){.channel = channel, .sched = sched, .user = *user};
    script->request.priority = AT_PRIORITY_HIGH;
    script->request.on_line = on_request_line;
    script->request.on_done = on_request_done;
    script->request.arg = script;
    timer_init(&script->retry, on_retry, script);
    task_init(&script->finish, on_finish, script);
}

int at_script_run(struct at_script *script, const struct at_step *steps)
{
    if (script->step) {
        return -EALREADY;
    }
    if (!at_channel_running(script->channel)) {
        return -ENOTCONN;
    }
    if (!is_sendable(script, steps)) {
        return -EINVAL;
    }
    script->step = steps;
    script->tries = 0;
    script->decided = NULL;
    keep_reply(script, &(struct at_reply){.code = -1, .pattern = -1, .text = ""});
    go_on(script);
    return 0;
}

void at_script_stop(struct at_script *script)
{
    if (!script->step) {
        return;
    }
    script->step = NULL;
    timer_stop(&script->retry);
    task_cancel(&script->finish);
    at_request_forget(script->channel, &script->request);
}

bool at_script_running(const struct at_script *script)
{
    return script->step;
}
