/*
 * Quectel's GSM modules (facts/modems-quectel-3gpp.md, part 2A): a strict order of commands, answers without OK and
 * answers behind it.
 *
 *   > AT+QIREGAPP                OK, only in IP INITIAL
 *   > AT+QIACT                   OK up to 150 s later
 *   > AT+QILOCIP                 10.1.83.188, no OK; must be sent
 *   > AT+QIDNSIP=1               a name follows (0: an address)
 *   > AT+QIOPEN=0,"TCP","blynk.cloud",80
 *   < OK                         says nothing
 *   < 0, CONNECT OK
 *   > AT+QISEND=0,32
 *   < >
 *   > (32 bytes)
 *   < SEND OK
 *   < +QIRDI: 0,1,0              there is data; not told again before all of it was read
 *   > AT+QIRD=0,1,0,1500
 *   < +QIRD: 116.247.104.27:80,TCP,5
 *   < (5 bytes) OK               one packet at most; only OK: nothing is left
 *   < 0, CLOSED                  by the server; the link is free
 *   < +PDP DEACT                 only AT+QIDEACT leads out of it
 */
#include "dialects.h"
#include "name_servers.h"

static const char *const connected[] = {"%d, CONNECT OK", NULL};
static const char *const open_fails[] = {"%d, CONNECT FAIL", "%d, ALREADY CONNECT", NULL};
static const char *const not_connected[] = {"%d, CONNECT FAIL", NULL};
static const char *const already[] = {"%d, ALREADY CONNECT", NULL};

static const char *const sent[] = {"SEND OK", "%d, SEND OK", NULL};
static const char *const not_sent[] = {"SEND FAIL", "%d, SEND FAIL", NULL};
static const char *const close_ok[] = {"%d, CLOSE OK", NULL};
static const char *const deact_ok[] = {"DEACT OK", NULL};
static const char *const address[] = {"%i", NULL};
static const char *const attach_line[] = {"+CGATT: %d", NULL};
/* OK first, then one of these (A5). */
static const char *const resolved[] = {"%i", "ERROR: %d", NULL};
static const char *const not_resolved[] = {"ERROR: %d", "STATE: *", NULL};
/* Two OKs, and only the second is the end (A9). */
static const char *const status[] = {"+QISTATE: *", "STATE: *", NULL};

/* context, role (1: client), link; with QINDI=2 more. */
static const char *const data[] = {"+QIRDI: 0,1,%d", "+QIRDI: 0,1,%d,*", NULL};
static const char *const closed[] = {"%d, CLOSED", NULL};
static const char *const bearer_lost[] = {"+PDP DEACT", "+PDP: DEACT", NULL};

static const struct dialect_row_form row_forms[] = {
    {"+QISTATE: %d,%q,%q,%q,%q", 0, 4}, {"STATE: %q", -1, 0}, {NULL, 0, 0}};
static const struct dialect_word words[] = {
    {"INITIAL", ROW_FREE},          {"CONNECTED", ROW_UP},
    {"CONNECTING", ROW_CONNECTING}, {"REMOTE CLOSING", ROW_ENDING},
    {"CLOSING", ROW_CLOSED},        {"CLOSED", ROW_CLOSED},
    {"IP INITIAL", ROW_NO_BEARER},  {"PDP DEACT", ROW_NO_BEARER},
    {"IP PROCESSING", ROW_UNKNOWN}, {"IP STATUS", ROW_UNKNOWN},
    {"IP GPRSACT", ROW_UNKNOWN},    {"IP START", ROW_UNKNOWN},
    {"IP CONFIG", ROW_UNKNOWN},     {"IP IND", ROW_UNKNOWN},
    {"IP CLOSE", ROW_UNKNOWN},      {NULL, ROW_UNKNOWN},
};

static const struct at_announce announces[] = {{"+QIRD:%*,TCP,%n\n"}, {NULL}};

static const struct at_expect expect_deact = {.end = AT_END_EITHER, .deadline_ms = 45000, .done = deact_ok};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 80000};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};
static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 5000};
static const struct at_expect expect_activate = {.end = AT_END_OK, .deadline_ms = 155000};
static const struct at_expect expect_address = {.end = AT_END_DONE, .deadline_ms = 5000, .done = address};

/*
 * A4. QIMUX is refused while it is set already in some states, and then it is right all the same: no failure of its
 * own; a module that has it not is found out by the open. QISRVC: the MC60 sends to the wrong role without it.
 */
static const struct at_step bearer_up[] = {
    {.send = "AT+QIDEACT",
     .expect = &expect_deact,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing old connections"},
    {.send = "AT+CGATT?",
     .expect = &expect_attached,
     .store = "attached",
     .on_fail = AT_FAIL_GO_ON,
     .what = "attaching to the data network"},
    {.send = "AT+CGATT=1",
     .expect = &expect_attach,
     .unless = "attached",
     .tries = 2,
     .retry_ms = 10000,
     .what = "attaching to the data network"},
    {.send = "AT+QIFGCNT=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing the context"},
    {.send = "AT+QICSGP=1,\"{apn}\"",
     .expect = &expect_quick,
     .unless = "user",
     .what = "setting the access point name"},
    {.send = "AT+QICSGP=1,\"{apn}\",\"{user?}\",\"{password?}\"",
     .expect = &expect_quick,
     .only_if = "user",
     .what = "setting the access point name"},
    {.send = "AT+QIMODE=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing commands instead of a byte pipe"},
    {.send = "AT+QIMUX=1", .on_fail = AT_FAIL_GO_ON, .what = "choosing numbered links"},
    {.send = "AT+QISRVC=1", .on_fail = AT_FAIL_GO_ON, .what = "choosing to be a client"},
    {.send = "AT+QINDI=1", .what = "choosing buffered reading"},
    {.send = "AT+QISDE=0", .on_fail = AT_FAIL_GO_ON, .what = "switching the data echo off"},
    {.send = "AT+QIPROMPT=1", .on_fail = AT_FAIL_GO_ON, .what = "choosing the prompt"},
    {.send = "AT+QIREGAPP", .expect = &expect_quick, .what = "preparing the data connection"},
    {.send = "AT+QIACT", .expect = &expect_activate, .what = "opening the data connection"},
    {.send = "AT+QILOCIP",
     .expect = &expect_address,
     .store = "address",
     .what = "asking for the own address"},
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+QIDEACT",
     .expect = &expect_deact,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {0},
};

/* The activation would overwrite them (A5). */
static const struct at_step name_servers[] = {
    NAME_SERVER_STEPS("AT+QIDNSCFG=\"{dns}\"", "AT+QIDNSCFG=\"{dns}\",\"{dns2}\"")};

static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 80000, .done = connected, .fail = open_fails};
static const struct at_expect expect_resolve = {.end = AT_END_DONE, .deadline_ms = 20000, .done = resolved};
static const struct at_expect expect_send = {
    .end = AT_END_DONE, .deadline_ms = 15000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000};
static const char *const last_row[] = {"+QISTATE: 5,*", NULL};
static const struct at_expect expect_status = {
    .end = AT_END_BOTH, .deadline_ms = 3000, .settle_ms = 500, .lines = status, .done = last_row};
static const struct at_expect expect_close = {.end = AT_END_EITHER, .deadline_ms = 5000, .done = close_ok};

const struct dialect dialect_quectel_gsm = {
    .name = "Quectel GSM",
    .numbering = DIALECT_NUMBERED_BY_HOST,
    .link = 0,
    .prepare = {"AT+QIDNSIP={is_name}", &expect_quick},
    .open = {"AT+QIOPEN={link},\"TCP\",\"{host}\",{port}", &expect_open},
    .open_busy = already,
    .close_after_failure = true, /* A6 */
    .resolve = {"AT+QIDNSGIP=\"{host}\"", &expect_resolve},
    .resolve_failed = not_resolved,
    .send = {"AT+QISEND={link},{len}", &expect_send},
    .send_max_bytes = 1024, /* the manual's "less than 1460" and "1460" (A7) */
    .reading = DIALECT_BUFFERED,
    .announces = announces,
    .receive = {"AT+QIRD=0,1,{link},{max}", &expect_receive},
    .receive_max_bytes = 1500,
    .waiting = {"AT+QIRD=0,1,{link},{max}", &expect_receive}, /* what waits is read at once */
    .waiting_line = "+QIRD: %d",
    .status = {"AT+QISTATE", &expect_status},
    .row_forms = row_forms,
    .words = words,
    .close = {"AT+QICLOSE={link}", &expect_close},
    .data_lines = data,
    .closed_lines = closed,
    .connected_lines = connected,
    .not_connected_lines = not_connected,
    .bearer_lost_lines = bearer_lost,
    .bearer_up = bearer_up,
    .bearer_down = bearer_down,
    .name_servers = name_servers,
};
