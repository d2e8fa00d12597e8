/*
 * SIMCom's 3G and 4G modules with the NETOPEN stack (facts/modems-simcom.md, family C).
 *
 *   > AT+NETOPEN
 *   < OK
 *   < +NETOPEN: 0                the data connection is up
 *   > AT+CIPOPEN=0,"TCP","blynk.cloud",80
 *   < OK                         says nothing; on some builds it comes after the result
 *   < +CIPOPEN: 0,0              up; any other second number is an error (C4)
 *   > AT+CIPSEND=0,32
 *   < >
 *   > (32 bytes)
 *   < OK
 *   < +CIPSEND: 0,32,32          asked, taken; fewer or -1: the connection is of no use any more
 *   < +CIPRXGET: 1,0             there is data; not told again before all of it was read
 *   > AT+CIPRXGET=2,0,1500
 *   < +CIPRXGET: 2,0,5,0         5 bytes come now, 0 are left
 *   < +IPCLOSE: 0,1              closed by the server
 *   < +CIPEVENT: NETWORK CLOSED UNEXPECTEDLY
 */
#include "simcom_netopen.h"

static const char *const opened[] = {"+CIPOPEN: %d,0", NULL};
static const char *const open_fails[] = {"+CIPOPEN: %d,1",
                                         "+CIPOPEN: %d,2",
                                         "+CIPOPEN: %d,3",
                                         "+CIPOPEN: %d,4",
                                         "+CIPOPEN: %d,5",
                                         "+CIPOPEN: %d,6",
                                         "+CIPOPEN: %d,7",
                                         "+CIPOPEN: %d,8",
                                         "+CIPOPEN: %d,9",
                                         "+CIPOPEN: %d,10",
                                         "+CIPOPEN: %d,11",
                                         "+CIPOPEN: %d,12",
                                         NULL};
static const char *const busy[] = {"+CIPOPEN: %d,4", NULL};
/* C4; 1 is told for a refused connection too (14.C). */
static const struct dialect_blame blame[] = {
    {"+CIPOPEN: %d,2", STREAM_FAULT_BEARER},
    {"+CIPOPEN: %d,11", STREAM_FAULT_NAME},
    {NULL, STREAM_FAULT_NONE},
};

static const char *const sent[] = {"+CIPSEND: %d,%d,%d", NULL};
static const char *const not_sent[] = {"+CIPSEND: %d,%d,-1", "+CIPERROR: %d", NULL};
static const char *const waiting[] = {"+CIPRXGET: 4,%d,%d", NULL};
static const char *const status[] = {"+CIPCLOSE: *", NULL};

static const char *const data[] = {"+CIPRXGET: 1,%d", NULL};
static const char *const closed[] = {"+IPCLOSE: %d,%d", "+IPCLOSE %d,%d", NULL};

/* "+CIPCLOSE: 1,0,0,..." tells of each link by its place; ours is the first. */
static const struct dialect_row_form row_forms[] = {{"+CIPCLOSE: %d,*", -1, 0}, {NULL, 0, 0}};
static const struct dialect_word words[] = {{"0", ROW_FREE}, {"1", ROW_UP}, {NULL, ROW_UNKNOWN}};

static const struct at_announce announces[] = {{"+CIPRXGET:2,%l,%n,%r\n"}, {"+RECEIVE,%l,%n:\n"}, {NULL}};

/* What is refused at once ends with ERROR behind its result (14.C). */
static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 65000, .done = opened, .fail = open_fails, .fail_settle_ms = 1000};
static const struct at_expect expect_send = {.end = AT_END_BOTH,
                                             .deadline_ms = 35000,
                                             .prompt_ms = 5000,
                                             .settle_ms = 2000,
                                             .done = sent,
                                             .fail = not_sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000};
static const struct at_expect expect_waiting = {.end = AT_END_OK, .deadline_ms = 5000, .lines = waiting};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};

#define COMMON                                                                                               \
    NETOPEN_NETWORK, .open = {"AT+CIPOPEN={link},\"TCP\",\"{host}\",{port}", &expect_open},                  \
                     .open_busy = busy, .open_blame = blame,                                                 \
                     .send = {"AT+CIPSEND={link},{len}", &expect_send}, .send_taken = "+CIPSEND: %d,%d,%d",  \
                     .send_taken_capture = 2, .short_send_is_fatal = true, .send_max_bytes = 1500,           \
                     .announces = announces, .receive = {"AT+CIPRXGET=2,{link},{max}", &expect_receive},     \
                     .receive_max_bytes = 1500, .waiting = {"AT+CIPRXGET=4,{link}", &expect_waiting},        \
                     .waiting_line = "+CIPRXGET: 4,%d,%d", .waiting_capture = 1,                             \
                     .status = {"AT+CIPCLOSE?", &expect_status}, .row_forms = row_forms, .words = words,     \
                     .close = {"AT+CIPCLOSE={link}", &netopen_expect_close}, .data_lines = data,             \
                     .closed_lines = closed, .bearer_down = netopen_bearer_down

const struct dialect dialect_simcom_netopen = {
    .name = "SIMCom NETOPEN",
    .tls = &dialect_simcom_cch,
    .bearer_up = netopen_bearer_up,
    COMMON,
};

const struct dialect dialect_simcom_netopen_a76 = {
    .name = "SIMCom NETOPEN (A76xx)",
    .tls = &dialect_simcom_cch_a76,
    .bearer_up = netopen_bearer_up_a76,
    COMMON,
};

const struct dialect dialect_simcom_netopen_3g = {
    .name = "SIMCom NETOPEN (3G)",
    .bearer_up = netopen_bearer_up_3g,
    COMMON,
};
