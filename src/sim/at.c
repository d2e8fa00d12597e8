#include "at.h"

#include "at_parse.h"
#include "at_result.h"
#include "modem.h"
#include "print.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void run(struct modem *modem);

/* ---- timers ---- */

static void on_timer(uv_timer_t *timer)
{
    struct modem *modem = timer->data;
    at_then *then = modem->at.then;

    modem->at.then = NULL;
    if (modem->at.state == AT_WAITING)
        run(modem);
    else if (then != NULL)
        at_finish(modem, then(modem));
}

static void on_watchdog(uv_timer_t *timer)
{
    struct modem *modem = timer->data;

    at_finish(modem, modem->at.watch_then(modem));
}

void at_init(struct modem *modem)
{
    struct at_run *at = &modem->at;

    uv_timer_init(modem->loop, &at->timer);
    uv_timer_init(modem->loop, &at->watchdog);
    at->timer.data = modem;
    at->watchdog.data = modem;
}

void at_close(struct modem *modem)
{
    uv_close((uv_handle_t *)&modem->at.timer, NULL);
    uv_close((uv_handle_t *)&modem->at.watchdog, NULL);
}

void at_reset(struct modem *modem)
{
    struct at_run *at = &modem->at;

    uv_timer_stop(&at->timer);
    uv_timer_stop(&at->watchdog);
    at->state = AT_IDLE;
    at->then = NULL;
    at->payload_then = NULL;
    at->abort = NULL;
    out_print_answer(modem);
}

static long answer_delay(struct modem *modem)
{
    long late = fault_number(modem, FAULT_LATE_ANSWER);

    fault_use(modem, FAULT_LATE_ANSWER);
    return modem->options->latency_ms + late;
}

/* ---- one command after the other of a line ---- */

static const struct at_command *find_command(const struct modem *modem, const char *name)
{
    for (const struct at_command *const *table = modem->profile->tables; *table != NULL; table++)
        for (const struct at_command *command = *table; command->name != NULL; command++)
            if (strcasecmp(command->name, name) == 0)
                return command;
    return NULL;
}

static int refused_by_sim(const struct modem *modem)
{
    int status = sim_card_cme(&modem->sim);

    return status != 0 && modem->profile->plain_sim_errors ? AT_ERROR : status;
}

static int run_one(struct modem *modem, struct at_parsed *parsed)
{
    const struct at_command *command = find_command(modem, parsed->name);

    if (command == NULL)
        return at_unknown(modem);
    if (parsed->call.kind == AT_TEST && (command->kinds & AT_TEST) == 0)
        return AT_OK;
    if ((command->kinds & (unsigned)parsed->call.kind) == 0)
        return AT_ERROR;
    if ((command->needs & AT_NEEDS_SIM) != 0 && refused_by_sim(modem) != 0)
        return refused_by_sim(modem);
    return command->run(modem, &parsed->call);
}

static void ended(struct modem *modem)
{
    modem->at.state = AT_IDLE;
    modem->at.abort = NULL;
    uv_timer_stop(&modem->at.watchdog);
    out_print_answer(modem);
}

/* Runs what is left of the line until a command must wait or fails. */
static void run(struct modem *modem)
{
    struct at_run *at = &modem->at;
    int status = AT_OK;

    at->state = AT_RUNNING;
    while (at->text[at->position] != '\0') {
        struct at_parsed parsed;

        if (!at_parse_next(at->text, &at->position, modem->profile->escapes, &parsed)) {
            status = AT_ERROR;
            break;
        }
        status = run_one(modem, &parsed);
        if (status == AT_PENDING || at->state == AT_IDLE)
            return;
        if (status != AT_OK && status != AT_DONE)
            break;
    }
    at_result(modem, status);
    ended(modem);
}

void at_finish(struct modem *modem, int status)
{
    struct at_run *at = &modem->at;

    if (status == AT_PENDING || at->state == AT_IDLE)
        return;
    uv_timer_stop(&at->watchdog);
    uv_timer_stop(&at->timer);
    at->abort = NULL;
    if ((status == AT_OK || status == AT_DONE) && at->text[at->position] != '\0') {
        run(modem);
        return;
    }
    at_result(modem, status);
    ended(modem);
}

int at_later(struct modem *modem, long ms, at_then *then)
{
    if (ms <= 0)
        return then(modem);
    modem->at.then = then;
    uv_timer_start(&modem->at.timer, on_timer, (uint64_t)ms, 0);
    return AT_PENDING;
}

void at_watch(struct modem *modem, long ms, at_then *then)
{
    modem->at.watch_then = then;
    uv_timer_start(&modem->at.watchdog, on_watchdog, (uint64_t)ms, 0);
}

void at_on_abort(struct modem *modem, at_then *abort)
{
    modem->at.abort = abort;
}

/* ---- lines from the host ---- */

static void abort_running(struct modem *modem)
{
    at_then *abort = modem->at.abort;

    if (VARIANT_IS(modem, BUSY, "say")) {
        bool sending = modem->at.state == AT_ACKING;

        out_bytes(modem, OUT_URC, sending ? "busy s...\r\n" : "busy p...\r\n", 11);
        return;
    }
    if (VARIANT_IS(modem, BUSY, "swallow")) {
        print_event("--", "a command is running: the line is lost");
        return;
    }
    print_event("--", "a command is running: it is aborted and the line is lost");
    at_reset(modem);
    if (abort != NULL)
        abort(modem);
    if (VARIANT_IS(modem, ABORT_ANSWER, "error"))
        at_result(modem, AT_ERROR);
    out_print_answer(modem);
}

static void start(struct modem *modem, const char *body)
{
    struct at_run *at = &modem->at;

    modem->stats.commands++;
    snprintf(at->text, sizeof at->text, "%s", body);
    at->position = 0;
    at->state = AT_WAITING;
    /* Never in the same turn: a line feed behind the carriage return must be read first. */
    uv_timer_start(&at->timer, on_timer, (uint64_t)answer_delay(modem), 0);
}

/* Noise in front of a command is skipped, as modems do. */
static const char *find_prefix(const struct modem *modem, const char *text)
{
    for (; text[0] != '\0'; text++) {
        bool upper = text[0] == 'A' && text[1] == 'T';
        bool lower = text[0] == 'a' && text[1] == 't';
        bool mixed = tolower((unsigned char)text[0]) == 'a' && tolower((unsigned char)text[1]) == 't';

        if (upper || lower || (mixed && modem->profile->any_case))
            return text;
    }
    return NULL;
}

void at_submit(struct modem *modem, const char *text)
{
    const char *prefix;

    print_bytes(">>", text, strlen(text));
    if (modem->at.state != AT_IDLE) {
        abort_running(modem);
        return;
    }
    prefix = find_prefix(modem, text);
    if (prefix == NULL) {
        print_event("--", "not a command");
        if (modem->profile->answers_noise)
            at_result(modem, AT_ERROR);
        out_print_answer(modem);
        return;
    }
    snprintf(modem->at.last, sizeof modem->at.last, "%s", prefix);
    start(modem, prefix + 2);
}

void at_overlong(struct modem *modem)
{
    print_event(">>", "(a line of more than %zu characters)", modem->profile->line_max);
    if (modem->at.state != AT_IDLE)
        return;
    at_result(modem, AT_ERROR);
    out_print_answer(modem);
}

void at_repeat(struct modem *modem)
{
    print_event(">>", "A/");
    if (modem->at.state == AT_IDLE && modem->at.last[0] != '\0')
        start(modem, modem->at.last + 2);
}

/* ---- payload ---- */

static void on_late_prompt(uv_timer_t *timer)
{
    struct modem *modem = timer->data;

    if (modem->at.state == AT_PROMPTING)
        out_prompt(modem);
}

int at_prompt(struct modem *modem, size_t count, at_then *then)
{
    struct at_run *at = &modem->at;

    at->payload_then = then;
    at->payload_wanted = count;
    at->state = AT_PROMPTING;
    if (fault_use(modem, FAULT_NO_PROMPT)) {
        print_event("--", "the prompt is lost; the payload is awaited all the same");
        uart_mark(&modem->uart);
    } else if (fault_active(modem, FAULT_DATA_IN_PROMPT)) {
        uv_timer_start(&at->timer, on_late_prompt, (uint64_t)fault_number(modem, FAULT_DATA_IN_PROMPT), 0);
    } else {
        out_prompt(modem);
    }
    return AT_PENDING;
}

int at_expect(struct modem *modem, size_t count, at_then *then)
{
    struct at_run *at = &modem->at;

    at->payload_then = then;
    at->payload_wanted = count;
    at->state = AT_PROMPTING;
    out_print_answer(modem);
    uart_mark(&modem->uart);
    return AT_PENDING;
}

/* Only now: what the host wrote before it could see the prompt is not payload. */
void at_prompt_sent(struct modem *modem)
{
    struct at_run *at = &modem->at;

    if (at->state != AT_PROMPTING)
        return;
    at->state = AT_PAYLOAD;
    line_expect_payload(modem, at->payload_wanted);
    out_storm(modem, true);
    if (fault_point_reached(modem, FAULT_AT_SEND))
        return;
}

void at_payload(struct modem *modem)
{
    struct at_run *at = &modem->at;
    long delay = answer_delay(modem) + VARIANT_NUMBER(modem, SEND_ACK_DELAY_MS);

    if (at->state != AT_PAYLOAD)
        return;
    if (fault_use(modem, FAULT_BROWN_OUT)) {
        modem_reboot(modem, "brown-out", true);
        return;
    }
    at->state = AT_ACKING;
    at->then = at->payload_then;
    uv_timer_start(&at->timer, on_timer, (uint64_t)delay, 0);
}

void at_cancelled(struct modem *modem)
{
    if (modem->at.state == AT_PAYLOAD)
        at_finish(modem, AT_ERROR);
}

bool at_number(const struct at_call *call, int index, long low, long high, long *out)
{
    char *after;

    if (index >= call->argc || call->arg[index].text[0] == '\0')
        return false;
    *out = strtol(call->arg[index].text, &after, 10);
    return *after == '\0' && *out >= low && *out <= high;
}
