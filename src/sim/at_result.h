/*
 * Final results in the words of the modem and in the form that the host has chosen (CMEE, V).
 * Stateless.
 * It never ends a command; it only says the last word.
 */
#ifndef SIM_AT_RESULT_H
#define SIM_AT_RESULT_H

struct modem;

/* Says what stands for `status`; nothing for AT_DONE, AT_SILENT and AT_PENDING. */
void at_result(struct modem *modem, int status);

/* The status for a command that does not exist in this firmware. */
int at_unknown(struct modem *modem);

#endif
