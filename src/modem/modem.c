#include "machine.h"

#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct modem *modem_of(const struct uplink *uplink)
{
    return (struct modem *)(void *)uplink; /* its first member */
}

/* ---- start and stop ---- */

static bool can_switch(const struct modem *modem, enum power_action action)
{
    return modem->power && modem->power->ops->can(modem->power, action);
}

static bool has_rung(const struct uplink *uplink, enum uplink_rung rung)
{
    const struct modem_profile *profile = modem_of(uplink)->profile;

    switch (rung) {
    case UPLINK_RUNG_REDIAL:
    case UPLINK_RUNG_BEARER:
    case UPLINK_RUNG_REOPEN:
        return true;
    case UPLINK_RUNG_RADIO:
        return profile && profile->radio_off;
    case UPLINK_RUNG_RESET:
        return profile && profile->soft_reset;
    case UPLINK_RUNG_POWER_KEY:
        return can_switch(modem_of(uplink), POWER_PULSE);
    case UPLINK_RUNG_POWER_RAIL:
        return can_switch(modem_of(uplink), POWER_CYCLE);
    case UPLINK_RUNG_COUNT:
        break;
    }
    return false;
}

static int start(struct uplink *uplink, enum uplink_rung rung)
{
    struct modem *modem = modem_of(uplink);

    if (modem->stopping || (modem->started && modem->state != MODEM_READY) ||
        (modem->events & 1U << EVENT_START)) {
        return -EALREADY;
    }
    modem->started = true;
    modem->rung = rung;
    modem_post(modem, EVENT_START);
    return 0;
}

static bool needs_new_start(const struct modem_config *a, const struct modem_config *b)
{
    return strcmp(a->profile, b->profile) != 0 || strcmp(a->pin, b->pin) != 0 ||
           strcmp(a->ssid, b->ssid) != 0 || strcmp(a->wifi_password, b->wifi_password) != 0 ||
           a->apn_is != b->apn_is || strcmp(a->apn, b->apn) != 0 || strcmp(a->user, b->user) != 0 ||
           strcmp(a->password, b->password) != 0 || a->command_gap_ms != b->command_gap_ms ||
           a->allow_roaming != b->allow_roaming ||
           memcmp(a->name_servers, b->name_servers, sizeof(a->name_servers)) != 0 ||
           a->send_max_bytes != b->send_max_bytes || a->tls != b->tls || a->ca_len != b->ca_len ||
           memcmp(a->ca, b->ca, a->ca_len) != 0;
}

/* The configuration changes between two starts only. */
static void take_config(struct modem *modem)
{
    bool anew = needs_new_start(&modem->config, &modem->next_config);
    bool other_profile = strcmp(modem->config.profile, modem->next_config.profile) != 0;

    modem->config = modem->next_config;
    if (other_profile) {
        modem->misfit_told = false;
        modem->profile = modem_profile_find(modem->config.profile); /* NULL for auto */
    }
    if (anew && modem->resume > MODEM_SYNC) {
        modem->resume = MODEM_SYNC;
    }
}

/* Where to begin, and what to do on the way, so that the rung is taken. */
static enum modem_state begin_with(struct modem *modem, enum uplink_rung rung)
{
    enum modem_state from = at_channel_running(modem->channel) ? modem->resume : MODEM_POWER;

    switch (rung) {
    case UPLINK_RUNG_REDIAL:
        break;
    case UPLINK_RUNG_BEARER:
        modem->bearer_down_first = true;
        break;
    case UPLINK_RUNG_RADIO:
        modem->radio_first = true;
        from = from > MODEM_SIM ? MODEM_SIM : from;
        break;
    case UPLINK_RUNG_RESET:
        modem->reset_first = modem->profile && modem->profile->soft_reset;
        from = from > MODEM_SYNC ? MODEM_SYNC : from;
        break;
    case UPLINK_RUNG_POWER_KEY:
    case UPLINK_RUNG_POWER_RAIL:
        modem->power_first = true;
        modem->power_action = rung == UPLINK_RUNG_POWER_KEY ? POWER_PULSE : POWER_CYCLE;
        at_channel_stop(modem->channel);
        from = MODEM_POWER;
        break;
    case UPLINK_RUNG_REOPEN:
    case UPLINK_RUNG_COUNT:
        at_channel_stop(modem->channel);
        from = MODEM_POWER;
        break;
    }
    return from;
}

static void on_start(struct modem *modem)
{
    bool was_ready = modem->state == MODEM_READY;

    modem->reset_first = false;
    modem->radio_first = false;
    modem->bearer_down_first = false;
    modem->power_first = false;
    if (was_ready && modem->rung == UPLINK_RUNG_REDIAL &&
        !needs_new_start(&modem->config, &modem->next_config)) {
        if (modem->uplink.events.on_ready) {
            modem->uplink.events.on_ready(modem->uplink.arg);
        }
        return;
    }
    take_config(modem);
    modem->restarts = 0;
    sock_disable(&modem->sock, STREAM_FAULT_MODEM, uplink_rung_name(modem->rung));
    enum modem_state from = begin_with(modem, modem->rung);
    if (modem->rung == UPLINK_RUNG_REDIAL) {
        modem_go(modem, from, "starting");
    } else {
        modem_go(modem, from, "recovering: %s", uplink_rung_name(modem->rung));
    }
}

static void finish_stop(struct modem *modem)
{
    timer_stop(&modem->grace);
    sock_disable(&modem->sock, STREAM_FAULT_NONE, "stopped");
    at_channel_stop(modem->channel);
    modem->resume = MODEM_POWER;
    modem->started = false;
    modem_go(modem, MODEM_DOWN, "stopped");
    modem_post(modem, EVENT_STOPPED); /* after the stream's on_closed, which is posted already */
}

static void stop(struct uplink *uplink, uint32_t grace_ms)
{
    struct modem *modem = modem_of(uplink);

    if (modem->stopping) {
        return;
    }
    modem->stopping = true;
    modem->events &= ~(1U << EVENT_START);
    timer_start(modem->sched, &modem->grace, grace_ms);
    modem_post(modem, EVENT_STOP);
}

/* The connection and the bearer are closed in order if there is something to close and time to do it. */
static void on_stop(struct modem *modem)
{
    bool is_up = modem->state == MODEM_READY && at_channel_running(modem->channel);

    if (!is_up || !modem->dialect->bearer_down || !timer_active(&modem->grace)) {
        finish_stop(modem);
        return;
    }
    netreg_stop(&modem->netreg);
    net_time_stop(&modem->net_time);
    stream_close(&modem->sock.stream);
    modem_say(modem, "closing the data connection");
    modem_run(modem, modem->dialect->bearer_down);
}

static void on_stopped(struct modem *modem)
{
    modem->stopping = false;
    if (modem->uplink.events.on_stopped) {
        modem->uplink.events.on_stopped(modem->uplink.arg);
    }
}

bool modem_face_on_event(struct modem *modem, enum modem_event event)
{
    if (event == EVENT_START) {
        on_start(modem);
    } else if (event == EVENT_STOP) {
        on_stop(modem);
    } else if (event == EVENT_STOPPED) {
        on_stopped(modem);
    } else if (modem->stopping && modem->state != MODEM_DOWN) {
        finish_stop(modem); /* whatever happens now only makes it shorter */
    } else {
        return false;
    }
    return true;
}

static void on_grace(void *arg)
{
    modem_post(arg, EVENT_DONE);
}

static void on_deadline(void *arg)
{
    modem_post(arg, EVENT_DEADLINE);
}

static void on_tick(void *arg)
{
    modem_post(arg, EVENT_TICK);
}

/* ---- birth and death ---- */

static const struct uplink_ops modem_ops = {start, stop, has_rung};

static void hide_secrets(const struct modem_config *config)
{
    if (config->pin[0]) {
        secret_add(config->pin);
    }
    if (config->wifi_password[0]) {
        secret_add(config->wifi_password);
    }
    if (config->password[0]) {
        secret_add(config->password);
    }
}

static bool is_known(const char *profile)
{
    return strcmp(profile, "auto") == 0 || modem_profile_find(profile);
}

static struct modem *give_up(struct modem *modem)
{
    at_channel_destroy(modem->channel);
    trace_destroy(modem->trace);
    free(modem);
    errno = ENOMEM;
    return NULL;
}

struct modem *modem_create(struct sched *sched, struct port *port, const struct modem_config *config)
{
    if (!is_known(config->profile)) {
        errno = EINVAL;
        return NULL;
    }
    struct modem *modem = calloc(1, sizeof(*modem));
    if (!modem) {
        return NULL;
    }
    modem->sched = sched;
    modem->port = port;
    modem->trace = trace_create(sched, TRACE_RING_BYTES);
    modem->channel = modem->trace ? at_channel_create(sched, port, modem->trace) : NULL;
    if (!modem->channel) {
        return give_up(modem);
    }
    hide_secrets(config);
    modem->config = *config;
    modem->next_config = *config;
    modem->resume = MODEM_POWER;
    timer_init(&modem->deadline, on_deadline, modem);
    timer_init(&modem->tick, on_tick, modem);
    timer_init(&modem->grace, on_grace, modem);
    task_init(&modem->pump, modem_on_pump, modem);
    modem_init_parts(modem);
    modem->uplink.ops = &modem_ops;
    modem->uplink.stream = &modem->sock.stream;
    modem->uplink.resolves_names = true;
    at_channel_set_events(modem->channel, &modem_channel_events, modem);
    modem_use_profile(modem, modem_profile_find(config->profile));
    snprintf(modem->why, sizeof(modem->why), "not started");
    return modem;
}

void modem_destroy(struct modem *modem)
{
    if (!modem) {
        return;
    }
    timer_stop(&modem->deadline);
    timer_stop(&modem->tick);
    timer_stop(&modem->grace);
    modem_end_power(modem);
    task_cancel(&modem->pump);
    at_script_stop(&modem->script);
    sim_card_stop(&modem->sim);
    netreg_stop(&modem->netreg);
    net_time_destroy(&modem->net_time);
    ask_cancel(&modem->ask);
    sock_destroy(&modem->sock);
    at_channel_destroy(modem->channel);
    trace_destroy(modem->trace);
    secret_wipe(&modem->config, sizeof(modem->config));
    secret_wipe(&modem->next_config, sizeof(modem->next_config));
    free(modem);
}

bool modem_configure(struct modem *modem, const struct modem_config *config)
{
    if (!is_known(config->profile)) {
        log_error("modem", "there is no profile %s; the configuration of the modem stays as it is",
                  config->profile);
        return false;
    }
    hide_secrets(config);
    modem->next_config = *config;
    modem->config.poll_ms = config->poll_ms;
    memcpy(modem->config.state_dir, config->state_dir, sizeof(modem->config.state_dir));
    if (modem->state == MODEM_READY) {
        netreg_watch(&modem->netreg, modem->profile->registration ? config->poll_ms : 0);
    }
    return modem->started && needs_new_start(&modem->config, &modem->next_config);
}

/* ---- what people ask ---- */

void modem_set_power(struct modem *modem, struct power *power)
{
    modem->power = power;
    if (power) {
        power->on_done = modem_on_power;
        power->arg = modem;
    }
}

struct uplink *modem_uplink(struct modem *modem)
{
    return &modem->uplink;
}

struct trace *modem_trace(struct modem *modem)
{
    return modem->trace;
}

void modem_look_again(struct modem *modem)
{
    if (modem->state == MODEM_POWER) {
        modem_post(modem, EVENT_LOOK);
    }
}

const char *modem_ask_refusal(const char *command)
{
    return ask_refusal(command);
}

int modem_ask(struct modem *modem, const char *command, uint32_t timeout_ms, modem_answer_fn *on_done,
              void *arg)
{
    if (modem->stopping || modem->state < MODEM_IDENTIFY || !at_channel_running(modem->channel)) {
        return -ENOTCONN;
    }
    return ask_start(&modem->ask, command, timeout_ms, on_done, arg);
}

void modem_ask_cancel(struct modem *modem)
{
    ask_cancel(&modem->ask);
}
