/*
 * The rows of the modem's link table: which are in use, what has been received and not yet read.
 * Owned by the modem; the families' commands open and close them, the family's hooks say what happens to them.
 * It never prints anything to the host by itself.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include "link_tls.h"
#include "route.h"
#include "tcp.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#define LINKS_MAX       13
#define LINK_RX_BYTES   8192
#define LINK_TX_WAITING 8192 /* what a modem's stack takes before it stops acknowledging sends */

struct modem;

enum link_state { LINK_INITIAL, LINK_CONNECTING, LINK_OPEN, LINK_REMOTE_CLOSING, LINK_CLOSED };

struct link {
    struct modem *modem;
    int id;
    enum link_state state;
    struct tcp_conn *conn;
    uv_timer_t timer; /* connect_ms, time-out of a connect */
    bool dead;        /* half-open: nothing passes any more, and the modem does not know */
    long extra_ms;    /* added to connect_ms for this one opening */
    long timeout_ms;  /* of this one opening; 0: connect_timeout_s */
    bool nowhere;     /* this one opening goes astray: nobody will answer */
    bool buffered;    /* what comes waits to be read, whatever other links do */
    bool timed_out;   /* the modem's own TCP has given up */
    bool failed;      /* connecting, and it is known that nothing will come of it */
    bool secure;      /* this one opening is to be encrypted as `wish` says */
    struct link_tls_wish wish;
    struct link_tls *tls; /* NULL: plain */
    enum link_tls_problem problem;
    bool shaking, handing; /* the handshake is on; what was decrypted is being handed on */
    bool notified;         /* the host has been told of waiting data and has not read since */
    uint64_t data_at_ms, sent, taken, passed_ms;
    uint16_t port;
    char host[ROUTE_HOST_MAX], ip[ROUTE_IP_MAX];
    uint8_t rx[LINK_RX_BYTES];
    size_t rx_length, dead_waiting;
};

void links_init(struct modem *modem);
void links_close(struct modem *modem);

enum link_open { LINK_STARTED, LINK_NO_NAME };

/* The family's link_opened or link_failed follows, never at once; a dead address gives neither. */
enum link_open link_open(struct link *link, const char *host, uint16_t port);

/* For a name that does not resolve, where the modem says no more than that the connection failed. */
void link_fail_later(struct link *link);

/* Local end; what was received is forgotten. */
void link_close(struct link *link, enum link_state after);

/* All links end without a word to their peers (or with one, see the variant tcp_on_power_loss). */
void links_lose(struct modem *modem, enum link_state after);

/* The peer closes, as the modem sees it. */
void link_remote_close(struct link *link);

/* From now on nothing passes, in either direction. */
void link_kill_silently(struct link *link);

/* What has come waits to be read; what does not fit is lost. */
void link_keep(struct link *link, const uint8_t *bytes, size_t count);

/* How much may come now. */
size_t link_room(const struct link *link);

/* The host has read so many of the bytes that wait. */
void link_taken(struct link *link, size_t count);

bool link_send(struct link *link, const uint8_t *bytes, size_t count);
size_t link_send_room(const struct link *link);
size_t link_unacked(const struct link *link);

/* Reading is stopped while the host cannot take more; called whenever that may have changed. */
void links_resume(struct modem *modem);

int links_count(const struct modem *modem, enum link_state state);
const char *link_state_name(enum link_state state);

#endif
