/*
 * One direction of a serial line: how many bytes may pass now at a given speed.
 * Owned by the uart, which has one for each direction.
 * Credit comes from the time that has passed, never from a count of ticks, so that late ticks lose nothing.
 */
#ifndef SIM_WIRE_H
#define SIM_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct wire {
    uint64_t free_at_ns; /* when the last byte will have passed */
    bool moving;
};

/* A line at rest has saved no credit. */
void wire_start(struct wire *wire);

/* Of `wanted` bytes so many may pass now; all with baud 0. */
size_t wire_allows(struct wire *wire, long baud, size_t wanted);
void wire_passed(struct wire *wire, long baud, size_t count);

#endif
