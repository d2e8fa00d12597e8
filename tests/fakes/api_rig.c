#include "api_rig.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "blynkd/net/uplink.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define DEADLINE_S 10
#define TOKEN      "abcdefghijklmnopqrstuvwxyz012345"

static time_t seconds_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Turns the loop once; sleeps at most a moment in it, so that what the test waits for outside is seen as well. */
void api_rig_turn(struct api_rig *rig)
{
    struct pollfd loop = {.fd = uv_backend_fd(&rig->loop), .events = POLLIN};

    if (uv_run(&rig->loop, UV_RUN_NOWAIT) && uv_backend_timeout(&rig->loop) != 0) {
        poll(&loop, 1, 1);
    }
}

void api_rig_until(struct api_rig *rig, bool (*done)(void *arg), void *arg, const char *what)
{
    time_t deadline = seconds_now() + DEADLINE_S;

    while (!done(arg)) {
        if (seconds_now() > deadline) {
            fail_msg("%s: not within %d s", what, DEADLINE_S);
        }
        api_rig_turn(rig);
    }
}

/* ---- the cloud ---- */

void api_rig_cloud_sends(struct api_rig *rig, enum blynk_command command, uint16_t id, const char *fields)
{
    struct buf frame;
    char body[256];
    size_t len = strlen(fields);

    assert_true(len < sizeof(body));
    for (size_t i = 0; i < len; i++) {
        body[i] = fields[i] == '|' ? '\0' : fields[i];
    }
    buf_init(&frame, 1024);
    assert_int_equal(blynk_frame_encode(&frame, command, id, body, len), 0);
    fake_stream_feed(rig->stream, buf_bytes(&frame), buf_len(&frame));
    buf_free(&frame);
}

static void cloud_responds(struct api_rig *rig, uint16_t id)
{
    struct buf frame;

    buf_init(&frame, 64);
    blynk_frame_encode_response(&frame, id, BLYNK_STATUS_OK);
    fake_stream_feed(rig->stream, buf_bytes(&frame), buf_len(&frame));
    buf_free(&frame);
}

static void note(struct api_rig *rig, const struct blynk_frame *frame)
{
    size_t used = strlen(rig->seen);
    int len = snprintf(rig->seen + used, sizeof(rig->seen) - used, "%s ", blynk_command_name(frame->command));

    used += (size_t)len;
    for (size_t i = 0; i < frame->body_len && used + 2 < sizeof(rig->seen); i++) {
        rig->seen[used++] = frame->body[i] ? (char)frame->body[i] : '|';
    }
    if (used + 2 < sizeof(rig->seen)) {
        rig->seen[used++] = '\n';
    }
    rig->seen[used] = '\0';
}

static void answer(struct api_rig *rig, const struct blynk_frame *frame)
{
    const char *body = (const char *)frame->body;

    if (frame->command == BLYNK_HW_LOGIN || frame->command == BLYNK_PING) {
        cloud_responds(rig, frame->id);
    } else if (frame->command == BLYNK_INTERNAL && memcmp(body, "meta\0get", 8) == 0) {
        api_rig_cloud_sends(rig, BLYNK_INTERNAL, frame->id, "meta|Name|Greenhouse");
    } else if (frame->command == BLYNK_INTERNAL && memcmp(body, "utc\0time", 8) == 0) {
        api_rig_cloud_sends(rig, BLYNK_INTERNAL, frame->id, "utc|time|1800000000123");
    } else if (frame->command == BLYNK_INTERNAL && memcmp(body, "rtc", 3) == 0) {
        api_rig_cloud_sends(rig, BLYNK_INTERNAL, frame->id, "rtc|1800000000");
    }
}

static void on_written(void *observer, const uint8_t *data, size_t len)
{
    struct api_rig *rig = observer;
    struct blynk_frame frame;

    while (blynk_parser_next(&rig->parser, &data, &len, &frame)) {
        note(rig, &frame);
        if (!rig->mute) {
            answer(rig, &frame);
        }
    }
}

static bool cloud_got(void *arg)
{
    const char *const *both = arg;

    return strstr(both[0], both[1]) != NULL;
}

void api_rig_cloud_gets(struct api_rig *rig, const char *line)
{
    const char *both[] = {rig->seen, line};

    api_rig_until(rig, cloud_got, both, line);
}

static bool is_online(void *arg)
{
    struct link_info info;

    link_info(bridge_link(arg), &info);
    return info.state == LINK_ONLINE;
}

void api_rig_go_online(struct api_rig *rig)
{
    bridge_start(rig->bridge);
    api_rig_until(rig, is_online, rig->bridge, "online");
}

/* ---- the house ---- */

static void on_bridge_stopped(void *arg)
{
    struct api_rig *rig = arg;

    rig->bridge_stopped = true;
}

static void on_server_closed(void *arg)
{
    struct api_rig *rig = arg;

    rig->server_closed = true;
}

static void on_publish(void *arg, const char *channel, const void *message, size_t len)
{
    (void)arg;
    (void)channel;
    (void)message;
    (void)len;
}

static void on_link(void *arg, const struct link_change *change)
{
    (void)arg;
    (void)change;
}

static struct bridge_config bridge_settings(void)
{
    struct bridge_config config = {
        .link = {.port = 80,
                 .session = {.heartbeat_ms = 10000,
                             .grace_ms = 20000,
                             .login_ms = 20000,
                             .rate_per_s = 0,
                             .burst = 10,
                             .confirm_messages = 64},
                 .connect_ms = 20000,
                 .retry_first_ms = 1000,
                 .retry_max_ms = 300000,
                 .lasted_ms = 60000,
                 .refused_ms = {60000, 300000, 900000, 3600000}},
        .outbox = {.max_entries = 1000, .max_bytes = 1024 * 1024},
        .request_ms = 15000,
    };

    snprintf(config.link.host, sizeof(config.link.host), "127.0.0.1");
    snprintf(config.link.session.token, sizeof(config.link.session.token), "%s", TOKEN);
    return config;
}

static bool is_ready(void *arg)
{
    return bridge_is_ready(arg);
}

static void make_bridge(struct api_rig *rig, void (*adjust)(struct bridge_config *config))
{
    static const struct bridge_events events = {
        .on_publish = on_publish, .on_link = on_link, .on_stopped = on_bridge_stopped};
    struct bridge_config config = bridge_settings();

    if (adjust) {
        snprintf(config.link.state_dir, sizeof(config.link.state_dir), "%s", rig->directory);
        adjust(&config);
    }
    rig->stream = fake_stream_create(rig->sched, 1);
    rig->stream->on_written = on_written;
    rig->stream->observer = rig;
    blynk_parser_init(&rig->parser);
    rig->uplink = host_uplink_create(rig->sched, &rig->stream->stream);
    rig->bridge = bridge_create(rig->sched, rig->uplink, NULL, &config);
    assert_non_null(rig->bridge);
    assert_int_equal(bridge_listen(rig->bridge, &events, rig), 0);
    bridge_open(rig->bridge);
    api_rig_until(rig, is_ready, rig->bridge, "ready");
}

struct api_rig *api_rig_create(void (*adjust)(struct api_config *config))
{
    return api_rig_create_kept(adjust, NULL);
}

struct api_rig *api_rig_create_kept(void (*adjust)(struct api_config *config),
                                    void (*adjust_bridge)(struct bridge_config *config))
{
    struct api_rig *rig = calloc(1, sizeof(*rig));
    char why[256] = "";

    assert_non_null(rig);
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(uv_loop_init(&rig->loop), 0);
    rig->sched = sched_create_uv(&rig->loop);
    snprintf(rig->directory, sizeof(rig->directory), "/tmp/blynkd-api-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    make_bridge(rig, adjust_bridge);
    api_config_init(&rig->config);
    snprintf(rig->config.socket_path, sizeof(rig->config.socket_path), "%s/socket", rig->directory);
    if (adjust) {
        adjust(&rig->config);
    }
    rig->server = api_server_create(&rig->loop, rig->sched, rig->bridge, &rig->config);
    assert_non_null(rig->server);
    if (api_server_listen(rig->server, why, sizeof(why))) {
        fail_msg("%s", why);
    }
    return rig;
}

static bool is_true(void *arg)
{
    return *(bool *)arg;
}

static void remove_spool(const struct api_rig *rig)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/spool.db", rig->directory);
    unlink(path);
    snprintf(path, sizeof(path), "%s/spool.db-wal", rig->directory);
    unlink(path);
}

void api_rig_destroy(struct api_rig *rig)
{
    api_server_close(rig->server, on_server_closed, rig);
    api_rig_until(rig, is_true, &rig->server_closed, "server closed");
    bridge_stop(rig->bridge, 100);
    api_rig_until(rig, is_true, &rig->bridge_stopped, "bridge stopped");
    bridge_destroy(rig->bridge);
    api_server_destroy(rig->server);
    host_uplink_destroy(rig->uplink);
    fake_stream_destroy(rig->stream);
    sched_close(rig->sched);
    uv_run(&rig->loop, UV_RUN_DEFAULT);
    assert_int_equal(uv_loop_close(&rig->loop), 0);
    remove_spool(rig);
    rmdir(rig->directory);
    free(rig);
}

/* ---- a program ---- */

int api_rig_connect(struct api_rig *rig)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    assert_true(fd >= 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", rig->config.socket_path);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

void api_rig_send_bytes(struct api_rig *rig, int fd, const void *bytes, size_t len)
{
    time_t deadline = seconds_now() + DEADLINE_S;
    const char *at = bytes;

    while (len > 0) {
        ssize_t sent = send(fd, at, len, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            len -= (size_t)sent;
        } else if (errno != EAGAIN || seconds_now() > deadline) {
            fail_msg("sending: %s", strerror(errno));
        }
        api_rig_turn(rig);
    }
}

void api_rig_send(struct api_rig *rig, int fd, const char *text)
{
    api_rig_send_bytes(rig, fd, text, strlen(text));
}

/* One byte; false: the server has closed. */
static bool read_byte(struct api_rig *rig, int fd, char *byte, const char *what)
{
    time_t deadline = seconds_now() + DEADLINE_S;

    for (;;) {
        ssize_t got = recv(fd, byte, 1, 0);
        if (got == 1) {
            return true;
        }
        if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
            return false;
        }
        if (seconds_now() > deadline) {
            fail_msg("no answer within %d s, waiting for: %s", DEADLINE_S, what);
        }
        api_rig_turn(rig);
    }
}

void api_rig_expect_bytes(struct api_rig *rig, int fd, const void *bytes, size_t len)
{
    char got[65536];

    assert_true(len < sizeof(got));
    for (size_t i = 0; i < len; i++) {
        if (!read_byte(rig, fd, &got[i], bytes)) {
            fail_msg("closed after '%.*s', expected: %s", (int)i, got, (const char *)bytes);
        }
        if (got[i] != ((const char *)bytes)[i]) {
            fail_msg("got '%.*s', expected: %s", (int)i + 1, got, (const char *)bytes);
        }
    }
}

void api_rig_expect(struct api_rig *rig, int fd, const char *text)
{
    api_rig_expect_bytes(rig, fd, text, strlen(text));
}

void api_rig_read_line(struct api_rig *rig, int fd, char *line, size_t size)
{
    size_t len = 0;

    for (;;) {
        char byte;
        if (!read_byte(rig, fd, &byte, "a line")) {
            fail_msg("closed in the middle of a line");
        }
        if (byte == '\n') {
            line[len > 0 && line[len - 1] == '\r' ? len - 1 : len] = '\0';
            return;
        }
        assert_true(len + 1 < size);
        line[len++] = byte;
    }
}

void api_rig_expect_line(struct api_rig *rig, int fd, const char *beginning)
{
    char line[1024];

    api_rig_read_line(rig, fd, line, sizeof(line));
    if (strncmp(line, beginning, strlen(beginning)) != 0) {
        fail_msg("got '%s', expected it to begin with '%s'", line, beginning);
    }
}

void api_rig_read_bulk(struct api_rig *rig, int fd, char *text, size_t size)
{
    char head[32];

    api_rig_read_line(rig, fd, head, sizeof(head));
    assert_true(head[0] == '$' || head[0] == '=');
    size_t len = strtoul(head + 1, NULL, 10);
    assert_true(len + 2 < size);
    for (size_t i = 0; i < len + 2; i++) {
        assert_true(read_byte(rig, fd, &text[i], "a bulk string"));
    }
    text[len] = '\0';
}

void api_rig_expect_end(struct api_rig *rig, int fd)
{
    char byte;

    while (read_byte(rig, fd, &byte, "the end of the connection")) {
    }
}

void api_rig_ask(struct api_rig *rig, int fd, const char *line, const char *reply)
{
    api_rig_send(rig, fd, line);
    api_rig_send(rig, fd, "\r\n");
    api_rig_expect(rig, fd, reply);
}
