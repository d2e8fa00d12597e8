/*
 * u-blox SARA-R4 and R5 (part 2C of the fact sheet): sockets are made, then connected; the prompt is '@'.
 * Constant tables over the state in struct modem.
 */
#ifndef SIM_UBLOX_H
#define SIM_UBLOX_H

#include "at.h"
#include "profile.h"

#include <stdbool.h>

#define UBLOX_SOCKETS  7
#define UBLOX_SEND_MAX 1024
#define UBLOX_READ_MAX 1024

struct ublox {
    unsigned made;  /* bits: sockets of AT+USOCR */
    unsigned async; /* bits: a +UUSOCO is due */
    int sending, closing;
    int error;       /* of the last failure, for AT+USOER */
    bool mapped;     /* R5: AT+UPSD=0,100,1 */
    bool profile_up; /* R5: AT+UPSDA=0,3 */
    bool cgerep;     /* AT+CGEREP=2: +CGEV lines */
};

extern const struct at_command ublox_module_commands[]; /* ublox.c: identity, power */
extern const struct at_command ublox_bearer_commands[]; /* ublox_bearer.c: CGACT, UPSDA, names */
extern const struct at_command ublox_socket_commands[]; /* ublox_socket.c: USOCR, USOCO, USOCL, USOCTL */
extern const struct at_command ublox_data_commands[];   /* ublox_data.c: USOWR, USORD */
extern const struct family ublox_family;

bool ublox_is_r5(const struct modem *modem);

/* The socket that argument `index` names, NULL when it has not been made. */
struct link *ublox_socket(struct modem *modem, const struct at_call *call, int index);

/* What a socket command says that did not succeed; `error` is kept for AT+USOER. */
int ublox_failure(struct modem *modem, int error);

/* The sockets are gone without a word: the context that carried them is. */
void ublox_drop_sockets(struct modem *modem);

/* Context 1 comes with the registration, if the variant attach_context says so. */
void ublox_registered(struct modem *modem);
void ublox_bearer_lost(struct modem *modem);

void ublox_link_opened(struct modem *modem, struct link *link);
void ublox_link_failed(struct modem *modem, struct link *link);
void ublox_link_closed(struct modem *modem, struct link *link);
void ublox_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);

/* The peer has closed and all has been read: the socket is no more. */
void ublox_release(struct modem *modem, struct link *link);

#endif
