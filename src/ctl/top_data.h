/*
 * What top shows, gathered from look to look: facts, the link's past, rates, pins, clients, series. The caller owns
 * the struct, whose size is fixed, and feeds it with answers and messages; all texts in it are harmless. It never
 * talks to the daemon or the terminal.
 */
#ifndef BLYNKD_CTL_TOP_DATA_H
#define BLYNKD_CTL_TOP_DATA_H

#include "facts.h"
#include "series.h"

#include <jansson.h>

#define TOP_PINS_MAX    768
#define TOP_CLIENTS_MAX 64
#define TOP_CHANGES_MAX 256
#define TOP_SAMPLES_MAX 64
#define TOP_VALUE_MAX   64
#define TOP_RATE_MS     60000

/* The questions of one look; MGET for the names that KEYS gave. */
enum top_question {
    TOP_LINK,
    TOP_HISTORY,
    TOP_MODEM,
    TOP_BUDGET,
    TOP_INFO,
    TOP_CLIENTS,
    TOP_SIGNAL,
    TOP_ROUND_TRIP,
    TOP_KEYS,
    TOP_VALUES,
    TOP_QUESTIONS
};

struct top_answers {
    redisReply *of[TOP_QUESTIONS]; /* NULL: not asked or not answered */
};

struct top_pin {
    char name[8], value[TOP_VALUE_MAX];
    bool is_from_blynk;
    int64_t changed_ms; /* of the clock of looks; 0: not since top was started */
    unsigned changes;
};

struct top_client {
    char name[32], role[12], last_command[24];
    int64_t pid, uid, age_s, idle_s, commands;
    bool is_subscribed;
};

struct top_sample {
    int64_t now_ms, bytes_up, bytes_down, messages_sent, messages_received;
};

struct top {
    bool is_there, has_looked;
    int64_t own_pid;              /* whose connections are not shown */
    char trouble[FACTS_TEXT_MAX]; /* why it is not */
    struct facts facts;
    struct facts_change changes[TOP_CHANGES_MAX]; /* oldest first */
    size_t change_count;
    struct series signal, round_trip;
    struct top_sample samples[TOP_SAMPLES_MAX]; /* oldest first */
    size_t sample_count;
    struct top_pin pins[TOP_PINS_MAX]; /* in no order */
    size_t pin_count;
    struct top_client clients[TOP_CLIENTS_MAX];
    size_t client_count;
};

/* One look: `now_ms` of a clock that never jumps. */
void top_read(struct top *top, const struct top_answers *answers, int64_t now_ms, int64_t wall_ms);
/* The daemon is not there now; what was known stays. */
void top_read_nothing(struct top *top, const char *trouble, int64_t wall_ms);
void top_read_message(struct top *top, const char *channel, const char *bytes, size_t len, int64_t now_ms);
/* CLIENT LIST. */
void top_read_clients(struct top *top, const char *list, size_t len);
json_t *top_json(const struct top_answers *answers);

/* Per minute, over the last minute. */
struct top_rates {
    double bytes_up, bytes_down, messages_sent, messages_received;
};
struct top_rates top_rates(const struct top *top);

/* Indices of the pins, those that changed last first; then by name. */
void top_sort_pins(const struct top *top, bool by_name, size_t order[TOP_PINS_MAX]);

/*
 * The link's past as a strip, the worst of each part of the time, at its end the present: 'o' online, 'c' connecting, 'm' the modem, 'w' waits
 * after a failure, 'f' switched off, 'x' no daemon, ' ' not known.
 */
void top_timeline(const struct top *top, int64_t from_ms, int64_t to_ms, size_t columns, char *out);

#endif
