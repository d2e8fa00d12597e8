/*
 * A profile: what is true of a module, as one constant record: how it is recognised, which dialect it speaks,
 * how it starts, how it tells of its SIM card and its network, its limits and quirks as fields. Written in
 * profiles/, one array a family; a sister module is one more record there and no edit elsewhere. Never code.
 */
#ifndef MODEM_PROFILE_H
#define MODEM_PROFILE_H

#include "blynkd/io/power.h"
#include "dialect.h"
#include "net_time.h"

#define PROFILE_LEVELS(X)                                                                                    \
    X(PROFILE_MANUAL, "manual")     /* built from documents */                                               \
    X(PROFILE_RECORDED, "recorded") /* a real log of it is in tests/logs */

enum profile_level {
#define PROFILE_ENUM(name, word) name,
    PROFILE_LEVELS(PROFILE_ENUM)
#undef PROFILE_ENUM
};

#define PROFILE_TLS(X)                                                                                       \
    X(PROFILE_TLS_NONE, "none")                                                                              \
    X(PROFILE_TLS_OLD, "1.0 only") /* modern servers refuse it */                                            \
    X(PROFILE_TLS_1_2, "1.2")

enum profile_tls {
#define PROFILE_ENUM(name, word) name,
    PROFILE_TLS(PROFILE_ENUM)
#undef PROFILE_ENUM
};

/* Where a module can be registered; asked in this order, one of them is enough. */
enum profile_registration {
    PROFILE_CREG = 1,  /* circuit switched */
    PROFILE_CGREG = 2, /* packet switched, 2G and 3G */
    PROFILE_CEREG = 4, /* LTE */
};

struct modem_profile {
    const char *name;
    const char *vendor;
    const char *title;           /* as on the box */
    const char *const *identity; /* texts in "|line|line|...|" of its answers to ATI and AT+CGMM */
    enum profile_level level;
    enum profile_tls tls;
    bool ppp; /* it can also be a plain data modem (ATD*99#) */
    const struct dialect *dialect;
    struct at_manner manner;
    size_t send_max_bytes; /* 0: the dialect's */
    uint32_t default_baud; /* 0: finds it by itself */

    const struct at_step *sync;       /* NULL: steps_sync */
    const struct at_step *identify;   /* NULL: steps_identify */
    const struct at_step *setup;      /* once the SIM card is ready; NULL: nothing */
    const struct at_step *soft_reset; /* NULL: cannot */
    const struct at_step *radio_off;  /* NULL: cannot */
    const struct at_step *radio_on;
    uint32_t boot_ms; /* from reset until it answers, at the very most */
    struct power_times power;

    bool needs_wifi; /* a wireless network instead of SIM card and operator */
    bool needs_sim;
    const char *iccid_send;     /* asks for the card's number */
    bool sim_by_iccid;          /* AT+CPIN? may be unknown: a card that tells its number is ready */
    const char *pin_tries_send; /* asks for the tries left; NULL: cannot be asked */
    const char *pin_tries_line; /* its answer; the first capture is PIN 1's */

    unsigned registration;                  /* of enum profile_registration */
    bool search_and_denied_swapped;         /* registration state 2 means refused and 3 searching */
    uint32_t register_ms;                   /* longest wait for the network */
    const char *access;                     /* when the operator's answer does not tell */
    const struct net_time_source *net_time; /* how it tells the network's time; NULL: it does not */

    const char *const
        *late_boot_lines; /* of a start too, but as much as a minute after it, or after the PIN */
    const char *const *power_down_lines; /* it switches itself off */
    const char *const *power_low_lines;  /* its supply is weak */
    const char *const *sim_lost_lines;
};

/* What every module of the sheets understands (steps.c). */
extern const struct at_step steps_sync[];
extern const struct at_step steps_identify[];
extern const struct at_step steps_radio_off[];
extern const struct at_step steps_radio_on[];
extern const struct at_step steps_subscriber[];

const char *profile_level_name(enum profile_level level);
const char *profile_tls_name(enum profile_tls tls);

/* The profile whose identity is in the text, in registry order; NULL: none. */
const struct modem_profile *profile_identify(const char *identity);

/* The profiles whose names or titles are nearest to the text, one a dialect, nearest first; how many. */
size_t profile_closest(const char *text, const struct modem_profile **found, size_t max);

bool profile_fits(const struct modem_profile *profile, const char *identity);

#endif
