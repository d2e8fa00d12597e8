/*
 * What goes into the history, and what HISTORY shows of it. Times are kept by the clock that never jumps, so that a
 * host whose clock is set late shows right times for what was before.
 */
#include "bridge_parts.h"

#include "blynkd/base/scan.h"
#include "blynkd/modem/modem.h"

#include <stdio.h>

#define SIGNAL_EVERY_MS 60000

static int64_t now_ms(const struct bridge *bridge)
{
    return (int64_t)sched_now_ms(bridge->sched);
}

void bridge_history_pin(struct bridge *bridge, pin_id pin, const void *value, size_t len, int64_t wall_ms)
{
    int64_t age_ms = wall_ms ? sched_wall_ms(bridge->sched) - wall_ms : 0;
    double number;

    if (scan_double(value, len, &number) == 0) {
        history_add(bridge->history, pin, now_ms(bridge) - age_ms, number);
    }
}

void bridge_history_round_trip(struct bridge *bridge, uint32_t ms)
{
    history_add(bridge->history, HISTORY_ROUND_TRIP, now_ms(bridge), ms);
}

static void take_signal(struct bridge *bridge)
{
    int dbm = bridge->modem ? modem_info(bridge->modem)->signal_dbm : 0;

    if (dbm) {
        history_add(bridge->history, HISTORY_SIGNAL, now_ms(bridge), dbm);
    }
}

static void on_time(void *arg)
{
    struct bridge *bridge = arg;

    take_signal(bridge);
    timer_start(bridge->sched, &bridge->signal_timer, SIGNAL_EVERY_MS);
}

void bridge_history_on_link(struct bridge *bridge, enum link_state state)
{
    if (state == LINK_OFF || !bridge->modem) {
        timer_stop(&bridge->signal_timer);
    } else if (!timer_active(&bridge->signal_timer)) {
        timer_start(bridge->sched, &bridge->signal_timer, SIGNAL_EVERY_MS);
    } else if (state == LINK_CONNECT) {
        take_signal(bridge); /* the network has just been found */
    }
}

bool bridge_history_make(struct bridge *bridge)
{
    timer_init(&bridge->signal_timer, on_time, bridge);
    bridge->history = history_create();
    return bridge->history != NULL;
}

void bridge_history_free(struct bridge *bridge)
{
    if (bridge->history) {
        timer_stop(&bridge->signal_timer);
    }
    history_destroy(bridge->history);
}

/* ---- what is shown ---- */

void bridge_show_series_names(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    char name[HISTORY_NAME_MAX];

    for (unsigned i = 0; i < HISTORY_SERIES_COUNT; i++) {
        if (history_count(bridge->history, i)) {
            show(arg, "series", history_series_name(i, name), false);
        }
    }
}

int bridge_series_count(const struct bridge *bridge, const char *name, size_t len, size_t *count)
{
    unsigned series;
    int error = history_series_find(name, len, &series);

    if (!error) {
        *count = history_count(bridge->history, series);
    }
    return error;
}

void bridge_show_series(const struct bridge *bridge, const char *name, size_t len, size_t most,
                        bridge_point_fn *show, void *arg)
{
    int64_t shift_ms = sched_wall_ms(bridge->sched) - now_ms(bridge);
    unsigned series;

    if (history_series_find(name, len, &series)) {
        return;
    }
    size_t count = history_count(bridge->history, series);
    for (size_t i = count > most ? count - most : 0; i < count; i++) {
        struct history_point point = history_at(bridge->history, series, i);
        show(arg, point.at_ms + shift_ms, point.value);
    }
}
