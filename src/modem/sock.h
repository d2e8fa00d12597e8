/*
 * The modem's own TCP as a stream: one link, spoken by the dialect's record. Its own little machine (sock_rows in
 * sock.c): closing what earlier lives left open, opening, finding out what became of an open that nobody
 * answered, being up, reading out what the server left, closing. Owned by the modem. A link is only ever taken
 * for dead by an explicit word about it.
 */
#ifndef MODEM_SOCK_H
#define MODEM_SOCK_H

#include "blynkd/at/channel.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/stream.h"

#include "dialect.h"
#include "rows.h"

#include <stdint.h>

#define SOCK_STATES(X)                                                                                       \
    X(SOCK_CLOSED)                                                                                           \
    X(SOCK_WAIT)    /* for the end of commands of the link before */                                         \
    X(SOCK_SWEEP)   /* closing links of an earlier life */                                                   \
    X(SOCK_PREPARE) /* what must precede the open */                                                         \
    X(SOCK_OPEN)                                                                                             \
    X(SOCK_GRACE)  /* the module gave up, the link may still come up */                                      \
    X(SOCK_FIND)   /* asking what became of it */                                                            \
    X(SOCK_BEARER) /* asking whether the data connection was the fault */                                    \
    X(SOCK_NAME)   /* asking whether the name was the fault */                                               \
    X(SOCK_UP)                                                                                               \
    X(SOCK_DRAIN) /* closed by the server, reading what is left */                                           \
    X(SOCK_CLOSING)                                                                                          \
    X(SOCK_REPORT)

enum sock_state {
#define SOCK_ENUM(name) name,
    SOCK_STATES(SOCK_ENUM)
#undef SOCK_ENUM
};

struct sock_user {
    void (*on_bearer_lost)(void *arg, const char *why);
    void *arg;
};

struct sock {
    struct stream stream;
    struct sched *sched;
    struct at_channel *channel;
    struct sock_user user;
    const struct dialect *dialect; /* NULL: not usable */
    size_t send_max_bytes;
    bool ready; /* the bearer is up */

    enum sock_state state;
    bool in_use;   /* from stream_open() to on_closed */
    bool unwanted; /* stream_close() came meanwhile */
    bool given_up; /* and the command in flight was cancelled for it */
    bool torn;     /* bytes were lost: nothing that comes after them may be handed on */
    long link;     /* -1: not known */
    char host[256];
    char address[16]; /* of the host, if the dialect needs it */
    uint16_t port;
    enum stream_fault fault;
    char why[200];

    bool sweep_wanted;   /* links of an earlier life may be open */
    bool open_retried;   /* once, after closing what was in the way */
    bool prepared_again; /* in the other form */
    bool open_unsure;    /* the open may have worked */
    bool connected_seen; /* a line said so */
    bool bearer_gone;
    bool bearer_there;
    bool name_failed;
    uint32_t rows_to_close; /* bits */
    long closing_row;       /* -1: none in flight */
    struct rows rows;
    bool status_unknown;     /* to this firmware: the dialect's other question is asked */
    char strange_logged[64]; /* the last unknown status line, so that it is logged once */

    struct at_request control; /* open, status, close, resolve */
    struct at_request sending;
    struct at_request reading;
    struct timer timer; /* grace */
    struct task report;

    uint8_t out[DIALECT_SEND_MAX];
    size_t out_len; /* 0: nothing is being sent */
    size_t out_at;
    uint64_t open_ms;  /* when the open was sent */
    uint64_t sent_ms;  /* when the last send began */
    unsigned refusals; /* sends of which the module took nothing, in a row */
    struct timer resend;

    bool data_waiting;
    bool waiting_asked; /* `reading` is the question how much waits */
    bool rereading;     /* at once after a read that worked */
    long waiting_bytes; /* its answer, until they are read */
    long rest;          /* told by the last read */
    unsigned read_errors;
    bool doubting;     /* `control` asks whether we are still up */
    struct timer look; /* in case the line that tells of data was lost */
    unsigned looks;
};

void sock_init(struct sock *sock, struct sched *sched, struct at_channel *channel,
               const struct sock_user *user);

/* The bearer is up: the stream can be opened. `send_max_bytes` 0: the dialect's. */
void sock_enable(struct sock *sock, const struct dialect *dialect, size_t send_max_bytes);

/* It is no more: an open stream ends with this fault, at once and without a command. */
void sock_disable(struct sock *sock, enum stream_fault fault, const char *why);

/* Forgets everything without a callback. */
void sock_destroy(struct sock *sock);

/* From the channel. */
void sock_on_payload(struct sock *sock, const struct at_token *piece);
void sock_on_payload_lost(struct sock *sock, long link);
/* Unsolicited lines of the dialect; link -1: not told. */
void sock_on_data(struct sock *sock, long link);
void sock_on_closed(struct sock *sock, long link);
void sock_on_connected(struct sock *sock, long link);
void sock_on_not_connected(struct sock *sock, long link);

#endif
