/*
 * Quectel's modules, both stacks: the GSM one (M95, MC60; part 2A of the fact sheet) and the LTE one (BG96 and its
 * relatives; part 2B). Constant tables over the state in struct modem. A1 to A14 and B1 to B12 name sections.
 */
#ifndef SIM_QUECTEL_H
#define SIM_QUECTEL_H

#include "at.h"
#include "profile.h"

#include <stdbool.h>

#define QUECTEL_SEND_MAX 1460
#define QUECTEL_READ_MAX 1500

/* A4; LTE modules know only "up" and "down". */
enum quectel_state { QUECTEL_INITIAL, QUECTEL_START, QUECTEL_GPRSACT, QUECTEL_STATUS, QUECTEL_DEACT };

struct quectel {
    enum quectel_state state;
    int mux, indi, name_mode, last_error;
    int sending;          /* link of the send that is running */
    bool echo;            /* of the payload: QISDE */
    unsigned used;        /* bits: numbers that were opened and not yet closed by the host (LTE) */
    unsigned late_failed; /* bits: opens of which the result is owed */
    int owed_error;       /* of the open that is running */
    int opening;
};

extern const struct at_command quectel_module_commands[];
extern const struct at_command quectel_gsm_commands[];
extern const struct at_command quectel_gsm_tcp_commands[];
extern const struct at_command quectel_lte_commands[];
extern const struct at_command quectel_lte_tcp_commands[];

extern const struct family quectel_gsm_family;
extern const struct family quectel_lte_family;

/* Shared by both: bytes that came wait for the host; the first of them are told of. */
void quectel_take(struct link *link, const uint8_t *bytes, size_t count);
void quectel_given(struct link *link, size_t count);

void quectel_sim_changed(struct modem *modem);

#endif
