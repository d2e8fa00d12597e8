#include "options.h"

#include "fault.h"
#include "print.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    OPT_PROFILE = 1,
    OPT_TTY,
    OPT_BAUD,
    OPT_ROUTE,
    OPT_DEFAULT_ROUTE,
    OPT_PIN,
    OPT_PUK,
    OPT_APN,
    OPT_OPERATOR,
    OPT_CLOCK,
    OPT_NO_NITZ,
    OPT_SSID,
    OPT_WIFI_PASSWORD,
    OPT_CSQ,
    OPT_LATENCY,
    OPT_FAULT,
    OPT_VARIANT,
    OPT_SEED,
    OPT_CONTROL,
    OPT_SIM_STATE,
    OPT_ALLOW_ANY,
    OPT_QUIET,
    OPT_LIST_VARIANTS,
    OPT_HELP
};

static const struct option names[] = {
    {"profile", required_argument, NULL, OPT_PROFILE},
    {"tty", required_argument, NULL, OPT_TTY},
    {"baud", required_argument, NULL, OPT_BAUD},
    {"route", required_argument, NULL, OPT_ROUTE},
    {"default-route", required_argument, NULL, OPT_DEFAULT_ROUTE},
    {"pin", required_argument, NULL, OPT_PIN},
    {"puk", required_argument, NULL, OPT_PUK},
    {"apn", required_argument, NULL, OPT_APN},
    {"operator", required_argument, NULL, OPT_OPERATOR},
    {"clock", required_argument, NULL, OPT_CLOCK},
    {"no-nitz", no_argument, NULL, OPT_NO_NITZ},
    {"ssid", required_argument, NULL, OPT_SSID},
    {"wifi-password", required_argument, NULL, OPT_WIFI_PASSWORD},
    {"csq", required_argument, NULL, OPT_CSQ},
    {"latency", required_argument, NULL, OPT_LATENCY},
    {"fault", required_argument, NULL, OPT_FAULT},
    {"variant", required_argument, NULL, OPT_VARIANT},
    {"seed", required_argument, NULL, OPT_SEED},
    {"control", required_argument, NULL, OPT_CONTROL},
    {"sim-state", required_argument, NULL, OPT_SIM_STATE},
    {"allow-any", no_argument, NULL, OPT_ALLOW_ANY},
    {"quiet", no_argument, NULL, OPT_QUIET},
    {"list-variants", no_argument, NULL, OPT_LIST_VARIANTS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

void options_help(void)
{
    puts("usage: blynksim modem --profile NAME --tty PATH [OPTION]...\n"
         "Serves a pseudo terminal at PATH that behaves as that modem.\n\n"
         "  --baud N                    speed of the line (115200; 0: not paced)\n"
         "  --route HOST:PORT=ADDR:PORT where a name leads; the first PORT may be *\n"
         "  --default-route ADDR:PORT   where every other name leads; without it they do not resolve\n"
         "  --allow-any                 other targets than this machine itself\n"
         "  --pin 1234, --puk 12345678  the SIM card asks for this PIN; PUK after three wrong ones\n"
         "  --sim-state FILE            keeps the tries that are left from run to run\n"
         "  --apn NAME                  the network knows only this access point\n"
         "  --operator NAME, --csq N    name of the network, signal 0..31 or 99\n"
         "  --clock TIME                what time the network tells at the start: now, or\n"
         "                              yy/MM/dd,hh:mm:ss (UTC)\n"
         "  --no-nitz                   it tells none\n"
         "  --ssid NAME, --wifi-password TEXT\n"
         "                              the only access point there is (Wi-Fi modules)\n"
         "  --latency MS                from the end of a command to its answer\n"
         "  --variant KEY=VALUE         an uncertain detail (see --list-variants)\n"
         "  --list-variants             lists them for this profile\n"
         "  --fault SPEC                NAME[:ARGUMENT][;for=SECONDS][;count=N]\n"
         "  --control SOCKET            takes commands at run time (send it 'help')\n"
         "  --seed N                    start of what is random\n"
         "  --quiet                     only the line 'ready: ...'\n\n"
         "faults:");
    fault_print_all();
}

static int wrong(const char *option, const char *value, const char *expected)
{
    print_problem("--%s %s: %s is expected", option, value, expected);
    return -EINVAL;
}

static int read_number(const char *option, const char *text, long low, long high, long *out)
{
    char expected[64];
    char *after;
    long number;

    errno = 0;
    number = strtol(text, &after, 10);
    if (after != text && *after == '\0' && errno == 0 && number >= low && number <= high) {
        *out = number;
        return 0;
    }
    snprintf(expected, sizeof expected, "a number from %ld to %ld", low, high);
    return wrong(option, text, expected);
}

static int add(const char *option, struct options_list *list, const char *text)
{
    if (list->count == OPTIONS_LIST_MAX)
        return wrong(option, text, "a shorter list");
    list->text[list->count++] = text;
    return 0;
}

static int read_digits(const char *option, const char *text, size_t least, size_t most, const char **out)
{
    size_t length = strlen(text);

    if (strspn(text, "0123456789") != length || length < least || length > most)
        return wrong(option, text, "a row of digits of the right length");
    *out = text;
    return 0;
}

static int read_limited(const char *option, const char *text, size_t most, const char **out)
{
    if (strlen(text) > most || strpbrk(text, "\"\r\n") != NULL)
        return wrong(option, text, "a shorter text without quotation marks");
    *out = text;
    return 0;
}

static int read_valued(struct options *o, int option)
{
    long number = 0;
    int result;

    switch (option) {
    case OPT_BAUD:
        return read_number("baud", optarg, 0, 4000000, &o->baud);
    case OPT_CSQ:
        return read_number("csq", optarg, 0, 199, &o->csq);
    case OPT_LATENCY:
        return read_number("latency", optarg, 0, 600000, &o->latency_ms);
    case OPT_SEED:
        result = read_number("seed", optarg, 0, 2000000000, &number);
        o->seed = (uint32_t)number;
        return result;
    case OPT_PIN:
        return read_digits("pin", optarg, 4, 8, &o->pin);
    case OPT_PUK:
        return read_digits("puk", optarg, 8, 8, &o->puk);
    case OPT_APN:
        return read_limited("apn", optarg, 63, &o->apn);
    case OPT_OPERATOR:
        return read_limited("operator", optarg, 40, &o->operator_name);
    case OPT_SSID:
        return read_limited("ssid", optarg, 32, &o->ssid);
    case OPT_WIFI_PASSWORD:
        return read_limited("wifi-password", optarg, 63, &o->wifi_password);
    case OPT_ROUTE:
        return add("route", &o->routes, optarg);
    case OPT_FAULT:
        return add("fault", &o->faults, optarg);
    case OPT_VARIANT:
        return add("variant", &o->variants, optarg);
    default:
        return -EINVAL; /* getopt has said what is wrong */
    }
}

static int read_one(struct options *o, int option)
{
    switch (option) {
    case OPT_PROFILE:
        o->profile = optarg;
        return 0;
    case OPT_TTY:
        o->tty = optarg;
        return 0;
    case OPT_DEFAULT_ROUTE:
        o->default_route = optarg;
        return 0;
    case OPT_CONTROL:
        o->control = optarg;
        return 0;
    case OPT_SIM_STATE:
        o->sim_state = optarg;
        return 0;
    case OPT_CLOCK:
        o->clock = optarg;
        return 0;
    case OPT_NO_NITZ:
        o->no_nitz = true;
        return 0;
    case OPT_ALLOW_ANY:
        o->allow_any = true;
        return 0;
    case OPT_QUIET:
        o->quiet = true;
        return 0;
    case OPT_LIST_VARIANTS:
        o->list_variants = true;
        return 0;
    case OPT_HELP:
        o->help = true;
        return 0;
    default:
        return read_valued(o, option);
    }
}

static int check(const struct options *o)
{
    if (o->help)
        return 0;
    if (o->profile == NULL)
        print_problem("--profile is missing; 'blynksim list' shows what there is");
    else if (o->tty == NULL && !o->list_variants)
        print_problem("--tty is missing: where shall the port appear?");
    else
        return 0;
    return -EINVAL;
}

int options_read(struct options *options, int argc, char **argv)
{
    int option;

    *options = (struct options){.baud = 115200,
                                .csq = 23,
                                .operator_name = "Simulated",
                                .puk = "12345678",
                                .clock = "now",
                                .seed = 1};
    optind = 1;
    while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
        int result = read_one(options, option);

        if (result < 0)
            return result;
    }
    if (optind < argc) {
        print_problem("'%s' is not understood", argv[optind]);
        return -EINVAL;
    }
    return check(options);
}
