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
#include "dialects.h"

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
static const char *const closing[] = {"+CIPCLOSE: %d,%d", NULL};
static const char *const net_closed[] = {"+NETCLOSE: %d", "+IP ERROR: *", NULL};
static const char *const net_opened[] = {"+NETOPEN: 0", "+NETOPEN: 0,*", NULL};
static const char *const net_fails[] = {"+NETOPEN: 1",  "+NETOPEN: 2",  "+NETOPEN: 3",
                                        "+NETOPEN: 4",  "+NETOPEN: 5",  "+NETOPEN: 8",
                                        "+NETOPEN: 10", "+NETOPEN: 12", NULL};
static const char *const auth[] = {"+CGAUTH: 1,*", NULL};
static const char *const address[] = {"+IPADDR: %i", NULL};
static const char *const net_state[] = {"+NETOPEN: *", NULL};
static const char *const net_gone[] = {"+NETOPEN: 0", "+NETOPEN: 0,*", NULL};
static const char *const net_there[] = {"+NETOPEN: 1", "+NETOPEN: 1,*", NULL};
static const char *const resolved[] = {"+CDNSGIP: *", NULL};
static const char *const not_resolved[] = {"+CDNSGIP: 0,*", NULL};
static const char *const waiting[] = {"+CIPRXGET: 4,%d,%d", NULL};
static const char *const status[] = {"+CIPCLOSE: *", NULL};

static const char *const data[] = {"+CIPRXGET: 1,%d", NULL};
static const char *const closed[] = {"+IPCLOSE: %d,%d", "+IPCLOSE %d,%d", NULL};
static const char *const bearer_lost[] = {"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", "+CIPEVENT: *", NULL};

/* "+CIPCLOSE: 1,0,0,..." tells of each link by its place; ours is the first. */
static const struct dialect_row_form row_forms[] = {{"+CIPCLOSE: %d,*", -1, 0}, {NULL, 0, 0}};
static const struct dialect_word words[] = {{"0", ROW_FREE}, {"1", ROW_UP}, {NULL, ROW_UNKNOWN}};

static const struct at_announce announces[] = {{"+CIPRXGET:2,%l,%n,%r\n"}, {"+RECEIVE,%l,%n:\n"}, {NULL}};

static const struct at_expect expect_close = {
    .end = AT_END_BOTH, .deadline_ms = 15000, .settle_ms = 1000, .done = closing};
static const struct at_expect expect_netclose = {
    .end = AT_END_BOTH, .deadline_ms = 20000, .settle_ms = 1000, .done = net_closed};
static const struct at_expect expect_netopen = {
    .end = AT_END_DONE, .deadline_ms = 125000, .done = net_opened, .fail = net_fails};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 9000, .lines = address};
static const struct at_expect expect_quick = {.end = AT_END_OK, .deadline_ms = 9000};

static const struct at_expect expect_auth = {.end = AT_END_OK, .deadline_ms = 9000, .lines = auth};

/* The link before the stack: the SIM5360 refuses to close the stack over it (C1). */
#define CLOSE_STACK(why)                                                                                     \
    {.send = "AT+CIPCLOSE=0", .expect = &expect_close, .on_fail = AT_FAIL_GO_ON, .what = (why)},             \
    {                                                                                                        \
        .send = "AT+NETCLOSE", .expect = &expect_netclose, .on_fail = AT_FAIL_GO_ON, .what = (why)           \
    }

/*
 * Closed first: after NETWORK CLOSED UNEXPECTEDLY the stack still says that it is open (C7). CGSOCKCONT and
 * CSOCKSETPN are the SIM5360's and older; the others refuse them.
 */
#define ACCESS_POINT                                                                                         \
    CLOSE_STACK("closing old connections"),                                                                  \
        {.send = "AT+CGDCONT=1,\"IP\",\"{apn}\"",                                                            \
         .expect = &expect_quick,                                                                            \
         .what = "setting the access point name"},                                                           \
        {.send = "AT+CGSOCKCONT=1,\"IP\",\"{apn}\"",                                                         \
         .expect = &expect_quick,                                                                            \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "setting the access point name"},                                                           \
    {                                                                                                        \
        .send = "AT+CSOCKSETPN=1", .expect = &expect_quick, .on_fail = AT_FAIL_GO_ON,                        \
        .what = "choosing the access point"                                                                  \
    }

#define CREDENTIALS(command, condition)                                                                      \
    {                                                                                                        \
        .send = (command), .expect = &expect_quick, .only_if = (condition), .on_fail = AT_FAIL_GO_ON,        \
        .what = "setting user and password of the access point"                                              \
    }

/* The SIM7600 and the A76xx want the password before the user (C1). */
#define PASSWORD_FIRST CREDENTIALS("AT+CGAUTH=1,1,\"{password?}\",\"{user?}\"", "user")

/*
 * 500 ms is the stack's own shortest retransmission time, and 60 s for the open is longer than most networks need,
 * so that no open outlives our wait.
 */
#define OPENING                                                                                              \
    {.send = "AT+CIPMODE=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing commands instead of a byte pipe"},  \
        {.send = "AT+CIPSENDMODE=0", .on_fail = AT_FAIL_GO_ON, .what = "choosing quick sending"},            \
        {.send = "AT+CIPCCFG=10,0,0,1,1,0,500",                                                              \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "choosing numbered links"},                                                                 \
        {.send = "AT+CIPTIMEOUT=60000,60000,30000",                                                          \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "choosing how long it tries"},                                                              \
        {.send = "AT+CIPRXGET=1", .what = "choosing buffered reading"},                                      \
        {.send = "AT+NETOPEN",                                                                               \
         .expect = &expect_netopen,                                                                          \
         .tries = 2,                                                                                         \
         .retry_ms = 5000,                                                                                   \
         .what = "opening the data connection"},                                                             \
    {                                                                                                        \
        .send = "AT+IPADDR", .expect = &expect_address, .store = "address", .on_fail = AT_FAIL_GO_ON,        \
        .what = "asking for the own address"                                                                 \
    }

static const struct at_step bearer_up[] = {ACCESS_POINT, PASSWORD_FIRST, OPENING, {0}};

/* What they tell of it has the user first; builds that take it first are found out by that (C1). */
static const struct at_step bearer_up_a76[] = {
    ACCESS_POINT,
    PASSWORD_FIRST,
    {.send = "AT+CGAUTH?",
     .expect = &expect_auth,
     .store = "credentials",
     .only_if = "user",
     .on_fail = AT_FAIL_GO_ON,
     .what = "checking user and password of the access point"},
    CREDENTIALS("AT+CGAUTH=1,1,\"{user?}\",\"{password?}\"", "credentials_swapped"),
    OPENING,
    {0},
};

static const struct at_step bearer_up_3g[] = {
    ACCESS_POINT, CREDENTIALS("AT+CSOCKAUTH=1,1,\"{user?}\",\"{password?}\"", "user"), OPENING, {0}};

static const struct at_step bearer_down[] = {
    CLOSE_STACK("closing the data connection"),
    {0},
};

/* The A76xx shows it without quotes, and others have used it with them (C2). */
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
static const struct at_step name_servers_bare[] = {
    {.send = "AT+CDNSCFG={dns},{dns2}",
     .expect = &expect_names,
     .only_if = "dns2",
     .what = "choosing the name servers"},
    {.send = "AT+CDNSCFG={dns}",
     .expect = &expect_names,
     .unless = "dns2",
     .what = "choosing the name servers"},
    {0},
};

/* What is refused at once ends with ERROR behind its result (14.C). */
static const struct at_expect expect_open = {
    .end = AT_END_DONE, .deadline_ms = 65000, .done = opened, .fail = open_fails, .fail_settle_ms = 1000};
static const struct at_expect expect_net_state = {.end = AT_END_OK, .deadline_ms = 5000, .lines = net_state};
static const struct at_expect expect_resolve = {.end = AT_END_OK, .deadline_ms = 30000, .lines = resolved};
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
    .numbering = DIALECT_NUMBERED_BY_HOST, .link = 0,                                                        \
    .open = {"AT+CIPOPEN={link},\"TCP\",\"{host}\",{port}", &expect_open}, .open_busy = busy,                \
    .open_blame = blame, .bearer = {"AT+NETOPEN?", &expect_net_state}, .bearer_gone = net_gone,              \
    .bearer_there = net_there, .resolve = {"AT+CDNSGIP=\"{host}\"", &expect_resolve},                        \
    .resolve_failed = not_resolved, .send = {"AT+CIPSEND={link},{len}", &expect_send},                       \
    .send_taken = "+CIPSEND: %d,%d,%d", .send_taken_capture = 2, .short_send_is_fatal = true,                \
    .send_max_bytes = 1500, .reading = DIALECT_BUFFERED, .announces = announces,                             \
    .receive = {"AT+CIPRXGET=2,{link},{max}", &expect_receive}, .receive_max_bytes = 1500,                   \
    .waiting = {"AT+CIPRXGET=4,{link}", &expect_waiting}, .waiting_line = "+CIPRXGET: 4,%d,%d",              \
    .waiting_capture = 1, .status = {"AT+CIPCLOSE?", &expect_status}, .row_forms = row_forms,                \
    .words = words, .close = {"AT+CIPCLOSE={link}", &expect_close}, .data_lines = data,                      \
    .closed_lines = closed, .bearer_lost_lines = bearer_lost, .bearer_down = bearer_down,                    \
    .name_servers = name_servers, .name_servers_again = name_servers_bare

const struct dialect dialect_simcom_netopen = {
    .name = "SIMCom NETOPEN",
    .bearer_up = bearer_up,
    COMMON,
};

const struct dialect dialect_simcom_netopen_a76 = {
    .name = "SIMCom NETOPEN (A76xx)",
    .bearer_up = bearer_up_a76,
    COMMON,
};

const struct dialect dialect_simcom_netopen_3g = {
    .name = "SIMCom NETOPEN (3G)",
    .bearer_up = bearer_up_3g,
    COMMON,
};
