/*
 * What follows a failure: which rung of the ladder, how long to wait, and the words for it.
 */
#include "link_parts.h"

#include <errno.h>
#include <stdio.h>

/*
 * A connection that is refused at once proves that everything down to the server's host works; most likely the
 * server is being restarted. For the first minute it is tried every second, so that a restart costs hardly more
 * than it takes, and nothing below is suspected.
 */
#define REFUSED_FAST_MS   5000
#define REFUSED_WINDOW_MS 60000
#define REFUSED_RETRY_MS  1000

#define SHORT_SESSION_MS 10000 /* closed so soon after the login, ... */
#define SHORT_SESSIONS   3     /* so often in a row: somebody else may use the token */

#define SLOW_TRIES (sizeof(((struct link_config *)0)->refused_ms) / sizeof(uint32_t))

struct verdict {
    struct ladder_failure failure;
    const char *why;
    uint64_t delay_ms; /* 0: the back-off decides */
    bool keep_rung;    /* nothing below is suspected and nothing is counted */
};

void link_settle(struct link *link)
{
    uint64_t lasted_ms = link_in_state_ms(link);

    if (link->state != LINK_ONLINE || link->settled) {
        return;
    }
    link->settled = true;
    link->online_ms += lasted_ms;
    link_quick_lost(link, lasted_ms);
    if (lasted_ms < link->config.lasted_ms) {
        return;
    }
    ladder_reset(&link->ladder);
    backoff_reset(&link->backoff);
    link_target_lasted(&link->target);
    link->short_sessions = 0;
    link->weak_rests = 0;
    link->failure.count = 0;
}

/* ---- waiting ---- */

/* What will be done, after the delay that is told behind it. */
static const char *words_for(const struct link *link)
{
    switch (link->rung) {
    case UPLINK_RUNG_REDIAL:
        return link->uplink_is == LINK_BELOW_UP ? "connecting again" : "trying again";
    case UPLINK_RUNG_BEARER:
        return "taking the data connection down and up";
    case UPLINK_RUNG_RADIO:
        return "switching the radio off and on";
    case UPLINK_RUNG_RESET:
        return "restarting the modem";
    case UPLINK_RUNG_REOPEN:
        return "closing and opening the serial port";
    case UPLINK_RUNG_POWER_KEY:
        return "pressing the modem's power key";
    case UPLINK_RUNG_POWER_RAIL:
        return "switching the modem's power off and on";
    case UPLINK_RUNG_COUNT:
        break;
    }
    return "trying again";
}

static void write_delay(char *text, size_t size, uint64_t ms)
{
    if (ms < 10000) {
        snprintf(text, size, "%u.%u s", (unsigned)(ms / 1000), (unsigned)(ms / 100 % 10));
    } else if (ms < 120000) {
        snprintf(text, size, "%u s", (unsigned)(ms / 1000));
    } else {
        snprintf(text, size, "%u min", (unsigned)((ms + 30000) / 60000));
    }
}

/* 1, 5, 15, 60 minutes, spread like the back-off, but never sooner than said. */
static uint64_t slow_delay_ms(struct link *link)
{
    size_t index = link->slow_tries < SLOW_TRIES ? link->slow_tries : SLOW_TRIES - 1;
    uint64_t delay_ms = link->config.refused_ms[index];

    link->slow_tries++;
    return delay_ms + sched_random(link->sched) % (delay_ms / 10 + 1);
}

/* 2, 5, 15, 60 minutes: a supply that breaks down with each send is only worn by more of them. */
static uint64_t weak_delay_ms(struct link *link)
{
    static const uint32_t delays_ms[] = {120000, 300000, 900000, 3600000};
    size_t last = sizeof(delays_ms) / sizeof(delays_ms[0]) - 1;
    size_t index = link->weak_rests < last ? link->weak_rests : last;

    link->weak_rests++;
    return delays_ms[index];
}

static void rest(struct link *link, enum link_state state, const char *why)
{
    char delay[24];

    write_delay(delay, sizeof(delay), link->delay_ms);
    link_go(link, state, "%.200s; %s in %s%s", why, words_for(link), delay,
            state == LINK_WAIT && link->waits_thrift ? ", to save data" : "");
}

/* A server behind another port may be reached, but who cannot prove to be it will not be there either. */
static void judge_target(struct link *link, const struct verdict *verdict)
{
    bool was_there = link->state == LINK_TLS || link->state == LINK_LOGIN;

    if (was_there && verdict->failure.layer == UPLINK_LAYER_SESSION) {
        link_target_doubt(&link->target);
    }
    if (was_there || link->state == LINK_CONNECT) {
        link_target_failed(&link->target, link->state != LINK_TLS);
    }
    link_keep_servers(link);
}

/* Every failure ends here. */
static void wait_after(struct link *link, const struct verdict *verdict)
{
    link_hang_up(link);
    link->for_config = false;
    judge_target(link, verdict);
    link_blame(link, verdict->failure.layer, verdict->why);
    link->blamed = verdict->failure.layer;
    link->rung = verdict->keep_rung
                     ? UPLINK_RUNG_REDIAL
                     : ladder_climb(&link->ladder, &verdict->failure, sched_now_ms(link->sched));
    link->delay_ms =
        verdict->delay_ms ? verdict->delay_ms : backoff_next_ms(&link->backoff, sched_random(link->sched));
    link->delay_ms = link_thrift_delay_ms(link, link->delay_ms);
    rest(link, LINK_WAIT, verdict->why);
}

void link_fail(struct link *link, enum uplink_layer layer, const char *why)
{
    struct verdict verdict = {.failure.layer = layer, .why = why};

    wait_after(link, &verdict);
}

void link_wait_for_config(struct link *link, const char *why)
{
    link_hang_up(link);
    link->blamed = UPLINK_LAYER_NONE;
    link->rung = UPLINK_RUNG_REDIAL;
    link->waits_thrift = false;
    link->for_config = true;
    link_go(link, LINK_WAIT, "%s", why);
}

void link_fail_answered(struct link *link, const char *why)
{
    struct verdict verdict = {.failure = {.layer = UPLINK_LAYER_SESSION, .answered = true}, .why = why};

    wait_after(link, &verdict);
}

/* ---- what failed ---- */

static enum uplink_layer layer_of(enum stream_fault fault)
{
    switch (fault) {
    case STREAM_FAULT_NONE:
    case STREAM_FAULT_PEER:
    case STREAM_FAULT_CONNECT:
    case STREAM_FAULT_SEND:
        return UPLINK_LAYER_TCP;
    case STREAM_FAULT_TLS:
        return UPLINK_LAYER_SESSION;
    case STREAM_FAULT_NAME:
        return UPLINK_LAYER_NAME;
    case STREAM_FAULT_BEARER:
        return UPLINK_LAYER_BEARER;
    case STREAM_FAULT_MODEM:
        return UPLINK_LAYER_MODEM;
    }
    return UPLINK_LAYER_TCP;
}

static uint64_t soon_ms(struct link *link, uint32_t most_ms)
{
    return most_ms - most_ms * (sched_random(link->sched) % 31) / 100;
}

static bool is_refused_fast(struct link *link, enum stream_fault fault)
{
    uint64_t now_ms = sched_now_ms(link->sched);

    if (link->state != LINK_CONNECT || fault != STREAM_FAULT_CONNECT) {
        return false;
    }
    if (link->limit_ms < link->config.connect_ms) {
        return true; /* a short try proves nothing (link_quick.c) */
    }
    if (now_ms - link->dialed_ms >= REFUSED_FAST_MS) {
        return false;
    }
    if (!link->refused_fast) {
        link->refused_fast = true;
        link->refused_ms = now_ms;
    }
    return now_ms - link->refused_ms < REFUSED_WINDOW_MS;
}

void link_fail_connect(struct link *link, enum stream_fault fault, const char *why)
{
    struct verdict verdict = {.failure.layer = layer_of(fault), .why = why};

    verdict.failure.answered = fault == STREAM_FAULT_TLS; /* bytes came and went: nothing below is at fault */
    if (is_refused_fast(link, fault)) {
        uint32_t most_ms =
            link->config.retry_first_ms < REFUSED_RETRY_MS ? link->config.retry_first_ms : REFUSED_RETRY_MS;
        verdict.delay_ms = soon_ms(link, most_ms);
        verdict.keep_rung = true;
    }
    wait_after(link, &verdict);
}

void link_fail_dial(struct link *link, enum stream_fault fault, const char *why)
{
    const char *advice = "";
    char line[LINK_WHY_MAX];

    if (fault == STREAM_FAULT_TLS) {
        link_fail_connect(link, fault, why); /* which says itself what to do */
        return;
    }
    if (fault == STREAM_FAULT_NAME) {
        advice = "; is `server` right? fallback_addresses helps where names cannot be looked up";
    } else if (fault == STREAM_FAULT_CONNECT) {
        advice = "; it may be down, or the access point may not lead there";
    }
    snprintf(line, sizeof(line), "%.150s%s", why, advice);
    link_fail_connect(link, fault, line);
}

static uint64_t wait_left_ms(const struct link *link)
{
    uint64_t now_ms = sched_now_ms(link->sched);

    return link->due_ms > now_ms ? link->due_ms - now_ms : 1;
}

/*
 * While waiting only a deeper layer changes the plan: what the modem says after its stream broke is the better
 * reason, and no second failure. A port that is unplugged is an ordinary event: its return is what is waited for.
 */
void link_fail_uplink(struct link *link, const struct link_event *event)
{
    struct verdict verdict = {
        .failure = {.layer = event->layer,
                    .restarted = event->hope == UPLINK_RESTARTED || event->hope == UPLINK_WEAK,
                    .hopeless = event->hope == UPLINK_HOPELESS},
        .why = event->why,
    };

    if (link->state == LINK_REFUSED) {
        link_note(link, event->why); /* the next try brings it up again */
        return;
    }
    if (event->hope == UPLINK_UNFINISHED) {
        link_wait_for_config(link, event->why);
        return;
    }
    if (link->state == LINK_WAIT && !link->for_config) {
        if (!verdict.failure.hopeless && event->layer <= link->blamed) {
            link_note(link, event->why);
            return;
        }
        verdict.delay_ms = wait_left_ms(link);
    }
    if (link->state == LINK_ONLINE && event->layer == UPLINK_LAYER_PORT) {
        verdict.delay_ms = soon_ms(link, link->config.retry_first_ms);
        verdict.keep_rung = true;
    }
    if (verdict.failure.hopeless) {
        verdict.delay_ms = slow_delay_ms(link);
    } else if (event->hope == UPLINK_WEAK) {
        verdict.delay_ms = weak_delay_ms(link);
        verdict.keep_rung = true;
    }
    wait_after(link, &verdict);
}

void link_fail_peer(struct link *link, uint64_t lasted_ms, const char *why)
{
    char line[LINK_WHY_MAX];

    if (lasted_ms >= SHORT_SESSION_MS) {
        link->short_sessions = 0;
        link_fail(link, UPLINK_LAYER_TCP, why);
        return;
    }
    if (++link->short_sessions < SHORT_SESSIONS) {
        snprintf(line, sizeof(line), "%s", why);
    } else {
        snprintf(line, sizeof(line),
                 "%.60s, %u times in a row: the token may be in use elsewhere (each device needs its own)",
                 why, link->short_sessions);
    }
    link_fail_answered(link, line);
}

static void refuse(struct link *link)
{
    static const char why[] = "the server does not know this token: check `token` in the configuration";

    link_hang_up(link);
    link_target_failed(&link->target, true);
    link->rung = UPLINK_RUNG_REDIAL;
    link->delay_ms = slow_delay_ms(link);
    link_blame(link, UPLINK_LAYER_SESSION, why);
    rest(link, LINK_REFUSED, why);
}

void link_redirect(struct link *link, const struct link_event *event)
{
    char why[LINK_WHY_MAX];
    int error = link_target_redirect(&link->target, event->host, event->port);

    link_keep_servers(link);

    if (error == -ELOOP) {
        link_fail_answered(link, "the servers send us round in a circle");
        return;
    }
    if (error) {
        snprintf(why, sizeof(why), "the server sends us to %.64s, which `allowed_redirects` does not allow",
                 event->host);
        link_fail_answered(link, why);
        return;
    }
    link->rung = UPLINK_RUNG_REDIAL;
    link_try(link, "the server sends us to another one");
}

void link_fail_login(struct link *link, const struct link_event *event)
{
    switch (event->login) {
    case BLYNK_LOGIN_OK:
        return;
    case BLYNK_LOGIN_REFUSED:
        refuse(link);
        return;
    case BLYNK_LOGIN_FAILED:
        link_fail_answered(link, event->why);
        return;
    case BLYNK_LOGIN_SILENT:
        link_fail(link, UPLINK_LAYER_SESSION, event->why);
        return;
    case BLYNK_LOGIN_REDIRECT:
        link_redirect(link, event);
        return;
    }
}
