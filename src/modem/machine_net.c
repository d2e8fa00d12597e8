/* From a known module to a data connection: SIM, SETUP, REGISTER, BEARER, READY. */
#include "machine.h"

#include "blynkd/base/log.h"

#include <stdio.h>
#include <string.h>

#define RADIO_REST_MS 3000 /* off for so long before it is switched on again */

/* ---- what the parts report; each only posts ---- */

static void on_sub_done(void *arg)
{
    modem_post(arg, EVENT_DONE);
}

static void on_sub_failed(void *arg, enum uplink_hope hope, const char *why)
{
    struct modem *modem = arg;

    modem->sub_hope = hope;
    snprintf(modem->sub_why, sizeof(modem->sub_why), "%s", why);
    modem_post(modem, EVENT_FAILED);
}

static void on_sub_say(void *arg, const char *why)
{
    modem_say(arg, "%s", why);
}

static void on_bearer_lost(void *arg, const char *why)
{
    struct modem *modem = arg;

    snprintf(modem->lost_why, sizeof(modem->lost_why), "%s", why);
    modem_post(modem, EVENT_BEARER_LOST);
}

static void on_script_done(void *arg, const struct at_step *step, const struct at_reply *reply)
{
    struct modem *modem = arg;

    snprintf(modem->step_text, sizeof(modem->step_text), "%s", reply->text);
    modem->step_reply = *reply;
    modem->step_reply.text = modem->step_text;
    modem->step = step;
    switch (reply->result) {
    case AT_RESULT_OK:
        modem_post(modem, EVENT_DONE);
        break;
    case AT_RESULT_ERROR:
    case AT_RESULT_FAIL:
    case AT_RESULT_TIMEOUT:
        modem_post(modem, EVENT_FAILED);
        break;
    case AT_RESULT_REBOOT:
    case AT_RESULT_CANCELLED: /* the channel tells of both by itself */
        break;
    }
}

static void on_time(void *arg, const struct net_time_moment *moment)
{
    struct modem *modem = arg;

    if (modem->uplink.events.on_time) {
        modem->uplink.events.on_time(modem->uplink.arg, moment->earliest_ms, moment->slack_ms);
    }
}

void modem_init_parts(struct modem *modem)
{
    const struct at_script_user script_user = {modem_script_lookup, modem_script_store, on_script_done, modem,
                                               modem_tls_payload};
    const struct sim_card_user sim_user = {on_sub_done, on_sub_failed, on_sub_say, modem};
    const struct netreg_user net_user = {on_sub_done, on_sub_failed, on_sub_say, modem};
    const struct sock_user sock_user = {on_bearer_lost, modem};
    const struct net_time_user time_user = {on_time, modem};

    at_script_init(&modem->script, modem->sched, modem->channel, &script_user);
    sim_card_init(&modem->sim, modem->sched, modem->channel, &sim_user, &modem->identity);
    netreg_init(&modem->netreg, modem->sched, modem->channel, &net_user);
    sock_init(&modem->sock, modem->sched, modem->channel, &sock_user);
    ask_init(&modem->ask, modem->channel);
    net_time_init(&modem->net_time, modem->sched, modem->channel, &time_user);
}

/* ---- SIM ---- */

static void start_sim(struct modem *modem)
{
    modem_apn_forget(modem);
    if (modem->profile->needs_sim) {
        sim_card_start(&modem->sim, modem->profile, modem->config.pin, modem->config.state_dir);
    } else {
        modem_post(modem, EVENT_DONE);
    }
}

void modem_enter_sim(struct modem *modem)
{
    modem->radio_is_off = false;
    if (modem->radio_first && modem->profile->radio_off) {
        modem_say(modem, "switching the radio off and on");
        modem_run(modem, modem->profile->radio_off);
    } else {
        modem->radio_first = false;
        start_sim(modem);
    }
}

/* The radio is off; rests; is on. */
static void go_on_with_radio(struct modem *modem, enum modem_event event)
{
    if (event == EVENT_TICK) {
        modem_run(modem, modem->profile->radio_on);
    } else if (!modem->radio_is_off) {
        modem->radio_is_off = true;
        timer_start(modem->sched, &modem->tick, RADIO_REST_MS);
    } else {
        modem->radio_first = false;
        start_sim(modem);
    }
}

bool modem_sim_on_event(struct modem *modem, enum modem_event event)
{
    char text[MODEM_WHY_MAX];

    if (modem->radio_first && (event == EVENT_DONE || event == EVENT_TICK)) {
        go_on_with_radio(modem, event);
    } else if (modem->radio_first && event == EVENT_FAILED) {
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "%s",
                   modem_describe_failure(modem, text, sizeof(text)));
    } else if (event == EVENT_DONE && modem_apn_ask(modem)) {
        return true;
    } else if (event == EVENT_DONE) {
        modem_go(modem, MODEM_SETUP,
                 modem->profile->needs_sim ? "the SIM card is ready" : "no SIM card needed");
    } else if (event == EVENT_FAILED) {
        modem_fail(modem, UPLINK_LAYER_SIM, modem->sub_hope, "%s", modem->sub_why);
    } else {
        return false;
    }
    return true;
}

/* ---- SETUP ---- */

static void run_or_skip(struct modem *modem, const struct at_step *steps)
{
    if (steps) {
        modem_run(modem, steps);
    } else {
        modem_post(modem, EVENT_DONE);
    }
}

void modem_enter_setup(struct modem *modem)
{
    modem->time_setup = false;
    run_or_skip(modem, modem->profile->setup);
}

bool modem_setup_on_event(struct modem *modem, enum modem_event event)
{
    char text[MODEM_WHY_MAX];

    if (event == EVENT_DONE && !modem->time_setup && modem->profile->net_time) {
        modem->time_setup = true;
        modem->takes_time = false;
        run_or_skip(modem, modem->profile->net_time->setup);
        return true;
    }
    if (event == EVENT_DONE) {
        modem_go(modem, MODEM_REGISTER, "waiting for the network");
        return true;
    }
    if (event == EVENT_FAILED) {
        modem_fail(modem, UPLINK_LAYER_MODEM, UPLINK_RETRY, "%s",
                   modem_describe_failure(modem, text, sizeof(text)));
        return true;
    }
    return false;
}

/* ---- REGISTER ---- */

void modem_enter_register(struct modem *modem)
{
    if (modem->profile->registration) {
        netreg_search(&modem->netreg, modem->profile, modem->config.allow_roaming);
    } else {
        modem_post(modem, EVENT_DONE);
    }
}

bool modem_register_on_event(struct modem *modem, enum modem_event event)
{
    char text[80];

    if (event == EVENT_DONE) {
        const char *name = modem->netreg.operator_name;
        modem_go(modem, MODEM_BEARER, "the network is there: %s%s%s", name, name[0] ? ", " : "",
                 netreg_describe(&modem->netreg, text, sizeof(text)));
        return true;
    }
    if (event == EVENT_FAILED) {
        modem_fail(modem, UPLINK_LAYER_NETWORK, modem->sub_hope, "%s", modem->sub_why);
        return true;
    }
    return false;
}

/* ---- BEARER ---- */

static const struct at_step *stage_steps(const struct modem *modem)
{
    switch (modem->bearer_stage) {
    case BEARER_DOWN:
        return modem->bearer_down_first ? modem->dialect->bearer_down : NULL;
    case BEARER_UP:
        return modem->dialect->bearer_up;
    case BEARER_SEVERAL:
        return modem->dialect->several_links;
    case BEARER_FINISH:
        return modem->dialect->bearer_finish;
    case BEARER_NAMES:
        return modem->config.name_server_count > 0 ? modem->dialect->name_servers : NULL;
    case BEARER_NAMES_AGAIN:
        return modem->config.name_server_count > 0 ? modem->dialect->name_servers_again : NULL;
    }
    return NULL;
}

/* Once, not with each data connection. */
static void warn_of_names(struct modem *modem)
{
    bool is_wanted = modem->config.name_server_count > 0 && !modem->names_told;

    if (is_wanted && !modem->names_fault) {
        log_warning(
            "modem",
            "this modem cannot be told which DNS servers to use: `dns` is ignored, those of the network "
            "are asked");
    }
    modem->names_fault = is_wanted;
}

/* Runs the first stage from this one on that has something to do. */
static void run_stage(struct modem *modem, enum modem_bearer_stage stage)
{
    for (; stage <= BEARER_NAMES_AGAIN; stage++) {
        if (stage == BEARER_NAMES_AGAIN && modem->names_told) {
            break;
        }
        modem->bearer_stage = stage;
        if (stage_steps(modem)) {
            modem_run(modem, stage_steps(modem));
            return;
        }
    }
    warn_of_names(modem);
    modem_tls_warn(modem);
    modem_go(modem, MODEM_READY, "the data connection is up%s%s", modem->address[0] ? ", address " : "",
             modem->address);
}

void modem_enter_bearer(struct modem *modem)
{
    modem_tls_begin(modem);
    modem->attached = false;
    modem->names_told = false;
    modem->credentials_swapped = false;
    modem->address[0] = '\0';
    if (modem->profile->needs_wifi && !modem->config.ssid[0]) {
        modem_wait_for_config(modem, UPLINK_LAYER_BEARER,
                              "no wireless network is configured: write its name and password under [wifi]");
        return;
    }
    if (modem_apn_refuse(modem)) {
        return;
    }
    if (!modem_tls_refuse(modem, modem->profile)) {
        run_stage(modem, BEARER_DOWN);
    }
}

static void on_stage_failed(struct modem *modem)
{
    char text[MODEM_WHY_MAX];

    if (modem->bearer_stage >= BEARER_NAMES) {
        run_stage(modem, modem->bearer_stage + 1); /* those of the network will do */
        return;
    }
    if (modem->bearer_stage == BEARER_SEVERAL && modem->dialect->single) {
        log_notice("modem", "the modem refuses numbered connections; going on with a single one");
        modem->dialect = modem->dialect->single;
        run_stage(modem, BEARER_FINISH);
        return;
    }
    bool is_tls = modem->config.tls && modem->bearer_stage == BEARER_FINISH;
    bool refused = modem->step_reply.result == AT_RESULT_ERROR || modem_tls_unfit(modem);
    modem_fail(modem, UPLINK_LAYER_BEARER,
               is_tls && refused && !modem_tls_incomplete(modem) ? UPLINK_HOPELESS : UPLINK_RETRY, "%s%s",
               modem_describe_failure(modem, text, sizeof(text)), modem_tls_advice(modem));
}

bool modem_bearer_on_event(struct modem *modem, enum modem_event event)
{
    if (event == EVENT_DONE) {
        modem->names_told = modem->bearer_stage >= BEARER_NAMES;
        modem->bearer_down_first = modem->bearer_down_first && modem->bearer_stage != BEARER_DOWN;
        run_stage(modem, modem->bearer_stage + 1);
        return true;
    }
    if (event == EVENT_FAILED) {
        on_stage_failed(modem);
        return true;
    }
    if (event == EVENT_SIM_LOST) {
        modem_fail(modem, UPLINK_LAYER_SIM, UPLINK_RETRY, "the modem has lost its SIM card");
        return true;
    }
    return false;
}

/* ---- READY ---- */

static size_t send_max(const struct modem *modem)
{
    size_t most = modem->profile->send_max_bytes;

    if (modem->config.send_max_bytes && (most == 0 || modem->config.send_max_bytes < most)) {
        most = modem->config.send_max_bytes;
    }
    return most;
}

void modem_enter_ready(struct modem *modem)
{
    modem->resume = MODEM_BEARER;
    modem->restarts = 0;
    modem->ready_since_ms = sched_now_ms(modem->sched);
    at_channel_set_announces(modem->channel, modem->dialect->announces);
    sock_enable(&modem->sock, modem->dialect, send_max(modem));
    netreg_watch(&modem->netreg, modem->profile->registration ? modem->config.poll_ms : 0);
    snprintf(modem->uplink.network, sizeof(modem->uplink.network), "%.40s %.50s", modem->netreg.operator_name,
             modem_apn(modem));
    net_time_begin(&modem->net_time);
    if (modem->uplink.events.on_ready) {
        modem->uplink.events.on_ready(modem->uplink.arg);
    }
}

bool modem_ready_on_event(struct modem *modem, enum modem_event event)
{
    if (event == EVENT_BEARER_LOST) {
        modem_fail(modem, UPLINK_LAYER_BEARER, UPLINK_RETRY, "%s", modem->lost_why);
        return true;
    }
    if (event == EVENT_SIM_LOST) {
        modem_fail(modem, UPLINK_LAYER_SIM, UPLINK_RETRY, "the modem has lost its SIM card");
        return true;
    }
    return false;
}
