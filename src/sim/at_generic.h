/*
 * Commands that several families share: line settings, identity, SIM, registration, signal, clock.
 * The tables are constant; profiles list them behind their family's own, which win.
 * They never touch TCP.
 */
#ifndef SIM_AT_GENERIC_H
#define SIM_AT_GENERIC_H

#include "at.h"

extern const struct at_command at_settings_commands[];       /* at_settings.c: E, V, &F, &W, CMEE, IPR ... */
extern const struct at_command at_identity_commands[];       /* at_identity.c: GSN, CIMI ... */
extern const struct at_command at_cclk_commands[];           /* at_clock.c: CCLK */
extern const struct at_command at_ctzu_commands[];           /* CTZU, CTZR */
extern const struct at_command quectel_gsm_clock_commands[]; /* QNITZ, QLTS */
extern const struct at_command quectel_lte_clock_commands[]; /* QLTS=1 */
extern const struct at_command at_network_commands[]; /* at_network.c: CPIN, CREG, CSQ, COPS, CGATT ... */

/* For families that only change the form of these. */
int at_set_pin(struct modem *modem, const struct at_call *call);
int at_ask_pin(struct modem *modem, const struct at_call *call);
int at_ask_attach(struct modem *modem);

/* AT+CDNSCFG="8.8.8.8","8.8.4.4" in the form that the variant allows. */
int at_set_names(struct modem *modem, const struct at_call *call);

/* "Registered and the access point is known": 0, or the +CME ERROR of the bearer. */
bool at_bearer_possible(const struct modem *modem);

/* Takes the APN of AT+CGDCONT=1,"IP","apn" and AT+CSTT="apn". */
void at_take_apn(struct modem *modem, const char *apn);

#endif
