/*
 * Neoway (facts/modems-aithinker-m590-esp8266.md, section 3).
 *
 * An M590 from power-on:
 *   MODEM:STARTUP / +PBREADY
 *   ATI        NEOWAY / M590 / REVISION 01.30e / OK
 *   AT+CPIN?   +CPIN:READY / OK
 *   AT+CREG?   +CREG: 0,3 / OK      3 is "searching" here, and 2 "refused"
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_m590[] = {"|M590", "NEOWAY", NULL};

static const char *const boot[] = {"MODEM: STARTUP", NULL};
static const char *const late_boot[] = {"+PBREADY", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", NULL};

static const struct at_step setup[] = {
    {.send = "AT+CNMI=2,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {0},
};

static const struct at_expect expect_reset = {.end = AT_END_OK, .deadline_ms = 5000};
static const struct at_step soft_reset[] = {
    {.send = "AT+CFUN=15", .expect = &expect_reset, .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

static const struct net_time_source net_time = {
    .ask = {"AT+CCLK?", &net_time_expect_cclk}, /* as 3GPP says (3.5) */
    .answers = net_time_forms_cclk,
};

const struct modem_profile profiles_neoway[] = {
    {
        .name = "m590",
        .vendor = "Neoway",
        .ppp = true,
        .title = "M590, M590E",
        .identity = identity_m590,
        .level = PROFILE_MANUAL,
        .tls = PROFILE_TLS_NONE,
        .dialect = &dialect_neoway,
        .manner = {.boot_lines = boot, .payload_end = "\r"},
        .default_baud = 115200,
        .setup = setup,
        .soft_reset = soft_reset,
        .boot_ms = 60000,
        .power = {.key_on_ms = 600}, /* 3.1: at least 300 ms */
        .needs_sim = true,
        .iccid_send = "AT+CCID",
        .registration = PROFILE_CREG,
        .search_and_denied_swapped = true,
        .register_ms = 300000,
        .access = "GPRS",
        .late_boot_lines = late_boot,
        .sim_lost_lines = sim_lost,
        .net_time = &net_time,
    },
    {0},
};
