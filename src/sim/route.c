#include "route.h"

#include "options.h"
#include "print.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* 198.18.0.0/15 is set aside for tests of networks (RFC 2544): such an address leads nowhere by itself. */
#define FAKE_NETWORK "198.18.0."

/* ---- reading ---- */

static bool read_port(const char *text, uint16_t *port)
{
    char *after;
    long number = strtol(text, &after, 10);

    if (after == text || *after != '\0' || number < 1 || number > 65535)
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool is_loopback(const struct sockaddr_storage *address)
{
    if (address->ss_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

static bool make_address(const char *ip, uint16_t port, struct sockaddr_storage *out)
{
    struct sockaddr_in *v4 = (struct sockaddr_in *)out;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

    memset(out, 0, sizeof *out);
    if (inet_pton(AF_INET, ip, &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
        return true;
    }
    if (inet_pton(AF_INET6, ip, &v6->sin6_addr) != 1)
        return false;
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
    return true;
}

/* 127.0.0.1:9443 or [::1]:9443 */
static bool read_target(const char *text, struct sockaddr_storage *out)
{
    char ip[ROUTE_IP_MAX + 2];
    const char *colon = strrchr(text, ':');
    size_t length;
    uint16_t port;

    if (colon == NULL || !read_port(colon + 1, &port))
        return false;
    length = (size_t)(colon - text);
    if (length >= 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    }
    if (length >= sizeof ip)
        return false;
    snprintf(ip, sizeof ip, "%.*s", (int)length, text);
    return make_address(ip, port, out);
}

static bool read_host(const char *text, size_t length, struct route *route)
{
    char copy[ROUTE_HOST_MAX + 8];
    char *colon;

    if (length >= sizeof copy)
        return false;
    snprintf(copy, sizeof copy, "%.*s", (int)length, text);
    colon = strrchr(copy, ':');
    if (colon == NULL || colon == copy || (size_t)(colon - copy) >= sizeof route->host)
        return false;
    *colon = '\0';
    snprintf(route->host, sizeof route->host, "%.*s", ROUTE_HOST_MAX - 1, copy);
    route->port = 0;
    return strcmp(colon + 1, "*") == 0 || read_port(colon + 1, &route->port);
}

static int check_target(const struct routes *routes, const char *text, const struct sockaddr_storage *target)
{
    if (routes->allow_any || is_loopback(target))
        return 0;
    print_problem("route %s leaves this machine; that needs --allow-any", text);
    return -EINVAL;
}

static int read_route(struct routes *routes, const char *text)
{
    struct route *route = &routes->all[routes->count];
    const char *equals = strchr(text, '=');

    if (equals == NULL || !read_host(text, (size_t)(equals - text), route) ||
        !read_target(equals + 1, &route->target)) {
        print_problem("--route %s: HOST:PORT=ADDRESS:PORT is expected", text);
        return -EINVAL;
    }
    routes->count++;
    return check_target(routes, text, &route->target);
}

int routes_init(struct routes *routes, const struct options *options)
{
    routes->allow_any = options->allow_any;
    for (int i = 0; i < options->routes.count; i++)
        if (read_route(routes, options->routes.text[i]) < 0)
            return -EINVAL;
    if (options->default_route == NULL)
        return 0;
    routes->has_default = true;
    if (!read_target(options->default_route, &routes->fallback)) {
        print_problem("--default-route %s: ADDRESS:PORT is expected", options->default_route);
        return -EINVAL;
    }
    return check_target(routes, options->default_route, &routes->fallback);
}

/* ---- asking ---- */

bool route_is_numeric(const char *host)
{
    struct sockaddr_storage unused;

    return make_address(host, 0, &unused);
}

static const struct route *find(const struct routes *routes, const char *host, uint16_t port, bool any_port)
{
    for (int i = 0; i < routes->count; i++) {
        const struct route *route = &routes->all[i];

        if (strcasecmp(route->host, host) == 0 && (any_port || route->port == 0 || route->port == port))
            return route;
    }
    return NULL;
}

static bool fake_address(struct routes *routes, const char *host, char ip[ROUTE_IP_MAX])
{
    int i = 0;

    while (i < routes->names_count && strcasecmp(routes->names[i], host) != 0)
        i++;
    if (i == ROUTES_MAX)
        return false;
    if (i == routes->names_count) {
        snprintf(routes->names[i], ROUTE_HOST_MAX, "%s", host);
        routes->names_count++;
    }
    snprintf(ip, ROUTE_IP_MAX, FAKE_NETWORK "%d", i + 1);
    return true;
}

bool route_resolve(struct routes *routes, const char *host, char ip[ROUTE_IP_MAX])
{
    if (strlen(host) >= ROUTE_HOST_MAX)
        return false;
    if (route_is_numeric(host)) {
        snprintf(ip, ROUTE_IP_MAX, "%.*s", ROUTE_IP_MAX - 1, host);
        return true;
    }
    if (find(routes, host, 0, true) == NULL && !routes->has_default)
        return false;
    return fake_address(routes, host, ip);
}

/* The name behind one of our own addresses, or the host as it is. */
static const char *real_name(const struct routes *routes, const char *host)
{
    long number;

    if (strncmp(host, FAKE_NETWORK, sizeof FAKE_NETWORK - 1) != 0)
        return host;
    number = strtol(host + sizeof FAKE_NETWORK - 1, NULL, 10);
    return number >= 1 && number <= routes->names_count ? routes->names[number - 1] : host;
}

static bool direct(const struct routes *routes, const char *ip, uint16_t port,
                   struct sockaddr_storage *target)
{
    return make_address(ip, port, target) && (routes->allow_any || is_loopback(target));
}

enum route_result route_find(struct routes *routes, const char *host, uint16_t port,
                             struct sockaddr_storage *target, char ip[ROUTE_IP_MAX])
{
    const struct route *route;

    if (!route_resolve(routes, host, ip))
        return ROUTE_NO_NAME;
    host = real_name(routes, host);
    route = find(routes, host, port, false);
    if (route != NULL)
        *target = route->target;
    else if (direct(routes, host, port, target))
        return ROUTE_FOUND;
    else if (routes->has_default)
        *target = routes->fallback;
    else
        return ROUTE_UNREACHABLE;
    return ROUTE_FOUND;
}
