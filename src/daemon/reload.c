#include "daemon.h"

#include "blynkd/io/hotplug.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void daemon_log_finding(void *arg, enum conf_gravity gravity, const char *text)
{
    (void)arg;
    if (gravity == CONF_ERROR) {
        log_error("config", "%s", text);
    } else {
        log_warning("config", "%s", text);
    }
}

static void apply_pin_rules(struct daemon *daemon)
{
    const struct conf *conf = daemon->conf;
    struct pins *pins = bridge_pins(daemon->bridge);

    for (pin_id pin = 0; pin < PIN_COUNT; pin++) {
        bool all = conf_delivery_of(conf, pin) == CONF_DELIVER_ALL;
        pins_set_delivery(pins, pin, all ? PIN_DELIVER_ALL : PIN_DELIVER_LATEST);
        bridge_set_pin_rules(daemon->bridge, pin, conf->pin_min_interval_ms[pin], conf->pin_deadband[pin]);
    }
}

void daemon_apply_live(struct daemon *daemon)
{
    const struct options *options = daemon->options;

    log_set_level(options->level_given ? options->level : (enum log_level)daemon->conf->log_level);
    apply_pin_rules(daemon);
    if (daemon->trace_on != daemon->conf->trace) {
        daemon->trace_on = daemon->conf->trace;
        bridge_publish_trace(daemon->bridge, daemon->trace_on);
    }
}

/* What differs, sorted by what it costs. */
struct changes {
    struct daemon *daemon;
    struct conf *conf;         /* the new one */
    const struct conf *before; /* the running one */
    unsigned counts[CONF_APPLY_RESTART + 1];
    bool port; /* the port or its path: the part cannot tell by itself */
};

static const char *cost_words(enum conf_apply apply)
{
    switch (apply) {
    case CONF_APPLY_LIVE:
        return "applied";
    case CONF_APPLY_LINK:
        return "the link is made anew";
    case CONF_APPLY_RESTART:
        return "needs a restart of the daemon; the old value stays until then";
    }
    return "";
}

/* A value that needs a restart stays what it is, so that the next reload says so again. */
static void on_change(void *arg, const struct conf_key *key)
{
    struct changes *changes = arg;

    changes->counts[key->apply]++;
    log_notice("config", "[%s] %s has changed: %s", key->section, key->name, cost_words(key->apply));
    if (key->apply == CONF_APPLY_RESTART) {
        conf_copy_value(changes->conf, changes->before, key);
        changes->daemon->waits_restart[key - conf_key_at(0)] = true;
    }
    if (key->offset < offsetof(struct conf, port) + sizeof(struct port_config)) {
        changes->port = true;
    }
}

/* Down and up again, port included, unless somebody wants it to be off. */
static void make_link_anew(struct daemon *daemon)
{
    if (daemon->link_state == LINK_OFF) {
        return;
    }
    daemon->link_wanted_again = true;
    link_stop(bridge_link(daemon->bridge), DAEMON_LINK_GRACE_MS, "the configuration has changed");
}

/* What the link failed by may just have been mended: the rest of its pause, maybe an hour, would be in vain. */
static void end_rest(struct daemon *daemon)
{
    if (daemon->link_state == LINK_WAIT || daemon->link_state == LINK_REFUSED) {
        link_restart(bridge_link(daemon->bridge), "the configuration has changed");
    }
}

static void apply(struct daemon *daemon, const struct changes *changes)
{
    bool anew = changes->port;

    daemon_apply_live(daemon);
    api_server_configure(daemon->api, &daemon->conf->api);
    if (daemon->port && changes->port) {
        tty_port_configure(daemon->port, &daemon->conf->port);
        hotplug_stop(daemon->hotplug);
        hotplug_start(daemon->hotplug, daemon->conf->port.path);
    }
    if (daemon->modem && modem_configure(daemon->modem, &daemon->conf->modem)) {
        anew = true;
    }
    if (anew) {
        make_link_anew(daemon);
    } else if (changes->counts[CONF_APPLY_LINK]) {
        end_rest(daemon);
    }
    /* A part that must connect anew for its own share has begun to do so when this returns. */
    bridge_configure(daemon->bridge, &daemon->conf->bridge);
}

static void say_result(struct daemon *daemon, const struct changes *changes)
{
    unsigned live = changes->counts[CONF_APPLY_LIVE];
    unsigned link = changes->counts[CONF_APPLY_LINK];
    unsigned restart = changes->counts[CONF_APPLY_RESTART];

    daemon->status_note[0] = '\0';
    daemon->refused[0] = '\0';
    if (restart) {
        snprintf(daemon->status_note, sizeof(daemon->status_note),
                 "%u changed setting%s wait%s for a restart of the daemon", restart, restart == 1 ? "" : "s",
                 restart == 1 ? "s" : "");
    }
    log_notice("config", "read again: %u applied, %u by a new connection, %u wait for a restart", live, link,
               restart);
}

/* `fresh` becomes the running configuration. */
static void adopt(struct daemon *daemon, struct conf *fresh)
{
    struct conf *before = daemon->conf;
    struct changes changes = {.daemon = daemon, .conf = fresh, .before = before};

    memset(daemon->waits_restart, 0, sizeof(daemon->waits_restart));
    conf_compare(before, fresh, on_change, &changes);
    fresh->api.listen_fd = before->api.listen_fd;
    daemon->conf = fresh;
    apply(daemon, &changes);
    say_result(daemon, &changes);
    conf_wipe(before);
    free(before);
}

/* Findings, one behind the other, as far as there is room. */
struct refusal {
    char *text; /* DAEMON_REFUSED_MAX */
    enum conf_gravity gravity;
};

static void gather_refusal(void *arg, enum conf_gravity gravity, const char *text)
{
    const struct refusal *refusal = arg;
    size_t used = strlen(refusal->text);
    size_t room = DAEMON_REFUSED_MAX - used;

    if (gravity != refusal->gravity) {
        return;
    }
    if (strlen(text) + 2 < room) {
        snprintf(refusal->text + used, room, "%s%s", used ? "; " : "", text);
    } else if (used == 0) {
        snprintf(refusal->text, room, "%.*s...", (int)room - 4, text);
    }
}

/* Without an error, it is what is missing all at once that keeps it from being taken over. */
static void keep_old(struct daemon *daemon, const struct conf_report *report)
{
    unsigned count = report->errors ? report->errors : report->missing;
    struct refusal refusal = {daemon->refused, report->errors ? CONF_ERROR : CONF_MISSING};

    daemon->refused[0] = '\0';
    conf_report_each(report, gather_refusal, &refusal);
    snprintf(daemon->status_note, sizeof(daemon->status_note),
             "the changed configuration was not taken over: %s", daemon->refused);
    log_error("config", "%u error%s: the configuration stays as it was", count, count == 1 ? "" : "s");
}

/* A device that works has what it needs: a file without it is a slip, and no reason to end a working link. */
static bool is_usable(const struct daemon *daemon, const struct conf *fresh, int error)
{
    return !error && !(fresh->missing & ~daemon->conf->missing);
}

static bool read_again(struct daemon *daemon, struct conf *fresh, struct conf_origins *origins)
{
    struct conf_request request = {.path = daemon->options->config_path, .origins = origins};
    struct conf_report report;

    conf_report_init(&report);
    int error = conf_load_request(&request, fresh, &report);
    conf_report_each(&report, daemon_log_finding, NULL);
    bool usable = is_usable(daemon, fresh, error);
    if (usable) {
        adopt(daemon, fresh);
        free(daemon->origins);
        daemon->origins = origins;
    } else {
        keep_old(daemon, &report);
        conf_wipe(fresh);
        free(fresh);
        free(origins);
    }
    conf_report_free(&report);
    return usable;
}

bool daemon_reload(struct daemon *daemon)
{
    struct conf *fresh = calloc(1, sizeof(*fresh));
    struct conf_origins *origins = calloc(1, sizeof(*origins));
    char status[DAEMON_STATUS_MAX];

    if (!fresh || !origins) {
        snprintf(daemon->refused, sizeof(daemon->refused), "no memory to read the configuration again");
        log_error("config", "%s", daemon->refused);
        free(fresh);
        free(origins);
        return false;
    }
    notify_reloading(&daemon->notify);
    bool usable = read_again(daemon, fresh, origins);
    daemon_watch_config(daemon);
    daemon_format_status(daemon, status, sizeof(status));
    notify_ready(&daemon->notify, status);
    return usable;
}

static void on_saved(void *arg)
{
    struct daemon *daemon = arg;

    if (!daemon->stopping) {
        log_notice("config", "the configuration was saved");
        daemon_reload(daemon);
    }
}

/* What was saved half or mistyped shows only when it is used: the file is watched until all of it has worked. */
void daemon_watch_config(struct daemon *daemon)
{
    unsigned missing = daemon->conf->missing;

    if (daemon->watch && !missing && daemon->link_state == LINK_ONLINE) {
        watch_destroy(daemon->watch);
        daemon->watch = NULL;
    }
    if (daemon->watch || daemon->stopping || !(missing || daemon->waits_config)) {
        return;
    }
    daemon->watch =
        watch_create(&daemon->loop, daemon->sched, daemon->options->config_path, on_saved, daemon);
    log_warning("config", "%s%sblynkd goes on by itself when %s is saved", conf_missing_words(missing),
                missing ? ": still to be configured; " : "", daemon->options->config_path);
}
