/*
 * The user's own AT commands: one at a time, queued behind the modem's own, with a bound on the answer. Commands
 * that could lock the SIM card, cut the daemon's ground or leave a prompt open are refused. Owned by the modem.
 */
#ifndef MODEM_ASK_H
#define MODEM_ASK_H

#include "blynkd/at/channel.h"
#include "blynkd/modem/modem.h"

#define ASK_LINES_MAX 64
#define ASK_BYTES_MAX 4096
#define ASK_NAME_MAX  32

struct ask {
    struct at_channel *channel;
    struct at_request request;
    struct at_expect expect;
    char prefix[ASK_NAME_MAX]; /* "+CREG: *": lines that would else be taken for unsolicited ones */
    const char *prefixes[2];
    char text[ASK_BYTES_MAX];
    size_t text_len;
    const char *lines[ASK_LINES_MAX + 1];
    size_t count;
    modem_answer_fn *on_done;
    void *arg;
};

void ask_init(struct ask *ask, struct at_channel *channel);
/* As modem_ask(). */
int ask_start(struct ask *ask, const char *command, uint32_t timeout_ms, modem_answer_fn *on_done, void *arg);
void ask_cancel(struct ask *ask);

/* Why the command is refused, in words; NULL if it may be sent. Pure. */
const char *ask_refusal(const char *command);

#endif
