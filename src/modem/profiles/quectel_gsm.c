/*
 * Quectel's GSM modules (facts/modems-quectel-3gpp.md, part 2A).
 *
 * An MC60 from power-on, fixed baud rate (with automatic baud rate it says nothing of its start):
 *   RDY / +CFUN: 1 / +CPIN: READY / Call Ready
 *   ATI        Quectel_Ltd / Quectel_MC60 / Revision: MC60CAR01A01 / OK
 *   AT+QCCID   898600220909A0206023 / OK
 *   AT+CREG?   +CREG: 0,1 / OK
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_mc60e[] = {"MC60E", NULL};
static const char *const identity_mc60[] = {"MC60", "MC20", NULL};
static const char *const identity_m95[] = {"Quectel_M95", "|M95", "Quectel_M66", "Quectel_M26", NULL};

static const char *const boot[] = {"RDY", NULL};
static const char *const late_boot[] = {"Call Ready", "SMS Ready", "+CPIN: SIM PIN", NULL};
static const char *const power_down[] = {"NORMAL POWER DOWN", "UNDER_VOLTAGE POWER DOWN",
                                         "OVER_VOLTAGE POWER DOWN", NULL};
static const char *const power_low[] = {"UNDER_VOLTAGE WARNING", "OVER_VOLTAGE WARNING", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", "+CPIN: NOT READY", NULL};

static const struct at_step setup[] = {
    {.send = "AT+QSCLK=0", .on_fail = AT_FAIL_GO_ON, .what = "switching sleep off"},
    {.send = "AT+CNMI=0,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

static const struct at_expect expect_radio = {.end = AT_END_OK, .deadline_ms = 15000};
static const struct at_step soft_reset[] = {
    {.send = "AT+CFUN=1,1",
     .expect = &expect_radio,
     .on_fail = AT_FAIL_GO_ON,
     .what = "restarting the modem"},
    {0},
};

/* QNITZ has it tell; whether in local time or in UTC was changed by a firmware (1.10). */
static const struct at_step take_time[] = {
    {.send = "AT+QNITZ=1", .on_fail = AT_FAIL_GO_ON, .what = "having it tell the network's time"},
    {0},
};
static const struct net_time_form cclk[] = {{"+CCLK: %q", NET_TIME_UNSURE, 15}, {0}};
static const struct net_time_form qnitz[] = {
    {"+QNITZ: %q,*", NET_TIME_UNSURE, 15}, {"+QNITZ: %q", NET_TIME_UNSURE, 15}, {0}};
static const struct net_time_source net_time = {
    .setup = take_time,
    .ask = {"AT+CCLK?", &net_time_expect_cclk},
    .answers = cclk,
    .lines = qnitz,
};

/* Its TLS has no key exchange that servers of today accept (A11). */
#define COMMON                                                                                               \
    .vendor = "Quectel", .ppp = true, .level = PROFILE_MANUAL, .tls = PROFILE_TLS_OLD,                       \
    .dialect = &dialect_quectel_gsm, .manner = {.boot_lines = boot}, .default_baud = 0, .setup = setup,      \
    .soft_reset = soft_reset, .radio_off = steps_radio_off, .radio_on = steps_radio_on, .boot_ms = 30000,    \
    .power = {.key_on_ms = 1200, .key_off_ms = 800, .rest_ms = 12000}, /* A2 */                              \
        .needs_sim = true, .iccid_send = "AT+QCCID", .registration = PROFILE_CREG, .register_ms = 180000,    \
    .access = "GPRS", .late_boot_lines = late_boot, .power_down_lines = power_down,                          \
    .power_low_lines = power_low, .sim_lost_lines = sim_lost, .net_time = &net_time

const struct modem_profile profiles_quectel_gsm[] = {
    {.name = "mc60e", .title = "MC60E", .identity = identity_mc60e, COMMON},
    {.name = "mc60", .title = "MC60, MC20", .identity = identity_mc60, COMMON},
    {.name = "m95", .title = "M95, M66, M26", .identity = identity_m95, COMMON},
    {0},
};
