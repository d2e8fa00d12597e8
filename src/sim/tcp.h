/*
 * One real TCP connection of the simulated modem.
 * Made by a link, which gets its events; a connection that the peer must not see ending goes to a graveyard.
 * It never reads more than its owner has room for, and it is freed only by closing it.
 */
#ifndef SIM_TCP_H
#define SIM_TCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#define GRAVES 16

struct tcp_conn;

struct tcp_events {
    void (*opened)(void *owner, int status); /* 0 or a negative errno, then the connection is gone already */
    void (*data)(void *owner, const uint8_t *bytes, size_t count);
    void (*closed)(void *owner); /* by the peer or the network; the connection is gone already */
    void (*sent)(void *owner);   /* all that was written has been handed over */
    size_t (*room)(void *owner); /* bytes that may come now, at least 1 while not paused */
};

/* Connections that are dead for the modem while their peers know nothing of it yet. */
struct graveyard {
    struct tcp_conn *graves[GRAVES];
    int next;
};

/* NULL when not even the attempt is possible. */
struct tcp_conn *tcp_open(uv_loop_t *loop, const struct sockaddr_storage *target,
                          const struct tcp_events *events, void *owner);

/* Copies; the caller bounds what waits by tcp_pending(). */
int tcp_send(struct tcp_conn *conn, const uint8_t *bytes, size_t count);
size_t tcp_pending(const struct tcp_conn *conn);

/* Bytes that the peer has not acknowledged. */
size_t tcp_unacked(const struct tcp_conn *conn);

/* Holds the peer back by not reading. */
void tcp_pause(struct tcp_conn *conn, bool pause);

void tcp_close(struct tcp_conn *conn);
void tcp_bury(struct graveyard *graveyard, struct tcp_conn *conn);
void graveyard_close(struct graveyard *graveyard);

#endif
