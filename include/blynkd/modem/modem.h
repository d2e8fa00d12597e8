/*
 * A modem on a port: an uplink (net/uplink.h) with what people want to know of it. Made from a profile found by
 * name, or by asking the module (`auto`). Owns the AT channel, the trace and its machine; the port belongs to
 * the maker. It never decides to climb the recovery ladder; it takes the rung that it is told.
 */
#ifndef BLYNKD_MODEM_MODEM_H
#define BLYNKD_MODEM_MODEM_H

#include "blynkd/net/uplink.h"

#include <stdbool.h>
#include <stdint.h>

struct modem;
struct port;
struct power;
struct sched;
struct trace;

#define MODEM_STATES(X)                                                                                      \
    X(MODEM_DOWN, "DOWN")                                                                                    \
    X(MODEM_POWER, "POWER")                                                                                  \
    X(MODEM_SYNC, "SYNC")                                                                                    \
    X(MODEM_IDENTIFY, "IDENTIFY")                                                                            \
    X(MODEM_SIM, "SIM")                                                                                      \
    X(MODEM_SETUP, "SETUP")                                                                                  \
    X(MODEM_REGISTER, "REGISTER")                                                                            \
    X(MODEM_BEARER, "BEARER")                                                                                \
    X(MODEM_READY, "READY")

enum modem_state {
#define MODEM_ENUM(name, words) name,
    MODEM_STATES(MODEM_ENUM)
#undef MODEM_ENUM
};

/* What the configuration says of the access point. */
enum modem_apn {
    MODEM_APN_GIVEN,   /* `apn`; empty: the network chooses */
    MODEM_APN_USUAL,   /* the one that is usual for the SIM card */
    MODEM_APN_MISSING, /* nothing: the modem waits for it when it is registered, and tells what is usual */
};

#define MODEM_NAME_SERVERS 2
#define MODEM_CA_MAX       8192 /* bytes of the authority's certificate; a modem takes 10 KiB */

struct modem_config {
    char profile[24]; /* a name of modem_profiles(), or "auto" */
    char pin[12];     /* "" = none; a secret */
    enum modem_apn apn_is;
    char apn[101];
    char ssid[33];                             /* of the wireless network, for modules without a SIM card */
    char wifi_password[64];                    /* a secret */
    char name_servers[MODEM_NAME_SERVERS][64]; /* asked instead of the network's, if the modem can be told */
    size_t name_server_count;
    char user[65];
    char password[65];       /* a secret */
    char state_dir[256];     /* where the PIN guard keeps its file */
    uint32_t poll_ms;        /* signal and registration while idle: 120 s; 0 = never */
    uint32_t send_max_bytes; /* 0 = the profile's; smaller ones are safer on weak links */
    int command_gap_ms;      /* -1 = the profile's */
    bool allow_roaming;
    bool tls; /* its own; only with a certificate, and only if modem_tls_refusal() has nothing against it */
    uint8_t ca[MODEM_CA_MAX]; /* whom it is to trust: PEM */
    size_t ca_len;
};

/* NULL: no memory, or the profile's name is unknown (errno = EINVAL). The port must outlive the modem. */
struct modem *modem_create(struct sched *sched, struct port *port, const struct modem_config *config);
void modem_destroy(struct modem *modem); /* stopped first */

/* New configuration for the next start. True if a running modem must be started anew for it. */
bool modem_configure(struct modem *modem, const struct modem_config *config);

/* What can switch its power (io/power.h); the maker's, must outlive the modem. NULL: nothing can. Before the start. */
void modem_set_power(struct modem *modem, struct power *power);

struct uplink *modem_uplink(struct modem *modem);
struct trace *modem_trace(struct modem *modem);

/* A device node changed: if the port was missing, look again now. */
void modem_look_again(struct modem *modem);

struct modem_info {
    enum modem_state state;
    const char *why;
    enum modem_state failed_in; /* the last failure; MODEM_DOWN: none */
    bool misfit;                /* the configured profile is not that of this module */
    const char *port;           /* its path; "" = not known */
    uint32_t baud;              /* 0 = not known */
    char profile[24];           /* "" while not known */
    char level[12];             /* manual or recorded */
    char manufacturer[48];
    char model[48];
    char firmware[64];
    char imei[20];
    char iccid[24];
    char sim[24];   /* the SIM card's state as last told; "" = not told */
    long pin_tries; /* left, as last told; -1 = not told */
    char operator_name[48];
    char access[16];       /* "GSM", "GPRS", "LTE"... */
    char registration[40]; /* in words */
    char apn[101];         /* in use, or will be */
    char apn_usual[101];   /* for this SIM card; "" = not asked for or not known */
    char address[48];
    int signal_dbm; /* 0 = not known */
    uint64_t bytes_out, bytes_in, commands, timeouts, reboots;
};
const struct modem_info *modem_info(struct modem *modem);

/* One AT command of the user's, queued between the modem's own. -ENOTCONN, -EBUSY (one is running already),
 * -EPERM (a command that could lock the SIM or cut the daemon's own ground: +CPIN, +CLCK, +CPWD, +IPR, &W ...).
 * Lines as they came, the final result last. on_done exactly once, unless modem_ask_cancel(). */
typedef void modem_answer_fn(void *arg, int error, const char *const *lines, size_t count);
int modem_ask(struct modem *modem, const char *command, uint32_t timeout_ms, modem_answer_fn *on_done,
              void *arg);
void modem_ask_cancel(struct modem *modem);
/* Why modem_ask() would refuse the command (-EPERM), in words that continue "it is not sent: "; NULL: it would not.
 * Pure. */
const char *modem_ask_refusal(const char *command);

const char *modem_state_name(enum modem_state state);

/* What `blynkd --list-modems` prints: one call a profile, in order. */
struct modem_profile;
size_t modem_profile_count(void);
const struct modem_profile *modem_profile_at(size_t index);
const struct modem_profile *modem_profile_find(const char *name);
const char *modem_profile_name(const struct modem_profile *profile);
/* It joins a wireless network, and has no SIM card. */
bool modem_profile_has_wifi(const struct modem_profile *profile);
/* Why the modem's own TLS must not be used, with what to do; NULL: it may. */
const char *modem_tls_refusal(const struct modem_profile *profile);
/* One line for people: name, vendor, modules, family, support level, TLS on the module, largest send in bytes, PPP;
 * and the line above them. */
const char *modem_profile_heading(void);
int modem_profile_describe(const struct modem_profile *profile, char *out, size_t size);
/* NULL if every record is sound, else the first fault in words (patterns, deadlines, names, dialect). */
const char *modem_registry_check(void);

#endif
