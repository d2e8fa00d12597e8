/*
 * A module like the A7 in virtual time, behind a fake port: answers each command after a while by what state it is
 * in, carries one TCP connection over a fake stream (behind which a fake cloud may sit), and does badly what it is
 * told to do badly. Written from the fact sheet (Ai-Thinker, 2.2 to 2.13), not from the daemon's tables. The test
 * owns it. It never judges what it is sent.
 */
#ifndef VIRTUAL_MODEM_H
#define VIRTUAL_MODEM_H

#include "blynkd/base/buf.h"
#include "fake_port.h"
#include "fake_stream.h"

#include <stdbool.h>

/* Identifier, name. Those that happen at once are done by virtual_modem_do(). */
#define VM_FAULTS(X)                                                                                         \
    X(VM_MUTE, "mute")            /* hears and answers nothing */                                            \
    X(VM_LOSE, "lose")            /* every 97th byte to the host is lost */                                  \
    X(VM_LOSE_BACK, "lost-bytes") /* every 89th byte of commands; of sends not: only TLS would notice it */  \
    X(VM_GARBLE, "garble")        /* every 101st byte to the host is another one */                          \
    X(VM_NO_PROMPT, "no-prompt")                                                                             \
    X(VM_SEND_FAIL, "send-fail")                                                                             \
    X(VM_BROWN_OUT, "brown-out") /* restarts with each send */                                               \
    X(VM_LATE, "late-answer")    /* answers take ten times as long as they may */                            \
    X(VM_DENIED, "deny-registration")                                                                        \
    X(VM_NO_SERVICE, "signal-loss")                                                                          \
    X(VM_ROAMING, "roaming-denied")                                                                          \
    X(VM_NO_SIM, "no-sim")                                                                                   \
    X(VM_WRONG_APN, "wrong-apn")                                                                             \
    X(VM_NO_DNS, "no-dns")                                                                                   \
    X(VM_CONNECT_FAIL, "connect-fail")                                                                       \
    X(VM_URCS, "urc-storm")                                                                                  \
    X(VM_REBOOT, "reboot")           /* at once */                                                           \
    X(VM_PDP_DROP, "pdp-drop")       /* at once */                                                           \
    X(VM_NUMERIC, "numeric-results") /* at once: ATV0 */                                                     \
    X(VM_ECHO, "echo-on")            /* at once: ATE1 */                                                     \
    X(VM_UNPLUG, "unplug")           /* the port is gone while it lasts */

enum vm_fault {
#define VM_ENUM(name, word) name,
    VM_FAULTS(VM_ENUM)
#undef VM_ENUM
        VM_FAULT_COUNT
};

enum vm_link { VM_LINK_FREE, VM_LINK_OPENING, VM_LINK_UP, VM_LINK_CLOSING };

struct virtual_modem {
    struct sched *sched;
    struct fake_port *port;
    struct fake_stream *net;
    bool faults[VM_FAULT_COUNT];

    bool starting; /* silent */
    bool echo;
    bool numeric;
    bool several; /* CIPMUX */
    bool bearer;
    enum vm_link link;

    char line[512];
    size_t line_len;
    bool busy; /* a command is being answered */
    size_t payload_left;
    struct buf payload;
    struct buf answer;                         /* of the command, told when its time has passed */
    void (*then)(struct virtual_modem *modem); /* after the answer */
    struct timer answer_timer;
    struct timer boot_timer;
    struct timer urc_timer;

    bool tears; /* of the next bytes that come from the server, only half reach the host */
    bool torn;  /* and now it has been so */

    /* what the test may look at */
    unsigned commands;
    unsigned boots;
    unsigned sends;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t payload_bytes; /* of bytes_in: of sends, which go on the air and cost money */
};

/* Running, registered as soon as it is asked. Takes the stream's events and the port's observer. */
struct virtual_modem *virtual_modem_create(struct sched *sched, struct fake_port *port,
                                           struct fake_stream *net);
void virtual_modem_destroy(struct virtual_modem *modem);

/* Begins a fault, or does what happens at once. */
void virtual_modem_do(struct virtual_modem *modem, enum vm_fault fault);
void virtual_modem_clear(struct virtual_modem *modem, enum vm_fault fault);
const char *vm_fault_name(enum vm_fault fault);

#endif
