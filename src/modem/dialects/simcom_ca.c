/*
 * SIMCom's LTE-M and NB-IoT modules with the CA stack (facts/modems-simcom.md, family B).
 *
 *   > AT+CNACT=0,1
 *   < OK
 *   < +APP PDP: 0,ACTIVE         the data connection is up
 *   > AT+CAOPEN=0,0,"TCP","blynk.cloud",80
 *   < +CAOPEN: 0,0               the result comes first, then OK, after a failure too
 *   < OK
 *   > AT+CASEND=0,32
 *   < >
 *   > (32 bytes)
 *   < OK                         some firmware of the SIM7000 adds +CASEND: 0,0,32
 *   < +CADATAIND: 0              there is data; not told again before it was read
 *   > AT+CARECV?                 the SIM7000 only
 *   < +CARECV: 0,5
 *   < OK
 *   > AT+CARECV=0,1300           the SIM7000: AT+CARECV=0,5
 *   < +CARECV: 5,(5 bytes)       the number is the count, not the link
 *   < OK
 *   < +CASTATE: 0,0              the server closed; the link stays taken until it is closed by us
 *   < +APP PDP: 0,DEACTIVE       the network took the data connection away
 */
#include "dialects.h"

static const char *const opened[] = {"+CAOPEN: %d,0", NULL};
static const char *const open_fails[] = {"+CAOPEN: %d,1",
                                         "+CAOPEN: %d,2",
                                         "+CAOPEN: %d,3",
                                         "+CAOPEN: %d,4",
                                         "+CAOPEN: %d,6",
                                         "+CAOPEN: %d,7",
                                         "+CAOPEN: %d,11",
                                         "+CAOPEN: %d,12",
                                         "+CAOPEN: %d,13",
                                         "+CAOPEN: %d,20",
                                         "+CAOPEN: %d,21",
                                         "+CAOPEN: %d,23",
                                         "+CAOPEN: %d,24",
                                         "+CAOPEN: %d,25",
                                         "+CAOPEN: %d,26",
                                         "+CAOPEN: %d,27",
                                         NULL};
/* 4: "parameter invalid", and said as well when the link is still open (B3). */
static const char *const busy[] = {"+CAOPEN: %d,4", NULL};
static const struct dialect_blame blame[] = {
    {"+CAOPEN: %d,20", STREAM_FAULT_NAME},
    {"+CAOPEN: %d,21", STREAM_FAULT_BEARER},
    {NULL, STREAM_FAULT_NONE},
};

static const char *const active[] = {"+APP PDP: %d,ACTIVE", "+APP PDP: ACTIVE", NULL};
static const char *const inactive[] = {"+APP PDP: %d,DEACTIVE", "+APP PDP: DEACTIVE", NULL};
static const char *const address[] = {"+CNACT: %d,1,%q", "+CNACT: 1,%q", NULL};
static const char *const contexts[] = {"+CNACT: *", NULL};
/* The context we use; the app note and the manual of the SIM7000 differ by the first number (B1). */
static const char *const context_down[] = {"+CNACT: 0,0,*", "+CNACT: 0,\"0.0.0.0\"", NULL};
static const char *const context_up[] = {"+CNACT: 0,1,*", "+CNACT: 1,%i", NULL};
static const char *const attach_line[] = {"+CGATT: %d", NULL};
static const char *const resolved[] = {"+CDNSGIP: 0,*", "+CDNSGIP: 1,*", NULL};
static const char *const not_resolved[] = {"+CDNSGIP: 0,*", NULL};
static const char *const status[] = {"+CASTATE: %d,%d", NULL};

static const char *const data[] = {"+CADATAIND: %d", NULL};
static const char *const closed[] = {"+CASTATE: %d,0", "+CACLOSE: %d", NULL};

static const struct dialect_row_form row_forms[] = {{"+CASTATE: %d,%d", 0, 1}, {NULL, 0, 0}};
static const struct dialect_word words[] = {{"0", ROW_CLOSED}, {"1", ROW_UP}, {NULL, ROW_UNKNOWN}};

/* Without the link's number: blynkd has one link only. */
static const struct at_announce announces[] = {{"+CARECV:%n,"}, {NULL}};

static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 9000};
static const struct at_expect expect_attach = {.end = AT_END_OK, .deadline_ms = 80000};
static const struct at_expect expect_attached = {.end = AT_END_OK, .deadline_ms = 5000, .lines = attach_line};
static const struct at_expect expect_inactive = {
    .end = AT_END_BOTH, .deadline_ms = 10000, .settle_ms = 1000, .done = inactive};
static const struct at_expect expect_active = {
    .end = AT_END_DONE, .deadline_ms = 65000, .done = active, .fail = inactive};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 5000, .lines = address};

#define ATTACH                                                                                               \
    {.send = "AT+CGATT?",                                                                                    \
     .expect = &expect_attached,                                                                             \
     .store = "attached",                                                                                    \
     .on_fail = AT_FAIL_GO_ON,                                                                               \
     .what = "attaching to the data network"},                                                               \
    {                                                                                                        \
        .send = "AT+CGATT=1", .expect = &expect_attach, .unless = "attached", .tries = 2, .retry_ms = 10000, \
        .what = "attaching to the data network"                                                              \
    }

#define SHOW_ADDRESS                                                                                         \
    {                                                                                                        \
        .send = "AT+CNACT?", .expect = &expect_address, .store = "address", .on_fail = AT_FAIL_GO_ON,        \
        .what = "asking for the own address"                                                                 \
    }

/* Five tries are what another driver needs (B1). No CGACT: it disturbs this stack. */
static const struct at_step bearer_up[] = {
    ATTACH,
    {.send = "AT+CNACT=0,0",
     .expect = &expect_inactive,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing old connections"},
    {.send = "AT+CNCFG=0,1,\"{apn}\"",
     .expect = &expect_quick,
     .unless = "user",
     .what = "setting the access point name"},
    {.send = "AT+CNCFG=0,1,\"{apn}\",\"{user?}\",\"{password?}\",3",
     .expect = &expect_quick,
     .only_if = "user",
     .what = "setting the access point name"},
    {.send = "AT+CNACT=0,1",
     .expect = &expect_active,
     .tries = 5,
     .retry_ms = 3000,
     .what = "opening the data connection"},
    SHOW_ADDRESS,
    {0},
};

static const struct at_step bearer_down[] = {
    {.send = "AT+CNACT=0,0",
     .expect = &expect_inactive,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {0},
};

static const struct at_step bearer_up_7000[] = {
    ATTACH,
    {.send = "AT+CNACT=0",
     .expect = &expect_inactive,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing old connections"},
    {.send = "AT+CNCFG=1,\"{apn}\",\"{user?}\",\"{password?}\",3",
     .expect = &expect_quick,
     .only_if = "user",
     .on_fail = AT_FAIL_GO_ON,
     .what = "setting user and password of the access point"},
    {.send = "AT+CNACT=1,\"{apn}\"",
     .expect = &expect_active,
     .tries = 5,
     .retry_ms = 3000,
     .what = "opening the data connection"},
    SHOW_ADDRESS,
    {0},
};

static const struct at_step bearer_down_7000[] = {
    {.send = "AT+CNACT=0",
     .expect = &expect_inactive,
     .on_fail = AT_FAIL_GO_ON,
     .what = "closing the data connection"},
    {0},
};

/* A link without encryption; both may be refused by firmware that has none (B3). */
static const struct at_step plain[] = {
    {.send = "AT+CACID=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing the link"},
    {.send = "AT+CASSLCFG=0,\"SSL\",0", .on_fail = AT_FAIL_GO_ON, .what = "choosing a plain connection"},
    {0},
};
static const struct at_step plain_7000[] = {
    {.send = "AT+CACID=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing the link"},
    {.send = "AT+CASSLCFG=0,\"ssl\",0", .on_fail = AT_FAIL_GO_ON, .what = "choosing a plain connection"},
    {.send = "AT+CASSLCFG=0,\"protocol\",0", .on_fail = AT_FAIL_GO_ON, .what = "choosing TCP"},
    {0},
};

/* B2. */
static const struct at_expect expect_names = {.end = AT_END_OK, .deadline_ms = 5000};
static const struct at_step name_servers[] = {
    {.send = "AT+CDNSCFG=\"{dns}\",\"{dns2}\"",
     .expect = &expect_names,
     .only_if = "dns2",
     .what = "choosing the name servers"},
    {.send = "AT+CDNSCFG=\"{dns}\"",
     .expect = &expect_names,
     .unless = "dns2",
     .what = "choosing the name servers"},
    {0},
};

/* A failing open has blocked the modem for 75 s (B3). */
static const struct at_expect expect_open = {.end = AT_END_BOTH,
                                             .deadline_ms = 80000,
                                             .settle_ms = 2000,
                                             .done = opened,
                                             .fail = open_fails,
                                             .fail_settle_ms = 2000};
static const struct at_expect expect_contexts = {.end = AT_END_OK, .deadline_ms = 5000, .lines = contexts};
static const struct at_expect expect_resolve = {.end = AT_END_BOTH, .deadline_ms = 30000, .done = resolved};
static const struct at_expect expect_send = {.end = AT_END_OK, .deadline_ms = 15000, .prompt_ms = 5000};
static const char *const nothing[] = {"+CARECV: %d", NULL};
static const struct at_expect expect_receive = {.end = AT_END_OK, .deadline_ms = 10000, .lines = nothing};
static const struct at_expect expect_status = {.end = AT_END_OK, .deadline_ms = 5000, .lines = status};
static const struct at_expect expect_close = {.end = AT_END_OK, .deadline_ms = 15000};

static const char *const counts[] = {"+CARECV: 0,%d", NULL};
static const struct at_expect expect_counts = {
    .end = AT_END_OK, .deadline_ms = 10000, .lines = counts, .no_payload = true};

/* 1300: real modules degrade with more (B4). */
#define COMMON                                                                                               \
    .name_servers = name_servers, .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0, .open_busy = busy,       \
    .close_after_failure = true, .open_blame = blame, .bearer = {"AT+CNACT?", &expect_contexts},             \
    .bearer_gone = context_down, .bearer_there = context_up, .resolve_failed = not_resolved,                 \
    .send = {"AT+CASEND={link},{len}", &expect_send}, .send_max_bytes = 1300, .reading = DIALECT_BUFFERED,   \
    .announces = announces, .receive = {"AT+CARECV={link},{max}", &expect_receive},                          \
    .receive_max_bytes = 1300, .waiting_capture = 0, .status = {"AT+CASTATE?", &expect_status},              \
    .row_forms = row_forms, .words = words, .close = {"AT+CACLOSE={link}", &expect_close},                   \
    .close_after_peer = true, .data_lines = data, .closed_lines = closed, .bearer_lost_lines = inactive

/* What waits is not asked for but read; nothing there is answered with "+CARECV: 0". */
const struct dialect dialect_simcom_ca = {
    .name = "SIMCom CA",
    .waiting = {"AT+CARECV={link},{max}", &expect_receive},
    .waiting_line = "+CARECV: %d",
    .open = {"AT+CAOPEN={link},0,\"TCP\",\"{host}\",{port}", &expect_open},
    .resolve = {"AT+CDNSGIP=\"{host}\",1,10000", &expect_resolve},
    .bearer_up = bearer_up,
    .bearer_finish = plain,
    .bearer_down = bearer_down,
    COMMON,
};

/* It crashes when more is read than there is, and when it is asked what waits without an open link (B5). */
const struct dialect dialect_simcom_ca_7000 = {
    .name = "SIMCom CA (7000)",
    .reads_counted = true,
    .waiting = {"AT+CARECV?", &expect_counts},
    .waiting_line = "+CARECV: 0,%d",
    .open = {"AT+CAOPEN={link},\"{host}\",{port}", &expect_open},
    .resolve = {"AT+CDNSGIP=\"{host}\"", &expect_resolve},
    .bearer_up = bearer_up_7000,
    .bearer_finish = plain_7000,
    .bearer_down = bearer_down_7000,
    COMMON,
};
