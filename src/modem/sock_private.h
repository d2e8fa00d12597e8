/*
 * The inside of the sock, shared by its rooms: sock.c (states, closing, the stream's face), sock_open.c (from
 * open to up), sock_send.c and sock_read.c. Owned by sock.c. Never included by others.
 */
#ifndef MODEM_SOCK_PRIVATE_H
#define MODEM_SOCK_PRIVATE_H

#include "sock.h"

/* sock.c: the only place that sets the state. */
void sock_go(struct sock *sock, enum sock_state state);

/* The link ends: remembers whom to blame (the first blame stays) and goes the way down. */
void sock_blame(struct sock *sock, enum stream_fault fault, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sock_end(struct sock *sock);

/* sock_command.c: sends one of the dialect's commands. False: it could not be sent, the link is being ended. */
bool sock_command(struct sock *sock, struct at_request *request, const struct dialect_command *command);
/* Asks for the status of all rows; true: the answer was that the question is not known, another one is under way. */
void sock_ask_status(struct sock *sock);
bool sock_ask_status_again(struct sock *sock, const struct at_reply *reply);
/* Closes a row that is not ours. */
bool sock_close_row(struct sock *sock, long row);

/* The modem restarted or the port is closed: the machine ends the link with sock_disable(). */
bool sock_is_lost(const struct at_reply *reply);

bool sock_is_ours(const struct sock *sock, long link);

/* sock_open.c: the entry actions of its states, and what the control request brought in them. */
void sock_enter_sweep(struct sock *sock);
void sock_enter_prepare(struct sock *sock);
void sock_enter_open(struct sock *sock);
void sock_enter_grace(struct sock *sock);
void sock_enter_find(struct sock *sock);
void sock_enter_bearer(struct sock *sock);
void sock_enter_name(struct sock *sock);
void sock_on_sweep_done(struct sock *sock, const struct at_reply *reply);
void sock_on_prepare_done(struct sock *sock, const struct at_reply *reply);
void sock_prepare_on_line(struct sock *sock, const char *line, size_t len);
/* The open has failed, and what it may have left behind is closed. */
void sock_after_failure(struct sock *sock);
void sock_on_open_done(struct sock *sock, const struct at_reply *reply);
void sock_on_find_done(struct sock *sock, const struct at_reply *reply);
void sock_on_bearer_done(struct sock *sock, const struct at_reply *reply);
void sock_on_name_done(struct sock *sock, const struct at_reply *reply);
void sock_on_control_line(void *arg, const char *line, size_t len);

/* sock_why.c: what an end of the open means; the blame itself. */
enum stream_fault sock_open_blame(const struct sock *sock, const struct at_reply *reply,
                                  enum stream_fault otherwise);
void sock_blame_open(struct sock *sock, const struct at_reply *reply);

/* sock_send.c */
size_t sock_write(struct stream *stream, const uint8_t *data, size_t len);
size_t sock_room(const struct stream *stream);
void sock_on_sent(void *arg, const struct at_reply *reply);
void sock_on_resend(void *arg);

/* sock_read.c */
void sock_read_on_line(void *arg, const char *line, size_t len);
void sock_on_read(void *arg, const struct at_reply *reply);
void sock_on_look(void *arg);
void sock_look_soon(struct sock *sock); /* after a send */
void sock_read_start(struct sock *sock);
void sock_read_withdraw(struct sock *sock); /* a read that waits for its turn is not sent any more */
void sock_enter_drain(struct sock *sock);
void sock_on_doubt_done(struct sock *sock, const struct at_reply *reply);

#endif
