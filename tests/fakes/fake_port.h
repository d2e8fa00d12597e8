/*
 * A port for tests, in virtual time. What a test feeds arrives from the loop, by default cut into odd pieces of
 * one to seven bytes (the same ones for the same seed); what is written is kept for the test to look at. The test
 * owns it (port_destroy() through the embedded port frees it). Never delivers anything from inside a call.
 */
#ifndef FAKE_PORT_H
#define FAKE_PORT_H

#include "blynkd/base/buf.h"
#include "blynkd/base/timer.h"
#include "blynkd/io/port.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fake_port {
    struct port port; /* give &fake->port to the code under test */
    struct sched *sched;
    bool is_open;
    unsigned opens;      /* successful ones */
    unsigned closes;     /* of an open port, on_down included */
    bool whole;          /* true: what is fed in one call arrives in one piece */
    size_t room;         /* bytes that may still be written; SIZE_MAX (the default): any number */
    bool was_short;      /* private: a write did not fit since the last on_room */
    int open_error;      /* not 0: port_open() fails with it; see fake_port_fail_open() */
    struct buf incoming; /* private: fed, not yet delivered */
    struct buf written;  /* not yet looked at */
    uint64_t random;     /* private */
    struct task deliver; /* private */
    struct task room_grew;
    struct task went_down;
    int down_error;
    const char *down_why;
    void (*on_written)(void *arg, const uint8_t *data,
                       size_t len); /* from inside port_write(); may be NULL */
    void (*on_open)(void *arg);     /* from inside port_open(); may be NULL */
    void *observer;
};

struct fake_port *fake_port_create(struct sched *sched, uint64_t seed);

/* Bytes that will arrive when the loop turns; dropped if the port is closed meanwhile, as on a real line. */
void fake_port_feed(struct fake_port *fake, const void *data, size_t len);
void fake_port_feed_text(struct fake_port *fake, const char *text);

/* Fails the test unless exactly this has been written since the last look; then forgets it. */
void fake_port_expect_written(struct fake_port *fake, const char *text);
void fake_port_expect_written_bytes(struct fake_port *fake, const void *data, size_t len);
void fake_port_expect_silence(struct fake_port *fake);
void fake_port_forget_written(struct fake_port *fake);

/* Bounds what can be written from now on; growing room is reported by on_room if a write was short. */
void fake_port_set_room(struct fake_port *fake, size_t bytes);

/* The next opens fail with this error (0: succeed again). `why` goes to port->why. */
void fake_port_fail_open(struct fake_port *fake, int error, const char *why);

/* The port fails, from the loop. `why` must be a constant. */
void fake_port_go_down(struct fake_port *fake, int error, const char *why);

#endif
