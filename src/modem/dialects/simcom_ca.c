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
#include "name_servers.h"

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
    .name_servers = name_servers_cdnscfg, .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0,                  \
    .open_busy = busy, .close_after_failure = true, .bearer = {"AT+CNACT?", &expect_contexts},               \
    .bearer_gone = context_down, .bearer_there = context_up, .resolve_failed = not_resolved,                 \
    .send = {"AT+CASEND={link},{len}", &expect_send}, .send_max_bytes = 1300, .reading = DIALECT_BUFFERED,   \
    .announces = announces, .receive = {"AT+CARECV={link},{max}", &expect_receive},                          \
    .receive_max_bytes = 1300, .waiting_capture = 0, .status = {"AT+CASTATE?", &expect_status},              \
    .row_forms = row_forms, .words = words, .close = {"AT+CACLOSE={link}", &expect_close},                   \
    .close_after_peer = true, .data_lines = data, .closed_lines = closed, .bearer_lost_lines = inactive

/* ---- the modem's own TLS (B7) ---- */

/* The handshake has no code of its own but for what is wrong with the certificate. */
static const struct dialect_blame tls_blame[] = {
    {"+CAOPEN: %d,1", STREAM_FAULT_TLS},     {"+CAOPEN: %d,20", STREAM_FAULT_NAME},
    {"+CAOPEN: %d,21", STREAM_FAULT_BEARER}, {"+CAOPEN: %d,24", STREAM_FAULT_TLS},
    {"+CAOPEN: %d,25", STREAM_FAULT_TLS},    {"+CAOPEN: %d,26", STREAM_FAULT_TLS},
    {"+CAOPEN: %d,27", STREAM_FAULT_TLS},    {NULL, STREAM_FAULT_NONE},
};
#define DISTRUST                                                                                             \
    "the server refused, or the modem did not trust its certificate (it does not tell which; ca_file must "  \
    "be "                                                                                                    \
    "its authority)"
static const struct dialect_reason tls_reasons[] = {
    {"+CAOPEN: %d,1", DISTRUST},
    {"+CAOPEN: %d,24", "the server's certificate has expired or is not valid yet, by the modem's clock"},
    {"+CAOPEN: %d,25", "the server's certificate has another name"},
    {"+CAOPEN: %d,26", "the server's certificate has another name, and its dates are wrong"},
    {"+CAOPEN: %d,27", DISTRUST},
    {NULL, NULL},
};

static const char *const sizes[] = {"+CFSGFIS: %d", NULL};
static const char *const clock[] = {"+CCLK: *", NULL};
static const struct at_expect expect_size = {.end = AT_END_OK, .deadline_ms = 5000, .lines = sizes};
static const struct at_expect expect_clock = {.end = AT_END_OK, .deadline_ms = 5000, .lines = clock};
static const struct at_expect expect_file = {
    .end = AT_END_OK, .deadline_ms = 20000, .prompt_ms = 10000, .prompt_line = "DOWNLOAD"};
static const struct at_expect expect_prepare = {.end = AT_END_OK, .deadline_ms = 5000};

#define LOOK_FOR_FILE                                                                                        \
    {                                                                                                        \
        .send = "AT+CFSGFIS=3,\"{tls_file}\"", .expect = &expect_size, .store = "tls_stored",                \
        .on_fail = AT_FAIL_GO_ON, .what = "looking for the authority's certificate in the modem"             \
    }

/* The file system is closed first: to open it twice is an ERROR. The file stays in the module. */
#define PUT_FILE                                                                                             \
    {.send = "AT+CFSTERM", .on_fail = AT_FAIL_GO_ON, .what = "closing the modem's files"},                   \
        {.send = "AT+CFSINIT", .what = "opening the modem's files"}, LOOK_FOR_FILE,                          \
        {.send = "AT+CFSWFILE=3,\"{tls_file}\",0,{tls_size},10000",                                          \
         .expect = &expect_file,                                                                             \
         .payload = "tls_file",                                                                              \
         .unless = "tls_kept",                                                                               \
         .what = "putting the authority's certificate into the modem"},                                      \
        LOOK_FOR_FILE,                                                                                       \
    {                                                                                                        \
        .send = "AT+CFSTERM", .on_fail = AT_FAIL_GO_ON, .what = "closing the modem's files"                  \
    }

#define LOOK_AT_CLOCK                                                                                        \
    {                                                                                                        \
        .send = "AT+CCLK?", .expect = &expect_clock, .store = "tls_clock", .on_fail = AT_FAIL_GO_ON,         \
        .what = "asking for the modem's time"                                                                \
    }

/* Without a CA the module would trust everybody, therefore it is named last, and nothing is opened if that fails. */
static const struct at_step tls_setup[] = {
    PUT_FILE,
    {.send = "AT+CSSLCFG=\"CONVERT\",2,\"{tls_kept}\"", .what = "having the certificate read by the modem"},
    {.send = "AT+CSSLCFG=\"SSLVERSION\",0,3", .what = "choosing TLS 1.2"},
    LOOK_AT_CLOCK,
    {.send = "AT+CSSLCFG=\"IGNORERTCTIME\",0,0",
     .only_if = "tls_time",
     .what = "having the certificate's dates checked"},
    {.send = "AT+CSSLCFG=\"IGNORERTCTIME\",0,1",
     .unless = "tls_time",
     .what = "leaving the certificate's dates unchecked"},
    {.send = "AT+CACID=0", .what = "choosing the link"},
    {.send = "AT+CASSLCFG=0,\"SSL\",1", .what = "choosing an encrypted connection"},
    {.send = "AT+CASSLCFG=0,\"CRINDEX\",0", .what = "choosing the settings of the encryption"},
    {.send = "AT+CASSLCFG=0,\"CACERT\",\"{tls_kept}\"", .what = "choosing whom the modem trusts"},
    {0},
};

/* What it has set: "+CSSLCFG: 0,3,0xc02f,...,0,1,"host"", some firmware on the line behind the name; 3 is TLS 1.2. */
static const char *const settings[] = {"+CSSLCFG:*", "0,%d,*", NULL};
static const char *const settings_old[] = {
    "+CSSLCFG: 0,0,*", "+CSSLCFG: 0,1,*", "+CSSLCFG: 0,2,*", "0,0,*", "0,1,*", "0,2,*", NULL};
static const struct at_expect expect_settings = {
    .end = AT_END_OK, .deadline_ms = 5000, .lines = settings, .fail = settings_old, .fail_settle_ms = 2000};

/*
 * Its names are in small letters. Not all of its firmware can encrypt, and some stays with an older TLS, so that is
 * tried first, and looked at. The settings are chosen for the link before the authority is.
 */
static const struct at_step tls_setup_7000[] = {
    {.send = "AT+CSSLCFG=\"sslversion\",0,3", .what = "choosing TLS 1.2, which not every firmware has,"},
    {.send = "AT+CSSLCFG=\"ctxindex\",0",
     .expect = &expect_settings,
     .what = "having TLS 1.2 used, which not every firmware does,"},
    PUT_FILE,
    {.send = "AT+CSSLCFG=\"convert\",2,\"{tls_kept}\"", .what = "having the certificate read by the modem"},
    {.send = "AT+CSSLCFG=\"protocol\",0,1",
     .on_fail = AT_FAIL_GO_ON,
     .what = "choosing TLS, not its sister for datagrams"},
    LOOK_AT_CLOCK,
    {.send = "AT+CSSLCFG=\"ignorertctime\",0,0",
     .only_if = "tls_time",
     .what = "having the certificate's dates checked"},
    {.send = "AT+CSSLCFG=\"ignorertctime\",0,1",
     .unless = "tls_time",
     .what = "leaving the certificate's dates unchecked"},
    {.send = "AT+CACID=0", .what = "choosing the link"},
    {.send = "AT+CASSLCFG=0,\"ssl\",1", .what = "choosing an encrypted connection"},
    {.send = "AT+CASSLCFG=0,\"protocol\",0", .on_fail = AT_FAIL_GO_ON, .what = "choosing TCP"},
    {.send = "AT+CASSLCFG=0,\"crindex\",0", .what = "choosing the settings of the encryption"},
    {.send = "AT+CASSLCFG=0,\"cacert\",\"{tls_kept}\"", .what = "choosing whom the modem trusts"},
    {0},
};

/* What waits is not asked for but read; nothing there is answered with "+CARECV: 0". */
static const struct dialect simcom_ca_tls = {
    .name = "SIMCom CA TLS",
    .waiting = {"AT+CARECV={link},{max}", &expect_receive},
    .waiting_line = "+CARECV: %d",
    .prepare = {"AT+CSSLCFG=\"SNI\",0,\"{host}\"", &expect_prepare},
    .open = {"AT+CAOPEN={link},0,\"TCP\",\"{host}\",{port}", &expect_open},
    .open_blame = tls_blame,
    .open_reasons = tls_reasons,
    .answer_ms = 30000,
    .tells_name_checked = true,
    .resolve = {"AT+CDNSGIP=\"{host}\",1,10000", &expect_resolve},
    .bearer_up = bearer_up,
    .bearer_finish = tls_setup,
    .bearer_down = bearer_down,
    COMMON,
};

const struct dialect dialect_simcom_ca = {
    .name = "SIMCom CA",
    .tls = &simcom_ca_tls,
    .open_blame = blame,
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
#define BRIEF                                                                                                \
    .reads_counted = true, .waiting = {"AT+CARECV?", &expect_counts}, .waiting_line = "+CARECV: 0,%d",       \
    .open = {"AT+CAOPEN={link},\"{host}\",{port}", &expect_open},                                            \
    .resolve = {"AT+CDNSGIP=\"{host}\"", &expect_resolve}, .bearer_up = bearer_up_7000,                      \
    .bearer_down = bearer_down_7000, COMMON

static const struct dialect simcom_ca_7000_tls = {
    .name = "SIMCom CA TLS (7000)",
    .prepare = {"AT+CSSLCFG=\"sni\",0,\"{host}\"", &expect_prepare},
    .prepare_again = {"AT+CSSLCFG=\"sni\",0,{host}", &expect_prepare},
    .prepare_refused = "the modem's firmware is too old to say which server it wants, so the server cannot "
                       "show the right certificate: `tls = yes` does without the modem's TLS",
    .open_blame = tls_blame,
    .open_reasons = tls_reasons,
    .answer_ms = 30000,
    .tells_name_checked = true,
    .bearer_finish = tls_setup_7000,
    BRIEF,
};

const struct dialect dialect_simcom_ca_7000 = {
    .name = "SIMCom CA (7000)",
    .tls = &simcom_ca_7000_tls,
    .open_blame = blame,
    .bearer_finish = plain_7000,
    BRIEF,
};
