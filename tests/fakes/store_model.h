/*
 * What must reach the server from the rig's outbox, as simple as it can be said: of each pin, its writes in their
 * order. The test owns it and drives the rig through it; it fails the test on the first thing that comes in the wrong
 * place. It never looks into the outbox.
 */
#ifndef STORE_MODEL_H
#define STORE_MODEL_H

#include "store_rig.h"

#define STORE_MODEL_PINS 8

enum store_fate { WAITS, MAY_BE_LOST };

struct store_written {
    unsigned pin;
    unsigned group; /* members of its group; 1: alone */
    uint64_t ticket;
    enum store_fate fate;
};

/* Of a pin: the numbers written to it, in order. */
struct store_line {
    unsigned *numbers;
    size_t count, room;
    size_t done;  /* so many of the first are confirmed */
    size_t next;  /* expected next in this session */
    size_t floor; /* confirmed before a kill: their rows may still have been there */
};

struct store_model {
    struct store_rig rig;
    struct store_written *all; /* by number */
    unsigned count, room;
    struct store_line lines[STORE_MODEL_PINS];
    unsigned repeats, lost;
};

void store_model_begin(struct store_model *model);
void store_model_end(struct store_model *model);
/* A group of so many, or one alone, to pins that follow each other. What outbox_write_group() answered. */
int store_model_write(struct store_model *model, unsigned first_pin, unsigned group);
/* How many writes the server got. */
size_t store_model_send(struct store_model *model, size_t messages);
void store_model_confirm(struct store_model *model);
void store_model_session_lost(struct store_model *model);
/* The daemon ends, as by a power failure or in order, and another starts on its file. */
void store_model_kill(struct store_model *model);
void store_model_restart(struct store_model *model);
/* Until all has come; fails if something has not. */
void store_model_drain(struct store_model *model);

#endif
