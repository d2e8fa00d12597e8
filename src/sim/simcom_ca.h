/*
 * SIMCom's CA stack (SIM7070/7080/7090 and the SIM7000 spoken to by it; family B of the fact sheet): command
 * tables, what it says by itself, and its state in struct modem. B1 to B7 name sections.
 */
#ifndef SIM_SIMCOM_CA_H
#define SIM_SIMCOM_CA_H

#include "at.h"
#include "files.h"
#include "link_tls.h"
#include "profile.h"

#include <stdbool.h>
#include <stdint.h>

#define SIMCOM_CA_SEND_MAX 1460
#define SIMCOM_CA_CONTEXTS 4
#define SIMCOM_CA_SOCKETS  13 /* cid 0 to 12; the profile may have fewer */

#define SIMCOM_CA_CIPHERS 8

/* SSL context 0, the only one that is simulated; forgotten at a reboot. */
struct simcom_ca_ssl {
    bool files_open; /* CFSINIT */
    bool no_dates, datagrams;
    int version; /* 0: never chosen, 1 to 3: TLS 1.0 to 1.2, 4 and 5: for datagrams */
    unsigned ciphers[SIMCOM_CA_CIPHERS];
    char file[FILE_NAME_MAX]; /* that is being written */
    char ca[FILE_NAME_MAX], name[LINK_TLS_NAME_MAX];
};

struct simcom_ca {
    /* bits of contexts */
    unsigned active, activating, automatic;
    /* bits of cids: not closed by the host yet, named by AT+CACID, with TLS, host name unknown */
    unsigned used, named, secure, unresolved;
    uint8_t context[SIMCOM_CA_SOCKETS];
    int sending;
    struct simcom_ca_ssl ssl;
    bool async;         /* CACFG="ASYNCOPEN",1 */
    bool says_address;  /* CASRIP=1 */
    long auto_close_ms; /* CACFG="ATOCLOSE"; 0: off */
};

extern const struct at_command simcom_ca_bearer_commands[]; /* simcom_ca_bearer.c */
extern const struct at_command simcom_ca_commands[];        /* simcom_ca.c */
extern const struct at_command simcom_ca_data_commands[];   /* simcom_ca_data.c */
extern const struct at_command simcom_ca_ssl_commands[];    /* simcom_ca_ssl.c */
extern const struct family simcom_ca_family;

struct link *simcom_ca_link(struct modem *modem, const struct at_call *call, int index);
bool simcom_ca_is_used(const struct modem *modem, const struct link *link);
/* How the link is to be opened, plain or not. */
void simcom_ca_ssl_wish(const struct modem *modem, struct link *link, const char *host);
int simcom_ca_wrong_state(struct modem *modem);
void simcom_ca_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);

/* The cid is free again, whatever was on it. */
void simcom_ca_release(struct modem *modem, struct link *link);
/* The sockets of a context end: told by +CASTATE, or (the host wants it) without a word. */
void simcom_ca_end_sockets(struct modem *modem, unsigned contexts, bool lost);

void simcom_ca_bearer_lost(struct modem *modem);
/* Contexts that were activated with 2 come back by themselves. */
void simcom_ca_bearer_returns(struct modem *modem);

/* The firmware falls over, and only power helps (variant fragile). */
int simcom_ca_crash(struct modem *modem, const char *why);

#endif
