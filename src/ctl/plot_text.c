#include "plot_text.h"

#include "say.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_A_TIME 12 /* at least, from one time on the axis to the next */
#define ROWS_A_VALUE   4
#define ROWS_BESIDES   4 /* title, axis, times, a last line */

/* ---- dots ----------------------------------------------------------------------------------------------- */

static size_t dots_across(const struct plot_picture *picture)
{
    return picture->columns * (picture->utf8 ? 2 : 1);
}

static size_t dots_down(const struct plot_picture *picture)
{
    return picture->rows * (picture->utf8 ? 4 : 2); /* ASCII: a dot above and one below */
}

static void set_dot(struct plot_picture *picture, long x, long y)
{
    /* Which bit of U+2800 a dot is. */
    static const unsigned char bits[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};
    bool is_outside = x < 0 || y < 0 || x >= (long)dots_across(picture) || y >= (long)dots_down(picture);

    if (is_outside) {
        return;
    }
    if (picture->utf8) {
        picture->dots[y / 4][x / 2] |= bits[y % 4][x % 2];
    } else {
        picture->dots[y / 2][x] |= (unsigned char)(1 << y % 2);
    }
}

static void draw_line(struct plot_picture *picture, long x0, long y0, long x1, long y1)
{
    long across = labs(x1 - x0), down = labs(y1 - y0);
    long steps = across > down ? across : down;

    for (long i = 0; i <= steps; i++) {
        double part = steps ? (double)i / (double)steps : 0;
        set_dot(picture, x0 + lround((double)(x1 - x0) * part), y0 + lround((double)(y1 - y0) * part));
    }
}

void plot_picture_draw(struct plot_picture *picture, const struct series *series,
                       const struct series_frame *frame)
{
    double right = (double)dots_across(picture) - 1, bottom = (double)dots_down(picture) - 1;
    long last_x = 0, last_y = 0;
    bool has_last = false;

    memset(picture->dots, 0, sizeof(picture->dots));
    for (size_t i = 0; i < series->count; i++) {
        double along = series_along(frame, series->points[i].at_ms);
        if (along < 0 || along > 1) {
            has_last = false;
            continue;
        }
        long x = lround(along * right);
        long y = lround((1 - series_height(frame, series->points[i].value)) * bottom);
        draw_line(picture, has_last ? last_x : x, has_last ? last_y : y, x, y);
        last_x = x;
        last_y = y;
        has_last = true;
    }
}

char *plot_picture_row(const struct plot_picture *picture, size_t row, char *out)
{
    static const char ascii[] = {' ', '\'', '.', ':'};
    size_t at = 0, used = 0;

    for (size_t column = 0; column < picture->columns; column++) {
        unsigned dots = picture->dots[row][column];
        if (!picture->utf8 || !dots) {
            out[at++] = ascii[dots & 3];
        } else {
            out[at++] = '\xe2';
            out[at++] = (char)(unsigned char)(0xa0 | dots >> 6);
            out[at++] = (char)(unsigned char)(0x80 | (dots & 0x3f));
        }
        used = dots ? at : used;
    }
    out[used] = '\0';
    return out;
}

/* ---- the page ------------------------------------------------------------------------------------------- */

static size_t label_columns(const struct series_frame *frame)
{
    char text[SERIES_TEXT_MAX];
    size_t columns = 0;

    for (size_t i = 0; i < frame->ticks; i++) {
        size_t len = strlen(series_value_text(frame, series_tick(frame, i), text));
        columns = len > columns ? len : columns;
    }
    return columns;
}

/* The tick whose height is this row's, or none: SIZE_MAX. */
static size_t tick_of_row(const struct series_frame *frame, size_t row, size_t rows)
{
    for (size_t i = 0; i < frame->ticks; i++) {
        double height = series_height(frame, series_tick(frame, i));
        if (lround((1 - height) * (double)(rows - 1)) == (long)row) {
            return i;
        }
    }
    return SIZE_MAX;
}

static void print_rows(FILE *out, const struct plot_picture *picture, const struct series_frame *frame,
                       int labels, const struct plot_page *page)
{
    char line[PLOT_COLUMNS_MAX * 3 + 1];

    for (size_t row = 0; row < picture->rows; row++) {
        size_t tick = tick_of_row(frame, row, picture->rows);
        char text[SERIES_TEXT_MAX] = "";
        if (tick != SIZE_MAX) {
            series_value_text(frame, series_tick(frame, tick), text);
        }
        fprintf(out, "%*s %s%s%s%s\n", labels, text,
                page->utf8 ? (*text ? "┤" : "│")
                : *text    ? "+"
                           : "|",
                say_begin(page->color, SAY_GREEN), plot_picture_row(picture, row, line),
                say_end(page->color));
    }
}

static void print_times(FILE *out, const struct plot_picture *picture, const struct series_frame *frame,
                        int labels)
{
    char axis[PLOT_COLUMNS_MAX + 1], times[PLOT_COLUMNS_MAX + SERIES_TEXT_MAX], text[SERIES_TEXT_MAX];
    size_t free_from = 0;

    memset(axis, '-', picture->columns);
    axis[picture->columns] = '\0';
    memset(times, ' ', sizeof(times));
    for (int64_t at_ms = series_first_time(frame); at_ms <= frame->to_ms; at_ms += frame->step_ms) {
        size_t column = (size_t)lround(series_along(frame, at_ms) * (double)(picture->columns - 1));
        size_t len = strlen(series_time_text(frame, at_ms, text));
        axis[column] = '+';
        if (column >= free_from && column + len <= picture->columns) {
            memcpy(times + column, text, len);
            free_from = column + len + 1;
        }
    }
    fprintf(out, "%*s ", labels, "");
    fputs(picture->utf8 ? "└" : "+", out);
    for (size_t i = 0; i < picture->columns; i++) {
        fputs(!picture->utf8 ? (axis[i] == '+' ? "+" : "-") : axis[i] == '+' ? "┬" : "─", out);
    }
    fprintf(out, "\n%*s  %.*s\n", labels, "", (int)(free_from ? free_from - 1 : 0), times);
}

static size_t within(size_t value, size_t least, size_t most)
{
    return value < least ? least : value > most ? most : value;
}

void plot_text_print(FILE *out, const struct series *series, const char *title, const struct plot_page *page)
{
    static struct plot_picture picture;
    struct series_frame frame;
    size_t labels, rows = page->rows > ROWS_BESIDES ? page->rows - ROWS_BESIDES : 1;

    picture.utf8 = page->utf8;
    picture.rows = within(rows, 2, PLOT_ROWS_MAX);
    frame = series_frame(series, picture.rows / ROWS_A_VALUE + 2, 2);
    labels = label_columns(&frame);
    picture.columns =
        within(page->columns > labels + 2 ? page->columns - labels - 2 : 1, 8, PLOT_COLUMNS_MAX);
    frame = series_frame(series, picture.rows / ROWS_A_VALUE + 2, picture.columns / COLUMNS_A_TIME + 1);
    plot_picture_draw(&picture, series, &frame);
    fprintf(out, "%s%s%s\n", say_begin(page->color, SAY_BOLD), title, say_end(page->color));
    print_rows(out, &picture, &frame, (int)labels, page);
    print_times(out, &picture, &frame, (int)labels);
}
