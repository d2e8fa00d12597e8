/*
 * Which server to connect to, and under which address: the configured host, where it sent us, or one of the
 * fallback addresses when its name does not resolve. Owned by the link machine. Opens nothing itself.
 */
#ifndef BRIDGE_LINK_TARGET_H
#define BRIDGE_LINK_TARGET_H

#include "blynkd/bridge/link.h"

#include <stdbool.h>
#include <stdint.h>

#define LINK_REDIRECTS_MAX 5 /* followed in a row (protocol sheet, 7.2) */

enum link_target_stage {
    LINK_TARGET_REMEMBERED, /* the fallback address that worked last */
    LINK_TARGET_HOST,
    LINK_TARGET_FALLBACK,
};

struct link_target {
    const struct link_config *config;
    char redirect_host[256]; /* "" = none; kept for later connects */
    uint16_t redirect_port;
    unsigned redirect_failures;
    bool other_port;    /* the second of Blynk's ports is tried */
    unsigned redirects; /* since the last session that lasted */
    int remembered;     /* index of a fallback address, -1 = none */
    enum link_target_stage stage;
    size_t fallback; /* in the stages with one */
};

void link_target_init(struct link_target *target, const struct link_config *config);

/* Begins a round of tries. False: there is no address that could be tried (`resolves_names` is the uplink's). */
bool link_target_begin(struct link_target *target, bool resolves_names);
/* The one just tried failed. True: there is another one to try in this round. */
bool link_target_next(struct link_target *target, bool name_failed, bool resolves_names);

/* Of the current try; the configured or redirected one between the rounds. */
const char *link_target_host(const struct link_target *target);
uint16_t link_target_port(const struct link_target *target);
/* Whose certificate it must have: the server's name, also while one of its addresses is tried. */
const char *link_target_name(const struct link_target *target);

/* The login succeeded. */
void link_target_worked(struct link_target *target);
/* The round, or the login, failed. */
void link_target_failed(struct link_target *target);
/* The session lasted: redirects are counted anew. */
void link_target_lasted(struct link_target *target);

/* The server sends us to another one. 0; -EPERM: not allowed to follow; -ELOOP: too often in a row. Port 0: as
 * now. */
int link_target_redirect(struct link_target *target, const char *host, uint16_t port);

/* Whether a redirect from the configured host to `host` may be followed. */
bool link_target_allows(const struct link_config *config, const char *host);

#endif
