/*
 * Counts what TLS costs on the wire: connects to a server again and again with the daemon's own streams, resuming if
 * it can, writes what is worth a pin, and says a line about each connection. For tests/bench/tls only.
 *
 * usage: tls_client HOST PORT NAME CA_FILE COUNT     (the server must send each line back)
 */
#include "blynkd/base/timer.h"
#include "blynkd/net/tcp.h"
#include "blynkd/net/tls.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <uv.h>

#define PIN_BYTES 14 /* as in tests/bench/run */

struct client {
    uv_loop_t loop;
    struct sched *sched;
    struct stream *carrier;
    struct tls_stream *tls;
    const char *host;
    uint16_t port;
    int left;
    size_t out_bytes;
    size_t in_bytes;
    size_t record_bytes;
    size_t answered;
    uint8_t session[TLS_SESSION_MAX];
    size_t session_len;
    bool failed;
};

static void on_handshake(void *arg)
{
    struct client *client = arg;

    client->out_bytes = client->in_bytes = client->answered = client->record_bytes = 0;
}

static void on_sent(void *arg, size_t bytes)
{
    ((struct client *)arg)->out_bytes += bytes;
}

static void on_received(void *arg, size_t bytes)
{
    ((struct client *)arg)->in_bytes += bytes;
}

static enum tls_clock clock_now(void *arg, int64_t *wall_ms)
{
    (void)arg;
    *wall_ms = (int64_t)time(NULL) * 1000;
    return TLS_CLOCK_KNOWN;
}

static void on_session(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct client *client = arg;

    (void)name;
    memcpy(client->session, bytes, len);
    client->session_len = len;
}

static size_t take_session(void *arg, const char *name, uint8_t bytes[TLS_SESSION_MAX])
{
    struct client *client = arg;
    size_t len = client->session_len;

    (void)name;
    memcpy(bytes, client->session, len);
    client->session_len = 0;
    return len;
}

static void on_open(void *arg)
{
    struct client *client = arg;
    size_t before = client->out_bytes;

    stream_write(tls_stream_stream(client->tls), (const uint8_t *)"pin write 123\n", PIN_BYTES);
    client->record_bytes = client->out_bytes - before;
}

/* The answer comes behind the tickets, if there are any. */
static void on_bytes(void *arg, const uint8_t *data, size_t len)
{
    struct client *client = arg;

    (void)data;
    client->answered += len;
    if (client->answered < PIN_BYTES) {
        return;
    }
    const struct tls_info *info = tls_stream_info(client->tls);
    size_t out = client->out_bytes - client->record_bytes;
    size_t in = client->in_bytes - client->record_bytes; /* the answer is as long */
    printf("%s %s %zu %zu %zu\n", info->resumed ? "resumed" : "full", info->version, out, in,
           client->record_bytes);
    client->left--;
    stream_close(tls_stream_stream(client->tls));
}

static void on_room(void *arg)
{
    (void)arg;
}

static void connect_once(struct client *client)
{
    if (stream_open(tls_stream_stream(client->tls), client->host, client->port) != 0) {
        client->failed = true;
        client->left = 0;
    }
}

static void on_closed(void *arg, enum stream_fault fault, const char *why)
{
    struct client *client = arg;

    if (fault != STREAM_FAULT_NONE) {
        fprintf(stderr, "error: %s\n", why);
        client->failed = true;
        client->left = 0;
        return;
    }
    if (client->left > 0) {
        connect_once(client);
    }
}

static bool start(struct client *client, const char *name, const char *ca_file)
{
    static const struct tls_events events = {on_handshake, on_sent,    on_received,
                                             clock_now,    on_session, take_session};
    static const struct stream_events user = {on_open, on_bytes, on_room, on_closed};
    struct tls_config config = {.wall_ms = 0};
    char why[TLS_WHY_MAX];

    snprintf(config.ca_file, sizeof(config.ca_file), "%s", ca_file);
    struct tls_context *context = tls_context_create(&config, why);
    if (!context) {
        fprintf(stderr, "error: %s\n", why);
        return false;
    }
    uv_loop_init(&client->loop);
    client->sched = sched_create_uv(&client->loop);
    client->carrier = tcp_stream_create(&client->loop);
    client->tls = tls_stream_create(client->sched, client->carrier, &events, client);
    struct stream *stream = tls_stream_stream(client->tls);
    stream->events = user;
    stream->arg = client;
    tls_stream_use(client->tls, context, name);
    tls_context_destroy(context);
    return true;
}

int main(int argc, char **argv)
{
    static struct client client;

    if (argc != 6) {
        fprintf(stderr, "usage: tls_client HOST PORT NAME CA_FILE COUNT\n");
        return 64;
    }
    client.host = argv[1];
    client.port = (uint16_t)atoi(argv[2]);
    client.left = atoi(argv[5]);
    if (!start(&client, argv[3], argv[4])) {
        return 1;
    }
    connect_once(&client);
    while (client.left > 0) {
        uv_run(&client.loop, UV_RUN_ONCE);
    }
    uv_run(&client.loop, UV_RUN_NOWAIT);
    fflush(stdout);
    return client.failed ? 1 : 0;
}
