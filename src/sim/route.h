/*
 * Where a name leads: the simulated modem's name service and its way into the network.
 * Owned by the modem, filled from the command line.
 * It never asks a real name server, and leaves this machine only when that was allowed.
 */
#ifndef SIM_ROUTE_H
#define SIM_ROUTE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ROUTE_HOST_MAX 101
#define ROUTE_IP_MAX   46
#define ROUTES_MAX     64

struct options;

struct route {
    char host[ROUTE_HOST_MAX];
    uint16_t port; /* 0: any */
    struct sockaddr_storage target;
};

struct routes {
    struct route all[ROUTES_MAX];
    int count;
    bool has_default, allow_any;
    struct sockaddr_storage fallback;
    /* Names that were looked up; number n is known to the host as 198.18.0.n+1. */
    char names[ROUTES_MAX][ROUTE_HOST_MAX];
    int names_count;
};

enum route_result {
    ROUTE_FOUND,
    ROUTE_NO_NAME,    /* does not resolve */
    ROUTE_UNREACHABLE /* an address from which nobody answers */
};

/* 0, or -EINVAL after the problem has been printed. */
int routes_init(struct routes *routes, const struct options *options);

/* `ip` becomes the address as the modem would show it. */
enum route_result route_find(struct routes *routes, const char *host, uint16_t port,
                             struct sockaddr_storage *target, char ip[ROUTE_IP_MAX]);

/* Name service alone: false when the name does not resolve. */
bool route_resolve(struct routes *routes, const char *host, char ip[ROUTE_IP_MAX]);

bool route_is_numeric(const char *host);

#endif
