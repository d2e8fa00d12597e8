#include "boot.h"

#include "modem.h"
#include "print.h"

#include <stdio.h>
#include <string.h>

void boot_init(struct modem *modem)
{
    uv_timer_init(modem->loop, &modem->boot.timer);
    modem->boot.timer.data = modem;
}

void boot_close(struct modem *modem)
{
    uv_close((uv_handle_t *)&modem->boot.timer, NULL);
}

/* ---- one step ---- */

static bool holds(const struct modem *modem, unsigned when)
{
    enum sim_lock lock = sim_card_lock(&modem->sim);
    unsigned true_now = 0;

    true_now |= lock == SIM_READY ? BOOT_IF_SIM : 0u;
    true_now |= lock == SIM_ABSENT ? BOOT_IF_NO_SIM : 0u;
    true_now |= fault_active(modem, FAULT_DENY_REGISTRATION) ? 0u : BOOT_IF_NOT_DENIED;
    true_now |= VARIANT_ON(modem, CIEV) ? BOOT_IF_CIEV : 0u;
    true_now |= VARIANT_ON(modem, AUTOBAUD) ? 0u : BOOT_IF_FIXED_BAUD;
    true_now |= VARIANT_ON(modem, CALL_READY) ? BOOT_IF_CALL_READY : 0u;
    true_now |= VARIANT_ON(modem, SMS_READY) ? BOOT_IF_SMS_READY : 0u;
    true_now |= VARIANT_ON(modem, BOOT_NOISE) ? BOOT_IF_NOISE : 0u;
    true_now |= VARIANT_IS(modem, NO_SIM_TEXT, "none") ? 0u : BOOT_IF_SIM_TEXT;
    true_now |= lock == SIM_WANTS_PIN && !VARIANT_IS(modem, PIN_TEXT, "none") ? BOOT_IF_PIN_TEXT : 0u;
    true_now |= VARIANT_ON(modem, STN) ? BOOT_IF_STN : 0u;
    true_now |= VARIANT_ON(modem, SMS_DONE) ? BOOT_IF_SMS_DONE : 0u;
    true_now |= VARIANT_ON(modem, APP_READY) ? BOOT_IF_APP_READY : 0u;
    return (when & ~true_now) == 0;
}

static const char *field(const struct modem *modem, const char *name, size_t length, char clock[32])
{
    static const char *const names[] = {"time", "zone",     "vendor",   "model", "firmware",
                                        "sim",  "sim_text", "pin_text", "cfun"};
    static const char *const levels[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    const char *values[9];

    clock_utc(modem, clock);
    values[0] = clock;
    values[1] = VARIANT_TEXT(modem, ZONE);
    values[2] = modem->profile->vendor;
    values[3] = modem->profile->model;
    values[4] = modem_firmware(modem);
    values[5] = sim_lock_name(sim_card_lock(&modem->sim));
    values[6] = VARIANT_TEXT(modem, NO_SIM_TEXT);
    values[7] = VARIANT_TEXT(modem, PIN_TEXT);
    values[8] = levels[modem->settings.cfun & 7];
    for (size_t i = 0; i < 9; i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return values[i];
    return "";
}

static void fill_in(const struct modem *modem, const char *text, char *out, size_t room)
{
    size_t used = 0;
    char clock[32];

    while (*text != '\0' && used + 1 < room) {
        size_t length = strcspn(text + 1, "}");

        if (*text != '{') {
            out[used++] = *text++;
            continue;
        }
        out[used] = '\0';
        snprintf(out + used, room - used, "%s", field(modem, text + 1, length, clock));
        used = strlen(out);
        text += length + 2;
    }
    out[used] = '\0';
}

static void act(struct modem *modem, enum boot_action action)
{
    switch (action) {
    case BOOT_SAY:
        break;
    case BOOT_HEAR:
        modem->boot.hears = true;
        break;
    case BOOT_SIM:
        modem->sim.busy = false;
        break;
    case BOOT_SEARCH:
        network_search(modem, false);
        uv_timer_stop(&modem->network.search);
        break;
    case BOOT_ANNOUNCE:
        network_search(modem, true);
        uv_timer_stop(&modem->network.search);
        break;
    case BOOT_SEARCH_ENDS:
        network_search_ends(modem);
        break;
    case BOOT_END:
        modem->power = POWER_ON;
        print_event("--", "boot is over");
        break;
    }
}

static void play(struct modem *modem, const struct boot_step *step)
{
    char text[256];

    if (!holds(modem, step->when))
        return;
    if (step->bytes > 0) {
        out_bytes(modem, OUT_BOOT, step->text, (size_t)step->bytes);
    } else if (step->text != NULL) {
        fill_in(modem, step->text, text, sizeof text);
        out_line(modem, OUT_BOOT, "%s", text);
    }
    act(modem, step->action);
}

/* ---- in the order of their times ---- */

static long length_ms(const struct modem *modem)
{
    return VARIANT_IS(modem, BOOT_MS, "realistic") ? modem->profile->boot_real_ms
                                                   : VARIANT_NUMBER(modem, BOOT_MS);
}

static int time_of(const struct modem *modem, const struct boot_step *step)
{
    return modem->boot.early && step->early > 0 ? step->early : step->at;
}

/* The next step that has not been played, NULL at the end. */
static const struct boot_step *next_step(const struct modem *modem)
{
    const struct boot_step *steps = modem->profile->boot;
    const struct boot_step *best = NULL;

    for (int i = 0;; i++) {
        bool done = (modem->boot.done & (UINT32_C(1) << i)) != 0;

        if (!done && (best == NULL || time_of(modem, &steps[i]) < time_of(modem, best)))
            best = &steps[i];
        if (steps[i].action == BOOT_END)
            return best;
    }
}

static void on_step(uv_timer_t *timer)
{
    struct modem *modem = timer->data;
    uint64_t elapsed = uv_now(modem->loop) - modem->boot.started_ms;
    const struct boot_step *step;

    while ((step = next_step(modem)) != NULL) {
        uint64_t due = (uint64_t)(length_ms(modem) * time_of(modem, step) / 1000);

        if (due > elapsed) {
            uv_timer_start(timer, on_step, due - elapsed, 0);
            return;
        }
        modem->boot.done |= UINT32_C(1) << (step - modem->profile->boot);
        play(modem, step);
    }
}

void boot_start(struct modem *modem)
{
    struct boot *boot = &modem->boot;
    bool random = VARIANT_IS(modem, READY_BEFORE_CREG, "random");

    modem->power = POWER_BOOTING;
    modem->stats.boots++;
    modem->sim.busy = true;
    modem->sim.busy_left = (int)VARIANT_NUMBER(modem, CPIN_BUSY_COUNT);
    boot->done = 0;
    boot->hears = false;
    boot->early = random ? (modem_random(modem) & 1) != 0 : VARIANT_ON(modem, READY_BEFORE_CREG);
    uv_update_time(modem->loop);
    boot->started_ms = uv_now(modem->loop);
    uv_timer_start(&boot->timer, on_step, 0, 0);
}

void boot_skip(struct modem *modem)
{
    boot_stop(modem);
    modem->power = POWER_ON;
    modem->boot.hears = true;
    modem->sim.busy = false;
    network_settle(modem);
    if (network_is_registered(modem))
        clock_registered(modem, true);
    if (modem->profile->family->settled != NULL)
        modem->profile->family->settled(modem);
}

void boot_stop(struct modem *modem)
{
    uv_timer_stop(&modem->boot.timer);
}
