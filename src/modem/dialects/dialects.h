/*
 * The dialects there are, for the profiles that name them. Each is a constant of its file. Never changed at run
 * time.
 */
#ifndef MODEM_DIALECTS_H
#define MODEM_DIALECTS_H

#include "dialect.h"

extern const struct dialect dialect_ai_thinker;
extern const struct dialect dialect_simcom_cip;
extern const struct dialect dialect_simcom_netopen;
extern const struct dialect dialect_simcom_netopen_a76;
extern const struct dialect dialect_simcom_netopen_3g;
extern const struct dialect dialect_simcom_ca;
extern const struct dialect dialect_simcom_ca_7000;
extern const struct dialect dialect_quectel_lte;
extern const struct dialect dialect_quectel_gsm;
extern const struct dialect dialect_neoway;
extern const struct dialect dialect_ublox_r4;
extern const struct dialect dialect_ublox_r5;
extern const struct dialect dialect_esp_at1;
extern const struct dialect dialect_esp_at2;

#endif
