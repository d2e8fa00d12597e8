/* The table of the modem's states, and the one function that sets a state. */
#include "machine.h"

#include "blynkd/base/log.h"

#include "cme.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/*
 * Where a state may last longer than the table says because the profile says so: `boot_ms` in SYNC,
 * `register_ms` in REGISTER. BEARER: attach, its retry and six activations that all run into their own
 * deadlines (Ai-Thinker sheet 2.7).
 */
static const struct modem_row rows[] = {
    [MODEM_DOWN] = {"DOWN", 0, modem_enter_down, modem_down_on_event},
    [MODEM_POWER] = {"POWER", 30000, modem_enter_power, modem_power_on_event},
    [MODEM_SYNC] = {"SYNC", 45000, modem_enter_sync, modem_sync_on_event},
    [MODEM_IDENTIFY] = {"IDENTIFY", 30000, modem_enter_identify, modem_identify_on_event},
    [MODEM_SIM] = {"SIM", 120000, modem_enter_sim, modem_sim_on_event},
    [MODEM_SETUP] = {"SETUP", 60000, modem_enter_setup, modem_setup_on_event},
    [MODEM_REGISTER] = {"REGISTER", 180000, modem_enter_register, modem_register_on_event},
    [MODEM_BEARER] = {"BEARER", 420000, modem_enter_bearer, modem_bearer_on_event},
    [MODEM_READY] = {"READY", 0, modem_enter_ready, modem_ready_on_event},
};

const char *modem_state_name(enum modem_state state)
{
    return rows[state].name;
}

static uint32_t deadline_ms(const struct modem *modem)
{
    if (modem->state == MODEM_SYNC && modem->profile) {
        return modem->profile->boot_ms;
    }
    if (modem->state == MODEM_REGISTER && modem->profile) {
        return modem->profile->register_ms;
    }
    return rows[modem->state].deadline_ms;
}

static void tell(struct modem *modem)
{
    trace_note(modem->trace, "%s: %s", rows[modem->state].name, modem->why);
    if (modem->uplink.events.on_progress) {
        modem->uplink.events.on_progress(modem->uplink.arg, rows[modem->state].name, modem->why);
    }
}

/* All that the state before began. */
static void leave(struct modem *modem)
{
    modem_end_power(modem);
    at_script_stop(&modem->script);
    sim_card_stop(&modem->sim);
    netreg_stop(&modem->netreg);
    net_time_stop(&modem->net_time);
    timer_stop(&modem->deadline);
    timer_stop(&modem->tick);
    modem->events &= 1U << EVENT_STOP | 1U << EVENT_STOPPED | 1U << EVENT_START | 1U << EVENT_PORT_LOST;
}

void modem_go(struct modem *modem, enum modem_state next, const char *format, ...)
{
    va_list args;

    leave(modem);
    modem->state = next;
    va_start(args, format);
    vsnprintf(modem->why, sizeof(modem->why), format, args);
    va_end(args);
    log_info("modem", "%s: %s", rows[next].name, modem->why);
    tell(modem);
    if (deadline_ms(modem) && next != MODEM_READY) {
        timer_start(modem->sched, &modem->deadline, deadline_ms(modem));
    }
    rows[next].enter(modem);
}

void modem_say(struct modem *modem, const char *format, ...)
{
    char why[MODEM_WHY_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    if (strcmp(why, modem->why) == 0) {
        return;
    }
    memcpy(modem->why, why, sizeof(why));
    log_info("modem", "%s: %s", rows[modem->state].name, why);
    tell(modem);
}

void modem_post(struct modem *modem, enum modem_event event)
{
    modem->events |= 1U << event;
    task_post(modem->sched, &modem->pump);
}

/* ---- failure ---- */

/* Where the next start begins. What cannot be trusted is done again. */
static enum modem_state resume_after(const struct modem *modem, enum uplink_layer layer)
{
    switch (layer) {
    case UPLINK_LAYER_PORT:
        return MODEM_POWER;
    case UPLINK_LAYER_MODEM:
        return at_channel_running(modem->channel) ? MODEM_SYNC : MODEM_POWER;
    case UPLINK_LAYER_SIM:
        return MODEM_SIM;
    case UPLINK_LAYER_NETWORK:
    case UPLINK_LAYER_BEARER: /* it goes with the network, and then nothing but the network tells why */
        return MODEM_REGISTER;
    case UPLINK_LAYER_NONE:
    case UPLINK_LAYER_SESSION:
    case UPLINK_LAYER_TCP:
    case UPLINK_LAYER_NAME:
        return MODEM_BEARER;
    }
    return MODEM_POWER;
}

void modem_fail(struct modem *modem, enum uplink_layer layer, enum uplink_hope hope, const char *format, ...)
{
    char why[MODEM_WHY_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    modem->info.failed_in = modem->state;
    modem->started = false;
    modem->resume = resume_after(modem, layer);
    modem->reset_first = false;
    modem->radio_first = false;
    modem->bearer_down_first = false;
    log_warning("modem", "%s failed: %s", uplink_layer_name(layer), why);
    modem_go(modem, MODEM_DOWN, "%s", why);
    if (modem->uplink.events.on_failed) {
        modem->uplink.events.on_failed(modem->uplink.arg, layer, hope, why);
    }
    sock_disable(&modem->sock, layer == UPLINK_LAYER_BEARER ? STREAM_FAULT_BEARER : STREAM_FAULT_MODEM, why);
}

void modem_wait_for_config(struct modem *modem, enum uplink_layer layer, const char *format, ...)
{
    char why[MODEM_WHY_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(why, sizeof(why), format, args);
    va_end(args);
    modem->started = false;
    modem->resume = resume_after(modem, layer);
    timer_stop(&modem->deadline);
    netreg_watch(&modem->netreg, modem->profile->registration ? modem->config.poll_ms : 0);
    log_warning("modem", "%s", why);
    modem_say(modem, "%s", why);
    if (modem->uplink.events.on_failed) {
        modem->uplink.events.on_failed(modem->uplink.arg, layer, UPLINK_UNFINISHED, why);
    }
}

void modem_note_reboot(struct modem *modem)
{
    uint64_t now_ms = sched_now_ms(modem->sched);

    if (modem->reboot_count > 0 && now_ms - modem->reboots_ms[0] < 30000) {
        return; /* another line of the same start */
    }
    memmove(&modem->reboots_ms[1], &modem->reboots_ms[0],
            sizeof(modem->reboots_ms) - sizeof(modem->reboots_ms[0]));
    modem->reboots_ms[0] = now_ms;
    modem->reboot_count += modem->reboot_count < MODEM_REBOOTS;
}

const char *modem_reboot_advice(const struct modem *modem)
{
    bool often = modem->reboot_count == MODEM_REBOOTS &&
                 modem->reboots_ms[0] - modem->reboots_ms[MODEM_REBOOTS - 1] < MODEM_REBOOTS_MS;

    return often ? "; three times in ten minutes: check its power supply (it draws 2 A when it sends)" : "";
}

/* ---- scripts ---- */

void modem_run(struct modem *modem, const struct at_step *steps)
{
    int error = at_script_run(&modem->script, steps);

    if (error) {
        modem->step = NULL;
        modem->step_reply =
            (struct at_reply){.result = AT_RESULT_ERROR, .code = -1, .pattern = -1, .text = ""};
        snprintf(modem->step_text, sizeof(modem->step_text), "%s",
                 error == -EINVAL ? "a configured value holds a quote or a control character"
                                  : "it could not be sent");
        modem_post(modem, EVENT_FAILED);
    }
}

const char *modem_describe_failure(const struct modem *modem, char *out, size_t size)
{
    char text[160];

    if (!modem->step) {
        snprintf(out, size, "%s", modem->step_text);
        return out;
    }
    if (modem_tls_incomplete(modem)) {
        snprintf(out, size, "%s failed: the certificate did not arrive whole", modem->step->what);
        return out;
    }
    snprintf(out, size, "%s failed: %s", modem->step->what,
             cme_describe(&modem->step_reply, text, sizeof(text)));
    return out;
}

/* ---- events ---- */

/* What the modem says may go to somebody else. */
static void fail_silent(struct modem *modem)
{
    const char *rival = modem->port->rival;

    modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem does not answer: %s",
               rival[0] ? rival : "is it switched on, wired right, and the baud rate right?");
}

static void on_deadline(struct modem *modem)
{
    char text[80];

    switch (modem->state) {
    case MODEM_DOWN:
    case MODEM_READY:
        break;
    case MODEM_POWER:
        modem_fail(modem, UPLINK_LAYER_PORT, UPLINK_RETRY, "the serial port cannot be used: %s",
                   modem->port->why);
        break;
    case MODEM_SYNC:
        at_channel_stop(modem->channel);
        fail_silent(modem);
        break;
    case MODEM_IDENTIFY:
    case MODEM_SETUP:
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem answers too slowly");
        break;
    case MODEM_SIM:
        modem_fail(modem, UPLINK_LAYER_SIM, UPLINK_RETRY, "the SIM card did not become ready in time");
        break;
    case MODEM_REGISTER:
        modem_fail(modem, UPLINK_LAYER_NETWORK, UPLINK_RETRY,
                   "no network in %u s: %s; check the antenna, and that this kind of network is still there",
                   (unsigned)(deadline_ms(modem) / 1000),
                   netreg_describe(&modem->netreg, text, sizeof(text)));
        break;
    case MODEM_BEARER:
        modem_fail(modem, UPLINK_LAYER_BEARER, UPLINK_RETRY, "the data connection did not come up in time%s",
                   modem->profile->needs_sim ? BEARER_ADVICE : "");
        break;
    }
}

static void on_port_lost(struct modem *modem)
{
    if (modem->state == MODEM_DOWN) {
        modem->resume = MODEM_POWER;
    } else {
        modem_fail(modem, UPLINK_LAYER_PORT, UPLINK_RETRY, "the serial port is gone: %s", modem->lost_why);
    }
}

static void on_mute(struct modem *modem)
{
    at_channel_stop(modem->channel);
    if (modem->state == MODEM_DOWN) {
        modem->resume = MODEM_POWER;
    } else {
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem does not answer any more");
    }
}

/* While it is brought up a modem may have been booting all the time: begin anew, but not for ever. */
/* A session that lasted shows that the supply can do it. */
static bool is_brown_out(struct modem *modem)
{
    uint64_t now_ms = sched_now_ms(modem->sched);

    if (now_ms - modem->ready_since_ms >= MODEM_REBOOTS_MS ||
        now_ms - modem->sock.sent_ms >= MODEM_BROWN_OUT_MS) {
        modem->brown_outs = 0;
        return false;
    }
    return ++modem->brown_outs >= MODEM_BROWN_OUTS;
}

static void fail_restarted(struct modem *modem)
{
    if (is_brown_out(modem)) {
        modem_fail(
            modem, UPLINK_LAYER_MODEM, UPLINK_WEAK,
            "the modem restarts whenever it sends: its power supply is too weak (it needs 2 A for moments): "
            "use a stronger one, shorter wires, or a large capacitor");
    } else {
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RESTARTED, "the modem restarted by itself%s",
                   modem_reboot_advice(modem));
    }
}

static void on_reboot(struct modem *modem)
{
    switch (modem->state) {
    case MODEM_DOWN:
        modem->resume = modem->resume > MODEM_SYNC ? MODEM_SYNC : modem->resume;
        break;
    case MODEM_READY:
        fail_restarted(modem);
        break;
    case MODEM_POWER:
    case MODEM_SYNC:
    case MODEM_IDENTIFY:
    case MODEM_SIM:
    case MODEM_SETUP:
    case MODEM_REGISTER:
    case MODEM_BEARER:
        if (++modem->restarts > 5) {
            modem_fail(
                modem, UPLINK_LAYER_MODEM, UPLINK_RETRY,
                "the modem restarts again and again: check its power supply (it draws 2 A when it sends)");
        } else {
            modem_go(modem, MODEM_SYNC, "the modem is starting");
        }
        break;
    }
}

static void on_common(struct modem *modem, enum modem_event event)
{
    switch (event) {
    case EVENT_PORT_LOST:
        on_port_lost(modem);
        break;
    case EVENT_REBOOT:
        on_reboot(modem);
        break;
    case EVENT_POWER_DOWN:
        if (modem->state != MODEM_DOWN) {
            modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "the modem has switched itself off");
        }
        break;
    case EVENT_MUTE:
        on_mute(modem);
        break;
    case EVENT_DEADLINE:
        on_deadline(modem);
        break;
    case EVENT_SIM_LOST: /* only news to a modem that is ready; else the state's own question tells */
    case EVENT_BEARER_LOST:
    case EVENT_STOP:
    case EVENT_START:
    case EVENT_FAILED:
    case EVENT_DONE:
    case EVENT_TICK:
    case EVENT_LOOK:
    case EVENT_STOPPED:
    case EVENT_COUNT:
        break;
    }
}

void modem_on_pump(void *arg)
{
    struct modem *modem = arg;

    for (unsigned event = 0; event < EVENT_COUNT; event++) {
        if (!(modem->events & 1U << event)) {
            continue;
        }
        modem->events &= ~(1U << event);
        if (!modem_face_on_event(modem, (enum modem_event)event) &&
            !rows[modem->state].on_event(modem, (enum modem_event)event)) {
            on_common(modem, (enum modem_event)event);
        }
        break; /* what is posted meanwhile has its turn in the same order */
    }
    if (modem->events) {
        task_post(modem->sched, &modem->pump);
    }
}
