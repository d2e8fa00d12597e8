/*
 * The link's encryption: the TLS stream over what the uplink carries, whom it trusts, and the sessions that make the next
 * handshake short. Where there is no encryption the carrier itself is the stream.
 */
#include "link_parts.h"

#include "blynkd/base/log.h"
#include "blynkd/base/secret.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stored_session {
    char name[256]; /* of the server; "": free */
    uint64_t used;  /* the larger, the later */
    size_t len;
    uint8_t bytes[TLS_SESSION_MAX];
};

/* Besides the configured server there is the one it sends to, and that may change. */
#define SESSIONS 4

struct link_tls {
    struct tls_stream *stream;
    struct tls_context *context; /* NULL: whom to trust is not known, and `problem` says why */
    char problem[TLS_WHY_MAX];
    uint64_t uses;
    struct stored_session sessions[SESSIONS];
};

/* ---- sessions ---- */

static struct stored_session *find_session(struct link_tls *tls, const char *name)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        if (tls->sessions[i].name[0] && strcmp(tls->sessions[i].name, name) == 0) {
            return &tls->sessions[i];
        }
    }
    return NULL;
}

/* A free place, or that of the one that was used longest ago. */
static struct stored_session *place_for_session(struct link_tls *tls)
{
    struct stored_session *oldest = &tls->sessions[0];

    for (size_t i = 1; i < SESSIONS; i++) {
        struct stored_session *session = &tls->sessions[i];
        bool is_better = oldest->name[0] && (!session->name[0] || session->used < oldest->used);
        oldest = is_better ? session : oldest;
    }
    return oldest;
}

static void forget_session(struct stored_session *session)
{
    secret_wipe(session->bytes, session->len);
    session->len = 0;
    session->name[0] = '\0';
}

static void keep_session(struct link *link, const char *name, const uint8_t *bytes, size_t len)
{
    struct link_tls *tls = link->tls;
    struct stored_session *session = find_session(tls, name);

    if (strlen(name) >= sizeof(session->name) || len > sizeof(session->bytes)) {
        return;
    }
    session = session ? session : place_for_session(tls);
    forget_session(session);
    snprintf(session->name, sizeof(session->name), "%s", name);
    memcpy(session->bytes, bytes, len);
    session->len = len;
    session->used = ++tls->uses;
}

void link_tls_recall(struct link *link, const char *name, const uint8_t *bytes, size_t len)
{
    if (len && !find_session(link->tls, name)) {
        keep_session(link, name, bytes, len);
    }
}

static void on_session(void *arg, const char *name, const uint8_t *bytes, size_t len)
{
    struct link *link = arg;

    keep_session(link, name, bytes, len);
    link_keep(link, name, bytes, len);
}

/* Used once: a ticket that is shown twice tells who listens that it is the same device. */
static size_t take_session(void *arg, const char *name, uint8_t bytes[TLS_SESSION_MAX])
{
    struct link *link = arg;
    struct stored_session *session = find_session(link->tls, name);

    if (!session) {
        return 0;
    }
    size_t len = session->len;
    memcpy(bytes, session->bytes, len);
    forget_session(session);
    link_keep(link, name, NULL, 0);
    return len;
}

/* ---- the stream ---- */

static void on_handshake(void *arg)
{
    link_post_why(arg, LINK_ON_HANDSHAKE, NULL);
}

static void on_sent(void *arg, size_t bytes)
{
    struct link *link = arg;

    if (link->session_events.on_sent) {
        link->session_events.on_sent(link->arg, bytes, 0);
    }
}

static void on_received(void *arg, size_t bytes)
{
    struct link *link = arg;

    if (link->session_events.on_received) {
        link->session_events.on_received(link->arg, bytes, 0);
    }
}

static enum tls_clock clock_of(void *arg, int64_t *wall_ms)
{
    struct link *link = arg;

    if (link->events.clock) {
        return link->events.clock(link->arg, wall_ms);
    }
    *wall_ms = sched_wall_ms(link->sched);
    return TLS_CLOCK_KNOWN;
}

bool link_tls_init(struct link *link)
{
    static const struct tls_events events = {.on_handshake = on_handshake,
                                             .on_sent = on_sent,
                                             .on_received = on_received,
                                             .clock = clock_of,
                                             .on_session = on_session,
                                             .take_session = take_session};

    link->tls = calloc(1, sizeof(*link->tls));
    if (!link->tls) {
        return false;
    }
    link->stream = link->uplink->stream;
    link->tls->stream = tls_stream_create(link->sched, link->uplink->stream, &events, link);
    return link->tls->stream != NULL;
}

void link_tls_free(struct link *link)
{
    if (!link->tls) {
        return;
    }
    if (link->tls->stream) {
        tls_stream_destroy(link->tls->stream);
    }
    tls_context_destroy(link->tls->context);
    secret_wipe(link->tls, sizeof(*link->tls));
    free(link->tls);
}

void link_tls_trust(struct link *link)
{
    struct tls_config config = {0};
    char why[TLS_WHY_MAX] = "";

    if (link->config.tls_by_modem) {
        log_notice("link", "tls = modem: the modem encrypts, and it alone looks at the server's certificate");
        return;
    }
    if (!link->config.tls) {
        log_warning("link", "tls = no: the token and all values travel readable");
        return;
    }
    memcpy(config.ca_file, link->config.ca_file, sizeof(config.ca_file));
    struct tls_context *context = tls_context_create(&config, why);
    if (!context) {
        log_error("link", "%s%s", why, link->tls->context ? "; what was trusted before stays in use" : "");
        snprintf(link->tls->problem, sizeof(link->tls->problem), "%s", why);
        return;
    }
    tls_context_destroy(link->tls->context);
    link->tls->context = context;
    link->tls->problem[0] = '\0';
}

/* An address has no name of its own: then the certificate must have that of the configured server. */
const char *link_tls_use(struct link *link)
{
    struct link_tls *tls = link->tls;

    link->is_encrypted = link->config.tls;
    link->stream = link->uplink->stream;
    if (!link->config.tls) {
        return NULL;
    }
    if (!tls->context) {
        link_tls_trust(link); /* the file may be there by now */
    }
    if (!tls->context) {
        return tls->problem;
    }
    tls_stream_use(tls->stream, tls->context, link_target_name(&link->target));
    link->stream = tls_stream_stream(tls->stream);
    return NULL;
}

void link_tls_check_again(struct link *link)
{
    bool is_up = link->state == LINK_LOGIN || link->state == LINK_ONLINE;

    if (is_up && link->is_encrypted && tls_stream_info(link->tls->stream)->clock_was_doubtful) {
        link_restart(link, "the time is known now: the server's certificate is checked in full");
    }
}

const struct tls_info *link_tls_info(const struct link *link)
{
    return link->is_encrypted ? tls_stream_info(link->tls->stream) : NULL;
}
