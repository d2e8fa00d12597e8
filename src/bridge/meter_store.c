/* The meter's numbers by name, as they are stored: "day.2026-11-21.bytes_up", "client.logger.messages". */
#include "meter_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAY_KIND     "day."
#define MONTH_KIND   "month."
#define CLIENT_KIND  "client."
#define WAITING_KIND "waiting."
#define DOUBT_NAME   "clock.doubt_ms"

/* ---- what is to be forgotten ---- */

void meter_forget(struct meter *meter, const char *prefix)
{
    for (size_t i = meter->forgets_given; i < meter->forget_count; i++) {
        if (strcmp(meter->forgets[i], prefix) == 0) {
            return;
        }
    }
    if (meter->forget_count == METER_FORGETS) {
        memmove(meter->forgets[0], meter->forgets[1], (METER_FORGETS - 1) * sizeof(meter->forgets[0]));
        meter->forget_count--;
        meter->forgets_given -= meter->forgets_given > 0;
    }
    snprintf(meter->forgets[meter->forget_count++], METER_NAME_MAX, "%s", prefix);
}

void meter_forget_date(struct meter *meter, const char *kind, int32_t day)
{
    char date[CALENDAR_DATE_MAX];
    char prefix[METER_NAME_MAX];

    calendar_format(day, date);
    snprintf(prefix, sizeof(prefix), "%s.%s.", kind, date);
    meter_forget(meter, prefix);
}

static void give_forgets(struct meter *meter)
{
    size_t kept = meter->forget_count - meter->forgets_given;

    memmove(meter->forgets[0], meter->forgets[meter->forgets_given], kept * sizeof(meter->forgets[0]));
    meter->forget_count = kept;
    meter->forgets_given = kept;
    for (size_t i = 0; i < kept && meter->events.on_forget; i++) {
        meter->events.on_forget(meter->arg, meter->forgets[i]);
    }
}

/* ---- saving ---- */

struct meter_sink {
    meter_put_fn *put;
    void *arg;
};

static void put(const struct meter_sink *sink, const char *prefix, const char *name, uint64_t value)
{
    char full[METER_NAME_MAX * 2];

    snprintf(full, sizeof(full), "%s%s", prefix, name);
    sink->put(sink->arg, full, value);
}

static void put_counts(const struct meter_sink *sink, const char *prefix, const struct meter_counts *counts)
{
#define PUT(name) put(sink, prefix, #name, counts->name);
    METER_COUNTS(PUT)
#undef PUT
}

static void date_prefix(char prefix[METER_NAME_MAX], const char *kind, int32_t day)
{
    char date[CALENDAR_DATE_MAX];

    calendar_format(day, date);
    snprintf(prefix, METER_NAME_MAX, "%s%s.", kind, date);
}

static void save_month(struct meter_month_entry *month, enum meter_role role, const struct meter_sink *sink)
{
    char prefix[METER_NAME_MAX];

    if (!month->unsaved) {
        return;
    }
    date_prefix(prefix, MONTH_KIND, month->begin);
    put_counts(sink, prefix, &month->counts);
    put(sink, prefix, "since", (uint64_t)month->since);
    put(sink, prefix, "role", role);
    month->unsaved = false;
}

static void save_days(struct meter_day_book *book, const struct meter_sink *sink)
{
    char prefix[METER_NAME_MAX];

    for (size_t i = 0; i < book->count; i++) {
        struct meter_day_entry *entry = &book->entries[i];
        if (entry->unsaved) {
            date_prefix(prefix, DAY_KIND, entry->day);
            put_counts(sink, prefix, &entry->counts);
            entry->unsaved = false;
        }
    }
}

static void save_client(struct meter_client_entry *entry, const char *name, const struct meter_sink *sink)
{
    char prefix[METER_NAME_MAX];

    if (!entry->unsaved) {
        return;
    }
    snprintf(prefix, sizeof(prefix), CLIENT_KIND "%s.", name);
    put(sink, prefix, "messages", entry->messages);
    put(sink, prefix, "bytes", entry->bytes);
    entry->unsaved = false;
}

static void save_clients(struct meter_client_book *book, const struct meter_sink *sink)
{
    for (size_t i = 0; i < book->count; i++) {
        save_client(&book->entries[i], book->entries[i].name, sink);
    }
    save_client(&book->others, "others", sink);
}

static bool is_left_unsaved(const struct meter *meter)
{
    bool unsaved = false;

    for (size_t i = 0; i < meter->left_count; i++) {
        unsaved = unsaved || meter->left[i].unsaved;
    }
    return unsaved;
}

void meter_save(struct meter *meter, meter_put_fn *put_number, void *arg)
{
    struct meter_sink sink = {put_number, arg};

    if (!meter->is_loaded) {
        return;
    }
    give_forgets(meter);
    if (meter->waiting_unsaved) {
        put_counts(&sink, WAITING_KIND, &meter->waiting);
        meter->waiting_unsaved = false;
    }
    if (is_left_unsaved(meter)) {
        put(&sink, DOUBT_NAME, "", meter->doubt_ms);
    }
    save_days(&meter->days, &sink);
    save_month(&meter->now, METER_ROLE_NOW, &sink);
    for (size_t i = 0; i < meter->left_count; i++) {
        save_month(&meter->left[i], METER_ROLE_LEFT, &sink);
    }
    save_clients(&meter->clients, &sink);
}

bool meter_changed(const struct meter *meter)
{
    bool changed = meter->waiting_unsaved || meter->now.unsaved || is_left_unsaved(meter) ||
                   meter->clients.others.unsaved || meter->forget_count > meter->forgets_given;

    for (size_t i = 0; i < meter->days.count; i++) {
        changed = changed || meter->days.entries[i].unsaved;
    }
    for (size_t i = 0; i < meter->clients.count; i++) {
        changed = changed || meter->clients.entries[i].unsaved;
    }
    return changed;
}

void meter_save_failed(struct meter *meter)
{
    meter->forgets_given = 0;
    meter->waiting_unsaved = true;
    meter->now.unsaved = meter->now.begin >= 0;
    for (size_t i = 0; i < meter->left_count; i++) {
        meter->left[i].unsaved = true;
    }
    for (size_t i = 0; i < meter->days.count; i++) {
        meter->days.entries[i].unsaved = true;
    }
    for (size_t i = 0; i < meter->clients.count; i++) {
        meter->clients.entries[i].unsaved = true;
    }
    meter->clients.others.unsaved = true;
}

/* ---- loading ---- */

static void load_count(struct meter_counts *counts, const char *field, uint64_t value)
{
#define LOAD(name)                                                                                           \
    if (strcmp(field, #name) == 0) {                                                                         \
        counts->name = meter_sum(counts->name, value);                                                       \
        return;                                                                                              \
    }
    METER_COUNTS(LOAD)
#undef LOAD
}

/* What follows "day." or "month.": the date, or -1; `field` is what follows it. */
static int32_t take_date(const char *text, const char **field)
{
    size_t len = strcspn(text, ".");

    *field = text + len + (text[len] == '.');
    return calendar_parse(text, len);
}

/* No day is today yet: the latest are kept. */
static void load_day(struct meter *meter, const char *text, uint64_t value)
{
    const char *field;
    int32_t day = take_date(text, &field);
    struct meter_day_entry *entry = day >= 0 ? meter_day_entry(meter, day, INT32_MAX) : NULL;

    if (entry) {
        load_count(&entry->counts, field, value);
    }
}

/* NULL: more months than there can be; the latest are kept. */
static struct meter_month_entry *loaded_month(struct meter *meter, int32_t begin)
{
    size_t earliest = 0;

    for (size_t i = 0; i < meter->loaded_count; i++) {
        if (meter->loaded[i].begin == begin) {
            return &meter->loaded[i];
        }
        earliest = meter->loaded[i].begin < meter->loaded[earliest].begin ? i : earliest;
    }
    if (meter->loaded_count < METER_LOADED_MONTHS) {
        earliest = meter->loaded_count++;
    } else {
        bool is_later = begin > meter->loaded[earliest].begin;
        meter_forget_date(meter, "month", is_later ? meter->loaded[earliest].begin : begin);
        if (!is_later) {
            return NULL;
        }
    }
    meter->loaded[earliest] = (struct meter_month_entry){.begin = begin, .since = begin};
    return &meter->loaded[earliest];
}

static void load_month(struct meter *meter, const char *text, uint64_t value)
{
    const char *field;
    int32_t begin = take_date(text, &field);
    struct meter_month_entry *month =
        begin >= 0 && calendar_date_of(begin).day <= 28 ? loaded_month(meter, begin) : NULL;

    if (!month) {
        return;
    }
    if (strcmp(field, "since") == 0) {
        bool is_inside = value > (uint64_t)begin && value < (uint64_t)calendar_month_next(begin);
        month->since = is_inside ? (int32_t)value : begin;
    } else if (strcmp(field, "role") == 0) {
        month->role =
            value == METER_ROLE_NOW || value == METER_ROLE_LEFT ? (enum meter_role)value : METER_ROLE_NONE;
    } else {
        load_count(&month->counts, field, value);
    }
}

static void load_client(struct meter *meter, const char *text, uint64_t value)
{
    const char *dot = strrchr(text, '.');
    char name[METER_CLIENT_MAX];

    if (!dot || dot == text || (size_t)(dot - text) >= sizeof(name)) {
        return;
    }
    bool is_messages = strcmp(dot, ".messages") == 0;
    if (!is_messages && strcmp(dot, ".bytes") != 0) {
        return;
    }
    memcpy(name, text, (size_t)(dot - text));
    name[dot - text] = '\0';
    struct meter_client_entry *entry = meter_client_entry(&meter->clients, name);
    uint64_t *number = is_messages ? &entry->messages : &entry->bytes;
    *number = meter_sum(*number, value);
}

void meter_load(struct meter *meter, const char *name, uint64_t value)
{
    if (meter->is_loaded) {
        return;
    }
    if (strncmp(name, DAY_KIND, strlen(DAY_KIND)) == 0) {
        load_day(meter, name + strlen(DAY_KIND), value);
    } else if (strncmp(name, MONTH_KIND, strlen(MONTH_KIND)) == 0) {
        load_month(meter, name + strlen(MONTH_KIND), value);
    } else if (strncmp(name, CLIENT_KIND, strlen(CLIENT_KIND)) == 0) {
        load_client(meter, name + strlen(CLIENT_KIND), value);
    } else if (strncmp(name, WAITING_KIND, strlen(WAITING_KIND)) == 0) {
        load_count(&meter->waiting, name + strlen(WAITING_KIND), value);
    } else if (strcmp(name, DOUBT_NAME) == 0) {
        meter->doubt_ms = value;
    }
}

/* A run that could not forget leaves more than one current month behind: the latest is it. Without any the latest of
 * all is. -1: none was loaded. */
static int current_month(const struct meter *meter)
{
    const struct meter_month_entry *months = meter->loaded;
    int found = -1;

    for (int i = 0; i < (int)meter->loaded_count; i++) {
        bool is_now = months[i].role == METER_ROLE_NOW;
        bool found_now = found >= 0 && months[found].role == METER_ROLE_NOW;
        if (found < 0 || (is_now && !found_now) ||
            (is_now == found_now && months[i].begin > months[found].begin)) {
            found = i;
        }
    }
    return found;
}

static int by_begin(const void *a, const void *b)
{
    const struct meter_month_entry *first = a;
    const struct meter_month_entry *second = b;

    return first->begin < second->begin ? -1 : 1;
}

static void place_months(struct meter *meter)
{
    qsort(meter->loaded, meter->loaded_count, sizeof(meter->loaded[0]), by_begin);
    int current = current_month(meter);
    for (int i = 0; i < (int)meter->loaded_count; i++) {
        const struct meter_month_entry *month = &meter->loaded[i];
        if (i == current) {
            meter->now = *month;
        } else if (month->role == METER_ROLE_LEFT) {
            meter->left[meter->left_count++] = *month;
        } else {
            meter_forget_date(meter, "month", month->begin);
        }
    }
}

void meter_loaded(struct meter *meter)
{
    if (!meter->is_loaded) {
        place_months(meter);
        meter->is_loaded = true;
        meter_update(meter);
    }
}
