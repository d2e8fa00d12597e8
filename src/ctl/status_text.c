#include "status_text.h"

#include "say.h"
#include "words.h"

#include <stdarg.h>
#include <string.h>

#define LABEL_COLUMNS 13
#define LINE_MAX_TEXT 1024

/* ---- lines ---------------------------------------------------------------------------------------------- */

/* Where the text may be broken so that its first part has at most so many columns. */
static size_t break_at(const char *text, size_t columns)
{
    size_t fits = words_clip(text, columns);
    size_t blank = fits;

    if (!text[fits]) {
        return fits;
    }
    while (blank > 0 && text[blank] != ' ') {
        blank--;
    }
    return blank ? blank : fits ? fits : 1;
}

static void print_line(FILE *out, const struct status_page *page, const char *label, enum say_color color,
                       const char *format, ...) __attribute__((format(printf, 5, 6)));

static void print_line(FILE *out, const struct status_page *page, const char *label, enum say_color color,
                       const char *format, ...)
{
    size_t columns = page->columns > LABEL_COLUMNS + 10 ? page->columns - LABEL_COLUMNS : SIZE_MAX;
    char text[LINE_MAX_TEXT];
    const char *rest = text;
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    do {
        size_t len = break_at(rest, columns);
        fprintf(out, "%s%-*s%s%s%.*s%s\n", say_begin(page->color, SAY_DIM), LABEL_COLUMNS, label,
                say_end(page->color), say_begin(page->color, color), (int)len, rest,
                color == SAY_PLAIN ? "" : say_end(page->color));
        rest += len;
        rest += strspn(rest, " ");
        label = "";
    } while (*rest);
}

/* ---- the link ------------------------------------------------------------------------------------------- */

static enum say_color color_of(const struct facts_link *link)
{
    bool is_wrong = strcmp(link->state, "WAIT") == 0 || strcmp(link->state, "REFUSED") == 0;

    return link->is_online ? SAY_GREEN : is_wrong ? SAY_RED : SAY_YELLOW;
}

static void print_link(FILE *out, const struct facts *facts, const struct status_page *page)
{
    char since[WORDS_MAX_BYTES], lasts[WORDS_MAX_BYTES], next[WORDS_MAX_BYTES];
    const struct facts_link *link = &facts->link;

    if (link->since_ms) {
        print_line(out, page, "Link", color_of(link), "%s since %s (%s)", words_link(link->state),
                   words_time(link->since_ms, page->now_ms, since),
                   words_duration(page->now_ms - link->since_ms, lasts));
    } else {
        print_line(out, page, "Link", color_of(link), "%s", words_link(link->state));
    }
    if (link->why[0]) {
        print_line(out, page, "", SAY_PLAIN, "%s", link->why);
    }
    if (link->next_try_ms) {
        print_line(out, page, "", SAY_PLAIN, "next try in %s", words_duration(link->next_try_ms, next));
    }
}

static void print_outage(FILE *out, const struct facts *facts, const struct status_page *page)
{
    struct facts_outage outage = facts_last_outage(facts);
    char when[WORDS_MAX_BYTES], lasted[WORDS_MAX_BYTES];

    if (!facts->change_count) {
        return;
    }
    if (!outage.begin) {
        print_line(out, page, "Last outage", SAY_PLAIN, "none since %s",
                   words_time(facts->changes[0].wall_ms, page->now_ms, when));
        return;
    }
    words_time(outage.begin->wall_ms, page->now_ms, when);
    if (outage.end) {
        words_duration(outage.end->wall_ms - outage.begin->wall_ms, lasted);
        print_line(out, page, "Last outage", SAY_PLAIN, "%s, for %s: %s", when, lasted, outage.begin->why);
    } else {
        words_duration(page->now_ms - outage.begin->wall_ms, lasted);
        print_line(out, page, "Down since", SAY_RED, "%s (%s): %s", when, lasted, outage.begin->why);
    }
    if (facts->link.reconnects) {
        print_line(out, page, "", SAY_PLAIN, "%lld reconnect%s since the daemon was started",
                   (long long)facts->link.reconnects, facts->link.reconnects == 1 ? "" : "s");
    }
}

static void print_server(FILE *out, const struct facts *facts, const struct status_page *page)
{
    const struct facts_link *link = &facts->link;
    char trip[WORDS_MAX_BYTES] = "not measured yet";

    if (link->round_trip_ms) {
        snprintf(trip, sizeof(trip), "%lld ms", (long long)link->round_trip_ms);
    }
    print_line(out, page, "Server", SAY_PLAIN, "%s%s%s%s, round trip %s",
               link->server[0] ? link->server : "not known", link->address[0] ? " (" : "", link->address,
               link->address[0] ? ")" : "", trip);
    print_line(out, page, "Encryption", strncmp(link->encryption, "none", 4) == 0 ? SAY_YELLOW : SAY_PLAIN,
               "%s", link->encryption[0] ? link->encryption : "not agreed on yet");
}

/* ---- the modem ------------------------------------------------------------------------------------------ */

static void print_modem(FILE *out, const struct facts *facts, const struct status_page *page)
{
    const struct facts_modem *modem = &facts->modem;

    if (!modem->profile[0]) {
        print_line(out, page, "Modem", SAY_PLAIN, "%s%s%s", modem->state[0] ? modem->state : "not known",
                   modem->why[0] ? ": " : "", modem->why);
        return;
    }
    print_line(out, page, "Modem", SAY_PLAIN, "%s%s%s%sprofile %s, %s", modem->manufacturer,
               modem->manufacturer[0] && modem->model[0] ? " " : "", modem->model,
               modem->manufacturer[0] || modem->model[0] ? ", " : "", modem->profile,
               words_level(modem->level));
}

static void print_network(FILE *out, const struct facts *facts, const struct status_page *page)
{
    const struct facts_modem *modem = &facts->modem;
    char access[WORDS_MAX_BYTES], bars[WORDS_MAX_BYTES];
    unsigned level = words_signal_bars(modem->signal_dbm);

    if (!modem->profile[0] && !modem->operator_name[0]) {
        return;
    }
    print_line(out, page, "Network", SAY_PLAIN, "%s%s%s%s%s",
               modem->operator_name[0] ? modem->operator_name : "operator not known",
               modem->access[0] ? ", " : "", words_access(modem->access, access),
               modem->registration[0] ? ", " : "", modem->registration);
    if (!modem->signal_dbm) {
        print_line(out, page, "Signal", SAY_PLAIN, "not known");
        return;
    }
    print_line(out, page, "Signal",
               level > 2   ? SAY_GREEN
               : level > 1 ? SAY_YELLOW
                           : SAY_RED,
               "%s %s (%lld dBm)", words_bars(level, facts->utf8, bars), words_signal(modem->signal_dbm),
               (long long)modem->signal_dbm);
}

/* ---- what waits, what it costs -------------------------------------------------------------------------- */

static void print_waiting(FILE *out, const struct facts *facts, const struct status_page *page)
{
    const struct facts_link *link = &facts->link;

    if (!link->queue && !link->unconfirmed && !link->spool) {
        print_line(out, page, "Waiting", SAY_PLAIN, "nothing: all that was written has arrived");
    } else {
        print_line(out, page, "Waiting", SAY_YELLOW,
                   "%lld to be sent, %lld not confirmed yet, %lld on the disk", (long long)link->queue,
                   (long long)link->unconfirmed, (long long)link->spool);
    }
    if (link->disk[0] && strcmp(link->disk, "ok") != 0) {
        print_line(out, page, "Disk", SAY_RED, "%s", link->disk);
    }
}

static void print_share(FILE *out, const struct status_page *page, const char *what, bool is_bytes,
                        const struct facts_share *share)
{
    char spent[WORDS_MAX_BYTES], limit[WORDS_MAX_BYTES];

    if (is_bytes) {
        words_bytes((uint64_t)share->spent, spent);
        words_bytes((uint64_t)share->limit, limit);
    } else {
        snprintf(spent, sizeof(spent), "%lld", (long long)share->spent);
        snprintf(limit, sizeof(limit), "%lld", (long long)share->limit);
    }
    if (share->limit) {
        print_line(out, page, what, share->percent >= 80 ? SAY_YELLOW : SAY_PLAIN,
                   "%s of %s this month (%lld %%)", spent, limit, (long long)share->percent);
    } else {
        print_line(out, page, what, SAY_PLAIN, "%s this month, no budget is set", spent);
    }
}

static void print_budget(FILE *out, const struct facts *facts, const struct status_page *page)
{
    const struct facts_budget *budget = &facts->budget;
    bool is_free = strcmp(budget->level, "free") == 0;

    if (!budget->level[0]) {
        return;
    }
    print_share(out, page, "Data", true, &budget->bytes);
    print_share(out, page, "Messages", false, &budget->messages);
    if (budget->why[0] && !is_free) {
        print_line(out, page, "", SAY_YELLOW, "%s", budget->why);
    }
    if (budget->forecast[0]) {
        print_line(out, page, "", SAY_PLAIN, "%s", budget->forecast);
    }
}

void status_text_print(FILE *out, const struct facts *facts, const struct status_page *page)
{
    print_link(out, facts, page);
    print_outage(out, facts, page);
    print_network(out, facts, page);
    print_modem(out, facts, page);
    print_server(out, facts, page);
    print_waiting(out, facts, page);
    print_budget(out, facts, page);
    if (facts->config_note[0]) {
        print_line(out, page, "Config", SAY_YELLOW, "%s", facts->config_note);
    }
}
