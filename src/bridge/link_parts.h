/*
 * What the files of the link machine share: its struct, its events, and the calls between the machine (link.c),
 * its rows (link_off.c, link_states.c) and what follows a failure (link_fail.c). Never seen outside.
 */
#ifndef BRIDGE_LINK_PARTS_H
#define BRIDGE_LINK_PARTS_H

#include "blynkd/base/backoff.h"
#include "blynkd/base/timer.h"
#include "blynkd/bridge/link.h"
#include "blynkd/bridge/outbox.h"

#include "ladder.h"
#include "link_target.h"
#include "pace_book.h"

/* Everything that can happen to the machine. At most one of each kind waits. */
enum link_event_kind {
    LINK_ON_START,
    LINK_ON_STOP,
    LINK_ON_RESTART,
    LINK_ON_UPLINK_READY,
    LINK_ON_UPLINK_FAILED,
    LINK_ON_UPLINK_STOPPED,
    LINK_ON_HANDSHAKE,
    LINK_ON_STREAM_OPEN,
    LINK_ON_STREAM_CLOSED,
    LINK_ON_LOGIN,
    LINK_ON_DEAD,
    LINK_ON_TIMEOUT,
    LINK_EVENT_KINDS
};

struct link_event {
    enum link_event_kind kind;
    enum uplink_layer layer;
    enum uplink_hope hope;
    enum stream_fault fault;
    enum blynk_login login;
    uint16_t port;
    uint32_t grace_ms;
    char host[256];
    char why[LINK_WHY_MAX];
};

/* What is known of the two things below, as of the last event handled. */
enum link_below { LINK_BELOW_DOWN, LINK_BELOW_STARTING, LINK_BELOW_UP, LINK_BELOW_STOPPING };

struct link {
    struct sched *sched;
    struct uplink *uplink;
    struct outbox *outbox;
    struct blynk_session *session;
    struct stream *stream; /* of the try under way: the uplink's own, or TLS over it */
    struct link_tls *tls;
    struct link_config config;
    struct blynk_session_events session_events; /* the user's */
    struct link_events events;
    void *arg;

    /* the machine */
    uint64_t since_ms;
    uint64_t due_ms; /* of the timer; UINT64_MAX = none */
    struct timer timer;
    struct task handle;
    size_t queued;
    size_t changes; /* ever */
    struct link_event queue[LINK_EVENT_KINDS];
    struct link_change history[LINK_HISTORY];
    char why[LINK_WHY_MAX];
    enum link_state state;
    enum link_below uplink_is;
    enum link_below stream_is;

    /* connecting */
    enum uplink_rung rung; /* what the next try begins with */
    uint64_t dialed_ms;
    uint64_t limit_ms;       /* of this try */
    uint64_t usual_open_ms;  /* what opening has taken lately at most */
    uint64_t hurry_until_ms; /* tries are short until then */
    struct link_target target;

    /* after a failure */
    struct link_failure failure;
    struct ladder ladder;
    struct backoff backoff;
    enum uplink_layer blamed; /* of the last failure */
    uint64_t delay_ms;        /* of the WAIT that is about to be entered */
    uint64_t refused_ms;      /* since when `refused_fast` */
    unsigned weak_rests;      /* since a session that lasted */
    unsigned slow_tries;      /* after "invalid token", or what only a person can mend */
    unsigned short_sessions;  /* in a row: the server closed soon after the login */

    /* the learned heartbeat */
    struct pace pace;
    struct pace_book pace_book;
    char pace_network[sizeof(((struct uplink *)0)->network)];

    /* while data is to be saved */
    bool is_thrifty;   /* the heartbeat is stretched */
    bool waits_thrift; /* this WAIT is longer for it */
    uint32_t gap_ms;   /* between two tries to connect at least */

    /* sessions that were online */
    char trouble[LINK_WHY_MAX];
    uint64_t trouble_ms; /* when the server last said that it gets too much; 0: not, or not any more */
    uint64_t online_ms;  /* of those that are over */
    unsigned sessions;

    /* stopping */
    uint32_t stop_grace_ms;
    struct task stopped;
    unsigned stop_calls; /* on_stopped owed */
    bool going_down;
    bool start_wanted; /* link_start() while going down */
    bool uplink_told;  /* to stop */

    bool for_config;   /* WAIT lasts until the configuration is complete */
    bool dial_pending; /* CONNECT waits until the stream of the last try is closed; its time has not begun */
    bool is_encrypted; /* the stream of the last try */
    bool dialing;      /* the stream is being opened */
    bool refused_fast; /* the server's host answers, the server does not */
    bool opened_once;  /* usual_open_ms is known */
    bool settled;      /* the session that was online is in the account */
};

/* link.c: the only place that sets a state. */
void link_go(struct link *link, enum link_state next, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void link_arm(struct link *link, uint64_t ms);
/* Ends session and stream; what was not confirmed waits again. Idempotent. */
void link_hang_up(struct link *link);
void link_post(struct link *link, const struct link_event *event);
void link_post_why(struct link *link, enum link_event_kind kind, const char *why);
uint64_t link_in_state_ms(const struct link *link);

/* link_session.c */
extern const struct blynk_session_events link_session_events;

/* link_keep.c: what the next process needs to know. */
void link_keep(struct link *link, const char *name, const void *bytes, size_t len);
/* Where servers are, if that has changed. */
void link_keep_servers(struct link *link);

/* link_tls.c */
/* A session that was kept by an earlier process. */
void link_tls_recall(struct link *link, const char *name, const uint8_t *bytes, size_t len);
bool link_tls_init(struct link *link);
void link_tls_free(struct link *link);
/* Reads anew whom to trust. */
void link_tls_trust(struct link *link);
/* Chooses the stream of the next try. NULL, or why there can be none. */
const char *link_tls_use(struct link *link);

/* link_thrift.c: what a spent budget asks of the link. */
uint32_t link_thrift_heartbeat_ms(const struct link *link, uint32_t heartbeat_ms);
uint32_t link_thrift_longest_ms(const struct link *link);
/* How much longer a WAIT of `delay_ms` has to be. */
uint64_t link_thrift_delay_ms(struct link *link, uint64_t delay_ms);
/* The try to connect has ended; no-op if there was none. */
void link_dial_ended(struct link *link, bool ok);

/* link_quick.c: how long a try may take, learned from what opening takes. */
void link_quick_opened(struct link *link);
void link_quick_lost(struct link *link, uint64_t lasted_ms);
uint64_t link_quick_limit_ms(const struct link *link);

/* link_pace.c: the heartbeat, if it is to be learned. */
struct blynk_session_config link_pace_session(const struct link *link);
void link_pace_begin(struct link *link);
/* Another longest interval, while data is to be saved or not any more. */
void link_pace_stretch(struct link *link);
void link_pace_on_loaded(void *link);
void link_pace_network(struct link *link);
/* A ping was answered; the connection died. */
void link_pace_survived(struct link *link);
void link_pace_broke(struct link *link);

/* link_off.c and link_states.c: entry actions and handlers of the rows. */
void link_on_stopped(void *link);
void link_enter_off(struct link *link);
void link_enter_modem(struct link *link);
void link_enter_connect(struct link *link);
void link_enter_tls(struct link *link);
void link_enter_login(struct link *link);
void link_enter_online(struct link *link);
void link_enter_wait(struct link *link);
void link_in_off(struct link *link, const struct link_event *event);
void link_in_modem(struct link *link, const struct link_event *event);
void link_in_connect(struct link *link, const struct link_event *event);
void link_in_tls(struct link *link, const struct link_event *event);
void link_in_login(struct link *link, const struct link_event *event);
void link_in_online(struct link *link, const struct link_event *event);
void link_in_wait(struct link *link, const struct link_event *event);
/* The next try, now. */
void link_try(struct link *link, const char *why);

/* link_blame.c: writes down what has failed; before the state changes for it. */
void link_blame(struct link *link, enum uplink_layer layer, const char *why);

/* link_fail.c */
void link_fail(struct link *link, enum uplink_layer layer, const char *why);
void link_fail_connect(struct link *link, enum stream_fault fault, const char *why);
/* The same for a try to connect: with what may be done about it. */
void link_fail_dial(struct link *link, enum stream_fault fault, const char *why);
void link_fail_uplink(struct link *link, const struct link_event *event);
void link_fail_login(struct link *link, const struct link_event *event);
/* No try makes sense before the configuration is complete: WAIT without an end of its own. */
void link_wait_for_config(struct link *link, const char *why);
/* The server itself said no: nothing below is at fault. */
void link_fail_answered(struct link *link, const char *why);
/* The session that was online is over: ladder, back-off and account know whether it lasted. */
void link_settle(struct link *link);
/* The server closed a session. */
void link_fail_peer(struct link *link, uint64_t lasted_ms, const char *why);
void link_redirect(struct link *link, const struct link_event *event);

#endif
