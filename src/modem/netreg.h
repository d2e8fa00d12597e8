/*
 * The mobile network: registration, signal, operator. While searching it asks every two seconds; afterwards it
 * watches at leisure. Owned by the modem. Parsers are pure; it never selects an operator and never detaches.
 */
#ifndef MODEM_NETREG_H
#define MODEM_NETREG_H

#include "blynkd/at/channel.h"
#include "blynkd/base/timer.h"
#include "blynkd/net/uplink.h"

#include "profile.h"

#define NETREG_KINDS 3

/* 3GPP TS 27.007 10.1.20. */
#define NETREG_STATES(X)                                                                                     \
    X(NETREG_IDLE, "not searching")                                                                          \
    X(NETREG_HOME, "registered")                                                                             \
    X(NETREG_SEARCHING, "searching")                                                                         \
    X(NETREG_DENIED, "refused by the network")                                                               \
    X(NETREG_NOT_KNOWN, "not known")                                                                         \
    X(NETREG_ROAMING, "registered abroad (roaming)")

enum netreg_state {
#define NETREG_ENUM(name, words) name,
    NETREG_STATES(NETREG_ENUM)
#undef NETREG_ENUM
};

/* A line "+CREG: ...", "+CGREG: ..." or "+CEREG: ...". The same prefix begins the answer ("+CREG: n,stat") and
 * the unsolicited line ("+CREG: stat" or "+CREG: stat,"lac","ci""): one field, or a second one in quotes, means
 * unsolicited (facts/modems-aithinker-m590-esp8266.md 2.6). */
struct netreg_line {
    size_t kind; /* 0 CREG, 1 CGREG, 2 CEREG */
    bool is_answer;
    enum netreg_state state; /* states above 5 are NETREG_NOT_KNOWN */
    long access;             /* access technology, -1 if not told */
};
bool netreg_parse(const char *line, size_t len, struct netreg_line *parsed);

/* "+CSQ: 23,99": true if it is that line; *dbm is 0 when the signal is not known. */
bool netreg_parse_signal(const char *line, size_t len, int *dbm);

/* "+COPS: 0,0,"name",7": true if it is that line; without an operator `name` becomes "". */
bool netreg_parse_operator(const char *line, size_t len, char *name, size_t size, long *access);

/* "LTE"; NULL for a number without a name. */
const char *netreg_access_name(long access);

struct netreg_user {
    void (*on_registered)(void *arg);
    void (*on_failed)(void *arg, enum uplink_hope hope, const char *why);
    void (*on_say)(void *arg, const char *why);
    void *arg;
};

enum netreg_phase {
    NETREG_OFF,
    NETREG_SEARCH,
    NETREG_NAME,  /* registered; asking for the operator's name */
    NETREG_WATCH, /* polling at leisure */
};

struct netreg {
    struct sched *sched;
    struct at_channel *channel;
    struct netreg_user user;
    const struct modem_profile *profile;
    enum netreg_phase phase;
    bool allow_roaming;
    uint32_t poll_ms;
    struct at_request request;
    struct timer pause;
    size_t question; /* of the round */
    unsigned rounds;
    enum netreg_state states[NETREG_KINDS];
    uint64_t denied_since_ms;  /* 0: is not */
    uint64_t roaming_since_ms; /* registered where we do not want to be */
    int signal_dbm;
    long access;
    char operator_name[48];
};

void netreg_init(struct netreg *netreg, struct sched *sched, struct at_channel *channel,
                 const struct netreg_user *user);
/* Searches; one of on_registered, on_failed follows, or nothing for ever (the machine has the deadline). */
void netreg_search(struct netreg *netreg, const struct modem_profile *profile, bool allow_roaming);
/* Polls from now on, without callbacks; 0 = never. */
void netreg_watch(struct netreg *netreg, uint32_t poll_ms);
void netreg_stop(struct netreg *netreg);

/* An unsolicited line of registration. */
void netreg_on_line(struct netreg *netreg, const char *line, size_t len);

/* The best of what the profile asks for. */
enum netreg_state netreg_state(const struct netreg *netreg);

/* "searching (signal -83 dBm)"; returns `out`. */
const char *netreg_describe(const struct netreg *netreg, char *out, size_t size);
const char *netreg_access(const struct netreg *netreg);
const char *netreg_state_name(enum netreg_state state);

#endif
