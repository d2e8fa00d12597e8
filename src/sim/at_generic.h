/*
 * Commands that several families share: line settings, identity, SIM, registration, signal, clock.
 * The tables are constant; profiles list them behind their family's own, which win.
 * They never touch TCP.
 */
#ifndef SIM_AT_GENERIC_H
#define SIM_AT_GENERIC_H

#include "at.h"

extern const struct at_command at_settings_commands[]; /* at_settings.c: E, V, &F, &W, CMEE, IPR ... */
extern const struct at_command at_identity_commands[]; /* at_identity.c: GSN, CIMI, CCLK ... */
extern const struct at_command at_network_commands[];  /* at_network.c: CPIN, CREG, CSQ, COPS, CGATT ... */

/* For families that only change the form of these. */
int at_set_pin(struct modem *modem, const struct at_call *call);
int at_ask_pin(struct modem *modem, const struct at_call *call);
int at_ask_attach(struct modem *modem);

/* "Registered and the access point is known": 0, or the +CME ERROR of the bearer. */
bool at_bearer_possible(const struct modem *modem);

/* Takes the APN of AT+CGDCONT=1,"IP","apn" and AT+CSTT="apn". */
void at_take_apn(struct modem *modem, const char *apn);

#endif
