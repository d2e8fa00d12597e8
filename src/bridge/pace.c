#include "pace.h"

#define GOOD_ENOUGH    2 /* answers in a row before a longer silence is tried */
#define BAD_ENOUGH     2 /* deaths in a row before a proven silence is doubted: one may be a coincidence */
#define FORGET_AFTER_S (7 * 24 * 3600) /* networks change */

static uint32_t at_least(uint32_t ms, uint32_t least)
{
    return ms < least ? least : ms;
}

static uint32_t at_most(uint32_t ms, uint32_t most)
{
    return ms > most ? most : ms;
}

static uint32_t first_ms(const struct pace *pace)
{
    return at_most(PACE_FIRST_MS, pace->longest_ms);
}

void pace_begin(struct pace *pace, uint32_t longest_ms)
{
    *pace = (struct pace){.longest_ms = longest_ms};
    pace->now_ms = longest_ms ? first_ms(pace) : PACE_FIRST_MS;
}

void pace_recall(struct pace *pace, uint32_t proven_ms, uint32_t broken_ms)
{
    if (!pace->longest_ms || (broken_ms && broken_ms <= proven_ms)) {
        return;
    }
    pace->proven_ms = proven_ms;
    pace->broken_ms = broken_ms;
    if (proven_ms) {
        pace->now_ms = at_least(proven_ms, PACE_SHORTEST_MS);
    } else if (broken_ms) {
        pace->now_ms = at_least(at_most(first_ms(pace), broken_ms / 3 * 2), PACE_SHORTEST_MS);
    }
    pace->now_ms = at_most(pace->now_ms, pace->longest_ms);
}

/* Pings come a little late, never early; a shorter silence tells nothing of the interval. */
static bool is_about_interval(const struct pace *pace, uint32_t silence_ms)
{
    return pace->longest_ms && silence_ms >= pace->now_ms - pace->now_ms / 10;
}

static bool move_to(struct pace *pace, uint32_t ms)
{
    bool other = ms != pace->now_ms;

    pace->now_ms = ms;
    pace->good = 0;
    pace->bad = 0;
    return other;
}

/* Half as much again; towards a silence that was not survived, half the way. */
static uint32_t longer_ms(const struct pace *pace)
{
    uint32_t ms = pace->now_ms + pace->now_ms / 2;

    if (pace->broken_ms) {
        uint32_t way = pace->broken_ms > pace->now_ms ? pace->broken_ms - pace->now_ms : 0;
        ms = at_most(ms, pace->now_ms + way / 2);
    }
    ms = at_most(ms, pace->longest_ms);
    return ms - pace->now_ms < pace->now_ms / 8 ? pace->now_ms : ms; /* not worth a try */
}

static void forget_at_last(struct pace *pace)
{
    pace->since_broken_s += pace->now_ms / 1000;
    if (pace->since_broken_s >= FORGET_AFTER_S) {
        pace->broken_ms = 0;
        pace->since_broken_s = 0;
    }
}

bool pace_survived(struct pace *pace, uint32_t silence_ms)
{
    if (!is_about_interval(pace, silence_ms)) {
        return false;
    }
    pace->proven_ms = at_least(pace->proven_ms, pace->now_ms);
    pace->bad = 0;
    forget_at_last(pace);
    if (++pace->good < GOOD_ENOUGH) {
        return false;
    }
    return move_to(pace, longer_ms(pace));
}

bool pace_broke(struct pace *pace, uint32_t silence_ms)
{
    if (!is_about_interval(pace, silence_ms)) {
        return false;
    }
    pace->good = 0;
    if (pace->now_ms <= pace->proven_ms && ++pace->bad < BAD_ENOUGH) {
        return false;
    }
    pace->broken_ms = pace->now_ms;
    pace->since_broken_s = 0;
    if (pace->now_ms <= pace->proven_ms) {
        pace->proven_ms = 0;
    }
    return move_to(pace, at_least(pace->proven_ms ? pace->proven_ms : pace->now_ms / 3 * 2,
                                  at_most(PACE_SHORTEST_MS, pace->longest_ms)));
}
