/*
 * The command line: what the program is to do, and with which file. Pure but for the texts that it prints. It
 * never takes a secret: arguments can be read by everybody on the machine.
 */
#ifndef BLYNKD_DAEMON_OPTIONS_H
#define BLYNKD_DAEMON_OPTIONS_H

#include "blynkd/base/log.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* sysexits.h, which systemd shows by name (systemd.exec(5)). */
#define EXIT_USAGE      64
#define EXIT_OS_ERROR   71
#define EXIT_NO_SOCKET  73
#define EXIT_UNFINISHED 75 /* of --check-config only: nothing is wrong, but something is missing */
#define EXIT_CONFIG     78

enum options_action {
    OPTIONS_RUN,
    OPTIONS_PROBE, /* runs for the one who asks only (probe.h) */
    OPTIONS_CHECK_CONFIG,
    OPTIONS_HELP_CONFIG,
    OPTIONS_LIST_MODEMS,
    OPTIONS_VERSION,
    OPTIONS_HELP,
    OPTIONS_WRONG, /* was said on standard error */
};

struct options {
    enum options_action action;
    const char *config_path;
    const char *candidate; /* a file that might replace it, to be checked in its place; NULL: none */
    bool level_given;
    enum log_level level;
    uint32_t baud; /* of a probe, instead of the configured one; 0: not given */
};

void options_parse(int argc, char **argv, struct options *options);
void options_print_help(FILE *out);

#endif
