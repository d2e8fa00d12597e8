#include "commands.h"
#include "options.h"
#include "say.h"

#include "blynkd/base/scan.h"

#include <string.h>

#define CLOSE_ENOUGH 2 /* letters between a mistyped name and the one meant */

const struct ctl_command *ctl_command_find(const char *name)
{
    for (size_t i = 0; i < ctl_command_count; i++) {
        if (strcmp(ctl_commands[i].name, name) == 0) {
            return &ctl_commands[i];
        }
    }
    return NULL;
}

int ctl_command_usage(const struct ctl_command *command)
{
    fprintf(stderr, "usage: blynkctl %s %s\n", command->name, command->arguments);
    return CTL_USAGE;
}

int help_unknown_command(const char *name)
{
    say_error("\"%s\": no such command", name);
    for (size_t i = 0; i < ctl_command_count; i++) {
        if (scan_distance(name, ctl_commands[i].name) <= CLOSE_ENOUGH) {
            say_hint("blynkctl %s", ctl_commands[i].name);
        }
    }
    say_hint("blynkctl help");
    return CTL_USAGE;
}

void help_overview(FILE *out)
{
    fputs("usage: blynkctl [OPTIONS] COMMAND [ARGUMENTS]\n\n", out);
    for (size_t i = 0; i < ctl_command_count; i++) {
        fprintf(out, "  %-10s %s\n", ctl_commands[i].name, ctl_commands[i].summary);
    }
    fputs("\n", out);
    options_print_help(out);
    fputs("\nblynkctl help COMMAND says more. Exit status: 0 done, 1 refused or not so, 2 no daemon, 3 link "
          "down,\n"
          "4 not allowed, 5 too late, 64 wrong usage; see blynkctl(1).\n",
          out);
}

/* Options first: they begin with a dash. */
static void print_names(void)
{
    options_print_names(stdout);
    for (size_t i = 0; i < ctl_command_count; i++) {
        printf("%s\t%s\t%s\n", ctl_commands[i].name, ctl_commands[i].arguments, ctl_commands[i].summary);
    }
}

int run_help(struct ctl *ctl, int argc, char **argv)
{
    const struct ctl_command *command;

    (void)ctl;
    if (argc == 1) {
        help_overview(stdout);
        return CTL_OK;
    }
    if (strcmp(argv[1], "--names") == 0) {
        print_names();
        return CTL_OK;
    }
    command = ctl_command_find(argv[1]);
    if (!command) {
        return help_unknown_command(argv[1]);
    }
    printf("usage: blynkctl %s %s\n\n%c%s.\n", command->name, command->arguments, command->summary[0] - 32,
           command->summary + 1);
    if (command->details) {
        printf("\n%s", command->details);
    }
    return CTL_OK;
}
