/* blynkctl why: the last outage as a tree of causes. */
#include "answer.h"
#include "commands.h"
#include "outage.h"
#include "say.h"
#include "talk.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define HISTORY_FULL 32 /* the daemon keeps no more */

static int64_t wall_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void format_time(int64_t at_ms, const char *format, bool is_utc, char *out, size_t size)
{
    time_t seconds = (time_t)(at_ms / 1000);
    struct tm date;

    if (is_utc ? !gmtime_r(&seconds, &date) : !localtime_r(&seconds, &date)) {
        date = (struct tm){0};
    }
    strftime(out, size, format, &date);
}

static void format_length(int64_t ms, char *out, size_t size)
{
    int64_t seconds = ms < 0 ? 0 : ms / 1000;

    if (ms >= 0 && ms < 10000) {
        snprintf(out, size, "%" PRId64 ".%" PRId64 " s", seconds, ms / 100 % 10);
    } else if (seconds < 120) {
        snprintf(out, size, "%" PRId64 " s", seconds);
    } else if (seconds < 7200) {
        snprintf(out, size, "%" PRId64 " min", seconds / 60);
    } else {
        snprintf(out, size, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds / 60 % 60);
    }
}

static int64_t lasted_ms(const struct outage *outage)
{
    return (outage->back_at_ms ? outage->back_at_ms : wall_ms()) - outage->lost_at_ms;
}

/* ---- as a tree ---- */

static void print_branch(const char *branch, int64_t at_ms, const char *what, const char *words)
{
    char when[16];

    format_time(at_ms, "%H:%M:%S", false, when, sizeof(when));
    printf("%s %s  %s", branch, when, what);
    say_text(stdout, words, strlen(words));
    putchar('\n');
}

static void print_next(const char *stem, const char *next)
{
    if (next[0]) {
        printf("%s            then: ", stem);
        say_text(stdout, next, strlen(next));
        putchar('\n');
    }
}

static void print_try(const struct outage_try *try, bool is_last, bool is_back)
{
    const char *branch = is_last ? "└─" : "├─";
    const char *stem = is_last ? "   " : "│  ";
    char inner[16];

    if (!try->how[0]) {
        print_branch(branch, try->at_ms, "", try->why);
        print_next(stem, try->next);
        return;
    }
    print_branch(branch, try->at_ms, "", try->how);
    if (try->failed_at_ms) {
        snprintf(inner, sizeof(inner), "%s└─", stem);
        print_branch(inner, try->failed_at_ms, "failed: ", try->why);
        print_next(stem, try->next);
    } else if (try->detail[0] && !is_back) {
        printf("%s└─ now: ", stem);
        say_text(stdout, try->detail, strlen(try->detail));
        putchar('\n');
    }
}

static void print_heading(const struct outage *outage)
{
    char when[40], length[40];

    format_time(outage->lost_at_ms, "%Y-%m-%d %H:%M:%S", false, when, sizeof(when));
    format_length(lasted_ms(outage), length, sizeof(length));
    switch (outage->kind) {
    case OUTAGE_NONE:
        puts("no outage is known since the start");
        return;
    case OUTAGE_START:
        printf("no outage since the start at %s; coming up took %s\n", when, length);
        break;
    case OUTAGE_PAST:
        printf("the link was down from %s%s, for %s%s\n", outage->is_cut ? "before " : "", when,
               outage->is_cut ? "more than " : "", length);
        break;
    case OUTAGE_NOW:
        printf("the link is down since %s%s, for %s%s\n", outage->is_cut ? "before " : "", when,
               outage->is_cut ? "more than " : "", length);
        break;
    }
}

static void print_tree(const struct outage *outage)
{
    bool is_back = outage->back_at_ms != 0;

    print_heading(outage);
    if (outage->kind == OUTAGE_NONE) {
        return;
    }
    if (outage->because[0] && !(outage->try_count && strcmp(outage->because, outage->tries[0].how) == 0)) {
        print_branch(outage->try_count || is_back ? "├─" : "└─", outage->lost_at_ms,
                     outage->kind == OUTAGE_START ? "" : "lost: ", outage->because);
        print_next(outage->try_count || is_back ? "│  " : "   ", outage->next);
    }
    for (size_t i = 0; i < outage->try_count; i++) {
        print_try(&outage->tries[i], i + 1 == outage->try_count && !is_back, is_back);
    }
    if (is_back) {
        print_branch("└─", outage->back_at_ms, "back: ", outage->back);
    }
}

/* ---- as JSON ---- */

static json_t *json_time(int64_t at_ms)
{
    char date[32], text[40];

    if (at_ms == 0) {
        return json_null();
    }
    format_time(at_ms, "%Y-%m-%dT%H:%M:%S", true, date, sizeof(date));
    snprintf(text, sizeof(text), "%s.%03dZ", date, (int)(at_ms % 1000));
    return json_string(text);
}

static json_t *json_words(const char *words)
{
    return answer_json_value(words, strlen(words));
}

static json_t *json_tries(const struct outage *outage)
{
    json_t *list = json_array();

    for (size_t i = 0; i < outage->try_count; i++) {
        const struct outage_try *try = &outage->tries[i];
        json_array_append_new(list, json_pack("{s:o, s:o, s:s, s:o, s:o, s:o}", "at", json_time(try->at_ms),
                                              "how", json_words(try->how), "reached", try->reached,
                                              "failed_at", json_time(try->failed_at_ms), "why",
                                              json_words(try->why), "next", json_words(try->next)));
    }
    return list;
}

static json_t *json_of(const struct outage *outage)
{
    static const char *const kinds[] = {
        [OUTAGE_NONE] = "none", [OUTAGE_START] = "start", [OUTAGE_PAST] = "past", [OUTAGE_NOW] = "now"};
    bool is_none = outage->kind == OUTAGE_NONE;

    return json_pack("{s:s, s:b, s:o, s:I, s:o, s:o, s:o, s:o}", "outage", kinds[outage->kind],
                     "beginning_unknown", (int)outage->is_cut, "lost_at", json_time(outage->lost_at_ms),
                     "lasted_ms", (json_int_t)(is_none ? 0 : lasted_ms(outage)), "because",
                     json_words(outage->because), "tries", json_tries(outage), "back_at",
                     json_time(outage->back_at_ms), "back", json_words(outage->back));
}

/* ---- the command ---- */

static size_t read_lines(const redisReply *history, struct outage_line lines[OUTAGE_LINES_MAX])
{
    size_t count = 0;

    for (size_t i = 0; history->type == REDIS_REPLY_ARRAY && i < history->elements; i++) {
        const redisReply *line = history->element[i];
        if (count < OUTAGE_LINES_MAX && line->str && outage_parse(line->str, &lines[count])) {
            count++;
        }
    }
    return count;
}

int run_why(struct ctl *ctl, int argc, char **argv)
{
    static struct outage_line lines[OUTAGE_LINES_MAX];
    static struct outage outage;
    enum ctl_exit exit;
    redisReply *history = talk_need(ctl, "LINK HISTORY", &exit);
    size_t count;

    (void)argc;
    (void)argv;
    if (!history) {
        return (int)exit;
    }
    count = read_lines(history, lines);
    freeReplyObject(history);
    outage_find(lines, count, count >= HISTORY_FULL, &outage);
    if (ctl->json) {
        return answer_print_json(json_of(&outage));
    }
    print_tree(&outage);
    return CTL_OK;
}
