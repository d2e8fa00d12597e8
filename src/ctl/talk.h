/*
 * The conversation with the daemon: RESP2 over its Unix socket, by hiredis. A command owns the replies it was given
 * and frees them with freeReplyObject(); the connection is struct ctl's and is opened by the first question. Nothing
 * here waits without a limit, except talk_next() for a caller that wants messages for as long as there are any.
 */
#ifndef BLYNKD_CTL_TALK_H
#define BLYNKD_CTL_TALK_H

#include "ctl.h"

#include <hiredis/hiredis.h>
#include <stddef.h>

/* Connects if need be. CTL_OK, or what to end with: the person has been told what is wrong and what to do. */
enum ctl_exit talk_open(struct ctl *ctl);
void talk_close(struct ctl *ctl);

/*
 * One command, its words with their lengths (NULL: they are strings). An answer of any type, errors included, or
 * NULL if the daemon cannot be reached or did not answer in time: the person has been told, *exit says how to end.
 */
redisReply *talk_ask(struct ctl *ctl, int count, const char *const *words, const size_t *lengths,
                     enum ctl_exit *exit);

/* The same from words separated by single blanks, for commands that blynkctl itself writes. */
redisReply *talk_ask_words(struct ctl *ctl, const char *words, enum ctl_exit *exit);

/*
 * As talk_ask_words(), but a refusal of the daemon has been told to the person, too, and gives NULL.
 */
redisReply *talk_need(struct ctl *ctl, const char *words, enum ctl_exit *exit);
redisReply *talk_need_list(struct ctl *ctl, int count, const char *const *words, enum ctl_exit *exit);

/* An answer that the daemon does not give: something else listens there, or another version. */
enum ctl_exit talk_tell_strange(const struct ctl *ctl);

/* What the daemon's error words mean for the exit status; the text is shown on standard error. */
enum ctl_exit talk_tell_error(const redisReply *error);

/* For answers that take as long as they take (BLYNK.FLUSH): the next question waits so long for its answer. */
void talk_set_timeout(struct ctl *ctl, uint32_t timeout_ms);

/*
 * The next message of a subscription, waiting at most timeout_ms (0: until there is one). *reply is NULL with CTL_OK
 * if the time is over. A signal that ends the program ends this, too.
 */
enum ctl_exit talk_next(struct ctl *ctl, uint32_t timeout_ms, redisReply **reply);

#endif
