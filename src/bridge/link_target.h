/*
 * Which server to connect to, and under which address: the configured host, where it sent us, or, when the name does
 * not resolve, the address where it was last and then the fallback addresses. Owned by the link machine. Opens nothing
 * itself.
 */
#ifndef BRIDGE_LINK_TARGET_H
#define BRIDGE_LINK_TARGET_H

#include "blynkd/bridge/link.h"

#include "link_book.h"

#include <stdbool.h>
#include <stdint.h>

#define LINK_REDIRECTS_MAX 5 /* followed in a row (protocol sheet, 7.2) */

enum link_target_stage {
    LINK_TARGET_REMEMBERED, /* the address that worked last in place of the name */
    LINK_TARGET_HOST,
    LINK_TARGET_ADDRESS, /* one after the other in place of the name */
};

struct link_target {
    struct sched *sched;
    const struct link_config *config;
    struct link_book book;
    bool is_changed;            /* the book, since it was written */
    uint64_t redirect_until_ms; /* then the configured host is asked again */
    bool redirect_rests;        /* it is being asked */
    unsigned redirect_failures;
    bool other_port;    /* the second of Blynk's ports is tried */
    unsigned redirects; /* since the last session that lasted */
    enum link_target_stage stage;
    char address[64]; /* in the stages with one */
    size_t at;        /* which it is: 0 that of the book, then the fallback addresses */
    size_t first;     /* the one that comes first in the next round */
    size_t tried;     /* how many were in this one */
    char worked[64];  /* in place of the name, last; "": the name did */
    size_t worked_at;
};

void link_target_init(struct link_target *target, struct sched *sched, const struct link_config *config);
/* The configuration has changed, maybe to another server. */
void link_target_configure(struct link_target *target, bool other_server);

/* What an earlier process has written; before the first round. */
void link_target_read(struct link_target *target, const char *text, size_t len);
/* False: nothing has changed since the last time. */
bool link_target_write(struct link_target *target, char text[LINK_BOOK_BYTES], size_t *len);

/* Before a round: it begins anew, and a redirect does not hold for ever. */
void link_target_review(struct link_target *target);
/* Begins a round of tries. False: there is no address that could be tried (`resolves_names` is the uplink's). */
bool link_target_begin(struct link_target *target, bool resolves_names);
/* The one just tried failed. True: there is another one to try in this round. */
bool link_target_next(struct link_target *target, bool name_failed, bool resolves_names);

/* Of the current try; the configured or redirected one between the rounds. */
const char *link_target_host(const struct link_target *target);
uint16_t link_target_port(const struct link_target *target);
/* Whose certificate it must have: the server's name, also while one of its addresses is tried. */
const char *link_target_name(const struct link_target *target);
/* How long ago the server was at the address that is being tried. -1: it is not one out of the book. */
int link_target_days(const struct link_target *target);

/* The login succeeded, at this numeric address ("": not known). */
void link_target_worked(struct link_target *target, const char *address);
/* The round, or what came after it, failed. */
void link_target_failed(struct link_target *target, bool may_be_the_port);
/* Somebody answered who is not the server, or does not behave as one: next time it is another address's turn. */
void link_target_doubt(struct link_target *target);
/* The session lasted: redirects are counted anew. */
void link_target_lasted(struct link_target *target);

/* The server sends us to another one. 0; -EPERM: not allowed to follow; -ELOOP: too often in a row. Port 0: as
 * now. */
int link_target_redirect(struct link_target *target, const char *host, uint16_t port);

/* Whether a redirect from the configured host to `host` may be followed. */
bool link_target_allows(const struct link_config *config, const char *host);

#endif
