/* The last outage out of the lines of the history. */
#include "outage.h"

#include "facts.h"

#include <stdio.h>
#include <string.h>

#define IS(text, word) (strcmp((text), word) == 0)

bool outage_parse(const char *text, struct outage_line *line)
{
    struct facts_change change;

    if (!facts_read_change(&change, text, strlen(text), true)) {
        return false;
    }
    line->at_ms = change.wall_ms;
    snprintf(line->state, sizeof(line->state), "%.11s", change.state);
    snprintf(line->why, sizeof(line->why), "%s", change.why);
    return true;
}

/* "no answer; connecting again in 1.2 s": the reason, and what follows. */
static void cut(const char *words, char why[OUTAGE_WORDS_MAX], char next[OUTAGE_WORDS_MAX])
{
    const char *found = NULL;

    for (const char *at = strstr(words, "; "); at; at = strstr(at + 1, "; ")) {
        found = at;
    }
    if (found && !strstr(found, " in ")) {
        found = NULL;
    }
    snprintf(why, OUTAGE_WORDS_MAX, "%.*s", found ? (int)(found - words) : OUTAGE_WORDS_MAX - 1, words);
    snprintf(next, OUTAGE_WORDS_MAX, "%s", found ? found + 2 : "");
}

static bool is_online(const struct outage_line *line)
{
    return IS(line->state, "ONLINE");
}

static bool is_rest(const struct outage_line *line)
{
    return IS(line->state, "WAIT") || IS(line->state, "REFUSED") || IS(line->state, "OFF");
}

static struct outage_try *add_try(struct outage *outage, int64_t at_ms)
{
    struct outage_try *try = &outage->tries[outage->try_count++];

    *try = (struct outage_try){.at_ms = at_ms};
    return try;
}

/* It rests: what was being tried has failed, or more is told of why. */
static void take_rest(struct outage *outage, const struct outage_line *line, bool is_open)
{
    struct outage_try *try = is_open ? &outage->tries[outage->try_count - 1] : add_try(outage, line->at_ms);

    try->failed_at_ms = line->at_ms;
    cut(line->why, try->why, try->next);
}

static void take_way(struct outage *outage, const struct outage_line *line, bool is_open)
{
    struct outage_try *try = is_open ? &outage->tries[outage->try_count - 1] : add_try(outage, line->at_ms);

    if (is_open) {
        snprintf(try->detail, sizeof(try->detail), "%s", line->why);
    } else {
        snprintf(try->how, sizeof(try->how), "%s", line->why);
    }
    snprintf(try->reached, sizeof(try->reached), "%s", line->state);
}

static void take(const struct outage_line *lines, size_t from, size_t to, struct outage *outage)
{
    bool is_open = false;

    outage->lost_at_ms = lines[from].at_ms;
    if (is_rest(&lines[from]) || !outage->is_cut) {
        cut(lines[from].why, outage->because, outage->next);
    }
    if (!is_rest(&lines[from])) {
        take_way(outage, &lines[from], false);
        is_open = true;
    }
    for (size_t i = from + 1; i < to; i++) {
        if (is_rest(&lines[i])) {
            take_rest(outage, &lines[i], is_open);
            is_open = false;
        } else {
            take_way(outage, &lines[i], is_open);
            is_open = true;
        }
    }
}

void outage_find(const struct outage_line *lines, size_t count, bool is_full, struct outage *outage)
{
    size_t end = count; /* behind the last line of the outage */
    size_t from;

    memset(outage, 0, sizeof(*outage));
    while (end > 0 && is_online(&lines[end - 1])) {
        end--;
    }
    from = end;
    while (from > 0 && !is_online(&lines[from - 1])) {
        from--;
    }
    if (end == 0 || end - from > OUTAGE_LINES_MAX) {
        return;
    }
    outage->is_cut = from == 0 && is_full;
    outage->kind = end == count ? OUTAGE_NOW : from == 0 && !is_full ? OUTAGE_START : OUTAGE_PAST;
    if (end < count) {
        outage->back_at_ms = lines[end].at_ms;
        snprintf(outage->back, sizeof(outage->back), "%s", lines[end].why);
    }
    take(lines, from, end, outage);
}
