/*
 * The modem's serial port: a pseudo terminal whose bytes pass no faster than the baud rate allows.
 * Owned by the modem, which gets what the host writes through `bytes` and writes with uart_write().
 * It never looks into the bytes, and it never ticks while nothing is moving.
 */
#ifndef SIM_UART_H
#define SIM_UART_H

#include "wire.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define UART_OUT_BYTES 65536

struct uart_port;

struct uart_events {
    void (*bytes)(void *owner, const uint8_t *bytes, size_t count);
    void (*marked)(void *owner); /* everything written before uart_mark() has left */
    void (*room)(void *owner);   /* the queue has become short */
    bool (*noisy)(void *owner);  /* host and modem disagree about the speed: all bytes become noise */
};

struct uart {
    uv_loop_t *loop;
    uv_timer_t tick;
    struct uart_port *port; /* NULL while unplugged */
    const struct uart_events *events;
    void *owner;
    const char *path;
    long baud; /* 0: as fast as it goes */
    struct wire rx, tx;
    bool host_open, tx_blocked, serving;
    uint8_t out[UART_OUT_BYTES];
    size_t out_head, out_length;
    uint64_t bytes_in, bytes_out, bytes_lost;
    uint64_t queued, position; /* bytes ever queued, and how many of them have left or were dropped */
    uint64_t mark_at;          /* in the same count; UINT64_MAX: none */
    unsigned split_bytes, garble_every, lose_every; /* faults; 0: off */
};

int uart_init(struct uart *uart, uv_loop_t *loop, const struct uart_events *events, void *owner);
int uart_plug(struct uart *uart, const char *path);
void uart_unplug(struct uart *uart);
void uart_close(struct uart *uart);

const char *uart_pts(const struct uart *uart);
long uart_host_baud(const struct uart *uart);

/* Queues all or nothing; what finds no room is lost and counted, as on a line without flow control. */
bool uart_write(struct uart *uart, const void *bytes, size_t count);
size_t uart_room(const struct uart *uart);
size_t uart_waiting(const struct uart *uart);
void uart_mark(struct uart *uart);

/* Forgets what has not left yet: the modem has lost its power. */
void uart_drop_output(struct uart *uart);

#endif
