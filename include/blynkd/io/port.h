/*
 * A port: bytes in and out of a tty. One vtable of four calls and three events, implemented by libserialport
 * (real ports), by plain termios (PTYs: socat, ser2net, CMUX, blynksim) and by the tests' fake, which cuts
 * everything into odd pieces. The maker owns the memory; the user owns the open/closed state. Never blocks.
 *
 * Events come from the loop only, never from inside a call on the same port. After on_down or port_close() no
 * further event comes until the next port_open().
 */
#ifndef BLYNKD_IO_PORT_H
#define BLYNKD_IO_PORT_H

#include <stddef.h>
#include <stdint.h>

struct port;
struct sched;
struct uv_loop_s;

/* How a real port is opened. `path` may be a symlink such as /dev/serial/by-id/...; it is resolved anew at
 * every open, so that a device which comes back under another number is found again. */
struct port_config {
    char path[256];
    uint32_t baud;
    int rtscts; /* 1: hardware flow control */
};

struct port_ops {
    int (*open)(struct port *port);
    size_t (*write)(struct port *port, const uint8_t *data, size_t len);
    size_t (*room)(const struct port *port);
    void (*close)(struct port *port);
    void (*destroy)(struct port *port);
    void (*look)(struct port *port); /* NULL: cannot */
};

struct port_events {
    void (*on_bytes)(void *arg, const uint8_t *data, size_t len);
    void (*on_room)(void *arg);                             /* room() has grown after a short write */
    void (*on_down)(void *arg, int error, const char *why); /* unplugged or failed; already closed */
};

struct port {
    const struct port_ops *ops;
    struct port_events events; /* set by the user before port_open() */
    void *arg;
    const struct port_config *config; /* of a real port; else NULL */
    char why[160];                    /* after a failed open: what is wrong and what to do, for people */
    char rival[160]; /* who else is on it, as of the last look: a sentence for people; "" = nobody seen */
};

/* 0, or a negative errno with port->why set: -ENOENT (not there), -EBUSY (somebody else holds it), -EACCES... */
static inline int port_open(struct port *port)
{
    return port->ops->open(port);
}

/* Takes up to room() bytes and returns how many. Written in order, as fast as the line takes them. */
static inline size_t port_write(struct port *port, const uint8_t *data, size_t len)
{
    return port->ops->write(port, data, len);
}

static inline size_t port_room(const struct port *port)
{
    return port->ops->room(port);
}

/* Idempotent; the port can be opened again. What was not yet written is dropped. */
static inline void port_close(struct port *port)
{
    port->ops->close(port);
}

/* Looks who else is on the port; `rival` tells it soon. Never waits. */
static inline void port_look(struct port *port)
{
    if (port->ops->look) {
        port->ops->look(port);
    }
}

/* Closes and frees (with libuv: when its handles are closed). */
static inline void port_destroy(struct port *port)
{
    port->ops->destroy(port);
}

/* Chooses libserialport or, for a path that leads to a PTY, termios, at every open. NULL: no memory. */
struct port *tty_port_create(struct uv_loop_s *loop, const struct port_config *config);

/* Changes path, baud, flow control; takes effect at the next open. */
void tty_port_configure(struct port *port, const struct port_config *config);

#endif
