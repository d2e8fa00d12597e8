/* What happened to the spool, in words for people. Pure. */
#ifndef BLYNKD_BRIDGE_SPOOL_WHY_H
#define BLYNKD_BRIDGE_SPOOL_WHY_H

#include "blynkd/bridge/spool.h"

/* "" if there is nothing to be said. */
void spool_why_opened(const struct spool_state *state, char why[SPOOL_WHY_MAX]);
void spool_why_not_opened(int error, char why[SPOOL_WHY_MAX]);
void spool_why_not_stored(int error, char why[SPOOL_WHY_MAX]);

#endif
