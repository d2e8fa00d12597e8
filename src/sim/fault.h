/*
 * What can be made to go wrong, at start or at run time: a name, an argument, for how long or how often.
 * Each modem owns one set; the command line and the control socket switch them on and off.
 * This part keeps the books; what a fault does when it begins or ends stands in fault_effect.c, what it changes
 * while it lasts stands where it changes it.
 */
#ifndef SIM_FAULT_H
#define SIM_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

struct modem;

/* Identifier, name, lasting (or done at once), argument, meaning. */
#define FAULT_LIST(X)                                                                                        \
    X(REBOOT, "reboot", false, FAULT_ARG_POINT, "reboot now, or at=connect|send|payload|N-bytes")            \
    X(MUTE, "mute", true, FAULT_ARG_NONE, "neither hears nor answers")                                       \
    X(GARBLE, "garble", true, FAULT_ARG_NUMBER, "every N-th byte to the host is wrong")                      \
    X(LOSE, "lose", true, FAULT_ARG_NUMBER, "every N-th byte to the host is lost")                           \
    X(SPLIT, "split", true, FAULT_ARG_NUMBER, "bytes to the host come in pieces of N")                       \
    X(DROP_URC, "drop-urc", true, FAULT_ARG_NONE, "unsolicited lines are swallowed")                         \
    X(URC_STORM, "urc-storm", true, FAULT_ARG_NONE, "unsolicited lines wherever one may stand")              \
    X(NO_DNS, "no-dns", true, FAULT_ARG_NONE, "no name resolves")                                            \
    X(CONNECT_FAIL, "connect-fail", true, FAULT_ARG_NONE, "no TCP connection can be opened")                 \
    X(HALF_OPEN, "half-open", true, FAULT_ARG_NONE, "connections die silently in both directions")           \
    X(REMOTE_CLOSE, "remote-close", false, FAULT_ARG_NONE, "the peers close all connections")                \
    X(SEND_FAIL, "send-fail", true, FAULT_ARG_NONE, "sends are refused after the payload")                   \
    X(NO_PROMPT, "no-prompt", true, FAULT_ARG_NONE, "the prompt of a send does not come")                    \
    X(DENY_REGISTRATION, "deny-registration", true, FAULT_ARG_NONE, "the network refuses the modem")         \
    X(PDP_DROP, "pdp-drop", false, FAULT_ARG_NONE, "the network drops the bearer")                           \
    X(SIM_PIN, "sim-pin", true, FAULT_ARG_NONE, "the SIM card asks for its PIN")                             \
    X(SIM_PUK, "sim-puk", true, FAULT_ARG_NONE, "the SIM card asks for its PUK")                             \
    X(NO_SIM, "no-sim", true, FAULT_ARG_NONE, "the SIM card is gone")                                        \
    X(ECHO_ON, "echo-on", false, FAULT_ARG_NONE, "echo comes back by itself")                                \
    X(UNPLUG, "unplug", false, FAULT_ARG_MAYBE, "the port disappears, for N seconds or until replug")        \
    X(REPLUG, "replug", false, FAULT_ARG_NONE, "the port comes back, perhaps under another number")          \
    X(LATE_ANSWER, "late-answer", true, FAULT_ARG_NUMBER, "answers come N milliseconds late")                \
    X(BROWN_OUT, "brown-out", true, FAULT_ARG_NONE, "the supply breaks down with each send: it restarts")    \
    X(HANG, "hang", true, FAULT_ARG_NONE, "dead until the power is cut")                                     \
    X(ECHO_OF_PAYLOAD, "echo-of-payload", true, FAULT_ARG_NONE, "the payload of a send comes back")          \
    X(LOST_BYTES, "lost-bytes", true, FAULT_ARG_NUMBER, "every N-th byte of commands from the host is lost") \
    X(BAUD_MISMATCH, "baud-mismatch", true, FAULT_ARG_NONE, "both sides hear noise")                         \
    X(NUMERIC_RESULTS, "numeric-results", false, FAULT_ARG_NONE, "other software has left ATV0")             \
    X(URC_IN_ANSWER, "urc-in-answer", true, FAULT_ARG_NONE, "an unsolicited line before each line")          \
    X(DATA_IN_PROMPT, "data-in-prompt", true, FAULT_ARG_NUMBER,                                              \
      "the prompt comes N ms late, data before it")                                                          \
    X(STUCK_SOCKET_ID, "stuck-socket-id", true, FAULT_ARG_NONE, "the first link cannot be opened")           \
    X(SILENT_NAT, "silent-nat", true, FAULT_ARG_NUMBER, "a connection idle for N seconds is forgotten")      \
    X(REGISTRATION_FLAP, "registration-flap", true, FAULT_ARG_NUMBER, "lost and found every N seconds")      \
    X(ROAMING_DENIED, "roaming-denied", true, FAULT_ARG_NONE, "only a foreign network, and no data there")   \
    X(WRONG_APN, "wrong-apn", true, FAULT_ARG_NONE, "the access point is unknown")                           \
    X(SIGNAL_LOSS, "signal-loss", true, FAULT_ARG_NONE, "no network to be heard")                            \
    X(TTY_RENUMBER, "tty-renumber", false, FAULT_ARG_NONE, "replugged under another number after a second")

enum fault_id {
#define FAULT(id, name, lasting, arg, help) FAULT_##id,
    FAULT_LIST(FAULT)
#undef FAULT
        FAULT_COUNT
};

enum fault_arg { FAULT_ARG_NONE, FAULT_ARG_NUMBER, FAULT_ARG_MAYBE, FAULT_ARG_POINT };

/* Where a `reboot:at=` may wait. */
enum fault_point { FAULT_AT_ONCE, FAULT_AT_CONNECT, FAULT_AT_SEND, FAULT_AT_PAYLOAD, FAULT_AT_BYTES };

struct fault {
    bool active;
    long number;
    long left; /* uses until it ends; 0: does not count */
    enum fault_point point;
    double for_s; /* 0: until cleared */
    uv_timer_t expiry;
    struct modem *modem;
};

struct faults {
    struct fault all[FAULT_COUNT];
};

void faults_init(struct modem *modem);
void faults_close(struct modem *modem);

/* NAME[:ARGUMENT][;for=SECONDS][;count=N]; 0, or a negative errno and a sentence in `problem`. */
int fault_apply(struct modem *modem, const char *spec, char *problem, size_t room);
int fault_clear(struct modem *modem, const char *name, char *problem, size_t room);

bool fault_active(const struct modem *modem, enum fault_id id);
/* mute, or hanging. */
bool fault_is_mute(const struct modem *modem);
long fault_number(const struct modem *modem, enum fault_id id);

/* True when active; counts one use, the last of which ends it. */
bool fault_use(struct modem *modem, enum fault_id id);

/* True when the modem rebooted because this point was reached; the caller then returns at once. */
bool fault_point_reached(struct modem *modem, enum fault_point point);

/* The names of the active faults, blank separated. */
void fault_names(const struct modem *modem, char *out, size_t room);
void fault_print_all(void);

/* fault_effect.c */
void fault_begin(struct modem *modem, enum fault_id id);
void fault_end(struct modem *modem, enum fault_id id);

#endif
