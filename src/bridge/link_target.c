#include "link_target.h"

#include "blynkd/base/scan.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REDIRECT_FAILURES_MAX 2 /* then back to the configured host (protocol sheet, 7.2) */

void link_target_init(struct link_target *target, const struct link_config *config)
{
    *target = (struct link_target){.config = config, .remembered = -1, .stage = LINK_TARGET_HOST};
}

static bool is_numeric(const char *host)
{
    return scan_is_ipv4(host) || strchr(host, ':');
}

static bool is_loopback(const char *host)
{
    return strcasecmp(host, "localhost") == 0;
}

/* ---- which address ---- */

static bool is_redirected(const struct link_target *target)
{
    return target->redirect_host[0] != '\0';
}

static const char *server_host(const struct link_target *target)
{
    return is_redirected(target) ? target->redirect_host : target->config->host;
}

const char *link_target_host(const struct link_target *target)
{
    if (target->stage != LINK_TARGET_HOST && target->fallback < target->config->fallback_count) {
        return target->config->fallback_addresses[target->fallback];
    }
    return server_host(target);
}

const char *link_target_name(const struct link_target *target)
{
    return server_host(target);
}

static bool speaks_tls(const struct link_target *target)
{
    return target->config->tls || target->config->tls_by_modem;
}

/* Blynk's cloud listens on both; networks that know HTTP only let the first one through (protocol sheet, 2). */
static uint16_t usual_port(const struct link_target *target)
{
    static const uint16_t ports[2][2] = {{80, 8080}, {443, 9443}};

    return ports[speaks_tls(target)][target->other_port];
}

uint16_t link_target_port(const struct link_target *target)
{
    if (is_redirected(target)) {
        return target->redirect_port;
    }
    return target->config->port ? target->config->port : usual_port(target);
}

static bool use_fallback(struct link_target *target, size_t index)
{
    if (is_redirected(target) || index >= target->config->fallback_count) {
        target->stage = LINK_TARGET_HOST;
        return false;
    }
    target->stage = LINK_TARGET_FALLBACK;
    target->fallback = index;
    return true;
}

static bool use_host(struct link_target *target, bool resolves_names)
{
    if (!resolves_names && !is_numeric(server_host(target))) {
        return use_fallback(target, 0);
    }
    target->stage = LINK_TARGET_HOST;
    return true;
}

bool link_target_begin(struct link_target *target, bool resolves_names)
{
    if (!is_redirected(target) && target->remembered >= 0 &&
        (size_t)target->remembered < target->config->fallback_count) {
        target->stage = LINK_TARGET_REMEMBERED;
        target->fallback = (size_t)target->remembered;
        return true;
    }
    return use_host(target, resolves_names);
}

bool link_target_next(struct link_target *target, bool name_failed, bool resolves_names)
{
    switch (target->stage) {
    case LINK_TARGET_REMEMBERED:
        target->remembered = -1;
        return use_host(target, resolves_names);
    case LINK_TARGET_HOST:
        return name_failed && use_fallback(target, 0);
    case LINK_TARGET_FALLBACK:
        return use_fallback(target, target->fallback + 1);
    }
    return false;
}

void link_target_worked(struct link_target *target)
{
    target->redirect_failures = 0;
    target->remembered = target->stage == LINK_TARGET_HOST ? -1 : (int)target->fallback;
}

static void forget_redirect(struct link_target *target)
{
    target->redirect_host[0] = '\0';
    target->redirect_failures = 0;
}

void link_target_failed(struct link_target *target)
{
    target->stage = LINK_TARGET_HOST;
    target->other_port = !target->other_port;
    if (is_redirected(target) && ++target->redirect_failures >= REDIRECT_FAILURES_MAX) {
        forget_redirect(target);
    }
}

void link_target_lasted(struct link_target *target)
{
    target->redirects = 0;
}

/* ---- redirects ---- */

static bool ends_with(const char *host, const char *suffix)
{
    size_t host_len = strlen(host);
    size_t len = strlen(suffix);

    return len && host_len > len && strcasecmp(host + host_len - len, suffix) == 0;
}

/* `domain` itself or anything below it; a leading dot means only what is below it. */
static bool is_within(const char *host, const char *domain)
{
    if (domain[0] == '.') {
        return ends_with(host, domain);
    }
    size_t len = strlen(domain);
    return strcasecmp(host, domain) == 0 || (ends_with(host, domain) && host[strlen(host) - len - 1] == '.');
}

/*
 * fra1.blynk.cloud may send to lon1.blynk.cloud. What stands above a name of two parts is a registry, and so is
 * most likely a short name above a country (co.uk, com.au): there only the host itself and what is below it.
 */
static const char *own_domain(const char *host)
{
    const char *parent = strchr(host, '.');
    const char *top = parent ? strchr(parent + 1, '.') : NULL;

    if (!top) {
        return host;
    }
    bool is_last = !strchr(top + 1, '.');
    return is_last && top - parent <= 4 && strlen(top + 1) == 2 ? host : parent + 1;
}

bool link_target_allows(const struct link_config *config, const char *host)
{
    for (size_t i = 0; i < config->allowed_redirect_count; i++) {
        if (config->allowed_redirects[i][0] && is_within(host, config->allowed_redirects[i])) {
            return true;
        }
    }
    if (is_numeric(config->host) || is_loopback(config->host)) {
        return is_numeric(host) || is_loopback(host);
    }
    return !is_numeric(host) && is_within(host, own_domain(config->host));
}

static bool is_usable_name(const char *host)
{
    return host[strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:")] == '\0';
}

/* Where plain text is spoken TLS is not, and the other way round: then the port stays as it is. */
static uint16_t redirect_port(const struct link_target *target, uint16_t port)
{
    bool is_plain = port == 80 || port == 8080;
    bool is_tls = port == 443 || port == 9443;
    bool fits = speaks_tls(target) ? !is_plain : !is_tls;

    return port && fits ? port : link_target_port(target);
}

static bool is_here(const struct link_target *target, const char *host, uint16_t port)
{
    return port == link_target_port(target) && strcasecmp(host, link_target_host(target)) == 0;
}

int link_target_redirect(struct link_target *target, const char *host, uint16_t port)
{
    port = redirect_port(target, port);
    if (!is_usable_name(host) || strlen(host) >= sizeof(target->redirect_host) ||
        !link_target_allows(target->config, host)) {
        return -EPERM;
    }
    if (++target->redirects > LINK_REDIRECTS_MAX || is_here(target, host, port)) {
        forget_redirect(target);
        target->redirects =
            LINK_REDIRECTS_MAX - 1; /* no second series: one hop a try until a session lasts */
        return -ELOOP;
    }
    snprintf(target->redirect_host, sizeof(target->redirect_host), "%s", host);
    target->redirect_port = port;
    target->redirect_failures = 0;
    target->stage = LINK_TARGET_HOST;
    return 0;
}
