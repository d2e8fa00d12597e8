/*
 * A link whose bytes the modem itself encrypts: between the link and its connection.
 * The link owns what is made here, and asks for it where a plain one speaks to its connection.
 * It never opens or closes a connection.
 */
#ifndef SIM_LINK_SECURE_H
#define SIM_LINK_SECURE_H

#include "link.h"

/* The connection is there: the handshake begins. */
enum link_tls_state link_secure_begin(struct link *link);
/* From the connection, before or after the end of the handshake. */
enum link_tls_state link_secure_take(struct link *link, const uint8_t *bytes, size_t count);
/* To the family, as far as there is room: a record of TLS may hold more. Nothing for a plain link. */
void link_secure_hand_on(struct link *link);
bool link_secure_send(struct link *link, const uint8_t *bytes, size_t count);
/* The link is being closed, plain or not. */
void link_secure_end(struct link *link);

#endif
