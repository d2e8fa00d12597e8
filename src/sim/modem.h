/*
 * One simulated modem: everything that it remembers, from the serial port to the TCP links.
 * Owned by the program (or a test), which gives it a loop; all other parts work on a part of this record.
 * It never blocks, and it shares nothing with the daemon that it tests.
 */
#ifndef SIM_MODEM_H
#define SIM_MODEM_H

#include "at.h"
#include "boot.h"
#include "clock.h"
#include "control.h"
#include "esp8266.h"
#include "fault.h"
#include "files.h"
#include "line.h"
#include "link.h"
#include "names.h"
#include "neoway.h"
#include "network.h"
#include "options.h"
#include "out.h"
#include "profile.h"
#include "quectel.h"
#include "route.h"
#include "sim_card.h"
#include "simcom_ca.h"
#include "simcom_netopen.h"
#include "uart.h"
#include "ublox.h"
#include "variant.h"

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

enum power { POWER_OFF, POWER_BOOTING, POWER_ON };

/* What commands set and a boot resets (or, where a family keeps it, takes from what AT&W stored). */
struct settings {
    bool echo, verbose;
    int cmee;
    int creg, cgreg, cereg;
    int mux;
    int cfun;
    int rxget, quick_send, head; /* CIPRXGET, CIPQSEND, CIPHEAD */
    int ssl;
    int clts, cmgf;
};

struct stats {
    uint64_t commands, sends, opens, boots, pins_used, pins_wrong;
    uint64_t reset_commands, reset_in, reset_out; /* counters at the last `stats reset` */
};

/* State of the CIP stacks (Ai-Thinker, SIMCom): which step of the bearer has been reached. */
enum ip_state { IP_INITIAL, IP_START, IP_CONFIG, IP_GPRSACT, IP_STATUS, IP_DEACT };

struct cip_stack {
    enum ip_state state;
    bool cstt_used;     /* since the last boot; see the variant cstt_poison */
    bool no_prompt;     /* AT+CIPSPRT=0 */
    bool wedged;        /* see the variant apn_change_wedges */
    bool first_refused; /* see the variant cgact_first_fail */
    bool sapbr_open;    /* the bearer of AT+SAPBR, beside the one of TCP */
    bool context_up;    /* AT+CGACT of a family whose TCP does not need it */
    int sending;        /* link of the CIPSEND that is running */
    int opening;        /* link of the CIPSTART that is running, -1: none */
    int small_sends;
    bool ack_due; /* a send waits for room in the stack */
    uint64_t small_send_at_ms;
};

/* AT+CNMP and AT+CMNB of LTE-M modules, which survive a reboot; 0: as made. */
struct simcom_radio {
    int mode, narrow;
};

struct modem {
    uv_loop_t *loop;
    const struct options *options;
    const struct profile *profile;
    enum power power;
    struct variants variants;
    struct faults faults;
    struct routes routes;
    struct files files;
    struct uart uart;
    struct line line;
    struct at_run at;
    struct out out;
    struct boot boot;
    struct settings settings, stored;
    struct sim_card sim;
    struct network network;
    struct clock clock;
    struct names names;
    struct cip_stack cip;
    struct neoway neoway;
    struct quectel quectel;
    struct simcom_netopen netopen;
    struct simcom_ca simcom_ca;
    struct simcom_radio radio;
    struct ublox ublox;
    struct esp8266 esp8266;
    struct link links[LINKS_MAX];
    struct graveyard graveyard;
    struct control control;
    struct stats stats;
    uv_timer_t storm, replug, gnss, flap;
    unsigned fed; /* bytes of commands that came from the host; see lost-bytes */
    bool gnss_on;
    uint32_t random;
    bool closing;
};

/* 0, or a negative errno after the problem has been printed; then modem_close() is still needed. */
int modem_open(struct modem *modem, uv_loop_t *loop, const struct options *options);

/* Closes every handle; the loop then runs out by itself. Idempotent. */
void modem_close(struct modem *modem);

/* Loses everything that is not stored and plays the boot dialogue. `sudden`: in the middle of anything. */
void modem_reboot(struct modem *modem, const char *why, bool sudden);
void modem_power_off(struct modem *modem);

/* Host's bytes are ignored: switched off, or too early in the boot. */
bool modem_is_deaf(const struct modem *modem);

void modem_unplug(struct modem *modem, long seconds);
void modem_replug(struct modem *modem);

/* One unsolicited line every storm_ms while urc-storm lasts. */
void modem_start_storm(struct modem *modem);
/* Lost and found every so often. */
void modem_start_flapping(struct modem *modem, long seconds);

const char *modem_firmware(const struct modem *modem);
uint32_t modem_random(struct modem *modem);

#define VARIANT_ON(modem, key)       variant_on(&(modem)->variants, V_##key)
#define VARIANT_IS(modem, key, word) variant_is(&(modem)->variants, V_##key, word)
#define VARIANT_NUMBER(modem, key)   variant_number(&(modem)->variants, V_##key)
#define VARIANT_TEXT(modem, key)     variant_text(&(modem)->variants, V_##key)

#endif
