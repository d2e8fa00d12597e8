#include "daemon.h"

#include "blynkd/at/trace.h"

#include <stdio.h>
#include <string.h>

static const char *state_words(enum link_state state)
{
    switch (state) {
    case LINK_OFF:
        return "Link off";
    case LINK_MODEM:
        return "Starting the modem";
    case LINK_CONNECT:
        return "Connecting to the server";
    case LINK_TLS:
        return "Encrypting the connection";
    case LINK_LOGIN:
        return "Logging in";
    case LINK_ONLINE:
        return "Online";
    case LINK_WAIT:
        return "Waiting to try again";
    case LINK_REFUSED:
        return "Refused by the server";
    }
    return "";
}

void daemon_format_status(const struct daemon *daemon, char *out, size_t size)
{
    const char *note = daemon->status_note;

    const char *missing = conf_missing_words(daemon->conf->missing);

    snprintf(out, size, "%s%s%s%s%s%s%s", daemon->status, *missing ? "; still to be configured: " : "",
             missing, *note ? "; " : "", note, daemon->disk_note[0] ? "; disk: " : "", daemon->disk_note);
}

void daemon_show_status(struct daemon *daemon)
{
    char status[DAEMON_STATUS_MAX];

    if (!daemon->stopping) { /* else systemd shows what the stop waits for */
        daemon_format_status(daemon, status, sizeof(status));
        notify_status(&daemon->notify, status);
    }
}

void daemon_on_disk(void *arg, const char *why)
{
    struct daemon *daemon = arg;

    snprintf(daemon->disk_note, sizeof(daemon->disk_note), "%s", why);
    daemon_show_status(daemon);
}

void daemon_on_link(void *arg, const struct link_change *change)
{
    struct daemon *daemon = arg;
    struct link_info info;

    link_info(bridge_link(daemon->bridge), &info);
    daemon->waits_config = info.waits_config;
    daemon->link_state = change->state;
    snprintf(daemon->status, sizeof(daemon->status), "%s%s%s",
             daemon->waits_config ? "Not set up yet" : state_words(change->state), change->why[0] ? ": " : "",
             change->why);
    daemon_show_status(daemon);
    if (daemon->stopping) {
        return;
    }
    daemon_watch_config(daemon);
    if (change->state == LINK_OFF && daemon->link_wanted_again) {
        task_post(daemon->sched, &daemon->relink);
    }
}

void daemon_on_publish(void *arg, const char *channel, const void *message, size_t len)
{
    const struct daemon *daemon = arg;

    if (daemon->trace_on && strcmp(channel, BRIDGE_CHANNEL_TRACE) == 0 && len > TRACE_TIME_BYTES) {
        log_info("trace", "%.*s", (int)(len - TRACE_TIME_BYTES), (const char *)message + TRACE_TIME_BYTES);
    }
}

void daemon_say_hello(const struct conf *conf, const char *files)
{
    const struct link_config *link = &conf->bridge.link;

    log_notice("daemon", "blynkd " BLYNKD_VERSION ", configuration from %s", files);
    if (conf->uplink == CONF_UPLINK_MODEM) {
        log_info("daemon", "modem %s on %s at %u baud", conf->modem.profile, conf->port.path,
                 conf->port.baud);
    } else {
        log_info("daemon", "uplink: the host's own network");
    }
    if (link->port) {
        log_info("daemon", "server %s:%u", link->host, link->port);
    } else {
        log_info("daemon", "server %s", link->host);
    }
    log_info("daemon", "local programs at %s", conf->api.socket_path);
    if (!link->tls && !link->tls_by_modem) {
        log_notice("daemon", "TLS is off: the token and all values travel readable");
    }
}
