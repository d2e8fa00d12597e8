/*
 * SIMCom's 2G modules, and the SIM7000 as far as it speaks like them (facts/modems-simcom.md, sections 1 to 7, family A, 14.A).
 *
 * From power-on, fixed baud rate:
 *   RDY / +CFUN: 1 / +CPIN: READY / Call Ready / SMS Ready
 *   AT+CGMM    SIMCOM_SIM800L / OK
 *   AT+CPIN?   +CME ERROR: 14            busy for some seconds, then +CPIN: READY / OK
 *   AT+CREG?   +CREG: 0,2 / OK           does not tell by itself
 *   AT+SPIC    +SPIC: 3,3,10,10 / OK     PIN 1, PIN 2, PUK 1, PUK 2
 * With automatic baud rate only Call Ready and SMS Ready are printed, up to a minute late, and also after a PIN.
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_sim800[] = {"SIM800", NULL};
static const char *const identity_sim808[] = {"SIM808", NULL};
static const char *const identity_sim868[] = {"SIM868", NULL};
static const char *const identity_sim900[] = {"SIM900", NULL};
static const char *const identity_sim7000[] = {"SIM7000", NULL};

static const char *const boot[] = {"RDY", NULL};
static const char *const late_boot[] = {"Call Ready", "SMS Ready", "+CPIN: SIM PIN", NULL};
static const char *const power_down[] = {"NORMAL POWER DOWN", "UNDER-VOLTAGE POWER DOWN",
                                         "OVER-VOLTAGE POWER DOWN", NULL};
static const char *const power_low[] = {"UNDER-VOLTAGE WARNNING",
                                        "UNDER-VOLTAGE WARNING", /* sic (section 3) */
                                        "OVER-VOLTAGE WARNNING", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", "+CPIN: NOT READY", NULL};

/* An SMS or a call must not disturb the data (section 3). */
static const struct at_step setup[] = {
    {.send = "AT+CNMI=0,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

/* Takes effect with the next registration; AT&W would store it, and with it what other software did not ask for. */
static const char *const clts_lines[] = {"+CLTS: *", NULL};
static const struct at_expect expect_clts = {.end = AT_END_OK, .deadline_ms = 2000, .lines = clts_lines};
static const struct at_step take_time[] = {
    {.send = "AT+CLTS?",
     .expect = &expect_clts,
     .store = "takes_time",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking whether it takes the network's time"},
    {.send = "AT+CLTS=1",
     .unless = "takes_time",
     .on_fail = AT_FAIL_GO_ON,
     .what = "having it take the network's time"},
    {0},
};
/* The unsolicited line is UTC, the clock is not (section 9). */
static const struct net_time_form time_lines[] = {{"%*PSUTTZ: *", NET_TIME_UTC, 0}, {0}};
static const struct net_time_source net_time = {
    .setup = take_time,
    .ask = {"AT+CCLK?", &net_time_expect_cclk},
    .answers = net_time_forms_cclk,
    .lines = time_lines,
};

static const struct at_step soft_reset[] = {
    {.send = "AT+CFUN=1,1", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

#define STACK                                                                                                \
    .vendor = "SIMCom", .ppp = true, .level = PROFILE_MANUAL, .dialect = &dialect_simcom_cip,                \
    .setup = setup, .soft_reset = soft_reset, .radio_off = steps_radio_off, .radio_on = steps_radio_on,      \
    .boot_ms = 30000, .needs_sim = true, .iccid_send = "AT+CCID", .late_boot_lines = late_boot,              \
    .power_down_lines = power_down, .power_low_lines = power_low, .sim_lost_lines = sim_lost,                \
    .manner = {.boot_lines = boot}, .net_time = &net_time

#define SPIC .pin_tries_send = "AT+SPIC", .pin_tries_line = "+SPIC: %d,%d,%d,%d"
#define GPRS .registration = PROFILE_CREG, .register_ms = 180000, .access = "GPRS", SPIC, STACK

/* Baud 0: they find it by themselves. What differs: family A, 10. */
const struct modem_profile profiles_simcom_2g[] = {
    {.name = "sim800",
     .title = "SIM800, SIM800L, SIM800C",
     .identity = identity_sim800,
     .tls = PROFILE_TLS_OLD, /* family A, 9 */
     GPRS},
    {.name = "sim808", .title = "SIM808", .identity = identity_sim808, .tls = PROFILE_TLS_OLD, GPRS},
    {.name = "sim868", .title = "SIM868", .identity = identity_sim868, .tls = PROFILE_TLS_OLD, GPRS},
    {.name = "sim900",
     .title = "SIM900, SIM900A",
     .identity = identity_sim900,
     .tls = PROFILE_TLS_NONE,
     GPRS},
    /* Its TLS belongs to its other stack (simcom_ca.c). No AT+SPIC. */
    {.name = "sim7000",
     .title = "SIM7000 with the CIP stack",
     .identity = identity_sim7000,
     .tls = PROFILE_TLS_NONE,
     .registration = PROFILE_CEREG | PROFILE_CGREG,
     .register_ms = 300000,
     .access = "LTE-M",
     STACK},
    {0},
};
