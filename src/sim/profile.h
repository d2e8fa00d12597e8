/*
 * A simulated modem type as a constant record: its names, its command tables, its boot dialogue, its defaults.
 * Profiles live in profiles_*.c, one file a vendor; profile.c lists them.
 * A record never holds state.
 */
#ifndef SIM_PROFILE_H
#define SIM_PROFILE_H

#include "variant.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct modem;
struct link;
struct at_command;
struct boot_step;

/* What a family of modems prints or does when something happens by itself. Any of them may be NULL. */
struct family {
    void (*reset)(struct modem *modem);
    void (*link_opened)(struct modem *modem, struct link *link);
    void (*link_failed)(struct modem *modem, struct link *link);
    void (*link_data)(struct modem *modem, struct link *link, const uint8_t *bytes, size_t count);
    void (*link_closed)(struct modem *modem, struct link *link); /* by the peer */
    void (*link_sent)(struct modem *modem, struct link *link);   /* all that was written has left */
    void (*bearer_lost)(struct modem *modem);
    void (*sim_changed)(struct modem *modem);         /* unlocked, pulled, put in */
    void (*registered)(struct modem *modem);          /* before the +CREG line of a registration */
    void (*settled)(struct modem *modem);             /* started warm: on for long already */
    const char *(*prompt)(const struct modem *modem); /* when it is not "\r\n> "; holds a '>', or is empty */
};

struct profile {
    const char *name, *description;
    const char *vendor, *model, *firmware;
    unsigned families;
    const struct family *family;
    const struct at_command *const *tables; /* searched in order, NULL at the end */
    const struct variant_default *variants; /* NULL value at the end */
    const struct boot_step *boot;           /* NULL text and BOOT_END at the end */
    const char *const *storm;               /* lines for urc-storm, NULL at the end */
    long boot_real_ms;
    size_t line_max;     /* longest command line */
    int creg;            /* +CREG mode after boot */
    int links;           /* rows of the link table */
    size_t send_max;     /* most bytes of one send */
    bool any_case;       /* "At" and "aT" are taken as well */
    bool escapes;        /* backslash escapes inside quoted strings */
    bool repeats;        /* A/ repeats the last line */
    bool keeps_settings; /* AT&W survives a reboot */
    bool forgets_ipr;    /* the speed of AT+IPR is gone after a reboot */
    bool gnss;
    bool buffered;             /* received bytes always wait to be read */
    bool lte;                  /* registers for LTE too */
    bool first_lte;            /* SIM7000: one context, short commands, AT+CFUN=6 and no AT+CREBOOT */
    bool no_auto_sleep;        /* AT+CSCLK=2 is refused */
    const char *unlocked_line; /* said behind +CPIN: READY when the PIN was right; or NULL */
    bool netopen_two;          /* +NETOPEN: 1,0 and the commands of the SIM5360 */
    const char *ati;           /* its whole answer, where that is one line; or NULL */
    bool plain_sim_errors;     /* commands that need the SIM card are an ERROR without it, never a number */
    bool answers_noise;        /* a line that is no command is an ERROR, elsewhere it is ignored */
    bool needs_feed;           /* a command line ends with CRLF; CR alone is not enough */
};

const struct profile *profile_find(const char *name);
void profile_print_all(void);

extern const struct profile *const profiles_ai_thinker[];
extern const struct profile *const profiles_simcom[];
extern const struct profile *const profiles_simcom_ca[];
extern const struct profile *const profiles_simcom_netopen[];
extern const struct profile *const profiles_quectel_gsm[];
extern const struct profile *const profiles_quectel_lte[];
extern const struct profile *const profiles_neoway[];
extern const struct profile *const profiles_espressif[];
extern const struct profile *const profiles_ublox[];

#endif
