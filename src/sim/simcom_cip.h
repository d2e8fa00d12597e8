/*
 * The SIMCom CIP family (SIM800 and its sisters): command tables and what it says by itself.
 * Constant tables over the state in struct modem.
 * Written from the vendor's manuals and logs; A1 to A10 name sections of the fact sheet.
 */
#ifndef SIM_SIMCOM_CIP_H
#define SIM_SIMCOM_CIP_H

#include "at.h"
#include "profile.h"

extern const struct at_command simcom_commands[];            /* simcom.c: identity, SIM, power */
extern const struct at_command simcom_cip_bearer_commands[]; /* simcom_cip_bearer.c */
extern const struct at_command simcom_sapbr_commands[];      /* simcom_sapbr.c */
extern const struct at_command simcom_cip_open_commands[];   /* simcom_cip_open.c */
extern const struct at_command simcom_cip_status_commands[]; /* simcom_cip_status.c */
extern const struct at_command simcom_cip_send_commands[];   /* simcom_cip_send.c */
extern const struct at_command simcom_cip_read_commands[];   /* simcom_cip_read.c */

extern const struct at_command simcom_gnss_commands[]; /* simcom_gnss.c */
extern const struct at_command simcom_lte_commands[];  /* simcom_lte.c */

extern const struct family simcom_cip_family;

/* simcom.c; the CA stack says the same. */
void simcom_sim_changed(struct modem *modem);

void simcom_cip_link_opened(struct modem *modem, struct link *link);
void simcom_cip_link_failed(struct modem *modem, struct link *link);
void simcom_cip_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void simcom_cip_link_closed(struct modem *modem, struct link *link);
void simcom_cip_link_sent(struct modem *modem, struct link *link);
void simcom_cip_bearer_lost(struct modem *modem);

/* The bearer of AT+SAPBR is lost; says so if it was open. */
void simcom_sapbr_lost(struct modem *modem);

/* The status for a command in a state that does not allow it. */
int simcom_cip_wrong_state(struct modem *modem);

/* "0, " in multiplexed mode, "" otherwise: what stands before a result about a link. */
const char *simcom_cip_prefix(const struct modem *modem, const struct link *link);

/* The variant extra_rxget_urc. */
void simcom_cip_say_extra(struct modem *modem, const struct link *link);

/* The link that the argument names (single mode: the first), NULL when there is no such number. `next` becomes
 * the index of the argument behind it. */
struct link *simcom_cip_link(struct modem *modem, const struct at_call *call, int index, int *next);

#endif
