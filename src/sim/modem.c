#include "modem.h"

#include "print.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* ---- the uart's events ---- */

/* With autobaud the modem follows the host at its first byte. */
static bool on_uart_noisy(void *owner)
{
    struct modem *modem = owner;
    long host;

    if (!VARIANT_ON(modem, CHECK_BAUD))
        return false;
    host = uart_host_baud(&modem->uart);
    if (host == 0 || modem->uart.baud == 0 || host == modem->uart.baud)
        return false;
    if (VARIANT_IS(modem, AUTOBAUD, "off"))
        return true;
    modem->uart.baud = host;
    print_event("--", "the modem follows the host to %ld baud", host);
    return false;
}

static void on_uart_bytes(void *owner, const uint8_t *bytes, size_t count)
{
    struct modem *modem = owner;

    if (!fault_active(modem, FAULT_MUTE))
        line_feed(modem, bytes, count);
}

static void on_uart_marked(void *owner)
{
    at_prompt_sent(owner);
}

static void on_uart_room(void *owner)
{
    struct modem *modem = owner;

    if (!modem->closing)
        links_resume(modem);
}

static const struct uart_events uart_events = {on_uart_bytes, on_uart_marked, on_uart_room, on_uart_noisy};

/* ---- power ---- */

static void settings_default(struct modem *modem, struct settings *settings)
{
    memset(settings, 0, sizeof *settings);
    settings->echo = VARIANT_ON(modem, ECHO);
    settings->verbose = true;
    settings->cmee = (int)VARIANT_NUMBER(modem, CMEE);
    settings->creg = modem->profile->creg;
    settings->cgreg = modem->profile->creg;
    settings->cfun = 1;
}

static void settings_after_power_loss(struct modem *modem)
{
    struct settings before = modem->settings;

    if (modem->profile->forgets_ipr && !VARIANT_ON(modem, KEEPS_IPR))
        modem->uart.baud = modem->options->baud;
    if (modem->profile->keeps_settings && VARIANT_ON(modem, KEEPS_SETTINGS)) {
        modem->settings = modem->stored;
        return;
    }
    settings_default(modem, &modem->settings);
    if (VARIANT_ON(modem, KEEPS_MUX))
        modem->settings.mux = before.mux;
    if (VARIANT_ON(modem, KEEPS_CMEE))
        modem->settings.cmee = before.cmee;
}

static void forget_everything(struct modem *modem)
{
    at_reset(modem);
    line_reset(modem);
    boot_stop(modem);
    links_lose(modem, LINK_INITIAL);
    network_reset(modem);
    sim_card_restart(&modem->sim);
    settings_after_power_loss(modem);
    clock_reset(modem);
    names_reset(modem);
    memset(&modem->cip, 0, sizeof modem->cip);
    modem->cip.opening = -1;
    modem->gnss_on = false;
    uv_timer_stop(&modem->gnss);
    if (modem->profile->family->reset != NULL)
        modem->profile->family->reset(modem);
}

void modem_reboot(struct modem *modem, const char *why, bool sudden)
{
    print_event("--", "REBOOT (%s)", why);
    if (sudden)
        uart_drop_output(&modem->uart);
    forget_everything(modem);
    boot_start(modem);
}

void modem_power_off(struct modem *modem)
{
    char problem[128];

    print_event("--", "switched off");
    if (fault_active(modem, FAULT_HANG))
        fault_clear(modem, "hang", problem, sizeof problem);
    forget_everything(modem);
    modem->power = POWER_OFF;
}

bool modem_is_deaf(const struct modem *modem)
{
    return modem->power == POWER_OFF || !modem->boot.hears;
}

/* ---- plugging ---- */

static void on_replug(uv_timer_t *timer)
{
    modem_replug(timer->data);
}

void modem_unplug(struct modem *modem, long seconds)
{
    print_event("--", "unplugged");
    uart_unplug(&modem->uart);
    if (VARIANT_IS(modem, UNPLUG_POWER, "lose"))
        modem_power_off(modem);
    if (seconds > 0)
        uv_timer_start(&modem->replug, on_replug, (uint64_t)seconds * 1000, 0);
}

void modem_replug(struct modem *modem)
{
    int result;

    uv_timer_stop(&modem->replug);
    if (modem->uart.port != NULL)
        return;
    result = uart_plug(&modem->uart, modem->options->tty);
    if (result < 0) {
        print_problem("%s: %s", modem->options->tty, strerror(-result));
        return;
    }
    print_event("--", "plugged in again: %s -> %s", modem->options->tty, uart_pts(&modem->uart));
    if (modem->power == POWER_OFF && VARIANT_IS(modem, UNPLUG_POWER, "lose"))
        modem_reboot(modem, "plugged in", true);
}

static void on_storm(uv_timer_t *timer)
{
    out_storm(timer->data, false);
}

static void on_flap(uv_timer_t *timer)
{
    struct modem *modem = timer->data;

    if (network_is_registered(modem))
        network_lose(modem, REG_IDLE);
    else
        network_search(modem, true);
}

void modem_start_flapping(struct modem *modem, long seconds)
{
    uint64_t ms = (uint64_t)(seconds > 0 ? seconds : 5) * 1000;

    uv_timer_start(&modem->flap, on_flap, 1, ms);
}

void modem_start_storm(struct modem *modem)
{
    uint64_t pause = (uint64_t)VARIANT_NUMBER(modem, STORM_MS);

    uv_timer_start(&modem->storm, on_storm, pause > 0 ? pause : 1, pause > 0 ? pause : 1);
}

/* ---- small answers ---- */

const char *modem_firmware(const struct modem *modem)
{
    const char *wanted = VARIANT_TEXT(modem, FIRMWARE);

    return wanted[0] != '\0' ? wanted : modem->profile->firmware;
}

uint32_t modem_random(struct modem *modem)
{
    uint32_t x = modem->random;

    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    modem->random = x;
    return x;
}

/* ---- beginning and end ---- */

static void init_parts(struct modem *modem)
{
    uart_init(&modem->uart, modem->loop, &uart_events, modem);
    line_init(modem);
    at_init(modem);
    boot_init(modem);
    network_init(modem);
    links_init(modem);
    faults_init(modem);
    control_init(modem);
    uv_timer_init(modem->loop, &modem->storm);
    uv_timer_init(modem->loop, &modem->flap);
    modem->flap.data = modem;
    uv_timer_init(modem->loop, &modem->replug);
    uv_timer_init(modem->loop, &modem->gnss);
    modem->storm.data = modem;
    modem->replug.data = modem;
    modem->gnss.data = modem;
}

static int apply_lists(struct modem *modem, const struct options *options)
{
    char problem[2048];

    for (int i = 0; i < options->variants.count; i++) {
        if (variants_set(&modem->variants, options->variants.text[i], problem, sizeof problem) < 0) {
            print_problem("%s", problem);
            return -1;
        }
    }
    if (options->no_nitz)
        variants_set(&modem->variants, "nitz=off", problem, sizeof problem);
    if (!clock_set(modem, options->clock)) {
        print_problem("--clock %s: now or yy/MM/dd,hh:mm:ss is expected", options->clock);
        return -1;
    }
    modem->clock.ctzu = (int)VARIANT_NUMBER(modem, CTZU);
    settings_default(modem, &modem->stored);
    forget_everything(modem);
    if (VARIANT_IS(modem, BOOT, "warm"))
        boot_skip(modem);
    for (int i = 0; i < options->faults.count; i++) {
        if (fault_apply(modem, options->faults.text[i], problem, sizeof problem) < 0) {
            print_problem("%s", problem);
            return -1;
        }
    }
    return 0;
}

static int open_outside(struct modem *modem, const struct options *options)
{
    int result = 0;

    if (options->control != NULL)
        result = control_listen(modem, options->control);
    if (result < 0)
        return result;
    modem->uart.baud = options->baud;
    result = uart_plug(&modem->uart, options->tty);
    if (result < 0)
        print_problem("%s: %s", options->tty,
                      result == -EEXIST ? "exists and is not a symbolic link; it stays" : strerror(-result));
    return result;
}

int modem_open(struct modem *modem, uv_loop_t *loop, const struct options *options)
{
    int result;

    memset(modem, 0, sizeof *modem);
    modem->loop = loop;
    modem->options = options;
    modem->profile = profile_find(options->profile);
    if (modem->profile == NULL) {
        print_problem("there is no profile '%s'; 'blynksim list' shows what there is", options->profile);
        return -1;
    }
    modem->random = options->seed != 0 ? options->seed : 1;
    variants_init(&modem->variants, modem->profile->families, modem->profile->variants);
    init_parts(modem);
    result = sim_card_init(&modem->sim, options);
    if (result == 0)
        result = routes_init(&modem->routes, options);
    if (result == 0)
        result = open_outside(modem, options);
    if (result == 0)
        result = apply_lists(modem, options);
    if (result < 0)
        return result;
    print_ready(options->tty, uart_pts(&modem->uart), modem->profile->name);
    if (VARIANT_IS(modem, BOOT, "cold"))
        boot_start(modem);
    return 0;
}

void modem_close(struct modem *modem)
{
    if (modem->closing || modem->profile == NULL)
        return;
    modem->closing = true;
    at_close(modem);
    line_close(modem);
    boot_close(modem);
    network_close(modem);
    links_close(modem);
    faults_close(modem);
    control_close(modem);
    uart_close(&modem->uart);
    uv_close((uv_handle_t *)&modem->storm, NULL);
    uv_close((uv_handle_t *)&modem->flap, NULL);
    uv_close((uv_handle_t *)&modem->replug, NULL);
    uv_close((uv_handle_t *)&modem->gnss, NULL);
}
