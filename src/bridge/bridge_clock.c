/*
 * What time it is, on a machine whose clock nobody keeps right: a Pi has no battery clock and wakes up with the time of
 * its last stop. Blynk's server knows; it is asked after the login. The modem may know earlier, and less well. What
 * waits is not sent under its own time before one of them has told. Never sets the machine's clock.
 */
#include "bridge_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/base/wall.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_MS   30000 /* how often it is seen whether the machine's clock is right by now */
#define ANSWER_MS 5000  /* legacy servers do not answer (protocol sheet, 6.5) */
#define AGAIN_MS  (UINT64_C(24) * 3600 * 1000)
#define AGREES_MS 2500 /* the answer has full seconds, and took its time */

static void say(struct bridge *bridge, const char *line)
{
    log_notice("clock", "%s", line);
    link_note(bridge->link, line);
}

static void describe(int64_t ms, char *text, size_t size)
{
    long long seconds = llabs((long long)ms) / 1000;

    if (seconds < 120) {
        snprintf(text, size, "%lld s", seconds);
    } else if (seconds < 7200) {
        snprintf(text, size, "%lld min", seconds / 60);
    } else if (seconds < 172800) {
        snprintf(text, size, "%lld h", seconds / 3600);
    } else {
        snprintf(text, size, "%lld days", seconds / 86400);
    }
}

/* ---- the answer ---- */

static void stop_waiting(struct bridge *bridge)
{
    timer_stop(&bridge->clock.patience);
    outbox_hold_backlog(bridge->outbox, false);
}

static bool is_fresh(const struct bridge *bridge)
{
    const struct bridge_clock *clock = &bridge->clock;

    return clock->source == CLOCK_FROM_BLYNK && sched_now_ms(bridge->sched) - clock->learned_ms < AGAIN_MS;
}

static void watch_host(struct bridge *bridge)
{
    if (!timer_active(&bridge->clock.look)) {
        timer_start(bridge->sched, &bridge->clock.look, LOOK_MS);
    }
}

static void learn(struct bridge *bridge, int64_t wall_ms, enum clock_source source)
{
    static const char *const words[] = {
        [CLOCK_FROM_MODEM] = "the mobile network's time", [CLOCK_FROM_BLYNK] = "Blynk's time"};
    int64_t ahead_ms = sched_host_wall_ms(bridge->sched) - wall_ms;
    bool agrees = llabs((long long)ahead_ms) <= AGREES_MS;
    char much[32], line[128];

    bridge->clock.learned_ms = sched_now_ms(bridge->sched);
    bridge->clock.source = source;
    clock_offer_learned(&bridge->clock.offer, wall_ms);
    sched_set_wall(bridge->sched, agrees ? 0 : wall_ms);
    link_tls_check_again(bridge->link);
    if (!agrees) {
        describe(ahead_ms, much, sizeof(much));
        snprintf(line, sizeof(line), "this machine's clock is %s %s: %s is used", much,
                 ahead_ms > 0 ? "ahead" : "behind", words[source]);
        say(bridge, line);
    }
}

static void on_answer(void *arg, int error, const char *const *lines, size_t count)
{
    struct bridge *bridge = arg;

    bridge->clock.is_asking = false;
    if (!error && count == 2 && strcmp(lines[1], "local") != 0) {
        int64_t wall_ms = strtoll(lines[0], NULL, 10) * 1000;
        uint64_t way_ms = (sched_now_ms(bridge->sched) - bridge->clock.asked_ms) / 2;
        if (wall_ms > WALL_PLAUSIBLE_MS) {
            wall_ms += 500 + (int64_t)way_ms; /* full seconds: half a one is missing */
            learn(bridge, wall_ms, CLOCK_FROM_BLYNK);
            clock_book_set(&bridge->clock.book, wall_ms);
        }
    }
    stop_waiting(bridge);
}

/* With slack it is too vague to be anybody's clock, but it is not earlier than that. */
void bridge_clock_on_time(void *arg, int64_t earliest_ms, uint32_t slack_ms)
{
    struct bridge *bridge = arg;

    if (!wall_is_sane(earliest_ms) || sched_host_is_synced(bridge->sched) || is_fresh(bridge)) {
        return;
    }
    clock_book_raise(&bridge->clock.book, earliest_ms);
    if (slack_ms == 0) {
        learn(bridge, earliest_ms, CLOCK_FROM_MODEM);
        watch_host(bridge);
        outbox_hold_backlog(bridge->outbox, false);
    }
}

/* ---- the question ---- */

static bool is_needed(const struct bridge *bridge)
{
    return !bridge->clock.is_asking && !sched_host_is_synced(bridge->sched) && !is_fresh(bridge);
}

/* The session sends what waits as soon as it is logged in. */
void bridge_clock_on_login(struct bridge *bridge)
{
    outbox_hold_backlog(bridge->outbox, is_needed(bridge) && bridge->clock.source == CLOCK_FROM_NOBODY);
}

static void note_host(struct bridge *bridge)
{
    if (sched_host_is_synced(bridge->sched)) {
        clock_book_set(&bridge->clock.book, sched_host_wall_ms(bridge->sched));
    }
}

void bridge_clock_on_online(struct bridge *bridge)
{
    struct bridge_clock *clock = &bridge->clock;

    note_host(bridge);
    if (!is_needed(bridge) || bridge_ask_clock(bridge, &clock->request)) {
        stop_waiting(bridge);
        return;
    }
    clock->is_asking = true;
    clock->asked_ms = sched_now_ms(bridge->sched);
    timer_start(bridge->sched, &clock->patience, ANSWER_MS);
    watch_host(bridge);
}

static void on_patience(void *arg)
{
    stop_waiting(arg);
}

/* Once somebody keeps the machine's clock right it is believed. */
static void on_look(void *arg)
{
    struct bridge *bridge = arg;

    if (!sched_host_is_synced(bridge->sched)) {
        timer_start(bridge->sched, &bridge->clock.look, LOOK_MS);
        return;
    }
    if (sched_wall_ms(bridge->sched) != sched_host_wall_ms(bridge->sched)) {
        say(bridge, "this machine's clock is right now and is used again");
    }
    sched_set_wall(bridge->sched, 0);
    note_host(bridge);
    link_tls_check_again(bridge->link);
}

enum tls_clock bridge_clock_for_tls(void *arg, int64_t *wall_ms)
{
    return bridge_clock_now(arg, wall_ms) == CLOCK_KNOWN ? TLS_CLOCK_KNOWN : TLS_CLOCK_FLOOR;
}

enum bridge_time bridge_clock_now(const struct bridge *bridge, int64_t *wall_ms)
{
    if (sched_host_is_synced(bridge->sched)) {
        *wall_ms = sched_host_wall_ms(bridge->sched);
        return CLOCK_KNOWN;
    }
    if (bridge->clock.source != CLOCK_FROM_NOBODY) {
        *wall_ms = sched_wall_ms(bridge->sched);
        return CLOCK_KNOWN;
    }
    *wall_ms = clock_book_floor_ms(&bridge->clock.book);
    return CLOCK_FLOOR;
}

/* ---- life ---- */

void bridge_clock_init(struct bridge *bridge)
{
    timer_init(&bridge->clock.look, on_look, bridge);
    timer_init(&bridge->clock.patience, on_patience, bridge);
    clock_offer_init(&bridge->clock.offer, bridge->sched, bridge->config.chrony_socket);
    bridge->clock.request.on_done = on_answer;
    bridge->clock.request.arg = bridge;
    clock_book_open(&bridge->clock.book, bridge->sched, bridge->config.link.state_dir);
}

void bridge_clock_stop(struct bridge *bridge)
{
    timer_stop(&bridge->clock.look);
    timer_stop(&bridge->clock.patience);
    clock_offer_stop(&bridge->clock.offer);
    bridge->clock.is_asking = false;
    clock_book_close(&bridge->clock.book);
}
