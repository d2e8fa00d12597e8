/*
 * What the program does instead of running: says what is wrong with the configuration, prints the keys, prints
 * the modems. Each writes its text and returns the exit code. They start nothing and own nothing.
 */
#ifndef BLYNKD_DAEMON_ACTIONS_H
#define BLYNKD_DAEMON_ACTIONS_H

#include "options.h"

struct conf_report;

/* "FILE: OK" or "FILE: unfinished" on standard output, or everything that is wrong on standard error. */
int action_check_config(const struct options *options, const struct conf_report *report);
int action_help_config(void);
int action_list_modems(void);

#endif
