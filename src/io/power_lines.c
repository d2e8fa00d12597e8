#include "blynkd/base/log.h"
#include "blynkd/base/timer.h"
#include "blynkd/io/power.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX  6
#define KEY_ON_MS  1500 /* within what all fact sheets ask for; the profile knows better */
#define KEY_OFF_MS 1500
#define REST_MS    12000 /* facts/modems-quectel-3gpp.md A2: 2 to 12 s until it is off */
#define RESET_MS   1000  /* facts/modems-aithinker-m590-esp8266.md 2.14: about 1 s */
#define RISE_MS    500   /* between the supply and the key */
#define LOOK_MS    200
#define VAIN_MAX   2 /* presses until a `status` that never changes is taken for a wrong line */

enum role { KEY, RESET, RAIL, STATUS, ROLES };

static const char *const role_names[ROLES] = {"pwrkey", "reset", "rail", "status"};

struct step {
    enum role role;
    bool on;
    uint32_t wait_ms;
    bool until_off; /* not the whole time, if `status` tells that it is off */
};

struct power_lines {
    struct power power; /* first */
    struct power_lines_config config;
    struct sched *sched;
    struct gpio *gpio;
    struct power *otherwise;
    struct gpio_line *lines[ROLES]; /* NULL: not there, or not to be had */
    struct step steps[STEPS_MAX];
    size_t count;
    size_t at;
    uint64_t due_ms; /* when the wait of the step before `at` is over */
    struct timer timer;
    bool busy;
    unsigned in_vain; /* presses after which `status` still told that it is off */
};

static struct power_lines *lines_of(const struct power *power)
{
    return (struct power_lines *)(void *)(uintptr_t)power;
}

static const struct gpio_name *name_of(const struct power_lines *lines, enum role role)
{
    const struct gpio_name *const names[ROLES] = {
        [KEY] = &lines->config.key,
        [RESET] = &lines->config.reset,
        [RAIL] = &lines->config.rail,
        [STATUS] = &lines->config.status,
    };

    return names[role];
}

static bool has(const struct power_lines *lines, enum role role)
{
    return name_of(lines, role)->chip[0] != '\0';
}

/* ---- having the lines ---- */

static const char *advice(int error)
{
    switch (-error) {
    case ENOENT:
        return "there is no such chip; `gpiodetect` lists them";
    case EACCES:
    case EPERM:
        return "blynkd has no right to it; the service needs the group that may use the chip and "
               "DeviceAllow=char-gpiochip rw (blynkd.conf(5), [power])";
    case EBUSY:
        return "another program or a driver holds it; `gpioinfo` names it";
    case EINVAL:
        return "the chip has no such line; `gpioinfo` lists them";
    default:
        return strerror(-error);
    }
}

/* Asked for again whenever it is needed: rights and chips may come later. */
static int have(struct power_lines *lines, enum role role)
{
    const struct gpio_name *name = name_of(lines, role);

    if (lines->lines[role]) {
        return 0;
    }
    int error = lines->gpio->request(lines->gpio, name, role != STATUS, role == RAIL, &lines->lines[role]);
    if (error) {
        lines->lines[role] = NULL;
        log_warning("power", "%s = %s:%u cannot be used: %s", role_names[role], name->chip, name->offset,
                    advice(error));
    }
    return error;
}

/* 1: it runs, 0: it is off, negative: nobody knows. */
static int status(struct power_lines *lines)
{
    if (!has(lines, STATUS) || lines->in_vain > VAIN_MAX || have(lines, STATUS) != 0) {
        return -ENOTSUP;
    }
    int value = lines->gpio->get(lines->gpio, lines->lines[STATUS]);
    if (value == 1) {
        lines->in_vain = 0;
    }
    return value;
}

/* A status line that is not the module's would have its key pressed, and it switched off, again and again. */
static void doubt_status(struct power_lines *lines)
{
    if (++lines->in_vain > VAIN_MAX) {
        log_warning("power",
                    "status = %s:%u tells that the modem is off whatever is pressed: it is no longer "
                    "looked at; is it the right line, at the right level?",
                    lines->config.status.chip, lines->config.status.offset);
    }
}

/* ---- one action: steps with waits ---- */

static void let_go(struct power_lines *lines)
{
    for (enum role role = KEY; role <= RESET; role++) {
        if (lines->lines[role]) {
            lines->gpio->set(lines->gpio, lines->lines[role], false);
        }
    }
    if (lines->lines[RAIL]) {
        lines->gpio->set(lines->gpio, lines->lines[RAIL], true);
    }
}

static void finish(struct power_lines *lines, int error, const char *why)
{
    lines->busy = false;
    let_go(lines);
    lines->power.on_done(lines->power.arg, error, why);
}

static bool goes_on_waiting(struct power_lines *lines)
{
    const struct step *before = lines->at > 0 ? &lines->steps[lines->at - 1] : NULL;

    if (!before || sched_now_ms(lines->sched) >= lines->due_ms) {
        return false;
    }
    return !(before->until_off && status(lines) == 0);
}

static void on_step(void *arg)
{
    struct power_lines *lines = arg;
    char why[96];

    if (goes_on_waiting(lines)) {
        timer_start(lines->sched, &lines->timer, LOOK_MS);
        return;
    }
    if (lines->at == lines->count) {
        finish(lines, 0, "");
        return;
    }
    const struct step *step = &lines->steps[lines->at++];
    int error = lines->gpio->set(lines->gpio, lines->lines[step->role], step->on);
    if (error) {
        snprintf(why, sizeof(why), "the line %s cannot be switched: %s", role_names[step->role],
                 strerror(-error));
        finish(lines, error, why);
        return;
    }
    lines->due_ms = sched_now_ms(lines->sched) + step->wait_ms;
    timer_start(lines->sched, &lines->timer, step->until_off ? LOOK_MS : step->wait_ms);
}

static void add(struct power_lines *lines, enum role role, bool on, uint32_t wait_ms)
{
    assert(lines->count < STEPS_MAX);
    lines->steps[lines->count++] = (struct step){role, on, wait_ms, false};
}

static void add_press(struct power_lines *lines, enum role role, uint32_t by_profile_ms, uint32_t usual_ms)
{
    uint32_t pulse_ms = lines->config.pulse_ms ? lines->config.pulse_ms : by_profile_ms;

    add(lines, role, true, pulse_ms ? pulse_ms : usual_ms);
    add(lines, role, false, 0);
}

static int plan_pulse(struct power_lines *lines, const struct power_times *times)
{
    enum role role = has(lines, RESET) ? RESET : KEY;
    int error = have(lines, role);

    if (error) {
        return error;
    }
    if (role == RESET) {
        add_press(lines, RESET, times->reset_ms, RESET_MS);
        return 0;
    }
    int running = status(lines);
    if (running == 0) {
        doubt_status(lines);
    }
    if (running == 1) {
        add_press(lines, KEY, times->key_off_ms, KEY_OFF_MS);
        lines->steps[lines->count - 1].wait_ms = times->rest_ms ? times->rest_ms : REST_MS;
        lines->steps[lines->count - 1].until_off = true;
    }
    add_press(lines, KEY, times->key_on_ms, KEY_ON_MS);
    return 0;
}

static int plan_cycle(struct power_lines *lines, const struct power_times *times)
{
    int error = have(lines, RAIL);

    if (error) {
        return error;
    }
    add(lines, RAIL, false, lines->config.rail_off_ms);
    add(lines, RAIL, true, RISE_MS);
    if (has(lines, KEY) && have(lines, KEY) == 0) {
        add_press(lines, KEY, times->key_on_ms, KEY_ON_MS);
    }
    return 0;
}

/* ---- struct power ---- */

static bool has_line_for(const struct power_lines *lines, enum power_action action)
{
    return action == POWER_CYCLE ? has(lines, RAIL) : has(lines, KEY) || has(lines, RESET);
}

static bool can(const struct power *power, enum power_action action)
{
    const struct power_lines *lines = lines_of(power);
    const struct power *otherwise = lines->otherwise;

    return has_line_for(lines, action) || (otherwise && otherwise->ops->can(otherwise, action));
}

static int begin(struct power *power, enum power_action action, const struct power_times *times)
{
    struct power_lines *lines = lines_of(power);

    if (lines->busy) {
        return -EALREADY;
    }
    if (!has_line_for(lines, action)) {
        return lines->otherwise ? lines->otherwise->ops->begin(lines->otherwise, action, times) : -ENOTSUP;
    }
    lines->count = lines->at = 0;
    int error = action == POWER_CYCLE ? plan_cycle(lines, times) : plan_pulse(lines, times);
    if (error) {
        return error;
    }
    lines->busy = true;
    timer_start(lines->sched, &lines->timer, 0);
    return 0;
}

static void cancel(struct power *power)
{
    struct power_lines *lines = lines_of(power);

    timer_stop(&lines->timer);
    if (lines->busy) {
        lines->busy = false;
        let_go(lines);
    }
    if (lines->otherwise) {
        lines->otherwise->ops->cancel(lines->otherwise);
    }
}

static bool is_off(struct power *power)
{
    struct power_lines *lines = lines_of(power);

    return has(lines, KEY) && status(lines) == 0;
}

static void on_otherwise_done(void *arg, int error, const char *why)
{
    struct power_lines *lines = arg;

    lines->power.on_done(lines->power.arg, error, why);
}

struct power *power_lines_create(struct sched *sched, struct gpio *gpio,
                                 const struct power_lines_config *config, struct power *otherwise)
{
    static const struct power_ops ops = {can, begin, cancel, is_off};
    struct power_lines *lines = calloc(1, sizeof(*lines));

    if (!lines) {
        return NULL;
    }
    lines->power.ops = &ops;
    lines->config = *config;
    lines->sched = sched;
    lines->gpio = gpio;
    lines->otherwise = otherwise;
    timer_init(&lines->timer, on_step, lines);
    if (otherwise) {
        otherwise->on_done = on_otherwise_done;
        otherwise->arg = lines;
    }
    for (enum role role = KEY; role < ROLES; role++) {
        if (has(lines, role)) {
            have(lines, role);
        }
    }
    return &lines->power;
}

void power_lines_destroy(struct power *power)
{
    if (!power) {
        return;
    }
    struct power_lines *lines = lines_of(power);
    cancel(power);
    for (enum role role = KEY; role < ROLES; role++) {
        if (lines->lines[role]) {
            lines->gpio->release(lines->gpio, lines->lines[role]);
        }
    }
    free(lines);
}
