/* From a closed port to a module that is known: DOWN, POWER, SYNC, IDENTIFY. */
#include "machine.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

#define PORT_LOOK_MS    2000
#define BOOT_SILENCE_MS 2000 /* after a boot line (facts/modems-simcom.md 3: double boots are real) */
#define RESET_REST_MS   3000 /* before a module that was told to restart is spoken to */
#define AGAIN_MS        1000

/* ---- DOWN: at rest ---- */

void modem_enter_down(struct modem *modem)
{
    (void)modem;
}

bool modem_down_on_event(struct modem *modem, enum modem_event event)
{
    (void)modem;
    (void)event;
    return false;
}

/* ---- POWER: switched if that is the rung, and its port ---- */

static void try_port(struct modem *modem)
{
    if (at_channel_start(modem->channel) == 0) {
        modem_post(modem, EVENT_DONE);
        return;
    }
    modem_say(modem, "waiting for the serial port: %s", modem->port->why);
    timer_start(modem->sched, &modem->tick, PORT_LOOK_MS);
}

/* A command that fails has most likely done nothing; the modem is looked for all the same. */
void modem_on_power(void *arg, int error, const char *why)
{
    struct modem *modem = arg;

    modem->power_switches = false;
    if (error) {
        log_warning("modem", "switching the modem's power failed: %s", why);
    }
    modem_post(modem, EVENT_LOOK);
}

void modem_end_power(struct modem *modem)
{
    if (modem->power_switches) {
        modem->power_switches = false;
        modem->power->ops->cancel(modem->power);
    }
}

static bool switch_power(struct modem *modem)
{
    static const struct power_times usual;
    const struct power_times *times = modem->profile ? &modem->profile->power : &usual;
    int error = modem->power->ops->begin(modem->power, modem->power_action, times);

    modem->power_first = false;
    if (error) {
        log_warning("modem", "the modem's power cannot be switched: %s", strerror(-error));
        return false;
    }
    modem->power_switches = true;
    modem_say(modem, modem->power_action == POWER_PULSE ? "pressing the modem's power or reset key"
                                                        : "switching the modem's power off and on");
    return true;
}

/* Somebody has switched it off, or it has done so itself, and a line tells. */
static void look_whether_off(struct modem *modem)
{
    if (!modem->power_first && modem->power && modem->power->ops->is_off &&
        modem->power->ops->is_off(modem->power)) {
        log_notice("modem", "the modem is switched off");
        modem->power_first = true;
        modem->power_action = POWER_PULSE;
    }
}

void modem_enter_power(struct modem *modem)
{
    look_whether_off(modem);
    if (!modem->power_first || !switch_power(modem)) {
        try_port(modem);
    }
}

bool modem_power_on_event(struct modem *modem, enum modem_event event)
{
    if (event == EVENT_DONE) {
        modem_go(modem, MODEM_SYNC, "the serial port is open, looking for the modem");
        return true;
    }
    if (event == EVENT_TICK || event == EVENT_LOOK) {
        if (!modem->power_switches) {
            try_port(modem);
        }
        return true;
    }
    return false;
}

/* ---- SYNC: it answers, without echo, in words ---- */

static const struct at_step *sync_steps(const struct modem *modem)
{
    if (modem->reset_first && modem->profile && modem->profile->soft_reset) {
        return modem->profile->soft_reset;
    }
    return modem->profile && modem->profile->sync ? modem->profile->sync : steps_sync;
}

static void converse(struct modem *modem)
{
    at_channel_set_echo(modem->channel, true);
    at_channel_resync(modem->channel);
    modem_run(modem, sync_steps(modem));
}

void modem_enter_sync(struct modem *modem)
{
    modem_use_profile(modem, modem->profile);
    if (modem->restarts > 0) {
        timer_start(modem->sched, &modem->tick, BOOT_SILENCE_MS);
    } else {
        converse(modem);
    }
}

/*
 * A daemon that died, or a plug that was pulled, in the midst of a send has left the module counting payload, and
 * it takes every probe for some. As many line ends as a send can have bytes set it free (ESC does not everywhere:
 * Ai-Thinker sheet 2.10); to all others they are empty commands. The connection they go to is lost anyway.
 */
static void fill_up(struct modem *modem)
{
    uint8_t filler[DIALECT_SEND_MAX];

    memset(filler, '\r', sizeof(filler));
    trace_note(modem->trace, "it may be waiting for the rest of a send: filling it up");
    port_write(modem->port, filler, sizeof(filler));
}

static void on_synced(struct modem *modem)
{
    if (modem->reset_first) {
        modem->reset_first = false;
        modem_say(modem, "the modem restarts");
        timer_start(modem->sched, &modem->tick, RESET_REST_MS);
        return;
    }
    at_channel_set_echo(modem->channel, false);
    modem_go(modem, MODEM_IDENTIFY, "the modem answers");
}

bool modem_sync_on_event(struct modem *modem, enum modem_event event)
{
    switch (event) {
    case EVENT_DONE:
        on_synced(modem);
        return true;
    case EVENT_MUTE:
        port_look(modem->port);
        modem_say(modem, "the modem does not answer yet%s%s", modem->port->rival[0] ? "; " : "",
                  modem->port->rival);
        fill_up(modem);
        timer_start(modem->sched, &modem->tick, AGAIN_MS);
        return true;
    case EVENT_FAILED:
        timer_start(modem->sched, &modem->tick, AGAIN_MS);
        return true;
    case EVENT_REBOOT:
        at_script_stop(&modem->script);
        modem->reset_first = false; /* it has done so */
        modem_say(modem, "the modem is starting");
        timer_start(modem->sched, &modem->tick, BOOT_SILENCE_MS);
        return true;
    case EVENT_TICK:
        at_script_stop(&modem->script);
        converse(modem);
        return true;
    case EVENT_PORT_LOST:
    case EVENT_POWER_DOWN:
    case EVENT_STOP:
    case EVENT_START:
    case EVENT_SIM_LOST:
    case EVENT_BEARER_LOST:
    case EVENT_DEADLINE:
    case EVENT_LOOK:
    case EVENT_STOPPED:
    case EVENT_COUNT:
        break;
    }
    return false;
}

/* ---- IDENTIFY: which profile ---- */

void modem_enter_identify(struct modem *modem)
{
    const struct modem_profile *profile = modem->profile;

    identity_clear(&modem->identity);
    modem_run(modem, profile && profile->identify ? profile->identify : steps_identify);
}

/* Noise or late answers; the next try may bring more. */
static void on_nameless(struct modem *modem)
{
    modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY,
               "the modem answers, but not when asked what it is; set profile = (its kind) to do without");
}

static void on_unknown(struct modem *modem)
{
    const struct modem_profile *found[3];
    size_t count = profile_closest(modem->identity.model, found, 3);

    modem_fail(
        modem, UPLINK_LAYER_MODEM, UPLINK_HOPELESS,
        "unknown modem: it says it is \"%s\"; the closest families are those of %s, %s and %s; set profile = "
        "%s to try it",
        modem->identity.model, modem_profile_name(found[0]), modem_profile_name(found[count > 1]),
        modem_profile_name(found[count > 2 ? 2 : 0]), modem_profile_name(found[0]));
}

static void on_identified(struct modem *modem)
{
    const struct modem_profile *profile = modem->profile;

    identity_complete(&modem->identity);
    if (strcmp(modem->config.profile, "auto") == 0) {
        profile = profile_identify(modem->identity.text);
        if (!profile && modem->identity.model[0] == '\0') {
            on_nameless(modem);
            return;
        }
        if (!profile) {
            on_unknown(modem);
            return;
        }
        modem_use_profile(modem, profile);
    } else if (!modem->misfit_told && !profile_fits(profile, modem->identity.text)) {
        modem->misfit_told = true;
        log_warning("modem",
                    "the modem says it is \"%s\", but profile = %s is configured; going on with that, though "
                    "profile = auto may do better",
                    modem->identity.model, modem_profile_name(profile));
    }
    if (modem_tls_refuse(modem, profile)) {
        return;
    }
    modem_go(modem, MODEM_SIM, "the modem is %s, spoken to as %s",
             modem->identity.model[0] ? modem->identity.model : "one without a name",
             modem_profile_name(profile));
}

bool modem_identify_on_event(struct modem *modem, enum modem_event event)
{
    char text[MODEM_WHY_MAX];

    if (event == EVENT_DONE) {
        on_identified(modem);
        return true;
    }
    if (event == EVENT_FAILED) {
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "%s",
                   modem_describe_failure(modem, text, sizeof(text)));
        return true;
    }
    return false;
}
