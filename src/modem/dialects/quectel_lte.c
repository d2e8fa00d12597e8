/*
 * Quectel's LTE modules (facts/modems-quectel-3gpp.md, part 2B).
 *
 *   > AT+QIACT=1
 *   < OK                         up to 150 s later; ERROR when it is up already
 *   > AT+QIOPEN=1,0,"TCP","blynk.cloud",80,0,0
 *   < OK                         says nothing
 *   < +QIOPEN: 0,0               up; any other second number is an error, and the link stays taken until closed
 *   > AT+QISEND=0,32
 *   < >
 *   > (32 bytes)
 *   < SEND OK
 *   < +QIURC: "recv",0           there is data; not told again before all of it was read
 *   > AT+QIRD=0,1500
 *   < +QIRD: 5                   5 bytes come now
 *   < (5 bytes) OK
 *   > AT+QIRD=0,1500
 *   < +QIRD: 0                   nothing is left
 *   < +QIURC: "closed",0         closed by the server; stays taken until closed by us too
 *   < +QIURC: "pdpdeact",1       the network took the data connection away
 *
 * Their own TLS (B8) has commands of its own, which differ by little more than their names:
 *
 *   > AT+QSSLOPEN=1,0,0,"blynk.cloud",443,0
 *   < OK
 *   < +QSSLOPEN: 0,0             any failure of the handshake is 566, as is a server that cannot be reached
 *   > AT+QSSLSEND=0,32           as AT+QISEND
 *   < +QSSLURC: "recv",0         as +QIURC
 *   > AT+QSSLRECV=0,1500         as AT+QIRD
 */
#include "dialects.h"
#include "name_servers.h"

static const char *const opened[] = {"+QIOPEN: %d,0", NULL};
/* All errors are 550 to 574 (B4). */
static const char *const open_fails[] = {"+QIOPEN: %d,5%d", NULL};
static const char *const busy[] = {"+QIOPEN: %d,563", NULL};
static const struct dialect_blame blame[] = {
    {"+QIOPEN: %d,561", STREAM_FAULT_BEARER}, {"+QIOPEN: %d,564", STREAM_FAULT_NAME},
    {"+QIOPEN: %d,565", STREAM_FAULT_NAME},   {"+QIOPEN: %d,570", STREAM_FAULT_BEARER},
    {"+QIOPEN: %d,573", STREAM_FAULT_BEARER}, {NULL, STREAM_FAULT_NONE},
};

static const char *const sent[] = {"SEND OK", NULL};
static const char *const not_sent[] = {"SEND FAIL", NULL};
static const char *const address[] = {"+QIACT: %d,%d,%d,%q", "+QIACT: %d,%d,%d,%q,*", NULL};
static const char *const contexts[] = {"+QIACT: *", NULL};
static const char *const attach_line[] = {"+CGATT: %d", NULL};
static const char *const resolved[] = {"+QIURC: \"dnsgip\",*", NULL};
static const char *const not_resolved[] = {"+QIURC: \"dnsgip\",5%d", NULL};
static const char *const status[] = {"+QISTATE: *", NULL};

static const char *const data[] = {"+QIURC: \"recv\",%d", "+QIURC: \"recv\",%d,%d", NULL};
static const char *const closed[] = {"+QIURC: \"closed\",%d", NULL};
static const char *const bearer_lost[] = {"+QIURC: \"pdpdeact\",%d", NULL};

/* id, type, address, port, own port, state, and more. */
static const struct dialect_row_form row_forms[] = {{"+QISTATE: %d,%q,%q,%d,%d,%d,*", 0, 5}, {NULL, 0, 0}};
/* 3 is "listening", and is what real firmware says of a healthy connection (B7). */
static const struct dialect_word words[] = {
    {"0", ROW_FREE}, {"1", ROW_CONNECTING}, {"2", ROW_UP},
    {"3", ROW_UP},   {"4", ROW_ENDING},     {NULL, ROW_UNKNOWN},
};

/* "+QIRD: 32,32,0" is the answer to another question, which is never asked (B6). */
static const struct at_announce announces[] = {{"+QIRD:%n\n"}, {NULL}};

static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 5000};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 145000};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};
static const struct at_expect expect_activate = {.end = AT_END_OK, .deadline_ms = 155000};
static const struct at_expect expect_deactivate = {.end = AT_END_OK, .deadline_ms = 45000};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 5000, .lines = address};

/*
 * QIDEACT first: QIACT of a context that is up answers ERROR, and old links are closed with it. It answers OK when
 * nothing is up, too. No CGACT: newer firmware hangs on it (B3). The payload is echoed unless QISDE says no.
 */
static const struct at_step bearer_up[] = {
    {.send = "AT+QIDEACT=1",
     .expect = &expect_deactivate,
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
     .on_fail = AT_FAIL_GO_ON,
     .what = "attaching to the data network"},
    {.send = "AT+QICSGP=1,1,\"{apn}\",\"\",\"\",0",
     .expect = &expect_quick,
     .unless = "user",
     .what = "setting the access point name"},
    {.send = "AT+QICSGP=1,1,\"{apn}\",\"{user?}\",\"{password?}\",1",
     .expect = &expect_quick,
     .only_if = "user",
     .what = "setting the access point name"},
    {.send = "AT+QIACT=1",
     .expect = &expect_activate,
     .tries = 2,
     .retry_ms = 10000,
     .what = "opening the data connection"},
    {.send = "AT+QIACT?",
     .expect = &expect_address,
     .store = "address",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the own address"},
    {.send = "AT+QISDE=0", .on_fail = AT_FAIL_GO_ON, .what = "switching the data echo off"},
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+QIDEACT=1",
     .expect = &expect_deactivate,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {0},
};

/* Refused before the context is up (B8). */
static const struct at_step name_servers[] = {
    NAME_SERVER_STEPS("AT+QIDNSCFG=1,\"{dns}\"", "AT+QIDNSCFG=1,\"{dns}\",\"{dns2}\"")};

static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 155000, .done = opened, .fail = open_fails};
static const struct at_expect expect_contexts = {.end = AT_END_OK, .deadline_ms = 5000, .lines = contexts};
static const char *const context_there[] = {"+QIACT: 1,1,*", NULL};
static const char *const context_gone[] = {"+QIACT: 1,0,*", NULL};
static const struct at_expect expect_resolve = {.end = AT_END_BOTH, .deadline_ms = 65000, .done = resolved};
static const struct at_expect expect_send = {
    .end = AT_END_DONE, .deadline_ms = 15000, .prompt_ms = 5000, .done = sent, .fail = not_sent};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};
static const struct at_expect expect_close = {.end = AT_END_OK, .deadline_ms = 20000};

/* ---- the modem's own TLS ---- */

static const char *const ssl_opened[] = {"+QSSLOPEN: %d,0", NULL};
static const char *const ssl_open_fails[] = {"+QSSLOPEN: %d,5%d", NULL};
static const char *const ssl_busy[] = {"+QSSLOPEN: %d,563", NULL};
static const struct dialect_blame ssl_blame[] = {
    {"+QSSLOPEN: %d,561", STREAM_FAULT_BEARER},
    {"+QSSLOPEN: %d,564", STREAM_FAULT_NAME},
    {"+QSSLOPEN: %d,565", STREAM_FAULT_NAME},
    {"+QSSLOPEN: %d,566", STREAM_FAULT_TLS},
    {"+QSSLOPEN: %d,570", STREAM_FAULT_BEARER},
    {"+QSSLOPEN: %d,573", STREAM_FAULT_BEARER},
    {NULL, STREAM_FAULT_NONE},
};
static const struct dialect_reason ssl_reasons[] = {
    {"+QSSLOPEN: %d,566", "the server refused, or the modem did not trust its certificate (it does not tell "
                          "which; ca_file must be its authority)"},
    {NULL, NULL},
};
static const char *const ssl_status[] = {"+QSSLSTATE: *", NULL};
static const char *const ssl_data[] = {"+QSSLURC: \"recv\",%d", "+QSSLURC: \"recv\",%d,%d", NULL};
static const char *const ssl_closed[] = {"+QSSLURC: \"closed\",%d", NULL};
static const struct dialect_row_form ssl_row_forms[] = {{"+QSSLSTATE: %d,%q,%q,%d,%d,%d,*", 0, 5},
                                                        {NULL, 0, 0}};
static const struct at_announce ssl_announces[] = {{"+QSSLRECV:%n\n"}, {NULL}};

static const char *const listed[] = {"+QFLST: %q,%d", NULL};
static const char *const uploaded[] = {"+QFUPL: %d,%q", NULL};
static const char *const setting[] = {"+QSSLCFG: *", NULL};
static const char *const clock[] = {"+CCLK: *", NULL};
static const struct at_expect expect_listed = {.end = AT_END_OK, .deadline_ms = 5000, .lines = listed};
static const struct at_expect expect_upload = {
    .end = AT_END_OK, .deadline_ms = 70000, .prompt_ms = 10000, .prompt_line = "CONNECT", .lines = uploaded};
static const struct at_expect expect_setting = {.end = AT_END_OK, .deadline_ms = 5000, .lines = setting};
static const struct at_expect expect_clock = {.end = AT_END_OK, .deadline_ms = 5000, .lines = clock};

/*
 * The file stays in the module, so that it is written once. Old firmware knows neither "sni", without which a
 * server of many names shows the wrong certificate, nor "checkhost". Dates are checked by the module's own clock,
 * if it may be right.
 */
static const struct at_step ssl_setup[] = {
    {.send = "AT+QFLST=\"{tls_file}\"",
     .expect = &expect_listed,
     .store = "tls_listed",
     .on_fail = AT_FAIL_GO_ON,
     .what = "looking for the authority's certificate in the modem"},
    {.send = "AT+QFDEL=\"{tls_file}\"",
     .unless = "tls_kept",
     .on_fail = AT_FAIL_GO_ON,
     .what = "removing the rest of a certificate"},
    {.send = "AT+QFUPL=\"{tls_file}\",{tls_size},60",
     .expect = &expect_upload,
     .payload = "tls_file",
     .store = "tls_uploaded",
     .unless = "tls_kept",
     .what = "putting the authority's certificate into the modem"},
    {.send = "AT+QSSLCFG=\"cacert\",0,\"{tls_kept}\"", .what = "choosing whom the modem trusts"},
    {.send = "AT+QSSLCFG=\"seclevel\",0,1", .what = "asking for a check of the server's certificate"},
    {.send = "AT+QSSLCFG=\"sslversion\",0,3", .what = "choosing TLS 1.2"},
    {.send = "AT+QSSLCFG=\"ciphersuite\",0,0XFFFF", .what = "choosing the ciphers"},
    {.send = "AT+QSSLCFG=\"sni\",0,1", .on_fail = AT_FAIL_GO_ON, .what = "having the server's name told"},
    {.send = "AT+QSSLCFG=\"checkhost\",0,1",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for a check of the server's name"},
    {.send = "AT+QSSLCFG=\"checkhost\",0",
     .expect = &expect_setting,
     .store = "tls_checkhost",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking whether the server's name is checked"},
    {.send = "AT+CCLK?",
     .expect = &expect_clock,
     .store = "tls_clock",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the modem's time"},
    {.send = "AT+QSSLCFG=\"ignorelocaltime\",0,0",
     .only_if = "tls_time",
     .what = "having the certificate's dates checked"},
    {.send = "AT+QSSLCFG=\"ignorelocaltime\",0,1",
     .unless = "tls_time",
     .what = "leaving the certificate's dates unchecked"},
    {.send = "AT+QSSLCFG=\"negotiatetime\",0,60",
     .on_fail = AT_FAIL_GO_ON,
     .what = "choosing how long the handshake may take"},
    {0},
};

/* As plain TCP, and the handshake. */
static const struct at_expect expect_ssl_open = {
    .end = AT_END_DONE, .deadline_ms = 190000, .done = ssl_opened, .fail = ssl_open_fails};
static const struct at_expect expect_ssl_status = {
    .end = AT_END_OK, .deadline_ms = 5000, .lines = ssl_status};

/* The same with and without TLS: the data connection, names, how data waits, and what is done before and after. */
#define QUECTEL_LTE_NETWORK                                                                                  \
    .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0, .bearer = {"AT+QIACT?", &expect_contexts},             \
    .bearer_gone = context_gone, .bearer_there = context_there,                                              \
    .resolve = {"AT+QIDNSGIP=1,\"{host}\"", &expect_resolve}, .resolve_failed = not_resolved,                \
    .send_max_bytes = 1460, .reading = DIALECT_BUFFERED, .receive_max_bytes = 1500, .words = words,          \
    .close_after_failure = true /* B4 */, .sweep_before_open = true, .close_after_peer = true,               \
    .bearer_lost_lines = bearer_lost, .bearer_up = bearer_up, .bearer_down = bearer_down,                    \
    .name_servers = name_servers

static const struct dialect quectel_lte_tls = {
    .name = "Quectel LTE TLS",
    QUECTEL_LTE_NETWORK,
    .open = {"AT+QSSLOPEN=1,0,{link},\"{host}\",{port},0", &expect_ssl_open},
    .open_busy = ssl_busy,
    .open_blame = ssl_blame,
    .open_reasons = ssl_reasons,
    .answer_ms = 30000,
    .send = {"AT+QSSLSEND={link},{len}", &expect_send},
    .announces = ssl_announces,
    .receive = {"AT+QSSLRECV={link},{max}", &expect_receive},
    .waiting = {"AT+QSSLRECV={link},{max}", &expect_receive},
    .waiting_line = "+QSSLRECV: %d",
    .status = {"AT+QSSLSTATE", &expect_ssl_status},
    .row_forms = ssl_row_forms,
    .close = {"AT+QSSLCLOSE={link}", &expect_close},
    .data_lines = ssl_data,
    .closed_lines = ssl_closed,
    .bearer_finish = ssl_setup,
};

const struct dialect dialect_quectel_lte = {
    .name = "Quectel LTE",
    .tls = &quectel_lte_tls,
    QUECTEL_LTE_NETWORK,
    .open = {"AT+QIOPEN=1,{link},\"TCP\",\"{host}\",{port},0,0", &expect_open},
    .open_busy = busy,
    .open_blame = blame,
    .send = {"AT+QISEND={link},{len}", &expect_send},
    .announces = announces,
    .receive = {"AT+QIRD={link},{max}", &expect_receive},
    .waiting = {"AT+QIRD={link},{max}", &expect_receive}, /* what waits is read at once */
    .waiting_line = "+QIRD: %d",
    .status = {"AT+QISTATE?", &expect_status},
    .row_forms = row_forms,
    .close = {"AT+QICLOSE={link}", &expect_close},
    .data_lines = data,
    .closed_lines = closed,
};
