#include "top_paint.h"

#include "plot_text.h"
#include "top_screen.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define WHOLE_ROW 10000
#define BAR_MAX   20

/* ---- the link ------------------------------------------------------------------------------------------- */

static enum top_look look_of(const struct top *top)
{
    const char *state = top->facts.link.state;

    if (!top->is_there || strcmp(state, "WAIT") == 0 || strcmp(state, "REFUSED") == 0) {
        return TOP_BAD;
    }
    return top->facts.link.is_online ? TOP_GOOD : TOP_WARNING;
}

static void paint_link(const struct top *top, const struct top_view *view, const struct top_layout *layout)
{
    const struct facts_link *link = &top->facts.link;
    int row = layout->parts[TOP_PART_LINK].row, column;
    char since[WORDS_MAX_BYTES], lasts[WORDS_MAX_BYTES], next[WORDS_MAX_BYTES];

    column = top_put(row, 0, WHOLE_ROW, TOP_STRONG, "Link ");
    if (!top->is_there) {
        top_put(row, column, WHOLE_ROW, TOP_BAD, "no daemon: trying again");
    } else {
        column = top_put(row, column, WHOLE_ROW, look_of(top), words_link(link->state));
        words_duration(view->wall_ms - link->since_ms, lasts);
        if (link->since_ms && !layout->is_wide) {
            top_putf(row, column, WHOLE_ROW, TOP_PLAIN, " (%s)", lasts);
        } else if (link->since_ms) {
            top_putf(row, column, WHOLE_ROW, TOP_PLAIN, " since %s (%s)",
                     words_time(link->since_ms, view->wall_ms, since), lasts);
        }
    }
    if (!layout->parts[TOP_PART_WHY].rows) {
        return;
    }
    row = layout->parts[TOP_PART_WHY].row;
    if (!top->is_there) {
        top_put(row, 0, WHOLE_ROW, TOP_PLAIN, top->trouble);
    } else if (top->facts.config_note[0]) {
        top_putf(row, 0, WHOLE_ROW, TOP_WARNING, "configuration: %s", top->facts.config_note);
    } else if (link->next_try_ms) {
        top_putf(row, 0, WHOLE_ROW, TOP_PLAIN, "next try in %s: %s", words_duration(link->next_try_ms, next),
                 link->why);
    } else {
        top_put(row, 0, WHOLE_ROW, TOP_PLAIN, link->why);
    }
}

static void paint_timeline(const struct top *top, const struct top_view *view,
                           const struct top_layout *layout)
{
    /* By colour, and by form for those who have none. */
    static const struct {
        char kind;
        const char *utf8, *ascii;
        enum top_look look;
    } forms[] = {{'o', "█", "=", TOP_GOOD}, {'c', "▓", "c", TOP_WARNING}, {'m', "▒", "m", TOP_WARNING},
                 {'w', "░", "!", TOP_BAD},  {'f', "·", ".", TOP_DIM},     {'x', "x", "x", TOP_BAD}};
    char kinds[PLOT_COLUMNS_MAX + 1], title[WORDS_MAX_BYTES], window[WORDS_MAX_BYTES];
    int row = layout->parts[TOP_PART_TIMELINE].row, column, columns;

    snprintf(title, sizeof(title), "%s ", words_duration(view->window_ms, window));
    column = top_put(row, 0, WHOLE_ROW, TOP_DIM, title);
    columns = top_screen_columns() - column - 1;
    columns = columns > PLOT_COLUMNS_MAX ? PLOT_COLUMNS_MAX : columns;
    if (!layout->parts[TOP_PART_TIMELINE].rows || columns < 1) {
        return;
    }
    top_timeline(top, view->wall_ms - view->window_ms, view->wall_ms, (size_t)columns, kinds);
    for (int i = 0; i < columns; i++) {
        for (size_t j = 0; j < sizeof(forms) / sizeof(forms[0]); j++) {
            if (kinds[i] == forms[j].kind) {
                top_put(row, column + i, 1, forms[j].look, top->facts.utf8 ? forms[j].utf8 : forms[j].ascii);
            }
        }
    }
}

static void paint_network(const struct top *top, const struct top_layout *layout)
{
    const struct facts_modem *modem = &top->facts.modem;
    const struct facts_link *link = &top->facts.link;
    unsigned level = words_signal_bars(modem->signal_dbm);
    char bars[WORDS_MAX_BYTES], access[WORDS_MAX_BYTES];
    int row = layout->parts[TOP_PART_NETWORK].row, column = 0;

    if (!layout->parts[TOP_PART_NETWORK].rows) {
        return;
    }
    if (modem->signal_dbm) {
        column = top_putf(row, 0, WHOLE_ROW,
                          level > 2   ? TOP_GOOD
                          : level > 1 ? TOP_WARNING
                                      : TOP_BAD,
                          "%s ", words_bars(level, top->facts.utf8, bars));
        column = top_putf(row, column, WHOLE_ROW, TOP_PLAIN, "%lld dBm  ", (long long)modem->signal_dbm);
    }
    if (modem->operator_name[0] || modem->access[0]) {
        column = top_putf(row, column, WHOLE_ROW, TOP_PLAIN, "%s %s  ", modem->operator_name,
                          words_access(modem->access, access));
    }
    top_putf(row, column, WHOLE_ROW, TOP_PLAIN, "%s, %lld ms", link->server, (long long)link->round_trip_ms);
}

/* ---- plots ---------------------------------------------------------------------------------------------- */

static void paint_plot(const struct series *all, const struct top_view *view, const char *title, bool utf8,
                       const struct top_place *place, int column, int columns)
{
    static struct series series;
    static struct plot_picture picture;
    char line[PLOT_COLUMNS_MAX * 3 + 1], high[SERIES_TEXT_MAX], low[SERIES_TEXT_MAX];
    struct series_frame frame;
    int labels;

    series = *all;
    series_cut(&series, view->wall_ms - view->window_ms);
    top_put_bar(place->row, column, columns, title);
    if (!series.count) {
        top_put(place->row + 1, column, columns, TOP_DIM, " nothing measured in this time yet");
        return;
    }
    frame = series_frame(&series, 3, 2);
    frame.from_ms = view->wall_ms - view->window_ms;
    frame.to_ms = view->wall_ms;
    series_value_text(&frame, frame.high, high);
    series_value_text(&frame, frame.low, low);
    labels = (int)(strlen(high) > strlen(low) ? strlen(high) : strlen(low)) + 1;
    if (columns - labels < 4) {
        return;
    }
    picture.utf8 = utf8;
    picture.rows = (size_t)place->rows - 1;
    picture.columns = (size_t)(columns - labels > PLOT_COLUMNS_MAX ? PLOT_COLUMNS_MAX : columns - labels);
    plot_picture_draw(&picture, &series, &frame);
    for (size_t i = 0; i < picture.rows; i++) {
        const char *label = i == 0 ? high : i + 1 == picture.rows ? low : "";
        top_putf(place->row + 1 + (int)i, column, labels, TOP_DIM, "%*s ", labels - 1, label);
        top_put(place->row + 1 + (int)i, column + labels, columns - labels, TOP_ACCENT,
                plot_picture_row(&picture, i, line));
    }
}

static void paint_plots(const struct top *top, const struct top_view *view, const struct top_layout *layout)
{
    const struct top_place *place = &layout->parts[TOP_PART_PLOTS];
    int columns = top_screen_columns(), half = layout->is_wide ? columns / 2 - 1 : columns;

    if (place->rows < 2) {
        return;
    }
    paint_plot(&top->signal, view, " Signal, dBm", top->facts.utf8, place, 0, half);
    if (layout->is_wide) {
        paint_plot(&top->round_trip, view, " Round trip, ms", top->facts.utf8, place, columns / 2,
                   columns - columns / 2);
    }
}

/* ---- what waits, what it costs -------------------------------------------------------------------------- */

static void paint_queues(const struct top *top, const struct top_layout *layout)
{
    const struct top_place *place = &layout->parts[TOP_PART_QUEUES];
    const struct facts_link *link = &top->facts.link;
    struct top_rates rates = top_rates(top);
    char up[WORDS_MAX_BYTES], down[WORDS_MAX_BYTES];
    bool any = link->queue || link->unconfirmed || link->spool;
    bool is_ok = !link->disk[0] || strcmp(link->disk, "ok") == 0;
    int column;

    if (place->rows < 1) {
        return;
    }
    column = top_putf(place->row, 0, WHOLE_ROW, any ? TOP_WARNING : TOP_PLAIN,
                      "Waiting %lld  unconfirmed %lld  on disk %lld", (long long)link->queue,
                      (long long)link->unconfirmed, (long long)link->spool);
    if (!is_ok) {
        top_putf(place->row, column, WHOLE_ROW, TOP_BAD, "  %s", link->disk);
    }
    if (place->rows > 1) {
        top_putf(place->row + 1, 0, WHOLE_ROW, TOP_PLAIN,
                 "Per minute: %.0f messages, %s out; %.0f messages, %s in; %lld reconnects",
                 rates.messages_sent, words_bytes((uint64_t)rates.bytes_up, up), rates.messages_received,
                 words_bytes((uint64_t)rates.bytes_down, down), (long long)link->reconnects);
    }
}

static void paint_budget(int row, const char *name, bool is_bytes, bool utf8, const struct facts_share *share)
{
    char spent[WORDS_MAX_BYTES], limit[WORDS_MAX_BYTES], bar[BAR_MAX * 3 + 1];
    size_t used = 0;
    int64_t percent = share->percent > 100 ? 100 : share->percent;
    enum top_look look = percent >= 95 ? TOP_BAD : percent >= 80 ? TOP_WARNING : TOP_GOOD;
    int column;

    if (is_bytes) {
        words_bytes((uint64_t)share->spent, spent);
        words_bytes((uint64_t)share->limit, limit);
    } else {
        snprintf(spent, sizeof(spent), "%lld", (long long)share->spent);
        snprintf(limit, sizeof(limit), "%lld", (long long)share->limit);
    }
    column = top_putf(row, 0, WHOLE_ROW, TOP_PLAIN, "%-9s", name);
    if (!share->limit) {
        top_putf(row, column, WHOLE_ROW, TOP_PLAIN, "%s this month, no budget", spent);
        return;
    }
    for (int i = 0; i < BAR_MAX; i++) {
        bool is_full = i < (percent * BAR_MAX + 99) / 100;
        const char *step = is_full ? (utf8 ? "█" : "#") : utf8 ? "░" : ".";
        used += (size_t)snprintf(bar + used, sizeof(bar) - used, "%s", step);
    }
    column = top_put(row, column, WHOLE_ROW, look, bar);
    top_putf(row, column, WHOLE_ROW, TOP_PLAIN, " %lld %%, %s of %s this month", (long long)share->percent,
             spent, limit);
}

static void paint_budgets(const struct top *top, const struct top_layout *layout)
{
    const struct top_place *place = &layout->parts[TOP_PART_BUDGETS];

    if (place->rows > 0) {
        paint_budget(place->row, "Data", true, top->facts.utf8, &top->facts.budget.bytes);
    }
    if (place->rows > 1) {
        paint_budget(place->row + 1, "Messages", false, top->facts.utf8, &top->facts.budget.messages);
    }
}

void top_paint(const struct top *top, const struct top_view *view)
{
    struct top_layout layout;

    top_screen_begin();
    top_layout(&layout, top_screen_rows(), top_screen_columns());
    if (view->is_help) {
        top_paint_help();
    } else {
        paint_link(top, view, &layout);
        paint_timeline(top, view, &layout);
        paint_network(top, &layout);
        paint_plots(top, view, &layout);
        paint_queues(top, &layout);
        paint_budgets(top, &layout);
        top_paint_tables(top, view, &layout);
    }
    if (layout.parts[TOP_PART_KEYS].rows) {
        top_put(layout.parts[TOP_PART_KEYS].row, 0, WHOLE_ROW, TOP_DIM,
                view->is_paused ? "PAUSED  p go on  q quit  ? help"
                                : "q quit  t time  s sort  p pause  ? help");
    }
    top_screen_end();
}
