/*
 * The Ai-Thinker family (A6, A7, A9, A9G): its command tables and what it says by itself.
 * Constant tables over the state in struct modem.
 * Written from the modem's manuals and logs; numbers such as 2.9 name sections of the fact sheet.
 */
#ifndef SIM_AI_THINKER_H
#define SIM_AI_THINKER_H

#include "at.h"
#include "profile.h"

extern const struct at_command ai_thinker_commands[];        /* ai_thinker.c: identity, power */
extern const struct at_command ai_thinker_bearer_commands[]; /* ai_thinker_bearer.c */
extern const struct at_command
    ai_thinker_open_commands[]; /* ai_thinker_open.c: CIPSTART, CIPCLOSE, CIPSTATUS */
extern const struct at_command ai_thinker_send_commands[];     /* ai_thinker_send.c */
extern const struct at_command ai_thinker_gnss_commands[];     /* ai_thinker_gnss.c, only with a receiver */
extern const struct at_command ai_thinker_location_commands[]; /* ai_thinker_gnss.c: A9G only */

extern const struct family ai_thinker_family;

/* Hooks that live beside the commands they belong to. */
void ai_thinker_link_opened(struct modem *modem, struct link *link);
void ai_thinker_link_failed(struct modem *modem, struct link *link);
void ai_thinker_link_data(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
void ai_thinker_link_closed(struct modem *modem, struct link *link);
void ai_thinker_link_sent(struct modem *modem, struct link *link);
void ai_thinker_bearer_lost(struct modem *modem);
const char *ai_thinker_prompt(const struct modem *modem);

/* After noresponse_after_s the modem gives a command up. */
long ai_thinker_patience_ms(const struct modem *modem);

/* One of the words error, cme50, cme53, no_response of a variant as a status (not at once for no_response). */
int ai_thinker_failure(struct modem *modem, const char *word);

/* The link that is meant: by number in multiplexed mode, else the first; NULL when the number is wrong. */
struct link *ai_thinker_link(struct modem *modem, const struct at_call *call, int index);

#endif
