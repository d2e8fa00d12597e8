#include "addresses.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

static bool is_internet(int family)
{
    return family == AF_INET || family == AF_INET6;
}

/* The next address of the family at or behind `from`, or NULL. */
static const struct addrinfo *next_of(const struct addrinfo *from, int family)
{
    while (from && from->ai_family != family) {
        from = from->ai_next;
    }
    return from;
}

size_t addresses_interleave(const struct addrinfo *found, const struct addrinfo *order[ADDRESSES_MAX])
{
    size_t count = 0;

    while (found && !is_internet(found->ai_family)) {
        found = found->ai_next;
    }
    if (!found) {
        return 0;
    }
    const struct addrinfo *turn = found;
    const struct addrinfo *other = next_of(found, found->ai_family == AF_INET ? AF_INET6 : AF_INET);
    while (turn && count < ADDRESSES_MAX) {
        order[count++] = turn;
        const struct addrinfo *following = next_of(turn->ai_next, turn->ai_family);
        turn = other ? other : following;
        other = other ? following : NULL;
    }
    return count;
}

void addresses_try(struct addresses_tried *tried, const struct sockaddr *address)
{
    tried->now[0] = '\0';
    if (address->sa_family == AF_INET6) {
        uv_ip6_name((const struct sockaddr_in6 *)(const void *)address, tried->now, sizeof(tried->now));
    } else {
        uv_ip4_name((const struct sockaddr_in *)(const void *)address, tried->now, sizeof(tried->now));
    }
}

void addresses_failed(struct addresses_tried *tried, int error)
{
    size_t used = strlen(tried->result);

    if (tried->now[0]) {
        snprintf(tried->result + used, sizeof(tried->result) - used, "%s %s %s",
                 strchr(tried->result, ':') ? "," : ":", tried->now, uv_strerror(error));
    }
}
