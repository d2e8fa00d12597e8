#include "addresses.h"

#include <stdbool.h>

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
