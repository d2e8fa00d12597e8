#include "link_target.h"

#include "blynkd/base/scan.h"
#include "blynkd/base/timer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define REDIRECT_FAILURES_MAX 2 /* then back to the configured host (protocol sheet, 7.2) */
#define REDIRECT_MS           (24 * INT64_C(3600000)) /* the nearest server may have become another one */
#define REDIRECT_AGAIN_MS     UINT64_C(3600000)       /* when the configured host could not be asked */

#define DAY_MS (24 * INT64_C(3600000))

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
    return target->book.redirect.host[0] != '\0' && !target->redirect_rests;
}

static const char *server_host(const struct link_target *target)
{
    return is_redirected(target) ? target->book.redirect.host : target->config->host;
}

const char *link_target_host(const struct link_target *target)
{
    return target->stage == LINK_TARGET_HOST ? server_host(target) : target->address;
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
        return target->book.redirect.port;
    }
    return target->config->port ? target->config->port : usual_port(target);
}

static const char *address_at(const struct link_target *target, size_t at)
{
    if (at > 0) {
        return target->config->fallback_addresses[at - 1];
    }
    const struct link_place *place =
        link_book_find(&target->book, server_host(target), sched_wall_ms(target->sched));
    return place ? place->address : "";
}

static void use_address(struct link_target *target, enum link_target_stage stage, const char *address,
                        size_t at)
{
    target->stage = stage;
    target->at = at;
    snprintf(target->address, sizeof(target->address), "%s", address);
}

/* The fallback addresses are the configured host's, not those of where it sends to. */
static bool use_next_address(struct link_target *target)
{
    size_t count = 1 + (is_redirected(target) ? 0 : target->config->fallback_count);

    while (target->tried < count) {
        size_t at = (target->first + target->tried++) % count;
        const char *address = address_at(target, at);
        if (address[0]) {
            use_address(target, LINK_TARGET_ADDRESS, address, at);
            return true;
        }
    }
    target->stage = LINK_TARGET_HOST;
    return false;
}

static bool use_host(struct link_target *target, bool resolves_names)
{
    if (!resolves_names && !is_numeric(server_host(target))) {
        return use_next_address(target);
    }
    target->stage = LINK_TARGET_HOST;
    return true;
}

bool link_target_begin(struct link_target *target, bool resolves_names)
{
    target->tried = 0;
    if (target->worked[0]) {
        use_address(target, LINK_TARGET_REMEMBERED, target->worked, target->worked_at);
        return true;
    }
    return use_host(target, resolves_names);
}

bool link_target_next(struct link_target *target, bool name_failed, bool resolves_names)
{
    switch (target->stage) {
    case LINK_TARGET_REMEMBERED:
        target->worked[0] = '\0';
        return use_host(target, resolves_names);
    case LINK_TARGET_HOST:
        return name_failed && use_next_address(target);
    case LINK_TARGET_ADDRESS:
        return use_next_address(target);
    }
    return false;
}

int link_target_days(const struct link_target *target)
{
    const struct link_place *place =
        link_book_find(&target->book, server_host(target), sched_wall_ms(target->sched));

    if (target->stage == LINK_TARGET_HOST || target->at > 0 || !place) {
        return -1;
    }
    int64_t age_ms = sched_wall_ms(target->sched) - place->wall_ms;
    return age_ms > 0 ? (int)(age_ms / DAY_MS) : 0;
}

/* ---- what became of it ---- */

static void forget_redirect(struct link_target *target)
{
    target->is_changed |= target->book.redirect.host[0] != '\0';
    target->book.redirect.host[0] = '\0';
    target->redirect_rests = false;
    target->redirect_failures = 0;
    target->worked[0] = '\0';
}

void link_target_worked(struct link_target *target, const char *address)
{
    bool by_name = target->stage == LINK_TARGET_HOST;

    if (target->redirect_rests) { /* the configured host keeps us */
        forget_redirect(target);
    }
    target->redirect_failures = 0;
    target->first = 0;
    snprintf(target->worked, sizeof(target->worked), "%s", by_name ? "" : target->address);
    target->worked_at = target->at;
    if (!is_numeric(server_host(target)) && (by_name || target->at == 0)) {
        target->is_changed |=
            link_book_note(&target->book, server_host(target), by_name ? address : target->address,
                           sched_wall_ms(target->sched));
    }
}

void link_target_failed(struct link_target *target, bool may_be_the_port)
{
    target->stage = LINK_TARGET_HOST;
    target->other_port ^= may_be_the_port;
    if (target->redirect_rests) { /* better an old redirect than none */
        target->redirect_rests = false;
        target->redirect_until_ms = sched_now_ms(target->sched) + REDIRECT_AGAIN_MS;
    } else if (is_redirected(target) && ++target->redirect_failures >= REDIRECT_FAILURES_MAX) {
        forget_redirect(target);
    }
}

void link_target_doubt(struct link_target *target)
{
    if (target->stage != LINK_TARGET_HOST) {
        target->worked[0] = '\0';
        target->first = target->at + 1;
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

/* Where a redirect leads is where the token will be told: it must be allowed at each connect. */
void link_target_review(struct link_target *target)
{
    target->stage = LINK_TARGET_HOST;
    if (!target->book.redirect.host[0] || target->redirect_rests) {
        return;
    }
    if (!link_target_allows(target->config, target->book.redirect.host)) {
        forget_redirect(target);
    } else if (sched_now_ms(target->sched) >= target->redirect_until_ms) {
        target->redirect_rests = true;
        target->redirect_failures = 0;
        target->worked[0] = '\0';
    }
}

static bool is_here(const struct link_target *target, const char *host, uint16_t port)
{
    return port == link_target_port(target) && strcasecmp(host, link_target_host(target)) == 0;
}

int link_target_redirect(struct link_target *target, const char *host, uint16_t port)
{
    struct link_redirect *redirect = &target->book.redirect;

    port = redirect_port(target, port);
    if (!is_usable_name(host) || strlen(host) >= sizeof(redirect->host) ||
        !link_target_allows(target->config, host)) {
        return -EPERM;
    }
    if (++target->redirects > LINK_REDIRECTS_MAX || is_here(target, host, port)) {
        forget_redirect(target);
        target->redirects =
            LINK_REDIRECTS_MAX - 1; /* no second series: one hop a try until a session lasts */
        return -ELOOP;
    }
    forget_redirect(target);
    snprintf(redirect->from, sizeof(redirect->from), "%s", target->config->host);
    snprintf(redirect->host, sizeof(redirect->host), "%s", host);
    redirect->port = port;
    redirect->wall_ms = sched_wall_ms(target->sched);
    target->redirect_until_ms = sched_now_ms(target->sched) + REDIRECT_MS;
    target->stage = LINK_TARGET_HOST;
    target->is_changed = true;
    return 0;
}

/* ---- from one process to the next ---- */

/* The configuration may be another one by now. The clock tells its age only here: it may be set at any time. */
static void check_redirect(struct link_target *target)
{
    struct link_redirect redirect = target->book.redirect;
    int64_t age_ms = sched_wall_ms(target->sched) - redirect.wall_ms;

    target->book.redirect.host[0] = '\0';
    if (strcmp(redirect.from, target->config->host) != 0 || !is_usable_name(redirect.host) ||
        age_ms >= REDIRECT_MS) {
        return;
    }
    redirect.port = redirect_port(target, redirect.port);
    target->book.redirect = redirect;
    target->redirect_until_ms =
        sched_now_ms(target->sched) + (uint64_t)(REDIRECT_MS - (age_ms > 0 ? age_ms : 0));
}

void link_target_read(struct link_target *target, const char *text, size_t len)
{
    if (!target->book.count && !target->book.redirect.host[0]) {
        link_book_read(&target->book, text, len);
        check_redirect(target);
    }
}

bool link_target_write(struct link_target *target, char text[LINK_BOOK_BYTES], size_t *len)
{
    if (!target->is_changed) {
        return false;
    }
    target->is_changed = false;
    *len = link_book_write(&target->book, text);
    return true;
}

void link_target_init(struct link_target *target, struct sched *sched, const struct link_config *config)
{
    *target = (struct link_target){.sched = sched, .config = config, .stage = LINK_TARGET_HOST};
}

void link_target_configure(struct link_target *target, bool other_server)
{
    target->worked[0] = '\0';
    target->first = 0;
    if (other_server) {
        forget_redirect(target);
        target->stage = LINK_TARGET_HOST;
        target->other_port = false;
        target->redirects = 0;
    }
}
