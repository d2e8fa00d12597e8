#include "blynkd/io/power.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define WORDS_MAX 16

/* One start of a command. It outlives its owner until libuv has let go of both handles. */
struct run {
    uv_process_t process;
    uv_timer_t timer;
    struct power_command *owner; /* NULL: nobody wants to know any more */
    bool timed_out;
    int handles;
};

struct power_command {
    struct power power; /* first */
    struct power_command_config config;
    uv_loop_t *loop;
    struct run *run; /* NULL: none */
};

static struct power_command *command_of(const struct power *power)
{
    return (struct power_command *)(void *)(uintptr_t)power;
}

static const char *text_of(const struct power_command *command, enum power_action action)
{
    return action == POWER_PULSE ? command->config.reset : command->config.cycle;
}

static bool can(const struct power *power, enum power_action action)
{
    return text_of(command_of(power), action)[0] != '\0';
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct run *run = handle->data;

    if (--run->handles == 0) {
        free(run);
    }
}

static void on_exit_of(uv_process_t *process, int64_t status, int signal_number)
{
    struct run *run = process->data;
    struct power_command *command = run->owner;
    bool timed_out = run->timed_out;
    char why[96] = "";

    uv_close((uv_handle_t *)&run->process, on_handle_closed);
    uv_close((uv_handle_t *)&run->timer, on_handle_closed);
    if (!command) {
        return;
    }
    command->run = NULL;
    if (timed_out) {
        snprintf(why, sizeof(why), "it took longer than %u s", (unsigned)(command->config.timeout_ms / 1000));
    } else if (signal_number) {
        snprintf(why, sizeof(why), "it was ended by signal %d", signal_number);
    } else if (status) {
        snprintf(why, sizeof(why), "it ended with status %d", (int)status);
    }
    command->power.on_done(command->power.arg, why[0] ? -EIO : 0, why);
}

/* All that it has started belongs to its group (UV_PROCESS_DETACHED makes one). */
static void kill_group(struct run *run)
{
    if (run->process.pid > 0) {
        kill(-run->process.pid, SIGKILL);
    }
}

static void on_timeout(uv_timer_t *timer)
{
    struct run *run = timer->data;

    run->timed_out = true;
    kill_group(run);
}

static void split(char *text, const char *last, char *words[WORDS_MAX])
{
    size_t count = 0;
    char *rest = text;

    for (char *word = strtok_r(text, " \t", &rest); word && count < WORDS_MAX - 2;
         word = strtok_r(NULL, " \t", &rest)) {
        words[count++] = word;
    }
    words[count++] = (char *)(uintptr_t)last; /* execve() does not write into it */
    words[count] = NULL;
}

static int spawn(struct power_command *command, struct run *run, enum power_action action)
{
    static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    char *environment[] = {path, NULL};
    char text[sizeof(command->config.reset)];
    char *words[WORDS_MAX];
    uv_stdio_container_t stdio[3] = {{.flags = UV_IGNORE}, {.flags = UV_IGNORE}, {.flags = UV_IGNORE}};

    memcpy(text, text_of(command, action), sizeof(text));
    split(text, action == POWER_PULSE ? "reset" : "cycle", words);
    uv_process_options_t options = {.exit_cb = on_exit_of,
                                    .file = words[0],
                                    .args = words,
                                    .env = environment,
                                    .flags = UV_PROCESS_DETACHED,
                                    .stdio_count = 3,
                                    .stdio = stdio};
    return uv_spawn(command->loop, &run->process, &options);
}

static int begin(struct power *power, enum power_action action, const struct power_times *times)
{
    struct power_command *command = command_of(power);

    (void)times; /* the command knows its board */
    if (!can(power, action)) {
        return -ENOTSUP;
    }
    if (command->run) {
        return -EALREADY;
    }
    struct run *run = calloc(1, sizeof(*run));
    if (!run) {
        return -ENOMEM;
    }
    run->handles = 2;
    run->process.data = run;
    uv_timer_init(command->loop, &run->timer);
    run->timer.data = run;
    int error = spawn(command, run, action);
    if (error) {
        uv_close((uv_handle_t *)&run->process, on_handle_closed);
        uv_close((uv_handle_t *)&run->timer, on_handle_closed);
        return error;
    }
    run->owner = command;
    command->run = run;
    uv_timer_start(&run->timer, on_timeout, command->config.timeout_ms, 0);
    return 0;
}

static void cancel(struct power *power)
{
    struct power_command *command = command_of(power);

    if (command->run) {
        command->run->owner = NULL;
        kill_group(command->run);
        command->run = NULL;
    }
}

struct power *power_command_create(struct uv_loop_s *loop, const struct power_command_config *config)
{
    static const struct power_ops ops = {can, begin, cancel, NULL};
    struct power_command *command = calloc(1, sizeof(*command));

    if (!command) {
        return NULL;
    }
    command->power.ops = &ops;
    command->config = *config;
    command->loop = loop;
    return &command->power;
}

void power_command_destroy(struct power *power)
{
    if (power) {
        cancel(power);
        free(command_of(power));
    }
}
