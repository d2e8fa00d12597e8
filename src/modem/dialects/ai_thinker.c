/*
 * The GPRS modules of Ai-Thinker (facts/modems-aithinker-m590-esp8266.md 2.7 to 2.13).
 *
 *   > AT+CIPSTART="TCP","blynk.cloud",80
 *   < +CIPNUM:0                 the module chooses the link
 *   < CONNECT OK                before the OK, or after it
 *   < OK
 *   > AT+CIPSEND=0,32
 *   < >                         with or without a blank
 *   > (32 bytes)
 *   < OK                        taken by its stack, not by the server
 *   < +CIPRCV:0,5,hello         older series
 *   < +CIPRCV,0,5:hello         newer series, CR LF after it
 *   < +TCPCLOSED:0              newer series perhaps CLOSED:0 or CLOSED
 *
 * What the sheet leaves open (its section 7) is accepted in every variant.
 */
#include "dialects.h"
#include "name_servers.h"

#define NO_RESPONSE "COMMAND NO RESPONSE!" /* the module's own watchdog; the work may still be done (2.1) */

static const char *const cipnum[] = {"+CIPNUM: %d", "STATE: *", NULL};
static const char *const connected[] = {"CONNECT OK", "%d, CONNECT OK", NULL};
static const char *const already[] = {"ALREADY CONNECT", "ALREAY CONNECT", "%d, ALREADY CONNECT", NULL};
static const char *const open_fails[] = {"CONNECT FAIL",   "%d, CONNECT FAIL",    "ALREADY CONNECT",
                                         "ALREAY CONNECT", "%d, ALREADY CONNECT", NULL};
static const char *const not_connected[] = {"CONNECT FAIL", "%d, CONNECT FAIL", NULL};
static const char *const unsure[] = {NO_RESPONSE, NULL};

static const char *const sent[] = {"SEND OK", "%d, SEND OK", NULL};
static const char *const not_sent[] = {"FAIL", "SEND FAIL", "%d, SEND FAIL", NULL};
static const char *const close_ok[] = {"CLOSE OK", "%d, CLOSE OK", NULL};
static const char *const shut_ok[] = {"SHUT OK", NULL};

/* Three drivers, three assumptions, no log (2.13, 7.1). */
static const char *const closed[] = {"+TCPCLOSED: %d", "+TCPCLOSED: %d,*", "CLOSED: %d", "CLOSED: %d,*",
                                     "%d, CLOSED",     "CLOSED",           NULL};

/* A bare address, or the newer series' line (2.8). */
static const char *const resolved[] = {"%i", "+CDNSGIP: %d,*", NULL};
static const char *const not_resolved[] = {"+CDNSGIP: 0,*", NULL};

/* Named, because "1,CONNECT OK" would else be taken for news instead of a row. */
static const char *const rows[] = {"+CIPSTATUS: *", "+CIPSTATUS:", "+IPSTATUS: *", "%d,*", "STATE: *", NULL};

/* Nothing is said when the network takes the data connection away (2.7), so it is asked for. */
static const char *const contexts[] = {"+CGACT: %d,%d", NULL};
static const char *const context_down[] = {"+CGACT: %d,0", NULL};
static const char *const context_up[] = {"+CGACT: %d,1", NULL};

static const char *const address[] = {"%i", "+CIFSR: %i", NULL};

/*
 * +CIPSTATUS:0,CONNECT OK / 1,IP INITIAL / ... ; +CIPSTATUS: alone and all rows below it; +IPSTATUS: CONNECT OK
 * and STATE:... on old firmware (2.12).
 */
static const struct dialect_row_form row_forms[] = {
    {"+CIPSTATUS: %d,%q", 0, 1}, {"+IPSTATUS: %d,%q", 0, 1}, {"%d,%q", 0, 1},      {"+CIPSTATUS:", -1, -1},
    {"+CIPSTATUS: %q", -1, 0},   {"+IPSTATUS: %q", -1, 0},   {"STATE: %q", -1, 0}, {NULL, 0, 0},
};

/* 2.12; the second block are the words that drivers expect there and that firmware may yet use. */
static const struct dialect_word words[] = {
    {"IP INITIAL", ROW_FREE},
    {"IP START", ROW_FREE},
    {"IP CONFIG", ROW_FREE},
    {"IP IND", ROW_FREE},
    {"IP GPRSACT", ROW_FREE},
    {"IP STATUS", ROW_FREE},
    {"TCP/UDP CONNECTING", ROW_CONNECTING},
    {"TCP CONNECTING", ROW_CONNECTING},
    {"IP CLOSE", ROW_CLOSED},
    {"CONNECT OK", ROW_UP},
    {"BIND OK", ROW_UP},
    {"PDP DEACT", ROW_NO_BEARER},
    {"CONNECTED", ROW_UP},
    {"CONNECTING", ROW_CONNECTING},
    {"INITIAL", ROW_FREE},
    {"CLOSING", ROW_CLOSED},
    {"CLOSED", ROW_CLOSED},
    {"TCP CLOSED", ROW_CLOSED},
    {NULL, ROW_UNKNOWN},
};

static const struct at_announce announces_several[] = {{"+CIPRCV:%l,%n,"}, {"+CIPRCV,%l,%n:"}, {NULL}};
/* Not to be told from the above by looking: "+CIPRCV:4,12,x" (2.11). */
static const struct at_announce announces_single[] = {{"+CIPRCV:%n,"}, {"+CIPRCV,%n:"}, {NULL}};

static const struct at_expect expect_shut = {.end = AT_END_EITHER, .deadline_ms = 60000, .done = shut_ok};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 75000};
static const struct at_expect expect_activate = {.end = AT_END_OK, .deadline_ms = 60000};
static const struct at_expect expect_ciicr = {.end = AT_END_OK, .deadline_ms = 85000};
static const struct at_expect expect_config = {.end = AT_END_OK, .deadline_ms = 5000};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 10000, .lines = address};
static const char *const attach_line[] = {"+CGATT: %d", NULL};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};

/*
 * 2.7. CIPSHUT fails when nothing is up, which is normal. CGATT=1 may end in the watchdog's words and be done
 * all the same, hence the question after it. The first CGACT often fails with 148. CSTT only with credentials:
 * on some firmware it makes every later send vanish.
 */
static const struct at_step bearer_up[] = {
    {.send = "AT+CIPSHUT",
     .expect = &expect_shut,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing old connections"},
    {.send = "AT+CGATT=1",
     .expect = &expect_attach,
     .on_fail = AT_FAIL_GO_ON,
     .what = "attaching to the data network"},
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
    {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"",
     .expect = &expect_config,
     .what = "setting the access point name"},
    {.send = "AT+CSTT=\"{apn}\",\"{user?}\",\"{password?}\"",
     .expect = &expect_activate,
     .only_if = "user",
     .what = "setting user and password of the access point"},
    {.send = "AT+CIICR",
     .expect = &expect_ciicr,
     .only_if = "user",
     .tries = 3,
     .retry_ms = 5000,
     .what = "opening the data connection"},
    {.send = "AT+CGACT=1,1",
     .expect = &expect_activate,
     .unless = "user",
     .tries = 6,
     .retry_ms = 5000,
     .what = "opening the data connection"},
    {0},
};

/* Refused by firmware without it, and once links exist (2.7, 2.9). */
static const struct at_step several_links[] = {{.send = "AT+CIPMUX=1", .what = "choosing numbered links"},
                                               {0}};

static const struct at_step bearer_finish[] = {
    {.send = "AT+CIFSR",
     .expect = &expect_address,
     .store = "address",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the own address"},
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+CIPSHUT",
     .expect = &expect_shut,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {.send = "AT+CGACT=0,1", .on_fail = AT_FAIL_GO_ON, .what = "closing the data connection"},
    {.send = "AT+CGATT=0", .on_fail = AT_FAIL_GO_ON, .what = "leaving the data network"},
    {0},
};

static const struct at_expect expect_open = {.end = AT_END_BOTH,
                                             .deadline_ms = 80000,
                                             .settle_ms = 2000,
                                             .lines = cipnum,
                                             .done = connected,
                                             .fail = open_fails};
static const struct at_expect expect_contexts = {.end = AT_END_OK, .deadline_ms = 5000, .lines = contexts};
static const struct at_expect expect_resolve = {.end = AT_END_OK, .deadline_ms = 20000, .lines = resolved};
static const struct at_expect expect_send = {
    .end = AT_END_EITHER, .deadline_ms = 30000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_status = {
    .end = AT_END_OK, .deadline_ms = 5000, .lines = rows, .any_line = true};
static const struct at_expect expect_close = {.end = AT_END_EITHER, .deadline_ms = 5000, .done = close_ok};

/* What both share. A quoted port fails (2.9); a send must be "less than 1024" (2.10). */
#define COMMON                                                                                               \
    .open = {"AT+CIPSTART=\"TCP\",\"{host}\",{port}", &expect_open}, .open_busy = already,                   \
    .open_unsure = unsure, .open_unsure_ms = 15000, .find_after_open = true, .sweep_before_open = true,      \
    .bearer = {"AT+CGACT?", &expect_contexts}, .bearer_gone = context_down, .bearer_there = context_up,      \
    .resolve = {"AT+CDNSGIP=\"{host}\"", &expect_resolve}, .resolve_failed = not_resolved,                   \
    .send_max_bytes = 1000, .reading = DIALECT_PUSHED, .status = {"AT+CIPSTATUS", &expect_status},           \
    .row_forms = row_forms, .words = words, .closed_lines = closed, .connected_lines = connected,            \
    .not_connected_lines = not_connected, .bearer_up = bearer_up, .bearer_finish = bearer_finish,            \
    .bearer_down = bearer_down, .name_servers = name_servers_cdnscfg /* A9, A9G (2.8) */

static const struct dialect single = {
    .name = "Ai-Thinker, one link",
    .numbering = DIALECT_NOT_NUMBERED,
    .send = {"AT+CIPSEND={len}", &expect_send},
    .close = {"AT+CIPCLOSE", &expect_close},
    .announces = announces_single,
    COMMON,
};

const struct dialect dialect_ai_thinker = {
    .name = "Ai-Thinker",
    .single = &single,
    .numbering = DIALECT_NUMBERED_BY_MODEM,
    .open_link = "+CIPNUM: %d",
    .send = {"AT+CIPSEND={link},{len}", &expect_send},
    .close = {"AT+CIPCLOSE={link}", &expect_close},
    .announces = announces_several,
    .several_links = several_links,
    COMMON,
};
