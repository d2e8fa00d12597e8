/*
 * Espressif's AT firmware over Wi-Fi (facts/modems-aithinker-m590-esp8266.md, section 4): AT1 (1.x, most modules)
 * and AT2 (2.0 and later).
 *
 *   > AT+CWJAP_CUR="home","secret"      AT2: AT+CWJAP, which does not store it after AT+SYSSTORE=0
 *   < WIFI CONNECTED / WIFI GOT IP / OK
 *   > AT+CIPSTART=0,"TCP","blynk.cloud",80
 *   < 0,CONNECT / OK
 *   > AT+CIPSEND=0,32
 *   < OK                                before the prompt, says nothing
 *   < >
 *   > (32 bytes)
 *   < Recv 32 bytes / SEND OK
 *   < +IPD,0,5                          there is data; not told again before it was read
 *   > AT+CIPRECVDATA=0,1460
 *   < +CIPRECVDATA,5:(5 bytes)          AT2: +CIPRECVDATA:5,(5 bytes)
 *   < OK
 *   < 0,CLOSED                          AT1: at once, what is left can be read; AT2: after all was read
 *   < WIFI DISCONNECT
 *
 * Data waits in the module, which holds the server back when its buffer is full. Firmware that refuses
 * AT+CIPRECVMODE=1 (before 1.7; the ESP8266's 2.0) pushes it instead, +IPD,0,5:(5 bytes), which is understood at
 * any time: the questions that we then ask in vain do no harm.
 */
#include "dialects.h"
#include "name_servers.h"

static const char *const connected[] = {"%d,CONNECT", NULL};
static const char *const open_fails[] = {
    "%d,CONNECT FAIL", "DNS Fail", "ALREADY CONNECTED", "ALREADY CONNECT", "no ip", "Link type ERROR", NULL};
static const char *const already[] = {"ALREADY CONNECTED", "ALREADY CONNECT", NULL};
static const struct dialect_blame blame[] = {
    {"DNS Fail", STREAM_FAULT_NAME}, {"no ip", STREAM_FAULT_BEARER}, {NULL, STREAM_FAULT_NONE}};
static const char *const sent[] = {"SEND OK", NULL};
static const char *const not_sent[] = {"SEND FAIL", "link is not valid", NULL};
static const char *const closed[] = {"%d,CLOSED", NULL};
static const char *const wifi_lost[] = {"WIFI DISCONNECT", NULL};
static const char *const address[] = {"+CIFSR: STAIP,%q", "+CIFSR: STAIP,*", NULL};
static const char *const joining[] = {"WIFI *", NULL};
/* 1 timeout, 2 wrong password, 3 not there, 4 refused (4.2); FAIL or ERROR follows. */
static const char *const not_joined[] = {"+CWJAP: %d", "FAIL", NULL};
static const char *const resolved[] = {"+CIPDOMAIN: *", NULL};
static const char *const not_resolved[] = {"DNS Fail", NULL};
static const char *const no_change[] = {"no change", NULL};

static const char *const data[] = {"+IPD,%d,%d", "+IPD,%d,%d,*", NULL};
static const char *const waiting[] = {"+CIPRECVLEN: %d,*", NULL};

static const char *const status[] = {"STATUS: *", "+CIPSTATUS: *", "+CIPSTATE: *", NULL};
static const struct dialect_row_form row_forms[] = {
    {"STATUS: %d", -1, 0}, {"+CIPSTATUS: %d,%q,*", 0, 1}, {"+CIPSTATE: %d,%q,*", 0, 1}, {NULL, 0, 0}};
/* 2: joined, no link; 3: a link is up, its line follows; 4: the links are gone; 5: not joined (4.4). */
static const struct dialect_word words[] = {{"TCP", ROW_UP},      {"0", ROW_UNKNOWN}, {"1", ROW_UNKNOWN},
                                            {"2", ROW_FREE},      {"3", ROW_UNKNOWN}, {"4", ROW_FREE},
                                            {"5", ROW_NO_BEARER}, {NULL, ROW_UNKNOWN}};

/* Both generations' answers are known to both; with AT+CIPDINFO=1 the peer's address stands behind a push's count. */
static const struct at_announce announces[] = {
    {"+CIPRECVDATA,%n:"}, {"+CIPRECVDATA:%n,"}, {"+IPD,%l,%n:"}, {"+IPD,%l,%n,%*:"}, {NULL}};

static const struct at_expect expect_mode = {.end = AT_END_EITHER, .deadline_ms = 3000, .done = no_change};
static const struct at_expect expect_join = {
    .end = AT_END_OK, .deadline_ms = 40000, .lines = joining, .fail = not_joined};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 5000, .lines = address};

#define AFTER_JOIN                                                                                           \
    {.send = "AT+CIPMUX=1", .tries = 2, .retry_ms = 2000, .what = "choosing numbered links"},                \
        {.send = "AT+CIPDINFO=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing data without addresses"},      \
        {.send = "AT+CIPRECVMODE=1", .on_fail = AT_FAIL_GO_ON, .what = "choosing buffered reading"},         \
        {.send = "AT+CIPSNTPCFG=1,0,\"pool.ntp.org\"",                                                       \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "having it ask a time server"},                                                             \
    {                                                                                                        \
        .send = "AT+CIFSR", .expect = &expect_address, .store = "address", .on_fail = AT_FAIL_GO_ON,         \
        .what = "asking for the own address"                                                                 \
    }

static const struct at_step bearer_up_1[] = {
    {.send = "AT+CWMODE_CUR=1",
     .expect = &expect_mode,
     .on_fail = AT_FAIL_GO_ON,
     .what = "choosing to be a station"},
    {.send = "AT+CWJAP_CUR=\"{ssid}\",\"{wifi_password}\"",
     .expect = &expect_join,
     .tries = 2,
     .retry_ms = 3000,
     .what = "joining the wireless network"},
    AFTER_JOIN,
    {0},
};

/* SYSSTORE=0: nothing that follows is written to its flash, which wears out. */
static const struct at_step bearer_up_2[] = {
    {.send = "AT+SYSSTORE=0", .on_fail = AT_FAIL_GO_ON, .what = "sparing its memory"},
    {.send = "AT+CWMODE=1",
     .expect = &expect_mode,
     .on_fail = AT_FAIL_GO_ON,
     .what = "choosing to be a station"},
    {.send = "AT+CWJAP=\"{ssid}\",\"{wifi_password}\"",
     .expect = &expect_join,
     .tries = 2,
     .retry_ms = 3000,
     .what = "joining the wireless network"},
    AFTER_JOIN,
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+CWQAP", .on_fail = AT_FAIL_GO_ON, .what = "leaving the wireless network"},
    {0},
};

/* 4.3 */
static const struct at_step name_servers_1[] = {
    NAME_SERVER_STEPS("AT+CIPDNS_CUR=1,\"{dns}\"", "AT+CIPDNS_CUR=1,\"{dns}\",\"{dns2}\"")};
static const struct at_step name_servers_2[] = {
    NAME_SERVER_STEPS("AT+CIPDNS=1,\"{dns}\"", "AT+CIPDNS=1,\"{dns}\",\"{dns2}\"")};

/* ERROR follows the line that tells why (4.4). */
static const struct at_expect expect_open = {.end = AT_END_BOTH,
                                             .deadline_ms = 80000,
                                             .settle_ms = 2000,
                                             .done = connected,
                                             .fail = open_fails,
                                             .fail_settle_ms = 1000};
static const struct at_expect expect_resolve = {
    .end = AT_END_OK, .deadline_ms = 20000, .lines = resolved, .fail = not_resolved};
static const struct at_expect expect_send = {
    .end = AT_END_DONE, .deadline_ms = 15000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000};
static const struct at_expect expect_waiting = {.end = AT_END_OK, .deadline_ms = 5000, .lines = waiting};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};
static const struct at_expect expect_close = {.end = AT_END_OK, .deadline_ms = 5000, .lines = closed};

/*
 * 1460: what all builds take (4.4). The first of the two questions for the status is known to all but perhaps the
 * newest firmware and tells of the wireless network too; the second came with 2.2.
 */
#define COMMON                                                                                               \
    .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0,                                                        \
    .open = {"AT+CIPSTART={link},\"TCP\",\"{host}\",{port}", &expect_open}, .open_busy = already,            \
    .open_blame = blame, .resolve = {"AT+CIPDOMAIN=\"{host}\"", &expect_resolve},                            \
    .resolve_failed = not_resolved, .send = {"AT+CIPSEND={link},{len}", &expect_send},                       \
    .send_max_bytes = 1460, .reading = DIALECT_BUFFERED, .announces = announces,                             \
    .receive = {"AT+CIPRECVDATA={link},{max}", &expect_receive}, .receive_max_bytes = 1460,                  \
    .waiting = {"AT+CIPRECVLEN?", &expect_waiting}, .waiting_line = "+CIPRECVLEN: %d,*",                     \
    .waiting_capture = 0, .empty_read_fails = true, .data_lines = data,                                      \
    .status = {"AT+CIPSTATUS", &expect_status}, .other_status = {"AT+CIPSTATE?", &expect_status},            \
    .row_forms = row_forms, .words = words, .close = {"AT+CIPCLOSE={link}", &expect_close},                  \
    .closed_lines = closed, .connected_lines = connected, .bearer_lost_lines = wifi_lost,                    \
    .bearer_down = bearer_down

const struct dialect dialect_esp_at1 = {
    .name = "Espressif 1",
    .bearer_up = bearer_up_1,
    .name_servers = name_servers_1,
    COMMON,
};

const struct dialect dialect_esp_at2 = {
    .name = "Espressif 2",
    .bearer_up = bearer_up_2,
    .name_servers = name_servers_2,
    COMMON,
};
