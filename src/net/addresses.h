/*
 * The order in which the addresses of a host are tried. Owned by tcp.c; pure. Never resolves or connects.
 */
#ifndef NET_ADDRESSES_H
#define NET_ADDRESSES_H

#include <netdb.h>
#include <stddef.h>

#define ADDRESSES_MAX 16 /* more are not tried */

/*
 * Keeps the resolver's order but lets IPv6 and IPv4 take turns, beginning with the family that it put first, so
 * that one broken family costs one deadline and not one for each of its addresses (RFC 8305, 4). Other families
 * are left out. Returns how many there are.
 */
size_t addresses_interleave(const struct addrinfo *found, const struct addrinfo *order[ADDRESSES_MAX]);

/* Which one is being tried, and what became of those before. */
struct addresses_tried {
    char now[64]; /* numeric; "": none yet */
    char result
        [136]; /* ": 192.0.2.1 connection refused, 192.0.2.2 ..." is appended, as far as there is room */
};

void addresses_try(struct addresses_tried *tried, const struct sockaddr *address);
/* The one being tried, if there is one, has failed with an error of libuv. */
void addresses_failed(struct addresses_tried *tried, int error);

#endif
