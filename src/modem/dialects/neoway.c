/*
 * Neoway M590 (facts/modems-aithinker-m590-esp8266.md, section 3).
 *
 *   > AT+XIIC=1
 *   < OK                         at once; the address comes some seconds later
 *   > AT+XIIC?
 *   < +XIIC:    1, 10.232.165.29
 *   > AT+DNS="blynk.cloud"       TCPSETUP takes addresses only
 *   < OK
 *   < +DNS:46.101.217.214        one or more
 *   < +DNS:OK
 *   > AT+TCPSETUP=0,46.101.217.214,80
 *   < OK                         says nothing
 *   < +TCPSETUP:0,OK
 *   > AT+TCPSEND=0,32
 *   < >
 *   > (32 bytes and a CR, which is not counted and without which it never answers)
 *   < OK
 *   < +TCPSEND:0,32
 *   < +TCPRECV:0,5,(5 bytes)
 *   < +TCPCLOSE:0,Link Closed    by the server; our own close is answered +TCPCLOSE:0,OK
 */
#include "dialects.h"

static const char *const opened[] = {"+TCPSETUP: %d,OK", NULL};
/* "0,FAIL" was seen for link 1 (3.4); "Error 2" comes without OK. */
static const char *const open_fails[] = {"+TCPSETUP: %d,FAIL", "+TCPSETUP: Error *", "+TCPSETUP: Error",
                                         NULL};
static const char *const sent[] = {"+TCPSEND: %d,%d", NULL};
static const char *const not_sent[] = {"+TCPSEND: Error", "+TCPSEND: Buffer not enough,*",
                                       "+TCPSEND: Data length error", NULL};
static const char *const close_ok[] = {"+TCPCLOSE: %d,OK", "+TCPCLOSE: Error", NULL};
static const char *const status[] = {"+IPSTATUS: *", NULL};
static const char *const resolved[] = {"+DNS: OK", NULL};
static const char *const not_resolved[] = {"+DNS: Error", "+DNS: Error *", NULL};
static const char *const addresses[] = {"+DNS: %i", NULL};
static const char *const closed[] = {"+TCPCLOSE: %d,Link Closed", NULL};

static const struct dialect_row_form row_forms[] = {
    {"+IPSTATUS: %d,%q", 0, 1}, {"+IPSTATUS: %d,%q,*", 0, 1}, {NULL, 0, 0}};
static const struct dialect_word words[] = {
    {"CONNECT", ROW_UP}, {"DISCONNECT", ROW_CLOSED}, {NULL, ROW_UNKNOWN}};

static const struct at_announce announces[] = {{"+TCPRECV:%l,%n,"}, {"+TCPRECV(S):%l,%n,"}, {NULL}};

/* Up when an address is there; firmware 1.30c leaves the state out (3.3). */
static const char *const up[] = {"+XIIC: 1, %i", "+XIIC: %i", NULL};
static const char *const state_up[] = {"+XIIC: 1, %i", NULL};
static const char *const not_up[] = {"+XIIC: 0, *", "+XIIC: 0.0.0.0", NULL};
static const struct at_expect expect_up = {
    .end = AT_END_DONE, .deadline_ms = 5000, .done = up, .fail = not_up};
static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 5000};

/* The inner stack is chosen before the context (3.3). There is no way down but a restart. */
static const struct at_step bearer_up[] = {
    {.send = "AT+XISP=0", .expect = &expect_quick, .what = "choosing the modem's own network stack"},
    {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"",
     .expect = &expect_quick,
     .what = "setting the access point name"},
    {.send = "AT+XGAUTH=1,1,\"{user?}\",\"{password?}\"",
     .expect = &expect_quick,
     .only_if = "user",
     .on_fail = AT_FAIL_GO_ON,
     .what = "setting user and password of the access point"},
    {.send = "AT+XGAUTH=1,1,\"gsm\",\"1234\"", /* must not be empty (3.3) */
     .expect = &expect_quick,
     .unless = "user",
     .on_fail = AT_FAIL_GO_ON,
     .what = "setting user and password of the access point"},
    {.send = "AT+XIIC=1", .expect = &expect_quick, .what = "opening the data connection"},
    {.send = "AT+XIIC?",
     .expect = &expect_up,
     .store = "address",
     .tries = 60,
     .retry_ms = 1000,
     .what = "opening the data connection"},
    {0},
};

/* One by one; whether an OK follows the line, too, nobody has written down (3.4). */
static const char *const names_set[] = {"+DNSSERVER: OK", NULL};
static const struct at_expect expect_names = {.end = AT_END_EITHER, .deadline_ms = 5000, .done = names_set};
static const struct at_step name_servers[] = {
    {.send = "AT+DNSSERVER=1,{dns}", .expect = &expect_names, .what = "choosing the name servers"},
    {.send = "AT+DNSSERVER=2,{dns2}",
     .expect = &expect_names,
     .only_if = "dns2",
     .what = "choosing the name servers"},
    {0},
};

static const struct at_expect expect_resolve = {
    .end = AT_END_DONE, .deadline_ms = 12000, .done = resolved, .fail = not_resolved, .lines = addresses};
static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 80000, .done = opened, .fail = open_fails};
static const struct at_expect expect_send = {
    .end = AT_END_DONE, .deadline_ms = 32000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_status = {.end = AT_END_EITHER, .deadline_ms = 3000, .done = status};
static const struct at_expect expect_close = {.end = AT_END_DONE, .deadline_ms = 5000, .done = close_ok};
static const char *const states[] = {"+XIIC: *", NULL};
static const struct at_expect expect_state = {.end = AT_END_OK, .deadline_ms = 5000, .lines = states};

const struct dialect dialect_neoway = {
    .name = "Neoway",
    .numbering = DIALECT_NUMBERED_BY_HOST,
    .link = 0,
    .prepare = {"AT+DNS=\"{host}\"", &expect_resolve},
    .prepare_address = "+DNS: %i",
    .open = {"AT+TCPSETUP={link},{address},{port}", &expect_open},
    .sweep_before_open = true,
    .find_after_open = true,
    .bearer = {"AT+XIIC?", &expect_state},
    .bearer_gone = not_up,
    .bearer_there = state_up,
    .send = {"AT+TCPSEND={link},{len}", &expect_send},
    .send_max_bytes = 1024, /* 2000 by the manual; its buffer has 2047 (3.4) */
    .reading = DIALECT_PUSHED,
    .announces = announces,
    .status = {"AT+IPSTATUS={link}", &expect_status},
    .row_forms = row_forms,
    .words = words,
    .close = {"AT+TCPCLOSE={link}", &expect_close},
    .closed_lines = closed,
    .bearer_up = bearer_up,
    .name_servers = name_servers,
};
