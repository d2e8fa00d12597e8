/*
 * The mobile network as the modem sees it: registration, packet attach, access point, bearer.
 * Owned by the modem.
 * It knows the +CREG line, which all families share; everything else is said by the families.
 */
#ifndef SIM_NETWORK_H
#define SIM_NETWORK_H

#include <stdbool.h>
#include <uv.h>

#define APN_MAX 64

struct modem;

/* 3GPP 27.007. */
enum registration { REG_IDLE = 0, REG_HOME = 1, REG_SEARCHING = 2, REG_DENIED = 3, REG_ROAMING = 5 };

struct network {
    enum registration registration;
    bool attached, bearer_up;
    char apn[APN_MAX];
    long csq;
    uv_timer_t search, bearer;
    void (*bearer_due)(struct modem *modem);
};

void network_init(struct modem *modem);
void network_close(struct modem *modem);

/* Not registered, nothing attached, nothing remembered. */
void network_reset(struct modem *modem);

/* Registered at once and without a word: the state of a modem that has been on for long. */
void network_settle(struct modem *modem);

/* Searches, and finds (or is refused) after reg_ms. `announce`: with the +CREG line of the search. */
void network_search(struct modem *modem, bool announce);

/* After a time without any network. */
void network_search_again(struct modem *modem);

/* The result of a search, now. */
void network_search_ends(struct modem *modem);

/* Lost to the state given: links and bearer go with it. */
void network_lose(struct modem *modem, enum registration state);

void network_drop_bearer(struct modem *modem);

/* For bearers that come up by themselves after a command has been answered; at once when `ms` is 0. */
void network_bearer_later(struct modem *modem, long ms, void (*due)(struct modem *modem));

bool network_is_registered(const struct modem *modem);
bool network_knows_apn(const struct modem *modem);

/* The answer of AT+CREG? and AT+CGREG? behind the name: "1,1" and so on. */
void network_print_registration(const struct modem *modem, int mode, char *out, size_t room);

#endif
