/*
 * SIMCom's LTE-M and NB-IoT modules (facts/modems-simcom.md, sections 1 to 7, family B, 14.B).
 *
 * A SIM7080 from power-on, fixed baud rate:
 *   RDY / +CFUN: 1 / +CPIN: READY / SMS Ready
 *   AT+CGMM    SIMCOM_SIM7080 / OK
 *   AT+CCID    89860012345678901234 / OK
 *   AT+CEREG?  +CEREG: 0,5 / OK
 * The SIM7000 has two stacks; the same words of itself belong to both, so the one with CA must be chosen by name.
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_7070[] = {"SIM7070", NULL};
static const char *const identity_7080[] = {"SIM7080", NULL};
static const char *const identity_7090[] = {"SIM7090", NULL};
static const char *const identity_7000[] = {"SIM7000", NULL};

static const char *const boot[] = {"RDY", NULL};
static const char *const late_boot[] = {"SMS Ready", "+CPIN: SIM PIN", NULL};
static const char *const power_down[] = {"NORMAL POWER DOWN", "UNDER-VOLTAGE POWER DOWN",
                                         "OVER-VOLTAGE POWER DOWN", NULL};
static const char *const power_low[] = {"UNDER-VOLTAGE WARNNING", "UNDER-VOLTAGE WARNING", NULL};
static const char *const sim_lost[] = {"+CPIN: NOT INSERTED", "+CPIN: NOT READY", NULL};

/*
 * No power saving: it would take the connection away (14.B1). The access point belongs into the context before the
 * network is searched: a wrong one that was stored once keeps an LTE-M module from ever being let in (section 6).
 */
static const struct at_step setup[] = {
    {.send = "AT+CPSMS=0", .on_fail = AT_FAIL_GO_ON, .what = "switching power saving off"},
    {.send = "AT+CNMI=0,0,0,0,0", .on_fail = AT_FAIL_GO_ON, .what = "switching SMS reports off"},
    {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"",
     .on_fail = AT_FAIL_GO_ON,
     .what = "setting the access point name"},
    {.send = "AT+CEREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+CGREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

/* Takes effect with the next registration. */
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

static const struct at_step reset_7080[] = {
    {.send = "AT+CREBOOT", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};
static const struct at_step reset_7000[] = {
    {.send = "AT+CFUN=1,1", .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

#define COMMON                                                                                               \
    .vendor = "SIMCom", .ppp = true, .level = PROFILE_MANUAL, .tls = PROFILE_TLS_1_2,                        \
    .manner = {.boot_lines = boot}, .setup = setup, .radio_off = steps_radio_off,                            \
    .radio_on = steps_radio_on, .boot_ms = 30000, .power = {.key_on_ms = 1600}, .needs_sim = true,           \
    .iccid_send = "AT+CCID", .registration = PROFILE_CEREG | PROFILE_CGREG, .register_ms = 300000,           \
    .access = "LTE-M", .late_boot_lines = late_boot, .power_down_lines = power_down,                         \
    .power_low_lines = power_low, .sim_lost_lines = sim_lost, .net_time = &net_time

#define SIM7080 .dialect = &dialect_simcom_ca, .soft_reset = reset_7080, COMMON

const struct modem_profile profiles_simcom_ca[] = {
    {.name = "sim7080", .title = "SIM7080G", .identity = identity_7080, SIM7080},
    {.name = "sim7070", .title = "SIM7070G", .identity = identity_7070, SIM7080},
    {.name = "sim7090", .title = "SIM7090G", .identity = identity_7090, SIM7080},
    {.name = "sim7000ssl",
     .title = "SIM7000 with the CA stack",
     .identity = identity_7000,
     .dialect = &dialect_simcom_ca_7000,
     .soft_reset = reset_7000,
     COMMON},
    {0},
};
