/*
 * What sim_card.c (the card's state) and sim_pin.c (entering the PIN) share. Owned by sim_card.c. Never included
 * by others.
 */
#ifndef MODEM_SIM_CARD_PRIVATE_H
#define MODEM_SIM_CARD_PRIVATE_H

#include "sim_card.h"

#define SIM_CARD_PAUSE_MS 1000 /* between two questions for the state */

void sim_card_fail(struct sim_card *card, enum uplink_hope hope, const char *why);
void sim_card_ask(struct sim_card *card, enum sim_step step, const char *text,
                  const struct at_expect *expect);

/* The card wants its PIN: sends it, or says why not. */
void sim_card_enter_pin(struct sim_card *card);
void sim_card_on_tries(struct sim_card *card);
void sim_card_on_guard(void *arg, enum pin_verdict verdict, const char *why);
void sim_card_on_pin_answer(struct sim_card *card, const struct at_reply *reply);

#endif
