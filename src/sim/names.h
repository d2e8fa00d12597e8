/*
 * Which name servers the module asks, and whether they answer. Owned by the modem; the names themselves stand in
 * route.c. It never asks a real name server.
 */
#ifndef SIM_NAMES_H
#define SIM_NAMES_H

#include "at.h"

#include <stdbool.h>

#define NAMES_SERVERS  2
#define NAMES_TEXT_MAX 46

struct names {
    char server[NAMES_SERVERS][NAMES_TEXT_MAX];
};

/* Those that the network gives. */
void names_reset(struct modem *modem);
/* Two arguments from `first` on, the second may be missing; AT_ERROR if one is no address. */
int names_set(struct modem *modem, const struct at_call *call, int first);
int names_set_one(struct modem *modem, int which, const char *address);

/* False: whatever is asked, no name is found (faults and variants). Counts a use of the fault. */
bool names_answer(struct modem *modem);

#endif
