#include "device.h"

#include "blynkd/base/buf.h"
#include "blynkd/base/rival.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <uv.h>

#define OUT_MAX_BYTES  4096
#define READ_BYTES     4096
#define READS_PER_TURN 4 /* then others get their turn, however fast the bytes come */

/* One time of being open. It outlives its close until libuv has let go of the handles. */
struct session {
    struct tty_port *owner;
    uv_poll_t poll;
    uv_idle_t down; /* brings a failed write to the loop */
    int events;     /* what is polled for */
    int handles;
};

struct tty_port {
    struct port port;
    struct port_config config;
    uv_loop_t *loop;
    struct device device;
    struct session *session; /* NULL: closed */
    struct buf out;
    int error;         /* of a write; on_down follows from the loop */
    bool wants_room;   /* the user was given less than it wanted */
    bool doomed;       /* destroyed; freed with the last session */
    int sessions;      /* still in libuv's hands */
    struct look *look; /* under way */
};

/* Who else is on the port; outlives the port if need be. */
struct look {
    uv_work_t work;
    struct tty_port *owner; /* NULL: nobody wants to know any more */
    char path[256];
    char words[160];
};

static struct tty_port *tty_port_of(const struct port *port)
{
    return (struct tty_port *)(void *)port;
}

/* ---- closing ---- */

static void tty_free(struct tty_port *tty)
{
    buf_free(&tty->out);
    free(tty);
}

static void on_handle_closed(uv_handle_t *handle)
{
    struct session *session = handle->data;
    struct tty_port *tty = session->owner;

    if (--session->handles > 0) {
        return;
    }
    free(session);
    tty->sessions--;
    if (tty->doomed && tty->sessions == 0) {
        tty_free(tty);
    }
}

/* First libuv forgets the descriptor, then it is closed: a closed number may be somebody else's at once. */
static void tty_close(struct port *port)
{
    struct tty_port *tty = tty_port_of(port);
    struct session *session = tty->session;

    if (!session) {
        return;
    }
    tty->session = NULL;
    uv_poll_stop(&session->poll);
    uv_close((uv_handle_t *)&session->poll, on_handle_closed);
    uv_close((uv_handle_t *)&session->down, on_handle_closed);
    device_close(&tty->device);
    buf_clear(&tty->out);
    tty->error = 0;
    tty->wants_room = false;
}

static void tty_destroy(struct port *port)
{
    struct tty_port *tty = tty_port_of(port);

    tty_close(port);
    if (tty->look) {
        tty->look->owner = NULL;
    }
    tty->doomed = true;
    if (tty->sessions == 0) {
        tty_free(tty);
    }
}

/* Only from the loop. `error` is positive. */
static void go_down(struct tty_port *tty, int error)
{
    char why[sizeof(tty->port.why)];
    bool gone = error == EIO || error == EBADF || error == ENXIO || error == ENODEV;

    snprintf(why, sizeof(why), "the modem's port %.80s is gone: %s", tty->config.path,
             gone ? tty->device.backend->gone_words : strerror(error));
    tty_close(&tty->port);
    tty->port.events.on_down(tty->port.arg, gone ? -EIO : -error, why);
}

/* ---- bytes ---- */

static bool is_hung_up(int fd)
{
    struct pollfd pollfd = {.fd = fd, .events = POLLIN};

    return poll(&pollfd, 1, 0) > 0 && (pollfd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* Reads once; false: nothing more to read now, or the port is closed. */
static bool read_once(struct tty_port *tty)
{
    const struct session *session = tty->session;
    uint8_t bytes[READ_BYTES];
    ssize_t len = read(tty->device.fd, bytes, sizeof(bytes));

    if (len > 0) {
        tty->port.events.on_bytes(tty->port.arg, bytes, (size_t)len);
        return tty->session == session && (size_t)len == sizeof(bytes);
    }
    if (len < 0 && errno != EAGAIN && errno != EINTR) {
        go_down(tty, errno);
        return false;
    }
    /* With VMIN = 0 a read of nothing means either that there is nothing or that all is over. */
    if (len == 0 && is_hung_up(tty->device.fd)) {
        go_down(tty, EIO);
    }
    return false;
}

static void on_poll(uv_poll_t *handle, int status, int events);

static void update_poll(struct tty_port *tty)
{
    int events = UV_READABLE | (buf_len(&tty->out) ? UV_WRITABLE : 0);

    if (events != tty->session->events) {
        tty->session->events = events;
        uv_poll_start(&tty->session->poll, events, on_poll);
    }
}

/* Writes what the descriptor takes. Returns how much, or a negative errno. */
static ssize_t write_some(int fd, const uint8_t *data, size_t len)
{
    ssize_t written = write(fd, data, len);

    if (written >= 0) {
        return written;
    }
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

static void drain(struct tty_port *tty)
{
    ssize_t written = write_some(tty->device.fd, buf_bytes(&tty->out), buf_len(&tty->out));

    if (written < 0) {
        go_down(tty, (int)-written);
        return;
    }
    buf_consume(&tty->out, (size_t)written);
    update_poll(tty);
    if (written > 0 && tty->wants_room) {
        tty->wants_room = false;
        tty->port.events.on_room(tty->port.arg);
    }
}

/* A status below zero is how libuv tells a hang-up; UV_DISCONNECT never comes (facts/feasibility.md, 1). */
static void on_poll(uv_poll_t *handle, int status, int events)
{
    struct session *session = handle->data;
    struct tty_port *tty = session->owner;

    if (status < 0) {
        go_down(tty, -status);
        return;
    }
    if (events & UV_READABLE) {
        for (int i = 0; i < READS_PER_TURN && read_once(tty); i++) {
        }
    }
    if (tty->session == session && (events & UV_WRITABLE) && buf_len(&tty->out)) {
        drain(tty);
    }
}

static void on_down_idle(uv_idle_t *handle)
{
    struct session *session = handle->data;

    go_down(session->owner, session->owner->error);
}

static size_t tty_room(const struct port *port)
{
    const struct tty_port *tty = tty_port_of(port);

    return tty->session && !tty->error ? buf_room(&tty->out) : 0;
}

/* The port is lost, but the user must not hear of it before it is back in the loop. */
static void fail_later(struct tty_port *tty, int error)
{
    tty->error = error;
    uv_idle_start(&tty->session->down, on_down_idle);
}

/* Straight to the descriptor if nothing waits before it; what that does not take is queued. */
static size_t tty_write(struct port *port, const uint8_t *data, size_t len)
{
    struct tty_port *tty = tty_port_of(port);
    size_t room = tty_room(port);
    size_t taken = len < room ? len : room;
    ssize_t written = 0;

    if (taken && buf_len(&tty->out) == 0) {
        written = write_some(tty->device.fd, data, taken);
    }
    if (written < 0) {
        fail_later(tty, (int)-written);
        return 0;
    }
    if ((size_t)written < taken) {
        if (buf_append(&tty->out, data + written, taken - (size_t)written) != 0) {
            taken = (size_t)written; /* no memory: the user tries again when there is room */
        }
        update_poll(tty);
    }
    tty->wants_room = tty->wants_room || taken < len || tty_room(port) == 0;
    return taken;
}

/* ---- opening ---- */

static int start_session(struct tty_port *tty)
{
    struct session *session = calloc(1, sizeof(*session));

    if (!session) {
        return -ENOMEM;
    }
    int error = uv_poll_init(tty->loop, &session->poll, tty->device.fd);
    if (error) {
        free(session);
        return error;
    }
    uv_idle_init(tty->loop, &session->down);
    session->owner = tty;
    session->handles = 2;
    session->poll.data = session;
    session->down.data = session;
    tty->session = session;
    tty->sessions++;
    update_poll(tty);
    return 0;
}

/* ---- who else ---- */

static void look_work(uv_work_t *work)
{
    struct look *look = work->data;
    char path[PATH_MAX];

    if (realpath(look->path, path)) {
        rival_find("/proc", path, look->words, sizeof(look->words));
    }
}

static void on_looked(uv_work_t *work, int status)
{
    struct look *look = work->data;
    struct tty_port *tty = look->owner;

    (void)status;
    if (tty) {
        tty->look = NULL;
        memcpy(tty->port.rival, look->words, sizeof(tty->port.rival));
    }
    free(look);
}

static void tty_look(struct port *port)
{
    struct tty_port *tty = tty_port_of(port);
    struct look *look = tty->look ? NULL : calloc(1, sizeof(*look));

    if (!look) {
        return; /* one is under way; without memory nobody is accused */
    }
    look->work.data = look;
    look->owner = tty;
    memcpy(look->path, tty->config.path, sizeof(look->path));
    if (uv_queue_work(tty->loop, &look->work, look_work, on_looked) != 0) {
        free(look);
        return;
    }
    tty->look = look;
}

static int tty_open(struct port *port)
{
    struct tty_port *tty = tty_port_of(port);

    assert(!tty->session && !tty->doomed);
    port->why[0] = '\0';
    int error = device_open(&tty->device, &tty->config, port->why, sizeof(port->why));
    if (error == -EBUSY) {
        if (port->rival[0]) {
            memcpy(port->why, port->rival, sizeof(port->why));
        }
        tty_look(port);
    }
    if (error) {
        return error;
    }
    error = start_session(tty);
    if (error) {
        device_close(&tty->device);
        return device_explain(error, &tty->config, port->why, sizeof(port->why));
    }
    return 0;
}

static const struct port_ops tty_ops = {
    .open = tty_open,
    .write = tty_write,
    .room = tty_room,
    .close = tty_close,
    .destroy = tty_destroy,
    .look = tty_look,
};

struct port *tty_port_create(struct uv_loop_s *loop, const struct port_config *config)
{
    struct tty_port *tty = calloc(1, sizeof(*tty));

    if (!tty) {
        return NULL;
    }
    tty->port.ops = &tty_ops;
    tty->config = *config;
    tty->port.config = &tty->config;
    tty->loop = loop;
    buf_init(&tty->out, OUT_MAX_BYTES);
    return &tty->port;
}

void tty_port_configure(struct port *port, const struct port_config *config)
{
    tty_port_of(port)->config = *config;
}
