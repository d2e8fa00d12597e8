/*
 * blynkd: the table of contents. build() makes the parts bottom-up, each standing on those before it; release()
 * takes them down top-down; in between one loop runs. Whoever wants to know the daemon begins here.
 */
#include "actions.h"
#include "daemon.h"
#include "process.h"

#include "blynkd/base/secret.h"
#include "blynkd/io/hotplug.h"
#include "blynkd/net/tcp.h"
#include "blynkd/net/uplink.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* ---- the end ------------------------------------------------------------------------------------------- */

static void on_signal_closed(uv_handle_t *handle)
{
    (void)handle;
}

/* Top-down. Also takes down what build() has made before it failed. */
static void release(struct daemon *daemon)
{
    for (int i = 0; i < DAEMON_SIGNALS; i++) {
        if (daemon->signals[i].data) {
            uv_close((uv_handle_t *)&daemon->signals[i], on_signal_closed);
        }
    }
    if (daemon->bridge) {
        bridge_destroy(daemon->bridge);
    }
    api_server_destroy(daemon->api); /* after the bridge, which cannot forget a listener */
    if (daemon->modem) {
        modem_destroy(daemon->modem);
    }
    power_lines_destroy(daemon->power);
    power_command_destroy(daemon->command);
    if (daemon->host_uplink) {
        host_uplink_destroy(daemon->host_uplink);
    }
    if (daemon->stream) {
        tcp_stream_destroy(daemon->stream);
    }
    if (daemon->hotplug) {
        hotplug_destroy(daemon->hotplug);
    }
    if (daemon->port) {
        port_destroy(daemon->port);
    }
    watch_destroy(daemon->watch);
    daemon->watch = NULL;
    timer_stop(&daemon->watchdog);
    timer_stop(&daemon->stop_deadline);
    probe_end(daemon);
    if (daemon->sched) {
        sched_close(daemon->sched);
    }
}

/* Nothing is written after this; what the kernel can close, it closes. */
static _Noreturn void end_at_once(const char *why)
{
    log_warning("daemon", "%s", why);
    _exit(EXIT_SUCCESS);
}

static void on_stop_deadline(void *arg)
{
    (void)arg;
    end_at_once("not everything could be closed within 5 seconds; ending all the same");
}

static void on_release(void *arg)
{
    release(arg);
}

static void on_bridge_stopped(void *arg)
{
    struct daemon *daemon = arg;

    if (daemon->stopping) {
        task_post(daemon->sched, &daemon->release);
    }
}

static void on_api_closed(void *arg)
{
    struct daemon *daemon = arg;

    bridge_stop(daemon->bridge, DAEMON_LINK_GRACE_MS);
}

void daemon_stop(struct daemon *daemon, const char *why)
{
    daemon->stopping = true;
    log_notice("daemon", "stopping: %s", why);
    notify_stopping(&daemon->notify, "Closing the connection");
    timer_start(daemon->sched, &daemon->stop_deadline, DAEMON_STOP_MS);
    api_server_close(daemon->api, on_api_closed, daemon);
}

/* ---- while it runs --------------------------------------------------------------------------------------- */

static void on_signal(uv_signal_t *handle, int number)
{
    struct daemon *daemon = handle->data;

    if (number == SIGHUP) {
        if (!daemon->stopping && daemon->options->action == OPTIONS_RUN) {
            (void)daemon_reload(daemon);
        }
        return;
    }
    if (daemon->stopping) {
        end_at_once("a second signal: ending at once");
    }
    daemon_stop(daemon, number == SIGTERM ? "SIGTERM" : "SIGINT");
}

/* A modem that is waiting looks for its port by itself; a link that has given it up rests, maybe for minutes. */
static void look_for_port(struct daemon *daemon)
{
    struct link_info info;

    modem_look_again(daemon->modem);
    link_info(bridge_link(daemon->bridge), &info);
    if (info.blamed == UPLINK_LAYER_PORT && access(daemon->conf->port.path, F_OK) == 0) {
        link_restart(bridge_link(daemon->bridge), "the modem's port is there");
    }
}

static void on_device_change(void *arg)
{
    struct daemon *daemon = arg;

    look_for_port(daemon);
}

static void on_watchdog(void *arg)
{
    struct daemon *daemon = arg;

    notify_watchdog(&daemon->notify);
    timer_start(daemon->sched, &daemon->watchdog, daemon->notify.watchdog_ms);
}

static void on_relink(void *arg)
{
    struct daemon *daemon = arg;

    daemon->link_wanted_again = false;
    if (!daemon->stopping) {
        link_start(bridge_link(daemon->bridge), "with the changed configuration");
    }
}

/* ---- the beginning, bottom-up ---------------------------------------------------------------------------- */

static int build_loop(struct daemon *daemon)
{
    if (uv_loop_init(&daemon->loop) != 0) {
        return EXIT_OS_ERROR;
    }
    daemon->loop_made = true;
    daemon->sched = sched_create_uv(&daemon->loop);
    return daemon->sched ? 0 : EXIT_OS_ERROR;
}

static int build_modem(struct daemon *daemon)
{
    daemon->port = tty_port_create(&daemon->loop, &daemon->conf->port);
    if (!daemon->port) {
        return EXIT_OS_ERROR;
    }
    daemon->modem = modem_create(daemon->sched, daemon->port, &daemon->conf->modem);
    if (!daemon->modem) {
        return EXIT_OS_ERROR;
    }
    daemon->command = power_command_create(&daemon->loop, &daemon->conf->power);
    if (!daemon->command) {
        return EXIT_OS_ERROR;
    }
    daemon->power = power_lines_create(daemon->sched, gpio_host(), &daemon->conf->lines, daemon->command);
    if (!daemon->power) {
        return EXIT_OS_ERROR;
    }
    modem_set_power(daemon->modem, daemon->power);
    daemon->uplink = modem_uplink(daemon->modem);
    daemon->hotplug = hotplug_create(&daemon->loop, on_device_change, daemon);
    return daemon->hotplug ? 0 : EXIT_OS_ERROR;
}

static int build_host_network(struct daemon *daemon)
{
    daemon->stream = tcp_stream_create(&daemon->loop);
    if (!daemon->stream) {
        return EXIT_OS_ERROR;
    }
    daemon->host_uplink = host_uplink_create(daemon->sched, daemon->stream);
    daemon->uplink = daemon->host_uplink;
    return daemon->uplink ? 0 : EXIT_OS_ERROR;
}

static int build_bridge(struct daemon *daemon)
{
    static const struct bridge_events events = {.on_publish = daemon_on_publish,
                                                .on_link = daemon_on_link,
                                                .on_stopped = on_bridge_stopped,
                                                .on_disk = daemon_on_disk};

    daemon->bridge = bridge_create(daemon->sched, daemon->uplink, daemon->modem, &daemon->conf->bridge);
    if (!daemon->bridge || bridge_listen(daemon->bridge, &events, daemon) != 0) {
        return EXIT_OS_ERROR;
    }
    daemon_apply_live(daemon);
    return 0;
}

static int build_api(struct daemon *daemon)
{
    char why[256] = "";
    int fd = notify_listen_fd(why, sizeof(why));

    if (fd < -1) {
        log_error("daemon", "%s", why);
        return EXIT_NO_SOCKET;
    }
    if (fd < 0 && daemon->options->action == OPTIONS_PROBE) {
        log_error("daemon", "a probe is for a program that hands a socket over, such as blynkctl doctor");
        return EXIT_USAGE;
    }
    daemon->conf->api.listen_fd = fd;
    daemon->api = api_server_create(&daemon->loop, daemon->sched, daemon->bridge, &daemon->conf->api);
    if (!daemon->api) {
        return EXIT_OS_ERROR;
    }
    daemon_offer_settings(daemon);
    if (api_server_listen(daemon->api, why, sizeof(why)) != 0) {
        log_error("daemon", "%s", why);
        return EXIT_NO_SOCKET;
    }
    return 0;
}

static int build_signals(struct daemon *daemon)
{
    static const int numbers[DAEMON_SIGNALS] = {SIGTERM, SIGINT, SIGHUP};

    for (int i = 0; i < DAEMON_SIGNALS; i++) {
        if (uv_signal_init(&daemon->loop, &daemon->signals[i]) != 0) {
            return EXIT_OS_ERROR;
        }
        daemon->signals[i].data = daemon; /* tells release() that it must be closed */
        if (uv_signal_start(&daemon->signals[i], on_signal, numbers[i]) != 0) {
            return EXIT_OS_ERROR;
        }
    }
    return 0;
}

/* Nobody is listened to before it is known what waits from an earlier life. */
static int open_store(struct daemon *daemon)
{
    bridge_open(daemon->bridge);
    while (!bridge_is_ready(daemon->bridge)) {
        uv_run(&daemon->loop, UV_RUN_ONCE);
    }
    return 0;
}

static int build(struct daemon *daemon)
{
    bool through_modem = daemon->conf->uplink == CONF_UPLINK_MODEM;
    int code = build_loop(daemon);

    timer_init(&daemon->watchdog, on_watchdog, daemon);
    timer_init(&daemon->stop_deadline, on_stop_deadline, daemon);
    task_init(&daemon->release, on_release, daemon);
    task_init(&daemon->relink, on_relink, daemon);
    code = code ? code : through_modem ? build_modem(daemon) : build_host_network(daemon);
    code = code ? code : build_bridge(daemon);
    code = code ? code : build_signals(daemon);
    code = code ? code : open_store(daemon);
    code = code ? code : build_api(daemon);
    if (code == EXIT_OS_ERROR) {
        log_error("daemon", "the system gives no memory or handles to start with");
    }
    return code;
}

static void start(struct daemon *daemon)
{
    if (daemon->hotplug && hotplug_start(daemon->hotplug, daemon->conf->port.path) != 0) {
        log_info("daemon", "%s cannot be watched: a modem plugged in is found by the next try only",
                 daemon->conf->port.path);
    }
    if (daemon->notify.watchdog_ms) {
        timer_start(daemon->sched, &daemon->watchdog, daemon->notify.watchdog_ms);
    }
    daemon_watch_config(daemon);
    notify_ready(&daemon->notify, "Listening; starting the link");
    bridge_start(daemon->bridge);
    probe_start(daemon);
}

/* ---- main ------------------------------------------------------------------------------------------------ */

static int run(struct daemon *daemon, const char *files)
{
    notify_open(&daemon->notify);
    daemon_say_hello(daemon->conf, files);
    int code = probe_begin(daemon);
    code = code ? code : build(daemon);
    if (code) {
        release(daemon);
    } else {
        start(daemon);
    }
    if (daemon->loop_made) {
        uv_run(&daemon->loop, UV_RUN_DEFAULT);
        uv_loop_close(&daemon->loop);
    }
    if (!code) {
        log_notice("daemon", "stopped");
    }
    notify_close(&daemon->notify);
    return code;
}

/* Reads the configuration, then checks it only, or lives by it. */
static int run_with_config(const struct options *options)
{
    struct daemon daemon = {.options = options,
                            .conf = calloc(1, sizeof(struct conf)),
                            .origins = calloc(1, sizeof(struct conf_origins))};
    struct conf_request request = {.path = options->candidate ? options->candidate : options->config_path,
                                   .dropins_of = options->config_path,
                                   .origins = daemon.origins};
    struct conf_report report;
    struct buf files;
    int code = EXIT_CONFIG;

    if (!daemon.conf || !daemon.origins) {
        free(daemon.conf);
        free(daemon.origins);
        return EXIT_OS_ERROR;
    }
    process_harden();
    conf_report_init(&report);
    buf_init(&files, (size_t)CONF_PATH_MAX * (CONF_DROPINS_MAX + 2));
    request.files = &files;
    int error = conf_load_request(&request, daemon.conf, &report);
    if (options->action == OPTIONS_CHECK_CONFIG) {
        code = action_check_config(options, &report);
    } else {
        conf_report_each(&report, daemon_log_finding, NULL);
        code = error ? EXIT_CONFIG : run(&daemon, (const char *)buf_bytes(&files));
    }
    buf_free(&files);
    conf_report_free(&report);
    conf_wipe(daemon.conf);
    free(daemon.conf);
    free(daemon.origins);
    secret_forget_all();
    prctl(PR_SET_DUMPABLE, 1); /* nothing is left to hide, and leak checkers look at the end */
    return code;
}

int main(int argc, char **argv)
{
    struct options options;

    options_parse(argc, argv, &options);
    switch (options.action) {
    case OPTIONS_RUN:
    case OPTIONS_PROBE:
    case OPTIONS_CHECK_CONFIG:
        return run_with_config(&options);
    case OPTIONS_HELP_CONFIG:
        return action_help_config();
    case OPTIONS_LIST_MODEMS:
        return action_list_modems();
    case OPTIONS_VERSION:
        puts("blynkd " BLYNKD_VERSION);
        return EXIT_SUCCESS;
    case OPTIONS_HELP:
        options_print_help(stdout);
        return EXIT_SUCCESS;
    case OPTIONS_WRONG:
        return EXIT_USAGE;
    }
    return EXIT_USAGE;
}
