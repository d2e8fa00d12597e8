/*
 * The first TCP dialect of SIMCom, "CIP" (facts/modems-simcom.md, family A).
 *
 *   > AT+CIPSTART=0,"TCP","blynk.cloud",80
 *   < OK                         at once, says nothing
 *   < 0, CONNECT OK              0.3 to 76 s later
 *   > AT+CIPSEND=0,32
 *   < >
 *   > (32 bytes)
 *   < DATA ACCEPT:0,32           quick mode: in the module's buffer; may be fewer than asked
 *   < +CIPRXGET: 1,0             there is data
 *   > AT+CIPRXGET=2,0,1460
 *   < +CIPRXGET: 2,0,5,0         5 bytes come now, 0 are left
 *   < (5 bytes) OK
 *   < 0, CLOSED                  the server closed
 *   < +PDP: DEACT                the network took the data connection away; no CLOSED follows
 */
#include "dialects.h"
#include "name_servers.h"

static const char *const connected[] = {"%d, CONNECT OK", NULL};
static const char *const open_fails[] = {"%d, CONNECT FAIL", "%d, ALREADY CONNECT", "%d, CLOSE OK", NULL};
static const char *const not_connected[] = {"%d, CONNECT FAIL", NULL};
static const char *const already[] = {"%d, ALREADY CONNECT", NULL};

/* "0, SEND OK" comes when quick sending was refused (A5). */
static const char *const sent[] = {"DATA ACCEPT: %d,%d", "%d, SEND OK", NULL};
static const char *const not_sent[] = {"%d, SEND FAIL", NULL};

static const char *const close_ok[] = {"%d, CLOSE OK", NULL};
static const char *const shut_ok[] = {"SHUT OK", NULL};
static const char *const data[] = {"+CIPRXGET: 1,%d", "+CIPRXGET: 1,%d,*", NULL};
static const char *const closed[] = {"%d, CLOSED", NULL};
static const char *const bearer_lost[] = {"+PDP: DEACT", "+PDP DEACT", NULL};
static const char *const waiting[] = {"+CIPRXGET: 4,%d,%d", NULL};
static const char *const status[] = {"+CIPSTATUS: %d,*", NULL};

/* OK comes first, then one of these (A3). */
static const char *const resolved[] = {"+CDNSGIP: 0,*", "+CDNSGIP: 1,*", NULL};
static const char *const not_resolved[] = {"+CDNSGIP: 0,*", NULL};

/* Asked for one link; the other two are lines of the question for all (family A, 7). */
static const struct dialect_row_form row_forms[] = {
    {"+CIPSTATUS: %d,%q,%q,%q,%q,%q", 0, 5},
    {"C: %d,%q,%q,%q,%q,%q", 0, 5},
    {"STATE: %q", -1, 0},
    {NULL, 0, 0},
};

/* Family A, 1 and 7. IP PROCESSING, IP STATUS and the like speak of the module and say nothing of a link. */
static const struct dialect_word words[] = {
    {"INITIAL", ROW_FREE},         {"CONNECTING", ROW_CONNECTING},
    {"CONNECTED", ROW_UP},         {"REMOTE CLOSING", ROW_ENDING},
    {"CLOSING", ROW_CLOSED},       {"CLOSED", ROW_CLOSED},
    {"PDP DEACT", ROW_NO_BEARER},  {"IP PROCESSING", ROW_UNKNOWN},
    {"IP STATUS", ROW_UNKNOWN},    {"IP GPRSACT", ROW_UNKNOWN},
    {"IP INITIAL", ROW_NO_BEARER}, /* after CIPSHUT or a restart: nothing can be open */
    {NULL, ROW_UNKNOWN},
};

/* The second only if the switch to buffered reading was refused. */
static const struct at_announce announces[] = {{"+CIPRXGET:2,%l,%n,%r\n"}, {"+RECEIVE,%l,%n:\n"}, {NULL}};

static const char *const address[] = {"%i", NULL};
static const char *const attach_line[] = {"+CGATT: %d", NULL};

/* A2; deadlines of section 12. */
static const struct at_expect expect_shut = {.end = AT_END_EITHER, .deadline_ms = 70000, .done = shut_ok};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 80000};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};
static const struct at_expect expect_ciicr = {.end = AT_END_OK, .deadline_ms = 90000};
static const struct at_expect expect_address = {.end = AT_END_DONE, .deadline_ms = 5000, .done = address};

static const struct at_step bearer_up[] = {
    {.send = "AT+CIPSHUT",
     .expect = &expect_shut,
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
    {0},
};

static const struct at_step several_links[] = {{.send = "AT+CIPMUX=1", .what = "choosing numbered links"},
                                               {0}};

/* CIFSR is no mere question: without it no connection can be opened (A1). It has no OK. */
static const struct at_step bearer_finish[] = {
    {.send = "AT+CIPQSEND=1", .what = "choosing quick sending"},
    {.send = "AT+CIPRXGET=1", .what = "choosing buffered reading"},
    {.send = "AT+CSTT=\"{apn}\",\"{user?}\",\"{password?}\"", .what = "setting the access point name"},
    {.send = "AT+CIICR", .expect = &expect_ciicr, .what = "opening the data connection"},
    {.send = "AT+CIFSR", .expect = &expect_address, .store = "address", .what = "asking for the own address"},
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+CIPSHUT",
     .expect = &expect_shut,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {0},
};

/* CONNECT FAIL may come slightly after 75 s (A4). */
static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 82000, .done = connected, .fail = open_fails};
static const struct at_expect expect_resolve = {.end = AT_END_BOTH, .deadline_ms = 20000, .done = resolved};
static const struct at_expect expect_send = {
    .end = AT_END_DONE, .deadline_ms = 15000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000};
static const struct at_expect expect_waiting = {.end = AT_END_OK, .deadline_ms = 5000, .lines = waiting};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};
static const struct at_expect expect_close = {.end = AT_END_EITHER, .deadline_ms = 5000, .done = close_ok};

const struct dialect dialect_simcom_cip = {
    .name = "SIMCom CIP",
    .numbering = DIALECT_NUMBERED_BY_HOST,
    .link = 0,
    .open = {"AT+CIPSTART={link},\"TCP\",\"{host}\",{port}", &expect_open},
    .open_busy = already,
    .resolve = {"AT+CDNSGIP=\"{host}\"", &expect_resolve},
    .resolve_failed = not_resolved,
    .send = {"AT+CIPSEND={link},{len}", &expect_send},
    .send_taken = "DATA ACCEPT: %d,%d",
    .send_taken_capture = 1,
    .send_max_bytes = 1400, /* the module says 1460 and means less than that (A5) */
    .reading = DIALECT_BUFFERED,
    .announces = announces,
    .receive = {"AT+CIPRXGET=2,{link},{max}", &expect_receive},
    .receive_max_bytes = 1460,
    .waiting = {"AT+CIPRXGET=4,{link}", &expect_waiting},
    .waiting_line = "+CIPRXGET: 4,%d,%d",
    .waiting_capture = 1,
    .status = {"AT+CIPSTATUS={link}", &expect_status},
    .row_forms = row_forms,
    .words = words,
    .close = {"AT+CIPCLOSE={link},1", &expect_close},
    .data_lines = data,
    .closed_lines = closed,
    .connected_lines = connected,
    .not_connected_lines = not_connected,
    .bearer_lost_lines = bearer_lost,
    .bearer_up = bearer_up,
    .several_links = several_links,
    .bearer_finish = bearer_finish,
    .bearer_down = bearer_down,
    .name_servers = name_servers_cdnscfg, /* A2 */
};
