/*
 * SIMCom's 3G and 4G modules (facts/modems-simcom.md, sections 1 to 7, family C, 14.C).
 *
 * A SIM7600 from power-on:
 *   RDY / +CPIN: READY / SMS DONE / PB DONE          the last up to 24 s later
 *   ATI        Manufacturer: SIMCOM INCORPORATED / Model: SIMCOM_SIM7600E-H / Revision: ... / IMEI: ... / OK
 *   AT+CICCID  +ICCID: 89860012345678901234 / OK
 *   AT+CGREG?  +CGREG: 0,5 / OK                      on LTE too; CEREG is the correct one: either is enough
 *   AT+SPIC    +SPIC: 3,10,0,10 / OK                 PIN 1, PUK 1, PIN 2, PUK 2
 * An A7670 begins with *ATREADY: 1, a SIM5360 with START.
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_a7670[] = {"A7670", NULL};
static const char *const identity_a7672[] = {"A7672", "|A76", "Model: A76", "|A77", "Model: A77", NULL};
static const char *const identity_sim7600[] = {"SIM7600", "SIM7500", NULL};
static const char *const identity_sim5360[] = {"SIM5360", "SIM5320", "SIM53", NULL};

static const char *const boot[] = {"RDY", "START", "%*ATREADY: *", NULL};
static const char *const late_boot[] = {"SMS DONE", "PB DONE", "+CPIN: SIM PIN", NULL};
static const char *const power_down[] = {"NORMAL POWER DOWN", "UNDER-VOLTAGE POWER DOWN",
                                         "OVER-VOLTAGE POWER DOWN", NULL};
static const char *const power_low[] = {"UNDER-VOLTAGE WARNNING", "UNDER-VOLTAGE WARNING", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", "+CPIN: NOT READY", "+SIMCARD: NOT AVAILABLE",
                                       NULL};

/* The A76xx sends the payload of each send back unless it is told not to (C5). */
static const struct at_step setup[] = {
    {.send = "AT+CNMI=0,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CGREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CEREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {.send = "AT+CIPCFG=\"DATAECHO\",OFF", .on_fail = AT_FAIL_GO_ON, .what = "switching the data echo off"},
    {0},
};

static const struct at_step soft_reset[] = {
    {.send = "AT+CRESET", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

#define COMMON                                                                                               \
    .vendor = "SIMCom", .ppp = true, .level = PROFILE_MANUAL, .manner = {.boot_lines = boot},                \
    .default_baud = 115200, .setup = setup, .soft_reset = soft_reset, .radio_off = steps_radio_off,          \
    .radio_on = steps_radio_on, .boot_ms = 60000, .power = {.key_on_ms = 1000, .key_off_ms = 3000},          \
    .needs_sim = true, .iccid_send = "AT+CICCID", .pin_tries_send = "AT+SPIC",                               \
    .pin_tries_line = "+SPIC: %d,%d,%d,%d", .register_ms = 180000, .late_boot_lines = late_boot,             \
    .power_down_lines = power_down, .power_low_lines = power_low, .sim_lost_lines = sim_lost,                \
    .net_time = &net_time_3gpp

#define LTE                                                                                                  \
    .registration = PROFILE_CGREG | PROFILE_CEREG | PROFILE_CREG, .access = "LTE", .tls = PROFILE_TLS_1_2

const struct modem_profile profiles_simcom_netopen[] = {
    {.name = "a7670",
     .title = "A7670E, A7670G",
     .identity = identity_a7670,
     .dialect = &dialect_simcom_netopen_a76,
     LTE,
     COMMON},
    {.name = "a7672",
     .title = "A7672S, A7672E, A76xx",
     .identity = identity_a7672,
     .dialect = &dialect_simcom_netopen_a76,
     LTE,
     COMMON},
    {.name = "sim7600",
     .title = "SIM7600, SIM7500",
     .identity = identity_sim7600,
     .dialect = &dialect_simcom_netopen,
     LTE,
     COMMON},
    /* Whether its SSL commands are those of the others, and which versions they know, no sheet tells (C8): nothing
     * is promised. */
    {.name = "sim5360",
     .title = "SIM5360, SIM5320",
     .identity = identity_sim5360,
     .registration = PROFILE_CGREG | PROFILE_CREG,
     .access = "UMTS",
     .tls = PROFILE_TLS_NONE,
     .dialect = &dialect_simcom_netopen_3g,
     COMMON},
    {0},
};
