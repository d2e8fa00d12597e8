/* The only room that knows libgpiod. Its two interfaces have nothing in common but the name (Debian 12: 1.6, Debian
 * 13: 2.2); which one is there the build has found out. */
#include "blynkd/io/gpio.h"

#include <errno.h>
#include <gpiod.h>
#include <stdlib.h>

#define CONSUMER "blynkd"

static int last_error(void)
{
    return errno ? -errno : -EIO;
}

#if BLYNKD_GPIOD_MAJOR >= 2

struct gpio_line {
    struct gpiod_line_request *request;
    unsigned offset;
};

static enum gpiod_line_value value_of(bool on)
{
    return on ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE;
}

static void describe(struct gpiod_line_settings *settings, const struct gpio_name *name, bool output, bool on)
{
    gpiod_line_settings_set_direction(settings,
                                      output ? GPIOD_LINE_DIRECTION_OUTPUT : GPIOD_LINE_DIRECTION_INPUT);
    gpiod_line_settings_set_active_low(settings, name->active_low);
    if (output) {
        gpiod_line_settings_set_output_value(settings, value_of(on));
    }
}

static struct gpiod_line_request *ask(struct gpiod_chip *chip, const struct gpio_name *name, bool output,
                                      bool on)
{
    struct gpiod_line_settings *settings = gpiod_line_settings_new();
    struct gpiod_line_config *lines = gpiod_line_config_new();
    struct gpiod_request_config *config = gpiod_request_config_new();
    struct gpiod_line_request *request = NULL;

    if (settings && lines && config) {
        describe(settings, name, output, on);
        gpiod_request_config_set_consumer(config, CONSUMER);
        if (gpiod_line_config_add_line_settings(lines, &name->offset, 1, settings) == 0) {
            request = gpiod_chip_request_lines(chip, config, lines);
        }
    }
    int error = errno;
    gpiod_request_config_free(config);
    gpiod_line_config_free(lines);
    gpiod_line_settings_free(settings);
    errno = error;
    return request;
}

static int take(struct gpio_line *line, const struct gpio_name *name, bool output, bool on)
{
    struct gpiod_chip *chip = gpiod_chip_open(name->chip);

    if (!chip) {
        return last_error();
    }
    line->request = ask(chip, name, output, on);
    line->offset = name->offset;
    int error = line->request ? 0 : last_error();
    gpiod_chip_close(chip); /* the request lives on its own */
    return error;
}

static void give_back(struct gpio_line *line)
{
    gpiod_line_request_release(line->request);
}

static int write_line(struct gpio_line *line, bool on)
{
    return gpiod_line_request_set_value(line->request, line->offset, value_of(on));
}

static int read_line(struct gpio_line *line)
{
    enum gpiod_line_value value = gpiod_line_request_get_value(line->request, line->offset);

    return value == GPIOD_LINE_VALUE_ERROR ? -1 : value == GPIOD_LINE_VALUE_ACTIVE;
}

#else

struct gpio_line {
    struct gpiod_chip *chip; /* closing it releases the line */
    struct gpiod_line *line;
};

static int ask(struct gpio_line *line, const struct gpio_name *name, bool output, bool on)
{
    int flags = name->active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;

    line->line = gpiod_chip_get_line(line->chip, name->offset);
    if (!line->line) {
        return -1;
    }
    return output ? gpiod_line_request_output_flags(line->line, CONSUMER, flags, on)
                  : gpiod_line_request_input_flags(line->line, CONSUMER, flags);
}

static int take(struct gpio_line *line, const struct gpio_name *name, bool output, bool on)
{
    line->chip = gpiod_chip_open(name->chip);
    if (!line->chip) {
        return last_error();
    }
    if (ask(line, name, output, on) == 0) {
        return 0;
    }
    int error = last_error();
    gpiod_chip_close(line->chip);
    return error;
}

static void give_back(struct gpio_line *line)
{
    gpiod_chip_close(line->chip);
}

static int write_line(struct gpio_line *line, bool on)
{
    return gpiod_line_set_value(line->line, on);
}

static int read_line(struct gpio_line *line)
{
    return gpiod_line_get_value(line->line);
}

#endif

static int host_request(struct gpio *gpio, const struct gpio_name *name, bool output, bool on,
                        struct gpio_line **line)
{
    struct gpio_line *made = calloc(1, sizeof(*made));

    (void)gpio;
    if (!made) {
        return -ENOMEM;
    }
    errno = 0;
    int error = take(made, name, output, on);
    if (error) {
        free(made);
        return error;
    }
    *line = made;
    return 0;
}

static int host_set(struct gpio *gpio, struct gpio_line *line, bool on)
{
    (void)gpio;
    errno = 0;
    return write_line(line, on) == 0 ? 0 : last_error();
}

static int host_get(struct gpio *gpio, struct gpio_line *line)
{
    (void)gpio;
    errno = 0;
    int value = read_line(line);
    return value >= 0 ? value : last_error();
}

static void host_release(struct gpio *gpio, struct gpio_line *line)
{
    (void)gpio;
    give_back(line);
    free(line);
}

struct gpio *gpio_host(void)
{
    static struct gpio host = {host_request, host_set, host_get, host_release};

    return &host;
}
