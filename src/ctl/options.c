#include "options.h"

#include "say.h"

#include "blynkd/base/scan.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_DONE      (-1)
#define TIMEOUT_MAX_MS    3600000u
#define SOCKET_PATH_BYTES 107 /* sun_path of unix(7), without its NUL */

enum { OPTION_COLOR = 256, OPTION_TIMEOUT };

static const struct option long_options[] = {
    {"socket", required_argument, NULL, 's'},
    {"config", required_argument, NULL, 'c'},
    {"json", no_argument, NULL, 'j'},
    {"color", required_argument, NULL, OPTION_COLOR},
    {"timeout", required_argument, NULL, OPTION_TIMEOUT},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

void options_print_help(FILE *out)
{
    fputs("  -s, --socket PATH     the daemon's socket (" CTL_SOCKET_PATH "; or BLYNKD_SOCKET)\n"
          "  -c, --config FILE     the daemon's configuration (" CTL_CONFIG_PATH ")\n"
          "  -j, --json            answer in JSON\n"
          "      --color WHEN      auto, always or never\n"
          "      --timeout TIME    how long an answer may take (10s)\n"
          "  -V, --version         print the version\n"
          "  -h, --help            print this\n",
          out);
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
        say_error("--timeout %s: not a time such as 500ms, 10s or 2min (at most an hour)", text);
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
        return OPTIONS_DONE;
    case 'h':
        help_overview(stdout);
        return OPTIONS_DONE;
    }
    say_hint("blynkctl --help");
    return CTL_USAGE;
}

int options_parse(struct ctl *ctl, int argc, char **argv, int *first)
{
    const char *socket_path = getenv("BLYNKD_SOCKET");
    int option, result = CTL_OK;

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
