#include "options.h"

#include "say.h"

#include "blynkd/base/scan.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_COLUMN       18 /* behind the letter */
#define TIMEOUT_MAX_MS    3600000u
#define SOCKET_PATH_BYTES 107 /* sun_path of unix(7), without its NUL */

enum { OPTION_COLOR = 256, OPTION_TIMEOUT };

static const struct {
    int key; /* the letter, if it is one */
    const char *name, *argument, *text;
} options[] = {
    {'s', "socket", "PATH", "the daemon's socket (" CTL_SOCKET_PATH "; or BLYNKD_SOCKET)"},
    {'c', "config", "FILE", "the daemon's configuration (" CTL_CONFIG_PATH ")"},
    {'j', "json", NULL, "answer in JSON"},
    {OPTION_COLOR, "color", "WHEN", "auto, always or never"},
    {OPTION_TIMEOUT, "timeout", "TIME", "how long an answer may take (10s)"},
    {'V', "version", NULL, "print the version"},
    {'h', "help", NULL, "print this"},
};
#define OPTION_COUNT (sizeof(options) / sizeof(options[0]))

static const char *argument_of(size_t option)
{
    return options[option].argument ? options[option].argument : "";
}

void options_print_help(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        if (options[i].key < OPTION_COLOR) {
            fprintf(out, "  -%c, ", options[i].key);
        } else {
            fputs("      ", out);
        }
        int used = fprintf(out, "--%s %s", options[i].name, argument_of(i));
        fprintf(out, "%*s%s\n", used < TEXT_COLUMN ? TEXT_COLUMN - used : 1, "", options[i].text);
    }
}

void options_print_names(FILE *out)
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        fprintf(out, "--%s\t%s\t%s\n", options[i].name, argument_of(i), options[i].text);
    }
}

static void list_for_getopt(struct option list[OPTION_COUNT + 1])
{
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        list[i] = (struct option){.name = options[i].name,
                                  .has_arg = options[i].argument ? required_argument : no_argument,
                                  .val = options[i].key};
    }
    list[OPTION_COUNT] = (struct option){0};
}

static int set_color(struct ctl *ctl, const char *when)
{
    if (strcmp(when, "always") == 0 || strcmp(when, "never") == 0) {
        ctl->color = when[0] == 'a';
    } else if (strcmp(when, "auto") != 0) {
        say_error("--color %s: not one of auto, always, never", when);
        return CTL_USAGE;
    }
    return CTL_OK;
}

static int set_timeout(struct ctl *ctl, const char *text)
{
    uint64_t timeout_ms;

    if (scan_duration_ms(text, TIMEOUT_MAX_MS, &timeout_ms) || timeout_ms == 0) {
        say_error("--timeout %s: not a time such as 500ms, 10s or 2m (at most an hour)", text);
        return CTL_USAGE;
    }
    ctl->timeout_ms = (uint32_t)timeout_ms;
    return CTL_OK;
}

static int set_socket(struct ctl *ctl, const char *path)
{
    if (!*path || strlen(path) > SOCKET_PATH_BYTES) {
        say_error("--socket: the path of a socket has 1 to %d bytes", SOCKET_PATH_BYTES);
        return CTL_USAGE;
    }
    ctl->socket_path = path;
    return CTL_OK;
}

static int take_option(struct ctl *ctl, int option)
{
    switch (option) {
    case 's':
        return set_socket(ctl, optarg);
    case 'c':
        ctl->config_path = optarg;
        return CTL_OK;
    case 'j':
        ctl->json = true;
        return CTL_OK;
    case OPTION_COLOR:
        return set_color(ctl, optarg);
    case OPTION_TIMEOUT:
        return set_timeout(ctl, optarg);
    case 'V':
        puts("blynkctl " BLYNKD_VERSION);
        return CTL_DONE;
    case 'h':
        help_overview(stdout);
        return CTL_DONE;
    }
    say_hint("blynkctl --help");
    return CTL_USAGE;
}

int options_parse(struct ctl *ctl, int argc, char **argv, int *first)
{
    const char *socket_path = getenv("BLYNKD_SOCKET");
    struct option long_options[OPTION_COUNT + 1];
    int option, result = CTL_OK;

    list_for_getopt(long_options);
    *ctl = (struct ctl){.socket_path = CTL_SOCKET_PATH,
                        .config_path = CTL_CONFIG_PATH,
                        .timeout_ms = CTL_TIMEOUT_MS,
                        .color = say_color_is_welcome(stdout)};
    say_set_error_color(say_color_is_welcome(stderr));
    if (socket_path && *socket_path) {
        result = set_socket(ctl, socket_path);
    }
    /* "+": what comes after the command's name is the command's own. */
    while (result == CTL_OK && (option = getopt_long(argc, argv, "+s:c:jVh", long_options, NULL)) != -1) {
        result = take_option(ctl, option);
    }
    *first = optind;
    return result;
}
