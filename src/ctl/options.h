/*
 * What stands before the command on blynkctl's command line, and the help's part about it. It owns nothing: the
 * texts are argv's and the environment's. It never reads what comes after the command's name.
 */
#ifndef BLYNKD_CTL_OPTIONS_H
#define BLYNKD_CTL_OPTIONS_H

#include "ctl.h"

/* CTL_OK with *first the index of the command's name; -1 if there is nothing more to do (--help, --version). */
int options_parse(struct ctl *ctl, int argc, char **argv, int *first);
void options_print_help(FILE *out);
/* "--socket", tab, "PATH", tab, what it is; a line each. */
void options_print_names(FILE *out);

/* help.c */
void help_overview(FILE *out);
int help_unknown_command(const char *name);

#endif
