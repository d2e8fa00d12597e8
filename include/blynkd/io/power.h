/*
 * The modem's power, as far as it can be switched: a pulse on its reset or power key, or all of it off and on. Made
 * here from lines of the host or commands that the configuration names; tests have a fake. Owned by its maker; one
 * user. It never decides when to switch.
 */
#ifndef BLYNKD_IO_POWER_H
#define BLYNKD_IO_POWER_H

#include "blynkd/io/gpio.h"

#include <stdbool.h>
#include <stdint.h>

struct power;
struct sched;
struct uv_loop_s;

enum power_action {
    POWER_PULSE, /* reset, or the power key */
    POWER_CYCLE, /* off, and after a rest on */
};

/* How long a key is pressed and a module needs, in ms; from its profile. 0: as most do. */
struct power_times {
    uint32_t key_on_ms;  /* power key, to switch it on */
    uint32_t key_off_ms; /* power key, to switch it off */
    uint32_t rest_ms;    /* until it is off: it takes leave of the network first */
    uint32_t reset_ms;   /* reset line */
};

struct power_ops {
    bool (*can)(const struct power *power, enum power_action action);
    /* 0: on_done follows once, unless cancel() comes first. Negative errno: it could not begin. */
    int (*begin)(struct power *power, enum power_action action, const struct power_times *times);
    /* Ends what is under way. Idempotent. */
    void (*cancel)(struct power *power);
    /* True: the module is known to be off, and PULSE switches it on. NULL: it cannot be known. */
    bool (*is_off)(struct power *power);
};

struct power {
    const struct power_ops *ops;
    void (*on_done)(void *arg, int error, const char *why); /* set by the user; error 0: done */
    void *arg;
};

/* A line without a name is not there. */
struct power_lines_config {
    struct gpio_name key;    /* pressed while on */
    struct gpio_name reset;  /* held in reset while on */
    struct gpio_name rail;   /* powered while on, and held on as long as the daemon lives */
    struct gpio_name status; /* on: the module runs */
    uint32_t pulse_ms;       /* of key and reset; 0: as the profile says */
    uint32_t rail_off_ms;
};

/*
 * Lines of the host. The reset line is preferred to the power key. The key is a toggle: where `status` tells that
 * the module runs it is switched off and on again, where nothing tells it is pressed once. What has no line is
 * asked of `otherwise` (not owned; NULL: nobody); its on_done is set here. NULL: no memory.
 */
struct power *power_lines_create(struct sched *sched, struct gpio *gpio,
                                 const struct power_lines_config *config, struct power *otherwise);
/* Releases the lines; a key that was pressed is let go. */
void power_lines_destroy(struct power *power);

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
