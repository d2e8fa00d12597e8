/*
 * The command line of `blynksim cloud`. Read once at the start into the struct cloud. It opens nothing.
 */
#ifndef BLYNKSIM_CLOUD_OPTIONS_H
#define BLYNKSIM_CLOUD_OPTIONS_H

#include "cloud_state.h"

enum cloud_options_result { CLOUD_OPTIONS_RUN, CLOUD_OPTIONS_HELP, CLOUD_OPTIONS_WRONG };

/* Fills options, projects and faults; says on standard error what is wrong. */
enum cloud_options_result cloud_options_read(struct cloud *cloud, int argc, char **argv);

#endif
