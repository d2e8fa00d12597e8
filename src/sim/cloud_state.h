/*
 * The simulated cloud as a whole: options, projects (one for each token), connections, counters. sim_cloud_main() owns the
 * one struct cloud; a connection owns itself from accept to the close callback. No file outside src/sim/cloud*
 * sees this.
 */
#ifndef BLYNKSIM_CLOUD_STATE_H
#define BLYNKSIM_CLOUD_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "cloud_bytes.h"
#include "cloud_fault.h"
#include "cloud_frame.h"
#include "cloud_listen.h"
#include "cloud_record.h"
#include "cloud_store.h"
#include "cloud_tls.h"

#define CLOUD_TOKEN_BYTES  32
#define CLOUD_TOKENS_MAX   16
#define CLOUD_ID_HTTP      111  /* message id of what the HTTP calls make the server send */
#define CLOUD_ID_INTERNAL  7777 /* and of acon, adis, ota */
#define CLOUD_NO_INFO_BODY 250  /* biggest body for a device that has not said its buff-in */

struct cloud_conn;

enum cloud_style { CLOUD_STYLE_LEGACY, CLOUD_STYLE_NEW };

struct cloud_options {
    struct sockaddr_storage listen, tls_listen; /* family 0: not wanted */
    struct cloud_tls_settings tls;
    const char *tls_port; /* as it was said: NULL, PORT or ADDR:PORT */
    double heartbeat_factor;
    unsigned default_heartbeat_s;
    enum cloud_style style;
    unsigned quota;   /* messages a second; 0: no limit */
    bool has_rtc;     /* an RTC widget stands in the project */
    int zone_minutes; /* east of UTC */
    size_t history_max;
    const char *control_path;
    bool quiet;
    uint32_t seed;
};

struct cloud_project {
    char token[CLOUD_TOKEN_BYTES + 1];
    struct cloud_store store;
    struct cloud_bytes pin_modes; /* body of the pin mode message, empty: none is sent */
    unsigned devices;             /* logged in at this moment */
};

struct cloud_counters {
    uint64_t frames_in[256], frames_out[256];
    uint64_t bytes_in, bytes_out;
    uint64_t logins, logins_refused, pings;
    uint64_t connections, http_requests;
    uint64_t writes_refused; /* answered with a status that is not 200 */
    uint64_t quota_drops, pushes_too_big;
    uint64_t closed_by_device, reset_by_device, closed_idle, closed_by_cloud;
    uint64_t tls_full, tls_resumed, tls_failed; /* handshakes */
};

struct cloud {
    struct cloud_options options;
    struct cloud_project projects[CLOUD_TOKENS_MAX];
    size_t project_count;
    struct cloud_faults faults;
    struct cloud_counters counters;

    uv_loop_t *loop;
    struct cloud_listener plain, secure;
    struct cloud_tls_server *tls_server; /* NULL: no TLS */
    struct cloud_records records;        /* of connections that are closed */
    uv_timer_t tick;
    uv_signal_t signal_term, signal_int;
    struct cloud_control *control;
    struct cloud_conn *conns; /* a list */
    unsigned conn_number;
    uint16_t phone_id; /* the app's own message ids */
    uint32_t random;
    bool ending;
};

uint64_t cloud_now_ms(const struct cloud *cloud); /* of the loop: grows evenly */
int64_t cloud_wall_ms(void);
struct cloud_project *cloud_find_project(struct cloud *cloud, const void *token, size_t len);
unsigned cloud_pin_max(const struct cloud *cloud);

/* Writes one line with the time, the connection's number (0: none) and the text; tokens in it are masked. */
void cloud_say(struct cloud *cloud, unsigned conn_number, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What time and faults demand; called every 50 ms and after each change of the faults. */
void cloud_tick_now(struct cloud *cloud);

/* Counters as one JSON object without a line end. */
void cloud_show_counters(struct cloud_bytes *out, struct cloud *cloud);

#endif
