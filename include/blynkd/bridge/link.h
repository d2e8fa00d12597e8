/*
 * The link machine: brings the uplink up, opens the stream, logs in, keeps the session, and returns after every
 * failure by the recovery ladder. One table row a state, one function that sets the state, a reason in words for
 * every change, the last 32 kept. It owns the session, not the uplink nor the outbox.
 */
#ifndef BLYNKD_BRIDGE_LINK_H
#define BLYNKD_BRIDGE_LINK_H

#include "blynkd/blynk/session.h"
#include "blynkd/net/tls.h"
#include "blynkd/net/uplink.h"

struct link;
struct outbox;
struct sched;

#define LINK_STATES(X)                                                                                       \
    X(LINK_OFF, "OFF")                                                                                       \
    X(LINK_MODEM, "MODEM")                                                                                   \
    X(LINK_CONNECT, "CONNECT")                                                                               \
    X(LINK_TLS, "TLS")                                                                                       \
    X(LINK_LOGIN, "LOGIN")                                                                                   \
    X(LINK_ONLINE, "ONLINE")                                                                                 \
    X(LINK_WAIT, "WAIT")                                                                                     \
    X(LINK_REFUSED, "REFUSED")

enum link_state {
#define LINK_ENUM(name, words) name,
    LINK_STATES(LINK_ENUM)
#undef LINK_ENUM
};

#define LINK_FALLBACKS_MAX 8
#define LINK_HISTORY       32
#define LINK_WHY_MAX       256

#define LINK_HEARTBEAT_LEARNED UINT32_MAX /* from what the network lets live */

struct link_config {
    char host[256];
    uint16_t port;     /* 0: those of Blynk's cloud, in turn: 443 and 9443 with TLS, 80 and 8080 without */
    bool tls;          /* of this machine, over whatever the uplink carries */
    bool tls_by_modem; /* the uplink's stream is encrypted already */
    char ca_file[256]; /* whom to trust; "": the system's authorities */
    char fallback_addresses[LINK_FALLBACKS_MAX][64]; /* tried in order when the name does not resolve */
    size_t fallback_count;
    char allowed_redirects[8][128]; /* suffixes such as ".blynk.cloud"; the configured host is always allowed,
                                       as are numeric addresses when the configured host is numeric */
    size_t allowed_redirect_count;
    struct blynk_session_config session; /* heartbeat_ms may be LINK_HEARTBEAT_LEARNED */
    uint32_t heartbeat_max_ms;           /* the longest that is tried */
    char state_dir[256];                 /* where what was learned is kept; "" = nowhere */
    uint32_t connect_ms;                 /* longest wait for the stream, from when its opening begins */
    uint32_t retry_first_ms;             /* back-off after a failure: 1 s ... */
    uint32_t retry_max_ms;               /* ... 5 min (protocol sheet, 7.4) */
    uint32_t lasted_ms;                  /* a session that lasted so long resets back-off and ladder: 60 s */
    uint32_t refused_ms[4];              /* slow retries after an invalid token: 1, 5, 15, 60 min */
};

struct link_change {
    int64_t wall_ms;
    uint64_t at_ms;
    enum link_state state;
    char why[LINK_WHY_MAX];
};

struct link_events {
    /* After every change. */
    void (*on_change)(void *arg, const struct link_change *change);
    /* link_stop() is through. */
    void (*on_stopped)(void *arg);
    /* A try to connect has ended so. May be NULL. */
    void (*on_dialed)(void *arg, bool ok);
    /* As uplink_events.on_time. May be NULL. */
    void (*on_time)(void *arg, int64_t earliest_ms, uint32_t slack_ms);
    /* To be kept for the next process under this name, as the secret that it may be: a TLS session that makes the next
     * handshake short, or where servers are. `len` 0: not any more. May be NULL. */
    void (*on_keep)(void *arg, const char *name, const uint8_t *bytes, size_t len);
    /* The time against which certificates are checked. NULL: the host's, and it is right. */
    enum tls_clock (*clock)(void *arg, int64_t *wall_ms);
};

/* `session_events`: on_login and on_dead are the link's own; the others are forwarded as given. */
struct link *link_create(struct sched *sched, struct uplink *uplink, struct outbox *outbox,
                         const struct link_config *config, const struct blynk_session_events *session_events,
                         const struct link_events *events, void *arg);
/* Only in OFF. */
void link_destroy(struct link *link);

void link_start(struct link *link, const char *why);
/* Clean end: Blynk session closed, stream closed, uplink down, within `grace_ms`; then on_stopped (once per
 * call while not OFF; at once from the loop when OFF already). */
void link_stop(struct link *link, uint32_t grace_ms, const char *why);
/* LINK RESTART: as after a failure, without back-off. */
void link_restart(struct link *link, const char *why);

/* What was kept by an earlier process; before link_start(). */
void link_recall(struct link *link, const char *name, const uint8_t *bytes, size_t len);
/* Of the connection that is open or was last; NULL: it was not encrypted. */
const struct tls_info *link_tls_info(const struct link *link);

/* The time is known now: a certificate that was accepted in doubt is looked at again. */
void link_tls_check_again(struct link *link);

/* A line for people in the history, without a change of state. */
void link_note(struct link *link, const char *why);

/* To save data: a longer heartbeat; at least so long from one try to connect to the next. What is held back only for
 * that goes at once after link_hurry(). */
void link_set_thrift(struct link *link, bool stretch, uint32_t gap_ms);
void link_hurry(struct link *link, const char *why);

/* New configuration. Returns true if the running connection had to be given up for it (it comes back by
 * itself), false if all could be applied as it runs. */
bool link_configure(struct link *link, const struct link_config *config);

struct blynk_session *link_session(struct link *link);

/* Steps of the way to the server that no uplink has; those below are named by their layer. */
#define LINK_STEP_ENCRYPTION "encryption"
#define LINK_STEP_LOGIN      "login"
#define LINK_STEP_SESSION    "session"

/* How the last try or session ended. */
struct link_failure {
    const char *step; /* NULL: none has failed yet */
    int64_t wall_ms;
    unsigned count; /* since a session that lasted */
    char why[LINK_WHY_MAX];
};

struct link_info {
    enum link_state state;
    int64_t since_wall_ms;
    uint64_t in_state_ms;
    const char *why;
    const char *host; /* where it is, or will try next */
    uint16_t port;
    const char *address;      /* where that is, while connected; "": not known */
    unsigned reconnects;      /* sessions after the first */
    uint64_t next_try_ms;     /* WAIT, REFUSED: time left; else 0 */
    bool waits_config;        /* WAIT: until something is configured */
    enum uplink_layer blamed; /* WAIT: which layer failed */
    enum uplink_rung rung;    /* what the next try begins with */
    uint32_t rung_counts[UPLINK_RUNG_COUNT];
    uint64_t online_ms;    /* total since start */
    uint32_t heartbeat_ms; /* in use now */
    const struct link_failure *failure;
    const char *trouble; /* what the server lately complained of, with what to do; "": nothing */
};
void link_info(const struct link *link, struct link_info *info);

/* Oldest first; returns how many were given. */
size_t link_history(const struct link *link, struct link_change out[LINK_HISTORY]);

const char *link_state_name(enum link_state state);

#endif
