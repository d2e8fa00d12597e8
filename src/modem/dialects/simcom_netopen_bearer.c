/*
 * The data connection of SIMCom's NETOPEN stack, and the channel of its own TLS, which is started on top of it.
 */
#include "simcom_netopen.h"

static const char *const closing[] = {"+CIPCLOSE: %d,%d", NULL};
static const char *const net_closed[] = {"+NETCLOSE: %d", "+IP ERROR: *", NULL};
static const char *const net_opened[] = {"+NETOPEN: 0", "+NETOPEN: 0,*", NULL};
static const char *const net_fails[] = {"+NETOPEN: 1",  "+NETOPEN: 2",  "+NETOPEN: 3",
                                        "+NETOPEN: 4",  "+NETOPEN: 5",  "+NETOPEN: 8",
                                        "+NETOPEN: 10", "+NETOPEN: 12", NULL};
static const char *const auth[] = {"+CGAUTH: 1,*", NULL};
static const char *const address[] = {"+IPADDR: %i", NULL};
static const char *const net_state[] = {"+NETOPEN: *", NULL};
const char *const netopen_gone[] = {"+NETOPEN: 0", "+NETOPEN: 0,*", NULL};
const char *const netopen_there[] = {"+NETOPEN: 1", "+NETOPEN: 1,*", NULL};
static const char *const resolved[] = {"+CDNSGIP: *", NULL};
const char *const netopen_not_resolved[] = {"+CDNSGIP: 0,*", NULL};

const char *const netopen_lost[] = {"+CIPEVENT: NETWORK CLOSED UNEXPECTEDLY", "+CIPEVENT: *", NULL};

const struct at_expect netopen_expect_close = {
    .end = AT_END_BOTH, .deadline_ms = 15000, .settle_ms = 1000, .done = closing};
static const struct at_expect expect_netclose = {
    .end = AT_END_BOTH, .deadline_ms = 20000, .settle_ms = 1000, .done = net_closed};
static const struct at_expect expect_netopen = {
    .end = AT_END_DONE, .deadline_ms = 125000, .done = net_opened, .fail = net_fails};
static const struct at_expect expect_address = {.end = AT_END_OK, .deadline_ms = 9000, .lines = address};
const struct at_expect netopen_expect_quick = {.end = AT_END_OK, .deadline_ms = 9000};

static const struct at_expect expect_auth = {.end = AT_END_OK, .deadline_ms = 9000, .lines = auth};

/* The link before the stack: the SIM5360 refuses to close the stack over it (C1). */
#define CLOSE_STACK(why)                                                                                     \
    {.send = "AT+CIPCLOSE=0", .expect = &netopen_expect_close, .on_fail = AT_FAIL_GO_ON, .what = (why)},     \
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
         .expect = &netopen_expect_quick,                                                                    \
         .what = "setting the access point name"},                                                           \
        {.send = "AT+CGSOCKCONT=1,\"IP\",\"{apn}\"",                                                         \
         .expect = &netopen_expect_quick,                                                                    \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "setting the access point name"},                                                           \
    {                                                                                                        \
        .send = "AT+CSOCKSETPN=1", .expect = &netopen_expect_quick, .on_fail = AT_FAIL_GO_ON,                \
        .what = "choosing the access point"                                                                  \
    }

#define CREDENTIALS(command, condition)                                                                      \
    {                                                                                                        \
        .send = (command), .expect = &netopen_expect_quick, .only_if = (condition),                          \
        .on_fail = AT_FAIL_GO_ON, .what = "setting user and password of the access point"                    \
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

const struct at_step netopen_bearer_up[] = {ACCESS_POINT, PASSWORD_FIRST, OPENING, {0}};

/* What they tell of it has the user first; builds that take it first are found out by that (C1). */
#define CREDENTIALS_A76                                                                                      \
    PASSWORD_FIRST,                                                                                          \
        {.send = "AT+CGAUTH?",                                                                               \
         .expect = &expect_auth,                                                                             \
         .store = "credentials",                                                                             \
         .only_if = "user",                                                                                  \
         .on_fail = AT_FAIL_GO_ON,                                                                           \
         .what = "checking user and password of the access point"},                                          \
        CREDENTIALS("AT+CGAUTH=1,1,\"{user?}\",\"{password?}\"", "credentials_swapped")

const struct at_step netopen_bearer_up_a76[] = {ACCESS_POINT, CREDENTIALS_A76, OPENING, {0}};

const struct at_step netopen_bearer_up_3g[] = {
    ACCESS_POINT, CREDENTIALS("AT+CSOCKAUTH=1,1,\"{user?}\",\"{password?}\"", "user"), OPENING, {0}};

/* The channel's settings are not taken while it is started, and its sessions end with it. */
static const char *const cch_stopped[] = {"+CCHSTOP: %d", NULL};
static const struct at_expect expect_cchstop = {
    .end = AT_END_BOTH, .deadline_ms = 20000, .settle_ms = 1000, .done = cch_stopped};
#define CCH_STOP(why)                                                                                        \
    {                                                                                                        \
        .send = "AT+CCHSTOP", .expect = &expect_cchstop, .on_fail = AT_FAIL_GO_ON, .what = (why)             \
    }

static const char *const cch_started[] = {"+CCHSTART: 0", NULL};
static const char *const cch_not_started[] = {CCH_FAILS("+CCHSTART: "), NULL};
static const struct at_expect expect_cchstart = {.end = AT_END_BOTH,
                                                 .deadline_ms = 125000,
                                                 .settle_ms = 2000,
                                                 .done = cch_started,
                                                 .fail = cch_not_started,
                                                 .fail_settle_ms = 1000};
#define CCH_START                                                                                            \
    {.send = "AT+CCHSET=1,1",                                                                                \
     .expect = &netopen_expect_quick,                                                                        \
     .what = "choosing buffered reading of encrypted connections"},                                          \
    {                                                                                                        \
        .send = "AT+CCHSTART", .expect = &expect_cchstart, .tries = 2, .retry_ms = 5000,                     \
        .what = "starting the modem's own TLS"                                                               \
    }

const struct at_step netopen_bearer_up_tls[] = {
    CCH_STOP("closing old connections"), ACCESS_POINT, PASSWORD_FIRST, OPENING, CCH_START, {0}};

const struct at_step netopen_bearer_up_tls_a76[] = {
    CCH_STOP("closing old connections"), ACCESS_POINT, CREDENTIALS_A76, OPENING, CCH_START, {0}};

const struct at_step netopen_bearer_down_tls[] = {
    CCH_STOP("closing the data connection"),
    CLOSE_STACK("closing the data connection"),
    {0},
};

const struct at_step netopen_bearer_down[] = {
    CLOSE_STACK("closing the data connection"),
    {0},
};

/* The A76xx shows it without quotes, and others have used it with them (C2). */
const struct at_step netopen_name_servers_bare[] = {
    NAME_SERVER_STEPS("AT+CDNSCFG={dns}", "AT+CDNSCFG={dns},{dns2}")};

const struct at_expect netopen_expect_state = {.end = AT_END_OK, .deadline_ms = 5000, .lines = net_state};
const struct at_expect netopen_expect_resolve = {.end = AT_END_OK, .deadline_ms = 30000, .lines = resolved};
