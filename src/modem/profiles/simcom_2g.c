/*
 * SIMCom's 2G modules (facts/modems-simcom.md, sections 1 to 7, family A, 14.A).
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

static const struct at_expect expect_radio = {.end = AT_END_OK, .deadline_ms = 15000};
static const struct at_step radio_off[] = {
    {.send = "AT+CFUN=0",
     .expect = &expect_radio,
     .on_fail = AT_FAIL_GO_ON,
     .what = "switching the radio off"},
    {0},
};
static const struct at_step radio_on[] = {
    {.send = "AT+CFUN=1",
     .expect = &expect_radio,
     .tries = 2,
     .retry_ms = 3000,
     .what = "switching the radio on"},
    {0},
};
static const struct at_step soft_reset[] = {
    {.send = "AT+CFUN=1,1", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

const struct modem_profile profiles_simcom_2g[] = {
    {
        .name = "sim800",
        .vendor = "SIMCom",
        .title = "SIM800, SIM800L, SIM800C",
        .identity = identity_sim800,
        .level = PROFILE_MANUAL,
        .tls = PROFILE_TLS_OLD, /* family A, 9 */
        .dialect = &dialect_simcom_cip,
        .manner = {.boot_lines = boot},
        .default_baud = 0,
        .setup = setup,
        .soft_reset = soft_reset,
        .radio_off = radio_off,
        .radio_on = radio_on,
        .boot_ms = 30000,
        .needs_sim = true,
        .iccid_send = "AT+CCID",
        .pin_tries_send = "AT+SPIC",
        .pin_tries_line = "+SPIC: %d,%d,%d,%d",
        .registration = PROFILE_CREG,
        .register_ms = 180000,
        .access = "GPRS",
        .late_boot_lines = late_boot,
        .power_down_lines = power_down,
        .power_low_lines = power_low,
        .sim_lost_lines = sim_lost,
    },
    {0},
};
