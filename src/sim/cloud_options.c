#include "cloud_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HISTORY_DEFAULT     100000
#define HISTORY_MAX         10000000
#define DEFAULT_HEARTBEAT_S 10 /* of both servers, without an info message */
#define TICKETS_MAX         100
#define FACTOR_LEGACY       2.3 /* measured: a heartbeat of 10 s is given up after 23 s */
#define FACTOR_NEW          1.5 /* documented for blynk.cloud */

enum option_code {
    OPT_LISTEN = 1,
    OPT_TOKEN,
    OPT_FACTOR,
    OPT_HEARTBEAT,
    OPT_STYLE,
    OPT_FAULT,
    OPT_CONTROL,
    OPT_PIN_MODE,
    OPT_QUOTA,
    OPT_HISTORY,
    OPT_META,
    OPT_RTC,
    OPT_ZONE,
    OPT_SEED,
    OPT_QUIET,
    OPT_TLS_CERT,
    OPT_TLS_KEY,
    OPT_TLS_PORT,
    OPT_TLS_MIN,
    OPT_TLS_MAX,
    OPT_TICKETS,
    OPT_HELP
};

static const struct option long_options[] = {{"listen", required_argument, NULL, OPT_LISTEN},
                                             {"token", required_argument, NULL, OPT_TOKEN},
                                             {"heartbeat-factor", required_argument, NULL, OPT_FACTOR},
                                             {"default-heartbeat", required_argument, NULL, OPT_HEARTBEAT},
                                             {"style", required_argument, NULL, OPT_STYLE},
                                             {"fault", required_argument, NULL, OPT_FAULT},
                                             {"control", required_argument, NULL, OPT_CONTROL},
                                             {"pin-mode", required_argument, NULL, OPT_PIN_MODE},
                                             {"quota", required_argument, NULL, OPT_QUOTA},
                                             {"history", required_argument, NULL, OPT_HISTORY},
                                             {"meta", required_argument, NULL, OPT_META},
                                             {"rtc", no_argument, NULL, OPT_RTC},
                                             {"zone", required_argument, NULL, OPT_ZONE},
                                             {"seed", required_argument, NULL, OPT_SEED},
                                             {"quiet", no_argument, NULL, OPT_QUIET},
                                             {"tls-cert", required_argument, NULL, OPT_TLS_CERT},
                                             {"tls-key", required_argument, NULL, OPT_TLS_KEY},
                                             {"tls-port", required_argument, NULL, OPT_TLS_PORT},
                                             {"tls-min", required_argument, NULL, OPT_TLS_MIN},
                                             {"tls-max", required_argument, NULL, OPT_TLS_MAX},
                                             {"tickets", required_argument, NULL, OPT_TICKETS},
                                             {"help", no_argument, NULL, OPT_HELP},
                                             {NULL, 0, NULL, 0}};

static void options_help(void)
{
    fputs(
        "blynksim cloud: a simulated Blynk server, device protocol and HTTP calls on one port\n"
        "\n"
        "  --listen ADDR:PORT      where to listen (127.0.0.1:0 picks a free port)\n"
        "  --token TOKEN           a device's token, 32 characters; may be repeated\n"
        "  --style legacy|new      which server to be: the open one of 2015-2021 (default) or blynk.cloud\n"
        "  --heartbeat-factor F    a device is given up after F heartbeats (2.3; style new: 1.5)\n"
        "  --default-heartbeat S   heartbeat of a device that has not said one (10)\n"
        "  --quota N               more than N messages a second are dropped as the real server does it,\n"
        "                          which loses the framing (the real limit is 100; default: none)\n"
        "  --pin-mode \"9=out\"      tell devices after the login how pins are used; may be repeated\n"
        "  --meta \"NAME=VALUE\"     a metadata field of the device (style new); may be repeated\n"
        "  --rtc                   the project has a clock widget: answer rtc (style new always does)\n"
        "  --zone MINUTES          time zone of the project, east of UTC (0)\n"
        "  --history N             writes kept for /TOKEN/history/V5 (100000)\n"
        "  --tls-cert FILE         speak TLS too, with this certificate (PEM; what signed it may follow) "
        "...\n"
        "  --tls-key FILE          ... and its key; 'blynksim certs' makes both\n"
        "  --tls-port [ADDR:]PORT  where to listen for TLS (the address of --listen, a free port); with TLS\n"
        "                          --listen may be left out\n"
        "  --tls-min, --tls-max V  oldest and newest version of TLS: 1.2 or 1.3\n"
        "  --tickets N             tickets for a new TLS session (2); with 0 TLS 1.2 resumes by session id\n"
        "  --control SOCKET        Unix socket for: fault SPEC, clear NAME|all, stats, connections,\n"
        "                          write V5 VALUE..., internal WORD..., send HEX, close, reset\n"
        "  --seed N                of the random bytes of the fault garbage\n"
        "  --quiet                 print the first line only\n"
        "  --fault SPEC            misbehave from the start; NAME[:ARGUMENT][;count=N][;for=SECONDS]:\n",
        stdout);
    for (int i = 0; i < CLOUD_FAULT_KINDS; i++)
        printf("      %-20s  %s\n", cloud_fault_word((enum cloud_fault_kind)i),
               cloud_fault_help((enum cloud_fault_kind)i));
}

static bool option_number(const char *name, const char *text, double min, double max, double *number)
{
    char *end;

    *number = strtod(text, &end);
    if (end != text && *end == '\0' && *number >= min && *number <= max)
        return true;
    fprintf(stderr, "blynksim cloud: --%s takes a number from %g to %g, not: %s\n", name, min, max, text);
    return false;
}

/* `text` is ADDR:PORT, `name` the option that says it. */
static bool option_address(const char *name, const char *text, struct sockaddr_storage *address)
{
    char host[64];
    const char *colon = strrchr(text, ':');
    size_t host_len = colon != NULL ? (size_t)(colon - text) : 0;
    double port;

    if (host_len == 0 || host_len >= sizeof host) {
        fprintf(stderr, "blynksim cloud: --%s takes ADDR:PORT, not: %s\n", name, text);
        return false;
    }
    if (!option_number(name, colon + 1, 0, 65535, &port))
        return false;
    memcpy(host, text, host_len);
    host[host_len] = '\0';
    if (host[0] == '[' && host[host_len - 1] == ']') {
        host[host_len - 1] = '\0';
        if (uv_ip6_addr(host + 1, (int)port, (struct sockaddr_in6 *)address) == 0)
            return true;
    } else if (uv_ip4_addr(host, (int)port, (struct sockaddr_in *)address) == 0) {
        return true;
    }
    fprintf(stderr, "blynksim cloud: not a numeric address: %s\n", host);
    return false;
}

static bool option_token(struct cloud *cloud, const char *text)
{
    if (strlen(text) != CLOUD_TOKEN_BYTES) {
        fputs("blynksim cloud: a token has 32 characters\n", stderr);
        return false;
    }
    if (cloud->project_count == CLOUD_TOKENS_MAX) {
        fprintf(stderr, "blynksim cloud: no more than %d tokens\n", CLOUD_TOKENS_MAX);
        return false;
    }
    memcpy(cloud->projects[cloud->project_count++].token, text, CLOUD_TOKEN_BYTES + 1);
    return true;
}

static bool option_style(struct cloud *cloud, const char *text)
{
    if (strcmp(text, "legacy") == 0)
        cloud->options.style = CLOUD_STYLE_LEGACY;
    else if (strcmp(text, "new") == 0)
        cloud->options.style = CLOUD_STYLE_NEW;
    else
        return false;
    return true;
}

static bool option_fault(struct cloud *cloud, const char *text)
{
    char error[200] = "";

    /* The clock starts with the loop; at the start of the program it is near enough to this. */
    if (cloud_fault_set(&cloud->faults, text, uv_hrtime() / 1000000, error, sizeof error) == 0)
        return true;
    fprintf(stderr, "blynksim cloud: --fault: %s\n", error);
    return false;
}

/* "9=out" becomes pm NUL 9 NUL out in every project's pin mode message. */
static bool option_pin_mode(struct cloud *cloud, const char *text)
{
    struct cloud_bytes *modes = &cloud->projects[0].pin_modes;
    const char *equal = strchr(text, '=');
    uint16_t number;

    if (equal == NULL || equal[1] == '\0' ||
        !cloud_pin_number_parse((struct cloud_field){text, (size_t)(equal - text)}, 255, &number)) {
        fprintf(stderr, "blynksim cloud: --pin-mode takes PIN=MODE, not: %s\n", text);
        return false;
    }
    if (modes->len == 0)
        cloud_bytes_append_text(modes, "pm");
    cloud_bytes_append_byte(modes, 0);
    cloud_bytes_printf(modes, "%u", number);
    cloud_bytes_append_byte(modes, 0);
    cloud_bytes_append_text(modes, equal + 1);
    return true;
}

/* Kept in the first project until all tokens are known. */
static bool option_meta(struct cloud *cloud, const char *text)
{
    const char *equal = strchr(text, '=');

    if (equal == NULL || equal == text)
        return false;
    cloud_store_meta(&cloud->projects[0].store, (struct cloud_field){text, (size_t)(equal - text)},
                     (struct cloud_field){equal + 1, strlen(equal + 1)});
    return true;
}

static bool option_apply_number(struct cloud_options *options, enum option_code code, const char *text)
{
    double number = 0;
    bool good = false;

    if (code == OPT_FACTOR) {
        good = option_number("heartbeat-factor", text, 0.1, 100, &number);
        options->heartbeat_factor = number;
    } else if (code == OPT_HEARTBEAT) {
        good = option_number("default-heartbeat", text, 1, 86400, &number);
        options->default_heartbeat_s = (unsigned)number;
    } else if (code == OPT_QUOTA) {
        good = option_number("quota", text, 0, 1e6, &number);
        options->quota = (unsigned)number;
    } else if (code == OPT_HISTORY) {
        good = option_number("history", text, 0, HISTORY_MAX, &number);
        options->history_max = (size_t)number;
    } else if (code == OPT_ZONE) {
        good = option_number("zone", text, -14 * 60, 14 * 60, &number);
        options->zone_minutes = (int)number;
    } else if (code == OPT_SEED) {
        good = option_number("seed", text, 0, UINT32_MAX, &number);
        options->seed = (uint32_t)number;
    }
    return good;
}

static bool option_tls_version(const char *text, int *version)
{
    *version = strcmp(text, "1.2") == 0 ? 12 : strcmp(text, "1.3") == 0 ? 13 : 0;
    if (*version != 0)
        return true;
    fprintf(stderr, "blynksim cloud: a version of TLS is 1.2 or 1.3, not: %s\n", text);
    return false;
}

static bool option_apply_tls(struct cloud_options *options, enum option_code code, const char *text)
{
    double number;

    if (code == OPT_TLS_CERT)
        options->tls.cert_path = text;
    else if (code == OPT_TLS_KEY)
        options->tls.key_path = text;
    else if (code == OPT_TLS_PORT)
        options->tls_port = text;
    else if (code == OPT_TLS_MIN)
        return option_tls_version(text, &options->tls.min);
    else if (code == OPT_TLS_MAX)
        return option_tls_version(text, &options->tls.max);
    else if (!option_number("tickets", text, 0, TICKETS_MAX, &number))
        return false;
    else
        options->tls.tickets = (int)number;
    return true;
}

static bool option_apply(struct cloud *cloud, int code, const char *text)
{
    switch (code) {
    case OPT_LISTEN:
        return option_address("listen", text, &cloud->options.listen);
    case OPT_TOKEN:
        return option_token(cloud, text);
    case OPT_STYLE:
        return option_style(cloud, text);
    case OPT_FAULT:
        return option_fault(cloud, text);
    case OPT_CONTROL:
        cloud->options.control_path = text;
        return true;
    case OPT_PIN_MODE:
        return option_pin_mode(cloud, text);
    case OPT_META:
        return option_meta(cloud, text);
    case OPT_RTC:
        return cloud->options.has_rtc = true;
    case OPT_TLS_CERT:
    case OPT_TLS_KEY:
    case OPT_TLS_PORT:
    case OPT_TLS_MIN:
    case OPT_TLS_MAX:
    case OPT_TICKETS:
        return option_apply_tls(&cloud->options, (enum option_code)code, text);
    case OPT_QUIET:
        return cloud->options.quiet = true;
    default: /* what getopt answers is an int, and unknown options end here */
        return code != '?' && option_apply_number(&cloud->options, (enum option_code)code, text);
    }
}

/* What was said of "the project" is said of every project. */
static void options_spread(struct cloud *cloud)
{
    const struct cloud_notes meta = cloud->projects[0].store.meta;

    for (size_t i = 0; i < cloud->project_count; i++) {
        struct cloud_project *project = &cloud->projects[i];

        cloud_store_init(&project->store, cloud->options.history_max);
        if (i == 0) {
            project->store.meta = meta;
            continue;
        }
        cloud_bytes_append(&project->pin_modes, cloud->projects[0].pin_modes.data,
                           cloud->projects[0].pin_modes.len);
        for (size_t k = 0; k < meta.count; k++)
            cloud_store_meta(&project->store,
                             (struct cloud_field){(const char *)meta.items[k].a.data, meta.items[k].a.len},
                             (struct cloud_field){(const char *)meta.items[k].b.data, meta.items[k].b.len});
    }
}

/* Where TLS listens, which depends on where plain TCP does. */
static bool options_place_tls(struct cloud_options *options)
{
    const char *port = options->tls_port != NULL ? options->tls_port : "0";
    double number;

    if ((options->tls.cert_path == NULL) != (options->tls.key_path == NULL)) {
        fputs("blynksim cloud: --tls-cert and --tls-key belong together\n", stderr);
        return false;
    }
    if (options->tls.cert_path == NULL) {
        if (options->tls_port == NULL && options->tls.min == 0 && options->tls.max == 0 &&
            options->tls.tickets < 0)
            return true;
        fputs("blynksim cloud: without --tls-cert there is no TLS\n", stderr);
        return false;
    }
    if (options->tls.max != 0 && options->tls.max < options->tls.min) {
        fputs("blynksim cloud: --tls-max is below --tls-min\n", stderr);
        return false;
    }
    if (strchr(port, ':') != NULL)
        return option_address("tls-port", port, &options->tls_listen);
    if (!option_number("tls-port", port, 0, 65535, &number))
        return false;
    options->tls_listen = options->listen;
    if (options->listen.ss_family == 0)
        uv_ip4_addr("127.0.0.1", 0, (struct sockaddr_in *)&options->tls_listen);
    /* The port stands at the same place in both families. */
    ((struct sockaddr_in *)&options->tls_listen)->sin_port = htons((uint16_t)number);
    return true;
}

enum cloud_options_result cloud_options_read(struct cloud *cloud, int argc, char **argv)
{
    struct cloud_options *options = &cloud->options;
    int code;

    *options = (struct cloud_options){.default_heartbeat_s = DEFAULT_HEARTBEAT_S,
                                      .history_max = HISTORY_DEFAULT,
                                      .seed = 1,
                                      .tls.tickets = -1};
    optind = 0; /* a fresh scan: main() may have looked at the arguments before */
    while ((code = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (code == OPT_HELP) {
            options_help();
            return CLOUD_OPTIONS_HELP;
        }
        if (!option_apply(cloud, code, optarg)) {
            if (code == OPT_STYLE || code == OPT_META)
                fprintf(stderr, "blynksim cloud: that option does not take: %s\n", optarg);
            return CLOUD_OPTIONS_WRONG;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "blynksim cloud: what is this: %s\n", argv[optind]);
        return CLOUD_OPTIONS_WRONG;
    }
    if (!options_place_tls(options))
        return CLOUD_OPTIONS_WRONG;
    if (cloud->project_count == 0 || (options->listen.ss_family == 0 && options->tls_listen.ss_family == 0)) {
        fputs("blynksim cloud: --listen ADDR:PORT and --token TOKEN are needed; --help shows all\n", stderr);
        return CLOUD_OPTIONS_WRONG;
    }
    if (options->heartbeat_factor == 0)
        options->heartbeat_factor = options->style == CLOUD_STYLE_NEW ? FACTOR_NEW : FACTOR_LEGACY;
    options_spread(cloud);
    return CLOUD_OPTIONS_RUN;
}
