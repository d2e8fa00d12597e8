/*
 * The SIM card: which code it wants, how many tries are left, kept over reboots and, with a file, over runs.
 * Owned by the modem.
 * It never forgets a wrong try.
 */
#ifndef SIM_SIM_CARD_H
#define SIM_SIM_CARD_H

#include <stdbool.h>

#define SIM_CODE_MAX 9

struct options;

enum sim_lock { SIM_READY, SIM_WANTS_PIN, SIM_WANTS_PUK, SIM_ABSENT, SIM_BLOCKED };

struct sim_card {
    bool locked;    /* asks for the PIN after each start */
    bool unlocked;  /* and has got it */
    bool pin_given; /* on the command line: locked is its natural state */
    bool absent;
    bool busy;     /* still starting */
    int busy_left; /* CPIN? refused so many times more */
    int pin_tries, puk_tries;
    char pin[SIM_CODE_MAX], puk[SIM_CODE_MAX];
    const char *file;
};

/* 0, or a negative errno after the problem has been printed. */
int sim_card_init(struct sim_card *sim, const struct options *options);

enum sim_lock sim_card_lock(const struct sim_card *sim);
const char *sim_lock_name(enum sim_lock lock); /* "READY", "SIM PIN", ... */

/* 0 when the card can be used, else the +CME ERROR for commands that need it. */
int sim_card_cme(const struct sim_card *sim);

/* The same results; 16 for a wrong code, 12 when the PUK is wanted, 3 when no code is. */
int sim_card_enter_pin(struct sim_card *sim, const char *pin, bool burn_when_ready);
int sim_card_enter_puk(struct sim_card *sim, const char *puk, const char *new_pin);

void sim_card_restart(struct sim_card *sim);

/* Faults; what ends one also opens the card until the next start. */
void sim_card_require_pin(struct sim_card *sim, bool require);
void sim_card_require_puk(struct sim_card *sim, bool require);

#endif
