/* What the link costs, and what is done when little of the month's budget is left. */
#include "bridge_parts.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

#define UPDATE_SOON_MS 5000
#define UPDATE_LATE_MS 600000 /* a month ends also while nothing is counted */

#define GATHER_MS   30000
#define GAP_MOST_MS UINT32_C(86400000) /* with nothing left: once a day, to be seen alive */
#define UNKNOWN_LEFT_MS                                                                                      \
    (UINT64_C(15) * 24 * 3600 * 1000) /* while the date is not known: half a month is to come */

/*
 * What a connection costs without a single write: 280 bytes of TCP's opening and closing and 160 of the name look-up
 * (meter.h); login, its answer, the info message and its answer are about 270 bytes of Blynk frames in 4 segments,
 * each with 40 of headers and 40 to acknowledge it.
 */
#define CONNECT_BYTES (280 + 160 + 270 + 4 * 80)

/* ---- what follows ---- */

/* What a connection has cost this month with all that was said in it. */
static uint64_t usual_cost_bytes(const struct meter_month *month)
{
    const struct meter_counts *counts = &month->counts;
    uint64_t connects = counts->connects + counts->connects_failed;
    uint64_t usual = connects ? (counts->bytes_up + counts->bytes_down) / connects : 0;

    return usual > CONNECT_BYTES ? usual : CONNECT_BYTES;
}

/*
 * So far apart that four fifths of what is left last for the rest of the month if every connection breaks: only then
 * is there a next try at all. One that holds for long has cost much and makes the next ones rare, which they are then.
 */
static uint32_t connect_gap_ms(const struct bridge_costs *costs)
{
    struct budget_share bytes = budget_bytes(costs->budget);
    struct meter_month month = meter_month(costs->meter);

    if (!bytes.limit || budget_level(costs->budget) < BUDGET_SAVE) {
        return 0;
    }
    uint64_t tries = bytes.left / 5 * 4 / usual_cost_bytes(&month);
    uint64_t left_ms = month.is_now && month.end_ms > month.now_ms ? (uint64_t)(month.end_ms - month.now_ms)
                                                                   : UNKNOWN_LEFT_MS;
    uint64_t gap_ms = left_ms / (tries ? tries : 1);
    return gap_ms < GAP_MOST_MS ? (uint32_t)gap_ms : GAP_MOST_MS;
}

static enum outbox_diet diet_of(enum budget_level level)
{
    switch (level) {
    case BUDGET_FREE:
    case BUDGET_NOTE:
    case BUDGET_SAVE:
        break;
    case BUDGET_LATEST:
        return OUTBOX_LATEST_ONLY;
    case BUDGET_EVENTS:
        return OUTBOX_EVENTS_ONLY;
    }
    return OUTBOX_ALL;
}

static void on_level(void *arg, enum budget_level level, const char *why)
{
    struct bridge *bridge = arg;
    char line[BUDGET_WHY_MAX + 16];

    snprintf(line, sizeof(line), "budget: %s", why);
    if (level >= BUDGET_SAVE) {
        log_warning("budget", "%s", why);
    } else {
        log_notice("budget", "%s", why);
    }
    link_note(bridge->link, line);
    outbox_set_diet(bridge->outbox, diet_of(level));
    outbox_set_gather(bridge->outbox, level >= BUDGET_SAVE ? GATHER_MS : 0);
}

static void update(void *arg)
{
    struct bridge *bridge = arg;
    struct bridge_costs *costs = &bridge->costs;

    enum budget_level level = budget_update(costs->budget);
    link_set_thrift(bridge->link, level >= BUDGET_SAVE, connect_gap_ms(costs));
    if (bridge->config.budget.bytes || bridge->config.budget.messages) {
        timer_start(bridge->sched, &costs->timer, UPDATE_LATE_MS);
    }
    costs->is_soon = false;
}

static void update_soon(struct bridge *bridge)
{
    struct bridge_costs *costs = &bridge->costs;

    if (!costs->is_soon) {
        costs->is_soon = true;
        timer_start(bridge->sched, &costs->timer, UPDATE_SOON_MS);
    }
}

/* ---- what is counted ---- */

void bridge_costs_sent(void *arg, size_t bytes, size_t messages)
{
    struct bridge *bridge = arg;

    meter_sent(bridge->costs.meter, bytes, messages);
    update_soon(bridge);
}

void bridge_costs_received(void *arg, size_t bytes, size_t messages)
{
    struct bridge *bridge = arg;

    meter_received(bridge->costs.meter, bytes, messages);
    update_soon(bridge);
}

void bridge_costs_dialed(void *arg, bool ok)
{
    struct bridge *bridge = arg;

    meter_connect(bridge->costs.meter, ok);
    update_soon(bridge);
}

void bridge_costs_written(struct bridge *bridge, size_t messages, size_t bytes)
{
    meter_client(bridge->costs.meter, bridge->writer_name, messages, bytes);
}

/* ---- life ---- */

static void on_forget(void *arg, const char *prefix)
{
    struct bridge *bridge = arg;

    store_forget_meters(bridge->store, prefix);
}

bool bridge_costs_make(struct bridge *bridge)
{
    static const struct meter_events meter_events = {.on_forget = on_forget};
    static const struct budget_events budget_events = {.on_level = on_level};
    struct bridge_costs *costs = &bridge->costs;

    timer_init(&costs->timer, update, bridge);
    costs->meter = meter_create(bridge->sched, bridge->config.budget.reset_day, &meter_events, bridge);
    if (!costs->meter) {
        return false;
    }
    costs->budget = budget_create(costs->meter, &bridge->config.budget, &budget_events, bridge);
    return costs->budget != NULL;
}

void bridge_costs_free(struct bridge *bridge)
{
    if (bridge->costs.meter) {
        timer_stop(&bridge->costs.timer);
    }
    budget_destroy(bridge->costs.budget);
    meter_destroy(bridge->costs.meter);
}

void bridge_costs_begin(struct bridge *bridge)
{
    update_soon(bridge);
}

void bridge_costs_configure(struct bridge *bridge)
{
    budget_configure(bridge->costs.budget, &bridge->config.budget);
    update(bridge);
}

/* ---- what is shown ---- */

struct prefixed {
    bridge_show_fn *show;
    void *arg;
    const char *prefix;
};

static void show_prefixed(void *arg, const char *key, const char *value, bool number)
{
    const struct prefixed *prefixed = arg;
    char name[METER_CLIENT_MAX + 16];

    snprintf(name, sizeof(name), "%s%s", prefixed->prefix, key);
    prefixed->show(prefixed->arg, name, value, number);
}

void bridge_show_budget(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct prefixed clients = {show, arg, "client_"};
    struct prefixed days = {show, arg, "day_"};

    budget_show(bridge->costs.budget, show, arg);
    meter_show(bridge->costs.meter, show, arg);
    meter_show_clients(bridge->costs.meter, show_prefixed, &clients);
    meter_show_days(bridge->costs.meter, show_prefixed, &days);
}
