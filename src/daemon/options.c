#include "options.h"

#include "conf.h"

#include "blynkd/base/scan.h"

#include <getopt.h>

enum {
    OPTION_CHECK = 256,
    OPTION_HELP_CONFIG,
    OPTION_LIST,
    OPTION_LEVEL,
    OPTION_FOREGROUND,
    OPTION_PROBE,
    OPTION_BAUD
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, 'c'},
    {"check-config", no_argument, NULL, OPTION_CHECK},
    {"help-config", no_argument, NULL, OPTION_HELP_CONFIG},
    {"list-modems", no_argument, NULL, OPTION_LIST},
    {"log-level", required_argument, NULL, OPTION_LEVEL},
    {"probe", no_argument, NULL, OPTION_PROBE},
    {"baud", required_argument, NULL, OPTION_BAUD},
    {"foreground", no_argument, NULL, OPTION_FOREGROUND},
    {"version", no_argument, NULL, 'V'},
    {"help", no_argument, NULL, 'h'},
    {NULL, 0, NULL, 0},
};

void options_print_help(FILE *out)
{
    fputs("usage: blynkd [-c FILE] [--log-level LEVEL]\n"
          "       blynkd [-c FILE] --check-config [CANDIDATE]\n"
          "       blynkd [-c FILE] --probe [--baud N]\n"
          "       blynkd --help-config | --list-modems | --version | --help\n"
          "\n"
          "  -c, --config FILE   the configuration (" CONF_DEFAULT_PATH ")\n"
          "      --check-config  say what is wrong with it, or with a file that is to replace it, and end\n"
          "                      (0: nothing; 75: something is missing; 78: something is wrong)\n"
          "      --help-config   print every key with its default and meaning\n"
          "      --list-modems   print the modems that can be written as `profile`\n"
          "      --log-level L   error, warning, notice, info or debug; instead of [log] level\n"
          "      --foreground    stay in the foreground: what blynkd always does\n"
          "      --probe         only look how far it comes, for the one who hands a socket over\n"
          "      --baud N        with --probe: instead of [modem] baud\n"
          "  -V, --version       print the version\n"
          "  -h, --help          print this\n",
          out);
}

static void set_level(struct options *options, const char *word)
{
    if (log_level_parse(word, &options->level) == 0) {
        options->level_given = true;
        return;
    }
    fprintf(stderr, "blynkd: --log-level %s: not one of error, warning, notice, info, debug\n", word);
    options->action = OPTIONS_WRONG;
}

static void set_baud(struct options *options, const char *text)
{
    uint64_t baud;

    if (scan_uint64(text, 4000000, &baud) == 0 && baud >= 1200) {
        options->baud = (uint32_t)baud;
        return;
    }
    fprintf(stderr, "blynkd: --baud %s: not a line speed from 1200 to 4000000\n", text);
    options->action = OPTIONS_WRONG;
}

/* False: nothing after it matters. */
static bool take_option(struct options *options, int option)
{
    switch (option) {
    case 'c':
        options->config_path = optarg;
        return true;
    case OPTION_CHECK:
        options->action = OPTIONS_CHECK_CONFIG;
        return true;
    case OPTION_HELP_CONFIG:
        options->action = OPTIONS_HELP_CONFIG;
        return true;
    case OPTION_LIST:
        options->action = OPTIONS_LIST_MODEMS;
        return true;
    case OPTION_LEVEL:
        set_level(options, optarg);
        return options->action != OPTIONS_WRONG;
    case OPTION_PROBE:
        options->action = OPTIONS_PROBE;
        return true;
    case OPTION_BAUD:
        set_baud(options, optarg);
        return options->action != OPTIONS_WRONG;
    case OPTION_FOREGROUND:
        return true;
    case 'V':
        options->action = OPTIONS_VERSION;
        return false;
    case 'h':
        options->action = OPTIONS_HELP;
        return false;
    }
    options->action = OPTIONS_WRONG;
    return false;
}

void options_parse(int argc, char **argv, struct options *options)
{
    int option;

    *options = (struct options){.action = OPTIONS_RUN, .config_path = CONF_DEFAULT_PATH};
    optind = 0; /* getopt(3): forgets where an earlier call stopped */
    while ((option = getopt_long(argc, argv, "c:Vh", long_options, NULL)) != -1) {
        if (!take_option(options, option)) {
            break;
        }
    }
    if (option == -1 && options->action == OPTIONS_CHECK_CONFIG && optind < argc) {
        options->candidate = argv[optind++];
    }
    if (option == -1 && optind < argc) {
        fprintf(stderr, "blynkd: \"%s\": takes no arguments but options\n", argv[optind]);
        options->action = OPTIONS_WRONG;
    }
    if (options->baud && options->action != OPTIONS_PROBE) {
        fprintf(stderr, "blynkd: --baud is for --probe; the configuration says it otherwise\n");
        options->action = OPTIONS_WRONG;
    }
    if (options->action == OPTIONS_WRONG) {
        options_print_help(stderr);
    }
}
