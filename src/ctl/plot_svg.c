#include "plot_svg.h"

#include <string.h>

/* The drawing and the plot in it, in its own units. */
#define WIDTH  800.0
#define HEIGHT 360.0
#define LEFT   84.0
#define RIGHT  (WIDTH - 24)
#define TOP    48.0
#define BOTTOM (HEIGHT - 44)

#define VALUE_TICKS 7
#define TIME_TICKS  8

static void print_escaped(FILE *out, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", out);
            break;
        case '>':
            fputs("&gt;", out);
            break;
        case '&':
            fputs("&amp;", out);
            break;
        default:
            fputc(*text, out);
        }
    }
}

static double x_of(const struct series_frame *frame, int64_t at_ms)
{
    return LEFT + series_along(frame, at_ms) * (RIGHT - LEFT);
}

static double y_of(const struct series_frame *frame, double value)
{
    return BOTTOM - series_height(frame, value) * (BOTTOM - TOP);
}

static void print_head(FILE *out, const char *title)
{
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<!DOCTYPE svg PUBLIC \"-//W3C//DTD SVG 1.1//EN\" "
            "\"http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd\">\n"
            "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" width=\"%g\" height=\"%g\" "
            "viewBox=\"0 0 %g %g\">\n<title>",
            WIDTH, HEIGHT, WIDTH, HEIGHT);
    print_escaped(out, title);
    fputs("</title>\n"
          "<style type=\"text/css\">\n"
          ".page { fill: #ffffff; } .grid { stroke: #d8dce2; stroke-width: 1; } .axis { stroke: #6b7480; }\n"
          ".line { fill: none; stroke: #0b7a5c; stroke-width: 2; stroke-linejoin: round; stroke-linecap: "
          "round; }\n"
          ".dot { fill: #0b7a5c; } text { fill: #1d232b; font-family: sans-serif; font-size: 13px; }\n"
          ".title { font-size: 16px; font-weight: bold; }\n"
          "@media (prefers-color-scheme: dark) {\n"
          ".page { fill: #14181d; } .grid { stroke: #323a44; } .axis { stroke: #8b95a1; }\n"
          ".line { stroke: #3ddc97; } .dot { fill: #3ddc97; } text { fill: #e6e9ed; }\n"
          "}\n"
          "</style>\n",
          out);
    fprintf(out, "<rect class=\"page\" x=\"0\" y=\"0\" width=\"%g\" height=\"%g\"/>\n", WIDTH, HEIGHT);
    fprintf(out, "<text class=\"title\" x=\"%g\" y=\"28\">", LEFT);
    print_escaped(out, title);
    fputs("</text>\n", out);
}

static void print_axes(FILE *out, const struct series_frame *frame)
{
    char text[SERIES_TEXT_MAX];

    for (size_t i = 0; i < frame->ticks; i++) {
        double value = series_tick(frame, i), y = y_of(frame, value);
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", LEFT, y,
                RIGHT, y);
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n", LEFT - 8, y + 4,
                series_value_text(frame, value, text));
    }
    for (int64_t at_ms = series_first_time(frame); at_ms <= frame->to_ms; at_ms += frame->step_ms) {
        double x = x_of(frame, at_ms);
        fprintf(out, "<line class=\"grid\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", x, TOP, x,
                BOTTOM);
        fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"middle\">%s</text>\n", x, BOTTOM + 20,
                series_time_text(frame, at_ms, text));
    }
    fprintf(out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", LEFT, TOP, LEFT,
            BOTTOM);
    fprintf(out, "<line class=\"axis\" x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\"/>\n", LEFT, BOTTOM,
            RIGHT, BOTTOM);
}

/* A single point has no line. */
static void print_points(FILE *out, const struct series *series, const struct series_frame *frame)
{
    if (series->count == 1) {
        fprintf(out, "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/>\n",
                x_of(frame, series->points[0].at_ms), y_of(frame, series->points[0].value));
        return;
    }
    fputs(series->count ? "<polyline class=\"line\" points=\"" : "", out);
    for (size_t i = 0; i < series->count; i++) {
        fprintf(out, "%s%.1f,%.1f", i ? " " : "", x_of(frame, series->points[i].at_ms),
                y_of(frame, series->points[i].value));
    }
    fputs(series->count ? "\"/>\n" : "", out);
}

void plot_svg_print(FILE *out, const struct series *series, const char *title)
{
    struct series_frame frame = series_frame(series, VALUE_TICKS, TIME_TICKS);

    print_head(out, title);
    print_axes(out, &frame);
    print_points(out, series, &frame);
    fputs("</svg>\n", out);
}
