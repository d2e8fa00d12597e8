#include "top_data.h"

#include "answer.h"
#include "words.h"

#include "blynkd/base/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STATE_GONE "GONE" /* a state of ours: no daemon */

/* ---- the link's past ------------------------------------------------------------------------------------ */

static void add_change(struct top *top, const struct facts_change *change)
{
    if (top->change_count == TOP_CHANGES_MAX) {
        top->change_count--;
        memmove(top->changes, top->changes + 1, top->change_count * sizeof(top->changes[0]));
    }
    top->changes[top->change_count++] = *change;
}

static int64_t newest_change_ms(const struct top *top)
{
    return top->change_count ? top->changes[top->change_count - 1].wall_ms : 0;
}

static void merge_changes(struct top *top)
{
    int64_t known_ms = newest_change_ms(top);

    for (size_t i = 0; i < top->facts.change_count; i++) {
        if (top->facts.changes[i].wall_ms > known_ms) {
            add_change(top, &top->facts.changes[i]);
        }
    }
}

/* The daemon is back and nothing has changed since: it was only not reached. */
static void note_return(struct top *top, int64_t wall_ms)
{
    const struct facts_change *newest = top->change_count ? &top->changes[top->change_count - 1] : NULL;
    struct facts_change change = {.wall_ms = wall_ms};

    if (newest && strcmp(newest->state, STATE_GONE) == 0) {
        snprintf(change.state, sizeof(change.state), "%s", top->facts.link.state);
        add_change(top, &change);
    }
}

static char kind_of(const char *state)
{
    static const struct {
        const char *state;
        char kind;
    } kinds[] = {{"ONLINE", 'o'}, {"CONNECT", 'c'}, {"TLS", 'c'}, {"LOGIN", 'c'},   {"MODEM", 'm'},
                 {"WAIT", 'w'},   {"REFUSED", 'w'}, {"OFF", 'f'}, {STATE_GONE, 'x'}};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(state, kinds[i].state) == 0) {
            return kinds[i].kind;
        }
    }
    return ' ';
}

static char worse_of(char a, char b)
{
    static const char order[] = " ocmfwx"; /* the worst last */

    if (strchr(order, a) > strchr(order, b)) {
        return a;
    }
    return b;
}

void top_timeline(const struct top *top, int64_t from_ms, int64_t to_ms, size_t columns, char *out)
{
    size_t next = 0;
    char now = ' ';

    for (size_t i = 0; i < columns; i++) {
        int64_t end_ms = from_ms + (to_ms - from_ms) * (int64_t)(i + 1) / (int64_t)columns;
        int64_t begin_ms = from_ms + (to_ms - from_ms) * (int64_t)i / (int64_t)columns;
        while (next < top->change_count && top->changes[next].wall_ms <= begin_ms) {
            now = kind_of(top->changes[next++].state);
        }
        out[i] = now;
        end_ms += i + 1 == columns; /* the end itself belongs to the last */
        for (; next < top->change_count && top->changes[next].wall_ms < end_ms; next++) {
            now = kind_of(top->changes[next].state);
            out[i] = worse_of(out[i], now);
        }
    }
    if (columns) {
        out[columns - 1] = now;
    }
    out[columns] = '\0';
}

/* ---- rates ---------------------------------------------------------------------------------------------- */

static void add_sample(struct top *top, int64_t now_ms)
{
    const struct facts *facts = &top->facts;
    struct top_sample sample = {now_ms, facts->link.bytes_up, facts->link.bytes_down, facts->messages_sent,
                                facts->messages_received};
    const struct top_sample *last = top->sample_count ? &top->samples[top->sample_count - 1] : NULL;
    size_t old = 0;

    if (last && (sample.bytes_up < last->bytes_up || sample.messages_sent < last->messages_sent)) {
        top->sample_count = 0; /* it counts anew */
    }
    while (old < top->sample_count && top->samples[old].now_ms < now_ms - TOP_RATE_MS) {
        old++;
    }
    old += top->sample_count - old == TOP_SAMPLES_MAX;
    top->sample_count -= old;
    memmove(top->samples, top->samples + old, top->sample_count * sizeof(top->samples[0]));
    top->samples[top->sample_count++] = sample;
}

struct top_rates top_rates(const struct top *top)
{
    struct top_rates rates = {0};

    if (top->sample_count < 2) {
        return rates;
    }
    const struct top_sample *first = &top->samples[0], *last = &top->samples[top->sample_count - 1];
    double minutes = (double)(last->now_ms - first->now_ms) / 60000;
    if (minutes <= 0) {
        return rates;
    }
    rates.bytes_up = (double)(last->bytes_up - first->bytes_up) / minutes;
    rates.bytes_down = (double)(last->bytes_down - first->bytes_down) / minutes;
    rates.messages_sent = (double)(last->messages_sent - first->messages_sent) / minutes;
    rates.messages_received = (double)(last->messages_received - first->messages_received) / minutes;
    return rates;
}

/* ---- pins ----------------------------------------------------------------------------------------------- */

static struct top_pin *take_pin(struct top *top, const char *name, size_t len)
{
    struct top_pin *pin;

    for (size_t i = 0; i < top->pin_count; i++) {
        if (strncmp(top->pins[i].name, name, len) == 0 && !top->pins[i].name[len]) {
            return &top->pins[i];
        }
    }
    if (len == 0 || len >= sizeof(pin->name) || top->pin_count == TOP_PINS_MAX) {
        return NULL;
    }
    pin = &top->pins[top->pin_count];
    *pin = (struct top_pin){0};
    words_clean(name, len, false, pin->name, sizeof(pin->name));
    if (strlen(pin->name) != len || strchr(pin->name, '?')) {
        return NULL; /* no pin of this world */
    }
    top->pin_count++;
    return pin;
}

static void take_value(const struct top *top, const char *bytes, size_t len, char out[TOP_VALUE_MAX])
{
    char spaced[TOP_VALUE_MAX];
    size_t used = len < sizeof(spaced) ? len : sizeof(spaced);

    for (size_t i = 0; i < used; i++) {
        spaced[i] = bytes[i];
        if (!bytes[i]) {
            spaced[i] = ' '; /* several values */
        }
    }
    words_clean(spaced, used, top->facts.utf8, out, TOP_VALUE_MAX);
}

static void set_pin(struct top *top, const char *name, size_t name_len, const char *bytes, size_t len,
                    bool is_from_blynk, int64_t now_ms)
{
    struct top_pin *pin = name_len < sizeof(pin->name) ? take_pin(top, name, name_len) : NULL;
    char value[TOP_VALUE_MAX];

    if (!pin) {
        return;
    }
    take_value(top, bytes, len, value);
    if (is_from_blynk || (top->has_looked && strcmp(pin->value, value) != 0)) {
        pin->changed_ms = now_ms;
        pin->is_from_blynk = is_from_blynk;
        pin->changes++;
    }
    memcpy(pin->value, value, sizeof(value));
}

void top_read_message(struct top *top, const char *channel, const char *bytes, size_t len, int64_t now_ms)
{
    if (*channel == 'V' || *channel == 'D' || *channel == 'A') {
        set_pin(top, channel, strlen(channel), bytes, len, true, now_ms);
    }
}

static void read_pins(struct top *top, const redisReply *keys, const redisReply *values, int64_t now_ms)
{
    if (!keys || !values || keys->type != REDIS_REPLY_ARRAY || values->type != REDIS_REPLY_ARRAY) {
        return;
    }
    for (size_t i = 0; i < keys->elements && i < values->elements; i++) {
        const redisReply *key = keys->element[i], *value = values->element[i];
        if (key->str && value->str) {
            set_pin(top, key->str, (size_t)key->len, value->str, (size_t)value->len, false, now_ms);
        }
    }
}

static const struct top *sorted_top; /* qsort(3) hands nothing on */

/* 0 where there is none. */
static int number_of(const char *text)
{
    long number = 0;

    scan_int(text, 0, INT32_MAX, &number);
    return (int)number;
}

static int compare_names(const char *a, const char *b)
{
    return *a != *b ? (*a == 'V' ? -1 : *b == 'V' ? 1 : *a - *b) : number_of(a + 1) - number_of(b + 1);
}

static int compare_by_name(const void *a, const void *b)
{
    return compare_names(sorted_top->pins[*(const size_t *)a].name,
                         sorted_top->pins[*(const size_t *)b].name);
}

static int compare_by_change(const void *a, const void *b)
{
    int64_t left = sorted_top->pins[*(const size_t *)a].changed_ms;
    int64_t right = sorted_top->pins[*(const size_t *)b].changed_ms;

    return left > right ? -1 : left < right ? 1 : compare_by_name(a, b);
}

void top_sort_pins(const struct top *top, bool by_name, size_t order[TOP_PINS_MAX])
{
    for (size_t i = 0; i < top->pin_count; i++) {
        order[i] = i;
    }
    sorted_top = top;
    qsort(order, top->pin_count, sizeof(order[0]), by_name ? compare_by_name : compare_by_change);
}

/* ---- one look ------------------------------------------------------------------------------------------- */

/* A daemon that keeps no history: what we see ourselves. */
static void read_series(struct series *series, const redisReply *history, int64_t value, int64_t wall_ms)
{
    if (history && history->type == REDIS_REPLY_ARRAY) {
        series_read(series, history);
    } else if (value) {
        series_add(series, wall_ms, (double)value);
    }
}

void top_read(struct top *top, const struct top_answers *answers, int64_t now_ms, int64_t wall_ms)
{
    struct facts *facts = &top->facts;
    const redisReply *clients = answers->of[TOP_CLIENTS];

    top->is_there = true;
    facts_read_link(facts, answers->of[TOP_LINK]);
    facts_read_changes(facts, answers->of[TOP_HISTORY]);
    facts_read_modem(facts, answers->of[TOP_MODEM]);
    facts_read_budget(facts, answers->of[TOP_BUDGET]);
    facts_read_info(facts, answers->of[TOP_INFO]);
    merge_changes(top);
    note_return(top, wall_ms);
    add_sample(top, now_ms);
    read_series(&top->signal, answers->of[TOP_SIGNAL], facts->modem.signal_dbm, wall_ms);
    read_series(&top->round_trip, answers->of[TOP_ROUND_TRIP], facts->link.round_trip_ms, wall_ms);
    read_pins(top, answers->of[TOP_KEYS], answers->of[TOP_VALUES], now_ms);
    top->has_looked = true;
    top->client_count = 0;
    if (clients && clients->type == REDIS_REPLY_STRING) {
        top_read_clients(top, clients->str, (size_t)clients->len);
    }
}

void top_read_nothing(struct top *top, const char *trouble, int64_t wall_ms)
{
    struct facts_change change = {.wall_ms = wall_ms, .state = STATE_GONE};

    snprintf(change.why, sizeof(change.why), "%s", trouble);
    words_clean(trouble, strlen(trouble), top->facts.utf8, top->trouble, sizeof(top->trouble));
    if (top->is_there || !top->change_count) {
        change.wall_ms = wall_ms > newest_change_ms(top) ? wall_ms : newest_change_ms(top) + 1;
        add_change(top, &change);
    }
    top->is_there = false;
    top->sample_count = 0;
    top->client_count = 0;
}

json_t *top_json(const struct top_answers *answers)
{
    static const struct {
        const char *name;
        enum top_question question;
        bool is_map;
    } parts[] = {{"link", TOP_LINK, true},
                 {"modem", TOP_MODEM, true},
                 {"budget", TOP_BUDGET, true},
                 {"history", TOP_HISTORY, false},
                 {"clients", TOP_CLIENTS, false},
                 {"signal", TOP_SIGNAL, false},
                 {"round_trip", TOP_ROUND_TRIP, false}};
    const redisReply *keys = answers->of[TOP_KEYS], *values = answers->of[TOP_VALUES];
    json_t *object = json_object(), *pins = json_object();

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        const redisReply *reply = answers->of[parts[i].question];
        if (reply && reply->type != REDIS_REPLY_ERROR) {
            json_object_set_new(object, parts[i].name, answer_json(reply, parts[i].is_map));
        }
    }
    for (size_t i = 0; keys && values && i < keys->elements && i < values->elements; i++) {
        if (keys->element[i]->str) {
            json_object_set_new(pins, keys->element[i]->str, answer_json(values->element[i], false));
        }
    }
    json_object_set_new(object, "pins", pins);
    return object;
}
