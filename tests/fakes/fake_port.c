#include "fake_port.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INCOMING_MAX ((size_t)4 << 20)
#define WRITTEN_MAX  ((size_t)4 << 20)
#define PIECE_MAX    7

static struct fake_port *fake_of(const struct port *port)
{
    return (struct fake_port *)(void *)port;
}

/* SplitMix64, so that the pieces do not depend on the C library. */
static uint64_t next_random(struct fake_port *fake)
{
    uint64_t z = (fake->random += UINT64_C(0x9E3779B97F4A7C15));

    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* ---- bytes in ---- */

/* One piece a turn: whatever else is due happens between two pieces. The copy catches who keeps a pointer. */
static void on_deliver(void *arg)
{
    struct fake_port *fake = arg;
    size_t waiting = buf_len(&fake->incoming);
    size_t piece = fake->whole ? waiting : 1 + (size_t)(next_random(fake) % PIECE_MAX);

    if (!fake->is_open || waiting == 0) {
        return;
    }
    if (piece > waiting) {
        piece = waiting;
    }
    uint8_t *copy = malloc(piece);
    assert_non_null(copy);
    memcpy(copy, buf_bytes(&fake->incoming), piece);
    buf_consume(&fake->incoming, piece);
    if (buf_len(&fake->incoming) > 0) {
        task_post(fake->sched, &fake->deliver);
    }
    fake->port.events.on_bytes(fake->port.arg, copy, piece);
    free(copy);
}

void fake_port_feed(struct fake_port *fake, const void *data, size_t len)
{
    if (!fake->is_open) {
        return;
    }
    assert_int_equal(buf_append(&fake->incoming, data, len), 0);
    task_post(fake->sched, &fake->deliver);
}

void fake_port_feed_text(struct fake_port *fake, const char *text)
{
    fake_port_feed(fake, text, strlen(text));
}

/* ---- bytes out ---- */

static size_t on_write(struct port *port, const uint8_t *data, size_t len)
{
    struct fake_port *fake = fake_of(port);
    size_t taken = len < fake->room ? len : fake->room;

    assert_true(fake->is_open);
    if (taken < len) {
        fake->was_short = true;
    }
    if (fake->room != SIZE_MAX) {
        fake->room -= taken;
    }
    assert_int_equal(buf_append(&fake->written, data, taken), 0);
    if (fake->on_written && taken > 0) {
        fake->on_written(fake->observer, data, taken);
    }
    return taken;
}

static size_t on_get_room(const struct port *port)
{
    return fake_of(port)->room;
}

static void on_room_grew(void *arg)
{
    struct fake_port *fake = arg;

    if (fake->is_open && fake->port.events.on_room) {
        fake->port.events.on_room(fake->port.arg);
    }
}

void fake_port_set_room(struct fake_port *fake, size_t bytes)
{
    bool grew = bytes > fake->room;

    fake->room = bytes;
    if (grew && fake->was_short) {
        fake->was_short = false;
        task_post(fake->sched, &fake->room_grew);
    }
}

static void show(const char *title, const uint8_t *data, size_t len)
{
    fprintf(stderr, "%s", title);
    for (size_t i = 0; i < len; i++) {
        if (data[i] >= ' ' && data[i] <= '~') {
            fputc(data[i], stderr);
        } else {
            fprintf(stderr, "\\x%02x", (unsigned)data[i]);
        }
    }
    fputc('\n', stderr);
}

void fake_port_expect_written_bytes(struct fake_port *fake, const void *data, size_t len)
{
    size_t written = buf_len(&fake->written);

    if (written != len || (len > 0 && memcmp(buf_bytes(&fake->written), data, len) != 0)) {
        show("expected to be written: ", data, len);
        show("really written:         ", buf_bytes(&fake->written), written);
        fail_msg("%s", "the port was given other bytes than expected");
    }
    buf_clear(&fake->written);
}

void fake_port_expect_written(struct fake_port *fake, const char *text)
{
    fake_port_expect_written_bytes(fake, text, strlen(text));
}

void fake_port_expect_silence(struct fake_port *fake)
{
    fake_port_expect_written_bytes(fake, "", 0);
}

void fake_port_forget_written(struct fake_port *fake)
{
    buf_clear(&fake->written);
}

/* ---- life ---- */

static int on_open(struct port *port)
{
    struct fake_port *fake = fake_of(port);

    assert_false(fake->is_open);
    if (fake->open_error) {
        return fake->open_error;
    }
    fake->is_open = true;
    fake->opens++;
    port->why[0] = '\0';
    if (fake->on_open) {
        fake->on_open(fake->observer);
    }
    return 0;
}

static void on_close(struct port *port)
{
    struct fake_port *fake = fake_of(port);

    fake->closes += fake->is_open;
    fake->is_open = false;
    fake->was_short = false;
    buf_clear(&fake->incoming);
    task_cancel(&fake->deliver);
    task_cancel(&fake->room_grew);
    task_cancel(&fake->went_down);
}

static void on_destroy(struct port *port)
{
    struct fake_port *fake = fake_of(port);

    on_close(port);
    buf_free(&fake->incoming);
    buf_free(&fake->written);
    free(fake);
}

static void on_went_down(void *arg)
{
    struct fake_port *fake = arg;

    if (!fake->is_open) {
        return;
    }
    on_close(&fake->port);
    fake->port.events.on_down(fake->port.arg, fake->down_error, fake->down_why);
}

void fake_port_go_down(struct fake_port *fake, int error, const char *why)
{
    fake->down_error = error;
    fake->down_why = why;
    task_post(fake->sched, &fake->went_down);
}

void fake_port_fail_open(struct fake_port *fake, int error, const char *why)
{
    fake->open_error = error;
    snprintf(fake->port.why, sizeof(fake->port.why), "%s", error ? why : "");
}

static const struct port_ops fake_ops = {
    .open = on_open,
    .write = on_write,
    .room = on_get_room,
    .close = on_close,
    .destroy = on_destroy,
};

struct fake_port *fake_port_create(struct sched *sched, uint64_t seed)
{
    struct fake_port *fake = calloc(1, sizeof(*fake));

    assert_non_null(fake);
    fake->port.ops = &fake_ops;
    fake->sched = sched;
    fake->random = seed;
    fake->room = SIZE_MAX;
    buf_init(&fake->incoming, INCOMING_MAX);
    buf_init(&fake->written, WRITTEN_MAX);
    task_init(&fake->deliver, on_deliver, fake);
    task_init(&fake->room_grew, on_room_grew, fake);
    task_init(&fake->went_down, on_went_down, fake);
    return fake;
}
