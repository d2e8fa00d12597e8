/*
 * What the dialects of SIMCom's NETOPEN stack have in common: the data connection, and the lines that tell of it.
 * Constants of simcom_netopen_bearer.c, for simcom_netopen.c (plain TCP) and simcom_cch.c (the modem's own TLS).
 * Never anything that belongs to one kind of connection only.
 */
#ifndef MODEM_DIALECTS_SIMCOM_NETOPEN_H
#define MODEM_DIALECTS_SIMCOM_NETOPEN_H

#include "dialects.h"
#include "name_servers.h"

extern const struct at_step netopen_bearer_up[];
extern const struct at_step netopen_bearer_up_a76[];
extern const struct at_step netopen_bearer_up_3g[];
extern const struct at_step netopen_bearer_down[];
extern const struct at_step netopen_bearer_up_tls[];
extern const struct at_step netopen_bearer_up_tls_a76[];
extern const struct at_step netopen_bearer_down_tls[];
extern const struct at_step netopen_name_servers_bare[];

extern const char *const netopen_gone[];
extern const char *const netopen_there[];
extern const char *const netopen_lost[];
extern const char *const netopen_not_resolved[];

extern const struct at_expect netopen_expect_close;
extern const struct at_expect netopen_expect_quick;
extern const struct at_expect netopen_expect_state;
extern const struct at_expect netopen_expect_resolve;

extern const struct dialect dialect_simcom_cch;
extern const struct dialect dialect_simcom_cch_a76;

/* The numbers of everything that went wrong in the TLS channel are 1 to 19 (C8). */
#define CCH_FAILS(line)                                                                                      \
    line "1", line "2", line "3", line "4", line "5", line "6", line "7", line "8", line "9", line "1%d"

#define NETOPEN_NETWORK                                                                                      \
    .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0, .bearer = {"AT+NETOPEN?", &netopen_expect_state},      \
    .bearer_gone = netopen_gone, .bearer_there = netopen_there,                                              \
    .resolve = {"AT+CDNSGIP=\"{host}\"", &netopen_expect_resolve}, .resolve_failed = netopen_not_resolved,   \
    .reading = DIALECT_BUFFERED, .bearer_lost_lines = netopen_lost, .name_servers = name_servers_cdnscfg,    \
    .name_servers_again = netopen_name_servers_bare

#endif
