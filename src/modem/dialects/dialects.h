/*
 * The dialects there are, for the profiles that name them. Each is a constant of its file. Never changed at run
 * time.
 */
#ifndef MODEM_DIALECTS_H
#define MODEM_DIALECTS_H

#include "dialect.h"

extern const struct dialect dialect_ai_thinker;
extern const struct dialect dialect_simcom_cip;

#endif
