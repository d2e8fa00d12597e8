#include "ladder.h"

#include <string.h>

/*
 * Fruitless tries before the next rung, and how often a rung may be taken in a day: a restart costs the network
 * a registration and wears the supply, and none of it helps against a server that is down for a week.
 */
static const struct {
    unsigned tries;
    uint32_t a_day; /* 0: any number */
} rungs[UPLINK_RUNG_COUNT] = {
    [UPLINK_RUNG_REDIAL] = {3, 0},     [UPLINK_RUNG_BEARER] = {2, 48}, [UPLINK_RUNG_RADIO] = {2, 24},
    [UPLINK_RUNG_RESET] = {2, 24},     [UPLINK_RUNG_REOPEN] = {2, 48}, [UPLINK_RUNG_POWER_KEY] = {2, 8},
    [UPLINK_RUNG_POWER_RAIL] = {2, 8},
};

#define ROUNDS_SLOWER 3 /* each round redials four times as long as the one before, up to 3 * 4^3 */

/* Where a climb begins: nothing cheaper can mend that layer. */
static enum uplink_rung first_rung(const struct ladder_failure *failure)
{
    if (failure->restarted) {
        return UPLINK_RUNG_REDIAL;
    }
    switch (failure->layer) {
    case UPLINK_LAYER_NONE:
    case UPLINK_LAYER_SESSION:
    case UPLINK_LAYER_TCP:
    case UPLINK_LAYER_NAME:
    case UPLINK_LAYER_NETWORK: /* no coverage is no fault of the modem; first just try again */
    case UPLINK_LAYER_SIM:
        return UPLINK_RUNG_REDIAL;
    case UPLINK_LAYER_BEARER:
        return UPLINK_RUNG_BEARER;
    case UPLINK_LAYER_MODEM:
        return UPLINK_RUNG_RESET;
    case UPLINK_LAYER_PORT:
        return UPLINK_RUNG_REOPEN;
    }
    return UPLINK_RUNG_REDIAL;
}

void ladder_init(struct ladder *ladder, const struct uplink *uplink)
{
    memset(ladder, 0, sizeof(*ladder));
    ladder->uplink = uplink;
}

void ladder_reset(struct ladder *ladder)
{
    ladder->start = UPLINK_RUNG_REDIAL;
    ladder->rung = UPLINK_RUNG_REDIAL;
    ladder->tries = 0;
    ladder->rounds = 0;
    ladder->layer = UPLINK_LAYER_NONE;
}

static bool can_take(const struct ladder *ladder, enum uplink_rung rung)
{
    if (rung == UPLINK_RUNG_REDIAL) {
        return true;
    }
    return ladder->uplink->ops->has_rung(ladder->uplink, rung) &&
           (!rungs[rung].a_day || ladder->today[rung] < rungs[rung].a_day);
}

/* The cheapest one from `rung` on that can be taken; REDIAL if there is none. */
static enum uplink_rung find_rung(const struct ladder *ladder, int rung)
{
    for (; rung < UPLINK_RUNG_COUNT; rung++) {
        if (can_take(ladder, (enum uplink_rung)rung)) {
            return (enum uplink_rung)rung;
        }
    }
    return UPLINK_RUNG_REDIAL;
}

static unsigned tries_here(const struct ladder *ladder)
{
    unsigned tries = rungs[ladder->rung].tries;

    if (ladder->rung != UPLINK_RUNG_REDIAL) {
        return tries;
    }
    return tries << 2 * (ladder->rounds < ROUNDS_SLOWER ? ladder->rounds : ROUNDS_SLOWER);
}

static void move_to(struct ladder *ladder, enum uplink_rung rung)
{
    ladder->rung = rung;
    ladder->tries = 0;
}

static void step_up(struct ladder *ladder)
{
    enum uplink_rung next = find_rung(ladder, (int)ladder->rung + 1);

    if (next == UPLINK_RUNG_REDIAL) {
        ladder->rounds++;
        ladder->start = UPLINK_RUNG_REDIAL;
    }
    move_to(ladder, next);
}

static enum uplink_rung take(struct ladder *ladder, enum uplink_rung rung)
{
    ladder->counts[rung]++;
    ladder->today[rung]++;
    return rung;
}

enum uplink_rung ladder_climb(struct ladder *ladder, const struct ladder_failure *failure, uint64_t now_ms)
{
    enum uplink_rung first = first_rung(failure);

    if (now_ms - ladder->day_ms >= LADDER_DAY_MS) {
        ladder->day_ms = now_ms;
        memset(ladder->today, 0, sizeof(ladder->today));
    }
    if (failure->answered || failure->hopeless || failure->layer == UPLINK_LAYER_SIM) {
        return take(ladder, UPLINK_RUNG_REDIAL); /* and nothing is counted against what lies below */
    }
    if (failure->layer < ladder->layer) {
        ladder->rounds =
            0; /* what lies below works again; this is another trouble, and deserves a quick climb */
    }
    ladder->layer = failure->layer;
    if (first < ladder->start) {
        /* A higher layer fails now: what the climb was about is mended. */
        ladder->start = first;
        move_to(ladder, first);
    }
    if (first > ladder->rung) {
        ladder->start = first;
        move_to(ladder, find_rung(ladder, (int)first));
    }
    if (ladder->tries >= tries_here(ladder) || !can_take(ladder, ladder->rung)) {
        step_up(ladder);
    }
    ladder->tries++;
    return take(ladder, ladder->rung);
}
