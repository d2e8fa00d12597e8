#include "uart.h"

#include "print.h"
#include "pty.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Measured: a 2 ms tick keeps 115200 baud exact over seconds at 460 wake-ups a second. */
#define TICK_MS          2
#define ROOM_AGAIN_BYTES 2048

struct uart_port {
    struct pty pty;
    uv_poll_t io, opens;
    struct uart *uart;
    int closing;
};

static void serve(struct uart *uart);

/* ---- the queue ---- */

static void out_consume(struct uart *uart, size_t count)
{
    uart->out_head = (uart->out_head + count) % UART_OUT_BYTES;
    uart->out_length -= count;
    uart->position += count;
}

static void report_progress(struct uart *uart)
{
    if (uart->position >= uart->mark_at) {
        uart->mark_at = UINT64_MAX;
        uart->events->marked(uart->owner);
    }
    if (uart->out_length <= ROOM_AGAIN_BYTES)
        uart->events->room(uart->owner);
}

void uart_drop_output(struct uart *uart)
{
    out_consume(uart, uart->out_length);
    uart->tx_blocked = false;
    uart->tx.moving = false;
    report_progress(uart);
}

/* ---- host to modem ---- */

static void host_left(struct uart *uart)
{
    uart->host_open = false;
    uart->rx.moving = false;
    print_event("--", "the host closed the port");
    uart_drop_output(uart);
}

static void garble_all(uint8_t *bytes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((bytes[i] << 1) | 0x80);
}

/* Reads while the line allows; returns when it must wait, or when nothing is left to read. */
static void receive(struct uart *uart)
{
    struct uart_port *port = uart->port;

    while (uart->port == port && port != NULL && uart->rx.moving) {
        uint8_t buffer[1024];
        size_t wanted = wire_allows(&uart->rx, uart->baud, sizeof buffer);
        ssize_t count;

        if (wanted == 0)
            return;
        count = read(port->pty.master, buffer, wanted);
        if (count <= 0) {
            if (count < 0 && errno == EINTR)
                continue;
            uart->rx.moving = false;
            if (count < 0 && errno == EIO)
                host_left(uart);
            return;
        }
        wire_passed(&uart->rx, uart->baud, (size_t)count);
        uart->bytes_in += (uint64_t)count;
        if (uart->events->noisy(uart->owner))
            garble_all(buffer, (size_t)count);
        uart->events->bytes(uart->owner, buffer, (size_t)count);
    }
}

/* ---- modem to host ---- */

/* What the faults make of the next bytes. It depends on the position in the stream only, so that bytes the
 * terminal did not take come out the same at the next attempt. Returns the number to write. */
static size_t out_copy(const struct uart *uart, uint8_t *to, size_t count)
{
    size_t used = 0;

    for (size_t i = 0; i < count; i++) {
        uint64_t position = uart->position + i + 1;
        uint8_t byte = uart->out[(uart->out_head + i) % UART_OUT_BYTES];

        if (uart->lose_every > 0 && position % uart->lose_every == 0)
            continue;
        if (uart->garble_every > 0 && position % uart->garble_every == 0)
            byte ^= 0x55;
        to[used++] = byte;
    }
    if (uart->events->noisy(uart->owner))
        garble_all(to, used);
    return used;
}

static void send_piece(struct uart *uart, size_t count)
{
    uint8_t piece[512];
    size_t length = out_copy(uart, piece, count);
    ssize_t written = 0;

    if (length > 0)
        written = write(uart->port->pty.master, piece, length);
    if (written < 0) {
        uart->tx_blocked = errno == EAGAIN || errno == EINTR;
        if (!uart->tx_blocked)
            uart_drop_output(uart);
        return;
    }
    /* A short write with lost bytes in it cannot happen in practice (pieces are small), and would only lose
     * or repeat bytes of a line that is being damaged on purpose. */
    if ((size_t)written < length)
        count = uart->lose_every > 0 ? count : (size_t)written;
    wire_passed(&uart->tx, uart->baud, count);
    out_consume(uart, count);
    uart->bytes_out += (uint64_t)written;
}

static void transmit(struct uart *uart)
{
    while (uart->port != NULL && uart->out_length > 0 && !uart->tx_blocked) {
        size_t wanted = uart->out_length < 512 ? uart->out_length : 512;
        size_t count;

        if (uart->split_bytes > 0 && wanted > uart->split_bytes)
            wanted = uart->split_bytes;
        count = wire_allows(&uart->tx, uart->baud, wanted);
        if (count == 0)
            return;
        send_piece(uart, count);
        if (uart->split_bytes > 0)
            return;
    }
    uart->tx.moving = uart->out_length > 0;
}

/* ---- the loop's side ---- */

static void on_io(uv_poll_t *poll, int status, int events)
{
    struct uart_port *port = poll->data;
    struct uart *uart = port->uart;

    if (uart == NULL)
        return;
    if (status < 0 || (events & UV_WRITABLE) != 0)
        uart->tx_blocked = false;
    if (status < 0 || (events & ~UV_WRITABLE) != 0)
        wire_start(&uart->rx);
    serve(uart);
}

static void on_tick(uv_timer_t *timer)
{
    serve(timer->data);
}

static void arm(struct uart *uart)
{
    bool ticking = uart->rx.moving || (uart->out_length > 0 && !uart->tx_blocked);
    int events = 0;

    if (uart->port == NULL || !uart->host_open) {
        uv_timer_stop(&uart->tick);
        if (uart->port != NULL)
            uv_poll_stop(&uart->port->io);
        return;
    }
    if (!uart->rx.moving)
        events |= UV_READABLE;
    if (uart->tx_blocked)
        events |= UV_WRITABLE;
    if (events != 0)
        uv_poll_start(&uart->port->io, events, on_io);
    else
        uv_poll_stop(&uart->port->io);
    if (!ticking)
        uv_timer_stop(&uart->tick);
    else if (!uv_is_active((uv_handle_t *)&uart->tick))
        uv_timer_start(&uart->tick, on_tick, TICK_MS, 0);
}

static void serve(struct uart *uart)
{
    if (uart->serving)
        return;
    uart->serving = true;
    receive(uart);
    transmit(uart);
    uart->serving = false;
    arm(uart);
    report_progress(uart);
}

static void on_host_open(uv_poll_t *poll, int status, int events)
{
    struct uart_port *port = poll->data;
    struct uart *uart = port->uart;
    char buffer[sizeof(struct inotify_event) * 16];

    (void)status;
    (void)events;
    while (read(port->pty.opens, buffer, sizeof buffer) > 0)
        ;
    if (uart == NULL)
        return;
    if (!uart->host_open)
        print_event("--", "the host opened the port");
    uart->host_open = true;
    arm(uart);
}

/* ---- plugging ---- */

static void on_port_closed(uv_handle_t *handle)
{
    struct uart_port *port = handle->data;

    if (--port->closing == 0)
        free(port);
}

static int port_create(struct uart *uart)
{
    struct uart_port *port = calloc(1, sizeof *port);
    int result;

    if (port == NULL)
        return -ENOMEM;
    result = pty_open(&port->pty);
    if (result < 0) {
        free(port);
        return result;
    }
    port->uart = uart;
    uv_poll_init(uart->loop, &port->io, port->pty.master);
    uv_poll_init(uart->loop, &port->opens, port->pty.opens);
    port->io.data = port;
    port->opens.data = port;
    uv_poll_start(&port->opens, UV_READABLE, on_host_open);
    uart->port = port;
    return 0;
}

int uart_plug(struct uart *uart, const char *path)
{
    int result;

    if (uart->port != NULL)
        return 0;
    result = port_create(uart);
    if (result < 0)
        return result;
    uart->path = path;
    uart->host_open = false;
    uart->rx.moving = false;
    uart->tx_blocked = false;
    result = pty_link(path, uart->port->pty.pts);
    if (result < 0)
        uart_unplug(uart);
    return result;
}

void uart_unplug(struct uart *uart)
{
    struct uart_port *port = uart->port;

    if (port == NULL)
        return;
    pty_unlink(uart->path, port->pty.pts);
    uart->port = NULL;
    uart->host_open = false;
    uart->rx.moving = false;
    port->uart = NULL;
    port->closing = 2;
    uv_close((uv_handle_t *)&port->io, on_port_closed);
    uv_close((uv_handle_t *)&port->opens, on_port_closed);
    pty_close(&port->pty);
    uv_timer_stop(&uart->tick);
    uart_drop_output(uart);
}

int uart_init(struct uart *uart, uv_loop_t *loop, const struct uart_events *events, void *owner)
{
    uart->loop = loop;
    uart->events = events;
    uart->owner = owner;
    uart->mark_at = UINT64_MAX;
    uart->tick.data = uart;
    return uv_timer_init(loop, &uart->tick);
}

void uart_close(struct uart *uart)
{
    uart_unplug(uart);
    uv_close((uv_handle_t *)&uart->tick, NULL);
}

const char *uart_pts(const struct uart *uart)
{
    return uart->port != NULL ? uart->port->pty.pts : "(unplugged)";
}

long uart_host_baud(const struct uart *uart)
{
    return uart->port != NULL ? pty_host_baud(&uart->port->pty) : 0;
}

/* ---- writing ---- */

size_t uart_room(const struct uart *uart)
{
    return UART_OUT_BYTES - uart->out_length;
}

size_t uart_waiting(const struct uart *uart)
{
    return uart->out_length;
}

bool uart_write(struct uart *uart, const void *bytes, size_t count)
{
    const uint8_t *from = bytes;

    if (count > uart_room(uart)) {
        uart->bytes_lost += count;
        print_event("--", "the host does not read: %zu bytes lost", count);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        uart->out[(uart->out_head + uart->out_length + i) % UART_OUT_BYTES] = from[i];
    uart->out_length += count;
    uart->queued += count;
    if (!uart->host_open) {
        uart_drop_output(uart);
        return true;
    }
    wire_start(&uart->tx);
    if (!uv_is_active((uv_handle_t *)&uart->tick))
        serve(uart);
    return true;
}

void uart_mark(struct uart *uart)
{
    uart->mark_at = uart->queued;
    if (uart->position >= uart->mark_at) {
        uart->mark_at = UINT64_MAX;
        uart->events->marked(uart->owner);
    }
}
