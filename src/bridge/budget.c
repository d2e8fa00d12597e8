#include "blynkd/bridge/budget.h"

#include "calendar.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PERCENT  9999
#define AMOUNT_MAX    40
#define LEVEL_COUNT   (sizeof(levels) / sizeof(levels[0]))
#define TWO_TO_THE_64 18446744073709551616.0

static const struct {
    const char *word;
    unsigned percent;
    const char *meaning;
} levels[] = {
#define BUDGET_ROW(name, word, percent, meaning) {word, percent, meaning},
    BUDGET_LEVELS(BUDGET_ROW)
#undef BUDGET_ROW
};

struct budget {
    struct meter *meter;
    struct budget_config config;
    struct budget_events events;
    void *arg;
    enum budget_level level;
    char why[BUDGET_WHY_MAX];
};

/* ---- amounts ---- */

/* The least that is `percent` of `limit`. */
static uint64_t threshold(uint64_t limit, unsigned percent)
{
    return limit / 100 * percent + (limit % 100 * percent + 99) / 100;
}

static unsigned percent_of(uint64_t spent, uint64_t limit)
{
    if (!limit) {
        return 0;
    }
    uint64_t percent = spent <= UINT64_MAX / 100 ? spent * 100 / limit : spent / (limit / 100 + 1);
    return percent < MOST_PERCENT ? (unsigned)percent : MOST_PERCENT;
}

static enum budget_level level_of(const struct budget_share *share)
{
    size_t level = LEVEL_COUNT - 1;

    if (!share->limit) {
        return BUDGET_FREE;
    }
    while (level > 0 && share->spent < threshold(share->limit, levels[level].percent)) {
        level--;
    }
    return (enum budget_level)level;
}

/* Linear; in the first day the day counts as a whole, or one connection would make a forecast of thousands. */
static uint64_t forecast_of(uint64_t spent, const struct meter_month *month)
{
    int64_t passed_ms = month->now_ms - month->since_ms;
    int64_t rest_ms = month->end_ms - month->now_ms;

    passed_ms = passed_ms < CALENDAR_DAY_MS ? CALENDAR_DAY_MS : passed_ms;
    rest_ms = rest_ms < 0 ? 0 : rest_ms;
    double all = (double)spent + (double)spent * (double)rest_ms / (double)passed_ms;
    return all < TWO_TO_THE_64 ? (uint64_t)all : UINT64_MAX;
}

static struct budget_share share_of(uint64_t spent, uint64_t limit, const struct meter_month *month)
{
    return (struct budget_share){
        .spent = spent,
        .limit = limit,
        .left = limit > spent ? limit - spent : 0,
        .percent = percent_of(spent, limit),
        .has_forecast = month->is_now,
        .forecast = month->is_now ? forecast_of(spent, month) : 0,
    };
}

struct budget_share budget_bytes(const struct budget *budget)
{
    struct meter_month month = meter_month(budget->meter);
    uint64_t up = month.counts.bytes_up;
    uint64_t down = month.counts.bytes_down;

    return share_of(down > UINT64_MAX - up ? UINT64_MAX : up + down, budget->config.bytes, &month);
}

struct budget_share budget_messages(const struct budget *budget)
{
    struct meter_month month = meter_month(budget->meter);

    return share_of(month.counts.messages, budget->config.messages, &month);
}

/* ---- words ---- */

static void format_bytes(uint64_t bytes, char *out, size_t size)
{
    static const char *const units[] = {"kB", "MB", "GB"};
    uint64_t unit = 1024;
    size_t at = 0;

    if (bytes < unit) {
        snprintf(out, size, "%" PRIu64 " bytes", bytes);
        return;
    }
    for (; at < 2 && bytes >= unit * 1024; at++) {
        unit *= 1024;
    }
    uint64_t tenths = bytes % unit * 10 / unit;
    if (tenths) {
        snprintf(out, size, "%" PRIu64 ".%" PRIu64 " %s", bytes / unit, tenths, units[at]);
    } else {
        snprintf(out, size, "%" PRIu64 " %s", bytes / unit, units[at]);
    }
}

static void format_amount(bool is_bytes, uint64_t amount, char out[AMOUNT_MAX])
{
    if (is_bytes) {
        format_bytes(amount, out, AMOUNT_MAX);
    } else {
        snprintf(out, AMOUNT_MAX, "%" PRIu64 " messages", amount);
    }
}

static void format_end(const struct meter_month *month, char *out, size_t size)
{
    calendar_words((int32_t)(month->end_ms / CALENDAR_DAY_MS), out, size);
}

static bool is_worse(const struct budget_share *share, const struct budget_share *than)
{
    enum budget_level level = level_of(share);
    enum budget_level other = level_of(than);

    return level != other ? level > other : share->percent > than->percent;
}

static void say_why(struct budget *budget, const struct budget_share *worse, bool is_bytes)
{
    struct meter_month month = meter_month(budget->meter);
    char limit[AMOUNT_MAX];
    char end[24] = "";

    if (!worse->limit) {
        snprintf(budget->why, sizeof(budget->why), "no budget is set");
        return;
    }
    format_amount(is_bytes, worse->limit, limit);
    if (month.known && budget->level >= BUDGET_SAVE) {
        memcpy(end, " until ", 8);
        format_end(&month, end + 7, sizeof(end) - 7);
    }
    snprintf(budget->why, sizeof(budget->why), "%u %% of this month's %s are used: %s%s", worse->percent,
             limit, levels[budget->level].meaning, end);
}

/* ---- life ---- */

struct budget *budget_create(struct meter *meter, const struct budget_config *config,
                             const struct budget_events *events, void *arg)
{
    struct budget *budget = calloc(1, sizeof(*budget));

    if (!budget) {
        return NULL;
    }
    budget->meter = meter;
    budget->config = *config;
    budget->events = events ? *events : (struct budget_events){0};
    budget->arg = arg;
    snprintf(budget->why, sizeof(budget->why), "nothing is counted yet");
    meter_configure(meter, config->reset_day);
    return budget;
}

void budget_destroy(struct budget *budget)
{
    free(budget);
}

void budget_configure(struct budget *budget, const struct budget_config *config)
{
    budget->config = *config;
    meter_configure(budget->meter, config->reset_day);
    budget_update(budget);
}

enum budget_level budget_update(struct budget *budget)
{
    enum budget_level before = budget->level;

    meter_update(budget->meter);
    struct budget_share bytes = budget_bytes(budget);
    struct budget_share messages = budget_messages(budget);
    bool is_bytes = !messages.limit || (bytes.limit && !is_worse(&messages, &bytes));
    const struct budget_share *worse = is_bytes ? &bytes : &messages;
    budget->level = level_of(worse);
    say_why(budget, worse, is_bytes);
    if (budget->level != before && budget->events.on_level) {
        budget->events.on_level(budget->arg, budget->level, budget->why);
    }
    return budget->level;
}

enum budget_level budget_level(const struct budget *budget)
{
    return budget->level;
}

const char *budget_level_name(enum budget_level level)
{
    return levels[level].word;
}

const char *budget_why(const struct budget *budget)
{
    return budget->why;
}

int budget_days_left(const struct budget *budget)
{
    struct meter_month month = meter_month(budget->meter);

    if (!month.is_now) {
        return -1;
    }
    int64_t days = month.end_ms / CALENDAR_DAY_MS - month.now_ms / CALENDAR_DAY_MS;
    return days > 0 ? (int)days : 0;
}

/* How many times the limit; without one the forecast says nothing bad. */
static double strain(const struct budget_share *share)
{
    return share->limit ? (double)share->forecast / (double)share->limit : 0;
}

void budget_forecast(const struct budget *budget, char *out, size_t size)
{
    struct meter_month month = meter_month(budget->meter);
    struct budget_share bytes = budget_bytes(budget);
    struct budget_share messages = budget_messages(budget);
    bool is_bytes = !messages.limit || (bytes.limit && strain(&bytes) >= strain(&messages));
    const struct budget_share *share = is_bytes ? &bytes : &messages;
    char amount[AMOUNT_MAX];
    char limit[AMOUNT_MAX];
    char end[24];

    if (!share->has_forecast) {
        snprintf(out, size, "%s", "");
        return;
    }
    format_amount(is_bytes, share->forecast, amount);
    format_amount(is_bytes, share->limit, limit);
    format_end(&month, end, sizeof(end));
    bool is_too_much = share->limit && share->forecast > share->limit;
    snprintf(out, size, "at this rate %s by %s%s%s", amount, end,
             is_too_much ? ", more than the budget of " : "", is_too_much ? limit : "");
}

/* ---- showing ---- */

struct budget_view {
    void (*show)(void *arg, const char *key, const char *value, bool number);
    void *arg;
};

/* Empty where there is nothing to tell. */
static void show_amount(const struct budget_view *view, const char *part, const char *name, bool known,
                        uint64_t amount)
{
    char key[32];
    char text[24] = "";

    snprintf(key, sizeof(key), "%s_%s", part, name);
    if (known) {
        snprintf(text, sizeof(text), "%" PRIu64, amount);
    }
    view->show(view->arg, key, text, known);
}

static void show_share(const struct budget_view *view, const char *part, const struct budget_share *share)
{
    bool has_limit = share->limit != 0;

    show_amount(view, part, "spent", true, share->spent);
    show_amount(view, part, "limit", true, share->limit);
    show_amount(view, part, "left", has_limit, share->left);
    show_amount(view, part, "percent", has_limit, share->percent);
    show_amount(view, part, "forecast", share->has_forecast, share->forecast);
}

static void show_end(const struct budget *budget, const struct budget_view *view)
{
    struct meter_month month = meter_month(budget->meter);
    int days = budget_days_left(budget);
    char text[CALENDAR_DATE_MAX] = "";

    if (month.known) {
        calendar_format((int32_t)(month.end_ms / CALENDAR_DAY_MS), text);
    }
    view->show(view->arg, "resets", text, false);
    snprintf(text, sizeof(text), "%d", days);
    view->show(view->arg, "days_left", days < 0 ? "" : text, days >= 0);
}

void budget_show(const struct budget *budget,
                 void (*show)(void *arg, const char *key, const char *value, bool number), void *arg)
{
    struct budget_view view = {show, arg};
    struct budget_share bytes = budget_bytes(budget);
    struct budget_share messages = budget_messages(budget);
    char forecast[BUDGET_WHY_MAX];

    show(arg, "level", budget_level_name(budget->level), false);
    show(arg, "why", budget->why, false);
    show_share(&view, "bytes", &bytes);
    show_share(&view, "messages", &messages);
    budget_forecast(budget, forecast, sizeof(forecast));
    show(arg, "forecast", forecast, false);
    show_end(budget, &view);
}
