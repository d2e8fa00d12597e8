/*
 * The daemon: all parts, in the order in which they stand on each other, and what is going on with them as a
 * whole. Owned by main(); there is one. It decides nothing about modems or Blynk: it builds, starts, reloads,
 * stops, and tells systemd.
 */
#ifndef BLYNKD_DAEMON_DAEMON_H
#define BLYNKD_DAEMON_DAEMON_H

#include "conf.h"
#include "notify.h"
#include "options.h"
#include "probe.h"

#include "watch.h"

#include "blynkd/base/timer.h"

#include <uv.h>

struct hotplug;

/* SIGTERM to the end of the process, at most. */
#define DAEMON_STOP_MS 5000
/* Of it: for the modem to close its connection, and then its port. */
#define DAEMON_LINK_GRACE_MS 4000

#define DAEMON_REFUSED_MAX 400

enum daemon_signal { DAEMON_SIGNAL_TERM, DAEMON_SIGNAL_INT, DAEMON_SIGNAL_HUP, DAEMON_SIGNALS };

struct daemon {
    const struct options *options;
    struct conf *conf;
    struct conf_origins *origins; /* of `conf` */
    struct notify notify;
    /* Bottom-up: each stands on those above this line. NULL: not built. */
    uv_loop_t loop;
    bool loop_made;
    struct sched *sched;
    struct port *port;
    struct hotplug *hotplug;
    struct modem *modem;
    struct power *command; /* switches power by commands */
    struct power *power;   /* by lines, else by commands */
    struct stream *stream;
    struct uplink *uplink; /* the modem's, or host_uplink */
    struct uplink *host_uplink;
    struct bridge *bridge;
    struct api_server *api;
    uv_signal_t signals[DAEMON_SIGNALS];
    struct watch *watch; /* of the configuration, while it is not finished */
    struct timer watchdog;
    struct timer stop_deadline;
    struct probe probe;
    struct task release; /* the last step of a stop, outside of the callback that allows it */
    struct task relink;
    bool stopping;
    bool trace_on;          /* the bridge was asked for the exchanges with the modem */
    bool link_wanted_again; /* a reload took the link down; it goes up again when it is off */
    enum link_state link_state;
    bool waits_config; /* the link does: for what is missing, or for what turned out to be of no use */
    char status[LINK_WHY_MAX + 64];            /* the last line about the link, without what a reload adds */
    char disk_note[200];                       /* why the disk cannot be written; "" it can */
    char status_note[DAEMON_REFUSED_MAX + 64]; /* what the last reload left to say; "" nothing */
    char refused[DAEMON_REFUSED_MAX];          /* why the last reload was refused; "" it was not */
    bool waits_restart[CONF_KEYS_MAX];         /* by index of the key: the file says something else */
};

/* In order, within DAEMON_STOP_MS; the reason is for the log. */
void daemon_stop(struct daemon *daemon, const char *why);

#define DAEMON_STATUS_MAX (LINK_WHY_MAX + 64 + 200 + DAEMON_REFUSED_MAX + 64 + 96)

void daemon_on_disk(void *arg, const char *why);
/* The words for a state of the link, kept in daemon->status, told to systemd. */
void daemon_on_link(void *arg, const struct link_change *change);
/* Exchanges with the modem go to the log if the configuration says so. */
void daemon_on_publish(void *arg, const char *channel, const void *message, size_t len);
/* daemon->status and the note behind it. */
void daemon_format_status(const struct daemon *daemon, char *out, size_t size);

/* The first lines of the log: what a person needs to see in a log that he is sent. `files`: what was read. */
void daemon_say_hello(const struct conf *conf, const char *files);

/* Gives the parts what the configuration says of pins, log and trace. */
void daemon_apply_live(struct daemon *daemon);
/* SIGHUP, CONFIG RELOAD, a saved file: reads the configuration again. False: it is wrong, and the old one stays;
 * daemon->refused says why. */
bool daemon_reload(struct daemon *daemon);
/* Tells systemd daemon->status with all notes. */
void daemon_show_status(struct daemon *daemon);
/* Begins or ends to look whether the file is saved: while it is not finished, and then until it has worked. */
void daemon_watch_config(struct daemon *daemon);

/* Writes a finding of conf_load() to the log. */
void daemon_log_finding(void *arg, enum conf_gravity gravity, const char *text);

/* settings.c: what the local interface may ask of the configuration. */
void daemon_offer_settings(struct daemon *daemon);

#endif
