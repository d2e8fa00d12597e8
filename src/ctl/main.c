/*
 * blynkctl: one command to the daemon, or one look at it, for a person at a terminal and for scripts.
 */
#include "commands.h"
#include "options.h"
#include "say.h"
#include "talk.h"

#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

static int run(struct ctl *ctl, int argc, char **argv)
{
    const struct ctl_command *command = ctl_command_find(argv[0]);
    int arguments = argc - 1;

    if (!command) {
        return help_unknown_command(argv[0]);
    }
    if (arguments < command->least || (command->most >= 0 && arguments > command->most)) {
        return ctl_command_usage(command);
    }
    optind = 0; /* getopt(3): a command may read options of its own */
    return command->run(ctl, argc, argv);
}

/* Asked of the pipe itself: which write failed first is not known any more. */
static bool reader_is_gone(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO, .events = POLLOUT};

    return poll(&output, 1, 0) == 1 && (output.revents & POLLERR);
}

/* A reader that has seen enough (head, less) is not an error. */
static int end_output(int result)
{
    bool failed = fflush(stdout) != 0 || ferror(stdout);

    if (!failed || reader_is_gone()) {
        return result;
    }
    say_error("standard output: it cannot be written to");
    return result ? result : CTL_REFUSED;
}

int main(int argc, char **argv)
{
    struct ctl ctl;
    int first;
    int result = options_parse(&ctl, argc, argv, &first);

    if (result != CTL_OK) {
        return result < 0 ? EXIT_SUCCESS : result;
    }
    if (first == argc) {
        help_overview(stderr);
        return CTL_USAGE;
    }
    signal(SIGPIPE, SIG_IGN); /* a daemon that ends is an error to tell */
    result = run(&ctl, argc - first, argv + first);
    talk_close(&ctl);
    return end_output(result);
}
