/*
 * Quectel's LTE modules (facts/modems-quectel-3gpp.md, part 2B).
 *
 * A BG96 from power-on; each line may be missing, and what is said to it before APP RDY may be lost:
 *   RDY / +CFUN: 1 / +CPIN: READY / APP RDY / +QUSIM: 1 / +QIND: SMS DONE / +QIND: PB DONE
 *   ATI        Quectel / BG96 / Revision: BG96MAR02A07M1G / OK
 *   AT+QCCID   +QCCID: 8949227002805216770F / OK
 *   AT+CEREG?  +CEREG: 0,1 / OK
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_bg96[] = {"BG96", NULL};
static const char *const identity_bg95[] = {"BG95", "BG77", NULL};
static const char *const identity_ec25[] = {"EC25", "EC21", "|EC20|", NULL};
static const char *const identity_eg25[] = {"EG25", "EG21", NULL};
static const char *const identity_ec200u[] = {"EC200U", NULL};
static const char *const identity_eg915[] = {"EG915", NULL};

static const char *const boot[] = {"RDY", NULL};
static const char *const late_boot[] = {"APP RDY",    "+QIND: SMS DONE", "+QIND: PB DONE",
                                        "+QUSIM: %d", "+CPIN: SIM PIN",  NULL};
static const char *const power_down[] = {"POWERED DOWN", "NORMAL POWER DOWN", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", "+CPIN: NOT READY", NULL};

/* Unsolicited lines come to one port only, which is stored (B1); a module without that setting refuses it. Sleep
 * and power saving take data away (B1). */
static const struct at_step setup[] = {
    {.send = "AT+QURCCFG=\"urcport\",\"all\"",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking to be told on this port"},
    {.send = "AT+QSCLK=0", .on_fail = AT_FAIL_GO_ON, .what = "switching sleep off"},
    {.send = "AT+CPSMS=0", .on_fail = AT_FAIL_GO_ON, .what = "switching power saving off"},
    {.send = "AT+CNMI=0,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CGREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CEREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

static const struct at_expect expect_radio = {.end = AT_END_OK, .deadline_ms = 20000};
static const struct at_step soft_reset[] = {
    {.send = "AT+CFUN=1,1",
     .expect = &expect_radio,
     .on_fail = AT_FAIL_GO_ON,
     .what = "restarting the modem"},
    {0},
};

/* 1: the time of now, in UTC, as computed from what the network told; empty if it never did (B1). */
static const char *const qlts_lines[] = {"+QLTS: *", NULL};
static const struct at_expect expect_qlts = {.end = AT_END_OK, .deadline_ms = 2000, .lines = qlts_lines};
static const struct net_time_form qlts[] = {{"+QLTS: %q", NET_TIME_UTC, 0}, {0}};
static const struct net_time_form time_lines[] = {{"+CTZV: *", NET_TIME_NEWS, 0}, {0}};
static const struct net_time_source net_time = {
    .ask = {"AT+QLTS=1", &expect_qlts},
    .answers = qlts,
    .lines = time_lines,
};

#define COMMON                                                                                               \
    .vendor = "Quectel", .ppp = true, .level = PROFILE_MANUAL, .tls = PROFILE_TLS_1_2,                       \
    .dialect = &dialect_quectel_lte, .manner = {.boot_lines = boot}, .default_baud = 115200, .setup = setup, \
    .soft_reset = soft_reset, .radio_off = steps_radio_off, .radio_on = steps_radio_on, .boot_ms = 40000,    \
    .power = {.key_on_ms = 800, .key_off_ms = 900, .rest_ms = 15000, .reset_ms = 300}, /* B1 */              \
        .needs_sim = true, .iccid_send = "AT+QCCID", .pin_tries_send = "AT+QPINC?",                          \
    .pin_tries_line = "+QPINC: \"SC\",%d,%d", .registration = PROFILE_CEREG | PROFILE_CGREG | PROFILE_CREG,  \
    .late_boot_lines = late_boot, .power_down_lines = power_down, .sim_lost_lines = sim_lost,                \
    .net_time = &net_time

/* A search in all bands and networks takes minutes (B1). */
#define LTE_M .register_ms = 300000, .access = "LTE-M", COMMON
#define LTE   .register_ms = 180000, .access = "LTE", COMMON

const struct modem_profile profiles_quectel_lte[] = {
    {.name = "bg96", .title = "BG96", .identity = identity_bg96, LTE_M},
    {.name = "bg95", .title = "BG95, BG77", .identity = identity_bg95, LTE_M},
    {.name = "ec25", .title = "EC25, EC21, EC20", .identity = identity_ec25, LTE},
    {.name = "eg25", .title = "EG25-G, EG21-G", .identity = identity_eg25, LTE},
    {.name = "ec200u", .title = "EC200U", .identity = identity_ec200u, LTE},
    {.name = "eg915", .title = "EG915U", .identity = identity_eg915, LTE},
    {0},
};
