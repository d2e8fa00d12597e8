/*
 * Ai-Thinker A6, A7, A9, A9G (facts/modems-aithinker-m590-esp8266.md, section 2). Two firmware families that
 * speak one dialect: V03.xx (A6, A7 and their sisters) and V01/V02.xx (A9, A9G).
 *
 * An A7 from power-on (2.21 T1), as it answers:
 *   ^CINIT: 1, 0, 0 / ^CINIT: 2, 32, 41891 / ... / ^CINIT: 32, 0, 0
 *   ATI        Ai Thinker Co.LTD / A7 / V03.03.20160710006H03 / OK
 *   AT+CPIN?   +CPIN:READY / OK          plain ERROR until ^CINIT: 2 came
 *   AT+CREG?   +CREG: 1,2 / OK           and +CREG: 1 by itself later
 * An A9:
 *   Init... / +CIEV: "Charging",100% / +CREG: 1 / A9/A9G / V02.02.20190915R / Ai_Thinker_Co._Ltd. / READY
 *   AT+CCID    +CCID: 89860012345678901234 / OK
 * A denied A9 never prints READY: "AT answers" is what counts (2.2).
 */
#include "dialects/dialects.h"
#include "profile.h"

static const char *const identity_a6[] = {"|A6|", "|A6C|", "|A20|", NULL};
static const char *const identity_a7[] = {"|A7|", NULL};
/* One text for both: whether there is a receiver for positions cannot be seen from it (2.4). */
static const char *const identity_a9[] = {"|A9/A9G|", "|A9|", "A9/A9G", NULL};
static const char *const identity_a9g[] = {"|A9G|", "A9/A9G", NULL};

/* The first two; the others (8, 16, 32) tell of the SIM card and may come when all is running (2.2). */
static const char *const boot_v3[] = {"^CINIT: 1,*", "^CINIT: 2,*", NULL};
static const char *const boot_a9[] = {"Init...", "READY", NULL};
static const char *const final_words[] = {"COMMAND NO RESPONSE!", "NOT SUPPORT", "INVALID COMMAND LINE",
                                          NULL};
static const char *const sim_lost[] = {"SIM not inserted", "NO SIM CARD", "NO Simcard", "+CPIN: NOT INSERTED",
                                       NULL};

/* Long names before the first AT+COPS? (2.6). */
static const struct at_step setup[] = {
    {.send = "AT+CREG=1", .on_fail = AT_FAIL_GO_ON, .what = "asking to be told of the network"},
    {.send = "AT+COPS=3,0", .on_fail = AT_FAIL_GO_ON, .what = "asking for long operator names"},
    {0},
};

/* May give no OK (2.2). CFUN is no substitute (2.18). */
static const struct at_expect expect_reset = {.end = AT_END_OK, .deadline_ms = 3000};
static const struct at_step soft_reset[] = {
    {.send = "AT+RST=1", .expect = &expect_reset, .on_fail = AT_FAIL_GO_ON, .what = "restarting the modem"},
    {0},
};

/*
 * UTC, and a zone in hours (2.2); told with each registration and attach. AT+CCLK? is not asked: whether its digits are
 * UTC or local time is nowhere said, and it is only right after this line (2.17).
 */
static const struct net_time_form ctzv[] = {{"+CTZV: *", NET_TIME_UTC, 60}, {0}};
static const struct net_time_source net_time = {.lines = ctzv};

#define COMMON                                                                                               \
    .vendor = "Ai-Thinker", .level = PROFILE_MANUAL, .tls = PROFILE_TLS_NONE,                                \
    .dialect = &dialect_ai_thinker, .default_baud = 115200, .setup = setup, .soft_reset = soft_reset,        \
    .boot_ms = 60000, .power = {.key_on_ms = 3000, .key_off_ms = 3000, .reset_ms = 1000}, .needs_sim = true, \
    .iccid_send = "AT+CCID", .sim_by_iccid = true, .pin_tries_send = "AT^CPINC",                             \
    .pin_tries_line = "^CPINC: %d,%d,%d,%d", .registration = PROFILE_CREG, .register_ms = 180000,            \
    .access = "GPRS", .sim_lost_lines = sim_lost, .net_time = &net_time

#define V3 .ppp = true, .manner = {.boot_lines = boot_v3, .final_fail = final_words}, COMMON
/* 20 ms of rest between commands (2.1). */
#define V1 .manner = {.command_gap_ms = 20, .boot_lines = boot_a9, .final_fail = final_words}, COMMON

const struct modem_profile profiles_ai_thinker[] = {
    {.name = "a9", .title = "A9", .identity = identity_a9, V1},
    {.name = "a9g", .title = "A9G", .identity = identity_a9g, V1},
    {.name = "a7", .title = "A7", .identity = identity_a7, V3},
    {.name = "a6", .title = "A6", .identity = identity_a6, V3},
    {0},
};
