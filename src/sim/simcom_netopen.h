/*
 * SIMCom's NETOPEN stack: SIM7600, A76xx, SIM5360 (family C of the fact sheet).
 * Constant tables over the state in struct modem.
 * After NETWORK CLOSED UNEXPECTEDLY it still says that it is open, until NETCLOSE.
 */
#ifndef SIM_SIMCOM_NETOPEN_H
#define SIM_SIMCOM_NETOPEN_H

#include "at.h"
#include "files.h"
#include "link_tls.h"
#include "profile.h"

#include <stdbool.h>
#include <stddef.h>

#define NETOPEN_SOCKETS  10
#define NETOPEN_SEND_MAX 1500

#define NETOPEN_CCH_SESSIONS 2
#define NETOPEN_SSL_CONTEXTS 10

/* The numbers of +IP ERROR (C4). */
enum netopen_error {
    NETOPEN_ALREADY_OPENED = 4,
    NETOPEN_ALREADY_CLOSED = 5,
    NETOPEN_NO_CLIENT = 7,
    NETOPEN_NOT_OPENED = 8,
    NETOPEN_NOT_CREATED = 11,
    NETOPEN_BAD_PARAMETER = 12,
    NETOPEN_SOCKET_OPENED = 16,
    NETOPEN_NO_DATA = 21
};

/* The result codes of the CCH channel (C8). */
enum netopen_cch_result {
    CCH_TIMEOUT = 5,
    CCH_TRANSFER_FAILED = 6,
    CCH_NETWORK = 9,
    CCH_NO_NAME = 13,
    CCH_CONNECT = 14,
    CCH_HANDSHAKE = 15,
    CCH_NO_CERTIFICATES = 19
};

/* AT+CSSLCFG. */
struct netopen_ssl {
    int version, mode; /* sslversion; authmode: 0 none, 1 the server, 2 both, 3 the client */
    bool no_dates, name;
    char ca[FILE_NAME_MAX];
};

/* The CCH channel (C8); of its two sessions the sets are bits. */
struct netopen_cch {
    bool started, report, manual; /* CCHSET: result of sends, data wait to be read */
    unsigned bound, tls;          /* CCHSSLCFG is set, CCHOPEN was of type 2 */
    int context[NETOPEN_CCH_SESSIONS];
    struct netopen_ssl contexts[NETOPEN_SSL_CONTEXTS];
    char file[FILE_NAME_MAX]; /* of the CCERTDOWN that is running */
};

/* AT+CGAUTH of context 1; type 0: none. */
struct netopen_auth {
    long type;
    char user[64], password[64];
};

struct simcom_netopen {
    bool opened;         /* NETOPEN; stays so when the network took the connection away */
    bool lost;           /* it did */
    bool coming;         /* the result of NETOPEN is still to come */
    bool context_up;     /* CGACT=1,1 */
    bool ims;            /* context 2 */
    bool echo;           /* of the payload: DATAECHO of the A76xx */
    bool error_texts;    /* CIPCCFG: +IP ERROR with words */
    bool receive_header; /* CIPCCFG: pushed data as +RECEIVE */
    bool head, sender;   /* CIPHEAD, CIPSRIP: the lines before pushed data */
    bool send_waits;     /* CIPSENDMODE=1 */
    long open_ms;        /* CIPTIMEOUT */
    int sending;
    size_t awaited; /* bytes whose +CIPSEND is still to come, with CIPSENDMODE=1 */
    int opening;    /* link whose CIPOPEN waits for its OK, -1: none; see the variant result_first */
    struct netopen_cch cch;
    struct netopen_auth auth;
    unsigned no_name; /* bits: links that fail because their name does not resolve */
};

extern const struct at_command simcom_netopen_module_commands[];
extern const struct at_command simcom_netopen_commands[];
extern const struct at_command simcom_netopen_link_commands[];
extern const struct at_command simcom_netopen_read_commands[];
extern const struct at_command simcom_netopen_cch_commands[];
extern const struct at_command simcom_netopen_ssl_commands[];
extern const struct at_command simcom_netopen_info_commands[];
extern const struct family simcom_netopen_family;

/* NETOPEN has been done, and the network has not taken it away. */
bool netopen_is_up(const struct modem *modem);
bool netopen_is_a76(const struct modem *modem);

/* +IP ERROR and the ERROR behind it, as the status of the command. */
int netopen_error(struct modem *modem, enum netopen_error error);
struct link *netopen_link(struct modem *modem, const struct at_call *call, int index);

void netopen_link_opened(struct modem *modem, struct link *link);
void netopen_link_failed(struct modem *modem, struct link *link);
void netopen_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void netopen_link_closed(struct modem *modem, struct link *link);
void netopen_link_sent(struct modem *modem, struct link *link);

/* The host has been given so many bytes: a link that the peer has closed is free again once all has been read. */
void netopen_taken(struct link *link, size_t count);

/* Why the link has failed; asked once. */
bool netopen_had_no_name(struct modem *modem, const struct link *link);

/* The OK and the connection attempt; netopen_say_result() follows once it is known how that ends. */
int netopen_open(struct modem *modem, struct link *link, const char *host, uint16_t port);
void netopen_say_result(struct modem *modem, const struct link *link, const char *text);

void netopen_cch_opened(struct modem *modem, struct link *link);
void netopen_cch_failed(struct modem *modem, struct link *link);
void netopen_cch_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void netopen_cch_closed(struct modem *modem, struct link *link);
void netopen_cch_lost(struct modem *modem);

/* As after a boot. */
void netopen_ssl_reset(struct modem *modem);
/* Why the session's settings lead to no handshake, as the number that +CCHOPEN says; 0: they do. */
int netopen_ssl_obstacle(const struct modem *modem, int session);
void netopen_ssl_wish(const struct modem *modem, int session, const char *host, struct link_tls_wish *wish);

#endif
