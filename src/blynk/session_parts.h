/*
 * What the files of the session share: its struct, and the few calls between its life (session.c), what it
 * sends (session_send.c, under the limit of session_rate.c), its PINGs (session_ping.c) and what it receives
 * (session_receive.c). Owned by session.c, never seen outside.
 */
#ifndef BLYNK_SESSION_PARTS_H
#define BLYNK_SESSION_PARTS_H

#include "blynkd/base/timer.h"
#include "blynkd/blynk/session.h"

#define SESSION_PINGS    4  /* on their way at the same time */
#define SESSION_REQUESTS 16 /* ids that are not used again soon */

enum session_phase {
    SESSION_DOWN,   /* no stream */
    SESSION_LOGIN,  /* login sent, nothing else may be (protocol sheet, rule 3) */
    SESSION_ONLINE, /* logged in */
    SESSION_OVER,   /* the user was told and has not called blynk_session_end() yet */
};

struct session_ping {
    uint16_t id;
    uint64_t mark; /* all that was sent before it */
    uint64_t sent_ms;
    uint32_t grace_ms;
    uint32_t silence_ms;
};

struct blynk_session {
    struct sched *sched;
    struct blynk_session_config config;
    struct blynk_source source;
    struct blynk_session_events events;
    void *arg;
    struct stream *stream;
    enum session_phase phase;
    unsigned
        life; /* grows with every begin and end: who called out sees whether the session is still the same */
    struct timer timer;
    struct task pump;
    struct blynk_session_info info;

    /* receiving */
    struct blynk_parser parser;
    struct blynk_parser sent_parser; /* frames again out of what was sent, for on_frame */
    unsigned strange;                /* frames in a row that made no sense */

    /* sending */
    struct buf own; /* frames that wait for the rate limit */
    struct buf out; /* bytes that wait for the stream's room */
    uint16_t last_id;
    uint16_t requests[SESSION_REQUESTS];
    unsigned next_request;
    struct session_ping pings[SESSION_PINGS]; /* oldest first */
    unsigned ping_count;
    bool ping_due;      /* the heartbeat wants a PING now */
    bool confirm_due;   /* blynk_session_confirm_soon() */
    uint64_t mark;      /* last one from the source */
    uint64_t lost_mark; /* nothing up to it is confirmed any more */
    uint64_t told_sent; /* info.messages_sent when on_sent was last called */
    uint32_t unpinged;  /* messages of the source since the last PING */
    size_t room_max;    /* the most room that the stream ever had */
    int64_t credit;     /* of the rate limit, in thousandths of a message */
    uint64_t credit_ms; /* when it was reckoned */
    uint64_t source_ms; /* the source is not asked before */
    uint64_t pause_ms;  /* nothing is sent before, because the server said "too many messages" */
    bool over_quota;    /* since then no PING was answered; nothing else is sent */
    uint64_t begun_ms;
    uint64_t sent_ms;     /* last bytes written */
    uint64_t received_ms; /* last bytes read */
};

/* session.c */
void session_die(struct blynk_session *session, const char *why);
/* Arms the timer for whatever comes next. */
void session_arm(struct blynk_session *session);

/* session_rate.c */
void session_rate_init(struct blynk_session *session);
/* How many messages may be sent now. */
size_t session_rate_allowed(struct blynk_session *session);
/* As of the last session_rate_allowed(): there will never be more at once. */
bool session_rate_is_full(const struct blynk_session *session);
void session_rate_charge(struct blynk_session *session, size_t messages);
/* When so many messages will be allowed. */
uint64_t session_rate_due_ms(const struct blynk_session *session, uint32_t messages);

/* session_ping.c */
/* Appends a PING to what goes out, if the rate limit allows one more message. */
void session_ping_put(struct blynk_session *session);
/* True if `id` was one of our PINGs: all that was sent before it is confirmed. */
bool session_ping_answered(struct blynk_session *session, uint16_t id);
/* The server said "too many messages per second" about message `id`. */
void session_slow_down(struct blynk_session *session, uint16_t id);

/* session_send.c */
void session_send_init(struct blynk_session *session);
void session_send_reset(struct blynk_session *session);
void session_send_login(struct blynk_session *session);
void session_send_info(struct blynk_session *session);
/* Sends what may be sent now. */
void session_pump(struct blynk_session *session);
/* When session_pump() would do something that it cannot do now; UINT64_MAX: only room or a wake will help. */
uint64_t session_pump_due_ms(const struct blynk_session *session);
/* True if `id` was one of our requests; it is one no more. */
bool session_request_answered(struct blynk_session *session, uint16_t id);

/* session_receive.c */
void session_receive_reset(struct blynk_session *session);

#endif
