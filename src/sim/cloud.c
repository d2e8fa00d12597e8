#include "cloud.h"

#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "cloud_conn_tls.h"
#include "cloud_control.h"
#include "cloud_device.h"
#include "cloud_options.h"
#include "cloud_state.h"

#define TICK_MS    50
#define LINE_BYTES 2048

uint64_t cloud_now_ms(const struct cloud *cloud)
{
    return uv_now(cloud->loop);
}

int64_t cloud_wall_ms(void)
{
    struct timeval now;

    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

unsigned cloud_pin_max(const struct cloud *cloud)
{
    /* 256 virtual pins on the legacy server, 1000 datastreams at most on the new one. */
    return cloud->options.style == CLOUD_STYLE_LEGACY ? 255 : 999;
}

struct cloud_project *cloud_find_project(struct cloud *cloud, const void *token, size_t len)
{
    if (len != CLOUD_TOKEN_BYTES)
        return NULL;
    for (size_t i = 0; i < cloud->project_count; i++) {
        if (memcmp(cloud->projects[i].token, token, len) == 0)
            return &cloud->projects[i];
    }
    return NULL;
}

static void mask_tokens(struct cloud *cloud, char *line)
{
    for (size_t i = 0; i < cloud->project_count; i++) {
        char *at = line;

        while ((at = strstr(at, cloud->projects[i].token)) != NULL)
            memset(at, '*', CLOUD_TOKEN_BYTES);
    }
}

void cloud_say(struct cloud *cloud, unsigned conn_number, const char *format, ...)
{
    char line[LINE_BYTES];
    struct timeval now;
    struct tm parts;
    va_list args;

    if (cloud->options.quiet)
        return;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    mask_tokens(cloud, line);
    gettimeofday(&now, NULL);
    localtime_r(&now.tv_sec, &parts);
    printf("%02d:%02d:%02d.%03d ", parts.tm_hour, parts.tm_min, parts.tm_sec, (int)(now.tv_usec / 1000));
    if (conn_number > 0)
        printf("#%u ", conn_number);
    printf("%s\n", line);
    fflush(stdout);
}

static void show_frame_counts(struct cloud_bytes *out, const char *name, const uint64_t *counts)
{
    const char *comma = "";

    cloud_bytes_printf(out, "\"%s\":{", name);
    for (unsigned i = 0; i < 256; i++) {
        const char *word = cloud_command_name((uint8_t)i);

        if (counts[i] == 0)
            continue;
        if (word != NULL)
            cloud_bytes_printf(out, "%s\"%s\":%" PRIu64, comma, word, counts[i]);
        else
            cloud_bytes_printf(out, "%s\"%u\":%" PRIu64, comma, i, counts[i]);
        comma = ",";
    }
    cloud_bytes_append_text(out, "},");
}

void cloud_show_counters(struct cloud_bytes *out, struct cloud *cloud)
{
    const struct cloud_counters *counters = &cloud->counters;
    uint64_t lost = 0, devices = 0;

    for (size_t i = 0; i < cloud->project_count; i++) {
        lost += cloud->projects[i].store.samples_lost;
        devices += cloud->projects[i].devices;
    }
    cloud_bytes_append_byte(out, '{');
    show_frame_counts(out, "in", counters->frames_in);
    show_frame_counts(out, "out", counters->frames_out);
#define SHOW_COUNTER(name) cloud_bytes_printf(out, "\"" #name "\":%" PRIu64 ",", counters->name)
    SHOW_COUNTER(bytes_in);
    SHOW_COUNTER(bytes_out);
    SHOW_COUNTER(logins);
    SHOW_COUNTER(logins_refused);
    SHOW_COUNTER(pings);
    SHOW_COUNTER(connections);
    SHOW_COUNTER(http_requests);
    SHOW_COUNTER(writes_refused);
    SHOW_COUNTER(quota_drops);
    SHOW_COUNTER(pushes_too_big);
    SHOW_COUNTER(closed_by_device);
    SHOW_COUNTER(reset_by_device);
    SHOW_COUNTER(closed_idle);
    SHOW_COUNTER(closed_by_cloud);
    SHOW_COUNTER(tls_full);
    SHOW_COUNTER(tls_resumed);
    SHOW_COUNTER(tls_failed);
#undef SHOW_COUNTER
    cloud_bytes_printf(out, "\"tls_tickets_reused\":%" PRIu64 ",",
                       cloud_tls_server_tickets_reused(cloud->tls_server));
    cloud_bytes_printf(out, "\"devices\":%" PRIu64 ",\"history_lost\":%" PRIu64 "}", devices, lost);
}

void cloud_tick_now(struct cloud *cloud)
{
    bool refuse = cloud_fault_find(&cloud->faults, CLOUD_FAULT_REFUSE, cloud_now_ms(cloud)) != NULL;

    if (cloud->ending)
        return;
    if (refuse)
        cloud_listen_stop(cloud);
    else if (!cloud_listens(cloud) && cloud_listen_start(cloud) == 0)
        cloud_say(cloud, 0, "listening again");
    for (struct cloud_conn *conn = cloud->conns; conn != NULL; conn = conn->next)
        cloud_device_tick(conn);
}

static void on_tick(uv_timer_t *timer)
{
    cloud_tick_now(timer->data);
}

static void cloud_end(struct cloud *cloud)
{
    if (cloud->ending)
        return;
    cloud->ending = true;
    cloud_listen_stop(cloud);
    cloud_control_close(cloud);
    for (struct cloud_conn *conn = cloud->conns; conn != NULL; conn = conn->next)
        cloud_conn_close(conn);
    uv_close((uv_handle_t *)&cloud->tick, NULL);
    uv_close((uv_handle_t *)&cloud->signal_term, NULL);
    uv_close((uv_handle_t *)&cloud->signal_int, NULL);
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct cloud *cloud = handle->data;

    cloud_say(cloud, 0, "ending: signal %d", number);
    cloud_end(cloud);
}

static void cloud_start_handles(struct cloud *cloud)
{
    uv_timer_init(cloud->loop, &cloud->tick);
    uv_signal_init(cloud->loop, &cloud->signal_term);
    uv_signal_init(cloud->loop, &cloud->signal_int);
    cloud->tick.data = cloud;
    cloud->signal_term.data = cloud;
    cloud->signal_int.data = cloud;
    uv_timer_start(&cloud->tick, on_tick, TICK_MS, TICK_MS);
    uv_signal_start(&cloud->signal_term, on_signal, SIGTERM);
    uv_signal_start(&cloud->signal_int, on_signal, SIGINT);
}

/* Answers the exit status; in any case everything that was opened is closed when it returns. */
static int cloud_run(struct cloud *cloud)
{
    int result;

    cloud_start_handles(cloud);
    result = cloud_listen_start(cloud);
    if (result < 0)
        fprintf(stderr, "blynksim cloud: cannot listen: %s\n", uv_strerror(result));
    if (result == 0 && cloud->options.control_path != NULL) {
        result = cloud_control_open(cloud);
        if (result < 0)
            fprintf(stderr, "blynksim cloud: control socket %s: %s\n", cloud->options.control_path,
                    uv_strerror(result));
    }
    if (result < 0)
        cloud_end(cloud);
    else
        cloud_listen_say_ready(cloud);
    uv_run(cloud->loop, UV_RUN_DEFAULT);
    return result < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void cloud_free(struct cloud *cloud)
{
    for (size_t i = 0; i < CLOUD_TOKENS_MAX; i++) {
        cloud_store_free(&cloud->projects[i].store);
        cloud_bytes_free(&cloud->projects[i].pin_modes);
    }
    cloud_tls_server_free(cloud->tls_server);
    free(cloud);
}

/* What cannot be known before all options are. */
static bool cloud_prepare(struct cloud *cloud)
{
    char error[300] = "";

    cloud->plain = (struct cloud_listener){.cloud = cloud, .address = cloud->options.listen};
    cloud->secure =
        (struct cloud_listener){.cloud = cloud, .address = cloud->options.tls_listen, .tls = true};
    if (cloud->options.tls.cert_path != NULL) {
        cloud->tls_server = cloud_tls_server_open(&cloud->options.tls, error, sizeof error);
        if (cloud->tls_server == NULL)
            fprintf(stderr, "blynksim cloud: %s\n", error);
        if (cloud->tls_server == NULL)
            return false;
    }
    if (cloud_fault_check(cloud, error, sizeof error))
        return true;
    fprintf(stderr, "blynksim cloud: --fault: %s\n", error);
    return false;
}

int sim_cloud_main(int argc, char **argv)
{
    struct cloud *cloud = cloud_alloc(sizeof *cloud);
    enum cloud_options_result read = cloud_options_read(cloud, argc, argv);
    uv_loop_t loop;
    int status;

    if (read != CLOUD_OPTIONS_RUN) {
        cloud_free(cloud);
        return read == CLOUD_OPTIONS_HELP ? EXIT_SUCCESS : 2;
    }
    if (!cloud_prepare(cloud)) {
        cloud_free(cloud);
        return EXIT_FAILURE;
    }
    signal(SIGPIPE, SIG_IGN);
    uv_loop_init(&loop);
    cloud->loop = &loop;
    cloud->random = cloud->options.seed != 0 ? cloud->options.seed : 1;
    status = cloud_run(cloud);
    uv_loop_close(&loop);
    cloud_free(cloud);
    return status;
}
