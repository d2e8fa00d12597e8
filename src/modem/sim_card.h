/*
 * The SIM card: asks for its state until it is ready, enters the configured PIN at most once and only if the
 * guard allows it, and reads the card's number. Owned by the modem, runs while the machine is in SIM. It never
 * sends a PUK, never a PIN that the card does not ask for.
 */
#ifndef MODEM_SIM_CARD_H
#define MODEM_SIM_CARD_H

#include "blynkd/at/channel.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/uplink.h"

#include "identity.h"
#include "pin_guard.h"
#include "profile.h"

enum sim_step {
    SIM_IDLE,
    SIM_NUMBER,   /* asking for the card's number */
    SIM_STATE,    /* asking for its state */
    SIM_PRESENCE, /* the state cannot be asked: does it tell its number? */
    SIM_TRIES,    /* asking for the tries left */
    SIM_GUARD,    /* writing the attempt down */
    SIM_PIN,      /* sending it */
};

struct sim_card_user {
    void (*on_ready)(void *arg);
    void (*on_failed)(void *arg, enum uplink_hope hope, const char *why);
    void (*on_say)(void *arg, const char *why); /* what it is waiting for */
    void *arg;
};

struct sim_card {
    struct sched *sched;
    struct at_channel *channel;
    struct sim_card_user user;
    struct identity *identity; /* gets the card's number */
    const struct modem_profile *profile;
    const char *pin; /* of the configuration; "" = none */
    const char *state_dir;
    enum sim_step step;
    struct at_request request;
    struct timer pause;
    struct pin_guard guard;
    uint64_t give_up_ms; /* when waiting for a card that is not there yet ends */
    unsigned errors;     /* plain ERROR to the question for the state, in a row */
    bool pin_sent;       /* since the start */
    bool pin_pending;    /* its outcome is not written down yet; outlives the start */
    bool pin_answered;   /* with OK */
    long tries_left;     /* -1: not known */
    char state[24];      /* as last told */
};

void sim_card_init(struct sim_card *card, struct sched *sched, struct at_channel *channel,
                   const struct sim_card_user *user, struct identity *identity);
/* Texts stay the caller's. One of on_ready, on_failed follows. */
void sim_card_start(struct sim_card *card, const struct modem_profile *profile, const char *pin,
                    const char *state_dir);
/* Without a callback. Idempotent. */
void sim_card_stop(struct sim_card *card);

#endif
