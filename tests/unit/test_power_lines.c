/* The lines that switch a modem's power: names, pulses, order, and what becomes of lines that are not to be had. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "blynkd/base/timer.h"
#include "blynkd/io/power.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINES 8

/* A chip: what each line was told, and when. The status line follows the power key, as a module's does. */
struct gpio_line {
    unsigned offset;
    bool on;
    bool held;
};

struct fake_gpio {
    struct gpio gpio; /* first */
    struct sched *sched;
    struct gpio_line lines[LINES];
    int refuse[LINES];
    int set_error;
    uint64_t start_ms;
    char story[400];
};

struct bench {
    struct fake_gpio chip;
    struct power_lines_config config;
    struct power *power;
    unsigned done;
    int error;
    char why[128];
};

enum { KEY_LINE = 4, RESET_LINE = 5, RAIL_LINE = 6, STATUS_LINE = 7 };

static void tell(struct fake_gpio *chip, unsigned offset, bool on)
{
    size_t used = strlen(chip->story);

    snprintf(chip->story + used, sizeof(chip->story) - used, "%s%u%s@%llu", used ? " " : "", offset,
             on ? "+" : "-", (unsigned long long)(sched_now_ms(chip->sched) - chip->start_ms));
}

static int fake_request(struct gpio *gpio, const struct gpio_name *name, bool output, bool on,
                        struct gpio_line **line)
{
    struct fake_gpio *chip = (struct fake_gpio *)gpio;

    assert_true(name->offset < LINES);
    assert_string_equal(name->chip, "/dev/gpiochip0");
    if (chip->refuse[name->offset]) {
        return chip->refuse[name->offset];
    }
    *line = &chip->lines[name->offset];
    assert_false((*line)->held);
    (*line)->offset = name->offset;
    (*line)->held = true;
    if (output) {
        (*line)->on = on;
    }
    return 0;
}

static int fake_set(struct gpio *gpio, struct gpio_line *line, bool on)
{
    struct fake_gpio *chip = (struct fake_gpio *)gpio;

    assert_true(line->held);
    if (chip->set_error) {
        return chip->set_error;
    }
    if (line->on != on) {
        tell(chip, line->offset, on);
        if (line->offset == KEY_LINE && on) {
            chip->lines[STATUS_LINE].on = !chip->lines[STATUS_LINE].on;
        }
    }
    line->on = on;
    return 0;
}

static int fake_get(struct gpio *gpio, struct gpio_line *line)
{
    (void)gpio;
    assert_true(line->held);
    return line->on;
}

static void fake_release(struct gpio *gpio, struct gpio_line *line)
{
    (void)gpio;
    assert_true(line->held);
    line->held = false;
}

static void on_done(void *arg, int error, const char *why)
{
    struct bench *bench = arg;

    bench->done++;
    bench->error = error;
    snprintf(bench->why, sizeof(bench->why), "%s", why);
}

static int setup(void **state)
{
    struct bench *bench = calloc(1, sizeof(*bench));

    bench->chip.gpio = (struct gpio){fake_request, fake_set, fake_get, fake_release};
    bench->chip.sched = sched_create_virtual(1);
    bench->config.rail_off_ms = 10000;
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;

    power_lines_destroy(bench->power);
    for (unsigned i = 0; i < LINES; i++) {
        assert_false(bench->chip.lines[i].held);
    }
    sched_close(bench->chip.sched);
    free(bench);
    return 0;
}

static struct gpio_name line(unsigned offset)
{
    struct gpio_name name = {.chip = "/dev/gpiochip0", .offset = offset};

    return name;
}

static void make(struct bench *bench, struct power *otherwise)
{
    bench->power = power_lines_create(bench->chip.sched, &bench->chip.gpio, &bench->config, otherwise);
    bench->power->on_done = on_done;
    bench->power->arg = bench;
}

static int begin(struct bench *bench, enum power_action action)
{
    static const struct power_times times = {
        .key_on_ms = 2000, .key_off_ms = 900, .rest_ms = 8000, .reset_ms = 300};

    bench->chip.start_ms = sched_now_ms(bench->chip.sched);
    bench->chip.story[0] = '\0';
    return bench->power->ops->begin(bench->power, action, &times);
}

static void expect(struct bench *bench, enum power_action action, const char *story)
{
    unsigned before = bench->done;

    assert_int_equal(begin(bench, action), 0);
    sched_advance(bench->chip.sched, 30000);
    assert_string_equal(bench->chip.story, story);
    assert_int_equal(bench->done, before + 1);
    assert_int_equal(bench->error, 0);
}

/* ---- names ---- */

static void test_names_of_lines(void **state)
{
    struct gpio_name name;

    (void)state;
    assert_int_equal(gpio_name_parse("gpiochip0:4", &name), 0);
    assert_string_equal(name.chip, "/dev/gpiochip0");
    assert_int_equal(name.offset, 4);
    assert_false(name.active_low);
    assert_int_equal(gpio_name_parse("/dev/gpiochip4:17  low", &name), 0);
    assert_string_equal(name.chip, "/dev/gpiochip4");
    assert_int_equal(name.offset, 17);
    assert_true(name.active_low);
    assert_int_equal(gpio_name_parse("gpiochip0:0 high", &name), 0);
    assert_false(name.active_low);
}

static void test_not_names_of_lines(void **state)
{
    static const char *const wrong[] = {
        "",
        "4",
        "gpiochip0",
        "gpiochip0:",
        ":4",
        "gpiochip0:",
        "gpiochip0:x",
        "gpiochip0:4x",
        "gpiochip0:-1",
        "gpiochip0:1024",
        "../mem:1",
        "/etc/x:1",
        "gpiochip0:4 down",
        "gpiochip0:4 Low",
        "gpiochip0:99999999999999999999",
        "/dev/:1",
        "a/b:1",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa:1"};
    struct gpio_name name;

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(gpio_name_parse(wrong[i], &name), -EINVAL);
        assert_int_equal(name.chip[0], '\0');
    }
}

/* ---- pulses ---- */

static void test_blind_key_is_pressed_once(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    make(bench, NULL);
    assert_false(bench->chip.lines[KEY_LINE].on);
    assert_true(bench->power->ops->can(bench->power, POWER_PULSE));
    assert_false(bench->power->ops->can(bench->power, POWER_CYCLE));
    assert_false(bench->power->ops->is_off(bench->power));
    assert_int_equal(begin(bench, POWER_CYCLE), -ENOTSUP);
    expect(bench, POWER_PULSE, "4+@0 4-@2000");
}

static void test_own_pulse_length(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->config.pulse_ms = 700;
    make(bench, NULL);
    expect(bench, POWER_PULSE, "4+@0 4-@700");
}

static void test_running_module_goes_off_and_on(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->config.status = line(STATUS_LINE);
    make(bench, NULL);
    bench->chip.lines[STATUS_LINE].on = true;
    assert_false(bench->power->ops->is_off(bench->power));
    /* Its status line falls with the first press: the rest is cut short. */
    expect(bench, POWER_PULSE, "4+@0 4-@900 4+@1100 4-@3100");
    assert_true(bench->chip.lines[STATUS_LINE].on);
}

static void test_module_that_is_off_goes_on(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->config.status = line(STATUS_LINE);
    make(bench, NULL);
    assert_true(bench->power->ops->is_off(bench->power));
    expect(bench, POWER_PULSE, "4+@0 4-@2000");
    assert_false(bench->power->ops->is_off(bench->power));
}

static void test_status_that_never_changes_is_not_believed(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->config.status = line(STATUS_LINE);
    make(bench, NULL);
    for (int i = 0; i < 3; i++) {
        bench->chip.lines[STATUS_LINE].on = false;
        assert_true(bench->power->ops->is_off(bench->power));
        expect(bench, POWER_PULSE, "4+@0 4-@2000");
    }
    bench->chip.lines[STATUS_LINE].on = false;
    assert_false(bench->power->ops->is_off(bench->power));
}

static void test_reset_is_preferred(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->config.reset = line(RESET_LINE);
    make(bench, NULL);
    expect(bench, POWER_PULSE, "5+@0 5-@300");
}

/* ---- the rail ---- */

static void test_rail_is_on_from_the_start_and_cycled(void **state)
{
    struct bench *bench = *state;

    bench->config.rail = line(RAIL_LINE);
    bench->config.key = line(KEY_LINE);
    make(bench, NULL);
    assert_true(bench->chip.lines[RAIL_LINE].on);
    expect(bench, POWER_CYCLE, "6-@0 6+@10000 4+@10500 4-@12500");
}

static void test_cancel_lets_go(void **state)
{
    struct bench *bench = *state;

    bench->config.rail = line(RAIL_LINE);
    bench->config.key = line(KEY_LINE);
    make(bench, NULL);
    assert_int_equal(begin(bench, POWER_CYCLE), 0);
    assert_int_equal(begin(bench, POWER_CYCLE), -EALREADY);
    sched_advance(bench->chip.sched, 3000);
    assert_false(bench->chip.lines[RAIL_LINE].on);
    bench->power->ops->cancel(bench->power);
    bench->power->ops->cancel(bench->power);
    assert_true(bench->chip.lines[RAIL_LINE].on);
    assert_int_equal(begin(bench, POWER_PULSE), 0);
    sched_advance(bench->chip.sched, 500);
    assert_true(bench->chip.lines[KEY_LINE].on);
    power_lines_destroy(bench->power);
    bench->power = NULL;
    assert_false(bench->chip.lines[KEY_LINE].on);
    sched_advance(bench->chip.sched, 30000);
    assert_int_equal(bench->done, 0);
}

/* ---- what goes wrong ---- */

static void test_line_that_comes_later(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    bench->chip.refuse[KEY_LINE] = -EACCES;
    make(bench, NULL);
    assert_true(bench->power->ops->can(bench->power, POWER_PULSE));
    assert_int_equal(begin(bench, POWER_PULSE), -EACCES);
    bench->chip.refuse[KEY_LINE] = 0;
    expect(bench, POWER_PULSE, "4+@0 4-@2000");
}

static void test_line_that_fails(void **state)
{
    struct bench *bench = *state;

    bench->config.key = line(KEY_LINE);
    make(bench, NULL);
    bench->chip.set_error = -EIO;
    assert_int_equal(begin(bench, POWER_PULSE), 0);
    sched_advance(bench->chip.sched, 5000);
    assert_int_equal(bench->done, 1);
    assert_int_equal(bench->error, -EIO);
    assert_non_null(strstr(bench->why, "pwrkey"));
}

/* ---- with a command beside it ---- */

struct fake_power {
    struct power power; /* first */
    enum power_action action;
    unsigned begun;
};

static bool other_can(const struct power *power, enum power_action action)
{
    (void)power;
    return action == POWER_CYCLE;
}

static int other_begin(struct power *power, enum power_action action, const struct power_times *times)
{
    struct fake_power *fake = (struct fake_power *)power;

    assert_int_equal(times->key_on_ms, 2000);
    fake->action = action;
    fake->begun++;
    return 0;
}

static void other_cancel(struct power *power)
{
    (void)power;
}

static void test_command_does_what_has_no_line(void **state)
{
    static const struct power_ops ops = {other_can, other_begin, other_cancel, NULL};
    struct bench *bench = *state;
    struct fake_power other = {.power = {.ops = &ops}};

    bench->config.key = line(KEY_LINE);
    make(bench, &other.power);
    assert_true(bench->power->ops->can(bench->power, POWER_CYCLE));
    assert_int_equal(begin(bench, POWER_CYCLE), 0);
    assert_int_equal(other.begun, 1);
    assert_int_equal(other.action, POWER_CYCLE);
    other.power.on_done(other.power.arg, -EIO, "it broke");
    assert_int_equal(bench->done, 1);
    assert_string_equal(bench->why, "it broke");
    expect(bench, POWER_PULSE, "4+@0 4-@2000");
    assert_int_equal(other.begun, 1);
    power_lines_destroy(bench->power);
    bench->power = NULL;
}

/* ---- the host's own ---- */

static void test_chip_that_is_not_there(void **state)
{
    struct gpio *host = gpio_host();
    struct gpio_line *line_of_host = NULL;
    struct gpio_name name = {.chip = "/dev/gpiochip987"};
    struct gpio_name no_chip = {.chip = "/dev/null"};

    (void)state;
    assert_int_equal(host->request(host, &name, true, false, &line_of_host), -ENOENT);
    assert_true(host->request(host, &no_chip, true, false, &line_of_host) < 0);
    assert_null(line_of_host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names_of_lines),
        cmocka_unit_test(test_not_names_of_lines),
        cmocka_unit_test_setup_teardown(test_blind_key_is_pressed_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_pulse_length, setup, teardown),
        cmocka_unit_test_setup_teardown(test_running_module_goes_off_and_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_module_that_is_off_goes_on, setup, teardown),
        cmocka_unit_test_setup_teardown(test_status_that_never_changes_is_not_believed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reset_is_preferred, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rail_is_on_from_the_start_and_cycled, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cancel_lets_go, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_that_comes_later, setup, teardown),
        cmocka_unit_test_setup_teardown(test_line_that_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_command_does_what_has_no_line, setup, teardown),
        cmocka_unit_test(test_chip_that_is_not_there),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
