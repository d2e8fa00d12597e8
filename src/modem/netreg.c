#include "netreg.h"

#include <stdio.h>
#include <string.h>

#define SEARCH_MS         2000
#define DENIED_MS         60000  /* a refusal that lasts (facts/modems-aithinker-m590-esp8266.md 2.6) */
#define DENIED_SWAPPED_MS 180000 /* where "refused" may mean "searching" (3.2) */
#define ROAMING_MS        30000  /* the home network may still be found */
#define OPERATOR_ROUNDS   10     /* the operator's name is asked for in every tenth round */

static const char *const lines[] = {"+CREG: *", "+CGREG: *", "+CEREG: *", "+CSQ: *", "+COPS: *", NULL};
static const struct at_expect expect = {.end = AT_END_OK, .deadline_ms = 5000, .lines = lines};

/* Asked in this order in every round; `kind` is a bit of the profile's registrations, 0 = always. */
static const struct {
    unsigned kind;
    const char *send;
} questions[] = {
    {PROFILE_CREG, "AT+CREG?"},
    {PROFILE_CGREG, "AT+CGREG?"},
    {PROFILE_CEREG, "AT+CEREG?"},
    {0, "AT+CSQ"},
};

#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

static bool is_registered(enum netreg_state state)
{
    return state == NETREG_HOME || state == NETREG_ROAMING;
}

/* How good a state is, to choose the best of several. */
static int rank(enum netreg_state state)
{
    switch (state) {
    case NETREG_HOME:
        return 5;
    case NETREG_ROAMING:
        return 4;
    case NETREG_SEARCHING:
        return 3;
    case NETREG_NOT_KNOWN:
        return 1;
    case NETREG_IDLE:
    case NETREG_DENIED:
        return 2;
    }
    return 0;
}

enum netreg_state netreg_state(const struct netreg *netreg)
{
    enum netreg_state best = NETREG_NOT_KNOWN;

    for (size_t i = 0; i < NETREG_KINDS; i++) {
        bool asked = netreg->profile && (netreg->profile->registration & 1U << i);
        if (asked && rank(netreg->states[i]) > rank(best)) {
            best = netreg->states[i];
        }
    }
    return best;
}

const char *netreg_describe(const struct netreg *netreg, char *out, size_t size)
{
    const char *state = netreg_state_name(netreg_state(netreg));

    if (netreg->signal_dbm) {
        snprintf(out, size, "%s (signal %d dBm)", state, netreg->signal_dbm);
    } else {
        snprintf(out, size, "%s (no signal known)", state);
    }
    return out;
}

const char *netreg_access(const struct netreg *netreg)
{
    const char *name = netreg_access_name(netreg->access);

    if (name) {
        return name;
    }
    return netreg->profile && netreg->profile->access ? netreg->profile->access : "";
}

static void ask(struct netreg *netreg, const char *text)
{
    snprintf(netreg->request.text, sizeof(netreg->request.text), "%s", text);
    netreg->request.expect = &expect;
    netreg->request.priority = netreg->phase == NETREG_WATCH ? AT_PRIORITY_LOW : AT_PRIORITY_HIGH;
    if (at_channel_send(netreg->channel, &netreg->request) < 0) {
        netreg->phase = NETREG_OFF; /* the port is closed: the machine hears of it */
    }
}

static bool is_asked(const struct netreg *netreg, size_t question)
{
    return questions[question].kind == 0 || (netreg->profile->registration & questions[question].kind);
}

/* The next question of the round; false: the round is over. */
static bool ask_next(struct netreg *netreg)
{
    while (netreg->question < QUESTIONS && !is_asked(netreg, netreg->question)) {
        netreg->question++;
    }
    if (netreg->question < QUESTIONS) {
        ask(netreg, questions[netreg->question].send);
        return true;
    }
    if (netreg->question == QUESTIONS && netreg->phase == NETREG_WATCH &&
        netreg->rounds % OPERATOR_ROUNDS == 0) {
        ask(netreg, "AT+COPS?");
        return true;
    }
    return false;
}

static void rest(struct netreg *netreg)
{
    uint32_t ms = netreg->phase == NETREG_WATCH ? netreg->poll_ms : SEARCH_MS;

    if (ms) {
        timer_start(netreg->sched, &netreg->pause, ms);
    }
}

static bool has_lasted(const struct netreg *netreg, uint64_t *since_ms, bool is_so, uint64_t ms)
{
    uint64_t now_ms = sched_now_ms(netreg->sched);

    if (!is_so) {
        *since_ms = 0;
        return false;
    }
    if (*since_ms == 0) {
        *since_ms = now_ms;
    }
    return now_ms - *since_ms >= ms;
}

static void fail(struct netreg *netreg, enum uplink_hope hope, const char *why)
{
    netreg_stop(netreg);
    netreg->user.on_failed(netreg->user.arg, hope, why);
}

/* Asks for the operator's name, which is the last question before on_registered. */
static void on_found(struct netreg *netreg)
{
    netreg->phase = NETREG_NAME;
    ask(netreg, "AT+COPS?");
}

static void judge_search(struct netreg *netreg)
{
    enum netreg_state state = netreg_state(netreg);
    uint64_t denied_ms = netreg->profile->search_and_denied_swapped ? DENIED_SWAPPED_MS : DENIED_MS;
    bool denied = has_lasted(netreg, &netreg->denied_since_ms, state == NETREG_DENIED, denied_ms);
    bool abroad = has_lasted(netreg, &netreg->roaming_since_ms,
                             state == NETREG_ROAMING && !netreg->allow_roaming, ROAMING_MS);
    char text[80];
    char why[120];

    if (state == NETREG_HOME || (state == NETREG_ROAMING && netreg->allow_roaming)) {
        on_found(netreg);
    } else if (denied) {
        fail(netreg, UPLINK_RETRY,
             "the network refuses this SIM card: is it activated, paid for, and open for data?");
    } else if (abroad) {
        fail(netreg, UPLINK_HOPELESS,
             "only a foreign network is there and roaming is switched off: set roaming = yes if it may "
             "cost");
    } else {
        snprintf(why, sizeof(why), "waiting for the network: %s",
                 netreg_describe(netreg, text, sizeof(text)));
        netreg->user.on_say(netreg->user.arg, why);
        rest(netreg);
    }
}

static void on_done(void *arg, const struct at_reply *reply)
{
    struct netreg *netreg = arg;

    if (reply->result == AT_RESULT_REBOOT || reply->result == AT_RESULT_CANCELLED) {
        netreg_stop(netreg);
        return;
    }
    switch (netreg->phase) {
    case NETREG_OFF:
        break;
    case NETREG_NAME:
        netreg_stop(netreg);
        netreg->user.on_registered(netreg->user.arg);
        break;
    case NETREG_SEARCH:
        netreg->question++;
        if (!ask_next(netreg)) {
            judge_search(netreg);
        }
        break;
    case NETREG_WATCH:
        netreg->question++;
        if (!ask_next(netreg)) {
            rest(netreg);
        }
        break;
    }
}

static void start_round(void *arg)
{
    struct netreg *netreg = arg;

    netreg->question = 0;
    netreg->rounds++;
    if (!ask_next(netreg)) {
        rest(netreg);
    }
}

void netreg_on_line(struct netreg *netreg, const char *line, size_t len)
{
    struct netreg_line parsed;

    if (!netreg_parse(line, len, &parsed)) {
        return; /* line noise is normal here; the question is repeated anyway */
    }
    if (netreg->profile && netreg->profile->search_and_denied_swapped) {
        if (parsed.state == NETREG_SEARCHING) {
            parsed.state = NETREG_DENIED;
        } else if (parsed.state == NETREG_DENIED) {
            parsed.state = NETREG_SEARCHING;
        }
    }
    netreg->states[parsed.kind] = parsed.state;
    if (parsed.access >= 0) {
        netreg->access = parsed.access;
    }
    bool waiting = netreg->phase == NETREG_SEARCH && timer_active(&netreg->pause);
    if (waiting && is_registered(parsed.state)) {
        timer_start(netreg->sched, &netreg->pause, 0); /* told without being asked: no need to wait */
    }
}

static void on_line(void *arg, const char *line, size_t len)
{
    struct netreg *netreg = arg;
    long access;

    if (netreg_parse_signal(line, len, &netreg->signal_dbm)) {
        return;
    }
    if (netreg_parse_operator(line, len, netreg->operator_name, sizeof(netreg->operator_name), &access)) {
        netreg->access = access >= 0 ? access : netreg->access;
        return;
    }
    netreg_on_line(netreg, line, len);
}

void netreg_init(struct netreg *netreg, struct sched *sched, struct at_channel *channel,
                 const struct netreg_user *user)
{
    *netreg = (struct netreg){.sched = sched, .channel = channel, .user = *user, .access = -1};
    netreg->request.on_line = on_line;
    netreg->request.on_done = on_done;
    netreg->request.arg = netreg;
    timer_init(&netreg->pause, start_round, netreg);
}

void netreg_search(struct netreg *netreg, const struct modem_profile *profile, bool allow_roaming)
{
    netreg_stop(netreg);
    netreg->profile = profile;
    netreg->allow_roaming = allow_roaming;
    netreg->phase = NETREG_SEARCH;
    netreg->denied_since_ms = 0;
    netreg->roaming_since_ms = 0;
    netreg->access = -1;
    for (size_t i = 0; i < NETREG_KINDS; i++) {
        netreg->states[i] = NETREG_NOT_KNOWN;
    }
    start_round(netreg);
}

void netreg_watch(struct netreg *netreg, uint32_t poll_ms)
{
    netreg_stop(netreg);
    netreg->phase = NETREG_WATCH;
    netreg->poll_ms = poll_ms;
    netreg->rounds = 0;
    rest(netreg);
}

void netreg_stop(struct netreg *netreg)
{
    timer_stop(&netreg->pause);
    at_request_forget(netreg->channel, &netreg->request);
    netreg->phase = NETREG_OFF;
}
