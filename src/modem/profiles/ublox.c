/*
 * u-blox SARA (facts/modems-quectel-3gpp.md, part 2C).
 *
 * A SARA-R410M says nothing when it starts and hears nothing for 5 s:
 *   ATI        Manufacturer: u-blox / Model: SARA-R410M-02B / ... / OK, or the model alone
 *   AT+CCID    +CCID: 8944500102198304826 / OK
 *   AT+CEREG?  +CEREG: 0,1 / OK
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_r4[] = {"SARA-R4", NULL};
static const char *const identity_r5[] = {"SARA-R5", NULL};

static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", NULL};

static const struct at_step setup[] = {
    {.send = "AT+CPSMS=0", .on_fail = AT_FAIL_GO_ON, .what = "switching power saving off"},
    {.send = "AT+CEREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

static const struct at_expect expect_radio = {.end = AT_END_OK, .deadline_ms = 30000};
static const struct at_step radio_off[] = {
    {.send = "AT+CFUN=4",
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
static const struct at_step reset_r4[] = {
    {.send = "AT+CFUN=15", .expect = &expect_radio, .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};
static const struct at_step reset_r5[] = {
    {.send = "AT+CFUN=16", .expect = &expect_radio, .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

#define COMMON                                                                                               \
    .vendor = "u-blox", .ppp = true, .level = PROFILE_MANUAL, .tls = PROFILE_TLS_1_2,                        \
    .default_baud = 115200, .setup = setup, .radio_off = radio_off, .radio_on = radio_on, .boot_ms = 30000,  \
    .needs_sim = true, .iccid_send = "AT+CCID", .registration = PROFILE_CEREG | PROFILE_CREG,                \
    .register_ms = 300000, .access = "LTE-M", .sim_lost_lines = sim_lost, .net_time = &net_time_3gpp

const struct modem_profile profiles_ublox[] = {
    {.name = "sara-r4",
     .title = "SARA-R404M to R412M",
     .identity = identity_r4,
     .dialect = &dialect_ublox_r4,
     .soft_reset = reset_r4,
     COMMON},
    {.name = "sara-r5",
     .title = "SARA-R500S, R510S",
     .identity = identity_r5,
     .dialect = &dialect_ublox_r5,
     .soft_reset = reset_r5,
     COMMON},
    {0},
};
