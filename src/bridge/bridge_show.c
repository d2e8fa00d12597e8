/*
 * What LINK, MODEM and INFO show, key by key.
 */
#include "bridge_parts.h"

#include "blynkd/at/trace.h"
#include "blynkd/modem/modem.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct view {
    bridge_show_fn *show;
    void *arg;
};

static void show_text(const struct view *view, const char *key, const char *text)
{
    view->show(view->arg, key, text, false);
}

static void show_number(const struct view *view, const char *key, long long number)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", number);
    view->show(view->arg, key, text, true);
}

static void show_count(const struct view *view, const char *key, uint64_t count)
{
    show_number(view, key, (long long)count);
}

/* "redial 5, modem restart 1" */
static void show_rungs(const struct view *view, const struct link_info *info)
{
    char text[200] = "";
    size_t at = 0;

    for (int i = 0; i < UPLINK_RUNG_COUNT; i++) {
        if (info->rung_counts[i] && at < sizeof(text)) {
            at += (size_t)snprintf(text + at, sizeof(text) - at, "%s%s %u", at ? ", " : "",
                                   uplink_rung_name((enum uplink_rung)i), info->rung_counts[i]);
        }
    }
    show_text(view, "steps_taken", text);
}

static void show_server(const struct view *view, const struct link_info *info)
{
    bool v6 = strchr(info->host, ':') != NULL;
    char text[280];

    snprintf(text, sizeof(text), v6 ? "[%s]:%u" : "%s:%u", info->host, info->port);
    show_text(view, "server", text);
}

static void show_encryption(const struct bridge *bridge, const struct view *view)
{
    const struct tls_info *tls = link_tls_info(bridge->link);
    char text[128];

    if (bridge->config.link.tls_by_modem) {
        show_text(view, "encryption", "by the modem");
        return;
    }
    if (!tls) {
        show_text(view, "encryption", bridge->config.link.tls ? "" : "none: everything travels readable");
        return;
    }
    snprintf(text, sizeof(text), "%s, %s%s", tls->version, tls->cipher, tls->resumed ? ", resumed" : "");
    show_text(view, "encryption", tls->version[0] ? text : "");
}

static void show_heartbeat(const struct bridge *bridge, const struct view *view)
{
    struct link_info info;

    link_info(bridge->link, &info);
    show_count(view, "heartbeat_ms", info.heartbeat_ms);
}

/* How the last try ended, whatever is being tried now. */
static void show_failure(const struct view *view, const struct link_info *info)
{
    const struct link_failure *failure = info->failure;

    show_text(view, "failure_step", failure->step ? failure->step : "");
    show_text(view, "failure", failure->why);
    show_number(view, "failure_at", failure->wall_ms);
    show_count(view, "failures", failure->count);
    show_text(view, "trouble", info->trouble);
}

void bridge_show_link(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    const struct blynk_session_info *session = blynk_session_info(link_session(bridge->link));
    struct outbox_info outbox = outbox_info(bridge->outbox);
    struct view view = {show, arg};
    struct link_info info;

    link_info(bridge->link, &info);
    show_text(&view, "state", link_state_name(info.state));
    show_number(&view, "since", info.since_wall_ms);
    show_text(&view, "why", info.why);
    show_text(&view, "uplink", bridge->modem ? "modem" : "host");
    show_server(&view, &info);
    show_text(&view, "address", info.address);
    show_encryption(bridge, &view);
    show_count(&view, "round_trip_ms", session->round_trip_ms);
    show_count(&view, "bytes_up", session->bytes_sent);
    show_count(&view, "bytes_down", session->bytes_received);
    show_count(&view, "reconnects", info.reconnects);
    show_count(&view, "queue", outbox.waiting);
    show_count(&view, "unconfirmed", outbox.unconfirmed);
    show_count(&view, "spool", outbox.rows);
    show_text(&view, "disk", bridge_disk_trouble(bridge)[0] ? bridge_disk_trouble(bridge) : "ok");
    show_count(&view, "next_try_ms", info.next_try_ms);
    show_text(&view, "rung", uplink_rung_name(info.rung));
    show_rungs(&view, &info);
    show_count(&view, "online_ms", info.online_ms);
    show_failure(&view, &info);
}

static void show_known(const struct view *view, const char *key, bool known, long long number)
{
    if (known) {
        show_number(view, key, number);
    } else {
        show_text(view, key, "");
    }
}

void bridge_show_modem(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct view view = {show, arg};

    if (!bridge->modem) {
        show_text(&view, "state", "none");
        show_text(&view, "why", "the host's own network is used");
        return;
    }
    const struct modem_info *info = modem_info(bridge->modem);
    show_text(&view, "state", modem_state_name(info->state));
    show_text(&view, "why", info->why ? info->why : "");
    show_text(&view, "failed_in", info->failed_in == MODEM_DOWN ? "" : modem_state_name(info->failed_in));
    show_text(&view, "profile_fits", info->misfit ? "no" : "yes");
    show_text(&view, "port", info->port);
    show_known(&view, "baud", info->baud != 0, info->baud);
    show_text(&view, "profile", info->profile);
    show_text(&view, "level", info->level);
    show_text(&view, "manufacturer", info->manufacturer);
    show_text(&view, "model", info->model);
    show_text(&view, "firmware", info->firmware);
    show_text(&view, "imei", info->imei);
    show_text(&view, "iccid", info->iccid);
    show_text(&view, "sim", info->sim);
    show_known(&view, "pin_tries", info->pin_tries >= 0, info->pin_tries);
    show_text(&view, "operator", info->operator_name);
    show_text(&view, "access", info->access);
    show_text(&view, "registration", info->registration);
    show_text(&view, "apn", info->apn);
    show_text(&view, "apn_usual", info->apn_usual);
    show_known(&view, "signal_dbm", info->signal_dbm != 0, info->signal_dbm);
    show_text(&view, "address", info->address);
    show_count(&view, "bytes_out", info->bytes_out);
    show_count(&view, "bytes_in", info->bytes_in);
    show_count(&view, "commands", info->commands);
    show_count(&view, "timeouts", info->timeouts);
    show_count(&view, "reboots", info->reboots);
}

void bridge_show_blynk(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    const struct blynk_session_info *info = blynk_session_info(link_session(bridge->link));
    struct view view = {show, arg};

    show_text(&view, "logged_in", blynk_session_online(link_session(bridge->link)) ? "yes" : "no");
    show_count(&view, "messages_sent", info->messages_sent);
    show_count(&view, "messages_received", info->messages_received);
    show_count(&view, "bytes_sent", info->bytes_sent);
    show_count(&view, "bytes_received", info->bytes_received);
    show_count(&view, "round_trip_ms", info->round_trip_ms);
    show_count(&view, "errors", info->errors);
    show_count(&view, "skipped", info->skipped);
    show_heartbeat(bridge, &view);
    show_count(&view, "writes_from_blynk", bridge->writes_from_blynk);
    show_count(&view, "writes_to_other_pins", bridge->other_pins);
    show_count(&view, "pins_known", pins_known(bridge->pins));
}

void bridge_show_outbox(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct pin_rules_info rules = pin_rules_info(bridge->rules);
    struct outbox_info info = outbox_info(bridge->outbox);
    struct view view = {show, arg};

    show_count(&view, "waiting", info.waiting);
    show_count(&view, "unconfirmed", info.unconfirmed);
    show_count(&view, "bytes", info.bytes);
    show_count(&view, "accepted", info.accepted);
    show_count(&view, "confirmed", info.confirmed);
    show_count(&view, "replaced", info.replaced);
    show_count(&view, "refused", info.refused);
    show_count(&view, "resent", info.resent);
    show_count(&view, "skipped", rules.skipped);
    show_count(&view, "held", rules.held);
    show_count(&view, "holding", bridge->hold.count);
}

void bridge_show_spool(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct outbox_info info = outbox_info(bridge->outbox);
    struct view view = {show, arg};

    store_show(bridge->store, show, arg);
    show_count(&view, "rows", info.rows);
    show_count(&view, "row_bytes", info.row_bytes);
    show_count(&view, "on_disk_only", info.on_disk_only);
    show_count(&view, "dropped", info.dropped);
    show_count(&view, "expired", info.expired);
    show_count(&view, "damaged", info.damaged);
    show_count(&view, "without_time", info.timeless);
}

void bridge_show_history(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct link_change changes[LINK_HISTORY];
    size_t count = link_history(bridge->link, changes);
    struct view view = {show, arg};

    for (size_t i = 0; i < count; i++) {
        time_t seconds = (time_t)(changes[i].wall_ms / 1000);
        char when[32], key[24], line[LINK_WHY_MAX + 64];
        struct tm utc;

        gmtime_r(&seconds, &utc);
        strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%S", &utc);
        snprintf(key, sizeof(key), "%zu", i + 1);
        snprintf(line, sizeof(line), "%s.%03uZ %s: %s", when, (unsigned)(changes[i].wall_ms % 1000),
                 link_state_name(changes[i].state), changes[i].why);
        show_text(&view, key, line);
    }
}

static void on_line(void *arg, const char *line)
{
    show_text(arg, "line", line);
}

void bridge_show_trace(const struct bridge *bridge, bridge_show_fn *show, void *arg)
{
    struct view view = {show, arg};

    trace_each(bridge->trace, on_line, &view);
}
