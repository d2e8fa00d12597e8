/*
 * The TLS of SIMCom's 4G modules with the NETOPEN stack (facts/modems-simcom.md, C8): a channel apart, with a start and
 * numbers of its own. The SIM5360 has none.
 *
 *   > AT+CCHSET=1,1              tell how sends ended, keep what comes; refused once the channel is started
 *   > AT+CCHSTART
 *   < OK                         before its result or after it, as everywhere here
 *   < +CCHSTART: 0
 *   > AT+CCHSSLCFG=0,0           forgotten at each close
 *   > AT+CCHOPEN=0,"blynk.cloud",443,2
 *   < OK
 *   < +CCHOPEN: 0,0              15: any failure of the handshake
 *   > AT+CCHSEND=0,32
 *   < >
 *   > (32 bytes)
 *   < OK
 *   < +CCHSEND: 0,0
 *   < +CCHEVENT: 0,RECV EVENT    there is data; not told again before all of it was read
 *   > AT+CCHRECV=0,2048
 *   < OK                         comes first
 *   < +CCHRECV: DATA,0,5         5 bytes come now; more such pieces may follow
 *   < (5 bytes)
 *   < +CCHRECV: 0,0              that was all; with nothing there: ERROR
 *   < +CCH_PEER_CLOSED: 0
 */
#include "simcom_netopen.h"

static const char *const opened[] = {"+CCHOPEN: %d,0", NULL};
static const char *const open_fails[] = {CCH_FAILS("+CCHOPEN: %d,"), NULL};
/* A session that is still open is refused without a number; closing it does no harm if it is not. */
static const char *const busy[] = {"ERROR", "+CCHOPEN: %d,10", "+CCHOPEN: %d,11", NULL};
static const struct dialect_blame blame[] = {
    {"+CCHOPEN: %d,1", STREAM_FAULT_TLS},     {"+CCHOPEN: %d,4", STREAM_FAULT_TLS},
    {"+CCHOPEN: %d,13", STREAM_FAULT_NAME},   {"+CCHOPEN: %d,15", STREAM_FAULT_TLS},
    {"+CCHOPEN: %d,17", STREAM_FAULT_BEARER}, {NULL, STREAM_FAULT_NONE},
};
/* 19 is not the server's doing: the certificate is put in again when the data connection is next opened. */
static const struct dialect_reason reasons[] = {
    {"+CCHOPEN: %d,4", "the server closed the connection in the middle of the handshake"},
    {"+CCHOPEN: %d,5", "nobody answered in time"},
    {"+CCHOPEN: %d,14", "the server does not answer, or refuses the connection"},
    {"+CCHOPEN: %d,15", "the server refused, or the modem did not trust its certificate (it does not tell "
                        "which; ca_file must be its authority)"},
    {"+CCHOPEN: %d,19", "the modem has lost the authority's certificate"},
    {NULL, NULL},
};

static const char *const sent[] = {"+CCHSEND: %d,0", NULL};
static const char *const not_sent[] = {CCH_FAILS("+CCHSEND: %d,"), NULL};
static const char *const all_read[] = {"+CCHRECV: %d,0", NULL};
static const char *const not_read[] = {CCH_FAILS("+CCHRECV: %d,"), NULL};
static const char *const counts[] = {"+CCHRECV: LEN,*", NULL};
static const char *const sessions[] = {"+CCHOPEN: *", NULL};
static const char *const closing[] = {"+CCHCLOSE: %d,%d", NULL};
static const char *const data[] = {"+CCHEVENT: %d,RECV EVENT", NULL};
static const char *const closed[] = {"+CCH_PEER_CLOSED: %d", "+CCH_RECV_CLOSED: %d,%d", NULL};
static const struct at_announce announces[] = {{"+CCHRECV:DATA,%l,%n\n"}, {NULL}};

/* +CCHOPEN: 0,"blynk.cloud",443,2,54021 or +CCHOPEN: 0,"",,, (no sheet has it; drivers of the A76xx read it so). */
static const struct dialect_row_form row_forms[] = {
    {"+CCHOPEN: %d,%q,%d,%d", 0, 3},
    {"+CCHOPEN: %d,%q,%d,%d,*", 0, 3},
    {"+CCHOPEN: %d,%q,*", 0, 1},
    {NULL, 0, 0},
};
static const struct dialect_word words[] = {
    {"", ROW_FREE}, {"1", ROW_UP}, {"2", ROW_UP}, {NULL, ROW_UNKNOWN}};

static const char *const clock[] = {"+CCLK: *", NULL};
static const struct at_expect expect_clock = {.end = AT_END_OK, .deadline_ms = 9000, .lines = clock};
static const struct at_expect expect_file = {.end = AT_END_OK, .deadline_ms = 30000, .prompt_ms = 10000};
static const struct at_expect expect_files = {.end = AT_END_OK, .deadline_ms = 9000, .any_line = true};

/*
 * Of a file in the module only the name can be asked, not whether it arrived whole. So one is trusted only if this
 * program has put it in itself; any other is put in again. Firmware without enableSNI is served if the server shows
 * the right certificate without being asked.
 */
static const struct at_step setup[] = {
    {.send = "AT+CCERTLIST",
     .expect = &expect_files,
     .store = "tls_files",
     .on_fail = AT_FAIL_GO_ON,
     .what = "looking for the authority's certificate in the modem"},
    {.send = "AT+CCERTDELE=\"{tls_file}\"",
     .expect = &netopen_expect_quick,
     .unless = "tls_kept",
     .on_fail = AT_FAIL_GO_ON,
     .what = "removing an old certificate"},
    {.send = "AT+CCERTDOWN=\"{tls_file}\",{tls_size}",
     .expect = &expect_file,
     .payload = "tls_file",
     .unless = "tls_kept",
     .what = "putting the authority's certificate into the modem"},
    {.send = "AT+CCERTLIST",
     .expect = &expect_files,
     .store = "tls_put",
     .unless = "tls_kept",
     .on_fail = AT_FAIL_GO_ON,
     .what = "looking for the authority's certificate in the modem"},
    {.send = "AT+CSSLCFG=\"cacert\",0,\"{tls_file}\"",
     .expect = &netopen_expect_quick,
     .what = "choosing whom the modem trusts"},
    {.send = "AT+CSSLCFG=\"authmode\",0,1",
     .expect = &netopen_expect_quick,
     .what = "asking for a check of the server's certificate"},
    {.send = "AT+CSSLCFG=\"sslversion\",0,3", .expect = &netopen_expect_quick, .what = "choosing TLS 1.2"},
    {.send = "AT+CSSLCFG=\"enableSNI\",0,1",
     .expect = &netopen_expect_quick,
     .on_fail = AT_FAIL_GO_ON,
     .what = "having the server's name told"},
    {.send = "AT+CCLK?",
     .expect = &expect_clock,
     .store = "tls_clock",
     .on_fail = AT_FAIL_GO_ON,
     .what = "asking for the modem's time"},
    {.send = "AT+CSSLCFG=\"ignorelocaltime\",0,0",
     .expect = &netopen_expect_quick,
     .only_if = "tls_time",
     .what = "having the certificate's dates checked"},
    {.send = "AT+CSSLCFG=\"ignorelocaltime\",0,1",
     .expect = &netopen_expect_quick,
     .unless = "tls_time",
     .what = "leaving the certificate's dates unchecked"},
    {.send = "AT+CSSLCFG=\"negotiatetime\",0,60",
     .expect = &netopen_expect_quick,
     .on_fail = AT_FAIL_GO_ON,
     .what = "choosing how long the handshake may take"},
    {0},
};

static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 125000, .done = opened, .fail = open_fails, .fail_settle_ms = 1000};
static const struct at_expect expect_send = {.end = AT_END_BOTH,
                                             .deadline_ms = 35000,
                                             .prompt_ms = 5000,
                                             .settle_ms = 2000,
                                             .done = sent,
                                             .fail = not_sent};
static const struct at_expect expect_receive = {
    .end = AT_END_BOTH, .deadline_ms = 10000, .settle_ms = 1000, .done = all_read, .fail = not_read};
static const struct at_expect expect_count = {.end = AT_END_OK, .deadline_ms = 5000, .lines = counts};
static const struct at_expect expect_state = {.end = AT_END_OK, .deadline_ms = 5000, .lines = sessions};
static const struct at_expect expect_close = {
    .end = AT_END_BOTH, .deadline_ms = 15000, .settle_ms = 1000, .done = closing};

#define CCH                                                                                                  \
    NETOPEN_NETWORK,                                                                                         \
        .prepare = {"AT+CCHSSLCFG={link},0", &netopen_expect_quick},                                         \
        .open = {"AT+CCHOPEN={link},\"{host}\",{port},2", &expect_open}, .open_busy = busy,                  \
        .open_blame = blame, .open_reasons = reasons, .answer_ms = 30000, .close_after_failure = true,       \
        .send = {"AT+CCHSEND={link},{len}", &expect_send}, .send_max_bytes = 2048, .announces = announces,   \
        .receive = {"AT+CCHRECV={link},{max}", &expect_receive}, .receive_max_bytes = 2048,                  \
        .empty_read_fails = true, .waiting = {"AT+CCHRECV?", &expect_count},                                 \
        .waiting_line = "+CCHRECV: LEN,%d,%d", .waiting_capture = 0,                                         \
        .status = {"AT+CCHOPEN?", &expect_state}, .row_forms = row_forms, .words = words,                    \
        .close = {"AT+CCHCLOSE={link}", &expect_close}, .close_after_peer = true, .data_lines = data,        \
        .closed_lines = closed, .bearer_finish = setup, .bearer_down = netopen_bearer_down_tls

const struct dialect dialect_simcom_cch = {
    .name = "SIMCom CCH",
    .bearer_up = netopen_bearer_up_tls,
    CCH,
};

const struct dialect dialect_simcom_cch_a76 = {
    .name = "SIMCom CCH (A76xx)",
    .bearer_up = netopen_bearer_up_tls_a76,
    CCH,
};
