/*
 * The inside of the modem, shared by its rooms: modem.c (the public face), machine.c (the table and the only
 * function that sets a state), machine_start.c (from the port to a known module), machine_net.c (from the SIM
 * card to a ready bearer), machine_lines.c (what the channel tells). Owned by modem.c. Never included by others.
 *
 * Callbacks of whatever kind only post an event; the pump hands events to the state from the loop.
 */
#ifndef MODEM_MACHINE_H
#define MODEM_MACHINE_H

#include "blynkd/at/channel.h"
#include "blynkd/at/script.h"
#include "blynkd/at/trace.h"
#include "blynkd/base/timer.h"
#include "blynkd/io/port.h"
#include "blynkd/io/power.h"
#include "blynkd/modem/modem.h"

#include "apns.h"
#include "ask.h"
#include "identity.h"
#include "net_time.h"
#include "netreg.h"
#include "profile.h"
#include "sim_card.h"
#include "sock.h"

#define BEARER_ADVICE "; is `apn` right for this SIM card?"

#define MODEM_WHY_MAX      200
#define MODEM_URCS_MAX     64
#define MODEM_REBOOTS      3 /* so many in MODEM_REBOOTS_MS are the supply's fault (Ai-Thinker sheet 2.20) */
#define MODEM_REBOOTS_MS   600000
#define MODEM_BROWN_OUTS   3     /* so many restarts in a row, ... */
#define MODEM_BROWN_OUT_MS 60000 /* ... each so soon after a send, are the supply's fault */

/* In the order in which they are handed out when several are posted. */
enum modem_event {
    EVENT_PORT_LOST,
    EVENT_REBOOT,
    EVENT_POWER_DOWN,
    EVENT_MUTE,
    EVENT_STOP,
    EVENT_START,
    EVENT_SIM_LOST,
    EVENT_BEARER_LOST,
    EVENT_DEADLINE,
    EVENT_FAILED, /* what the state began ended badly; step_reply or sub_* say why */
    EVENT_DONE,   /* and this is well */
    EVENT_TICK,
    EVENT_LOOK, /* a device node changed */
    EVENT_STOPPED,
    EVENT_COUNT
};

enum modem_bearer_stage {
    BEARER_DOWN,
    BEARER_UP,
    BEARER_SEVERAL,
    BEARER_FINISH,
    BEARER_NAMES,
    BEARER_NAMES_AGAIN,
};

struct modem {
    struct uplink uplink; /* first: the public handle points at it */
    struct sched *sched;
    struct port *port;
    struct power *power; /* NULL: it cannot be switched */
    struct trace *trace;
    struct at_channel *channel;
    struct at_manner manner; /* the profile's, with the configured gap */
    struct at_urc urcs[MODEM_URCS_MAX + 1];

    struct modem_config config;
    struct modem_config next_config;
    const struct modem_profile *profile; /* NULL: not known yet */
    const struct dialect *dialect;       /* the profile's, or its sister for one link */

    enum modem_state state;
    char why[MODEM_WHY_MAX];
    enum modem_state resume; /* where the next start begins: what is below is still up */
    enum uplink_rung rung;   /* of the last start */
    bool started;
    bool stopping;
    bool misfit_told; /* that the configured profile does not fit the module */
    bool reset_first; /* rungs to take when the state that can take them is reached */
    bool radio_first;
    bool bearer_down_first;
    bool power_first;    /* to be switched, by `power_action` */
    bool power_switches; /* it is being switched */
    enum power_action power_action;
    unsigned restarts; /* since the start */

    unsigned events; /* bits */
    struct task pump;
    struct timer deadline;
    struct timer tick;
    struct timer grace;

    struct at_script script;
    struct at_reply step_reply; /* of the last script */
    char step_text[128];
    const struct at_step *step; /* that decided */
    enum uplink_hope sub_hope;  /* of SIM card and network */
    char sub_why[MODEM_WHY_MAX * 2];
    char lost_why[MODEM_WHY_MAX]; /* of the port or the bearer */
    enum modem_bearer_stage bearer_stage;
    bool radio_is_off;
    bool attached;
    bool names_told;          /* the modem knows which name servers to ask */
    bool names_fault;         /* that it cannot be told was said */
    bool takes_time;          /* the network's, as its setting says */
    bool time_setup;          /* the part of SETUP that is about it */
    bool credentials_swapped; /* the module took our password for the user */
    bool ca_there;            /* the authority's certificate, in the module and whole */
    bool name_checked;        /* the module has said that it compares the certificate's name */
    bool knows_time;          /* it has a clock that may be right */
    char ca_name[16];         /* of the file with the certificate */
    char ca_put[16];          /* of the one that was put into the module, whole, in this program's life */
    char ca_size[8];
    char address[48];
    bool apn_asked;         /* the SIM card's number was asked for since it became ready */
    bool apn_known;         /* `usual` is filled */
    struct apn_usual usual; /* for this SIM card */
    char escaped[2][2 * sizeof(((struct modem_config *)NULL)->wifi_password)]; /* ssid, wifi_password */

    struct identity identity;
    struct sim_card sim;
    struct netreg netreg;
    struct sock sock;
    struct ask ask;
    struct net_time net_time;

    uint64_t ready_since_ms;
    uint64_t reboots_ms[MODEM_REBOOTS];
    unsigned reboot_count;
    unsigned brown_outs; /* restarts soon after a send, in a row */
    struct modem_info info;
};

struct modem_row {
    const char *name;
    uint32_t deadline_ms; /* 0: none; the profile may know better, see machine.c */
    void (*enter)(struct modem *modem);
    /* False: the state does not care, the machine deals with it. */
    bool (*on_event)(struct modem *modem, enum modem_event event);
};

/* machine.c */
void modem_go(struct modem *modem, enum modem_state next, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A new reason in the same state. */
void modem_say(struct modem *modem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void modem_post(struct modem *modem, enum modem_event event);
/* Stops cleanly and tells the user; what to begin with next time follows from the layer. */
void modem_fail(struct modem *modem, enum uplink_layer layer, enum uplink_hope hope, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void modem_on_pump(void *arg);
void modem_note_reboot(struct modem *modem);
/* Tells the user that the configuration must be finished first, and rests in the state that it is in. */
void modem_wait_for_config(struct modem *modem, enum uplink_layer layer, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "; 3 times in 10 minutes: ..." or "". */
const char *modem_reboot_advice(const struct modem *modem);

/* Runs a table for the state; EVENT_DONE or EVENT_FAILED follows. */
void modem_run(struct modem *modem, const struct at_step *steps);
/* "attaching to the data network: the modem says ..." */
const char *modem_describe_failure(const struct modem *modem, char *out, size_t size);

/* modem.c: start, stop and their like, whatever the state. False: not one of them. */
bool modem_face_on_event(struct modem *modem, enum modem_event event);

/* machine_script.c */
const char *modem_script_lookup(void *arg, const char *name);
void modem_script_store(void *arg, const char *name, const char *line, size_t len);

/* machine_tls.c: the module's own TLS. */
/* The profile's dialect, or its sister that encrypts; NULL without a profile. */
const struct dialect *modem_tls_dialect(const struct modem *modem);
/* Fails the modem if it is to encrypt but must not; true: it has. */
bool modem_tls_refuse(struct modem *modem, const struct modem_profile *profile);
/* What is known of the module's files and clock is asked anew. */
void modem_tls_begin(struct modem *modem);
/* What the module cannot prove is said, each time. */
void modem_tls_warn(const struct modem *modem);
/* The certificate that a step wanted to name did not come whole into the module. */
bool modem_tls_incomplete(const struct modem *modem);
/* The module took a setting, and reads back another one. */
bool modem_tls_unfit(const struct modem *modem);
/* The advice behind a failed step of the data connection. */
const char *modem_tls_advice(const struct modem *modem);
/* For scripts: variables and lines whose names begin with "tls_", and the certificate. */
const char *modem_tls_lookup(const struct modem *modem, const char *name);
void modem_tls_store(struct modem *modem, const char *name, const char *line, size_t len);
const uint8_t *modem_tls_payload(void *arg, const char *name, size_t *len);

/* machine_apn.c: the access point that is used, and whose it is. */
const char *modem_apn(const struct modem *modem);
const char *modem_apn_user(const struct modem *modem);
const char *modem_apn_password(const struct modem *modem);
/* Another SIM card may be in it. */
void modem_apn_forget(struct modem *modem);
/* Asks the SIM card for its network if that is of use and was not done yet; true: EVENT_DONE or EVENT_FAILED follows. */
bool modem_apn_ask(struct modem *modem);
void modem_apn_store(struct modem *modem, const char *line, size_t len);
/* Rests, registered, if there is no access point to use; true: it does. */
bool modem_apn_refuse(struct modem *modem);

/* machine_start.c */
void modem_enter_down(struct modem *modem);
void modem_enter_power(struct modem *modem);
void modem_end_power(struct modem *modem);
void modem_on_power(void *modem, int error, const char *why);
void modem_enter_sync(struct modem *modem);
void modem_enter_identify(struct modem *modem);
bool modem_down_on_event(struct modem *modem, enum modem_event event);
bool modem_power_on_event(struct modem *modem, enum modem_event event);
bool modem_sync_on_event(struct modem *modem, enum modem_event event);
bool modem_identify_on_event(struct modem *modem, enum modem_event event);
/* Makes the profile's manner, lines and announcements the channel's. */
void modem_use_profile(struct modem *modem, const struct modem_profile *profile);

/* machine_net.c */
void modem_enter_sim(struct modem *modem);
void modem_enter_setup(struct modem *modem);
void modem_enter_register(struct modem *modem);
void modem_enter_bearer(struct modem *modem);
void modem_enter_ready(struct modem *modem);
bool modem_sim_on_event(struct modem *modem, enum modem_event event);
bool modem_setup_on_event(struct modem *modem, enum modem_event event);
bool modem_register_on_event(struct modem *modem, enum modem_event event);
bool modem_bearer_on_event(struct modem *modem, enum modem_event event);
bool modem_ready_on_event(struct modem *modem, enum modem_event event);
void modem_init_parts(struct modem *modem);

/* machine_lines.c */
void modem_listen(struct modem *modem);
extern const struct at_channel_events modem_channel_events;

#endif
