#include "meter_parts.h"

#include "blynkd/base/timer.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENT_BYTES   1400
#define HEADER_BYTES    40
#define LOOKUP_UP       60
#define LOOKUP_DOWN     100
#define CONNECT_UP      (4 * HEADER_BYTES) /* SYN, its end, FIN, the acknowledgement of the other FIN */
#define CONNECT_DOWN    (3 * HEADER_BYTES)
#define FAILED_ATTEMPTS 3

/* ---- numbers ---- */

uint64_t meter_sum(uint64_t a, uint64_t b)
{
    return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

void meter_counts_add(struct meter_counts *to, const struct meter_counts *counts)
{
#define ADD(name) to->name = meter_sum(to->name, counts->name);
    METER_COUNTS(ADD)
#undef ADD
}

static bool is_nothing(const struct meter_counts *counts)
{
    uint64_t all = 0;

#define GATHER(name) all |= counts->name;
    METER_COUNTS(GATHER)
#undef GATHER
    return all == 0;
}

/* ---- life ---- */

static void set_reset_day(struct meter *meter, unsigned reset_day)
{
    assert(reset_day <= 28);
    meter->reset_day = reset_day ? reset_day : 1;
}

struct meter *meter_create(struct sched *sched, unsigned reset_day, const struct meter_events *events,
                           void *arg)
{
    struct meter *meter = calloc(1, sizeof(*meter));

    if (!meter) {
        return NULL;
    }
    meter->sched = sched;
    meter->events = events ? *events : (struct meter_events){0};
    meter->arg = arg;
    set_reset_day(meter, reset_day);
    meter->day = -1;
    meter->now.begin = -1;
    meter->seen_at_ms = sched_now_ms(sched);
    return meter;
}

void meter_destroy(struct meter *meter)
{
    free(meter);
}

void meter_configure(struct meter *meter, unsigned reset_day)
{
    set_reset_day(meter, reset_day);
    meter_update(meter);
}

/* ---- the days ---- */

static int32_t distance(int32_t day, int32_t today)
{
    return day > today ? day - today : today - day;
}

static size_t farthest_day(const struct meter_day_book *book, int32_t today)
{
    size_t farthest = 0;

    for (size_t i = 1; i < book->count; i++) {
        if (distance(book->entries[i].day, today) > distance(book->entries[farthest].day, today)) {
            farthest = i;
        }
    }
    return farthest;
}

struct meter_day_entry *meter_day_entry(struct meter *meter, int32_t day, int32_t today)
{
    struct meter_day_book *book = &meter->days;
    size_t at = book->count;

    for (size_t i = 0; i < book->count; i++) {
        if (book->entries[i].day == day) {
            return &book->entries[i];
        }
    }
    if (at == METER_DAYS) {
        at = farthest_day(book, today);
        bool gives_way = distance(day, today) < distance(book->entries[at].day, today);
        meter_forget_date(meter, "day", gives_way ? book->entries[at].day : day);
        if (!gives_way) {
            return NULL;
        }
    } else {
        book->count++;
    }
    book->entries[at] = (struct meter_day_entry){.day = day};
    return &book->entries[at];
}

/* ---- counting ---- */

void meter_book(struct meter *meter, const struct meter_counts *counts)
{
    struct meter_day_entry *today = meter_day_entry(meter, meter->day, meter->day);

    assert(today && meter->now.begin >= 0);
    meter_counts_add(&today->counts, counts);
    today->unsaved = true;
    meter_counts_add(&meter->now.counts, counts);
    meter->now.unsaved = true;
    for (size_t i = 0; i < meter->left_count; i++) {
        meter_counts_add(&meter->left[i].counts, counts);
        meter->left[i].unsaved = true;
    }
}

void meter_update(struct meter *meter)
{
    meter_follow_clock(meter);
    if (meter->day >= 0 && !is_nothing(&meter->waiting)) {
        meter_book(meter, &meter->waiting);
        meter->waiting = (struct meter_counts){0};
        meter->waiting_unsaved = true;
    }
}

static void count(struct meter *meter, const struct meter_counts *counts)
{
    meter_update(meter);
    if (meter->day >= 0) {
        meter_book(meter, counts);
        return;
    }
    meter_counts_add(&meter->waiting, counts);
    meter->waiting_unsaved = true;
}

/* The headers of the segments that carry so much. */
static uint64_t header_bytes(uint64_t payload_bytes)
{
    return (payload_bytes / SEGMENT_BYTES + (payload_bytes % SEGMENT_BYTES != 0)) * HEADER_BYTES;
}

void meter_sent(struct meter *meter, uint64_t payload_bytes, uint64_t messages)
{
    uint64_t headers = header_bytes(payload_bytes);

    count(meter, &(struct meter_counts){.bytes_up = meter_sum(payload_bytes, headers),
                                        .bytes_down = headers,
                                        .messages = messages});
}

void meter_received(struct meter *meter, uint64_t payload_bytes, uint64_t messages)
{
    uint64_t headers = header_bytes(payload_bytes);

    count(meter, &(struct meter_counts){.bytes_up = headers,
                                        .bytes_down = meter_sum(payload_bytes, headers),
                                        .messages_down = messages});
}

void meter_connect(struct meter *meter, bool ok)
{
    struct meter_counts counts = {.bytes_up = LOOKUP_UP, .bytes_down = LOOKUP_DOWN};

    counts.bytes_up += ok ? CONNECT_UP : FAILED_ATTEMPTS * HEADER_BYTES;
    counts.bytes_down += ok ? CONNECT_DOWN : 0;
    counts.connects = ok;
    counts.connects_failed = !ok;
    count(meter, &counts);
}

/* ---- reading ---- */

static int64_t ms_of(int32_t day)
{
    return day * CALENDAR_DAY_MS;
}

struct meter_month meter_month(const struct meter *meter)
{
    struct meter_month month = {.counts = meter->waiting};

    if (meter->now.begin < 0) {
        return month;
    }
    meter_counts_add(&month.counts, &meter->now.counts);
    month.known = true;
    month.begin_ms = ms_of(meter->now.begin);
    month.end_ms = ms_of(calendar_month_next(meter->now.begin));
    month.since_ms = ms_of(meter->now.since);
    if (meter->day >= 0) {
        month.is_now = true;
        month.now_ms = meter->wall_ms + (int64_t)(sched_now_ms(meter->sched) - meter->wall_at_ms);
    }
    return month;
}

bool meter_day(const struct meter *meter, int64_t day_ms, struct meter_counts *counts)
{
    int32_t day = calendar_day_of(day_ms);

    for (size_t i = 0; i < meter->days.count; i++) {
        if (meter->days.entries[i].day == day) {
            *counts = meter->days.entries[i].counts;
            return true;
        }
    }
    return false;
}

/* ---- showing ---- */

struct meter_view {
    meter_show_fn *show;
    void *arg;
};

static void show_date(const struct meter_view *view, const char *key, int32_t day)
{
    char text[CALENDAR_DATE_MAX] = "";

    if (day >= 0) {
        calendar_format(day, text);
    }
    view->show(view->arg, key, text, false);
}

static void show_count(const struct meter_view *view, const char *part, const char *name, uint64_t number)
{
    char key[METER_NAME_MAX];
    char text[24];

    snprintf(key, sizeof(key), "%s_%s", part, name);
    snprintf(text, sizeof(text), "%" PRIu64, number);
    view->show(view->arg, key, text, true);
}

static void show_counts(const struct meter_view *view, const char *part, const struct meter_counts *counts)
{
#define SHOW(name) show_count(view, part, #name, counts->name);
    METER_COUNTS(SHOW)
#undef SHOW
}

void meter_show(const struct meter *meter, meter_show_fn *show, void *arg)
{
    struct meter_view view = {show, arg};
    struct meter_month month = meter_month(meter);
    struct meter_counts today = {0};

    if (meter->day >= 0) {
        meter_day(meter, ms_of(meter->day), &today);
    }
    show_date(&view, "day", meter->day);
    show_counts(&view, "day", &today);
    show_date(&view, "month_begins", meter->now.begin);
    show_date(&view, "month_ends", month.known ? calendar_month_next(meter->now.begin) - 1 : -1);
    show_counts(&view, "month", &month.counts);
    show_counts(&view, "no_day_yet", &meter->waiting);
}

static int by_date(const void *a, const void *b)
{
    const struct meter_day_entry *first = a;
    const struct meter_day_entry *second = b;

    return first->day < second->day ? -1 : 1;
}

void meter_show_days(const struct meter *meter, meter_show_fn *show, void *arg)
{
    struct meter_day_book book = meter->days;

    qsort(book.entries, book.count, sizeof(book.entries[0]), by_date);
    for (size_t i = 0; i < book.count; i++) {
        const struct meter_counts *counts = &book.entries[i].counts;
        char date[CALENDAR_DATE_MAX];
        char text[160];

        calendar_format(book.entries[i].day, date);
        snprintf(text, sizeof(text),
                 "%" PRIu64 " bytes up, %" PRIu64 " down, %" PRIu64 " messages, %" PRIu64 " connects",
                 counts->bytes_up, counts->bytes_down, counts->messages, counts->connects);
        show(arg, date, text, false);
    }
}
