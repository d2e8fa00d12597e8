/*
 * The M590 of Neoway: a 2G modem with two links, an own stack behind AT+XIIC, and addresses only as numbers.
 * Owned by the modem; the command tables are listed by its profile.
 * It never resolves a name when it opens a connection (fact sheet, section 3).
 */
#ifndef SIM_NEOWAY_H
#define SIM_NEOWAY_H

#include "at.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NEOWAY_SEND_MAX 2000

struct link;
struct family;

struct neoway {
    int xisp;         /* 0: own stack, 1: the host's, by PPP */
    bool apn_defined; /* CGDCONT since the last XISP (3.3: the order matters) */
    size_t wanted;
};

extern const struct family neoway_family;

extern const struct at_command neoway_module_commands[]; /* neoway_module.c: identity, power, signal */
extern const struct at_command neoway_bearer_commands[]; /* neoway_bearer.c: XISP, XIIC, DNS */
extern const struct at_command neoway_tcp_commands[];    /* neoway_tcp.c: TCPSETUP, TCPSEND ... */

void neoway_link_opened(struct modem *modem, struct link *link);
void neoway_link_failed(struct modem *modem, struct link *link);
void neoway_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void neoway_link_closed(struct modem *modem, struct link *link);
void neoway_link_sent(struct modem *modem, struct link *link);
void neoway_bearer_lost(struct modem *modem);

#endif
