/*
 * Lines of the host's GPIO chips, as far as a modem's power needs them: switched on and off, or looked at. Made here
 * from libgpiod (1.6 or 2.x, the only room that knows it); tests have a fake. It never decides what a line does.
 */
#ifndef BLYNKD_IO_GPIO_H
#define BLYNKD_IO_GPIO_H

#include <stdbool.h>
#include <stddef.h>

#define GPIO_CHIP_MAX 48

/* Which line: `gpiochip0:4`, or `/dev/gpiochip4:17 low` for one that is on at low level. */
struct gpio_name {
    char chip[GPIO_CHIP_MAX]; /* path of the device; empty: no line */
    unsigned offset;
    bool active_low;
};

struct gpio_line; /* one that was requested; belongs to who requested it */

struct gpio {
    /* As output, switched at once as `on` says; or as input. 0 or negative errno. */
    int (*request)(struct gpio *gpio, const struct gpio_name *name, bool output, bool on,
                   struct gpio_line **line);
    int (*set)(struct gpio *gpio, struct gpio_line *line, bool on);
    int (*get)(struct gpio *gpio, struct gpio_line *line); /* 1: on, 0: off, negative errno */
    void (*release)(struct gpio *gpio, struct gpio_line *line);
};

/* The host's. Static: nobody owns it. */
struct gpio *gpio_host(void);

/* 0; -EINVAL: not the name of a line. All of `name` is written. */
int gpio_name_parse(const char *text, struct gpio_name *name);

#endif
