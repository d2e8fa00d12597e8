/*
 * Quectel's modules, both stacks: the GSM one (M95, MC60; part 2A of the fact sheet) and the LTE one (BG96 and its
 * relatives; part 2B). Constant tables over the state in struct modem. A1 to A14 and B1 to B12 name sections.
 */
#ifndef SIM_QUECTEL_H
#define SIM_QUECTEL_H

#include "at.h"
#include "files.h"
#include "link.h"
#include "profile.h"

#include <stdbool.h>
#include <stdint.h>

#define QUECTEL_SEND_MAX     1460
#define QUECTEL_READ_MAX     1500
#define QUECTEL_PACKET_MAX   1460
#define QUECTEL_PACKETS      64
#define QUECTEL_GSM_SOCKETS  6
#define QUECTEL_LTE_SOCKETS  12
#define QUECTEL_SSL_CONTEXTS 6

/* A4; LTE modules know only "up" and "down". */
enum quectel_state { QUECTEL_INITIAL, QUECTEL_START, QUECTEL_GPRSACT, QUECTEL_STATUS, QUECTEL_DEACT };

/* Received packets of a link that wait to be read (A8). */
struct quectel_packets {
    uint16_t size[QUECTEL_PACKETS];
    int count;
};

/* AT+QSSLCFG; forgotten at a reboot (B8). */
struct quectel_ssl {
    int version, level;
    bool name, no_dates;
    char ca[FILE_NAME_MAX];
};

/* What an open asks for. */
struct quectel_opening {
    long context, port, local, mode;
    const char *host;
};

struct quectel {
    enum quectel_state state;
    int sending;     /* link of the send that is running */
    bool echo;       /* of the payload: QISDE */
    bool context_up; /* by CGACT */
    /* GSM */
    int mux, indi, name_mode, prompt;
    bool was_closed; /* without QIMUX: a connection has ended, IP CLOSE */
    unsigned failed; /* bits: links with CONNECT FAIL and no QICLOSE yet */
    struct quectel_packets packets[LINKS_MAX];
    /* LTE */
    int last_error, context;
    unsigned used;     /* bits: numbers that were opened and not yet closed by the host */
    unsigned nameless; /* bits: opens of a name that does not resolve */
    unsigned push;     /* bits: access mode 1 */
    unsigned ssl;      /* bits: opened by QSSLOPEN */
    struct quectel_ssl contexts[QUECTEL_SSL_CONTEXTS];
    char file[FILE_NAME_MAX]; /* of the upload that is running */
    bool recvind, viewmode, close_told;
    bool urcs_here; /* by QURCCFG; the only setting here that survives a reboot */
};

extern const struct at_command quectel_module_commands[];
extern const struct at_command quectel_network_commands[];
extern const struct at_command quectel_gsm_commands[];
extern const struct at_command quectel_gsm_tcp_commands[];
extern const struct at_command quectel_gsm_data_commands[];
extern const struct at_command quectel_lte_commands[];
extern const struct at_command quectel_lte_tcp_commands[];
extern const struct at_command quectel_lte_data_commands[];

extern const struct at_command quectel_lte_ssl_commands[];
extern const struct at_command quectel_file_commands[];

extern const struct family quectel_gsm_family;
extern const struct family quectel_lte_family;

/* The payload in line.payload goes to the link of the running send; false: SEND FAIL. */
bool quectel_sent(struct modem *modem);

/* When the peer has closed: what waits can still be read, or not. */
void quectel_keep_unread(struct modem *modem, struct link *link);

void quectel_sim_changed(struct modem *modem);
int quectel_accept(struct modem *modem, const struct at_call *call);
int quectel_run_qisde(struct modem *modem, const struct at_call *call);

/* GSM: the link of a command; *next is the argument behind its number, which there is with QIMUX=1 only. */
struct link *quectel_gsm_link(struct modem *modem, const struct at_call *call, int *next);
const char *quectel_gsm_state(const struct modem *modem);
void quectel_gsm_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
const char *quectel_gsm_prompt(const struct modem *modem);

/* LTE */
struct link *quectel_lte_link(struct modem *modem, const struct at_call *call, int index);
bool quectel_lte_is_ssl(const struct modem *modem, const struct link *link);
/* Begins to open the number, taken from now on; the result follows. */
void quectel_lte_open(struct modem *modem, struct link *link, const struct quectel_opening *opening);
/* OK, and the number is free again. */
int quectel_lte_close(struct modem *modem, struct link *link);
int quectel_lte_state_number(const struct modem *modem, const struct link *link);
bool quectel_lte_urcs_come(const struct modem *modem);
void quectel_lte_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
const char *quectel_lte_prompt(const struct modem *modem);

#endif
