#include "sim_modem.h"

#include "modem.h"
#include "print.h"

#include <signal.h>
#include <stdlib.h>

struct program {
    uv_loop_t loop;
    uv_signal_t terminated, interrupted;
    struct modem modem;
};

static void end(struct program *program)
{
    if (program->modem.closing)
        return;
    modem_close(&program->modem);
    uv_close((uv_handle_t *)&program->terminated, NULL);
    uv_close((uv_handle_t *)&program->interrupted, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    print_event("--", "signal %d: the end", number);
    end(handle->data);
}

static int run(const struct options *options)
{
    struct program *program = calloc(1, sizeof *program);
    int result;

    if (program == NULL)
        return EXIT_FAILURE;
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&program->loop);
    uv_signal_init(&program->loop, &program->terminated);
    uv_signal_init(&program->loop, &program->interrupted);
    program->terminated.data = program;
    program->interrupted.data = program;
    uv_signal_start(&program->terminated, on_signal, SIGTERM);
    uv_signal_start(&program->interrupted, on_signal, SIGINT);
    result = modem_open(&program->modem, &program->loop, options);
    if (result < 0)
        end(program);
    uv_run(&program->loop, UV_RUN_DEFAULT);
    uv_loop_close(&program->loop);
    free(program);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int list_variants(const struct options *options)
{
    const struct profile *profile = profile_find(options->profile);
    struct variants variants;

    if (profile == NULL) {
        print_problem("there is no profile '%s'; 'blynksim list' shows what there is", options->profile);
        return EXIT_FAILURE;
    }
    variants_init(&variants, profile->families, profile->variants);
    variants_print(&variants);
    return EXIT_SUCCESS;
}

int sim_modem_main(int argc, char **argv)
{
    struct options options;

    if (options_read(&options, argc, argv) < 0)
        return 2;
    if (options.help) {
        options_help();
        return EXIT_SUCCESS;
    }
    if (options.list_variants)
        return list_variants(&options);
    print_setup(options.quiet);
    return run(&options);
}
