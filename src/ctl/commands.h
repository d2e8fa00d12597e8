/*
 * The commands of blynkctl, in one table: what main.c runs, and what the help and the shells' completion show. Each
 * function is in the file of its subject (pins.c, status.c, ...). No command knows of another.
 */
#ifndef BLYNKD_CTL_COMMANDS_H
#define BLYNKD_CTL_COMMANDS_H

#include "ctl.h"

#include <stddef.h>

struct ctl_command {
    const char *name;
    const char *arguments; /* as the help shows them */
    const char *summary;   /* one line */
    const char *details;   /* more lines, examples among them; may be NULL */
    int least, most;       /* how many arguments; most < 0: any number */
    /* argv[0] is the command's name. Returns an enum ctl_exit. Reads options of its own with getopt_long(). */
    int (*run)(struct ctl *ctl, int argc, char **argv);
};

extern const struct ctl_command ctl_commands[];
extern const size_t ctl_command_count;

/* NULL: there is none of this name. */
const struct ctl_command *ctl_command_find(const char *name);
/* How a command is used, on standard error; CTL_USAGE. */
int ctl_command_usage(const struct ctl_command *command);

int run_status(struct ctl *ctl, int argc, char **argv);
int run_top(struct ctl *ctl, int argc, char **argv);
int run_plot(struct ctl *ctl, int argc, char **argv);
int run_why(struct ctl *ctl, int argc, char **argv);
int run_doctor(struct ctl *ctl, int argc, char **argv);
int run_get(struct ctl *ctl, int argc, char **argv);
int run_set(struct ctl *ctl, int argc, char **argv);
int run_watch(struct ctl *ctl, int argc, char **argv);
int run_sync(struct ctl *ctl, int argc, char **argv);
int run_event(struct ctl *ctl, int argc, char **argv);
int run_resolve(struct ctl *ctl, int argc, char **argv);
int run_property(struct ctl *ctl, int argc, char **argv);
int run_meta(struct ctl *ctl, int argc, char **argv);
int run_flush(struct ctl *ctl, int argc, char **argv);
int run_trace(struct ctl *ctl, int argc, char **argv);
int run_at(struct ctl *ctl, int argc, char **argv);
int run_config(struct ctl *ctl, int argc, char **argv);
int run_bundle(struct ctl *ctl, int argc, char **argv);
int run_help(struct ctl *ctl, int argc, char **argv);

#endif
