#include "history.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct ring {
    unsigned series;
    uint64_t used; /* when it was added to last, in additions of all series */
    size_t first, count;
    struct history_point points[HISTORY_POINTS_MAX];
};

struct history {
    struct ring *rings[HISTORY_RINGS_MAX]; /* in no order; NULL behind `count` */
    size_t count;
    uint64_t additions;
};

struct history *history_create(void)
{
    return calloc(1, sizeof(struct history));
}

void history_destroy(struct history *history)
{
    for (size_t i = 0; history && i < history->count; i++) {
        free(history->rings[i]);
    }
    free(history);
}

static struct ring *find(const struct history *history, unsigned series)
{
    for (size_t i = 0; i < history->count; i++) {
        if (history->rings[i]->series == series) {
            return history->rings[i];
        }
    }
    return NULL;
}

/* Signal and round trip come seldom, and are what one looks for after a night of busy pins. */
static struct ring *find_silent_pin(const struct history *history)
{
    struct ring *found = NULL;

    for (size_t i = 0; i < history->count; i++) {
        struct ring *ring = history->rings[i];
        if (ring->series < PIN_COUNT && (!found || ring->used < found->used)) {
            found = ring;
        }
    }
    return found;
}

static struct ring *take_ring(struct history *history, unsigned series)
{
    struct ring *ring = find(history, series);

    if (ring) {
        return ring;
    }
    if (history->count < HISTORY_RINGS_MAX) {
        ring = malloc(sizeof(*ring));
        if (!ring) {
            return NULL;
        }
        history->rings[history->count++] = ring;
    } else {
        ring = find_silent_pin(history);
    }
    ring->series = series;
    ring->first = ring->count = 0;
    return ring;
}

static struct history_point *point(struct ring *ring, size_t index)
{
    return &ring->points[(ring->first + index) % HISTORY_POINTS_MAX];
}

void history_add(struct history *history, unsigned series, int64_t at_ms, double value)
{
    struct ring *ring = take_ring(history, series);
    size_t place;

    assert(series < HISTORY_SERIES_COUNT);
    if (!ring) {
        return;
    }
    ring->used = ++history->additions;
    if (ring->count == HISTORY_POINTS_MAX) {
        if (at_ms < point(ring, 0)->at_ms) {
            return;
        }
        ring->first = (ring->first + 1) % HISTORY_POINTS_MAX;
        ring->count--;
    }
    for (place = ring->count; place > 0 && point(ring, place - 1)->at_ms > at_ms; place--) {
        *point(ring, place) = *point(ring, place - 1);
    }
    *point(ring, place) = (struct history_point){at_ms, value};
    ring->count++;
}

size_t history_count(const struct history *history, unsigned series)
{
    const struct ring *ring = find(history, series);

    return ring ? ring->count : 0;
}

struct history_point history_at(const struct history *history, unsigned series, size_t index)
{
    struct ring *ring = find(history, series);

    assert(ring && index < ring->count);
    return *point(ring, index);
}

/* ---- names ---- */

static const char *const names[] = {
    [HISTORY_SIGNAL - PIN_COUNT] = "signal",
    [HISTORY_ROUND_TRIP - PIN_COUNT] = "round_trip",
};

int history_series_find(const char *name, size_t len, unsigned *series)
{
    pin_id pin;

    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (len == strlen(names[i]) && strncasecmp(name, names[i], len) == 0) {
            *series = PIN_COUNT + i;
            return 0;
        }
    }
    if (pin_parse(name, len, &pin)) {
        return -EINVAL;
    }
    *series = pin;
    return 0;
}

const char *history_series_name(unsigned series, char name[HISTORY_NAME_MAX])
{
    assert(series < HISTORY_SERIES_COUNT);
    if (series < PIN_COUNT) {
        return pin_name((pin_id)series, name);
    }
    snprintf(name, HISTORY_NAME_MAX, "%s", names[series - PIN_COUNT]);
    return name;
}
