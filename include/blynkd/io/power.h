/*
 * The modem's power, as far as it can be switched: a pulse on its reset or power key, or all of it off and on. Made
 * here from commands that the configuration names; tests have a fake. Owned by its maker; one user. It never decides
 * when to switch.
 */
#ifndef BLYNKD_IO_POWER_H
#define BLYNKD_IO_POWER_H

#include <stdbool.h>
#include <stdint.h>

struct power;
struct uv_loop_s;

enum power_action {
    POWER_PULSE, /* reset, or the power key */
    POWER_CYCLE, /* off, and after a rest on */
};

struct power_ops {
    bool (*can)(const struct power *power, enum power_action action);
    /* 0: on_done follows once, unless cancel() comes first. Negative errno: it could not begin. */
    int (*begin)(struct power *power, enum power_action action);
    /* Ends what is under way. Idempotent. */
    void (*cancel)(struct power *power);
};

struct power {
    const struct power_ops *ops;
    void (*on_done)(void *arg, int error, const char *why); /* set by the user; error 0: done */
    void *arg;
};

/*
 * Commands instead of lines. Each is words separated by blanks, the first the path of a program; it is started
 * without a shell, with PATH alone in its environment, no input and no output, and one more word: "reset" or
 * "cycle". It is killed, with all that it has started, after `timeout_ms`.
 */
struct power_command_config {
    char reset[256];
    char cycle[256];
    uint32_t timeout_ms;
};

/* NULL: no memory. The configuration is copied. */
struct power *power_command_create(struct uv_loop_s *loop, const struct power_command_config *config);
/* Frees when libuv has let go of it; what runs is killed. */
void power_command_destroy(struct power *power);

#endif
