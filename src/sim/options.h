/*
 * What stands on the command line of `blynksim modem`, checked and put into a record.
 * Owned by the program; strings point into its arguments.
 * It never opens anything.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define OPTIONS_LIST_MAX 64

struct options_list {
    const char *text[OPTIONS_LIST_MAX];
    int count;
};

struct options {
    const char *profile, *tty, *pin, *puk, *apn, *operator_name, *control, *sim_state, *default_route;
    const char *clock;                /* "now" or a time */
    const char *ssid, *wifi_password; /* NULL: any */
    struct options_list routes, faults, variants;
    long baud, csq, latency_ms;
    uint32_t seed;
    bool allow_any, no_nitz, quiet, list_variants, help;
};

/* 0, or -EINVAL after the problem has been printed. */
int options_read(struct options *options, int argc, char **argv);
void options_help(void);

#endif
