/* blynkctl plot: the recent history of a pin, the signal or the round trip, as a plot in the terminal or an SVG. */
#include "answer.h"
#include "commands.h"
#include "plot_svg.h"
#include "plot_text.h"
#include "say.h"
#include "talk.h"
#include "vigil.h"
#include "words.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ROWS_DEFAULT    20
#define COLUMNS_DEFAULT 80
#define LAST_MAX_MS     (UINT64_C(366) * 24 * 3600 * 1000)

struct plot_options {
    const char *name;
    const char *svg_path; /* NULL: in the terminal */
    uint64_t last_ms;     /* 0: all there is */
    bool ascii;
};

static const char *unit_of(const char *name)
{
    return strcasecmp(name, "signal") == 0 ? "dBm" : strcasecmp(name, "round_trip") == 0 ? "ms" : "";
}

static char *make_title(const struct plot_options *options, const struct series *series, char *title,
                        size_t size)
{
    double low = series->points[0].value, high = low;
    const char *unit = unit_of(options->name);
    const struct series_point *last = &series->points[series->count - 1];
    char name[64], when[WORDS_MAX_BYTES];

    for (size_t i = 1; i < series->count; i++) {
        low = series->points[i].value < low ? series->points[i].value : low;
        high = series->points[i].value > high ? series->points[i].value : high;
    }
    words_clean(options->name, strlen(options->name), words_utf8_is_welcome(), name, sizeof(name));
    words_time(last->at_ms, vigil_wall_ms(), when);
    if (series->count == 1) {
        snprintf(title, size, "%s%s%s: %.6g at %s", name, *unit ? " in " : "", unit, last->value, when);
    } else {
        snprintf(title, size, "%s%s%s: %zu values, %.6g to %.6g, last %.6g at %s", name, *unit ? " in " : "",
                 unit, series->count, low, high, last->value, when);
    }
    return title;
}

/* ---- ways to show it ------------------------------------------------------------------------------------ */

static int print_json(const struct plot_options *options, const struct series *series)
{
    json_t *points = json_array();

    for (size_t i = 0; i < series->count; i++) {
        json_array_append_new(
            points, json_pack("[I, f]", (json_int_t)series->points[i].at_ms, series->points[i].value));
    }
    return answer_print_json(json_pack("{s:s, s:s, s:o}", "series", options->name, "unit",
                                       unit_of(options->name), "points", points));
}

static int write_svg(const struct plot_options *options, const struct series *series, const char *title)
{
    bool is_stdout = strcmp(options->svg_path, "-") == 0;
    FILE *out = is_stdout ? stdout : fopen(options->svg_path, "w");
    bool is_bad;

    if (!out) {
        say_error("%s: %s", options->svg_path, strerror(errno));
        return CTL_REFUSED;
    }
    plot_svg_print(out, series, title);
    is_bad = fflush(out) || ferror(out);
    if (!is_stdout) {
        is_bad = fclose(out) || is_bad;
    }
    if (is_bad) {
        say_error("%s: %s", options->svg_path, strerror(errno));
    }
    return is_bad ? CTL_REFUSED : CTL_OK;
}

static int print_text(const struct ctl *ctl, const struct plot_options *options, const struct series *series,
                      const char *title)
{
    struct plot_page page = {.utf8 = words_utf8_is_welcome() && !options->ascii, .color = ctl->color};
    int rows, columns;

    vigil_screen_size(&rows, &columns);
    page.rows = rows > 0 && rows < ROWS_DEFAULT ? (size_t)rows : ROWS_DEFAULT;
    page.columns = columns > 0 ? (size_t)columns : COLUMNS_DEFAULT;
    plot_text_print(stdout, series, title, &page);
    return CTL_OK;
}

static int show(const struct ctl *ctl, const struct plot_options *options, struct series *series)
{
    char title[256];

    if (options->last_ms) {
        series_cut(series, vigil_wall_ms() - (int64_t)options->last_ms);
    }
    if (ctl->json) {
        return print_json(options, series);
    }
    if (series->count == 0) {
        say_error("%s has no numbers%s", options->name, options->last_ms ? " of that time" : " yet");
        say_hint("blynkctl plot    says which series there are");
        return CTL_REFUSED;
    }
    make_title(options, series, title, sizeof(title));
    return options->svg_path ? write_svg(options, series, title) : print_text(ctl, options, series, title);
}

/* ---- the question --------------------------------------------------------------------------------------- */

static redisReply *ask(struct ctl *ctl, const char *name, enum ctl_exit *exit)
{
    const char *words[] = {"HISTORY", name};
    redisReply *reply = talk_ask(ctl, name ? 2 : 1, words, NULL, exit);

    if (!reply || reply->type != REDIS_REPLY_ERROR) {
        return reply;
    }
    if (strncmp(reply->str, "ERR unknown command", 19) == 0) {
        say_error("this daemon keeps no history: it is older than this blynkctl");
        *exit = CTL_REFUSED;
    } else {
        *exit = talk_tell_error(reply);
    }
    freeReplyObject(reply);
    return NULL;
}

static int list_series(struct ctl *ctl)
{
    enum ctl_exit exit;
    redisReply *reply = ask(ctl, NULL, &exit);

    if (reply && ctl->json) {
        exit = (enum ctl_exit)answer_print_json(answer_json(reply, false));
    } else if (reply && reply->type == REDIS_REPLY_ARRAY) {
        for (size_t i = 0; i < reply->elements; i++) {
            const redisReply *name = reply->element[i];
            say_text(stdout, name->str ? name->str : "", name->str ? (size_t)name->len : 0);
            putchar('\n');
        }
    }
    freeReplyObject(reply);
    return exit;
}

static int plot(struct ctl *ctl, const struct plot_options *options)
{
    struct series *series = calloc(1, sizeof(*series));
    enum ctl_exit exit = CTL_OUT_OF_MEMORY;
    redisReply *reply = series ? ask(ctl, options->name, &exit) : NULL;

    if (reply) {
        series_read(series, reply);
        exit = (enum ctl_exit)show(ctl, options, series);
    }
    freeReplyObject(reply);
    free(series);
    return exit;
}

int run_plot(struct ctl *ctl, int argc, char **argv)
{
    static const struct option words[] = {
        {"svg", required_argument, NULL, 's'},
        {"last", required_argument, NULL, 'l'},
        {"ascii", no_argument, NULL, 'a'},
        {NULL, 0, NULL, 0},
    };
    struct plot_options options = {0};
    int option;

    while ((option = getopt_long(argc, argv, "s:l:a", words, NULL)) != -1) {
        if (option == 's') {
            options.svg_path = optarg;
        } else if (option == 'a') {
            options.ascii = true;
        } else if (option != 'l' || scan_duration_ms(optarg, LAST_MAX_MS, &options.last_ms) ||
                   !options.last_ms) {
            return ctl_command_usage(ctl_command_find("plot"));
        }
    }
    if (argc - optind > 1) {
        return ctl_command_usage(ctl_command_find("plot"));
    }
    options.name = argv[optind];
    return options.name ? plot(ctl, &options) : list_series(ctl);
}
