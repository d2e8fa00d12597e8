#include "facts.h"

#include "answer.h"
#include "words.h"

#include "blynkd/base/scan.h"
#include "blynkd/base/wall.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static void take_text(const struct facts *facts, const redisReply *map, const char *name, char *out,
                      size_t size)
{
    const redisReply *value = answer_find(map, name);

    out[0] = '\0';
    if (value && value->str) {
        words_clean(value->str, (size_t)value->len, facts->utf8, out, size);
    }
}

#define TEXT(part, field, name) take_text(facts, reply, name, facts->part.field, sizeof(facts->part.field))
#define COUNT(part, field)      facts->part.field = count_of(reply, #field)

/* What is counted is never negative. */
static int64_t count_of(const redisReply *map, const char *name)
{
    int64_t number = answer_integer(map, name, 0);

    return number > 0 ? number : 0;
}

void facts_read_link(struct facts *facts, const redisReply *reply)
{
    TEXT(link, state, "state");
    TEXT(link, why, "why");
    TEXT(link, uplink, "uplink");
    TEXT(link, server, "server");
    TEXT(link, address, "address");
    TEXT(link, encryption, "encryption");
    TEXT(link, disk, "disk");
    TEXT(link, steps_taken, "steps_taken");
    facts->link.since_ms = count_of(reply, "since");
    COUNT(link, round_trip_ms);
    COUNT(link, bytes_up);
    COUNT(link, bytes_down);
    COUNT(link, reconnects);
    COUNT(link, queue);
    COUNT(link, unconfirmed);
    COUNT(link, spool);
    COUNT(link, next_try_ms);
    facts->link.is_online = strcmp(facts->link.state, "ONLINE") == 0;
}

void facts_read_modem(struct facts *facts, const redisReply *reply)
{
    int64_t dbm = answer_integer(reply, "signal_dbm", 0);

    TEXT(modem, state, "state");
    TEXT(modem, why, "why");
    TEXT(modem, profile, "profile");
    TEXT(modem, level, "level");
    TEXT(modem, manufacturer, "manufacturer");
    TEXT(modem, model, "model");
    TEXT(modem, firmware, "firmware");
    TEXT(modem, operator_name, "operator");
    TEXT(modem, access, "access");
    TEXT(modem, registration, "registration");
    TEXT(modem, address, "address");
    facts->modem.signal_dbm = dbm < 0 && dbm > -200 ? dbm : 0;
}

static void take_share(const redisReply *map, const char *what, struct facts_share *share)
{
    static const char *const names[] = {"spent", "limit", "left", "percent"};
    int64_t *const numbers[] = {&share->spent, &share->limit, &share->left, &share->percent};
    char name[32];

    for (size_t i = 0; i < COUNT_OF(names); i++) {
        snprintf(name, sizeof(name), "%s_%s", what, names[i]);
        *numbers[i] = count_of(map, name);
    }
}

void facts_read_budget(struct facts *facts, const redisReply *reply)
{
    TEXT(budget, level, "level");
    TEXT(budget, why, "why");
    TEXT(budget, forecast, "forecast");
    TEXT(budget, resets, "resets");
    take_share(reply, "bytes", &facts->budget.bytes);
    take_share(reply, "messages", &facts->budget.messages);
    COUNT(budget, month_connects);
    COUNT(budget, month_connects_failed);
}

/* ---- the history of the link ---------------------------------------------------------------------------- */

/* So many digits; -1: others stand there. */
static int digits(const char *text, size_t count)
{
    int number = 0;

    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') {
            return -1;
        }
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

int64_t facts_read_time(const char *text)
{
    static const char form[] = "0000-00-00T00:00:00.000Z";
    int64_t wall_ms;

    if (strlen(text) != strlen(form)) {
        return 0;
    }
    for (size_t i = 0; form[i]; i++) {
        if (form[i] == '0' ? digits(text + i, 1) < 0 : text[i] != form[i]) {
            return 0;
        }
    }
    struct wall_date date = {.year = digits(text, 4),
                             .month = digits(text + 5, 2),
                             .day = digits(text + 8, 2),
                             .hour = digits(text + 11, 2),
                             .minute = digits(text + 14, 2),
                             .second = digits(text + 17, 2)};
    return wall_from_date(&date, &wall_ms) ? wall_ms + digits(text + 20, 3) : 0;
}

bool facts_read_change(struct facts_change *change, const char *line, size_t len, bool utf8)
{
    const char *blank = memchr(line, ' ', len);
    const char *state = blank ? blank + 1 : line;
    const char *colon = memchr(state, ':', len - (size_t)(state - line));
    char when[32];

    if (!blank || !colon || (size_t)(blank - line) >= sizeof(when)) {
        return false;
    }
    memcpy(when, line, (size_t)(blank - line));
    when[blank - line] = '\0';
    const char *why = colon + 1 < line + len && colon[1] == ' ' ? colon + 2 : colon + 1;
    change->wall_ms = facts_read_time(when);
    words_clean(state, (size_t)(colon - state), utf8, change->state, sizeof(change->state));
    words_clean(why, (size_t)(line + len - why), utf8, change->why, sizeof(change->why));
    return change->wall_ms != 0;
}

void facts_read_changes(struct facts *facts, const redisReply *history)
{
    size_t count = history && history->type == REDIS_REPLY_ARRAY ? history->elements : 0;

    facts->change_count = 0;
    for (size_t i = count > FACTS_CHANGES_MAX ? count - FACTS_CHANGES_MAX : 0; i < count; i++) {
        const redisReply *line = history->element[i];
        struct facts_change *change = &facts->changes[facts->change_count];
        if (line->str && facts_read_change(change, line->str, (size_t)line->len, facts->utf8)) {
            facts->change_count++;
        }
    }
}

struct facts_outage facts_last_outage(const struct facts *facts)
{
    struct facts_outage outage = {NULL, NULL};
    bool was_online = false;

    for (size_t i = 0; i < facts->change_count; i++) {
        const struct facts_change *change = &facts->changes[i];
        bool is_online = strcmp(change->state, "ONLINE") == 0;
        if (was_online && !is_online) {
            outage = (struct facts_outage){change, NULL};
        } else if (is_online && !was_online && outage.begin) {
            outage.end = change;
        }
        was_online = is_online;
    }
    return outage;
}

/* ---- INFO ----------------------------------------------------------------------------------------------- */

static bool is_named(const char *line, size_t name_len, const char *name)
{
    return name_len == strlen(name) && memcmp(line, name, name_len) == 0;
}

/* A configuration that was refused is worse than one that lacks something. */
static void take_config(struct facts *facts, const char *line, size_t name_len, const char *value)
{
    if (!*value) {
        return;
    }
    if (is_named(line, name_len, "config_refused")) {
        snprintf(facts->config_note, sizeof(facts->config_note), "the file as it is now was refused: %.220s",
                 value);
    } else if (is_named(line, name_len, "config_missing") && !facts->config_note[0]) {
        snprintf(facts->config_note, sizeof(facts->config_note), "still missing: %.240s", value);
    }
}

static void take_line(struct facts *facts, const char *line, size_t len)
{
    static const char *const names[] = {"messages_sent", "messages_received", "connected_clients"};
    int64_t *const numbers[] = {&facts->messages_sent, &facts->messages_received, &facts->clients};
    const char *colon = memchr(line, ':', len);
    size_t name_len = colon ? (size_t)(colon - line) : 0;
    char value[FACTS_TEXT_MAX];
    int64_t number;

    if (!colon) {
        return;
    }
    words_clean(colon + 1, len - name_len - 1, facts->utf8, value, sizeof(value));
    if (is_named(line, name_len, "blynkd_version")) {
        snprintf(facts->version, sizeof(facts->version), "%.31s", value);
    }
    take_config(facts, line, name_len, value);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        if (is_named(line, name_len, names[i]) && scan_int64(value, 0, INT64_MAX, &number) == 0) {
            *numbers[i] = number;
        }
    }
}

void facts_read_info(struct facts *facts, const redisReply *info)
{
    const char *at = info && info->type == REDIS_REPLY_STRING ? info->str : NULL;
    const char *end = at ? at + info->len : NULL;

    facts->version[0] = facts->config_note[0] = '\0';
    facts->messages_sent = facts->messages_received = facts->clients = 0;
    while (at && at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((line_end ? line_end : end) - at);
        take_line(facts, at, len > 0 && at[len - 1] == '\r' ? len - 1 : len);
        at = line_end ? line_end + 1 : end;
    }
}
